"""Scenarios of the waterfall: whole transactions of keepers to LiquidationEngine.

The engine is that of benchmarks/engine.py, each market with one scripted source. Keepers, pots and backstop
have collateral already.
"""

from collections.abc import Callable
from typing import Any, Final

from benchmarks.book import MID
from benchmarks.chain import Chain, Ledger, expect
from benchmarks.engine import LOTS, PRICE, RICH, RUNNER, TREASURY, Exchange, account_of, ask, bid
from tests.support.engine import USDC
from tests.support.waterfall import TERMS
from walras.devtools.compiler import compile_contract
from walras.devtools.evm import address
from walras.devtools.wiring import deploy_waterfall

KEEPER: Final = 0x5E9
BACKSTOP: Final = 0xBA
LONG: Final = 0x11
SHORT: Final = 0x22
MARKETS: Final = 16
SLOTS: Final = 32


class Waterfall(Exchange):
    """An exchange with its waterfall, a rich backstop, a fund with a reserve."""

    def __init__(self, chain: Chain, markets: int = 1) -> None:
        super().__init__(chain)
        self.fund = self._deploy("InsuranceFund", self.owner, self.token)
        self.liquidator = deploy_waterfall(self._deploy, self.owner, self.engine, self.fund)
        self.liquidator.with_abi(compile_contract("LiquidationViews").abi)
        self.engine.set_liquidator(self.liquidator.address)
        self.fund.set_engine(self.liquidator.address)
        self.liquidator.set_backstop(account_of(BACKSTOP))
        self.token.approve(self.fund.address, RICH, sender=self.owner)
        self.fund.contribute(RICH)
        for account in (
            account_of(KEEPER),
            account_of(TREASURY, 2),
            account_of(BACKSTOP),
            int(self.liquidator.address, 16) << 8,
        ):
            self.credit(account)
        for market in range(markets):
            self.list_scripted(market)
            self.liquidator.configure(market, TERMS)
            self.fund.set_draw_cap(market, RICH)

    def open(self, numbers: dict[int, int], other: int, market: int = 0) -> list[int]:
        """Longs with so much collateral each, at the middle, against one seller; all settled."""
        accounts = [account_of(number) for number in numbers]
        for account, money in zip(accounts, numbers.values(), strict=True):
            if money:
                self.send(self.owner, "deposit", account, money)
            self.place(account, bid(MID, LOTS), market)
            self.place(other, ask(MID, LOTS, batch_only=True), market)
        self.close(market)
        for account in (*accounts, other):
            self.sync(account)
        return accounts

    def fall(self, percent: int, market: int = 0) -> None:
        """An auction at a lower price."""
        self.wait(market)
        self.sources[market].set(PRICE * percent // 100, 0, self.evm.time)
        self.engine.run_auction(market, sender=address(RUNNER))

    def keep(self, name: str, *args: Any) -> dict[str, Any]:
        """A keeper's transaction; its receipt."""
        return self.evm.send(address(KEEPER), self.liquidator.address, self.liquidator.encode(name, *args))


def waterfall_auction(ledger: Ledger, chain: Chain) -> None:
    """Through the auction: placed, filled, collected; then again, into slots and a tick that are in use."""
    falls = Waterfall(chain)
    rich, other = falls.traders(SHORT, SHORT + 1)
    (long,) = falls.open({LONG: 101 * USDC}, rich)
    falls.fall(97)
    expect(falls.liquidator.health([long])[0][3] == 3, "below maintenance, and not deep")
    ledger.note("liquidate.auction_1_market.first", falls.keep("liquidate", long, 0))
    lots = falls.liquidator.pending(long, 0)[0]
    expect(0 < lots < LOTS, "a part is on offer")
    falls.place(rich, bid(MID, lots))
    falls.fall(97)
    ledger.note("liquidate.collect", falls.keep("collect", long, 0))
    expect(falls.lots(long) == LOTS - lots, "it filled")
    percent = 97
    while not falls.liquidator.health([long])[0][3] & 2:
        percent -= 1
        falls.fall(percent)
    start, time = chain.rpc("evm_snapshot"), falls.evm.time
    falls.keep("liquidate", long, 0)
    told = next(
        log for log in falls.evm.receipt["logs"] if log["address"] == falls.liquidator.address.lower()
    )
    tick = int(told["data"][66:130], 16)  # the second word, after the lots
    chain.rpc("evm_revert", start)
    falls.evm.time = time
    falls.place(other, ask(tick, LOTS, batch_only=True))
    ledger.note("liquidate.auction_1_market", falls.keep("liquidate", long, 0))


def waterfall_worst(ledger: Ledger, chain: Chain) -> None:
    """A position and 32 open orders in each of 16 markets, past which an auction ran in each."""
    falls = Waterfall(chain, MARKETS)
    (rich,) = falls.traders(SHORT)
    long = account_of(LONG)
    falls.send(falls.owner, "deposit", long, MARKETS * 162 * USDC)
    owing = account_of(LONG + 1)
    falls.send(falls.owner, "deposit", owing, 170 * USDC)
    falls.hand_over(owing, rich)
    for market in range(MARKETS):
        falls.hand_over(long, rich, market)
    for market in range(MARKETS):
        falls.close(market)
    for account in (long, owing, rich):
        falls.sync(account)
    for market in range(MARKETS):
        for account in (long, owing):
            falls.place_many(account, [bid(MID - 10_000 - 256 * slot, 1) for slot in range(SLOTS)], market)
    for market in range(MARKETS):
        falls.fall(94, market)
    equity, _, maintenance = falls.engine.margin_of(long)
    expect(2 * maintenance <= 3 * equity < 3 * maintenance, f"below maintenance: {equity} of {maintenance}")
    ledger.note("liquidate.worst", falls.keep("liquidate", long, 0))
    expect(falls.liquidator.pending(long, 0)[0] != 0, "an order is pending")
    falls.fall(88)
    ledger.note("liquidate.backstop.worst", falls.keep("take_over", owing, 0, LOTS))
    expect(falls.engine.collateral(owing) == 0, "its deficit is covered")
    expect(falls.engine.position(owing, MARKETS - 1)[3] == 0, "and its orders are gone")


def waterfall_backstop(ledger: Ledger, chain: Chain) -> None:
    """A whole position to the backstop, which has one in that market already."""
    falls = Waterfall(chain)
    (rich,) = falls.traders(SHORT)
    first, second, third = falls.open({LONG: 101 * USDC, LONG + 1: 101 * USDC, LONG + 2: 101 * USDC}, rich)
    falls.fall(96)
    falls.keep("take_over", first, 0, LOTS)
    ledger.note("liquidate.backstop", falls.keep("take_over", second, 0, LOTS))
    expect(falls.lots(account_of(BACKSTOP)) == 2 * LOTS, "the backstop has both")
    falls.fall(90)
    falls.keep("take_over", third, 0, LOTS)
    ledger.note("liquidate.backstop.deficit", falls.evm.receipt)
    expect(falls.fund.reserve() < RICH, "the fund paid")


def waterfall_deleverage(ledger: Ledger, chain: Chain) -> None:
    """Eight nominees for one position, then their round."""
    falls = Waterfall(chain)
    falls.liquidator.set_backstop(0)
    long = account_of(LONG)
    falls.send(falls.owner, "deposit", long, 8 * 101 * USDC)
    shorts = [account_of(SHORT, sub) for sub in range(8)]
    for sub, short in enumerate(shorts):
        falls.send(falls.owner, "deposit", short, (200 + sub) * USDC)
        falls.place(short, ask(MID, LOTS))
    falls.place(long, bid(MID, 8 * LOTS, batch_only=True))
    falls.close()
    for account in (long, *shorts):
        falls.sync(account)
    falls.fall(92)
    for short in reversed(shorts):
        receipt = falls.keep("nominate", long, 0, short)
    ledger.note("deleverage.nominate", receipt)
    expect(len(falls.liquidator.nominees(long, 0)[1]) == 8, "eight are nominated")
    falls.evm.time = falls.liquidator.nominees(long, 0)[0]
    falls.fall(92)
    ledger.note("deleverage.execute_8", falls.keep("deleverage", long, 0))
    expect(all(falls.lots(short) == 0 for short in shorts), "all eight are closed")
    expect(falls.engine.collateral(long) >= 0, "the fund and they paid")


SCENARIOS: Final[list[Callable[[Ledger, Chain], None]]] = [
    waterfall_auction,
    waterfall_worst,
    waterfall_backstop,
    waterfall_deleverage,
]

WHAT: Final = {
    "liquidate.auction_1_market": (
        "350,000",
        "an account in one market, again: an order at a tick in use, into a slot that was used before",
    ),
    "liquidate.auction_1_market.first": ("", "the same for the first time, at a tick that nobody uses"),
    "liquidate.collect": ("", "what was offered has filled: settled, the penalty paid"),
    "liquidate.worst": (
        "15,000,000",
        "a position and 32 open orders in each of 16 markets, past which an auction ran in each",
    ),
    "liquidate.backstop.worst": (
        "15,000,000",
        "of an account that owes, with 32 open orders in each of 16 markets: all 512 are cancelled",
    ),
    "liquidate.backstop": ("", "a whole position, by a backstop that has another in that market"),
    "liquidate.backstop.deficit": ("", "the same, of an account that owes: the fund pays"),
    "deleverage.nominate": ("", "the eighth nominee, with the highest score: seven are moved down"),
    "deleverage.execute_8": (
        "",
        "eight nominees are closed, the fund pays of the deficit; its auction first",
    ),
}
"""What each figure is, and its bound where one is set."""
