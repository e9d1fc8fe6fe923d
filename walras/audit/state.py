"""What is stored, read from the storage itself: half a microsecond a word, and no code of the exchange asked.

The layouts are those of contracts/modules/engine/{account_words,market_words}.vy; `inv_50` compares what is read
here with what the views say.
"""

from dataclasses import dataclass
from typing import Final

from walras.audit.chain import signed, slot_of
from walras.audit.system import MARKETS, System

PPM: Final = 10**6
LIVE, DEGRADED, STALE, HALTED = 1, 2, 4, 8
"""A price's status."""
ACTIVE, POST_ONLY, REDUCE_ONLY, MODE_HALTED, SETTLED = range(5)
"""A market's mode, as stored."""


@dataclass(slots=True)
class Position:
    """An account in a market, as stored."""

    lots: int
    cash: int
    basis: int
    bids: int
    asks: int
    bid_notional: int
    ask_notional: int
    highest_bid: int
    lowest_ask: int

    @property
    def has_orders(self) -> bool:
        """Whether the engine knows of open orders."""
        return bool(self.bids or self.asks)


@dataclass(slots=True)
class Market:
    """A market, as stored."""

    mark: int
    index: int
    time: int
    due: int
    initial_ppm: int
    maintenance_ppm: int
    status: int
    low: int
    high: int
    funding: int
    """The index now, rounded down."""
    growth: int
    scale: int
    borne: int
    unit: int
    taker_ppm: int
    mode: int
    rules: int
    open: int
    grid: int

    @property
    def one(self) -> int:
        """A token unit as a lot price."""
        return 1 << self.scale


class State:
    """Reads an exchange."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.storage = system.chain.evm.storage
        self.engine = system.engine

    def word(self, account: int) -> int:
        """Of an account."""
        return int(self.storage(self.engine, self.system.slot[account]))

    def collateral(self, account: int) -> int:
        """Token units."""
        return signed(int(self.storage(self.engine, self.system.slot[account])) >> 128, 112)

    def position(self, account: int, market: int) -> Position:
        """An account in a market."""
        slot = self.system.position_slot[account, market]
        word, orders = int(self.storage(self.engine, slot)), int(self.storage(self.engine, slot + 1))
        return Position(
            signed(word >> 216, 40), signed(word >> 120, 96), signed(word, 120),
            orders & (2**36 - 1), (orders >> 36) & (2**36 - 1),
            (orders >> 72) & (2**56 - 1), (orders >> 128) & (2**56 - 1),
            (orders >> 184) & (2**18 - 1), (orders >> 202) & (2**18 - 1),
        )  # fmt: skip

    def lots(self, account: int, market: int) -> int:
        """Of a position."""
        return signed(int(self.storage(self.engine, self.system.position_slot[account, market])) >> 216, 40)

    def market(self, market: int) -> Market:
        """A market now."""
        at, storage = self.system.market_slot[market], self.storage
        book, rules, opened, mark, span, funding, _ = (
            int(storage(self.engine, at + number)) for number in range(7)
        )
        exact, growth = signed(funding, 96), signed(funding >> 96, 80)
        since = min(self.system.chain.time - ((funding >> 176) & (2**32 - 1)), 3_600)
        borne = 0
        if funding >> 227 & 1:
            borne = int(storage(self.engine, _losses_slot(market)))
        lot_price = 2**72 - 1
        return Market(
            mark=mark & lot_price, index=(mark >> 72) & lot_price, time=(mark >> 144) & (2**32 - 1),
            due=(mark >> 176) & (2**32 - 1), initial_ppm=(mark >> 208) & (2**20 - 1),
            maintenance_ppm=(mark >> 228) & (2**20 - 1), status=mark >> 248, low=span & lot_price,
            high=(span >> 72) & lot_price, funding=(exact + growth * since) >> 16, growth=growth,
            scale=(funding >> 208) & 127, borne=borne, unit=(book >> 160) & (2**64 - 1),
            taker_ppm=(book >> 224) & (2**14 - 1), mode=(book >> 246) & 7, rules=rules, open=opened,
            grid=(book >> 238) & 255,
        )  # fmt: skip

    def markets_of(self, account: int) -> list[int]:
        """Where an account has a position or orders."""
        word = self.word(account)
        return [market for market in range(len(MARKETS)) if word >> market & 1]

    def tracked(self) -> int:
        """Collateral that came in and has not left."""
        return int(self.storage(self.engine, 6))

    def bad_debt(self) -> int:
        """Recorded."""
        return int(self.storage(self.engine, 10))

    def gate(self) -> int:
        """Until when nothing is withdrawn."""
        return int(self.storage(self.engine, 11))

    # ------------------------------------------------------------ margin, reckoned here and not there

    def margins(self, account: int, markets: "dict[int, Market] | None" = None) -> tuple[int, int, int]:
        """Equity, initial and maintenance margin at the stored marks, as docs/risk.md tells."""
        word = self.word(account)
        equity = signed(word >> 128, 112)
        initial = maintenance = 0
        for number in range(len(MARKETS)):
            if not word >> number & 1:
                continue
            here = markets[number] if markets else self.market(number)
            held = self.position(account, number)
            one = here.one
            owed = held.lots * here.funding + abs(held.lots) * here.borne - held.basis
            if held.lots:
                equity += held.cash + held.lots * here.mark // one + -owed // one
                maintenance += -(-abs(held.lots) * here.mark * here.maintenance_ppm // (PPM * one))
            worst = max(abs(held.lots), held.lots + held.bids, held.asks - held.lots)
            initial += -(-worst * here.mark * here.initial_ppm // (PPM * one))
            initial += self._losses(account, held, here, word)
        return equity, initial, maintenance

    def _losses(self, account: int, held: Position, here: Market, word: int) -> int:
        """What open orders may lose by filling, with fees."""
        if not held.has_orders:
            return 0
        notional = (held.bid_notional + held.ask_notional) * here.unit
        lost = -(-notional * here.taker_ppm // PPM)
        if word >> 240 & 1:
            lost += -(-notional * self.builder_ppm(account) // PPM)
        highest, lowest = held.highest_bid * here.unit * here.one, held.lowest_ask * here.unit * here.one
        if highest > here.mark:
            lost += -(-held.bids * (highest - here.mark) // here.one)
        if lowest < here.mark:
            lost += -(-held.asks * (here.mark - lowest) // here.one)
        return lost

    def builder_ppm(self, account: int) -> int:
        """What an account gives its builder."""
        return int(self.storage(self.engine, _sharing_slot(account) + 2))

    def sharers(self, account: int) -> tuple[int, int]:
        """Accounts of its referrer and its builder."""
        at = _sharing_slot(account)
        return int(self.storage(self.engine, at)) << 8, int(self.storage(self.engine, at + 1)) << 8


def _losses_slot(market: int) -> int:
    return slot_of(9, market)


def _sharing_slot(account: int) -> int:
    return slot_of(7, account)
