"""docs/risk.md: the vault's worked numbers are executed, its bounds are those of the contract."""

import re

import pytest

from tests.support.engine import OWNER
from tests.support.orders import refused
from tests.support.traders import RICH, TAKER
from tests.support.vault import OTHER, PROVIDER, PROVIDERS, QUOTES, VaultPair
from tests.support.vault_stories import DAY, USDC, position, price_is, take, worth
from walras.devtools.compiler import PROJECT_ROOT
from walras.model import vault as model

TEXT = (PROJECT_ROOT / "docs/risk.md").read_text()
ACTORS = {"first": PROVIDER, "second": OTHER, "third": PROVIDERS[2]}


def rows(heading: str) -> list[list[str]]:
    """Cells of the table that begins with a text, without its head."""
    lines = TEXT[TEXT.index(heading) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def do(pair: VaultPair, taker: int, words: list[str]) -> int | None:
    """What one row says; what it paid."""
    match words:
        case [who, "deposits", amount]:
            assert pair.enter(int(amount) * USDC, ACTORS[who]) is not None
        case ["trader", "buys", lots, "at", price]:
            assert take(pair, taker, int(lots), int(price)).vault_sold == int(lots)
        case ["trader", "sells", lots, "at", price]:
            assert take(pair, taker, -int(lots), int(price)).vault_bought == int(lots)
        case ["price", price]:
            price_is(pair, int(price))
        case ["price", price, "+-", doubt]:
            price_is(pair, int(price), int(doubt))
        case ["fees", amount]:
            pair.gift(int(amount) * USDC)
        case ["wait", days]:
            assert int(days) * DAY == pair.reference.cooldown
            for _ in range(24 * int(days)):
                pair.advance(3_600)
                pair.say(0, pair.router.price(0)[0])
                pair.sync(pair.account_of_vault)
        case [who, "asks", "all"]:
            assert pair.ask_back(pair.vault.balanceOf(ACTORS[who]), ACTORS[who]) is not None
        case [who, "claims", "all"]:
            paid = pair.claim(pair.vault.maxRedeem(ACTORS[who]), ACTORS[who])
            assert paid is not None
            return paid
        case _:
            pytest.fail(f"docs/risk.md: {words}")
    return None


def dollars(amount: int) -> str:
    """To the nearest cent."""
    cents = (amount + USDC // 200) // (USDC // 100)
    return f"{cents // 100:,}.{cents % 100:02}"


def story() -> list[list[str]]:
    """The table's rows as they happen."""
    pair = VaultPair()
    pair.begin_with_fee(10, 500)
    taker = pair.fund(TAKER, RICH)
    found = []
    for happens, *_ in rows("| what happens | is paid |"):
        paid = do(pair, taker, happens.split())
        shares = [
            pair.vault.balanceOf(who) + pair.vault.request_of(who)[0]
            for who in (PROVIDER, OTHER, PROVIDERS[2])
        ]
        worths = [*worth(pair), *map(pair.vault.convertToAssets, shares)]
        cells = [happens, "" if paid is None else dollars(paid), str(position(pair)), *map(dollars, worths)]
        found.append([*cells, dollars(pair.vault.pending_value())])
        pair.check()
    return found


def test_worked_numbers() -> None:
    table = rows("| what happens | is paid |")
    assert len(table) == 12
    for found, expected in zip(story(), table, strict=True):
        assert found == expected


def test_quotes_of_the_worked_numbers() -> None:
    """`a lot at 2,002 and one at 1,998, 50 of each`: for 400 dollars."""
    assert "bids 50 lots at 1,998 and asks 50 at 2,002" in TEXT
    pair = VaultPair()
    question = (0, 100, 20_000, 20_000, 20_000, False, 0, 400 * USDC, 0)
    assert pair.vault.quotes(question, sender=OWNER) == (19_980, 50, 20_020, 50)
    assert (QUOTES.allocation_bps, QUOTES.leverage_bps, QUOTES.spread_ppm) == (5_000, 20_000, 1_000)


def test_bounds() -> None:
    numbers = {
        row[0]: [int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", row[1])]
        for row in rows("| setting | bounds |")
    }
    assert numbers == {
        "allocation, sum over markets": [0, 10_000],
        "leverage": [1_000, 100_000],
        "spread": [100, 100_000],
        "skew": [0, 100_000],
        "depth": [1, 10_000],
        "cooldown": [1, 14],
        "exit fee, base": [0, 100],
        "exit fee, slope": [0, 900],
        "deposit cap": [0, 2, 96],
        "backstop": [0, 2_000],
    }
    pair = VaultPair(quotes=None)
    for low in (True, False):
        ends = [numbers[name][0 if low else 1] for name in ("leverage", "spread", "skew", "depth")]
        assert pair.quote_in(0, model.QuoteSettings(numbers["allocation, sum over markets"][1], *ends))
    for days in numbers["cooldown"]:
        assert pair.set_cooldown(days * DAY)
    assert pair.set_exit_fee(numbers["exit fee, base"][1], numbers["exit fee, slope"][1])
    assert pair.set_deposit_cap(2 ** numbers["deposit cap"][2] - 1)
    with refused(pair, "vault: bad cap"):
        pair.set_deposit_cap(2 ** numbers["deposit cap"][2])
    pair.enter(10_000)
    with refused(pair, "vault: backstop too large"):
        pair.fund_backstop(numbers["backstop"][1] + 1)
    assert pair.fund_backstop(numbers["backstop"][1])
