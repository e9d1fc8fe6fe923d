"""docs/risk.md and docs/threat-model.md: worked numbers are executed, each row names a test."""

import re
from typing import Final

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import LONG, OWNER, PLENTY, SHORT, TERMS, Waterfall, account
from walras.devtools.compiler import PROJECT_ROOT

RISK: Final = (PROJECT_ROOT / "docs/risk.md").read_text()
THREATS: Final = (PROJECT_ROOT / "docs/threat-model.md").read_text()


def test_every_row_names_a_test() -> None:
    rows = [line for line in THREATS.splitlines() if line.startswith("|")]
    rows = [line for line in rows if not line.startswith(("|---", "| who wants"))]
    assert len(rows) >= 30
    assert [line for line in rows if not re.search(r"`tests/[^`]*` \|$", line)] == []


def rows() -> list[list[str]]:
    """Cells of the waterfall's table, without its head."""
    lines = RISK[RISK.index("| what happens in the waterfall |") :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class Story:
    """A long of 10,000 lots with 1,000, the short on the other side, a backstop, a fund."""

    def __init__(self) -> None:
        self.falls = Waterfall()
        self.long, self.short = account(LONG), account(SHORT)
        self.price = 2_000

    def tell(self, words: list[str]) -> None:
        """What one row says."""
        falls, long, short = self.falls, self.long, self.short
        match words:
            case ["a", "long", "of", "10000", "lots"]:
                self.falls = Waterfall()
                self.falls.insure(60 * USDC)
                self.long, self.short = self.falls.positions()
            case ["price", price]:
                self.price = int(price)
                falls.price(self.price)
            case ["liquidate"]:
                falls.act("liquidate", long, 0)
            case ["bid", lots, "at", tick]:
                falls.buy(short, int(lots), int(tick))
            case ["auction"]:
                falls.close()
                falls.sync(short)
            case ["collect"]:  # it resolves too, where nothing is left
                falls.act("collect", long, 0)
            case ["backstop", "has", money]:
                falls.credit(falls.backstop, int(money) * USDC)
            case ["take", "over"]:
                falls.act("take_over", long, 0, 10_000)
            case ["nominate", "the", "short"]:
                falls.act("nominate", long, 0, short)
            case ["deleverage"]:
                falls.evm.time = falls.liquidator.nominees(long, 0)[0]
                falls.say(self.price)
                falls.act("deleverage", long, 0)
            case [money, "dollars", "more,", "and", "a", "bid", "of", lots, "at", tick]:
                falls.credit(long, int(money) * USDC)
                falls.buy(long, int(lots), int(tick))
            case ["cancel", "orders"]:
                falls.act("cancel_orders", long, 0)
                assert falls.orders(long) == []
            case ["the", "owner", "settles"]:
                falls.act("settle", 0, sender=OWNER)
            case ["settle", "its", "position"]:
                falls.act("settle_position", long, 0)
            case _:
                pytest.fail(f"docs/risk.md: {words}")


def dollars(amount: int) -> str:
    """To the unit."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // USDC}.{abs(amount) % USDC:06}".rstrip("0").rstrip(".")


def test_worked_numbers_of_the_waterfall() -> None:
    story = Story()
    table = rows()
    assert len(table) >= 20
    for happens, *expected in table:
        story.tell(happens.split())
        falls = story.falls
        equity, _, maintenance = falls.margins(story.long)
        short = falls.equity(story.short) - PLENTY + 10 * USDC  # what it has won, but for the first fee
        found = (
            str(falls.lots(story.long)),
            dollars(equity),
            dollars(maintenance),
            dollars(falls.collateral(falls.own)),
            dollars(falls.collateral(falls.keeper)),
            dollars(falls.collateral(falls.penalties)),
            str(falls.lots(falls.backstop)),
            dollars(falls.fund.reserve()),
            dollars(short),
        )
        assert list(found) == expected, (happens, found)


def test_terms_of_the_worked_numbers() -> None:
    sentence = (
        f"penalty {TERMS.penalty_ppm / 10_000:g} %, tip {TERMS.tip_bps / 100:g} % of it and at most "
        f"{TERMS.tip_cap // USDC}, buffer {TERMS.buffer_ppm / 10_000:g} %, least notional "
        f"{TERMS.min_notional // USDC}, patience {TERMS.patience}, discount {TERMS.discount_ppm / 10_000:g} %"
    )
    assert sentence in " ".join(RISK.split())
