"""README.md and docs/: files and tests that they name are there."""

import ast
import re
from typing import Final

import pytest

from walras.devtools.compiler import PROJECT_ROOT

PAGES: Final = (PROJECT_ROOT / "README.md", *sorted((PROJECT_ROOT / "docs").glob("*.md")))
FOLDERS: Final = "benchmarks|contracts|docs|interfaces|scripts|tests|walras"
MADE_UP: Final = {"tests/unit/ChronicleSource/"}
"""By who follows an example."""
NAMED: Final = sorted(
    {name for page in PAGES for name in re.findall(rf"`((?:{FOLDERS})/[^` ]*)`", page.read_text())} - MADE_UP
)


@pytest.mark.parametrize("name", NAMED)
def test_what_a_page_names_is_there(name: str) -> None:
    path, _, function = name.partition("::")
    path = re.sub(r":\d.*$", "", path)
    found = list(PROJECT_ROOT.glob(path))
    assert found
    if function:
        tree = ast.parse(found[0].read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_pages_name_much() -> None:
    assert len(NAMED) > 200
