"""The two contracts of a book see the same storage: what contracts/modules/orderbook/book.vy says."""

from itertools import pairwise
from typing import Any

from walras.devtools.evm import artifact


def slots(layout: dict[str, Any], path: str = "") -> dict[str, tuple[int, int]]:
    """Slot and length of every storage variable, by its path through the modules."""
    found: dict[str, tuple[int, int]] = {}
    for name, entry in layout.items():
        where = f"{path}{name}"
        if "slot" in entry:
            found[where] = (entry["slot"], entry["n_slots"])
        else:
            found |= slots(entry, f"{where}.")
    return found


def test_layouts_are_equal() -> None:
    """OrderbookViews runs on OrderbookV2's storage."""
    book, views = artifact("OrderbookV2").layout, artifact("OrderbookViews").layout
    assert slots(book["storage_layout"]) == slots(views["storage_layout"])
    assert not book.get("transient_storage_layout")
    assert not views.get("transient_storage_layout")


def test_views_have_no_immutables() -> None:
    """An immutable lies in the code that runs, which in a book's delegate call is that of the views."""
    assert set(artifact("OrderbookV2").layout["code_layout"]) == {"engine", "views"}
    assert not artifact("OrderbookViews").layout.get("code_layout")


def test_layout_is_the_documented_one() -> None:
    """Trees and levels are arrays, so that a word's slot needs no hash; all else takes one slot each."""
    found = {
        name: count for name, (_, count) in slots(artifact("OrderbookV2").layout["storage_layout"]).items()
    }
    assert found.pop("tree.nodes") == 2**18
    assert found.pop("queue.levels") == 2**20
    assert set(found) == {
        "history.thresholds",
        "history.records",
        "queue.cancelled",
        "queue.checkpoints",
        "book.state",
        "book.batch_state",
        "book.accounts",
        "book.deadlines",
    }
    assert set(found.values()) == {1}


def test_no_two_variables_overlap() -> None:
    spans = sorted(slots(artifact("OrderbookV2").layout["storage_layout"]).values())
    for (slot, count), (after, _) in pairwise(spans):
        assert slot + count <= after


def test_a_difference_would_show() -> None:
    """The same variables in another order are another layout."""
    storage = artifact("OrderbookV2").layout["storage_layout"]
    moved = storage | {"book": storage["book"] | {"state": storage["book"]["batch_state"]}}
    assert slots(moved) != slots(storage)
