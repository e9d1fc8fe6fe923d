"""docs/risk.md tells what the contracts do: its worked numbers are executed."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from walras.devtools.compiler import PROJECT_ROOT

HEAD: Final = "| what happens | collateral | lots | cash | equity | initial margin | maintenance margin |"


def rows() -> list[list[str]]:
    """The table's cells."""
    lines = (PROJECT_ROOT / "docs/risk.md").read_text().splitlines()
    start = lines.index(HEAD) + 2
    end = next(place for place in range(start, len(lines)) if not lines[place].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


class Story:
    """A trader and, on the other side of each of his trades, somebody with more money."""

    def __init__(self) -> None:
        self.pair = EnginePair(settings=replace(SETTINGS, tip=0))
        self.trader = 0
        self.other = self.pair.fund(1, 10_000 * USDC)

    def tell(self, what: str) -> None:
        """One row's event."""
        name, *numbers = what.replace(" at", "").split()
        getattr(self, name)(*map(int, numbers))
        self.pair.settle_everybody()

    def deposits(self, amount: int) -> None:
        """Collateral comes."""
        self.trader = self.pair.fund(2, amount * USDC)

    def bids(self, lots: int, tick: int) -> None:
        """An order that an ask waits for."""
        self.pair.sell(self.other, lots, tick)
        self.pair.buy(self.trader, lots, tick)

    def auction(self) -> None:
        """The batch ends."""
        self.pair.close()

    def price(self, price: int) -> None:
        """The index moves, and the next batch ends."""
        self.pair.say(0, price * ONE)
        self.pair.close()

    def hours(self, hours: int) -> None:
        """Nothing but time, and an auction each hour."""
        self.pair.say(0, 2_040 * ONE)
        self.pair.hours(hours)

    def sells(self, lots: int, tick: int) -> None:
        """A part is closed."""
        self.pair.sell(self.trader, lots, tick, reduce_only=True)
        self.pair.buy(self.other, lots, tick)
        self.pair.close()


def test_worked_numbers() -> None:
    story = Story()
    found = []
    for what, *_ in rows():
        story.tell(what)
        collateral = story.pair.engine.collateral(story.trader)
        lots, cash, *_rest = story.pair.engine.position(story.trader, 0)
        equity, initial, maintenance = story.pair.engine.margin_of(story.trader)
        money = [f"{Decimal(one).scaleb(-6):.6f}" for one in (collateral, cash, equity, initial, maintenance)]
        found.append([what, money[0], str(lots), *money[1:]])
    assert found == rows()
