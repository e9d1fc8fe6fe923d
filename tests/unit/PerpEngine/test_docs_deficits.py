"""docs/risk.md tells who bears deficits and how a market ends: the worked numbers are executed."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.forcing import Forced
from tests.support.traders import PAR, RICH, SCALE, STRANGER, UNIT, collateral, lots_and_cash
from walras.devtools.compiler import PROJECT_ROOT

SHARED: Final = "| what all bear | long | short | another short | a lot has borne | bad debt |"
ENDED: Final = "| what ends | long | short | poor short | in the engine |"
FREE: Final = replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0, tip=0)


def rows(head: str) -> list[list[str]]:
    """A table's cells."""
    lines = (PROJECT_ROOT / "docs/risk.md").read_text().splitlines()
    start = lines.index(head) + 2
    end = next(place for place in range(start, len(lines)) if not lines[place].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


def dollars(units: int) -> str:
    """Of token units."""
    return f"{Decimal(units).scaleb(-6):.6f}"


class Story(Forced):
    """Three traders without fees and funding, and somebody whose debtors cannot pay."""

    def __init__(self, *collaterals: int) -> None:
        pair = EnginePair(settings=FREE)
        numbers = range(21, 21 + len(collaterals))
        funded = zip(numbers, collaterals, strict=True)
        self.long, self.short, self.third = (pair.fund(one, amount * USDC) for one, amount in funded)
        self.winner = pair.fund(99, RICH)
        self.debtors = 0
        super().__init__(pair)

    def tell(self, what: str) -> None:
        """One row's event."""
        name, *numbers = what.split()
        getattr(self, name)(*map(int, numbers))

    def equities(self) -> list[str]:
        """Of the three."""
        return [dollars(self.engine.margin_of(one)[0]) for one in (self.long, self.short, self.third)]

    def opens(self, first: int, second: int) -> None:
        """The long buys from both shorts."""
        self.fill(self.long, self.short, first)
        self.fill(self.long, self.third, second)

    def adds(self, lots: int) -> None:
        """The long buys more, from the other short."""
        self.fill(self.long, self.third, lots)

    def deficit(self, amount: int) -> None:
        """Somebody owes so much and has nothing."""
        self.debtors += 1
        debtor = super().debtor(self.winner, amount * USDC, 100 + self.debtors)
        self.call("force_socialise", debtor, 0, amount * USDC)

    def close(self) -> None:
        """All positions close at the price that they were opened at."""
        for short in (self.short, self.third):
            lots, _ = lots_and_cash(self.pair, short)
            self.fill(short, self.long, -lots)

    def settles(self, tick: int) -> None:
        """The end."""
        self.call("force_settle", 0, tick * UNIT << SCALE)

    def poor(self) -> None:
        """The liquidator closes who cannot pay, and all bear it."""
        self.call("settle_position", self.third, 0)
        self.call("force_socialise", self.third, 0, -collateral(self.pair, self.third))

    def hour(self) -> None:
        """Anybody closes the others."""
        self.pair.advance(3_600)
        for account in (self.long, self.short):
            self.call("settle_position", account, 0, sender=STRANGER)

    def leave(self) -> None:
        """Everybody takes what he has."""
        for account in (self.long, self.short, self.winner):
            owner = self.pair.owner(account)
            self.call("withdraw", account, collateral(self.pair, account), owner, sender=owner)


def test_deficits_that_all_bear() -> None:
    story = Story(5_000, 5_000, 5_000)
    found = []
    for what, *_ in rows(SHARED):
        story.tell(what)
        borne = Decimal(story.engine.losses_of(0)[0]).scaleb(-6) / 2**SCALE
        found.append([what, *story.equities(), f"{borne:.3f}", dollars(story.engine.bad_debt())])
    assert len(found) == 6
    assert found == rows(SHARED)


def test_the_end_of_a_market() -> None:
    story = Story(1_000, 1_000, 150)
    story.call("withdraw", story.winner, RICH, STRANGER, sender=story.pair.owner(story.winner))
    found = []
    for what, *_ in rows(ENDED):
        story.tell(what)
        found.append([what, *story.equities(), dollars(story.engine.tracked())])
    assert len(found) == 5
    assert found == rows(ENDED)


@pytest.mark.parametrize("head", [SHARED, ENDED])
def test_tables_begin_at_par(head: str) -> None:
    """The stories are of lots of 2 tokens."""
    assert rows(head)[0][0].startswith("opens")
    assert PAR * UNIT == 2 * USDC
