"""The page of a run: what it says, what it is drawn of, and that it needs nothing else."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.demo_exchange import DemoExchange
from tests.support.demo_figures import START, made_up
from walras.demo import report
from walras.demo.figures import Figures
from walras.demo.page import numbers, svg
from walras.demo.reconcile import reconcile

VOID = {"meta", "br", "link", "img"}


class Page(HTMLParser):
    """Reads a page: tags that do not close, names, words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.names: set[str] = set()
        self.links: set[str] = set()
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.names.add(value or "")
            if name == "href":
                self.links.add(value or "")
            if name in ("src", "href") and not (value or "").startswith("#"):
                self.sources.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        """All that a reader sees."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Made up."""
    return made_up()


@pytest.fixture(scope="module")
def page(figures: Figures) -> str:
    """Of them."""
    return report.html(figures)


def drawings(page: str) -> list[ElementTree.Element]:
    """All of a page; they are well-formed."""
    return [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


# ---------------------------------------------------------------- files


def test_two_files_are_written(figures: Figures, tmp_path: Path) -> None:
    where = report.write(figures, tmp_path / "out" / "run")
    assert where.name == "report.html"
    assert where.read_text(encoding="utf-8") == report.html(figures)
    told = json.loads((where.parent / "figures.json").read_text(encoding="utf-8"))
    assert told["headline"]["orders"] == figures.headline.orders
    assert told["markets"][2]["lowest"]["binance"]["value"] < 7_000_000
    assert told["reconciliation"]["difference"] == 0


def test_the_same_figures_give_the_same_bytes(figures: Figures) -> None:
    assert report.html(made_up()) == report.html(figures)
    assert made_up().to_json() == figures.to_json()


def test_a_column_is_a_line_of_the_json(figures: Figures) -> None:
    lines = figures.to_json().splitlines()
    assert max(map(len, lines)) > 5_000
    assert len(lines) < 2_000
    assert json.loads(figures.to_json()) == json.loads(json.dumps(figures.as_dict()))


def test_the_page_is_drawn_anew_from_the_figures(
    figures: Figures, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = report.write(figures, tmp_path)
    before, told = page.read_bytes(), (tmp_path / "figures.json").read_bytes()
    page.unlink()
    assert report.main([str(tmp_path)]) == 0
    assert page.read_bytes() == before
    assert (tmp_path / "figures.json").read_bytes() == told
    assert capsys.readouterr().out.strip() == str(page)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory; give the folder of a run"),
        ("{", "figures.json: file: Invalid JSON"),
        ('{"decimals": "many"}', "figures.json: run: Field required; it is of another version"),
    ],
)
def test_figures_that_cannot_be_read_are_named(
    content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "figures.json").write_text(content)
    assert report.main([str(tmp_path)]) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_a_folder_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([]) == 2
    assert "usage" in capsys.readouterr().err


# ---------------------------------------------------------------- the page


def test_it_needs_no_network(page: str) -> None:
    assert Page(page).sources == []
    assert not re.search(r"(https?:)?//[a-z]", page.replace("// What", ""))
    assert "@import" not in page
    assert "url(" not in page


def test_it_is_well_formed_and_complete(page: str) -> None:
    read = Page(page)
    assert (read.wrong, read.open) == ([], [])
    assert {
        "prices",
        "spread",
        "trading",
        "groups",
        "waterfall",
        "deleveraging",
        "purses",
        "gas",
    } <= read.names
    assert {"keepers", "money", "again"} <= read.names
    assert {link[1:] for link in read.links} <= read.names
    assert len(drawings(page)) == 4 + 2 + 4 + 2 + 2 + 2


def test_first_numbers(page: str, figures: Figures) -> None:
    read = Page(page).text
    assert "10 October 2025, 20:45\N{EN DASH}22:00 UTC, replayed" in read
    assert "24,310 orders" in read
    assert "0 difference money reconciled to the unit" in read
    assert "AVAX: Binance as low as $5.9" in read
    assert "seed 7" in read


def test_what_was_refused_cannot_write_into_the_page(page: str) -> None:
    assert "price not fit &lt;&amp;&gt;" in page
    assert "<&>" not in page


def test_deleveraging_stands_beside_what_is_public(page: str, figures: Figures) -> None:
    read = Page(page).text
    assert "deleveraging fills 64 34,983" in read
    assert "for each 100 liquidation fills 29.6 55.0" in read
    assert "$2.10 bn" in read
    assert "Hyperliquid deleverages" in read


def test_a_difference_is_shouted(figures: Figures) -> None:
    wrong = made_up(difference=3)
    page = report.html(wrong)
    assert '<div class="tile bad"><b>3</b><span>difference</span>' in page
    assert '<span class="off">0.000003</span>' in page
    assert '<div class="tile good"><b>0</b><span>difference</span>' in report.html(figures)


def test_nobody_has_reconciled(figures: Figures) -> None:
    page = report.html(replace(figures, reconciliation=None))
    assert "not done" in page
    assert 'id="money"' not in page


def test_a_calm_hour_can_be_told(figures: Figures) -> None:
    page = report.html(made_up(calm=True))
    assert "none took place" in Page(page).text
    assert drawings(page)


def test_a_short_window_with_one_venue(figures: Figures) -> None:
    whole = made_up(seconds=180)  # it ends before Hyperliquid's minutes
    page = report.html(replace(whole, markets=whole.markets[:1], groups=[], machine={}, refusals={}))
    assert {"spread", "groups", "deleveraging"} & Page(page).names == set()
    assert "20:46" in Page(page).text


def test_a_real_run_is_drawn(crashed: DemoExchange) -> None:
    figures = crashed.observer.figures(reconcile(crashed.observer), {})
    page = report.html(figures)
    read = Page(page)
    assert (read.wrong, read.open) == ([], [])
    assert len(drawings(page)) == 4 + 1 + 4 + 2 + 2 + 2
    assert "0 difference money reconciled" in read.text
    assert "LiquidationEngine. deleverage 1" in read.text


# ---------------------------------------------------------------- drawings


def chart(**parts: object) -> svg.Chart:
    """Ten seconds from 0 to 10 dollars."""
    made: dict[str, object] = {
        "label": "a <chart>", "times": list(range(START, START + 10)), "span": (START, START + 10),
        "say": lambda value: f"${value:.2f}",
    }  # fmt: skip
    return svg.Chart(**(made | parts))  # type: ignore[arg-type]


def test_a_gap_is_not_bridged() -> None:
    line = svg.Line("venue", "c1", [1, 2, None, None, 5, 6, 7, 8, 9, 10])
    drawn = ElementTree.fromstring(re.findall(r"<svg.*</svg>", chart(lines=[line]).draw())[0])
    (path,) = [one.get("d") for one in drawn if "line" in (one.get("class") or "").split()]
    assert path.count("M") == 2


def test_values_are_where_the_axis_says() -> None:
    made = chart(lines=[svg.Line("price", "c1", [5] * 10)], limits=(0.0, 10.0))
    made.draw()
    assert made.x(START) == svg.MARGIN_LEFT
    assert made.x(START + 10) == made.width - svg.MARGIN_RIGHT
    assert made.y(0) == made.floor
    assert made.y(10) == svg.MARGIN_TOP
    assert made.y(5) == (made.floor + svg.MARGIN_TOP) / 2
    assert made.y(99) == svg.MARGIN_TOP  # nothing is drawn outside


def test_bars_stand_on_one_another() -> None:
    bars = [svg.Bars("one", "c1", [1.0] * 10), svg.Bars("two", "c2", [3.0] * 10)]
    made = chart(bars=bars, bar_seconds=1)
    made.draw()
    low, high = made._range
    assert low == 0
    assert 4 < high < 4.5
    numbers_of = json.loads(re.findall(r'json">(.*)</script>', made.draw())[0])
    assert numbers_of["series"][1]["say"] == ["$3.00"] + [0] * 9  # 0: as before


def test_names_cannot_write_into_a_drawing() -> None:
    drawn = chart(lines=[svg.Line("</script><b>", "c1", [1] * 10)]).draw()
    assert "</script><b>" not in drawn
    assert "a &lt;chart&gt;" in drawn


def test_states_are_joined() -> None:
    strip = svg.Strip("oracle", [0, 0, 0, 1, 1, None, None, 0, 0, 0], ("LIVE", "STALE"), ("live", "stale"))
    drawn = chart(lines=[svg.Line("price", "c1", [1] * 10)], strip=strip).draw()
    assert drawn.count('class="state live"') == 2
    assert drawn.count('class="state stale"') == 1


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-0.3, 0.1, [-0.3, -0.2, -0.1, 0, 0.1]),
        (105_000, 118_000, [105_000, 110_000, 115_000]),
        (0, 12, [0, 5, 10]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert svg.ticks(low, high, 5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["$5.000", "$10.000"], ["$5", "$10"]),
        (["$5.500", "$10.000"], ["$5.5", "$10.0"]),
        (["$1.50 m", "$2.00 m"], ["$1.5 m", "$2.0 m"]),
        (["$0", "$200,000"], ["$0", "$200,000"]),
        (["$0", "$5.00 m"], ["$0", "$5 m"]),
        (["0.05 %", "0.10 %"], ["0.05 %", "0.10 %"]),
        ([], []),
    ],
)
def test_axes_are_short(words: list[str], expected: list[str]) -> None:
    assert svg.shortened(words) == expected


def test_thinning_keeps_extremes() -> None:
    points = [(10.0 + place / 100, 50.0) for place in range(100)]
    points[37], points[80] = (points[37][0], 3.0), (points[80][0], 97.0)
    assert svg.columns(points) == [points[0], points[37], points[80], points[99]]


# ---------------------------------------------------------------- numbers


def test_venues_are_told_apart_in_few_words() -> None:
    assert numbers.short_venues(["gemini-spot", "binance-spot", "binance-perp"]) == {
        "gemini-spot": "gemini", "binance-spot": "binance-spot", "binance-perp": "binance-perp",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (numbers.money(1_234_567_890, 6), "$1,235"),
        (numbers.money(-1_500_000, 6), "\N{MINUS SIGN}$2"),
        (numbers.money(-400_000, 6), "$0"),
        (numbers.money(1_005_000, 6, 2), "$1.01"),
        (numbers.short_money(2_100_000_000 * 10**6, 6), "$2.10 bn"),
        (numbers.short_money(-1_250_000 * 10**6, 6), "\N{MINUS SIGN}$1.25 m"),
        (numbers.short_money(999_999 * 10**6, 6), "$999,999"),
        (numbers.exact(-1_000_001, 6), "\N{MINUS SIGN}1.000001"),
        (numbers.exact(4_100, 0), "4,100"),
        (numbers.price(112_345_678_900, 6), "$112,346"),
        (numbers.price(6_020_000, 6), "$6.020"),
        (numbers.percent(1, 3), "33.3 %"),
        (numbers.percent(1, 0), "\N{EN DASH}"),
        (numbers.utc(START), "20:45:00"),
        (numbers.day(START), "10 October 2025"),
        (numbers.count(1, "account"), "1 account"),
        (numbers.count(1_200, "account"), "1,200 accounts"),
        (numbers.venue("binance-coinm-perp"), "Binance coinm perp"),
    ],
)
def test_numbers_as_people_read_them(said: str, expected: str) -> None:
    assert said == expected
