"""Writes a run's report: report.html, one file that needs no network, and figures.json."""

from pathlib import Path

from walras.demo.figures import Figures


def write(figures: Figures, folder: Path) -> Path:
    """Both files into the folder; where the page is."""
    raise NotImplementedError
