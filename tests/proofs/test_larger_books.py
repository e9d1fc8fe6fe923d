"""The price rule of docs/auction.md, of every book in larger universes; each of its faults is found."""

from typing import Final

import pytest

from tests.proofs.linking import changed
from tests.proofs.small_books import Trials, Universe
from tests.proofs.test_small_books import AT_A_BLOCK
from walras.devtools.fault_table.book import FAULTS
from walras.devtools.fault_table.fault import Fault
from walras.model.book import MAX_TICK

UNIVERSES: Final = {
    "orders of both classes": (Universe(4_094, ticks=4, orders=4, size=2), 58_905, 353_430),
    "larger quotes": (Universe(4_095, ticks=3, orders=3, size=2, vault=2), 2_925, 365_625),
    "four ticks with quotes": (Universe(4_094, ticks=4, orders=3, size=2, vault=1), 6_545, 589_050),
    "five orders": (Universe(4_094, ticks=4, orders=5, size=2, batch_only=False), 20_349, 122_094),
    "five ticks": (Universe(4_094, ticks=5, orders=4, size=2, batch_only=False), 10_626, 74_382),
    "three sizes": (Universe(4_095, ticks=3, orders=4, size=3, batch_only=False), 7_315, 36_575),
    "any order of placing": (Universe(34, ticks=3, orders=3, size=2, in_any_order=True), 14_425, 72_125),
    "at a word of the lowest height": (Universe(7, ticks=3, orders=3, size=1, vault=1), 455, 22_750),
    "at a word of the next": (Universe(63, ticks=3, orders=3, size=1, vault=1), 455, 22_750),
    "at a word of the third": (Universe(511, ticks=3, orders=3, size=1, vault=1), 455, 22_750),
    "in a word": (Universe(34, ticks=3, orders=3, size=1, vault=1), 455, 22_750),
    "first ticks": (Universe(1, ticks=3, orders=3, size=1, vault=1), 455, 18_200),
    "last ticks": (Universe(MAX_TICK - 2, ticks=3, orders=3, size=1, vault=1), 455, 18_200),
}
AUCTION: Final = [fault for fault in FAULTS if fault.module == "auction"]
IN_A_WORD: Final = UNIVERSES["in a word"][0]


@pytest.mark.parametrize("name", UNIVERSES)
def test_every_book_is_cleared_by_the_rule(name: str) -> None:
    universe, books, auctions = UNIVERSES[name]
    trials = Trials(universe)
    assert trials.difference() == ""
    assert (trials.books, trials.auctions) == (books, auctions)


@pytest.mark.parametrize("fault", AUCTION, ids=lambda fault: fault.name)
def test_every_fault_of_the_auction_is_found(fault: Fault) -> None:
    with changed(fault.path, fault.old, fault.new) as root:
        assert Trials(IN_A_WORD, root).difference() or Trials(AT_A_BLOCK, root).difference()
