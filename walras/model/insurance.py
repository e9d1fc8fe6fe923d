"""The insurance fund: the exact reference that contracts/InsuranceFund.vy is compared with.

Names, arguments and units are those of interfaces/IInsuranceFund.vyi. What a share is worth is a Fraction
here, and rounded where something is paid. Ownership, events and the token's own refusals are not the model's
matter; docs/risk.md tells the rules in prose.

The worth of a share, (pot + 1) / (shares + 1,000), falls by draws alone. A stake of a assets gets
s <= a / worth shares, a claim of s shares pays a <= s * worth assets; so after the former
(pot + 1 + a) / (shares + 1,000 + s) and after the latter (pot + 1 - a) / (shares + 1,000 - s) are both
no less than worth: what comes in is no cheaper, what goes out no dearer than what stays.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from walras.model.revert import require
from walras.model.steps import is_early, is_large

MAX_AMOUNT: Final = 2**112 - 1
CAP_STEP: Final = 100_000  # whole tokens
VIRTUAL_SHARES: Final = 1_000
MAX_SHARES_PER_UNIT: Final = 10**9
DAY: Final = 86_400  # seconds
EXIT_DELAY: Final = 14 * DAY
CLAIM_WINDOW: Final = 7 * DAY
NOBODY: Final = "0x" + 40 * "0"


@dataclass(frozen=True, slots=True)
class Exit:
    """A request to leave; no shares where there is none."""

    shares: int = 0
    claimable_from: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Stake:
    """What an account has in the pot."""

    shares: int = 0
    exit: Exit = Exit()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw paid, and the shares and the rest of the pot where it made them void."""

    from_reserve: int
    from_pot: int
    voided: tuple[int, int] | None = None

    @property
    def paid(self) -> int:
        """All of it."""
        return self.from_reserve + self.from_pot


class InsuranceFund:
    """The fund. `now` is the time of the block of a call, `sender` who makes it."""

    def __init__(self) -> None:
        self.engine = NOBODY
        self.reserve = 0
        self.pot = 0
        self.epoch = 0
        self.stakes: dict[str, Stake] = {}
        """Of this epoch."""
        self.draw_cap: dict[int, int] = {}
        self.drawn: dict[int, int] = {}
        self.cap_raised_at: dict[int, int] = {}

    # ------------------------------------------------------------ mutators

    def contribute(self, amount: int) -> None:
        """Add to the reserve."""
        require(amount > 0, "fund: zero amount")
        require(self.reserve + amount <= MAX_AMOUNT, "fund: amount too large")
        self.reserve += amount

    def stake(self, assets: int, receiver: str) -> int:
        """Put assets into the pot; the receiver's new shares."""
        require(receiver != NOBODY, "fund: no receiver")
        require(self.engine != NOBODY, "fund: no engine")
        require(self.pot + assets <= MAX_AMOUNT, "fund: amount too large")
        shares = int(assets / self.worth)
        require(shares > 0, "fund: zero shares")
        held = self._stake(receiver)
        self.stakes[receiver] = Stake(held.shares + shares, held.exit)
        self.pot += assets
        return shares

    def request_exit(self, now: int, sender: str, shares: int) -> Exit:
        """Ask to leave with some shares, instead of what was asked before."""
        held = self._stake(sender)
        require(shares > 0, "fund: no shares")
        require(shares <= held.shares, "fund: not enough shares")
        request = Exit(shares, now + EXIT_DELAY, now + EXIT_DELAY + CLAIM_WINDOW)
        self.stakes[sender] = Stake(held.shares, request)
        return request

    def cancel_exit(self, sender: str) -> None:
        """Take the request back."""
        held = self._stake(sender)
        require(held.exit.shares > 0, "fund: no exit requested")
        self.stakes[sender] = Stake(held.shares)

    def claim(self, now: int, sender: str, receiver: str) -> int:
        """Leave as asked; the assets paid."""
        require(receiver != NOBODY, "fund: no receiver")
        held = self._stake(sender)
        require(held.exit.shares > 0, "fund: no exit requested")
        require(now >= held.exit.claimable_from, "fund: exit too early")
        require(now < held.exit.until, "fund: exit expired")
        assets = int(held.exit.shares * self.worth)
        require(assets > 0, "fund: nothing to claim")
        self.stakes[sender] = Stake(held.shares - held.exit.shares)
        self.pot -= assets
        return assets

    def draw(self, sender: str, market: int, amount: int) -> Drawn:
        """Pay a deficit as far as it goes."""
        require(sender == self.engine, "fund: only engine")
        paid = min(amount, self.draw_capacity(market))
        from_reserve = min(paid, self.reserve)
        from_pot = paid - from_reserve
        self.reserve -= from_reserve
        self.pot -= from_pot
        self.drawn[market] = self.drawn.get(market, 0) + paid
        shares = self.total_shares
        if from_pot and shares and (self.pot == 0 or self.worth < Fraction(1, MAX_SHARES_PER_UNIT)):
            rest = self.pot
            self.reserve += rest
            self.pot = 0
            self.stakes = {}
            self.epoch += 1
            return Drawn(from_reserve, from_pot, (shares, rest))
        return Drawn(from_reserve, from_pot)

    def set_engine(self, engine: str, is_contract: bool = True) -> None:
        """Name the engine."""
        require(self.engine == NOBODY, "fund: engine is set")
        require(is_contract, "fund: engine not a contract")
        self.engine = engine

    def set_draw_cap(self, market: int, cap: int, now: int = 0, one: int = 10**6) -> None:
        """Bound what is drawn for a market; `one` is a whole token. With shares it rises by steps."""
        require(cap <= MAX_AMOUNT, "fund: amount too large")
        before = self.draw_cap.get(market, 0)
        if self.total_shares and cap > before:
            drawn = self.drawn.get(market, 0)
            left, more = max(0, before - drawn), max(0, cap - drawn)
            require(not is_large(left, more, CAP_STEP * one), "fund: step too large")
            raised_at = self.cap_raised_at.get(market)
            require(raised_at is None or not is_early(raised_at, now), "fund: too soon")
            self.cap_raised_at[market] = now
        self.draw_cap[market] = cap

    # ------------------------------------------------------------ views

    @property
    def total_shares(self) -> int:
        """Of all accounts."""
        return sum(held.shares for held in self.stakes.values())

    @property
    def worth(self) -> Fraction:
        """Of a share."""
        return Fraction(self.pot + 1, self.total_shares + VIRTUAL_SHARES)

    def draw_capacity(self, market: int) -> int:
        """The most that a draw would pay."""
        left = self.draw_cap.get(market, 0) - self.drawn.get(market, 0)
        return max(0, min(left, self.reserve + self.pot))

    def shares_of(self, account: str) -> int:
        """Of one account."""
        return self._stake(account).shares

    def value_of(self, account: str) -> int:
        """What they are worth."""
        return int(self.shares_of(account) * self.worth)

    def pending_exit(self, account: str) -> Exit:
        """Its request."""
        return self._stake(account).exit

    def preview_stake(self, assets: int) -> int:
        """The shares of a stake, 0 where it would be refused."""
        is_taken = self.engine != NOBODY and self.pot + assets <= MAX_AMOUNT
        return int(assets / self.worth) if is_taken else 0

    def preview_claim(self, now: int, account: str) -> int:
        """The assets of a claim, 0 where it would be refused."""
        request = self.pending_exit(account)
        return int(request.shares * self.worth) if request.claimable_from <= now < request.until else 0

    def _stake(self, account: str) -> Stake:
        return self.stakes.get(account, Stake())
