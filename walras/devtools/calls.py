"""Which contract calls which, out of the compiler's syntax tree; and whether a chain of calls can enter one
twice.

Usage: python -m walras.devtools.calls [--write | --check] the block in docs/proofs.md (`make calls`)

A call `IVault(x).quotes(...)` goes to every contract that has this function and is one of those that stand
for the interface, and one that none of them has is an error. A part whose code runs at another contract's
address counts as that contract; one that is called at its own, too, stands for itself besides. `raw_call`s
do not say where they go: the tables RAW and FORWARDED say it for each place, and a place that is in neither
is an error. What goes back to a caller goes to whoever of the project's contracts calls there, and outside.
Constructors of what a contract creates are calls of it. Chains end at contracts that are not the project's:
tokens, feeds, wallets. What those call back meets a lock: a function from which a chain leads outside has
one, or stands in UNLOCKED.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from vyper import ast as vy_ast
from vyper.semantics.types.function import ContractFunctionT

from walras.deploy.contracts import ANSWERED_BY
from walras.devtools.compiler import PROJECT_ROOT, compiler_data, deployables
from walras.devtools.pages import Part

PAGE: Final = PROJECT_ROOT / "docs" / "proofs.md"
PART: Final = Part("<!-- calls: written by `make calls` -->", "<!-- end of calls -->")

Place = tuple[str, str]
"""A contract and one of its external functions."""

OUTSIDE: Final = "outside"
SOURCES: Final = ("ChainlinkSource", "PythSource", "UniswapV3Source", "SignedReports")
INTERFACES: Final[dict[str, tuple[str, ...]]] = {
    "IPerpEngine": ("PerpEngine",), "IEngine": ("PerpEngine",), "Engine": ("PerpEngine",),
    "IOrderbookV2": ("OrderbookV2",), "IOrderbookViews": ("OrderbookV2",), "IOracleRouter": ("OracleRouter",),
    "IVault": ("Vault",), "IQuoter": ("Vault",), "IInsuranceFund": ("InsuranceFund",),
    "IFeeDistributor": ("FeeDistributor",), "ITimelock": ("Timelock",),
    "IGovernanceToken": ("GovernanceToken",), "Views": ("LiquidationViews",),
    "IPriceSource": SOURCES, "IPullSource": SOURCES,
    "IERC20": (OUTSIDE,), "IERC20Detailed": (OUTSIDE,), "Aggregator": (OUTSIDE,), "Pyth": (OUTSIDE,),
    "Pool": (OUTSIDE,), "Token": (OUTSIDE,), "IOffered": (),
}  # fmt: skip
"""Which contracts stand for an interface. Nothing: see RAW of its place."""

ALONE: Final = ("LiquidationViews",)
"""Parts that are called at their own address as well."""

CONSTRUCTOR: Final = "__init__"
DEFAULT: Final = "__default__"
HERE: Final = "here"
"""The code runs at the address that calls: no contract is entered."""
ITSELF: Final = "itself"
ANYTHING: Final = "anything"
ANYBODY: Final = "anybody"
"""Whoever is given: ether to an address of any kind, so default functions and what is outside."""
SENDER: Final = "sender"
"""Ether that goes back to the caller."""
CREATED: Final = ("OrderbookV2",)
"""What a contract creates; its constructor counts as called."""
_CREATES: Final = ("create_from_blueprint", "create_minimal_proxy_to", "create_copy_of", "raw_create")
RAW: Final[dict[tuple[str, str], str]] = {
    ("ballots", "voter"): OUTSIDE,
    ("signatures", "owner"): OUTSIDE,
    ("clearing", "auctions"): HERE,
    ("auctioning", "clearing.vault"): "Vault",
    ("deficits", "fund"): "InsuranceFund",
    ("ending", "router"): "OracleRouter",
    ("EngineRelay", "self"): ITSELF,
    ("EngineRelay", "msg.sender"): SENDER,
    ("OracleRouter", "msg.sender"): SENDER,
    ("OracleRouter", "source"): "price sources",
    ("OracleRouter", "convert(source & layout.ADDRESS, address)"): "price sources",
    ("OracleRouter", "sequencer_feed"): OUTSIDE,
    ("TriggerOrders", "conditions.engine"): "PerpEngine",
    ("EngineAccounts", "token"): OUTSIDE,
    ("EngineSettings", "blueprint"): "OrderbookV2",
    ("Treasury", "receiver"): ANYBODY,
    ("timelock_controller", "target"): ANYTHING,
}
"""Where a raw_call goes, or what is created, by the file it is in and how its target is written."""
FORWARDED: Final = {
    ("PerpEngine", "accounts"), ("EngineAccounts", "relay"), ("EngineRelay", "settings"),
    ("EngineSettings", "views"), ("OrderbookV2", "views"), ("LiquidationEngine", "views"),
}  # fmt: skip
"""Where a call goes on to a part as it came: what parts answer is counted as the contract's own."""
_VOTED: Final = (
    "what was voted for may be any call: a proposal is marked as executed before its calls, an operation can "
    "be executed once, as it has to be ready before its calls and after them"
)
ALLOWED: Final = {
    ("PerpEngine", "PerpEngine"): "a call of a bundle or a signed call runs as a call of its own, while the "
    "lock is off (docs/architecture.md); EngineRelay alone does it",
    (
        "OracleRouter",
        "PerpEngine",
    ): "what is left of the sources' fees goes back to the engine, whose default "
    "function takes value without data from the router, and does nothing with it",
    ("Treasury", "Timelock"): "ether that is paid to the timelock: its default function takes it, and does "
    "nothing with it",
    ("Treasury", "Treasury"): "ether that is paid to itself",
    ("Timelock", "Governor"): _VOTED,
    ("Timelock", "Timelock"): _VOTED,
    ("Governor", "Timelock"): _VOTED,
}
"""Calls that may enter a contract a second time, with the reason. What they lead to is followed."""
UNLOCKED: Final[dict[Place, str]] = {
    ("ChainlinkSource", "read"): "a view without state",
    ("PythSource", "read"): "a view without state",
    ("PythSource", "update_fee"): "a view without state",
    ("PythSource", "update"): "it has no state: whoever is called back finds nothing half done",
    (
        "Governor",
        "execute",
    ): "calls of a proposal change the terms here; it is marked as executed before them",
    ("Timelock", "execute"): "snekmate's: an operation that is executed within itself reverts afterwards",
    ("Timelock", "execute_batch"): "as execute",
    (
        "PerpEngine",
        "place_signed",
    ): "the signature's contract is asked by a static call, and the nonce is used "
    "before; then `place` holds the lock",
    ("PerpEngine", "cancel_signed"): "as place_signed",
    ("PerpEngine", "multicall"): "each of its calls holds the lock by itself",
    ("PerpEngine", "preview"): "nothing that it does stays",
    ("PerpEngine", "largest_order"): "nothing that it does stays",
    (
        "PerpEngine",
        "run",
    ): "code that a part of the engine runs, which holds the lock; nobody else can reach it",
    ("PerpEngine", "refresh"): "as run",
}
"""Functions without a lock from which a chain of calls leads outside, with the reason."""


class UnknownCallError(Exception):
    """A call whose target no table tells."""


def units_of(contract: str) -> tuple[str, ...]:
    """At whose addresses a contract's code runs."""
    alone = (contract,) if contract in ALONE else ()
    for owner, parts in ANSWERED_BY.items():
        if contract in parts:
            return (owner, *alone)
    return (contract,)


@cache
def graph(root: Path = PROJECT_ROOT) -> dict[Place, frozenset[Place]]:
    """Which external functions call which, of all deployables of a tree of sources.

    Raises UnknownCallError for a call of which no table tells where it goes, or that nobody there answers.
    """
    functions = {path.stem: _exposed(path, root) for path in deployables(root)}
    answers: dict[str, set[str]] = defaultdict(set)
    for contract, exposed in functions.items():
        for unit in units_of(contract):
            answers[unit] |= {function.name for function in exposed} - {CONSTRUCTOR}
    found: dict[Place, set[Place]] = defaultdict(set)
    for contract, exposed in functions.items():
        for function in exposed:
            if function.name == CONSTRUCTOR and contract not in CREATED:
                continue  # it runs once, when we deploy
            for unit in units_of(contract):
                found[unit, function.name] |= set()
                for target, name in _calls(function):
                    found[unit, function.name] |= _places(unit, target, name, answers)
    _run_here(found)
    _give_back(found)
    return {place: frozenset(targets) for place, targets in found.items()}


def twice(edges: dict[Place, frozenset[Place]]) -> list[list[Place]]:
    """Chains that enter a contract twice, of which ALLOWED says nothing; each as it goes."""
    chains: list[list[Place]] = []
    done: set[tuple[Place, frozenset[str]]] = set()

    def follow(chain: list[Place]) -> None:
        entered = frozenset(contract for contract, _ in chain)
        if (chain[-1], entered) in done:
            return
        done.add((chain[-1], entered))
        for target in sorted(_everywhere(edges, edges.get(chain[-1], frozenset()))):
            if target[0] in entered and (chain[-1][0], target[0]) not in ALLOWED:
                chains.append([*chain, target])
            elif target[0] != OUTSIDE:
                follow([*chain, target])

    for place in sorted(edges):
        follow([place])
    return chains


def unlocked(edges: dict[Place, frozenset[Place]]) -> set[Place]:
    """Functions without a lock from which a chain of calls leads outside, constructors apart."""
    open_ = {
        (unit, function.name)
        for path in deployables()
        for unit in units_of(path.stem)
        for function in _exposed(path)
        if function.name != CONSTRUCTOR and not getattr(function, "nonreentrant", False)
    }
    leading = {place for place, targets in edges.items() if any(t[0] in (OUTSIDE, ANYTHING) for t in targets)}
    size = 0
    while size != len(leading):
        size = len(leading)
        leading |= {place for place, targets in edges.items() if targets & leading}
    return open_ & leading


def used(edges: dict[Place, frozenset[Place]]) -> set[tuple[str, str]]:
    """Pairs of contracts between which there are calls."""
    return {(place[0], target[0]) for place, targets in edges.items() for target in targets}


def block(edges: dict[Place, frozenset[Place]]) -> str:
    """The graph as a diagram, a table and the exceptions, for the documentation."""
    between: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place, targets in edges.items():
        for target in targets:
            between[place[0], target[0]].add(target[1])
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"    {one} --> {other}" for one, other in sorted(between) if other != OUTSIDE]
    lines += ["```", "", "| caller | callee | functions |", "|---|---|---|"]
    lines += [
        f"| {one} | {other} | {', '.join(sorted(names))} |" for (one, other), names in sorted(between.items())
    ]
    lines += ["", "Second entries that are meant, and followed:", ""]
    lines += [f"- {one} to {other}: {reason}." for (one, other), reason in sorted(ALLOWED.items())]
    lines += ["", "Functions without a lock from which a chain leads outside:", ""]
    lines += [f"- {one}.{name}: {reason}." for (one, name), reason in sorted(UNLOCKED.items())]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the block, write it or compare it; 1 where a contract can be entered twice, or the page is out of
    date.
    """
    parser = argparse.ArgumentParser(description="Which contract calls which.")
    parser.add_argument("--write", action="store_true", help="write the block of docs/proofs.md")
    parser.add_argument("--check", action="store_true", help="compare it only")
    options = parser.parse_args(arguments)
    edges = graph()
    for chain in twice(edges):
        print("calls: enters a contract twice: " + " -> ".join(".".join(place) for place in chain))
    text = PAGE.read_text()
    now = PART.within(text, block(edges))
    if options.write:
        PAGE.write_text(now)
    elif options.check and now != text:
        print("calls: docs/proofs.md is not what the contracts do: make calls")
        return 1
    elif not options.check:
        print(block(edges))
    return 1 if twice(edges) else 0


@cache
def _exposed(path: Path, root: Path = PROJECT_ROOT) -> list[ContractFunctionT]:
    kind = compiler_data(path, root).annotated_vyper_module._metadata["type"]
    fallback = [one for one in kind.function_defs if one.name in (DEFAULT, CONSTRUCTOR)]
    found = [*kind.exposed_functions, *(one._metadata["func_type"] for one in fallback)]
    return list({id(function): function for function in found}.values())


def _calls(function: ContractFunctionT) -> Iterator[tuple[Any, str]]:
    """Interface or raw_call, and the name of the function that is called, or "" where it is not known."""
    for one in (function, *function.reachable_internal_functions):
        if not isinstance(one.ast_def, vy_ast.FunctionDef):
            continue  # the getter of a variable
        for node in one.ast_def.get_descendants((vy_ast.ExtCall, vy_ast.StaticCall)):
            called = node.value.func
            yield str(called.value._metadata["type"]), called.attr
        for node in one.ast_def.get_descendants(vy_ast.Call):
            kind = node.get("func.id")
            if kind in ("send", "selfdestruct"):
                raise UnknownCallError(f"{function.name}: {kind} is not followed; use raw_call")
            if kind != "raw_call" and kind not in _CREATES:
                continue
            arguments = {keyword.arg: keyword.value for keyword in node.keywords}
            delegates = "is_delegate_call" in arguments and arguments["is_delegate_call"].get("value") is True
            file = str(node.module_node.path).rsplit("/", 1)[-1].removesuffix(".vy")
            target = node.args[0].node_source_code
            data = node.args[1].node_source_code if kind == "raw_call" else ""
            if delegates and data == "msg.data" and (file, target) in FORWARDED:
                continue
            if (file, target) not in RAW or (delegates and RAW[file, target] not in (HERE, ITSELF)):
                raise UnknownCallError(f"{file}: where does {kind}({target}, ...) go? Say it in RAW")
            if kind in _CREATES:
                yield RAW[file, target], CONSTRUCTOR
                continue
            name = data.partition('method_id("')[2].partition("(")[0]
            yield RAW[file, target], name


def _places(unit: str, target: str, name: str, answers: dict[str, set[str]]) -> set[Place]:
    """Where a call goes. Raises UnknownCallError where nothing answers it."""
    found = set(_answering(unit, target, name, answers))
    if not found:
        raise UnknownCallError(f"{unit}: none of those that stand for {target} has {name or 'this function'}")
    return found


def _answering(unit: str, target: str, name: str, answers: dict[str, set[str]]) -> Iterator[Place]:
    if target in (OUTSIDE, ANYTHING):
        yield target, name or "its call"
    elif target in (HERE, SENDER):
        yield target, name
    elif target == ANYBODY:
        yield OUTSIDE, "its call"
        yield from ((contract, DEFAULT) for contract in answers if DEFAULT in answers[contract])
    elif target == ITSELF:
        yield from ([(unit, name)] if name else ((unit, any_) for any_ in answers[unit]))
    elif target == "price sources":
        for source in SOURCES:
            for any_ in [name] if name else answers[source]:
                if any_ in answers[source]:
                    yield source, any_
    elif target in answers:
        if name in (answers[target] | {CONSTRUCTOR}):
            yield target, name
    else:
        interface = target.rsplit("/", 1)[-1].removesuffix(".vyi").removeprefix("interface ")
        if interface not in INTERFACES:
            raise UnknownCallError(f"which contracts stand for {interface}? Say it in INTERFACES")
        stands = INTERFACES[interface] or (ANYTHING,)
        for contract in stands:
            if contract in (OUTSIDE, ANYTHING) or name in answers[contract]:
                yield contract, name


def _run_here(found: dict[Place, set[Place]]) -> None:
    """Puts in place of code that runs at the caller's address what that code calls."""
    for place, targets in found.items():
        for target in [one for one in targets if one[0] == HERE]:
            targets.remove(target)
            targets |= {one for one in found[place[0], target[1]] if one[0] != HERE}


def _give_back(found: dict[Place, set[Place]]) -> None:
    """Puts in place of a function's caller whoever calls it."""
    for place, targets in found.items():
        for target in [one for one in targets if one[0] == SENDER]:
            targets.remove(target)
            callers = {caller for (caller, _), called in found.items() if place in called}
            targets |= {(caller, DEFAULT) for caller in callers if (caller, DEFAULT) in found}
            targets.add((OUTSIDE, "its call"))


def _everywhere(edges: dict[Place, frozenset[Place]], targets: frozenset[Place]) -> set[Place]:
    """Targets, with every function of every contract in place of a call of anything."""
    if not any(contract == ANYTHING for contract, _ in targets):
        return set(targets)
    every = {place for place in edges if place[1] != CONSTRUCTOR}
    return every | {target for target in targets if target[0] != ANYTHING}


if __name__ == "__main__":
    sys.exit(main())
