"""Which drawings the report has, from figures."""

from collections.abc import Callable, Sequence
from typing import Final

from walras.demo.figures import Columns, Figures, MarketFigures
from walras.demo.page.numbers import price, short_money, venue, whole
from walras.demo.page.svg import Band, Bars, Chart, Dots, Line, Strip, Value

COLOURS: Final = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8")
STATUS_NAMES: Final = ("LIVE", "DEGRADED", "STALE", "HALTED")
STATUS_COLOURS: Final = ("live", "degraded", "stale", "halted")
HALF: Final = 530.0
HYPERLIQUID: Final = (1_760_130_960, 1_760_131_620)
"""21:16 to 21:27 UTC: the minutes of which data/2025-10-10/README.md tells."""
HYPERLIQUID_NAME: Final = "Hyperliquid deleverages"
WORTHS: Final = (
    ("filled", "through the auction", "c1"),
    ("taken_over", "taken over by the backstop", "c4"),
    ("deleveraged", "deleveraged by rank", "c7"),
)
DEFICITS: Final = (
    ("insured", "paid by insurance", "c3"),
    ("socialised", "borne by all positions", "c5"),
    ("bad_debt", "bad debt", "c7"),
)


def scaled(column: Sequence[int | None], unit: float) -> list[Value]:
    """For the eye."""
    return [None if value is None else value / unit for value in column]


def floats(column: Sequence[int | None], unit: float) -> list[float]:
    """The same of a column without gaps."""
    return [(value or 0) / unit for value in column]


class Charts:
    """Draws figures."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.one = 10**figures.decimals
        self.span = (figures.run.start, figures.run.end)

    # ------------------------------------------------------------ how numbers are said

    def price(self, value: float) -> str:
        """Of whole dollars."""
        return price(round(value * self.one), self.figures.decimals)

    def money(self, value: float) -> str:
        """Of whole dollars."""
        return short_money(round(value * self.one), self.figures.decimals)

    # ------------------------------------------------------------ markets

    def prices(self, market: MarketFigures) -> str:
        """Venues, the router in its range, clearing prices; the status below."""
        table, venues = market.prices, market.venues
        lines = [
            Line(f"{venue(name)}, last trade", COLOURS[place], scaled(table[name], self.one))
            for place, name in enumerate(venues)
        ]
        lines.append(Line("router", "ink", scaled(table["router"], self.one)))
        states = [None if not status else status.bit_length() - 1 for status in table["status"]]
        return self._chart(
            f"Prices of {market.name}",
            table,
            self.price,
            lines=lines,
            bands=[
                Band(
                    "router, low .. high",
                    "grey",
                    scaled(table["low"], self.one),
                    scaled(table["high"], self.one),
                )
            ],
            dots=[
                Dots(
                    "clearing prices",
                    "c6",
                    [time or 0 for time in market.auctions["time"]],
                    floats(market.auctions["price"], self.one),
                )
            ],
            strip=Strip("oracle", states, STATUS_NAMES, STATUS_COLOURS),
            height=330.0,
        )

    def spread(self, market: MarketFigures) -> str:
        """Distance between the lowest and the highest venue."""
        table = market.prices
        values: list[Value] = []
        for place in range(len(table["time"])):
            prices = [price for venue in market.venues if (price := table[venue][place])]
            values.append((max(prices) / min(prices) - 1) * 100 if len(prices) > 1 else None)
        states = [None if not status else status.bit_length() - 1 for status in table["status"]]
        return self._chart(
            f"Spread of venues, {market.name}",
            table,
            lambda value: f"{value:.3g} %",
            lines=[Line("highest venue above the lowest", COLOURS[market.number % 8], values, fill=True)],
            strip=Strip("oracle", states, STATUS_NAMES, STATUS_COLOURS),
            zero=True,
            height=190.0,
        )

    def volume(self) -> str:
        """By minute, markets stacked."""
        markets = self.figures.markets
        return self._chart(
            "Volume a minute",
            markets[0].minutes,
            self.money,
            bars=[
                Bars(market.name, COLOURS[place % 8], floats(market.minutes["volume"], self.one))
                for place, market in enumerate(markets)
            ],
            width=HALF,
        )

    def interest(self) -> str:
        """Open interest by market."""
        return self._by_market("Open interest", "interest", self.one, self.money)

    def funding(self) -> str:
        """Rates of eight hours by market."""
        return self._by_market(
            "Funding", "rate_ppb", 10**7, lambda value: f"{value:.3g} %".replace("-", "\N{MINUS SIGN}")
        )

    def auctions(self) -> str:
        """That traded, by minute, markets stacked."""
        markets = self.figures.markets
        return self._chart(
            "Auctions that traded, a minute",
            markets[0].minutes,
            lambda value: whole(round(value)),
            bars=[
                Bars(market.name, COLOURS[place % 8], floats(market.minutes["auctions"], 1))
                for place, market in enumerate(markets)
            ],
            width=HALF,
        )

    def _by_market(self, label: str, column: str, unit: float, say: Callable[[float], str]) -> str:
        markets = self.figures.markets
        lines = [
            Line(market.name, COLOURS[place % 8], scaled(market.state[column], unit))
            for place, market in enumerate(markets)
        ]
        return self._chart(label, markets[0].state, say, lines=lines, width=HALF, zero=True)

    # ------------------------------------------------------------ accounts

    def equity(self) -> str:
        """What the accounts of each group are worth."""
        return self._by_group("Equity by group", lambda equity, net: equity)

    def results(self) -> str:
        """What each group has won or lost."""
        return self._by_group("Won or lost by group", lambda equity, net: equity - net)

    def _by_group(self, label: str, value: Callable[[int, int], int]) -> str:
        groups = self.figures.groups
        longest = max((group.series for group in groups), key=lambda series: len(series["time"]))
        lines = []
        for place, group in enumerate(groups):
            columns = (group.series[name] for name in ("time", "equity", "net"))
            found = {time: value(equity or 0, net or 0) for time, equity, net in zip(*columns, strict=True)}
            # a group that came later has nothing before
            values: list[Value] = [
                found[time] / self.one if time in found else None for time in longest["time"]
            ]
            lines.append(Line(group.name, COLOURS[place % 8], values))
        return self._chart(label, longest, self.money, lines=lines, width=HALF, zero=True, height=290.0)

    def worths(self) -> str:
        """What was liquidated, by minute and stage."""
        return self._stages("Liquidated positions a minute", WORTHS)

    def deficits(self) -> str:
        """Who paid for deficits."""
        return self._stages("Deficits a minute", DEFICITS)

    def _stages(self, label: str, stages: Sequence[tuple[str, str, str]]) -> str:
        minutes = self.figures.waterfall.minutes
        bars = [
            Bars(said, colour, floats(minutes[stage]["amount"], self.one)) for stage, said, colour in stages
        ]
        return self._chart(
            label,
            minutes[stages[0][0]],
            self.money,
            bars=bars,
            shade=[(*HYPERLIQUID, HYPERLIQUID_NAME)],
            height=250.0,
        )

    def vault(self) -> str:
        """Its worth, low and high."""
        table = self.figures.purses.vault
        return self._chart(
            "Vault",
            table,
            self.money,
            bands=[
                Band("low .. high", "c1", scaled(table["low"], self.one), scaled(table["high"], self.one))
            ],
            lines=[Line("net assets, low", "c1", scaled(table["low"], self.one))],
            width=HALF,
        )

    def fund(self) -> str:
        """Insurance: reserve and pot."""
        table = self.figures.purses.fund
        return self._chart(
            "Insurance fund",
            table,
            self.money,
            lines=[
                Line("reserve", "c3", scaled(table["reserve"], self.one)),
                Line("stakers' pot", "c4", scaled(table["pot"], self.one)),
            ],
            width=HALF,
            zero=True,
        )

    # ------------------------------------------------------------ inside

    def _chart(
        self,
        label: str,
        table: Columns,
        say: Callable[[float], str],
        *,
        width: float = 1080.0,
        height: float = 240.0,
        lines: Sequence[Line] = (),
        bands: Sequence[Band] = (),
        dots: Sequence[Dots] = (),
        bars: Sequence[Bars] = (),
        strip: Strip | None = None,
        shade: Sequence[tuple[int, int, str]] = (),
        zero: bool = False,
    ) -> str:
        times = [time or 0 for time in table["time"]]
        return Chart(
            label=label,
            times=times,
            span=self.span,
            say=say,
            width=width,
            height=height,
            lines=lines,
            bands=bands,
            dots=dots,
            bars=bars,
            strip=strip,
            shade=shade,
            zero=zero,
        ).draw()
