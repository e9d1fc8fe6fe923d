"""Writes a run's report: report.html, one file that needs no network, and figures.json.

`python -m walras.demo.report out/<run>` draws the page anew from the figures of a run that is over.
"""

import sys
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from walras.demo.figures import Figures
from walras.demo.page.numbers import day, text
from walras.demo.page.sections import Sections

ASSETS: Final = Path(__file__).with_name("page")
PAGE: Final = "report.html"
FIGURES: Final = "figures.json"


class FiguresError(ValueError):
    """Figures that cannot be read; its str names the file and what is wrong."""


def read(folder: Path) -> Figures:
    """The figures of a run that is over. Raises FiguresError."""
    path = folder / FIGURES
    try:
        return TypeAdapter(Figures).validate_json(path.read_bytes())
    except OSError as error:
        raise FiguresError(
            f"{path}: {error.strerror}; give the folder of a run, as make demo names it"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "file"
        raise FiguresError(f"{path}: {place}: {first['msg']}; it is of another version") from error


def write(figures: Figures, folder: Path) -> Path:
    """Both files into the folder, which is made; where the page is. What was there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FIGURES).write_text(figures.to_json(), encoding="utf-8")
    page = folder / PAGE
    page.write_text(html(figures), encoding="utf-8")
    return page


def html(figures: Figures) -> str:
    """The whole page."""
    sections = Sections(figures)
    style = (ASSETS / "style.css").read_text(encoding="utf-8")
    script = (ASSETS / "script.js").read_text(encoding="utf-8")
    title = text(f"Walras: {day(figures.run.start)}, seed {figures.run.seed}")
    body = sections.header() + "".join(part for _, _, part in sections.all())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>\n<style>\n{style}</style></head>\n<body><main>{body}"
        "<footer>Walras, AGPL-3.0-only. Nothing here is financial advice; the traders are "
        "simulated.</footer></main>\n"
        f"<script>\n{script}</script></body></html>\n"
    )


def main(arguments: list[str]) -> int:
    """Draws anew."""
    if len(arguments) != 1:
        print("usage: python -m walras.demo.report FOLDER", file=sys.stderr)
        return 2
    try:
        print(write(read(Path(arguments[0])), Path(arguments[0])))
    except FiguresError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
