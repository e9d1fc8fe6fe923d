"""settle and settle_position: the end of a market."""

from tests.support.engine import USDC
from tests.support.waterfall import OWNER, PLENTY, SCALE, SHORT, STRANGER, Waterfall, account, named, owner

DAYS = 86_400
DEGRADED = 2
STALE = 4


def hour(falls: Waterfall, *prices: int) -> None:
    """Prices that hold for as many equal parts of an hour."""
    for price in prices:
        falls.say(price)
        falls.router.record(0)
        falls.evm.time += 3_600 // len(prices)
    falls.say(prices[-1])
    falls.router.record(0)


def test_owner_settles_at_the_average_of_an_hour(falls: Waterfall) -> None:
    """1,900, 2,000, 2,040 for twenty minutes each: 1,980."""
    falls.evm.time += 60
    hour(falls, 2_000, 2_000)
    hour(falls, 1_900, 2_000, 2_040)
    events = falls.act("settle", 0, sender=OWNER)
    (event,) = named(events, "Settled")
    assert (event["market"], event["by"]) == (0, OWNER)
    # rounded down: by less than a unit of 18 decimals of the price, which is nothing of a token
    assert 0 <= (1_980_000 << SCALE) - event["price"] <= 1 << 40
    assert falls.engine.market(0)[1] == 16
    assert falls.engine.mark(0)[0] == event["price"]


def test_young_market_settles_at_its_last_price(falls: Waterfall) -> None:
    falls.price(1_945)
    (event,) = named(falls.act("settle", 0, sender=OWNER), "Settled")
    assert event["price"] == 1_945_000 << SCALE


def test_anyone_three_days_after_a_report(falls: Waterfall) -> None:
    """What came before the silence counts: half an hour at 1,900, half at 2,000."""
    falls.evm.time += 60
    hour(falls, 2_000, 2_000)
    hour(falls, 1_900, 2_000)
    falls.evm.time += 61
    told = named(falls.act("report_halt", 0, sender=STRANGER), "HaltReported")
    assert told == [{"market": 0, "status": STALE}]
    reported = falls.liquidator.reported_at(0)
    assert reported == falls.evm.time
    falls.evm.time = reported + 3 * DAYS - 1
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"
    falls.evm.time += 1
    (event,) = named(falls.act("settle", 0, sender=STRANGER), "Settled")
    assert abs(event["price"] - (1_950_000 << SCALE)) < 1 << 40


def test_idle_market_is_not_halted(falls: Waterfall) -> None:
    """Nobody asked for three days, and then the source is late by a second. Before, that was enough."""
    falls.evm.time += 3 * DAYS
    falls.say(2_000)
    falls.evm.time += 61
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"
    falls.act("report_halt", 0)
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"


def test_price_that_is_fit_now(falls: Waterfall) -> None:
    """At the end of the three days, though nobody recorded it."""
    falls.evm.time += 61
    falls.act("report_halt", 0)
    falls.evm.time += 3 * DAYS
    checkpoint = falls.evm.snapshot()
    falls.say(2_000)
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"
    falls.evm.revert(checkpoint)
    assert falls.refuses("settle", 0) == ""


def test_price_that_came_back_is_reported_anew(falls: Waterfall) -> None:
    """One record within the three days, and they begin again."""
    falls.evm.time += 61
    falls.act("report_halt", 0)
    falls.evm.time += DAYS
    falls.say(2_000)
    falls.router.record(0)
    falls.evm.time += 3 * DAYS
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"
    falls.act("report_halt", 0)
    falls.evm.time += 3 * DAYS - 1
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"
    falls.evm.time += 1
    assert falls.refuses("settle", 0) == ""


def test_report_in_the_second_of_a_record_may_be_made_again(falls: Waterfall) -> None:
    """A report counts from after the last record: this one does not, and must not stop those that do."""
    falls.evm.time += 61
    falls.say(2_000)
    falls.router.record(0)
    falls.say(2_000, 0, 900)
    falls.act("report_halt", 0)
    assert falls.liquidator.reported_at(0) == falls.router.last(0)[2] == falls.evm.time
    falls.evm.time += 3 * DAYS
    assert falls.refuses("settle", 0) == "liquidation: not halted so long"
    falls.act("report_halt", 0)
    falls.evm.time += 3 * DAYS
    assert falls.refuses("settle", 0) == ""


def test_report_refusals(falls: Waterfall) -> None:
    falls.say(2_000)
    assert falls.refuses("report_halt", 0) == "liquidation: price is fit"
    falls.price(2_000, 0, 30)  # DEGRADED is fit
    assert falls.engine.mark(0)[4] == DEGRADED
    assert falls.refuses("report_halt", 0) == "liquidation: price is fit"
    falls.evm.time += 61
    falls.act("report_halt", 0)
    falls.evm.time += 1
    assert falls.refuses("report_halt", 0) == "liquidation: reported already"
    assert falls.refuses("report_halt", 9) == "router: unknown market"


def test_once(falls: Waterfall) -> None:
    falls.act("settle", 0, sender=OWNER)
    assert falls.refuses("settle", 0, sender=OWNER) == "engine: bad mode"
    assert falls.refuses("settle", 1, sender=OWNER) == "engine: unknown market"


def test_everyone_exits_without_the_owner(falls: Waterfall) -> None:
    """The deficit of one is borne by all in the first hour; then all close."""
    long, short = falls.positions()
    falls.insure(60 * USDC)
    rich = falls.fund_account(0x44, PLENTY)
    falls.trade(rich, short, 10_000)
    falls.say(1_890)
    falls.evm.time += 1
    falls.wait()
    falls.say(1_890)
    falls.auction()
    falls.act("settle", 0, sender=OWNER)
    price = falls.engine.mark(0)[0] >> SCALE
    assert price == 1_890_000
    assert falls.refuses("settle_position", short, 0) == "liquidation: margin is met"
    events = falls.act("settle_position", long, 0, sender=STRANGER)
    assert named(events, "Covered") == [
        {"account": long, "market": 0, "insured": 60 * USDC, "socialised": 40 * USDC}
    ]
    assert (falls.lots(long), falls.collateral(long)) == (0, 0)
    falls.evm.time += 3_600
    for who in (short, rich):
        falls.engine.settle_position(who, 0, sender=STRANGER)
        assert falls.lots(who) == 0
    # of 30,000 lots that were left the short had 20,000
    assert falls.collateral(rich) == PLENTY - 10 * USDC - 1_100 * USDC - 13_333_334
    assert falls.money() >= 0
    for who in (short, rich):
        falls.engine.withdraw(who, falls.collateral(who), STRANGER, sender=owner(who))
    falls.check_money()


def test_pending_penalty_comes_back(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    falls.act("settle", 0, sender=OWNER)
    falls.take(long, falls.collateral(long) - 400 * USDC)
    events = falls.act("settle_position", long, 0)
    assert named(events, "Collected")[0]["returned"] == 68_464_000
    assert falls.collateral(falls.own) == 0


def test_order_that_was_filled_before_the_end_is_paid_for(falls: Waterfall) -> None:
    """Its batch was over when the market ended. Before, it counted as unfilled where nobody had collected."""
    long, short = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    falls.buy(short, 3_520, 19_450)
    falls.close()
    falls.price(1_850)
    falls.act("settle", 0, sender=OWNER)
    (event,) = named(falls.act("settle_position", long, 0), "Collected")
    assert (event["filled"], event["returned"]) == (3_520, 0)
    assert (event["tip"], event["penalty"]) == (6_846_400, 61_617_600)
    assert falls.collateral(falls.keeper) == 6_846_400
    assert falls.collateral(falls.penalties) == 61_617_600
    assert falls.collateral(falls.own) == 0


def test_settle_position_refusals(falls: Waterfall) -> None:
    long, _ = falls.positions()
    assert falls.refuses("settle_position", long, 0) == "liquidation: margin is met"
    falls.price(1_890)
    assert falls.refuses("settle_position", long, 0) == "engine: market not settled"
    assert falls.refuses("settle_position", account(SHORT), 0) == "liquidation: margin is met"


def test_equity_of_nothing_is_no_deficit(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_900)
    falls.act("settle", 0, sender=OWNER)
    assert falls.equity(long) == 0
    assert falls.refuses("settle_position", long, 0) == "liquidation: margin is met"
    falls.take(long, 1)
    assert falls.refuses("settle_position", long, 0) == ""
