"""The waterfall as events tell it: who came to which stage, when, and what it was worth."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

from walras.chain.bindings import liquidation_engine as liquidation
from walras.chain.bindings import perp_engine as engine
from walras.demo.figures import STAGES, Columns, StageFigures, WaterfallFigures
from walras.demo.ledger import Ledger, MarketRules
from walras.demo.series import Minutes

MOST_INCIDENTS: Final = 4_000


class Fall:
    """Hears events of liquidation engine and engine. What is not sold at a price is worth the last mark."""

    def __init__(
        self,
        span: tuple[int, int],
        ledger: Ledger,
        rules: Mapping[int, MarketRules],
        names: Mapping[int, str],
    ) -> None:
        self._ledger, self._rules, self._names = ledger, rules, names
        self._minutes = {stage: Minutes(*span, ("count", "amount")) for stage in STAGES}
        self._counts: Counter[tuple[str, int]] = Counter()
        self._amounts: Counter[tuple[str, int]] = Counter()
        self._who: dict[tuple[str, int], set[int]] = defaultdict(set)
        self._first: dict[str, int] = {}
        self._incidents: list[Mapping[str, Any]] = []
        self.liquidated: set[int] = set()
        self.deleveraged: set[int] = set()
        self.penalties = self.tips = self.unwound = self.given_up = 0
        self._below_zero: set[int] = set()
        self.news: list[str] = []
        """What was heard since somebody emptied it."""

    def hear(self, event: Any, time: int) -> None:
        """One event, decoded."""
        match event:
            case liquidation.Cancelled():
                self._note(time, "cancelled", event.market, event.account, 0, 0)
            case liquidation.Liquidated():
                self.liquidated.add(event.account)
                self._note(
                    time,
                    "liquidated",
                    event.market,
                    event.account,
                    event.lots,
                    self._at_mark(event.market, event.lots),
                )
            case liquidation.Collected():
                self.penalties += event.penalty
                self.tips += event.tip
                if event.filled:
                    worth = self._at_mark(event.market, event.filled)
                    self._note(time, "filled", event.market, event.account, event.filled, worth)
            case liquidation.TakenOver():
                worth = self._rules[event.market].worth(event.lots, event.price)
                self._note(time, "taken_over", event.market, event.account, event.lots, worth)
            case liquidation.Covered():
                self._below_zero.add(event.account)
                if event.insured:
                    self._note(time, "insured", event.market, event.account, 0, event.insured)
            case liquidation.Deleveraged():
                self.deleveraged.add(event.nominee)
                worth = self._rules[event.market].worth(event.lots, event.price)
                gap = abs(worth - self._at_mark(event.market, event.lots))
                self.given_up += gap
                if gap:
                    self._below_zero.add(event.account)
                self._note(time, "deleveraged", event.market, event.account, event.lots, worth, event.nominee)
            case liquidation.Unwound():
                self.unwound += 1
            case engine.Socialised():
                stage = "socialised" if event.is_borne else "bad_debt"
                self._note(time, stage, event.market, event.account, 0, event.amount)
            case _:
                pass

    def reach(self, time: int) -> None:
        """There are minutes up to this time."""
        for minutes in self._minutes.values():
            minutes.reach(time)

    def totals(self) -> dict[str, tuple[int, int]]:
        """By stage: how many, amount."""
        return {
            stage: (
                sum(count for (name, _), count in self._counts.items() if name == stage),
                sum(amount for (name, _), amount in self._amounts.items() if name == stage),
            )
            for stage in STAGES
        }

    def figures(self) -> WaterfallFigures:
        """All of it."""
        stages = [
            StageFigures(
                name,
                stage,
                self._counts[stage, market],
                len(self._who[stage, market]),
                self._amounts[stage, market],
            )
            for market, name in sorted(self._names.items())
            for stage in STAGES
        ]
        minutes: dict[str, Columns] = {stage: table.columns for stage, table in self._minutes.items()}
        return WaterfallFigures(
            stages=stages,
            minutes=minutes,
            first=dict(sorted(self._first.items())),
            penalties=self.penalties,
            tips=self.tips,
            unwound=self.unwound,
            accounts=len(set().union(*self._who.values())),
            below_zero=len(self._below_zero),
            given_up=self.given_up,
            incidents=self._incidents,
        )

    # ------------------------------------------------------------ inside

    def _at_mark(self, market: int, lots: int) -> int:
        return self._rules[market].worth(lots, self._ledger.marks.get(market, 0))

    def _note(
        self,
        time: int,
        stage: str,
        market: int,
        account: int,
        lots: int,
        amount: int,
        other: int | None = None,
    ) -> None:
        self._counts[stage, market] += 1
        self._amounts[stage, market] += amount
        self._who[stage, market].add(account)
        self._first.setdefault(stage, time)
        self._minutes[stage].add(time, count=1, amount=amount)
        if stage in ("cancelled", "filled"):
            return
        incident: dict[str, Any] = {
            "time": time,
            "market": self._names[market],
            "stage": stage,
            "account": hex(account),
            "lots": lots,
            "amount": amount,
        }
        if other is not None:
            incident["other"] = hex(other)
        if len(self._incidents) < MOST_INCIDENTS:
            self._incidents.append(incident)
        self.news.append(
            f"{stage.replace('_', ' ')} {self._names[market]} "
            f"{account >> 8 & 0xFFFFFF:06x}\N{HORIZONTAL ELLIPSIS}"
        )
