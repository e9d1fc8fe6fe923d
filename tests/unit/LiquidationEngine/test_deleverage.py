"""nominate and deleverage: stage 5. At 1,890 the long of 10,000 lots owes 100 more than it has.

The backstop is poor.

Who is short of it: three accounts, with what they got and what they have.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import (
    LONG,
    PLENTY,
    RULES,
    SCALE,
    SHORT,
    STRANGER,
    Waterfall,
    account,
    named,
    owner,
)

FEE = 500  # ppm
FIRST, SECOND, THIRD = (account(SHORT, sub) for sub in range(1, 4))


def shorts(falls: Waterfall, *parts: tuple[int, int]) -> int:
    """The long, against shorts of some lots and equity each; at 1,890."""
    lots = sum(lots for lots, _ in parts)
    long = falls.fund_account(LONG, lots * (100_000 + 2 * FEE))
    for sub, (part, money) in enumerate(parts, 1):
        falls.trade(long, falls.fund_account(SHORT, money + part * 2 * FEE, sub), part)
    assert falls.equity(long) == lots * 100_000
    falls.price(1_890)
    assert falls.equity(long) == -lots * 10_000
    return long


def score(lots: int, money: int) -> int:
    """Of a short at par: profit 0.11 of a cost of 2, worth 1.89 of the money and the profit."""
    profit, cost, worth = lots * 110_000, lots * 2_000_000, lots * 1_890_000
    return (profit * 2**32 // cost) * (worth * 2**32 // (money + profit)) // 2**32


def opened(falls: Waterfall, long: int, *nominees: int) -> None:
    """Nominations that are over."""
    for nominee in nominees:
        falls.act("nominate", long, 0, nominee)
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.say(1_890)


def ranked(falls: Waterfall, long: int) -> list[int]:
    """Nominees from the highest score."""
    return [one for one, _ in falls.liquidator.nominees(long, 0)[1]]


def test_highest_score_is_first(falls: Waterfall) -> None:
    """The same profit on a tenth of the money is ten times the leverage; each by its part of 10,000 lots."""
    long = shorts(falls, (4_000, 1_000 * USDC), (3_000, 100_000 * USDC), (3_000, 10_000 * USDC))
    until = falls.evm.time + 30
    for nominee, place in ((SECOND, 1), (FIRST, 1), (THIRD, 2)):
        assert falls.liquidator.deleverage_rank(long, 0, nominee) == place
        (event,) = named(falls.act("nominate", long, 0, nominee), "Nominated")
        assert event["until"] == until
        part = abs(falls.lots(nominee))
        assert event["score"] == falls.liquidator.deleverage_score(nominee, 0) * part // 10_000
    assert falls.liquidator.nominees(long, 0) == (
        until,
        (
            (FIRST, score(4_000, 1_000 * USDC) * 4_000 // 10_000),
            (THIRD, score(3_000, 10_000 * USDC) * 3_000 // 10_000),
            (SECOND, score(3_000, 100_000 * USDC) * 3_000 // 10_000),
        ),
    )
    assert [falls.liquidator.deleverage_rank(long, 0, one) for one in (FIRST, SECOND, THIRD)] == [1, 3, 2]


def test_eight_stay_and_the_lowest_goes(falls: Waterfall) -> None:
    parts = [(1_000, (1_000 + 100 * number) * USDC) for number in range(10)]
    long = shorts(falls, *parts)
    every = [account(SHORT, sub) for sub in range(1, 11)]
    for nominee in reversed(every[1:9]):
        falls.act("nominate", long, 0, nominee)
    assert ranked(falls, long) == every[1:9]
    assert falls.refuses("nominate", long, 0, every[9]) == "liquidation: score too low"
    assert falls.refuses("nominate", long, 0, every[4]) == "liquidation: already nominated"
    falls.act("nominate", long, 0, every[0])
    assert ranked(falls, long) == every[:8]
    assert falls.refuses("nominate", long, 0, every[8]) == "liquidation: score too low"


def test_higher_score_of_a_nominee_moves_it_up(falls: Waterfall) -> None:
    long = shorts(falls, (3_000, 1_000 * USDC), (3_000, 1_100 * USDC), (4_000, 9_000 * USDC))
    for nominee in (FIRST, SECOND, THIRD):
        falls.act("nominate", long, 0, nominee)
    assert ranked(falls, long) == [FIRST, SECOND, THIRD]
    falls.engine.withdraw(THIRD, 8_000 * USDC, STRANGER, sender=owner(THIRD))
    falls.act("nominate", long, 0, THIRD)
    assert ranked(falls, long) == [THIRD, FIRST, SECOND]
    assert falls.refuses("nominate", long, 0, SECOND) == "liquidation: already nominated"


def test_those_behind_one_who_moves_up_stay(falls: Waterfall) -> None:
    """All eight places are taken."""
    long = shorts(falls, *((1_000, (1_000 + 100 * number) * USDC) for number in range(8)))
    every = [account(SHORT, sub) for sub in range(1, 9)]
    for nominee in every:
        falls.act("nominate", long, 0, nominee)
    assert ranked(falls, long) == every
    falls.engine.withdraw(every[4], 1_000 * USDC, STRANGER, sender=owner(every[4]))
    falls.act("nominate", long, 0, every[4])
    assert ranked(falls, long) == [every[4], *every[:4], *every[5:]]


def test_first_of_two_equals_stays_first(falls: Waterfall) -> None:
    long = shorts(falls, (5_000, 1_000 * USDC), (5_000, 1_000 * USDC))
    for nominee in (SECOND, FIRST):
        falls.act("nominate", long, 0, nominee)
    assert ranked(falls, long) == [SECOND, FIRST]


def test_executed_at_the_price_at_which_nothing_is_owed(falls: Waterfall) -> None:
    """100 of 10,000 lots: a cent each above 1.89. Of a profit of 1,100 there are 1,000 left."""
    long = shorts(falls, (10_000, PLENTY))
    opened(falls, long, FIRST)
    before = falls.equity(FIRST)
    events = falls.act("deleverage", long, 0)
    assert named(events, "Deleveraged") == [
        {"account": long, "market": 0, "nominee": FIRST, "lots": 10_000, "price": 1_900_000 << SCALE}
    ]
    assert (falls.lots(long), falls.collateral(long)) == (0, 0)
    assert (falls.lots(FIRST), falls.equity(FIRST)) == (0, before - 100 * USDC)
    assert falls.engine.bad_debt() == 0
    assert falls.liquidator.nominees(long, 0) == (0, ())
    falls.check_money(0)


def test_short_is_deleveraged_below_the_mark(falls: Waterfall) -> None:
    """At 2,110 it owes 100: a cent each below 2.11."""
    short, long = falls.mirror()
    falls.price(2_110)
    falls.act("nominate", short, 0, long)
    falls.evm.time += 30
    falls.say(2_110)
    (event,) = named(falls.act("deleverage", short, 0), "Deleveraged")
    assert event["price"] == 2_100_000 << SCALE
    assert falls.collateral(short) == 0


def test_in_order_as_far_as_needed(falls: Waterfall) -> None:
    """The third in rank is not touched when the two before it have enough."""
    long = shorts(falls, (6_000, 1_000 * USDC), (3_000, 1_000 * USDC), (1_000, 1_000 * USDC))
    other = falls.fund_account(SHORT, PLENTY, 9)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), other, 9_000, 18_900)
    falls.price(1_889)
    falls.credit(long, 10 * USDC)
    opened(falls, long, THIRD, SECOND, FIRST, other)
    falls.say(1_889)
    taken = {one["nominee"]: one["lots"] for one in named(falls.act("deleverage", long, 0), "Deleveraged")}
    assert taken == {FIRST: 6_000, SECOND: 3_000, THIRD: 1_000}
    assert falls.lots(other) == -9_000


def test_no_more_than_its_profit(falls: Waterfall) -> None:
    """Short at 1,892, it has 8 dollars of profit on 4,000 lots, which owe 40: it gives the 8, 0.002 a lot.

    Before, it gave them for the 800 lots whose part they are, and many rounds closed a position by ever less.
    """
    falls.fund_account(SHORT, PLENTY, 1)
    long = shorts(falls, (10_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 2)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), late, 4_000, 18_920)
    opened(falls, long, late)
    before = falls.equity(late)
    (event,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert (event["nominee"], event["lots"], event["price"]) == (late, 4_000, 1_892_000 << SCALE)
    assert falls.lots(late) == 0
    assert before - falls.equity(late) == 8 * USDC  # all its profit
    assert falls.lots(long) == 6_000
    assert falls.equity(long) == -92 * USDC


def test_no_more_than_its_equity(falls: Waterfall) -> None:
    """A profit of 1,100 here, of which a loss elsewhere leaves 11: it gives those, not the 100 that are owed.

    Before, it gave all of the 100, and owed 89 that the insurance and the positions of the other market bore.
    """
    long = shorts(falls, (10_000, 1_000 * USDC))
    elsewhere = falls.open_market(2_000)
    falls.trade(FIRST, falls.fund_account(0x55, PLENTY), 10_000, market=elsewhere)
    falls.say(1_890)
    falls.price(1_792.1, elsewhere)
    assert falls.equity(FIRST) == 11 * USDC
    opened(falls, long, FIRST)
    events = falls.act("deleverage", long, 0)
    (event,) = named(events, "Deleveraged")
    assert (event["lots"], event["price"]) == (10_000, 1_891_100 << SCALE)
    assert named(events, "Covered") == [{"account": long, "market": 0, "insured": 0, "socialised": 89 * USDC}]
    assert falls.equity(FIRST) == 0
    falls.check_money()


def test_own_liquidation_of_a_nominee_gives_way(falls: Waterfall) -> None:
    """Before, what it gave up to others counted as filled, and it paid the penalty for it."""
    long = shorts(falls, (10_000, 1_000 * USDC))
    elsewhere = falls.open_market(2_000)
    falls.trade(FIRST, falls.fund_account(0x55, PLENTY), 10_000, market=elsewhere)
    falls.say(1_890)
    falls.price(1_830, elsewhere)
    opened(falls, long, FIRST)
    falls.act("liquidate", FIRST, 0)
    held = falls.pending(FIRST)[2]
    assert held > 0
    falls.wait()
    before = falls.equity(FIRST)
    events = falls.act("deleverage", long, 0)
    (told,) = named(events, "Collected")
    assert (told["account"], told["filled"], told["returned"]) == (FIRST, 0, held)
    assert (falls.orders(FIRST), falls.pending(FIRST)[0], falls.lots(FIRST)) == ([], 0, 0)
    assert falls.equity(FIRST) == before + held - 100 * USDC
    assert falls.collateral(falls.penalties) == 0


def test_insurance_pays_for_what_is_taken(falls: Waterfall) -> None:
    """4,000 of 10,000 lots, so 40 of 100: nobody keeps a position that others have paid for."""
    long = shorts(falls, (4_000, 1_000 * USDC), (6_000, PLENTY))
    falls.insure(1_000 * USDC)
    opened(falls, long, FIRST)
    before = falls.equity(FIRST)
    events = falls.act("deleverage", long, 0)
    assert named(events, "Covered") == [{"account": long, "market": 0, "insured": 40 * USDC, "socialised": 0}]
    assert named(events, "Deleveraged")[0]["price"] == 1_890_000 << SCALE
    assert falls.fund.reserve() == 960 * USDC
    assert falls.equity(FIRST) == before
    assert falls.equity(long) == -60 * USDC
    falls.check_money()


def test_what_neither_fund_nor_profit_bears(falls: Waterfall) -> None:
    """4,000 lots owe 40: the fund has 20, the profit is 8; 12 more stay with the 60 of the other 6,000."""
    falls.fund_account(SHORT, PLENTY, 1)
    long = shorts(falls, (10_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 2)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), late, 4_000, 18_920)
    falls.insure(20 * USDC)
    opened(falls, long, late)
    events = falls.act("deleverage", long, 0)
    assert named(events, "Covered") == [{"account": long, "market": 0, "insured": 20 * USDC, "socialised": 0}]
    (event,) = named(events, "Deleveraged")
    assert (event["lots"], event["price"]) == (4_000, 1_892_000 << SCALE)
    assert (falls.lots(long), falls.equity(long)) == (6_000, -72 * USDC)
    falls.check_money()


def test_what_a_profit_does_not_bear_is_the_next_ones(falls: Waterfall) -> None:
    """Of 10,000 lots the first bears 800 with its profit of 8, at a cent each; the second has the others."""
    falls.fund_account(SHORT, PLENTY, 1)
    long = shorts(falls, (10_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 2)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), late, 10_000, 18_908)
    opened(falls, long, FIRST, late)
    assert ranked(falls, long) == [late, FIRST]
    events = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert [(one["nominee"], one["lots"]) for one in events] == [(late, 800), (FIRST, 9_200)]
    assert {one["price"] for one in events} == {1_900_000 << SCALE}
    assert falls.collateral(long) == 0
    falls.check_money()


def test_rest_that_no_profit_bears_is_shared(falls: Waterfall) -> None:
    """All 10,000 lots go to who has 8 of the 100; the others of the market bear 92."""
    falls.fund_account(SHORT, PLENTY, 1)
    long = shorts(falls, (10_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 2)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), late, 10_000, 18_908)
    opened(falls, long, late)
    before = falls.equity(FIRST)
    events = falls.act("deleverage", long, 0)
    (event,) = named(events, "Deleveraged")
    assert (event["lots"], event["price"]) == (10_000, 1_890_800 << SCALE)
    assert named(events, "Covered") == [{"account": long, "market": 0, "insured": 0, "socialised": 92 * USDC}]
    assert (falls.lots(long), falls.lots(late), falls.collateral(long)) == (0, 0, 0)
    assert before - falls.equity(FIRST) == 46 * USDC  # it holds half of the 20,000 lots that are left
    falls.check_money()


def test_insurance_in_part(falls: Waterfall) -> None:
    """60 of 100 are there: 40 are the nominee's, 0.004 a lot."""
    long = shorts(falls, (10_000, PLENTY))
    falls.insure(60 * USDC)
    opened(falls, long, FIRST)
    events = falls.act("deleverage", long, 0)
    assert named(events, "Covered")[0]["insured"] == 60 * USDC
    assert named(events, "Deleveraged")[0]["price"] == 1_894_000 << SCALE
    assert falls.collateral(long) == 0


def test_nominee_that_closed_meanwhile(falls: Waterfall) -> None:
    """Nobody is there: nothing is paid, by insurance or by all, and the position waits for others.

    Before, its owner nominated himself, closed, and all the others covered his loss while he kept the
    position.
    """
    long = shorts(falls, (10_000, PLENTY))
    falls.insure(1_000 * USDC)
    rich = falls.fund_account(LONG, PLENTY, 9)
    falls.act("nominate", long, 0, FIRST)
    falls.sell(rich, 10_000, 18_900)
    falls.buy(FIRST, 10_000, 18_900)
    falls.close()
    falls.sync(FIRST, rich)
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.say(1_890)
    events = falls.act("deleverage", long, 0)
    assert named(events, "Deleveraged") == named(events, "Covered") == []
    assert (falls.lots(long), falls.equity(long)) == (10_000, -100 * USDC)
    assert falls.fund.reserve() == 1_000 * USDC
    assert falls.engine.gate() == 0
    assert falls.liquidator.nominees(long, 0) == (0, ())


def test_with_something_left_it_is_the_mark(falls: Waterfall) -> None:
    """At 1,905 the long has 50: it keeps them, and the nominee its profit; the fund is not asked."""
    long, short = falls.positions()
    falls.price(1_905)
    falls.act("nominate", long, 0, short)
    falls.evm.time += 30
    falls.say(1_905)
    before = falls.equity(short)
    (event,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert falls.fund.events() == []
    assert event["price"] == 1_905_000 << SCALE
    assert (falls.collateral(long), falls.equity(short)) == (50 * USDC, before)


@pytest.mark.parametrize(("index", "price"), [(1_910, 1_905), (1_905, 1_905), (1_903, 1_903), (1_890, 1_900)])
def test_nominees_have_the_index_where_it_is_worse_for_the_account(
    falls: Waterfall, index: float, price: int
) -> None:
    """As far as the 50 that the long has left go: they closed at a mark that somebody had made."""
    long, short = falls.positions()
    falls.price(1_905)
    falls.act("nominate", long, 0, short)
    falls.evm.time += 30
    falls.say(1_905)
    falls.auction()
    falls.index(index)
    before = falls.equity(short)
    (event,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    gained = (1_905 - price) * 10 * USDC
    assert event["price"] == price * 1_000 << SCALE
    assert (falls.collateral(long), falls.equity(short)) == (50 * USDC - gained, before + gained)


def test_short_is_deleveraged_at_the_index_above_the_mark(falls: Waterfall) -> None:
    short, long = falls.mirror()
    falls.price(2_095)
    falls.act("nominate", short, 0, long)
    falls.evm.time += 30
    falls.say(2_095)
    falls.auction()
    falls.index(2_097)
    assert named(falls.act("deleverage", short, 0), "Deleveraged")[0]["price"] == 2_097_000 << SCALE
    assert falls.collateral(short) == 30 * USDC


def test_no_more_is_borne_than_the_price_has_cost() -> None:
    """The long owes 20 for the price and 6 for funding that is not settled: nominees bear 20."""
    falls = Waterfall(rules=replace(RULES, interest=100_000))
    long, short = falls.positions()
    for _ in range(24):
        falls.evm.time += 3_600
        falls.price(2_000)
    falls.price(1_998)
    falls.take(long, 1_000 * USDC)
    falls.act("nominate", long, 0, short)
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.say(1_998)
    assert falls.engine.valuation(long, 0)[2] > 6 * USDC
    (told,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert told["price"] == 2_000_000 << SCALE
    falls.check_money()


def test_in_parts_each_bears_what_he_would_at_once(falls: Waterfall) -> None:
    """Of 100 that are owed the fund has 60: 0.004 a lot are left, whoever is first."""
    long = shorts(falls, (4_000, 1_000 * USDC), (3_000, 2_000 * USDC), (3_000, 3_000 * USDC))
    falls.insure(60 * USDC)
    opened(falls, long, FIRST, SECOND, THIRD)
    until = falls.liquidator.nominees(long, 0)[0]
    events = falls.act("deleverage", long, 0, 0)  # one at the least
    assert [(one["nominee"], one["lots"], one["price"]) for one in named(events, "Deleveraged")] == [
        (FIRST, 4_000, 1_894_000 << SCALE)
    ]
    assert named(events, "Covered") == [{"account": long, "market": 0, "insured": 24 * USDC, "socialised": 0}]
    assert (falls.liquidator.nominees(long, 0)[0], ranked(falls, long)) == (until, [SECOND, THIRD])
    events = falls.act("deleverage", long, 0, 2)
    assert [(one["nominee"], one["lots"], one["price"]) for one in named(events, "Deleveraged")] == [
        (SECOND, 3_000, 1_894_000 << SCALE),
        (THIRD, 3_000, 1_894_000 << SCALE),
    ]
    assert named(events, "Covered")[0]["insured"] == 36 * USDC
    assert (falls.lots(long), falls.collateral(long)) == (0, 0)
    assert falls.liquidator.nominees(long, 0) == (0, ())
    falls.check_money()


@pytest.mark.parametrize("parts", [(8,), (1, 1), (1, 8)])
def test_in_parts_nobody_pays_for_who_was_first(falls: Waterfall, parts: Sequence[int]) -> None:
    """The first has 16 for 8,000 lots that owe 80; the second bears his 20 of 100, and not the 64 as well."""
    long = shorts(falls, (2_000, PLENTY), (8_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 3)
    falls.trade(SECOND, late, 8_000, 18_920)
    opened(falls, long, FIRST, late)
    assert ranked(falls, long) == [late, FIRST]
    done, covered = [], []
    for most in parts:
        events = falls.act("deleverage", long, 0, most)
        done += named(events, "Deleveraged")
        covered += [(one["insured"], one["socialised"]) for one in named(events, "Covered")]
    assert [(one["nominee"], one["lots"], one["price"]) for one in done] == [
        (late, 8_000, 1_892_000 << SCALE),
        (FIRST, 2_000, 1_900_000 << SCALE),
    ]
    assert covered == [(0, 64 * USDC)]
    falls.check_money()


@pytest.mark.parametrize("parts", [(8,), (1, 1), (1, 8)])
def test_in_parts_with_a_position_elsewhere_each_bears_his_share(parts: Sequence[int]) -> None:
    """Of 200 that the long owes 100 are this market's, 20 of them FIRST's: no less as 64 are nobody's."""
    falls = Waterfall((2_000, 2_000))
    long = shorts(falls, (2_000, PLENTY), (8_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 3)
    falls.trade(SECOND, late, 8_000, 18_920)
    other = falls.fund_account(0x99, PLENTY)
    falls.credit(long, 10_000 * (300_000 + 2 * FEE))
    falls.trade(long, other, 10_000, market=1)
    falls.price(1_890, 1)
    falls.take(long, falls.equity(long) + 200 * USDC)
    opened(falls, long, FIRST, late)
    falls.say(1_890, 1)
    assert ranked(falls, long) == [late, FIRST]
    done = []
    for most in parts:
        done += named(falls.act("deleverage", long, 0, most), "Deleveraged")
    assert [(one["nominee"], one["lots"], one["price"]) for one in done] == [
        (late, 8_000, 1_892_000 << SCALE),
        (FIRST, 2_000, 1_900_000 << SCALE),
    ]
    assert falls.lots(long, 1) == 10_000


def test_nor_does_who_comes_in_the_next_round(falls: Waterfall) -> None:
    """Somebody nominates and executes the poor one alone: the 64 are still nobody's after him."""
    long = shorts(falls, (2_000, PLENTY), (8_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 3)
    falls.trade(SECOND, late, 8_000, 18_920)
    opened(falls, long, late)
    (told,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert (told["lots"], told["price"]) == (8_000, 1_892_000 << SCALE)
    assert (falls.lots(long), falls.equity(long)) == (2_000, -84 * USDC)
    opened(falls, long, FIRST)
    events = falls.act("deleverage", long, 0)
    (told,) = named(events, "Deleveraged")
    assert (told["lots"], told["price"]) == (2_000, 1_900_000 << SCALE)
    assert [(one["insured"], one["socialised"]) for one in named(events, "Covered")] == [(0, 64 * USDC)]
    # once it is covered nothing is remembered
    falls.credit(long, 201 * USDC)
    falls.trade(long, FIRST, 1_000, 18_900)
    falls.take(long, 199 * USDC)
    falls.price(1_870)
    falls.act("nominate", long, 0, FIRST)
    falls.evm.time += 30
    falls.say(1_870)
    owed = -falls.equity(long)
    assert owed > 0
    (told,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert told["price"] == falls.engine.mark(0)[0] + -(-(owed << SCALE) // 1_000)
    falls.check_money()


@pytest.mark.parametrize(("seconds", "haircut"), [(599, 36), (600, 100)])
def test_what_nobody_bore_is_forgotten_in_time(falls: Waterfall, seconds: int, haircut: int) -> None:
    """The long recovers with 64 that late could not bear, and falls again: that is another deficit."""
    long = with_unborne(falls)
    at = falls.evm.time
    falls.price(2_000)
    assert falls.equity(long) == 136 * USDC
    falls.credit(long, 1_000 * USDC)
    falls.trade(long, SECOND, 8_000)
    falls.take(long, falls.equity(long) - 1_000 * USDC)
    falls.evm.time = at + seconds - 40
    falls.price(1_890)
    assert falls.equity(long) == -100 * USDC
    falls.act("nominate", long, 0, SECOND)
    falls.act("nominate", long, 0, FIRST)
    falls.evm.time = at + seconds
    falls.say(1_890)
    done = named(falls.act("deleverage", long, 0), "Deleveraged")
    price = (1_890_000 << SCALE) + (haircut * USDC << SCALE) // 10_000
    assert {one["price"] for one in done} == {price}
    assert sum(one["lots"] for one in done) == 10_000
    falls.check_money()


def test_a_call_at_a_better_price_does_not_bring_it_back(falls: Waterfall) -> None:
    """At 1,932 the long owes nothing for a moment, and somebody calls: the 64 are still nobody's."""
    long = with_unborne(falls)
    other = falls.fund_account(SHORT, PLENTY, 4)
    falls.trade(SECOND, other, 2_000, 19_000)
    opened(falls, long, other)
    falls.trade(other, SECOND, 2_000, 18_900)
    falls.price(1_932)
    assert falls.equity(long) == 0
    assert named(falls.act("deleverage", long, 0), "Deleveraged") == []
    falls.price(1_890)
    opened(falls, long, FIRST)
    (told,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert told["price"] == 1_900_000 << SCALE
    falls.check_money()


def with_unborne(falls: Waterfall) -> int:
    """A long of 2,000 that owes 84, 64 of which late could not bear for the 8,000 that he took."""
    long = shorts(falls, (2_000, PLENTY), (8_000, PLENTY))
    late = falls.fund_account(SHORT, 1_000 * USDC, 3)
    falls.trade(SECOND, late, 8_000, 18_920)
    opened(falls, long, late)
    falls.act("deleverage", long, 0)
    assert (falls.lots(long), falls.equity(long)) == (2_000, -84 * USDC)
    return long


def test_what_is_held_of_a_nominee_in_the_market_is_his(falls: Waterfall) -> None:
    """His order goes, and his penalty comes back: of 80 that he has he bears 80, for 8,000 lots."""
    long = shorts(falls, (10_000, 1_000 * USDC))
    second = falls.fund_account(SHORT, PLENTY, 2)
    falls.trade(falls.fund_account(0x66, PLENTY), second, 10_000, 19_800)
    elsewhere = falls.open_market(2_000)
    falls.trade(FIRST, falls.fund_account(0x55, PLENTY), 10_000, market=elsewhere)
    falls.price(1_790, elsewhere)
    falls.price(1_890)
    falls.credit(FIRST, 80 * USDC - falls.equity(FIRST))
    opened(falls, long, FIRST, second)
    assert ranked(falls, long) == [FIRST, second]
    falls.act("liquidate", FIRST, 0)
    assert falls.pending(FIRST)[2] > 20 * USDC
    assert falls.liquidator.deleverage_rank(long, 0, FIRST) == 1
    done = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert [(one["nominee"], one["lots"]) for one in done] == [(FIRST, 8_000), (second, 2_000)]
    assert {one["price"] for one in done} == {1_900_000 << SCALE}
    falls.check_money()


def test_what_was_earned_of_a_nominee_is_not_his(falls: Waterfall) -> None:
    """Half of his order has filled: half of what is held is others', before it is asked what he bears."""
    long = shorts(falls, (10_000, 1_000 * USDC))
    second, rich = falls.fund_account(SHORT, PLENTY, 2), falls.fund_account(0x66, PLENTY)
    falls.trade(rich, second, 10_000, 19_800)
    elsewhere = falls.open_market(2_000)
    falls.trade(FIRST, falls.fund_account(0x55, PLENTY), 10_000, market=elsewhere)
    falls.price(1_790, elsewhere)
    falls.price(1_890)
    falls.credit(FIRST, 40 * USDC - falls.equity(FIRST))
    falls.act("nominate", long, 0, FIRST)
    falls.act("nominate", long, 0, second)
    falls.act("liquidate", FIRST, 0)
    (_, tick, lots) = falls.orders(FIRST)[0]
    held = falls.pending(FIRST)[2]
    falls.sell(rich, lots // 2, tick)
    falls.close()
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.say(1_890)
    events = falls.act("deleverage", long, 0)
    (told,) = named(events, "Collected")
    assert (told["account"], told["filled"]) == (FIRST, lots // 2)
    assert 0 < told["returned"] < held
    done = named(events, "Deleveraged")
    assert [one["nominee"] for one in done] == [FIRST, second]
    assert {one["price"] for one in done} == {1_900_000 << SCALE}
    falls.check_money()


@pytest.mark.parametrize("is_collected", [True, False])
def test_what_was_earned_of_a_later_nominee_is_not_his(falls: Waterfall, is_collected: bool) -> None:
    """His order is over, and half of what is held was earned: he has nothing, and FIRST the fund's 60."""
    falls.insure(60 * USDC)
    long = shorts(falls, (6_000, 700 * USDC), (4_000, 300_000 * USDC))
    rich = falls.fund_account(0x66, PLENTY)
    falls.trade(rich, SECOND, 4_000, 18_900)
    elsewhere = falls.open_market(2_000)
    falls.trade(SECOND, falls.fund_account(0x55, PLENTY), 10_000, market=elsewhere)
    falls.price(1_790, elsewhere)
    falls.say(1_890)
    falls.act("nominate", long, 0, FIRST)
    falls.act("nominate", long, 0, SECOND)
    assert ranked(falls, long) == [FIRST, SECOND]
    falls.take(SECOND, falls.equity(SECOND) - 40 * USDC)
    falls.act("liquidate", SECOND, 0)
    (_, tick, lots) = falls.orders(SECOND)[0]
    falls.sell(rich, lots // 2, tick)
    falls.close()
    falls.sync(SECOND)
    held = falls.pending(SECOND)[2]
    falls.take(SECOND, falls.equity(SECOND) + held * 3 // 4)
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.say(1_890)
    if is_collected:
        falls.act("collect", SECOND, 0)
    assert falls.pending(SECOND)[2] == (0 if is_collected else held)
    assert falls.liquidator.deleverage_rank(long, 0, SECOND) == 0
    (done,) = named(falls.act("deleverage", long, 0, 1), "Deleveraged")
    assert (done["nominee"], done["lots"], done["price"]) == (FIRST, 6_000, 1_890_000 << SCALE)
    falls.check_money()


def test_what_two_could_not_bear_is_nobody_s(falls: Waterfall) -> None:
    """Each bears 8 of 40; the third, a call later, his own 20 all the same."""
    long = shorts(falls, (2_000, PLENTY), (8_000, PLENTY))
    poor = [falls.fund_account(SHORT, 1_000 * USDC, sub) for sub in (3, 4)]
    for one in poor:
        falls.trade(SECOND, one, 4_000, 18_920)
    opened(falls, long, *poor, FIRST)
    assert ranked(falls, long) == [*poor, FIRST]
    told = [named(falls.act("deleverage", long, 0, 1), "Deleveraged")[0] for _ in range(3)]
    prices = [one["price"] for one in told]
    assert prices == [1_892_000 << SCALE, 1_892_000 << SCALE, 1_900_000 << SCALE]
    falls.check_money()


def test_what_is_held_of_the_account_is_its(falls: Waterfall) -> None:
    """What waits for the outcome of its order in another market comes off what nominees bear."""
    elsewhere = falls.open_market(2_000)
    long = shorts(falls, (10_000, PLENTY))
    falls.credit(long, 3_000 * USDC)
    falls.trade(long, falls.fund_account(0x55, PLENTY), 10_000, market=elsewhere)
    falls.price(1_900, elsewhere)
    falls.price(1_890)
    falls.take(long, falls.equity(long) - 600 * USDC)
    falls.act("liquidate", long, elsewhere)
    held = falls.pending(long, elsewhere)[2]
    assert held > 50 * USDC
    falls.take(long, falls.equity(long) + held + 60 * USDC)
    opened(falls, long, FIRST)
    falls.say(1_900, elsewhere)
    owed = 60 * USDC * 1_890_000 // (1_890_000 + 1_900_000)
    (told,) = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert told["price"] == (1_890_000 << SCALE) + -(-(owed << SCALE) // 10_000)
    falls.check_money()


def test_who_is_not_called_for_is_not_settled(falls: Waterfall) -> None:
    """Settling all eight, whatever orders they have in all markets, may take more than a transaction has."""
    long = shorts(falls, (5_000, 1_000 * USDC), (5_000, 2_000 * USDC))
    opened(falls, long, FIRST, SECOND)
    falls.buy(SECOND, 10, 18_900)
    falls.sell(falls.fund_account(0x99, PLENTY), 10, 18_900)
    falls.close()
    assert ranked(falls, long) == [FIRST, SECOND]
    assert named(falls.act("deleverage", long, 0, 1), "Deleveraged")[0]["lots"] == 5_000
    assert falls.books[0].preview_sync(SECOND)[0][0] == 10
    falls.act("deleverage", long, 0, 1)
    assert (falls.lots(long), falls.lots(SECOND)) == (10, 0)
    assert falls.books[0].preview_sync(SECOND)[0][0] == 0


def test_a_call_that_moves_nothing_takes_no_order_away(falls: Waterfall) -> None:
    """The nominee has closed meanwhile: the account's order stays in the batch, and its keeper has a tip."""
    long = shorts(falls, (10_000, 10_000 * USDC))
    rich = falls.fund_account(0x99, PLENTY)
    falls.act("nominate", long, 0, FIRST)
    falls.trade(FIRST, rich, 10_000, 18_900)
    falls.evm.time = max(falls.evm.time, falls.liquidator.nominees(long, 0)[0])
    falls.close()
    falls.act("liquidate", long, 0)
    before = falls.pending(long), falls.orders(long)
    assert before[0][0] == 10_000
    assert named(falls.act("deleverage", long, 0, 1), "Deleveraged") == []
    assert (falls.pending(long), falls.orders(long)) == before
    assert falls.refuses("deleverage", long, 0, 1) == "liquidation: no nominations"


def test_who_is_left_has_no_place_once_nothing_is_left(falls: Waterfall) -> None:
    long = shorts(falls, (10_000, 1_000 * USDC))
    other = falls.fund_account(SHORT, PLENTY, 9)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), other, 10_000, 18_900)
    falls.price(1_889)
    falls.act("nominate", long, 0, other)
    opened(falls, long, FIRST)
    falls.say(1_889)
    assert ranked(falls, long) == [FIRST, other]
    falls.act("deleverage", long, 0, 1)
    assert falls.lots(long) == 0
    assert falls.liquidator.nominees(long, 0) == (0, ())


def test_one_nominee_fits_into_a_transaction_whatever_he_has(falls: Waterfall) -> None:
    """Each has 31 orders that can only reduce, with orders behind them that are gone, and one of the batch.

    All eight took more than a transaction may use (EIP-7825: 2**24), so that nobody could be deleveraged.
    """
    parts = [(1_250, (1_000 + number) * USDC) for number in range(8)]
    long = shorts(falls, *parts)
    behind = falls.fund_account(0x99, PLENTY)
    every = [account(SHORT, sub) for sub in range(1, 9)]
    for number, one in enumerate(every):
        for place in range(31):
            tick = 17_100 + number * 31 + place
            falls.buy(one, 40, tick, reduce_only=True)
            falls.engine.cancel(behind, 0, falls.buy(behind, 1, tick), 1, sender=owner(behind))
    opened(falls, long, *every)
    falls.auction()
    for one in every:
        falls.buy(one, 10, 17_100, reduce_only=True, batch_only=True)
    assert falls.refuses("deleverage", long, 0, gas=2**24) != ""
    for left in range(7, -1, -1):
        falls.act("deleverage", long, 0, 1, gas=6_000_000)
        assert falls.lots(long) == 1_250 * left
    assert all(falls.lots(one) == 0 and not falls.orders(one) for one in every)
    falls.check_money()


def test_window(falls: Waterfall) -> None:
    """Nominations for 30 seconds, or to the end of a longer batch; then 600 to execute."""
    long = shorts(falls, (5_000, 1_000 * USDC), (5_000, PLENTY))
    assert falls.refuses("deleverage", long, 0) == "liquidation: no nominations"
    start = falls.evm.time
    falls.act("nominate", long, 0, FIRST)
    falls.evm.time = start + 29
    falls.say(1_890)
    assert falls.refuses("deleverage", long, 0) == "liquidation: nominations open"
    assert falls.refuses("nominate", long, 0, SECOND) == ""
    falls.evm.time += 1
    assert falls.refuses("deleverage", long, 0) == ""
    assert falls.refuses("nominate", long, 0, SECOND) == "liquidation: nominations closed"
    falls.evm.time = start + 30 + 599
    falls.say(1_890)
    assert falls.refuses("deleverage", long, 0) == ""
    falls.evm.time += 1
    assert falls.refuses("deleverage", long, 0) == "liquidation: no nominations"
    falls.act("nominate", long, 0, SECOND)
    assert ranked(falls, long) == [SECOND]


def test_nobody_is_ranked_beside_a_round_that_has_lapsed(falls: Waterfall) -> None:
    """As the next one to be nominated begins another. Before, who was in it still took places."""
    long = shorts(falls, (5_000, 1_000 * USDC), (5_000, PLENTY))
    opened(falls, long, FIRST)
    falls.evm.time += 599
    assert falls.liquidator.deleverage_rank(long, 0, SECOND) == 2
    falls.evm.time += 1
    assert falls.liquidator.deleverage_rank(long, 0, SECOND) == 1
    falls.say(1_890)
    falls.act("nominate", long, 0, SECOND)
    assert ranked(falls, long) == [SECOND]


def test_window_is_the_batch_where_that_is_longer() -> None:
    falls = Waterfall(interval=120)
    long, short = falls.positions()
    falls.price(1_890)
    falls.act("nominate", long, 0, short)
    assert falls.liquidator.nominees(long, 0)[0] == falls.engine.mark(0)[6] == falls.evm.time + 120


def test_account_that_recovered(falls: Waterfall) -> None:
    long = shorts(falls, (10_000, PLENTY))
    opened(falls, long, FIRST)
    falls.credit(long, 600 * USDC)
    assert falls.refuses("deleverage", long, 0) == "liquidation: margin is met"
    falls.say(1_870)  # 300 of 467.5
    assert falls.refuses("deleverage", long, 0) == ""


def test_not_so_deep(falls: Waterfall) -> None:
    long, short = falls.positions()
    falls.price(1_945)
    assert falls.refuses("nominate", long, 0, short) == "liquidation: not so deep"


def test_order_of_a_liquidation_gives_way(falls: Waterfall) -> None:
    """Before, a call of `liquidate` in the last batch let the round lapse."""
    long = shorts(falls, (10_000, PLENTY))
    opened(falls, long, FIRST)
    falls.act("liquidate", long, 0)
    assert len(falls.orders(long)) == 1
    assert named(falls.act("deleverage", long, 0), "Deleveraged")[0]["lots"] == 10_000
    assert (falls.orders(long), falls.pending(long)[0]) == ([], 0)


def test_not_eligible(falls: Waterfall) -> None:
    """On the same side, flat, without a profit, or without equity."""
    long = shorts(falls, (10_000, PLENTY))
    same = falls.fund_account(LONG, PLENTY, 9)
    loser = falls.fund_account(SHORT, PLENTY, 9)
    falls.trade(same, loser, 1_000, 18_900)
    for nominee in (long, same, loser, account(0x99)):
        assert falls.refuses("nominate", long, 0, nominee) == "liquidation: not eligible"
        assert falls.liquidator.deleverage_rank(long, 0, nominee) == 0
    falls.price(1_889)
    assert falls.refuses("nominate", long, 0, loser) == ""
    assert falls.refuses("nominate", long, 0, same) == "liquidation: not eligible"


def test_profit_on_the_same_side_is_no_candidacy(falls: Waterfall) -> None:
    """A long, bought half a cent below the mark: it has a score, for a short's position."""
    long = shorts(falls, (10_000, PLENTY))
    same = falls.fund_account(LONG, PLENTY, 9)
    falls.trade(same, falls.fund_account(0x55, PLENTY), 1_000, 18_850)
    assert falls.liquidator.deleverage_score(same, 0) > 0
    assert falls.refuses("nominate", long, 0, same) == "liquidation: not eligible"
    assert falls.liquidator.deleverage_rank(long, 0, same) == 0


def test_nominee_that_turned_meanwhile(falls: Waterfall) -> None:
    """He is long by then, from half a cent below the mark: he takes nothing, whatever his profit."""
    long = shorts(falls, (5_000, 1_000 * USDC), (5_000, PLENTY))
    opened(falls, long, FIRST, SECOND)
    falls.trade(FIRST, falls.fund_account(0x55, PLENTY), 10_000, 18_850)
    assert (falls.lots(FIRST), falls.liquidator.deleverage_score(FIRST, 0) > 0) == (5_000, True)
    falls.say(1_890)
    told = named(falls.act("deleverage", long, 0), "Deleveraged")
    assert [(one["nominee"], one["lots"]) for one in told] == [(SECOND, 5_000)]
    assert (falls.lots(FIRST), falls.lots(long)) == (5_000, 5_000)


@pytest.mark.parametrize(("lots", "reason"), [(52, "liquidation: not eligible"), (53, "")])
def test_dust_takes_no_place(falls: Waterfall, lots: int, reason: str) -> None:
    """Eight accounts of one lot each had been the highest scores; 53 lots are worth 100.17."""
    long = shorts(falls, (10_000 - lots, PLENTY), (lots, 10 * USDC))
    assert falls.refuses("nominate", long, 0, SECOND) == reason
    assert falls.liquidator.deleverage_rank(long, 0, SECOND) == (0 if reason else 1)


def test_worth_the_minimum_is_no_dust(falls: Waterfall) -> None:
    """1,000 lots at 1.89."""
    long = shorts(falls, (1_000, 1_000 * USDC), (9_000, 1_000 * USDC))
    falls.terms(min_notional=1_890 * USDC + 1)
    assert falls.refuses("nominate", long, 0, FIRST) == "liquidation: not eligible"
    falls.terms(min_notional=1_890 * USDC)
    falls.act("nominate", long, 0, FIRST)
    assert ranked(falls, long) == [FIRST]


def test_lowest_score_is_one(falls: Waterfall) -> None:
    """Of who sold half of it 0.01 higher, and has a billion; his part of it is no less."""
    long, _ = falls.positions()
    rich = falls.fund_account(0x55, 10**9 * USDC)
    falls.price(1_900)
    falls.trade(account(SHORT), rich, 5_000, 19_000)
    falls.price(1_899.99)
    (event,) = named(falls.act("nominate", long, 0, rich), "Nominated")
    assert event["score"] == 1


def test_dust_takes_dust(falls: Waterfall) -> None:
    """What is no smaller than the account's own position is eligible at any size."""
    long = shorts(falls, (20, PLENTY))
    assert falls.refuses("nominate", long, 0, FIRST) == ""


def test_without_equity(falls: Waterfall) -> None:
    long = shorts(falls, (5_000, 1_000 * USDC), (5_000, PLENTY))
    falls.take(FIRST, falls.collateral(FIRST))
    assert falls.equity(FIRST) == 550 * USDC
    assert falls.refuses("nominate", long, 0, FIRST) == ""
    other = falls.open_market(2_000)
    falls.credit(FIRST, 450 * USDC)
    falls.trade(FIRST, falls.fund_account(0x55, PLENTY), 5_000, market=other)
    falls.price(1_800, other)  # 1,000 less
    assert falls.equity(FIRST) < 0
    falls.price(1_890)
    assert falls.refuses("nominate", long, 0, FIRST) == "liquidation: not eligible"
    assert falls.liquidator.deleverage_score(FIRST, 0) == 0


@pytest.mark.parametrize(
    ("money", "reason"),
    [
        (99_000_000, ""),  # 1,047 lots of 94.5 a thousand, worth 1,979
        (945 * USDC, "liquidation: backstop has room"),
        (4_914_000, ""),
    ],
)
def test_backstop_goes_first(falls: Waterfall, money: int, reason: str) -> None:
    """It has room where it can take the position, or a part that is no dust."""
    long = shorts(falls, (10_000, PLENTY))
    falls.arm_backstop(money)
    if money == 99_000_000:
        reason = "liquidation: backstop has room"
    assert falls.refuses("nominate", long, 0, FIRST) == reason


@pytest.mark.parametrize(
    ("money", "reason"), [(5_008_499, ""), (5_008_500, "liquidation: backstop has room")]
)
def test_room_for_dust_is_none(falls: Waterfall, money: int, reason: str) -> None:
    """53 lots, worth 100.17, need 5.0085."""
    long = shorts(falls, (10_000, PLENTY))
    falls.arm_backstop(money)
    assert falls.refuses("nominate", long, 0, FIRST) == reason


def test_room_is_what_it_may_close_and_what_it_may_open(falls: Waterfall) -> None:
    """Short of 10 lots, with margin for 100 more: 110, which are no dust as the 10 are."""
    long = shorts(falls, (10_000, PLENTY))
    falls.arm_backstop(20 * USDC)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), falls.backstop, 10, 18_900)
    assert falls.refuses("nominate", long, 0, FIRST) == "liquidation: backstop has room"


def test_backstop_in_sixteen_markets_has_no_room() -> None:
    """It can take on no other. Before, it had room and could not use it: nobody could take the position."""
    falls = Waterfall((2_000,) * 17)
    falls.arm_backstop()
    rich = falls.fund_account(0x55, PLENTY)
    for market in range(1, 17):
        falls.trade(falls.backstop, rich, 1, market=market)
    long, short = falls.positions()
    falls.price(1_890)
    assert falls.refuses("take_over", long, 0, 10_000) == "engine: too many markets"
    assert falls.refuses("nominate", long, 0, short) == ""


def test_backstop_that_is_short_itself(falls: Waterfall) -> None:
    """It has room for as many lots as it is short of."""
    long = shorts(falls, (10_000, PLENTY))
    falls.arm_backstop(1_000 * USDC)
    falls.trade(falls.fund_account(LONG, PLENTY, 9), falls.backstop, 10_000, 18_900)
    falls.take(falls.backstop, 45 * USDC)
    assert falls.margins(falls.backstop)[0] - falls.margins(falls.backstop)[1] < 5 * USDC
    assert falls.refuses("nominate", long, 0, FIRST) == "liquidation: backstop has room"


def test_without_a_backstop(falls: Waterfall) -> None:
    long = shorts(falls, (10_000, PLENTY))
    falls.arm_backstop()
    assert falls.refuses("nominate", long, 0, FIRST) == "liquidation: backstop has room"
    falls.liquidator.set_backstop(0, sender=falls.liquidator.owner())
    assert falls.refuses("nominate", long, 0, FIRST) == ""


def test_keeper_is_paid_out_of_the_pot(falls: Waterfall) -> None:
    """For what was done: a tenth of 0.05 % of 4,000 lots at 1.89."""
    long = shorts(falls, (4_000, 1_000 * USDC), (6_000, PLENTY))
    falls.credit(falls.runners, 10 * USDC)
    opened(falls, long, FIRST)
    falls.act("deleverage", long, 0)
    assert falls.collateral(falls.keeper) == 378_000


def test_open_interest_falls_alike(falls: Waterfall) -> None:
    long = shorts(falls, (4_000, 1_000 * USDC), (6_000, PLENTY))
    opened(falls, long, SECOND, FIRST)
    falls.act("deleverage", long, 0)
    assert tuple(falls.engine.open_interest(0)) == (0, 0, 0, 0)


@pytest.mark.parametrize("parts", [[3, 5, 7], [1, 1, 9_998]])
def test_haircuts_sum_to_the_deficit(falls: Waterfall, parts: Sequence[int]) -> None:
    """inv_24: as much as is owed, and less than a unit more for each."""
    falls.terms(min_notional=0)
    long = shorts(falls, *((lots, 10_000 * USDC) for lots in parts))
    falls.take(long, 1)
    nominees = [account(SHORT, sub) for sub in range(1, len(parts) + 1)]
    opened(falls, long, *nominees)
    owed, before = -falls.equity(long), sum(map(falls.equity, nominees))
    falls.act("deleverage", long, 0)
    assert falls.collateral(long) >= 0
    assert owed <= before - sum(map(falls.equity, nominees)) <= owed + len(parts)
    falls.check_money()


def test_every_bit_of_an_account_is_kept(falls: Waterfall) -> None:
    """An owner whose address has its highest bits set."""
    nominee = (2**160 - 2) << 8 | 255
    falls.credit(nominee, PLENTY)
    long = falls.fund_account(LONG, 1_010 * USDC)
    falls.trade(long, nominee, 10_000)
    falls.price(1_890)
    opened(falls, long, nominee)
    assert falls.liquidator.nominees(long, 0)[1][0][0] == nominee
    falls.act("deleverage", long, 0)
    assert falls.lots(nominee) == 0
