"""Where each deployable keeps its variables: written down, so that a change of a slot shows as a change of a
file.

Usage: python -m walras.devtools.layouts [--check] (`make layouts`)
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from walras.devtools.compiler import PROJECT_ROOT, compile_contract, deployables

SNAPSHOT: Final = PROJECT_ROOT / "docs" / "storage.json"


def layouts(root: Path = PROJECT_ROOT) -> dict[str, dict[str, list[str]]]:
    """By contract, and by kind of space, a line a variable in the order of its slots: `12 +7 ledger.markets:
    type`.

     Kinds are `storage`, `transient` and `code`; the last one counts bytes of immutables, the others slots.
    """
    found = {}
    for path in deployables(root):
        artifact = compile_contract(path.relative_to(root).as_posix(), root)
        found[artifact.name] = {
            kind.removesuffix("_layout").removesuffix("_storage"): _lines(space)
            for kind, space in sorted(artifact.layout.items())
        }
    return found


def text(root: Path = PROJECT_ROOT) -> str:
    """The snapshot, as JSON."""
    return json.dumps(layouts(root), indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the snapshot, or with --check compare it; 1 where it is out of date."""
    parser = argparse.ArgumentParser(description="Writes docs/storage.json.")
    parser.add_argument("--check", action="store_true", help="compare only")
    is_check = parser.parse_args(arguments).check
    if is_check and (not SNAPSHOT.is_file() or SNAPSHOT.read_text() != text()):
        print("layouts: docs/storage.json is not what the contracts have: make layouts, and read the change")
        return 1
    if not is_check:
        SNAPSHOT.write_text(text())
    return 0


def _lines(space: dict[str, Any]) -> list[str]:
    return [f"{at} +{length} {name}: {kind}" for at, name, length, kind in sorted(_variables(space, ""))]


def _variables(space: dict[str, Any], prefix: str) -> list[tuple[int, str, int, str]]:
    found = []
    for name, entry in space.items():
        if "type" in entry and isinstance(entry["type"], str):
            at = entry["slot"] if "slot" in entry else entry["offset"]
            length = entry["n_slots"] if "n_slots" in entry else entry["length"]
            found.append((int(at), f"{prefix}{name}", int(length), entry["type"]))
        else:
            found += _variables(entry, f"{prefix}{name}.")
    return found


if __name__ == "__main__":
    sys.exit(main())
