"""Rests: what was refused is left alone for a while, twice as long each time. Chain time, no clock."""

from dataclasses import dataclass
from typing import Final

FORGET_S: Final = 3_600
"""Chain seconds after its rest when a subject's refusals are forgotten."""


@dataclass(slots=True)
class _Rest:
    tries: int
    until: int


class Backoff:
    """By subject."""

    def __init__(self, first_s: int, most_s: int) -> None:
        self._first, self._most = first_s, most_s
        self._rests: dict[str, _Rest] = {}

    def is_resting(self, subject: str, now: int) -> bool:
        """Whether it is to be left alone at a chain time."""
        rest = self._rests.get(subject)
        return rest is not None and now < rest.until

    def refuse(self, subject: str, now: int) -> int:
        """It was refused; until when it rests."""
        rest = self._rests.setdefault(subject, _Rest(0, now))
        rest.until = now + min(self._first << rest.tries, self._most)
        rest.tries = min(rest.tries + 1, 40)
        return rest.until

    def clear(self, subject: str) -> None:
        """It succeeded."""
        self._rests.pop(subject, None)

    def tidy(self, now: int) -> None:
        """Forget what is long past."""
        for subject in [one for one, rest in self._rests.items() if now >= rest.until + FORGET_S]:
            del self._rests[subject]

    def __len__(self) -> int:
        return len(self._rests)
