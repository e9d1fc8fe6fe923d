"""Tables of the report."""

from collections.abc import Sequence
from typing import Final

from walras.demo.figures import Figures, Reconciliation, StageFigures
from walras.demo.page import numbers
from walras.demo.page.charts import DEFICITS, WORTHS
from walras.demo.page.numbers import exact, money, percent, price, short_money, text, utc, whole

DASH: Final = "\N{EN DASH}"
STAGE_WORDS: Final = {
    "cancelled": "Open orders cancelled, below initial margin",
    "liquidated": "Reduce-only order into the next auction, below maintenance margin",
    "filled": "Filled by the auction",
    "taken_over": "Position taken over by the backstop",
    "insured": "Deficit paid by the insurance fund",
    "deleveraged": "Reduced by rank, against profitable accounts",
    "socialised": "Deficit borne by all positions of the market",
    "bad_debt": "Recorded as bad debt",
}
HYPERLIQUID_FACTS: Final = {
    "coins": 162,
    "liquidation_fills": 63_637,
    "fills": 34_983,
    "notional": 2_100_000_000,
    "accounts_below_zero": 1_147,
    "below_zero": 109_000_000,
}
"""Published node data of 21:16 to 21:27 UTC, dollars: data/2025-10-10/README.md."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], total: Sequence[str] | None = None) -> str:
    """Cells are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    if total:
        body += f'<tr class="sum">{"".join(f"<td>{cell}</td>" for cell in total)}</tr>'
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def lowest(figures: Figures) -> str:
    """Per market: how low each venue, the router and the auctions went."""
    decimals, rows = figures.decimals, []
    for market in figures.markets:
        venues = "<br>".join(
            f"{text(numbers.venue(venue))} {price(low.value, decimals)} <small>{utc(low.time)}</small>"
            for venue in market.venues
            if (low := market.lowest.get(venue))
        )
        cells = [text(market.name), venues or DASH]
        for key in ("router", "clearing"):
            low = market.lowest.get(key)
            cells.append(f"{price(low.value, decimals)} <small>{utc(low.time)}</small>" if low else DASH)
        wide = market.widest_bps
        cells.append(f"{wide.value / 100:,.2f} % <small>{utc(wide.time)}</small>" if wide else "one venue")
        seconds = sum(market.status_s.values())
        cells.append(percent(seconds - market.status_s.get("LIVE", 0), seconds))
        cells.append(short_money(market.volume, decimals))
        cells.append(whole(market.auctions_traded))
        rows.append(cells)
    head = (
        "market",
        "lowest trade of each venue",
        "router's lowest",
        "lowest clearing price",
        "venues furthest apart",
        "time not LIVE",
        "volume",
        "auctions traded",
    )
    return table(head, rows)


def groups(figures: Figures) -> str:
    """What each group brought, and has."""
    decimals = figures.decimals
    rows = [
        [
            text(group.name),
            whole(group.accounts),
            money(group.paid_in, decimals),
            money(group.taken_out, decimals),
            money(group.equity, decimals),
            money(group.result, decimals),
            percent(group.result, group.paid_in),
            whole(group.liquidated),
            whole(group.deleveraged),
        ]
        for group in figures.groups
    ]
    head = (
        "group",
        "accounts",
        "paid in",
        "taken out",
        "equity at the end",
        "won or lost",
        "of what was paid in",
        "liquidated",
        "deleveraged",
    )
    return table(head, rows)


def stages(figures: Figures) -> str:
    """The waterfall by stage, markets side by side."""
    found = {(row.stage, row.market): row for row in figures.waterfall.stages}
    names = [market.name for market in figures.markets]
    rows = []
    for stage, words in STAGE_WORDS.items():
        here = [row for name in names if (row := found.get((stage, name)))]
        first = figures.waterfall.first.get(stage)
        rows.append(
            [
                words,
                whole(sum(row.count for row in here)),
                _amount(stage, sum(row.amount for row in here), figures),
                *(_cell(found.get((stage, name)), figures) for name in names),
                utc(first) if first else DASH,
            ]
        )
    return table(("stage", "count", "worth", *names, "first (UTC)"), rows)


def _amount(stage: str, amount: int, figures: Figures) -> str:
    has_amount = stage in {name for name, *_ in (*WORTHS, *DEFICITS)} or stage == "liquidated"
    return short_money(amount, figures.decimals) if has_amount else DASH


def _cell(row: StageFigures | None, figures: Figures) -> str:
    if row is None or row.count == 0:
        return DASH
    amount = _amount(row.stage, row.amount, figures)
    return f"{whole(row.count)}" + (f" <small>{amount}</small>" if amount != DASH else "")


def beside_hyperliquid(figures: Figures) -> str:
    """What can be compared of deleveraging here and there."""
    decimals, fall = figures.decimals, figures.waterfall
    count = {stage: sum(row.count for row in fall.stages if row.stage == stage) for stage in STAGE_WORDS}
    worth = {stage: sum(row.amount for row in fall.stages if row.stage == stage) for stage in STAGE_WORDS}
    deficit = worth["insured"] + worth["socialised"] + worth["bad_debt"]
    facts = HYPERLIQUID_FACTS
    begin, first = fall.first.get("liquidated"), fall.first.get("deleveraged")
    after = f"{first - begin} s" if begin and first else ("none took place" if not first else DASH)
    rows = [
        ["markets", whole(len(figures.markets)), f"{whole(facts['coins'])} coins"],
        ["liquidations that the market filled", whole(count["filled"]), whole(facts["liquidation_fills"])],
        ["deleveraging fills", whole(count["deleveraged"]), whole(facts["fills"])],
        [
            "<strong>deleveraging fills for each 100 liquidation fills</strong>",
            _per_hundred(count["deleveraged"], count["filled"]),
            _per_hundred(facts["fills"], facts["liquidation_fills"]),
        ],
        [
            "worth of what was deleveraged",
            short_money(worth["deleveraged"], decimals),
            short_money(facts["notional"] * 10**decimals, decimals),
        ],
        [
            "of all that was liquidated, by worth",
            percent(worth["deleveraged"], worth["filled"] + worth["taken_over"] + worth["deleveraged"]),
            "not published",
        ],
        ["first deleveraging after the first liquidation", after, "about a minute"],
        [
            "accounts that ended below zero",
            whole(fall.below_zero),
            f"{whole(facts['accounts_below_zero'])} of the deleveraged ones",
        ],
        [
            "what they owed",
            money(deficit + fall.given_up, decimals),
            short_money(facts["below_zero"] * 10**decimals, decimals),
        ],
        ["of it paid by insurance", money(worth["insured"], decimals), "not published"],
        [
            "by those who were deleveraged, out of their profit",
            money(fall.given_up, decimals),
            "not published",
        ],
        [
            "by all, or recorded as bad debt",
            money(worth["socialised"] + worth["bad_debt"], decimals),
            "not published",
        ],
    ]
    return table(("", "this run, the whole window", "Hyperliquid, 21:16\N{EN DASH}21:27 UTC"), rows)


def _per_hundred(part: int, whole_: int) -> str:
    return f"{100 * part / whole_:.1f}" if whole_ else DASH


def gas(figures: Figures) -> str:
    """By call."""
    rows = [
        [
            f"{text(row.contract)}.<strong>{text(row.call)}</strong>",
            whole(row.count),
            whole(row.refused) if row.refused else DASH,
            whole(row.median) if row.median else DASH,
            whole(row.largest) if row.largest else DASH,
            whole(row.total),
        ]
        for row in figures.gas
    ]
    return table(("call", "transactions", "of them refused", "median gas", "largest", "all"), rows)


def keepers(figures: Figures) -> str:
    """What each key did and spent."""
    rows = []
    for row in figures.keepers:
        calls = ", ".join(
            f"{text(name)} {whole(count)}"
            for name, count in sorted(row.calls.items(), key=lambda pair: (-pair[1], pair[0]))[:4]
        )
        rows.append(
            [
                text(row.name),
                whole(row.transactions),
                whole(row.refused) if row.refused else DASH,
                whole(row.gas),
                f"{row.spend_wei / 10**18:.4f}",
                money(row.tips, figures.decimals, 2),
                calls,
            ]
        )
    head = (
        "keeper",
        "transactions",
        "of them refused",
        "gas",
        "spent (ether)",
        "tips earned",
        "what it called most",
    )
    return table(head, rows)


def machine(figures: Figures) -> str:
    """Speed, memory, latency: what another machine has differently."""
    return table(
        ("of this machine", ""),
        [[text(name), text(value)] for name, value in sorted(figures.machine.items())],
    )


def refusals(figures: Figures) -> str:
    """Why transactions of the population reverted."""
    rows = sorted(figures.refusals.items(), key=lambda pair: (-pair[1], pair[0]))
    return table(("reason", "transactions"), [[text(reason), whole(count)] for reason, count in rows])


def reconciliation(found: Reconciliation, decimals: int) -> str:
    """Line by line: two numbers that have to be one."""
    rows = []
    for check in found.checks:
        shown = [
            exact(number, decimals if check.unit == "token" else 0)
            for number in (check.found, check.expected)
        ]
        gap = exact(check.difference, decimals if check.unit == "token" else 0)
        rows.append(
            [
                f"{text(check.what)} <small>{text(check.left)} = {text(check.right)}</small>",
                *shown,
                _mark(bool(check.difference), gap if check.difference else "0"),
            ]
        )
    total = [
        "difference",
        "",
        "",
        f'<span class="{"off" if found.difference else "ok"}">{found.difference}</span>',
    ]
    return table(("", "found", "expected", "difference"), rows, total)


def _mark(is_off: bool, said: str) -> str:
    return f'<span class="{"off" if is_off else "ok"}">{said}</span>'


def holders(found: Reconciliation, decimals: int) -> str:
    """Who has the tokens."""
    rows = [
        [text(name), exact(amount, decimals)]
        for name, amount in sorted(found.holders.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    total = ["all that was ever minted", exact(sum(found.holders.values()), decimals)]
    return table(("holder of the collateral token", "amount"), rows, total)
