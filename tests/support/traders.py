"""Who acts in the tests of the engine, with the numbers that the tests reckon with.

The usual market: a lot is 0.001 of the base, a tick 0.1, so a lot at a tick is 100 units of a token of 6
decimals. At the price of 2,000 the tick is 20,000, and 1,000 lots are worth 2,000 tokens.
"""

from typing import Any, Final

from tests.support.engine import EnginePair
from walras.devtools.evm import Contract, address, artifact
from walras.model.book import NewOrder

PAR: Final = 20_000
"""The tick of the price of 2,000."""
UNIT: Final = 100
"""Token units per lot and tick."""
SCALE: Final = 41
LOT_AT_PAR: Final = PAR * UNIT << SCALE
"""The lot price of 2,000."""
RICH: Final = 100_000 * 10**6
MAKER: Final = 11
TAKER: Final = 22
OTHER: Final = 33
STRANGER: Final = address(0x66)
KEEPER: Final = address(0x5E)
OPERATOR: Final = address(0x0F)


def fill(
    pair: EnginePair, buyer: int, seller: int, lots: int, tick: int = PAR, market: int = 0, wait: int = 0
) -> Any:
    """The seller makes, the buyer takes, the batch ends, both are settled. What the auction did."""
    assert pair.sell(seller, lots, tick, market, post_only=True) is not None, pair.refusal
    assert pair.buy(buyer, lots, tick, market) is not None, pair.refusal
    pair.advance(wait)
    cleared = pair.close(market)
    pair.sync(buyer)
    pair.sync(seller)
    return cleared


def caller(pair: EnginePair) -> tuple[Contract, int]:
    """A contract that forwards calls, and its account."""
    contract = pair.evm.deploy(artifact("PayingCaller"))
    return contract, int(contract.address, 16) << 8


def through(pair: EnginePair, contract: Contract, name: str, *args: Any, sender: str) -> None:
    """Somebody has a contract call the engine. The model does not hear of it."""
    contract.forward(pair.engine.address, pair.engine.encode(name, *args), sender=sender)


def order(is_ask: bool = False, tick: int = PAR, lots: int = 10, **terms: Any) -> NewOrder:
    """A bid at par, or another order."""
    return NewOrder(is_ask, tick, lots, **terms)


def named(pair: EnginePair, name: str) -> list[dict[str, Any]]:
    """Arguments of the events of a name in the last action."""
    return [event.args for event in pair.events if event.name == name]


def collateral(pair: EnginePair, account: int) -> int:
    """Of an account."""
    return int(pair.engine.collateral(account))


def lots_and_cash(pair: EnginePair, account: int, market: int = 0) -> tuple[int, int]:
    """Of a position."""
    lots, cash, *_ = pair.engine.position(account, market)
    return lots, cash


def margin(pair: EnginePair, account: int) -> tuple[int, int, int]:
    """Equity, initial margin and maintenance margin."""
    equity, initial, maintenance = pair.engine.margin_of(account)
    return equity, initial, maintenance
