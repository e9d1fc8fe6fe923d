"""The report's sections in the order in which it is told."""

import json

from walras.demo.figures import Figures, MarketFigures
from walras.demo.page import tables
from walras.demo.page.charts import HYPERLIQUID, Charts
from walras.demo.page.numbers import count, day, money, price, short_money, text, utc, venue, whole


def card(title: str, *parts: str) -> str:
    """A drawing with its title."""
    return f'<div class="card"><h3>{text(title)}</h3>{"".join(parts)}</div>'


def pair(*cards: str) -> str:
    """Two beside each other where there is room."""
    return f'<div class="pair">{"".join(cards)}</div>'


def section(name: str, title: str, *parts: str) -> str:
    """With a name to link to."""
    return f'<section id="{name}"><h2>{text(title)}</h2>{"".join(parts)}</section>'


class Sections:
    """Makes them from figures."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.charts = Charts(figures)

    def all(self) -> list[tuple[str, str, str]]:
        """Name, title for the list of contents, HTML."""
        made = [
            ("prices", "Prices", self.prices()),
            ("spread", "Spread", self.spread()),
            ("trading", "Trading", self.trading()),
            ("groups", "Groups", self.groups()),
            ("waterfall", "Waterfall", self.waterfall()),
            ("deleveraging", "Beside Hyperliquid", self.deleveraging()),
            ("purses", "Vault and insurance", self.purses()),
            ("gas", "Gas", self.gas()),
            ("keepers", "Keepers", self.keepers()),
            ("money", "Where the money is", self.money()),
            ("again", "Run it again", self.again()),
        ]
        return [part for part in made if part[2]]

    # ------------------------------------------------------------ the top

    def header(self) -> str:
        """Title, what this is, first numbers."""
        run, head = self.figures.run, self.figures.headline
        places = ", ".join(market.name for market in self.figures.markets)
        first = (
            f"{whole(head.traders)} simulated traders on {text(places)}. The prices are recorded trades of "
            "that day, second by second; "
            "the contracts are the real bytecode on a local chain; keepers ran as processes of their own. "
            "Who trades, and when, is simulated and follows from the seed."
        )
        when = f"{day(run.start)}, {utc(run.start)[:5]}\N{EN DASH}{utc(run.end)[:5]} UTC"
        links = "".join(f'<a href="#{name}">{text(title)}</a>' for name, title, _ in self.all())
        return (
            f'<header><p class="over">WALRAS \N{MIDDLE DOT} SEED {run.seed}</p><h1>{when}, replayed</h1>'
            f'<p class="lead">{first}</p><nav>{links}</nav></header>{self.tiles()}'
            f'<div class="card"><h3>How far it fell</h3>{tables.lowest(self.figures)}</div>'
        )

    def tiles(self) -> str:
        """The first numbers."""
        head, decimals = self.figures.headline, self.figures.decimals
        found = self.figures.reconciliation
        liquidated = count(head.liquidated_accounts, "account")
        rows = [
            (short_money(head.volume, decimals), "traded", f"{whole(head.orders)} orders", ""),
            (whole(head.auctions), "auctions", f"{whole(head.auctions_traded)} of them traded", ""),
            (
                whole(head.liquidations),
                "liquidations",
                f"of {liquidated}",
                "",
            ),
            (whole(head.taken_over), "taken over", "by the vault's backstop", ""),
            (whole(head.deleveragings), "deleveragings", "by rank", ""),
            (money(head.insurance_used, decimals), "insurance used", "", ""),
            (money(head.socialised, decimals), "borne by all", "deficits that nothing else paid", ""),
            (money(head.bad_debt, decimals), "bad debt", "", "bad" if head.bad_debt else "good"),
        ]
        if found is None:
            rows.append(("not done", "money reconciled", "", "bad"))
        else:
            kind = "bad" if found.difference else "good"
            rows.append((whole(found.difference), "difference", "money reconciled to the unit", kind))
        rows.append((whole(head.transactions), "transactions", f"in {whole(head.blocks)} blocks", ""))
        made = "".join(
            f'<div class="tile {kind}"><b>{number}</b><span>{text(what)}</span>'
            f"<small>{text(more)}</small></div>"
            for number, what, more, kind in rows
        )
        return f'<div class="tiles">{made}</div>'

    # ------------------------------------------------------------ markets

    def prices(self) -> str:
        """A drawing for each market."""
        cards = [
            card(f"{market.name}: {self._fall(market)}", self.charts.prices(market))
            for market in self.figures.markets
        ]
        return section(
            "prices",
            "What venues said, what the router believed, where auctions cleared",
            "<p>Lines are the last trade of each venue. The router takes the weighted median of reports "
            "that the venues' publishers sign, "
            "and tells a range that its sources span; dots are prices at which auctions cleared. The strip "
            "is the router's status: "
            "on STALE prices nobody opens a position and nobody is liquidated.</p>",
            *cards,
        )

    def _fall(self, market: MarketFigures) -> str:
        low, decimals = market.lowest.get("router"), self.figures.decimals
        heard = [(market.lowest[one].value, one) for one in market.venues if one in market.lowest]
        if not low or not heard:
            return "no price"
        lowest, name = min(heard)
        return (
            f"{venue(name)} as low as {price(lowest, decimals)}, "
            f"the router no lower than {price(low.value, decimals)}"
        )

    def spread(self) -> str:
        """Of markets with more than one venue."""
        several = [market for market in self.figures.markets if len(market.venues) > 1]
        if not several:
            return ""
        single = [market.name for market in self.figures.markets if len(market.venues) == 1]
        alone = (
            f" {' and '.join(single)} {'have' if len(single) > 1 else 'has'} one venue only."
            if single
            else ""
        )
        return section(
            "spread",
            "How far the venues were apart",
            "<p>The distance between the lowest and the highest of the venues' last trades. An exchange "
            "that believed one venue would have "
            f"liquidated accounts that were solvent on the others.{alone}</p>",
            *(
                card(
                    f"{market.name}: {', '.join(map(venue, market.venues))}",
                    self.charts.spread(market),
                )
                for market in several
            ),
        )

    def trading(self) -> str:
        """Volume, auctions, open interest, funding."""
        return section(
            "trading",
            "Volume, open interest, funding",
            pair(
                card("Volume a minute", self.charts.volume()),
                card("Auctions that traded, a minute", self.charts.auctions()),
            ),
            pair(
                card("Open interest, what one side is worth", self.charts.interest()),
                card("Funding, rate of 8 hours", self.charts.funding()),
            ),
        )

    # ------------------------------------------------------------ accounts

    def groups(self) -> str:
        """Who won and who lost."""
        if not self.figures.groups:
            return ""
        return section(
            "groups",
            "Who won, who lost",
            "<p>Equity is collateral and the worth of positions at the mark, as the exchange itself tells "
            "it, and what shares of the vault are worth to their owners, at its low net assets.</p>",
            pair(
                card("Equity of each group", self.charts.equity()),
                card("Won or lost since the beginning", self.charts.results()),
            ),
            card("At the end", tables.groups(self.figures)),
        )

    def waterfall(self) -> str:
        """Stage by stage."""
        fall, decimals = self.figures.waterfall, self.figures.decimals
        said = (
            f"<p>{count(fall.accounts, 'account')} came below their margin. The auction comes first: a "
            "reduce-only order at no worse than what the account can "
            "bear. What it does not take the backstop takes at a discount; insurance pays what an account "
            "owes; then profitable accounts on the other side are reduced "
            f"by rank; what is left all positions bear. Penalties: {money(fall.penalties, decimals)}; tips "
            f"to keepers: {money(fall.tips, decimals)}; "
            f"orders by which the backstop gave its positions back: {whole(fall.unwound)}.</p>"
        )
        return section(
            "waterfall",
            "The waterfall, stage by stage",
            said,
            card("Positions by who took them, worth a minute", self.charts.worths()),
            card("Deficits by who paid them, a minute", self.charts.deficits()),
            card("All stages", tables.stages(self.figures)),
        )

    def deleveraging(self) -> str:
        """Beside what is public of another exchange, where the window has the same minutes."""
        first, last = HYPERLIQUID
        if self.figures.run.end <= first or self.figures.run.start >= last:
            return ""
        return section(
            "deleveraging",
            "Deleveraging beside Hyperliquid\N{RIGHT SINGLE QUOTATION MARK}s same hour",
            "<p>Facts from Hyperliquid\N{RIGHT SINGLE QUOTATION MARK}s public node data of that evening. "
            "The two are not the same thing: there, real accounts and all coins; here, a "
            "simulated population on a few of them, with positions that the seed chose. Proportions can be "
            "looked at side by side, sizes cannot.</p>",
            card("Side by side", tables.beside_hyperliquid(self.figures)),
        )

    def purses(self) -> str:
        """Vault and insurance."""
        purses, decimals = self.figures.purses, self.figures.decimals
        said = (
            f"<p>Liquidity providers put {money(purses.deposited, decimals)} into the vault and asked for "
            f"it back {count(purses.requests, 'time')}; "
            f"{money(purses.withdrawn, decimals)} left it. The insurance fund had "
            f"{money(purses.contributed, decimals)} contributed and "
            f"{money(purses.staked, decimals)} staked, and paid {money(purses.drawn, decimals)}.</p>"
        )
        return section(
            "purses",
            "Vault and insurance",
            said,
            pair(card("Vault, net assets", self.charts.vault()), card("Insurance fund", self.charts.fund())),
        )

    # ------------------------------------------------------------ machinery

    def gas(self) -> str:
        """Per action."""
        return section(
            "gas",
            "Gas by action",
            "<p>From receipts. A transaction that runs a due auction on its way pays for it, so the "
            "largest are auctions too.</p>",
            card("Calls", tables.gas(self.figures)),
        )

    def keepers(self) -> str:
        """What they did, spent and how fast they were."""
        parts = [card("Keys", tables.keepers(self.figures))]
        if self.figures.machine:
            parts.append(
                card(
                    "Measured on this machine",
                    "<p>Wall-clock figures: the only ones that another run with the same seed has "
                    "differently.</p>",
                    tables.machine(self.figures),
                )
            )
        if self.figures.refusals:
            shown = tables.refusals(self.figures)
            parts.append(
                f"<details><summary>Why {whole(sum(self.figures.refusals.values()))} transactions of "
                f"traders were refused</summary>{shown}</details>"
            )
        return section("keepers", "Keepers", *parts)

    def money(self) -> str:
        """To the unit."""
        found, decimals = self.figures.reconciliation, self.figures.decimals
        if found is None:
            return ""
        unsettled = f", {whole(found.unsettled)} of them with fills that nobody has settled yet"
        said = (
            f"<p>Read at block {whole(found.block)}, {utc(found.time)} UTC, over {whole(found.accounts)} "
            f"accounts with {whole(found.positions)} open positions{unsettled if found.unsettled else ''}. "
            f"Rounding has left {text(found.rounding)} in the house, never against it; it can be no more "
            f"than {whole(found.rounding_limit)} units of the token, one for each settlement.</p>"
        )
        return section(
            "money",
            "Where the money is",
            said,
            card("Two ways to each number", tables.reconciliation(found, decimals)),
            card("Holders", tables.holders(found, decimals)),
        )

    def again(self) -> str:
        """How to have the same report again."""
        run = self.figures.run
        clean = "" if run.clean else " with contracts changed since"
        options = text(json.dumps(dict(run.options), sort_keys=True))
        return section(
            "again",
            "Run it again",
            f"<p>Commit <code>{text(run.commit)}</code>{clean}, seed {run.seed}, prices of "
            f"{text(run.data)}. The same seed gives the same figures, apart from those measured on this "
            "machine.</p>",
            f"<pre><code>{text(run.command)}</code></pre>",
            f"<p>Options: <code>{options}</code>. All numbers of this page, and more: "
            "<code>figures.json</code> beside it.</p>",
        )
