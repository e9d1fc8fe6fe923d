"""Auctions, liquidations, and the ends of markets."""

from functools import partial

from walras.audit.chain import call, slot_of
from walras.audit.hand import Hand, name
from walras.audit.story import Step
from walras.audit.system import (
    DAY,
    KEEPERS,
    MARKETS,
    ROUTER_GUARD,
    STRANGER,
)


class Keepers(Hand):
    """Auctions, liquidations, and the ends of markets."""

    def auction(self) -> Step | None:
        """An auction, most often one that is due, with a price of after its close."""
        market = self.random.randrange(2) if self.random.random() < 0.95 else 2
        here = self.state.market(market)
        who = self.random.choice((*KEEPERS, STRANGER))
        step = self.engine(
            "auction", who, f"auction in {market}", "run_auction(uint256)", market, market=market
        )
        if here.due > self.chain.time and self.random.random() < 0.9:
            step.wait = here.due - self.chain.time + self.random.choice((0, 1, 1, 2))
            step.prices = self.prices.after(step.wait, self.chain.time + step.wait)
        return step

    def sync(self) -> Step | None:
        """Somebody is settled by anyone."""
        account = self.random.choice(self.system.accounts)
        return self.engine(
            "sync", STRANGER, f"sync {name(account)}", "sync(uint256)", account, account=account
        )

    def record(self) -> Step | None:
        """A price is recorded by anyone."""
        market = self.market()
        return self.to(
            "record", STRANGER, "router", f"record {market}", "record(uint256)", market, market=market
        )

    def sick(self) -> tuple[int, int, int, int] | None:
        """Somebody below maintenance margin: account, market of its largest position, equity, margin."""
        accounts = [*self.system.traded, self.system.backstop, self.system.vault_account]
        self.random.shuffle(accounts)
        for account in accounts:
            equity, maintenance = self.state.health(account)
            if maintenance and equity < maintenance:
                markets = {number: self.state.market(number) for number in range(len(MARKETS))}
                held = {
                    number: abs(self.state.lots(account, number))
                    * markets[number].mark
                    // markets[number].one
                    for number in markets
                }
                return account, max(held, key=lambda number: held[number]), equity, maintenance
        return None

    def liquidate(self) -> Step | None:
        """A stage of the waterfall for somebody who is to be liquidated, or who is not."""
        random = self.random
        found = self.sick()
        if found is None:
            if random.random() < 0.85:
                return None
            account, market = self.trader(), self.market()
            kind = random.choice(("cancel_orders", "liquidate", "take_over"))
        else:
            account, market, equity, maintenance = found
            kind = "liquidate"
            if random.random() < 0.15:
                kind = random.choice(("cancel_orders", "take_over"))
            elif 3 * equity < 2 * maintenance and random.random() < 0.8:
                kind = "take_over"
        keeper = random.choice(KEEPERS)
        if kind == "take_over":
            held = abs(self.state.lots(account, market))
            part = random.choice((held, held, max(1, held // 3)))
            if random.random() < 0.6:
                for nominee in self._others(account, market):
                    self.queue.append(partial(self.nominate, account, market, nominee))
                self.queue.append(partial(self.deleverage, account, market))
            return self.to(
                kind,
                keeper,
                "liquidation",
                f"backstop takes {part} of {name(account)} in {market}",
                "take_over(uint256,uint256,uint256)",
                account,
                market,
                part,
                account=account,
                market=market,
            )
        return self.to(
            kind,
            keeper,
            "liquidation",
            f"{kind} {name(account)} in {market}",
            f"{kind}(uint256,uint256)",
            account,
            market,
            account=account,
            market=market,
        )

    def _others(self, account: int, market: int) -> list[int]:
        """Accounts on the other side of a position."""
        lots = self.state.lots(account, market)
        accounts = (*self.system.traded, self.system.vault_account)
        found = [
            one for one in accounts if self.state.lots(one, market) * lots < 0 or self.random.random() < 0.05
        ]
        self.random.shuffle(found)
        return found[:4]

    def nominate(self, account: int, market: int, nominee: int) -> Step | None:
        """Somebody on the other side, or not."""
        return self.to(
            "nominate",
            KEEPERS[0],
            "liquidation",
            f"nominate {name(nominee)} for {name(account)} in {market}",
            "nominate(uint256,uint256,uint256)",
            account,
            market,
            nominee,
            account=account,
            market=market,
        )

    def deleverage(self, account: int, market: int) -> Step | None:
        """After the nominations, at the price of then; now and then the first nominee alone."""
        wait = self.random.choice((31, 31, 45, 10))
        step = self.to(
            "deleverage",
            KEEPERS[1],
            "liquidation",
            f"deleverage {name(account)} in {market}",
            "deleverage(uint256,uint256,uint256)",
            account,
            market,
            1 if wait == 45 else 8,
            account=account,
            market=market,
        )
        step.wait, step.prices = wait, self.prices.steady(self.chain.time + wait)
        return step

    def resolve(self) -> Step | None:
        """A deficit of who has no position any more."""
        for account in (*self.system.traded, self.system.backstop):
            if self.state.collateral(account) >= 0:
                continue
            if self.random.random() < 0.05 or not any(
                self.state.lots(account, n) for n in range(len(MARKETS))
            ):
                return self.to(
                    "resolve",
                    STRANGER,
                    "liquidation",
                    f"resolve {name(account)}",
                    "resolve(uint256)",
                    account,
                    account=account,
                )
        return None

    def collect(self) -> Step | None:
        """A liquidation's order is concluded."""
        for account in self.system.traded:
            market = self.market()
            if int(
                self.state.storage(self.system.liquidation, slot_of(self.at.pendings, account, market))
            ) & (2**32 - 1):
                return self.to(
                    "collect",
                    STRANGER,
                    "liquidation",
                    f"collect of {name(account)} in {market}",
                    "collect(uint256,uint256)",
                    account,
                    market,
                    account=account,
                    market=market,
                )
        return None

    def unwind(self) -> Step | None:
        """The backstop trades away what it took."""
        for market in range(len(MARKETS)):
            if self.state.lots(self.system.backstop, market):
                return self.to(
                    "unwind",
                    STRANGER,
                    "liquidation",
                    f"unwind in {market}",
                    "unwind(uint256)",
                    market,
                    account=self.system.backstop,
                    market=market,
                )
        return None

    def report(self) -> Step | None:
        """A price that is not fit is reported."""
        for market in range(len(MARKETS)):
            if self.state.market(market).status > 2:
                told = f"report a halt of {market}"
                return self.to(
                    "report", STRANGER, "liquidation", told, "report_halt(uint256)", market, market=market
                )
        return None

    def settle(self) -> Step | None:
        """A market whose price was unfit for three days ends."""
        if self.random.random() < 0.5:
            return None
        for market in range(len(MARKETS)):
            if int(self.state.storage(self.system.liquidation, slot_of(self.at.reported_at, market))):
                step = self.to(
                    "settle",
                    STRANGER,
                    "liquidation",
                    f"settle {market}",
                    "settle(uint256)",
                    market,
                    market=market,
                )
                if self.random.random() < 0.1:  # the sources of this market stay silent
                    step.wait = 3 * DAY + 1
                    others = tuple(number for number in range(len(MARKETS)) if number != market)
                    step.prices = self.prices.steady(self.chain.time + step.wait, others)
                return step
        return None

    def end(self) -> Step | None:
        """A position of a market that has ended is closed."""
        for market in range(len(MARKETS)):
            if self.state.market(market).mode == 4:
                account = self.random.choice(self.system.accounts)
                where = self.random.choice(("engine", "engine", "liquidation"))
                step = self.to(
                    "end",
                    STRANGER,
                    where,
                    f"{name(account)} in {market} is settled",
                    "settle_position(uint256,uint256)",
                    account,
                    market,
                    account=account,
                    market=market,
                )
                if self.random.random() < 0.05:
                    return self.with_prices(step, 3_601)
                return step
        return None

    def halt(self) -> Step | None:
        """The router's guardian halts a price."""
        market = self.market()
        return self.to(
            "halt", ROUTER_GUARD, "router", f"halt {market}", "halt(uint256)", market, market=market
        )

    def day(self) -> Step | None:
        """A day passes, or what a cooldown lasts."""
        wait = self.random.choice((3_601, DAY, DAY + 1, 3 * DAY))
        market = self.random.randrange(2)
        return Step(
            "day",
            KEEPERS[0],
            "engine",
            call("run_auction(uint256)", market),
            f"auction in {market} after {wait} s",
            market=market,
            wait=wait,
            prices=self.prices.steady(self.chain.time + wait),
        )
