"""Reduce-only orders are never more than what they reduce: what is too much goes off the book."""

from dataclasses import replace

import pytest

from tests.support.engine import SETTINGS, EnginePair
from tests.support.traders import PAR, fill, lots_and_cash


def open_lots(pair: EnginePair, account: int) -> list[int]:
    return [found[3] for found in pair.books[0].open_orders(account)]


def test_closed_position_has_no_reduce_only_orders(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.sell(taker, 60, PAR + 5, reduce_only=True)
    pair.sell(taker, 40, PAR + 6, reduce_only=True)
    fill(pair, maker, taker, 50)
    assert lots_and_cash(pair, taker)[0] == 50
    assert open_lots(pair, taker) == [50]  # the earlier slot first
    fill(pair, maker, taker, 50)
    assert open_lots(pair, taker) == []
    assert pair.engine.markets_of(taker) == ()


@pytest.mark.parametrize("is_short", [False, True])
def test_a_single_lot_with_nothing_to_reduce_goes_off(
    pair: EnginePair, maker: int, taker: int, is_short: bool
) -> None:
    whose, other = (maker, taker) if is_short else (taker, maker)
    fill(pair, taker, maker, 5)
    if is_short:
        pair.buy(whose, 1, PAR - 5, reduce_only=True)
        fill(pair, whose, other, 5)
    else:
        pair.sell(whose, 1, PAR + 5, reduce_only=True)
        fill(pair, other, whose, 5)
    assert open_lots(pair, whose) == []
    assert pair.engine.markets_of(whose) == ()


def test_what_goes_off_leaves_room_under_the_cap(pair: EnginePair, maker: int, taker: int) -> None:
    """A short of 100 bids for 100 to close, buys 60 otherwise, and bids for 70: it is short 40 then.

    Before, the 60 that went off the book counted still.
    """
    fill(pair, taker, maker, 100)
    pair.buy(maker, 100, PAR - 5, reduce_only=True)
    pair.buy(maker, 60, PAR)
    pair.sell(taker, 60, PAR)
    pair.begin_with(0, replace(SETTINGS, open_cap=170))
    pair.advance(10)
    assert pair.buy(maker, 70, PAR - 6) is not None
    assert open_lots(pair, maker) == [40, 70]
    assert pair.engine.open_interest(0)[0] == 170  # the taker's sale is not settled


def test_orders_that_fit_stay(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.sell(taker, 50, PAR + 5, reduce_only=True)
    fill(pair, maker, taker, 50)
    assert open_lots(pair, taker) == [50]


def test_other_orders_stay(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.sell(taker, 100, PAR + 5, reduce_only=True)
    pair.sell(taker, 30, PAR + 6)
    fill(pair, maker, taker, 100)
    assert open_lots(pair, taker) == [30]
    assert pair.engine.open_interest(0) == (0, 30, 0, 0)


def test_of_a_short(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.buy(maker, 100, PAR - 5, reduce_only=True)
    fill(pair, maker, taker, 70)
    assert open_lots(pair, maker) == [30]


def test_position_that_turned(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.sell(taker, 50, PAR + 5, reduce_only=True)
    fill(pair, maker, taker, 150)
    assert lots_and_cash(pair, taker)[0] == -50
    assert open_lots(pair, taker) == []


def test_nothing_leaves_a_batch_that_is_over(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.sell(taker, 100, PAR + 5, reduce_only=True)
    pair.sell(taker, 100, PAR)
    pair.buy(maker, 100, PAR)
    pair.close()
    pair.advance(10)
    pair.sync(taker)
    assert lots_and_cash(pair, taker)[0] == 0
    assert open_lots(pair, taker) == [100]
    pair.auction()
    pair.sync(taker)
    assert open_lots(pair, taker) == []


@pytest.mark.parametrize("is_long", [True, False], ids=["of a long", "of a short"])
def test_sweep_by_anyone_trims(pair: EnginePair, maker: int, taker: int, is_long: bool) -> None:
    """Who takes an expired order off the book books the fills before it, and what they leave to reduce."""
    opened, reduced = (pair.buy, pair.sell) if is_long else (pair.sell, pair.buy)
    far = 5 if is_long else -5
    assert reduced(maker, 100, PAR, post_only=True) is not None
    assert opened(taker, 100, PAR) is not None
    pair.close()
    pair.sync(taker)
    expired = opened(taker, 1, PAR - far, expiry=pair.evm.time + 10)
    assert expired is not None
    reduced(taker, 30, PAR + far, reduce_only=True)
    reduced(taker, 5, PAR + 2 * far)
    assert reduced(taker, 65, PAR + far, reduce_only=True) is not None, pair.refusal
    opened(maker, 50, PAR, post_only=True)
    assert reduced(taker, 50, PAR) is not None, pair.refusal
    pair.close()
    assert pair.sweep(taker, [expired]) == 1
    assert lots_and_cash(pair, taker)[0] == (50 if is_long else -50)
    assert open_lots(pair, taker) == [30, 5, 20]


def test_sweep_that_closes_a_position(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    expired = pair.buy(taker, 1, PAR - 5, expiry=pair.evm.time + 10)
    pair.sell(taker, 100, PAR + 5, reduce_only=True)
    pair.buy(maker, 100, PAR, post_only=True)
    pair.sell(taker, 100, PAR)
    pair.close()
    assert pair.sweep(taker, [expired]) == 1
    assert open_lots(pair, taker) == []
    assert pair.engine.markets_of(taker) == ()
