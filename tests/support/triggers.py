"""Trigger orders and their model, driven together over the engine's pair: real books, router and token.

Each action gives one result, or one reason, of both. After each, accounts, credits and tokens are compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from typing import Any, Final

from tests.support.engine import OWNER, SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.traders import RICH, fill
from walras.devtools.evm import Event, Reverted, address, artifact
from walras.model.book import NO_QUOTES, NewOrder
from walras.model.revert import Revert
from walras.model.triggers import (
    End,
    Executed,
    Grant,
    Kind,
    NewTrigger,
    Standing,
    TriggerOrders,
)
from walras.reasons import REASONS

KEEPER: Final = address(0x7E)
RIVAL: Final = address(0x7F)
TIP: Final = 2 * USDC
LATER: Final = 2**32
"""Beyond any expiry of a trigger."""
NOTHING: Final = "the call gives no reason"


def stop(tick: int, **terms: Any) -> NewTrigger:
    """A stop that sells the whole position at or below a tick, with 100 ticks of slippage."""
    return replace(NewTrigger(tick=tick, slippage=100, tip=TIP), **terms)


def stop_limit(tick: int, limit: int, **terms: Any) -> NewTrigger:
    """The same that rests at a limit."""
    return replace(NewTrigger(kind=Kind.STOP_LIMIT, tick=tick, limit=limit, tip=TIP), **terms)


def take(tick: int, **terms: Any) -> NewTrigger:
    """A take-profit that sells the whole position at or above a tick."""
    return replace(NewTrigger(kind=Kind.TAKE_MARKET, tick=tick, slippage=100, tip=TIP), **terms)


def take_limit(tick: int, limit: int, **terms: Any) -> NewTrigger:
    """The same that rests at a limit."""
    return replace(NewTrigger(kind=Kind.TAKE_LIMIT, tick=tick, limit=limit, tip=TIP), **terms)


def trailing(distance: int, **terms: Any) -> NewTrigger:
    """A trailing stop that sells the whole position, distance in ticks."""
    return replace(NewTrigger(kind=Kind.TRAILING, distance=distance, slippage=100, tip=TIP), **terms)


class TriggerPair:
    """Triggers over an exchange whose token is hostile, but honest at first."""

    def __init__(self, **exchange: Any) -> None:
        self.exchange = EnginePair(**{"token": "HostileToken", **exchange})
        self.evm, self.token, self.engine = self.exchange.evm, self.exchange.token, self.exchange.engine
        self.contract = self.evm.deploy(artifact("TriggerOrders"), self.engine.address, self.token.address)
        self.model = TriggerOrders(self.exchange.model)
        self.exchange.accounts.add(int(self.contract.address, 16) << 8)
        self.barred: set[str] = set()
        self.donated = 0
        self.events: list[Event] = []
        """What the triggers logged in the last action that was taken."""
        self.people = {KEEPER, RIVAL}
        for keeper in (KEEPER, RIVAL):
            self.exchange.accounts.add(int(keeper, 16) << 8)
        self.ids: list[int] = []
        """Of all triggers that ever were."""

    # ------------------------------------------------------------ the world

    def trader(self, number: int, amount: int = RICH, sub: int = 0, permissions: int = 4) -> int:
        """An account with collateral, tokens for tips, and a grant for the triggers."""
        account = self.exchange.fund(number, amount, sub)
        owner = self.exchange.owner(account)
        self.token.mint(owner, RICH)
        self.token.approve(self.contract.address, 2**255, sender=owner)
        self.people.add(owner)
        if permissions:
            self.grant(account, permissions)
        return account

    def grant(self, account: int, permissions: int, actions: int = 1_000, expiry: int = 2**40 - 1) -> None:
        """Let the triggers act for an account, or not."""
        owner = self.exchange.owner(account)
        self.engine.set_operator(account, self.contract.address, permissions, actions, expiry, sender=owner)
        self.model.grants[account] = Grant(permissions, actions, expiry)

    def position(self, buyer: int, seller: int, lots: int, market: int = 0) -> None:
        """A trade at par between two accounts."""
        fill(self.exchange, buyer, seller, lots, market=market)

    def price(self, price: int | float, market: int = 0, run: bool = True) -> None:
        """The oracle says a price (of whole quote tokens), and the next auction has been run at it."""
        self.exchange.advance(1)
        self.exchange.say(market, round(price * 1_000) * ONE // 1_000)
        if run:
            self.exchange.close(market)
            assert self.exchange.refusal is None, self.exchange.refusal

    def quoting(self) -> None:
        """A vault that quotes nothing: auctions wait for a price of after their batch."""
        quoter = self.evm.deploy(artifact("ScriptedQuoter"))
        self.engine.set_vault(quoter.address, sender=OWNER)
        self.exchange.model.quoter = lambda _: NO_QUOTES
        self.exchange.model.vault_account = int(quoter.address, 16) << 8

    def bar(self, account: str, barred: bool = True) -> None:
        """Let the token bar an account, or not."""
        self.token.bar(account, barred)
        (self.barred.add if barred else self.barred.discard)(account.lower())

    def donate(self, amount: int) -> None:
        """Send tokens to the triggers without a call of theirs."""
        self.token.mint(self.contract.address, amount)
        self.donated += amount

    # ------------------------------------------------------------ actions: a result, or the reason of both

    def place(self, account: int, terms: NewTrigger, sender: str = "") -> int | str:
        """Place a trigger; its id."""
        owner = sender or self.exchange.owner(account)
        found = self._act(
            lambda: self.contract.place(account, terms, sender=owner),
            lambda: self.model.place(int(owner, 16), account, terms),
            (owner, self.contract.address) if terms.tip else (),
        )
        if isinstance(found, int):
            self._placed((found, 0, terms))
        assert isinstance(found, int | str)
        return found

    def place_pair(
        self, account: int, first: NewTrigger, second: NewTrigger, sender: str = ""
    ) -> tuple[int, int] | str:
        """Place a pair; their ids."""
        owner = sender or self.exchange.owner(account)
        found = self._act(
            lambda: self.contract.place_pair(account, first, second, sender=owner),
            lambda: self.model.place_pair(int(owner, 16), account, first, second),
            (owner, self.contract.address) if first.tip + second.tip else (),
        )
        if isinstance(found, str):
            return found
        one, other = found
        self._placed((one, other, first), (other, one, second))
        return one, other

    def cancel(self, trigger_id: int, sender: str = "") -> int | str:
        """Cancel a trigger and its partner; what comes back."""
        known = self.model.triggers.get(trigger_id)
        owner = sender or (self.exchange.owner(known.account) if known else KEEPER)
        gone = [(trigger_id, End.CANCELLED)]
        if known and known.partner:
            gone.append((known.partner, End.PARTNER))
        removed = [self._removed(one, why) for one, why in gone] if known else []
        found: int | str = self._act(
            lambda: self.contract.cancel(trigger_id, sender=owner),
            lambda: self.model.cancel(int(owner, 16), trigger_id),
        )
        if isinstance(found, int):
            self._logged(*removed)
        return found

    def claim(self, sender: str, receiver: str = "") -> int | str:
        """Fetch a credit, to the sender where no receiver is given."""
        to = receiver or sender
        before = self.token.balanceOf(to)
        found: int | str = self._act(
            lambda: self.contract.claim(to, sender=sender),
            lambda: self.model.claim(int(sender, 16), to),
            (self.contract.address, to),
        )
        if isinstance(found, int):
            self._logged(Event("Claimed", {"account": sender, "receiver": to, "amount": found}))
            assert self.token.balanceOf(to) == before + found
        return found

    def execute(self, trigger_id: int, sender: str = KEEPER) -> Executed | End | str | int:
        """Execute: an order, why it was removed, "parked: " with a reason, the extreme, or why not."""
        known = self.model.triggers.get(trigger_id)
        partner = [self._removed(known.partner, End.PARTNER)] if known and known.partner else []
        gone = {why: self._removed(trigger_id, why) for why in End} if known else {}
        self.exchange.accounts.add(int(sender, 16) << 8)
        self.people.add(sender)
        expected: list[Any] = []

        def reference() -> Any:
            expected.append(self.model.execute(int(sender, 16), trigger_id))
            return expected[0].order_id if isinstance(expected[0], Executed) else 0

        def contract() -> Any:
            order_id = self.contract.execute(trigger_id, sender=sender)
            assert expected, "the model refuses"
            if not isinstance(expected[0], Executed):
                return order_id
            assert order_id != 0
            assert known is not None
            self.exchange.model_id[known.terms.market, order_id] = expected[0].order_id
            expected.append(order_id)
            return expected[0].order_id  # the book of the model has ids of its own

        refusal = self._act(contract, reference)
        if isinstance(refusal, str):
            return refusal
        assert known is not None
        match expected[0]:
            case Executed(_, price, order, tip) as done:
                args = {
                    "account": known.account,
                    "id": trigger_id,
                    "by": sender,
                    "order_id": expected[1],
                    "reference": price,
                    "tick": order.tick,
                    "lots": order.lots,
                    "tip": tip,
                }
                self._logged(Event("Executed", args), *partner)
                self._in_book(known.account, known.terms.market, expected[1], order)
                return done
            case End() as why:
                self._logged(gone[why])
            case str() as reason:
                self._logged(Event("Parked", {"account": known.account, "id": trigger_id, "reason": reason}))
                return f"parked: {reason}"
            case int() as extreme:
                self._logged(Event("Ratcheted", {"id": trigger_id, "extreme": extreme}))
        result: End | int = expected[0]
        return result

    def ratchet(self, trigger_id: int, sender: str = KEEPER) -> int | str:
        """Move the extreme."""
        known = self.model.triggers.get(trigger_id)
        before = known.extreme if known else 0
        found: int | str = self._act(
            lambda: self.contract.ratchet(trigger_id, sender=sender),
            lambda: self.model.ratchet(trigger_id),
        )
        if isinstance(found, int):
            moved = [Event("Ratcheted", {"id": trigger_id, "extreme": found})] if found != before else []
            self._logged(*moved)
        return found

    def sweep(self, trigger_id: int, sender: str = RIVAL) -> End | str:
        """Remove what has expired or is void."""
        known = self.model.triggers.get(trigger_id)
        gone = {why: self._removed(trigger_id, why) for why in End} if known else {}
        found = self._act(
            lambda: self.contract.sweep(trigger_id, sender=sender), lambda: self.model.sweep(trigger_id)
        )
        if isinstance(found, str):
            return found
        self._logged(gone[End(found)])
        return End(found)

    # ------------------------------------------------------------ what is compared

    def check(self) -> None:
        """Every view is the model's, and what always holds does."""
        contract, model = self.contract, self.model
        owed = 0
        for one in sorted(self.people):
            found = contract.claimable(one)
            assert found == model.claimable[int(one, 16)], one
            owed += found
        assert owed == model.claimable.total(), "nobody else has a credit"
        tips = sum(trigger.terms.tip for trigger in model.triggers.values())
        assert self.token.balanceOf(contract.address) == owed + tips + self.donated
        for account in {trigger.account for trigger in model.triggers.values()}:
            assert list(contract.triggers_of(account)) == model.of(account)
        for one in self.ids:
            self._same(one)
        for start in range(0, len(self.ids), 64):
            page = self.ids[start : start + 64]
            found = [Standing(*answer) for answer in contract.executable(page)]
            assert found == [model.standing(one) for one in page]
        for account, grant in model.grants.items():
            assert tuple(self.engine.grant(account, contract.address)) == astuple(grant)
        self.exchange.same_accounts()

    def standing(self, trigger_id: int) -> Standing:
        """Of one, by the contract."""
        return Standing(*self.contract.executable([trigger_id])[0])

    # ------------------------------------------------------------ inside

    def _same(self, trigger_id: int) -> None:
        """The view of a trigger, or of one that is gone."""
        found = self.contract.trigger(trigger_id)
        trigger = self.model.triggers.get(trigger_id)
        if trigger is None:
            assert found[0] == 0
            assert found[8] == ""
            assert not any(found[1]), "zeros where there is none"
            return
        price = self.model.price(trigger)
        assert found == (
            trigger.account,
            astuple(trigger.terms),
            trigger.is_above,
            0 if price is None else price * 10_000,
            trigger.extreme,
            trigger.grid,
            trigger.is_long,
            trigger.partner,
            trigger.parked,
        )

    def _act(
        self, contract: Callable[[], Any], reference: Callable[[], Any], moves: Sequence[str] = ()
    ) -> Any:
        """One result, or one reason. Where a party to its transfer is barred the token gives none."""
        saved = self.model.save()
        refused = ""
        expected: Any = None
        try:
            expected = reference()
        except Revert as reason:
            refused = str(reason)
        if not refused and self.barred & {one.lower() for one in moves}:
            refused = NOTHING
            self.model.restore(saved)
        try:
            found = contract()
            self.events = self.contract.events()
        except Reverted as reason:
            found = str(reason) if str(reason) in REASONS else NOTHING
            expected = refused
        assert found == expected, (found, expected, refused)
        self.exchange.same_accounts()
        self.exchange.same_markets()
        return found

    def _placed(self, *triggers: tuple[int, int, NewTrigger]) -> None:
        expected = []
        for trigger_id, partner, terms in triggers:
            self.ids.append(trigger_id)
            mine = self.model.triggers[trigger_id]
            args = {
                "account": mine.account,
                "id": trigger_id,
                "partner": partner,
                "extreme": mine.extreme,
                "terms": astuple(terms),
            }
            expected.append(Event("Placed", args))
        self._logged(*expected)
        for trigger_id, _, _ in triggers:
            self._same(trigger_id)

    def _removed(self, trigger_id: int, why: End) -> Event:
        trigger = self.model.triggers[trigger_id]
        tip = trigger.terms.tip
        return Event("Removed", {"account": trigger.account, "id": trigger_id, "why": why, "tip": tip})

    def _in_book(self, account: int, market: int, order_id: int, order: NewOrder) -> None:
        """The order lies in the book as it was meant, where its batch is still open."""
        for found in self.exchange.books[market].open_orders(account):
            if found[0] == order_id:
                assert found[1:4] == (order.is_ask, order.tick, order.lots)
                assert found[6:10] == (order.batch_only, False, order.reduce_only, order.expiry)
                return
        assert self.exchange.model.markets[market].mark.due == 0

    def _logged(self, *events: Event) -> None:
        assert self.events == list(events)


def market(**settings: Any) -> TriggerPair:
    """Triggers over a market with other settings."""
    return TriggerPair(settings=replace(SETTINGS, **settings))
