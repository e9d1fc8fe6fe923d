"""Table of the deployables' code sizes; fails when one does not fit on chain.

Usage: python -m walras.devtools.sizes
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from walras.devtools.compiler import PROJECT_ROOT, compile_contract, deployables

RUNTIME_LIMIT: Final = 24_576
"""Bytes of deployed code, EIP-170."""
INITCODE_LIMIT: Final = 49_152
"""Bytes of init code with constructor arguments, EIP-3860."""
BLUEPRINTS: Final = frozenset({"OrderbookV2"})
"""Contracts that are created from an EIP-5202 blueprint: there the init code is itself deployed code."""
BLUEPRINT_PREAMBLE: Final = 3
"""Bytes before the init code in a blueprint: 0xFE7100."""


@dataclass(frozen=True, slots=True)
class Size:
    """Code sizes of one deployable, in bytes."""

    name: str
    runtime: int
    initcode: int

    @property
    def margin(self) -> int:
        """Bytes of runtime code left under the limit; negative when over it."""
        return RUNTIME_LIMIT - self.runtime

    @property
    def blueprint(self) -> int:
        """Bytes of its blueprint; 0 where it needs none."""
        return self.initcode + BLUEPRINT_PREAMBLE if self.name in BLUEPRINTS else 0

    @property
    def fits(self) -> bool:
        """Whether all limits are kept."""
        return self.margin >= 0 and self.initcode <= INITCODE_LIMIT and self.blueprint <= RUNTIME_LIMIT


def measure(root: Path = PROJECT_ROOT) -> list[Size]:
    """Compile every deployable under `root` and take its sizes.

    Immutables count: they are part of the deployed code. Raises VyperException when one does not compile.
    """
    found = []
    for path in deployables(root):
        artifact = compile_contract(path.relative_to(root).as_posix(), root)
        immutables = sum(entry["length"] for entry in _entries(artifact.layout.get("code_layout", {})))
        found.append(Size(artifact.name, len(artifact.runtime) + immutables, len(artifact.creation)))
    return found


def table(sizes: Iterable[Size]) -> str:
    """The sizes as aligned text, one deployable a line."""
    lines = [f"{'contract':<28}{'runtime':>9}{'margin':>9}{'initcode':>10}{'blueprint':>11}"]
    lines += [
        f"{size.name:<28}{size.runtime:>9,}{size.margin:>9,}{size.initcode:>10,}"
        + f"{f'{size.blueprint:,}' if size.blueprint else '-':>11}"
        + ("" if size.fits else "  TOO LARGE")
        for size in sizes
    ]
    return "\n".join(lines)


def main(root: Path = PROJECT_ROOT) -> int:
    """Print the table; 1 when a deployable is over a limit, else 0."""
    sizes = measure(root)
    if not sizes:
        print("sizes: no deployable in contracts/ yet")
        return 0
    print(table(sizes))
    over = [size.name for size in sizes if not size.fits]
    limits = f"{RUNTIME_LIMIT:,} runtime and blueprint, {INITCODE_LIMIT:,} initcode"
    print(f"sizes: over the limit ({limits}): {', '.join(over)}" if over else f"sizes: all within {limits}")
    return 1 if over else 0


def _entries(layout: dict[str, object]) -> Iterable[dict[str, int]]:
    """The leaves of a layout, which nests by module."""
    for value in layout.values():
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("length"), int):
            yield value
        else:
            yield from _entries(value)


if __name__ == "__main__":
    sys.exit(main())
