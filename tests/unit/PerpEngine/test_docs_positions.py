"""docs/risk.md tells what a position shows and who shares its fees: the worked numbers are executed."""

from decimal import Decimal
from typing import Final

from tests.support.traders import SCALE
from tests.unit.PerpEngine.test_docs import Story
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import address

START: Final = "| what happens to a long |"
REFERRER: Final = address(0x201)
BUILDER: Final = address(0x202)


def rows() -> list[list[str]]:
    """The table's cells."""
    lines = (PROJECT_ROOT / "docs/risk.md").read_text().splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(START)) + 2
    end = next(place for place in range(start, len(lines)) if not lines[place].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


class SharedStory(Story):
    """A trader who shares his fees."""

    def shares(self, bps: int, ppm: int) -> None:
        """Somebody has a part in the fees, and somebody gets more on top."""
        self.pair.set_referral(REFERRER, bps)
        self.pair.set_sharing(self.trader, REFERRER, BUILDER, ppm)


def dollars(units: int, places: int = 6) -> str:
    """Of token units."""
    return f"{Decimal(units).scaleb(-6):.{places}f}"


def price(lot_price: int, places: int) -> str:
    """Of 1,000 lots, in dollars."""
    return f"{Decimal(lot_price * 1_000).scaleb(-6) / 2**SCALE:.{places}f}"


def test_worked_numbers() -> None:
    story = SharedStory()
    engine = story.pair.engine
    found = []
    for what, *_ in rows():
        story.tell(what)
        entry, _, _, profit = engine.valuation(story.trader, 0)
        ratio = engine.margin_ratio(story.trader)
        found.append(
            [
                what,
                price(entry, 2),
                dollars(profit),
                "none" if ratio == 2**255 - 1 else dollars(ratio),
                price(engine.liquidation_price(story.trader, 0, 0, 0), 4),
                price(engine.liquidation_price(story.other, 0, 0, 0), 4),
                dollars(engine.collateral(int(REFERRER, 16) << 8)),
                dollars(engine.collateral(int(BUILDER, 16) << 8)),
            ]
        )
    assert len(found) == 7
    assert found == rows()
