"""The live view of a run on a terminal; where there is none, a line now and then."""

import sys
import time
from types import TracebackType
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from walras.demo.observer import KeeperNow, MarketNow, Snapshot
from walras.demo.page.numbers import money, price, short_money, short_venues, utc, whole

FRAMES_S: Final = 0.25
"""Seconds of the wall clock between two drawings."""
LINES_S: Final = 300
"""Seconds of the chain between two lines without a terminal."""
STATUS: Final = {
    1: ("LIVE", "green"),
    2: ("DEGRADED", "yellow"),
    4: ("STALE", "red"),
    8: ("HALTED", "magenta"),
}
STAGES: Final = (
    ("cancelled", "orders cancelled"),
    ("liquidated", "into the auction"),
    ("filled", "filled by it"),
    ("taken_over", "taken over"),
    ("insured", "paid by insurance"),
    ("deleveraged", "deleveraged"),
    ("socialised", "borne by all"),
    ("bad_debt", "bad debt"),
)
WIDE: Final = 146
"""Columns of a terminal on which one table holds all of a market."""
DASH: Final = "\N{EN DASH}"


class View:
    """`with View(headless) as view: view.update(snapshot)` after each block; it draws a few times a
    second.
    """

    def __init__(self, headless: bool, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stdout)
        self.is_live = self.console.is_terminal and not headless
        self._live = Live(console=self.console, auto_refresh=False, transient=False) if self.is_live else None
        self._drawn_at = 0.0
        self._last: Snapshot | None = None
        self._next_line = 0

    def __enter__(self) -> "View":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()

    def say(self, line: str) -> None:
        """A line of progress, above the view; below it once the window is over."""
        if self._last and self._last.time >= self._last.end:
            self._finish()
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _finish(self) -> None:
        """Leaves the last picture where it is."""
        if self._live:
            if self._last:
                self._live.update(picture(self._last, self.console.width), refresh=True)
            self._live.stop()
            self._live = None

    def update(self, snapshot: Snapshot) -> None:
        """Shows it, if it is time to."""
        self._last = snapshot
        if self._live:
            now = time.monotonic()
            if now - self._drawn_at >= FRAMES_S:
                self._drawn_at = now
                self._live.update(picture(snapshot, self.console.width), refresh=True)
        elif not self.is_live and snapshot.time >= self._next_line:
            self._next_line = snapshot.time - snapshot.time % LINES_S + LINES_S
            self.say(line(snapshot))


def line(now: Snapshot) -> str:
    """All of it on one line."""
    prices = "  ".join(f"{one.name} {_price(one.router, now)} {_status(one)[0]}" for one in now.markets)
    stages = ", ".join(
        f"{name} {whole(now.stages[key][0])}"
        for key, name in STAGES
        if key != "filled" and now.stages.get(key, (0, 0))[0]
    )
    return (
        f"{utc(now.time)}  {prices}  orders {whole(now.orders)}  volume "
        f"{short_money(_volume(now), now.decimals)}"
        f"  vault {money(now.vault, now.decimals)}{f'  {stages}' if stages else ''}"
    )


def picture(now: Snapshot, width: int) -> Panel:
    """The whole view, for a terminal of so many columns."""
    span = max(now.end - now.start, 1)
    done = min(max(now.time - now.start, 0), span)
    head = Table.grid(expand=True, padding=(0, 2))
    head.add_column()
    head.add_column(ratio=1)
    head.add_column(justify="right")
    head.add_row(
        Text(f"{utc(now.time)} UTC", style="bold"),
        ProgressBar(total=span, completed=done),
        f"until {utc(now.end)[:5]}, block {whole(now.block)}",
    )
    low = Table.grid(padding=(0, 3))
    below: list[RenderableType] = [low]
    if width >= WIDE:
        low.add_row(_stages(now), _purses(now), _keepers(now))
    else:
        low.add_row(_stages(now), _purses(now))
        below += [Text(), _keepers(now)]
    news = Text("\n".join(now.news[-4:]), style="dim")
    return Panel(
        Group(head, Text(), _markets(now, width), Text(), *below, Text(), news),
        title="Walras",
        title_align="left",
        border_style="dim",
    )


def _markets(now: Snapshot, width: int) -> Group:
    """One table, or two where the terminal is narrow."""
    venues = short_venues(dict.fromkeys(venue for one in now.markets for venue in one.venues))
    prices = [*venues.values(), "router", "low", "high", "status"]
    trade = ["auction", "ago", "lots", "open interest", "funding 8h", "volume"]
    shared = [[*prices, *trade]] if width >= WIDE else [prices, trade]
    tables = []
    for names in shared:
        table = Table(box=None, header_style="dim", padding=(0, 1))
        table.add_column("market", no_wrap=True)
        for name in names:
            table.add_column(name, justify="left" if name == "status" else "right", no_wrap=True)
        for one in now.markets:
            cells = _cells(one, now, venues)
            table.add_row(Text(one.name, style="bold"), *(cells[name] for name in names))
        tables.append(table)
    return Group(*tables)


def _cells(one: MarketNow, now: Snapshot, venues: dict[str, str]) -> dict[str, Text | str]:
    said, colour = _status(one)
    made: dict[str, Text | str] = {
        shown: _price(one.venues.get(venue), now) for venue, shown in venues.items()
    }
    return made | {
        "router": Text(_price(one.router, now), style="bold"),
        "low": _price(one.low, now),
        "high": _price(one.high, now),
        "status": Text(said, style=colour),
        "auction": _price(one.clearing, now),
        "ago": f"{now.time - one.cleared_at} s" if one.cleared_at else DASH,
        "lots": whole(one.cleared_lots),
        "open interest": money(one.interest, now.decimals),
        "funding 8h": f"{one.rate_ppb / 10**7:+.4f} %",
        "volume": short_money(one.volume, now.decimals),
    }


def _stages(now: Snapshot) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    table.add_column("liquidations", no_wrap=True)
    table.add_column("count", justify="right")
    table.add_column("worth", justify="right")
    for key, name in STAGES:
        count, amount = now.stages.get(key, (0, 0))
        style = "" if count else "dim"
        worth = money(amount, now.decimals) if amount else DASH
        table.add_row(name, whole(count), worth, style=style)
    return table


def _purses(now: Snapshot) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right")
    table.add_row("vault, net assets", money(now.vault, now.decimals))
    table.add_row("of it backstop", money(now.backstop, now.decimals))
    table.add_row("insurance fund", money(now.reserve + now.pot, now.decimals))
    table.add_row("bad debt", money(now.bad_debt, now.decimals))
    table.add_row("orders", whole(now.orders))
    table.add_row("transactions", whole(now.transactions))
    table.add_row("of them refused", whole(now.refused))
    return table


def _keepers(now: Snapshot) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    table.add_column("keeper", no_wrap=True)
    for name in ("behind", "sent", "refused", "ether"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in now.keepers:
        table.add_row(
            one.name, _lag(one), whole(one.transactions), whole(one.refused), f"{one.spend_wei / 10**18:.4f}"
        )
    return table


def _lag(keeper: KeeperNow) -> str:
    return DASH if keeper.lag is None else whole(keeper.lag)


def _price(value: int | None, now: Snapshot) -> str:
    return price(value, now.decimals) if value else DASH


def _status(market: MarketNow) -> tuple[str, str]:
    return STATUS.get(market.status, ("not known", "dim"))


def _volume(now: Snapshot) -> int:
    return sum(one.volume for one in now.markets)
