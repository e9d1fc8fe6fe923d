"""place: what a new order adds, and each of its refusals beside what is just allowed."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NOTHING, OTHER, TAKER, ask, bid, refused, trade
from walras.model.book import MAX_ORDER, MAX_TICK, Exposure, Fills, NewOrder

IN_BATCH = {"batch_only": True}


def test_place(pair: BookPair) -> None:
    """3 x 90 = 270 bid, then 2 x 91 = 182 offered beside it."""
    first = pair.place(MAKER, bid(90, 3))
    assert (pair.fills, pair.exposure) == (NOTHING, Exposure(0b1, 3, 0, 270, 0))
    second = pair.place(MAKER, ask(91, 2))
    assert (pair.fills, pair.exposure) == (NOTHING, Exposure(0b11, 3, 2, 270, 182))
    assert pair.contract.lots_at(False, 90) == (3, 0)
    assert pair.contract.lots_at(True, 91) == (2, 0)
    assert first != second
    pair.check()


def test_place_event(pair: BookPair) -> None:
    order_id = pair.place(MAKER, ask(91, 2, expiry=pair.evm.time + 9, client_id=2**128 - 1))
    (placed,) = pair.events
    assert placed.name == "Placed"
    assert placed.args == {
        "account": MAKER,
        "order_id": order_id,
        "lots": 2,
        "flags": 1,
        "expiry": pair.evm.time + 9,
        "client_id": 2**128 - 1,
    }


FLAGS: dict[str, tuple[dict[str, int], int]] = {
    "plain": ({}, 0),
    "ioc": ({"batch_only": True}, 0),  # the id tells
    "client id": ({"client_id": 1}, 1),
    "expiry": ({"expiry": 2**40 - 1}, 1),
    "both labels": ({"client_id": 2**128 - 1, "expiry": 2**40 - 1}, 1),
    "reduce-only": ({"reduce_only": True}, 2),
    "post-only": ({"post_only": True}, 4),
    "ioc, reduce-only, client id": ({"batch_only": True, "reduce_only": True, "client_id": 7}, 3),
    "all": ({"post_only": True, "reduce_only": True, "expiry": 2**40 - 1, "client_id": 7}, 7),
}


@pytest.mark.parametrize(("terms", "flags"), FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("is_ask", [False, True])
def test_flags_of_the_event(pair: BookPair, is_ask: bool, terms: dict[str, int], flags: int) -> None:
    order_id = pair.place(MAKER, NewOrder(is_ask, 91, 2, **terms))
    (placed,) = pair.events
    assert placed.args == {
        "account": MAKER,
        "order_id": order_id,
        "lots": 2,
        "flags": flags,
        "expiry": terms.get("expiry", 0),
        "client_id": terms.get("client_id", 0),
    }


def decoded(order_id: int) -> tuple[int, ...]:
    """Slot, is ask, batch-only, tick, generation, index, and what is above: the id of IOrderbookV2.vyi."""
    found = []
    for bits in (5, 1, 1, 18, 32, 32):
        found.append(order_id & ((1 << bits) - 1))
        order_id >>= bits
    return (*found, order_id)


@pytest.mark.parametrize("tick", [1, 77_777, MAX_TICK])
@pytest.mark.parametrize("batch_only", [False, True])
@pytest.mark.parametrize("is_ask", [False, True])
def test_event_tells_an_orders_place_by_its_id(
    pair: BookPair, is_ask: bool, batch_only: bool, tick: int
) -> None:
    """Third in the queue and in slot 1; after the level emptied, first of generation 2 in slot 0."""
    order = NewOrder(is_ask, tick, 2, batch_only=batch_only, reduce_only=True)
    level = (int(is_ask), int(batch_only), tick)
    pair.place(OTHER, order)
    for slot in (0, 1):
        pair.place(MAKER, order)
        assert decoded(pair.events[0].args["order_id"]) == (slot, *level, 1, slot + 1, 0)
    pair.cancel_all(OTHER)
    pair.cancel_all(MAKER)
    pair.place(MAKER, order)
    assert decoded(pair.events[0].args["order_id"]) == (0, *level, 2, 0, 0)
    assert pair.contract.open_orders(MAKER)[0][0] == pair.events[0].args["order_id"]


def test_refused_place_logs_and_adds_nothing(pair: BookPair) -> None:
    with refused(pair, "book: zero lots"):
        pair.place(MAKER, ask(91, 0))
    assert pair.events == []
    assert pair.contract.best() == (0, 0)
    pair.check()


def test_order_id_names_place_in_queue_and_slot(pair: BookPair) -> None:
    """(index << 52 | generation << 20 | tick << 2 | class) << 5 | slot."""
    assert pair.place(MAKER, bid(90, 3)) == (0 << 52 | 1 << 20 | 90 << 2 | 0) << 5 | 0
    assert pair.place(MAKER, bid(90, 3)) == (1 << 52 | 1 << 20 | 90 << 2 | 0) << 5 | 1
    assert pair.place(MAKER, ask(91, 3, batch_only=True)) == (0 << 52 | 1 << 20 | 91 << 2 | 3) << 5 | 2
    assert pair.place(TAKER, bid(90, 3)) == (2 << 52 | 1 << 20 | 90 << 2 | 0) << 5 | 0


def test_order_id_is_not_used_again(pair: BookPair) -> None:
    """An emptied level begins generation 2: same slot, same tick, same index, another id."""
    first = pair.place(MAKER, bid(90, 3))
    pair.cancel(MAKER, first)
    second = pair.place(MAKER, bid(90, 3))
    assert second == (0 << 52 | 2 << 20 | 90 << 2 | 0) << 5 | 0
    with refused(pair, "book: unknown order"):
        pair.cancel(MAKER, first)


def test_place_settles_first(pair: BookPair) -> None:
    """2 of 5 were sold at 100 at index 7: cash 200, basis -14, as maker of an earlier batch."""
    pair.place(MAKER, ask(100, 5))
    pair.auction()
    pair.place(TAKER, bid(100, 2))
    pair.auction(funding_index=7)
    second = pair.place(MAKER, bid(50, 1))
    assert pair.fills == Fills(lots=-2, cash=200, basis=-14, maker_notional=200, taker_notional=0, grid=0)
    assert pair.exposure == Exposure(0b11, 1, 3, 50, 300)
    assert [event.name for event in pair.events] == ["Settled", "Placed"]
    assert pair.events[1].args["order_id"] == second


def test_refused_place_leaves_fills_to_be_claimed(pair: BookPair) -> None:
    pair.place(MAKER, ask(100, 5))
    pair.place(TAKER, bid(100, 2))
    pair.auction()
    with refused(pair, "book: self-trade"):
        pair.place(MAKER, bid(100, 1))
    assert pair.sync(MAKER).lots == -2


# ---------------------------------------------------------------- an order by itself

NOW = 1_760_000_000  # time of the pair's first block
ALONE = {
    "tick 0": (bid(0, 1), "book: tick outside grid", bid(1, 1)),
    "last tick": (ask(MAX_TICK + 1, 1), "book: tick outside grid", ask(MAX_TICK, 1)),
    "huge tick": (bid(2**256 - 1, 1), "book: tick outside grid", bid(MAX_TICK, 1)),
    "no lots": (bid(90, 0), "book: zero lots", bid(90, 1)),
    "lots": (bid(90, MAX_ORDER + 1), "book: order too large", bid(90, MAX_ORDER)),
    "huge lots": (ask(90, 2**256 - 1), "book: order too large", ask(90, MAX_ORDER)),
    "ioc, post-only": (
        bid(90, 1, batch_only=True, post_only=True),
        "book: conflicting flags",
        bid(90, 1, batch_only=True),
    ),
    "ioc, expiry": (
        ask(90, 1, batch_only=True, expiry=NOW + 1),
        "book: conflicting flags",
        ask(90, 1, post_only=True, expiry=NOW + 1),
    ),
    "expiry now": (bid(90, 1, expiry=NOW), "book: order expired", bid(90, 1, expiry=NOW + 1)),
    "expiry past": (bid(90, 1, expiry=1), "book: order expired", bid(90, 1, expiry=0)),
    "expiry late": (bid(90, 1, expiry=2**40), "book: expiry too large", bid(90, 1, expiry=2**40 - 1)),
    "expiry huge": (bid(90, 1, expiry=2**256 - 1), "book: expiry too large", bid(90, 1, expiry=2**40 - 1)),
    "client": (bid(90, 1, client_id=2**128), "book: client id too large", bid(90, 1, client_id=2**128 - 1)),
    "client huge": (bid(90, 1, client_id=2**256 - 1), "book: client id too large", bid(90, 1, client_id=1)),
}


@pytest.mark.parametrize(("bad", "reason", "good"), ALONE.values(), ids=ALONE)
def test_order_by_itself(pair: BookPair, bad: NewOrder, reason: str, good: NewOrder) -> None:
    with refused(pair, reason):
        pair.place(MAKER, bad)
    assert pair.place(MAKER, good) is not None
    pair.check()


@pytest.mark.parametrize(("lots", "reason"), [(4, "book: below minimum size"), (0, "book: zero lots")])
def test_minimum_size(lots: int, reason: str) -> None:
    pair = BookPair(min_lots=5)
    with refused(pair, reason):
        pair.place(MAKER, bid(90, lots))
    pair.place(MAKER, bid(90, 5))
    pair.check()


@pytest.mark.parametrize("lots", [1, 4])
def test_reduce_only_orders_have_no_minimum_size(lots: int) -> None:
    """They close what is left of a position, however small; but not nothing, and no more than any order."""
    pair = BookPair(min_lots=5)
    small = bid(90, lots, reduce_only=True)
    assert pair.place(MAKER, small) is not None
    assert pair.place(MAKER, bid(90, lots, reduce_only=True, batch_only=True)) is not None
    assert pair.cancel_replace(MAKER, [], [small, bid(90, 5)]) is not None
    with refused(pair, "book: below minimum size"):
        pair.cancel_replace(MAKER, [], [small, bid(90, lots)])
    with refused(pair, "book: zero lots"):
        pair.place(MAKER, bid(90, 0, reduce_only=True))
    with refused(pair, "book: order too large"):
        pair.place(MAKER, bid(90, MAX_ORDER + 1, reduce_only=True))
    pair.check()


@pytest.mark.parametrize("is_ask", [False, True])
def test_band_holds_both_its_ends(pair: BookPair, is_ask: bool) -> None:
    for tick in (89, 111):
        with refused(pair, "book: tick outside band"):
            pair.place(MAKER, NewOrder(is_ask, tick, 1), 90, 110)
    for tick in (90, 110):
        pair.place(MAKER, NewOrder(is_ask, tick, 1), 90, 110)
    with refused(pair, "book: tick outside band"):
        pair.place(MAKER, NewOrder(is_ask, 100, 1), 101, 99)  # an empty band holds none
    pair.place(MAKER, NewOrder(is_ask, 100, 1), 0, 2**256 - 1)


def test_the_first_reason_that_applies_is_given(pair: BookPair) -> None:
    """All is wrong with the order; one thing after the other is mended."""
    terms = {
        "is_ask": False,
        "tick": 0,
        "lots": 0,
        "batch_only": True,
        "post_only": True,
        "expiry": 1,
        "client_id": 2**128,
    }
    band, past = (100, 110), pair.evm.time
    pair.configure(10, 5)
    mended: list[tuple[str, dict[str, int]]] = [
        ("book: tick outside grid", {"tick": 90}),
        ("book: tick outside band", {"tick": 100}),
        ("book: zero lots", {"lots": 1}),
        ("book: below minimum size", {"lots": MAX_ORDER + 1}),
        ("book: order too large", {"lots": MAX_ORDER}),
        ("book: conflicting flags", {"batch_only": False}),
        ("book: order expired", {"expiry": 2**41}),
        ("book: expiry too large", {"expiry": past + 5}),
        ("book: client id too large", {"client_id": 5}),
    ]
    for reason, change in mended:
        with refused(pair, reason):
            pair.place(MAKER, NewOrder(**terms), *band)
        terms |= change
    pair.place(MAKER, NewOrder(**terms), *band)


# ---------------------------------------------------------------- when


def test_batch_is_open_until_its_due_time(pair: BookPair) -> None:
    pair.advance(9)
    pair.place(MAKER, bid(90, 1))
    pair.advance(1)
    with refused(pair, "book: batch closed"):
        pair.place(MAKER, bid(0, 0))
    pair.clear()
    assert pair.place(MAKER, bid(90, 1)) is not None
    assert [order[5] for order in pair.contract.open_orders(MAKER)] == [0, 1]  # batches


def test_continuous_mode_takes_one_order_between_auctions(continuous: BookPair) -> None:
    continuous.place(MAKER, bid(90, 1))
    with refused(continuous, "book: clear first"):
        continuous.place(TAKER, bid(0, 0))
    continuous.clear()
    continuous.place(TAKER, bid(90, 1))


def test_cancelled_order_still_counts_in_continuous_mode(continuous: BookPair) -> None:
    order_id = continuous.place(MAKER, bid(90, 1))
    assert continuous.cancel(MAKER, order_id) == 1
    with refused(continuous, "book: clear first"):
        continuous.place(MAKER, bid(90, 1))


# ---------------------------------------------------------------- beside the others


def test_32_open_orders(pair: BookPair) -> None:
    ids = [pair.place(MAKER, bid(90, 1)) for _ in range(32)]
    assert pair.exposure == Exposure(2**32 - 1, 32, 0, 2_880, 0)
    assert [order_id & 31 for order_id in ids] == list(range(32))
    with refused(pair, "book: too many orders"):
        pair.place(MAKER, bid(90, 1))
    pair.place(TAKER, bid(90, 1))  # counted by account
    pair.cancel(MAKER, ids[7])
    assert pair.place(MAKER, bid(90, 1)) & 31 == 7  # the lowest free slot
    pair.check()


def test_a_filled_order_gives_its_slot_back(pair: BookPair) -> None:
    pair.place(MAKER, bid(91, 1))
    for _ in range(31):
        pair.place(MAKER, bid(90, 1))
    with refused(pair, "book: too many orders"):
        pair.place(MAKER, bid(90, 1))
    pair.place(TAKER, ask(91, 1))
    pair.auction()
    assert pair.place(MAKER, bid(90, 1)) & 31 == 0
    with refused(pair, "book: too many orders"):
        pair.place(MAKER, bid(90, 1))


@pytest.mark.parametrize("is_ask", [False, True])
def test_lots_of_an_account(pair: BookPair, is_ask: bool) -> None:
    """2 x (2**28 - 1) = 2**29 - 2: one lot more is the last, on this side."""
    pair.place(MAKER, NewOrder(is_ask, 5_000, MAX_ORDER))
    pair.place(MAKER, NewOrder(is_ask, 5_000, MAX_ORDER, batch_only=True))
    with refused(pair, "book: account lots exceeded"):
        pair.place(MAKER, NewOrder(is_ask, 5_000, 2))
    pair.place(MAKER, NewOrder(is_ask, 5_000, 1))
    with refused(pair, "book: account lots exceeded"):
        pair.place(MAKER, NewOrder(is_ask, 5_000, 1))
    pair.place(MAKER, NewOrder(not is_ask, 4_999 if is_ask else 5_001, MAX_ORDER))
    pair.check()


@pytest.mark.parametrize("batch_only", [False, True])
@pytest.mark.parametrize("mirror", [False, True])
def test_self_trade(pair: BookPair, mirror: bool, batch_only: bool) -> None:
    """Own asks of 100 and 103: bids at 100 and above cross, at 99 not; classes make no difference."""
    step = -1 if mirror else 1
    pair.place(MAKER, NewOrder(not mirror, 100, 1, batch_only=batch_only))
    pair.place(MAKER, NewOrder(not mirror, 100 + 3 * step, 1))
    for tick in (100, 100 + step, 100 + 9 * step):
        with refused(pair, "book: self-trade"):
            pair.place(MAKER, NewOrder(mirror, tick, 1, batch_only=not batch_only))
    pair.place(MAKER, NewOrder(mirror, 100 - step, 1))
    pair.place(TAKER, NewOrder(mirror, 100, 1))


@pytest.mark.parametrize("mirror", [False, True])
def test_self_trade_looks_past_cancelled_orders(pair: BookPair, mirror: bool) -> None:
    """The ask at 100 is cancelled, the one at 103 is not: a bid at 102 is fine, one at 103 crosses."""
    step = -1 if mirror else 1
    nearest = pair.place(MAKER, NewOrder(not mirror, 100, 1))
    pair.place(MAKER, NewOrder(not mirror, 100 + 3 * step, 1))
    pair.cancel(MAKER, nearest)
    with refused(pair, "book: self-trade"):
        pair.place(MAKER, NewOrder(mirror, 100 + 3 * step, 1))
    pair.place(MAKER, NewOrder(mirror, 100 + 2 * step, 1))
    with refused(pair, "book: self-trade"):
        pair.place(MAKER, NewOrder(not mirror, 100 + 2 * step, 1))
    pair.cancel_all(MAKER)
    pair.place(MAKER, NewOrder(mirror, 100 + 3 * step, 1))


@pytest.mark.parametrize("mirror", [False, True])
def test_self_trade_looks_past_filled_and_vanished_orders(pair: BookPair, mirror: bool) -> None:
    """The ask at 100 is filled, the batch-only one at 101 gone: bids at 102 are fine, at 103 not."""
    step = -1 if mirror else 1
    pair.place(MAKER, NewOrder(not mirror, 100, 1))
    pair.place(MAKER, NewOrder(not mirror, 100 + step, 1, batch_only=True))
    pair.place(MAKER, NewOrder(not mirror, 100 + 3 * step, 1))
    pair.place(TAKER, NewOrder(mirror, 100, 1))
    assert pair.auction().price == 100
    with refused(pair, "book: self-trade"):
        pair.place(MAKER, NewOrder(mirror, 100 + 3 * step, 1))
    pair.place(MAKER, NewOrder(mirror, 100 + 2 * step, 1))


@pytest.mark.parametrize("mirror", [False, True])
def test_post_only(pair: BookPair, mirror: bool) -> None:
    """Against a resting ask at 100, placed in this very batch; a batch-only one at 99 does not count."""
    step = -1 if mirror else 1
    pair.place(OTHER, NewOrder(not mirror, 100 - step, 1, batch_only=True))
    pair.place(OTHER, NewOrder(not mirror, 100, 1))
    for tick in (100, 100 + step):
        with refused(pair, "book: post-only would cross"):
            pair.place(TAKER, NewOrder(mirror, tick, 1, post_only=True))
    pair.place(TAKER, NewOrder(mirror, 100 - step, 1, post_only=True))
    pair.place(TAKER, NewOrder(mirror, 100, 1))


@pytest.mark.parametrize("mirror", [False, True])
def test_post_only_on_an_empty_side(pair: BookPair, mirror: bool) -> None:
    pair.place(OTHER, NewOrder(mirror, 100, 1))
    pair.place(MAKER, NewOrder(mirror, 1 if mirror else MAX_TICK, 1, post_only=True))
    with refused(pair, "book: post-only would cross"):
        pair.place(TAKER, NewOrder(not mirror, 100, 1, post_only=True))


def test_what_is_said_of_others_comes_in_order(pair: BookPair) -> None:
    """Too many orders, account lots, self-trade, post-only, block: the first that applies."""
    for account in (101, 102, 103, 104):
        pair.place(account, bid(100, MAX_ORDER))  # 2**30 - 4 lots in all: 3 more fit the block
    pair.place(OTHER, ask(200, 1))
    pair.place(MAKER, ask(300, 1))
    with refused(pair, "book: self-trade"):
        pair.place(MAKER, bid(300, 9, post_only=True))
    with refused(pair, "book: post-only would cross"):
        pair.place(MAKER, bid(200, 9, post_only=True))
    with refused(pair, "book: block full"):
        pair.place(MAKER, bid(199, 9, post_only=True))
    pair.place(MAKER, bid(199, 3, post_only=True))
    for tick in (5_000, 6_000):
        pair.place(TAKER, bid(tick, MAX_ORDER, batch_only=True))
    for _ in range(29):
        pair.place(TAKER, ask(7_000, 1))
    with refused(pair, "book: account lots exceeded"):
        pair.place(TAKER, bid(7_000, 2, post_only=True))
    pair.place(TAKER, ask(7_000, 1))
    with refused(pair, "book: too many orders"):
        pair.place(TAKER, bid(7_000, 2, post_only=True))


# ---------------------------------------------------------------- what is kept


def test_labels_and_flags_are_kept(pair: BookPair) -> None:
    expiry = pair.evm.time + 60
    pair.place(MAKER, bid(90, 1, post_only=True, expiry=expiry, client_id=7))
    pair.place(MAKER, bid(90, 1, reduce_only=True, client_id=2**128 - 1))
    pair.place(MAKER, bid(90, 1, batch_only=True))
    found = pair.contract.open_orders(MAKER)
    # batch-only, post-only, reduce-only, expiry, client id
    assert [order[6:] for order in found] == [
        (False, True, False, expiry, 7),
        (False, False, True, 0, 2**128 - 1),
        (True, False, False, 0, 0),
    ]


def test_a_slot_forgets_the_label_of_its_last_order(pair: BookPair) -> None:
    first = pair.place(MAKER, bid(90, 1, expiry=pair.evm.time + 5, client_id=7, reduce_only=True))
    pair.cancel(MAKER, first)
    second = pair.place(MAKER, bid(90, 1))
    assert second & 31 == first & 31
    assert pair.contract.open_orders(MAKER)[0][6:] == (False, False, False, 0, 0)
    pair.advance(6)
    with refused(pair, "book: not expired"):
        pair.sweep(MAKER, [second])


def test_accounts_are_told_apart_in_full_width(pair: BookPair) -> None:
    pair.place(2**256 - 1, bid(90, 1))
    pair.place(2**128 - 1, bid(91, 1))
    pair.place(0, bid(92, 1))
    pair.check()
    trade(pair, 100)
    assert len(pair.contract.open_orders(2**256 - 1)) == len(pair.contract.open_orders(0)) == 1
    assert pair.contract.open_orders(2**160 - 1) == ()


@pytest.mark.parametrize("flags", [{}, {"post_only": True}, IN_BATCH])
@pytest.mark.parametrize("is_ask", [False, True])
def test_maker_or_taker(pair: BookPair, is_ask: bool, flags: dict[str, bool]) -> None:
    """In its own batch an order takes, unless it is post-only."""
    pair.place(MAKER, NewOrder(is_ask, 100, 3, **flags))
    pair.place(OTHER, NewOrder(not is_ask, 100, 3))
    pair.auction(100)
    fills = pair.sync(MAKER)
    assert (fills.maker_notional, fills.taker_notional) == ((300, 0) if "post_only" in flags else (0, 300))
