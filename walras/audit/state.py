"""What is stored, read from the storage itself: half a microsecond a word, and no code of the exchange asked.

The layouts are those of contracts/modules/engine/{account_words,market_words}.vy; `inv_50` compares what is
read here with what the views say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from walras.audit.chain import signed, slot_of
from walras.audit.system import MARKETS, System

PPM: Final = 10**6
LIVE, DEGRADED, STALE, HALTED = 1, 2, 4, 8
"""A price's status."""
_M20, _M32, _M36, _M64, _M72, _M80, _M96 = (2**bits - 1 for bits in (20, 32, 36, 64, 72, 80, 96))
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
        self.storage: Callable[[str, int], int] = system.chain.evm.storage
        self.engine, self.at = system.engine, system.at

    def word(self, account: int) -> int:
        """Of an account."""
        return int(self.storage(self.engine, self.system.slot[account]))

    def collateral(self, account: int) -> int:
        """Token units."""
        return signed(int(self.storage(self.engine, self.system.slot[account])) >> 128, 112)

    def position(self, account: int, market: int) -> Position:
        """An account in a market."""
        slot = self.system.position_slot[account, market]
        word, orders = self.storage(self.engine, slot), self.storage(self.engine, slot + 1)
        return Position(
            signed(word >> 216, 40),
            signed(word >> 120, 96),
            signed(word, 120),
            orders & _M36,
            (orders >> 36) & _M36,
            (orders >> 72) & (2**56 - 1),
            (orders >> 128) & (2**56 - 1),
            (orders >> 184) & (2**18 - 1),
            (orders >> 202) & (2**18 - 1),
        )

    def lots(self, account: int, market: int) -> int:
        """Of a position."""
        return signed(int(self.storage(self.engine, self.system.position_slot[account, market])) >> 216, 40)

    def market(self, market: int) -> Market:
        """A market now."""
        at, storage, engine = self.system.market_slot[market], self.storage, self.engine
        book, rules, opened = storage(engine, at), storage(engine, at + 1), storage(engine, at + 2)
        mark, span, funding = storage(engine, at + 3), storage(engine, at + 4), storage(engine, at + 5)
        growth = (funding >> 96) & _M80
        if growth >> 79:
            growth -= 1 << 80
        exact = funding & _M96
        if exact >> 95:
            exact -= 1 << 96
        since = self.system.chain.time - ((funding >> 176) & _M32)
        if since > 3_600:
            since = 3_600
        borne = storage(engine, slot_of(self.at.losses, market)) if funding >> 227 & 1 else 0
        return Market(
            mark & _M72,
            (mark >> 72) & _M72,
            (mark >> 144) & _M32,
            (mark >> 176) & _M32,
            (mark >> 208) & _M20,
            (mark >> 228) & _M20,
            mark >> 248,
            span & _M72,
            (span >> 72) & _M72,
            (exact + growth * since) >> 16,
            growth,
            (funding >> 208) & 127,
            borne,
            (book >> 160) & _M64,
            (book >> 224) & 0x3FFF,
            (book >> 246) & 7,
            rules,
            opened,
            (book >> 238) & 255,
        )

    def markets_of(self, account: int) -> list[int]:
        """Where an account has a position or orders."""
        word = self.word(account)
        return [market for market in range(len(MARKETS)) if word >> market & 1]

    def tracked(self) -> int:
        """Collateral that came in and has not left."""
        return int(self.storage(self.engine, self.at.tracked))

    def bad_debt(self) -> int:
        """Recorded."""
        return int(self.storage(self.engine, self.at.bad_debt))

    def gate(self) -> int:
        """Until when nothing is withdrawn."""
        return int(self.storage(self.engine, self.at.gate))

    # ------------------------------------------------------------ margin, reckoned here and not there

    def margins(self, account: int, markets: "dict[int, Market] | None" = None) -> tuple[int, int, int]:
        """Equity, initial and maintenance margin at the stored marks, as docs/risk.md tells."""
        storage, engine, slots = self.storage, self.engine, self.system.position_slot
        word = storage(engine, self.system.slot[account])
        equity = signed(word >> 128, 112)
        initial = maintenance = 0
        for number in range(len(MARKETS)):
            if not word >> number & 1:
                continue
            here = markets[number] if markets else self.market(number)
            slot = slots[account, number]
            position, orders = storage(engine, slot), storage(engine, slot + 1)
            lots, scale, mark = position >> 216, here.scale, here.mark
            if lots >> 39:
                lots -= 1 << 40
            size = abs(lots)
            share = PPM << scale
            if lots:
                owed = lots * here.funding + size * here.borne - signed(position, 120)
                equity += signed(position >> 120, 96) + (lots * mark >> scale) + (-owed >> scale)
                maintenance += -(-size * mark * here.maintenance_ppm // share)
            if orders:
                worst = max(size, lots + (orders & _M36), (orders >> 36 & _M36) - lots)
                initial += self.losses(account, orders, here, word)
            else:
                worst = size
            initial += -(-worst * mark * here.initial_ppm // share)
        return equity, initial, maintenance

    def losses(self, account: int, orders: int, here: Market, word: int) -> int:
        """What open orders may lose by filling, with fees."""
        unit, scale = here.unit, here.scale
        notional = ((orders >> 72 & (2**56 - 1)) + (orders >> 128 & (2**56 - 1))) * unit
        lost = -(-notional * here.taker_ppm // PPM)
        if word >> 240 & 1:
            lost += -(-notional * self.builder_ppm(account) // PPM)
        highest, lowest = (
            (orders >> 184 & (2**18 - 1)) * unit << scale,
            (orders >> 202 & (2**18 - 1)) * unit << scale,
        )
        if highest > here.mark:
            lost += -(-(orders & _M36) * (highest - here.mark) >> scale)
        if lowest < here.mark:
            lost += -(-(orders >> 36 & _M36) * (here.mark - lowest) >> scale)
        return lost

    def builder_ppm(self, account: int) -> int:
        """What an account gives its builder."""
        return int(self.storage(self.engine, slot_of(self.at.sharing, account) + 2))

    def sharers(self, account: int) -> tuple[int, int]:
        """Accounts of its referrer and its builder."""
        at = slot_of(self.at.sharing, account)
        return int(self.storage(self.engine, at)) << 8, int(self.storage(self.engine, at + 1)) << 8
