"""Made-up figures of a run: enough of everything to draw the whole report, from a few formulas."""

from math import sin
from random import Random
from typing import Final

from walras.demo.figures import (
    STAGES,
    Check,
    Columns,
    Extreme,
    Figures,
    GasRow,
    GroupFigures,
    Headline,
    KeeperRow,
    MarketFigures,
    PurseFigures,
    Reconciliation,
    Run,
    StageFigures,
    WaterfallFigures,
)

START: Final = 1_760_129_100
"""20:45 UTC of 2025-10-10."""
ONE: Final = 10**6
KINDS: Final = (
    # name, price, venues, deepest fall of each, lots' size
    ("BTC", 117_000, {"gemini": 0.085}, 10**14),
    ("ETH", 4_100, {"gemini": 0.10}, 10**15),
    ("AVAX", 28, {"coinbase": 0.39, "binance": 0.78, "gemini": 0.25}, 10**17),
    ("LINK", 22, {"coinbase": 0.31, "gemini": 0.27}, 10**17),
)


def made_up(seconds: int = 4_500, *, calm: bool = False, difference: int = 0) -> Figures:
    """A run of so long. `calm`: nobody is liquidated. `difference`: token units that a check is off by."""
    random = Random(7)
    end = START + seconds
    times = list(range(START, end, 4))
    minutes = list(range(START, end, 60))
    markets = [
        _market(number, name, start, venues, lot, times, minutes, random)
        for number, (name, start, venues, lot) in enumerate(KINDS)
    ]
    fall = _waterfall(minutes, [market.name for market in markets], calm)
    counts = {stage: sum(row.count for row in fall.stages if row.stage == stage) for stage in STAGES}
    worths = {stage: sum(row.amount for row in fall.stages if row.stage == stage) for stage in STAGES}
    samples = times[::8]
    return Figures(
        run=Run(
            seed=7,
            commit="0123456789abcdef0123456789abcdef01234567",
            clean=True,
            options={"traders": 240, "market": []},
            command="make demo ARGS='--seed 7'",
            start=START,
            end=end,
            block_s=2,
            chain_id=31_337,
            data="data/2025-10-10",
            traders=240,
        ),
        decimals=6,
        headline=Headline(
            blocks=seconds // 2,
            transactions=31_204,
            refused=312,
            traders=240,
            orders=24_310,
            auctions=3_590,
            auctions_traded=2_904,
            volume=sum(market.volume for market in markets),
            fees=48_211 * ONE,
            liquidations=counts["liquidated"],
            liquidated_accounts=0 if calm else 61,
            taken_over=counts["taken_over"],
            deleveragings=counts["deleveraged"],
            insurance_used=worths["insured"],
            socialised=worths["socialised"],
            bad_debt=worths["bad_debt"],
            gas=4_812_300_411,
        ),
        markets=markets,
        groups=[
            _group(place, name, size, samples)
            for place, (name, size) in enumerate(
                (
                    ("market makers", 24),
                    ("momentum takers", 50),
                    ("hedgers", 30),
                    ("leveraged longs", 90),
                    ("leveraged shorts", 40),
                )
            )
        ],
        waterfall=fall,
        purses=PurseFigures(
            vault={
                "time": list(samples),
                "low": [int((5_000_000 - 90_000 * _dip(time)) * ONE) for time in samples],
                "high": [int((5_004_000 - 70_000 * _dip(time)) * ONE) for time in samples],
                "backstop": [500_000 * ONE for _ in samples],
                "shares": [5 * 10**18 for _ in samples],
            },
            deposited=5_000_000 * ONE,
            withdrawn=0,
            requests=9,
            fund={
                "time": list(samples),
                "reserve": [
                    int((250_000 - (0 if calm else 60_000) * (time > START + 2000)) * ONE) for time in samples
                ],
                "pot": [100_000 * ONE for _ in samples],
            },
            contributed=250_000 * ONE,
            staked=100_000 * ONE,
            drawn=worths["insured"],
            bad_debt=worths["bad_debt"],
        ),
        gas=[
            GasRow("PerpEngine", "multicall", 9_120, 40, 402_113, 1_902_114, 3_812_001_200),
            GasRow("PerpEngine", "place", 14_012, 212, 141_020, 412_999, 2_012_551_111),
            GasRow("PerpEngine", "update_and_run", 3_590, 12, 301_204, 512_001, 1_081_000_000),
            GasRow(
                "LiquidationEngine",
                "liquidate",
                0 if calm else 190,
                3,
                0 if calm else 402_000,
                0 if calm else 610_222,
                76_380_000,
            ),
        ],
        keepers=[
            KeeperRow(
                "auctions",
                "0x" + "a1" * 20,
                3_590,
                12,
                1_081_000_000,
                10**15 * 91,
                {"update_and_run": 3_590},
                290 * ONE,
            ),
            KeeperRow(
                "liquidator",
                "0x" + "a2" * 20,
                602,
                9,
                240_100_000,
                10**15 * 21,
                {"liquidate": 190, "collect": 188},
                411 * ONE,
            ),
        ],
        refusals={
            "engine: insufficient margin": 201,
            "book: self-trade": 99,
            "engine: price not fit <&>": 12,
        },
        reconciliation=Reconciliation(
            block=2_300,
            time=end,
            accounts=251,
            positions=180,
            unsettled=0,
            checks=[
                Check("tokens", "minted", 10**13, "held by somebody", 10**13, "token"),
                Check(
                    "engine",
                    "balance",
                    8_123_456_789_012 + difference,
                    "collateral and positions",
                    8_123_456_789_012,
                    "token",
                ),
                Check("lots of BTC", "long", 4_100, "short", 4_100, "lots"),
            ],
            holders={"PerpEngine": 8_123_456_789_012, "InsuranceFund": 10**13 - 8_123_456_789_012},
            rounding="0.000113",
            rounding_limit=20_114,
        ),
        machine={"seconds": 301.2, "speed": "14.9 x", "peak memory": "812 MB"},
    )


def _dip(time: int) -> float:
    """0 before the crash, 1 at its deepest, back to a half."""
    at = (time - START) / 60
    return 0.0 if at < 22 else min(1.0, (at - 22) / 12) if at < 34 else max(0.5, 1 - (at - 34) / 30)


def _market(
    number: int,
    name: str,
    start: int,
    venues: dict[str, float],
    lot: int,
    times: list[int],
    minutes: list[int],
    random: Random,
) -> MarketFigures:
    prices: Columns = {key: [] for key in ("time", "router", "low", "high", "mark", "status", *venues)}
    for time in times:
        dip = _dip(time)
        heard = []
        for venue, depth in venues.items():
            value = start * (
                1 - depth * dip**3 + 0.002 * sin(time / 97) + random.gauss(0, 0.0006 + 0.004 * dip)
            )
            heard.append(value)
            prices[venue].append(int(value * ONE))
        middle = sorted(heard)[len(heard) // 2] if len(heard) != 2 else sum(heard) / 2
        apart = max(heard) / min(heard) - 1
        status = 1 if apart < 0.01 and dip < 0.8 else 2 if apart < 0.3 else 4
        prices["time"].append(time)
        prices["router"].append(int(middle * ONE))
        prices["low"].append(int(middle * (0.999 - 0.02 * dip) * ONE))
        prices["high"].append(int(middle * (1.001 + 0.02 * dip) * ONE))
        prices["mark"].append(int(middle * ONE))
        prices["status"].append(status)
    auctions: Columns = {
        "time": [time for time in times if time % 8 == 0],
        "price": [
            int((value or 0) * (1 + random.gauss(0, 0.001)))
            for time, value in zip(times, prices["router"], strict=True)
            if time % 8 == 0
        ],
    }
    auctions["lots"] = [random.randrange(10, 4_000) for _ in auctions["time"]]
    auctions["volume"] = [
        (price or 0) * (lots or 0) * lot // 10**18
        for price, lots in zip(auctions["price"], auctions["lots"], strict=True)
    ]
    auctions["vault_lots"] = [0 for _ in auctions["time"]]
    samples = times[::8]
    lowest = {
        venue: min(
            (Extreme(value or 0, time) for value, time in zip(prices[venue], times, strict=True)),
            key=lambda one: one.value,
        )
        for venue in (*venues, "router")
    }
    volume = sum(value or 0 for value in auctions["volume"])
    return MarketFigures(
        name=name,
        number=number,
        lot=lot,
        tick=ONE,
        venues=tuple(venues),
        prices=prices,
        auctions=auctions,
        state={
            "time": list(samples),
            "long": [10_000 for _ in samples],
            "short": [10_000 for _ in samples],
            "interest": [
                int((3_000_000 - 400_000 * number) * (1 - 0.5 * _dip(time)) * ONE) for time in samples
            ],
            "rate_ppb": [int(100_000 - 2_000_000 * _dip(time) * (number + 1) / 3) for time in samples],
        },
        minutes={
            "time": list(minutes),
            "volume": [
                int(volume / len(minutes) * (0.4 + 2 * _dip(time)) * random.random()) for time in minutes
            ],
            "auctions": [random.randrange(6, 12) for _ in minutes],
            "orders": [random.randrange(40, 120) for _ in minutes],
        },
        lowest={**lowest, "clearing": lowest["router"]},
        highest={"router": Extreme(start * ONE, START)},
        widest_bps=Extreme(7_120 if len(venues) > 2 else 912, START + 1_900) if len(venues) > 1 else None,
        status_s={
            "LIVE": sum(4 for status in prices["status"] if status == 1),
            "DEGRADED": sum(4 for status in prices["status"] if status == 2),
            "STALE": sum(4 for status in prices["status"] if status == 4),
        },
        orders=6_000,
        auctions_run=898,
        auctions_traded=len(auctions["time"]),
        postponed=3,
        lots=900_000,
        volume=volume,
        vault_volume=volume // 9,
        last_rate_ppb=100_000,
    )


def _group(place: int, name: str, size: int, samples: list[int]) -> GroupFigures:
    paid = size * 20_000 * ONE
    factor = (0.1, 0.05, -0.02, -0.6, 0.4)[place]
    equity = [int(paid * (1 + factor * _dip(time))) for time in samples]
    return GroupFigures(
        name=name,
        accounts=size,
        paid_in=paid,
        taken_out=0,
        equity=equity[-1],
        result=equity[-1] - paid,
        liquidated=size // 3 if factor < -0.1 else 0,
        deleveraged=4 if factor > 0.3 else 0,
        series={"time": list(samples), "equity": list(equity), "net": [paid for _ in samples]},
    )


def _waterfall(minutes: list[int], names: list[str], calm: bool) -> WaterfallFigures:
    sizes = {
        "cancelled": (9, 0),
        "liquidated": (12, 90_000),
        "filled": (11, 80_000),
        "taken_over": (2, 30_000),
        "insured": (2, 4_000),
        "deleveraged": (3, 25_000),
        "socialised": (1, 700),
        "bad_debt": (0, 0),
    }
    tables: dict[str, Columns] = {}
    for stage in STAGES:
        heat = [0 if calm else max(0, round(sizes[stage][0] * _dip(time) ** 2)) for time in minutes]
        tables[stage] = {
            "time": list(minutes),
            "count": list(heat),
            "amount": [count * sizes[stage][1] * ONE for count in heat],
        }
    stages = [
        StageFigures(
            name,
            stage,
            sum(value or 0 for value in tables[stage]["count"]) // len(names),
            2,
            sum(value or 0 for value in tables[stage]["amount"]) // len(names),
        )
        for name in names
        for stage in STAGES
    ]
    first = {
        stage: next(time for time, count in zip(minutes, tables[stage]["count"], strict=True) if count)
        for stage in STAGES
        if any(tables[stage]["count"])
    }
    return WaterfallFigures(
        stages=stages,
        minutes=tables,
        first=first,
        penalties=0 if calm else 21_044 * ONE,
        tips=0 if calm else 911 * ONE,
        unwound=0 if calm else 14,
        accounts=0 if calm else 66,
        below_zero=0 if calm else 9,
        given_up=0 if calm else 41_000 * ONE,
        incidents=[],
    )
