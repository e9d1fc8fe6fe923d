"""Collateral that misbehaves: it is refused, or whoever it misbehaves to bears it, and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from tests.support.engine import SETTINGS, TREASURY, EnginePair
from tests.support.insurance import Manner
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import KEEPER, MAKER, RICH, STRANGER, TAKER, collateral, fill
from walras.devtools.evm import Reverted, artifact

SPARE: Final = 1_000
"""Tokens that were sent to the engine without a call, and that a token could take from it unseen."""
Deed = Callable[[EnginePair, int], None]


def pay_in(pair: EnginePair, account: int) -> None:
    """Seven units come."""
    pair.engine.deposit(account, 7, sender=STRANGER)


def pay_in_by_permit(pair: EnginePair, account: int) -> None:
    """The same, the token knowing no permits."""
    pair.engine.deposit_with_permit(account, 7, 0, 0, bytes(32), bytes(32), sender=STRANGER)


def pay_out(pair: EnginePair, account: int) -> None:
    """Seven units leave."""
    pair.engine.withdraw(account, 7, KEEPER, sender=pair.owner(account))


IN: Final = {"deposit": pay_in, "deposit_with_permit": pay_in_by_permit}
DEEDS: Final = IN | {"withdraw": pay_out}
CHANGE: Final = {"deposit": 7, "deposit_with_permit": 7, "withdraw": -7}


@pytest.fixture
def pair() -> EnginePair:
    """An engine whose token is hostile, but honest at first; somebody sent it tokens without a call."""
    pair = EnginePair(token="HostileToken")
    pair.mint(STRANGER, 10**9)
    return pair


def spare(pair: EnginePair) -> None:
    """The model knows nothing of these."""
    pair.token.mint(pair.engine.address, SPARE)


def state(pair: EnginePair, account: int) -> tuple[int, ...]:
    """All that a payment changes."""
    holders = (pair.engine.address, STRANGER, KEEPER, pair.owner(account))
    balances = tuple(pair.token.balanceOf(holder) for holder in holders)
    return (collateral(pair, account), pair.engine.tracked(), *balances)


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (Manner.DENY, "token: transfer refused"),
        (Manner.DENY_MOVED, "token: transfer refused"),
        (Manner.IDLE, "token: inexact transfer"),
        (Manner.REVERSE, "token: inexact transfer"),
    ],
)
def test_returns_false_or_lies(pair: EnginePair, maker: int, manner: Manner, reason: str, name: str) -> None:
    spare(pair)
    before = state(pair, maker)
    pair.token.behave(manner, 0)
    with reverts(reason):
        DEEDS[name](pair, maker)
    assert state(pair, maker) == before
    pair.token.behave(Manner.HONEST, 0)
    DEEDS[name](pair, maker)
    assert state(pair, maker)[:2] == (before[0] + CHANGE[name], before[1] + CHANGE[name])


@pytest.mark.parametrize("name", DEEDS)
def test_returns_nothing(pair: EnginePair, maker: int, name: str) -> None:
    """Which is as good as true."""
    before = state(pair, maker)
    pair.token.behave(Manner.SILENT, 0)
    DEEDS[name](pair, maker)
    change = CHANGE[name]
    assert state(pair, maker)[:3] == (before[0] + change, before[1] + change, before[2] + change)


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.REVERT, Manner.GARBAGE])
def test_reverts_or_talks_nonsense(pair: EnginePair, maker: int, manner: Manner, name: str) -> None:
    before = state(pair, maker)
    pair.token.behave(manner, 0)
    with pytest.raises(Reverted, match="Revert"):
        DEEDS[name](pair, maker)
    assert state(pair, maker) == before


@pytest.mark.parametrize("name", IN)
@pytest.mark.parametrize("manner", [Manner.FEE, Manner.BONUS])
def test_fee_on_the_way_in(pair: EnginePair, maker: int, manner: Manner, name: str) -> None:
    """Though tokens that nobody counts could make up for it."""
    spare(pair)
    before = state(pair, maker)
    pair.token.behave(manner, 1)
    with reverts("token: inexact transfer"):
        DEEDS[name](pair, maker)
    assert state(pair, maker) == before


@pytest.mark.parametrize("name", IN)
def test_fee_on_top_is_the_payers(pair: EnginePair, maker: int, name: str) -> None:
    before = state(pair, maker)
    pair.token.behave(Manner.FEE_ON_TOP, 2)
    DEEDS[name](pair, maker)
    assert state(pair, maker)[:4] == (before[0] + 7, before[1] + 7, before[2] + 7, before[3] - 9)


def test_fee_on_the_way_out_is_the_receivers(pair: EnginePair, maker: int) -> None:
    """A token that begins to take a fee locks nobody in."""
    before = state(pair, maker)
    pair.token.behave(Manner.FEE, 2)
    pay_out(pair, maker)
    assert state(pair, maker)[:3] == (before[0] - 7, before[1] - 7, before[2] - 7)
    assert pair.token.balanceOf(KEEPER) == 5


def test_fee_on_top_of_what_leaves(pair: EnginePair, maker: int) -> None:
    """It would be the others'."""
    spare(pair)
    before = state(pair, maker)
    pair.token.behave(Manner.FEE_ON_TOP, 1)
    with reverts("token: inexact transfer"):
        pay_out(pair, maker)
    assert state(pair, maker) == before


def test_payment_to_the_engine_itself(pair: EnginePair, maker: int) -> None:
    """Nothing would leave, and its tokens would be nobody's."""
    before = state(pair, maker)
    with reverts("token: inexact transfer"):
        pair.engine.withdraw(maker, 7, pair.engine.address, sender=pair.owner(maker))
    assert state(pair, maker) == before


# ---------------------------------------------------------------- barred


def test_barred_account_is_stuck_alone(pair: EnginePair, maker: int, taker: int) -> None:
    """He trades on; the other pays in, trades and withdraws all. The barred one can name another receiver.

    A fee of 0.05 %, a rebate of 0.005 %, and 10 s of funding: 2,000 x 0.01 % / 2,880 is 69.4 units, 70 paid.
    """
    fill(pair, taker, maker, 1_000)
    barred = pair.owner(maker)
    pair.token.bar(barred, True)
    with pytest.raises(Reverted, match="Revert"):
        pair.engine.withdraw(maker, 1, barred, sender=barred)
    with pytest.raises(Reverted, match="Revert"):
        pair.engine.deposit(maker, 1, sender=barred)
    pair.mint(pair.owner(taker), 5)
    pair.deposit(pair.owner(taker), taker, 5)
    fill(pair, maker, taker, 1_000)
    assert pair.engine.position(taker, 0)[0] == pair.engine.position(maker, 0)[0] == 0
    pair.withdraw(taker, collateral(pair, taker))
    assert (pair.refusal, collateral(pair, taker)) == (None, 0)
    assert pair.token.balanceOf(pair.owner(taker)) == RICH + 5 - 1_000_000 + 100_000 - 70
    pair.engine.withdraw(maker, 3, KEEPER, sender=barred)
    assert pair.token.balanceOf(KEEPER) == 3


def test_barred_fee_receiver_stops_nobody(pair: EnginePair, maker: int, taker: int) -> None:
    """Fees are numbers in the ledger until he fetches them."""
    pair.token.bar(TREASURY, True)
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, pair.model.fee_account) == 1_000_000 - 100_000
    fill(pair, maker, taker, 1_000)
    for account in (maker, taker):
        pair.withdraw(account, collateral(pair, account))
        assert pair.refusal is None
    assert collateral(pair, pair.model.fee_account) == 1_800_000
    assert pair.engine.tracked() == 1_800_001  # 69.4 units of funding: 70 were paid, 69 received


def test_barred_engine_trades_on(pair: EnginePair, maker: int, taker: int) -> None:
    """Nobody pays in or out, but positions can be closed."""
    fill(pair, taker, maker, 1_000)
    pair.token.bar(pair.engine.address, True)
    before = state(pair, maker)
    for deed in DEEDS.values():
        with pytest.raises(Reverted, match="Revert"):
            deed(pair, maker)
    assert state(pair, maker) == before
    fill(pair, maker, taker, 1_000)
    assert pair.engine.position(taker, 0)[0] == 0
    pair.token.bar(pair.engine.address, False)
    pay_out(pair, maker)


# ---------------------------------------------------------------- decimals


@pytest.mark.parametrize("decimals", [5, 19])
def test_other_decimals_are_refused(decimals: int) -> None:
    """Fewer are too coarse for a lot at a tick, more do not fit the words."""
    pair = EnginePair()
    token = pair.evm.deploy(artifact("PlainToken"), decimals)
    with reverts("token: bad decimals"):
        pair.evm.deploy(
            artifact("EngineSettings"), token.address, pair.router.address, pair.book_views.address
        )


FIRST: Final = {6: 1_009_245_651, 8: 100_924_565_161, 18: 1_009_245_651_615_200_000_000}
"""Who bought first, and sold later."""
SECOND: Final = {6: 989_622_284, 8: 98_962_228_464, 18: 989_622_284_652_000_000_000}
FEES: Final = {6: 1_132_065, 8: 113_206_375, 18: 1_132_063_732_800_000_000}


@pytest.mark.parametrize("token", ["PlainToken", "HostileToken"])
@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_from_the_first_deposit_to_the_last_withdrawal(decimals: int, token: str) -> None:
    """1,001 lots change hands at 2,000.3 and back at 2,010.1, where the index is, so without funding.

    They are worth 2,002.3003, then 2,012.1101 tokens: the first gains 9.8098. Who takes pays 0.0333 %,
    0.6667659999 and 0.6700326633, rounded up; who makes gets 0.0051 %, 0.1021173153 and 0.1026176151,
    rounded down. Of 18 decimals the first has 1,009.8098 - 0.6667659999 + 0.1026176151. Nothing is left.
    """
    usd = 10**decimals
    terms = replace(SETTINGS, interest=0, taker_ppm=333, maker_ppm=-51, tip=0)
    pair = EnginePair((20_003 * ONE // 10,), terms, decimals, token=token)
    first, second = pair.fund(TAKER, 1_000 * usd), pair.fund(MAKER, 1_000 * usd)
    fill(pair, first, second, 1_001, 20_003)
    pair.say(0, 20_101 * ONE // 10)
    fill(pair, second, first, 1_001, 20_101)
    for account, expected in (
        (first, FIRST[decimals]),
        (second, SECOND[decimals]),
        (pair.model.fee_account, FEES[decimals]),
    ):
        pair.withdraw(account, expected + 1)
        assert pair.refusal == "engine: margin missed"
        pair.withdraw(account, expected)
        assert pair.refusal is None
        assert pair.token.balanceOf(pair.owner(account)) == expected
    assert pair.engine.tracked() == pair.token.balanceOf(pair.engine.address) == 0


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_funding_leaves_dust_and_no_more(decimals: int) -> None:
    """0.01 % in eight hours on 2,014 tokens is 0.2014. Who pays rounds up, who gets, down."""
    usd = 10**decimals
    pair = EnginePair(decimals=decimals, token="HostileToken", settings=replace(SETTINGS, tip=0))
    first, second = pair.fund(TAKER, 1_000 * usd), pair.fund(MAKER, 1_000 * usd)
    fill(pair, first, second, 1_000)
    fill(pair, first, second, 7)
    pair.hours(8)
    pair.say(0, 2_000 * ONE)
    fill(pair, second, first, 1_007)
    paid = 1_000 * usd - collateral(pair, first)
    fees = 2_014 * (500 - 50) * usd // 10**6  # taken once, made once
    assert 2_014 * usd < 10**4 * (paid - fees) < 2_017 * usd
    for account in (first, second, pair.model.fee_account):
        pair.withdraw(account, collateral(pair, account))
        assert pair.refusal is None
    left = pair.token.balanceOf(pair.engine.address)
    assert left == pair.engine.tracked()
    assert 0 <= left <= 6
