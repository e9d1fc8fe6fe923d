"""docs/risk.md: its worked numbers are executed, its bounds are those of the contract."""

import pytest

from tests.support.insurance import MARKET, ONE, OTHER, SAVER, STAKERS, FundPair
from walras.devtools.compiler import PROJECT_ROOT
from walras.model import insurance as model
from walras.model.insurance import DAY, Drawn, Exit

TEXT = (PROJECT_ROOT / "docs/risk.md").read_text()
ACTORS = {"first": SAVER, "second": OTHER, "third": STAKERS[2]}


def rows(heading: str) -> list[list[str]]:
    """Cells of the table that begins with a text, without its head."""
    lines = TEXT[TEXT.index(heading) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def do(pair: FundPair, words: list[str]) -> int | None:
    """What one row says; what it paid."""
    found: object
    match words:
        case ["contribute", amount]:
            found = pair.contribute(int(amount) * ONE)
        case ["donate", amount]:
            found = pair.donate(int(amount) * ONE)
        case ["draw", amount]:
            found = pair.draw(int(amount) * ONE)
        case ["wait", days]:
            found = pair.advance(int(days) * DAY)
        case [who, "stakes", amount]:
            assert isinstance(pair.stake(int(amount) * ONE, ACTORS[who]), int)
            found = None
        case [who, "requests"]:
            found = pair.request_exit(pair.fund.shares_of(ACTORS[who]), ACTORS[who])
        case [who, "claims"]:
            found = pair.claim(ACTORS[who])
        case _:
            pytest.fail(f"docs/risk.md: {words}")
    assert not isinstance(found, str)
    if isinstance(found, Drawn):
        return found.paid
    return None if isinstance(found, Exit) else found  # type: ignore[return-value]


def dollars(amount: int) -> str:
    """To the nearest cent."""
    cents = (amount + ONE // 200) // (ONE // 100)
    return f"{cents // 100:,}.{cents % 100:02}"


def test_worked_numbers() -> None:
    pair = FundPair(cap=1_000 * ONE)
    table = rows("| what happens | paid |")
    assert len(table) == 16
    for happens, *expected in table:
        paid = do(pair, happens.split())
        fund = pair.fund
        values = [fund.value_of(account) for account in ACTORS.values()]
        found = ["" if paid is None else dollars(paid), *map(dollars, (fund.reserve(), fund.pot(), *values))]
        assert found == expected, happens
        pair.check()
    assert pair.fund.drawn(MARKET) == 1_000 * ONE


def test_bounds() -> None:
    assert {row[0]: row[1] for row in rows("| bound | value |")} == {
        "amounts, reserve, pot, caps": f"below 2^{(model.MAX_AMOUNT + 1).bit_length() - 1}",
        "shares of one unit of the pot": f"at most {model.MAX_SHARES_PER_UNIT:,}",
        "waiting": f"{model.EXIT_DELAY // DAY} days",
        "window": f"{model.CLAIM_WINDOW // DAY} days",
        "decimals of the token": "6 .. 18",
    }


@pytest.mark.parametrize(("left", "void"), [(400, False), (399, True)])
def test_last_units(left: int, void: bool) -> None:
    assert "400,000,000,000\nshares: a draw that leaves 400 units" in TEXT
    pair = FundPair()
    assert pair.stake(400 * ONE) == 400_000_000_000
    found = pair.draw(400 * ONE - left)
    assert isinstance(found, Drawn)
    assert (found.voided is not None) == void
    assert pair.fund.reserve() == (left if void else 0)
