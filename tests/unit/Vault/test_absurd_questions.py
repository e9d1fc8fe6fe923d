"""Questions that no engine asks, as anybody may ask a view: no answer is given of numbers that wrapped."""

from dataclasses import replace

import pytest

from tests.support.engine import OWNER
from tests.support.orders import overflows
from tests.support.vault import PROVIDER, QUOTES, VaultPair
from tests.unit.Vault.test_quotes import FLAT

WHOLE = 2**256 - 1
LONG = 2**256 // 100_000 + 1
"""Lots that are too many to be multiplied by a skew of 100,000 ppm."""


@pytest.mark.parametrize(
    "changes",
    [
        {"collateral": WHOLE // QUOTES.allocation_bps},
        {"mark": 2**255, "low": 2**255, "high": 2**255, "unit": 1, "collateral": 0},
        {"mark": 1, "unit": 1, "wider": True, "low": 1, "high": WHOLE},
        {"mark": 1, "unit": 1, "wider": True, "low": 1, "high": WHOLE // (10**6 + 2 * QUOTES.spread_ppm)},
    ],
    ids=["capital", "bid", "ask", "ask rounded up"],
)
def test_number_too_large(pair: VaultPair, changes: dict[str, int]) -> None:
    with overflows():
        pair.vault.quotes(replace(FLAT, **changes))


def test_position_too_large(pair: VaultPair) -> None:
    pair.quote_in(
        0, replace(QUOTES, allocation_bps=10_000, leverage_bps=100_000, spread_ppm=100_000, skew_ppm=100_000)
    )
    collateral = (LONG + 10) * 10_000 // 100_000 + 2
    question = replace(FLAT, mark=1, low=1, high=1, unit=1, lots=LONG, collateral=collateral)
    with overflows():
        pair.vault.quotes(question)


def test_capital_too_large_to_be_shared(pair: VaultPair) -> None:
    """With somebody's request out of it."""
    pair.enter(1_000 * 10**6)
    pair.ask_back(pair.vault.balanceOf(PROVIDER) // 2)
    with overflows():
        pair.vault.quotes(replace(FLAT, collateral=2**255 - 1))


def test_backstop_too_large(pair: VaultPair) -> None:
    pair.enter(1_000 * 10**6)
    assert pair.fund_backstop(1)
    with overflows():
        pair.vault.fund_backstop(WHOLE, sender=OWNER)
