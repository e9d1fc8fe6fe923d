"""Funding, fees and shared deficits never create money: what is paid is rounded up, what is received down
(docs/proofs.md).
"""

import random
from pathlib import Path
from typing import Any, Final

import pytest
import z3

from tests.proofs.linking import agree, changed, driver, edges, numbers
from tests.proofs.prover import failures, module_of, opaque, refuted, size
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import At, Numbers, Power, Reading, constants

LEDGER: Final = "contracts/modules/engine/ledger.vy"
FUNDING: Final = "contracts/modules/engine/funding.vy"
WORDS: Final = "contracts/modules/engine/account_words.vy"
MARKET_WORDS: Final = "contracts/modules/engine/market_words.vy"


# ------------------------------------------------------------------ one booking


def change(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about one booking of `ledger._change` do not hold, read from first statement to last.

    Losses cancel where the lots do not change, and are counted in the basis otherwise.
    """
    account, market, lots, cash, basis, fee, orders = z3.Ints("account market lots cash basis fee orders")
    position, old_orders, funding_word, word, open_, exchange = z3.Ints(
        "position old_orders funding_word account_word open fee_account"
    )
    power, fees = z3.Ints("power fees")
    of = {name: opaque(name) for name in ("_lots", "_cash", "_basis", "_collateral", "_index")}
    losses_of, kept_of = opaque("losses", 2), opaque("kept", 4)
    packed, listed, collected = opaque("packed", 3), opaque("listed", 3), opaque("account", 2)
    fields: list[Any] = []
    money: list[Any] = []
    credited: list[Any] = []
    noted: list[Any] = []
    answered: list[Any] = []
    domain = Numbers()
    reading = Reading(
        domain,
        {
            "fee_account": exchange,
            "positions": At((account, market), {"position": position, "orders": old_orders}),
            "markets": At((market,), {"funding": funding_word, "open": open_}),
            "accounts": At((account,), word),
        },
        {
            "layout._scale": lambda given: Power(power if given.eq(funding_word) else z3.FreshInt("other")),
            "words._lots": of["_lots"],
            "words._cash": of["_cash"],
            "words._basis": of["_basis"],
            "words._collateral": of["_collateral"],
            "words._position": lambda *given: fields.extend(given) or packed(*given),
            "words._account": lambda *given: money.extend(given) or collected(*given),
            "funding._index": of["_index"],
            "self._collateral": lambda who: fees if who.eq(exchange) else z3.FreshInt("other"),
            "self._losses": losses_of,
            "self._kept": kept_of,
            "self._listed": lambda words, which, has: listed(words, which, z3.If(has, 1, 0)),
            "self._credit": lambda *given: credited.append(given),
            "self._note_deficit": lambda *given: noted.append(given),
            "self._exposed": lambda *given: answered.append(given),
        },
    )
    reading.call(module_of(LEDGER, root)["_change"], account, market, lots, cash, basis, fee, orders)
    written = reading.state["positions"].value

    before, held, had = of["_lots"](position), of["_cash"](position), of["_collateral"](word)
    after, index = before + lots, of["_index"](funding_word)
    losses, kept = losses_of(market, funding_word), kept_of(before, lots, held, cash)
    there = z3.If(fees > 0, fees, 0)
    charged = z3.If(fee >= 0, fee, -z3.If(there < -fee, there, -fee))
    paid = had + held + cash - kept - charged - money[0]
    new_lots, new_cash, new = fields
    traded = of["_basis"](position) + basis - size(before) * losses
    debt = after * index - traded  # as exact as it is charged
    markets, shares = (opaque("BitAnd", 2)(word, constants(WORDS)[name]) for name in ("MARKETS", "SHARES"))
    is_used = z3.If(opaque("BitOr", 2)(written["position"], orders) != 0, 1, 0)
    claims = {
        # never less than it, and less than a unit more
        "paid is rounded up": z3.And(paid * power >= debt, (paid - 1) * power < debt),
        # what is not charged yet stays in the basis, to the last unit
        "nothing is lost in between": z3.Implies(
            after != 0, new == traded + paid * power + size(after) * losses
        ),
        # what is dropped with the last lot is the account's
        "a closed position leaves nothing": z3.Implies(after == 0, new == 0),
        "who closes has paid for it": z3.Implies(after == 0, traded + paid * power >= 0),
        "the position has what is left": z3.And(
            new_lots == after, new_cash == kept, written["position"] == packed(*fields)
        ),
        "open orders are replaced": written["orders"] == orders,
        "the account is written": z3.And(
            reading.state["accounts"].value == collected(*money),
            money[1] == opaque("BitOr", 2)(listed(markets, market, is_used), shares),
        ),
        "a rebate is paid of fees": _are(credited, exchange, charged),
        "a deficit is noted": _are(noted, account, market, had),
        "exposure is of before and after": _are(answered, market, before, after, old_orders, orders),
    }
    return failures(claims, power >= 1, *domain.facts)


def _are(found: list[Any], *expected: Any) -> Any:
    """Whether the one call that was made had these arguments."""
    assert len(found) == 1
    return z3.And(*(one == other for one, other in zip(found[0], expected, strict=True)))


def test_a_booking_charges_funding_rounded_up_and_keeps_the_rest() -> None:
    assert change() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("paid: int256 = rounding._shift_up(after * funding._index(funding_word) - new_basis, scale)",
         "paid: int256 = (after * funding._index(funding_word) - new_basis) >> scale",
         ["paid is rounded up", "who closes has paid for it"]),
        ("words._basis(position) + basis", "words._basis(funding_word) + basis",
         ["paid is rounded up", "nothing is lost in between", "who closes has paid for it"]),
        ("words._position(after, kept, new_basis)", "words._position(after, kept, words._basis(position))",
         ["nothing is lost in between", "a closed position leaves nothing"]),
        ("total - kept - paid - charged", "total - kept - charged",
         ["paid is rounded up", "nothing is lost in between", "who closes has paid for it"]),
        ("losses: int256 = self._losses(market, funding_word)", "losses: int256 = 0",
         ["paid is rounded up", "nothing is lost in between", "who closes has paid for it"]),
        ("new_basis += (paid << scale) + abs(after) * losses", "new_basis += abs(after) * losses",
         ["nothing is lost in between"]),
        ("        new_basis = 0  #", "        new_basis += 0  #", ["a closed position leaves nothing"]),
        ("self.positions[account][market].position = new_position", "position = new_position",
         ["the position has what is left", "the account is written"]),
        ("if orders != old_orders:", "if orders > old_orders:", ["open orders are replaced"]),
        ("self.accounts[account] = new_word", "word = new_word",
         ["the account is written", "a deficit is noted"]),
        ("self._credit(self.fee_account, charged)", "self._credit(self.fee_account, fee)",
         ["a rebate is paid of fees"]),
        ("charged = -min(-fee, max(", "charged = -max(-fee, max(",
         ["paid is rounded up", "nothing is lost in between", "who closes has paid for it",
          "a rebate is paid of fees"]),
        ("self._note_deficit(account, market, words._collateral(word))",
         "self._note_deficit(account, market, words._collateral(new_word))", ["a deficit is noted"]),
        ("return self._exposed(market, before, after, old_orders, orders)",
         "return self._exposed(market, before, after, orders, orders)", ["exposure is of before and after"]),
    ],
)  # fmt: skip
def test_a_booking_that_rounds_otherwise_is_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(LEDGER, old, new) as root:
        assert change(root) == failing


def test_what_all_pay_is_never_less_than_what_all_are_owed() -> None:
    """From one booking to all: with T the bases of an account's trades and D the dropped rest, its bookings
    give basis = T + unit x paid - D; closed, the basis is 0. Trades of an auction have bases that sum to
    0, as its lots do.
    """
    trades, paid, dropped = (z3.Ints(f"{name}0 {name}1 {name}2") for name in ("trades", "paid", "dropped"))
    power = z3.Int("power")
    closed = [t + p * power - d == 0 for t, p, d in zip(trades, paid, dropped, strict=True)]
    given = (power >= 1, sum(trades) == 0, *closed)
    assert refuted(sum(paid) * power >= 0, *given, *(d >= 0 for d in dropped)) is None
    assert (
        refuted(sum(paid) * power >= 0, *given) is not None
    )  # twin: what is dropped may be the account's credit


# ------------------------------------------------------------------ what is kept, and what is shared


def kept(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about the cash that stays in a position do not hold."""
    before, lots, held, cash = z3.Ints("before lots held cash")
    domain = Numbers()
    after, total = before + lots, held + cash
    stays = Reading(domain).call(module_of(LEDGER, root)["_kept"], before, lots, held, cash)

    def part(of: Any, whole: Any) -> Any:
        exact = of * size(after)
        return z3.And(stays * size(whole) >= exact, (stays - 1) * size(whole) < exact)

    is_opposite = z3.And(before != 0, lots != 0, (before > 0) != (lots > 0))
    is_turned = (before > 0) != (after > 0)
    claims = {
        "closed": z3.Implies(after == 0, stays == 0),
        "increased": z3.Implies(z3.And(after != 0, z3.Not(is_opposite)), stays == total),
        "reduced": z3.Implies(z3.And(after != 0, is_opposite, z3.Not(is_turned)), part(held, before)),
        "turned": z3.Implies(z3.And(after != 0, is_opposite, is_turned), part(cash, lots)),
    }
    return failures(claims, *domain.facts)


def test_cash_that_stays_is_rounded_up() -> None:
    assert kept() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("rounding._div_up(shared * abs(after), abs(whole))",
         "rounding._div_down(shared * abs(after), abs(whole))", ["reduced", "turned"]),
        ("        whole = lots\n", "", ["turned"]),
        ("int256 = old_cash  #", "int256 = cash  #", ["reduced"]),
        ("    if after == 0:\n        return 0\n", "", ["closed"]),
        ("lots == 0 or (before > 0)", "lots != 0 or (before > 0)", ["increased", "reduced", "turned"]),
    ],
)  # fmt: skip
def test_cash_that_stays_otherwise_is_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(LEDGER, old, new) as root:
        assert kept(root) == failing


def shared(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about the parts of a fee that others have do not hold."""
    account, market, worth, fee, exchange = z3.Ints("account market worth fee fee_account")
    referrer, builder, ppm, bps = z3.Ints("referrer builder builder_ppm referral_bps")
    credits: list[tuple[Any, Any]] = []
    domain = Numbers()
    reading = Reading(
        domain,
        {
            "fee_account": exchange,
            "sharing": At((account,), {"referrer": referrer, "builder": builder, "builder_ppm": ppm}),
            "referral_bps": At((referrer,), bps),
        },
        {"self._credit": lambda *given: credits.append(given)},
    )
    reading.call(module_of(LEDGER, root)["_share"], account, market, worth, fee)
    (paying, out), (referring, referral), (owing, built), (building, got) = credits
    part = z3.If(fee > 0, fee, 0) * bps
    claims = {
        "nothing is created": out + referral + built + got == 0,
        "whose it is": z3.And(
            paying == exchange, referring == referrer * 256, owing == account, building == builder * 256
        ),
        "a referrer's part is rounded down": z3.And(
            referral * 10_000 <= part, (referral + 1) * 10_000 > part
        ),
        "a builder's is rounded up": z3.And(got * 10**6 >= worth * ppm, (got - 1) * 10**6 < worth * ppm),
    }
    return failures(claims, worth >= 0, ppm >= 0, bps >= 0, *domain.facts)


def test_parts_of_a_fee_come_of_it() -> None:
    assert shared() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("self._credit(account, -built)", "self._credit(account, -built + 1)", ["nothing is created"]),
        ("self._credit(self.fee_account, -referral)", "self._credit(account, -referral)", ["whose it is"]),
        ("max(fee, 0) *", "fee *", ["a referrer's part is rounded down"]),
        ("rounding._div_up(worth * convert(sharing.builder_ppm, int256), PPM)",
         "worth * convert(sharing.builder_ppm, int256) // PPM", ["a builder's is rounded up"]),
    ],
)  # fmt: skip
def test_parts_of_a_fee_that_are_otherwise_are_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(LEDGER, old, new) as root:
        assert shared(root) == failing


# ------------------------------------------------------------------ a shared deficit


def socialised(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about `ledger._socialise` do not hold, read from the first statement to the last."""
    market, amount, long, short, before, power, open_, word = z3.Ints(
        "market amount long short before power open word"
    )
    domain = Numbers()
    reading = Reading(
        domain,
        {
            "markets": At((market,), {"open": open_, "funding": word}),
            "losses": At((market,), before),
        },
        {
            "layout._scale": lambda given: Power(power if given.eq(word) else z3.FreshInt("other")),
            "layout._held_long": lambda given: long if given.eq(open_) else z3.FreshInt("other"),
            "layout._held_short": lambda given: short if given.eq(open_) else z3.FreshInt("other"),
        },
    )
    answer = reading.call(module_of(LEDGER, root)["_socialise"], market, amount)
    after, markets = reading.state["losses"].value, reading.state["markets"].value
    added, lots, exact = after - before, long + short, amount * power
    borne = opaque("BitOr", 2)(word, constants(MARKET_WORDS)["HAS_LOSSES"])
    claims = {
        "borne whole": z3.Implies(answer, z3.And(added * lots >= exact, (added - 1) * lots < exact)),
        "within its word": z3.Implies(answer, after < constants(LEDGER)["MAX_LOSSES"]),
        "the market knows": markets["funding"] == z3.If(answer, borne, word),
        "or nobody bears it": z3.Implies(z3.Not(answer), added == 0),
    }
    given = (amount >= 0, long >= 0, short >= 0, power >= 1, before >= 0)
    return failures(claims, *given, *domain.facts)


def test_a_shared_deficit_is_borne_whole() -> None:
    assert socialised() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("((amount << layout._scale(word)) + lots - 1) // lots",
         "((amount << layout._scale(word)) + 0) // lots", ["borne whole"]),
        ("self.losses[market] + ((amount", "self.losses[market] - ((amount", ["borne whole"]),
        ("layout._held_long(open) + layout._held_short(open)", "layout._held_long(open)", ["borne whole"]),
        ("    if lots == 0:\n        return False\n", "", ["borne whole"]),
        ("    if losses >= MAX_LOSSES:\n        return False\n", "", ["within its word"]),
        ("    self.losses[market] = losses\n", "", ["borne whole"]),
        ("word | layout.HAS_LOSSES", "word", ["the market knows"]),
    ],
    ids=["down", "taken off", "one side alone", "by nobody", "more than fits", "not written", "not told"],
)  # fmt: skip
def test_a_deficit_shared_otherwise_is_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(LEDGER, old, new) as root:
        assert socialised(root) == failing


# ------------------------------------------------------------------ what a view says is owed


def owed(root: Path = PROJECT_ROOT) -> Any:
    """A counterexample to: what a view says a position owes is rounded up, by less than a unit. It is for
    funding and for the deficits of its market.
    """
    market, lots, losses, basis, power, word = z3.Ints("market lots losses basis power word")
    has_losses = z3.Bool("has_losses")
    domain = Numbers()
    result = Reading(
        domain,
        {"markets": At((market,), {"funding": word}), "losses": At((market,), losses)},
        {
            "layout._scale": lambda given: Power(power if given.eq(word) else z3.FreshInt("other")),
            "layout._has_losses": lambda given: has_losses if given.eq(word) else z3.FreshBool("other"),
            "funding._index": opaque("_index"),
        },
    ).call(module_of(LEDGER, root)["_owed"], market, lots, basis)
    borne = z3.If(has_losses, losses, 0)
    exact = lots * opaque("_index")(word) + size(lots) * borne - basis
    claim = z3.And(result * power >= exact, (result - 1) * power < exact)
    return refuted(claim, power >= 1, *domain.facts)


def test_what_a_position_owes_is_rounded_up() -> None:
    assert owed() is None


_UP: Final = "return rounding._shift_up(lots * index + abs(lots) * losses - basis, scale)"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (FUNDING, _UP, "return (lots * index + abs(lots) * losses - basis) >> scale"),
        (FUNDING, _UP, f"{_UP} + 1"),
        (LEDGER, "    if not layout._has_losses(funding_word):", "    if layout._has_losses(funding_word):"),
        (LEDGER, "self._losses(market, word), basis, layout", "0, basis, layout"),
    ],
)
def test_what_a_position_owes_rounded_otherwise_is_refuted(path: str, old: str, new: str) -> None:
    with changed(path, old, new) as root:
        assert owed(root) is not None


def test_what_a_position_owes_is_read_as_compiled() -> None:
    contract = driver(FUNDING, ("_owed",))
    node = module_of(FUNDING)["_owed"]
    dice = random.Random(5)
    went = 0
    for _ in range(300):
        args = [edges(39, True, dice), edges(79, True, dice), edges(77, False, dice), edges(119, True, dice)]
        went += agree(contract, node, [*args, dice.randrange(90)], numbers())
    assert went > 250
