"""The fee distributor and its model, driven together: a real engine in which traders pay fees, a real fund.

Each action gives one result, or one reason, of both. Penalties come as deposits into the account that will
collect them: the engine has no liquidations yet.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import astuple, is_dataclass, replace
from typing import Any, Final

from tests.support.engine import USDC, EnginePair
from tests.support.traders import MAKER, RICH, TAKER, fill
from walras.devtools.evm import Event, Reverted, address, artifact
from walras.model.fees import FeeDistributor, Parts, Settings, Shares
from walras.model.insurance import MAX_AMOUNT, NOBODY, InsuranceFund
from walras.model.revert import Revert
from walras.reasons import REASONS

OWNER: Final = address(0x0A)
STRANGER: Final = address(0x57)
PAYER: Final = address(0xDA)
"""Pays penalties, and contributes to the fund."""
VAULT: Final = address(0xA1)
NEW_VAULT: Final = address(0xA2)
CHEST: Final = address(0xB1)
"""The treasury."""
NEW_CHEST: Final = address(0xB2)
STAKERS: Final = address(0xC1)
BUYBACK: Final = address(0xC2)
THIRD: Final = address(0xC3)
FOURTH: Final = address(0xC4)
RECIPIENTS: Final = (VAULT, NEW_VAULT, CHEST, NEW_CHEST, STAKERS, BUYBACK, THIRD, FOURTH)
FLOOR: Final = 10 * USDC
SETTINGS: Final = Settings(
    vault=VAULT,
    treasury=CHEST,
    others=(STAKERS, BUYBACK),
    fees=Shares(vault=4_000, insurance=2_000, treasury=1_500, runners=500, others=(1_500, 500)),
    penalties=Shares(vault=2_000, insurance=6_000, treasury=500, runners=1_000, others=(500, 0)),
    floor=FLOOR,
)
NO_REASON: Final = "the token gives no reason"
RICHEST: Final = 2**120


class FeePair:
    """A distributor whose token is hostile, but honest at first, and takes the fees of an engine."""

    def __init__(self, settings: Settings = SETTINGS, decimals: int = 6) -> None:
        self.exchange = exchange = EnginePair(token="HostileToken", decimals=decimals)
        self.evm, self.token, self.engine = exchange.evm, exchange.token, exchange.engine
        self.usd = exchange.usd
        self.fund = self.evm.deploy(artifact("InsuranceFund"), OWNER, self.token.address)
        self.fees = self.evm.deploy(
            artifact("FeeDistributor"), OWNER, self.engine.address, self.fund.address, settings
        )
        insurance = self.fund.address.lower()
        self.model = FeeDistributor(
            self.fees.address.lower(), exchange.model, insurance, InsuranceFund(), settings
        )
        exchange.set_fee_receiver(self.fees.address)
        exchange.accounts |= {self.model.account(2), *(int(vault, 16) << 8 for vault in (VAULT, NEW_VAULT))}
        exchange.mint(PAYER, RICHEST)
        self.token.approve(self.fund.address, 2**255, sender=PAYER)
        self.barred: set[str] = set()
        self.donated = 0
        self.paid_in = self.paid_out = 0
        """Through the distributor's hands, ever."""
        self.events: list[Event] = []
        """What the distributor logged in the last action that it took."""

    # ------------------------------------------------------------ the world

    def trade(self, lots: int, taker: int, maker: int) -> None:
        """A trade that pays fees."""
        fill(self.exchange, taker, maker, lots)

    def traders(self) -> tuple[int, int]:
        """A taker and a maker with money."""
        return self.exchange.fund(TAKER, RICH), self.exchange.fund(MAKER, RICH)

    def earn(self, fees: int = 0, penalties: int = 0) -> None:
        """Exact amounts come into the accounts, as deposits."""
        for number, amount in ((0, fees), (2, penalties)):
            if amount:
                self.exchange.deposit(PAYER, self.model.account(number), amount)
                assert self.exchange.refusal is None

    def donate(self, amount: int) -> None:
        """Send tokens to the distributor without a call of it."""
        booked = self.fees.booked()
        self.token.mint(self.fees.address, amount)
        self.donated += amount
        assert self.fees.booked() == booked

    def contribute(self, amount: int) -> None:
        """Fill the fund's reserve from elsewhere."""
        self.fund.contribute(amount, sender=PAYER)
        self.model.fund.contribute(amount)

    def bar(self, account: str, barred: bool = True) -> None:
        """Let the token bar an account, or not."""
        self.token.bar(account, barred)
        (self.barred.add if barred else self.barred.discard)(account.lower())

    def fill_up(self, left: int = 0) -> None:
        """Fill the fund's reserve up to its bound but for some units."""
        self.contribute(MAX_AMOUNT - self.model.fund.reserve - left)

    # ------------------------------------------------------------ actions: a result, or the reason of both

    def distribute(self, sender: str = STRANGER) -> Parts | str:
        """Distribute."""
        preview = self.preview()
        found = self._act(
            lambda: self.parts(self.fees.distribute(sender=sender)),
            self.model.distribute,
            (self.engine.address, self.fees.address),
        )
        if isinstance(found, Parts):
            assert found == preview
            self._split(found, sender)
            self._logged(Event("Distributed", {"by": sender, "parts": _deep(found)}))
        assert isinstance(found, Parts | str)
        return found

    def deliver(self, recipient: str, sender: str = STRANGER) -> int | str:
        """Pay the pot of the fund or of a vault."""
        to = recipient.lower()
        target = self.fund if to == self.model.insurance else self.engine
        before = self.fund.reserve(), self.engine.collateral(int(to, 16) << 8)
        found = self._act(
            lambda: self.fees.deliver(recipient, sender=sender),
            lambda: self.model.deliver(to),
            (self.fees.address, target.address),
        )
        if isinstance(found, int):
            self.paid_out += found
            self._logged(Event("Delivered", {"recipient": to, "amount": found, "by": sender}))
            after = self.fund.reserve(), self.engine.collateral(int(to, 16) << 8)
            gain = (found, 0) if target is self.fund else (0, found)
            assert after == (before[0] + gain[0], before[1] + gain[1])
        assert isinstance(found, int | str)
        return found

    def claim(self, sender: str = CHEST, receiver: str | None = None) -> int | str:
        """Fetch a pot, to the sender where no receiver is given."""
        to = receiver or sender
        before = self.token.balanceOf(to)
        found = self._act(
            lambda: self.fees.claim(to, sender=sender),
            lambda: self.model.claim(sender, to),
            (self.fees.address, to),
        )
        if isinstance(found, int):
            self.paid_out += found
            self._logged(Event("Claimed", {"account": sender, "receiver": to, "amount": found}))
            assert self.token.balanceOf(to) == before + found
        assert isinstance(found, int | str)
        return found

    def configure(self, settings: Settings) -> str | None:
        """Other settings."""
        preview = self.preview()
        moves = (self.engine.address, self.fees.address) if preview.fees + preview.penalties else ()
        found: str | None = self._act(
            lambda: self.fees.configure(settings, sender=OWNER) or None,
            lambda: self.model.configure(settings),
            moves,
            moves_first=True,
        )
        if found is None:
            expected = [Event("Configured", {"settings": _deep(settings)})]
            if moves:
                self._split(preview, OWNER)
                expected.insert(0, Event("Distributed", {"by": OWNER, "parts": _deep(preview)}))
            self._logged(*expected)
        return found

    def change(self, **changes: Any) -> str | None:
        """Some other settings."""
        return self.configure(replace(self.model.settings, **changes))

    def recall(self, amount: int) -> str | None:
        """Take from the runners' account back to the fees."""
        found: str | None = self._act(
            lambda: self.fees.recall(amount, sender=OWNER) or None, lambda: self.model.recall(amount)
        )
        if found is None:
            self._logged(Event("Recalled", {"amount": amount}))
        return found

    # ------------------------------------------------------------ what is compared

    @staticmethod
    def parts(found: Any) -> Parts:
        """The contract's struct as the model's."""
        *numbers, others = found
        return Parts(*numbers, tuple(others))

    def preview(self) -> Parts:
        """What the contract says that it would book."""
        return self.parts(self.fees.preview())

    def state(self) -> Any:
        """All that an action can change."""
        addresses = (*RECIPIENTS, NOBODY, self.fund.address, self.fees.address)
        return (
            self.fees.settings(),
            self.fees.changed_at(),
            self.fees.booked(),
            [self.fees.deliverable(one) for one in addresses],
            [self.fees.claimable(one) for one in addresses],
            self.preview(),
            [self.engine.collateral(self.model.account(number)) for number in range(3)],
            self.engine.tracked(),
            self.fund.reserve(),
            self.token.balanceOf(self.fees.address),
        )

    def check(self) -> None:
        """Every view is the model's, and what always holds does."""
        fees, model = self.fees, self.model
        assert _deep(fees.settings()) == _deep(model.settings)
        assert fees.changed_at() == model.changed_at
        assert self.preview() == model.preview()
        assert fees.booked() == model.booked
        addresses = {
            *RECIPIENTS,
            NOBODY,
            model.insurance,
            model.address,
            *model.deliverable,
            *model.claimable,
        }
        pots = 0
        for one in addresses:
            assert fees.deliverable(one) == model.deliverable[one]
            assert fees.claimable(one) == model.claimable[one]
            pots += fees.deliverable(one) + fees.claimable(one)
        assert pots == fees.booked(), "the pots sum to what is booked"
        assert fees.deliverable(NOBODY) == fees.claimable(NOBODY) == 0
        assert self.token.balanceOf(fees.address) == fees.booked() + self.donated
        assert self.paid_in == self.paid_out + fees.booked(), "what came in has left or is booked"
        assert self.fund.reserve() == model.fund.reserve
        assert self.token.allowance(fees.address, self.engine.address) == 0
        assert self.token.allowance(fees.address, self.fund.address) == 0
        self.exchange.same_accounts()

    # ------------------------------------------------------------ inside

    def _split(self, parts: Parts, sender: str) -> None:
        """What a distribution did, by its own account."""
        total = parts.vault + parts.insurance + parts.treasury + parts.runners + sum(parts.others)
        assert total == parts.fees + parts.penalties, "the parts sum to the amount"
        assert 10_000 * parts.insurance >= 1_000 * parts.fees + 5_000 * parts.penalties, "insurance is served"
        self.paid_in += total - parts.runners

    def _act(
        self,
        contract: Callable[[], Any],
        reference: Callable[[], Any],
        moves: tuple[str, ...] = (),
        moves_first: bool = False,
    ) -> Any:
        """One result, or one reason. Where a party to its transfer is barred the token gives none.

        moves_first: the transfer comes before what the distributor itself may refuse.
        """
        before = self.state()
        saved = self.exchange.model.save()
        pots = deepcopy((self.model.deliverable, self.model.claimable))
        settings, changed_at = self.model.settings, self.model.changed_at
        reserve = self.model.fund.reserve
        refused = ""
        try:
            expected = reference()
        except Revert as reason:
            refused = str(reason)
        if self.barred & {one.lower() for one in moves} and (
            not refused or (moves_first and refused.startswith("fees: "))
        ):
            refused = NO_REASON
        if refused:
            expected = refused
            self.exchange.model.restore(saved)
            self.model.deliverable, self.model.claimable = pots
            self.model.settings, self.model.changed_at = settings, changed_at
            self.model.fund.reserve = reserve
        try:
            found = contract()
            self.events = self.fees.events()
        except Reverted as reason:
            found = str(reason) if str(reason) in REASONS else NO_REASON
        assert found == expected, (found, expected)
        if isinstance(found, str):
            assert self.state() == before
        return found

    def _logged(self, *events: Event) -> None:
        found = [
            Event(event.name, {key: _deep(arg) for key, arg in event.args.items()}) for event in self.events
        ]
        assert found == list(events)


def _deep(value: Any) -> Any:
    """Structs and lists as tuples, all the way down."""
    plain = astuple(value) if is_dataclass(value) and not isinstance(value, type) else value
    return tuple(map(_deep, plain)) if isinstance(plain, list | tuple) else plain
