"""sweep: orders whose time has come, cancelled for whoever asks the engine to."""

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid, refused
from walras.model.book import Exposure, Fills


def test_sweep_of_an_expired_order(pair: BookPair) -> None:
    expiring = pair.place(MAKER, bid(100, 5, expiry=pair.evm.time + 5))
    pair.place(MAKER, bid(99, 4))
    pair.advance(5)
    assert pair.sweep(MAKER, [expiring]) == 1
    assert (pair.fills, pair.exposure) == (NOTHING, Exposure(0b10, 0 + 4, 0, 396, 0))
    (event,) = pair.events
    assert (event.name, event.args) == (
        "Cancelled",
        {"account": MAKER, "order_id": expiring, "lots": 5, "left": 0},
    )
    pair.check()


def test_sweep_before_the_expiry(pair: BookPair) -> None:
    expiring = pair.place(MAKER, bid(100, 5, expiry=pair.evm.time + 5))
    lasting = pair.place(MAKER, bid(99, 4))
    pair.advance(4)
    for ids in ([expiring], [lasting]):
        with refused(pair, "book: not expired"):
            pair.sweep(MAKER, ids)
    pair.advance(1)
    with refused(pair, "book: not expired"):
        pair.sweep(MAKER, [expiring, lasting])  # one too many: none is swept
    assert pair.contract.lots_at(False, 100) == (5, 0)
    assert pair.sweep(MAKER, [expiring]) == 1


def test_sweep_passes_over_what_is_not_open(pair: BookPair) -> None:
    expiring = pair.place(MAKER, bid(100, 5, expiry=pair.evm.time + 5))
    foreign = pair.place(OTHER, bid(99, 4))
    pair.advance(5)
    assert pair.sweep(OTHER, [expiring]) == 0
    assert pair.sweep(MAKER, [foreign, 0, 2**256 - 1]) == 0
    assert pair.sweep(MAKER, []) == 0
    assert pair.events == []
    assert pair.sweep(MAKER, [expiring, foreign, expiring]) == 1  # once, however often it is named
    assert len(pair.events) == 1
    assert pair.sweep(MAKER, [expiring]) == 0
    assert pair.exposure == NONE_OPEN
    pair.check()


def test_sweep_behind_the_deadline(pair: BookPair) -> None:
    """All of the account's orders may go: one without an expiry, one that has not expired, an IOC."""
    ids = [
        pair.place(MAKER, bid(100, 5)),
        pair.place(MAKER, bid(99, 4, expiry=pair.evm.time + 60)),
        pair.place(MAKER, bid(98, 3, batch_only=True)),
    ]
    foreign = pair.place(OTHER, bid(97, 2))
    pair.cancel_all_after(MAKER, pair.evm.time + 7)
    pair.advance(6)
    with refused(pair, "book: not expired"):
        pair.sweep(MAKER, ids)
    pair.advance(1)
    with refused(pair, "book: not expired"):
        pair.sweep(OTHER, [foreign])
    assert pair.sweep(MAKER, ids) == 3
    assert pair.contract.best() == (97, 0)


def test_sweep_settles_first(pair: BookPair) -> None:
    """2 of 5 were bought at 100 at index 9; the filled part is no longer to be swept."""
    order_id = pair.place(MAKER, bid(100, 5, expiry=pair.evm.time + 5))
    pair.place(TAKER, ask(100, 2))
    pair.auction(funding_index=9)  # an expired order trades until it is swept
    assert pair.sweep(MAKER, [order_id]) == 1
    assert pair.events[1].args["lots"] == 3
    assert pair.fills == Fills(lots=2, cash=-200, basis=18, maker_notional=0, taker_notional=200, grid=0)
    assert [event.name for event in pair.events] == ["Settled", "Cancelled"]


def test_sweep_while_the_batch_is_open(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(100, 5, expiry=pair.evm.time + 5))
    pair.advance(10)
    with refused(pair, "book: batch closed"):
        pair.sweep(MAKER, [order_id])
    pair.clear()
    assert pair.sweep(MAKER, [order_id]) == 1


def test_sweep_of_32(pair: BookPair) -> None:
    ids = [pair.place(MAKER, bid(100, 2, expiry=pair.evm.time + 1)) for _ in range(32)]
    pair.advance(1)
    assert pair.sweep(MAKER, ids) == 32
    assert sum(event.args["lots"] for event in pair.events) == 64
    assert pair.exposure == NONE_OPEN
    pair.check()
