"""From any mode to ACTIVE a market passes through POST_ONLY, for as many auctions as its settings tell."""

from dataclasses import replace

import pytest

from tests.support.engine import OWNER, SETTINGS, TICK, EnginePair
from tests.support.oracle import Manner
from tests.support.orders import reverts
from tests.support.traders import PAR, fill, named
from walras.model.market import Mode


def restart(pair: EnginePair, batches: int) -> None:
    """A market is halted and active again."""
    pair.begin_with(0, replace(SETTINGS, restart_batches=batches))
    pair.set_mode(0, Mode.HALTED)
    pair.set_mode(0, Mode.ACTIVE)


def mode(pair: EnginePair) -> Mode:
    return Mode(pair.engine.market(0)[1])


@pytest.mark.parametrize("batches", [1, 2, 127])
def test_so_many_auctions(pair: EnginePair, taker: int, batches: int) -> None:
    restart(pair, batches)
    assert pair.engine.market_settings(0)[-2] == batches
    for _ in range(batches):
        assert mode(pair) == Mode.POST_ONLY
        pair.buy(taker, 10, PAR)
        assert pair.refusal == "engine: post-only mode"
        pair.close()
    assert named(pair, "ModeSet") == [{"market": 0, "mode": Mode.ACTIVE}]
    assert mode(pair) == Mode.ACTIVE
    assert pair.buy(taker, 10, PAR) is not None
    pair.close()
    assert named(pair, "ModeSet") == []


def test_mode_is_told_once(pair: EnginePair) -> None:
    restart(pair, 2)
    assert named(pair, "ModeSet") == [{"market": 0, "mode": Mode.POST_ONLY}]
    pair.close()
    assert named(pair, "ModeSet") == []
    pair.close()
    assert named(pair, "ModeSet") == [{"market": 0, "mode": Mode.ACTIVE}]


def test_mark_of_the_same_second_does_not_keep_an_auction_from_counting(
    pair: EnginePair, maker: int, taker: int
) -> None:
    """Before, whoever had it made right before each auction kept the market closed to takers for good."""
    fill(pair, taker, maker, 10)
    restart(pair, 2)
    for _ in range(2):
        assert mode(pair) == Mode.POST_ONLY
        pair.advance(10)
        pair.withdraw(maker, 0)
        assert pair.engine.mark(0)[5] == pair.evm.time
        assert pair.auction() is not None
    assert mode(pair) == Mode.ACTIVE


def test_none(pair: EnginePair, taker: int) -> None:
    restart(pair, 0)
    assert mode(pair) == Mode.ACTIVE
    assert pair.buy(taker, 10, PAR) is not None


def test_order_that_runs_the_last_auction_is_let_in(pair: EnginePair, taker: int) -> None:
    """The auction comes before the order, and with it the end of the restart."""
    restart(pair, 1)
    pair.advance(9)
    pair.buy(taker, 10, PAR)
    assert pair.refusal == "engine: post-only mode"
    pair.advance(1)
    assert pair.buy(taker, 10, PAR) is not None
    assert named(pair, "ModeSet") == [{"market": 0, "mode": Mode.ACTIVE}]


def test_order_before_the_last_auction_is_not(pair: EnginePair, maker: int, taker: int) -> None:
    restart(pair, 2)
    pair.advance(10)
    pair.buy(taker, 10, PAR)
    assert pair.refusal == "engine: post-only mode"
    assert pair.engine.mark(0)[6] == pair.evm.time  # nothing of it stays, the auction is due as before
    assert pair.sell(maker, 10, PAR, post_only=True) is not None
    assert mode(pair) == Mode.POST_ONLY


def test_postponed_batches_do_not_count(pair: EnginePair) -> None:
    restart(pair, 1)
    pair.router.halt(0, sender=OWNER)
    for _ in range(3):
        pair.close()
        assert [one["market"] for one in named(pair, "Halted")] == [0]
        assert mode(pair) == Mode.POST_ONLY
    pair.router.resume(0, sender=OWNER)
    pair.close()
    assert mode(pair) == Mode.ACTIVE


def test_auctions_without_trade_or_fresh_price_count(pair: EnginePair) -> None:
    restart(pair, 3)
    pair.close()
    pair.sources[0].behave(Manner.REVERT)
    pair.close()
    pair.sources[0].behave(Manner.ANSWER)
    assert mode(pair) == Mode.POST_ONLY
    pair.close()
    assert mode(pair) == Mode.ACTIVE


def test_every_order_of_continuous_mode_is_an_auction() -> None:
    pair = EnginePair(interval=0)
    maker = pair.fund(1, 10**10)
    restart(pair, 2)
    for expected in (Mode.POST_ONLY, Mode.ACTIVE, Mode.ACTIVE):
        pair.advance(1)
        assert pair.sell(maker, 10, PAR, post_only=True) is not None
        assert mode(pair) == expected
    assert pair.buy(pair.fund(2, 10**10), 10, PAR) is not None


def test_auctions_of_one_second_count_once() -> None:
    """In continuous mode anybody could run thirty in one transaction, and take at its end."""
    pair = EnginePair(interval=0)
    restart(pair, 3)
    for expected in (Mode.POST_ONLY, Mode.POST_ONLY, Mode.ACTIVE):
        pair.advance(1)
        for _ in range(5):
            pair.auction()
        assert mode(pair) == expected


def test_post_only_that_was_asked_for_stays(pair: EnginePair) -> None:
    """Until its end is asked for: then it lasts for so many auctions more."""
    for first in (Mode.ACTIVE, Mode.HALTED):
        pair.begin_with(0, replace(SETTINGS, restart_batches=1))
        pair.set_mode(0, first)
        pair.set_mode(0, Mode.POST_ONLY)
        for _ in range(3):
            pair.close()
            assert mode(pair) == Mode.POST_ONLY
    pair.set_mode(0, Mode.ACTIVE)
    assert mode(pair) == Mode.POST_ONLY
    pair.close()
    assert mode(pair) == Mode.ACTIVE


@pytest.mark.parametrize("closed", [Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED])
def test_from_every_mode(pair: EnginePair, taker: int, closed: Mode) -> None:
    """Makers had no time after REDUCE_ONLY either: whoever was first took what orders were left."""
    pair.begin_with(0, replace(SETTINGS, restart_batches=2))
    pair.set_mode(0, closed)
    pair.set_mode(0, Mode.ACTIVE)
    for _ in range(2):
        assert mode(pair) == Mode.POST_ONLY
        pair.buy(taker, 10, PAR)
        assert pair.refusal == "engine: post-only mode"
        pair.close()
    assert mode(pair) == Mode.ACTIVE
    pair.set_mode(0, Mode.ACTIVE)  # from ACTIVE it stays
    assert mode(pair) == Mode.ACTIVE


def test_asked_for_again_begins_anew(pair: EnginePair) -> None:
    """ACTIVE, asked for in the midst of the count."""
    restart(pair, 2)
    pair.close()
    pair.set_mode(0, Mode.ACTIVE)
    pair.close()
    assert mode(pair) == Mode.POST_ONLY
    pair.close()
    assert mode(pair) == Mode.ACTIVE


def test_other_mode_ends_the_count(pair: EnginePair) -> None:
    for other in (Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED, Mode.ACTIVE):
        restart(pair, 1)
        pair.set_mode(0, other)
        pair.close()
        assert mode(pair) == other


def test_halt_in_the_midst_begins_anew(pair: EnginePair) -> None:
    restart(pair, 2)
    pair.close()
    restart(pair, 2)
    pair.close()
    assert mode(pair) == Mode.POST_ONLY
    pair.close()
    assert mode(pair) == Mode.ACTIVE


def test_settings_and_rescale_keep_the_count(pair: EnginePair) -> None:
    restart(pair, 3)
    pair.close()
    pair.begin_with(0, replace(SETTINGS, restart_batches=0, taker_ppm=10_000))
    pair.rescale(0, 2 * TICK)
    assert (mode(pair), pair.engine.market(0)[5]) == (Mode.POST_ONLY, 1)
    pair.close()
    assert mode(pair) == Mode.POST_ONLY
    pair.close()
    assert (mode(pair), pair.engine.market(0)[5]) == (Mode.ACTIVE, 1)
    assert tuple(pair.engine.market_settings(0))[-2] == 0
    assert pair.engine.market_settings(0)[7] == 10_000


def test_bounds(pair: EnginePair) -> None:
    """7 bits, next to a tip of 40."""
    for bad in (128, 2**256 - 1):
        with reverts("engine: bad time"):
            pair.engine.configure_market(0, replace(SETTINGS, restart_batches=bad), sender=OWNER)
    pair.begin_with(0, replace(SETTINGS, restart_batches=127, tip=2**40 - 1))
    assert tuple(pair.engine.market_settings(0))[-3:-1] == (2**40 - 1, 127)
    pair.begin_with(0, replace(SETTINGS, restart_batches=127, tip=0))
    assert tuple(pair.engine.market_settings(0))[-3:-1] == (0, 127)
    pair.begin_with(0, replace(SETTINGS, restart_batches=0, tip=2**40 - 1))
    assert tuple(pair.engine.market_settings(0))[-3:-1] == (2**40 - 1, 0)


def test_largest_state_keeps_the_rest_of_the_word(pair: EnginePair) -> None:
    """The count ends at bit 255; book, unit and grid are below it."""
    pair.rescale(0, 2 * TICK)
    before = pair.engine.market(0)
    restart(pair, 127)
    pair.close()
    after = pair.engine.market(0)
    assert before[0] == after[0]
    assert before[2:] == after[2:]
