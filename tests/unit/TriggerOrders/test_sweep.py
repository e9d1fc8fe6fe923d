"""sweep: what has ended is removed by anyone, and its tip is the owner's."""

from tests.support.traders import STRANGER, TAKER
from tests.support.triggers import KEEPER, TIP, End, TriggerPair, stop, take
from walras.model.market import Mode


def placed(pair: TriggerPair, found: int | str) -> int:
    """Its id."""
    assert isinstance(found, int), found
    return found


def test_expired(pair: TriggerPair, long: int) -> None:
    one = placed(pair, pair.place(long, stop(19_900, expiry=pair.evm.time + 10)))
    pair.exchange.advance(9)
    assert pair.sweep(one) == "triggers: not void"
    pair.exchange.advance(1)
    assert pair.sweep(one, STRANGER) == End.EXPIRED
    assert pair.contract.claimable(pair.exchange.owner(long)) == TIP
    assert pair.contract.claimable(STRANGER) == 0
    assert pair.sweep(one) == "triggers: unknown trigger"
    pair.check()


def test_nothing_to_sweep(pair: TriggerPair, long: int) -> None:
    """One that has triggered, one that is parked, one that needs no position yet."""
    one = placed(pair, pair.place(long, stop(30_000)))
    assert pair.sweep(one) == "triggers: not void"
    pair.grant(long, 0)
    assert pair.execute(one) == "parked: engine: not authorised"
    assert pair.sweep(one) == "triggers: not void"
    other = placed(pair, pair.place(pair.trader(0x77), stop(30_000)))
    assert pair.sweep(other) == "triggers: not void"
    pair.check()


def test_attached(pair: TriggerPair, long: int, maker: int) -> None:
    """Closed by an auction that nobody settled yet."""
    one = placed(pair, pair.place(long, stop(19_900, attached=True)))
    two = placed(pair, pair.place(maker, take(19_000, attached=True, is_ask=False)))
    assert pair.sweep(one) == "triggers: not void"
    assert pair.exchange.buy(maker, 1_000, 20_000)
    assert pair.exchange.sell(long, 1_000, 20_000)
    pair.exchange.close()
    assert pair.engine.position(long, 0)[0] == 1_000
    assert pair.sweep(one) == End.CLOSED
    assert pair.sweep(two) == End.CLOSED
    pair.check()


def test_attached_to_the_other_side_now(pair: TriggerPair, long: int, maker: int) -> None:
    one = placed(pair, pair.place(long, stop(19_900, attached=True)))
    pair.position(maker, long, 999)
    assert pair.sweep(one) == "triggers: not void"
    pair.position(maker, long, 2)
    assert pair.engine.position(long, 0)[0] == -1
    assert pair.sweep(one) == End.CLOSED


def test_rescaled(pair: TriggerPair, long: int) -> None:
    one = placed(pair, pair.place(long, stop(19_900)))
    pair.exchange.rescale(0, 2 * 10**17)
    assert pair.sweep(one) == End.RESCALED
    pair.check()


def test_leaves_the_partner(pair: TriggerPair, long: int) -> None:
    found = pair.place_pair(long, stop(19_900), take(20_100, expiry=pair.evm.time + 10))
    assert not isinstance(found, str)
    pair.exchange.advance(10)
    assert pair.sweep(found[0]) == "triggers: not void"
    assert pair.sweep(found[1]) == End.EXPIRED
    assert pair.contract.trigger(found[0])[7] == 0
    pair.check()


def test_while_the_market_is_halted(pair: TriggerPair, long: int) -> None:
    """It runs no auction."""
    one = placed(pair, pair.place(long, stop(19_900, expiry=pair.evm.time + 10)))
    pair.exchange.set_mode(0, Mode.HALTED)
    pair.exchange.advance(10_000)
    assert pair.sweep(one) == End.EXPIRED


def test_of_an_owner_who_is_barred(pair: TriggerPair) -> None:
    account = pair.trader(TAKER)
    one = placed(pair, pair.place(account, stop(19_900, expiry=pair.evm.time + 10)))
    pair.bar(pair.exchange.owner(account))
    pair.exchange.advance(10)
    assert pair.sweep(one) == End.EXPIRED
    assert pair.contract.claimable(pair.exchange.owner(account)) == TIP
    assert pair.contract.claimable(KEEPER) == 0
