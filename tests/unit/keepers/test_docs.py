"""docs/keepers.md explains every setting, and every kind."""

import re
from typing import Any, Final

import pytest
from pydantic import BaseModel

from walras.devtools.compiler import PROJECT_ROOT
from walras.keepers import config
from walras.keepers.roster import ROSTER

TEXT: Final = (PROJECT_ROOT / "docs" / "keepers.md").read_text()
SETTINGS: Final = TEXT[TEXT.index("## 4. Settings") : TEXT.index("## 5.")]
MODELS: Final = [
    one
    for one in vars(config).values()
    if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == config.__name__
]


def fields() -> list[Any]:
    return sorted({(name) for model in MODELS for name in model.model_fields})


@pytest.mark.parametrize("name", fields())
def test_every_setting_is_explained(name: str) -> None:
    nested = {
        "accounts",
        "venues",
        "publishers",
        "keepers",
        "web",
        "log",
        "alerts",
        "inventory",
        "chain",
        "reports",
    }
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", SETTINGS) or (name in nested and name in SETTINGS), name


def test_every_kind_is_told() -> None:
    for kind in ROSTER:
        assert f"| `{kind}` |" in TEXT
