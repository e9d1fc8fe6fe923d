"""Measures the gas of the contracts and writes benchmarks/gas.json.

Every figure is `gasUsed` of the receipt of one transaction on anvil, sent to the book itself from its
engine's address, so that every slot is cold as it is for a user; the engine is a contract that prepares long
histories many calls at a time. `<name>.floor` is what the protocol charges for the words that this very
transaction changed, taken from its state diff: 21,000, the calldata, 5,000 for each word changed and 22,100
for each that was empty. README.md beside this file says what each figure means.

    python benchmarks/gas.py            measure and write
    python benchmarks/gas.py --check    measure and compare: exit 1 where a figure differs
"""

import argparse
import json
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from eth_abi import decode, encode
from web3 import HTTPProvider, Web3

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from walras.devtools.compiler import Artifact, compile_contract
from walras.devtools.sizes import measure

RESULTS: Final = Path(__file__).with_name("gas.json")
README: Final = Path(__file__).with_name("README.md")
HARDFORK: Final = "prague"
GAS_LIMIT: Final = 25_000_000_000
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


class Chain:
    """An anvil of our own: fixed hardfork, no base fee, a block a transaction."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 600}))
        self.deployer = ""

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a method of the node; raises RuntimeError with what it answered."""
        answer = self.web3.provider.make_request(method, params)  # type: ignore[arg-type]
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, sender: str, to: str | None, data: bytes) -> dict[str, Any]:
        """Send a transaction and return its receipt; raises RuntimeError where it reverted."""
        call = {"from": sender, "data": "0x" + data.hex(), "gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        if to is not None:
            call["to"] = to
        digest = self.rpc("eth_sendTransaction", call)
        receipt = None
        while receipt is None:
            receipt = self.rpc("eth_getTransactionReceipt", digest)
        if int(receipt["status"], 16) != 1:
            self.rpc("eth_call", call, "latest")
            raise RuntimeError(f"transaction {digest} reverted")
        return dict(receipt)

    def deploy(self, artifact: Artifact, *args: Any) -> str:
        """Deploy a contract; its address."""
        constructor = [entry for entry in artifact.abi if entry["type"] == "constructor"]
        types = [entry["type"] for entry in constructor[0]["inputs"]] if constructor else []
        receipt = self.send(self.deployer, None, artifact.creation + encode(types, args))
        return str(receipt["contractAddress"])

    def changed_words(self, digest: str) -> tuple[int, int]:
        """Storage words that a transaction changed: those that held something, those that were empty."""
        tracer = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
        diff = self.rpc("debug_traceTransaction", digest, tracer)
        used = fresh = 0
        for at, after in diff["post"].items():
            before = diff["pre"].get(at, {}).get("storage", {})
            for slot in after.get("storage", {}):
                if int(before.get(slot, "0x0"), 16):
                    used += 1
                else:
                    fresh += 1
        for at, before in diff["pre"].items():
            after_storage = diff["post"].get(at, {}).get("storage", {})
            used += sum(slot not in after_storage for slot in before.get("storage", {}))
        return used, fresh


@contextmanager
def anvil() -> Iterator[Chain]:
    """Start anvil on a free port, and stop it at the end."""
    binary = shutil.which("anvil")
    if binary is None:
        raise SystemExit("anvil is not on PATH: run this by `make bench`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--host 127.0.0.1 --port {port} --hardfork {HARDFORK} --gas-limit {GAS_LIMIT}"
    process = subprocess.Popen(
        [
            binary,
            *options.split(),
            "--base-fee",
            "0",
            "--gas-price",
            "0",
            "--order",
            "fifo",
            "--balance",
            "1000000",
            "--silent",
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        chain = Chain(f"http://127.0.0.1:{port}")
        for _ in range(200):
            if chain.web3.is_connected():
                break
            time.sleep(0.05)
        chain.deployer = chain.rpc("eth_accounts")[0]
        yield chain
    finally:
        process.terminate()
        process.wait()


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
        return _encode(self.artifact, name, args)

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
            data = _encode(self.driver_artifact, "trade", (self.address, account, order, funding_index, part))
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


class Ledger:
    """The figures of a run."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.figures: dict[str, int] = {}

    def note(self, name: str, receipt: dict[str, Any]) -> None:
        """Record a receipt's gas, and its floor."""
        gas = int(receipt["gasUsed"], 16)
        transaction = self.chain.rpc("eth_getTransactionByHash", receipt["transactionHash"])
        calldata = bytes.fromhex(transaction["input"].removeprefix("0x"))
        used, fresh = self.chain.changed_words(receipt["transactionHash"])
        floor = 21_000 + sum(16 if byte else 4 for byte in calldata) + 5_000 * used + 22_100 * fresh
        self.figures[name] = gas
        self.figures[f"{name}.floor"] = floor
        print(f"{name:<36}{gas:>10,}  floor {floor:>9,}  words {used} changed, {fresh} fresh", flush=True)


def expect(condition: bool, what: str) -> None:
    """Stop where a scenario is not what its name says."""
    if not condition:
        raise SystemExit(f"benchmark scenario broken: {what}")


# ---------------------------------------------------------------- scenarios


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


def with_figures(text: str, figures: dict[str, int]) -> str:
    """The README with its tables filled in."""
    rows = [
        f"| `{name}` | {bound} | {figures[name]:,} | {figures[f'{name}.floor']:,} | {what} |"
        for name, (bound, what) in WHAT.items()
    ]
    text = _between(text, "<!-- figures -->\n", "<!-- /figures -->", "\n".join(rows) + "\n")

    def thousands(*names: str) -> str:
        return " / ".join(f"{figures[name] / 1_000:.0f}k" for name in names)

    row = (
        f"| **Walras** | {thousands('book.place.steady')} used tick,"
        f" {thousands('book.place.fresh_slot')} fresh slot"
        f" | {thousands('book.cancel.last', 'book.cancel.mid_1024')} (last / mid of 1,024)"
        f" | 10 / 100 / 1,000 / 10,000 orders over 2,000 ticks "
        f"{thousands(*(f'book.clear.resting_{count}' for count in (10, 100, 1_000, 10_000)))}"
        f" | {thousands('book.settle.steady')} |\n"
    )
    return _between(
        text, "|---|---|---|---|---|\n| **Walras**", "| Clober", row, keep_start="|---|---|---|---|---|\n"
    )


def main() -> int:
    """Run the scenarios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare with gas.json instead of writing it")
    parser.add_argument(
        "--only", default="", help="run the scenarios whose name contains this; nothing is written"
    )
    options = parser.parse_args()
    figures: dict[str, int] = {}
    for scenario in SCENARIOS:
        if options.only in scenario.__name__:
            with anvil() as chain:
                ledger = Ledger(chain)
                scenario(ledger, chain)
                figures |= ledger.figures
    if options.only:
        return 0
    figures |= {f"{size.name}.runtime_bytes": size.runtime for size in measure()}
    if not options.check:
        RESULTS.write_text(json.dumps(dict(sorted(figures.items())), indent=2) + "\n")
        README.write_text(with_figures(README.read_text(), figures))
        return 0
    committed = json.loads(RESULTS.read_text())
    different = sorted(name for name in figures | committed if figures.get(name) != committed.get(name))
    for name in different:
        print(f"differs: {name}: committed {committed.get(name)}, measured {figures.get(name)}")
    return 1 if different else 0


def _between(text: str, start: str, end: str, new: str, keep_start: str | None = None) -> str:
    """The text with what stands between two marks replaced."""
    head, rest = text.split(start, 1)
    return head + (start if keep_start is None else keep_start) + new + end + rest.split(end, 1)[1]


def _encode(artifact: Artifact, name: str, args: tuple[Any, ...] | list[Any]) -> bytes:
    (signature,) = [signature for signature in artifact.selectors if signature.split("(")[0] == name]
    return artifact.selectors[signature] + encode(_split(signature), args)


def _split(signature: str) -> list[str]:
    """The argument types of a signature."""
    inner = signature[signature.index("(") + 1 : -1]
    types, depth, current = [], 0, ""
    for character in inner:
        if character == "," and depth == 0:
            types.append(current)
            current = ""
            continue
        depth += (character == "(") - (character == ")")
        current += character
    return [*types, current] if current else types


if __name__ == "__main__":
    raise SystemExit(main())
