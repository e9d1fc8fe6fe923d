"""Orders that wait for a price."""

from typing import Final

from walras.audit.chain import call, ints, slot_of
from walras.audit.hand import Hand, name
from walras.audit.story import Step
from walras.audit.system import (
    KEEPERS,
    STRANGER,
    TRADERS,
    owner,
)

_TRIGGER: Final = (
    "(uint256,uint256,uint256,bool,uint256,uint256,uint256,bool,uint256,bool,uint256,bool,bool,uint256,"
    "uint256,uint256)"
)


class Waiting(Hand):
    """Orders that wait for a price."""

    def terms(self, account: int, market: int) -> tuple[int, ...]:
        """Fields of a trigger."""
        random = self.random
        here = self.state.market(market)
        held = self.state.lots(account, market)
        middle = here.mark // (here.unit * here.one)
        kind = random.choice((1, 2, 4, 8, 16))
        is_ask = held > 0 if held else random.random() < 0.5
        tick = 0 if kind == 16 else max(1, int(middle * (1 + random.gauss(0, 0.004))))
        limit = max(1, int(middle * (1 + random.gauss(0, 0.002)))) if kind in (2, 8) else 0
        slippage = 0 if kind in (2, 8) else 200
        whole = random.random() < 0.5
        return (
            market,
            kind,
            random.choice((1, 2, 4)),
            int(is_ask),
            tick,
            limit,
            slippage,
            int(slippage != 0),
            50 if kind == 16 else 0,
            int(kind == 16),
            0 if whole else max(1, abs(held) // 2),
            int(whole or held != 0),
            int(held != 0 and random.random() < 0.5),
            self.chain.time + 3_000 if random.random() < 0.5 else 0,
            0,
            random.choice((0, self.usd // 10)),
        )

    def trigger(self) -> Step | None:
        """An order that waits for a price."""
        account, market = self.trader(), self.market()
        terms = self.terms(account, market)
        return self.to(
            "trigger",
            owner(account),
            "triggers",
            f"{name(account)} sets a trigger of kind {terms[1]} in {market}",
            f"place(uint256,{_TRIGGER})",
            account,
            *terms,
            account=account,
            market=market,
        )

    def trigger_pair(self) -> Step | None:
        """Two of which one is enough."""
        account, market = self.trader(), self.market()
        both = (*self.terms(account, market), *self.terms(account, market))
        return self.to(
            "trigger_pair",
            owner(account),
            "triggers",
            f"{name(account)} sets a pair in {market}",
            f"place_pair(uint256,{_TRIGGER},{_TRIGGER})",
            account,
            *both,
            account=account,
            market=market,
        )

    def a_trigger(self) -> tuple[int, int] | None:
        """An open one, and whose."""
        accounts = list(self.system.traded)
        self.random.shuffle(accounts)
        for account in accounts:
            if int(self.state.storage(self.system.triggers, slot_of(self.at.trigger_accounts, account))) & (
                2**64 - 1
            ):
                answer = self.chain.ask(self.system.triggers, call("triggers_of(uint256)", account))
                found = ints(answer or b"")[2:]
                if found:
                    return self.random.choice(found), account
        return None

    def _on_trigger(self, kind: str, signature: str, who: str | None) -> Step | None:
        found = self.a_trigger()
        if found is None:
            return None
        one, account = found
        return self.to(
            kind,
            who or owner(account),
            "triggers",
            f"{kind} a trigger of {name(account)}",
            signature,
            one,
            account=account,
        )

    def execute(self) -> Step | None:
        """A trigger, for its tip."""
        return self._on_trigger("execute", "execute(uint256)", KEEPERS[0])

    def ratchet(self) -> Step | None:
        """A trailing stop follows."""
        return self._on_trigger("ratchet", "ratchet(uint256)", KEEPERS[1])

    def drop(self) -> Step | None:
        """A trigger is cancelled, or swept."""
        if self.random.random() < 0.5:
            return self._on_trigger("drop", "sweep(uint256)", STRANGER)
        return self._on_trigger("drop", "cancel(uint256)", None)

    def tips(self) -> Step | None:
        """Tips are fetched."""
        who = self.random.choice((*KEEPERS, *TRADERS))
        return self.to("tips", who, "triggers", "claims tips", "claim(address)", int(who, 16))
