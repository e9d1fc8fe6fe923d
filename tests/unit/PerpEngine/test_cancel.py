"""cancel, cancel_all and sweep: what comes off the book, with what auctions did booked on the way."""

import pytest

from tests.support.engine import USDC, EnginePair
from tests.support.oracle import OWNER, Manner
from tests.support.orders import refused, reverts
from tests.support.traders import KEEPER, PAR, RICH, STRANGER, caller, lots_and_cash, order, through
from walras.model.market import Mode


def placed(order_id: int | None) -> int:
    assert order_id is not None
    return order_id


def test_cancel(pair: EnginePair, maker: int) -> None:
    order_id = placed(pair.buy(maker, 10, PAR))
    assert pair.cancel(maker, order_id, 4) == 4
    assert pair.engine.position(maker, 0)[3:] == (6, 0, 6 * PAR, 0)
    assert pair.engine.open_interest(0) == (6, 0, 0, 0)
    assert pair.cancel(maker, order_id) == 6
    assert (pair.engine.open_interest(0), pair.engine.markets_of(maker)) == ((0, 0, 0, 0), ())
    with refused(pair, "book: unknown order"):
        pair.cancel(maker, order_id)


def test_cancel_of_nothing(pair: EnginePair, maker: int) -> None:
    order_id = placed(pair.buy(maker, 10, PAR))
    with refused(pair, "book: zero lots"):
        pair.cancel(maker, order_id, 0)


def test_order_of_somebody_else(pair: EnginePair, maker: int, taker: int) -> None:
    order_id = placed(pair.buy(maker, 10, PAR))
    with reverts("book: unknown order"):
        pair.engine.cancel(taker, 0, order_id, 10, sender=pair.owner(taker))
    with reverts("engine: not authorised"):
        pair.engine.cancel(maker, 0, order_id, 10, sender=pair.owner(taker))
    assert pair.cancel(maker, order_id) == 10


def test_unknown_market(pair: EnginePair, maker: int) -> None:
    pair.buy(maker, 10, PAR)
    with refused(pair, "engine: unknown market"):
        pair.cancel(maker, 0, market=1)
    with refused(pair, "engine: unknown market"):
        pair.cancel_all(maker, 1)
    with refused(pair, "engine: unknown market"):
        pair.sweep(maker, [1], 1)
    assert pair.cancel_all(maker) == 1


def test_what_has_filled_is_booked(pair: EnginePair, maker: int, taker: int) -> None:
    order_id = placed(pair.sell(maker, 10, PAR, post_only=True))
    pair.buy(taker, 4, PAR)
    pair.advance(10)
    pair.auction()
    pair.sync(taker)  # whose fee is what the rebate is paid from
    pair.advance(10)
    assert pair.cancel(maker, order_id) == 6
    assert lots_and_cash(pair, maker) == (-4, 8 * USDC)
    assert pair.engine.collateral(maker) == RICH + 400


def test_due_auction_runs_first(pair: EnginePair, maker: int, taker: int) -> None:
    order_id = placed(pair.sell(maker, 10, PAR, post_only=True))
    pair.buy(taker, 4, PAR)
    pair.advance(10)
    assert pair.cancel(maker, order_id) == 6
    assert lots_and_cash(pair, maker) == (-4, 8 * USDC)


def test_batch_does_not_end_before_its_time(pair: EnginePair, maker: int, taker: int) -> None:
    order_id = placed(pair.sell(maker, 10, PAR, post_only=True))
    pair.buy(taker, 4, PAR)
    pair.advance(9)
    assert pair.cancel(maker, order_id) == 10
    assert lots_and_cash(pair, maker) == (0, 0)


def test_cancel_all(pair: EnginePair, maker: int, taker: int) -> None:
    for tick in (PAR - 1, PAR - 2):
        pair.buy(maker, 10, tick)
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR - 3)
    assert pair.cancel_all(maker) == 3
    assert pair.engine.open_interest(0) == (10, 0, 0, 0)
    assert pair.cancel_all(maker) == 0
    with reverts("engine: not authorised"):
        pair.engine.cancel_all(taker, 0, sender=pair.owner(maker))
    assert pair.cancel_all(taker) == 1


@pytest.mark.parametrize("trouble", ["mode", "halted", "stale", "broke"])
def test_cancels_pass_at_any_time(pair: EnginePair, maker: int, taker: int, trouble: str) -> None:
    pair.buy(maker, 10, PAR - 1)
    order_id = placed(pair.buy(maker, 10, PAR))
    if trouble == "mode":
        pair.set_mode(0, Mode.HALTED)
    elif trouble == "halted":
        pair.router.halt(0, sender=OWNER)
    elif trouble == "stale":
        pair.sources[0].behave(Manner.REVERT)
    else:
        pair.withdraw(maker, RICH - 3 * USDC)
        pair.say(0, 1_500 * 10**18)
    pair.advance(1_000)
    assert pair.cancel(maker, order_id) == 10
    assert pair.cancel_all(maker) == 1
    assert pair.refusal is None


def test_by_a_contract(pair: EnginePair, maker: int) -> None:
    contract, account = caller(pair)
    order_id = placed(pair.buy(maker, 10, PAR))
    for name, arguments in {"cancel": (maker, 0, order_id, 10), "cancel_all": (maker, 0)}.items():
        with reverts("engine: not authorised"):
            through(pair, contract, name, *arguments, sender=pair.owner(maker))
    pair.mint(STRANGER, RICH)
    pair.deposit(STRANGER, account, RICH)
    through(pair, contract, "place", account, 0, order(), sender=STRANGER)
    assert pair.engine.position(account, 0)[3] == 10
    through(pair, contract, "cancel_all", account, 0, sender=STRANGER)
    assert pair.engine.position(account, 0)[3] == 0


# ---------------------------------------------------------------- sweep, cancel_all_after


def test_sweep_of_expired_orders_by_anyone(pair: EnginePair, maker: int) -> None:
    expiry = pair.evm.time + 100
    order_id = placed(pair.buy(maker, 10, PAR, expiry=expiry))
    other = placed(pair.buy(maker, 5, PAR))
    pair.advance(99)
    with refused(pair, "book: not expired"):
        pair.sweep(maker, [order_id])
    pair.advance(1)
    assert pair.sweep(maker, [order_id]) == 1
    assert pair.engine.open_interest(0) == (5, 0, 0, 0)
    with refused(pair, "book: not expired"):
        pair.sweep(maker, [other])


def test_sweep_books_fills(pair: EnginePair, maker: int, taker: int) -> None:
    order_id = placed(pair.sell(maker, 10, PAR, post_only=True, expiry=pair.evm.time + 10))
    pair.buy(taker, 4, PAR)
    pair.advance(10)
    assert pair.sweep(maker, [order_id]) == 1
    assert lots_and_cash(pair, maker) == (-4, 8 * USDC)
    assert pair.engine.open_interest(0) == (4, 4, 0, 4)  # the taker is not settled yet


def test_cancel_all_after(pair: EnginePair, maker: int) -> None:
    order_id = placed(pair.buy(maker, 10, PAR))
    deadline = pair.evm.time + 5
    pair.engine.cancel_all_after(maker, 0, deadline, sender=pair.owner(maker))
    pair.model.markets[0].book.cancel_all_after(maker, deadline)
    assert pair.books[0].cancel_deadline(maker) == deadline
    pair.advance(4)
    with refused(pair, "book: not expired"):
        pair.sweep(maker, [order_id])
    pair.advance(1)
    assert pair.sweep(maker, [order_id]) == 1


def test_cancel_all_after_refuses(pair: EnginePair, maker: int, taker: int) -> None:
    later = pair.evm.time + 5
    with reverts("engine: not authorised"):
        pair.engine.cancel_all_after(maker, 0, later, sender=pair.owner(taker))
    with reverts("engine: unknown market"):
        pair.engine.cancel_all_after(maker, 1, later, sender=pair.owner(maker))
    with reverts("book: deadline in the past"):
        pair.engine.cancel_all_after(maker, 0, pair.evm.time, sender=pair.owner(maker))
    contract, account = caller(pair)
    with reverts("engine: not authorised"):
        through(pair, contract, "cancel_all_after", maker, 0, later, sender=pair.owner(maker))
    through(pair, contract, "cancel_all_after", account, 0, later, sender=KEEPER)
    assert pair.books[0].cancel_deadline(account) == later
    assert pair.books[0].cancel_deadline(maker) == 0
    pair.engine.cancel_all_after(maker, 0, later, sender=pair.owner(maker))
    pair.engine.cancel_all_after(maker, 0, 0, sender=pair.owner(maker))
    assert pair.books[0].cancel_deadline(maker) == 0
