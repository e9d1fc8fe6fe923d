"""What must always hold of the waterfall, read from the chain alone: the model is not asked.

The laws have the numbers and names of the list that auditors go by, 16 to 26, beside custody and the sum of
all money. A stage is held against the same world with its auction run and its accounts settled, but without
the stage: what it did is the difference.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from tests.support.liquidation import LiquidationPair
from walras.devtools.evm import Event, Reverted, address
from walras.model.actions import Status

PPM: Final = 10**6
PASSER_BY: Final = address(0x9A55)
SLACK: Final = 4
"""Token units, of roundings of a price, two fees and a margin."""
LIQUIDATES: Final = ("liquidate", "take_over", "deleverage")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that is about to be called, and the world without it."""

    name: str
    account: int
    market: int
    equity: int  # at the marks, with what is held of penalties
    owed: int  # what it lacks at the marks, with what is held of penalties
    kindest: int
    initial: int
    maintenance: int
    is_doubtful: bool
    mark: int
    index: int
    backing: int
    """Equity at the marks, with what is held of this market's penalty."""
    most: int
    """Nominees of a deleveraging."""
    maintenance_ppm: int
    one: int
    unit: int
    lots: dict[int, int]  # in the market, of the account, the backstop and the nominees
    held: int
    """Of its penalties, in its equity."""
    profits: dict[int, int]
    bears: dict[int, tuple[int, int]]
    lost: int  # by the account's position, once what is owed for funding is paid
    nominees: tuple[int, ...]
    open: tuple[int, int]  # positions held long and short
    keeper: int
    rewards: int  # what the keeper has
    spare: int  # what the account has that may be paid out of
    capacity: int  # of the insurance, for the market
    unborne: int  # of its deficit, what nominees before could not bear
    is_backstop: bool

    def worth(self, lots: int) -> Fraction:
        """Lots at the mark."""
        return Fraction(lots * self.mark, self.one)


class AuditedLiquidationPair(LiquidationPair):
    """An exchange with a waterfall whose every action is audited, beside the comparison with the model."""

    audited = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.bookings = 0
        self.socialised = 0
        self.checked: Counter[str] = Counter()
        self._subject: Stage | None = None
        self.ordered: set[tuple[int, int]] = set()
        """Accounts and markets that ever had a liquidation's order."""
        self.where: dict[int, set[int]] = {}
        """Markets whose trades took something from accounts."""
        self._held_by: dict[tuple[int, int], Any] = {}
        super().__init__(*args, **kwargs)

    def _stage(self, name: str, keeper: str, account: int, *more: int) -> bool:
        self.accounts |= {account, int(keeper, 16) << 8}
        subject = more if name != "resolve" else (self.engine.owing(account),)
        self._subject = self._look(name, keeper, account, *subject)
        try:
            return super()._stage(name, keeper, account, *more)
        finally:
            self._subject = None

    def _both(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> tuple[Any, Any] | None:
        gate, paused, insured = self.engine.gate(), self.engine.pauses()[1], self._insured()
        both = super()._both(contract, reference)
        if both is not None and self.audited:
            events = self.events
            self._note(events)
            covered = [event.args for event in self.told if event.name == "Covered"]
            self._held_by = self._positions()
            self._check("inv_02_money_is_conserved", self._money)
            self._check("inv_03_lots_sum_to_zero", self._lots)
            self._check("inv_21_insurance_pays_deficits_alone", lambda: self._insurance(insured, covered))
            self._check("gate", lambda: self._gated(events, gate, paused, covered))
            self._check("penalties_held", self._held)
            if self._subject:
                self._after(self._subject)
        return both

    def _check(self, name: str, law: Callable[[], None]) -> None:
        try:
            law()
        except AssertionError as found:
            raise AssertionError(f"{name}: {found}") from found
        self.checked[name] += 1

    def _note(self, events: Sequence[Event]) -> None:
        self.ordered |= {(told["account"], told["market"]) for told in self._told("Liquidated")}
        for event in events:
            self.bookings += event.name == "Booked"
            if event.name == "Booked":
                words = event.args
                if words["realised"] < words["fee"] + words["funding"]:
                    self.where.setdefault(words["account"], set()).add(words["market"])
            if event.name == "Socialised":  # each lot bears a whole unit of a lot price
                sums = self.engine.open_interest(event.args["market"])
                self.socialised += 1 + sum(sums[2:]) // 2 ** self.engine.market(event.args["market"])[3]

    # ------------------------------------------------------------ looking

    def _look(self, name: str, keeper: str, account: int, market: int, *more: int) -> Stage | None:
        if not self.audited or name not in (*LIQUIDATES, "cancel_orders", "nominate", "resolve"):
            return None
        kept = self.evm.snapshot()
        try:
            return self._world(name, keeper, account, market, *more)
        except Reverted:
            return None  # an auction cannot run, so that nothing can be done
        finally:
            self.evm.revert(kept)

    def _world(self, name: str, keeper: str, account: int, market: int, *more: int) -> Stage | None:
        engine, liquidation = self.engine, self.liquidation
        for at in [market] if name != "resolve" else engine.markets_of(account):
            due = engine.mark(at)[6]
            if due and self.evm.time >= due:
                engine.run_auction(at, sender=PASSER_BY)
        engine.sync(account, sender=PASSER_BY)
        held = [at for at in engine.markets_of(account) if engine.position(account, at)[0]]
        if name != "resolve" and not held and liquidation.pending(account, market)[0]:
            return None  # to conclude its order would resolve it too
        if name != "resolve":
            with suppress(Reverted):  # where there is something to conclude
                liquidation.collect(account, market, sender=PASSER_BY)
        backstop = liquidation.backstop()
        until, ranked = liquidation.nominees(account, market)
        nominees = tuple(who for who, _ in ranked) if name == "deleverage" and until else more
        others = {backstop} if name == "take_over" else set(nominees)
        others = {other for other in others if other in self.accounts}
        for other in others:
            engine.sync(other, sender=PASSER_BY)
        equity, initial, maintenance = engine.margin_of(account)
        held = self._held_of(account)
        worth, mark = engine.worth(account), engine.mark(market)
        is_doubtful = bool(worth[4] & Status.DEGRADED)
        there = {account, *others}
        return Stage(
            name=name,
            account=account,
            market=market,
            equity=equity + held,
            held=held,
            owed=max(0, -equity - held),
            kindest=(max(equity, worth[1]) if is_doubtful else equity) + held,
            initial=initial,
            maintenance=maintenance,
            is_doubtful=is_doubtful,
            mark=mark[0],
            index=mark[1],
            backing=max(0, equity + liquidation.pending(account, market)[2]),
            most=more[0] if name == "deleverage" else 0,
            maintenance_ppm=mark[8],
            one=2 ** engine.market(market)[3],
            unit=engine.market(market)[2],
            lots={one: engine.position(one, market)[0] for one in there},
            profits={one: engine.valuation(one, market)[3] for one in there},
            bears={one: self._bears(one, market) for one in there},
            lost=-sum(engine.valuation(account, market)[2:4]),
            nominees=tuple(one for one in nominees if one in others),
            open=tuple(engine.open_interest(market)[2:]),
            keeper=int(keeper, 16) << 8,
            rewards=engine.collateral(int(keeper, 16) << 8),
            spare=max(0, engine.collateral(account)),
            capacity=self.insurer.draw_capacity(market),
            unborne=self.unborne_of(account),
            is_backstop=account == backstop,
        )

    def _bears(self, nominee: int, market: int) -> tuple[int, int]:
        """What it can bear of a deficit, and with what is held of its penalties: profit, and equity."""
        profit, equity = self.engine.valuation(nominee, market)[3], self.engine.margin_of(nominee)[0]
        return max(0, min(profit, equity)), max(0, min(profit, equity + self._held_of(nominee)))

    def _held_of(self, account: int) -> int:
        """Of its penalties, what waits for an order's outcome."""
        return sum(self.liquidation.pending(one, at)[2] for one, at in self.ordered if one == account)

    def _positions(self) -> dict[tuple[int, int], Any]:
        """What accounts have in the markets that they are in, and what auctions did to their orders since."""
        return {
            (account, market): (
                self.engine.position(account, market),
                self.books[market].preview_sync(account)[0],
            )
            for account in self.accounts
            for market in self.engine.markets_of(account)
        }

    def _insured(self) -> int:
        return int(self.insurer.reserve() + self.insurer.pot())

    # ------------------------------------------------------------ laws of every step

    def _money(self) -> None:
        """Collateral, cash, funding and what is borne for others are the money that came in, but for dust."""
        engine = self.engine
        worth = Fraction(sum(engine.collateral(account) for account in self.accounts))
        prices = {}
        for market in range(len(self.books)):
            mark, index = engine.mark(market)[0], engine.funding_of(market)[0]
            prices[market] = mark - index, engine.losses_of(market)[0], 2 ** engine.market(market)[3]
        for (_, market), (held, fills) in self._held_by.items():
            lots, cash, basis = held[:3]
            price, losses, one = prices[market]
            filled = fills[1] * self.model.markets[market].units[fills[5]] if fills[0] or fills[1] else 0
            value = (lots + fills[0]) * price  # sums to nothing until a settlement closes one side
            worth += cash + filled + Fraction(value + basis + fills[2] - abs(lots) * losses, one)
        dust = engine.tracked() + engine.bad_debt() - worth
        assert 0 <= dust <= self.bookings + self.socialised + len(self._held_by), float(dust)
        assert self.token.balanceOf(engine.address) == engine.tracked()

    def _lots(self) -> None:
        """What one is long another is short, and the sums that the engine keeps are those of all accounts."""
        for market in range(len(self.books)):
            here = [(held[0], fills[0]) for (_, at), (held, fills) in self._held_by.items() if at == market]
            lots = sum(held + filled for held, filled in here)
            assert lots == 0 or self.engine.losses_of(market)[1], lots
            sums = sum(max(0, held) for held, _ in here), sum(max(0, -held) for held, _ in here)
            assert sums == tuple(self.engine.open_interest(market)[2:]), market

    def _insurance(self, before: int, covered: Sequence[dict[str, Any]]) -> None:
        """It falls by what the waterfall records, and by nothing else."""
        now = self._insured()
        paid = sum(one["insured"] for one in covered)
        assert now >= 0
        assert before - now == paid or (not paid and now >= before), (before, now, paid)
        assert self.token.balanceOf(self.insurer.address) == now

    def _gated(
        self, events: Sequence[Event], gate: int, paused: bool, covered: Sequence[dict[str, Any]]
    ) -> None:
        """What others bear stops withdrawals, for an hour a day at most, and the guardian for a day, once.

        Nothing leaves while they are.
        """
        for event in events:
            if event.name in {"Withdrawn", "Transferred"}:
                assert self.evm.time >= gate, event
        now = self.engine.gate()
        if any(one["socialised"] for one in covered):
            opened = gate if self.evm.time < gate + 86_400 else self.evm.time + 3_600
            assert now == opened, (now, opened)
        elif self.engine.pauses()[1] and not paused:
            assert now == max(gate, self.evm.time + 86_400), (now, gate)
        else:
            assert now == gate

    def _held(self) -> None:
        """The waterfall's own account has the penalties whose outcome is open, and nothing else."""
        held = sum(self.liquidation.pending(account, market)[2] for account, market in self.ordered)
        assert self.engine.collateral(self.own) == held, (self.engine.collateral(self.own), held)

    # ------------------------------------------------------------ laws of a stage

    def _after(self, stage: Stage) -> None:
        laws = [name for name in dir(self) if name.startswith("inv_")]
        for name in laws:
            self._check(name, lambda name=name: getattr(self, name)(stage))

    def _told(self, name: str) -> list[dict[str, Any]]:
        return [event.args for event in self.told if event.name == name]

    def inv_16_only_below_margin(self, stage: Stage) -> None:
        """A stage is called for an account below the margin that it asks for, everything settled."""
        if stage.name in LIQUIDATES:
            assert stage.kindest < stage.maintenance, (stage.kindest, stage.maintenance)
        if stage.name == "cancel_orders":
            assert stage.kindest < stage.initial, (stage.kindest, stage.initial)
        if stage.name == "resolve":
            assert stage.owed > 0 == stage.maintenance

    def inv_17_ratio_does_not_fall(self, stage: Stage) -> None:
        """Lots fall, the side stays, and no less equity is left for a unit of maintenance margin.

        Who has nothing left trades at the mark, and pays the fees of that alone.
        """
        for told in self._told("Liquidated"):
            lots, held = told["lots"], stage.lots[stage.account]
            assert 0 < -lots <= held or 0 < lots <= -held, (held, lots)
            settings = self.engine.market_settings(stage.market)
            sharing = self.engine.sharing_of(stage.account)
            price = abs(lots) * told["tick"] * stage.unit
            fee = ceil(Fraction(price * settings[7], PPM)) + ceil(Fraction(price * sharing[2], PPM))
            loss = stage.worth(abs(lots)) - price if lots < 0 else price - stage.worth(abs(lots))
            if stage.equity <= stage.held:  # of penalties elsewhere, which back nothing here
                fee = 0
                assert told["held"] == 0, told
            freed = stage.worth(abs(lots)) * stage.maintenance_ppm / PPM
            self._kept(stage, stage.equity - told["held"] - loss - fee, stage.maintenance - freed)
            if self.engine.mark(stage.market)[6]:  # the order waits: nothing is lost by it
                equity, _, maintenance = self.engine.margin_of(stage.account)
                assert equity + self._held_of(stage.account) == stage.equity, (equity, stage.equity)
                assert maintenance == stage.maintenance, (maintenance, stage.maintenance)
        for told in self._told("Collected"):
            assert told["filled"] or not told["penalty"] + told["tip"], told
        if self._told("TakenOver") or self._told("Deleveraged"):
            held, left = stage.lots[stage.account], self.engine.position(stage.account, stage.market)[0]
            assert 0 <= left < held or held < left <= 0, (held, left)
        if self._told("TakenOver") and self.engine.markets_of(stage.account):
            equity, _, maintenance = self.engine.margin_of(stage.account)
            self._kept(stage, Fraction(equity + self._held_of(stage.account)), Fraction(maintenance))

    @staticmethod
    def _kept(stage: Stage, equity: Fraction, maintenance: Fraction) -> None:
        """Against the equity at the marks. Of one that has less than nothing no more is taken."""
        if stage.equity <= 0:
            assert equity >= stage.equity - SLACK, (stage.equity, float(equity))
        else:
            fair = Fraction(stage.equity, stage.maintenance) * maintenance
            assert equity >= fair - SLACK, (float(equity), float(fair), stage)

    def inv_18_no_dust(self, stage: Stage) -> None:
        """An order, and a take-over, leave nothing, or what is worth having."""
        smallest = self.liquidation.settings(stage.market)[4]
        for name in ("Liquidated", "TakenOver"):
            for told in self._told(name):
                left = abs(stage.lots[stage.account]) - abs(told["lots"])
                assert left == 0 or stage.worth(left) >= smallest, left

    def inv_19_rewards_are_paid_for(self, stage: Stage) -> None:
        """Of what an account loses a keeper has a part, up to a cap; out of the pot less than a fee."""
        settings = self.liquidation.settings(stage.market)
        earned = sum(event.args["amount"] for event in self.events if event.name == "Tipped")
        for told in self._told("Liquidated"):
            assert told["held"] <= max(0, stage.equity), (told, stage.equity)
        for told in self._told("Collected"):
            assert told["tip"] <= min(settings[2], told["penalty"]), told
            if self._told("Liquidated") and not self.engine.mark(stage.market)[6]:  # at once
                earned += told["tip"]
        if stage.name == "cancel_orders" and not stage.is_backstop:
            earned += min(settings[2] // 10, stage.spare // 100)
        taken = sum(abs(told["lots"]) for told in self._told("TakenOver") + self._told("Deleveraged"))
        taker_ppm = self.engine.market_settings(stage.market)[7]
        earned += min(settings[2], int(stage.worth(taken) * taker_ppm / (10 * PPM)))
        parties = {stage.account, *stage.lots, self.model.tip_account}
        if stage.keeper not in parties and not any(event.name == "Shared" for event in self.events):
            gained = self.engine.collateral(stage.keeper) - stage.rewards
            assert 0 <= gained <= earned, (gained, earned)

    def inv_20_deficits_do_not_stay(self, stage: Stage) -> None:
        """Who ends without a position ends with no less than nothing, and what it lacked is recorded."""
        if stage.name in {"resolve", "take_over", "deleverage"}:
            account = stage.account
            markets = self.engine.markets_of(account)
            if not any(self.engine.position(account, market)[0] for market in markets):
                closed = [at for at in markets if 0 < self.engine.mark(at)[6] <= self.evm.time]
                waits = closed or self._held_of(account)
                assert self.engine.collateral(account) >= 0 or waits, self.engine.collateral(account)
        if stage.name == "resolve":
            (told,) = self._told("Covered")
            assert told["insured"] + told["socialised"] == stage.owed, (told, stage.owed)
            assert told["market"] in self.where[stage.account], (told, self.where[stage.account])

    def inv_23_insurance_comes_first(self, stage: Stage) -> None:
        """Nobody else bears a deficit, or gives up a profit for it, while the fund would pay."""
        for told in self._told("Covered") + self._told("Deleveraged"):
            bears = told.get("price", stage.mark) - stage.mark
            taken = sum(one["lots"] for one in self._told("Deleveraged"))
            if stage.most and stage.most < 8 and taken < abs(stage.lots[stage.account]):
                continue  # what the fund has is for the others as well: inv_24 asks for the part
            if told.get("socialised") or bears * stage.lots.get(stage.account, 0) > 0:
                assert self.insurer.draw_capacity(told["market"]) == 0
                assert self.insurer.engine().lower() == self.liquidation.address.lower()

    def inv_24_haircuts(self, stage: Stage) -> None:
        """Lots that are taken bear their part of the deficit, and no more: insurance first, then nominees.

        All lots the same, but that nobody bears more than his profit, or than he has, and lots are worth
        nothing at least.
        """
        done = self._told("Deleveraged")
        if stage.name != "deleverage":
            assert not done
            return
        paid = sum(told["insured"] for told in self._told("Covered"))
        if not done:
            assert paid == 0, paid
            return
        held, lots = abs(stage.lots[stage.account]), sum(told["lots"] for told in done)
        sign = 1 if stage.lots[stage.account] > 0 else -1
        margin = ceil(stage.worth(held) * stage.maintenance_ppm / PPM)
        whose = max(0, stage.owed - stage.unborne)  # what others could not bear is not for who comes later
        part_of_it = floor(Fraction(whose * margin, stage.maintenance))
        owed = min(part_of_it, max(0, stage.lost))
        part = ceil(Fraction(owed * lots, held))
        # for a part of the nominees the fund pays a part of what it has
        in_parts = lots < held and stage.most < 8
        least_paid = min(part, stage.capacity * lots // (held if in_parts else lots))
        assert least_paid <= paid, (part, paid)  # more where what is left is insured too
        haircut = Fraction(max(0, part - (paid if in_parts else stage.capacity)), lots)
        # the index where that is worse for the account, as far as it can bear it
        gap = Fraction(max(0, sign * (stage.mark - stage.index)), stage.one)
        backs = floor(Fraction(floor(Fraction(stage.backing * margin, stage.maintenance)) * lots, held))
        gap = min(gap, Fraction(backs, lots))
        highest = haircut if sign > 0 else min(haircut, Fraction(stage.mark, stage.one))
        borne = Fraction(0)
        for told in done:
            profit = stage.profits[told["nominee"]]
            bears = stage.bears[told["nominee"]]
            least, most = (min(highest, Fraction(one, told["lots"])) for one in bears)
            off, slack = (
                Fraction(sign * (told["price"] - stage.mark), stage.one) + gap,
                Fraction(1, stage.one),
            )
            assert least - slack <= off <= most + slack, (told, float(least), float(most), float(off))
            assert off * told["lots"] <= profit, (told, profit)
            borne += off * told["lots"]
        assert borne <= haircut * lots + Fraction(lots, stage.one), (part, float(borne))
        if borne < haircut * lots and highest == haircut:  # others bear something
            for told in done:
                is_all = told["lots"] == abs(stage.lots[told["nominee"]])
                off = Fraction(sign * (told["price"] - stage.mark), stage.one) + gap
                kept = stage.bears[told["nominee"]][0] - off * told["lots"]
                assert is_all or kept <= haircut + 1, (told, float(kept))

    def inv_25_in_rank_order(self, stage: Stage) -> None:
        """Nominees from the highest score, on the other side with a profit; others keep what they had."""
        done = [told["nominee"] for told in self._told("Deleveraged")]
        places = [stage.nominees.index(nominee) for nominee in done]
        assert places == sorted(set(places)), places
        for told in self._told("Deleveraged"):
            nominee = told["nominee"]
            assert stage.lots[nominee] * stage.lots[stage.account] < 0, hex(nominee)
            assert stage.profits[nominee] > 0, hex(nominee)
            now = abs(self.engine.position(nominee, stage.market)[0])
            assert now == abs(stage.lots[nominee]) - told["lots"], hex(nominee)
        if stage.name == "nominate":
            smallest = self.liquidation.settings(stage.market)[4]
            (size,) = (abs(stage.lots[nominee]) for nominee in stage.nominees)
            assert size >= abs(stage.lots[stage.account]) or stage.worth(size) >= smallest, size
            _, ranked = self.liquidation.nominees(stage.account, stage.market)
            scores = [score for _, score in ranked]
            assert scores == sorted(scores, reverse=True)
            assert len(scores) <= 8
            assert len({who for who, _ in ranked}) == len(ranked)

    def inv_26_open_interest_falls_alike(self, stage: Stage) -> None:
        """On both sides by what is deleveraged."""
        lots = sum(told["lots"] for told in self._told("Deleveraged"))
        if stage.name == "deleverage":
            kept = self.evm.snapshot()
            for nominee in stage.nominees:  # those too who were not needed: what they traded before is booked
                self.engine.sync(nominee, sender=PASSER_BY)
            long, short = self.engine.open_interest(stage.market)[2:]
            self.evm.revert(kept)
            assert (stage.open[0] - long, stage.open[1] - short) == (lots, lots)
