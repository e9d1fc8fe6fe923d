"""open_orders: an account's orders as they are now, before anything is settled."""

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid
from walras.model.book import OpenOrder


def test_open_orders(pair: BookPair) -> None:
    expiry = pair.evm.time + 50
    ids = [
        pair.place(MAKER, bid(90, 3, client_id=7)),
        pair.place(MAKER, ask(100, 5, post_only=True, reduce_only=True, expiry=expiry)),
        pair.place(MAKER, ask(120, 2, batch_only=True)),
    ]
    # is_ask, tick, lots, filled, batch, batch_only, post_only, reduce_only, expiry, client_id
    assert [OpenOrder(*order) for order in pair.contract.open_orders(MAKER)] == [
        OpenOrder(ids[0], False, 90, 3, 0, 0, False, False, False, 0, 7),
        OpenOrder(ids[1], True, 100, 5, 0, 0, False, True, True, expiry, 0),
        OpenOrder(ids[2], True, 120, 2, 0, 0, True, False, False, 0, 0),
    ]
    assert pair.contract.open_orders(OTHER) == ()


def test_fills_show_before_they_are_settled(pair: BookPair) -> None:
    """Slots 0 and 1 fill by 2 and by 3 of 3, then slot 0 by 1 more; slot 2, an IOC, is gone."""
    part = pair.place(MAKER, ask(105, 5))
    pair.place(MAKER, ask(104, 3))
    pair.place(MAKER, bid(99, 1, batch_only=True))
    pair.place(TAKER, bid(105, 5))
    pair.auction(105)
    assert [order[:5] for order in pair.contract.open_orders(MAKER)] == [(part, True, 105, 3, 2)]
    pair.place(TAKER, bid(105, 1))
    pair.auction(105)
    assert [order[:5] for order in pair.contract.open_orders(MAKER)] == [(part, True, 105, 2, 3)]
    pair.sync(MAKER)
    assert [order[:5] for order in pair.contract.open_orders(MAKER)] == [(part, True, 105, 2, 3)]
    pair.check()


def test_cancelled_lots_are_no_fill(pair: BookPair) -> None:
    """Of 9: 2 filled, 4 cancelled, 1 filled: 2 are open and 3 are filled."""
    order_id = pair.place(MAKER, ask(105, 9))
    pair.place(TAKER, bid(105, 2))
    pair.auction(105)
    pair.cancel(MAKER, order_id, 4)
    pair.place(TAKER, bid(105, 1))
    pair.auction(105)
    assert [order[3:5] for order in pair.contract.open_orders(MAKER)] == [(2, 3)]
    pair.cancel(MAKER, order_id)
    assert pair.contract.open_orders(MAKER) == ()


def test_orders_are_listed_by_slot(pair: BookPair) -> None:
    first, second = pair.place(MAKER, bid(90, 1)), pair.place(MAKER, bid(91, 1))
    pair.cancel(MAKER, first)
    third, fourth = pair.place(MAKER, bid(92, 1)), pair.place(MAKER, bid(93, 1))
    assert [order[0] for order in pair.contract.open_orders(MAKER)] == [third, second, fourth]


def test_batch_is_that_of_the_placing(pair: BookPair) -> None:
    for _ in range(3):
        pair.auction()
    pair.place(MAKER, bid(90, 1))
    pair.auction()
    pair.place(MAKER, bid(90, 1))
    assert [order[5] for order in pair.contract.open_orders(MAKER)] == [3, 4]
