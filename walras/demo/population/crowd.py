"""All of them: who there is, what each sees at a block, and what they send for the next one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.demo.listing import key_of
from walras.demo.node import Node
from walras.demo.population.hedgers import Hedger
from walras.demo.population.leveraged import Dip, Long, Short
from walras.demo.population.makers import Maker
from walras.demo.population.providers import Provider
from walras.demo.population.sight import Me, Sight, Wanted
from walras.demo.population.takers import Momentum, Retail
from walras.demo.population.trader import Trader
from walras.demo.wallet import Wallet

PARTS: Final[Sequence[tuple[type[Trader], int]]] = (
    (Maker, 10), (Momentum, 14), (Hedger, 16), (Long, 28), (Dip, 8), (Short, 8), (Retail, 10), (Provider, 6),
)  # fmt: skip
"""Of a hundred traders."""
MAX_FEE: Final = 10**9
"""Wei a gas of the first transaction of a block; each later one pays a wei less, so that the order is fixed
by fees alone. Keepers pay more."""
GAS: Final = 4_000_000
"""Limit of each transaction: a maker's quotes, and the auction that they may have to run."""
MAX_CALLS: Final = 16
HISTORY_S: Final = 7_200

NOTHING: Final = Me(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Terms:
    """A market as its traders know it."""

    number: int
    unit: int
    scale: int


@dataclass(slots=True)
class _Past:
    times: list[int] = field(default_factory=list)
    prices: list[int] = field(default_factory=list)


def census(count: int, markets: int) -> list[tuple[type[Trader], int]]:
    """Kind and market of each: parts as in PARTS, at least one of each kind, each spread over the markets."""
    numbers = [max(1, count * part // 100) for _, part in PARTS]
    while sum(numbers) != count:  # what rounding left goes to, or comes from, the largest group
        largest = max(range(len(numbers)), key=lambda place: (numbers[place], -place))
        numbers[largest] += 1 if sum(numbers) < count else -1
    return [
        (kind, number % markets)
        for (kind, _), total in zip(PARTS, numbers, strict=True)
        for number in range(total)
    ]


class Crowd:
    """The population on a chain."""

    def __init__(self, exchange: Exchange, node: Node, seed: int, count: int) -> None:
        self.exchange, self.node = exchange, node
        numbers = sorted(exchange.books)
        answers = node.read([exchange.engine.market(number) for number in numbers])
        self.terms = [
            Terms(number, one.unit, one.scale) for number, one in zip(numbers, answers, strict=True)
        ]
        self.traders: list[Trader] = []
        for place, (kind, market) in enumerate(census(count, len(numbers))):
            wallet = Wallet(key_of(f"seed {seed} trader {place}"))
            chance = Random(f"{seed} {place}")
            self.traders.append(kind(exchange, wallet, numbers[market], chance))
        self.by_address = {one.wallet.address.lower(): one for one in self.traders}
        self.refused: Counter[str] = Counter()
        self.sent = 0
        self._past = {number: _Past() for number in numbers}

    @property
    def groups(self) -> dict[int, str]:
        """Group of each account; a provider's is empty, its money is in the vault."""
        return {one.account: one.group for one in self.traders}

    # ---------------------------------------------------------------- before the window

    def arrive(self) -> None:
        """Everybody's tokens, deposits, and what they do beforehand: sent, and in the next block."""
        self.node.give_ether([one.wallet.address for one in self.traders])
        token, engine = self.exchange.token, self.exchange.engine
        wanted = []
        for one in self.traders:
            calls: Wanted = [token.mint(one.wallet.address, one.deposit + one.spare)]
            if one.deposit:
                calls.append(token.approve(engine.address, one.deposit + one.spare))
                calls.append(engine.deposit(one.account, one.deposit))
            wanted += [(one, call) for call in (*calls, *one.begin())]
        self._send(wanted)

    # ---------------------------------------------------------------- a block

    def see(self, time: int, next_time: int) -> dict[int, Sight]:
        """Markets at the last block."""
        marks = self.node.read([self.exchange.engine.mark(terms.number) for terms in self.terms])
        sights = {}
        for terms, mark in zip(self.terms, marks, strict=True):
            one = terms.unit << terms.scale
            past = self._past[terms.number]
            index = mark.index // one
            past.times.append(time)
            past.prices.append(index)
            if len(past.times) > HISTORY_S:
                del past.times[: HISTORY_S // 2], past.prices[: HISTORY_S // 2]
            sights[terms.number] = Sight(
                number=terms.number,
                unit=terms.unit,
                time=next_time,
                mark=mark.mark // one,
                index=index,
                low=mark.low // one,
                high=mark.high // one,
                status=int(mark.status),
                is_open=mark.due > next_time or mark.due < time,
                is_fresh=mark.time == time,
                times=past.times,
                past=past.prices,
            )
        return sights

    def act(self, time: int, next_time: int) -> None:
        """All who are awake decide, and send."""
        sights = self.see(time, next_time)
        awake = [one for one in self.traders if one.wakes <= next_time and sights[one.market].is_open]
        states = self._states(awake)
        wanted = [
            (one, call)
            for one in awake
            for call in self._bundled(one.decide(sights[one.market], states.get(one.account, NOTHING)))
        ]
        self._send(wanted)

    def _states(self, awake: Sequence[Trader]) -> dict[int, Me]:
        """What those who look at their accounts find there."""
        looking = [one for one in awake if one.reads_account]
        engine, books = self.exchange.engine, self.exchange.books
        calls: list[Call[Any]] = []
        for one in looking:
            calls.append(engine.position(one.account, one.market))
            calls.append(books[one.market].preview_sync(one.account))
            calls.append(engine.margin_of(one.account))
        answers = iter(self.node.read(calls))
        states = {}
        for one, position, (fills, _), margin in zip(looking, answers, answers, answers, strict=False):
            states[one.account] = Me(
                position.lots + fills.lots, margin.equity, margin.initial, margin.maintenance
            )
        return states

    def _bundled(self, wanted: Wanted) -> Wanted:
        """Several calls of the engine as one."""
        engine = self.exchange.engine
        own = [call for call in wanted if call.to == engine.address]
        if len(own) < 2 or len(own) > MAX_CALLS or len(own) != len(wanted):
            return wanted
        return [engine.multicall([call.data for call in own])]

    def _send(self, wanted: Sequence[tuple[Trader, Call[Any]]]) -> None:
        raws = [
            one.wallet.sign(self.exchange.chain_id, call.to, call.data, GAS, MAX_FEE - place)
            for place, (one, call) in enumerate(wanted)
        ]
        self.sent += len(raws)
        self.node.send(raws)

    # ---------------------------------------------------------------- afterwards

    def learn(self, receipts: Sequence[Mapping[str, Any]]) -> list[str]:
        """Why those transactions of the crowd that reverted did; counted, too."""
        failed = [
            one["transactionHash"]
            for one in receipts
            if one["status"] == "0x0" and one["from"].lower() in self.by_address
        ]
        reasons = self.node.reasons(failed)
        self.refused.update(reasons)
        return reasons
