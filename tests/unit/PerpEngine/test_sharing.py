"""set_sharing, set_referral: what referrers get out of fees, and builders on top of them."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.support.engine import OWNER, EnginePair
from tests.support.orders import reverts
from tests.support.traders import PAR, RICH, STRANGER, collateral, fill, margin, named
from walras.devtools.evm import address

REFERRER: Final = address(0x201)
BUILDER: Final = address(0x202)
NOBODY: Final = "0x" + 40 * "0"
TO_REFERRER: Final = int(REFERRER, 16) << 8
TO_BUILDER: Final = int(BUILDER, 16) << 8


def test_exact_sums(pair: EnginePair, maker: int, taker: int) -> None:
    """1,001 lots at 20,003 ticks of 100 units are worth 2,002,300,300 units.

    The fee of 500 ppm is 1,001,150.15, so 1,001,151; 2,999 bps of it are 300,245.18, so 300,245; 777 ppm of
    the worth are 1,555,787.33, so 1,555,788. The maker gets 50 ppm, 100,115.015, so 100,115.
    """
    pair.set_referral(REFERRER, 2_999)
    pair.set_sharing(taker, REFERRER, BUILDER, 777)
    fill(pair, taker, maker, 1_001, 20_003)
    assert collateral(pair, taker) == RICH - 1_001_151 - 1_555_788
    assert collateral(pair, TO_REFERRER) == 300_245
    assert collateral(pair, TO_BUILDER) == 1_555_788
    assert collateral(pair, maker) == RICH + 100_115
    assert collateral(pair, pair.model.fee_account) == 1_001_151 - 300_245 - 100_115
    pair.settle_everybody()


def test_events_and_views(pair: EnginePair, maker: int, taker: int) -> None:
    pair.set_referral(REFERRER, 3_000)
    (event,) = pair.engine.events() or [None]
    assert event is not None
    assert (event.name, event.args) == ("ReferralSet", {"referrer": REFERRER, "bps": 3_000})
    pair.set_sharing(taker, REFERRER, BUILDER, 100)
    assert named(pair, "SharingSet") == [
        {"account": taker, "referrer": REFERRER, "builder": BUILDER, "builder_ppm": 100}
    ]
    assert pair.engine.sharing_of(taker) == (REFERRER, BUILDER, 100)
    assert pair.engine.sharing_of(maker) == pair.engine.sharing_of(taker | 1) == (NOBODY, NOBODY, 0)
    assert (pair.engine.referral_of(REFERRER), pair.engine.referral_of(BUILDER)) == (3_000, 0)
    pair.sell(maker, 1_000, PAR)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    pair.sync(taker)
    assert named(pair, "Shared") == [
        {"account": taker, "market": 0, "referral": 300_000, "built": 200_000}
    ]  # of 1,000,000 and 2,000,000,000
    pair.sync(maker)
    assert named(pair, "Shared") == []
    pair.sync(taker)
    assert named(pair, "Shared") == []


def test_rebate_is_nobodys(pair: EnginePair, maker: int, taker: int) -> None:
    """A maker's referrer gets nothing; his builder is paid all the same."""
    pair.set_referral(REFERRER, 3_000)
    pair.set_sharing(maker, REFERRER, BUILDER, 100)
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, TO_REFERRER) == 0
    assert collateral(pair, TO_BUILDER) == 200_000
    pair.settle_everybody()


def test_part_of_a_referrer_is_live(pair: EnginePair, maker: int, taker: int) -> None:
    pair.set_sharing(taker, REFERRER, NOBODY, 0)
    got = 0
    for bps, part in ((0, 0), (1_000, 100_000), (3_000, 300_000), (0, 0)):
        pair.set_referral(REFERRER, bps)
        fill(pair, taker, maker, 1_000)
        got += part
        assert collateral(pair, TO_REFERRER) == got
    pair.settle_everybody()


def test_opting_out(pair: EnginePair, maker: int, taker: int) -> None:
    pair.set_referral(REFERRER, 3_000)
    pair.set_sharing(taker, REFERRER, BUILDER, 100)
    fill(pair, taker, maker, 1_000)
    pair.set_sharing(taker, NOBODY, NOBODY, 0)
    pair.sell(maker, 1_000, PAR)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    pair.sync(taker)
    assert [one["lots"] for one in named(pair, "Booked")] == [1_000]
    assert named(pair, "Shared") == []
    assert (collateral(pair, TO_REFERRER), collateral(pair, TO_BUILDER)) == (300_000, 200_000)
    pair.set_sharing(taker, REFERRER, NOBODY, 0)
    fill(pair, taker, maker, 1_000)
    assert (collateral(pair, TO_REFERRER), collateral(pair, TO_BUILDER)) == (600_000, 200_000)


def test_what_filled_before_is_settled_before(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 1_000, PAR)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    pair.set_sharing(taker, REFERRER, BUILDER, 1_000)
    assert pair.engine.position(taker, 0)[0] == 1_000
    assert collateral(pair, TO_BUILDER) == 0
    assert collateral(pair, taker) == RICH - 1_000_000


def test_sharing_with_oneself(pair: EnginePair, maker: int, taker: int) -> None:
    """The account's own owner, and the treasury: nothing is made of it."""
    own = pair.owner(taker)
    pair.set_referral(own, 3_000)
    pair.set_sharing(taker, own, own, 1_000)
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, taker) == RICH - 1_000_000 + 300_000
    treasury = pair.owner(pair.model.fee_account)
    pair.set_referral(treasury, 3_000)
    pair.set_sharing(maker, treasury, treasury, 1_000)
    fill(pair, maker, taker, 1_000)
    pair.settle_everybody()


def test_sub_account_is_built_for_by_its_owner(pair: EnginePair, maker: int) -> None:
    """What is shared goes to the builder's account 0."""
    sub = pair.fund(22, RICH, sub=3)
    pair.set_sharing(sub, NOBODY, pair.owner(sub), 100)
    fill(pair, sub, maker, 1_000)
    assert collateral(pair, sub) == RICH - 1_000_000 - 200_000
    assert collateral(pair, sub - 3) == 200_000


@pytest.mark.parametrize("tick", [PAR - 3, PAR + 1, PAR + 1_001])
@pytest.mark.parametrize("lots", [1, 7, 999])
@pytest.mark.parametrize("ppm", [0, 1, 777, 1_000])
def test_no_fill_breaks_the_margin(pair: EnginePair, maker: int, tick: int, lots: int, ppm: int) -> None:
    """An order is placed with no unit to spare, and refused with one less; its fill leaves initial margin."""
    poor = pair.fund(44, 3_000 * 10**6)
    pair.set_sharing(poor, REFERRER, BUILDER, ppm)
    pair.buy(poor, lots, tick)
    equity, initial, _ = margin(pair, poor)
    pair.cancel_all(poor)
    free = equity - initial
    pair.withdraw(poor, free + 1)
    pair.buy(poor, lots, tick)
    assert pair.refusal == "engine: margin missed"
    pair.deposit(pair.owner(poor), poor, 1)
    assert pair.buy(poor, lots, tick) is not None
    assert margin(pair, poor)[0] == margin(pair, poor)[1]
    pair.sell(maker, lots, tick)
    pair.close()
    pair.sync(poor)
    assert pair.engine.position(poor, 0)[0] == lots
    assert margin(pair, poor)[0] >= margin(pair, poor)[1]


def test_builder_needs_margin(pair: EnginePair) -> None:
    """Open orders reserve a builder's fee; what takes none is always allowed."""
    poor = pair.fund(44, 3_000 * 10**6)
    pair.buy(poor, 1_000, PAR)
    equity, initial, _ = margin(pair, poor)
    pair.withdraw(poor, equity - initial)
    pair.set_sharing(poor, REFERRER, BUILDER, 1)
    assert pair.refusal == "engine: margin missed"
    assert pair.engine.sharing_of(poor) == (NOBODY, NOBODY, 0)
    pair.set_sharing(poor, REFERRER, BUILDER, 0)
    assert pair.refusal is None
    pair.deposit(pair.owner(poor), poor, 2_000)  # 1 ppm of 2,000 tokens
    pair.set_sharing(poor, REFERRER, BUILDER, 1)
    assert pair.refusal is None
    assert margin(pair, poor)[0] == margin(pair, poor)[1]


def test_edges(pair: EnginePair, taker: int) -> None:
    for referrer, builder, ppm in (
        (REFERRER, BUILDER, 1_001),
        (REFERRER, BUILDER, 2**256 - 1),
        (REFERRER, NOBODY, 1),
    ):
        pair.set_sharing(taker, referrer, builder, ppm)
        assert pair.refusal == "engine: bad share"
    pair.set_sharing(taker, REFERRER, BUILDER, 1_000)
    assert pair.refusal is None
    for bps in (3_001, 2**256 - 1):
        with reverts("engine: bad share"):
            pair.engine.set_referral(REFERRER, bps, sender=OWNER)
    with reverts("engine: bad share"):  # who has a builder alone was referred by nobody
        pair.engine.set_referral(NOBODY, 1, sender=OWNER)
    pair.engine.set_referral(REFERRER, 3_000, sender=OWNER)


def test_who_may(pair: EnginePair, taker: int) -> None:
    pair.set_sharing(taker, REFERRER, BUILDER, 1, sender=STRANGER)
    assert pair.refusal == "engine: not the owner"
    pair.engine.set_operator(taker, STRANGER, 7, 10, 2**40 - 1, sender=pair.owner(taker))
    pair.set_sharing(taker, REFERRER, BUILDER, 1, sender=STRANGER)
    assert pair.refusal == "engine: not the owner"
    with reverts("ownable: caller is not the owner"):
        pair.engine.set_referral(REFERRER, 1, sender=STRANGER)


@pytest.mark.parametrize(
    "act",
    [
        lambda pair, account: pair.deposit(pair.owner(account), account, 0),
        lambda pair, account: pair.withdraw(account, 5),
        lambda pair, account: pair.transfer(account, account | 1, 5),
        lambda pair, account: pair.buy(account, 3, PAR - 5),
    ],
)
def test_sharing_outlives_other_calls(
    pair: EnginePair, maker: int, taker: int, act: Callable[[EnginePair, int], object]
) -> None:
    """Its mark is a bit of the word that holds the collateral."""
    pair.set_sharing(taker, NOBODY, BUILDER, 1_000)
    act(pair, taker)
    assert pair.refusal is None
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, TO_BUILDER) == 2_000_000
