"""What a transaction offers for gas: at first, and when it has waited too long. Pure arithmetic in wei."""

from dataclasses import dataclass
from typing import Final

BUMP_PER_MILLE: Final = 1_125
"""Nodes take the place of a transaction for one that offers a tenth more, some for an eighth more only."""


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei a gas."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How much a sender offers."""

    priority_fee_wei: int
    """A gas, for who makes the block."""
    max_fee_wei: int
    """The cap: no transaction offers more a gas, whatever the base fee is."""
    base_fee_percent: int = 200
    """Of the base fee that a transaction allows, so that it bears rises."""
    patience_blocks: int = 3
    """After which a transaction that is in no block offers more."""
    gas_percent: int = 130
    """Of the estimate that is the gas limit, where an intent does not say its own."""
    cancel_gas: int = 21_000
    """Gas limit of a transfer of nothing to oneself."""

    def __post_init__(self) -> None:
        if self.priority_fee_wei < 0 or self.max_fee_wei <= self.priority_fee_wei:
            raise ValueError("max_fee_wei has to be above priority_fee_wei, and that not below 0")
        if self.base_fee_percent < 100 or self.gas_percent < 100 or self.patience_blocks < 1:
            raise ValueError("base_fee_percent and gas_percent are 100 at least, patience_blocks 1")

    def first(self, base_fee: int) -> Fees | None:
        """Of a new transaction; None where the cap does not reach base and priority fee."""
        if base_fee + self.priority_fee_wei > self.max_fee_wei:
            return None
        wanted = base_fee * self.base_fee_percent // 100 + self.priority_fee_wei
        return Fees(min(wanted, self.max_fee_wei), self.priority_fee_wei)

    def bumped(self, old: Fees, base_fee: int) -> Fees | None:
        """Of one that takes the place of another: an eighth more at least. None where the cap is below."""
        priority = max(self.priority_fee_wei, _more(old.priority_fee))
        least = max(_more(old.max_fee), base_fee + priority)
        if least > self.max_fee_wei:
            return None
        wanted = base_fee * self.base_fee_percent // 100 + priority
        return Fees(min(max(wanted, least), self.max_fee_wei), priority)

    def gas(self, estimate: int) -> int:
        """Gas limit, rounded up."""
        return -(-estimate * self.gas_percent // 100)


def _more(fee: int) -> int:
    return max(-(-fee * BUMP_PER_MILLE // 1_000), fee + 1)
