"""preview_clear: the indicative auction, at any time."""

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid, reverts
from walras.model.book import Clearing, VaultQuotes


def test_preview_clear(pair: BookPair) -> None:
    """5 resting and 2 batch-only bid at 105, 4 offered at 100 and the vault's 1 at 104: 5 lots at 105."""
    pair.place(MAKER, bid(105, 5))
    pair.place(OTHER, bid(105, 2, batch_only=True))
    pair.place(TAKER, ask(100, 4))
    quotes = VaultQuotes(ask_tick=104, ask_lots=1)
    expected = Clearing(True, 0, 0, price=105, lots=5, imbalance=2, vault_bought=0, vault_sold=1)
    assert Clearing(*pair.contract.preview_clear(100, quotes)) == expected
    assert Clearing(*pair.contract.preview_clear(100, quotes)) == expected  # changes nothing
    assert pair.auction(100, 0, quotes) == expected


def test_preview_of_nothing(pair: BookPair) -> None:
    pair.place(MAKER, bid(105, 5))
    expected = Clearing(False, 0, 0, price=0, lots=0, imbalance=0, vault_bought=0, vault_sold=0)
    assert Clearing(*pair.contract.preview_clear(100, VaultQuotes())) == expected
    pair.auction()
    assert Clearing(*pair.contract.preview_clear(100, VaultQuotes())).batch == 1


def test_preview_of_a_bid_a_block_below_the_ask(pair: BookPair) -> None:
    pair.place(MAKER, bid(4_095, 5))
    pair.place(TAKER, ask(4_096, 5))
    assert Clearing(*pair.contract.preview_clear(100, VaultQuotes())).traded is False
    assert not pair.auction().traded


def test_preview_of_a_vault_that_bids_more(pair: BookPair) -> None:
    """Of 4 lots the vault gets its one, and 3 of 5 go to the marginal bids."""
    pair.place(MAKER, bid(105, 5))
    pair.place(TAKER, ask(100, 4))
    quotes = VaultQuotes(bid_tick=110, bid_lots=1)
    expected = Clearing(True, 0, 0, price=105, lots=4, imbalance=2, vault_bought=1, vault_sold=0)
    assert Clearing(*pair.contract.preview_clear(100, quotes)) == expected
    assert pair.auction(100, 0, quotes) == expected


def test_preview_of_a_balance_with_the_vaults_ask(pair: BookPair) -> None:
    """5 bid at 110; 4 are offered at 100 and the vault's 1 at 102: no lower than that."""
    pair.place(MAKER, bid(110, 5))
    pair.place(TAKER, ask(100, 4))
    quotes = VaultQuotes(ask_tick=102, ask_lots=1)
    expected = Clearing(True, 0, 0, price=102, lots=5, imbalance=0, vault_bought=0, vault_sold=1)
    assert Clearing(*pair.contract.preview_clear(90, quotes)) == expected
    assert pair.auction(90, 0, quotes) == expected


def test_preview_before_and_after_the_batch_is_due(pair: BookPair) -> None:
    pair.place(MAKER, bid(105, 5))
    pair.place(TAKER, ask(105, 5))
    with reverts("book: batch not due"):
        pair.contract.clear(105, 0, VaultQuotes())
    assert Clearing(*pair.contract.preview_clear(105, VaultQuotes())).lots == 5
    pair.close()
    assert Clearing(*pair.contract.preview_clear(105, VaultQuotes())).lots == 5


def test_preview_follows_the_reference(pair: BookPair) -> None:
    pair.place(MAKER, bid(110, 5))
    pair.place(TAKER, ask(100, 5))
    prices = [pair.contract.preview_clear(reference, VaultQuotes())[3] for reference in (90, 103, 120)]
    assert prices == [100, 103, 110]
