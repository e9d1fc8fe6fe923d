"""What tests of keepers need of an exchange on anvil: accounts, prices, venues and publishers."""

from typing import Any, Final

from tests.support.exchange_on_anvil import (
    ONE,
    USDC,
    OnAnvil,
    write_tape,
)
from walras.chain.bindings.trigger_orders import Kind, NewTrigger, Source

LINK: Final = 3
TWENTY: Final = 20 * ONE
LONG, SHORT, PROVIDER = 5, 6, 1
"""Places of actors among anvil's accounts; the keeper is the fifth, publishers are the last three."""
KEEPER: Final = 4


WATERFALL: Final = [{"kind": "liquidator"}, {"kind": "nominator"}]


def venue(it: OnAnvil, name: str, prices: list[tuple[int, str]], seconds: int = 400) -> dict[str, Any]:
    """One that trades LINK every other second, at a price from so many seconds on."""
    folder, now = it.folder / f"tapes-{name}", it.head().time
    folder.mkdir(exist_ok=True)
    trades = []
    for at in range(now - 60, now + seconds, 2):
        trades.append((at, [price for since, price in prices if now + since <= at][-1]))
    write_tape(folder / "LINK-USD.a.csv.gz", trades)
    return {"a": {"kind": "replay", "folder": str(folder), "tape": "a"}}


def publishers(it: OnAnvil, venues: dict[str, Any]) -> dict[str, Any]:
    """All three of the parameters."""
    name = next(iter(it.exchange.reports))
    return {
        "venues": venues,
        "accounts": {f"p{place}": {"key": it.key(place)} for place in (7, 8, 9)},
        "publishers": [
            {"name": f"p{place}", "account": f"p{place}", "reports": name, "venues": ["a"]}
            for place in (7, 8, 9)
        ],
    }


def nonce(it: OnAnvil, place: int = KEEPER) -> int:
    return int(it.ask("eth_getTransactionCount", it.accounts[place], "latest"), 16)


def opened(it: OnAnvil, dollars: int = 1_100, lots: int = 10_000) -> tuple[int, int]:
    """A long of 10,000 lots (1,000 LINK) at 20 with little behind it, and a rich short."""
    long, short = it.fund(LONG, dollars), it.fund(SHORT, 100_000)
    it.trade(LINK, TWENTY, lots, LONG, SHORT)
    it.do(it.accounts[9], it.exchange.engine.sync(long), it.exchange.engine.sync(short))
    return long, short


def mark_at(it: OnAnvil, price: int) -> None:
    """Publishers and an auction bring the mark to a price, as fast as the router lets them."""
    it.post(LINK, price, seconds=30)
    it.auction(LINK, price)


def wealthy(it: OnAnvil, dollars: int) -> None:
    """A vault, a fifth of which stands behind accounts that nobody else takes."""
    exchange, owner, amount = it.exchange, it.accounts[PROVIDER], dollars * USDC
    it.do(
        owner,
        exchange.token.mint(owner, amount),
        exchange.token.approve(exchange.vault.address, amount),
        exchange.vault.deposit(amount, owner),
    )
    timelock = exchange.timelock.address
    it.ask("anvil_impersonateAccount", timelock)
    it.ask("anvil_setBalance", timelock, hex(10**20))
    it.do(timelock, exchange.vault.fund_backstop(amount // 10))


def lots(it: OnAnvil, account: int) -> int:
    return it.read(it.exchange.engine.position(account, LINK)).lots


def stop(it: OnAnvil, price: int, **more: Any) -> NewTrigger:
    """A stop-market that sells 1,000 lots, with a tip of a dollar."""
    words: dict[str, Any] = {
        "market": LINK,
        "kind": Kind.STOP_MARKET,
        "source": Source.MARK,
        "is_ask": True,
        "tick": it.tick(LINK, price),
        "limit": 0,
        "slippage": 100,
        "slippage_in_bps": True,
        "distance": 0,
        "distance_in_bps": False,
        "lots": 1_000,
        "reduce_only": True,
        "attached": False,
        "expiry": 0,
        "order_expiry": 0,
        "tip": USDC,
    }
    return NewTrigger(**{**words, **more})


def with_triggers(it: OnAnvil, *terms: NewTrigger) -> None:
    """The long's, who grants what they need."""
    exchange, owner, triggers = it.exchange, it.accounts[LONG], it.exchange.triggers
    it.do(
        owner,
        exchange.token.mint(owner, 100 * USDC),
        exchange.token.approve(triggers.address, 100 * USDC),
        exchange.engine.set_operator(it.account(LONG), triggers.address, 4, 100, 2**40 - 1),
        *[triggers.place(it.account(LONG), one) for one in terms],
    )
