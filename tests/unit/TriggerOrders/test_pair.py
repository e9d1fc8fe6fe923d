"""place_pair: one cancels the other."""

from tests.support.triggers import KEEPER, TIP, End, Executed, TriggerPair, stop, take, take_limit
from walras.model.triggers import NewTrigger


def bracket(pair: TriggerPair, account: int, **terms: int) -> tuple[int, int]:
    """A stop at 19,900 and a take-profit at 20,100, whose tip is one unit more."""
    found = pair.place_pair(account, stop(19_900, **terms), take(20_100, tip=TIP + 1))
    assert not isinstance(found, str)
    return found


def test_pulls_both_tips(pair: TriggerPair, long: int) -> None:
    bracket(pair, long)
    assert pair.token.balanceOf(pair.contract.address) == 2 * TIP + 1
    pair.check()


def test_the_first_is_executed(pair: TriggerPair, long: int) -> None:
    first, second = bracket(pair, long)
    pair.price(1_990)
    assert pair.execute(second) == "triggers: not triggered"
    assert isinstance(pair.execute(first), Executed)
    assert pair.contract.claimable(KEEPER) == TIP
    assert pair.contract.claimable(pair.exchange.owner(long)) == TIP + 1
    assert pair.execute(second) == "triggers: unknown trigger"
    assert pair.contract.triggers_of(long) == ()
    pair.check()


def test_the_second_is_executed(pair: TriggerPair, long: int) -> None:
    first, second = bracket(pair, long)
    pair.price(2_010)
    assert pair.execute(first) == "triggers: not triggered"
    assert isinstance(pair.execute(second), Executed)
    assert pair.contract.claimable(KEEPER) == TIP + 1
    assert pair.contract.claimable(pair.exchange.owner(long)) == TIP
    assert pair.execute(first) == "triggers: unknown trigger"
    pair.check()


def test_cancelled_together(pair: TriggerPair, long: int) -> None:
    for which in (0, 1):
        ids = bracket(pair, long)
        assert pair.cancel(ids[which]) == 2 * TIP + 1
        assert pair.contract.triggers_of(long) == ()
    assert pair.contract.claimable(pair.exchange.owner(long)) == 2 * (2 * TIP + 1)
    pair.check()


def test_a_parked_one_takes_nobody_along(pair: TriggerPair, long: int) -> None:
    first, second = bracket(pair, long)
    pair.grant(long, 0)
    pair.price(1_990)
    assert pair.execute(first) == "parked: engine: not authorised"
    assert pair.contract.triggers_of(long) == (first, second)
    pair.grant(long, 4)
    assert isinstance(pair.execute(first), Executed)
    assert pair.contract.triggers_of(long) == ()
    pair.check()


def test_an_expired_one_leaves_the_other(pair: TriggerPair, long: int) -> None:
    """A stop is not lost because the take-profit beside it ran out; and it is nobody's partner then."""
    first, second = bracket(pair, long, expiry=pair.evm.time + 100)
    pair.exchange.advance(100)
    assert pair.sweep(first) == End.EXPIRED
    assert pair.contract.triggers_of(long) == (second,)
    pair.check()
    other = pair.place(long, stop(19_000))
    assert isinstance(other, int)
    assert other & 63 == first & 63, "it takes the slot"
    assert pair.cancel(second) == TIP + 1
    assert pair.contract.triggers_of(long) == (other,), "and is not taken along"
    pair.check()


def test_an_attached_one_leaves_a_free_one(pair: TriggerPair, long: int, maker: int) -> None:
    entry = NewTrigger(tick=20_500, is_ask=False, lots=5, reduce_only=False, slippage=10)
    found = pair.place_pair(long, stop(19_900, attached=True), entry)
    assert not isinstance(found, str)
    pair.position(maker, long, 1_000)
    assert pair.execute(found[0]) == End.CLOSED
    assert pair.contract.triggers_of(long) == (found[1],)
    pair.check()


def test_of_two_markets(pair: TriggerPair, long: int) -> None:
    market = pair.exchange.list(3_000 * 10**18)
    found = pair.place_pair(long, stop(19_900), take(10, market=market))
    assert not isinstance(found, str)
    pair.price(1_990)
    assert isinstance(pair.execute(found[0]), Executed)
    assert pair.contract.triggers_of(long) == ()
    pair.check()


def test_partners_lie_in_any_slots(pair: TriggerPair, long: int) -> None:
    """The first in a hole, the second at the end."""
    ids = [pair.place(long, stop(10 + number)) for number in range(5)]
    pair.cancel(ids[2])
    first, second = bracket(pair, long)
    assert (first & 63, second & 63) == (2, 5)
    pair.check()
    assert pair.cancel(second) == 2 * TIP + 1
    assert pair.contract.triggers_of(long) == tuple(ids[:2] + ids[3:])
    pair.check()


def test_both_parked_partner_keeps_its_reason(pair: TriggerPair, long: int) -> None:
    """The words of a parked trigger that loses its partner keep all but the partner."""
    found = pair.place_pair(long, stop(19_900, expiry=pair.evm.time + 1_000), take_limit(19_800, 19_700))
    assert not isinstance(found, str)
    pair.grant(long, 0)
    pair.price(1_990)
    assert pair.execute(found[1]) == pair.execute(found[0]) == "parked: engine: not authorised"
    pair.exchange.advance(1_000)
    assert pair.sweep(found[0]) == End.EXPIRED
    assert pair.contract.trigger(found[1])[8] == "engine: not authorised"
    pair.check()


def test_partners_in_the_last_slots(pair: TriggerPair, long: int) -> None:
    for number in range(62):
        assert isinstance(pair.place(long, stop(10 + number, tip=0)), int)
    first, second = bracket(pair, long)
    assert (first & 63, second & 63) == (62, 63)
    pair.check()
    assert pair.cancel(first) == 2 * TIP + 1
    pair.check()


def test_who_is_left_alone_keeps_its_grid(pair: TriggerPair, long: int) -> None:
    """On the second grid, and with the partner in a high slot."""
    pair.exchange.rescale(0, 2 * 10**17)
    for number in range(5):
        assert isinstance(pair.place(long, stop(10 + number, tip=0)), int)
    until = pair.evm.time + 100
    found = pair.place_pair(long, stop(9_950, expiry=until), take(10_050))
    assert not isinstance(found, str)
    pair.exchange.advance(100)
    assert pair.sweep(found[0]) == End.EXPIRED
    pair.check()
    pair.price(2_010)
    assert isinstance(pair.execute(found[1]), Executed)
    pair.check()
