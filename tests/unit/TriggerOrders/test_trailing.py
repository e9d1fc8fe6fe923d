"""Trailing stops: the extreme moves one way, and the distance is exact."""

from typing import Any, Final

import pytest

from tests.support.oracle import ONE
from tests.support.traders import LOT_AT_PAR, MAKER, STRANGER, TAKER, UNIT
from tests.support.triggers import KEEPER, TIP, End, Executed, TriggerPair, stop, trailing
from walras.model.book import MAX_TICK
from walras.model.triggers import Source

ENTRY: Final = {"reduce_only": False, "lots": 10}
TICK: Final = UNIT << 41


def put(pair: TriggerPair, account: int, distance: int, **terms: Any) -> int:
    """Placed."""
    found = pair.place(account, trailing(distance, **terms))
    assert isinstance(found, int), found
    return found


def extreme(pair: TriggerPair, placed: int) -> int:
    """In ticks, exactly."""
    found, rest = divmod(pair.contract.trigger(placed)[4], TICK)
    assert rest == 0
    return int(found)


def test_begins_at_the_reference(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, 100)
    assert extreme(pair, placed) == 20_000
    assert pair.contract.trigger(placed)[3] == 19_900 * TICK * 10_000
    pair.check()


def test_begins_at_no_other_than_one_of_now(pair: TriggerPair, long: int) -> None:
    """The account is synced; who has no position in the market has to run its auction."""
    other = pair.trader(0x77)
    for source in (Source.MARK, Source.INDEX):
        put(pair, other, 5, source=source)
    pair.exchange.advance(61)
    pair.exchange.say(0, 1_990 * ONE)
    assert pair.place(other, trailing(5)) == "triggers: mark too old"
    assert extreme(pair, put(pair, long, 5)) == 19_900
    assert extreme(pair, put(pair, other, 5)) == 19_900
    pair.exchange.advance(172_801)
    pair.exchange.auction()
    assert pair.place(long, trailing(5)) == "triggers: price not fit"


def test_begins_at_a_clearing_price(pair: TriggerPair) -> None:
    maker, taker = pair.trader(MAKER), pair.trader(TAKER)
    assert pair.place(taker, trailing(5, source=Source.CLEARING)) == "triggers: no clearing price"
    assert pair.exchange.sell(maker, 5, 20_050)
    assert pair.exchange.buy(taker, 5, 20_050)
    pair.exchange.close()
    assert extreme(pair, put(pair, taker, 5, source=Source.CLEARING)) == 20_050


@pytest.mark.parametrize("is_ask", [True, False])
def test_follows_one_way(pair: TriggerPair, long: int, maker: int, is_ask: bool) -> None:
    """Up for what sells, down for what buys; back it stays where it is. By anyone."""
    sign = 1 if is_ask else -1
    placed = put(pair, long if is_ask else maker, 300, is_ask=is_ask)
    for change, follows in ((50, 50), (40, 50), (70, 70), (0, 70), (-100, 70), (71, 71)):
        pair.price(2_000 + sign * change / 10)
        found = pair.ratchet(placed, STRANGER)
        assert found == (20_000 + sign * follows) * TICK
        assert extreme(pair, placed) == 20_000 + sign * follows
    pair.check()


@pytest.mark.parametrize("is_ask", [True, False])
@pytest.mark.parametrize(
    ("distance", "in_bps", "ticks"), [(100, False, 100), (50, True, 100), (1, True, 2), (1, False, 1)]
)
def test_triggers_at_its_distance(
    pair: TriggerPair, long: int, maker: int, is_ask: bool, distance: int, in_bps: bool, ticks: int
) -> None:
    """From 20,000 ticks, which are 2,000 dollars; a thousandth of a dollar short of it, it does not."""
    sign = 1 if is_ask else -1
    placed = put(pair, long if is_ask else maker, distance, distance_in_bps=in_bps, is_ask=is_ask)
    at = 2_000 - sign * ticks / 10
    pair.price(at + sign * 0.001)
    assert pair.execute(placed) == "triggers: not triggered"
    pair.price(at)
    found = pair.execute(placed)
    assert isinstance(found, Executed)
    assert found.order.batch_only
    assert found.order.tick == 20_000 - sign * (ticks + 100)
    pair.check()


def test_basis_points_are_of_the_extreme(pair: TriggerPair, long: int) -> None:
    """1 % of 2,100 is 21, not the 20 it was."""
    placed = put(pair, long, 100, distance_in_bps=True)
    pair.price(2_100)
    assert pair.ratchet(placed) == 21_000 * TICK
    pair.price(2_079.001)
    assert pair.execute(placed) == "triggers: not triggered"
    pair.price(2_079)
    assert isinstance(pair.execute(placed), Executed)


def test_an_execution_ratchets_first(pair: TriggerPair, long: int) -> None:
    """Where the reference is a new best there is nothing to execute; the extreme is kept, nobody is paid."""
    placed = put(pair, long, 100)
    pair.price(2_005)
    assert pair.execute(placed) == 20_050 * TICK
    assert extreme(pair, placed) == 20_050
    assert pair.contract.claimable(KEEPER) == 0
    assert pair.execute(placed) == "triggers: not triggered"
    pair.price(1_995)
    assert isinstance(pair.execute(placed), Executed)
    assert pair.contract.claimable(KEEPER) == TIP
    pair.check()


def test_ratchet_tells_where_it_is(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, 100)
    assert pair.ratchet(placed) == LOT_AT_PAR
    pair.price(1_995)
    assert pair.ratchet(placed) == LOT_AT_PAR


def test_only_trailing_stops(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    assert pair.ratchet(placed) == "triggers: not trailing"
    assert pair.ratchet(12345) == "triggers: unknown trigger"
    pair.check()


def test_at_no_old_price(pair: TriggerPair, long: int) -> None:
    other = pair.trader(0x77)
    mine, free = put(pair, long, 100), put(pair, other, 100)
    clearing = put(pair, long, 100, source=Source.CLEARING)
    pair.exchange.advance(61)
    pair.exchange.say(0, 2_010 * ONE)
    assert pair.ratchet(free) == "triggers: mark too old"
    assert pair.ratchet(mine) == 20_100 * TICK
    assert pair.ratchet(free) == 20_100 * TICK
    pair.exchange.advance(172_801)
    pair.exchange.auction()
    assert pair.ratchet(mine) == "triggers: price not fit"
    pair.price(2_000)
    assert pair.ratchet(clearing) == "triggers: no clearing price"
    pair.check()


def test_further_than_prices_go(pair: TriggerPair, long: int) -> None:
    """A distance of the whole price and more: it never sells; it buys where that is."""
    never = put(pair, long, 20_000)
    beyond = put(pair, long, MAX_TICK)
    pair.check()
    assert pair.contract.trigger(never)[3] == pair.contract.trigger(beyond)[3] == 0
    pair.price(0.001)
    assert pair.execute(never) == pair.execute(beyond) == "triggers: not triggered"


def test_distance_of_one_tick_less_than_the_price(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, 19_999)
    assert pair.contract.trigger(placed)[3] == TICK * 10_000
    pair.price(0.1)
    found = pair.execute(placed)
    assert isinstance(found, Executed)
    assert found.order.tick == 1


def test_keeps_its_place_when_it_is_parked(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, 100)
    pair.price(2_005)
    pair.ratchet(placed)
    pair.grant(long, 0)
    pair.price(1_995)
    assert pair.execute(placed) == "parked: engine: not authorised"
    assert extreme(pair, placed) == 20_050
    pair.price(2_006)
    assert pair.execute(placed) == 20_060 * TICK
    assert pair.contract.trigger(placed)[8] == "engine: not authorised"
    pair.check()


def test_in_a_pair_and_attached(pair: TriggerPair, long: int, maker: int) -> None:
    found = pair.place_pair(long, trailing(100, attached=True), trailing(50, source=Source.INDEX))
    assert not isinstance(found, str)
    pair.price(2_001)
    assert pair.ratchet(found[0]) == pair.ratchet(found[1]) == 20_010 * TICK
    pair.check()
    pair.position(maker, long, 1_000)
    assert pair.execute(found[0]) == End.CLOSED
    assert pair.contract.triggers_of(long) == (found[1],)
    assert extreme(pair, found[1]) == 20_010
    pair.check()


def test_a_rescale_ends_it(pair: TriggerPair, long: int) -> None:
    """The extreme is a lot price and would stay right, the ticks of distance and slippage would not."""
    placed = put(pair, long, 100)
    pair.exchange.rescale(0, 2 * 10**17)
    pair.check()
    assert pair.execute(placed) == End.RESCALED
