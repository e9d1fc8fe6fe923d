"""A process put together from its configuration; every name in that is checked here."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from walras.chain.exchange import Exchange, ExchangeError
from walras.chain.follow import Follower
from walras.chain.reader import Reader
from walras.chain.rpc import Rpc
from walras.keepers.alerts import Alerts
from walras.keepers.backoff import Backoff
from walras.keepers.board import Board
from walras.keepers.config import (
    AccountConfig,
    CcxtVenue,
    Config,
    ConfigError,
    KeeperBase,
    OracleWei,
    PublisherConfig,
    ReportsConfig,
    name_of,
)
from walras.keepers.dispatch import Dispatch, Gas
from walras.keepers.fetch import Fetcher, Peers
from walras.keepers.hermes import Hermes
from walras.keepers.keys import load_account
from walras.keepers.lease import Lease
from walras.keepers.metrics import Metrics
from walras.keepers.publisher import Publisher
from walras.keepers.registry import Registry
from walras.keepers.roster import ROSTER
from walras.keepers.running import Running
from walras.keepers.snapshots.world import World
from walras.keepers.venues.base import Venue, VenueError
from walras.keepers.venues.ccxt import CcxtVenue as Ccxt
from walras.keepers.venues.replay import ReplayVenue as Replay

PROJECT: Final = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Parts:
    """All that a process works with."""

    exchange: Exchange
    rpc: Rpc
    follower: Follower
    world: World
    board: Board
    registry: Registry
    dispatch: Dispatch
    accounts: dict[str, AccountConfig]
    running: list[Running]
    """In the roster's order."""
    publishers: list[Publisher]
    venues: dict[str, Venue]
    fetchers: list[Peers]
    metrics: Metrics
    alerts: Alerts
    lease: Lease

    def always(self, world: World) -> set[int]:
        """Accounts that are looked at whatever events say: the vault's, which trade without orders."""
        vault = int(self.exchange.vault.address, 16) << 8
        return {vault, vault | 1}

    def close(self) -> None:
        """Let go of everything; what is known is written down."""
        for venue in self.venues.values():
            venue.close()
        for fetcher in self.fetchers:
            fetcher.close()
        self.registry.close()
        self.dispatch.close()
        self.alerts.close()
        self.lease.close()
        self.rpc.close()


def build(config: Config) -> Parts:
    """Raises ConfigError, StoreError, RpcError; WrongChainError where the node is of another chain."""
    metrics = Metrics()
    exchange, first_block = _exchange(config)
    accounts = {
        name: load_account(name, account, exchange.chain_id) for name, account in config.accounts.items()
    }
    senders = {one.account for one in config.keepers}
    for name in senders:  # each has a store and nonces of its own
        twins = sorted(one for one in senders if accounts[one].address == accounts[name].address)
        if len(twins) > 1:
            raise ConfigError(
                f"accounts: {' and '.join(twins)} have the same key; keepers may share one account"
            )
    lease = _lease(config)
    chain = config.chain
    rpc = Rpc(
        chain.rpc,
        exchange.chain_id,
        chain.timeout_s,
        max_lag_blocks=chain.max_lag_blocks,
        relay=chain.relay or None,
        meter=metrics,
    )
    reader = Reader(rpc)
    board = Board(exchange.chain_id)
    world = World(exchange, reader, board, meter=metrics)
    if config.reports.hermes:
        world.most_update_fee = config.reports.hermes.max_fee_wei
    world.caller = next(
        (accounts[one.account].address for one in config.keepers if one.kind == "triggers"), None
    )
    world.own = frozenset(accounts[name].address.lower() for name in senders)
    alerts = _alerts(config, metrics)
    running = _running(config, exchange)
    store = config.state
    dispatch = Dispatch(
        world,
        rpc,
        {name: (accounts[name], config.accounts[name]) for name in sorted(senders)},
        store,
        chain.confirmations,
        Gas(config.token_wei if isinstance(config.token_wei, int) else _coin(config.token_wei, exchange)),
        {one.name: one for one in running},
        metrics,
        alerts,
        l1_oracle=chain.l1_fee.oracle if chain.l1_fee else None,
    )
    venues = _venues(config, metrics)
    return Parts(
        exchange=exchange,
        rpc=rpc,
        follower=Follower(rpc, meter=metrics),
        world=world,
        board=board,
        registry=Registry(reader, exchange, store / "registry.sqlite", first_block, chain.log_blocks),
        dispatch=dispatch,
        accounts=dict(config.accounts),
        running=running,
        publishers=[
            _publisher(i, one, exchange, accounts[one.account], venues)
            for i, one in enumerate(config.publishers)
        ],
        venues=venues,
        fetchers=_fetchers(config.reports, metrics),
        metrics=metrics,
        alerts=alerts,
        lease=lease,
    )


def _lease(config: Config) -> Lease:
    made = Lease(config.lease)
    try:
        made.check()
    except OSError as error:
        raise ConfigError(f"lease: {config.lease}: {error.strerror}") from error
    return made


def _fetchers(config: ReportsConfig, metrics: Metrics) -> list[Peers]:
    made: list[Peers] = []
    if config.urls:
        made.append(Fetcher(config.urls, config.timeout_s, metrics))
    if config.hermes:
        made.append(Hermes([config.hermes.url], config.hermes.timeout_s, metrics))
    return made


def _exchange(config: Config) -> tuple[Exchange, int]:
    """The exchange, and the block in which the first of it came."""
    path = config.chain.deployment
    try:
        exchange = Exchange.of_record(path)
    except ExchangeError as error:
        raise ConfigError(f"chain.deployment: {error}") from error
    try:
        contracts = json.loads(path.read_text(encoding="utf-8"))["contracts"]
        return exchange, min(int(one["block"]) for one in contracts.values())
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"chain.deployment: {path}: contracts: no block of each is told: {error!r}"
        ) from error


def _markets(where: str, names: Iterable[str], exchange: Exchange) -> dict[str, int]:
    """Numbers by name; all where none is named."""
    unknown = [name for name in names if name not in exchange.markets]
    if unknown:
        raise ConfigError(
            f"{where}: there is no market {unknown[0]!r}; there are {', '.join(sorted(exchange.markets))}"
        )
    return {name: exchange.markets[name] for name in names} or dict(exchange.markets)


def _running(config: Config, exchange: Exchange) -> list[Running]:
    made = []
    for i, keeper in enumerate(config.keepers):
        base: KeeperBase = keeper
        markets = _markets(f"keepers.{i}.markets", base.markets, exchange)
        rests = Backoff(base.backoff.first_s, base.backoff.most_s)
        made.append(Running(name_of(base), keeper, frozenset(markets.values()), rests))
    order = list(ROSTER)
    return sorted(made, key=lambda one: order.index(one.config.kind))


def _coin(config: OracleWei, exchange: Exchange) -> int:
    """The market whose base is the chain's coin, as a negative number less one: Gas asks its mark."""
    return -1 - _markets("token_wei.market", [config.market], exchange)[config.market]


def _alerts(config: Config, metrics: Metrics) -> Alerts:
    urls = [url.get_secret_value() for url in config.alerts.urls]
    try:
        return Alerts(config.process, urls, config.alerts.every_s, metrics)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _venues(config: Config, metrics: Metrics) -> dict[str, Venue]:
    made: dict[str, Venue] = {}
    for name, venue in config.venues.items():
        try:
            if isinstance(venue, CcxtVenue):
                made[name] = Ccxt(
                    name,
                    venue.exchange,
                    venue.symbols,
                    venue.poll_s,
                    venue.weight,
                    failed=lambda which: metrics.count("keeper_venue_failures", venue=which),
                )
            else:
                made[name] = Replay(name, venue.folder, venue.tape, venue.shift_s, venue.weight)
        except VenueError as error:
            raise ConfigError(str(error)) from error
    return made


def _publisher(
    place: int,
    config: PublisherConfig,
    exchange: Exchange,
    account: Any,
    venues: dict[str, Venue],
) -> Publisher:
    where = f"publishers.{place}"
    if config.reports not in exchange.reports:
        names = ", ".join(sorted(exchange.reports)) or "none"
        raise ConfigError(f"{where}.reports: there is no SignedReports {config.reports!r}; there are {names}")
    made = Publisher(
        config.name,
        account.address,
        bytes(account.key),
        exchange.chain_id,
        exchange.reports[config.reports].address,
        [venues[name] for name in config.venues],
        _markets(f"{where}.markets", config.markets, exchange),
        config.every_s,
        config.max_age_s,
        config.warmup_s,
        config.floor_bps,
    )
    if not made.markets():
        raise ConfigError(f"{where}: none of its venues knows one of its markets")
    if config.markets and len(made.markets()) < len(config.markets):
        raise ConfigError(f"{where}.markets: a market is named that none of its venues knows")
    for name in config.venues:
        venue = venues[name]
        if isinstance(venue, Replay):  # a tape that cannot be read is found now, not at the first head
            for asset in venue.assets() & exchange.markets.keys():
                _feed(venue, asset)
    return made


def _feed(venue: Replay, asset: str) -> None:
    try:
        venue.feed(asset, 0)
    except VenueError as error:
        raise ConfigError(str(error)) from error
