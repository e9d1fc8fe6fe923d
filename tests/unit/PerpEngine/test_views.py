"""The views: code of EngineViews on the engine's storage, which it cannot write."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.engine import OWNER, PARTS, EnginePair
from tests.support.opcodes import reachable
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import MAKER, OPERATOR, PAR, RICH, SCALE, STRANGER, collateral, fill
from walras.devtools.evm import DEPLOYER, Contract, Evm, Reverted, artifact

CODE = (*PARTS, "EngineAuctions")
"""All that runs on the engine's storage."""
LOGS = {f"LOG{topics}" for topics in range(5)}
LEAVES = {"CALL", "CALLCODE", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT"}
DELEGATE_CALLS = {
    "PerpEngine": 3,  # the next part, an auction, a mark
    "EngineAccounts": 3,
    "EngineRelay": 3,  # the next part, an auction, and `multicall`, to the engine itself
    "EngineSettings": 1,
    "EngineViews": 0,
    "EngineAuctions": 0,
}
WRITES = {"SSTORE", "TSTORE", *LOGS, *LEAVES, "DELEGATECALL"}


# ---------------------------------------------------------------- one storage


def slots(layout: dict[str, Any], path: str = "") -> dict[str, tuple[int, int, str]]:
    """Slot, length and type of every storage variable, by its path through the modules."""
    found: dict[str, tuple[int, int, str]] = {}
    for name, entry in layout.items():
        where = f"{path}{name}"
        if "slot" in entry:
            found[where] = (entry["slot"], entry["n_slots"], entry["type"])
        else:
            found |= slots(entry, f"{where}.")
    return found


def storage(name: str) -> dict[str, tuple[int, int, str]]:
    return slots(artifact(name).layout["storage_layout"])


def test_layouts_are_equal() -> None:
    """EngineSettings has one variable more, behind all others."""
    engine, accounts, relay, settings, views = map(storage, PARTS)
    assert engine == accounts == relay == views == storage("EngineAuctions")
    pending = settings.pop("ownable_2step.pending_owner")
    assert settings == engine
    assert all(slot + count <= pending[0] for slot, count, _ in engine.values())


def test_layout_is_the_documented_one() -> None:
    assert set(storage("PerpEngine")) == {
        "ownable.owner",
        "ledger.markets",
        "ledger.units",
        "ledger.accounts",
        "ledger.positions",
        "ledger.fee_account",
        "ledger.tracked",
        "clearing.vault",
        "clearing.vault_account",
        "clearing.tip_account",
        "ledger.sharing",
        "ledger.referral_bps",
        "ledger.losses",
        "ledger.bad_debt",
        "ledger.gate",
        "ledger.settled_at",
        "operators.grants",
        "operators.nonces",
        "operators.liquidator",
        "operators.guardian",
        "operators.pauses",
        "ledger.ramps",
        "ledger.owing",
    }


def test_no_two_variables_overlap() -> None:
    for name in CODE:
        spans = sorted((slot, count) for slot, count, _ in storage(name).values())
        assert all(slot + count <= after for (slot, count), (after, _) in pairwise(spans))


def test_locks_are_one() -> None:
    """In transient storage, all at one slot: whichever part runs, the others are closed."""
    locks = [artifact(name).layout.get("transient_storage_layout") for name in PARTS]
    # EngineAuctions has none of its own: whoever runs it holds the lock
    assert artifact("EngineAuctions").layout.get("transient_storage_layout") in (None, {}, locks[0])
    assert locks[0]
    assert all(lock == locks[0] for lock in locks)


# ---------------------------------------------------------------- what their code can do


def test_views_cannot_write_log_call_or_create() -> None:
    assert not WRITES & set(reachable(artifact("EngineViews").runtime))


def test_others_can() -> None:
    """What the scan looks for is there to be found."""
    for name in PARTS[:2]:
        assert set(reachable(artifact(name).runtime)) >= {"SLOAD", "SSTORE", "TSTORE", "CALL", "STATICCALL"}


def test_delegate_calls() -> None:
    """
    Each part leaves for the next one's code, in one place; the last for nobody's. For auctions and marks
    three of them leave for EngineAuctions, and it for nobody.
    """
    found = {name: reachable(artifact(name).runtime).count("DELEGATECALL") for name in CODE}
    assert found == DELEGATE_CALLS


def test_no_selector_is_in_two_parts() -> None:
    """One in the engine would hide another behind it. Token and router are what several parts are told."""
    seen: set[str] = set()
    for name in CODE:
        own = {name_ for name_ in artifact(name).selectors if name_ != "__default__()"}
        assert seen & own <= {"token()", "router()"}
        seen |= own
    codes = {code for name in CODE for name_, code in artifact(name).selectors.items() if name_ in seen}
    assert len(codes) == len(seen)


# ---------------------------------------------------------------- at the engine's address

CALLS: dict[str, tuple[Any, ...]] = {
    "market": (0,),
    "market_settings": (0,),
    "mark": (0,),
    "funding_of": (0,),
    "open_interest": (0,),
    "losses_of": (0,),
    "bad_debt": (),
    "owing": (0,),
    "gate": (),
    "fee_receiver": (),
    "collateral": (EnginePair.account(MAKER),),
    "markets_of": (EnginePair.account(MAKER),),
    "position": (EnginePair.account(MAKER), 0),
    "margin_of": (EnginePair.account(MAKER),),
    "margin_ratio": (EnginePair.account(MAKER),),
    "valuation": (EnginePair.account(MAKER), 0),
    "liquidation_price": (EnginePair.account(MAKER), 0, 0, 0),
    "worth": (EnginePair.account(MAKER),),
    "sharing_of": (EnginePair.account(MAKER),),
    "liquidator": (),
    "referral_of": (OPERATOR,),
    "nonces": (OPERATOR, 0),
    "grant": (EnginePair.account(MAKER), OPERATOR),
    "tracked": (),
    "ramp_of": (0,),
    "changed_at": (0,),
    "guardian": (),
    "pauses": (),
}
OF_A_MARKET = (
    "ramp_of",
    "changed_at",
    "market",
    "market_settings",
    "mark",
    "funding_of",
    "open_interest",
    "losses_of",
)


def test_every_view_is_called_here() -> None:
    functions = [entry for entry in artifact("EngineViews").abi if entry["type"] == "function"]
    assert {entry["name"] for entry in functions} == set(CALLS)
    assert {entry["stateMutability"] for entry in functions} == {"view"}


@pytest.mark.parametrize("name", CALLS)
def test_views_work_in_a_static_call_for_anyone(pair: EnginePair, maker: int, taker: int, name: str) -> None:
    fill(pair, taker, maker, 10)
    results = [getattr(pair.engine, name)(*CALLS[name], sender=sender) for sender in (OWNER, DEPLOYER)]
    assert results[0] == results[1]


@pytest.mark.parametrize("name", OF_A_MARKET)
def test_unknown_markets(pair: EnginePair, name: str) -> None:
    for market in (1, 128, 2**256 - 1):
        with reverts("engine: unknown market"):
            getattr(pair.engine, name)(market)
    getattr(pair.engine, name)(0)


def test_of_nobody(pair: EnginePair) -> None:
    for account in (0, pair.account(99), 2**256 - 1):
        assert pair.engine.collateral(account) == 0
        assert pair.engine.markets_of(account) == ()
        assert pair.engine.position(account, 0) == pair.engine.position(account, 200) == (0,) * 7
        assert pair.engine.margin_of(account) == (0, 0, 0)
        assert pair.engine.worth(account) == (0, 0, 0, 0, 0)
        assert pair.engine.grant(account, STRANGER) == (0, 0, 0)


def test_markets_of(pair: EnginePair, maker: int, taker: int) -> None:
    pair.list(2_000 * 10**18)
    assert pair.engine.markets_of(maker) == ()
    pair.buy(maker, 1, PAR, 1)
    pair.buy(maker, 1, PAR, 0)
    assert pair.engine.markets_of(maker) == (1, 0)
    pair.cancel_all(maker, 1)
    assert pair.engine.markets_of(maker) == (0,)
    fill(pair, maker, taker, 5, PAR + 1)
    pair.cancel_all(maker)
    assert pair.engine.markets_of(maker) == (0,)


def test_worth(pair: EnginePair, maker: int, taker: int) -> None:
    """1,000 lots, worth 1,989.9 to 2,030.1; 0.01 % of funding in 8 hours for 61 seconds."""
    fill(pair, maker, taker, 1_000)
    long, short = collateral(pair, maker), collateral(pair, taker)
    assert pair.engine.worth(maker) == (long, long, 100_000_000, long - 100_000_000, 1)
    pair.advance(61)
    pair.say(0, 2_010 * ONE, 201 * ONE // 10)
    pair.sync(maker)
    low = long - 10_100_000 - 424  # 423.6 are owed
    assert pair.engine.worth(maker) == (low, low + 40_200_000, 100_500_000, low - 100_500_000, 2)
    low = short - 30_100_000 + 423
    assert pair.engine.worth(taker) == (low, low + 40_200_000, 100_500_000, low - 100_500_000, 2)
    pair.say(0, 2_010 * ONE)
    pair.advance(61)
    pair.sync(maker)
    low, high, *_ = pair.engine.worth(maker)
    assert low == high == long + 10_000_000 - 850  # 849.3 by now


def test_worth_between_mark_and_index(pair: EnginePair, maker: int, taker: int) -> None:
    """Trades at 2,020 draw the mark from the index of 2,000."""
    for _ in range(3):
        fill(pair, maker, taker, 1_000, 20_200, wait=60)
    mark, index, *_ = pair.engine.mark(0)
    assert mark > index
    for account, sign in ((maker, 1), (taker, -1)):
        low, high, *_ = pair.engine.worth(account)
        equity = pair.engine.margin_of(account)[0]
        assert (high if sign > 0 else low) in (equity, equity + 1)
        assert high - low == (3_000 * (mark - index) + 2**SCALE - 1) >> SCALE
        assert pair.engine.worth(account)[3] == low - pair.engine.margin_of(account)[1]


@pytest.mark.parametrize("data", ["", "00", "00000000", "ffffffff", "12345678" + 64 * "0", "a9059cbb"])
@pytest.mark.parametrize("sender", [OWNER, DEPLOYER])
def test_unknown_calls_revert(pair: EnginePair, data: str, sender: str) -> None:
    with pytest.raises(Reverted, match="Revert"):
        pair.evm.call(sender, pair.engine.address, bytes.fromhex(data))


@pytest.mark.parametrize("signature", ["", "tracked()", "owner()", "set_vault(address)", "sync(uint256)"])
def test_value_is_refused(pair: EnginePair, signature: str) -> None:
    selectors = {"": b""}
    for name in PARTS:
        selectors |= artifact(name).selectors
    pair.evm.fund(OWNER)
    data = selectors[signature] + bytes(32)
    reason = "Revert" if signature == "sync(uint256)" else "engine: no value wanted"
    with pytest.raises(Reverted, match=reason):
        pair.evm.call(OWNER, pair.engine.address, data, value=1)
    assert pair.evm.balance(pair.engine.address) == 0
    if signature:
        pair.evm.call(OWNER, pair.engine.address, data)


def test_mutators_do_not_work_in_a_static_call(pair: EnginePair) -> None:
    data = pair.engine.encode("set_vault", STRANGER)
    with pytest.raises(Reverted):
        pair.evm.call(OWNER, pair.engine.address, data, static=True)
    pair.evm.call(OWNER, pair.engine.address, data)


def test_views_by_themselves_show_an_empty_engine() -> None:
    evm = Evm()
    views = evm.deploy(artifact("EngineViews"))
    assert views.tracked() == views.collateral(RICH) == 0
    with reverts("engine: unknown market"):
        views.market(0)
    engine = Contract(evm, views.address, artifact("PerpEngine").abi)
    with pytest.raises(Reverted, match="Revert"):
        engine.sync(0)
