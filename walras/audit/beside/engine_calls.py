"""What calls of the exchange's contracts ask of the models: a class a contract, a method a function.

A method is called as the function is, in snake case, with the sender before the arguments. It answers with
the words of the contract's answer, or None where these are not known, and raises Revert where the contract
has to refuse. `OF` names whose a function is, where it is somebody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from walras.audit.beside.models import Models
from walras.audit.system import SETTINGS
from walras.model.account import Sharing
from walras.model.book import NewOrder
from walras.model.market import MarketSettings, Mode
from walras.model.revert import require
from walras.model.triggers import Grant

OWNER: Final = "ownable: caller is not the owner"
GUARDIAN: Final = "engine: not the guardian"
LIQUIDATOR: Final = "engine: not the liquidator"


@dataclass(frozen=True, slots=True)
class OrderId:
    """An id of an order in the model's book of a market, where the contract's answer has its own."""

    market: int
    order: int


Answer = Sequence[int | OrderId] | None
"""Words of an answer."""
Holders = Mapping[str, tuple[str, str]]
"""By function: who may call it ("owner", or the name of a contract), and why nobody else."""


def owned(*functions: str) -> dict[str, tuple[str, str]]:
    """Functions that are the owner's."""
    names = (*functions, "transfer_ownership")
    return dict.fromkeys(names, ("owner", OWNER))


class Calls:
    """Of one contract, on models."""

    OF: Holders = MappingProxyType({})

    def __init__(self, models: Models) -> None:
        self.models = models


class EngineCalls(Calls):
    """PerpEngine and its parts."""

    OF = MappingProxyType(
        owned(
            "list_market",
            "configure_market",
            "configure_book",
            "rescale",
            "set_mode",
            "unpause",
            "set_guardian",
            "set_vault",
            "set_fee_receiver",
            "set_liquidator",
            "set_referral",
        )
        | dict.fromkeys(
            ("restrict", "tighten", "pause_deposits", "pause_withdrawals"), ("guardian", GUARDIAN)
        )
        | dict.fromkeys(
            (
                "force_cancel",
                "force_order",
                "force_trade",
                "force_payment",
                "force_socialise",
                "force_settle",
            ),
            ("liquidation", LIQUIDATOR),
        )
    )

    def __init__(self, models: Models) -> None:
        super().__init__(models)
        self.ids: dict[tuple[int, int], int] = {}
        """The model's ids of orders, by market and the book's."""

    def _authorise(self, sender: str, account: int) -> None:
        require(account >> 8 == int(sender, 16), "engine: not authorised")

    def _id(self, market: int, order: int) -> int:
        return self.ids.get((market, order), 0)

    # ------------------------------------------------------------ orders

    def place(self, sender: str, account: int, market: int, order: Sequence[Any]) -> Answer:
        """An order."""
        self._authorise(sender, account)
        return [OrderId(market, self.models.engine.place(account, market, NewOrder(*order)))]

    def place_signed(
        self,
        sender: str,
        account: int,
        market: int,
        order: Sequence[Any],
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> Answer:
        """An order that its owner signed: stories sign well, and replay."""
        owner = f"0x{account >> 8:040x}"
        require(self.models.time <= deadline, "engine: signature expired")
        require((owner, nonce) not in self.models.nonces, "engine: nonce used")
        answer = self.place(owner, account, market, order)
        self.models.nonces.add((owner, nonce))
        return answer

    def cancel(self, sender: str, account: int, market: int, order: int, lots: int) -> Answer:
        """Lots of an order."""
        self._authorise(sender, account)
        return [self.models.engine.cancel(account, market, self._id(market, order), lots)]

    def cancel_all(self, sender: str, account: int, market: int) -> Answer:
        """All of a market."""
        self._authorise(sender, account)
        return [self.models.engine.cancel_all(account, market)]

    def cancel_replace(
        self,
        sender: str,
        account: int,
        market: int,
        old: Sequence[int],
        new: Sequence[Sequence[Any]],
        strict: bool,
    ) -> Answer:
        """A ladder."""
        self._authorise(sender, account)
        orders = [NewOrder(*order) for order in new]
        ids = [self._id(market, order) for order in old]
        taken, placed = self.models.engine.cancel_replace(account, market, ids, orders, strict)
        return [taken, 64, len(placed), *(OrderId(market, one) for one in placed)]

    def sweep(self, sender: str, account: int, market: int, orders: Sequence[int]) -> Answer:
        """What has expired."""
        return [self.models.engine.sweep(account, market, [self._id(market, one) for one in orders])]

    def cancel_all_after(self, sender: str, account: int, market: int, deadline: int) -> Answer:
        """A switch."""
        self._authorise(sender, account)
        require(market in self.models.engine.markets, "engine: unknown market")
        self.models.engine.markets[market].book.cancel_all_after(account, deadline)
        return []

    def run_auction(self, sender: str, market: int) -> Answer:
        """An auction."""
        done = self.models.engine.run_auction(int(sender, 16), market)
        if done is None:
            return [0] * 8
        return [
            int(done.traded),
            done.auction,
            done.batch,
            done.price,
            done.lots,
            done.imbalance,
            done.vault_bought,
            done.vault_sold,
        ]

    def sync(self, sender: str, account: int) -> Answer:
        """Fills are booked."""
        self.models.engine.sync(account)
        return []

    def settle_position(self, sender: str, account: int, market: int) -> Answer:
        """A position of a market that has ended."""
        self.models.engine.settle_position(account, market)
        return []

    # ------------------------------------------------------------ collateral and rights

    def deposit(self, sender: str, account: int, amount: int) -> Answer:
        """Collateral comes."""
        self.models.engine.deposit(account, amount, int(sender, 16))
        return []

    def withdraw(self, sender: str, account: int, amount: int, to: str) -> Answer:
        """Collateral goes."""
        self.models.engine.withdraw(int(sender, 16), account, amount)
        return []

    def transfer(self, sender: str, account: int, to: int, amount: int) -> Answer:
        """Collateral moves."""
        self.models.engine.transfer(int(sender, 16), account, to, amount)
        return []

    def set_sharing(self, sender: str, account: int, referrer: str, builder: str, ppm: int) -> Answer:
        """Who has a part in fees."""
        sharing = Sharing(int(referrer, 16), int(builder, 16), ppm)
        self.models.engine.set_sharing(int(sender, 16), account, sharing)
        return []

    def set_operator(
        self, sender: str, account: int, operator: str, permissions: int, actions: int, expiry: int
    ) -> Answer:
        """A grant; of others than the triggers nothing is known."""
        require(account >> 8 == int(sender, 16), "engine: not the owner")
        require(permissions <= 7 and actions < 2**32 and expiry < 2**40, "engine: bad grant")
        if operator == self.models.system.triggers:
            self.models.triggers.grants[account] = Grant(permissions, actions, expiry)
        return []

    # ------------------------------------------------------------ governance

    def list_market(
        self,
        sender: str,
        market: int,
        blueprint: str,
        views: str,
        lot_size: int,
        tick_size: int,
        interval: int,
        min_lots: int,
        settings: Sequence[int],
    ) -> Answer:
        """A market begins."""
        made = _settings(settings)
        self.models.engine.list_market(market, lot_size, tick_size, interval, min_lots, made)
        return []

    def configure_market(self, sender: str, market: int, settings: Sequence[int]) -> Answer:
        """Other settings."""
        self.models.engine.configure_market(market, _settings(settings))
        return []

    def configure_book(self, sender: str, market: int, interval: int, min_lots: int) -> Answer:
        """Other batches."""
        self.models.engine.configure_book(market, interval, min_lots)
        return []

    def rescale(self, sender: str, market: int, tick_size: int) -> Answer:
        """Other ticks."""
        self.models.engine.rescale(market, tick_size)
        return []

    def set_mode(self, sender: str, market: int, mode: int) -> Answer:
        """Another mode."""
        self.models.engine.set_mode(market, Mode(mode))
        return []

    def unpause(self, sender: str) -> Answer:
        """Pauses end."""
        self.models.engine.unpause()
        return []

    def set_fee_receiver(self, sender: str, receiver: str) -> Answer:
        """Whose fees are."""
        engine = self.models.engine
        engine.fee_account = int(receiver, 16) << 8
        engine.tip_account = engine.fee_account | 1
        return []

    def set_liquidator(self, sender: str, liquidator: str) -> Answer:
        """Who may force."""
        self.models.engine.liquidator = int(liquidator, 16)
        return []

    def set_vault(self, sender: str, home: str) -> Answer:
        """Who quotes."""
        self.models.engine.quoter = self.models.vault.quotes
        self.models.engine.vault_account = int(home, 16) << 8
        return []

    def set_guardian(self, sender: str, guardian: str) -> Answer:
        """Who may tighten: the one that the system has."""
        return []

    def set_referral(self, sender: str, referrer: str, bps: int) -> Answer:
        """A referrer's part."""
        require(bps <= 3_000 and int(referrer, 16) != 0, "engine: bad share")
        self.models.engine.referral_bps[int(referrer, 16)] = bps
        return []


def _settings(values: Sequence[int]) -> MarketSettings:
    return MarketSettings(**dict(zip(SETTINGS, values, strict=True)))
