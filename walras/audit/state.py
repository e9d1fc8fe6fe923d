"""What is stored, read from the storage itself: half a microsecond a word, and no code of the exchange asked.

The layouts are those of contracts/modules/engine/{account_words,market_words}.vy; `inv_50` compares what is
read here with what the views say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from walras.audit.chain import slot_of
from walras.audit.system import MARKETS, System

MAX_TICK: Final = 2**18 - 2
PPM: Final = 10**6
LIVE, DEGRADED, STALE, HALTED = 1, 2, 4, 8
"""A price's status."""
_M18, _M20, _M32, _M36, _M56, _M64, _M72 = (2**bits - 1 for bits in (18, 20, 32, 36, 56, 64, 72))
_M80, _M96, _M112, _M120 = (2**bits - 1 for bits in (80, 96, 112, 120))
_ALL: Final = range(len(MARKETS))
ACTIVE, POST_ONLY, REDUCE_ONLY, MODE_HALTED, SETTLED = range(5)
"""A market's mode, as stored."""
RULES: Final = (
    ("initial_ppm", 20),
    ("maintenance_bps", 14),
    ("soft_notional", 40),
    ("hard_notional", 40),
    ("maker_ppm", 15),
    ("band_bps", 13),
    ("mark_band_bps", 11),
    ("interest", 21),
    ("funding_clamp", 4),
    ("price_grace", 10),
    ("tip", 40),
    ("restart_batches", 7),
    ("impact_lots", 21),
)
"""Bits of a market's word of rules, from the lowest."""


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
        self.chain = system.chain
        self.storage: Callable[[str, int], int] = system.chain.evm.storage
        self.engine, self.at = system.engine, system.at
        self._changes = -1
        """Of the chain, when what follows was read."""
        self._markets: dict[int, Market] = {}
        self._margins: dict[int, tuple[int, int, int]] = {}

    def _forget(self) -> None:
        """What was read before the last change."""
        self._changes = self.chain.changes
        self._markets.clear()
        self._margins.clear()

    def word(self, account: int) -> int:
        """Of an account."""
        word: int = self.storage(self.engine, self.system.slot[account])
        return word

    def collateral(self, account: int) -> int:
        """Token units."""
        word = self.storage(self.engine, self.system.slot[account]) >> 128 & _M112
        return int(word - (word >> 111 << 112))

    def position(self, account: int, market: int) -> Position:
        """An account in a market."""
        slot = self.system.position_slot[account, market]
        word, orders = self.storage(self.engine, slot), self.storage(self.engine, slot + 1)
        lots, cash, basis = word >> 216, (word >> 120) & _M96, word & _M120
        return Position(
            lots - (lots >> 39 << 40),
            cash - (cash >> 95 << 96),
            basis - (basis >> 119 << 120),
            orders & _M36,
            (orders >> 36) & _M36,
            (orders >> 72) & _M56,
            (orders >> 128) & _M56,
            (orders >> 184) & _M18,
            (orders >> 202) & _M18,
        )

    def lots(self, account: int, market: int) -> int:
        """Of a position."""
        lots = self.storage(self.engine, self.system.position_slot[account, market]) >> 216
        return lots - (lots >> 39 << 40)

    def market(self, market: int) -> Market:
        """A market now."""
        if self._changes != self.chain.changes:
            self._forget()
        found = self._markets.get(market)
        if found is None:
            found = self._markets[market] = self._market(market)
        return found

    def _market(self, market: int) -> Market:
        at, storage, engine = self.system.market_slot[market], self.storage, self.engine
        book, rules, opened = storage(engine, at), storage(engine, at + 1), storage(engine, at + 2)
        mark, span, funding = storage(engine, at + 3), storage(engine, at + 4), storage(engine, at + 5)
        growth = (funding >> 96) & _M80
        if growth >> 79:
            growth -= 1 << 80
        exact = funding & _M96
        if exact >> 95:
            exact -= 1 << 96
        since = self.chain.time - ((funding >> 176) & _M32)
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
        return [market for market in _ALL if word >> market & 1]

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

    def margins(self, account: int) -> tuple[int, int, int]:
        """Equity, initial and maintenance margin at the stored marks, as docs/risk.md tells."""
        if self._changes != self.chain.changes:
            self._forget()
        found = self._margins.get(account)
        if found is None:
            found = self._margins[account] = self._reckoned(account)
        return found

    def _reckoned(self, account: int) -> tuple[int, int, int]:
        storage, engine, slots = self.storage, self.engine, self.system.position_slot
        word = storage(engine, self.system.slot[account])
        equity = word >> 128 & _M112
        equity -= equity >> 111 << 112
        initial = maintenance = 0
        if not word & 7:
            return equity, 0, 0
        for number in _ALL:
            if not word >> number & 1:
                continue
            here = self._markets.get(number) or self.market(number)
            slot = slots[account, number]
            position, orders = storage(engine, slot), storage(engine, slot + 1)
            lots, scale, mark = position >> 216, here.scale, here.mark
            if lots >> 39:
                lots -= 1 << 40
            size = abs(lots)
            share = PPM << scale
            if lots:
                basis, cash = position & _M120, position >> 120 & _M96
                owed = lots * here.funding + size * here.borne - basis + (basis >> 119 << 120)
                equity += cash - (cash >> 95 << 96) + (lots * mark >> scale) + (-owed >> scale)
                maintenance += -(-size * mark * here.maintenance_ppm // share)
            if orders:
                worst = max(size, lots + (orders & _M36), (orders >> 36 & _M36) - lots)
                initial += self.losses(account, orders, here, word)
            else:
                worst = size
            initial += -(-worst * mark * here.initial_ppm // share)
        return equity, initial, maintenance

    def health(self, account: int) -> tuple[int, int]:
        """Equity and maintenance margin, as `margins` has them."""
        if self._changes != self.chain.changes:
            self._forget()
        storage, engine = self.storage, self.engine
        word = storage(engine, self.system.slot[account])
        equity = word >> 128 & _M112
        equity -= equity >> 111 << 112
        maintenance = 0
        if not word & 7:
            return equity, 0
        for number in _ALL:
            if not word >> number & 1:
                continue
            position = storage(engine, self.system.position_slot[account, number])
            lots = position >> 216
            if not lots:
                continue
            here = self._markets.get(number) or self.market(number)
            scale, mark = here.scale, here.mark
            lots -= lots >> 39 << 40
            size = abs(lots)
            basis, cash = position & _M120, position >> 120 & _M96
            owed = lots * here.funding + size * here.borne - basis + (basis >> 119 << 120)
            equity += cash - (cash >> 95 << 96) + (lots * mark >> scale) + (-owed >> scale)
            maintenance += -(-size * mark * here.maintenance_ppm // (PPM << scale))
        return equity, maintenance

    def losses(self, account: int, orders: int, here: Market, word: int) -> int:
        """What open orders may lose by filling, with fees."""
        unit, scale = here.unit, here.scale
        notional = ((orders >> 72 & _M56) + (orders >> 128 & _M56)) * unit
        lost = -(-notional * here.taker_ppm // PPM)
        if word >> 240 & 1:
            lost += -(-notional * self.builder_ppm(account) // PPM)
        highest, lowest = (
            (orders >> 184 & _M18) * unit << scale,
            (orders >> 202 & _M18) * unit << scale,
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
