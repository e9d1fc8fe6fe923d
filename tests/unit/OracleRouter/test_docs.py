"""docs/oracle.md: its example works as it stands there, and its tables say what the contracts do."""

import re
import shutil
from pathlib import Path

import pytest

from tests.support.oracle import MARKET, ONE, OWNER, RouterPair, price_of
from tests.support.orders import reverts
from walras.devtools import traps
from walras.devtools.compiler import PROJECT_ROOT, compile_contract
from walras.devtools.evm import DEPLOYER
from walras.model import oracle as model
from walras.model.actions import MATRIX, Status, Terms
from walras.model.oracle import Settings, Source
from walras.reasons import REASONS

TEXT = (PROJECT_ROOT / "docs/oracle.md").read_text()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The sources with the example among them, and a feed for it."""
    for folder in ("contracts", "interfaces"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder)
    found = re.search(r"<!-- example -->\n```vyper\n(.*?)```", TEXT, re.DOTALL)
    assert found
    (tmp_path / "contracts/oracles/ChronicleSource.vy").write_text(found[1])
    (tmp_path / "tests/contracts").mkdir(parents=True)
    feed = """# pragma version 0.4.3
told: public(uint256)

@external
def poke(price: uint256):
    self.told = price

@external
@view
def readWithAge() -> (uint256, uint256):
    assert self.told != 0
    return self.told, block.timestamp - 5
"""
    (tmp_path / "tests/contracts/Feed.vy").write_text(feed)
    return tmp_path


def test_example_of_a_source(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walras.devtools.evm.REASONS", {**REASONS, "chronicle: no feed": ""})
    pair = RouterPair()
    feed = pair.evm.deploy(compile_contract("Feed", tree))
    with reverts("chronicle: no feed"):
        pair.evm.deploy(compile_contract("ChronicleSource", tree), DEPLOYER, 10)
    source = pair.evm.deploy(compile_contract("ChronicleSource", tree), feed.address, 10)
    listed = Source(source.address, weight=1, heartbeat=90_000, confidence_bps=100, gas_limit=60_000)
    pair.router.configure(MARKET, Settings(1, 200, 200, 100, 15), [listed], sender=OWNER)
    assert price_of(pair.router.price(MARKET)).price == 0
    feed.poke(100 * ONE)
    found = price_of(pair.router.price(MARKET))
    assert (found.price, found.low, found.status) == (100 * ONE, 999 * ONE // 10, Status.LIVE)
    assert found.published_at == pair.evm.time - 5


def test_example_passes_the_lint(tree: Path) -> None:
    assert traps.lint(tree / "contracts/oracles/ChronicleSource.vy", tree) == []


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table after a text, without its head."""
    table = TEXT[TEXT.index(heading) :].split("\n\n", 2)
    lines = next(part for part in table if part.startswith("|")).splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_action_matrix() -> None:
    def word(terms: Terms) -> str:
        if terms in (Terms.REFUSED, Terms.ALLOWED):
            return "yes" if terms else "no"
        return str((terms & ~Terms.ALLOWED).name)

    expected = [[action.name, *(word(terms) for terms in row)] for action, row in MATRIX.items()]
    assert rows("| action | LIVE |") == expected


def test_bounds() -> None:
    tables = rows("| setting | bounds |") + rows("| of a source | bounds |")
    bounds = {row[0].strip("`"): row[1] for row in tables}
    assert bounds == {
        "quorum": "1 .. sources",
        "deviation_bps": f"1 .. {model.MAX_DEVIATION_BPS:,}",
        "rejection_bps": f"guard .. {model.MAX_REJECTION_BPS:,}",
        "max_move_bps": f"1 .. {model.MAX_MOVE_BPS:,} a second",
        "spacing": f"1 .. {model.MAX_SPACING:,} s",
        "weight": f"1 .. {model.MAX_WEIGHT}",
        "heartbeat": f"1 .. {model.MAX_HEARTBEAT:,} s",
        "confidence_bps": "0 .. the guard",
        "gas_limit": f"{model.MIN_SOURCE_GAS:,} .. {model.MAX_SOURCE_GAS:,}",
    }


def test_every_trouble_and_status_is_told() -> None:
    status = {row[0]: row[1] for row in rows("| status | when |")}
    assert list(status) == [member.name for member in Status]
    for trouble in model.Trouble:
        named = [name for name, when in status.items() if f"`{trouble.name}`" in when]
        assert named == [model.status_of(trouble).name], trouble.name
