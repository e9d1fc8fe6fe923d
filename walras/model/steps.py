"""How far, and how often, governance moves a number: one rule for all contracts."""

from fractions import Fraction
from typing import Final

EVERY: Final = 86_400  # seconds between two changes


def is_large(before: int, after: int, least: int) -> bool:
    """Whether a change is of more than half of what was, and of more than a least step."""
    change = Fraction(abs(after - before))
    return change > least and change > Fraction(abs(before) // 2)


def is_early(changed_at: int, now: int) -> bool:
    """Whether the last change is less than a day ago."""
    return now - changed_at < EVERY
