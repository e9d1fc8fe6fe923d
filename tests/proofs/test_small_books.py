"""The price rule of docs/auction.md, of every small book: volume, surplus, pressure, reference, who fills.

`make proofs` tries larger ones, and more faults: test_larger_books.py.
"""

from dataclasses import replace
from typing import Final

import pytest

from tests.proofs.linking import changed
from tests.proofs.small_books import Trials, Universe, indifferent, ruling
from walras.devtools.fault_table.book import FAULTS
from walras.model.book import NO_QUOTES, NewOrder

AT_A_BLOCK: Final = Universe(4_095, ticks=3, orders=3, size=2, vault=1)
"""Its ticks lie on both sides of a bound of all words of the price tree."""
IN_A_WORD: Final = Universe(34, ticks=3, orders=2, size=2, vault=1, in_any_order=True)
"""Its ticks lie on both sides of the middle of a word."""


def test_every_book_is_cleared_by_the_rule() -> None:
    trials = Trials(AT_A_BLOCK)
    assert trials.difference() == ""
    assert (trials.books, trials.auctions) == (2_925, 146_250)
    assert trials.steps == {
        "nothing crosses": 7_450,
        "most volume": 11_800,
        "least surplus": 5_204,
        "pressure of buyers": 1_470,
        "pressure of sellers": 1_470,
        "pressure of both": 576,
        "nearest to the reference": 1_280,
    }


def test_every_book_is_cleared_by_the_rule_whoever_came_first() -> None:
    trials = Trials(IN_A_WORD)
    assert trials.difference() == ""
    assert (trials.books, trials.auctions) == (601, 30_050)


@pytest.mark.parametrize("name", ["auction.walk", "auction.balance_tie"])
def test_a_changed_rule_is_found(name: str) -> None:
    fault = next(fault for fault in FAULTS if fault.name == name)
    with changed(fault.path, fault.old, fault.new) as root:
        assert Trials(AT_A_BLOCK, root).difference() != ""


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (
            "contracts/modules/orderbook/auction.vy",
            "    if quotes.bid_lots != 0 and quotes.bid_tick << 1 > x.threshold:",
            "    if left == 0 and x.price == q and x.imbalance < 0 and reference >= q:\n"
            "        x.threshold = unsafe_add(q << 1, 1)\n"
            "    if quotes.bid_lots != 0 and quotes.bid_tick << 1 > x.threshold:",
        ),
        (
            "contracts/OrderbookV2.vy",
            "bids_left = unsafe_sub(x.live[0], x.fill[0])",
            "bids_left = unsafe_sub(x.live[0] + 1, x.fill[0])",
        ),
    ],
    ids=["asks at a higher price", "a lot of nobody"],
)
def test_what_fills_or_stays_otherwise_is_found(path: str, old: str, new: str) -> None:
    """Only where the reference is high; only in what the book shows."""
    with changed(path, old, new) as root:
        assert Trials(AT_A_BLOCK, root).difference() != ""


def test_a_price_that_is_not_walras_is_told_from_one_that_is() -> None:
    """The twin of what is asked of each ruling: 2 bid at 102 and 1 at 100 trade at 102, and not at 101."""
    orders = (NewOrder(False, 102, 2), NewOrder(True, 100, 1))
    found = ruling(orders, NO_QUOTES, range(99, 104))
    assert (found.prices, found.lots, found.step) == ([102], 1, "pressure of buyers")
    assert indifferent(found, orders, NO_QUOTES)
    assert not indifferent(replace(found, prices=[101]), orders, NO_QUOTES)
    assert not indifferent(replace(found, sold=[0, 0]), orders, NO_QUOTES)
