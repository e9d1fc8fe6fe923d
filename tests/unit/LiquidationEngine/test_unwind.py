"""unwind: what the backstop took goes back into the market, by anyone, no further than 1 % from the mark."""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import BIDDER, OWNER, PLENTY, STRANGER, Waterfall, named


def holding(falls: Waterfall) -> int:
    """The backstop holds a long that it took at 1,930."""
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_930)
    falls.act("take_over", long, 0, 10_000)
    return falls.backstop


def test_long(falls: Waterfall) -> None:
    """1,930 x 0.99 = 1,910.7."""
    backstop = holding(falls)
    events = falls.act("unwind", 0, sender=STRANGER)
    assert named(events, "Unwound") == [{"market": 0, "lots": -10_000, "tick": 19_107}]
    assert falls.orders(backstop) == [(True, 19_107, 10_000)]
    bidder = falls.fund_account(BIDDER, PLENTY)
    falls.buy(bidder, 4_000, 19_107)
    falls.close()
    falls.sync(backstop, bidder)
    assert falls.lots(backstop) == 6_000
    falls.check_money()


def test_distance_is_a_setting_of_its_own(falls: Waterfall) -> None:
    """Half a hundredth, while liquidations may give a whole one: 1,930 x 0.995 = 1,920.35, rounded up."""
    holding(falls)
    falls.terms(unwind_ppm=5_000)
    assert named(falls.act("unwind", 0), "Unwound")[0]["tick"] == 19_204


def test_limit_is_rounded_towards_the_backstop(falls: Waterfall) -> None:
    """At 1,930.1: 1,910.799 up, and for a short at 2,070.1 2,090.801 down."""
    holding(falls)
    falls.price(1_930.1)
    assert named(falls.act("unwind", 0), "Unwound")[0]["tick"] == 19_108
    falls = Waterfall()
    short, _ = falls.mirror()
    falls.arm_backstop()
    falls.price(2_070.1)
    falls.act("take_over", short, 0, 10_000)
    assert named(falls.act("unwind", 0), "Unwound") == [{"market": 0, "lots": 10_000, "tick": 20_908}]


def test_limit_is_off_the_index_where_that_is_better(falls: Waterfall) -> None:
    """Who wants to buy made a mark of 1,930: 1,950 less a hundredth of it is 1,930.7."""
    backstop = holding(falls)
    falls.index(1_950)
    tick = named(falls.act("unwind", 0), "Unwound")[0]["tick"]
    assert tick == 19_307
    assert falls.orders(backstop) == [(True, tick, 10_000)]


def test_limit_of_a_bid_is_off_the_lower_one(falls: Waterfall) -> None:
    """2,070 with an index of 2,050: a hundredth of 2,070 above it is 2,070.7."""
    short, _ = falls.mirror()
    falls.arm_backstop()
    falls.price(2_070)
    falls.act("take_over", short, 0, 10_000)
    falls.index(2_050)
    assert named(falls.act("unwind", 0), "Unwound")[0]["tick"] == 20_707


def test_again_in_one_batch(falls: Waterfall) -> None:
    """The order before it gives way."""
    backstop = holding(falls)
    falls.act("unwind", 0)
    falls.act("unwind", 0)
    assert falls.orders(backstop) == [(True, 19_107, 10_000)]


def test_continuous_mode_is_done_at_once() -> None:
    falls = Waterfall(interval=0)
    backstop = holding(falls)
    bidder = falls.fund_account(BIDDER, PLENTY)
    falls.buy(bidder, 4_000, 19_300)
    falls.buy(bidder, 100, 19_106)
    falls.act("unwind", 0)
    assert (falls.lots(backstop), falls.orders(backstop)) == (6_000, [])


def test_refusals(falls: Waterfall) -> None:
    falls.open_market(2_000, terms=None)
    assert falls.refuses("unwind", 0) == "liquidation: no position"
    assert falls.refuses("unwind", 1) == "liquidation: not configured"
    holding(falls)
    assert falls.refuses("unwind", 0) == ""
    falls.evm.time += 61
    assert falls.refuses("unwind", 0) == "liquidation: price not fit"


@pytest.mark.parametrize("how", ["halted", "settled"])
def test_taken_back_while_the_price_is_not_fit(falls: Waterfall, how: str) -> None:
    """Before, nobody could: its limit of a day ago met who had waited for it, when the halt was over."""
    backstop = holding(falls)
    falls.act("unwind", 0)
    if how == "halted":
        falls.router.halt(0, sender=OWNER)
        falls.close()
    else:
        falls.act("settle", 0, sender=OWNER)
    before = falls.evm.time
    assert named(falls.act("unwind", 0, sender=STRANGER), "Unwound") == []
    assert (falls.orders(backstop), falls.lots(backstop), falls.evm.time) == ([], 10_000, before)
    assert falls.refuses("unwind", 0) == "liquidation: price not fit"


def test_liquidation_of_the_backstop_is_taken_back_as_well(falls: Waterfall) -> None:
    """Its owner is a contract that cannot, and its limit is far from the mark of after a halt."""
    long, _ = falls.positions()
    falls.arm_backstop(772 * USDC)
    falls.price(1_930)
    falls.act("take_over", long, 0, 10_000)
    falls.price(1_880)
    falls.act("liquidate", falls.backstop, 0)
    assert falls.refuses("unwind", 0) == "liquidation: order is pending"
    before = falls.equity(falls.backstop) + falls.pending(falls.backstop)[2]
    falls.router.halt(0, sender=OWNER)
    falls.close()
    events = falls.act("unwind", 0, sender=STRANGER)
    (told,) = named(events, "Collected")
    assert (told["account"], told["filled"]) == (falls.backstop, 0)
    assert falls.orders(falls.backstop) == []
    assert (falls.pending(falls.backstop)[0], falls.pending(falls.backstop)[4]) == (0, 0)
    assert falls.equity(falls.backstop) == before
    assert falls.refuses("unwind", 0) == "liquidation: price not fit"


def test_it_loses_no_more_than_the_distance(falls: Waterfall) -> None:
    backstop = holding(falls)
    before = falls.equity(backstop)
    falls.act("unwind", 0)
    bidder = falls.fund_account(BIDDER, PLENTY)
    falls.buy(bidder, 10_000, 19_107)
    falls.close()
    falls.sync(backstop, bidder)
    lost = before - falls.equity(backstop)
    assert lost <= 193 * USDC + 9_650_000  # 1 % of 19,300, and the fee
