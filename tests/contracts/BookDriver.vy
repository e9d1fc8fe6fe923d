# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   BookDriver: an engine for tests and benchmarks that makes many calls of a book in one transaction
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
from interfaces import IOrderbookV2


@external
def forward(book: IOrderbookV2, data: Bytes[65536]):
    """
    @notice One call of the book, as its engine.
    """
    raw_call(book.address, data)


@external
def trade(
    book: IOrderbookV2, account: uint256, order: IOrderbookV2.NewOrder, funding_index: int256, count: uint256
):
    """
    @notice Places an order and runs its auction, `count` times, in continuous mode. The last lots of each are settled by
            the placement that follows.
    """
    for _: uint256 in range(count, bound=65536):
        extcall book.place(account, order, 0, max_value(uint256))
        extcall book.clear(order.tick, funding_index, empty(IOrderbookV2.VaultQuotes))
    extcall book.sync(account)
