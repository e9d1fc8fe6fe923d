"""The insurance fund and its model, driven together: one result, or one reason, of both.

Beside the comparison stands what holds whatever the model says, from the contract's own answers: the checks
named inv_nn are those of the auditors' list that a fund alone can break.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import astuple, dataclass
from enum import IntFlag
from fractions import Fraction
from typing import Any, Final

from walras.devtools.evm import Contract, Event, Evm, Reverted, address, artifact
from walras.model import insurance as model
from walras.model.insurance import EXIT_DELAY, MAX_AMOUNT, NOBODY, VIRTUAL_SHARES, Drawn, Exit
from walras.model.revert import Revert

OWNER: Final = address(0x0A)
STRANGER: Final = address(0x57)
DONOR: Final = address(0xD0)
SAVER: Final = address(0x51)
"""A staker."""
OTHER: Final = address(0x52)
"""Another one."""
STAKERS: Final = (SAVER, OTHER, address(0x53), address(0x54))
MARKET: Final = 7
OTHER_MARKET: Final = 8
ONE: Final = 10**6
"""A dollar of a token of 6 decimals."""
PLENTY: Final = 2**200
"""Tokens of everybody."""
EXTREMES: Final = (0, 1, MAX_AMOUNT, MAX_AMOUNT + 1, 2**128, 2**256 - 1)


class Manner(IntFlag):
    """How a hostile token transfers; tests/contracts/HostileToken.vy tells."""

    HONEST = 1
    SILENT = 2
    DENY = 4
    DENY_MOVED = 8
    IDLE = 16
    FEE = 32
    FEE_ON_TOP = 64
    BONUS = 128
    GARBAGE = 256
    REVERT = 512
    CALL_BACK = 1024
    REVERSE = 2048
    BAR_SPENDER = 4096


DENIED: Final = "token: transfer refused"
INEXACT: Final = "token: inexact transfer"
_PULLED: Final = {
    Manner.DENY: DENIED,
    Manner.DENY_MOVED: DENIED,
    Manner.IDLE: INEXACT,
    Manner.REVERSE: INEXACT,
    Manner.FEE: INEXACT,
    Manner.BONUS: INEXACT,
}
_PUSHED: Final = {
    Manner.DENY: DENIED,
    Manner.DENY_MOVED: DENIED,
    Manner.IDLE: INEXACT,
    Manner.REVERSE: INEXACT,
    Manner.FEE_ON_TOP: INEXACT,
}
"""Why the fund refuses a transfer, by the token's manner; of the others it takes all that do not revert."""


@dataclass(frozen=True, slots=True)
class State:
    """What the contract says of itself."""

    reserve: int
    pot: int
    total_shares: int
    epoch: int
    shares: dict[str, int]
    values: dict[str, int]

    @property
    def worth(self) -> Fraction:
        """Of a share."""
        return Fraction(self.pot + 1, self.total_shares + VIRTUAL_SHARES)


class FundPair:
    """A fund whose token is hostile, but honest at first; an engine that draws; a market with a cap."""

    def __init__(
        self,
        cap: int = MAX_AMOUNT,
        token: str = "HostileToken",
        decimals: int = 6,
        engine: bool = True,
    ) -> None:
        self.evm = Evm()
        self.token: Contract = self.evm.deploy(artifact(token), decimals)
        self.fund: Contract = self.evm.deploy(artifact("InsuranceFund"), OWNER, self.token.address)
        self.engine: Contract = self.evm.deploy(artifact("DrawingEngine"))
        self.model = model.InsuranceFund()
        self.accounts = [*STAKERS, DONOR, STRANGER]
        """Whose shares are looked at."""
        self.donated, self.decimals = 0, decimals
        self.manner, self.part = Manner.HONEST, 0
        self.events: list[Event] = []
        """What the fund logged in the last action that it took."""
        for account in self.accounts:
            self.rich(account)
        if engine:
            self.set_engine(self.engine.address)
            self.set_draw_cap(MARKET, cap)

    # ------------------------------------------------------------ the world

    def rich(self, account: str) -> None:
        """Give an account tokens, and the fund its approval."""
        self.token.mint(account, PLENTY)
        self.token.approve(self.fund.address, 2**255, sender=account)

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds

    def behave(self, manner: Manner, part: int = 1) -> None:
        """Let the token transfer in a manner."""
        self.token.behave(manner, part)
        self.manner, self.part = manner, part

    def donate(self, amount: int) -> None:
        """Send tokens to the fund without a call of it."""
        before = self.state()
        self.token.mint(self.fund.address, amount)
        self.donated += amount
        assert self.state() == before, "inv_43: a donation changes nothing"

    # ------------------------------------------------------------ actions: a result, or the reason of both

    def contribute(self, amount: int, sender: str = DONOR) -> str | None:
        """Add to the reserve."""
        found: str | None = self._act(
            lambda: self.fund.contribute(amount, sender=sender) or None,
            lambda trial: trial.contribute(amount),
            pulls=(sender, amount),
        )
        if found is None:
            self._logged(Event("Contributed", {"sender": sender, "amount": amount}))
        return found

    def stake(self, assets: int, sender: str = SAVER, receiver: str | None = None) -> int | str:
        """Stake, for the sender where no receiver is given; shares."""
        to = receiver or sender
        before = self.state()
        preview = self.fund.preview_stake(assets)
        found: int | str = self._act(
            lambda: self.fund.stake(assets, to, sender=sender),
            lambda trial: trial.stake(assets, to),
            pulls=(sender, assets),
        )
        if isinstance(found, int):
            args = {"sender": sender, "receiver": to, "assets": assets, "shares": found}
            self._logged(Event("Staked", args))
            assert found == preview
            if to in before.values:
                gain = self.fund.value_of(to) - before.values[to]
                assert gain <= assets, "inv_42: a stake is worth no more than what went in"
        return found

    def request_exit(self, shares: int, sender: str = SAVER) -> Exit | str:
        """Ask to leave."""

        def call() -> Exit:
            self.fund.request_exit(shares, sender=sender)
            self.events = self.fund.events()
            return Exit(*self.fund.pending_exit(sender))

        found: Exit | str = self._act(call, lambda trial: trial.request_exit(self.evm.time, sender, shares))
        if isinstance(found, Exit):
            fields = dict(zip(("shares", "claimable_from", "until"), astuple(found), strict=True))
            self._logged(Event("ExitRequested", {"account": sender, **fields}))
        return found

    def cancel_exit(self, sender: str = SAVER) -> str | None:
        """Take that back."""
        found: str | None = self._act(
            lambda: self.fund.cancel_exit(sender=sender) or None,
            lambda trial: trial.cancel_exit(sender),
        )
        if found is None:
            self._logged(Event("ExitCancelled", {"account": sender}))
        return found

    def claim(self, sender: str = SAVER, receiver: str | None = None) -> int | str:
        """Leave, to the sender where no receiver is given; assets."""
        to = receiver or sender
        before = self.state()
        request = Exit(*self.fund.pending_exit(sender))
        preview = self.fund.preview_claim(sender)
        found: int | str = self._act(
            lambda: self.fund.claim(to, sender=sender),
            lambda trial: trial.claim(self.evm.time, sender, to),
            pushes=to,
        )
        if isinstance(found, int):
            args = {"account": sender, "receiver": to, "shares": request.shares, "assets": found}
            self._logged(Event("Claimed", args))
            assert found == preview
            kept = self.fund.value_of(sender)
            assert found + kept <= before.values[sender], "inv_42: a claim is paid out of what it was worth"
        else:
            paid_by_token = found.startswith("token: ") or to == NOBODY
            assert preview == 0 or paid_by_token, "a preview is 0 where a claim is refused"
        return found

    def draw(self, amount: int, market: int = MARKET, sender: str | None = None) -> Drawn | str:
        """Draw, through the engine where no sender is given."""
        capacity = self.fund.draw_capacity(market)

        def call() -> int:
            if sender:
                return int(self.fund.draw(market, amount, sender=sender))
            return int(self.engine.draw(self.fund.address, market, amount))

        expected: list[Drawn] = []

        def reference(trial: model.InsuranceFund) -> int:
            expected.append(trial.draw(sender or self.model.engine, market, amount))
            return expected[0].paid

        before = self.state()
        found: int | str = self._act(call, reference, pushes=self.engine.address, draws=True)
        if isinstance(found, str):
            return found
        (drawn,) = expected
        assert found == min(amount, capacity)
        fields = {"from_reserve": drawn.from_reserve, "from_pot": drawn.from_pot}
        events = [Event("Drawn", {"market": market, "amount": amount, **fields})]
        if drawn.voided:
            shares, dust = drawn.voided
            events.append(Event("SharesVoided", {"epoch": before.epoch, "shares": shares, "dust": dust}))
        self._logged(*events)
        if drawn.from_pot:
            assert drawn.from_reserve == before.reserve, "the reserve pays first"
        return drawn

    def set_engine(self, engine: str, is_contract: bool = True) -> str | None:
        """Name the engine."""
        found: str | None = self._act(
            lambda: self.fund.set_engine(engine, sender=OWNER) or None,
            lambda trial: trial.set_engine(engine, is_contract),
        )
        if found is None:
            self._logged(Event("EngineSet", {"engine": engine.lower()}))
        return found

    def set_draw_cap(self, market: int, cap: int) -> str | None:
        """Bound the draws of a market."""
        found: str | None = self._act(
            lambda: self.fund.set_draw_cap(market, cap, sender=OWNER) or None,
            lambda trial: trial.set_draw_cap(market, cap, self.evm.time, 10**self.decimals),
        )
        if found is None:
            self._logged(Event("DrawCapSet", {"market": market, "cap": cap}))
        return found

    def leave(self, sender: str = SAVER, shares: int | None = None) -> int | str:
        """Ask to leave, with all by default, wait and claim; assets."""
        asked = self.request_exit(self.fund.shares_of(sender) if shares is None else shares, sender)
        if isinstance(asked, str):
            return asked
        self.advance(EXIT_DELAY)
        return self.claim(sender)

    # ------------------------------------------------------------ what is compared

    def state(self) -> State:
        """What the contract says."""
        fund = self.fund
        return State(
            fund.reserve(),
            fund.pot(),
            fund.total_shares(),
            fund.epoch(),
            {account: fund.shares_of(account) for account in self.accounts},
            {account: fund.value_of(account) for account in self.accounts},
        )

    def check(self, assets: Iterable[int] = EXTREMES) -> None:
        """Every view is the model's, and what always holds does."""
        fund, reference, now = self.fund, self.model, self.evm.time
        state = self.state()
        assert (state.reserve, state.pot) == (reference.reserve, reference.pot)
        assert (state.total_shares, state.epoch) == (reference.total_shares, reference.epoch)
        assert (fund.engine(), fund.token()) == (reference.engine, self.token.address.lower())
        for account in self.accounts:
            assert state.shares[account] == reference.shares_of(account)
            assert state.values[account] == reference.value_of(account)
            assert Exit(*fund.pending_exit(account)) == reference.pending_exit(account)
            assert fund.preview_claim(account) == reference.preview_claim(now, account)
        for amount in (*assets, MAX_AMOUNT - state.pot, MAX_AMOUNT - state.pot + 1):
            assert fund.preview_stake(amount) == reference.preview_stake(amount)  # inv_44: and none reverts
        for market in (MARKET, OTHER_MARKET, 2**256 - 1):
            assert fund.draw_cap(market) == reference.draw_cap.get(market, 0)
            assert fund.drawn(market) == reference.drawn.get(market, 0)
            assert fund.draw_capacity(market) == reference.draw_capacity(market)
        held = self.token.balanceOf(fund.address)
        assert held == state.reserve + state.pot + self.donated, "inv_01: what is held is what is tracked"
        assert state.total_shares == sum(state.shares.values()), "inv_40: shares sum to the supply"
        assert sum(state.values.values()) <= state.pot
        assert max(state.reserve, state.pot) <= MAX_AMOUNT
        assert state.total_shares + VIRTUAL_SHARES <= model.MAX_SHARES_PER_UNIT * (state.pot + 1)

    # ------------------------------------------------------------ inside

    def _act(
        self,
        contract: Callable[[], Any],
        reference: Callable[[model.InsuranceFund], Any],
        pulls: tuple[str, int] | None = None,
        pushes: str | None = None,
        draws: bool = False,
    ) -> Any:
        """One result, or one reason. What the token would refuse is known from its manner."""
        before, trial = self.state(), deepcopy(self.model)
        payer = self.token.balanceOf(pulls[0]) if pulls else 0
        payee = self.token.balanceOf(pushes) if pushes else 0
        try:
            expected = reference(trial)
        except Revert as reason:
            expected = str(reason)
        moved = pulls[1] if pulls else expected
        if (pulls or pushes) and not isinstance(expected, str) and moved:
            expected = (_PULLED if pulls else _PUSHED).get(self.manner, expected)
        try:
            found = contract()
        except Reverted as reason:
            found = str(reason)
        assert found == expected
        if isinstance(found, str):
            assert self.state() == before
            return found
        self.model = trial
        if found is None or isinstance(found, int):
            self.events = self.fund.events()
        after = self.state()
        change = after.reserve + after.pot - before.reserve - before.pot
        if pulls:
            top = self.part if self.manner == Manner.FEE_ON_TOP else 0
            assert self.token.balanceOf(pulls[0]) == payer - pulls[1] - top
            assert change == pulls[1]
        elif pushes:
            fee = {Manner.FEE: -self.part, Manner.BONUS: self.part}.get(self.manner, 0) if found else 0
            assert self.token.balanceOf(pushes) == payee + found + fee
            assert change == -found, "inv_21: the fund falls by recorded draws and claims only"
        else:
            assert change == 0
        if not draws:
            assert after.epoch == before.epoch
            assert after.worth >= before.worth, "inv_41: only a draw lowers a share's worth"
        if draws and after.pot == before.pot:
            assert after.shares == before.shares
        return found

    def _logged(self, *events: Event) -> None:
        assert self.events == list(events)


def leaving(pair: FundPair, now: int) -> list[str]:
    """Accounts that can claim at a time."""
    return [
        account
        for account in pair.accounts
        if (request := pair.model.pending_exit(account)).shares
        and request.claimable_from <= now < request.until
    ]
