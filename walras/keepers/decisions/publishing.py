"""When a publisher signs, and when signed reports are worth a transaction of their own.

Reports usually come to the chain with an auction. A price is posted by itself where the router's has grown
old, or where the publishers have moved away from it, because liquidations and withdrawals go by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from walras.keepers.task import Task

BPS = 10_000


def signs(time: int, last: int | None, every_s: int, due: int = 0) -> bool:
    """Whether a publisher signs at a chain time who signed last at `last`; None: never.

    `due`: when the market's batch closes, as an auction waits for a price of after that; 0: it does not.
    """
    return last is None or time - last >= every_s or (0 < due < time and last <= due)


@dataclass(frozen=True, slots=True)
class Posting:
    """A market's price on the chain and what publishers say of it."""

    market: int
    price: int
    """The router's last recorded price, 18 decimals; 0: none."""
    published_at: int
    recorded_at: int
    said: int
    """Weighted median of what publishers say now, 18 decimals; 0: nothing."""
    said_at: int
    """Of the oldest report among those."""
    payloads: tuple[bytes, ...]
    """Reports for the router's sources, in their order."""
    fee: int = 0
    """What the sources ask for those, wei."""
    held: int = 0
    """What the sources were told last, weighted median; the router may not believe it. 0: not asked."""
    held_at: int = 0
    """Of the newest report among those."""


@dataclass(frozen=True, slots=True)
class PostingRules:
    """When a price is posted by itself."""

    heartbeat_s: int
    """Age of the recorded price from which it is renewed."""
    deviation_bps: int
    """Distance from the recorded price from which it is posted at once."""


def decide(time: int, markets: Sequence[Posting], rules: PostingRules) -> list[Task]:
    """The prices to post at a chain time, unix seconds."""
    tasks = []
    for one in markets:
        if not any(one.payloads) or one.said_at <= one.published_at:
            continue
        price, at = (
            (one.held, one.held_at) if one.held_at > one.published_at else (one.price, one.published_at)
        )
        age = time - at
        apart = BPS if price == 0 else abs(one.said - price) * BPS // price
        if one.said and apart >= rules.deviation_bps:
            why = f"publishers are {apart} bps from the recorded price"
        elif age >= rules.heartbeat_s:
            why = f"the recorded price is {age} s old"
        else:
            continue
        args = (one.market, list(one.payloads))
        subject = f"post/{one.market}/{one.said_at}"
        tasks.append(Task(subject, "router", "update", args, why, urgent=True, value=one.fee))
    return tasks
