"""Liquidity providers: their money is in the vault, and they want it back when they are afraid."""

from random import Random

from walras.chain.exchange import Exchange
from walras.demo.population.sight import Me, Sight, Wanted
from walras.demo.population.trader import DOLLAR, Trader
from walras.demo.wallet import Wallet

SHARES_A_UNIT = 10**6
"""Of the vault, at its first price."""


class Provider(Trader):
    """Deposits into the vault, some of it later; asks shares back when prices have fallen far."""

    group = "liquidity providers"
    reads_account = False

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.capital = self.between(150, 500) * 1_000 * DOLLAR
        self.later = self.capital // 4 if self.chance.random() < 0.4 else 0
        self.panics_at_bps = -self.between(400, 2_200)
        self.takes_bps = self.between(2_000, 10_000)
        self.later_after_s = self.between(300, 3_000)
        self.started = 0

    @property
    def deposit(self) -> int:
        """Nothing of its own in the engine."""
        return 0

    @property
    def spare(self) -> int:
        """What goes into the vault."""
        return self.capital + self.later

    def begin(self) -> Wanted:
        """Into the vault."""
        vault, token = self.exchange.vault, self.exchange.token
        return [
            token.approve(vault.address, self.capital + self.later),
            vault.deposit(self.capital, self.wallet.address),
        ]

    def decide(self, sight: Sight, me: Me) -> Wanted:
        """More while all is well, out when it is not; once each."""
        self.sleep(sight, 20, 90)
        if not self.started:
            self.started = sight.time
        vault = self.exchange.vault
        if sight.from_start_bps() < self.panics_at_bps and sight.may_grow:
            self.wakes = 2**62
            shares = self.capital * SHARES_A_UNIT // 10_000 * self.takes_bps
            return [vault.requestRedeem(shares, self.wallet.address, self.wallet.address)]
        if self.later and sight.time > self.started + self.later_after_s and sight.may_grow:
            amount, self.later = self.later, 0
            return [vault.deposit(amount, self.wallet.address)]
        return []
