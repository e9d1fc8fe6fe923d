"""Who acts in the tests of a book, what they say, and how they are refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.support.book import BookPair
from walras.devtools.evm import Reverted
from walras.model.book import Exposure, Fills, NewOrder

MAKER: Final = (11 << 8) | 0
TAKER: Final = (22 << 8) | 0
OTHER: Final = (33 << 8) | 1
NOTHING: Final = Fills(0, 0, 0, 0, 0, grid=0)
NONE_OPEN: Final = Exposure(0, 0, 0, 0, 0)


def bid(tick: int, lots: int, **terms: Any) -> NewOrder:
    """An order to buy."""
    return NewOrder(False, tick, lots, **terms)


def ask(tick: int, lots: int, **terms: Any) -> NewOrder:
    """An order to sell."""
    return NewOrder(True, tick, lots, **terms)


def trade(pair: BookPair, price: int, lots: int = 1, funding_index: int = 0, wait: int = 0) -> None:
    """OTHER sells to TAKER in the open batch; its auction runs in `wait` seconds, or once due."""
    pair.place(OTHER, ask(price, lots))
    pair.place(TAKER, bid(price, lots))
    pair.advance(wait)
    assert pair.auction(price, funding_index).lots >= lots


@contextmanager
def refused(pair: BookPair, reason: str) -> Iterator[None]:
    """The one action inside is refused by contract and model for this reason."""
    pair.refusal = None
    yield
    assert pair.refusal == reason


def reverts(reason: str) -> Any:
    """The call of a contract inside reverts for exactly this reason."""
    return pytest.raises(Reverted, match=f"^{re.escape(reason)}$")


def overflows() -> Any:
    """The call of a contract inside reverts without a reason: a check of the compiler fails."""
    return pytest.raises(Reverted, match=r"^Revert \{ gas_used: \d+, output: 0x \}$")
