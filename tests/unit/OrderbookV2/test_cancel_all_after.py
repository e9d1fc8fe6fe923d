"""cancel_all_after: the dead man's switch of an account."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid, refused


def test_switch(pair: BookPair) -> None:
    deadline = pair.evm.time + 5
    assert pair.cancel_all_after(MAKER, deadline)
    (event,) = pair.events
    assert (event.name, event.args) == ("SwitchSet", {"account": MAKER, "deadline": deadline})
    assert pair.contract.cancel_deadline(MAKER) == deadline
    assert pair.contract.cancel_deadline(OTHER) == 0
    order_id = pair.place(MAKER, bid(90, 5))  # placed later, still under the switch
    pair.advance(5)
    assert pair.sweep(MAKER, [order_id]) == 1


def test_nothing_is_swept_before_the_deadline(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    pair.cancel_all_after(MAKER, pair.evm.time + 5)
    pair.advance(4)
    with refused(pair, "book: not expired"):
        pair.sweep(MAKER, [order_id])
    pair.advance(1)
    assert pair.sweep(MAKER, [order_id]) == 1


def test_deadline_is_in_the_future(pair: BookPair) -> None:
    for past in (1, pair.evm.time - 1, pair.evm.time):
        with refused(pair, "book: deadline in the past"):
            pair.cancel_all_after(MAKER, past)
    for future in (pair.evm.time + 1, 2**40, 2**256 - 1):
        assert pair.cancel_all_after(MAKER, future)
        assert pair.contract.cancel_deadline(MAKER) == future


def test_switch_off(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    pair.cancel_all_after(MAKER, pair.evm.time + 5)
    pair.advance(6)
    assert pair.cancel_all_after(MAKER, 0)  # even after it struck
    assert pair.events[0].args == {"account": MAKER, "deadline": 0}
    assert pair.contract.cancel_deadline(MAKER) == 0
    with refused(pair, "book: not expired"):
        pair.sweep(MAKER, [order_id])


def test_switch_is_put_off(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    for _ in range(3):
        pair.cancel_all_after(MAKER, pair.evm.time + 2)
        pair.advance(1)
    with refused(pair, "book: not expired"):
        pair.sweep(MAKER, [order_id])
    pair.advance(1)
    assert pair.sweep(MAKER, [order_id]) == 1


@pytest.mark.parametrize("seconds", [9, 10, 11])
def test_switch_works_on_a_closed_batch_and_settles_nothing(pair: BookPair, seconds: int) -> None:
    pair.place(MAKER, bid(90, 5))
    pair.place(TAKER, ask(90, 2))
    pair.auction()
    pair.advance(seconds)
    assert pair.cancel_all_after(MAKER, pair.evm.time + 1)
    assert [event.name for event in pair.events] == ["SwitchSet"]
    assert pair.sync(MAKER).lots == 2
