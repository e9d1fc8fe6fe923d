"""The tables of docs/parameters.md, for the tests that execute them."""

from typing import Final

from walras.devtools.compiler import PROJECT_ROOT

TEXT: Final = (PROJECT_ROOT / "docs/parameters.md").read_text()
HEAD: Final = "| parameter | unit | lowest | highest | least step | default | why |"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def table(section: str, which: int = 0) -> dict[str, tuple[int, int, str, int]]:
    """Lowest, highest, least step and default, by parameter; of the first table of a section, or another."""
    part = TEXT[TEXT.index(f"## {section}") :].split("\n## ", 1)[0]
    lines = part.split(HEAD)[which + 1].split("\n\n", 1)[0].splitlines()[2:]
    found = {}
    for line in lines:
        name, _, lowest, highest, step, default, why = cells(line)
        assert why
        found[name.strip("`")] = (number(lowest), number(highest), step, number(default))
    return found
