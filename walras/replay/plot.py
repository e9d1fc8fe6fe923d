"""The picture of the crash: venues, the router's price in its range, and what it was worth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from walras.model.actions import Status
from walras.replay.market_day import ONE, Market, Second, clock

mpl.use("agg")
mpl.rcParams |= {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "svg.hashsalt": "oracle-day",  # the same file again from the same data
}

ROUTER: Final = "#111111"
VENUES: Final = ("#0072b2", "#d55e00", "#8a6d00")  # told apart without red and green
COLOURS: Final = {
    Status.LIVE: "#2a9d5c",
    Status.DEGRADED: "#f2c14e",
    Status.STALE: "#c0392b",
    Status.HALTED: "#555555",
}


def draw(market: Market, seconds: Sequence[Second], path: Path) -> None:
    """Draw at least one second; the ending of the path says whether as svg or png."""
    times = [second.time for second in seconds]
    figure = Figure(figsize=(9.6, 5.6), layout="constrained", facecolor="white")
    prices, strip = figure.subplots(2, 1, sharex=True, height_ratios=[14, 1])

    prices.fill_between(
        times,
        [_dollars(second.price.low) for second in seconds],
        [_dollars(second.price.high) for second in seconds],
        step="post",
        color="#bbbbbb",
        alpha=0.45,
        linewidth=0,
        label="router: low .. high",
    )
    for place, venue in enumerate(market.venues):
        lasts = [_dollars(second.lasts[place]) for second in seconds]
        label = f"{venue.name.capitalize()}, last trade"
        prices.step(times, lasts, where="post", color=VENUES[place], linewidth=1.1, label=label)
    said = [_dollars(second.price.price) for second in seconds]
    prices.step(times, said, where="post", color=ROUTER, linewidth=1.7, label="router: price")
    _mark_lowest(prices, seconds)
    prices.set_ylabel(f"{market.asset.replace('-', ', ')}")
    prices.yaxis.set_major_locator(MultipleLocator(5))
    prices.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    prices.set_axisbelow(True)
    prices.set_title(
        "10 October 2025: one venue falls to 6.02, the price does not", loc="left", fontsize=12.5
    )
    prices.legend(loc="lower left", frameon=False)

    for second in seconds:
        strip.axvspan(second.time, second.time + 1, color=COLOURS[second.price.status], linewidth=0)
    strip.set_yticks([])
    strip.set_ylabel("status", rotation=0, ha="right", va="center")
    strip.spines[:].set_visible(False)
    strip.set_xlim(times[0], times[-1] + 1)
    minutes = [time for time in (*times, times[-1] + 1) if time % 120 == 0]
    strip.set_xticks(minutes, [clock(time)[:5] for time in minutes])
    strip.set_xlabel("UTC")
    seen = [status for status in Status if any(second.price.status == status for second in seconds)]
    handles = [Patch(color=COLOURS[status], label=status.name) for status in seen]
    figure.legend(handles=handles, loc="outside lower right", ncols=len(handles), frameon=False)
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    figure.savefig(path, dpi=130, metadata=metadata)


def _dollars(price: int) -> float:
    """For the eye; nothing before the first price."""
    return price / ONE if price else float("nan")


def _mark_lowest(axes: Axes, seconds: Sequence[Second]) -> None:
    """What the router says where a venue is lowest."""
    whole = [second for second in seconds if all(second.lasts)]
    if not whole:
        return
    second = min(whole, key=lambda second: (min(second.lasts), second.time))
    for price, text, offset in (
        (min(second.lasts), f"{clock(second.time)}  {_dollars(min(second.lasts)):.2f}", (-10, -4)),
        (second.price.price, f"router {_dollars(second.price.price):.2f}", (98, -33)),
    ):
        axes.plot([second.time], [_dollars(price)], "o", color=ROUTER, markersize=4.5)
        axes.annotate(
            text,
            (second.time, _dollars(price)),
            xytext=offset,
            textcoords="offset points",
            ha="right",
            va="center",
            arrowprops={"arrowstyle": "-", "color": "#777777", "linewidth": 0.8} if offset[0] > 0 else None,
        )
