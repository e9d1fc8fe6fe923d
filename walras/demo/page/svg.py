"""Charts over time as SVG: lines, steps, bands, dots, stacked bars and a strip of states, with axes.

Colours are classes that the page's style resolves, so that one drawing is right in light and in dark. What
the pointer shows is read from the JSON that goes with each drawing.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from walras.demo.page.numbers import text, utc

Value = float | None
MARGIN_LEFT: Final = 64.0
MARGIN_RIGHT: Final = 14.0
MARGIN_TOP: Final = 10.0
AXIS: Final = 22.0
STRIP: Final = 12.0
TIME_STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)

_ENDS_IN_0: Final = re.compile(r"\.[0-9]*0(?![0-9])")
_LAST_0: Final = re.compile(r"\.?0(?![0-9])(?=[^0-9.]*$)")


@dataclass(frozen=True, slots=True)
class Line:
    """A value over time; None is a gap."""

    name: str
    colour: str
    values: Sequence[Value]
    step: bool = True
    fill: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A range over time."""

    name: str
    colour: str
    low: Sequence[Value]
    high: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Dots:
    """Values at times of their own."""

    name: str
    colour: str
    times: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bars:
    """One layer of stacked bars; each bar begins at its time and is `width` seconds wide."""

    name: str
    colour: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Strip:
    """States over time, below the chart: index into `colours` and `names`; None: unknown."""

    name: str
    states: Sequence[int | None]
    names: Sequence[str]
    colours: Sequence[str]


@dataclass
class Chart:
    """A drawing: what is in it, and how numbers are said."""

    label: str
    times: Sequence[int]
    span: tuple[int, int]
    say: Callable[[float], str]
    width: float = 1080.0
    height: float = 260.0
    lines: Sequence[Line] = ()
    bands: Sequence[Band] = ()
    dots: Sequence[Dots] = ()
    bars: Sequence[Bars] = ()
    bar_seconds: int = 60
    strip: Strip | None = None
    shade: Sequence[tuple[int, int, str]] = ()
    zero: bool = False
    """Whether 0 has to be in view."""
    legend: bool = True
    limits: tuple[float, float] | None = None
    """What is in view, where it shall not follow from the data."""
    _range: tuple[float, float] = field(default=(0.0, 1.0), init=False)

    # ------------------------------------------------------------ scales

    @property
    def floor(self) -> float:
        """Where the plot ends, from above."""
        return self.height - AXIS - (STRIP + 8 if self.strip else 0)

    def x(self, time: float) -> float:
        """Of a time."""
        start, end = self.span
        return MARGIN_LEFT + (time - start) / max(end - start, 1) * (self.width - MARGIN_LEFT - MARGIN_RIGHT)

    def y(self, value: float) -> float:
        """Of a value."""
        low, high = self._range
        inside = min(max(value, low), high)
        return self.floor - (inside - low) / (high - low) * (self.floor - MARGIN_TOP)

    # ------------------------------------------------------------ drawing

    def draw(self) -> str:
        """The figure: legend, drawing, and the numbers for the pointer."""
        self._range = self._limits()
        parts = [*self._shades(), *self._grid()]
        parts += [self._band(band) for band in self.bands]
        parts += self._stacks()
        parts += [
            self._dotted(dots) for dots in self.dots
        ]  # below: where they are off the lines they are seen
        parts += [self._line(line) for line in self.lines]
        parts += self._states()
        parts += self._axis()
        parts.append(
            f'<line class="cross" x1="0" x2="0" y1="{MARGIN_TOP:g}" y2="{self.floor:g}" visibility="hidden"/>'
        )
        frame = f"0 0 {self.width:g} {self.height:g}"
        drawing = f'<svg viewBox="{frame}" role="img" aria-label="{text(self.label)}">{"".join(parts)}</svg>'
        return (
            f'<figure class="chart">{self._legend()}<div class="plot">{drawing}'
            '<div class="tip" hidden></div></div>'
            f'<script type="application/json">{self._numbers()}</script></figure>'
        )

    def _limits(self) -> tuple[float, float]:
        if self.limits:
            return self.limits
        values = [value for line in self.lines for value in line.values if value is not None]
        values += [value for band in self.bands for value in (*band.low, *band.high) if value is not None]
        values += [value for dots in self.dots for value in dots.values]
        if self.bars:
            values += [sum(layer) for layer in zip(*(bars.values for bars in self.bars), strict=True)]
        if self.zero or self.bars or not values:
            values.append(0.0)
        low, high = min(values), max(values)
        if low == high:
            low, high = (low, low + 1) if low == 0 else (low - abs(low) * 0.01, high + abs(high) * 0.01)
        room = (high - low) * 0.06
        above = (high - low) * 0.16 if self.shade else room  # names of shades stand there
        return (low if low == 0 else low - room), high + above

    def _grid(self) -> list[str]:
        made = []
        values = ticks(*self._range, count=max(3, int(self.floor // 42)))
        for value, said in zip(values, shortened([self.say(value) for value in values]), strict=True):
            y = self.y(value)
            kind = "base" if value == 0 else "grid"
            made.append(
                f'<line class="{kind}" x1="{MARGIN_LEFT:g}" x2="{self.width - MARGIN_RIGHT:g}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            made.append(f'<text class="y" x="{MARGIN_LEFT - 8:g}" y="{y + 3.5:.1f}">{text(said)}</text>')
        return made

    def _axis(self) -> list[str]:
        start, end = self.span
        room = (self.width - MARGIN_LEFT - MARGIN_RIGHT) / 74
        step = next((step for step in TIME_STEPS if (end - start) / step <= room), TIME_STEPS[-1])
        made = []
        for time in range(start - start % -step, end + 1, step):
            x = self.x(time)
            shown = utc(time)[:5] if step >= 60 else utc(time)
            made.append(f'<text class="x" x="{x:.1f}" y="{self.height - 5:g}">{shown}</text>')
        return made

    def _shades(self) -> list[str]:
        made = []
        for start, end, name in self.shade:
            left, right = self.x(max(start, self.span[0])), self.x(min(end, self.span[1]))
            if right > left:
                made.append(
                    f'<rect class="shade" x="{left:.1f}" y="{MARGIN_TOP:g}" width="{right - left:.1f}" '
                    f'height="{self.floor - MARGIN_TOP:g}"/>'
                    f'<text class="note" x="{left + 6:.1f}" y="{MARGIN_TOP + 12:g}">{text(name)}</text>'
                )
        return made

    def _line(self, line: Line) -> str:
        path, fills = "", ""
        for run in runs(self.times, line.values):
            points = [(self.x(time), self.y(value)) for time, value in run]
            if line.step and run is not None and run[-1][0] < self.span[1] and run[-1][0] == self.times[-1]:
                points.append((self.x(self.span[1]), points[-1][1]))
            drawn = trace(points, line.step)
            path += drawn
            if line.fill:
                base = self.y(0)
                fills += f"{drawn}L{points[-1][0]:.1f} {base:.1f}L{points[0][0]:.1f} {base:.1f}Z"
        area = f'<path class="area {line.colour}" d="{fills}"/>' if fills else ""
        return f'{area}<path class="line {line.colour}" d="{path}"/>'

    def _band(self, band: Band) -> str:
        both: list[Value] = [
            None if low is None or high is None else 1.0
            for low, high in zip(band.low, band.high, strict=True)
        ]
        path, place = "", {time: index for index, time in enumerate(self.times)}
        for run in runs(self.times, both):
            upper: list[tuple[float, float]] = []
            lower: list[tuple[float, float]] = []
            for time, _ in run:
                low, high = band.low[place[time]], band.high[place[time]]
                assert low is not None
                assert high is not None
                upper.append((self.x(time), self.y(high)))
                lower.append((self.x(time), self.y(low)))
            forth, back = corners(upper), corners(lower)
            path += trace(forth, False) + trace(back[::-1], False).replace("M", "L", 1) + "Z"
        return f'<path class="band {band.colour}" d="{path}"/>'

    def _dotted(self, dots: Dots) -> str:
        seen: set[tuple[int, int]] = set()
        path = ""
        for time, value in zip(dots.times, dots.values, strict=True):
            x, y = self.x(time), self.y(value)
            if (place := (round(x), round(y))) not in seen:
                seen.add(place)
                path += f"M{x:.1f} {y:.1f}h0"
        return f'<path class="dots {dots.colour}" d="{path}"/>'

    def _stacks(self) -> list[str]:
        if not self.bars:
            return []
        base = [0.0] * len(self.times)
        made = []
        for bars in self.bars:
            path = ""
            for place, (time, value) in enumerate(zip(self.times, bars.values, strict=True)):
                if value:
                    left, right = self.x(time), self.x(time + self.bar_seconds)
                    gap = min(1.5, (right - left) * 0.12)
                    top, foot = self.y(base[place] + value), self.y(base[place])
                    if foot - top < 0.7:
                        top = foot - 0.7  # what is there can be seen
                    path += f"M{left + gap:.1f} {foot:.1f}V{top:.1f}H{right - gap:.1f}V{foot:.1f}Z"
                base[place] += value
            made.append(f'<path class="bar {bars.colour}" d="{path}"/>')
        return made

    def _states(self) -> list[str]:
        if self.strip is None:
            return []
        made = []
        top = self.floor + 8
        ends = [*self.times[1:], self.span[1]]
        place = 0
        while place < len(self.times):
            state, first = self.strip.states[place], place
            while place + 1 < len(self.times) and self.strip.states[place + 1] == state:
                place += 1
            if state is not None:
                left, right = self.x(self.times[first]), self.x(ends[place])
                colour = self.strip.colours[state]
                made.append(
                    f'<rect class="state {colour}" x="{left:.1f}" y="{top:g}" '
                    f'width="{max(right - left, 0.6):.1f}" height="{STRIP:g}"/>'
                )
            place += 1
        made.append(
            f'<text class="y" x="{MARGIN_LEFT - 8:g}" y="{top + STRIP - 2:g}">{text(self.strip.name)}</text>'
        )
        return made

    def _legend(self) -> str:
        if not self.legend:
            return ""
        items = [(line.name, line.colour, "key-line") for line in self.lines]
        items += [(dots.name, dots.colour, "key-dot") for dots in self.dots]
        items += [(band.name, band.colour, "key-band") for band in self.bands]
        items += [(bars.name, bars.colour, "key-bar") for bars in self.bars]
        if self.strip:
            seen = {state for state in self.strip.states if state is not None}
            items += [
                (self.strip.names[state], self.strip.colours[state], "key-bar") for state in sorted(seen)
            ]
        keys = "".join(
            f'<li><i class="{kind} {colour}"></i>{text(name)}</li>' for name, colour, kind in items
        )
        return f'<ul class="legend">{keys}</ul>'

    def _numbers(self) -> str:
        """What the pointer reads: times, and for each series its words by place."""
        series: list[dict[str, object]] = [
            {"name": line.name, "colour": line.colour, "say": self._words(line.values)} for line in self.lines
        ]
        series += [
            {"name": bars.name, "colour": bars.colour, "say": self._words(bars.values)} for bars in self.bars
        ]
        for band in self.bands:
            low, high = self._words(band.low), self._words(band.high)
            both = [f"{one} .. {two}" if one and two else "" for one, two in zip(low, high, strict=True)]
            series.append({"name": band.name, "colour": band.colour, "say": both})
        if self.strip:
            names = [self.strip.names[state] if state is not None else "" for state in self.strip.states]
            series.append({"name": self.strip.name, "colour": "", "say": names})
        places = thinned(len(self.times), 720)
        for one in series:
            said = one["say"]
            assert isinstance(said, list)
            one["say"] = repeated([said[place] for place in places])
        made = {
            "times": [self.times[place] for place in places],
            "start": self.span[0],
            "end": self.span[1],
            "left": MARGIN_LEFT / self.width,
            "right": 1 - MARGIN_RIGHT / self.width,
            "width": self.width,
            "series": series,
        }
        return json.dumps(made, separators=(",", ":")).replace("<", "\\u003c")

    def _words(self, values: Sequence[Value]) -> list[str]:
        return ["" if value is None else self.say(value) for value in values]


# ---------------------------------------------------------------- rules


def ticks(low: float, high: float, count: int) -> list[float]:
    """About so many round numbers between two."""
    rough = (high - low) / max(count, 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [0.0 if place == 0 else place * step for place in range(first, last + 1)]


def shortened(words: Sequence[str]) -> list[str]:
    """Without the zeros after the point that all of them end with which have one."""
    made = list(words)
    while (pointed := [word for word in made if "." in word]) and all(map(_ENDS_IN_0.search, pointed)):
        made = [_LAST_0.sub("", word, count=1) if "." in word else word for word in made]
    return made


def runs(times: Sequence[int], values: Sequence[Value]) -> list[list[tuple[int, float]]]:
    """Pieces without a gap."""
    made: list[list[tuple[int, float]]] = [[]]
    for time, value in zip(times, values, strict=True):
        if value is None:
            if made[-1]:
                made.append([])
        else:
            made[-1].append((time, value))
    return [run for run in made if run]


def corners(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A staircase through points: each holds until the next. At most one a tenth of a unit wide."""
    made = [points[0]]
    for x, y in columns(points)[1:]:
        if y != made[-1][1]:
            made += [(x, made[-1][1]), (x, y)]
    if made[-1][0] != points[-1][0]:
        made.append((points[-1][0], made[-1][1]))
    return made


def columns(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of points that fall on one unit of width: the first, the extremes and the last, in their order."""
    made: list[tuple[float, float]] = []
    place = 0
    while place < len(points):
        end = place
        while end + 1 < len(points) and int(points[end + 1][0]) == int(points[place][0]):
            end += 1
        here = range(place, end + 1)
        keep = {place, end, min(here, key=lambda at: points[at][1]), max(here, key=lambda at: points[at][1])}
        made += [points[at] for at in sorted(keep)]
        place = end + 1
    return made


def trace(points: Sequence[tuple[float, float]], step: bool) -> str:
    """The path through points."""
    kept = columns(points)
    path = f"M{kept[0][0]:.1f} {kept[0][1]:.1f}"
    last = kept[0]
    for number, (x, y) in enumerate(kept[1:], 1):
        if step:
            if f"{y:.1f}" != f"{last[1]:.1f}":
                path += f"H{x:.1f}V{y:.1f}"
                last = (x, y)
            elif number == len(kept) - 1:
                path += f"H{x:.1f}"
        else:
            path += f"L{x:.1f} {y:.1f}"
    return path


def thinned(count: int, most: int) -> list[int]:
    """Places of at most so many, evenly."""
    stride = -(-count // most) if count else 1
    return list(range(0, count, stride))


def repeated(words: Sequence[str]) -> list[str | int]:
    """A word that is the one before is 0: it is there already."""
    made: list[str | int] = []
    before = None
    for word in words:
        made.append(0 if word == before else word)
        before = word
    return made
