"""docs/risk.md: the worked numbers of the trigger orders are executed, their bounds are the contract's."""

import pytest

from tests.support.engine import USDC
from tests.support.traders import UNIT
from tests.support.triggers import KEEPER, Executed, TriggerPair, stop, take, trailing
from walras.devtools.compiler import PROJECT_ROOT
from walras.model import triggers as model

TEXT = (PROJECT_ROOT / "docs/risk.md").read_text()
TICKS = 10
"""Of a dollar."""


def rows(heading: str) -> list[list[str]]:
    """Cells of the table that begins with a text, without its head."""
    lines = TEXT[TEXT.index(heading) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class Story:
    """What the table tells of."""

    def __init__(self, pair: TriggerPair, long: int, maker: int) -> None:
        self.pair, self.long, self.maker = pair, long, maker
        self.ids: dict[str, int] = {}
        self.price = 2_000
        self.order: Executed | None = None

    def do(self, words: list[str]) -> str:
        """What one row says; what came of it."""
        pair = self.pair
        match words:
            case ["pair", low, high]:
                first, second = stop(int(low) * TICKS, lots=700), take(int(high) * TICKS, lots=700)
                found = pair.place_pair(self.long, first, second)
                assert not isinstance(found, str)
                self.ids["stop"], self.ids["take"] = found
            case ["trail", distance, lots]:
                placed = pair.place(self.long, trailing(int(distance) * TICKS, lots=int(lots)))
                assert isinstance(placed, int)
                self.ids["trail"] = placed
            case ["price", price]:
                self.price = int(price)
                pair.price(self.price)
            case ["ratchet"]:
                assert isinstance(pair.ratchet(self.ids["trail"]), int)
            case ["execute", name]:
                done = pair.execute(self.ids[name])
                if not isinstance(done, Executed):
                    return str(done).removeprefix("triggers: ")
                self.order = done
                return f"{done.order.lots:,} at {done.order.tick / TICKS:,.2f}"
            case ["fill"]:
                assert self.order is not None
                order = self.order.order
                assert pair.exchange.buy(self.maker, order.lots, order.tick)
                pair.exchange.close()
                pair.exchange.sync(self.long)
            case ["grant", permissions]:
                pair.grant(self.long, int(permissions))
            case ["claim", who]:
                sender = KEEPER if who == "keeper" else pair.exchange.owner(self.long)
                assert isinstance(pair.claim(sender), int)
            case _:
                pytest.fail(f"docs/risk.md: {words}")
        return ""

    def extreme(self) -> str:
        """Of the trailing stop, while there is one."""
        known = self.pair.contract.trigger(self.ids.get("trail", 0))[4]
        return f"{known / (UNIT << 41) / TICKS:,.2f}" if known else ""

    def cells(self, came: str) -> list[str]:
        """All that the row tells."""
        pair = self.pair
        held = sum(pair.contract.trigger(one)[1][-1] for one in pair.contract.triggers_of(self.long))
        owner, keeper = (pair.contract.claimable(one) for one in (pair.exchange.owner(self.long), KEEPER))
        return [
            came,
            f"{self.price:,}",
            f"{pair.engine.position(self.long, 0)[0]:,}",
            str(len(pair.contract.triggers_of(self.long))),
            self.extreme(),
            *(f"{amount / USDC:.2f}" for amount in (held, owner, keeper)),
        ]


def test_worked_numbers(pair: TriggerPair, long: int, maker: int) -> None:
    story = Story(pair, long, maker)
    table = rows("| what happens with triggers |")
    assert len(table) == 16
    for happens, *expected in table:
        assert story.cells(story.do(happens.split())) == expected, happens
        pair.check()


def test_bounds() -> None:
    assert dict(rows("| bound of a trigger | value |")) == {
        "open at once, of an account": f"{model.MAX_TRIGGERS}",
        "slippage and distance": f"below {model.BPS:,} bps, or on the grid",
        "tip": "below 2^80 token units",
        "gas to begin an execution with": "1,500,000",
    }
    assert model.MAX_TIP == 2**80 - 1
