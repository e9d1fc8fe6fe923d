"""docs/risk.md: its worked numbers are executed, its bounds are those of the contract."""

import pytest

from tests.support.engine import USDC
from tests.support.fees import BUYBACK, CHEST, SETTINGS, STAKERS, VAULT, FeePair
from walras.devtools.compiler import PROJECT_ROOT
from walras.model import fees as model

TEXT = (PROJECT_ROOT / "docs/risk.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """Cells of the table that begins with a text, without its head."""
    lines = TEXT[TEXT.index(heading) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def do(pair: FeePair, traders: tuple[int, int], words: list[str]) -> None:
    """What one row says."""
    found: object = None
    match words:
        case ["trade", amount]:
            pair.trade(int(amount) // 2, *traders)  # a lot is two dollars
        case ["penalty", amount]:
            pair.earn(penalties=int(amount) * USDC)
        case ["distribute"]:
            assert isinstance(pair.distribute(), model.Parts)
        case ["deliver", to]:
            found = pair.deliver({"vault": VAULT, "fund": pair.fund.address}[to])
            assert isinstance(found, int)
        case ["claim", "treasury"]:
            found = pair.claim(CHEST)
        case ["floor", amount]:
            found = pair.change(floor=int(amount) * USDC)
        case ["recall", amount]:
            found = pair.recall(int(amount) * USDC)
        case _:
            pytest.fail(f"docs/risk.md: {words}")
    assert not isinstance(found, str)


def dollars(amount: int) -> str:
    """Exactly, to the cent."""
    cents, rest = divmod(amount, USDC // 100)
    assert rest == 0
    return f"{cents // 100}.{cents % 100:02}"


def test_worked_numbers(pair: FeePair) -> None:
    traders = pair.traders()
    table = rows("| what happens with fees |")
    assert len(table) == 10
    for happens, *expected in table:
        do(pair, traders, happens.split())
        fees, engine = pair.fees, pair.engine
        amounts = (
            engine.collateral(pair.model.account(0)),
            engine.collateral(pair.model.account(1)),
            fees.deliverable(VAULT),
            fees.deliverable(pair.fund.address),
            *(fees.claimable(one) for one in (CHEST, STAKERS, BUYBACK)),
            engine.collateral(int(VAULT, 16) << 8),
            pair.fund.reserve(),
        )
        assert list(map(dollars, amounts)) == expected, happens
        pair.check()


def test_settings_of_the_worked_numbers() -> None:
    fees, penalties = SETTINGS.fees, SETTINGS.penalties
    sentence = (
        f"Settings: floor {SETTINGS.floor // USDC}; fees: vault {fees.vault:,}, "
        f"insurance {fees.insurance:,}, treasury {fees.treasury:,}, runners {fees.runners:,}, "
        f"stakers {fees.others[0]:,}, buy-back {fees.others[1]:,}; penalties: vault {penalties.vault:,}, "
        f"insurance {penalties.insurance:,}, treasury {penalties.treasury:,}, "
        f"runners {penalties.runners:,}, stakers {penalties.others[0]:,}."
    )
    assert sentence in " ".join(TEXT.split())
    assert penalties.others[1] == 0


def test_bounds() -> None:
    assert dict(rows("| bound of | value |")) == {
        "insurance, of fees": f"at least {model.MIN_INSURANCE:,}",
        "insurance, of penalties": f"at least {model.MIN_INSURANCE_OF_PENALTIES:,}",
        "treasury": f"at most {model.MAX_TREASURY:,}",
        "runners": f"at most {model.MAX_RUNNERS:,}",
        "others together": f"at most {model.MAX_OTHERS:,}",
        "others, how many": "at most 4",
        "floor": f"at most {model.MAX_FLOOR:,} tokens",
    }
