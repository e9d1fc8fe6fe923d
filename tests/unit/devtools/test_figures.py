"""Gas that pages tell is the gas that was measured: benchmarks/gas.json."""

import json
from typing import Final

from benchmarks.gas import README, RESULTS, with_figures
from walras.devtools.compiler import PROJECT_ROOT

GAS: Final[dict[str, int]] = json.loads(RESULTS.read_text())


def words(name: str) -> str:
    """A page, on one line."""
    return " ".join((PROJECT_ROOT / name).read_text().split())


def gas(name: str) -> str:
    return f"{GAS[name]:,}"


def test_the_readme_tells_what_was_measured() -> None:
    sizes = (10, 100, 1_000, 10_000)
    auctions = sorted(GAS[f"engine.run_auction.traded_{size}"] for size in (10, 100, 10_000))
    page = words("README.md")
    for sentence in (
        "| gas of an auction that trades half of the asks | "
        + " | ".join(gas(f"book.clear.resting_{size}") for size in sizes)
        + " |",
        f"Placing an order in the book costs {gas('book.place.steady')}, "
        f"cancelling {gas('book.cancel.last')}, settling a filled one {gas('book.settle.steady')} gas; "
        f"through the engine, with margin and fees, placing costs {gas('engine.place.limit_1_market')}, "
        f"an auction {auctions[0]:,} to {auctions[-1]:,}, "
        f"and a liquidation {gas('liquidate.auction_1_market')}.",
        f"costs {gas('oracle.read.3_sources')} gas to read, theirs included; "
        f"{gas('oracle.read.3_sources_proxied')} where",
    ):
        assert sentence in page


def test_the_changelog_does() -> None:
    assert f"and uses {gas('trigger.execute')} with the engine's `place`" in words("CHANGELOG.md")


def test_the_tables_of_the_benchmarks_do() -> None:
    assert with_figures(README.read_text(), GAS) == README.read_text()
