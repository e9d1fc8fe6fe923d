"""What keepers have: ether for gas, and tips that gathered in the engine and in TriggerOrders."""

from typing import TYPE_CHECKING

from walras.chain.reasons import Reverted
from walras.chain.rpc import Head
from walras.keepers.config import InventoryConfig
from walras.keepers.task import Task

if TYPE_CHECKING:
    from walras.keepers.build import Parts

NAME = "inventory"


def look_after(parts: "Parts", config: InventoryConfig, head: Head) -> None:
    """Alert where ether runs low or tips pile up, and withdraw them where that is wanted."""
    it, meter = parts.exchange, parts.metrics
    for name, sender in sorted(parts.dispatch.senders.items()):
        address = sender.address
        account = int(address, 16) << 8
        wei = int(parts.rpc.ask("eth_getBalance", [address, hex(head.number)]), 16)
        worth, credit = parts.world.ask([it.engine.worth(account), it.triggers.claimable(address)])
        free = 0 if isinstance(worth, Reverted) else worth.free
        credit = 0 if isinstance(credit, Reverted) else credit
        meter.level("keeper_balance_wei", wei, account=name)
        meter.level("keeper_tips_units", free + credit, account=name)
        low = parts.accounts[name].low_balance_wei
        if wei < low:
            parts.alerts.raise_(f"{name} runs low", f"{address} has {wei} wei, less than {low}: send it some")
        if config.alarm_units is not None and free + credit > config.alarm_units:
            parts.alerts.raise_(
                f"tips of {name}", f"{free + credit} units of tips have gathered at {address}"
            )
        if config.withdraw_units is None or parts.dispatch.is_dry(name):
            continue
        to = config.withdraw_to or address
        tasks = []
        if free > config.withdraw_units:
            why = f"{free} units of tips have gathered"
            tasks.append(Task(f"withdraw/{name}", "engine", "withdraw", (account, free, to), why, free))
        if credit > config.withdraw_units:
            why = f"{credit} units of tips are to its credit"
            tasks.append(Task(f"claim/{name}", "triggers", "claim", (to,), why, credit))
        parts.dispatch.send(name, NAME, tasks)
