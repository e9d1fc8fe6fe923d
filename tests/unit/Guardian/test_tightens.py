"""The guardian can only tighten, over random parameters and random stories.

Once through its contract, and once with the engine's and the vault's guardian a key of somebody's: whatever
contract takes its place, the engine and the vault let it tighten and nothing else.
"""

from dataclasses import replace
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from tests.support.engine import OWNER, SETTINGS, USDC
from tests.support.guardian import MULTISIG, GuardedPair, State
from tests.support.oracle import ONE
from tests.support.traders import MAKER, PAR, RICH, STRANGER, TAKER, fill
from walras.devtools.evm import Contract, Reverted

DAY = 86_400
NUMBER = st.one_of(st.integers(0, 2**40), st.integers(0, 2**256 - 1))
INITIAL = st.one_of(st.integers(40_000, 120_000), st.integers(0, 1_100_000), NUMBER)
BPS = st.one_of(st.integers(3_000, 9_000), st.integers(0, 10_000), NUMBER)
CAP = st.one_of(st.integers(0, SETTINGS.open_cap + 2), NUMBER)
MODE = st.integers(0, 31)
MARKET = st.sampled_from((0, 0, 0, 0, 1))
WAIT = st.sampled_from((0, 1, 600, DAY - 1, DAY, 3 * DAY))

CALLS: Final = {
    "restrict": st.tuples(st.lists(MARKET, max_size=2), MODE),
    "raise_margins": st.tuples(MARKET, INITIAL, BPS),
    "lower_caps": st.tuples(MARKET, CAP, CAP),
    "pause_deposits": st.just(()),
    "pause_withdrawals": st.just(()),
    "lower_deposit_cap": st.tuples(CAP),
}
OF_ENGINE: Final = {
    "restrict": st.tuples(MARKET, MODE),
    "tighten": st.tuples(MARKET, INITIAL, BPS, CAP, CAP),
    "pause_deposits": st.just(()),
    "pause_withdrawals": st.just(()),
    "unpause": st.just(()),
    "set_mode": st.tuples(MARKET, MODE),
    "configure_book": st.tuples(MARKET, st.integers(0, 3_600), st.integers(0, 100)),
    "set_guardian": st.just((STRANGER,)),
    "set_vault": st.just((STRANGER,)),
    "set_fee_receiver": st.just((STRANGER,)),
    "set_liquidator": st.just((STRANGER,)),
    "set_referral": st.tuples(st.just(STRANGER), st.integers(0, 3_000)),
    "force_settle": st.tuples(MARKET, NUMBER),
    "set_deposit_cap": st.tuples(CAP),
}


def calls_of(table: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """A story: waits, and calls with arguments."""
    call = st.one_of(*(st.tuples(WAIT, st.just(name), args) for name, args in table.items()))
    return st.lists(call, min_size=1, max_size=8)


def world() -> tuple[GuardedPair, int, int]:
    """Two traders with a position and an order."""
    pair = GuardedPair()
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, RICH)
    fill(pair, taker, maker, 1_000)
    pair.sell(maker, 100, PAR + 10, post_only=True)
    return pair, maker, taker


def told(
    pair: GuardedPair, contract: Contract, name: str, args: Any, sender: str
) -> tuple[State, State, bool]:
    """What was before, what is after, and whether the call passed."""
    before = pair.guarded()
    try:
        getattr(contract, name)(*args, sender=sender)
    except Reverted:
        return before, pair.guarded(), False
    return before, pair.guarded(), True


def check_free(pair: GuardedPair, maker: int, taker: int) -> None:
    """
    Whatever the guardian did: orders are cancelled, a position is reduced, its owner adds collateral, the
    batch is cleared, and a day later, at the latest, money is withdrawn.
    """
    pair.say(0, 2_000 * ONE)
    pair.engine.run_auction(0)
    pair.engine.cancel_all(maker, 0, sender=pair.owner(maker))
    low = pair.engine.place(
        taker, 0, (True, 17_000, 1_000, False, False, True, 0, 0), sender=pair.owner(taker)
    )
    assert low
    pair.engine.cancel(taker, 0, low, 1_000, sender=pair.owner(taker))
    pair.mint(pair.owner(taker), USDC)
    pair.engine.deposit(taker, USDC, sender=pair.owner(taker))
    pair.evm.time = max(pair.evm.time, pair.engine.gate())
    pair.say(0, 2_000 * ONE)
    pair.engine.run_auction(0) if pair.engine.mark(0)[6] <= pair.evm.time else None
    free = pair.engine.worth(taker)[3]
    assert free > 0
    pair.engine.withdraw(taker, 1, pair.owner(taker), sender=pair.owner(taker))


@given(story=calls_of(CALLS))
def test_guardian_can_only_tighten(story: list[tuple[Any, ...]]) -> None:
    pair, maker, taker = world()
    for wait, name, args in story:
        pair.evm.time += wait
        before, after, passed = told(pair, pair.guardian, name, args, MULTISIG)
        assert after.is_tighter(before), (name, args)
        assert passed or after == before
    gates = pair.engine.gate()
    pair.evm.time += 10
    assert gates <= pair.evm.time + DAY
    check_free(pair, maker, taker)


@given(story=calls_of(OF_ENGINE))
def test_whoever_is_guardian_can_only_tighten(story: list[tuple[Any, ...]]) -> None:
    pair, maker, taker = world()
    pair.engine.set_guardian(STRANGER, sender=OWNER)
    pair.vault.set_guardian(STRANGER, sender=OWNER)
    for wait, name, args in story:
        pair.evm.time += wait
        contract = pair.vault if name == "set_deposit_cap" else pair.engine
        before, after, passed = told(pair, contract, name, args, STRANGER)
        assert after.is_tighter(before), (name, args)
        assert passed or after == before
        assert pair.engine.guardian() == STRANGER
    pair.evm.time += 10
    check_free(pair, maker, taker)


def test_comparison_can_tell() -> None:
    """Each thing that could be loosened, loosened by the owner, is seen."""
    pair, *_ = world()
    deeds = (
        lambda: pair.engine.configure_market(0, replace(SETTINGS, initial_ppm=49_000), sender=OWNER),
        lambda: pair.engine.configure_market(0, replace(SETTINGS, maintenance_bps=4_900), sender=OWNER),
        lambda: pair.engine.configure_market(0, replace(SETTINGS, open_cap=10**9 + 1), sender=OWNER),
        lambda: pair.engine.configure_market(0, replace(SETTINGS, account_cap=10**8 + 1), sender=OWNER),
        lambda: pair.engine.configure_market(0, replace(SETTINGS, tip=0), sender=OWNER),
        lambda: pair.engine.configure_market(0, replace(SETTINGS, taker_ppm=501), sender=OWNER),
        lambda: pair.vault.set_deposit_cap(10**15, sender=OWNER),
        lambda: pair.token.mint(pair.engine.address, 1),
        lambda: (
            pair.engine.sync(pair.account(MAKER))
            or pair.engine.cancel_all(pair.account(MAKER), 0, sender=pair.owner(pair.account(MAKER)))
        ),
    )
    for deed in deeds:
        checkpoint = pair.evm.snapshot()
        before = pair.guarded()
        deed()
        assert not pair.guarded().is_tighter(before)
        pair.evm.revert(checkpoint)
    pair.engine.set_mode(0, 4, sender=OWNER)
    before = pair.guarded()
    pair.engine.set_mode(0, 2, sender=OWNER)
    assert not pair.guarded().is_tighter(before)
