"""preview and largest_order: what an order would do, tried and undone."""

from typing import Any

import pytest

from tests.support.engine import EnginePair
from tests.support.engine_campaign import THEMES, Campaign
from tests.support.orders import reverts
from tests.support.traders import (
    LOT_AT_PAR,
    PAR,
    RICH,
    STRANGER,
    caller,
    fill,
    order,
    through,
)
from walras.model.book import MAX_ORDER, MAX_TICK
from walras.model.market import Mode

REFUSED = (0, 0, 0, 0, 0)


def state(pair: EnginePair, *accounts: int) -> Any:
    """All that there is to see of accounts and the market, and storage that previews might touch."""
    engine = pair.engine
    return (
        [engine.collateral(account) for account in accounts],
        [tuple(engine.position(account, 0)) for account in accounts],
        [pair.books[0].open_orders(account) for account in accounts],
        tuple(engine.mark(0)),
        tuple(engine.open_interest(0)),
        tuple(pair.books[0].market()),
        pair.token.balanceOf(engine.address),
        [pair.evm.storage(engine.address, slot) for slot in range(40)],
    )


def test_numbers_by_hand(pair: EnginePair, taker: int) -> None:
    """1,000 lots at par, 2,000 tokens: margin of 5 % and the fee of 500 ppm, 100 tokens and 1."""
    found = pair.engine.preview(taker, 0, order(lots=1_000))
    assert found[:5] == ("", RICH, 101_000_000, 0, 1_000_000)
    pair.deposit(pair.owner(taker), taker, 0)
    poor = pair.fund(44, 500 * 10**6)
    *_, price = pair.engine.preview(poor, 0, order(lots=1_000))
    # 500 - 1 + 1,000 (p - 2) = 25 p: p = 1,501 / 975 tokens a lot, 1539.48.. of the base
    assert abs(price - (1_501 * 10**6 * 2**41) // 975) < 2**43


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_as_what_happens(theme: Any) -> None:
    """In the midst of random stories: the refusal of the order, or the margin that it leaves."""
    story = Campaign(77, theme)
    story.pair.check_every = 10**6
    story.run(60)
    before = story.done["preview"]
    for _ in range(25):
        story.pair.advance(story.pick(theme.waits))
        story.move(story.market())
        story.preview()
        story.note("preview")
    assert story.done["preview"] == before + 25


def test_refusals(pair: EnginePair, taker: int) -> None:
    cases = {
        "book: zero lots": order(lots=0),
        "book: order too large": order(lots=MAX_ORDER + 1),
        "book: tick outside band": order(tick=1),
        "book: tick outside grid": order(tick=MAX_TICK + 1),
        "engine: margin missed": order(lots=10**6 * 2),
        "engine: would not reduce": order(reduce_only=True),
    }
    for reason, new in cases.items():
        found = pair.engine.preview(taker, 0, new)
        pair.place(taker, new)
        assert (found[0], tuple(found[1:])) == (pair.refusal, REFUSED)
        assert found[0] == reason
    assert pair.engine.preview(taker, 1, order())[0] == "engine: unknown market"
    huge = order(lots=2**256 - 1, tick=2**256 - 1)
    assert pair.engine.preview(taker, 0, huge)[0] != ""
    pair.set_mode(0, Mode.HALTED)
    assert pair.engine.preview(taker, 0, order())[0] == "engine: market halted"


def test_nothing_stays(pair: EnginePair, maker: int, taker: int) -> None:
    """Not even the auction that was due, or its tip."""
    fill(pair, taker, maker, 100)
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    pair.advance(10)
    before = state(pair, maker, taker)
    assert pair.engine.preview(taker, 0, order(lots=10))[0] == ""
    assert pair.engine.events() == []
    assert pair.engine.largest_order(taker, 0, order()) > 0
    assert pair.engine.events() == []
    assert pair.engine.preview(taker, 0, order(lots=0))[0] == "book: zero lots"
    assert state(pair, maker, taker) == before
    pair.same_accounts()
    pair.same_markets()


def test_anybody_for_any_account(pair: EnginePair, maker: int) -> None:
    """Everybody is told the same, and nobody gets a right by it."""
    found = pair.engine.preview(maker, 0, order(), sender=pair.owner(maker))
    assert pair.engine.preview(maker, 0, order(), sender=STRANGER) == found
    contract, _ = caller(pair)
    through(pair, contract, "preview", maker, 0, order(), sender=STRANGER)
    assert pair.books[0].open_orders(maker) == ()
    with reverts("engine: not authorised"):
        pair.engine.place(maker, 0, order(), sender=STRANGER)
    calls = [pair.engine.encode("preview", maker, 0, order()), pair.engine.encode("place", maker, 0, order())]
    with reverts("engine: not authorised"):
        pair.engine.multicall(calls, sender=STRANGER)
    assert pair.engine.preview(0, 0, order())[0] == "engine: margin missed"


def test_as_the_engine_itself(pair: EnginePair, maker: int) -> None:
    """A call by the engine reverts with what it found: five words, and nothing done."""
    data = pair.engine.encode("preview", maker, 0, order())
    contract, _ = caller(pair)
    through(pair, contract, "multicall", [data], sender=STRANGER)
    assert pair.engine.markets_of(maker) == ()


# ---------------------------------------------------------------- largest_order


@pytest.mark.parametrize("is_ask", [False, True])
@pytest.mark.parametrize("tick", [PAR - 1_000, PAR, PAR + 1_000])
@pytest.mark.parametrize("tokens", [1, 333, 5_000])
def test_one_more_does_not_pass(pair: EnginePair, is_ask: bool, tick: int, tokens: int) -> None:
    poor = pair.fund(44, tokens * 10**6)
    most = pair.engine.largest_order(poor, 0, order(is_ask, tick, lots=1))
    assert most > 0
    pair.place(poor, order(is_ask, tick, most + 1))
    assert pair.refusal == "engine: margin missed"
    pair.place(poor, order(is_ask, tick, most))
    assert pair.refusal is None


def test_largest_by_hand(pair: EnginePair) -> None:
    """A lot at par costs 0.1 tokens of margin and 0.001 of fee: 1,010 tokens carry 10,000."""
    poor = pair.fund(44, 1_010 * 10**6)
    assert pair.engine.largest_order(poor, 0, order(lots=1)) == 10_000
    assert pair.engine.largest_order(poor, 0, order(lots=10_000)) == 10_000
    assert pair.engine.largest_order(poor, 0, order(lots=10_001)) == 0


def test_none_passes(pair: EnginePair) -> None:
    assert pair.engine.largest_order(0, 0, order()) == 0
    assert pair.engine.largest_order(pair.fund(44, 10**9), 0, order(tick=1)) == 0
    assert pair.engine.largest_order(pair.fund(44, 10**9), 0, order(lots=0)) == 0
    assert pair.engine.largest_order(pair.fund(44, 10**9), 9, order()) == 0


def test_largest_of_all(pair: EnginePair) -> None:
    """Where money does not stop it, the account's cap does."""
    rich = pair.fund(44, 10**18)
    most = pair.engine.largest_order(rich, 0, order(lots=1))
    assert most == 10**8
    pair.buy(rich, most + 1, PAR)
    assert pair.refusal == "engine: account cap"
    assert pair.engine.mark(0)[0] == LOT_AT_PAR


def test_no_gas_is_told(pair: EnginePair, taker: int) -> None:
    """The trial runs out of gas, what is left is enough to say that it told no reason."""
    whole = pair.engine.preview(taker, 0, order())
    assert whole[0] == ""
    found = pair.engine.preview(taker, 0, order(), gas=120_000)
    assert found == ("engine: reverted without reason", 0, 0, 0, 0, 0)
