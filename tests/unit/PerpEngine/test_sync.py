"""sync: books what auctions did, wherever an account has orders, and refreshes marks that are too old."""

from tests.support.engine import USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import refused
from tests.support.traders import LOT_AT_PAR, MAKER, PAR, RICH, STRANGER, TAKER, lots_and_cash, named


def test_fills_are_booked_by_anyone(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 10, PAR, post_only=True)
    pair.buy(taker, 4, PAR)
    pair.close()
    assert lots_and_cash(pair, maker) == (0, 0)
    assert pair.engine.position(maker, 0)[4] == 10  # as of the last settlement
    pair.sync(taker)  # whose fee is what the rebate is paid from
    pair.engine.sync(maker, sender=STRANGER)
    (booked,) = [event.args for event in pair.engine.events() if event.name == "Booked"]
    pair.model.sync(maker)
    pair.same_accounts()
    assert lots_and_cash(pair, maker) == (-4, 8 * USDC)
    assert pair.engine.position(maker, 0)[4] == 6
    assert booked == {
        "account": maker,
        "market": 0,
        "lots": -4,
        "cash": 8 * USDC,
        "fee": -400,
        "realised": 0,
        "funding": 0,
    }
    pair.sync(maker)
    assert named(pair, "Booked") == []  # nothing twice
    assert lots_and_cash(pair, maker) == (-4, 8 * USDC)


def test_in_all_markets() -> None:
    pair = EnginePair(prices=(2_000 * ONE, 2_000 * ONE, 2_000 * ONE))
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, RICH)
    for market in range(3):
        pair.sell(maker, 10, PAR, market)
        pair.buy(taker, 1 + market, PAR, market)
    pair.close(0)
    pair.close(2)
    pair.sync(maker)
    assert [lots_and_cash(pair, maker, market)[0] for market in range(3)] == [-1, 0, -3]


def test_of_nobody(pair: EnginePair) -> None:
    pair.sync(pair.account(99))
    assert pair.events == []
    pair.engine.sync(2**256 - 1, sender=STRANGER)
    assert pair.engine.events() == []


def test_of_an_account_without_orders_takes_the_price_alone(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    pair.close()
    pair.sync(taker)
    pair.advance(60)
    pair.say(0, 2_100 * ONE)
    pair.sync(taker)  # a minute is not too old
    assert pair.engine.mark(0)[:2] == (LOT_AT_PAR, LOT_AT_PAR)
    assert named(pair, "MarkSet") == []
    pair.advance(1)
    pair.sync(taker)
    assert pair.engine.mark(0)[1] == LOT_AT_PAR * 21 // 20
    assert pair.engine.mark(0)[5] == pair.evm.time
    assert len(named(pair, "MarkSet")) == 1


def test_marks_of_other_markets_are_left(pair: EnginePair, maker: int) -> None:
    other = pair.list(2_000 * ONE)
    pair.buy(maker, 10, PAR)
    pair.advance(61)
    pair.sync(maker)
    assert pair.engine.mark(0)[5] == pair.evm.time
    assert pair.engine.mark(other)[5] == pair.evm.time - 61


def test_action_in_one_market_refreshes_the_others_of_the_account() -> None:
    pair = EnginePair(prices=(2_000 * ONE, 2_000 * ONE))
    account, maker = pair.fund(44, 201 * USDC), pair.fund(MAKER, RICH)
    pair.sell(maker, 1_000, PAR, 1, post_only=True)
    pair.buy(account, 1_000, PAR, 1)
    pair.close(1)
    pair.close(0)
    pair.advance(61)
    pair.say(1, 1_990 * ONE)
    # of 201 a fee of 1, a loss of 10, margin of 99.5 and 424 units of funding: 90.499576 are left
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 897, PAR)  # 89.7 and 0.897
    pair.buy(account, 896, PAR)  # 89.6 and 0.896
    assert pair.refusal is None
    assert pair.engine.mark(1)[1] == LOT_AT_PAR * 199 // 200


def test_sync_runs_no_auction(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    pair.advance(10)
    pair.sync(taker)
    assert lots_and_cash(pair, taker) == (0, 0)
    pair.auction()
    pair.sync(taker)
    assert lots_and_cash(pair, taker)[0] == 10
