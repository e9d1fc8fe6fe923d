"""Scenarios of the trigger orders: whole transactions of their owners and of keepers.

The engine is that of benchmarks/engine.py, its market has one scripted source. The trader has a position of
2,000 dollars in one market; slots, credits and ticks were used before.
"""

from collections.abc import Callable
from typing import Any, Final

from benchmarks.book import MID
from benchmarks.chain import Chain, Ledger, expect
from benchmarks.engine import LOTS, MAKER, ONE_MARKET, PRICE, Exchange, ask, owner_of
from tests.support.engine import USDC
from tests.support.triggers import KEEPER, stop, stop_limit, take, trailing
from walras.devtools.compiler import compile_contract


def trigger_orders(ledger: Ledger, chain: Chain) -> None:
    """Placed, executed, parked, ratcheted, swept and cancelled."""
    exchange = Exchange(chain)
    exchange.list_scripted(0)
    evm, token, engine = exchange.evm, exchange.token, exchange.engine
    triggers = evm.deploy(compile_contract("TriggerOrders"), engine.address, token.address)
    trader, maker = exchange.traders(ONE_MARKET, MAKER)
    owner = owner_of(trader)
    token.mint(owner, 10**6 * USDC)
    token.approve(triggers.address, 2**255, sender=owner)
    engine.set_operator(trader, triggers.address, 4, 1_000, 2**40 - 1, sender=owner)
    exchange.hand_over(trader, maker)
    exchange.close()
    exchange.sync(trader)

    def send(sender: str, name: str, *args: Any) -> dict[str, Any]:
        return evm.send(sender, triggers.address, triggers.encode(name, *args))

    def place(terms: Any) -> tuple[int, dict[str, Any]]:
        before = set(triggers.triggers_of(trader))
        receipt = send(owner, "place", trader, terms)
        (placed,) = set(triggers.triggers_of(trader)) - before
        return placed, receipt

    def execute(placed: int, name: str, lots: int) -> None:
        """Of a market of which nobody ran the auction, or in the open batch."""
        evm.time += 60  # funding is due
        ledger.note(name, send(KEEPER, "execute", placed))
        expect(engine.position(trader, 0)[4] == lots, f"{name} places {lots} lots")
        exchange.send(owner, "cancel_all", trader, 0)

    here = MID - 100  # limit of the market kinds
    exchange.place(maker, ask(here + 200, 10))
    kept = exchange.place(trader, ask(here, 10))
    exchange.cancel(trader, kept)
    first, receipt = place(stop(MID + 500))
    ledger.note("trigger.place.first", receipt)
    send(KEEPER, "execute", first)
    exchange.send(owner, "cancel_all", trader, 0)
    send(owner, "cancel", place(stop(MID + 500))[0])

    placed, receipt = place(stop(MID + 500))
    ledger.note("trigger.place", receipt)
    execute(placed, "trigger.execute", LOTS)
    placed, _ = place(stop_limit(MID + 500, MID + 100))
    execute(placed, "trigger.execute.limit", LOTS)
    ledger.note("trigger.place_pair", send(owner, "place_pair", trader, stop(MID + 500), take(MID + 900)))
    execute(triggers.triggers_of(trader)[0], "trigger.execute.pair", LOTS)
    expect(triggers.triggers_of(trader) == (), "the other is gone")

    placed, receipt = place(trailing(100))
    ledger.note("trigger.place.trailing", receipt)
    exchange.wait()
    exchange.sources[0].set(PRICE * 101 // 100, 0, evm.time)
    engine.run_auction(0, sender=KEEPER)
    ledger.note("trigger.ratchet", send(KEEPER, "ratchet", placed))
    exchange.wait()
    exchange.sources[0].set(PRICE, 0, evm.time)
    execute(placed, "trigger.execute.due", LOTS)

    placed, _ = place(stop(MID + 500))
    engine.set_operator(trader, triggers.address, 0, 0, 0, sender=owner)
    ledger.note("trigger.execute.parked", send(KEEPER, "execute", placed))
    expect(triggers.trigger(placed)[8] == "engine: not authorised", "it is parked")
    ledger.note("trigger.cancel", send(owner, "cancel", placed))
    placed, _ = place(stop(MID + 500, expiry=evm.time + 60))
    evm.time += 60
    ledger.note("trigger.sweep", send(KEEPER, "sweep", placed))
    ledger.note("trigger.claim", send(owner, "claim", owner))
    expect(token.balanceOf(triggers.address) == triggers.claimable(KEEPER), "all else is paid")


SCENARIOS: Final[list[Callable[[Ledger, Chain], None]]] = [trigger_orders]

WHAT: Final = {
    "trigger.place": ("", "a stop for a whole position, by an owner who has placed before, with a tip"),
    "trigger.place.first": ("", "the first of an account"),
    "trigger.place.trailing": ("", "a trailing stop, which reads the mark"),
    "trigger.place_pair": ("", "a stop and a take-profit"),
    "trigger.execute": (
        "320,000",
        "a stop-market, the engine's `place` with all that it does included, by a keeper with a credit",
    ),
    "trigger.execute.limit": ("", "a stop-limit"),
    "trigger.execute.pair": ("", "one of a pair: the other is removed, its tip comes back"),
    "trigger.execute.due": ("", "a trailing stop, after the auction that was due, at one scripted source"),
    "trigger.execute.parked": ("", "without a grant: the reason is noted"),
    "trigger.ratchet": ("", "a trailing stop's extreme moves"),
    "trigger.cancel": ("", "by its owner, one that is parked"),
    "trigger.sweep": ("", "one that has expired"),
    "trigger.claim": ("", "by an owner, who holds tokens already"),
}
"""What each figure is, and its bound where one is set."""
