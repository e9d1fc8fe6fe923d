"""What a liquidator does to an engine, audited call by call: the model is not asked."""

from typing import Any, Final

from tests.support.engine import OWNER, USDC, EnginePair
from tests.support.engine_invariants import Audit
from tests.support.traders import PAR, collateral, lots_and_cash, order
from walras.devtools.evm import address

LIQUIDATOR: Final = address(0x11C)
CHECKS: Final = (
    "inv_01_custody",
    "inv_02_money_is_conserved",
    "inv_03_lots_sum_to_zero",
    "inv_05_aggregates",
    "inv_07_funding_is_not_created",
)


class Forced:
    """An engine with a liquidator, where nobody has traded yet; its money is audited after each call."""

    def __init__(self, pair: EnginePair) -> None:
        self.pair, self.engine = pair, pair.engine
        pair.engine.set_liquidator(LIQUIDATOR, sender=OWNER)
        self.audit = Audit(pair)
        self.audit.moved = pair.engine.tracked()

    def call(self, name: str, *args: Any, sender: str = LIQUIDATOR) -> Any:
        """One call, and the laws of money after it."""
        result = getattr(self.engine, name)(*args, sender=sender)
        self.pair.events = self.engine.events()
        self.audit.told(self.pair.events)
        now = self.audit.look()
        for check in CHECKS:
            getattr(self.audit, check)([], self.audit.before, now)
        return result

    def fund(self, number: int, amount: int, sub: int = 0) -> int:
        """A trader with collateral; his account."""
        owner, account = address(number), self.pair.account(number, sub)
        self.pair.mint(owner, amount)
        self.pair.accounts.add(account)
        self.call("deposit", account, amount, sender=owner)
        return account

    def sync(self, *accounts: int) -> None:
        """Book what auctions did to orders."""
        for account in accounts:
            self.call("sync", account)

    def touch(self, account: int, market: int = 0) -> None:
        """An order that comes and goes: what the position owes is paid."""
        owner = self.pair.owner(account)
        placed = self.call("place", account, market, order(tick=PAR - 1_000, lots=1), sender=owner)
        self.call("cancel", account, market, placed, 1, sender=owner)

    def orders(self, buyer: int, seller: int, lots: int, tick: int = PAR, market: int = 0) -> None:
        """Two orders that meet in the batch that is open."""
        pair = self.pair
        self.call("place", seller, market, order(True, tick, lots), sender=pair.owner(seller))
        self.call("place", buyer, market, order(False, tick, lots), sender=pair.owner(buyer))

    def auction(self, market: int = 0) -> Any:
        """The batch ends."""
        pair = self.pair
        pair.advance(max(0, self.engine.mark(market)[6] - pair.evm.time))
        pair.accounts.add(int(LIQUIDATOR, 16) << 8)
        return self.call("run_auction", market, sender=LIQUIDATOR)

    def fill(self, buyer: int, seller: int, lots: int, tick: int = PAR, market: int = 0) -> None:
        """A trade that is booked."""
        self.orders(buyer, seller, lots, tick, market)
        self.auction(market)
        self.sync(buyer, seller)

    def debtor(self, against: int, deficit: int, number: int = 77, market: int = 0) -> int:
        """An account without a position that owes so much: `against` has it."""
        account = self.fund(number, 10 * USDC)
        self.fill(account, against, 1, market=market)
        _, cash = lots_and_cash(self.pair, account, market)
        left = -deficit - collateral(self.pair, account) - cash
        self.call("force_trade", account, against, market, -1, left)
        assert collateral(self.pair, account) == -deficit
        return account
