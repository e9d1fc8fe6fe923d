"""Measures the gas of the contracts and writes benchmarks/gas.json.

Every figure is `gasUsed` of the receipt of one transaction on anvil, so that every slot is cold as it is for
a user; of questions (`oracle.read`, `oracle.twap`) without what a transaction costs by itself.
benchmarks/book.py, oracle.py, engine.py, fees.py, triggers.py and liquidation.py hold the scenarios.

`<name>.floor` is what the protocol charges for the words that this very transaction changed, taken from its
state diff: 21,000, the calldata, 5,000 for each word changed and 22,100 for each that was empty. README.md
beside this file says what each figure means.

    python -m benchmarks.gas            measure and write
    python -m benchmarks.gas --check    measure and compare: exit 1 where a figure differs
"""

import argparse
import json
from pathlib import Path
from typing import Final

from benchmarks import book, engine, fees, liquidation, oracle, triggers
from benchmarks.chain import Ledger, anvil
from walras.devtools.sizes import measure

RESULTS: Final = Path(__file__).with_name("gas.json")
README: Final = Path(__file__).with_name("README.md")
WHAT: Final = book.WHAT | oracle.WHAT | engine.WHAT | fees.WHAT | triggers.WHAT | liquidation.WHAT
SCENARIOS: Final = (
    *book.SCENARIOS,
    *oracle.SCENARIOS,
    *engine.SCENARIOS,
    *fees.SCENARIOS,
    *triggers.SCENARIOS,
    *liquidation.SCENARIOS,
)


def with_figures(text: str, figures: dict[str, int]) -> str:
    """The README with its tables filled in."""
    rows = [
        f"| `{name}` | {bound} | {figures[name]:,} | {_thousands(figures.get(f'{name}.floor'))} | {what} |"
        for name, (bound, what) in WHAT.items()
    ]
    text = _between(text, "<!-- figures -->\n", "<!-- /figures -->", "\n".join(rows) + "\n")

    def thousands(*names: str) -> str:
        return " / ".join(f"{figures[name] / 1_000:.0f}k" for name in names)

    row = (
        f"| **Walras** | {thousands('book.place.steady')} used tick,"
        f" {thousands('book.place.fresh_slot')} fresh slot"
        f" | {thousands('book.cancel.last', 'book.cancel.mid_1024')} (last / mid of 1,024)"
        f" | 10 / 100 / 1,000 / 10,000 orders over 2,000 ticks "
        f"{thousands(*(f'book.clear.resting_{count}' for count in (10, 100, 1_000, 10_000)))}"
        f" | {thousands('book.settle.steady')} |\n"
    )
    return _between(
        text, "|---|---|---|---|---|\n| **Walras**", "| Clober", row, keep_start="|---|---|---|---|---|\n"
    )


def main() -> int:
    """Run the scenarios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare with gas.json instead of writing it")
    parser.add_argument(
        "--only", default="", help="run the scenarios whose name contains this; nothing is written"
    )
    options = parser.parse_args()
    figures: dict[str, int] = {}
    for scenario in SCENARIOS:
        if options.only in scenario.__name__:
            with anvil() as chain:
                ledger = Ledger(chain)
                scenario(ledger, chain)
                figures |= ledger.figures
    figures |= engine.derived(figures)
    if options.only:
        return 0
    figures |= {f"{size.name}.runtime_bytes": size.runtime for size in measure()}
    if not options.check:
        RESULTS.write_text(json.dumps(dict(sorted(figures.items())), indent=2) + "\n")
        README.write_text(with_figures(README.read_text(), figures))
        return 0
    committed = json.loads(RESULTS.read_text())
    different = sorted(name for name in figures | committed if figures.get(name) != committed.get(name))
    for name in different:
        print(f"differs: {name}: committed {committed.get(name)}, measured {figures.get(name)}")
    return 1 if different else 0


def _thousands(figure: int | None) -> str:
    return "" if figure is None else f"{figure:,}"


def _between(text: str, start: str, end: str, new: str, keep_start: str | None = None) -> str:
    """The text with what stands between two marks replaced."""
    head, rest = text.split(start, 1)
    return head + (start if keep_start is None else keep_start) + new + end + rest.split(end, 1)[1]


if __name__ == "__main__":
    raise SystemExit(main())
