"""preview_sync: what sync would return, to anyone, changing nothing."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid
from walras.model.book import Exposure, Fills


def preview(pair: BookPair, account: int) -> tuple[Fills, Exposure]:
    """As the contract gives it."""
    fills, exposure = pair.contract.preview_sync(account)
    return Fills(*fills), Exposure(*exposure)


def test_preview_sync(pair: BookPair) -> None:
    """4 of 10 bought at 100 at index -3, at first as taker; the IOC of 2 vanished; 6 stay open."""
    pair.place(MAKER, bid(100, 10))
    pair.place(MAKER, bid(90, 2, batch_only=True))
    assert preview(pair, MAKER) == (NOTHING, Exposure(0b11, 12, 0, 1_180, 0))
    pair.place(TAKER, ask(100, 4))
    pair.auction(100, -3)
    expected = (Fills(4, -400, -12, 0, 400, grid=0), Exposure(0b1, 6, 0, 600, 0))
    assert preview(pair, MAKER) == expected
    assert preview(pair, MAKER) == expected  # again: nothing was settled
    assert pair.sync(MAKER) == expected[0]
    assert pair.exposure == expected[1]
    assert preview(pair, MAKER) == (NOTHING, expected[1])


def test_preview_of_a_stranger(pair: BookPair) -> None:
    assert preview(pair, OTHER) == (NOTHING, NONE_OPEN)


@pytest.mark.parametrize("seconds", [0, 9, 10, 10_000])
def test_preview_at_any_time(pair: BookPair, seconds: int) -> None:
    pair.place(MAKER, bid(100, 10))
    pair.advance(seconds)
    assert preview(pair, MAKER) == (NOTHING, Exposure(1, 10, 0, 1_000, 0))
    pair.check()
