"""A story: what happened, step by step, so that it can be told again, cut down and printed."""

from dataclasses import dataclass
from typing import Any

Price = tuple[int, int, int, int, int, int]
"""Market, number of its source, price, confidence, publish time, manner (0 answers, 2 reverts)."""


@dataclass(slots=True)
class Step:
    """A transaction, and the time and the prices that come before it."""

    kind: str
    who: str
    to: str
    """Name of a contract of the System, or an address."""
    data: bytes
    told: str
    """What it is, for people."""
    account: int = 0
    market: int = 0
    wait: int = 0
    prices: tuple[Price, ...] = ()
    value: Any = None
    """What a check wants to know of it."""

    def code(self) -> str:
        """As Python."""
        words = [
            repr(self.kind),
            repr(self.who),
            repr(self.to),
            f"bytes.fromhex({self.data.hex()!r})",
            repr(self.told),
        ]
        words += [f"{name}={value!r}" for name in _MORE if (value := getattr(self, name))]
        return f"Step({', '.join(words)})"


_MORE = ("account", "market", "wait", "prices", "value")


def script(steps: list[Step], decimals: int, number: int, law: str, broken: str) -> str:
    """Python that tells the story again."""
    body = ",\n    ".join(step.code() for step in steps)
    return (
        f'"""{broken}"""\n\nfrom walras.audit.runner import replay\nfrom walras.audit.story import Step\n\n'
        f"STEPS = [\n    {body},\n]\n\n"
        'if __name__ == "__main__":\n'
        f"    replay(STEPS, decimals={decimals}, number={number}, only=[{law!r}])\n"
    )


def table(rows: list[tuple[Step, str]]) -> str:
    """What happened, a line a step: after how many seconds, what, and how it went."""
    lines = []
    for number, (step, outcome) in enumerate(rows, 1):
        moved = {price[0] for price in step.prices}
        news = f" prices of {sorted(moved)}" if moved else ""
        lines.append(f"{number:>4}  +{step.wait:<6} {step.kind:<18} {step.told:<58} {outcome}{news}")
    return "\n".join(lines)
