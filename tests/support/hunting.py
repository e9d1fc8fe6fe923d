"""What all campaigns share: a hunt over many seeds for a difference between contract and model.

A campaign's module is a command:

    python -m tests.support.X [--seeds 0:400] [--steps 200] [--check-every 5] [--seconds S] [--theme NAME]

prints one line of JSON, and exits 1 at the first difference between contract and model.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import pytest


class Theme(Protocol):
    """What the stories of a campaign are about."""

    @property
    def name(self) -> str:
        """One word."""


class Campaign(Protocol):
    """A random story, made from a seed and a theme (the seed's own where that is None)."""

    theme: Any
    done: Counter[str]
    """How often what was done."""
    steps: int
    last: str
    """The action that was begun last."""

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act; whatever is raised is a difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first point at which contract and model parted."""

    seed: int
    theme: str
    step: int
    action: str
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run over many seeds saw."""

    seeds: int
    steps: int
    seconds: float
    done: dict[str, int]
    difference: Difference | None


def hunt(
    begin: Callable[[int, Any], Campaign],
    seeds: Iterable[int],
    steps: int,
    check_every: int,
    seconds: float = float("inf"),
    theme: Theme | None = None,
) -> Outcome:
    """Run campaigns until contract and model differ, the seeds are used up or the time is."""
    start = time.monotonic()
    done: Counter[str] = Counter()
    count = total = 0
    difference = None
    for seed in seeds:
        if time.monotonic() - start >= seconds:
            break
        campaign = None
        try:
            campaign = begin(seed, theme)
            campaign.run(steps, check_every)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 (a planted fault can show as anything)
            what = " ".join(f"{type(error).__name__}: {error}".split())
            last = campaign.last if campaign else "deploy"
            story = campaign.theme.name if campaign else ""
            difference = Difference(seed, story, campaign.steps if campaign else 0, last, what)
        count += 1
        if campaign:
            total += campaign.steps
            done += campaign.done
        if difference:
            break
    return Outcome(count, total, round(time.monotonic() - start, 1), dict(sorted(done.items())), difference)


def main(
    name: str,
    begin: Callable[[int, Any], Campaign],
    themes: Sequence[Theme],
    arguments: list[str] | None = None,
) -> int:
    """Hunt as the command line of the module `name` says; 1 where there is a difference."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=__doc__)
    parser.add_argument("--seeds", default="0:400", help="first:last+1")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--check-every", type=int, default=5, help="steps between comparisons of all views")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no seed after these")
    parser.add_argument("--theme", choices=[theme.name for theme in themes], help="one for all seeds")
    given = parser.parse_args(arguments)
    first, last = map(int, given.seeds.split(":"))
    theme = next((theme for theme in themes if theme.name == given.theme), None)
    outcome = hunt(begin, range(first, last), given.steps, given.check_every, given.seconds, theme)
    print(json.dumps(asdict(outcome)))
    return 1 if outcome.difference else 0
