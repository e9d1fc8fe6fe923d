"""What a planted fault is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One slip in one line of one file."""

    name: str
    """The file's stem and a word: `price_tree.stale_lane`."""
    path: str
    """Of the file, from the project's root."""
    old: str
    new: str
    why: str
    """What is wrong with it, in a few words."""

    @property
    def module(self) -> str:
        """Stem of the file's name."""
        return self.name.partition(".")[0]

    @property
    def word(self) -> str:
        """What the fault is called in its file."""
        return self.name.partition(".")[2]


def faults_of(path: str, *rows: tuple[str, str, str, str]) -> tuple[Fault, ...]:
    """Faults of one file: rows of a word, `old`, `new` and `why`."""
    stem = path.rpartition("/")[2].removesuffix(".vy")
    return tuple(Fault(f"{stem}.{name}", path, old, new, why) for name, old, new, why in rows)
