"""Rounding never favours who takes money, and the price of a share never falls by who enters or leaves
(docs/proofs.md).

Terms are read out of the code; premises are what the code checks, or bounds that it keeps.
"""

import random
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import z3
from eth_utils.crypto import keccak
from vyper import ast as vy_ast
from vyper.semantics.types import StructT

from tests.proofs.linking import (
    agree,
    any_of,
    calls_of,
    changed,
    compiled,
    driver,
    edges,
    imports_of,
    numbers,
)
from tests.proofs.packing import refuted
from walras.devtools.compiler import PROJECT_ROOT, compile_contract
from walras.devtools.evm import Contract, Evm
from walras.devtools.symbolic import Numbers, Power, Reading, Words, constants, module

ROUNDING: Final = "contracts/modules/rounding.vy"
VAULT: Final = "contracts/Vault.vy"
VALUING: Final = "contracts/modules/vault/valuing.vy"
REQUESTS: Final = "contracts/modules/vault/requests.vy"
TERMS: Final = "contracts/modules/vault/vault_terms.vy"
FUND: Final = "contracts/InsuranceFund.vy"
MARGIN: Final = "contracts/modules/engine/margin.vy"
VIRTUAL_IN_VAULT: Final = constants(VALUING)["VIRTUAL_SHARES"]
MOST_FEE: Final = constants(TERMS)["MAX_BASE_FEE"] + constants(TERMS)["MAX_FEE_SLOPE"]
"""The exit fee at most, bps."""
VIRTUAL_IN_FUND: Final = constants(FUND)["VIRTUAL_SHARES"]


module_of = cache(module)
"""A module's functions, parsed once."""


class Sums:
    """A set of readings whose quotients share one set of facts."""

    def __init__(self, root: Path = PROJECT_ROOT, stubs: Any = None, **state: Any) -> None:
        self._root = root
        self._state = state
        self._stubs = stubs
        self._domain = Numbers()

    def call(self, path: str, function: str, *args: Any) -> Any:
        return Reading(self._domain, self._state).call(module_of(path, self._root)[function], *args)

    def slice(self, path: str, function: str, names: str, /, **env: Any) -> tuple[Any, ...]:
        """What the statements of a function make of these variables, in the order of the names."""
        reading = Reading(self._domain, self._state, self._stubs)
        found = reading.slice(module_of(path, self._root)[function], set(names.split()), env)
        return tuple(found[name] for name in names.split() if "." not in name)

    def refuted(self, claim: Any, *given: Any) -> Any:
        return refuted(claim, *given, *self._domain.facts)


# ------------------------------------------------------------------ divisions


def divisions(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about the divisions do not hold."""
    dividend, divisor, power = z3.Ints("dividend divisor power")
    failed = []
    for function, by, is_up in (
        ("_div_up", divisor, True),
        ("_div_down", divisor, False),
        ("_shift_up", Power(power), True),
    ):
        sums = Sums(root)
        result = sums.call(ROUNDING, function, dividend, by)
        whole = divisor if by is divisor else power
        up = z3.And(result * whole >= dividend, (result - 1) * whole < dividend)
        down = z3.And(result * whole <= dividend, (result + 1) * whole > dividend)
        if sums.refuted(up if is_up else down, whole >= 1) is not None:
            failed.append(function)
    return failed


def test_divisions_round_as_their_names_say() -> None:
    assert divisions() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("dividend % divisor != 0", "dividend % divisor == 0", ["_div_up", "_div_down"]),
        ("if dividend > 0 and", "if", ["_div_up", "_div_down"]),
        ("-(-number >> bits)", "number >> bits", ["_shift_up"]),
    ],
)
def test_divisions_that_round_otherwise_are_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(ROUNDING, old, new) as root:
        assert divisions(root) == failing


def test_divisions_are_read_as_compiled() -> None:
    functions = module_of(ROUNDING)
    contract = driver(ROUNDING, ("_div_up", "_div_down"))
    dice = random.Random(1)
    for name in ("_div_up", "_div_down"):
        for _ in range(200):
            args = [edges(256, True, dice), max(1, edges(255, False, dice))]
            agree(contract, functions[name], args, numbers())


# ------------------------------------------------------------------ the vault


def vault(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about the vault's shares do not hold.

    `equity` is what the accounts are worth, somewhere between the two ends that the code knows of it. Read
    are the statements of the entry points that decide how many shares there are for how much.
    """
    supply, equity, low, high, assets, shares, bps = z3.Ints("supply equity low high assets shares bps")
    value, of_shares = z3.Ints("value of_shares")
    real = supply + VIRTUAL_IN_VAULT
    worth = {"low": low, "high": high, "initial": z3.Int("initial")}
    bounds = (bps >= 0, bps <= MOST_FEE)
    ends = (low >= 0, low <= equity, equity <= high, supply >= 0, assets >= 0, shares >= 0)
    failed = []

    def claim(name: str, sums: Sums, holds: Any, *given: Any) -> None:
        if sums.refuted(holds, *ends, *given) is not None:
            failed.append(name)

    sums = Sums(root, totalSupply=supply)
    (got,) = sums.slice(VAULT, "deposit", "shares", assets=assets, worth=worth)
    claim("deposit", sums, (equity + assets + 1) * real >= (equity + 1) * (real + got))

    sums = Sums(root, totalSupply=supply)
    (cost,) = sums.slice(VAULT, "mint", "assets", shares=shares, worth=worth)
    claim("mint", sums, (equity + cost + 1) * real >= (equity + 1) * (real + shares))

    asked = {"shares": of_shares, "value": value}
    held = (shares <= of_shares, of_shares <= supply, value >= 0, of_shares >= 1)
    sums = Sums(root, totalSupply=supply)
    (paid,) = sums.slice(VAULT, "redeem", "value", request=asked, shares=shares, worth=worth)
    stays = (equity - paid + 1) * real >= (equity + 1) * (real - shares)
    claim("redeem", sums, stays, *held, shares >= 1)
    claim("redeem pays what there is", sums, z3.And(paid >= 0, paid <= low), *held)
    claim("redeem pays the value of then at most", sums, paid * of_shares <= value * shares, *held)

    sums = Sums(root, totalSupply=supply)
    (burnt,) = sums.slice(VAULT, "withdraw", "shares", request=asked, value=assets, worth=worth)
    has_more = burnt > of_shares  # and is refused
    stays = (equity - assets + 1) * real >= (equity + 1) * (real - burnt)
    claim("withdraw", sums, z3.Or(has_more, stays), *held, real < 2**256)
    then = assets * of_shares <= burnt * value
    claim("withdraw at the value of then", sums, z3.Or(has_more, then), *held, real < 2**256)

    sums = Sums(root, {"terms._fee_bps": lambda *_: bps})
    (net,) = sums.slice(VAULT, "redeem", "assets", value=assets, worth=worth)
    exact = z3.And((assets - net) * 10_000 >= assets * bps, net >= 0, net <= assets)
    claim("exit fee", sums, exact, *bounds)

    sums = Sums(root, {"terms._fee_bps": lambda *_: bps})
    (gross,) = sums.slice(VAULT, "withdraw", "value", assets=assets, worth=worth)
    kept = z3.And((gross - assets) * 10_000 >= gross * bps, gross >= assets)
    claim("exit fee of withdraw", sums, kept, *bounds)
    return failed


_LEAST: Final = "return min(request.value * shares // request.shares, valuing._assets_down(shares, equity))"


def test_a_share_of_the_vault_never_falls_by_entries_and_exits() -> None:
    assert vault() == []


@pytest.mark.parametrize(
    ("path", "old", "new", "failing"),
    [
        (VALUING, "return assets * self._supply() // (self._positive(equity) + 1)",
         "return (assets * self._supply() + self._positive(equity)) // (self._positive(equity) + 1)",
         ["deposit"]),
        (VALUING, "(self._positive(equity) + 1) + supply - 1) // supply",
         "(self._positive(equity) + 1)) // supply", ["mint"]),
        (VALUING, "return shares * (self._positive(equity) + 1) // self._supply()",
         "return (shares * (self._positive(equity) + 1) + self._supply() - 1) // self._supply()",
         ["redeem", "redeem pays what there is"]),
        (REQUESTS, _LEAST,
         "return request.value * shares // request.shares", ["redeem", "redeem pays what there is"]),
        (REQUESTS, _LEAST,
         "return valuing._assets_down(shares, equity)", ["redeem pays the value of then at most"]),
        (VALUING, "return (assets * self._supply() + unit - 1) // unit",
         "return assets * self._supply() // unit", ["withdraw"]),
        (REQUESTS, "(gross * request.shares + request.value - 1) //", "(gross * request.shares) //",
         ["withdraw at the value of then"]),
        (TERMS, "(gross * bps + BPS - 1) // BPS", "gross * bps // BPS", ["exit fee"]),
        (TERMS, "(net * BPS + kept_bps - 1) // kept_bps", "net * BPS // kept_bps", ["exit fee of withdraw"]),
        (VAULT, "valuing._shares_down(assets, worth.high)", "valuing._shares_down(assets, worth.low)",
         ["deposit"]),
        (VAULT, "valuing._assets_up(shares, worth.high)", "valuing._assets_up(shares, worth.low)", ["mint"]),
        (VAULT, "value: uint256 = requests._value_down(request, shares, worth.low)",
         "value: uint256 = requests._value_down(request, shares, worth.high)",
         ["redeem", "redeem pays what there is"]),
        (VAULT, "requests._shares_up(request, value, worth.low)",
         "requests._shares_up(request, value, worth.high)", ["withdraw"]),
        (VAULT, "value - terms._fee_up(value, terms._fee_bps(worth.low, worth.initial))", "value",
         ["exit fee"]),
        (REQUESTS, "        return max_value(uint256)", "        return 0",
         ["withdraw", "withdraw at the value of then"]),
    ],
)  # fmt: skip
def test_a_vault_that_rounds_otherwise_is_refuted(path: str, old: str, new: str, failing: list[str]) -> None:
    with changed(path, old, new) as root:
        assert vault(root) == failing


def test_a_share_is_not_kept_by_entries_at_the_low_end() -> None:
    """The premise matters: who could enter at less than the accounts are worth would take from those who
    have.
    """
    supply, equity, low, assets = z3.Ints("supply equity low assets")
    sums = Sums(totalSupply=supply)
    got = sums.call(VALUING, "_shares_down", assets, low)
    holds = (equity + assets + 1) * (supply + VIRTUAL_IN_VAULT) >= (equity + 1) * (
        supply + VIRTUAL_IN_VAULT + got
    )
    assert sums.refuted(holds, low >= 0, low <= equity, supply >= 0, assets >= 0) is not None


def ends_of_worth(root: Path = PROJECT_ROOT) -> Any:
    """A counterexample to: what both accounts are worth has a low end no higher than the high one, and the
    backstop counts where it is above zero.
    """
    names = ("low", "high", "more_low", "more_high")
    low, high, more_low, more_high = (z3.BitVec(name, 256) for name in names)
    statuses = z3.BitVecVal(0, 256)
    texts = {
        "staticcall IPerpEngine(engine).worth(account)": {"low": low, "high": high, "statuses": statuses},
        "staticcall IPerpEngine(engine).worth(backstop)": {
            "low": more_low, "high": more_high, "statuses": statuses,
        },
    }  # fmt: skip
    reading = Reading(Words(), {"has_backstop": z3.BoolVal(True)}, texts=texts)
    found = reading.call(module(VALUING, root)["_worth"])
    zero = z3.BitVecVal(0, 256)
    sums = z3.And(
        found["low"] == low + z3.If(more_low > 0, more_low, zero),
        found["high"] == high + z3.If(more_high > 0, more_high, zero),
    )
    goes = z3.Not(z3.Or(*reading.reverts))
    return refuted(z3.And(found["low"] <= found["high"], sums), low <= high, more_low <= more_high, goes)


def test_low_ends_are_no_higher_than_high_ones() -> None:
    assert ends_of_worth() is None


def test_ends_that_change_places_are_refuted() -> None:
    with changed(VALUING, "worth.low += max(more.low, 0)", "worth.low += max(more.high, 0)") as root:
        assert ends_of_worth(root) is not None


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


def fund(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about the fund's shares do not hold."""
    pot, total, assets, shares = z3.Ints("pot total assets shares")
    given = (pot >= 0, total >= 0, assets >= 0, shares >= 0)
    real = total + VIRTUAL_IN_FUND
    failed = []
    sums = Sums(root, pot=pot, total_shares=total)
    kept = {"pot": pot, "total_shares": total}
    moved = "self.pot self.total_shares self"
    got, after = sums.slice(FUND, "stake", f"shares {moved}", assets=assets, self=kept)
    shares_after, pot_after = after["total_shares"] + VIRTUAL_IN_FUND, after["pot"]
    grows = z3.And(pot_after == pot + assets, shares_after == real + got)
    if sums.refuted(z3.And(grows, (pot_after + 1) * real >= (pot + 1) * shares_after), *given) is not None:
        failed.append("stake")
    sums = Sums(root, pot=pot, total_shares=total)
    paid, after = sums.slice(FUND, "claim", f"assets {moved}", shares=shares, self=kept)
    shares_after, pot_after = after["total_shares"] + VIRTUAL_IN_FUND, after["pot"]
    holds = z3.And(pot_after == pot - paid, shares_after == real - shares, paid >= 0, paid <= pot)
    holds = z3.And(holds, (pot_after + 1) * real >= (pot + 1) * shares_after)
    if sums.refuted(holds, *given, shares <= total) is not None:
        failed.append("claim")
    return failed


def test_a_share_of_the_fund_never_falls_by_stakes_and_claims() -> None:
    assert fund() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("return assets * (self.total_shares + VIRTUAL_SHARES) // (self.pot + 1)",
         "return (assets * (self.total_shares + VIRTUAL_SHARES) + self.pot) // (self.pot + 1)", ["stake"]),
        ("return shares * (self.pot + 1) // (self.total_shares + VIRTUAL_SHARES)",
         "return shares * (self.pot + 1) // (self.total_shares + VIRTUAL_SHARES) + 1", ["claim"]),
        ("return shares * (self.pot + 1) // (self.total_shares + VIRTUAL_SHARES)",
         "return shares * (self.pot + 1) // (self.total_shares + 1)", ["claim"]),
        ("    self.total_shares += shares\n    self.pot += assets\n",
         "    self.total_shares += shares\n    self.pot += 0\n", ["stake"]),
        ("assets: uint256 = self._assets_down(shares)",
         "assets: uint256 = self._assets_down(shares) * 3 // 2", ["claim"]),
    ],
)  # fmt: skip
def test_a_fund_that_rounds_otherwise_is_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(FUND, old, new) as root:
        assert fund(root) == failing


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


# ------------------------------------------------------------------ margin


def margins(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about margins and fees, rounded up, do not hold."""
    worth, ppm, lots, price, power = z3.Ints("worth ppm lots price power")
    given = (worth >= 0, ppm >= 0, lots >= 0, price >= 0, power >= 1)
    failed = []
    for name, args, exact, whole in (
        ("_share", (worth, ppm, Power(power)), worth * ppm, 10**6 * power),
        ("_worth_up", (lots, price, Power(power)), lots * price, power),
    ):
        sums = Sums(root)
        result = sums.call(MARGIN, name, *args)
        if sums.refuted(z3.And(result * whole >= exact, (result - 1) * whole < exact), *given) is not None:
            failed.append(name)
    return failed


def test_margins_and_losses_are_asked_for_rounded_up() -> None:
    assert margins() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("(worth * ppm + divisor - 1) // divisor", "worth * ppm // divisor", ["_share"]),
        ("(lots * price + (1 << scale) - 1) >> scale", "(lots * price) >> scale", ["_worth_up"]),
    ],
)
def test_margins_rounded_down_are_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(MARGIN, old, new) as root:
        assert margins(root) == failing


def rounded_in_place(root: Path = PROJECT_ROOT) -> set[str]:
    """Divisions and shifts to the right of the module that are in none of the functions above."""
    return {
        node.node_source_code
        for name, function in module(MARGIN, root).items()
        if name not in ("_share", "_worth_up")
        for node in function.get_descendants(vy_ast.BinOp)
        if isinstance(node.op, vy_ast.FloorDiv | vy_ast.RShift | vy_ast.Mod)
    }


VALUE_OF_LOTS: Final = "lots * convert(value_at, int256) >> scale"


def test_nothing_of_a_margin_is_rounded_elsewhere() -> None:
    """The value of a position alone, which is an account's own: down."""
    assert rounded_in_place() == {VALUE_OF_LOTS}


def test_a_margin_that_is_rounded_in_place_is_found() -> None:
    rounded = "losses: uint256 = self._share(paid + received, layout._taker_ppm(book_word), 0)"
    down = "(paid + received) * layout._taker_ppm(book_word) // PPM"
    with changed(MARGIN, rounded, f"losses: uint256 = {down}") as root:
        assert rounded_in_place(root) == {VALUE_OF_LOTS, down}


def test_margins_are_read_as_compiled() -> None:
    contract = driver(MARGIN, ("_share", "_worth_up"))
    dice = random.Random(4)
    went = 0
    for _ in range(200):
        for name in ("_share", "_worth_up"):
            args = [edges(112, False, dice), edges(72, False, dice), dice.randrange(90)]
            went += agree(contract, module_of(MARGIN)[name], args, numbers())
    assert went > 300


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
