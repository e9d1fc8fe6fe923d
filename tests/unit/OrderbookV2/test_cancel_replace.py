"""cancel_replace: some orders away and others in their stead, all or nothing."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid, refused
from walras.devtools.evm import Reverted
from walras.model.book import Exposure, Fills


def test_cancel_replace(pair: BookPair) -> None:
    """The new ask crosses the first bid, which is gone by then. 4 x 99 + 1 x 97 = 493 bid."""
    first, _ = pair.place(MAKER, bid(100, 5)), pair.place(MAKER, bid(99, 4))
    new = pair.cancel_replace(MAKER, [first], [ask(100, 2), bid(97, 1)], lowest=97, highest=100)
    assert pair.result[0] == 1
    assert (pair.fills, pair.exposure) == (NOTHING, Exposure(0b111, 5, 2, 493, 200))
    assert [(event.name, event.args["order_id"]) for event in pair.events] == [
        ("Cancelled", first),
        ("Placed", new[0]),
        ("Placed", new[1]),
    ]
    assert [order_id & 31 for order_id in new] == [0, 2]  # the lowest free slots
    pair.check()


def test_unknown_orders_are_refused_if_strict(pair: BookPair) -> None:
    first, second = pair.place(MAKER, bid(100, 5)), pair.place(MAKER, bid(99, 4))
    foreign = pair.place(OTHER, bid(98, 1))
    pair.cancel(MAKER, first)
    for bad in (first, foreign, 0):
        with refused(pair, "book: unknown order"):
            pair.cancel_replace(MAKER, [second, bad], [])
        with refused(pair, "book: unknown order"):
            pair.cancel_replace(MAKER, [bad, second], [])
    assert pair.contract.open_orders(MAKER)[0][0] == second  # all or nothing


@pytest.mark.parametrize("strict", [False, True])
def test_an_order_named_twice_is_cancelled_once(pair: BookPair, strict: bool) -> None:
    first, second = pair.place(MAKER, bid(100, 5)), pair.place(MAKER, bid(99, 4))
    assert pair.cancel_replace(MAKER, [second, first, second, second], [], strict=strict) == []
    assert pair.result[0] == 2
    assert pair.exposure == NONE_OPEN
    assert [event.args["order_id"] for event in pair.events] == [first, second]  # by slot
    pair.check()


def test_unknown_orders_count_nothing_if_not_strict(pair: BookPair) -> None:
    second = pair.place(MAKER, bid(99, 4))
    foreign = pair.place(OTHER, bid(98, 1))
    assert pair.cancel_replace(MAKER, [foreign, second, second, 0], [], strict=False) == []
    assert pair.result[0] == 1
    assert len(pair.events) == 1
    assert pair.contract.open_orders(OTHER)[0][0] == foreign


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([bid(90, 1), bid(89, 1)], "book: tick outside band"),
        ([bid(90, 1), bid(111, 1)], "book: tick outside band"),
        ([bid(0, 1)], "book: tick outside grid"),
        ([bid(99, 1), ask(99, 1)], "book: self-trade"),
        ([ask(98, 1)], "book: self-trade"),
        ([bid(90, 0)], "book: zero lots"),
        ([bid(101, 1, post_only=True)], "book: post-only would cross"),
        ([bid(90, 1)] * 32, "book: too many orders"),
    ],
)
def test_refused_replacement_cancels_nothing(pair: BookPair, orders: list, reason: str) -> None:
    """Orders of 100 and 98 before; the first is cancelled in the same call."""
    first, _ = pair.place(MAKER, bid(100, 5)), pair.place(MAKER, bid(98, 4))
    pair.place(OTHER, ask(101, 1))
    with refused(pair, reason):
        pair.cancel_replace(MAKER, [first], orders, lowest=90, highest=110)
    assert pair.contract.lots_at(False, 100) == (5, 0)
    pair.check()


def test_cancel_replace_settles_first(pair: BookPair) -> None:
    """2 of 5 were bought at 100 at index 4; the other 3 make way."""
    first = pair.place(MAKER, bid(100, 5))
    pair.place(TAKER, ask(100, 2))
    pair.auction(funding_index=4)
    pair.cancel_replace(MAKER, [first], [bid(90, 9)])
    assert pair.result[0] == 1
    assert pair.fills == Fills(lots=2, cash=-200, basis=8, maker_notional=0, taker_notional=200, grid=0)
    assert pair.exposure == Exposure(0b1, 9, 0, 810, 0)
    assert [event.name for event in pair.events] == ["Settled", "Cancelled", "Placed"]


def test_what_filled_is_not_cancelled(pair: BookPair) -> None:
    """One of two orders filled wholly: strict names it unknown, else only the other counts."""
    filled, other = pair.place(MAKER, bid(100, 2)), pair.place(MAKER, bid(99, 4))
    pair.place(TAKER, ask(100, 2))
    pair.auction()
    with refused(pair, "book: unknown order"):
        pair.cancel_replace(MAKER, [filled, other], [])
    pair.cancel_replace(MAKER, [filled, other], [], strict=False)
    assert pair.result[0] == 1
    assert (pair.fills.lots, pair.exposure) == (2, NONE_OPEN)


def test_cancel_replace_of_nothing(pair: BookPair) -> None:
    assert pair.cancel_replace(MAKER, [], []) == []
    assert (pair.fills, pair.exposure, pair.events) == (NOTHING, NONE_OPEN, [])


def test_cancel_replace_while_the_batch_is_open(pair: BookPair) -> None:
    first = pair.place(MAKER, bid(100, 5))
    pair.advance(10)
    with refused(pair, "book: batch closed"):
        pair.cancel_replace(MAKER, [], [], strict=False)
    pair.clear()
    pair.advance(9)
    assert pair.cancel_replace(MAKER, [first], []) == []


def test_continuous_mode_takes_one_new_order(continuous: BookPair) -> None:
    first = continuous.place(MAKER, bid(100, 5))
    with refused(continuous, "book: clear first"):
        continuous.cancel_replace(MAKER, [first], [bid(100, 1)])
    assert continuous.cancel_replace(MAKER, [first], []) == []
    continuous.clear()
    with refused(continuous, "book: clear first"):
        continuous.cancel_replace(MAKER, [], [bid(100, 3), bid(99, 1)])
    continuous.cancel_replace(MAKER, [], [bid(100, 3)])


def test_32_for_32(pair: BookPair) -> None:
    old = pair.cancel_replace(MAKER, [], [bid(100 + i, i + 1) for i in range(32)])
    assert pair.exposure.bid_lots == 528
    new = pair.cancel_replace(MAKER, list(reversed(old)), [ask(90, 2)] * 32)
    assert pair.result[0] == 32
    assert pair.exposure == Exposure(2**32 - 1, 0, 64, 0, 5_760)
    assert [order_id & 31 for order_id in new] == list(range(32))
    pair.check()


def test_33_are_refused_by_the_abi(pair: BookPair) -> None:
    """The lists' bound is part of their type: the call does not decode, without a reason."""
    for ids, orders in (([0] * 33, []), ([], [bid(90, 1)] * 33)):
        with pytest.raises(Reverted, match="Revert"):
            pair.contract.cancel_replace(MAKER, ids, orders, False, 1, 200)
    pair.contract.cancel_replace(MAKER, [0] * 32, [], False, 1, 200)
