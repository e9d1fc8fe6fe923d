"""The fee distributor: the exact reference that contracts/FeeDistributor.vy is compared with.

Names, arguments and units are those of interfaces/IFeeDistributor.vyi. It acts on the models of engine and
insurance fund. Ownership, events and the token's own refusals are not the model's matter; docs/risk.md tells
the rules in prose.
"""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from walras.model.engine import Engine
from walras.model.insurance import NOBODY, InsuranceFund
from walras.model.revert import require
from walras.model.steps import is_early, is_large

BPS: Final = 10_000
MIN_INSURANCE: Final = 1_000
MIN_INSURANCE_OF_PENALTIES: Final = 5_000
MAX_TREASURY: Final = 5_000
MAX_RUNNERS: Final = 2_000
MAX_OTHERS: Final = 3_000
MAX_FLOOR: Final = 10**6  # whole tokens
SHARE_STEP: Final = 500
FLOOR_STEP: Final = 10_000  # whole tokens


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one kind of income, basis points."""

    vault: int = 0
    insurance: int = 0
    treasury: int = 0
    runners: int = 0
    others: tuple[int, ...] = ()

    def numbers(self) -> tuple[int, ...]:
        """What goes by steps: the others have one for all of them."""
        return (self.vault, self.insurance, self.treasury, self.runners, sum(self.others))


@dataclass(frozen=True, slots=True)
class Settings:
    """Recipients, shares, floor. Addresses are lower case."""

    vault: str
    treasury: str
    others: tuple[str, ...]
    fees: Shares
    penalties: Shares
    floor: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What a distribution takes and books."""

    fees: int
    penalties: int
    vault: int
    insurance: int
    treasury: int
    runners: int
    others: tuple[int, ...]


class FeeDistributor:
    """The distributor. `insurance` is the address of the fund."""

    def __init__(
        self, address: str, engine: Engine, insurance: str, fund: InsuranceFund, settings: Settings
    ) -> None:
        self.address = address
        self.engine = engine
        self.insurance = insurance
        self.fund = fund
        self.deliverable: Counter[str] = Counter()
        self.claimable: Counter[str] = Counter()
        self.changed_at = 0
        """When a share or the floor last changed; 0 where none has."""
        self._check(settings)
        self.settings = settings

    # ------------------------------------------------------------ mutators

    def distribute(self) -> Parts:
        """Take what there is and book it."""
        parts = self.preview()
        require(parts.fees + parts.penalties > 0, "fees: nothing to distribute")
        return self._distribute()

    def deliver(self, recipient: str) -> int:
        """Pay the fund's or a vault's pot."""
        amount = self.deliverable[recipient]
        require(amount > 0, "fees: nothing to deliver")
        if recipient == self.insurance:
            self.fund.contribute(amount)
        else:
            self.engine.deposit(int(recipient, 16) << 8, amount)
        self.deliverable[recipient] = 0
        return amount

    def claim(self, sender: str, receiver: str) -> int:
        """Pay the sender's pot."""
        require(receiver != NOBODY, "fees: no receiver")
        amount = self.claimable[sender]
        require(amount > 0, "fees: nothing to claim")
        self.claimable[sender] = 0
        return amount

    def configure(self, settings: Settings) -> None:
        """Other settings, for what comes from now on."""
        paid = self.preview().fees + self.preview().penalties - self.preview().runners
        require(paid <= self.engine.tracked, "engine: deficit unpaid")
        self._check(settings)
        changed_at = self._changed_at(settings)
        self._distribute()
        self.settings, self.changed_at = settings, changed_at

    def recall(self, amount: int) -> None:
        """From the runners' account back to the fees."""
        self.engine.transfer(self._me, self.account(1), self.account(0), amount)

    # ------------------------------------------------------------ views

    def account(self, number: int) -> int:
        """One of the distributor's own accounts."""
        return self._me << 8 | number

    @property
    def booked(self) -> int:
        """All pots."""
        return self.deliverable.total() + self.claimable.total()

    def preview(self) -> Parts:
        """What a distribution would book."""
        settings = self.settings
        fees = max(0, self.engine.account(self.account(0)).collateral - settings.floor)
        penalties = max(0, self.engine.account(self.account(2)).collateral)

        def part(of_fees: int, of_penalties: int) -> int:
            return int(Fraction(fees * of_fees, BPS)) + int(Fraction(penalties * of_penalties, BPS))

        vault = part(settings.fees.vault, settings.penalties.vault)
        treasury = part(settings.fees.treasury, settings.penalties.treasury)
        runners = part(settings.fees.runners, settings.penalties.runners)
        others = tuple(map(part, settings.fees.others, settings.penalties.others))
        insurance = fees + penalties - vault - treasury - runners - sum(others)
        return Parts(fees, penalties, vault, insurance, treasury, runners, others)

    # ------------------------------------------------------------ inside

    @property
    def _me(self) -> int:
        return int(self.address, 16)

    def _distribute(self) -> Parts:
        parts = self.preview()
        paid = parts.fees + parts.penalties - parts.runners
        require(paid <= self.engine.tracked, "engine: deficit unpaid")
        if paid:
            self.engine.transfer(self._me, self.account(2), self.account(0), parts.penalties)
            self.engine.transfer(self._me, self.account(0), self.account(1), parts.runners)
            self.engine.withdraw(self._me, self.account(0), paid)
        self.deliverable[self.settings.vault] += parts.vault
        self.deliverable[self.insurance] += parts.insurance
        self.claimable[self.settings.treasury] += parts.treasury
        for other, amount in zip(self.settings.others, parts.others, strict=True):
            self.claimable[other] += amount
        return parts

    def _changed_at(self, after: Settings) -> int:
        """When numbers last changed, these included; refused where they go too far, or too soon."""
        before, time = self.settings, self.engine.time
        pairs = [
            (was, now, SHARE_STEP)
            for one, other in ((before.fees, after.fees), (before.penalties, after.penalties))
            for was, now in zip(one.numbers(), other.numbers(), strict=True)
        ]
        pairs.append((before.floor, after.floor, FLOOR_STEP * self.engine.token_unit))
        require(not any(is_large(*pair) for pair in pairs), "fees: step too large")
        if all(was == now for was, now, _ in pairs):
            return self.changed_at
        require(not is_early(self.changed_at, time), "fees: too soon")
        return time

    def _check(self, settings: Settings) -> None:
        fees, penalties = settings.fees, settings.penalties
        require(settings.vault != NOBODY or fees.vault == penalties.vault == 0, "fees: no recipient")
        require(settings.treasury != NOBODY or fees.treasury == penalties.treasury == 0, "fees: no recipient")
        require(settings.vault not in (self.address, self.insurance), "fees: bad recipient")
        require(settings.treasury != self.address, "fees: bad recipient")
        for other in settings.others:
            require(other != NOBODY, "fees: no recipient")
            require(other != self.address, "fees: bad recipient")
        for shares, least in ((fees, MIN_INSURANCE), (penalties, MIN_INSURANCE_OF_PENALTIES)):
            others = sum(shares.others)
            require(len(shares.others) == len(settings.others), "fees: bad shares")
            require(
                least <= shares.insurance <= BPS
                and shares.vault <= BPS
                and shares.treasury <= MAX_TREASURY
                and shares.runners <= MAX_RUNNERS
                and others <= MAX_OTHERS,
                "fees: share out of bounds",
            )
            whole = shares.vault + shares.insurance + shares.treasury + shares.runners + others
            require(whole == BPS, "fees: shares not whole")
        require(settings.floor <= MAX_FLOOR * self.engine.token_unit, "fees: bad floor")
