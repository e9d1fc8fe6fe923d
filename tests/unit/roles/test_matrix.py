"""Who may call what: every function that changes state, of every contract, tried by everybody.

The exchange is deployed as for a local chain (walras.deploy). ROLES says of each function who passes its
first check, and with which reason the others are refused. A function that is not in it fails the test, and so
does a row whose function is gone. A call that passes may fail for other reasons: what is asked is who is let
in. Where it is asked what there is (a trigger, a proposal, a stream) before it is asked who calls, the row
says ANYONE, and the function's own tests tell the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from pyrevm import AccountInfo

from tests.support.deploying import FakeChain, deploy, local_params
from walras.deploy.plan import make_plan
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import Contract, Evm, Reverted, address, artifact
from walras.reasons import REASONS

ZERO: Final = "0x" + 40 * "0"
TRADER: Final = address(0x7A)
OPERATOR: Final = address(0x0B)
KEEPER: Final = address(0x4B)
STRANGER: Final = address(0x5A)
MULTISIG: Final = address(0x519)
WATCHMAN: Final = address(0x6A)
"""The router's guardian."""
ACCOUNT: Final = int(TRADER, 16) << 8
ALL: Final = 7
"""Every permission that an operator may have."""


@dataclass(frozen=True, slots=True)
class Row:
    """Who is let in, and what the others are told."""

    allowed: frozenset[str]
    reason: str


def only(reason: str, *allowed: str) -> Row:
    """A restricted function."""
    return Row(frozenset(allowed), reason)


ANYONE: Final = Row(frozenset(), "")
OWNER: Final = only("ownable: caller is not the owner", "timelock")
PENDING: Final = only("ownable_2step: caller is not the new owner")
GUARDIAN: Final = only("engine: not the guardian", "guardian")
LIQUIDATOR: Final = only("engine: not the liquidator", "liquidation")
TRADES: Final = only("engine: not authorised", "trader", "operator")
HOLDER: Final = only("engine: not the owner", "trader")
BOOK: Final = only("book: only engine", "engine")
VOTED: Final = only("governor: only timelock", "timelock")
ROLE: Final = "access_control: account is missing role"
OWNED: Final = {"transfer_ownership": OWNER, "accept_ownership": PENDING}

ROLES: Final[Mapping[str, Mapping[str, Row]]] = {
    "PerpEngine": {
        **dict.fromkeys(("place", "cancel", "cancel_all", "cancel_replace"), TRADES),
        "sync": ANYONE,
        "run_auction": ANYONE,
    },
    "EngineAccounts": {
        "deposit": ANYONE,
        "deposit_with_permit": ANYONE,
        "withdraw": HOLDER,
        "transfer": HOLDER,
        "set_operator": HOLDER,
        "set_sharing": HOLDER,
        "cancel_all_after": TRADES,
        **dict.fromkeys(
            ("force_cancel", "force_order", "force_trade", "force_socialise", "force_payment"), LIQUIDATOR
        ),
        "settle_position": ANYONE,
    },
    "EngineRelay": dict.fromkeys(
        (
            "place_signed", "cancel_signed", "grant_signed",  # who signed is who counts
            "cancel_nonces", "sweep", "multicall", "preview", "largest_order", "update_and_run",
        ),
        ANYONE,
    ),
    "EngineSettings": {
        **OWNED,
        **dict.fromkeys(
            (
                "list_market", "configure_market", "configure_book", "rescale", "set_mode", "set_vault",
                "set_fee_receiver", "set_liquidator", "set_referral", "set_guardian", "unpause",
            ),
            OWNER,
        ),
        "force_settle": LIQUIDATOR,
        **dict.fromkeys(("restrict", "tighten", "pause_deposits", "pause_withdrawals"), GUARDIAN),
    },
    "EngineAuctions": {"run": ANYONE, "refresh": ANYONE},  # on its own storage, where there is nothing
    "EngineViews": {},
    "OrderbookV2": {
        **dict.fromkeys(
            (
                "place", "cancel", "cancel_all", "cancel_replace", "cancel_all_after", "sync", "sweep",
                "clear", "postpone", "configure", "rescale",
            ),
            BOOK,
        ),
    },
    "OrderbookViews": {},
    "OracleRouter": {
        **OWNED,
        "record": ANYONE,
        "update": ANYONE,
        "configure": OWNER,
        "resume": OWNER,
        "set_guardian": OWNER,
        "halt": only("router: not guardian or owner", "timelock", "watchman"),
    },
    "SignedReports": {**OWNED, "update": ANYONE, "set_publishers": OWNER},
    "ChainlinkSource": {},
    "PythSource": {"update": ANYONE},
    "UniswapV3Source": {},
    "InsuranceFund": {
        **OWNED,
        **dict.fromkeys(("contribute", "stake", "request_exit", "cancel_exit", "claim"), ANYONE),
        "draw": only("fund: only engine", "liquidation"),
        "set_engine": OWNER,
        "set_draw_cap": OWNER,
    },
    "FeeDistributor": {
        **OWNED,
        **dict.fromkeys(("distribute", "deliver", "claim"), ANYONE),
        "configure": OWNER,
        "recall": OWNER,
    },
    "LiquidationEngine": {
        **OWNED,
        **dict.fromkeys(
            (
                "cancel_orders", "liquidate", "collect", "take_over", "unwind", "resolve", "nominate",
                "deleverage", "report_halt", "settle", "settle_position",
            ),
            ANYONE,
        ),
        "configure": OWNER,
        "set_backstop": OWNER,
    },
    "LiquidationViews": {},
    "TriggerOrders": {
        "place": only("triggers: not the owner", "trader"),
        "place_pair": only("triggers: not the owner", "trader"),
        **dict.fromkeys(("cancel", "claim", "execute", "ratchet", "sweep"), ANYONE),
    },
    "Vault": {
        **OWNED,
        **dict.fromkeys(("transfer", "transferFrom", "approve", "deposit", "mint", "setOperator"), ANYONE),
        "requestRedeem": only("vault: not the controller", "trader"),
        "redeem": only("vault: not the controller", "trader"),
        "withdraw": only("vault: not the controller", "trader"),
        **dict.fromkeys(
            (
                "configure", "set_cooldown", "set_exit_fee", "fund_backstop", "set_guardian",
            ),
            OWNER,
        ),
        "set_deposit_cap": only(OWNER.reason, "timelock", "guardian"),  # who may lower it alone
        "recall_backstop": OWNER,  # and by anyone while requests wait
    },
    "Guardian": {
        **OWNED,
        "renew": OWNER,
        "set_multisig": OWNER,
        **dict.fromkeys(
            (
                "restrict", "raise_margins", "lower_caps", "pause_deposits", "pause_withdrawals",
                "lower_deposit_cap",
            ),
            only("guardian: not the multisig", "multisig"),
        ),
    },
    "GovernanceToken": dict.fromkeys(
        ("approve", "permit", "transfer", "transferFrom", "delegate", "delegateBySig"), ANYONE
    ),
    "Governor": {
        **dict.fromkeys(
            (
                "setVotingDelay", "setVotingPeriod", "setProposalThreshold", "updateQuorumNumerator",
                "setLateQuorumVoteExtension",
            ),
            VOTED,
        ),
        **dict.fromkeys(
            (
                "propose", "cancel", "queue", "execute", "castVote", "castVoteWithReason",
                "castVoteWithReasonAndParams", "castVoteBySig", "castVoteWithReasonAndParamsBySig",
            ),
            ANYONE,
        ),
    },
    "Timelock": {
        **dict.fromkeys(("grantRole", "revokeRole", "set_role_admin"), only(ROLE, "timelock")),
        "renounceRole": only("access_control: can only renounce roles for itself", "stranger"),  # whose it is
        **dict.fromkeys(("schedule", "schedule_batch", "cancel"), only(ROLE, "governor")),
        "execute": ANYONE,
        "execute_batch": ANYONE,
        "accept_ownership": ANYONE,  # what was offered to it
        "update_delay": only("timelock: only timelock", "timelock"),
        **dict.fromkeys(("onERC721Received", "onERC1155Received", "onERC1155BatchReceived"), ANYONE),
    },
    "Treasury": {
        **OWNED,
        **dict.fromkeys(("pay", "pay_ether", "open_stream", "cancel_stream"), OWNER),
        "claim": ANYONE,
    },
}  # fmt: skip
PARTS: Final = ("EngineAccounts", "EngineRelay", "EngineSettings")
"""Answered at the engine's address."""
GATES: Final = {row.reason for rows in ROLES.values() for row in rows.values() if row.reason}
CALLS: Final = [(contract, function) for contract, rows in ROLES.items() for function in rows]


@dataclass(frozen=True, slots=True)
class Exchange:
    """All contracts by name, and everybody by role."""

    evm: Evm
    contracts: dict[str, Contract]
    people: dict[str, str]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """Deployed as for a local chain, with a trader and his operator, and what a local chain has not."""
    chain, params = FakeChain(), local_params()
    done = deploy(chain, make_plan(params), params, tmp_path_factory.mktemp("matrix") / "journal")
    evm = chain.evm
    # a set of publishers has a name of its own: SignedReports.own
    at = {name.partition(".")[0]: entry["address"] for name, entry in done.items() if entry.get("address")}
    contracts = {
        name: Contract(evm, at[name], artifact(name).abi)
        for name in ROLES
        if name in at and name != "OrderbookV2"
    }
    engine = contracts["PerpEngine"]
    for part in PARTS:
        contracts[part] = Contract(evm, engine.address, artifact(part).abi)
    views = Contract(evm, engine.address, artifact("EngineViews").abi)
    contracts["OrderbookV2"] = Contract(evm, views.market(0)[0], artifact("OrderbookV2").abi)
    contracts["EngineAuctions"] = Contract(evm, engine.auctions(), artifact("EngineAuctions").abi)
    timelock = contracts["Timelock"].address
    as_contract(evm, timelock, contracts["OracleRouter"], "set_guardian", [WATCHMAN])
    contracts["PythSource"] = evm.deploy(artifact("PythSource"), engine.address, b"\x01" * 32)
    contracts["EngineAccounts"].set_operator(ACCOUNT, OPERATOR, ALL, 2**32 - 1, 2**32 - 1, sender=TRADER)
    people = {
        "timelock": timelock,
        "deployer": chain.deployer,
        "governor": contracts["Governor"].address,
        "guardian": contracts["Guardian"].address,
        "multisig": contracts["Guardian"].multisig(),
        "watchman": WATCHMAN,
        "engine": engine.address,
        "liquidation": contracts["LiquidationEngine"].address,
        "triggers": contracts["TriggerOrders"].address,
        "vault": contracts["Vault"].address,
        "fees": contracts["FeeDistributor"].address,
        "fund": contracts["InsuranceFund"].address,
        "book": contracts["OrderbookV2"].address,
        "trader": TRADER,
        "operator": OPERATOR,
        "keeper": KEEPER,
        "stranger": STRANGER,
    }
    return Exchange(evm, contracts, people)


def as_contract(evm: Evm, sender: str, target: Contract, function: str, arguments: list[Any]) -> None:
    """A call by a contract, which has no code meanwhile: no transaction comes from where code is."""
    known, code = evm._evm.basic(sender), evm.code(sender)
    evm._evm.insert_account_info(sender, AccountInfo(nonce=known.nonce, balance=known.balance))
    try:
        evm.call(sender, target.address, target.encode(function, *arguments), foreign=True)
    finally:
        evm._evm.insert_account_info(sender, AccountInfo(nonce=known.nonce, balance=known.balance, code=code))


def sample(argument: Mapping[str, Any]) -> Any:
    """An argument that decodes: the trader's account where one is asked for, else next to nothing."""
    kind, name = argument["type"], argument["name"]
    if kind.endswith("]"):
        length = kind[kind.rindex("[") + 1 : -1]
        return [sample({**argument, "type": kind[: kind.rindex("[")]})] * int(length) if length else []
    if kind == "tuple":
        return tuple(sample(one) for one in argument["components"])
    if name in {"account", "to"} and kind == "uint256":
        return ACCOUNT
    if name in {"controller", "owner"} and kind == "address":
        return TRADER
    if kind == "address":
        return STRANGER
    if kind == "bool":
        return False
    if kind == "string":
        return ""
    if kind.startswith("bytes"):
        return bytes(int(kind[5:] or 0))
    return 0


@pytest.mark.parametrize("contract", ROLES)
def test_every_function_has_a_row(contract: str) -> None:
    functions = {
        entry["name"]
        for entry in artifact(contract).abi
        if entry["type"] == "function" and entry["stateMutability"] in {"nonpayable", "payable"}
    }
    assert functions == set(ROLES[contract])


def test_every_contract_is_here() -> None:
    folder = PROJECT_ROOT / "contracts"
    assert {path.stem for path in [*folder.glob("*.vy"), *folder.glob("oracles/*.vy")]} == set(ROLES)


@pytest.mark.parametrize(("contract", "function"), CALLS, ids=[f"{one}.{name}" for one, name in CALLS])
def test_who_is_let_in(exchange: Exchange, contract: str, function: str) -> None:
    row, there = ROLES[contract][function], exchange.contracts[contract]
    forms = [
        one for one in artifact(contract).abi if one.get("name") == function and one["type"] == "function"
    ]
    entry = max(forms, key=lambda one: len(one["inputs"]))  # without a default it is the same code
    arguments = [sample(one) for one in entry["inputs"]]
    checkpoint, let_in, unclear = exchange.evm.snapshot(), set(), set()
    everybody = {role: sender for role, sender in exchange.people.items() if sender != there.address}
    for role, sender in everybody.items():
        try:
            as_contract(exchange.evm, sender, there, function, arguments)
            let_in.add(role)
        except Reverted as refused:
            reason = str(refused)
            if reason in GATES:
                assert reason == row.reason, (role, reason)
            elif reason in REASONS or not exchange.evm.code(sender):
                let_in.add(role)
            else:
                unclear.add(role)  # it asked the caller, whose code was gone
        exchange.evm.revert(checkpoint)
        checkpoint = exchange.evm.snapshot()
    allowed = everybody.keys() if row is ANYONE else row.allowed & everybody.keys()
    same = {role for role, sender in everybody.items() if sender in {everybody[one] for one in allowed}}
    assert let_in <= same <= let_in | unclear
    assert row is ANYONE or len(everybody) - len(unclear) - len(same) >= 10  # so many are refused
