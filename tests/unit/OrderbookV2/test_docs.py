"""The worked example of docs/auction.md."""

from tests.support.book import BookPair
from walras.model.book import Clearing, NewOrder


def test_the_picture() -> None:
    pair = BookPair()
    asks = [
        pair.place(10 + i, NewOrder(True, t, z)) for i, (t, z) in enumerate([(98, 10), (100, 20), (102, 15)])
    ]
    pair.place(13, NewOrder(True, 104, 30))
    pair.place(20, NewOrder(False, 105, 12, batch_only=True))
    for account, (tick, lots) in enumerate([(102, 25), (100, 10), (97, 20)], start=21):
        pair.place(account, NewOrder(False, tick, lots))
    assert all(asks)
    assert pair.auction(reference=100) == Clearing(True, 0, 0, 102, 37, -8, 0, 0)
    assert pair.contract.lots_at(True, 102) == (8, 0)
    assert pair.contract.best() == (100, 102)
    assert [pair.sync(account).lots for account in (10, 11, 12, 13, 20, 21, 22, 23)] == [
        *(-10, -20, -7, 0),
        *(12, 25, 0, 0),
    ]
    pair.check()


def test_pressure() -> None:
    """10 lots bid at 105 and 4 asked at 100 trade at 105."""
    pair = BookPair()
    pair.place(1, NewOrder(False, 105, 10))
    pair.place(2, NewOrder(True, 100, 4))
    clearing = pair.auction(reference=100)
    assert (clearing.price, clearing.lots, clearing.imbalance) == (105, 4, 6)
