"""Whether the chain stores what the models have. Each function raises AssertionError where it does not."""

from collections.abc import Sequence
from typing import Any, Final

from walras.audit.beside.models import Models
from walras.audit.chain import call, decoded, ints, selector, signed, slot_of, words
from walras.audit.state import RULES, State
from walras.audit.system import KEEPERS, MARKETS, OTHER, PROVIDERS, STAKERS, STRANGER, TRADERS, owner
from walras.model.account import Account, Position
from walras.model.insurance import CLAIM_WINDOW, Exit
from walras.model.market import Market, Mode
from walras.model.stage import Pending, Round

_TRIGGER: Final = (
    "(uint256,(uint256,uint256,uint256,bool,uint256,uint256,uint256,bool,uint256,bool,uint256,bool,bool,"
    "uint256,uint256,uint256),bool,uint256,uint256,uint256,bool,uint256,string)"
)
_NOWHERE: Final = Account()
_MODES: Final = tuple(Mode)


def same(what: str, found: Any, expected: Any) -> None:
    """One fact. Of two lists or dicts the first difference is told."""
    if found == expected:
        return
    if isinstance(found, dict):
        parts = [name for name in found if found[name] != expected[name]]
        found, expected = ({name: one[name] for name in parts} for one in (found, expected))
    raise AssertionError(f"{what}: the chain has {found}, the model {expected}")


class Same:
    """Compares one exchange with its models."""

    def __init__(self, models: Models, state: State) -> None:
        self.models, self.state = models, state
        self.system, self.chain, self.at = models.system, models.chain, models.system.at
        self.holders = (*PROVIDERS, STRANGER, self.system.vault)
        self.tipped = (*KEEPERS, *TRADERS, STRANGER)
        self.waiting = [
            (account, market, slot_of(self.at.pendings, account, market))
            for account in (*self.system.traded, self.system.backstop, self.system.vault_account)
            for market in range(len(MARKETS))
        ]

    def each_step(self) -> None:
        """What is compared after every step: all that is read from storage."""
        self.money()
        for account in self.system.accounts:
            self.account(account)
        for market in range(len(MARKETS)):
            self.market(market)
        self.liquidation()
        self.vault()
        self.fund()
        self.fees()
        self.triggers()

    def everything(self) -> None:
        """What only views tell: books, open orders, health, rounds, stakes, each trigger."""
        for market in range(len(MARKETS)):
            self.book(market)
            for account in self.system.accounts:
                self.orders(account, market)
        self.health()
        for account, market in self.models.liquidation.rounds:
            self.round(account, market)
        self.stakes()
        for account in self.system.traded:
            self.triggers_of(account)

    # ------------------------------------------------------------ engine

    def _word(self, at: str, slot: int) -> int:
        return int(self.state.storage(at, slot))

    def money(self) -> None:
        """Of all."""
        engine, storage = self.models.engine, self.state
        pauses = self._word(self.system.engine, self.at.pauses)
        found = storage.tracked(), storage.bad_debt(), storage.gate(), pauses
        paused = engine.deposits_paused + 2 * engine.withdrawals_paused
        same("tracked, bad debt, gate, pauses", found, (engine.tracked, engine.bad_debt, engine.gate, paused))
        unknown = [one for one in engine.accounts if one not in self.system.slot and one]
        if any(engine.accounts[one].collateral or engine.accounts[one].positions for one in unknown):
            raise AssertionError(f"the model has accounts of nobody: {[hex(one) for one in unknown]}")

    def account(self, account: int) -> None:
        """Collateral, markets, and the words of positions and orders."""
        word = self.state.word(account)
        mine = self.models.engine.accounts.get(account, _NOWHERE)
        markets = sum(1 << market for market in mine.positions)
        expected = mine.collateral, markets, mine.sharing is not None
        found = signed(word >> 128, 112), word & (2**128 - 1), bool(word >> 240 & 1)
        same(f"collateral, markets and sharing of {account:#x}", found, expected)
        if mine.collateral < 0:
            owing = self._word(self.system.engine, slot_of(self.at.owing, account))
            same(f"owing of {account:#x}", (owing & 255, owing >> 8), self.models.engine.owing[account])
        for market, position in mine.positions.items():
            held = self.state.position(account, market)
            here = (
                held.lots, held.cash, held.basis, held.bids, held.asks,
                held.bid_notional, held.ask_notional, held.highest_bid, held.lowest_ask,
            )  # fmt: skip
            same(f"{account:#x} in {market}", here, _words(position))

    def market(self, market: int) -> None:
        """Mark, funding, exposures, settings, ramps, times."""
        here, found = self.models.engine.markets[market], self.state.market(market)
        engine, slot = self.system.engine, self.system.market_slot[market]
        funding, premium = self._word(engine, slot + 5), self._word(engine, slot + 6)
        ramp = self._word(engine, slot_of(self.at.ramps, market))
        book = self._word(engine, slot)
        word = found.open
        same(
            f"market {market}",
            {
                "mark": found.mark,
                "index": found.index,
                "low": found.low,
                "high": found.high,
                "status": found.status,
                "time": found.time,
                "due": found.due,
                "initial": found.initial_ppm,
                "maintenance": found.maintenance_ppm,
                "funding": (found.funding, found.growth, signed(funding, 96), funding >> 176 & (2**32 - 1)),
                "hour": signed(premium, 40),
                "quarter": signed(premium >> 40, 40),
                "clearing": premium >> 80 & (2**72 - 1),
                "times": (premium >> 152 & (2**32 - 1), premium >> 184),
                "losses": found.borne,
                "unit": (found.unit, found.grid),
                "mode": (found.mode, book >> 249),
                "open": (word & _SIDE, word >> 40 & _SIDE, word >> 150 & _SIDE, word >> 190),
                "changed": (ramp >> 104 & (2**32 - 1), ramp >> 136 & (2**32 - 1), ramp >> 168),
                "settled at": self._word(engine, slot_of(self.at.settled_at, market)),
            },
            {
                "mark": here.mark.mark,
                "index": here.mark.index,
                "low": here.mark.low,
                "high": here.mark.high,
                "status": here.mark.status,
                "time": here.mark.time,
                "due": here.mark.due,
                "initial": here.mark.initial_ppm,
                "maintenance": here.mark.maintenance_ppm,
                "funding": (here.index(self.models.time), here.growth, here.exact_index, here.funded_at),
                "hour": here.hour,
                "quarter": here.quarter,
                "clearing": here.clearing,
                "times": (here.sampled_at, here.traded_at),
                "losses": here.losses,
                "unit": (here.unit, here.book.grid),
                "mode": (_MODES.index(here.mode), here.batches),
                "open": self.models.engine.open_interest(market),
                "changed": (here.changed_at, here.book_changed_at, here.raised_at),
                "settled at": here.settled_at,
            },
        )
        same(f"settings of {market}", _settings(found.rules, word, found.taker_ppm, funding), _told(here))
        stored = ramp & (2**20 - 1), ramp >> 20 & (2**20 - 1), ramp >> 40 & _M32, ramp >> 72 & _M32
        lasts = funding >> 228 & 1 and stored[3] > self.models.time  # the flag of one that is over may stay
        told = here.ramp if here.ramp and here.ramp.end > self.models.time else None
        mine = (told.initial, told.maintenance, told.start, told.end) if told else None
        same(f"ramp of {market}", stored if lasts else None, mine)

    # ------------------------------------------------------------ books

    def _ask(self, to: str, signature: str, *values: int) -> bytes:
        answer = self.chain.ask(to, call(signature, *values))
        if answer is None:
            raise AssertionError(f"{signature} reverts: {self.chain.reason}")
        return answer

    def book(self, market: int) -> None:
        """Its state, best ticks and depth."""
        at, mine = self.system.books[market], self.models.engine.markets[market].book
        here = mine.market()
        expected = [here.auctions, here.batch, here.due, here.interval, here.min_lots, here.grid]
        same(f"book {market}", ints(self._ask(at, "market()")), expected)
        same(f"best of book {market}", ints(self._ask(at, "best()")), list(mine.best()))
        levels = decoded(["(uint256,uint256)[]"] * 2, self._ask(at, "depth(uint256)", 8))
        told = tuple(tuple((one.tick, one.lots) for one in side) for side in mine.depth(8))
        same(f"depth of book {market}", levels, told)

    def orders(self, account: int, market: int) -> list[tuple[int, int]]:
        """An account's open orders, by slot: pairs of the book's id and the model's."""
        mine = self.models.engine.markets[market].book.open_orders(account)
        words = ints(self._ask(self.system.books[market], "open_orders(uint256)", account))[2:]
        found = [words[at : at + 11] for at in range(0, len(words), 11)]
        told = [
            [
                int(one.is_ask), one.tick, one.lots, one.filled, one.batch, int(one.batch_only),
                int(one.post_only), int(one.reduce_only), one.expiry, one.client_id,
            ]
            for one in mine
        ]  # fmt: skip
        same(f"orders of {account:#x} in {market}", [one[1:] for one in found], told)
        return [(his[0], one.order_id) for his, one in zip(found, mine, strict=True)]

    # ------------------------------------------------------------ around the engine

    def liquidation(self) -> None:
        """Orders of liquidations, what is held of penalties, reports of halts."""
        at, mine, storage = self.system.liquidation, self.models.liquidation, self.state.storage
        for account, market, slot in self.waiting:
            word = storage(at, slot)
            known = mine.pendings.get((account, market))
            if word or known:
                one = known or Pending()
                expected = one.lots | one.before << 32 | one.held << 72 | one.batch << 144
                expected |= one.failures << 184 | one.is_ask << 192
                same(f"liquidation of {account:#x} in {market}", int(word), expected)
        for account in self.system.accounts:
            amount, when = mine.unborne.get(account, (0, 0))
            unborne = self._word(at, slot_of(self.at.unborne, account))
            same(f"unborne of {account:#x}", unborne, amount << 40 | when)
        for market in range(len(MARKETS)):
            reported = self._word(at, slot_of(self.at.reported_at, market))
            same(f"report of {market}", reported, mine.reported.get(market, 0))

    def health(self) -> None:
        """How accounts stand: what they are worth, need, and may have done to them."""
        accounts = self.system.accounts
        data = words(32, len(accounts), *accounts)
        answer = self.chain.ask(self.system.liquidation, selector("health(uint256[])") + data)
        if answer is None:
            raise AssertionError(f"health reverts: {self.chain.reason}")
        found = ints(answer)[2:]
        for at, account in enumerate(accounts):
            equity, *rest = found[4 * at : 4 * at + 4]
            told = self.models.liquidation.health(account)
            same(f"health of {account:#x}", (signed(equity), *rest), told)
            if self.models.engine.account(account).positions:
                low, high, initial, free, statuses = ints(
                    self._ask(self.system.engine, "worth(uint256)", account)
                )
                worth = self.models.engine.worth(account)
                expected = worth.low, worth.high, worth.initial, worth.free, sum(worth.statuses)
                same(f"worth of {account:#x}", (signed(low), signed(high), initial, free, statuses), expected)

    def round(self, account: int, market: int) -> None:
        """Who is nominated."""
        here = self.models.liquidation.rounds.get((account, market), Round(0))
        words = ints(self._ask(self.system.liquidation, "nominees(uint256,uint256)", account, market))
        found = words[0], tuple(zip(words[3::2], words[4::2], strict=True))
        same(f"nominees for {account:#x} in {market}", found, (here.until, here.nominees))

    def vault(self) -> None:
        """Shares, requests, cap."""
        at, mine, system = self.at, self.models.vault, self.system
        cap, has = self._word(system.vault, at.vault_cap), self._word(system.vault, at.vault_has_backstop)
        supply, pending = (
            self._word(system.vault, at.vault_supply),
            self._word(system.vault, at.vault_pending),
        )
        expected = mine.supply, mine.pending_value, mine.deposit_cap, mine.has_backstop
        same("vault: supply, requests, cap, backstop", (supply, pending, cap, bool(has)), expected)
        for holder in self.holders:
            shares = self._word(system.vault, slot_of(at.vault_shares, int(holder, 16)))
            same(f"shares of {holder}", shares, mine.balance_of(holder))
            slot, asked = slot_of(at.vault_requests, int(holder, 16)), mine.request_of(holder)
            found = tuple(self._word(system.vault, slot + number) for number in range(3))
            same(f"request of {holder}", found, (asked.shares, asked.value, asked.claimable_from))

    def fund(self) -> None:
        """Reserve, pot, shares, and what markets may draw."""
        at, mine, where = self.at, self.models.fund, self.system.fund
        slots = at.reserve, at.pot, at.epoch, at.stakes_total
        expected = mine.reserve, mine.pot, mine.epoch, mine.total_shares
        same("fund", tuple(self._word(where, slot) for slot in slots), expected)
        for market in range(len(MARKETS)):
            found = tuple(self._word(where, slot_of(slot, market)) for slot in (at.draw_caps, at.drawn))
            told = mine.draw_cap.get(market, 0), mine.drawn.get(market, 0)
            same(f"fund's cap and draws of {market}", found, told)

    def stakes(self) -> None:
        """What stakers have, and what they asked for."""
        for who in STAKERS:
            mine = self.models.fund.stakes.get(who)
            shares = ints(self._ask(self.system.fund, "shares_of(address)", int(who, 16)))[0]
            asked = ints(self._ask(self.system.fund, "pending_exit(address)", int(who, 16)))
            exit_ = mine.exit if mine else Exit()
            until = exit_.claimable_from + CLAIM_WINDOW if exit_.shares else 0
            told = [mine.shares if mine else 0, exit_.shares, exit_.claimable_from, until]
            same(f"stake of {who}", [shares, *asked], told)

    def fees(self) -> None:
        """Pots."""
        at, mine, where = self.at, self.models.fees, self.system.fees
        found = [self._word(where, at.booked)]
        expected = [mine.booked]
        for slot, pots, people in (
            (at.deliverable, mine.deliverable, (self.system.fund, self.system.vault)),
            (at.claimable, mine.claimable, (self.system.treasury, OTHER)),
        ):
            found += [self._word(where, slot_of(slot, int(one, 16))) for one in people]
            expected += [pots[one] for one in people]
        same("pots of fees", found, expected)

    def triggers(self) -> None:
        """Which slots are in use, credits, and what the triggers may do in the engine."""
        mine, where, at = self.models.triggers, self.system.triggers, self.at
        slots: dict[int, int] = {}
        for trigger in mine.triggers.values():
            slots[trigger.account] = slots.get(trigger.account, 0) | 1 << trigger.slot
        for account in self.system.traded:
            found = self._word(where, slot_of(at.trigger_accounts, account))
            same(f"triggers of {account:#x}", found, slots.get(account, 0) | mine.numbers[account] << 64)
            grant = self._word(self.system.engine, slot_of(at.grants, account, int(where, 16)))
            known = mine.grants.get(account)
            word = known.permissions | known.actions << 8 | known.expiry << 40 if known else 0
            same(f"grant of {account:#x}", grant, word)
        for who in self.tipped:
            credit = self._word(where, slot_of(at.tips, int(who, 16)))
            same(f"tips of {who}", credit, mine.claimable[int(who, 16)])

    def triggers_of(self, account: int) -> None:
        """Each trigger of an account."""
        mine = self.models.triggers
        for number in mine.of(account):
            one = mine.triggers[number]
            price = mine.price(one)
            answer = self._ask(self.system.triggers, "trigger(uint256)", number)
            found = decoded([_TRIGGER], answer)[0]
            terms = tuple(getattr(one.terms, name) for name in one.terms.__slots__)
            expected = (
                one.account, terms, one.is_above, 0 if price is None else price * 10_000, one.extreme,
                one.grid, one.is_long, one.partner, one.parked,
            )  # fmt: skip
            same(f"trigger {number:#x} of {owner(account)}", found, expected)


_M32: Final = 2**32 - 1
_SIDE: Final = 2**40 - 1


def _words(position: Position) -> tuple[int, ...]:
    """As the engine stores it."""
    orders = position.orders
    return (
        position.lots,
        position.cash,
        position.basis + abs(position.lots) * position.borne,
        orders.bid_lots,
        orders.ask_lots,
        orders.bid_notional,
        orders.ask_notional,
        position.highest_bid,
        position.lowest_ask,
    )


def _settings(rules: int, opened: int, taker_ppm: int, funding: int) -> dict[str, int]:
    found = {
        "open_cap": opened >> 80 & (2**36 - 1),
        "account_cap": opened >> 116 & (2**34 - 1),
        "taker_ppm": taker_ppm,
        "max_mark_age": funding >> 215 & (2**12 - 1),
    }
    for name, bits in RULES:
        value = rules & (1 << bits) - 1
        found[name] = signed(value, bits) if name in ("maker_ppm", "interest") else value
        rules >>= bits
    return found


def _told(here: Market) -> dict[str, int]:
    names: Sequence[str] = here.settings.__slots__
    return {name: getattr(here.settings, name) for name in names}
