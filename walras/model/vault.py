"""The liquidity providers' vault: the exact reference that contracts/Vault.vy is compared with.

Names, arguments and units are those of interfaces/IVault.vyi. What a share is worth is a Fraction here, and
rounded where something is paid or quoted. The engine is walras.model.engine's; it settles, holds and pays.
Events, ownership and the token's own refusals are not the model's matter; docs/risk.md tells the rules.

Entries: a assets buy s <= a / high price; exits: s shares are paid a <= s * low price. So after either the
price of the shares that were there before is no less: what comes in is no cheaper, what goes out no dearer
than what stays.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import wraps
from math import ceil, floor
from typing import Any, Final

from walras.model.account import Question, Worth
from walras.model.actions import Status
from walras.model.book import MAX_TICK, NO_QUOTES, VaultQuotes
from walras.model.engine import Engine
from walras.model.market import BPS, PPM
from walras.model.revert import require
from walras.model.steps import is_early, is_large

DAY: Final = 86_400
OFFSET: Final = 6
VIRTUAL_SHARES: Final = 10**OFFSET
MAX_SHARES_PER_UNIT: Final = 10**12
MAX_ASSETS: Final = 2**96 - 1
MAX_SHARES: Final = 2**137
MAX_LOTS: Final = 2**29 - 1
MAX_MARKETS: Final = 128
BASE_STEP: Final = 25  # bps
SLOPE_STEP: Final = 100
QUOTE_STEPS: Final = (
    ("allocation_bps", 1_000, 1),
    ("leverage_bps", 5_000, 1),
    ("depth_bps", 1_000, 1),
    ("spread_ppm", 500, -1),
)
"""Changes that are never too large, and in which sense they are steps at all; the other one tightens."""
SKEW_STEP: Final = 500
MAX_BACKSTOP_BPS: Final = 2_000
ANY: Final = 2**256 - 1
NOBODY: Final = "0x" + 40 * "0"


@dataclass(frozen=True, slots=True)
class QuoteSettings:
    """As the interface tells, with bounds."""

    allocation_bps: int = 0
    leverage_bps: int = 0
    spread_ppm: int = 0
    skew_ppm: int = 0
    depth_bps: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """Shares that are asked back, and the most that is paid for them."""

    shares: int = 0
    value: int = 0
    claimable_from: int = 0


def _all_or_nothing(call: Any) -> Any:
    @wraps(call)
    def guarded(self: "Vault", *args: Any, **kwargs: Any) -> Any:
        mine = self.balances, self.allowances, self.requests, self.has_backstop
        before = deepcopy(mine), self.engine.save()
        try:
            return call(self, *args, **kwargs)
        except Exception:
            (self.balances, self.allowances, self.requests, self.has_backstop), engine = before
            self.engine.restore(engine)
            raise

    return guarded


class Vault:
    """The vault at an address, with the engine that it is an account of. `sender` is who makes a call."""

    def __init__(self, at: str, engine: Engine) -> None:
        self.address = at
        self.account = int(at, 16) << 8
        self.backstop = self.account | 1
        self.has_backstop = False
        self.engine = engine
        self.balances: dict[str, int] = {}
        self.allowances: dict[tuple[str, str], int] = {}
        self.operators: set[tuple[str, str]] = set()
        self.requests: dict[str, Request] = {}
        self.settings: dict[int, QuoteSettings] = {}
        self.cooldown = 3 * DAY
        self.deposit_cap = 0
        self.base_fee_bps = 0
        self.fee_slope_bps = 0
        self.fee_changed_at = 0
        self.cooldown_changed_at = 0
        self.quotes_changed_at: dict[int, int] = {}
        self.fee = 0
        """What the last claim left to those who stay."""

    # ------------------------------------------------------------ shares

    @_all_or_nothing
    def transfer(self, sender: str, to: str, amount: int) -> None:
        """Give shares away."""
        self._check_receiver(to)
        self._move(sender, to, amount)

    @_all_or_nothing
    def transfer_from(self, sender: str, owner: str, to: str, amount: int) -> None:
        """Give shares of somebody who approved."""
        self._check_receiver(to)
        self._spend(owner, sender, amount)
        self._move(owner, to, amount)

    def approve(self, sender: str, spender: str, amount: int) -> None:
        """Let somebody move shares."""
        self.allowances[sender, spender] = amount

    # ------------------------------------------------------------ entries

    @_all_or_nothing
    def deposit(self, assets: int, receiver: str) -> int:
        """Buy shares for assets."""
        worth = self._worth_for_entry()
        require(assets + max(0, worth.high) <= self.deposit_cap, "vault: deposit cap")
        shares = floor(assets / self.price(worth.high))
        self._enter(assets, shares, receiver)
        return shares

    @_all_or_nothing
    def mint(self, shares: int, receiver: str) -> int:
        """Buy a number of shares."""
        worth = self._worth_for_entry()
        assets = ceil(shares * self.price(worth.high))
        require(assets + max(0, worth.high) <= self.deposit_cap, "vault: deposit cap")
        self._enter(assets, shares, receiver)
        return assets

    def _enter(self, assets: int, shares: int, receiver: str) -> None:
        require(shares > 0, "vault: zero shares")
        self._check_receiver(receiver)
        self.balances[receiver] = self.balance_of(receiver) + shares
        self.engine.deposit(self.account, assets)

    # ------------------------------------------------------------ exits

    @_all_or_nothing
    def request_redeem(self, sender: str, shares: int, controller: str, owner: str) -> int:
        """Ask shares back."""
        require(self._acts_for(sender, controller), "vault: not the controller")
        require(shares > 0, "vault: zero shares")
        if not self._acts_for(sender, owner):
            self._spend(owner, sender, shares)
        self._move(owner, self.address, shares)
        worth = self._refreshed()
        value = floor(shares * self.price(worth.low))
        require(value > 0, "vault: nothing to claim")
        old = self.request_of(controller)
        due = self.engine.time + self.cooldown
        self.requests[controller] = Request(old.shares + shares, old.value + value, due)
        return 0

    @_all_or_nothing
    def redeem(self, sender: str, shares: int, receiver: str, controller: str) -> int:
        """Claim shares that have waited."""
        require(self._acts_for(sender, controller), "vault: not the controller")
        request = self.ripe(controller)
        require(shares > 0, "vault: zero shares")
        require(shares <= request.shares, "vault: more than claimable")
        worth = self._refreshed()
        gross, assets = self.gross(request, shares, worth), self.net(request, shares, worth)
        self._leave(request, assets, shares, worth, receiver, controller)
        self.fee = gross - assets
        return assets

    @_all_or_nothing
    def withdraw(self, sender: str, assets: int, receiver: str, controller: str) -> int:
        """Claim an amount."""
        require(self._acts_for(sender, controller), "vault: not the controller")
        request = self.ripe(controller)
        require(assets <= request.value, "vault: more than claimable")
        worth = self._refreshed()
        gross = ceil(assets / (1 - Fraction(self.fee_bps(worth), BPS)))
        require(gross <= request.value, "vault: more than claimable")
        prices = [self.price(worth.low)]
        if request.shares:
            prices.append(Fraction(request.value, request.shares))
        shares = ceil(gross / min(prices)) if gross else 0
        require(shares <= request.shares, "vault: more than claimable")
        self._leave(request, assets, shares, worth, receiver, controller)
        self.fee = gross - assets
        return shares

    def _leave(
        self, request: Request, assets: int, shares: int, worth: Worth, receiver: str, controller: str
    ) -> None:
        require(assets > 0, "vault: nothing to claim")
        self._check_receiver(receiver)
        require(assets <= worth.free, "vault: margin in use")
        left = request.shares - shares
        if left:
            value = floor(Fraction(request.value * left, request.shares))
            self.requests[controller] = Request(left, value, request.claimable_from)
        else:
            del self.requests[controller]
        self.balances[self.address] -= shares
        self.engine.withdraw(int(self.address, 16), self.account, assets)

    def set_operator(self, sender: str, operator: str, approved: bool) -> None:
        """Let somebody act."""
        (self.operators.add if approved else self.operators.discard)((sender, operator))

    # ------------------------------------------------------------ governance

    def configure(self, market: int, settings: QuoteSettings) -> None:
        """How to quote in a market."""
        require(market < MAX_MARKETS, "vault: bad market")
        others = self.allocated_bps - self.quote_settings(market).allocation_bps
        require(others + settings.allocation_bps <= BPS, "vault: bad allocation")
        require(1_000 <= settings.leverage_bps <= 100_000, "vault: bad leverage")
        require(100 <= settings.spread_ppm <= 100_000, "vault: bad spread")
        require(settings.skew_ppm <= settings.spread_ppm, "vault: bad skew")
        require(1 <= settings.depth_bps <= BPS, "vault: bad depth")
        if self.supply:
            self._check_quotes_step(market, settings)
        self.settings[market] = settings

    def _check_quotes_step(self, market: int, after: QuoteSettings) -> None:
        """What may lose the providers more goes by a step a day; of a first configuration, the allocation."""
        before = self.settings.get(market, replace(after, allocation_bps=0))
        loosened = [
            (getattr(before, name), getattr(after, name), least)
            for name, least, sense in QUOTE_STEPS
            if (getattr(after, name) - getattr(before, name)) * sense > 0
        ]
        if before.skew_ppm != after.skew_ppm:
            loosened.append((before.skew_ppm, after.skew_ppm, SKEW_STEP))
        if loosened:
            require(not any(is_large(*one) for one in loosened), "vault: step too large")
            changed_at = self.quotes_changed_at.get(market)
            early = changed_at is not None and is_early(changed_at, self.engine.time)
            require(not early, "vault: too soon")
            self.quotes_changed_at[market] = self.engine.time

    def set_cooldown(self, cooldown: int) -> None:
        """How long requests wait."""
        require(DAY <= cooldown <= 14 * DAY, "vault: bad cooldown")
        if self.supply:
            require(not is_large(self.cooldown, cooldown, DAY), "vault: step too large")
            require(not is_early(self.cooldown_changed_at, self.engine.time), "vault: too soon")
            self.cooldown_changed_at = self.engine.time
        self.cooldown = cooldown

    def set_exit_fee(self, base_bps: int, slope_bps: int) -> None:
        """What leaving costs."""
        require(base_bps <= 100 and slope_bps <= 900, "vault: bad fee")
        if self.supply:
            large = is_large(self.base_fee_bps, base_bps, BASE_STEP)
            large = large or is_large(self.fee_slope_bps, slope_bps, SLOPE_STEP)
            require(not large, "vault: step too large")
            require(not is_early(self.fee_changed_at, self.engine.time), "vault: too soon")
            self.fee_changed_at = self.engine.time
        self.base_fee_bps, self.fee_slope_bps = base_bps, slope_bps

    def set_deposit_cap(self, cap: int) -> None:
        """Up to which equity deposits are taken."""
        require(cap <= MAX_ASSETS, "vault: bad cap")
        self.deposit_cap = cap

    @_all_or_nothing
    def fund_backstop(self, amount: int) -> None:
        """Set a part of the capital aside for positions that no auction takes."""
        self.has_backstop = True
        worth = self._refreshed()
        whole = max(0, self.engine.worth(self.backstop).high) + amount
        require(whole * BPS <= max(0, worth.low) * MAX_BACKSTOP_BPS, "vault: backstop too large")
        self.engine.transfer(int(self.address, 16), self.account, self.backstop, amount)

    @_all_or_nothing
    def recall_backstop(self, amount: int, is_owner: bool) -> None:
        """Take back what the backstop does not need."""
        if not is_owner:
            worth = self._refreshed()
            mine = self.engine.worth(self.account)
            is_short = mine.low < mine.initial or self.engine.account(self.account).collateral < 0
            require(not is_short, "vault: account below margin")
            short = self.owed(worth.low) - worth.free
            require(short > 0, "ownable: caller is not the owner")
            require(amount <= short, "vault: more than is short")
        self.engine.transfer(int(self.address, 16), self.backstop, self.account, amount)

    # ------------------------------------------------------------ quotes

    def quotes(self, question: Question) -> VaultQuotes:
        """What it bids and asks."""
        settings = self.quote_settings(question.market)
        if not settings.spread_ppm:
            return NO_QUOTES
        base = max(0, question.collateral) - self.owed(question.collateral)
        return quote(question, settings, base)

    # ------------------------------------------------------------ views

    @property
    def supply(self) -> int:
        """Of shares."""
        return sum(self.balances.values())

    @property
    def allocated_bps(self) -> int:
        """Over all markets."""
        return sum(settings.allocation_bps for settings in self.settings.values())

    @property
    def pending_value(self) -> int:
        """Of all requests."""
        return sum(request.value for request in self.requests.values())

    def owed(self, equity: int) -> int:
        """The most that requests are paid of an equity: what was asked, or what their shares are worth."""
        return min(self.pending_value, floor(self.balance_of(self.address) * self.price(equity)))

    @property
    def worth(self) -> Worth:
        """Of its accounts, at the stored marks; what the backstop owes is not the vault's to pay."""
        worth = self.engine.worth(self.account)
        if not self.has_backstop:
            return worth
        more = self.engine.worth(self.backstop)
        return replace(
            worth,
            low=worth.low + max(0, more.low),
            high=worth.high + max(0, more.high),
            statuses=worth.statuses | more.statuses,
        )

    def price(self, equity: int) -> Fraction:
        """Of a share, where the vault has an equity."""
        return Fraction(max(0, equity) + 1, self.supply + VIRTUAL_SHARES)

    def balance_of(self, owner: str) -> int:
        """Shares of an address."""
        return self.balances.get(owner, 0)

    def request_of(self, controller: str) -> Request:
        """What a controller asked for."""
        return self.requests.get(controller, Request())

    def ripe(self, controller: str) -> Request:
        """The same where it has waited."""
        request = self.request_of(controller)
        return request if self.engine.time >= request.claimable_from else Request()

    def quote_settings(self, market: int) -> QuoteSettings:
        """Of a market."""
        return self.settings.get(market, QuoteSettings())

    def fee_bps(self, worth: Worth) -> int:
        """What leaving costs."""
        used = min(Fraction(1), Fraction(worth.initial, worth.low)) if worth.low > 0 else Fraction(1)
        return self.base_fee_bps + ceil(self.fee_slope_bps * used)

    def gross(self, request: Request, shares: int, worth: Worth) -> int:
        """What shares of a request are worth: the least of then and now."""
        if not shares:
            return 0
        return floor(shares * min(Fraction(request.value, request.shares), self.price(worth.low)))

    def net(self, request: Request, shares: int, worth: Worth) -> int:
        """What a claim of them pays; 0 while the price is not fit."""
        gross = self.gross(request, shares, worth) if _is_fit(worth) else 0
        return gross - ceil(Fraction(gross * self.fee_bps(worth), BPS))

    def payable(self, worth: Worth) -> int:
        """What the engine pays of what is free."""
        return min(worth.free, self.engine.tracked) if self.engine.time >= self.engine.gate else 0

    def refusal(self, worth: Worth) -> str:
        """Why nobody can enter; nothing where he can."""
        if not _is_fit(worth):
            return "vault: price not fit"
        if min(worth.low, self.engine.worth(self.account).low) < 0 or (worth.low == 0 and self.supply):
            return "vault: no equity"
        if self.price(worth.low) < Fraction(1, MAX_SHARES_PER_UNIT):
            return "vault: shares too cheap"
        return ""

    def max_deposit(self, receiver: str) -> int:
        """The most that can come in."""
        worth = self.worth
        is_shut = self.engine.deposits_paused and not self.engine.account(self.account).positions
        if receiver in (NOBODY, self.address) or self.refusal(worth) or is_shut:
            return 0
        return max(0, self.deposit_cap - max(0, worth.high))

    def max_mint(self, receiver: str) -> int:
        """The same in shares."""
        return floor(self.max_deposit(receiver) / self.price(self.worth.high))

    def preview_deposit(self, assets: int) -> int:
        """What a deposit would give."""
        worth = self.worth
        return 0 if assets > MAX_ASSETS or self.refusal(worth) else floor(assets / self.price(worth.high))

    def preview_mint(self, shares: int) -> int:
        """What a mint would cost."""
        worth = self.worth
        return 0 if shares > MAX_SHARES or self.refusal(worth) else ceil(shares * self.price(worth.high))

    def max_redeem(self, controller: str) -> int:
        """Shares that can be claimed."""
        request, worth = self.ripe(controller), self.worth
        shares, assets = request.shares, self.net(request, request.shares, worth)
        most = self.payable(worth)
        if assets > most:
            shares = floor(Fraction(shares * most, assets + 2))
        return shares if self.net(request, shares, worth) else 0

    def max_withdraw(self, controller: str) -> int:
        """Tokens that can be claimed."""
        request, worth = self.ripe(controller), self.worth
        return min(self.net(request, request.shares, worth), self.payable(worth))

    # ------------------------------------------------------------ inside

    def _refreshed(self) -> Worth:
        self.engine.sync(self.account)
        if self.has_backstop:
            self.engine.sync(self.backstop)
        worth = self.worth
        require(_is_fit(worth), "vault: price not fit")
        return worth

    def _worth_for_entry(self) -> Worth:
        worth = self._refreshed()
        refusal = self.refusal(worth)
        require(not refusal, refusal)
        return worth

    def _check_receiver(self, to: str) -> None:
        require(to not in (NOBODY, self.address), "vault: bad receiver")

    def _acts_for(self, sender: str, who: str) -> bool:
        return sender == who or (who, sender) in self.operators

    def _spend(self, owner: str, spender: str, amount: int) -> None:
        allowed = self.allowances.get((owner, spender), 0)
        require(amount <= allowed, "vault: allowance too low")
        if allowed != ANY:
            self.allowances[owner, spender] = allowed - amount

    def _move(self, owner: str, to: str, amount: int) -> None:
        require(amount <= self.balance_of(owner), "vault: not enough shares")
        self.balances[owner] = self.balance_of(owner) - amount
        self.balances[to] = self.balance_of(to) + amount


def _is_fit(worth: Worth) -> bool:
    return not worth.statuses & {Status.STALE, Status.HALTED}


def limit_of(question: Question, settings: QuoteSettings, base: int) -> int:
    """Lots that the vault may hold: its budget for the market, less what it lost there, levered."""
    capital = floor(Fraction(base * settings.allocation_bps, BPS))
    budget = floor(Fraction(max(0, capital + min(0, question.profit)) * settings.leverage_bps, BPS))
    return floor(Fraction(budget, question.mark * question.unit))


def quote(question: Question, settings: QuoteSettings, base: int) -> VaultQuotes:
    """Quotes around the index: out of the way of the position, away from it by the spread."""
    limit = limit_of(question, settings, base)
    depth = floor(Fraction(limit * settings.depth_bps, BPS))
    spread, low, high = Fraction(settings.spread_ppm, PPM), question.mark, question.mark
    if question.wider:
        spread, low, high = 2 * spread, min(low, question.low), max(high, question.high)
    part = min(Fraction(1), Fraction(abs(question.lots), limit)) if limit else Fraction(bool(question.lots))
    lean = Fraction(floor(settings.skew_ppm * part), PPM) * (1 if question.lots > 0 else -1)
    bid, ask = floor(low * (1 - spread - lean)), ceil(high * (1 + spread - lean))
    bids, asks = (_lots(sign * question.lots, limit, depth) for sign in (1, -1))
    if question.mark >= MAX_TICK:  # of an index that may be any beyond: the limit is not known
        bids = min(bids, max(0, -question.lots))
    return VaultQuotes(
        bid,
        bids if low > 1 and 0 < bid <= MAX_TICK else 0,
        ask,
        asks if max(high + 1, ask) <= MAX_TICK else 0,
    )


def _lots(position: int, limit: int, depth: int) -> int:
    """Lots to buy: up to zero and the depth beyond it, no further than the limit."""
    if position < 0:
        return min(depth - position, MAX_LOTS)
    return max(0, min(depth, limit - position, MAX_LOTS))
