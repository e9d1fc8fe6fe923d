"""Scenarios of the order book, sent to the book itself from its engine's address.

The engine is a contract that prepares long histories many calls at a time.
"""

import random
from collections.abc import Callable
from typing import Any, Final

from eth_abi.abi import decode
from web3 import Web3

from benchmarks.chain import Chain, Ledger, encode_call, expect
from walras.devtools.compiler import compile_contract

ANY_TICK: Final = (1, 2**18 - 2)
NO_QUOTES: Final = (0, 0, 0, 0)
ROLL_UP: Final = 12**4  # auctions after which the history has four heights of full words
SPREAD: Final = 2_000  # ticks over which the resting orders of the clear benchmarks lie
MID: Final = 100_000

Order = tuple[bool, int, int, bool, bool, bool, int, int]


def bid(tick: int, lots: int, batch_only: bool = False) -> Order:
    """A bid without label or expiry."""
    return (False, tick, lots, batch_only, False, False, 0, 0)


def ask(tick: int, lots: int, batch_only: bool = False) -> Order:
    """An ask without label or expiry."""
    return (True, tick, lots, batch_only, False, False, 0, 0)


class Book:
    """A fresh book on a chain, its engine a driver contract."""

    def __init__(self, chain: Chain, interval: int = 60) -> None:
        self.chain = chain
        self.artifact = compile_contract("OrderbookV2")
        self.driver_artifact = compile_contract("BookDriver")
        self.driver = chain.deploy(self.driver_artifact)
        views = chain.deploy(compile_contract("OrderbookViews"))
        self.address = chain.deploy(self.artifact, self.driver, views, interval, 1)
        self.interval = interval
        chain.rpc("anvil_impersonateAccount", self.driver)
        chain.rpc("anvil_setBalance", self.driver, hex(10**24))

    def data(self, name: str, *args: Any) -> bytes:
        """Calldata of a function of the book."""
        return encode_call(self.artifact, name, args)

    def send(self, name: str, *args: Any) -> dict[str, Any]:
        """A transaction from the engine's address to the book."""
        return self.chain.send(self.driver, self.address, self.data(name, *args))

    def place(self, account: int, order: Order) -> dict[str, Any]:
        """Place one order."""
        return self.send("place", account, order, *ANY_TICK)

    def place_many(self, account: int, orders: list[Order]) -> dict[str, Any]:
        """Place up to 32 orders."""
        return self.send("cancel_replace", account, [], orders, True, *ANY_TICK)

    def order_ids(self, receipt: dict[str, Any]) -> list[int]:
        """Ids of the orders that a transaction placed."""
        topic = Web3.keccak(text="Placed(uint256,uint256,uint256,uint256,uint256,uint256)").hex()
        return [
            int(log["topics"][2], 16)
            for log in receipt["logs"]
            if log["topics"][0].removeprefix("0x") == topic.removeprefix("0x")
        ]

    def clear(self, funding_index: int = 12_345) -> dict[str, Any]:
        """Wait until the batch is due, then clear it."""
        if self.interval:
            self.chain.rpc("evm_increaseTime", hex(self.interval))
            self.chain.rpc("evm_mine")
        return self.send("clear", MID, funding_index, NO_QUOTES)

    def trade(self, account: int, order: Order, count: int, funding_index: int = 12_345) -> None:
        """In continuous mode: place an order and run its auction, `count` times."""
        while count:
            part = min(count, 2_048)
            data = encode_call(
                self.driver_artifact, "trade", (self.address, account, order, funding_index, part)
            )
            self.chain.send(self.chain.deployer, self.driver, data)
            count -= part

    def cleared(self, receipt: dict[str, Any]) -> tuple[int, int]:
        """Price and lots of the auction in a receipt; (0, 0) where nothing traded."""
        for log in receipt["logs"]:
            data = bytes.fromhex(log["data"].removeprefix("0x"))
            if len(log["topics"]) == 3 and len(data) == 6 * 32:
                price, lots, *_ = decode(["uint256"] * 4, data[:128])
                return price, lots
        return 0, 0

    def settled_lots(self, receipt: dict[str, Any]) -> int:
        """Lots that a transaction settled."""
        topic = Web3.keccak(
            text="Settled(uint256,uint256,uint256,uint256,int256,uint256,uint256,uint256)"
        ).hex()
        return sum(
            int(log["data"].removeprefix("0x")[:64], 16)
            for log in receipt["logs"]
            if log["topics"][0].removeprefix("0x") == topic.removeprefix("0x")
        )


def orders_and_cancels(ledger: Ledger, chain: Chain) -> None:
    """Place and cancel at a tick that is in use."""
    book = Book(chain)
    book.place(1, bid(MID, 10))  # keeps the tick live
    receipt = book.place(2, bid(MID, 10))
    first = book.order_ids(receipt)[0]
    ledger.note("book.place.fresh_slot", book.place(2, bid(MID, 10)))
    book.place(2, bid(MID, 10))
    book.send("cancel", 2, first, 2**28 - 1)
    steady = book.place(2, bid(MID, 10))
    expect(book.order_ids(steady)[0] & 31 == 0, "the order takes a slot that was used before")
    ledger.note("book.place.steady", steady)
    ledger.note("book.cancel.last", book.send("cancel", 2, book.order_ids(steady)[0], 2**28 - 1))
    again = book.place(2, bid(MID - 4_096 * 3, 10))
    ledger.note("book.place.fresh_tick", again)
    ledger.note("book.cancel.only", book.send("cancel", 2, book.order_ids(again)[0], 2**28 - 1))
    quotes = book.order_ids(book.place_many(3, [bid(MID - 10 - i, 10) for i in range(8)]))
    moved = book.send("cancel_replace", 3, quotes, [bid(MID - 11 - i, 10) for i in range(8)], True, *ANY_TICK)
    quotes = book.order_ids(moved)
    moved = book.send("cancel_replace", 3, quotes, [bid(MID - 10 - i, 10) for i in range(8)], True, *ANY_TICK)
    ledger.note("book.cancel_replace.ladder_8", moved)


def cancels_in_a_queue(ledger: Ledger, chain: Chain) -> None:
    """Cancel in the middle of 1,024 orders at one tick."""
    book = Book(chain)
    ids: list[int] = []
    for account in range(32):
        ids += book.order_ids(book.place_many(account, [bid(MID, 10) for _ in range(32)]))
    for name, index in (("book.cancel.mid_1024_first", 512), ("book.cancel.mid_1024", 513)):
        ledger.note(name, book.send("cancel", index // 32, ids[index], 2**28 - 1))


def settlements(ledger: Ledger, chain: Chain) -> None:
    """Settle one order of an account; thirty-two that nothing touched."""
    book = Book(chain)
    for _ in range(2):  # the second round finds every word in use
        book.place(1, bid(MID, 10))
        book.place(2, ask(MID, 10, batch_only=True))
        book.clear()
        receipt = book.send("sync", 1)
        expect(book.settled_lots(receipt) == 10, "the maker's order filled")
        taker = book.send("sync", 2)
    ledger.note("book.settle.steady", receipt)
    ledger.note("book.settle.taker", taker)
    book.place_many(3, [bid(MID - 50 - i, 10) for i in range(32)])
    book.place(1, bid(MID, 10))
    book.place(2, ask(MID, 10, batch_only=True))
    book.clear()
    ledger.note("book.sync.untouched_32", book.send("sync", 3))
    book.place(4, ask(MID - 100, 2**20, batch_only=True))
    book.clear()
    filled = book.send("sync", 3)
    expect(book.settled_lots(filled) == 320, "all 32 orders filled")
    ledger.note("book.sync.filled_32", filled)


def hostile_company(ledger: Ledger, chain: Chain) -> None:
    """What others can make of settling and cancelling an account's 32 orders."""
    book = Book(chain)
    for account in (1, 2):
        book.place_many(account, [bid(MID - i, 16) for i in range(32)])
    ledger.note("book.cancel_all.32", book.send("cancel_all", 2))
    book.place_many(2, [bid(MID - i, 1) for i in range(32)])
    ledger.note("book.cancel_all.32_behind", book.send("cancel_all", 1))
    book = Book(chain, interval=0)
    for offset in range(32):
        book.place(1, bid(MID - offset, 16))
        book.clear()
    book.trade(2, ask(MID - 100, 1), 32 * 16)
    receipt = book.send("sync", 1)
    expect(book.settled_lots(receipt) == 32 * 16, "all 32 orders filled, each in 16 parts")
    ledger.note("book.sync.filled_32_in_16_parts", receipt)


def long_history(ledger: Ledger, chain: Chain) -> None:
    """Settle an order that rested through 65,536 auctions; clear the one that fills four heights."""
    book = Book(chain, interval=0)
    book.place(1, bid(MID + 1_000, 2**27))
    book.clear()
    book.place(2, bid(MID, 10))
    book.clear()
    book.trade(3, ask(MID + 900, 10), ROLL_UP - 1)
    ledger.note("book.clear.roll_up_20736", one_auction(book))
    book.trade(3, ask(MID + 900, 10), 65_536 - ROLL_UP)
    book.place(4, ask(MID - 10, 2**27))
    book.clear()
    receipt = book.send("sync", 2)
    expect(book.settled_lots(receipt) == 10, "the old order filled")
    ledger.note("book.settle.after_65536_auctions", receipt)


def one_auction(book: Book) -> dict[str, Any]:
    """In continuous mode: an order and its auction; the auction's receipt."""
    book.place(5, ask(MID + 900, 10, batch_only=True))
    return book.clear()


def resting(book: Book, count: int, rng: random.Random) -> int:
    """Place orders over SPREAD ticks, asks above bids; lots of the asks."""
    orders: list[Order] = []
    asked = 0
    for number in range(count):
        lots = rng.randrange(5, 100)
        offset = 1 + rng.randrange(SPREAD // 2)
        if number % 2:
            orders.append(ask(MID + offset, lots))
            asked += lots
        else:
            orders.append(bid(MID - offset, lots))
    sides = [[order for order in orders if order[0] == is_ask] for is_ask in (False, True)]
    account = 1_000
    for side in sides:
        for start in range(0, len(side), 32):
            book.place_many(account, side[start : start + 32])
            account += 1
    return asked


def clears(ledger: Ledger, chain: Chain) -> None:
    """Clear a batch order that takes half of what rests, among 10 to 10,000 resting orders."""
    for count in (10, 100, 1_000, 10_000):
        book = Book(chain)
        asked = resting(book, count, random.Random(count))
        book.place(1, bid(MID, 5))
        book.place(2, ask(MID, 5, batch_only=True))
        book.clear()  # the first auction of a book finds the history's words empty
        book.place(3, bid(MID + SPREAD, asked // 2, batch_only=True))
        receipt = book.clear()
        expect(book.cleared(receipt)[1] == asked // 2, "half of the asks traded")
        ledger.note(f"book.clear.resting_{count}", receipt)
    ledger.note("book.clear.no_cross", book.clear())
    book.place(4, bid(MID - SPREAD, 5, batch_only=True))
    ledger.note("book.clear.no_cross_batch_only", book.clear())


def worst_clear(ledger: Ledger, chain: Chain) -> None:
    """Every block crossed in every class, two classes marginal, every word of q's path, a roll-up."""
    book = Book(chain, interval=0)
    book.place(1, bid(MID + 1_000, 2**27))
    book.clear()
    book.trade(3, ask(MID + 900, 10), ROLL_UP - 1)
    book.send("configure", 60, 1)
    book.clear()
    book.interval = 60
    book.send("cancel_all", 1)
    base = 1_107
    for half in range(2):
        ticks = [block * 4_096 + base for block in range(32 * half, 32 * half + 32)]
        book.place_many(10 + half, [ask(tick + 7, 3) for tick in ticks])
        book.place_many(20 + half, [ask(tick + 7, 3, batch_only=True) for tick in ticks])
        book.place_many(30 + half, [bid(tick + 9, 3) for tick in ticks])
        book.place_many(40 + half, [bid(tick + 9, 3, batch_only=True) for tick in ticks])
    # at q meet 198 lots offered below and 192 bid above: the bids there, 5 resting and 5 batch-only, share 7
    q = 32 * 4_096 + base + 8
    book.place(50, bid(q, 5))
    book.place(51, bid(q, 5, batch_only=True))
    book.place(52, ask(q, 1))
    # what stays in each word on the path of q
    book.place_many(53, [bid(q - step, 2) for step in (2, 10, 80, 600)])
    book.place_many(54, [ask(q + step, 2) for step in (2, 10, 80, 600)])
    receipt = book.clear()
    expect(book.cleared(receipt) == (q, 199), f"the margin is at {q}: {book.cleared(receipt)}")
    ledger.note("book.clear.worst", receipt)


SCENARIOS: Final[list[Callable[[Ledger, Chain], None]]] = [
    orders_and_cancels,
    cancels_in_a_queue,
    settlements,
    clears,
    hostile_company,
    long_history,
    worst_clear,
]


WHAT: Final = {
    "book.place.steady": ("70,000", "an order at a tick in use, into an order slot that was used before"),
    "book.place.fresh_slot": ("", "the same into a slot that was never used"),
    "book.place.fresh_tick": ("", "into a used slot, the first order ever within 4,096 ticks"),
    "book.cancel.last": ("", "the last order of a queue"),
    "book.cancel.only": ("", "the only order of its block"),
    "book.cancel.mid_1024": ("90,000", "order 513 of 1,024 at a tick; its neighbour was cancelled before"),
    "book.cancel.mid_1024_first": ("", "the first cancel in that queue"),
    "book.cancel_replace.ladder_8": ("", "eight quotes moved by one tick: eight cancels, eight placements"),
    "book.settle.steady": ("60,000", "sync of an account with one order, filled at the margin as a maker"),
    "book.settle.taker": ("", "sync of an account with one batch-only order, filled"),
    "book.settle.after_65536_auctions": (
        "85,000",
        "one order that rested through 65,536 auctions, then filled",
    ),
    "book.sync.untouched_32": ("45,000", "32 open orders, none touched by the auctions since"),
    "book.sync.filled_32": ("", "32 open orders on 32 ticks, all filled"),
    "book.sync.filled_32_in_16_parts": ("", "the same, each order filled one lot at a time by 16 auctions"),
    "book.cancel_all.32": ("", "32 orders on 32 ticks, each the last of its queue"),
    "book.cancel_all.32_behind": ("", "the same, each with another's first order behind it"),
    "book.clear.resting_10": ("210,000", "10 orders rest over 2,000 ticks, half of the asks are bought"),
    "book.clear.resting_100": ("210,000", "100 orders rest"),
    "book.clear.resting_1000": ("210,000", "1,000 orders rest"),
    "book.clear.resting_10000": ("210,000", "10,000 orders rest; also at most 1.1 x the cost with 10"),
    "book.clear.no_cross": ("", "10,000 orders rest, nothing crosses"),
    "book.clear.no_cross_batch_only": ("", "the same with batch-only orders that vanish"),
    "book.clear.roll_up_20736": ("", "the auction that completes four heights of the history"),
    "book.clear.worst": ("800,000", "64 blocks crossed in four classes, two classes marginal, that roll-up"),
}
"""What each figure is, and its bound where one is set."""
