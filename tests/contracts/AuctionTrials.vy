# trap-ok: TRAP09 it holds nothing, and enters itself
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   AuctionTrials: an engine for tests that tries many auctions of one book, each undone before the next
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
from interfaces import IOrderbookV2
from interfaces import IOrderbookViews


# which is told by the money of fills, so that it cannot be mistaken for another
FUNDING_INDEX: constant(int256) = 7


@external
def place(book: IOrderbookV2, account: uint256, order: IOrderbookV2.NewOrder):
    """
    @notice Adds an order to the book.
    """
    extcall book.place(account, order, 0, max_value(uint256))


@external
def outcomes(
    book: IOrderbookV2,
    accounts: uint256,
    references: DynArray[uint256, 16],
    quotes: DynArray[IOrderbookV2.VaultQuotes, 64],
) -> DynArray[uint256, 1024]:
    """
    @notice What `trial` says for each pair of quotes, and for each reference under it. Only with the first reference
            and the last, which decide for the lowest price and the highest, are accounts settled. The book stays as it is.
    """
    found: DynArray[uint256, 1024] = []
    for quote: IOrderbookV2.VaultQuotes in quotes:
        for reference: uint256 in references:
            settled: uint256 = 0
            if reference == references[0] or reference == references[len(references) - 1]:
                settled = accounts
            done: bool = False
            word: Bytes[32] = b""
            done, word = raw_call(
                self,
                abi_encode(
                    book,
                    settled,
                    reference,
                    quote,
                    method_id=method_id("trial(address,uint256,uint256,(uint256,uint256,uint256,uint256))"),
                ),
                max_outsize=32,
                revert_on_failure=False,
            )
            found.append(convert(word, uint256))
    return found


@external
def trial(book: IOrderbookV2, accounts: uint256, reference: uint256, quotes: IOrderbookV2.VaultQuotes):
    """
    @notice Runs the auction, settles accounts 1 .. `accounts`, and always reverts: with one word that tells all, from
            the lowest bit price 18, lots 16, imbalance + 2**15 16, vault bought 16, vault sold 16, and for each account
            4 bits of lots bought less lots sold + 8, and 4 of lots that stay open. Where accounts are settled, the
            preview of the auction is compared too, and with what they have left the lots that the book shows. With a reason it reverts where the book contradicts itself.
    """
    if accounts != 0:
        preview: IOrderbookV2.Clearing = staticcall IOrderbookViews(book.address).preview_clear(reference, quotes)
        word: uint256 = self._trial(book, accounts, reference, quotes, preview)
        raw_revert(abi_encode(word))
    raw_revert(abi_encode(self._trial(book, 0, reference, quotes, empty(IOrderbookV2.Clearing))))


@internal
def _trial(
    book: IOrderbookV2,
    accounts: uint256,
    reference: uint256,
    quotes: IOrderbookV2.VaultQuotes,
    preview: IOrderbookV2.Clearing,
) -> uint256:
    done: IOrderbookV2.Clearing = extcall book.clear(reference, FUNDING_INDEX, quotes)
    assert accounts == 0 or keccak256(abi_encode(preview)) == keccak256(abi_encode(done)), "trials: preview"
    assert done.traded == (done.lots != 0) and done.traded == (done.price != 0), "trials: traded"
    word: uint256 = done.price | (done.lots << 18) | (convert(done.imbalance + 2**15, uint256) << 34)
    word |= (done.vault_bought << 50) | (done.vault_sold << 66)
    bid_lots: uint256 = 0
    ask_lots: uint256 = 0
    for i: uint256 in range(accounts, bound=16):
        fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
        left: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
        fills, left = extcall book.sync(i + 1)
        assert fills.cash == -fills.lots * convert(done.price, int256), "trials: price"
        assert fills.taker_notional == convert(abs(fills.cash), uint256) and fills.maker_notional == 0, "trials: taker"
        assert fills.basis == fills.lots * FUNDING_INDEX, "trials: funding"
        word |= (convert(fills.lots + 8, uint256) | ((left.bid_lots + left.ask_lots) << 4)) << (82 + 8 * i)
        bid_lots += left.bid_lots
        ask_lots += left.ask_lots
    if accounts != 0:
        bids: DynArray[IOrderbookV2.Level, 64] = []
        asks: DynArray[IOrderbookV2.Level, 64] = []
        bids, asks = staticcall IOrderbookViews(book.address).depth(64)
        for level: IOrderbookV2.Level in bids:
            assert level.lots <= bid_lots, "trials: bids of nobody"
            bid_lots -= level.lots
        for level: IOrderbookV2.Level in asks:
            assert level.lots <= ask_lots, "trials: asks of nobody"
            ask_lots -= level.lots
        assert bid_lots == 0 and ask_lots == 0, "trials: lots that are not shown"
    return word
