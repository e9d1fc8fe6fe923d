"""What an audit found, told as it was, with the ends that it has now."""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import BACKSTOP, NAMES, OWNER, PLENTY, SCALE, Waterfall, named, owner
from walras.devtools.evm import Reverted, address, artifact

PUPPET, WINNER, HOLDER, VICTIM, FRIEND, BUYER = range(0x71, 0x77)


@pytest.mark.parametrize("order", [(1, 0), (0, 1)], ids=["the loss last", "the dust last"])
def test_a_lot_of_dust_that_is_closed_last_moves_no_deficit(order: tuple[int, int]) -> None:
    """Who owed 499 of one market kept a lot of another for the end: its holders paid 250 each."""
    falls = Waterfall((2_000, 2_000))
    puppet = falls.fund_account(PUPPET, 1_020 * USDC)
    winner, holder, buyer = (falls.fund_account(number, PLENTY) for number in (WINNER, HOLDER, BUYER))
    victim, friend = (falls.fund_account(number, 400 * USDC) for number in (VICTIM, FRIEND))
    falls.trade(holder, winner, 10_000)
    falls.trade(puppet, winner, 10_000)
    falls.trade(victim, friend, 100, market=1)
    falls.trade(puppet, buyer, 1, market=1)
    falls.say(2_000, 1)
    falls.price(1_850)
    falls.sync(puppet, winner, victim, friend)
    before = falls.equity(victim), falls.equity(friend)
    covered = []
    for market in order:
        tick = (18_500, 20_000)[market]
        falls.act("liquidate", puppet, market)
        falls.buy(buyer, falls.pending(puppet, market)[0], tick, market)
        falls.close(market)
        falls.sync(puppet, buyer)
        covered += named(falls.act("collect", puppet, market), "Covered")
    (told,) = covered
    assert told["market"] == 0
    assert told["socialised"] > 490 * USDC
    falls.sync(victim, friend)
    assert (falls.equity(victim), falls.equity(friend)) == before


@pytest.fixture
def dusty() -> tuple[Waterfall, int, int]:
    """A long of 10,000 lots, deep under, with one lot of another market against a short of 10,000."""
    falls = Waterfall((2_000, 2_000))
    puppet = falls.fund_account(PUPPET, 1_020 * USDC)
    winner, victim, friend = (falls.fund_account(number, PLENTY) for number in (WINNER, VICTIM, FRIEND))
    falls.trade(puppet, winner, 10_000)
    falls.trade(friend, victim, 9_999, market=1)
    falls.trade(puppet, victim, 1, market=1)
    falls.say(1_900, 1)
    falls.price(1_850)
    falls.price(1_900, 1)
    falls.say(1_850)
    falls.sync(puppet, winner, victim, friend)
    return falls, puppet, victim


def deleveraged(falls: Waterfall, puppet: int, victim: int) -> None:
    """The lot goes to the short."""
    falls.act("nominate", puppet, 1, victim)
    falls.evm.time = falls.liquidator.nominees(puppet, 1)[0]
    falls.say(1_850)
    falls.say(1_900, 1)
    falls.act("deleverage", puppet, 1)
    assert falls.lots(puppet, 1) == 0


def test_a_lot_of_dust_costs_a_nominee_no_more_than_the_lot_has_lost(
    dusty: tuple[Waterfall, int, int],
) -> None:
    """He paid 490, out of the profit of 10,000 lots, for one that had lost 10 cents."""
    falls, puppet, victim = dusty
    before = falls.equity(victim)
    deleveraged(falls, puppet, victim)
    falls.sync(victim)
    assert before - falls.equity(victim) <= 100_000
    assert falls.equity(puppet) < -480 * USDC


def test_a_lot_of_dust_draws_no_more_of_the_fund_than_it_has_lost(dusty: tuple[Waterfall, int, int]) -> None:
    """The fund made good for a position that stayed open, a free option for its owner."""
    falls, puppet, victim = dusty
    falls.insure(1_000 * USDC, market=1)
    deleveraged(falls, puppet, victim)
    assert falls.fund_paid() <= 100_000
    assert falls.equity(puppet) < -480 * USDC


def test_the_backstop_buys_at_no_older_mark_than_its_own() -> None:
    """Its settlement made a new mark after the price had been told: the bankrupt kept 107 of its money."""
    falls = Waterfall()
    long, short = falls.positions()
    back = falls.arm_backstop()
    falls.trade(back, short, 1)
    falls.price(1_930)
    falls.sync(long)
    falls.engine.set_vault(
        address(BACKSTOP), sender=OWNER
    )  # an account of the vault's, whose marks are refreshed
    falls.evm.time += 5
    falls.say(1_850)
    before = falls.equity(back)
    falls.act("take_over", long, 0, 10_000)
    falls.engine.sync(back)
    assert (falls.lots(long), falls.equity(long)) == (0, 0)
    assert before - falls.equity(back) < 300 * USDC  # its part of what all bear, and its lot's fall


@pytest.mark.parametrize(
    ("interval", "later", "price"), [(10, 9, 1_910.7), (10, 11, 1_850), (120, 60, 1_910.7), (120, 61, 1_850)]
)
def test_a_first_position_is_bought_at_the_mark_of_the_open_batch(
    interval: int, later: int, price: float
) -> None:
    """A known limit. The backstop has nothing in the market whose mark it could refresh: it buys 1 % below
    that of 1,930, which is younger than the batch is long, and no older than `max_mark_age`.
    """
    falls = Waterfall(interval=interval)
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_930)
    falls.engine.set_vault(address(BACKSTOP), sender=OWNER)
    falls.evm.time += later
    falls.say(1_850)
    (event,) = named(falls.act("take_over", long, 0, 10_000), "TakenOver")
    assert event["price"] == round(price * 1_000) << SCALE


def test_nominees_trade_at_the_mark_that_the_vault_makes() -> None:
    """The vault stood behind a short whose profit was gone by the second of the call. Its settlement made the
    mark of that second when the other had been accepted at the one before, and the call reverted.
    """
    falls = Waterfall()
    long, vault = falls.positions()
    short = falls.fund_account(FRIEND, 60 * USDC)
    falls.price(1_895)
    falls.trade(falls.fund_account(BUYER, PLENTY), short, 500, tick=18_950)
    falls.price(1_890)
    falls.act("nominate", long, 0, short)
    falls.act("nominate", long, 0, vault)
    (until, ((first, _), (second, _), *_)) = falls.liquidator.nominees(long, 0)
    assert (first, second) == (short, vault)
    falls.evm.time = until
    falls.say(1_890)
    falls.close()
    falls.engine.set_vault(owner(vault), sender=OWNER)
    falls.evm.time += 5
    falls.say(1_898)
    falls.act("deleverage", long, 0)
    assert (falls.lots(long), falls.lots(short), falls.lots(vault)) == (0, -500, 0)
    assert falls.engine.mark(0)[0] >> SCALE == 18_980 * 100


def test_a_switch_lets_nobody_cancel_a_liquidation() -> None:
    """Past the deadline of a dead-man's switch a stranger swept the order, as often as it takes until the
    backstop may take the position over, at its discount.
    """
    falls = Waterfall()
    long, _ = falls.positions()
    falls.engine.cancel_all_after(long, 0, falls.evm.time + 1, sender=owner(long))
    falls.price(1_930)
    falls.sync(long)
    falls.act("liquidate", long, 0)
    order_id = falls.books[0].open_orders(long)[0][NAMES["order_id"]]
    with pytest.raises(Reverted, match="book: not expired"):
        falls.engine.sweep(long, 0, [order_id])
    falls.buy(falls.fund_account(BUYER, PLENTY), 10_000, 19_300)
    falls.close()
    falls.act("collect", long, 0)
    assert falls.lots(long) < 10_000


def test_small_positions_do_not_keep_a_large_one_out() -> None:
    """Eight of 100 dollars, their spare money withdrawn, had higher scores: a round closed 432 lots."""
    falls = Waterfall()
    long = falls.fund_account(PUPPET, 1_011 * USDC)
    rich, other = falls.fund_account(WINNER, 3_000 * USDC), falls.fund_account(HOLDER, PLENTY)
    falls.trade(long, rich, 10_000)
    puppets = [falls.fund_account(VICTIM, 8 * USDC, sub) for sub in range(1, 9)]
    for puppet in puppets:
        falls.trade(other, puppet, 54)
    falls.price(1_890)
    for puppet in puppets:
        falls.sync(puppet)
        equity, initial, _ = falls.margins(puppet)
        amount = min(falls.collateral(puppet), equity - initial)
        falls.engine.withdraw(puppet, amount, owner(puppet), sender=owner(puppet))
        falls.act("nominate", long, 0, puppet)
    falls.act("nominate", long, 0, rich)
    assert falls.liquidator.deleverage_rank(long, 0, rich) == 1
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.say(1_890)
    falls.act("deleverage", long, 0)
    assert falls.lots(long) == 0


def test_a_lot_that_is_left_alone_bears_no_more_either(dusty: tuple[Waterfall, int, int]) -> None:
    """The large position sold before, all that the account owes stands behind the lot."""
    falls, puppet, victim = dusty
    falls.act("liquidate", puppet, 0)
    falls.buy(falls.fund_account(BUYER, PLENTY), 10_000, 18_500)
    falls.close()
    falls.sync(puppet, victim)
    assert falls.lots(puppet) == 0
    falls.say(1_900, 1)
    before = falls.equity(victim)
    deleveraged(falls, puppet, victim)
    falls.sync(victim)
    assert before - falls.equity(victim) <= 100_000


def test_each_position_bears_its_part() -> None:
    """Two that lost 1,200 each owe 380 together: the nominees of one bear half."""
    falls = Waterfall((2_000, 2_000))
    puppet = falls.fund_account(PUPPET, 2_040 * USDC)
    winner, other = falls.fund_account(WINNER, PLENTY), falls.fund_account(FRIEND, PLENTY)
    falls.trade(puppet, winner, 10_000)
    falls.trade(puppet, other, 10_000, market=1)
    falls.say(1_880, 1)
    falls.price(1_880)
    falls.price(1_880, 1)
    falls.say(1_880)
    falls.sync(puppet, winner, other)
    owed, before = -falls.equity(puppet), falls.equity(winner)
    assert owed == 380 * USDC
    falls.act("nominate", puppet, 0, winner)
    falls.evm.time = falls.liquidator.nominees(puppet, 0)[0]
    falls.say(1_880)
    falls.say(1_880, 1)
    falls.act("deleverage", puppet, 0)
    falls.sync(winner)
    assert before - falls.equity(winner) == owed // 2


def test_a_halt_leaves_no_order_in_a_continuous_book_that_keeps_others_out() -> None:
    """Random stories found it: while the mark of before a halt was still used an order joined the book, its
    auction was put off, and until somebody ran it all others, liquidations too, were to "clear first".
    """
    falls = Waterfall(interval=0)
    victim = falls.fund_account(PUPPET, 1_020 * USDC)
    winner, late = falls.fund_account(WINNER, PLENTY), falls.fund_account(HOLDER, PLENTY)
    falls.sell(winner, 10_000)
    falls.buy(victim, 10_000)
    falls.evm.time += 61
    falls.say(1_930)
    falls.sync(victim)
    falls.router.halt(0, sender=OWNER)
    assert falls.refuses("liquidate", victim, 0) == "engine: price not fit"
    with pytest.raises(Reverted, match="engine: price not fit"):
        falls.buy(late, 100, 19_000)
    falls.router.resume(0, sender=OWNER)
    falls.say(1_930)
    falls.buy(late, 100, 19_000)
    assert falls.refuses("liquidate", victim, 0) == ""


def test_a_vault_that_is_liquidated_quotes_nothing_meanwhile() -> None:
    """An auction booked the vault's trade as if it had no orders: the fill of its liquidation was in no view
    and no margin, and shares had a wrong price, until somebody swept it in that market.
    """
    falls = Waterfall()
    quoter = falls.evm.deploy(artifact("ScriptedQuoter"))
    quoter.set((0, 0, 0, 0))
    vault, short = int(quoter.address, 16) << 8, falls.fund_account(FRIEND, PLENTY)
    falls.credit(vault, 1_000 * USDC)
    falls.engine.set_vault(quoter.address, sender=OWNER)
    falls.sell(short, 10_000)
    quoter.set((20_000, 10_000, 0, 0))
    falls.evm.time += 11
    falls.say(2_000)
    falls.auction()
    quoter.set((0, 0, 0, 0))
    falls.evm.time += 11
    falls.price(1_930)
    assert falls.lots(vault) == 10_000
    falls.act("liquidate", vault, 0)
    assert falls.pending(vault)[0] == 10_000
    quoter.set((0, 0, 19_200, 10_000))
    buyer = falls.fund_account(BUYER, PLENTY)
    falls.buy(buyer, 20_000, 19_400)
    falls.evm.time += 11
    falls.say(1_930)
    falls.auction()
    falls.sync(vault)
    assert falls.lots(vault) == 0
    falls.engine.sweep(vault, 0, [])
    assert falls.lots(vault) == 0  # nothing waited
    quoter.set((0, 0, 19_200, 300))
    falls.evm.time += 11
    falls.say(1_930)
    falls.auction()
    assert falls.lots(vault) == -300  # settled, it quotes again


def unwound(falls: Waterfall, tick: int) -> None:
    """All that the backstop has is sold in an auction, and nobody settles it."""
    falls.act("unwind", 0)
    falls.buy(falls.fund_account(BUYER, PLENTY), 10_000, tick)
    falls.close()


def test_a_backstop_that_sold_has_room_before_anybody_settles_it() -> None:
    """What it had sold in the last auction still took its margin: the owner of a deep account had a round
    opened, and left without the backstop's discount.
    """
    falls = Waterfall()
    winner, back = falls.fund_account(WINNER, PLENTY), falls.arm_backstop(1_100 * USDC)
    falls.trade(back, winner, 10_000)
    long, _ = falls.positions()
    falls.price(1_930)
    assert falls.refuses("take_over", long, 0, 10_000) == "liquidation: backstop is full"
    unwound(falls, 19_300)
    equity, initial, _ = falls.margins(back)
    assert equity - initial < 0  # as it is stored
    assert falls.refuses("nominate", long, 0, winner) == "liquidation: backstop has room"
    assert falls.refuses("take_over", long, 0, 2_000) == ""


def test_a_backstop_that_sold_what_it_could_close_has_no_room_before_anybody_settles_it() -> None:
    """Its long of before the auction was room for a short, to `nominate`; `take_over` settled it, found it
    full and undid that: a deep account was between two refusals until somebody settled the backstop.
    """
    falls = Waterfall()
    back, holder = falls.arm_backstop(), falls.fund_account(HOLDER, PLENTY)
    short, long = falls.mirror()
    falls.price(2_085)
    falls.trade(back, holder, 10_000, tick=20_850)
    falls.take(back, falls.equity(back) - 12 * USDC)
    unwound(falls, 20_850)
    assert falls.lots(back) == 10_000  # as it is stored
    assert falls.refuses("take_over", short, 0, 10_000) == "liquidation: backstop is full"
    falls.act("nominate", short, 0, long)
    assert falls.lots(back) == 0
