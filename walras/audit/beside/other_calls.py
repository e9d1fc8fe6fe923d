"""What calls of the contracts around the engine ask of the models; see walras.audit.beside.engine_calls."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from walras.audit.beside.engine_calls import OWNER, Answer, Calls, EngineCalls, OrderId, owned
from walras.audit.system import MULTISIG, ROUTER_GUARD
from walras.model import vault
from walras.model.market import Mode
from walras.model.revert import require
from walras.model.stage import Settings as LiquidationSettings
from walras.model.triggers import End, Executed, NewTrigger


class LiquidationCalls(Calls):
    """LiquidationEngine."""

    OF = MappingProxyType(owned("configure", "set_backstop"))

    def configure(self, sender: str, market: int, settings: Sequence[int]) -> Answer:
        """How a market is liquidated."""
        self.models.liquidation.configure(market, LiquidationSettings(*settings))
        return []

    def set_backstop(self, sender: str, account: int) -> Answer:
        """Who takes over."""
        self.models.liquidation.backstop = account
        return []

    def cancel_orders(self, sender: str, account: int, market: int) -> Answer:
        """Stage 1."""
        return [self.models.liquidation.cancel_orders(int(sender, 16), account, market)]

    def liquidate(self, sender: str, account: int, market: int) -> Answer:
        """Stage 2."""
        self.models.liquidation.liquidate(int(sender, 16), account, market)
        return []

    def collect(self, sender: str, account: int, market: int) -> Answer:
        """Its end."""
        self.models.liquidation.collect(int(sender, 16), account, market)
        return []

    def take_over(self, sender: str, account: int, market: int, lots: int) -> Answer:
        """Stage 3."""
        self.models.liquidation.take_over(int(sender, 16), account, market, lots)
        return []

    def unwind(self, sender: str, market: int) -> Answer:
        """The backstop trades away."""
        self.models.liquidation.unwind(int(sender, 16), market)
        return []

    def resolve(self, sender: str, account: int) -> Answer:
        """Stage 4."""
        self.models.liquidation.resolve(int(sender, 16), account)
        return []

    def nominate(self, sender: str, account: int, market: int, nominee: int) -> Answer:
        """Stage 5."""
        self.models.liquidation.nominate(int(sender, 16), account, market, nominee)
        return []

    def deleverage(self, sender: str, account: int, market: int, most: int) -> Answer:
        """And its execution."""
        self.models.liquidation.deleverage(int(sender, 16), account, market, most)
        return []

    def report_halt(self, sender: str, market: int) -> Answer:
        """A price is not fit."""
        self.models.liquidation.report_halt(market)
        return []

    def settle(self, sender: str, market: int) -> Answer:
        """The end of a market."""
        self.models.liquidation.settle(int(sender, 16), market)
        return []

    def settle_position(self, sender: str, account: int, market: int) -> Answer:
        """A position that ends with a deficit."""
        self.models.liquidation.settle_position(account, market)
        return []


class VaultCalls(Calls):
    """Vault."""

    OF = MappingProxyType(owned("configure", "set_cooldown", "set_exit_fee", "set_guardian", "fund_backstop"))

    def configure(self, sender: str, market: int, settings: Sequence[int]) -> Answer:
        """Quotes of a market."""
        self.models.vault.configure(market, vault.QuoteSettings(*settings))
        return []

    def set_cooldown(self, sender: str, seconds: int) -> Answer:
        """How long requests wait."""
        self.models.vault.set_cooldown(seconds)
        return []

    def set_exit_fee(self, sender: str, base_bps: int, slope_bps: int) -> Answer:
        """What leaving costs."""
        self.models.vault.set_exit_fee(base_bps, slope_bps)
        return []

    def set_guardian(self, sender: str, guardian: str) -> Answer:
        """Who may lower the cap: the one that the system has."""
        return []

    def set_deposit_cap(self, sender: str, cap: int) -> Answer:
        """By the guardian where it does not rise."""
        home = self.models.vault
        lowers = sender == self.models.system.guardian and cap <= home.deposit_cap
        require(lowers or sender == self.models.owner, OWNER)
        home.set_deposit_cap(cap)
        return []

    def fund_backstop(self, sender: str, amount: int) -> Answer:
        """Capital is set aside."""
        self.models.vault.fund_backstop(amount)
        return []

    def deposit(self, sender: str, assets: int, receiver: str) -> Answer:
        """Capital comes."""
        return [self.models.vault.deposit(assets, receiver)]

    def mint(self, sender: str, shares: int, receiver: str) -> Answer:
        """The same by shares."""
        return [self.models.vault.mint(shares, receiver)]

    def request_redeem(self, sender: str, shares: int, controller: str, owner: str) -> Answer:
        """Shares are asked back."""
        return [self.models.vault.request_redeem(sender, shares, controller, owner)]

    def redeem(self, sender: str, shares: int, receiver: str, controller: str) -> Answer:
        """Shares are claimed."""
        return [self.models.vault.redeem(sender, shares, receiver, controller)]

    def withdraw(self, sender: str, assets: int, receiver: str, controller: str) -> Answer:
        """The same by assets."""
        return [self.models.vault.withdraw(sender, assets, receiver, controller)]

    def transfer(self, sender: str, to: str, amount: int) -> Answer:
        """Shares move."""
        self.models.vault.transfer(sender, to, amount)
        return [1]

    def transfer_from(self, sender: str, owner: str, to: str, amount: int) -> Answer:
        """Somebody's shares move."""
        self.models.vault.transfer_from(sender, owner, to, amount)
        return [1]


class FundCalls(Calls):
    """InsuranceFund."""

    OF = MappingProxyType(owned("set_engine", "set_draw_cap"))

    def set_engine(self, sender: str, engine: str) -> Answer:
        """Who draws."""
        self.models.fund.set_engine(engine)
        return []

    def set_draw_cap(self, sender: str, market: int, cap: int) -> Answer:
        """How much."""
        self.models.fund.set_draw_cap(market, cap, self.models.time, self.models.usd)
        return []

    def contribute(self, sender: str, amount: int) -> Answer:
        """To the reserve."""
        self.models.fund.contribute(amount)
        return []

    def stake(self, sender: str, assets: int, receiver: str) -> Answer:
        """To the pot."""
        return [self.models.fund.stake(assets, receiver)]

    def request_exit(self, sender: str, shares: int) -> Answer:
        """A staker wants to leave."""
        self.models.fund.request_exit(self.models.time, sender, shares)
        return []

    def claim(self, sender: str, receiver: str) -> Answer:
        """And does."""
        return [self.models.fund.claim(self.models.time, sender, receiver)]

    def draw(self, sender: str, market: int, amount: int) -> Answer:
        """By the waterfall alone."""
        return [self.models.fund.draw(sender, market, amount).paid]


class FeesCalls(Calls):
    """FeeDistributor."""

    OF = MappingProxyType(owned("configure", "recall"))

    def distribute(self, sender: str) -> Answer:
        """Into pots."""
        parts = self.models.fees.distribute()
        whole = parts.fees, parts.penalties, parts.vault, parts.insurance, parts.treasury, parts.runners
        return [32, *whole, 7 * 32, len(parts.others), *parts.others]

    def deliver(self, sender: str, recipient: str) -> Answer:
        """A pot of the fund or the vault."""
        return [self.models.fees.deliver(recipient)]

    def claim(self, sender: str, receiver: str) -> Answer:
        """The sender's pot."""
        return [self.models.fees.claim(sender, receiver)]


class TriggersCalls(Calls):
    """TriggerOrders."""

    def place(self, sender: str, account: int, terms: Sequence[Any]) -> Answer:
        """A trigger."""
        return [self.models.triggers.place(int(sender, 16), account, NewTrigger(*terms))]

    def place_pair(self, sender: str, account: int, one: Sequence[Any], other: Sequence[Any]) -> Answer:
        """Two, of which one is enough."""
        first, second = NewTrigger(*one), NewTrigger(*other)
        return list(self.models.triggers.place_pair(int(sender, 16), account, first, second))

    def cancel(self, sender: str, trigger: int) -> Answer:
        """One goes."""
        return [self.models.triggers.cancel(int(sender, 16), trigger)]

    def claim(self, sender: str, receiver: str) -> Answer:
        """Tips."""
        return [self.models.triggers.claim(int(sender, 16), receiver)]

    def execute(self, sender: str, trigger: int) -> Answer:
        """It is tried; 0 where no order comes of it."""
        known = self.models.triggers.triggers.get(trigger)
        market = known.terms.market if known else 0
        done = self.models.triggers.execute(int(sender, 16), trigger)
        return [OrderId(market, done.order_id) if isinstance(done, Executed) else 0]

    def ratchet(self, sender: str, trigger: int) -> Answer:
        """A trailing stop follows."""
        return [self.models.triggers.ratchet(trigger)]

    def sweep(self, sender: str, trigger: int) -> Answer:
        """What is void goes."""
        return [int(End(self.models.triggers.sweep(trigger)))]


class GuardianCalls(Calls):
    """Guardian: who, until when, and what it asks of engine and vault."""

    OF = MappingProxyType(owned("renew", "set_multisig"))

    def renew(self, sender: str, until: int) -> Answer:
        """Its powers last."""
        self.models.expires_at = until
        return []

    def _check(self, sender: str) -> None:
        require(sender == MULTISIG, "guardian: not the multisig")
        require(self.models.time < self.models.expires_at, "guardian: expired")

    def restrict(self, sender: str, markets: Sequence[int], mode: int) -> Answer:
        """Stricter modes."""
        self._check(sender)
        for market in markets:
            if self.models.engine.markets[market].mode < mode:
                self.models.engine.restrict(market, Mode(mode))
        return []

    def raise_margins(self, sender: str, market: int, initial_ppm: int, maintenance_bps: int) -> Answer:
        """Higher margins."""
        self._check(sender)
        now = self.models.engine.markets[market].settings
        self.models.engine.tighten(market, initial_ppm, maintenance_bps, now.open_cap, now.account_cap)
        return []

    def lower_caps(self, sender: str, market: int, open_cap: int, account_cap: int) -> Answer:
        """Lower caps."""
        self._check(sender)
        now = self.models.engine.markets[market].settings
        self.models.engine.tighten(market, now.initial_ppm, now.maintenance_bps, open_cap, account_cap)
        return []

    def pause_deposits(self, sender: str) -> Answer:
        """Nobody new, and no capital."""
        self._check(sender)
        self.models.engine.pause_deposits()
        self.models.vault.set_deposit_cap(0)
        return []

    def pause_withdrawals(self, sender: str) -> Answer:
        """For a day."""
        self._check(sender)
        self.models.engine.pause_withdrawals()
        return []

    def lower_deposit_cap(self, sender: str, cap: int) -> Answer:
        """Of the vault."""
        self._check(sender)
        require(cap <= self.models.vault.deposit_cap, OWNER)
        self.models.vault.set_deposit_cap(cap)
        return []


class RouterCalls(Calls):
    """OracleRouter: whose its powers are; prices are the chain's."""

    OF = MappingProxyType(
        owned("resume", "set_guardian") | {"halt": (ROUTER_GUARD, "router: not guardian or owner")}
    )


class TimelockCalls(Calls):
    """Timelock: whose its powers are."""

    OF = MappingProxyType({"update_delay": ("timelock", "timelock: only timelock")})


class TokenCalls(Calls):
    """The collateral: everybody has plenty."""

    def transfer(self, sender: str, to: str, amount: int) -> Answer:
        """A gift, which changes nothing."""
        return [1]


KNOWN: Final[Mapping[str, type[Calls]]] = MappingProxyType(
    {
        "engine": EngineCalls,
        "liquidation": LiquidationCalls,
        "vault": VaultCalls,
        "fund": FundCalls,
        "fees": FeesCalls,
        "triggers": TriggersCalls,
        "guardian": GuardianCalls,
        "router": RouterCalls,
        "timelock": TimelockCalls,
        "token": TokenCalls,
    }
)
"""By contract."""
