"""clear: the price and the volume of an auction, who fills, and what it refuses."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NOTHING, OTHER, TAKER, ask, bid, refused, reverts
from walras.model.book import MAX_TICK, Auction, Clearing, Fills, Market, NewOrder, VaultQuotes

Side = list[tuple[int, int]]  # (tick, lots)

# bids, asks, reference -> price, lots, imbalance
PRICES: dict[str, tuple[Side, Side, int, tuple[int, int, int]]] = {
    # demand 18 to 102, 10 from 103; supply 5 to 103, 15 from 104: 10 at 104 and 105, 5 sellers left: 104
    "largest volume": ([(105, 10), (102, 8)], [(100, 5), (104, 10)], 105, (104, 10, -5)),
    "largest volume, mirrored": ([(100, 10), (104, 5)], [(99, 10), (102, 8)], 99, (100, 10, 5)),
    # demand 15 to 102, 10 from 103; supply 10: no surplus at 103 .. 105
    "least surplus, below": ([(105, 10), (102, 5)], [(100, 10)], 1, (103, 10, 0)),
    "least surplus, within": ([(105, 10), (102, 5)], [(100, 10)], 104, (104, 10, 0)),
    "least surplus, above": ([(105, 10), (102, 5)], [(100, 10)], MAX_TICK, (105, 10, 0)),
    # supply 10 to 102, 15 from 103; demand 10: no surplus at 100 .. 102
    "least surplus, further asks": ([(105, 10)], [(100, 10), (103, 5)], 105, (102, 10, 0)),
    # buyers left throughout: the highest; sellers left throughout: the lowest
    "buyers left": ([(105, 10)], [(100, 4)], 100, (105, 4, 6)),
    "sellers left": ([(105, 4)], [(100, 10)], 105, (100, 4, -6)),
    # 3 buyers left to 102, 3 sellers from 103: the nearer of the two
    "neighbours, bid": ([(105, 5), (102, 3)], [(100, 5), (103, 3)], 102, (102, 5, 3)),
    "neighbours, ask": ([(105, 5), (102, 3)], [(100, 5), (103, 3)], 103, (103, 5, -3)),
    # 2 buyers left at 102, 3 sellers at 103: the smaller surplus, whatever the reference; and mirrored
    "neighbours, fewer buyers": ([(105, 5), (102, 2)], [(100, 5), (103, 3)], MAX_TICK, (102, 5, 2)),
    "neighbours, fewer sellers": ([(105, 5), (102, 3)], [(100, 5), (103, 2)], 1, (103, 5, -2)),
    "whole grid, low": ([(MAX_TICK, 1)], [(1, 1)], 1, (1, 1, 0)),
    "whole grid, middle": ([(MAX_TICK, 1)], [(1, 1)], 77_777, (77_777, 1, 0)),
    "whole grid, high": ([(MAX_TICK, 1)], [(1, 1)], MAX_TICK, (MAX_TICK, 1, 0)),
    "lowest tick": ([(1, 2)], [(1, 3)], 1, (1, 2, -1)),
    "highest tick": ([(MAX_TICK, 3)], [(MAX_TICK, 2)], 1, (MAX_TICK, 2, 1)),
    "exactly at one tick": ([(100, 3)], [(100, 3)], 1, (100, 3, 0)),
    "over a block's edge": ([(4_096, 2), (4_095, 5)], [(4_095, 2)], 4_095, (4_096, 2, 0)),
    "touching": ([(100, 2)], [(100, 3)], 50, (100, 2, -1)),
    "apart by one": ([(99, 2)], [(100, 3)], 50, (0, 0, 0)),
    "bids alone": ([(100, 2)], [], 50, (0, 0, 0)),
    "asks alone": ([], [(100, 2)], 50, (0, 0, 0)),
    "empty": ([], [], 50, (0, 0, 0)),
}


@pytest.mark.parametrize("batch_only", [False, True])
@pytest.mark.parametrize(("bids", "asks", "reference", "outcome"), PRICES.values(), ids=PRICES)
def test_price(
    pair: BookPair,
    bids: Side,
    asks: Side,
    reference: int,
    outcome: tuple[int, int, int],
    batch_only: bool,
) -> None:
    for tick, lots in bids:
        pair.place(TAKER, bid(tick, lots, batch_only=batch_only))
    for tick, lots in asks:
        pair.place(MAKER, ask(tick, lots, batch_only=batch_only))
    pair.check_preview(reference)
    clearing = pair.auction(reference)
    assert (clearing.price, clearing.lots, clearing.imbalance) == outcome
    assert clearing.traded == (outcome[1] > 0)
    pair.check()


def test_clear_tells_all(pair: BookPair) -> None:
    """The vault bids 3 at 100 where 5 are bid already, against 7 offered at 100: demand 8, supply 7."""
    pair.place(TAKER, bid(100, 5))
    pair.place(MAKER, ask(100, 7))
    clearing = pair.auction(100, -1, VaultQuotes(bid_tick=100, bid_lots=3))
    assert clearing == Clearing(
        traded=True, auction=0, batch=0, price=100, lots=7, imbalance=1, vault_bought=2, vault_sold=0
    )
    (event,) = pair.events
    assert event.name == "Cleared"
    assert event.args == {
        "auction": 0,
        "batch": 0,
        "price": 100,
        "lots": 7,
        "imbalance": 1,
        "vault_bought": 2,
        "vault_sold": 0,
        "funding_index": -1,
    }
    assert Auction(*pair.contract.auction(0)) == Auction(100, 7, 0, pair.evm.time, -1)


def test_clear_of_nothing(pair: BookPair) -> None:
    """It closes the batch, is no auction, leaves no record."""
    pair.place(TAKER, bid(100, 5))
    clearing = pair.auction(100, -1)
    assert clearing == Clearing(
        False, auction=0, batch=0, price=0, lots=0, imbalance=0, vault_bought=0, vault_sold=0
    )
    (event,) = pair.events
    assert (event.name, event.args) == ("Uncrossed", {"batch": 0})
    assert Market(*pair.contract.market()) == Market(0, 1, pair.evm.time + 10, 10, 1, 0)
    with reverts("book: no such auction"):
        pair.contract.auction(0)


def test_clear_opens_the_next_batch_from_now(pair: BookPair) -> None:
    start = pair.evm.time
    pair.advance(17)
    pair.clear()
    assert Market(*pair.contract.market()) == Market(0, 1, start + 27, 10, 1, 0)
    pair.advance(9)
    with refused(pair, "book: batch not due"):
        pair.clear()
    pair.advance(1)
    assert pair.clear() is not None


def test_batch_not_due_is_said_first(pair: BookPair) -> None:
    with refused(pair, "book: batch not due"):
        pair.clear(0, 2**79, VaultQuotes(0, 2**29, 0, 2**29))


@pytest.mark.parametrize(("bad", "good"), [(0, 1), (MAX_TICK + 1, MAX_TICK), (2**256 - 1, 5)])
def test_reference(pair: BookPair, bad: int, good: int) -> None:
    pair.close()
    with refused(pair, "book: reference outside grid"):
        pair.clear(bad)
    with reverts("book: reference outside grid"):
        pair.contract.preview_clear(bad, VaultQuotes())
    assert pair.clear(good) is not None


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (2**79, 2**79 - 1),
        (-(2**79), 1 - 2**79),
        (2**255 - 1, 0),
        (1 - 2**255, 0),
        (-(2**255), 0),
    ],
)
def test_funding_index(pair: BookPair, bad: int, good: int) -> None:
    pair.place(TAKER, bid(100, 5))
    pair.place(MAKER, ask(100, 7))
    pair.close()
    with refused(pair, "book: funding index out of range"):
        pair.clear(100, bad)
    assert pair.clear(100, good).traded
    assert pair.contract.auction(0)[4] == good
    assert pair.sync(TAKER).basis == 5 * good


BAD_QUOTES = {
    "bid lots": (
        VaultQuotes(5, 2**29, 6, 1),
        "book: vault quote too large",
        VaultQuotes(5, 2**29 - 1, 6, 1),
    ),
    "ask lots": (
        VaultQuotes(5, 1, 6, 2**29),
        "book: vault quote too large",
        VaultQuotes(5, 1, 6, 2**29 - 1),
    ),
    "huge lots": (VaultQuotes(5, 0, 6, 2**256 - 1), "book: vault quote too large", VaultQuotes(5, 0, 6, 1)),
    "bid tick": (VaultQuotes(0, 1, 6, 0), "book: vault quote outside grid", VaultQuotes(1, 1, 6, 0)),
    "ask tick": (
        VaultQuotes(5, 0, MAX_TICK + 1, 1),
        "book: vault quote outside grid",
        VaultQuotes(5, 0, MAX_TICK, 1),
    ),
    "ask tick 0": (VaultQuotes(0, 0, 0, 1), "book: vault quote outside grid", VaultQuotes(0, 0, 1, 1)),
    "bid tick above": (
        VaultQuotes(MAX_TICK + 1, 1, 0, 0),
        "book: vault quote outside grid",
        VaultQuotes(2**256 - 1, 0, 2**256 - 1, 0),
    ),
    "touching": (VaultQuotes(5, 1, 5, 1), "book: vault quotes crossed", VaultQuotes(5, 1, 6, 1)),
    "crossed": (VaultQuotes(6, 1, 5, 1), "book: vault quotes crossed", VaultQuotes(6, 0, 5, 1)),
}


@pytest.mark.parametrize(("bad", "reason", "good"), BAD_QUOTES.values(), ids=BAD_QUOTES)
def test_vault_quotes(pair: BookPair, bad: VaultQuotes, reason: str, good: VaultQuotes) -> None:
    pair.close()
    with refused(pair, reason):
        pair.clear(100, 0, bad)
    with reverts(reason):
        pair.contract.preview_clear(100, bad)
    pair.check_preview(100, good)
    assert not pair.clear(100, 0, good).traded


@pytest.mark.parametrize(
    ("funding_index", "quotes", "reason"),
    [
        (2**79, VaultQuotes(0, 1, 0, 2**29), "book: vault quote too large"),
        (2**79, VaultQuotes(5, 1, 0, 1), "book: vault quote outside grid"),
        (2**79, VaultQuotes(5, 1, 5, 1), "book: vault quotes crossed"),
        (2**79, VaultQuotes(5, 1, 6, 1), "book: funding index out of range"),
        (-(2**255), VaultQuotes(5, 1, 5, 1), "book: vault quotes crossed"),
    ],
)
def test_the_first_reason_that_applies_is_given(
    pair: BookPair, funding_index: int, quotes: VaultQuotes, reason: str
) -> None:
    """The reference, the quotes' sizes, their ticks, their order, then the index."""
    pair.close()
    with refused(pair, "book: reference outside grid"):
        pair.clear(0, funding_index, quotes)
    with refused(pair, reason):
        pair.clear(100, funding_index, quotes)


@pytest.mark.parametrize("mirror", [False, True])
def test_vault_takes_part_in_the_price_and_comes_last(pair: BookPair, mirror: bool) -> None:
    """9 bid at 100 meet a batch-only 4, a resting 4 placed later, and 4 of the vault: the vault sells 1."""
    side = bid if mirror else ask
    other = ask if mirror else bid
    pair.place(MAKER, side(100, 4, batch_only=True))
    pair.place(OTHER, side(100, 4))
    pair.place(TAKER, other(100, 9))
    quotes = VaultQuotes(100, 4, 0, 0) if mirror else VaultQuotes(0, 0, 100, 4)
    clearing = pair.auction(100, 0, quotes)
    assert (clearing.price, clearing.lots) == (100, 9)
    assert (clearing.vault_bought, clearing.vault_sold) == ((1, 0) if mirror else (0, 1))
    assert abs(pair.sync(MAKER).lots) == abs(pair.sync(OTHER).lots) == 4


@pytest.mark.parametrize("mirror", [False, True])
def test_vault_better_than_the_margin_trades_all(pair: BookPair, mirror: bool) -> None:
    """The vault offers 6 at 98, MAKER 5 at 100, TAKER bids 8 at 100: 6 of the vault, 2 of MAKER, at 100."""
    side, other, step = (bid, ask, -2) if mirror else (ask, bid, 2)
    pair.place(MAKER, side(100, 5))
    pair.place(TAKER, other(100, 8))
    quotes = VaultQuotes(102, 6, 0, 0) if mirror else VaultQuotes(0, 0, 98, 6)
    clearing = pair.auction(100, 0, quotes)
    assert (clearing.price, clearing.lots, clearing.imbalance) == (100, 8, 3 if mirror else -3)
    assert (clearing.vault_bought, clearing.vault_sold) == ((6, 0) if mirror else (0, 6))
    assert pair.sync(MAKER).lots == -step


def test_vault_quotes_are_of_this_auction_alone(pair: BookPair) -> None:
    pair.place(TAKER, bid(100, 5))
    assert pair.auction(100, 0, VaultQuotes(ask_tick=100, ask_lots=2)).vault_sold == 2
    assert not pair.auction(100).traded
    assert pair.contract.best() == (100, 0)
    assert pair.contract.lots_at(False, 100) == (3, 0)
    pair.check()


def test_vault_against_both_sides(pair: BookPair) -> None:
    """TAKER sells 3 at 99 to the vault; OTHER's bid at 100 and the vault's ask at 101 are apart.

    99: demand 9, supply 3; 100: demand 2 + 0, supply 3: volume 3 at 99 alone.
    """
    pair.place(TAKER, ask(99, 3))
    pair.place(OTHER, bid(100, 2))
    clearing = pair.auction(100, 0, VaultQuotes(99, 7, 101, 7))
    assert (clearing.price, clearing.lots, clearing.imbalance) == (99, 3, 6)
    assert (clearing.vault_bought, clearing.vault_sold) == (1, 0)
    pair.check()


@pytest.mark.parametrize("mirror", [False, True])
def test_post_only_above_the_vaults_ask_is_filled_as_maker(pair: BookPair, mirror: bool) -> None:
    """The vault's quotes do not rest, so a post-only order may cross them: 4 of 10 at the vault's 101, or 99.

    6 x 101 stay offered in excess, so the price is the vault's own.
    """
    step = -1 if mirror else 1
    price = 100 + step
    order_id = pair.place(MAKER, NewOrder(mirror, 100 + 5 * step, 4, post_only=True))
    assert order_id is not None
    quotes = VaultQuotes(price, 10, 0, 0) if mirror else VaultQuotes(0, 0, price, 10)
    pair.check_preview(100, quotes)
    clearing = pair.auction(100, 3, quotes)
    assert (clearing.price, clearing.lots, clearing.imbalance) == (price, 4, -6 * step)
    assert (clearing.vault_bought, clearing.vault_sold) == ((4, 0) if mirror else (0, 4))
    assert pair.sync(MAKER) == Fills(
        step * 4, -step * 4 * price, step * 12, maker_notional=4 * price, taker_notional=0, grid=0
    )
    pair.check()


def test_better_limit_first_then_time(pair: BookPair) -> None:
    """7 offered at 100 against bids of 5 at 100, 4 at 101, 4 at 100: the 4 fill, then 3 of the 5."""
    pair.place(TAKER, bid(100, 5))
    pair.place(OTHER, bid(101, 4))
    pair.place(44, bid(100, 4))
    pair.place(MAKER, ask(100, 7))
    assert pair.auction().price == 100
    assert [pair.sync(account).lots for account in (TAKER, OTHER, 44)] == [3, 4, 0]


def test_resting_before_batch_only_at_one_tick_but_not_at_a_worse_one(pair: BookPair) -> None:
    """5 bid at 101: the batch-only 2 at 100 fill, then 3 of the resting 9 at 101, of the IOC there none."""
    pair.place(MAKER, ask(100, 2, batch_only=True))
    pair.place(OTHER, ask(101, 2, batch_only=True))
    pair.place(44, ask(101, 9))
    pair.place(TAKER, bid(101, 5))
    assert pair.auction().price == 101
    assert [pair.sync(account).lots for account in (MAKER, OTHER, 44)] == [-2, 0, -3]
    pair.check()


def test_batch_only_orders_are_gone_after_any_clear(pair: BookPair) -> None:
    pair.place(MAKER, ask(100, 5, batch_only=True))
    pair.place(OTHER, bid(90, 5, batch_only=True))
    assert pair.contract.lots_at(True, 100) == (0, 5)
    assert not pair.auction().traded
    assert pair.contract.lots_at(True, 100) == pair.contract.lots_at(False, 90) == (0, 0)
    pair.place(TAKER, bid(100, 5))
    assert not pair.auction().traded
    assert pair.sync(MAKER) == NOTHING


def test_better_orders_go_and_worse_ones_stay(pair: BookPair) -> None:
    """6 offered at 98 meet 2 at 100, 3 at 99, 4 at 98, 5 at 97: 1 of the 4 fills; 3 and 5 stay."""
    for account, (tick, lots) in enumerate([(100, 2), (99, 3), (98, 4), (97, 5)]):
        pair.place(account, bid(tick, lots))
    pair.place(TAKER, ask(98, 6))
    assert pair.auction().price == 98
    assert pair.contract.depth(64) == (((98, 3), (97, 5)), ())
    assert [pair.sync(account).lots for account in range(4)] == [2, 3, 1, 0]
    pair.check()
