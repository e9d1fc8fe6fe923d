"""Watches a run from outside: from blocks, receipts and a few views, and from nothing that the population
knows."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from walras.chain.abi import Binding
from walras.chain.bindings import insurance_fund, orderbook_v2, trigger_orders, vault
from walras.chain.bindings import plain_token as token
from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.chain.reader import Reader, ReadError
from walras.chain.reasons import Reverted
from walras.chain.rpc import Head, Rpc
from walras.demo.calls import Calls
from walras.demo.fall import Fall
from walras.demo.figures import (
    Figures,
    GroupFigures,
    Headline,
    PurseFigures,
    Reconciliation,
    Run,
)
from walras.demo.ledger import Ledger, MarketRules
from walras.demo.providers import Providers
from walras.demo.series import Series
from walras.demo.watched import WatchedMarket

T = TypeVar("T")
NEWS: Final = 8
"""Lines of news that the view shows."""


@dataclass(frozen=True, slots=True)
class MarketNow:
    """A market for the live view; units as in figures."""

    name: str
    venues: Mapping[str, int | None]
    router: int
    low: int
    high: int
    status: int
    clearing: int
    """0: none yet."""
    cleared_lots: int
    cleared_volume: int
    cleared_at: int
    interest: int
    rate_ppb: int
    volume: int


@dataclass(frozen=True, slots=True)
class KeeperNow:
    """A keeper for the live view."""

    name: str
    lag: int | None
    """Blocks that it is behind; None: it has not said."""
    transactions: int
    refused: int
    spend_wei: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the live view shows."""

    block: int
    time: int
    start: int
    end: int
    markets: Sequence[MarketNow]
    stages: Mapping[str, tuple[int, int]]
    """By stage: how many, amount."""
    orders: int
    transactions: int
    refused: int
    vault: int
    backstop: int
    reserve: int
    pot: int
    bad_debt: int
    keepers: Sequence[KeeperNow]
    news: Sequence[str]
    """Last things that happened, oldest first."""
    decimals: int


class Observer:
    """Keeps the series of a run.

    `venues` are the names by market name; `groups` says of accounts of the engine to which group they belong
    and may grow; `keepers` names keys by address. Prices are asked for every `price_s` seconds of the
    chain, purses and groups every `sample_s`.
    """

    def __init__(
        self,
        rpc: Rpc,
        exchange: Exchange,
        run: Run,
        venues: Mapping[str, Sequence[str]],
        groups: Mapping[int, str],
        keepers: Mapping[str, str],
        *,
        price_s: int = 2,
        sample_s: int = 10,
    ) -> None:
        self.exchange, self.run, self.groups = exchange, run, groups
        self.reader = Reader(rpc)
        self._rules: dict[int, MarketRules] = {}
        fees = int(exchange.fees.address, 16) << 8
        self.ledger = Ledger(fees, fees | 1, exchange.liquidation.address, self._rules)
        self.head: Head | None = None
        self.holders: set[str] = set()
        """Addresses that ever had the collateral token."""
        self.providers = Providers(exchange.vault.address)
        self.tips = 0
        """That wait in triggers: placed less executed less returned."""
        self.tip_owners: set[str] = set()
        """Addresses that may have tips to claim."""
        self._span = (run.start, run.end)
        self._venues = venues
        self._keepers = keepers
        self._price_s, self._sample_s = price_s, sample_s
        self._next_price = self._next_sample = 0
        named: list[Binding] = [
            exchange.engine,
            exchange.router,
            exchange.liquidation,
            exchange.triggers,
            exchange.vault,
            exchange.fund,
            exchange.fees,
            exchange.token,
            exchange.governor,
            exchange.votes,
            exchange.timelock,
            exchange.guardian,
            exchange.treasury,
            *exchange.reports.values(),
            *exchange.books.values(),
        ]
        self._calls = Calls(named, keepers)
        heard: list[Binding] = [
            exchange.engine,
            exchange.liquidation,
            exchange.triggers,
            exchange.vault,
            exchange.fund,
            exchange.token,
        ]
        self._heard = {one.address.lower(): one for one in heard}
        self._books = {book.address.lower(): number for number, book in exchange.books.items()}
        self._vault = Series(("low", "high", "backstop", "shares"))
        self._fund = Series(("reserve", "pot"))
        self._group_series: dict[str, Series] = {}
        self._refusals: Counter[str] = Counter()
        self._news: deque[str] = deque(maxlen=NEWS)
        self._sums: Counter[str] = Counter()
        self._status: Mapping[str, Mapping[str, Any]] = {}
        self._blocks = 0
        self._markets: dict[int, WatchedMarket] = {}
        self._fall = Fall(self._span, self.ledger, self._rules, {})
        self.decimals = 0

    # ------------------------------------------------------------ what happens

    def begin(self, first_block: int) -> None:
        """Reads what happened since the deployment's first block. Once, before the first on_block."""
        engine, numbers = self.exchange.engine, self.exchange.markets
        head = self.reader.rpc.head()
        self.decimals = self.reader.one(self.exchange.token.decimals(), head.number)
        for name, number in sorted(numbers.items(), key=lambda pair: pair[1]):
            told = self.reader.one(engine.market(number), head.number)
            self._rules[number] = MarketRules(told.unit, told.scale, told.lot_size)
            self._markets[number] = WatchedMarket(
                name, number, self._rules[number], self._venues.get(name, ()), self._span
            )
        names = {number: name for name, number in numbers.items()}
        self._fall = Fall(self._span, self.ledger, self._rules, names)
        addresses = [one.address for one in (*self._heard.values(), *self.exchange.books.values())]
        for log in self.reader.logs(first_block, head.number, addresses):
            self._hear(log.address.lower(), log.topics, log.data, head.time, live=False)
        self.head = head

    def on_block(
        self,
        head: Head,
        transactions: Sequence[Mapping[str, Any]],
        receipts: Sequence[Mapping[str, Any]],
        venue_prices: Mapping[str, Mapping[str, int | None]],
        keeper_status: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Takes a block in: `transactions` of eth_getBlockByNumber(n, true), `receipts` of
        eth_getBlockReceipts, both as the node gives them; last trades by market name and venue, 1e18
        dollars a base, None before the first; what each process's /status said last, by process.
        """
        self.head = head
        self._blocks += 1
        self._status = keeper_status or {}
        said = {receipt["transactionHash"]: receipt for receipt in receipts}
        for transaction in transactions:
            self._calls.see(transaction, said[transaction["hash"]])
        for receipt in receipts:
            for log in receipt["logs"]:
                address = log["address"].lower()
                if address in self._heard or address in self._books:
                    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
                    self._hear(address, topics, bytes.fromhex(log["data"][2:]), head.time, live=True)
        for market in self._markets.values():
            prices = venue_prices.get(market.name, {})
            market.see_venues(
                {
                    name: None if price is None else price * 10**self.decimals // 10**18
                    for name, price in prices.items()
                },
                head.time,
            )
        if self._next_price <= head.time <= self.run.end:
            self._read_prices(head)
            self._next_price = head.time - head.time % self._price_s + self._price_s
        if self._next_sample <= head.time <= self.run.end:
            self._sample(head)
            self._next_sample = head.time - head.time % self._sample_s + self._sample_s
        self._news.extend(self._fall.news)
        self._fall.news.clear()

    def refused(self, reason: str) -> None:
        """A transaction of the population reverted, for this reason."""
        self._refusals[reason] += 1

    def _hear(self, address: str, topics: Sequence[bytes], data: bytes, time: int, *, live: bool) -> None:
        number = self._books.get(address)
        if number is not None:
            event = self.exchange.books[number].decode_log(topics, data)
            if isinstance(event, orderbook_v2.Placed):
                self.ledger.seen.add(event.account)
            if live:
                self._markets[number].hear(event, time)
            return
        source = self._heard[address]
        event = source.decode_log(topics, data)
        if source is self.exchange.engine:
            self.ledger.hear(event)
            if live and (market := self._markets.get(getattr(event, "market", -1))):
                market.hear(event, time)
        if source is self.exchange.engine or source is self.exchange.liquidation:
            if live:
                self._fall.hear(event, time)
        else:
            self._purse(event)

    def _purse(self, event: Any) -> None:
        """Events of token, vault, insurance and triggers."""
        self.providers.hear(event)
        match event:
            case token.Transfer():
                self.holders |= {event.sender, event.receiver}
            case vault.RedeemRequest():
                self._news.append("a liquidity provider asks for its money back")
            case insurance_fund.Contributed():
                self._sums["contributed"] += event.amount
            case insurance_fund.Staked():
                self._sums["staked"] += event.assets
            case insurance_fund.Drawn():
                self._sums["drawn"] += event.from_reserve + event.from_pot
            case trigger_orders.Placed():
                self.tips += event.terms.tip
                self.tip_owners.add(owner_of(event.account))
                self._sums["triggers"] += 1
            case trigger_orders.Executed():
                self.tips -= event.tip
                self.tip_owners.add(event.by)
                self._sums["executed"] += 1
            case trigger_orders.Removed():
                self.tips -= event.tip
            case _:
                pass

    # ------------------------------------------------------------ what is asked

    def _read_prices(self, head: Head) -> None:
        router = self.exchange.router
        told = answers(self.reader, [router.price(number) for number in self._markets], head.number)
        for market, price in zip(self._markets.values(), told, strict=True):
            news = market.see_price(price, head.time, self.decimals, self._price_s)
            if news:
                self._news.append(news)

    def _sample(self, head: Head) -> None:
        own = int(self.exchange.vault.address, 16) << 8
        calls: list[Call[Any]] = [
            self.exchange.engine.worth(own),
            self.exchange.engine.worth(own | 1),
            self.exchange.vault.totalSupply(),
            self.exchange.fund.reserve(),
            self.exchange.fund.pot(),
        ]
        worth, backstop, shares, reserve, pot = answers(self.reader, calls, head.number)
        self._vault.add(
            head.time,
            low=worth.low + max(0, backstop.low),
            high=worth.high + max(0, backstop.high),
            backstop=max(0, backstop.low),
            shares=shares,
        )
        self._fund.add(head.time, reserve=reserve, pot=pot)
        for number, market in self._markets.items():
            market.sample(head.time, *self.ledger.open_lots(number), self.ledger.marks.get(number, 0))
        assets = max(0, worth.low) + max(0, backstop.low)
        equity = Counter(dict.fromkeys(self.groups.values(), 0))
        for account, name in self.groups.items():
            equity[name] += self.ledger.equity(account)
        for name, members in self._members().items():
            paid, received = self._flows(members)
            series = self._group_series.setdefault(name, Series(("equity", "net")))
            series.add(
                head.time, equity=equity[name] + self._shares(members, assets, shares), net=paid - received
            )

    def _members(self) -> dict[str, list[int]]:
        """Accounts by group."""
        made: dict[str, list[int]] = {}
        for account, name in self.groups.items():
            made.setdefault(name, []).append(account)
        return made

    def _flows(self, members: Sequence[int]) -> tuple[int, int]:
        """What the owners of accounts have paid in and taken out, of the engine and of the vault."""
        owners = {owner_of(account) for account in members}
        paid = sum(self.ledger.deposited[account] for account in members)
        received = sum(self.ledger.withdrawn[account] for account in members)
        paid += sum(self.providers.paid[owner] for owner in owners)
        received += sum(self.providers.received[owner] for owner in owners)
        return paid, received

    def _shares(self, members: Sequence[int], assets: int, supply: int) -> int:
        """What shares of the vault are worth that the owners of accounts have, at its low net assets."""
        owners = {owner_of(account) for account in members}
        return sum(self.providers.worth(owner, assets, supply) for owner in owners)

    # ------------------------------------------------------------ what is told

    @property
    def accounts(self) -> Sequence[int]:
        """All accounts of the engine that ever appeared, ascending: those that have to be settled at the
        end.
        """
        return sorted(self.ledger.seen)

    @property
    def rules(self) -> Mapping[int, MarketRules]:
        """How numbers are read, by market."""
        return self._rules

    def snapshot(self) -> Snapshot:
        """For the live view; costs nothing."""
        head = self._last()
        last_vault = {name: column[-1] if column else 0 for name, column in self._vault.columns.items()}
        last_fund = {name: column[-1] if column else 0 for name, column in self._fund.columns.items()}
        markets = [
            MarketNow(
                name=one.name,
                venues=one.lasts,
                router=one.router,
                low=one.low,
                high=one.high,
                status=one.status,
                clearing=one.clearing,
                cleared_lots=one.cleared_lots,
                cleared_volume=one.cleared_volume,
                cleared_at=one.cleared_at,
                interest=one.interest,
                rate_ppb=one.rate_ppb,
                volume=one.volume,
            )
            for one in self._markets.values()
        ]
        keepers = [
            KeeperNow(name, self._lag(name, head.number), *self._calls.spent(address))
            for address, name in self._keepers.items()
        ]
        return Snapshot(
            block=head.number,
            time=head.time,
            start=self.run.start,
            end=self.run.end,
            markets=markets,
            stages=self._fall.totals(),
            orders=sum(one.orders for one in self._markets.values()),
            transactions=self._calls.transactions,
            refused=self._calls.refused,
            vault=last_vault["low"] or 0,
            backstop=last_vault["backstop"] or 0,
            reserve=last_fund["reserve"] or 0,
            pot=last_fund["pot"] or 0,
            bad_debt=self.ledger.bad_debt,
            keepers=keepers,
            news=tuple(self._news),
            decimals=self.decimals,
        )

    def figures(self, reconciliation: Reconciliation | None, machine: Mapping[str, Any]) -> Figures:
        """All of the run so far. Asks what each account of a group is worth."""
        head = self._last()
        last = max(min(head.time, self.run.end) - 1, self.run.start)
        self._fall.reach(last)
        for market in self._markets.values():
            market.minutes.reach(last)
        stages = self._fall.totals()
        markets = [market.figures() for market in self._markets.values()]
        return Figures(
            run=self.run,
            decimals=self.decimals,
            headline=Headline(
                blocks=self._blocks,
                transactions=self._calls.transactions,
                refused=self._calls.refused,
                traders=self.run.traders,
                orders=sum(one.orders for one in markets),
                auctions=sum(one.auctions_run for one in markets),
                auctions_traded=sum(one.auctions_traded for one in markets),
                volume=sum(one.volume for one in markets),
                fees=self.ledger.fees,
                liquidations=stages["liquidated"][0],
                liquidated_accounts=len(self._fall.liquidated),
                taken_over=stages["taken_over"][0],
                deleveragings=stages["deleveraged"][0],
                insurance_used=stages["insured"][1],
                socialised=stages["socialised"][1],
                bad_debt=stages["bad_debt"][1],
                gas=self._calls.gas,
            ),
            markets=markets,
            groups=self._group_figures(head),
            waterfall=self._fall.figures(),
            purses=PurseFigures(
                vault=self._vault.columns,
                deposited=sum(self.providers.paid.values()),
                withdrawn=sum(self.providers.received.values()),
                requests=self.providers.requests,
                fund=self._fund.columns,
                contributed=self._sums["contributed"],
                staked=self._sums["staked"],
                drawn=self._sums["drawn"],
                bad_debt=self.ledger.bad_debt,
            ),
            gas=self._calls.rows(),
            keepers=self._calls.keeper_rows(self.ledger.tips),
            refusals=dict(sorted(self._refusals.items())),
            reconciliation=reconciliation,
            machine=dict(machine),
        )

    def _group_figures(self, head: Head) -> list[GroupFigures]:
        accounts, engine = list(self.groups), self.exchange.engine
        own = int(self.exchange.vault.address, 16) << 8
        told = answers(self.reader, [engine.margin_of(account) for account in accounts], head.number)
        worth = answers(self.reader, [engine.worth(own), engine.worth(own | 1)], head.number)
        supply = answers(self.reader, [self.exchange.vault.totalSupply()], head.number)[0]
        equity: Counter[str] = Counter()
        for account, margin in zip(accounts, told, strict=True):
            equity[self.groups[account]] += margin.equity
        made = []
        for name, here in self._members().items():
            paid, received = self._flows(here)
            total = equity[name] + self._shares(here, sum(max(0, one.low) for one in worth), supply)
            series = self._group_series.get(name, Series(("equity", "net")))
            made.append(
                GroupFigures(
                    name=name,
                    accounts=len(here),
                    paid_in=paid,
                    taken_out=received,
                    equity=total,
                    result=total + received - paid,
                    liquidated=len(self._fall.liquidated & set(here)),
                    deleveraged=len(self._fall.deleveraged & set(here)),
                    series=series.columns,
                )
            )
        return made

    def _lag(self, keeper: str, block: int) -> int | None:
        for process, status in self._status.items():
            if (process == keeper or keeper in status.get("keepers", {})) and "head" in status:
                return max(0, block - int(status["head"]))
        return None

    def _last(self) -> Head:
        if self.head is None:
            raise RuntimeError("nothing was observed yet: call begin() first")
        return self.head


def answers(reader: Reader, calls: Sequence[Call[T]], block: int) -> list[T]:
    """What views say that never revert. Raises ReadError where one does all the same."""
    made: list[T] = []
    for call, told in zip(calls, reader.ask(calls, block), strict=True):
        if isinstance(told, Reverted):
            raise ReadError(f"{call.name} of {call.to} reverts at block {block}: {told}")
        made.append(told)
    return made


def owner_of(account: int) -> str:
    """Address of who owns an account."""
    return f"0x{account >> 8:040x}"
