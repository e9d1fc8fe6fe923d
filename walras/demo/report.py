"""Writes a run's report: report.html, one file that needs no network, and figures.json."""

from pathlib import Path
from typing import Final

from walras.demo.figures import Figures
from walras.demo.page.numbers import day, text
from walras.demo.page.sections import Sections

ASSETS: Final = Path(__file__).with_name("page")
PAGE: Final = "report.html"
FIGURES: Final = "figures.json"


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
