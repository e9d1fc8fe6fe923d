"""`walras keeper check`: what a configuration would run, and what is wrong with it on its chain."""

import tempfile
from pathlib import Path

from walras.chain.abi import AbiError
from walras.chain.intents import Intent
from walras.chain.node import Node
from walras.chain.reader import ReadError
from walras.chain.reasons import Reverted
from walras.chain.rpc import RpcError
from walras.keepers.board import Source
from walras.keepers.build import Parts, build
from walras.keepers.config import Config, ConfigError
from walras.keepers.roster import EARLY
from walras.keepers.snapshots.world import SnapshotError

WEI = 10**18


def check(config: Config) -> tuple[list[str], list[str]]:
    """Lines for people, and what is wrong. Raises as build, and RpcError; ConfigError too where no deployment
    is there.
    """
    with tempfile.TemporaryDirectory() as folder:  # the real one may be a running process's
        parts = build(config.model_copy(update={"web": None, "state": Path(folder)}))
        try:
            return _look(config, parts)
        except (ReadError, SnapshotError, AbiError) as error:
            raise ConfigError(
                f"chain.deployment: {config.chain.deployment}: "
                f"its contracts do not answer on this chain: {error}"
            ) from error
        finally:
            parts.close()


def _look(config: Config, parts: Parts) -> tuple[list[str], list[str]]:
    head = parts.rpc.head()
    parts.world.look(head)
    it = parts.exchange
    lines = [
        f"chain {it.chain_id}, head {head.number} of {head.time}, base fee {head.base_fee} wei",
        f"exchange: PerpEngine {it.engine.address}, markets {', '.join(sorted(it.markets))}",
    ]
    wrong = []
    if config.chain.l1_fee:
        wrong += _l1_fee(config.chain.l1_fee.oracle, parts)
    lines.append("")
    for name, sender in sorted(parts.dispatch.senders.items()):
        account = config.accounts[name]
        wei = int(parts.rpc.ask("eth_getBalance", [sender.address, "latest"]), 16)
        tips, credit = parts.world.ask(
            [it.engine.collateral(int(sender.address, 16) << 8), it.triggers.claimable(sender.address)]
        )
        lines.append(
            f"account {name}: {sender.address}, {wei / WEI:.6f} of the coin, "
            f"tips {_told(tips)} in the engine and {_told(credit)} in TriggerOrders"
        )
        if wei == 0:
            wrong.append(f"accounts.{name}: {sender.address} has nothing to pay gas with")
        elif wei < account.low_balance_wei:
            wrong.append(
                f"accounts.{name}: {sender.address} has {wei} wei, less than {account.low_balance_wei}"
            )
    lines.append("")
    for one in parts.running:
        markets = ", ".join(it.name_of(market) for market in sorted(one.markets))
        profit = one.config.min_profit_wei
        threshold = "whatever it costs" if profit is None else f"for a profit of {profit} wei"
        mode = ", dry run" if one.config.dry_run else ""
        lines.append(
            f"keeper {one.name} ({one.config.kind}): {markets}; by {one.config.account}, {threshold}{mode}"
        )
    wrong += _unheard(config, parts)
    lines.append("")
    for publisher, told in zip(parts.publishers, config.publishers, strict=True):
        names = ", ".join(it.name_of(market) for market in publisher.markets())
        known = {
            one.address: one
            for facts in parts.world.markets.values()
            for one in facts.settings.sources
            if isinstance(one, Source)
        }
        lines.append(
            f"publisher {publisher.name}: {names}; venues {', '.join(told.venues)}; "
            f"signs as {publisher.address} for {told.reports} {publisher.contract}"
        )
        for market in publisher.markets():
            weights = {one: config.venues[one].weight for one in told.venues if _trades(parts, one, market)}
            for venue, weight in sorted(weights.items()):
                if len(weights) > 1 and 2 * weight >= sum(weights.values()):
                    lines.append(
                        f"  {venue} has half of the weight on {it.name_of(market)}, or more: "
                        "it can move the price by itself"
                    )
        source = known.get(publisher.contract)
        if source is None:
            wrong.append(f"publishers {publisher.name}: no market's router listens to {told.reports}")
        elif publisher.address not in source.publishers:
            wrong.append(
                f"publishers {publisher.name}: {publisher.address} is none of the publishers "
                f"of {told.reports}: {', '.join(source.publishers)}"
            )
        for market in publisher.markets():
            listened = parts.world.sources(market)
            if source and publisher.contract not in listened:
                wrong.append(
                    f"publishers {publisher.name}: the router of {it.name_of(market)} "
                    f"does not listen to {told.reports}"
                )
    return lines, wrong


def _unheard(config: Config, parts: Parts) -> list[str]:
    """Markets whose price nobody but Pyth tells, and whom these keepers could not bring it."""
    if config.reports.hermes:
        return []
    markets = {market for one in parts.running if one.config.kind in EARLY for market in one.markets}
    return [
        f"reports.hermes: the router of {parts.exchange.name_of(market)} listens to nobody but Pyth, "
        "and no Hermes service is given"
        for market in sorted(markets)
        if len(parts.world.feeds(market)) == len(parts.world.markets[market].settings.sources)
    ]


def _l1_fee(oracle: str, parts: Parts) -> list[str]:
    """What is wrong with the contract that is to tell a rollup's fee for data."""
    try:
        Node(parts.rpc, oracle, oracle).look([Intent("check", oracle, b"", "check", gas=21_000)])
    except RpcError as error:
        return [f"chain.l1_fee.oracle: {error}"]
    return []


def _trades(parts: Parts, venue: str, market: int) -> bool:
    return parts.exchange.name_of(market) in parts.venues[venue].assets()


def _told(answer: object) -> str:
    return "unknown" if isinstance(answer, Reverted) else str(answer)
