"""docs/governance.md: its bounds are those of the contracts, its rules are met one by one."""

import re
from typing import Final

import pytest

from tests.support.governance import DAY, DELAY, SUPPLY, WHALE, Chest, Proposal, State, World
from tests.support.orders import reverts
from tests.unit.Governor.test_abi import DIFFERENCES
from tests.unit.Governor.test_terms import ALL as TERMS_OF_THE_TESTS
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import Reverted

TEXT: Final = (PROJECT_ROOT / "docs/governance.md").read_text()
MODULES: Final = ("terms", "ballots", "actions")


def rows(heading: str) -> list[list[str]]:
    """Cells of the table that begins with a text, without its head."""
    lines = TEXT[TEXT.index(heading) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def number(cell: str) -> int:
    """The one in a cell."""
    found = re.search(r"[\d,]+", cell)
    assert found, cell
    return int(found[0].replace(",", ""))


def constants(path: str) -> dict[str, int]:
    """Of a source."""
    text = (PROJECT_ROOT / f"contracts/{path}.vy").read_text()
    found = re.findall(r"^(\w+): constant\(uint256\) = ([\d_]+)", text, re.MULTILINE)
    return {name: int(value) for name, value in found}


def test_bounds_of_lists() -> None:
    known = constants("Governor")
    for module in MODULES:
        known |= constants(f"modules/governance/{module}")
    names = ["MAX_ACTIONS", "MAX_CALLDATA", "MAX_DESCRIPTION", "MAX_REASON", "MAX_PARAMS", "MAX_SIGNATURE"]
    expected = [*(known[name] for name in names), known["QUEUE_WINDOW"] // DAY]
    assert [number(value) for _, value in rows("| bound of | value |")] == expected
    declared = f"{known['ACTIONS']} calls, {known['CALLDATA']:,} and {known['DESCRIPTION']:,} bytes"
    assert declared in " ".join(TEXT.split())


def test_terms() -> None:
    """The sources' numbers; test_terms.py and the timelock's tests try each."""
    known, timelock = constants("modules/governance/terms"), constants("Timelock")
    words = ("DELAY", "PERIOD", "THRESHOLD", "QUORUM", "EXTENSION")
    expected = [[known[f"MIN_{word}"], known[f"MAX_{word}"], known[f"{word}_STEP"]] for word in words]
    expected.append([timelock["MIN_DELAY"], timelock["MAX_DELAY"], timelock["DELAY_STEP"]])
    table = rows("| term | function |")
    assert [[number(cell) for cell in row[2:]] for row in table] == expected
    assert known["WEEK"] == timelock["WEEK"] == 7 * DAY
    for row, term in zip(table, TERMS_OF_THE_TESTS.values(), strict=False):
        unit = SUPPLY // 10_000 if "threshold" in row[0] else 1
        assert row[1] == f"`{term.setter}`"
        assert [number(cell) * unit for cell in row[2:]] == [term.least, term.most, term.step]


def test_path(world: World) -> None:
    """Each row's function, and the state it leads to, by the numbers of OpenZeppelin's enum."""
    told = dict(cell.split(" ") for *_, cell in rows("| step | who | when |"))
    assert {int(key): value.upper() for key, value in told.items()} == {one.value: one.name for one in State}
    proposal = world.raise_cap()
    states = [world.state(world.propose(proposal))]
    identity = world.governor.hashProposal(*proposal.hashed)
    world.advance(DAY + 1)
    states.append(world.state(identity))
    world.vote(identity, WHALE)
    world.close(identity)
    states.append(world.state(identity))
    world.queue(proposal)
    states.append(world.state(identity))
    world.advance(DELAY)
    world.execute(proposal)
    states.append(world.state(identity))
    assert [int(state) for state in states] == [0, 1, 4, 5, 7]


def test_streams_of_the_example() -> None:
    """25 units over 50 seconds."""
    for after, accrued in ((0, 0), (1, 0), (2, 1), (50, 25)):
        chest = Chest()
        stream = chest.open(25, lasts=50)
        chest.evm.time += after
        assert chest.treasury.claimable(stream) == accrued
    assert "0, 0, 1 and 25 after 0, 1, 2 and 50 seconds" in TEXT


def test_call_to_no_code_does_nothing(world: World) -> None:
    target = "0x" + "77" * 20
    world.enact(Proposal([target], [0], [b"\x01\x02\x03\x04"]))
    assert world.evm.code(target) == b""


def test_lists_that_cannot_be_decoded(world: World) -> None:
    target = world.token.address
    with reverts("governor: too many actions"):
        world.propose(Proposal([target] * 40, [0] * 40, [b""] * 40))
    with pytest.raises(Reverted) as error:
        world.propose(Proposal([target] * 41, [0] * 41, [b""] * 41))
    assert "too many" not in str(error.value)


def test_differences_are_told() -> None:
    for name in ("relay", "updateTimelock"):
        assert f"`{name}`" in TEXT
        assert any(line.startswith(name) for line in DIFFERENCES)


@pytest.mark.parametrize(("count", "size"), [(1, 36), (32, 1_024)])
def test_gas_of_the_timelock(world: World, count: int, size: int) -> None:
    """Between one and four million for the smallest and for the largest proposal."""
    data = world.token.encode("delegate", world.token.address) + bytes(size - 36)
    proposal = Proposal([world.token.address] * count, [0] * count, [data] * count)
    world.succeed(proposal)
    for call in (world.governor.queue, world.governor.execute):
        with pytest.raises(Reverted):
            call(*proposal.hashed, gas=1_000_000)
        call(*proposal.hashed, gas=4_000_000)
        world.advance(DELAY)
    assert "between one and four million each" in " ".join(TEXT.split())
