"""Who does what: actions of traders, keepers, providers, stakers, governance and attackers, drawn at random.

Sizes are near what the account can just carry, ticks near the mark or the band's edges, times near the ends of
batches: where rules change. A drawer reads the chain's storage, and nothing of its rules.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final

from eth_utils.crypto import keccak

from walras.audit import powers
from walras.audit.chain import call, ints, selector, slot_of, words
from walras.audit.prices import Prices
from walras.audit.state import PPM, State
from walras.audit.story import Price, Step
from walras.audit.system import (
    BUILDER,
    DAY,
    DONOR,
    FAR,
    KEEPERS,
    KEYS,
    MARKETS,
    NOBODY,
    OTHER,
    PROVIDERS,
    REFERRER,
    ROUTER_GUARD,
    STAKERS,
    STRANGER,
    TRADERS,
    owner,
)
from walras.audit.world import World

ORDER: Final = "(bool,uint256,uint256,bool,bool,bool,uint256,uint256)"
PLACE: Final = f"place(uint256,uint256,{ORDER})"
MAX_TICK: Final = 2**18 - 2
MAX_ORDER: Final = 2**28 - 1

WEIGHTS: Final = {
    "place": 260, "close": 40, "cancel": 90, "cancel_all": 20, "replace": 15, "auction": 90, "sync": 30, "deposit": 40,
    "withdraw": 35, "transfer": 30, "share": 6, "grant": 3, "switch": 4, "sweep": 10, "signed": 8, "replayed": 4,
    "multicall": 4, "liquidate": 60, "resolve": 8, "collect": 10, "unwind": 8, "enter": 8, "mint": 4, "ask_back": 8,
    "leave": 8, "take_out": 4, "share_move": 3, "stake": 4, "ask_exit": 3, "exit": 3, "contribute": 2, "distribute": 5,
    "deliver": 3, "fetch": 2, "trigger": 12, "trigger_pair": 2, "execute": 12, "ratchet": 3, "drop": 3, "tips": 2,
    "donate": 3, "steal": 12, "guard": 2, "halt": 1, "govern": 1, "record": 10, "day": 1,
    "report": 2, "settle": 2, "end": 6,
}  # fmt: skip
"""How often each action is tried, against the others."""
PROFILES: Final = {
    "mixed": {},
    "calm": {"liquidate": 20, "day": 2, "govern": 3},
    "crash": {"liquidate": 200, "resolve": 25, "unwind": 15, "day": 0},
    "doubt": {"guard": 6, "halt": 3, "withdraw": 70, "auction": 200},
}  # fmt: skip


class Drawer:
    """Draws the steps of a story."""

    def __init__(self, world: World, random: Random, profile: str) -> None:
        self.world, self.random, self.profile = world, random, profile
        self.system, self.chain, self.state = world.system, world.chain, State(world.system)
        self.prices = Prices(random, profile)
        chosen = {**WEIGHTS, **PROFILES[profile]}
        self.kinds = [kind for kind in chosen if chosen[kind]]
        self.shares = [chosen[kind] for kind in self.kinds]
        self.cumulated: list[int] = []
        for share in self.shares:
            self.cumulated.append(share + (self.cumulated[-1] if self.cumulated else 0))
        self.queue: deque[Callable[[], Step | None]] = deque()
        self.nonce = 0
        self.signatures: list[Step] = []
        self.lean = {account: random.choice((-1, 1)) for account in self.system.traded}
        self.home = {account: number % len(MARKETS) for number, account in enumerate(self.system.traded)}
        self.usd = self.system.usd

    def draw(self) -> Step:
        """The next step, of a kind that finds something to do."""
        random = self.random
        wait = random.choices((0, 1, 3, 12, 45, 400, 4_000), (60, 14, 12, 9, 3, 0.5, 0.1))[0]
        news = self.prices.after(wait, self.chain.time + wait) if wait else ()
        while True:
            if self.queue and random.random() < 0.8:
                step = self.queue.popleft()()
            else:
                step = getattr(self, random.choices(self.kinds, cum_weights=self.cumulated)[0])()
            if step is not None:
                if not step.wait:
                    step.wait = wait
                    step.prices = news + step.prices
                return step

    # ------------------------------------------------------------ draws

    def market(self) -> int:
        """One of them."""
        return self.random.randrange(len(MARKETS))

    def where(self, account: int) -> int:
        """A market for an account: most often its own, so that most are in one or two."""
        return self.home[account] if self.random.random() < 0.8 else self.random.randrange(len(MARKETS))

    def trader(self) -> int:
        """An account."""
        return self.random.choice(self.system.traded)

    def some(self, most: int) -> int:
        """A number up to another: all, one more, half, little, or any."""
        random = self.random
        kind = random.randrange(6)
        if kind == 0:
            return most
        if kind == 1:
            return most + 1
        if kind == 2:
            return most // 2
        if kind == 3:
            return min(most, random.randrange(1, 100))
        return random.randrange(most) if most > 0 else 0

    def engine(self, kind: str, who: str, told: str, signature: str, *values: int, **more: int) -> Step:
        """A call to the engine."""
        return Step(kind, who, "engine", call(signature, *values), told, **more)  # type: ignore[arg-type]

    def to(
        self, kind: str, who: str, where: str, told: str, signature: str, *values: int, **more: int
    ) -> Step:
        """A call to another contract."""
        return Step(kind, who, where, call(signature, *values), told, **more)  # type: ignore[arg-type]

    def order(self, account: int, market: int, closing: bool = False) -> tuple[int, ...]:
        """Fields of a new order."""
        random = self.random
        here = self.state.market(market)
        held = self.state.lots(account, market)
        one = here.unit * here.one
        middle = here.mark // one
        if random.random() < 0.02:
            self.lean[account] = -self.lean[account]
        is_ask = held > 0 if closing else (random.random() < 0.25) == (self.lean[account] > 0)
        if closing:
            lots = abs(held) * random.choice((1, 1, 2)) // random.choice((1, 1, 3))
        else:
            equity, initial, _ = self.state.margins(account)
            free = max(equity - initial, self.usd)
            most = free * PPM * here.one // max(1, here.mark * (here.initial_ppm + 2 * here.taker_ppm))
            lots = self.some(most) if random.random() < 0.6 else most * random.randrange(50, 100) // 100
            if random.random() < 0.8:
                lots = min(lots, self.room(here.open, is_ask, held))
        away = int(abs(random.gauss(0, 0.003)) * middle)
        if random.random() < 0.5:
            away = -away  # crosses
        tick = middle + away if is_ask else middle - away
        kind = random.randrange(10)
        if random.random() < 0.03:
            slack = here.mark * ((here.rules >> 129) & (2**13 - 1)) // 10_000
            tick = random.choice(((here.mark - slack) // one, (here.mark + slack) // one)) + random.randrange(
                2
            )
        batch_only = kind < 3 or (closing and kind < 7)
        post_only = kind == 3 and not closing
        reduce_only = kind == 4 or (closing and kind % 2 == 0)
        expiry = self.chain.time + random.choice((1, 20, 200)) if kind == 5 else 0
        return (
            int(is_ask), max(1, min(tick, MAX_TICK)), max(1, min(lots, MAX_ORDER)), int(batch_only), int(post_only),
            int(reduce_only), expiry, 0,
        )  # fmt: skip

    def room(self, word: int, is_ask: bool, held: int) -> int:
        """Lots that the caps leave on a side, and what closes a position."""
        taken, cap, own = (
            word >> (40 * is_ask) & (2**40 - 1),
            word >> 80 & (2**36 - 1),
            word >> 116 & (2**34 - 1),
        )
        closing = max(0, held if is_ask else -held)
        return max(1, min(cap - min(cap, taken), own - min(own, abs(held))) + closing)

    def told_order(self, account: int, market: int, order: tuple[int, ...]) -> str:
        """An order in words."""
        flags = [name for name, flag in zip(("ioc", "post", "reduce"), order[3:6], strict=True) if flag]
        side = "sells" if order[0] else "buys"
        return f"{name(account)} {side} {order[2]} at {order[1]} in {market} {' '.join(flags)}"

    # ------------------------------------------------------------ traders

    def place(self, closing: bool = False) -> Step | None:
        """An order."""
        account = self.trader()
        market = self.where(account)
        if closing and not self.state.lots(account, market):
            return None
        order = self.order(account, market, closing)
        told = self.told_order(account, market, order)
        data = call(PLACE, account, market, *order)
        return Step("close" if closing else "place", owner(account), "engine", data, told, account, market)

    def close(self) -> Step | None:
        """An order against a position."""
        return self.place(True)

    def open_order(self) -> tuple[int, int, int, int] | None:
        """Market, id, account and lots of an open order, as the logs tell."""
        orders = self.world.ghost.orders
        if not orders:
            return None
        # the oldest or one of the newest: orders are kept in the order of their placing
        if self.random.random() < 0.3:
            market, order = next(iter(orders))
        else:
            skip = self.random.randrange(min(len(orders), 30))
            backwards = reversed(orders)
            for _ in range(skip):
                next(backwards)
            market, order = next(backwards)
        account, lots = orders[market, order]
        if account not in self.lean:
            return None  # of the backstop: a contract does not begin a transaction
        return market, order, account, lots

    def cancel(self) -> Step | None:
        """An order, or part of it."""
        found = self.open_order()
        if found is None:
            return None
        market, order, account, lots = found
        taken = self.random.choice((MAX_ORDER, MAX_ORDER, 1, max(1, lots // 2)))
        told = f"{name(account)} takes {min(taken, lots)} lots off an order in {market}"
        return self.engine(
            "cancel", owner(account), told, "cancel(uint256,uint256,uint256,uint256)", account, market, order, taken,
            account=account, market=market,
        )  # fmt: skip

    def cancel_all(self) -> Step | None:
        """All orders in a market."""
        account, market = self.trader(), self.market()
        return self.engine(
            "cancel_all", owner(account), f"{name(account)} cancels all in {market}", "cancel_all(uint256,uint256)",
            account, market, account=account, market=market,
        )  # fmt: skip

    def replace(self) -> Step | None:
        """A ladder moves."""
        found = self.open_order()
        account, market = (found[2], found[0]) if found else (self.trader(), self.market())
        old = [found[1]] if found else []
        new = [self.order(account, market) for _ in range(self.random.randrange(4))]
        # cancel_replace(account, market, ids, orders, strict): two lists behind five words
        data = words(
            account, market, 160, 192 + 32 * len(old), self.random.randrange(2), len(old), *old, len(new)
        )
        data += b"".join(words(*order) for order in new)
        head = selector(f"cancel_replace(uint256,uint256,uint256[],{ORDER}[],bool)")
        told = f"{name(account)} replaces {len(old)} orders by {len(new)} in {market}"
        return Step("replace", owner(account), "engine", head + data, told, account, market)

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

    def deposit(self) -> Step | None:
        """Collateral comes in."""
        account = self.trader()
        amount = self.random.randrange(1, 3_000) * self.usd + self.random.randrange(1_000)
        return self.engine(
            "deposit", owner(account), f"{name(account)} deposits {amount}", "deposit(uint256,uint256)", account, amount,
            account=account,
        )  # fmt: skip

    def free(self, account: int) -> int:
        """What may be taken out, nearly."""
        equity, initial, _ = self.state.margins(account)
        return max(0, min(self.state.collateral(account), equity - initial))

    def withdraw(self) -> Step | None:
        """Collateral leaves, all of it or a unit more at times."""
        account = self.trader()
        amount = self.some(self.free(account)) if self.random.random() < 0.3 else self.free(account) // 4
        to = int(owner(account), 16)
        return self.engine(
            "withdraw", owner(account), f"{name(account)} withdraws {amount}", "withdraw(uint256,uint256,address)",
            account, amount, to, account=account,
        )  # fmt: skip

    def transfer(self) -> Step | None:
        """Collateral moves to a sub-account."""
        account = self.trader()
        amount = self.some(self.free(account)) if self.random.random() < 0.3 else self.free(account) // 3
        return self.engine(
            "transfer", owner(account), f"{name(account)} moves {amount} to {name(account ^ 1)}",
            "transfer(uint256,uint256,uint256)", account, account ^ 1, amount, account=account,
        )  # fmt: skip

    def share(self) -> Step | None:
        """A referrer and a builder."""
        account = self.trader()
        builder = self.random.choice((NOBODY, BUILDER))
        ppm = self.random.choice((0, 333, 1_000)) if builder != NOBODY else 0
        referrer = self.random.choice((NOBODY, REFERRER))
        return self.engine(
            "share", owner(account), f"{name(account)} gives a builder {ppm} ppm",
            "set_sharing(uint256,address,address,uint256)", account, int(referrer, 16), int(builder, 16), ppm,
            account=account,
        )  # fmt: skip

    def grant(self) -> Step | None:
        """Triggers may act again, or not."""
        account = self.trader()
        allowed = self.random.choice((5, 5, 4, 0))
        return self.engine(
            "grant", owner(account), f"{name(account)} grants triggers {allowed}",
            "set_operator(uint256,address,uint256,uint256,uint256)", account, int(self.system.triggers, 16), allowed,
            2**32 - 1, FAR, account=account,
        )  # fmt: skip

    def switch(self) -> Step | None:
        """A dead-man's switch."""
        account, market = self.trader(), self.market()
        at = self.chain.time + self.random.choice((10, 60))
        return self.engine(
            "switch", owner(account), f"{name(account)} sets a switch in {market}",
            "cancel_all_after(uint256,uint256,uint256)", account, market, at, account=account, market=market,
        )  # fmt: skip

    def sweep(self) -> Step | None:
        """Expired orders go, by anyone."""
        found = self.open_order()
        if found is None:
            return None
        market, order, account, _ = found
        return self.engine(
            "sweep", KEEPERS[0], f"sweep of an order of {name(account)}", "sweep(uint256,uint256,uint256[])",
            account, market, 96, 1, order, account=account, market=market,
        )  # fmt: skip

    def signed(self) -> Step | None:
        """A signed order, by a relayer."""
        account, market = self.trader(), self.market()
        order = self.order(account, market)
        self.nonce += 1
        deadline = self.chain.time + 600
        inner = keccak(_ORDER_TYPE + words(*order))
        content = keccak(_PLACE_TYPE + words(account, market) + inner + words(self.nonce, deadline))
        digest = keccak(b"\x19\x01" + self._domain() + content)
        signature = KEYS[owner(account)].sign_msg_hash(digest)
        raw = words(signature.r, signature.s) + bytes([27 + signature.v])
        data = call(
            f"place_signed(uint256,uint256,{ORDER},uint256,uint256,bytes)", account, market, *order, self.nonce,
            deadline, 13 * 32, 65,
        ) + raw.ljust(96, b"\0")  # fmt: skip
        told = f"signed: {self.told_order(account, market, order)}"
        step = Step("signed", KEEPERS[1], "engine", data, told, account, market, value=self.nonce)
        self.signatures.append(step)
        return step

    def replayed(self) -> Step | None:
        """A signature a second time, by somebody else."""
        if not self.signatures:
            return None
        old = self.random.choice(self.signatures[-8:])
        return Step(
            "replayed", STRANGER, "engine", old.data, old.told, old.account, old.market, value=old.value
        )

    def _domain(self) -> bytes:
        return bytes(keccak(_DOMAIN + words(1, int(self.system.engine, 16))))

    def multicall(self) -> Step | None:
        """Two calls in one."""
        first, second = self.place(), None
        if first is None:
            return None
        order = self.order(first.account, first.market)
        second = call(PLACE, first.account, first.market, *order)
        one, two = first.data, second
        size = (len(one) + 31) // 32 * 32
        data = selector("multicall(bytes[])") + words(32, 2, 64, 96 + size)
        data += (
            words(len(one))
            + one.ljust(size, b"\0")
            + words(len(two))
            + two.ljust((len(two) + 31) // 32 * 32, b"\0")
        )
        return Step(
            "multicall", first.who, "engine", data, f"twice: {first.told}", first.account, first.market
        )

    # ------------------------------------------------------------ keepers

    def sick(self) -> tuple[int, int, int, int] | None:
        """Somebody below maintenance margin: account, market of its largest position, equity, margin."""
        markets = {number: self.state.market(number) for number in range(len(MARKETS))}
        accounts = [*self.system.traded, self.system.backstop, self.system.vault_account]
        self.random.shuffle(accounts)
        for account in accounts:
            if not self.state.word(account) & 7:
                continue
            equity, _, maintenance = self.state.margins(account, markets)
            if maintenance and equity < maintenance:
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
                self.queue.extend(
                    (lambda nominee=nominee: self.nominate(account, market, nominee))
                    for nominee in self._others(account, market)
                )
                self.queue.append(lambda: self.deleverage(account, market))
            return self.to(
                kind, keeper, "liquidation", f"backstop takes {part} of {name(account)} in {market}",
                "take_over(uint256,uint256,uint256)", account, market, part, account=account, market=market,
            )  # fmt: skip
        return self.to(
            kind, keeper, "liquidation", f"{kind} {name(account)} in {market}", f"{kind}(uint256,uint256)",
            account, market, account=account, market=market,
        )  # fmt: skip

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
            "nominate", KEEPERS[0], "liquidation", f"nominate {name(nominee)} for {name(account)} in {market}",
            "nominate(uint256,uint256,uint256)", account, market, nominee, account=account, market=market,
        )  # fmt: skip

    def deleverage(self, account: int, market: int) -> Step | None:
        """After the nominations, at the price of then."""
        wait = self.random.choice((31, 31, 45, 10))
        step = self.to(
            "deleverage", KEEPERS[1], "liquidation", f"deleverage {name(account)} in {market}",
            "deleverage(uint256,uint256)", account, market, account=account, market=market,
        )  # fmt: skip
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
                    "resolve", STRANGER, "liquidation", f"resolve {name(account)}", "resolve(uint256)", account,
                    account=account,
                )  # fmt: skip
        return None

    def collect(self) -> Step | None:
        """A liquidation's order is concluded."""
        for account in self.system.traded:
            market = self.market()
            if int(self.state.storage(self.system.liquidation, slot_of(2, account, market))) & (2**32 - 1):
                return self.to(
                    "collect", STRANGER, "liquidation", f"collect of {name(account)} in {market}",
                    "collect(uint256,uint256)", account, market, account=account, market=market,
                )  # fmt: skip
        return None

    def unwind(self) -> Step | None:
        """The backstop trades away what it took."""
        for market in range(len(MARKETS)):
            if self.state.lots(self.system.backstop, market):
                return self.to(
                    "unwind", STRANGER, "liquidation", f"unwind in {market}", "unwind(uint256)", market,
                    account=self.system.backstop, market=market,
                )  # fmt: skip
        return None

    def record(self) -> Step | None:
        """A price is recorded by anyone."""
        market = self.market()
        return self.to(
            "record", STRANGER, "router", f"record {market}", "record(uint256)", market, market=market
        )

    # ------------------------------------------------------------ providers and stakers

    def fresh(self, step: Step) -> Step:
        """With a price of this second in all markets."""
        if self.random.random() < 0.7:
            step.prices = self.prices.steady(self.chain.time)
        return step

    def enter(self) -> Step | None:
        """Capital for the vault."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        amount = self.random.choice((1, 7, self.random.randrange(1, 20_000) * self.usd + 3))
        return self.fresh(
            self.to(
                "enter",
                who,
                "vault",
                f"{amount} into the vault",
                "deposit(uint256,address)",
                amount,
                int(who, 16),
            )
        )

    def mint(self) -> Step | None:
        """Shares, as many as are wanted."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        shares = self.random.randrange(1, 5_000) * self.usd * 10**6 + self.random.randrange(10**6)
        return self.fresh(
            self.to("mint", who, "vault", f"mint {shares}", "mint(uint256,address)", shares, int(who, 16))
        )

    def shares_of(self, who: str) -> int:
        """Of the vault."""
        return int(self.state.storage(self.system.vault, slot_of(3, int(who, 16))))

    def ask_back(self) -> Step | None:
        """Shares are to be redeemed."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        shares = self.some(self.shares_of(who)) // self.random.choice((1, 3, 10))
        return self.fresh(
            self.to(
                "ask_back", who, "vault", f"asks {shares} shares back", "requestRedeem(uint256,address,address)",
                shares, int(who, 16), int(who, 16),
            )
        )  # fmt: skip

    def leave(self) -> Step | None:
        """A request is claimed."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        found = int(self.state.storage(self.system.vault, slot_of(17, int(who, 16))))
        shares = self.some(found)
        return self.fresh(
            self.to(
                "leave", who, "vault", f"claims {shares} shares", "redeem(uint256,address,address)", shares,
                int(who, 16), int(who, 16),
            )
        )  # fmt: skip

    def take_out(self) -> Step | None:
        """The same in assets."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        answer = self.chain.ask(self.system.vault, call("maxWithdraw(address)", int(who, 16)))
        most = int.from_bytes(answer) if answer else 0
        return self.fresh(
            self.to(
                "take_out", who, "vault", f"claims {most} assets", "withdraw(uint256,address,address)",
                self.some(most), int(who, 16), int(who, 16),
            )
        )  # fmt: skip

    def share_move(self) -> Step | None:
        """Shares change hands."""
        giver, taker = self.random.sample((*PROVIDERS, STRANGER), 2)
        amount = self.some(self.shares_of(giver)) // 10
        return self.to(
            "share_move", giver, "vault", "shares move", "transfer(address,uint256)", int(taker, 16), amount
        )

    def stake(self) -> Step | None:
        """Into the insurance."""
        who = self.random.choice(STAKERS)
        amount = self.random.randrange(1, 3_000) * self.usd + 1
        return self.to(
            "stake", who, "fund", f"stakes {amount}", "stake(uint256,address)", amount, int(who, 16)
        )

    def ask_exit(self) -> Step | None:
        """Out of it."""
        who = self.random.choice(STAKERS)
        answer = self.chain.ask(self.system.fund, call("shares_of(address)", int(who, 16)))
        shares = self.some(int.from_bytes(answer)) if answer else 0
        return self.to(
            "ask_exit", who, "fund", f"asks to exit with {shares}", "request_exit(uint256)", shares
        )

    def exit(self) -> Step | None:
        """Claim of a staker."""
        who = self.random.choice(STAKERS)
        step = self.to("exit", who, "fund", "claims the stake", "claim(address)", int(who, 16))
        if self.random.random() < 0.2:
            step.wait = 14 * DAY
            step.prices = self.prices.steady(self.chain.time + step.wait)
        return step

    def contribute(self) -> Step | None:
        """A gift to the reserve."""
        amount = self.random.randrange(1, 200) * self.usd
        return self.to("contribute", DONOR, "fund", f"contributes {amount}", "contribute(uint256)", amount)

    # ------------------------------------------------------------ fees

    def distribute(self) -> Step | None:
        """Fees into pots."""
        return self.to("distribute", STRANGER, "fees", "distribute", "distribute()")

    def deliver(self) -> Step | None:
        """A pot to its purpose."""
        to = self.random.choice((self.system.fund, self.system.vault))
        return self.to("deliver", STRANGER, "fees", "deliver", "deliver(address)", int(to, 16))

    def fetch(self) -> Step | None:
        """A pot is fetched."""
        return self.to("fetch", OTHER, "fees", "claim of fees", "claim(address)", int(OTHER, 16))

    # ------------------------------------------------------------ triggers

    def terms(self, account: int, market: int) -> tuple[int, ...]:
        """Fields of a trigger."""
        random = self.random
        here = self.state.market(market)
        held = self.state.lots(account, market)
        middle = here.mark // (here.unit * here.one)
        kind = random.choice((1, 2, 4, 8, 16))
        is_ask = held > 0 if held else random.random() < 0.5
        tick = 0 if kind == 16 else max(1, int(middle * (1 + random.gauss(0, 0.004))))
        limit = max(1, int(middle * (1 + random.gauss(0, 0.002)))) if kind in (2, 8) else 0
        slippage = 0 if kind in (2, 8) else 200
        whole = random.random() < 0.5
        return (
            market, kind, random.choice((1, 2, 4)), int(is_ask), tick, limit, slippage, int(slippage != 0),
            50 if kind == 16 else 0, int(kind == 16), 0 if whole else max(1, abs(held) // 2), int(whole or held != 0),
            int(held != 0 and random.random() < 0.5), self.chain.time + 3_000 if random.random() < 0.5 else 0, 0,
            random.choice((0, self.usd // 10)),
        )  # fmt: skip

    def trigger(self) -> Step | None:
        """An order that waits for a price."""
        account, market = self.trader(), self.market()
        terms = self.terms(account, market)
        return self.to(
            "trigger", owner(account), "triggers", f"{name(account)} sets a trigger of kind {terms[1]} in {market}",
            f"place(uint256,{_TRIGGER})", account, *terms, account=account, market=market,
        )  # fmt: skip

    def trigger_pair(self) -> Step | None:
        """Two of which one is enough."""
        account, market = self.trader(), self.market()
        both = (*self.terms(account, market), *self.terms(account, market))
        return self.to(
            "trigger_pair", owner(account), "triggers", f"{name(account)} sets a pair in {market}",
            f"place_pair(uint256,{_TRIGGER},{_TRIGGER})", account, *both, account=account, market=market,
        )  # fmt: skip

    def a_trigger(self) -> tuple[int, int] | None:
        """An open one, and whose."""
        accounts = list(self.system.traded)
        self.random.shuffle(accounts)
        for account in accounts:
            if int(self.state.storage(self.system.triggers, slot_of(1, account))) & (2**64 - 1):
                answer = self.chain.ask(self.system.triggers, call("triggers_of(uint256)", account))
                found = ints(answer or b"")[2:]
                if found:
                    return self.random.choice(found), account
        return None

    def _on_trigger(self, kind: str, signature: str, who: str | None) -> Step | None:
        found = self.a_trigger()
        if found is None:
            return None
        one, account = found
        return self.to(
            kind,
            who or owner(account),
            "triggers",
            f"{kind} a trigger of {name(account)}",
            signature,
            one,
            account=account,
        )

    def execute(self) -> Step | None:
        """A trigger, for its tip."""
        return self._on_trigger("execute", "execute(uint256)", KEEPERS[0])

    def ratchet(self) -> Step | None:
        """A trailing stop follows."""
        return self._on_trigger("ratchet", "ratchet(uint256)", KEEPERS[1])

    def drop(self) -> Step | None:
        """A trigger is cancelled, or swept."""
        if self.random.random() < 0.5:
            return self._on_trigger("drop", "sweep(uint256)", STRANGER)
        return self._on_trigger("drop", "cancel(uint256)", None)

    def tips(self) -> Step | None:
        """Tips are fetched."""
        who = self.random.choice((*KEEPERS, *TRADERS))
        return self.to("tips", who, "triggers", "claims tips", "claim(address)", int(who, 16))

    # ------------------------------------------------------------ time

    def day(self) -> Step | None:
        """A day passes, or what a cooldown lasts."""
        wait = self.random.choice((3_601, DAY, DAY + 1, 3 * DAY))
        market = self.random.randrange(2)
        return Step(
            "day", KEEPERS[0], "engine", call("run_auction(uint256)", market), f"auction in {market} after {wait} s",
            market=market, wait=wait, prices=self.prices.steady(self.chain.time + wait),
        )  # fmt: skip

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
            if int(self.state.storage(self.system.liquidation, slot_of(6, market))):
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
                    "end", STRANGER, where, f"{name(account)} in {market} is settled", "settle_position(uint256,uint256)",
                    account, market, account=account, market=market,
                )  # fmt: skip
                if self.random.random() < 0.05:
                    return self.with_prices(step, 3_601)
                return step
        return None

    # ------------------------------------------------------------ attackers and governance: walras/audit/powers.py

    def donate(self) -> Step | None:
        """Tokens that nobody asked for."""
        to = self.random.choice(("engine", "fund", "vault", "fees", "triggers", "liquidation"))
        at = int(str(getattr(self.system, to)), 16)
        amount = self.random.choice((1, 1_000 * self.usd))
        step = self.to("donate", DONOR, "token", f"{amount} to {to}", "transfer(address,uint256)", at, amount)
        step.value = (to, amount)
        return step

    def steal(self) -> Step | None:
        """Somebody reaches for what is not his."""
        return powers.attack(self)

    def guard(self) -> Step | None:
        """The guardian tightens."""
        return powers.guard(self)

    def halt(self) -> Step | None:
        """The router's guardian halts a price."""
        market = self.market()
        return self.to(
            "halt", ROUTER_GUARD, "router", f"halt {market}", "halt(uint256)", market, market=market
        )

    def govern(self) -> Step | None:
        """A proposal, voted, queued and executed."""
        return powers.govern(self)

    def with_prices(self, step: Step, wait: int) -> Step:
        """After some time, with the same prices told again."""
        step.wait = wait
        told: tuple[Price, ...] = self.prices.steady(self.chain.time + wait)
        step.prices = told
        return step


_TRIGGER: Final = "(uint256,uint256,uint256,bool,uint256,uint256,uint256,bool,uint256,bool,uint256,bool,bool,uint256,uint256,uint256)"
_ORDER_TEXT: Final = (
    "NewOrder(bool is_ask,uint256 tick,uint256 lots,bool batch_only,bool post_only,bool reduce_only,uint256 expiry,"
    "uint256 client_id)"
)
_ORDER_TYPE: Final = keccak(text=_ORDER_TEXT)
_PLACE_TYPE: Final = keccak(
    text="Place(uint256 account,uint256 market,NewOrder order,uint256 nonce,uint256 deadline)" + _ORDER_TEXT
)
_DOMAIN: Final = (
    keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    + keccak(text="Walras PerpEngine")
    + keccak(text="1")
)


def name(account: int) -> str:
    """Short, of an account."""
    who = owner(account)
    if who in KEYS:
        return f"T{TRADERS.index(who)}.{account & 255}"
    return f"{who[:8]}.{account & 255}"
