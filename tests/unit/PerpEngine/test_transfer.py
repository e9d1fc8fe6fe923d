"""transfer: between two accounts of one owner."""

from tests.support.engine import USDC, EnginePair
from tests.support.oracle import OWNER
from tests.support.orders import refused, reverts
from tests.support.traders import MAKER, PAR, RICH, STRANGER, caller, collateral, fill, named, through


def test_transfer(pair: EnginePair, maker: int) -> None:
    sub = pair.account(MAKER, 7)
    pair.transfer(maker, sub, 5)
    assert named(pair, "Transferred") == [{"sender": maker, "receiver": sub, "amount": 5}]
    assert (collateral(pair, maker), collateral(pair, sub)) == (RICH - 5, 5)
    assert pair.engine.tracked() == RICH
    pair.transfer(sub, maker, 5)
    with refused(pair, "engine: margin missed"):
        pair.transfer(sub, maker, 1)


def test_to_itself(pair: EnginePair, maker: int) -> None:
    pair.transfer(maker, maker, RICH)
    assert collateral(pair, maker) == RICH
    with refused(pair, "engine: margin missed"):
        pair.transfer(maker, maker, RICH + 1)


def test_owner_of_both(pair: EnginePair, maker: int, taker: int) -> None:
    sub = pair.account(MAKER, 1)
    with refused(pair, "engine: not the owner"):
        pair.transfer(maker, taker, 1)
    with refused(pair, "engine: not the owner"):
        pair.transfer(taker, maker, 1, sender=pair.owner(maker))
    with refused(pair, "engine: not the owner"):
        pair.transfer(maker, sub, 1, sender=STRANGER)
    pair.transfer(maker, sub, 1)


def test_to_nobody(pair: EnginePair, maker: int) -> None:
    for nobody in (0, maker | 1 << 168):
        with reverts("engine: not the owner"):
            pair.engine.transfer(maker, nobody, 1, sender=pair.owner(maker))


def test_by_a_contract(pair: EnginePair, maker: int) -> None:
    contract, account = caller(pair)
    with reverts("engine: not the owner"):
        through(pair, contract, "transfer", maker, maker | 1, 5, sender=pair.owner(maker))
    pair.mint(STRANGER, 5)
    pair.deposit(STRANGER, account, 5)
    through(pair, contract, "transfer", account, account | 1, 5, sender=STRANGER)
    assert (collateral(pair, account), collateral(pair, account | 1)) == (0, 5)


def test_most(pair: EnginePair, maker: int) -> None:
    for amount in (2**111, 2**256 - 1):
        with refused(pair, "engine: amount too large"):
            pair.transfer(maker, maker | 1, amount)


def test_positions_keep_their_margin(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 1_000)
    with refused(pair, "engine: margin missed"):
        pair.transfer(taker, taker | 1, RICH - 101 * USDC + 1)
    pair.transfer(taker, taker | 1, RICH - 101 * USDC)
    assert collateral(pair, taker) == 100 * USDC


def test_price_not_fit(pair: EnginePair, maker: int, taker: int) -> None:
    """From an account with a position; to one always."""
    fill(pair, taker, maker, 10)
    pair.advance(61)
    pair.router.halt(0, sender=OWNER)
    sub = pair.fund(22, USDC, sub=1)
    with refused(pair, "engine: price not fit"):
        pair.transfer(taker, sub, 1)
    pair.transfer(sub, taker, USDC)
    assert pair.refusal is None


def test_open_orders_keep_theirs(pair: EnginePair, maker: int) -> None:
    pair.sell(maker, 1_000, PAR)
    with refused(pair, "engine: margin missed"):
        pair.transfer(maker, maker | 1, RICH - 101 * USDC + 1)
    pair.transfer(maker, maker | 1, RICH - 101 * USDC)
