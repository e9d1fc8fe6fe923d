"""has_reduce_only: a mark that is missing only where no open order is reduce-only."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, OTHER, TAKER, NewOrder, ask, bid, trade
from walras.model.book import Exposure


def shown(pair: BookPair, account: int = MAKER) -> bool:
    """What the view says."""
    return Exposure(*pair.contract.preview_sync(account)[1]).has_reduce_only


@pytest.mark.parametrize("batch_only", [False, True])
@pytest.mark.parametrize("is_ask", [False, True])
def test_placing_sets_it(pair: BookPair, is_ask: bool, batch_only: bool) -> None:
    """It stays beside later orders, through syncs and an auction elsewhere; of its account alone."""
    pair.place(MAKER, NewOrder(is_ask, 90, 1))
    assert not pair.exposure.has_reduce_only
    assert not shown(pair)
    pair.place(MAKER, NewOrder(is_ask, 90, 1, reduce_only=True, batch_only=batch_only))
    assert pair.exposure.has_reduce_only
    pair.place(MAKER, NewOrder(is_ask, 90, 1))
    assert pair.exposure.has_reduce_only
    pair.sync(MAKER)
    assert pair.exposure.has_reduce_only
    assert shown(pair)
    pair.place(OTHER, NewOrder(is_ask, 90, 1))
    assert not pair.exposure.has_reduce_only
    assert not shown(pair, OTHER)
    pair.check()


def test_replacing_sets_it(pair: BookPair) -> None:
    first = pair.place(MAKER, bid(90, 1))
    pair.cancel_replace(MAKER, [first], [bid(90, 1), bid(89, 1, reduce_only=True), bid(88, 1)])
    assert pair.exposure.has_reduce_only
    assert shown(pair)


def test_it_stays_while_the_order_is_open(pair: BookPair) -> None:
    """Untouched by one auction, filled in part by the next, cancelled in part."""
    order_id = pair.place(MAKER, ask(100, 5, reduce_only=True))
    trade(pair, 99)
    pair.sync(MAKER)
    assert pair.exposure.has_reduce_only
    pair.place(TAKER, bid(100, 2))
    assert pair.auction(100).lots == 2
    assert shown(pair)
    assert pair.sync(MAKER).lots == -2
    assert pair.exposure.has_reduce_only
    pair.cancel(MAKER, order_id, 2)
    assert pair.exposure.has_reduce_only
    assert shown(pair)
    pair.check()


def test_it_goes_once_the_order_filled_and_is_settled(pair: BookPair) -> None:
    """A plain order stays open."""
    pair.place(MAKER, bid(100, 5, reduce_only=True))
    pair.place(MAKER, bid(90, 5))
    pair.place(TAKER, ask(100, 5))
    assert pair.auction(100).lots == 5
    assert pair.sync(MAKER).lots == 5
    assert pair.exposure == Exposure(0b10, 5, 0, 450, 0, has_reduce_only=False)
    assert not shown(pair)
    pair.place(MAKER, bid(90, 5))
    assert not pair.exposure.has_reduce_only
    pair.check()


def test_it_goes_with_a_batch_only_order(pair: BookPair) -> None:
    """Its batch trades nothing, the order is gone: known when the account is next settled."""
    pair.place(MAKER, bid(100, 5, reduce_only=True, batch_only=True))
    pair.place(MAKER, bid(90, 5))
    assert not pair.auction().traded
    pair.sync(MAKER)
    assert pair.exposure == Exposure(0b10, 5, 0, 450, 0, has_reduce_only=False)
    assert not shown(pair)


@pytest.mark.parametrize("batch_only", [False, True])
def test_it_is_gone_where_nothing_is_open_after_settlement(pair: BookPair, batch_only: bool) -> None:
    pair.place(MAKER, bid(100, 5, reduce_only=True, batch_only=batch_only))
    pair.place(TAKER, ask(100, 5))
    pair.auction(100)
    assert pair.sync(MAKER).lots == 5
    assert pair.exposure == NONE_OPEN
    assert not shown(pair)
    pair.place(MAKER, bid(100, 5))
    assert not pair.exposure.has_reduce_only


def test_it_is_gone_after_a_rescale(pair: BookPair) -> None:
    pair.place(MAKER, bid(100, 5, reduce_only=True))
    pair.rescale()
    pair.sync(MAKER)
    assert pair.exposure == NONE_OPEN
    assert not shown(pair)


def test_it_may_outlive_a_cancelled_order_until_an_auction_touches_the_account(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(100, 5, reduce_only=True))
    pair.place(MAKER, bid(90, 5))
    pair.cancel(MAKER, order_id)
    pair.place(TAKER, ask(90, 1))
    assert pair.auction(90).lots == 1
    assert pair.sync(MAKER).lots == 1
    assert pair.exposure == Exposure(0b10, 4, 0, 360, 0, has_reduce_only=False)
    assert not shown(pair)


@pytest.mark.parametrize("way", ["cancel", "cancel_all", "cancel_replace", "sweep"])
def test_it_is_gone_where_the_last_order_is_cancelled(pair: BookPair, way: str) -> None:
    order_id = pair.place(MAKER, bid(100, 5, reduce_only=True, expiry=pair.evm.time + 1))
    pair.advance(1)
    arguments = {"cancel": (order_id,), "cancel_replace": ([order_id], []), "sweep": ([order_id],)}
    getattr(pair, way)(MAKER, *arguments.get(way, ()))
    assert pair.exposure == NONE_OPEN
    assert not shown(pair)
    pair.sync(MAKER)
    assert pair.exposure == NONE_OPEN
    pair.place(MAKER, bid(100, 5))
    assert not pair.exposure.has_reduce_only


@pytest.mark.parametrize("plain", [0, 5])
@pytest.mark.parametrize("batch_only", [False, True])
def test_preview_tells_what_sync_will(pair: BookPair, batch_only: bool, plain: int) -> None:
    """The reduce-only order filled, and is not settled yet; beside it a plain one is open, or none."""
    pair.place(MAKER, bid(100, 5, reduce_only=True, batch_only=batch_only))
    if plain:
        pair.place(MAKER, bid(90, plain))
    pair.place(TAKER, ask(100, 5))
    pair.auction(100)
    before = pair.contract.preview_sync(MAKER)
    pair.sync(MAKER)
    assert before == pair.result
