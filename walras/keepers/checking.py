"""`walras keeper check`: what a configuration would run, and what is wrong with it on its chain."""

import tempfile
from pathlib import Path

from walras.chain.reasons import Reverted
from walras.keepers.build import Parts, build
from walras.keepers.config import Config

WEI = 10**18


def check(config: Config) -> tuple[list[str], list[str]]:
    """Lines for people, and what is wrong. Raises as build, and RpcError."""
    with tempfile.TemporaryDirectory() as folder:  # the real one may be a running process's
        parts = build(config.model_copy(update={"web": None, "state": Path(folder)}))
        try:
            return _look(config, parts)
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
    lines.append("")
    for publisher, told in zip(parts.publishers, config.publishers, strict=True):
        names = ", ".join(it.name_of(market) for market in publisher.markets())
        known = {
            one.address: one
            for facts in parts.world.markets.values()
            for one in facts.settings.sources
            if one
        }
        lines.append(
            f"publisher {publisher.name}: {names}; venues {', '.join(told.venues)}; "
            f"signs as {publisher.address} for {told.reports} {publisher.contract}"
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


def _told(answer: object) -> str:
    return "unknown" if isinstance(answer, Reverted) else str(answer)
