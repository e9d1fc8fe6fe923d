"""market, engine and views: what a book is."""

from tests.support.book import ENGINE, BookPair
from tests.support.orders import MAKER, bid, refused, trade
from walras.model.book import Market


def test_market_through_its_life(pair: BookPair) -> None:
    start = pair.evm.time
    assert Market(*pair.contract.market()) == Market(0, 0, start + 10, 10, 1, 0)
    trade(pair, 100)
    assert Market(*pair.contract.market()) == Market(1, 1, start + 20, 10, 1, 0)
    pair.advance(25)
    pair.clear()  # nothing trades: a batch, no auction
    assert Market(*pair.contract.market()) == Market(1, 2, start + 45, 10, 1, 0)
    pair.configure(7, 3)
    assert Market(*pair.contract.market()) == Market(1, 2, start + 45, 7, 3, 0)
    pair.rescale()
    assert Market(*pair.contract.market()) == Market(3, 3, start + 42, 7, 3, 1)


def test_refused_actions_leave_the_market(pair: BookPair) -> None:
    before = pair.contract.market()
    with refused(pair, "book: batch not due"):
        pair.clear()
    with refused(pair, "book: bad minimum size"):
        pair.configure(7, 0)
    assert pair.contract.market() == before


def test_due_is_0_in_continuous_mode(continuous: BookPair) -> None:
    assert Market(*continuous.contract.market()) == Market(0, 0, 0, 0, 1, 0)
    continuous.place(MAKER, bid(100, 1))
    continuous.clear()
    assert Market(*continuous.contract.market()) == Market(0, 1, 0, 0, 1, 0)


def test_engine_and_views(pair: BookPair) -> None:
    assert pair.contract.engine() == ENGINE.lower()
    assert pair.evm.code(pair.contract.views())
