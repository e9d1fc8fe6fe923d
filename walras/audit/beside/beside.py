"""The models beside a story: each step is told to them first, in its own words, and then compared.

A step is what its transaction is: sender, contract, calldata. So stories, and the cutting down of them, know
nothing of the models. What is compared after a step: whether it went through, the reason if it did not, what
it returned, and what is stored (walras.audit.beside.same).
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from walras.audit.beside.calldata import Calldata
from walras.audit.beside.engine_calls import Answer, EngineCalls, OrderId
from walras.audit.beside.models import Models
from walras.audit.beside.other_calls import KNOWN
from walras.audit.beside.same import Same
from walras.audit.chain import ints
from walras.audit.story import Step
from walras.audit.system import MARKETS
from walras.audit.world import World
from walras.model.revert import Revert

FROM_CHAIN: Final = frozenset(
    {
        "governor.castVote",
        "governor.execute",
        "governor.propose",
        "governor.queue",
        "router.halt",
        "router.record",
        "router.resume",
        "timelock.update_delay",
    }
)
"""Calls of which no model knows: whether they go through, and what they do, is taken from the chain. Of an
execution this is so where governance refuses it; else its calls are told to the models."""
EVERY: Final = 16
"""Steps between two comparisons of what views alone tell."""
GOVERNANCE: Final = ("governor:", "timelock")
"""How reasons begin for which a proposal is not executed, before its calls are made."""
_COMPOSED: Final = frozenset({"engine.multicall", "fees.distribute"})
"""Calls that ask several things of the models, all or none. So do those of guardian and governor."""
_SET_UP: Final = frozenset({"router", "token", "votes", "timelock", "governor", "treasury"})
"""Contracts whose part in how an exchange begins is no matter of the models."""
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class NotKnown(Exception):  # noqa: N818 (it is what the models say)
    """A call that no model knows; its str is contract.function."""


@dataclass(slots=True)
class Told:
    """What the models say of a step. `outcome` empty: nothing."""

    outcome: str = ""
    answer: Answer = None
    before: Any = None
    """Where a refusal of the chain may take it back."""


class Beside:
    """The models of one story."""

    def __init__(self, world: World) -> None:
        self.world, self.system, self.chain = world, world.system, world.chain
        self.models = Models(world.system)
        self.calldata = Calldata(world.system)
        self.calls = {name: kind(self.models) for name, kind in KNOWN.items()}
        self.same = Same(self.models, world.state)
        engine = self.calls["engine"]
        assert isinstance(engine, EngineCalls)
        self.ids = engine.ids
        self.steps = 0
        self.not_known: Counter[str] = Counter()
        """Steps of which the models knew nothing, by contract.function."""
        self.told = Told()
        self._set_up()
        self.placed = [0] * len(MARKETS)
        """Orders that the models' books have had."""

    def _set_up(self) -> None:
        """Everything that was called until stories begin."""
        for sender, to, data in self.system.deeds:
            contract = self.calldata.names.get(to, "")
            if contract and contract not in _SET_UP:
                name, args = self.calldata.read(contract, data)
                if name != "transfer_ownership":
                    getattr(self.calls[contract], _snake(name))(sender, *args)
        self.models.owner = self.system.timelock

    # ------------------------------------------------------------ before

    def foretell(self, step: Step) -> None:
        """Tell the models of a step that comes now, before the chain is told."""
        self.steps += 1
        self.models.time = self.chain.time
        name = self.calldata.name(step.to, step.data)
        composed = step.to in ("guardian", "governor") or f"{step.to}.{name}" in _COMPOSED
        before = self.models.save() if composed else None
        try:
            answer = self._call(step.to, step.who, step.data)
            self.told = Told("ok", answer, before)
            return
        except Revert as reason:
            self.told = Told(str(reason))
        except NotKnown as call:
            self.told = Told()
            self.not_known[str(call)] += 1
        if before is not None:
            self.models.restore(before)

    def _call(self, contract: str, sender: str, data: bytes) -> Answer:
        name, args = self.calldata.read(contract, data)
        if (contract, name) == ("engine", "multicall"):
            for one in args[0]:
                self._call(contract, sender, one)
            return None
        if (contract, name) == ("governor", "execute"):
            for target, one in zip(args[0], args[2], strict=True):
                self._call(self.calldata.names[target], self.system.timelock, one)
            return None
        calls = self.calls.get(contract)
        if calls is not None:
            if name in calls.OF:
                whose, reason = calls.OF[name]
                if sender != self._holder(whose):
                    raise Revert(reason)
            method = getattr(calls, _snake(name), None)
            if method is not None:
                answer: Answer = method(sender, *args)
                return answer
        raise NotKnown(f"{contract}.{name}")

    def _holder(self, whose: str) -> str:
        if whose == "owner":
            return self.models.owner
        return str(getattr(self.system, whose, whose))

    # ------------------------------------------------------------ after

    def compare(self, step: Step, outcome: str, answer: bytes | None) -> None:
        """Raises AssertionError where the chain and the models do not agree about the step."""
        told = self.told
        if step.to == "governor" and outcome.startswith(GOVERNANCE):
            if told.outcome == "ok":
                self.models.restore(told.before)
            if told.outcome:
                self.not_known["governor.execute"] += 1
        elif told.outcome and outcome != told.outcome:
            raise AssertionError(f"the chain says {outcome!r}, the model {told.outcome!r}")
        self._learn()
        if told.outcome == outcome == "ok" and told.answer is not None and answer is not None:
            self._same_answer(told.answer, ints(answer))
        self.same.each_step()
        if self.steps % EVERY == 0:
            self.same.everything()
            return
        if step.to == "triggers" and step.account:
            self.same.triggers_of(step.account)
        if step.to == "fund":
            self.same.stakes()
        if step.kind in ("nominate", "deleverage"):
            self.same.round(step.account, step.market)

    def _same_answer(self, told: Any, found: list[int]) -> None:
        expected = []
        for at, one in enumerate(told):
            if not isinstance(one, OrderId):
                expected.append(one % 2**256)
            elif at < len(found) and self._is_id(found[at], one):
                expected.append(found[at])
            else:
                expected.append(one.order)
        if found != expected:
            raise AssertionError(f"the chain answers {found}, the model {expected}")

    def _is_id(self, word: int, one: OrderId) -> bool:
        """Whether a word is the book's id of an order of the model, or may be, as the order is gone."""
        known = self.ids.get((one.market, word))
        if known is None:
            orders = self.models.engine.markets[one.market].book.orders
            return not any(order.order_id == one.order and order.lots for order in orders)
        return known == one.order

    def _learn(self) -> None:
        """Ids of new orders: those of who placed them are compared, slot by slot."""
        for market, here in self.models.engine.markets.items():
            book = here.book
            if book.placed == self.placed[market]:
                continue
            new = {one.account for one in book.orders if one.order_id > self.placed[market] and one.lots}
            for account in new:
                for theirs, ours in self.same.orders(account, market):
                    known = self.ids.setdefault((market, theirs), ours)
                    if known != ours:
                        raise AssertionError(f"order {theirs:#x} in {market} is two of the model's")
            self.placed[market] = book.placed


def _snake(name: str) -> str:
    return _CAPITAL.sub("_", name).lower()
