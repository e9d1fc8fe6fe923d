"""What all who trade have in common."""

from abc import ABC, abstractmethod
from random import Random
from typing import Any, ClassVar

from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.demo.population.sight import Me, Sight, Wanted
from walras.demo.wallet import Wallet

DOLLAR = 10**6
"""Token units."""


class Trader(ABC):
    """One account of the engine in one market, with a stream of chance of its own."""

    group: ClassVar[str]
    reads_account: ClassVar[bool] = True
    """Whether it looks at its own account before it decides."""

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        self.exchange = exchange
        self.wallet = wallet
        self.market = market
        self.chance = chance
        self.account = int(wallet.address, 16) << 8
        self.wakes = 0
        """Unix seconds from when on it decides again."""

    @property
    @abstractmethod
    def deposit(self) -> int:
        """Collateral that it begins with, token units."""

    @property
    def spare(self) -> int:
        """Tokens that it keeps for later."""
        return 0

    def begin(self) -> Wanted:
        """What it sends before the window, its deposit apart."""
        return []

    @abstractmethod
    def decide(self, sight: Sight, me: Me) -> Wanted:
        """What it sends for the next block; `wakes` is when it wants to be asked again. A batch that is over
        takes no order: it is asked only while `sight.is_open`.
        """

    def sleep(self, sight: Sight, least: int, most: int) -> None:
        """For a number of seconds between the two."""
        self.wakes = sight.time + self.chance.randint(least, most)

    def between(self, least: int, most: int) -> int:
        """A number of its own, both ends included."""
        return self.chance.randint(least, most)

    def settle(self) -> Call[Any]:
        """Books what auctions did to its orders."""
        return self.exchange.engine.sync(self.account)
