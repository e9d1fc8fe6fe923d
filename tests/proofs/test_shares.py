"""The price of a share never falls by who enters or leaves, and each is paid and noted what he is told
(docs/proofs.md).

Entry points are read from the first statement to the last; premises are what the code checks, or bounds that
it keeps.
"""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import z3
from eth_utils.crypto import keccak
from vyper.semantics.types import StructT

from tests.proofs.linking import agree, any_of, calls_of, changed, compiled, edges, imports_of, numbers
from tests.proofs.prover import Sums, failures, module_of, opaque
from walras.devtools.compiler import PROJECT_ROOT, compile_contract
from walras.devtools.evm import Contract, Evm
from walras.devtools.symbolic import At, Numbers, Reading, are_same, constants

VAULT: Final = "contracts/Vault.vy"
SHARES: Final = "contracts/modules/vault/shares.vy"
VALUING: Final = "contracts/modules/vault/valuing.vy"
REQUESTS: Final = "contracts/modules/vault/requests.vy"
TERMS: Final = "contracts/modules/vault/vault_terms.vy"
FUND: Final = "contracts/InsuranceFund.vy"
VIRTUAL_IN_VAULT: Final = constants(VALUING)["VIRTUAL_SHARES"]
VIRTUAL_IN_FUND: Final = constants(FUND)["VIRTUAL_SHARES"]
MOST_FEE: Final = constants(TERMS)["MAX_BASE_FEE"] + constants(TERMS)["MAX_FEE_SLOPE"]
"""The exit fee at most, bps."""


# ------------------------------------------------------------------ the vault


FEE_BPS: Final = opaque("fee_bps", 2)
"""The exit fee by equity and initial margin."""


class Vault:
    """One entry point of the vault, read from the first statement to the last; `equity` is what the accounts
    are worth, somewhere between the two ends that the code knows of it.
    """

    def __init__(self, root: Path, function: str) -> None:
        node = module_of(VAULT, root)[function]
        self.given = {argument.arg: z3.Int(argument.arg) for argument in node.args.args}
        self.asked = next(iter(self.given.values()))
        self.before = {
            name: z3.Int(name)
            for name in ("totalSupply", "equity", "pending_value", "pulled", "waiting", "spent", "balance")
        }
        self.worth = {name: z3.Int(name) for name in ("low", "high", "initial", "free", "statuses")}
        self.request = {name: z3.Int(f"request's {name}") for name in ("shares", "value", "claimable_from")}
        self.now, self.cooldown = z3.Ints("now cooldown")
        mine, asset, sender, myself = z3.Ints("account asset sender self")
        self.bps = FEE_BPS(self.worth["low"], self.worth["initial"])
        controller = self.given.get("controller", z3.Int("nobody"))
        holder = myself if "controller" in self.given else self.given["receiver"]
        domain = Numbers()
        self.reading = Reading(
            domain,
            {
                "self": myself, "sender": sender, "timestamp": self.now, "asset": asset, "account": mine,
                "engine": z3.Int("engine"), "has_backstop": z3.Bool("has_backstop"),
                "backstop": z3.Int("backstop"), "deposit_cap": z3.Int("cap"), "cooldown": self.cooldown,
                "requests": At((controller,), self.request),
                "balanceOf": At((holder,), self.before["balance"]),
                **self.before,
            },
            {
                "IPerpEngine(engine).sync": lambda account: None,
                "IERC20(asset).approve": lambda spender, amount: z3.Bool("approved"),
                "IPerpEngine(valuing.engine).deposit": self._adds("equity", mine),
                "IPerpEngine(valuing.engine).withdraw": lambda account, amount, to: self._adds(
                    "equity", mine, self.given["receiver"]
                )(account, to, -amount),
                "tokens._pull": self._adds("pulled", asset, sender),
                "erc20._move": self._adds("waiting", self.given.get("owner"), myself),
                "erc20._spend": self._adds("spent", self.given.get("owner"), sender),
                "requests._acts_for": acts_for,
                "self._acts_for": acts_for,
                "self._worth": lambda: self.worth,
                "self._is_fit": lambda worth: z3.Bool("is_fit"),
                "self._is_owing": lambda: z3.Bool("is_owing"),
                "terms._fee_bps": FEE_BPS,
            },
        )  # fmt: skip
        self.answer = self.reading.call(node, *self.given.values())
        self.premises = (
            self.worth["low"] <= self.before["equity"], self.before["equity"] <= self.worth["high"],
            self.worth["free"] >= 0, self.request["shares"] >= 0, self.request["value"] >= 0,
            self.request["shares"] <= self.before["totalSupply"], self.supply() < 2**256,
            self.asked >= 0, self.bps >= 0, self.bps <= MOST_FEE, *domain.facts, self.reading.goes_through,
        )  # fmt: skip

    def failures(self, claims: dict[str, Any], only: tuple[str, ...], *given: Any) -> list[str]:
        """Which claims do not hold, of all or of some."""
        return failures({name: claims[name] for name in only or claims}, *self.premises, *given)

    def supply(self) -> Any:
        """All shares before, with the virtual ones."""
        return self.before["totalSupply"] + VIRTUAL_IN_VAULT

    def grown(self, name: str) -> Any:
        """By how much a number has grown."""
        return self.reading.state[name] - self.before[name]

    def keeps_the_price(self) -> Any:
        """Whether (equity + 1) / (supply + virtual shares) is no lower."""
        equity, minted = self.before["equity"], self.grown("totalSupply")
        return (self.reading.state["equity"] + 1) * self.supply() >= (equity + 1) * (self.supply() + minted)

    def _adds(self, name: str, *expected: Any) -> Callable[..., None]:
        """What a call does to a number: its last argument is added. The others are these, or it is none of
        the calls that are known here.
        """

        def call(*given: Any) -> None:
            assert are_same(given[:-1], expected), f"{name} of others"
            self.reading.write(name, self.reading.state[name] + given[-1])

        return call


def acts_for(who: Any) -> Any:
    """Whether the caller is somebody, or his operator."""
    return opaque("acts for")(who) != 0


def entry(function: str, root: Path = PROJECT_ROOT, *only: str) -> list[str]:
    """Which claims about `deposit` or `mint` do not hold."""
    vault = Vault(root, function)
    minted, paid = vault.grown("totalSupply"), vault.grown("equity")
    said = (paid, minted) if function == "deposit" else (minted, paid)
    held, high = vault.reading.state["balanceOf"].value, vault.worth["high"]
    claims = {
        "the price stays": vault.keeps_the_price(),
        "what is paid comes in": paid == vault.grown("pulled"),
        "shares are the receiver's": minted == held - vault.before["balance"],
        "as asked and answered": z3.And(said[0] == vault.asked, said[1] == vault.answer, minted > 0),
        "not where others may bear it": z3.And(
            vault.worth["low"] >= 0,
            z3.Implies(vault.before["totalSupply"] > 0, vault.worth["low"] > 0),
            z3.Not(z3.And(z3.Bool("has_backstop"), z3.Bool("is_owing"))),
            z3.Bool("is_fit"),
        ),
        "within the cap": z3.If(high > 0, high, 0) + paid <= z3.Int("cap"),
    }
    return vault.failures(claims, only)


def ask_back(root: Path = PROJECT_ROOT, *only: str) -> list[str]:
    """Which claims about `requestRedeem` do not hold."""
    vault = Vault(root, "requestRedeem")
    shares, owner = vault.asked, vault.given["owner"]
    after = vault.reading.state["requests"].value
    worth = after["value"] - vault.request["value"]
    claims = {
        "at the low end, down": z3.And(
            worth * vault.supply() <= shares * (vault.worth["low"] + 1), worth >= 1
        ),
        "the shares wait": z3.And(
            after["shares"] == vault.request["shares"] + shares,
            after["claimable_from"] == vault.now + vault.cooldown,
            vault.grown("waiting") == shares,
        ),
        "it is noted": vault.grown("pending_value") == worth,
        "nothing moves": z3.And(vault.grown("totalSupply") == 0, vault.grown("equity") == 0),
        "by whom": z3.And(
            acts_for(vault.given["controller"]), vault.grown("spent") == z3.If(acts_for(owner), 0, shares)
        ),
    }
    has = shares <= vault.before["totalSupply"]  # who asks has them, as `_move` checks
    return vault.failures(claims, only, has)


def exit_by(function: str, root: Path = PROJECT_ROOT, *only: str) -> list[str]:
    """Which claims about `redeem` or `withdraw` do not hold."""
    vault = Vault(root, function)
    burnt, paid = -vault.grown("totalSupply"), -vault.grown("equity")
    shares, value = vault.request["shares"], vault.request["value"]
    left, low = vault.reading.state["requests"].value, vault.worth["low"]
    kept = 10_000 - vault.bps
    said = (burnt, paid) if function == "redeem" else (paid, burnt)
    waited = vault.request["claimable_from"] <= vault.now
    claims = {
        "the price stays": vault.keeps_the_price(),
        "paid is what there is": z3.And(paid >= 1, paid <= low, paid <= vault.worth["free"]),
        "less the fee, at the value of then": paid * shares * 10_000 <= value * burnt * kept,
        "less the fee, at the value of now": paid * vault.supply() * 10_000 <= burnt * (low + 1) * kept,
        "what is left is the rest": z3.And(
            left["shares"] == shares - burnt,
            left["shares"] >= 0,
            left["value"] * shares <= value * left["shares"],
            vault.grown("pending_value") == left["value"] - value,
        ),
        "as asked and answered": z3.And(
            said[0] == vault.asked,
            said[1] == vault.answer,
            burnt == vault.before["balance"] - vault.reading.state["balanceOf"].value,
        ),
        "by whom, and when": z3.And(acts_for(vault.given["controller"]), waited),
    }
    return vault.failures(claims, only)


def terms(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about what the accounts are worth, and about the exit fee, do not hold."""
    ends = [z3.Ints(f"low{side} equity{side} high{side}") for side in (0, 1)]
    account, backstop, has = z3.Int("account"), z3.Int("backstop"), z3.Bool("has_backstop")
    reading = Reading(
        Numbers(),
        {"engine": z3.Int("engine"), "account": account, "backstop": backstop, "has_backstop": has},
        {
            "IPerpEngine(engine).worth": lambda which: {
                "low": z3.If(which == account, ends[0][0], ends[1][0]),
                "high": z3.If(which == account, ends[0][2], ends[1][2]),
                "statuses": z3.Int("statuses"),
            }
        },
    )
    worth = reading.call(module_of(VALUING, root)["_worth"])
    equity = ends[0][1] + z3.If(z3.And(has, ends[1][1] > 0), ends[1][1], 0)
    within = z3.And(worth["low"] <= equity, equity <= worth["high"])
    order = [z3.And(low <= between, between <= high) for low, between, high in ends]
    failed = failures({"the ends": within}, account != backstop, *order)

    base, slope, whole, initial = z3.Ints("base slope whole initial")
    sums = Sums(root, base_fee_bps=base, fee_slope_bps=slope)
    fee = sums.call(TERMS, "_fee_bps", whole, initial)
    given = (base >= 0, slope >= 0, initial >= 0, base + slope <= MOST_FEE)
    part = z3.Implies(whole > 0, (fee - base) * whole >= slope * z3.If(initial < whole, initial, whole))
    most = z3.And(fee <= base + slope, z3.Implies(whole <= 0, fee == base + slope))
    failed += sums.failures({"the fee's part": part, "the fee's bounds": z3.And(fee >= base, most)}, *given)

    net, bps = z3.Ints("net bps")
    sums = Sums(root)
    gross = sums.call(TERMS, "_gross_up", net, bps)
    kept = z3.And((gross - net) * 10_000 >= gross * bps, (gross - 1) * (10_000 - bps) < net * 10_000)
    return failed + sums.failures({"the gross": kept}, net >= 0, bps >= 0, bps <= MOST_FEE)


@pytest.mark.parametrize("function", ["deposit", "mint"])
def test_a_share_of_the_vault_never_falls_by_entries(function: str) -> None:
    assert entry(function) == []


def test_who_asks_shares_back_is_noted_their_worth_rounded_down() -> None:
    assert ask_back() == []


@pytest.mark.parametrize("function", ["redeem", "withdraw"])
def test_a_share_of_the_vault_never_falls_by_exits(function: str) -> None:
    assert exit_by(function) == []


def test_the_ends_are_in_order_and_the_fee_is_rounded_up() -> None:
    assert terms() == []


_FEE: Final = "value - terms._fee_up(value, terms._fee_bps(worth.low, worth.initial))"
_LEAST: Final = "return min(request.value * shares // request.shares, valuing._assets_down(shares, equity))"
_HAS: Final = '    if shares > request.shares:\n        refuse._because("vault: more than claimable")\n'
_PRICE: Final = "the price stays"
_THEN: Final = "less the fee, at the value of then"
_NOW: Final = "less the fee, at the value of now"
_THERE: Final = "paid is what there is"
_SAID: Final = "as asked and answered"
_OWING: Final = "not where others may bear it"
_WHEN: Final = "by whom, and when"
_SOME: Final = '    if shares == 0:\n        refuse._because("vault: zero shares")\n'
_FREE: Final = '    if assets > worth.free:\n        refuse._because("vault: margin in use")\n'


@pytest.mark.parametrize(
    ("function", "path", "old", "new", "broken"),
    [
        ("deposit", VALUING, "return assets * self._supply() // (self._positive(equity) + 1)",
         "return (assets * self._supply() + self._positive(equity)) // (self._positive(equity) + 1)", _PRICE),
        ("deposit", VAULT, "valuing._shares_down(assets, worth.high)",
         "valuing._shares_down(assets, worth.low)", _PRICE),
        ("deposit", VAULT, "erc20._mint(receiver, shares)", "erc20._mint(receiver, 2 * shares)", _PRICE),
        ("deposit", VAULT, "deposit(valuing.account, assets)", "deposit(valuing.account, assets // 2)",
         _PRICE),
        ("deposit", VAULT, "tokens._pull(asset, msg.sender, assets)",
         "tokens._pull(asset, msg.sender, assets // 2)", "what is paid comes in"),
        ("mint", SHARES, "self.balanceOf[to] += amount\n    log IERC20.Transfer(sender=empty(address)",
         "self.balanceOf[to] = amount\n    log IERC20.Transfer(sender=empty(address)",
         "shares are the receiver's"),
        ("mint", VAULT, "    return assets\n\n\n# ---", "    return shares\n\n\n# ---", _SAID),
        ("deposit", VAULT, _SOME, "", _SAID),
        ("deposit", VALUING, "worth.low < 0 or (worth.low == 0", "(worth.low == 0", _OWING),
        ("mint", VALUING, "if self.has_backstop and self._is_owing():", "if False:", _OWING),
        ("mint", VAULT, "    self._check_cap(assets, worth)\n    self._enter(", "    self._enter(",
         "within the cap"),
        ("mint", VALUING, "(self._positive(equity) + 1) + supply - 1) // supply",
         "(self._positive(equity) + 1)) // supply", _PRICE),
        ("mint", VAULT, "valuing._assets_up(shares, worth.high)", "valuing._assets_up(shares, worth.low)",
         _PRICE),
        ("redeem", VALUING, "return shares * (self._positive(equity) + 1) // self._supply()",
         "return (shares * (self._positive(equity) + 1) + self._supply() - 1) // self._supply()",
         _PRICE),
        ("redeem", REQUESTS, _LEAST, "return request.value * shares // request.shares", _PRICE),
        ("redeem", REQUESTS, _LEAST, "return request.value * shares // request.shares", _NOW),
        ("redeem", REQUESTS, _LEAST, "return valuing._assets_down(shares, equity)", _THEN),
        ("redeem", TERMS, "(gross * bps + BPS - 1) // BPS", "gross * bps // BPS", _THEN),
        ("redeem", VAULT, "requests._value_down(request, shares, worth.low)\n    assets",
         "requests._value_down(request, shares, worth.high)\n    assets", _PRICE),
        ("redeem", VAULT, _FEE, "value", _THEN),
        ("redeem", VAULT, _FEE, _FEE.replace("worth.low", "worth.high"), _THEN),
        ("redeem", VAULT, "withdraw(valuing.account, assets,", "withdraw(valuing.account, gross,",
         _THEN),
        ("redeem", VAULT, "erc20._burn(self, shares)", "erc20._burn(self, shares // 2)", _PRICE),
        ("redeem", SHARES, "    self.balanceOf[owner] -= amount\n    log IERC20.Transfer(sender=owner, rec",
         "    log IERC20.Transfer(sender=owner, rec", _SAID),
        ("redeem", REQUESTS, "left.value = request.value * left.shares // request.shares",
         "left.value = request.value", "what is left is the rest"),
        ("withdraw", VALUING, "return (assets * self._supply() + unit - 1) // unit",
         "return assets * self._supply() // unit", _PRICE),
        ("withdraw", REQUESTS, "        return max_value(uint256)", "        return 0",
         _PRICE),
        ("withdraw", REQUESTS, "(gross * request.shares + request.value - 1) //",
         "(gross * request.shares) //", _THEN),
        ("withdraw", VAULT, "requests._shares_up(request, value, worth.low)",
         "requests._shares_up(request, value, worth.high)", _PRICE),
        ("withdraw", VAULT, _HAS, "", "what is left is the rest"),
        ("redeem", VAULT, _FREE, "", _THERE),
        ("withdraw", REQUESTS, "block.timestamp < request.claimable_from:\n        return empty(",
         "block.timestamp > request.claimable_from:\n        return empty(", _WHEN),
        ("redeem", REQUESTS, "if not self._acts_for(controller):", "if self._acts_for(controller):", _WHEN),
    ],
)  # fmt: skip
def test_a_vault_that_does_otherwise_is_refuted(
    function: str, path: str, old: str, new: str, broken: str
) -> None:
    """Of the claims, one that the fault breaks is asked."""
    with changed(path, old, new) as root:
        check = entry if function in ("deposit", "mint") else exit_by
        assert check(function, root, broken) == [broken]


@pytest.mark.parametrize(
    ("path", "old", "new", "broken"),
    [
        (VAULT, "valuing._assets_down(shares, worth.low)\n    if value",
         "valuing._assets_down(shares, worth.high)\n    if value", "at the low end, down"),
        (VAULT, "erc20._move(owner, self, shares)", "erc20._move(owner, self, shares // 2)",
         "the shares wait"),
        (VAULT, "block.timestamp + terms.cooldown)", "block.timestamp)", "the shares wait"),
        (REQUESTS, "    self.pending_value += worth\n", "", "it is noted"),
        (VAULT, "        erc20._spend(owner, msg.sender, shares)\n", "        pass\n", "by whom"),
        (VAULT, "if not requests._acts_for(controller):", "if not requests._acts_for(owner):", "by whom"),
    ],
)  # fmt: skip
def test_a_request_that_is_taken_otherwise_is_refuted(path: str, old: str, new: str, broken: str) -> None:
    with changed(path, old, new) as root:
        assert ask_back(root, broken) == [broken]


@pytest.mark.parametrize(
    ("path", "old", "new", "failing"),
    [
        (VALUING, "worth.low += max(more.low, 0)", "worth.low += max(more.high, 0)", ["the ends"]),
        (VALUING, "worth.high += max(more.high, 0)", "worth.high += more.high", ["the ends"]),
        (TERMS, "(self.fee_slope_bps * used + whole - 1) // whole", "self.fee_slope_bps * used // whole",
         ["the fee's part"]),
        (TERMS, "(net * BPS + kept_bps - 1) // kept_bps", "net * BPS // kept_bps", ["the gross"]),
    ],
)  # fmt: skip
def test_ends_and_fees_that_are_otherwise_are_refuted(
    path: str, old: str, new: str, failing: list[str]
) -> None:
    with changed(path, old, new) as root:
        assert terms(root) == failing


_VAULT_DRIVER: Final = f"""
{imports_of(REQUESTS)}
from contracts.modules.vault import shares as erc20
from contracts.modules.vault import valuing
from contracts.modules.vault import requests
from contracts.modules.vault import vault_terms
initializes: erc20
initializes: valuing[erc20 := erc20]
initializes: requests[erc20 := erc20, valuing := valuing]
initializes: vault_terms

@deploy
def __init__():
    valuing.__init__(self)
    vault_terms.__init__()

@external
def set_supply(supply: uint256):
    erc20.totalSupply = supply

"""


@pytest.mark.parametrize(
    "modules",
    [
        ((VALUING, "valuing", ["_shares_down", "_shares_up", "_assets_up", "_assets_down"]),
         (TERMS, "vault_terms", ["_fee_up", "_gross_up"])),
        ((REQUESTS, "requests", ["_value_down", "_shares_up"]),),
    ],
    ids=["valuing", "requests"],
)  # fmt: skip
def test_the_vault_is_read_as_compiled(modules: tuple[tuple[str, str, list[str]], ...]) -> None:
    calls = [calls_of(path, alias, functions) for path, alias, functions in modules]
    contract = Evm().deploy(compiled(_VAULT_DRIVER + "".join(calls)))
    dice = random.Random(2)
    went: Counter[str] = Counter()
    for _ in range(300):
        supply = edges(137, False, dice)
        contract.set_supply(supply)
        for path, _, functions in modules:
            for name in functions:
                node = module_of(path)[name]
                kinds = [argument.typ for argument in node._metadata["func_type"].arguments]
                args = [small(kind, dice) for kind in kinds]
                went[name] += agree(contract, node, args, numbers(totalSupply=supply))
    assert min(went[name] for _, _, functions in modules for name in functions) > 50, went


def small(kind: Any, dice: random.Random) -> Any:
    """An argument of the size that money has: 96 bits, or whatever the type allows."""
    if isinstance(kind, StructT):
        return {name: small(member, dice) for name, member in kind.members.items()}
    return edges(96, bool(kind.is_signed), dice) if dice.random() < 0.9 else any_of(kind, dice)


# ------------------------------------------------------------------ the insurance fund


def fund(function: str, root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about `stake` or `claim` of the fund do not hold, each read from first statement to
    last.
    """
    pot, total, epoch, assets, receiver, sender, token, now = z3.Ints(
        "pot total epoch assets receiver sender token now"
    )
    holder, args = (receiver, (assets, receiver)) if function == "stake" else (sender, (receiver,))
    names = ("epoch", "shares", "exit_shares", "exit_from")
    held = {name: z3.Int(f"held {name}") for name in names}

    def move(expected: Any, given: Any, amount: Any) -> None:
        assert are_same(given, expected), "money of others"
        reading.write("moved", reading.state["moved"] + amount)

    domain = Numbers()
    reading = Reading(
        domain,
        {
            "pot": pot, "total_shares": total, "epoch": epoch, "engine": z3.Int("engine"), "token": token,
            "sender": sender, "timestamp": now, "self": z3.Int("self"), "moved": z3.IntVal(0),
            "stakes": At((holder,), held),
        },
        {
            "tokens._pull": lambda *given: move((token, sender), given[:2], given[2]),
            "tokens._push": lambda *given: move((token, receiver), given[:2], -given[2]),
        },
    )  # fmt: skip
    answer = reading.call(module_of(FUND, root)[function], *args)
    after, left = reading.state, reading.state["stakes"].value
    paid, grown = after["pot"] - pot, after["total_shares"] - total
    had = z3.If(held["epoch"] == epoch, held["shares"], 0)
    real = total + VIRTUAL_IN_FUND
    said = {
        "stake": z3.And(paid == assets, grown == answer, answer >= 1),
        "claim": z3.And(
            grown == -held["exit_shares"],
            paid == -answer,
            left["exit_shares"] == 0,
            answer >= 1,
            held["exit_from"] <= now,
            now < held["exit_from"] + constants(FUND)["CLAIM_WINDOW"],
        ),
    }
    claims = {
        "the price stays": (after["pot"] + 1) * real >= (pot + 1) * (real + grown),
        "the pot has the tokens": z3.And(paid == after["moved"], after["pot"] >= 0),
        "shares are the holder's": z3.And(left["shares"] - had == grown, left["epoch"] == epoch),
        "as asked and answered": said[function],
    }
    order = z3.And(held["exit_shares"] >= 0, held["exit_shares"] <= held["shares"], had <= total)
    given = (pot >= 0, total >= 0, assets >= 0, order, reading.goes_through)
    return failures(claims, *given, *domain.facts)


@pytest.mark.parametrize("function", ["stake", "claim"])
def test_a_share_of_the_fund_never_falls_by_stakes_and_claims(function: str) -> None:
    assert fund(function) == []


_WORTH: Final = "return shares * (self.pot + 1) // (self.total_shares + VIRTUAL_SHARES)"


@pytest.mark.parametrize(
    ("function", "old", "new", "failing"),
    [
        ("stake", "return assets * (self.total_shares + VIRTUAL_SHARES) // (self.pot + 1)",
         "return (assets * (self.total_shares + VIRTUAL_SHARES) + self.pot) // (self.pot + 1)", [_PRICE]),
        ("stake", "    self.total_shares += shares\n    self.pot += assets\n",
         "    self.total_shares += shares\n", [_PRICE, "the pot has the tokens", _SAID]),
        ("stake", "tokens._pull(token, msg.sender, assets)\n    log IInsuranceFund.Staked",
         "tokens._pull(token, msg.sender, assets // 2)\n    log IInsuranceFund.Staked",
         ["the pot has the tokens"]),
        ("stake", "held.shares += shares", "held.shares += 2 * shares", ["shares are the holder's"]),
        ("claim", _WORTH, _WORTH + " + 1", [_PRICE, "the pot has the tokens"]),
        ("claim", _WORTH, _WORTH.replace("VIRTUAL_SHARES", "1"), [_PRICE]),
        ("claim", "assets: uint256 = self._assets_down(shares)",
         "assets: uint256 = self._assets_down(shares) * 3 // 2", [_PRICE, "the pot has the tokens"]),
        ("claim", "tokens._push(token, receiver, assets)", "tokens._push(token, receiver, 2 * assets)",
         ["the pot has the tokens"]),
        ("claim", "    held.exit_shares = 0\n    held.exit_from = 0\n    self.stakes[msg.sender] = held\n ",
         "    held.exit_from = 0\n    self.stakes[msg.sender] = held\n ", [_SAID]),
        ("claim", "if block.timestamp < held.exit_from:", "if block.timestamp > held.exit_from:", [_SAID]),
        ("claim", "block.timestamp >= held.exit_from + CLAIM_WINDOW", "False", [_SAID]),
    ],
)  # fmt: skip
def test_a_fund_that_does_otherwise_is_refuted(function: str, old: str, new: str, failing: list[str]) -> None:
    with changed(FUND, old, new) as root:
        assert fund(function, root) == failing


def test_the_fund_is_read_as_compiled(insurance: Contract) -> None:
    functions = module_of(FUND)
    dice = random.Random(3)
    for _ in range(100):
        pot, total, assets = (edges(111, False, dice) for _ in range(3))
        write(insurance, pot=pot, total_shares=total)
        result = numbers(pot=pot, total_shares=total).call(functions["_shares_down"], z3.IntVal(assets))
        room = 2**112 - 1 - pot
        assert insurance.preview_stake(assets) == (result.as_long() if assets <= room else 0)
        shares = min(total, assets)
        hold(insurance, shares)
        result = numbers(pot=pot, total_shares=total).call(functions["_assets_down"], z3.IntVal(shares))
        assert insurance.value_of(SAVER) == result.as_long()


# ------------------------------------------------------------------ driving the fund


OWNER: Final = "0x" + "0a" * 20
SAVER: Final = "0x" + "51" * 20


@pytest.fixture
def insurance() -> Contract:
    """The real fund, on a token of the tests."""
    evm = Evm()
    token = evm.deploy(compile_contract("PlainToken"), 6)
    fund = evm.deploy(compile_contract("InsuranceFund"), OWNER, token.address)
    write(fund, engine=int(OWNER, 16))  # without one it promises no shares
    return fund


def write(fund: Contract, **values: int) -> None:
    """Put numbers into its storage."""
    slots = compile_contract("InsuranceFund").layout["storage_layout"]
    for name, value in values.items():
        fund.evm.write(fund.address, slots[name]["slot"], value)


def hold(fund: Contract, shares: int) -> None:
    """Give SAVER so many shares."""
    slot = compile_contract("InsuranceFund").layout["storage_layout"]["stakes"]["slot"]
    key = slot.to_bytes(32) + bytes(12) + bytes.fromhex(SAVER[2:])
    fund.evm.write(fund.address, int.from_bytes(keccak(key)) + 1, shares)
