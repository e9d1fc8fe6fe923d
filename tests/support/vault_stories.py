"""What happens to a vault in its unit tests, in few words.

A lot is 0.001 of the base and a tick 0.1: at 2,000 a lot is worth 2 tokens.
"""

from typing import Any, Final

from tests.support.engine import OWNER
from tests.support.oracle import ONE, Manner
from tests.support.vault import VaultPair
from walras.model.book import MAX_TICK, NewOrder

USDC: Final = 10**6
DAY: Final = 86_400
COOLDOWN: Final = 3 * DAY


def take(pair: VaultPair, account: int, lots: int, price: int = 2_000, market: int = 0) -> Any:
    """A trader buys (sells where lots are negative) from the vault in an auction at an index; what it did."""
    lowest, highest = pair.model.band(market)
    tick = highest - 1 if lots > 0 else lowest + 1
    order = NewOrder(lots < 0, min(tick, MAX_TICK), abs(lots), batch_only=True)
    assert pair.place(account, order, market) is not None, pair.refusal
    pair.advance(max(0, pair.model.markets[market].mark.due + 1 - pair.evm.time))
    pair.say(market, price * ONE)
    cleared = pair.auction(market)
    assert cleared is not None, pair.refusal
    return cleared


def price_is(pair: VaultPair, price: int, doubt: int = 0, market: int = 0) -> None:
    """The index moves, and all marks with it; doubt in tokens either way."""
    pair.advance(61)
    pair.say(market, price * ONE, doubt * ONE)
    pair.sync(pair.account_of_vault)


def worth(pair: VaultPair) -> tuple[int, int]:
    """Low and high equity of the vault."""
    low, high, *_ = pair.engine.worth(pair.account_of_vault)
    return low, high


def position(pair: VaultPair, market: int = 0) -> int:
    """Lots of the vault."""
    return int(pair.engine.position(pair.account_of_vault, market)[0])


def spoil(pair: VaultPair, how: str, market: int = 0) -> None:
    """A market's price becomes STALE or HALTED, and the engine knows it."""
    if how == "stale":
        pair.sources[market].behave(Manner.REVERT)
    else:
        pair.router.halt(market, sender=OWNER)
    pair.advance(61)
    pair.sync(pair.account_of_vault)


def mend(pair: VaultPair, price: int = 2_000, market: int = 0) -> None:
    """The price is fit again."""
    pair.sources[market].behave(Manner.ANSWER)
    pair.router.resume(market, sender=OWNER)
    price_is(pair, price, market=market)
