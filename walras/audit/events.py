"""Logs as tuples: a name, then topics and data as numbers: indexed arguments first, then the rest."""

from typing import Final

from walras.audit.chain import Log, signed, topic

Event = tuple[str, str, list[int]]
"""Name, address of the contract, arguments."""

_DECLARED: Final = {
    # engine
    "Deposited": "uint256,uint256,address",
    "Withdrawn": "uint256,uint256,address",
    "Transferred": "uint256,uint256,uint256",
    "Booked": "uint256,uint256,int256,int256,int256,int256,int256",
    "Shared": "uint256,uint256,int256,int256",
    "SharingSet": "uint256,address,address,uint256",
    "Tipped": "uint256,uint256,uint256",
    "ForcedPayment": "uint256,uint256,uint256",
    "ForcedTrade": "uint256,uint256,uint256,int256,int256",
    "Socialised": "uint256,uint256,uint256,bool",
    "MarkSet": "uint256,uint256,uint256,uint256,int256,int256",
    "ModeSet": "uint256,uint256",
    "RampStarted": "uint256,uint256,uint256,uint256",
    "PausesSet": "bool,bool",
    "Halted": "uint256,uint256",
    "NoncesUsed": "address,uint256,uint256",
    # book
    "Placed": "uint256,uint256,uint256,uint256,uint256,uint256",
    "Cancelled": "uint256,uint256,uint256,uint256",
    "Settled": "uint256,uint256,uint256,uint256,int256,uint256,uint256,uint256",
    "Cleared": "uint256,uint256,uint256,uint256,int256,uint256,uint256,int256",
    "Rescaled": "uint256,uint256",
    # waterfall
    "Liquidated": "uint256,uint256,int256,uint256,uint256,address",
    "Collected": "uint256,uint256,uint256,uint256,uint256,uint256,address",
    "TakenOver": "uint256,uint256,int256,uint256",
    "Nominated": "uint256,uint256,uint256,uint256,uint256",
    "Deleveraged": "uint256,uint256,uint256,uint256,uint256",
    "Covered": "uint256,uint256,uint256,uint256",
    "Unwound": "uint256,int256,uint256",
    # fund, vault, router, token
    "Contributed": "address,uint256",
    "Staked": "address,address,uint256,uint256",
    "Claimed": "address,address,uint256,uint256",
    "Drawn": "uint256,uint256,uint256,uint256",
    "SharesVoided": "uint256,uint256,uint256",
    "Deposit": "address,address,uint256,uint256",
    "Withdraw": "address,address,address,uint256,uint256",
    "RedeemRequest": "address,address,uint256,address,uint256",
    "Recorded": "uint256,uint256,uint256,uint256",
    "Transfer": "address,address,uint256",
    "Distributed": "address,(uint256,uint256,uint256,uint256,uint256,uint256,uint256[])",
}
_SETTINGS_EVENTS: Final = {
    "MarketConfigured": (
        "uint256,(uint256,uint256,uint256,uint256,uint256,uint256,int256,uint256,uint256,uint256,int256,uint256,"
        "uint256,uint256,uint256,uint256,uint256)"
    ),
    "GuardianSet": "address",
    "LiquidatorSet": "address",
    "ReferralSet": "address,uint256",
    "DrawCapSet": "uint256,uint256",
    "QuotesConfigured": "uint256,(uint256,uint256,uint256,uint256,uint256)",
    "CooldownSet": "uint256",
    "ExitFeeSet": "uint256,uint256",
    "DepositCapSet": "uint256",
    "BackstopSet": "uint256",
    "Renewed": "uint256",
    "MultisigSet": "address",
    "OwnershipTransferred": "address,address",
    "MinimumDelayChange": "uint256,uint256",
}
PRIVILEGED: Final = frozenset(_SETTINGS_EVENTS)
"""Events of what governance alone may change."""


_KEEPER_LAST: Final = frozenset({"Liquidated", "Collected"})
"""Events whose last argument is their third topic."""


def _table() -> dict[int, tuple[str, tuple[int, ...]]]:
    found = {}
    for name, types in {**_DECLARED, **_SETTINGS_EVENTS}.items():
        flat = types.replace("(", "").replace(")", "").split(",")
        if name in _KEEPER_LAST:
            flat.insert(2, flat.pop())
        signs = tuple(at for at, kind in enumerate(flat) if kind.startswith("int"))
        found[topic(f"{name}({types})")] = (name, signs)
    return found


_BY_TOPIC: Final = _table()


def parse(logs: list[Log]) -> list[Event]:
    """The logs that are known, in order."""
    found: list[Event] = []
    for at, topics, data in logs:
        known = _BY_TOPIC.get(topics[0])
        if known is None:
            continue
        args = topics[1:]
        args += [int.from_bytes(data[place : place + 32]) for place in range(0, len(data), 32)]
        for place in known[1]:
            args[place] = signed(args[place])
        found.append((known[0], at, args))
    return found
