"""The limits of sizes, ticks and indices, each reached on purpose through the book's own calls."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, OTHER, TAKER, ask, bid, refused, trade
from walras.model.book import MAX_ORDER, MAX_TICK, Exposure, Fills, Market, NewOrder, VaultQuotes

RESTING, BATCH_ONLY, VAULT = 2**30 - 1, 2**29 - 1, 2**29 - 1  # most lots of a block and side, and of a quote
SIDE = RESTING + BATCH_ONLY
INDEX = 2**79 - 1


def fill_block(
    pair: BookPair, account: int, is_ask: bool, tick: int, batch_only: bool, lots: int
) -> list[int]:
    """Place lots as the largest orders, one an account, and the rest; the accounts."""
    accounts = []
    while lots:
        size = min(lots, MAX_ORDER)
        assert pair.place(account, NewOrder(is_ask, tick, size, batch_only=batch_only)) is not None
        accounts.append(account)
        account += 1
        lots -= size
    return accounts


# ---------------------------------------------------------------- a block


@pytest.mark.parametrize(("batch_only", "most"), [(False, RESTING), (True, BATCH_ONLY)])
@pytest.mark.parametrize("is_ask", [False, True])
def test_lots_of_a_block(pair: BookPair, is_ask: bool, batch_only: bool, most: int) -> None:
    """Ticks 4,096 .. 8,191 are one; sides, classes and the blocks beside are counted by themselves."""

    def one(tick: int, is_ask: bool = is_ask, batch_only: bool = batch_only) -> NewOrder:
        return NewOrder(is_ask, tick, 1, batch_only=batch_only)

    accounts = fill_block(pair, 100, is_ask, 4_096, batch_only, most - 5)
    fill_block(pair, 200, is_ask, 8_191, batch_only, 4)
    with refused(pair, "book: block full"):
        pair.place(MAKER, NewOrder(is_ask, 8_191, 2, batch_only=batch_only))
    pair.place(MAKER, one(6_000))
    for tick in (4_096, 6_000, 8_191):
        with refused(pair, "book: block full"):
            pair.place(OTHER, one(tick))
    pair.place(OTHER, one(4_095))
    pair.place(OTHER, one(8_192))
    pair.place(OTHER, one(4_096, batch_only=not batch_only))
    pair.place(TAKER, one(4_096, is_ask=not is_ask))
    pair.check()
    pair.cancel(accounts[0], pair.contract.open_orders(accounts[0])[0][0], 1)
    pair.place(OTHER, one(4_096))
    with refused(pair, "book: block full"):
        pair.place(OTHER, one(4_096))
    pair.check()


def test_a_full_block_has_room_again_after_an_auction(pair: BookPair) -> None:
    fill_block(pair, 100, True, 5_000, False, RESTING)
    with refused(pair, "book: block full"):
        pair.place(MAKER, ask(5_000, 1))
    pair.place(TAKER, bid(5_000, 7))
    pair.auction(5_000)
    with refused(pair, "book: block full"):
        pair.place(MAKER, ask(5_000, 8))
    pair.place(MAKER, ask(5_000, 7))
    pair.check()


@pytest.mark.parametrize("reference", [1, MAX_TICK])
@pytest.mark.parametrize(
    ("low", "high"), [(4_096, 4_103), (4_096, 8_191), (8_184, 8_191)], ids=["one word", "block", "last word"]
)
def test_full_blocks_trade_in_one_auction(pair: BookPair, low: int, high: int, reference: int) -> None:
    """2**30 + 2**29 - 2 lots a side in one block, and the vault's largest quotes between them.

    The lanes of the block's words hold 2 x (2**31 - 3) = 2**32 - 6 lots together. The vault's bid, one tick
    below its ask, leaves as many buyers at the one as sellers at the other: the reference decides.
    """
    bids = fill_block(pair, 100, False, high, False, RESTING)
    bids += fill_block(pair, 200, False, high, True, BATCH_ONLY)
    asks = fill_block(pair, 300, True, low, False, RESTING)
    asks += fill_block(pair, 400, True, low, True, BATCH_ONLY)
    quotes = VaultQuotes(high - 1, VAULT, high, VAULT)
    pair.check_preview(reference, quotes)
    clearing = pair.auction(reference, INDEX, quotes)
    price = high - 1 if reference == 1 else high
    assert (clearing.price, clearing.lots) == (price, SIDE)
    assert clearing.imbalance == (VAULT if reference == 1 else -VAULT)
    assert (clearing.vault_bought, clearing.vault_sold) == (0, 0)
    assert pair.contract.auction(0)[1] == SIDE == 2**30 + 2**29 - 2
    for accounts, sign in ((bids, 1), (asks, -1)):
        fills = [pair.sync(account) for account in accounts]
        assert sum(fill.lots for fill in fills) == sign * SIDE
        assert sum(fill.cash for fill in fills) == -sign * SIDE * price
        assert sum(fill.basis for fill in fills) == sign * SIDE * INDEX
        assert sum(fill.taker_notional for fill in fills) == SIDE * price
    assert pair.contract.best() == (0, 0)
    pair.check()


@pytest.mark.parametrize("is_ask", [False, True])
def test_one_account_fills_the_batch_only_bound_and_a_resting_order_still_goes_through(
    pair: BookPair, is_ask: bool
) -> None:
    """2**29 - 1 lots of MAKER's in three IOCs: no room for an IOC of another's, but for what rests.

    The resting order comes first at its tick: 6 lots meet its 5 and 1 of the IOCs. The next batch has room.
    """
    for size in (MAX_ORDER, MAX_ORDER, 1):
        assert pair.place(MAKER, NewOrder(is_ask, 5_000, size, batch_only=True)) is not None
    assert pair.contract.lots_at(is_ask, 5_000) == (0, BATCH_ONLY)
    for tick in (4_096, 5_000, 8_191):
        with refused(pair, "book: block full"):
            pair.place(OTHER, NewOrder(is_ask, tick, 1, batch_only=True))
    for tick in (4_095, 8_192):
        assert pair.place(44, NewOrder(is_ask, tick, 1, batch_only=True)) is not None
    pair.cancel_all(44)
    assert pair.place(OTHER, NewOrder(is_ask, 5_000, 5)) is not None
    pair.place(TAKER, NewOrder(not is_ask, 5_000, 6, batch_only=True))
    pair.check()
    assert pair.auction(5_000).lots == 6
    assert (abs(pair.sync(OTHER).lots), abs(pair.sync(MAKER).lots)) == (5, 1)
    assert pair.place(OTHER, NewOrder(is_ask, 5_000, 1, batch_only=True)) is not None
    pair.check()


@pytest.mark.parametrize("mirror", [False, True])
def test_full_block_and_the_whole_quote_of_the_vault_trade(pair: BookPair, mirror: bool) -> None:
    """The other side has the vault's 2**29 - 1 more in the block beyond: 2**31 - 3 lots change hands.

    Before the last of these is placed the vault's quote fills but for one.
    """
    step = -1 if mirror else 1
    middle = 4_096 + 2_048
    bought = fill_block(pair, 100, mirror, middle + 1_000 * step, False, RESTING)
    bought += fill_block(pair, 200, mirror, middle + 1_000 * step, True, BATCH_ONLY)
    sold = fill_block(pair, 300, not mirror, middle - 1_000 * step, False, RESTING)
    sold += fill_block(pair, 400, not mirror, middle - 1_000 * step, True, BATCH_ONLY)
    beyond = fill_block(pair, 500, not mirror, middle - 3_000 * step, False, VAULT - 1)
    near, far = middle + 998 * step, middle + 1_999 * step
    quotes = VaultQuotes(far, VAULT, near, VAULT) if mirror else VaultQuotes(near, VAULT, far, VAULT)
    pair.check_preview(1, quotes)
    assert pair.contract.preview_clear(1, quotes)[4] == SIDE + VAULT - 1
    pair.place(600, NewOrder(not mirror, middle - 2_500 * step, 1))
    clearing = pair.auction(1, -INDEX, quotes)
    assert clearing.lots == SIDE + VAULT == 2**31 - 3
    assert (clearing.vault_sold if mirror else clearing.vault_bought) == VAULT
    assert sum(abs(pair.sync(account).lots) for account in bought) == SIDE
    assert sum(abs(pair.sync(account).lots) for account in [*sold, *beyond, 600]) == SIDE + VAULT
    assert pair.contract.best() == (0, 0)
    pair.check()


@pytest.mark.parametrize("is_ask", [False, True])
def test_full_block_is_marginal(pair: BookPair, is_ask: bool) -> None:
    """2**30 - 1 resting and 2**29 - 1 batch-only lots at one tick meet 2**29 of the vault and a taker."""
    first = fill_block(pair, 100, is_ask, 5_000, False, RESTING)
    fill_block(pair, 200, is_ask, 5_000, True, BATCH_ONLY)
    pair.place(TAKER, NewOrder(not is_ask, 5_000, 1))
    quotes = VaultQuotes(5_000, VAULT, 0, 0) if is_ask else VaultQuotes(0, 0, 5_000, VAULT)
    clearing = pair.auction(5_000, 0, quotes)
    assert clearing.lots == 2**29
    assert abs(clearing.imbalance) == SIDE - 2**29
    # 2 x (2**28 - 1) of the first two accounts, then 2 of the third
    assert [abs(pair.sync(account).lots) for account in first] == [MAX_ORDER, MAX_ORDER, 2, 0, 0]
    assert pair.contract.lots_at(is_ask, 5_000) == (2**29 - 1, 0)
    pair.check()


# ---------------------------------------------------------------- orders and accounts


@pytest.mark.parametrize("tick", [1, MAX_TICK])
@pytest.mark.parametrize("index", [INDEX, -INDEX])
def test_largest_account(pair: BookPair, tick: int, index: int) -> None:
    """2**29 - 1 lots a side at the grid's end; all bought, all sold, at the widest funding index."""
    lots = 2**29 - 1
    for account, is_ask in ((MAKER, False), (TAKER, True)):
        for size in (MAX_ORDER, MAX_ORDER, 1):
            pair.place(account, NewOrder(is_ask, tick, size))
        with refused(pair, "book: account lots exceeded"):
            pair.place(account, NewOrder(is_ask, tick, 1))
    assert Exposure(*pair.contract.preview_sync(MAKER)[1]) == Exposure(0b111, lots, 0, lots * tick, 0)
    assert pair.auction(tick, index).lots == lots
    assert pair.sync(MAKER) == Fills(lots, -lots * tick, lots * index, 0, lots * tick, grid=0)
    assert pair.exposure == NONE_OPEN
    assert pair.sync(TAKER) == Fills(-lots, lots * tick, -lots * index, 0, lots * tick, grid=0)
    pair.check()


def test_fields_of_an_account_do_not_touch(pair: BookPair) -> None:
    """Both sides full beside each other at the top of the grid, in 32 slots; then gone without a trace."""
    lots = 2**29 - 1
    for is_ask, tick in ((False, MAX_TICK - 1), (True, MAX_TICK)):
        for size in (MAX_ORDER, MAX_ORDER - 13, *[1] * 14):
            pair.place(MAKER, NewOrder(is_ask, tick, size))
    assert pair.exposure == Exposure(2**32 - 1, lots, lots, lots * (MAX_TICK - 1), lots * MAX_TICK)
    pair.check()
    trade(pair, 1_000)
    assert pair.sync(MAKER).lots == 1  # OTHER's ask at 1,000 finds the best bid
    assert pair.exposure.bid_lots == lots - 1
    pair.cancel_all(MAKER)
    assert pair.exposure == NONE_OPEN


@pytest.mark.parametrize("is_ask", [False, True])
@pytest.mark.parametrize("tick", [1, MAX_TICK])
def test_ends_of_the_grid(pair: BookPair, tick: int, is_ask: bool) -> None:
    """10 rest at the end of the grid; 3, then 4, then the last 3 trade; a vault's quote is there, too."""
    pair.place(MAKER, NewOrder(is_ask, tick, 10))
    pair.auction(tick)
    sign = -1 if is_ask else 1
    for lots, index in ((3, 5), (4, -7)):
        pair.place(TAKER, NewOrder(not is_ask, tick, lots))
        assert pair.auction(tick, index).price == tick
    assert pair.sync(MAKER) == Fills(sign * 7, -sign * 7 * tick, sign * (3 * 5 - 4 * 7), 7 * tick, 0, grid=0)
    quotes = VaultQuotes(tick, 9, 0, 0) if is_ask else VaultQuotes(0, 0, tick, 9)
    clearing = pair.auction(tick, 11, quotes)
    assert (clearing.price, clearing.lots) == (tick, 3)
    assert pair.sync(MAKER) == Fills(sign * 3, -sign * 3 * tick, sign * 33, 3 * tick, 0, grid=0)
    assert pair.exposure == NONE_OPEN
    pair.check()


@pytest.mark.parametrize("indices", [(INDEX, -INDEX), (-INDEX, INDEX), (INDEX, INDEX), (-INDEX, -INDEX)])
def test_funding_index_at_its_ends(pair: BookPair, indices: tuple[int, int]) -> None:
    """A largest order filled in two parts, of 2**27 lots and the rest, at the ends of the index."""
    pair.place(MAKER, ask(MAX_TICK, MAX_ORDER))
    first, second = 2**27, MAX_ORDER - 2**27
    for lots, index in zip((first, second), indices, strict=True):
        pair.place(TAKER, bid(MAX_TICK, lots))
        pair.auction(MAX_TICK, index)
    assert pair.sync(MAKER).basis == -(first * indices[0] + second * indices[1])
    assert pair.sync(TAKER).basis == second * indices[1]
    pair.check()


@pytest.mark.parametrize("settle_every", [1, 7, 100])
@pytest.mark.parametrize("is_ask", [False, True])
def test_an_order_filled_by_100_auctions(pair: BookPair, is_ask: bool, settle_every: int) -> None:
    """First 3 lots as taker, then 99 x 2 as maker, each auction with an index of its own, 0 .. 99.

    basis 2 x (1 + 2 + .. + 99) = 9,900; taken 3 x 100, made 198 x 100. The 4 that are left fill at last at a
    better price, 105 or 95.
    """
    sign = -1 if is_ask else 1
    pair.place(MAKER, NewOrder(is_ask, 100, 205))
    told = [0] * 5
    for number in range(100):
        pair.place(TAKER, NewOrder(not is_ask, 100, 2 if number else 3))
        assert pair.auction(100, number).price == 100
        if number % settle_every == settle_every - 1:
            fills = pair.sync(MAKER)
            parts = (fills.lots, fills.cash, fills.basis, fills.maker_notional, fills.taker_notional)
            told = [total + part for total, part in zip(told, parts, strict=True)]
    fills = pair.sync(MAKER)
    parts = (fills.lots, fills.cash, fills.basis, fills.maker_notional, fills.taker_notional)
    told = [total + part for total, part in zip(told, parts, strict=True)]
    assert told == [sign * 201, -sign * 20_100, sign * 9_900, 19_800, 300]
    better = 105 if is_ask else 95
    pair.place(TAKER, NewOrder(not is_ask, better, 9))
    assert pair.auction(100, 1).price == better
    assert pair.sync(MAKER) == Fills(sign * 4, -sign * 4 * better, sign * 4, 4 * better, 0, grid=0)
    pair.check()


def test_a_taker_in_its_first_auction_only_if_that_is_its_batch(pair: BookPair) -> None:
    """A batch without a trade lies between: the order rested, so its first fill is a maker's."""
    pair.place(MAKER, bid(100, 10))
    pair.auction()
    for _ in range(2):
        pair.place(TAKER, ask(100, 3))
        pair.auction()
    assert pair.sync(MAKER) == Fills(6, -600, 0, maker_notional=600, taker_notional=0, grid=0)


# ---------------------------------------------------------------- modes


def test_from_batches_to_continuous_mode_and_back(pair: BookPair) -> None:
    """A batch keeps the mode that it was opened in."""
    start = pair.evm.time
    pair.configure(0, 1)
    pair.place(MAKER, bid(100, 5))
    pair.place(OTHER, bid(99, 5))  # still a batch: any number of orders
    with refused(pair, "book: batch not due"):
        pair.clear()
    pair.auction()
    assert Market(*pair.contract.market()) == Market(0, 1, 0, 0, 1, 0)
    pair.place(TAKER, ask(100, 2))
    with refused(pair, "book: clear first"):
        pair.place(TAKER, ask(100, 2))
    pair.configure(30, 1)
    with refused(pair, "book: clear first"):
        pair.place(TAKER, ask(100, 2))
    assert pair.clear(100).lots == 2
    assert Market(*pair.contract.market()) == Market(1, 2, start + 40, 30, 1, 0)
    pair.place(TAKER, ask(100, 1))
    pair.place(TAKER, ask(100, 1, batch_only=True))
    with refused(pair, "book: batch not due"):
        pair.clear()
    assert pair.auction(100).lots == 2
    assert pair.sync(MAKER) == Fills(4, -400, 0, maker_notional=400, taker_notional=0, grid=0)
    assert pair.sync(TAKER) == Fills(-2, 200, 0, maker_notional=0, taker_notional=200, grid=0)
    pair.check()


def test_batch_only_in_continuous_mode(continuous: BookPair) -> None:
    """Its batch is its own auction: 2 of 5 trade, the rest is gone, and the next order finds none of it."""
    pair = continuous
    pair.place(MAKER, ask(100, 2))
    assert not pair.clear().traded
    pair.place(TAKER, bid(100, 5, batch_only=True))
    assert pair.clear(100).imbalance == 3
    pair.place(OTHER, ask(100, 5, batch_only=True))
    assert not pair.clear(100).traded
    assert pair.sync(TAKER) == Fills(2, -200, 0, maker_notional=0, taker_notional=200, grid=0)
    assert pair.sync(MAKER) == Fills(-2, 200, 0, maker_notional=200, taker_notional=0, grid=0)
    assert pair.contract.open_orders(OTHER) == ()
    pair.check()


def test_two_auctions_in_one_second(continuous: BookPair) -> None:
    """Each order is told of its own auction by number, though times are equal."""
    pair = continuous
    pair.place(MAKER, ask(100, 9))
    pair.clear()
    for index in (1, 2, 3):
        pair.place(TAKER, bid(100, index))
        pair.clear(100, index)
    assert pair.sync(MAKER) == Fills(-6, 600, -14, maker_notional=600, taker_notional=0, grid=0)
    pair.check()
