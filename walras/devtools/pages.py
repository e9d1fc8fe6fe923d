"""Tables that a command writes into a page, between two marks of its own."""

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between two marks. The rest of a page is people's, and stays."""

    begin: str
    end: str

    def page(self, text: str) -> Path:
        """The file that an argument names, asked before hours of work are to be written there.

        argparse.ArgumentTypeError where it could not be, or where the marks are missing, so that the table
        has no place in it. One that is not there yet is made.
        """
        path = Path(text)
        if path.is_dir() or not path.parent.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r} is no file of a folder that exists")
        if path.exists():
            try:
                self.within(path.read_text(), "")
            except ValueError as why:
                raise argparse.ArgumentTypeError(f"{text!r}: {why}") from None
        return path

    def put(self, path: Path, table: str) -> None:
        """Write the table between the marks of a file, or a file of it alone."""
        text = path.read_text() if path.exists() else f"{self.begin}\n{self.end}\n"
        path.write_text(self.within(text, table))

    def within(self, text: str, table: str) -> str:
        """The text of a page with this table. ValueError where it has no place for it."""
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise ValueError(f"the lines {self.begin} and {self.end} are missing, between which it would go")
        return f"{before}{begin}\n{table}\n{end}{after}"
