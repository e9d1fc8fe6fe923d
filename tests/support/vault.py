"""The vault and its model, driven together over a real engine: one result, or one reason, of both.

Beside the comparison stands what holds whatever the model says, from the contract's own answers: the checks
named inv_nn are those of the auditors' list that a vault can break.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from tests.support.engine import OWNER, SETTINGS, EnginePair
from tests.support.oracle import ONE
from walras.devtools.evm import Event, address, artifact
from walras.model import vault as model
from walras.model.account import Question
from walras.model.book import VaultQuotes
from walras.model.market import MarketSettings
from walras.model.vault import NOBODY, VIRTUAL_SHARES, QuoteSettings, Request

PROVIDER: Final = address(0x51)
"""A liquidity provider."""
OTHER: Final = address(0x52)
"""Another one."""
PROVIDERS: Final = (PROVIDER, OTHER, address(0x53), address(0x54))
DONOR: Final = address(0xD0)
PLENTY: Final = 2**100
"""Tokens of everybody."""
CAP: Final = 10**6 * 10**6
QUOTES: Final = QuoteSettings(
    allocation_bps=5_000, leverage_bps=20_000, spread_ppm=1_000, skew_ppm=500, depth_bps=2_500
)
"""Half of the capital at twice its size, 0.1 % from the index, shifted by 0.05 % at the limit."""
EXTREMES: Final = (0, 1, model.MAX_ASSETS, model.MAX_ASSETS + 1, 2**137, 2**137 + 1, 2**255, 2**256 - 1)


@dataclass(frozen=True, slots=True)
class Settled:
    """The vault just before somebody enters or leaves, in the contracts' own words."""

    low: int
    high: int
    supply: int
    collateral: int

    def price(self, equity: int, assets: int = 0, shares: int = 0) -> Fraction:
        """Of a share, after some assets and shares came."""
        return Fraction(max(0, equity) + assets + 1, self.supply + shares + VIRTUAL_SHARES)

    def shares_for(self, assets: int) -> int:
        """What assets buy, at the high valuation."""
        return int(assets / self.price(self.high))

    def check_kept(self, assets: int, shares: int) -> None:
        """Nobody's shares are worth less because somebody came or went."""
        equity = self.high if assets > 0 else self.low
        assert self.price(equity, assets, shares) >= self.price(equity), "inv_41"


class VaultPair(EnginePair):
    """An exchange whose vault quotes in all markets, takes deposits up to a million and charges nothing."""

    def __init__(
        self,
        prices: Sequence[int] = (2_000 * ONE,),
        settings: MarketSettings = SETTINGS,
        decimals: int = 6,
        interval: int = 10,
        quotes: QuoteSettings | None = QUOTES,
        cap: int = CAP,
    ) -> None:
        super().__init__(prices, settings, decimals, interval)
        self.vault = self.evm.deploy(artifact("Vault"), OWNER, self.engine.address, "Walras liquidity", "WLP")
        self.home = self.vault.address.lower()
        self.reference = model.Vault(self.home, self.model)
        self.account_of_vault, self.backstop = self.reference.account, self.reference.backstop
        self.accounts |= {self.account_of_vault, self.backstop}
        self.engine.set_vault(self.vault.address, sender=OWNER)
        self.model.quoter = self.reference.quotes
        self.model.vault_account = self.account_of_vault
        self.holders = [*PROVIDERS, DONOR, self.home]
        """Whose shares are looked at."""
        self.told: list[Event] = []
        """What the vault logged in the last action that it took."""
        for holder in (*PROVIDERS, DONOR):
            self.rich(holder)
        if cap:
            self.set_deposit_cap(cap)
        for market in range(len(prices)):
            if quotes:
                self.quote_in(market, quotes)

    # ------------------------------------------------------------ the world

    def rich(self, holder: str) -> None:
        """Give an address tokens, and the vault its approval."""
        self.mint(holder, PLENTY)
        self.token.approve(self.vault.address, 2**255, sender=holder)

    def gift(self, amount: int) -> None:
        """Somebody adds to the vault's account in the engine."""
        super().deposit(DONOR, self.account_of_vault, amount)

    def donate(self, amount: int) -> None:
        """Somebody sends tokens to the vault's address: it changes nothing."""
        before = self.state()
        self.token.mint(self.vault.address, amount)
        assert self.state() == before, "inv_43"

    # ------------------------------------------------------------ actions: a result, None where both refuse

    def enter(self, assets: int, sender: str = PROVIDER, receiver: str | None = None) -> int | None:
        """Deposit; shares."""
        to, before = receiver or sender, self.settled()
        shares = self._act(
            lambda: self.vault.deposit(assets, to, sender=sender),
            lambda: self.reference.deposit(assets, to),
        )
        if shares is not None:
            assert before.shares_for(assets) == shares
            self._entered(sender, to, assets, shares, before)
        return shares

    def buy_shares(self, shares: int, sender: str = PROVIDER, receiver: str | None = None) -> int | None:
        """Mint; assets."""
        to, before = receiver or sender, self.settled()
        assets = self._act(
            lambda: self.vault.mint(shares, to, sender=sender),
            lambda: self.reference.mint(shares, to),
        )
        if assets is not None:
            self._entered(sender, to, assets, shares, before)
        return assets

    def _entered(self, sender: str, to: str, assets: int, shares: int, before: "Settled") -> None:
        before.check_kept(assets, shares)
        assert self.engine.collateral(self.account_of_vault) == before.collateral + assets
        engine = self.engine.address.lower()
        self._logged(  # the token's events among them
            _moved(NOBODY, to, shares),
            _moved(sender, self.home, assets),
            Event("Approval", {"owner": self.home, "spender": engine, "value": assets}),
            _moved(self.home, engine, assets),
            Event("Deposit", {"sender": sender, "owner": to, "assets": assets, "shares": shares}),
        )

    def ask_back(
        self, shares: int, sender: str = PROVIDER, controller: str | None = None, owner: str | None = None
    ) -> Request | None:
        """Request; what the controller has asked for in all."""
        who, whose = controller or sender, owner or sender
        found = self._act(
            lambda: self.vault.requestRedeem(shares, who, whose, sender=sender),
            lambda: self.reference.request_redeem(sender, shares, who, whose),
        )
        if found is None:
            return None
        assert found == 0
        args = {"controller": who, "owner": whose, "requestId": 0, "sender": sender, "shares": shares}
        self._logged(_moved(whose, self.home, shares), Event("RedeemRequest", args))
        return self.reference.request_of(who)

    def claim(
        self, shares: int, sender: str = PROVIDER, receiver: str | None = None, controller: str | None = None
    ) -> int | None:
        """Redeem; assets."""
        to, who, before = receiver or sender, controller or sender, self.settled()
        had = self.token.balanceOf(to)
        assets = self._act(
            lambda: self.vault.redeem(shares, to, who, sender=sender),
            lambda: self.reference.redeem(sender, shares, to, who),
        )
        if assets is not None:
            assert self.token.balanceOf(to) == had + assets
            self._claimed(sender, to, who, assets, shares, before)
        return assets

    def claim_assets(
        self, assets: int, sender: str = PROVIDER, receiver: str | None = None, controller: str | None = None
    ) -> int | None:
        """Withdraw; shares."""
        to, who, before = receiver or sender, controller or sender, self.settled()
        had = self.token.balanceOf(to)
        shares = self._act(
            lambda: self.vault.withdraw(assets, to, who, sender=sender),
            lambda: self.reference.withdraw(sender, assets, to, who),
        )
        if shares is not None:
            assert self.token.balanceOf(to) == had + assets
            self._claimed(sender, to, who, assets, shares, before)
        return shares

    def _claimed(self, sender: str, to: str, who: str, assets: int, shares: int, before: "Settled") -> None:
        before.check_kept(-assets, -shares)
        assert self.engine.collateral(self.account_of_vault) == before.collateral - assets
        args = {"sender": sender, "receiver": to, "owner": who, "assets": assets, "shares": shares}
        fee = Event("ExitFeeTaken", {"controller": who, "amount": self.reference.fee})
        self._logged(
            _moved(self.home, NOBODY, shares),
            _moved(self.engine.address.lower(), to, assets),
            fee,
            Event("Withdraw", args),
        )

    def leave(self, sender: str = PROVIDER, shares: int | None = None) -> int | None:
        """Ask for shares, all by default, wait and claim; assets."""
        if self.ask_back(self.reference.balance_of(sender) if shares is None else shares, sender) is None:
            return None
        self.wait()
        return self.claim(self.reference.request_of(sender).shares, sender)

    def wait(self) -> None:
        """The cooldown, with the prices as they are."""
        prices = [self.router.price(market)[0] for market in range(len(self.books))]
        self.advance(self.reference.cooldown)
        for market, price in enumerate(prices):
            self.say(market, price)

    def give(self, to: str, shares: int, sender: str = PROVIDER) -> Any:
        """Transfer shares."""
        return self._act(
            lambda: self.vault.transfer(to, shares, sender=sender),
            lambda: self.reference.transfer(sender, to, shares) or True,
        )

    def give_from(self, owner: str, to: str, shares: int, sender: str) -> Any:
        """Transfer somebody's shares."""
        return self._act(
            lambda: self.vault.transferFrom(owner, to, shares, sender=sender),
            lambda: self.reference.transfer_from(sender, owner, to, shares) or True,
        )

    def approve(self, spender: str, shares: int, sender: str = PROVIDER) -> Any:
        """Let somebody move shares."""
        return self._act(
            lambda: self.vault.approve(spender, shares, sender=sender),
            lambda: self.reference.approve(sender, spender, shares) or True,
        )

    def set_operator(self, operator: str, approved: bool = True, sender: str = PROVIDER) -> Any:
        """Let somebody act."""
        return self._act(
            lambda: self.vault.setOperator(operator, approved, sender=sender),
            lambda: self.reference.set_operator(sender, operator, approved) or True,
        )

    # ------------------------------------------------------------ governance

    def quote_in(self, market: int, settings: QuoteSettings) -> bool:
        """How the vault quotes in a market; whether it was taken."""
        return self._set(
            lambda: self.vault.configure(market, settings, sender=OWNER),
            lambda: self.reference.configure(market, settings),
        )

    def begin_with_quotes(self, market: int, settings: QuoteSettings) -> None:
        """A market as if the vault had quoted like this in it before there were shares."""
        at = artifact("Vault").layout["storage_layout"]["erc20"]["totalSupply"]["slot"]
        supply = self.evm.storage(self.vault.address, at)
        self.evm.write(self.vault.address, at, 0)
        self.vault.configure(market, settings, sender=OWNER)
        self.evm.write(self.vault.address, at, supply)
        self.reference.settings[market] = settings
        assert QuoteSettings(*self.vault.quote_settings(market)) == settings
        assert self.vault.allocated_bps() == self.reference.allocated_bps

    def set_cooldown(self, seconds: int) -> bool:
        """How long requests wait."""
        return self._set(
            lambda: self.vault.set_cooldown(seconds, sender=OWNER),
            lambda: self.reference.set_cooldown(seconds),
        )

    def begin_with_fee(self, base_bps: int, slope_bps: int) -> None:
        """The exit fee as if it had been set before there were shares."""
        layout = artifact("Vault").layout["storage_layout"]["terms"]
        for name, bps in (("base_fee_bps", base_bps), ("fee_slope_bps", slope_bps)):
            self.evm.write(self.vault.address, layout[name]["slot"], bps)
        self.reference.base_fee_bps, self.reference.fee_slope_bps = base_bps, slope_bps
        assert (self.vault.base_fee_bps(), self.vault.fee_slope_bps()) == (base_bps, slope_bps)

    def set_exit_fee(self, base_bps: int, slope_bps: int) -> bool:
        """What leaving costs."""
        return self._set(
            lambda: self.vault.set_exit_fee(base_bps, slope_bps, sender=OWNER),
            lambda: self.reference.set_exit_fee(base_bps, slope_bps),
        )

    def set_deposit_cap(self, cap: int) -> bool:
        """Up to which equity it takes deposits."""
        return self._set(
            lambda: self.vault.set_deposit_cap(cap, sender=OWNER),
            lambda: self.reference.set_deposit_cap(cap),
        )

    def fund_backstop(self, amount: int, sender: str = OWNER) -> bool:
        """Set capital aside."""
        return self._set(
            lambda: self.vault.fund_backstop(amount, sender=sender),
            lambda: self.reference.fund_backstop(amount),
        )

    def recall_backstop(self, amount: int, sender: str = OWNER) -> bool:
        """Take it back."""
        return self._set(
            lambda: self.vault.recall_backstop(amount, sender=sender),
            lambda: self.reference.recall_backstop(amount, sender == OWNER),
        )

    def _set(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> bool:
        return self._act(lambda: contract() or True, lambda: reference() or True) is not None

    # ------------------------------------------------------------ what is compared

    def state(self) -> tuple[Any, ...]:
        """What the contract says of itself."""
        vault = self.vault
        return (
            vault.totalSupply(),
            vault.totalAssets(),
            vault.pending_value(),
            *(vault.balanceOf(holder) for holder in self.holders),
            *(vault.request_of(holder) for holder in self.holders),
        )

    def settled(self) -> "Settled":
        """What the contracts would say of the vault if it were synchronised now."""
        checkpoint, time = self.evm.snapshot(), self.evm.time
        self.engine.sync(self.account_of_vault)
        self.engine.sync(self.backstop)
        low, high = self.worth()[:2]
        found = Settled(low, high, self.vault.totalSupply(), self.engine.collateral(self.account_of_vault))
        self.evm.revert(checkpoint)
        self.evm.time = time
        return found

    def worth(self) -> tuple[int, int, int, int, int]:
        """Of both accounts, in the engine's own words; what the backstop owes is not the vault's."""
        low, high, initial, free, statuses = self.engine.worth(self.account_of_vault)
        if self.vault.has_backstop():
            more = self.engine.worth(self.backstop)
            low, high, statuses = low + max(0, more[0]), high + max(0, more[1]), statuses | more[4]
        return low, high, initial, free, statuses

    def save(self) -> Any:
        """All that `restore` brings back, of contracts and models."""
        reference = {**vars(self.reference)}
        del reference["engine"]
        return self.evm.snapshot(), self.evm.time, self.model.save(), deepcopy(reference)

    def restore(self, saved: Any) -> None:
        """Undo all since it was saved."""
        checkpoint, time, engine, reference = saved
        self.evm.revert(checkpoint)
        self.model.restore(engine)
        vars(self.reference).update(reference)
        self.evm.time = self.model.time = time

    def check(self, amounts: Iterable[int] = EXTREMES) -> None:
        """Every view is the model's, and what always holds does."""
        for market in (0, 1):
            assert self.vault.quotes_changed_at(market) == self.reference.quotes_changed_at.get(market, 0)
        vault, reference = self.vault, self.reference
        low, high, initial, free, statuses = self.worth()
        worth = reference.worth
        assert vault.has_backstop() == reference.has_backstop
        assert (low, high, initial, free) == (worth.low, worth.high, worth.initial, worth.free)
        assert statuses == sum(worth.statuses)
        assert vault.totalSupply() == reference.supply
        assert vault.totalAssets() == max(0, worth.low)
        assert vault.pending_value() == reference.pending_value
        assert vault.allocated_bps() == reference.allocated_bps
        assert vault.exit_fee_bps() == reference.fee_bps(worth)
        assert (vault.cooldown(), vault.deposit_cap()) == (reference.cooldown, reference.deposit_cap)
        now = self.evm.time
        for holder in (*self.holders, NOBODY):
            assert vault.balanceOf(holder) == reference.balance_of(holder)
            request = reference.request_of(holder)
            assert tuple(vault.request_of(holder)) == (request.shares, request.value, request.claimable_from)
            waits = now < request.claimable_from
            assert vault.pendingRedeemRequest(0, holder) == (request.shares if waits else 0)
            assert vault.claimableRedeemRequest(0, holder) == (0 if waits else request.shares)
            assert vault.maxDeposit(holder) == reference.max_deposit(holder)  # inv_44: and none reverts
            assert vault.maxMint(holder) == reference.max_mint(holder)
            assert vault.maxRedeem(holder) == reference.max_redeem(holder)
            assert vault.maxWithdraw(holder) == reference.max_withdraw(holder)
        for amount in amounts:
            assert vault.previewDeposit(amount) == reference.preview_deposit(amount)
            assert vault.previewMint(amount) == reference.preview_mint(amount)
        assert vault.totalSupply() == sum(vault.balanceOf(holder) for holder in self.holders), "inv_40"
        asked = sum(vault.request_of(holder)[0] for holder in self.holders)
        assert vault.balanceOf(self.home) == asked, "what the vault holds is what was asked back"

    def ask(self, question: Question) -> VaultQuotes:
        """The quotes that answer a question, of both."""
        found = VaultQuotes(*self.vault.quotes(question))
        assert found == self.reference.quotes(question)
        return found

    # ------------------------------------------------------------ inside

    def _act(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> Any:
        """One result, or None and one reason; whoever is refused has changed nothing."""
        before = self.state()

        def call() -> Any:
            result = contract()
            self.told = self.vault.events()
            return result

        both = self._both(call, reference)
        if both is None:
            assert self.state() == before
            return None
        return self._equal(*both)

    def _logged(self, *events: Event) -> None:
        assert self.told == list(events), (self.told, events)


def _moved(sender: str, receiver: str, amount: int) -> Event:
    """What the token and the shares log of a transfer."""
    return Event("Transfer", {"sender": sender, "receiver": receiver, "value": amount})
