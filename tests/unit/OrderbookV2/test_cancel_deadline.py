"""cancel_deadline: where an account's dead man's switch stands."""

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, refused


def test_cancel_deadline(pair: BookPair) -> None:
    deadline = pair.evm.time + 3
    pair.cancel_all_after(MAKER, deadline)
    assert pair.contract.cancel_deadline(MAKER) == deadline
    pair.advance(9)
    assert pair.contract.cancel_deadline(MAKER) == deadline  # it stays, though it has come


def test_no_deadline(pair: BookPair) -> None:
    assert pair.contract.cancel_deadline(MAKER) == 0
    with refused(pair, "book: deadline in the past"):
        pair.cancel_all_after(MAKER, pair.evm.time)
    pair.cancel_all_after(OTHER, pair.evm.time + 3)
    assert pair.contract.cancel_deadline(MAKER) == 0
