"""sync: what the auctions did to an account's orders, told once and exactly."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid, trade
from walras.model.book import Exposure, Fills, NewOrder


@pytest.mark.parametrize("sign", [1, -1], ids=["bid", "ask"])
def test_fills_over_several_auctions(pair: BookPair, sign: int) -> None:
    """10 at 100 trade 4 in their own batch at index 7, 3 in the next at index -2: basis 28 - 6 = 22."""
    order_id = pair.place(MAKER, NewOrder(sign < 0, 100, 10))
    pair.place(TAKER, NewOrder(sign > 0, 100, 4))
    pair.auction(100, 7)
    pair.place(OTHER, NewOrder(sign > 0, 100, 3))
    pair.auction(100, -2)
    assert pair.sync(MAKER) == Fills(sign * 7, -sign * 700, sign * 22, 300, 400, grid=0)
    assert pair.exposure == (Exposure(1, 3, 0, 300, 0) if sign > 0 else Exposure(1, 0, 3, 0, 300))
    (event,) = pair.events
    assert event.name == "Settled"
    assert event.args == {
        "account": MAKER,
        "order_id": order_id,
        "lots": 7,
        "notional": 700,
        "basis": sign * 22,
        "taker_lots": 4,
        "taker_notional": 400,
        "left": 3,
    }
    pair.check()


@pytest.mark.parametrize("post_only", [False, True])
@pytest.mark.parametrize("sign", [1, -1], ids=["bid", "ask"])
def test_order_that_its_own_batch_fills_beyond_its_limit(pair: BookPair, sign: int, post_only: bool) -> None:
    """All of it is the taker's, of a price that is not its own; a post-only order takes nothing."""
    order_id = pair.place(MAKER, NewOrder(sign < 0, 100 + sign * 10, 5, post_only=post_only))
    pair.place(TAKER, NewOrder(sign > 0, 100, 5))
    price = pair.auction(100).price
    pair.sync(MAKER)
    (event,) = pair.events
    taken = 0 if post_only else 5
    assert event.args == {
        "account": MAKER,
        "order_id": order_id,
        "lots": 5,
        "notional": 5 * price,
        "basis": 0,
        "taker_lots": taken,
        "taker_notional": taken * price,
        "left": 0,
    }


def test_sync_tells_once(pair: BookPair) -> None:
    pair.place(MAKER, bid(100, 10))
    pair.place(TAKER, ask(100, 4))
    pair.auction()
    assert pair.sync(MAKER).lots == 4
    assert pair.sync(MAKER) == NOTHING
    assert pair.exposure == Exposure(1, 6, 0, 600, 0)
    assert pair.events == []


def test_sync_of_a_stranger(pair: BookPair) -> None:
    trade(pair, 100)
    assert pair.sync(MAKER) == NOTHING
    assert (pair.exposure, pair.events) == (NONE_OPEN, [])


def test_both_sides_and_several_grounds_in_one_sync(pair: BookPair) -> None:
    """MAKER's bid of 4 at 99 fills at 98, its ask of 6 at 102 by 5 at 102, its IOC vanishes.

    lots 4 - 5, cash -4 x 98 + 5 x 102 = 118, basis 4 x 3 - 5 x 5 = -13; all as maker, 392 + 510 = 902.
    """
    pair.place(MAKER, bid(99, 4))
    pair.place(MAKER, ask(102, 6))
    pair.auction()
    vanishing = pair.place(MAKER, bid(50, 2, batch_only=True))
    pair.place(TAKER, ask(98, 4))
    assert pair.auction(98, 3).price == 98
    pair.place(OTHER, bid(102, 5))
    assert pair.auction(102, 5).price == 102
    assert pair.sync(MAKER) == Fills(-1, 118, -13, maker_notional=902, taker_notional=0, grid=0)
    assert pair.exposure == Exposure(0b10, 0, 1, 0, 102)
    by_lots = {event.args["lots"]: event.args for event in pair.events}
    assert by_lots[4]["notional"] == 392
    assert by_lots[4]["left"] == 0
    assert (by_lots[5]["notional"], by_lots[5]["left"]) == (510, 1)
    assert by_lots[0] == {
        "account": MAKER,
        "order_id": vanishing,
        "lots": 0,
        "notional": 0,
        "basis": 0,
        "taker_lots": 0,
        "taker_notional": 0,
        "left": 0,
    }


def test_partly_at_its_limit_then_wholly_at_a_better_price(pair: BookPair) -> None:
    """An ask of 10 at 100 sells 3 at 100 in its batch, then the other 7 at 105: 300 taken, 735 made."""
    pair.place(MAKER, ask(100, 10))
    pair.place(TAKER, bid(100, 3))
    pair.auction(100, 1)
    pair.place(TAKER, bid(105, 9))
    assert pair.auction(100, 2).price == 105
    assert pair.sync(MAKER) == Fills(-10, 1_035, -17, maker_notional=735, taker_notional=300, grid=0)
    assert pair.exposure == NONE_OPEN


def test_wholly_in_its_own_batch_at_a_better_price(pair: BookPair) -> None:
    pair.place(MAKER, ask(100, 10))
    pair.place(TAKER, bid(105, 12))
    assert pair.auction(100, 2).price == 105
    assert pair.sync(MAKER) == Fills(-10, 1_050, -20, maker_notional=0, taker_notional=1_050, grid=0)
    assert pair.sync(TAKER) == Fills(10, -1_050, 20, maker_notional=0, taker_notional=1_050, grid=0)
    assert pair.exposure == Exposure(1, 2, 0, 210, 0)


def test_batch_only_in_part_and_not_at_all(pair: BookPair) -> None:
    """3 of 5 fill at 100; the next IOC meets nobody; its account's later orders are not taken for it."""
    pair.place(TAKER, bid(100, 5, batch_only=True))
    pair.place(MAKER, ask(100, 3))
    pair.auction(100, 6)
    assert pair.sync(TAKER) == Fills(3, -300, 18, 0, 300, grid=0)
    assert pair.exposure == NONE_OPEN
    pair.place(TAKER, bid(100, 5, batch_only=True))
    assert not pair.auction().traded
    trade(pair, 200)
    assert pair.sync(OTHER).lots == -1
    pair.place(MAKER, ask(100, 5))
    pair.auction()
    assert pair.sync(TAKER) == Fills(1, -200, 0, 0, 200, grid=0)


def test_sync_at_any_time(pair: BookPair) -> None:
    """On a closed batch, too: the engine settles an account whenever it must."""
    pair.place(MAKER, bid(100, 10))
    pair.place(TAKER, ask(100, 4))
    pair.auction()
    pair.advance(1_000)
    assert pair.sync(MAKER).lots == 4
    pair.check()


def test_untouched_orders_stay_as_they_are(pair: BookPair) -> None:
    """32 orders away from the price: 20 auctions later nothing filled, nothing is logged."""
    for tick in range(16):
        pair.place(MAKER, bid(50 + tick, 1))
        pair.place(MAKER, ask(150 + tick, 1))
    for step in range(20):
        trade(pair, 66 + 4 * step)
        assert pair.sync(MAKER) == NOTHING
        assert pair.events == []
    assert pair.exposure == Exposure(2**32 - 1, 16, 16, 16 * 50 + 120, 16 * 150 + 120)
    pair.check()


@pytest.mark.parametrize("price", [65, 66], ids=["touched", "one tick off"])
def test_the_nearest_auction_that_touches(pair: BookPair, price: int) -> None:
    """Bids at 64 and 65. An ask at 65 trades with the better; one at 66 with neither."""
    pair.place(MAKER, bid(64, 1))
    pair.place(MAKER, bid(65, 1))
    pair.auction()
    pair.place(OTHER, bid(66, 1)) if price == 66 else None
    pair.place(TAKER, ask(price, 1))
    assert pair.auction(price).price == price
    assert pair.sync(MAKER).lots == (1 if price == 65 else 0)
    pair.check()
