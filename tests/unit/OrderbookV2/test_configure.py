"""configure: the settings of a market that runs."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, bid, refused
from walras.model.book import Market


def test_minimum_holds_now_and_interval_from_the_next_batch_on(pair: BookPair) -> None:
    start = pair.evm.time
    assert pair.configure(60, 5)
    (event,) = pair.events
    assert (event.name, event.args) == ("Configured", {"interval": 60, "min_lots": 5})
    assert Market(*pair.contract.market()) == Market(0, 0, start + 10, 60, 5, 0)
    pair.advance(17)
    pair.clear()
    assert Market(*pair.contract.market()) == Market(0, 1, start + 77, 60, 5, 0)


@pytest.mark.parametrize(
    ("interval", "min_lots", "reason"),
    [
        (2**24, 1, "book: interval too long"),
        (2**256 - 1, 0, "book: interval too long"),
        (10, 0, "book: bad minimum size"),
        (10, 2**20, "book: bad minimum size"),
        (10, 2**256 - 1, "book: bad minimum size"),
    ],
)
def test_bad_settings_change_nothing(pair: BookPair, interval: int, min_lots: int, reason: str) -> None:
    with refused(pair, reason):
        pair.configure(interval, min_lots)
    assert Market(*pair.contract.market()) == Market(0, 0, pair.evm.time + 10, 10, 1, 0)


@pytest.mark.parametrize(("interval", "min_lots"), [(2**24 - 1, 2**20 - 1), (1, 1), (0, 2**20 - 1)])
def test_settings_at_their_ends(pair: BookPair, interval: int, min_lots: int) -> None:
    pair.configure(interval, min_lots)
    pair.auction()
    due = pair.evm.time + interval if interval else 0
    assert Market(*pair.contract.market()) == Market(0, 1, due, interval, min_lots, 0)
    if min_lots > 1:
        with refused(pair, "book: below minimum size"):
            pair.place(MAKER, bid(90, min_lots - 1))
    assert pair.place(MAKER, bid(90, min_lots)) is not None
    pair.check()


def test_what_rests_stays_below_a_new_minimum(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 4))
    pair.configure(10, 5)
    with refused(pair, "book: below minimum size"):
        pair.place(MAKER, bid(90, 4))
    assert pair.cancel(MAKER, order_id, 3) == 3  # to below the minimum, too
    pair.configure(10, 4)
    pair.place(MAKER, bid(90, 4))
    assert pair.contract.lots_at(False, 90) == (5, 0)
    pair.check()


def test_settings_leave_the_rest_of_their_words(pair: BookPair) -> None:
    """Orders of both classes on both sides, a history and a grid lie beside them."""
    pair.rescale()
    pair.place(MAKER, bid(1, 4))
    pair.place(MAKER, bid(2**18 - 3, 4, batch_only=True))
    before = pair.contract.market()
    pair.configure(2**24 - 1, 2**20 - 1)
    pair.configure(1, 1)
    after = pair.contract.market()
    assert (before[:3], before[5]) == (after[:3], after[5])
    assert pair.contract.lots_at(False, 1) == (4, 0)
    assert pair.contract.lots_at(False, 2**18 - 3) == (0, 4)
    pair.check()


def test_settings_on_a_closed_batch(pair: BookPair) -> None:
    pair.advance(10)
    assert pair.configure(0, 7)
    pair.clear()
    assert pair.contract.market()[2] == 0
    with refused(pair, "book: below minimum size"):
        pair.place(MAKER, bid(90, 6))
