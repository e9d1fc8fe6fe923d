"""The waterfall and its model, driven together over a real engine and a real insurance fund.

One result, or one reason, of both; the books of all accounts are compared after every step.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple
from functools import cache
from typing import Any, Final

from tests.support.engine import OWNER, RUNNER, SETTINGS, EnginePair, deploy_waterfall, forget_waterfall
from tests.support.oracle import ONE, price_of
from walras.audit.chain import slot_of
from walras.audit.slots import slots_of
from walras.devtools.evm import Event, Reverted, address, artifact
from walras.model import insurance
from walras.model import liquidation as model
from walras.model.market import MarketSettings
from walras.model.stage import Pending, Record, Round, Settings

KEEPER: Final = address(0x4B)
DONOR: Final = address(0xD0)
BACKSTOP: Final = 0xB5
"""Number of the backstop's owner."""
WATERFALL: Final = Settings(
    penalty_ppm=10_000,
    tip_bps=2_500,
    tip_cap=20_000_000,
    buffer_ppm=10_000,
    min_notional=100_000_000,
    patience=2,
    discount_ppm=5_000,
    unwind_ppm=3_000,
)
"""1 % penalty, a quarter of it for the keeper up to 20; dust is what is worth less than 100."""


@cache
def unborne_slot() -> int:
    """Of the map by account."""
    return slots_of(artifact).unborne


class LiquidationPair(EnginePair):
    """An exchange with a waterfall: an insurance of nothing that may draw anything, and no backstop yet."""

    def __init__(
        self,
        prices: Sequence[int] = (2_000 * ONE,),
        settings: MarketSettings = SETTINGS,
        decimals: int = 6,
        interval: int = 10,
        waterfall: Settings = WATERFALL,
    ) -> None:
        super().__init__((), settings, decimals, interval)
        self.insurer = self.evm.deploy(artifact("InsuranceFund"), OWNER, self.token.address)
        self.liquidation = deploy_waterfall(self.evm, OWNER, self.engine.address, self.insurer.address)
        self.engine.set_liquidator(self.liquidation.address, sender=OWNER)
        self.insurer.set_engine(self.liquidation.address, sender=OWNER)
        self.insurance = insurance.InsuranceFund()
        me = self.liquidation.address.lower()
        self.insurance.set_engine(me)
        self.waterfall = model.Liquidation(
            self.model, self.insurance, int(me, 16), int(OWNER, 16), self._record
        )
        self.model.liquidator = int(me, 16)
        self.own = self.waterfall.own
        self.accounts |= {self.own, self.model.fee_account | model.PENALTIES, int(KEEPER, 16) << 8}
        self.told: list[Event] = []
        """What the waterfall logged in the last action that it took."""
        self.usual = waterfall
        for price in prices:
            self.list(price, settings, interval)

    # ------------------------------------------------------------ governance

    def list(self, *args: Any, **kwargs: Any) -> int:
        """Open a market, that is liquidated as usual, and whose deficits are insured without a cap."""
        market = super().list(*args, **kwargs)
        self.arrange(market, self.usual)
        self.set_draw_cap(market, insurance.MAX_AMOUNT)
        return market

    def arrange(self, market: int, settings: Settings) -> None:
        """Another way to liquidate a market: at first freely, then by steps."""
        self._both(
            lambda: self.liquidation.configure(market, astuple(settings), sender=OWNER),
            lambda: self.waterfall.configure(market, settings),
        )

    def begin_with_waterfall(self, market: int, settings: Settings) -> None:
        """The market as if it had been liquidated like this from the beginning."""
        forget_waterfall(self.evm, self.liquidation, market)
        del self.waterfall.settings[market]
        self.waterfall.changed_at.pop(market, None)
        self.arrange(market, settings)
        assert self.refusal is None

    def set_backstop(self, account: int) -> None:
        """Who takes over."""
        self.liquidation.set_backstop(account, sender=OWNER)
        self.waterfall.backstop = account

    def back(self, amount: int) -> int:
        """A backstop with collateral; its account."""
        account = self.fund(BACKSTOP, amount)
        self.set_backstop(account)
        return account

    def insure(self, amount: int) -> None:
        """Somebody adds to the fund's reserve."""
        self.token.mint(DONOR, amount)
        self.token.approve(self.insurer.address, 2**256 - 1, sender=DONOR)
        self._both(
            lambda: self.insurer.contribute(amount, sender=DONOR),
            lambda: self.insurance.contribute(amount),
        )

    def set_draw_cap(self, market: int, cap: int) -> None:
        """Bound what is drawn for a market."""
        self._both(
            lambda: self.insurer.set_draw_cap(market, cap, sender=OWNER),
            lambda: self.insurance.set_draw_cap(market, cap, self.evm.time, self.usd),
        )

    # ------------------------------------------------------------ stages: whether both did it

    def cancel_orders(self, account: int, market: int = 0, keeper: str = KEEPER) -> bool:
        """Stage 1."""
        return self._stage("cancel_orders", keeper, account, market)

    def liquidate(self, account: int, market: int = 0, keeper: str = KEEPER) -> bool:
        """Stage 2."""
        return self._stage("liquidate", keeper, account, market)

    def collect(self, account: int, market: int = 0, keeper: str = KEEPER) -> bool:
        """Its end."""
        return self._stage("collect", keeper, account, market)

    def take_over(self, account: int, lots: int = 2**255, market: int = 0, keeper: str = KEEPER) -> bool:
        """Stage 3."""
        return self._stage("take_over", keeper, account, market, lots)

    def resolve(self, account: int, keeper: str = KEEPER) -> bool:
        """Stage 4."""
        return self._stage("resolve", keeper, account)

    def nominate(self, account: int, nominee: int, market: int = 0, keeper: str = KEEPER) -> bool:
        """Stage 5."""
        self.accounts.add(nominee)
        return self._stage("nominate", keeper, account, market, nominee)

    def deleverage(self, account: int, market: int = 0, keeper: str = KEEPER, most: int = 8) -> bool:
        """And its execution."""
        return self._stage("deleverage", keeper, account, market, most)

    def unwind(self, market: int = 0, keeper: str = KEEPER) -> bool:
        """The backstop trades away."""
        self.accounts.add(self.waterfall.backstop)
        both = self._both(
            lambda: self.liquidation.unwind(market, sender=keeper),
            lambda: self.waterfall.unwind(int(keeper, 16), market),
        )
        return both is not None

    def report_halt(self, market: int = 0, keeper: str = KEEPER) -> bool:
        """The price is not fit."""
        both = self._both(
            lambda: self.liquidation.report_halt(market, sender=keeper),
            lambda: self.waterfall.report_halt(market),
        )
        return both is not None

    def settle(self, market: int = 0, keeper: str = KEEPER) -> bool:
        """The end of a market."""
        both = self._both(
            lambda: self.liquidation.settle(market, sender=keeper),
            lambda: self.waterfall.settle(int(keeper, 16), market),
        )
        return both is not None

    def settle_deficit(self, account: int, market: int = 0, keeper: str = KEEPER) -> bool:
        """The liquidator closes a position of a settled market that ends with a deficit."""
        self.accounts |= {account, int(keeper, 16) << 8}
        both = self._both(
            lambda: self.liquidation.settle_position(account, market, sender=keeper),
            lambda: self.waterfall.settle_position(account, market),
        )
        return both is not None

    def settle_position(self, account: int, market: int = 0, sender: str = RUNNER) -> bool:
        """Anyone closes a position of a settled market."""
        self.accounts |= {account, int(sender, 16) << 8}
        both = self._both(
            lambda: self.engine.settle_position(account, market, sender=sender),
            lambda: self.model.settle_position(account, market),
        )
        return both is not None

    def unborne_of(self, account: int) -> int:
        """Of an account's deficit, what nominees could not bear; no view tells of it."""
        word = int(self.evm.storage(self.liquidation.address, slot_of(unborne_slot(), account)))
        return word >> 40 if self.evm.time < (word & (2**40 - 1)) + model.LAPSE else 0

    # ------------------------------------------------------------ comparison

    def _stage(self, name: str, keeper: str, account: int, *more: int) -> bool:
        self.accounts |= {account, int(keeper, 16) << 8}
        both = self._both(
            lambda: getattr(self.liquidation, name)(account, *more, sender=keeper),
            lambda: getattr(self.waterfall, name)(int(keeper, 16), account, *more),
        )
        return both is not None

    def _both(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> tuple[Any, Any] | None:
        self.told = []

        def told() -> Any:
            result = contract()
            self.told = self.liquidation.events()
            return result

        return super()._both(told, reference)

    def _record(self, market: int) -> Record:
        last, _, time = self.router.last(market)

        def average(window: int) -> int | None:
            try:
                return int(self.router.twap(market, window)) or None
            except Reverted:
                return None

        return Record(last, time, price_of(self.router.price(market)).status, average)

    def same_accounts(self) -> None:
        """What the waterfall knows of all accounts, how they stand, and the fund."""
        super().same_accounts()
        accounts = sorted(self.accounts)
        assert len(accounts) <= 64
        found = self.liquidation.health(accounts)
        for account, health in zip(accounts, found, strict=True):
            assert tuple(health) == self.waterfall.health(account), hex(account)
            assert self.unborne_of(account) == self.waterfall.unborne_of(account)
            for market in range(len(self.books)):
                pending = self.waterfall.pendings.get((account, market), Pending())
                assert tuple(self.liquidation.pending(account, market)) == astuple(pending)
                plan = self.waterfall.plan(account, market)
                assert tuple(self.liquidation.plan(account, market)) == astuple(plan), hex(account)
                here = self.waterfall.rounds.get((account, market), Round(0))
                until, nominees = self.liquidation.nominees(account, market)
                assert (until, tuple(nominees)) == (here.until, here.nominees)
                score = self.waterfall.deleverage_score(account, market)
                assert self.liquidation.deleverage_score(account, market) == score
        for key, here in self.waterfall.rounds.items():
            for nominee, _ in here.nominees:
                rank = self.waterfall.deleverage_rank(*key, nominee)
                assert self.liquidation.deleverage_rank(*key, nominee) == rank
        assert (self.insurer.reserve(), self.insurer.pot()) == (self.insurance.reserve, self.insurance.pot)
        assert self.token.balanceOf(self.insurer.address) == self.insurance.reserve + self.insurance.pot
        assert self.token.balanceOf(self.liquidation.address) == 0
