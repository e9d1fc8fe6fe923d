"""Tables between two marks of a page: what people wrote around them stays."""

import argparse
from pathlib import Path

import pytest

from walras.audit import bite
from walras.devtools import calls, faults
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.pages import Part

PART = Part("<!-- begin -->", "<!-- end -->")


def test_what_stands_around_the_table_stays(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- begin -->\nold\nlines\n<!-- end -->\nafter\n")
    assert PART.page(str(path)) == path
    PART.put(path, "new")
    assert path.read_text() == "before\n<!-- begin -->\nnew\n<!-- end -->\nafter\n"


def test_a_page_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    assert PART.page(str(path)) == path
    assert not path.exists()
    PART.put(path, "new")
    PART.put(path, "newer")
    assert path.read_text() == "<!-- begin -->\nnewer\n<!-- end -->\n"


@pytest.mark.parametrize(
    "text", ["", "mine", "<!-- begin -->\nmine", "mine\n<!-- end -->", "<!-- end -->\nmine\n<!-- begin -->"]
)
def test_a_page_without_a_place_is_refused_and_stays(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(text)
    with pytest.raises(argparse.ArgumentTypeError, match="the lines <!-- begin --> and <!-- end -->"):
        PART.page(str(path))
    with pytest.raises(ValueError, match="are missing, between which it would go"):
        PART.put(path, "new")
    assert path.read_text() == text


def test_a_page_that_cannot_be_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "page.md"):
        with pytest.raises(argparse.ArgumentTypeError, match="is no file of a folder that exists"):
            PART.page(str(path))


def test_pages_of_the_project_have_a_place() -> None:
    for part, name in ((bite.PART, "assurance"), (faults.PART, "campaigns"), (calls.PART, "proofs")):
        path = PROJECT_ROOT / "docs" / f"{name}.md"
        assert part.page(str(path)) == path


def test_a_page_is_refused_before_work(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bite.main(["--report", str(PROJECT_ROOT / "README.md")])
    assert "README.md': the lines <!-- planted" in capsys.readouterr().err
