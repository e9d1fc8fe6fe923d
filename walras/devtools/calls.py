"""Which contract calls which, out of the compiler's syntax tree; and whether a chain of calls can enter one
twice.

Usage: python -m walras.devtools.calls [--write | --check] the block in docs/proofs.md (`make calls`)

A call `IVault(x).quotes(...)` goes to every contract that has this function and is one of those that stand
for the interface; a part whose code runs at another contract's address counts as that contract. `raw_call`s
do not say where they go: the table RAW says it for each place, and a place that is not in it is an error.
Chains end at contracts that are not the project's: tokens, feeds, wallets (docs/threat-model.md tells what of
them is trusted).
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from vyper import ast as vy_ast
from vyper.semantics.types.function import ContractFunctionT

from walras.deploy.contracts import ANSWERED_BY
from walras.devtools.compiler import PROJECT_ROOT, compiler_data, deployables

PAGE: Final = PROJECT_ROOT / "docs" / "proofs.md"
BEGIN: Final = "<!-- calls: written by `make calls` -->"
END: Final = "<!-- end of calls -->"

Place = tuple[str, str]
"""A contract and one of its external functions."""

OUTSIDE: Final = "outside"
SOURCES: Final = ("ChainlinkSource", "PythSource", "UniswapV3Source", "SignedReports")
INTERFACES: Final[dict[str, tuple[str, ...]]] = {
    "IPerpEngine": ("PerpEngine",), "IEngine": ("PerpEngine",), "Engine": ("PerpEngine",),
    "IOrderbookV2": ("OrderbookV2",), "IOrderbookViews": ("OrderbookV2",), "IOracleRouter": ("OracleRouter",),
    "IVault": ("Vault",), "IQuoter": ("Vault",), "IInsuranceFund": ("InsuranceFund",),
    "IFeeDistributor": ("FeeDistributor",), "ITimelock": ("Timelock",),
    "IGovernanceToken": ("GovernanceToken",),
    "IPriceSource": SOURCES, "IPullSource": SOURCES,
    "IERC20": (OUTSIDE,), "IERC20Detailed": (OUTSIDE,), "Aggregator": (OUTSIDE,), "Pyth": (OUTSIDE,),
    "Pool": (OUTSIDE,), "Token": (OUTSIDE,), "IOffered": (),
}  # fmt: skip
"""Which contracts stand for an interface. Nothing: see RAW of its place."""

HERE: Final = "here"
"""The code runs at the address that calls: no contract is entered."""
ITSELF: Final = "itself"
ANYTHING: Final = "anything"
RAW: Final[dict[tuple[str, str], str]] = {
    ("ballots", "voter"): OUTSIDE,
    ("signatures", "owner"): OUTSIDE,
    ("clearing", "auctions"): HERE,
    ("auctioning", "clearing.vault"): "Vault",
    ("deficits", "fund"): "InsuranceFund",
    ("ending", "router"): "OracleRouter",
    ("EngineRelay", "self"): ITSELF,
    ("EngineRelay", "msg.sender"): OUTSIDE,
    ("OracleRouter", "msg.sender"): OUTSIDE,
    ("OracleRouter", "source"): "price sources",
    ("OracleRouter", "convert(source & layout.ADDRESS, address)"): "price sources",
    ("OracleRouter", "sequencer_feed"): OUTSIDE,
    ("TriggerOrders", "conditions.engine"): "PerpEngine",
    ("EngineAccounts", "token"): OUTSIDE,
    ("Treasury", "receiver"): OUTSIDE,
    ("timelock_controller", "target"): ANYTHING,
}
"""Where a raw_call goes, by the file it is in and how its target is written."""
ALLOWED: Final = {
    (
        "PerpEngine",
        "PerpEngine",
    ): "a call of a bundle or a signed call runs as a call of its own, while the lock is off "
    "(docs/architecture.md); EngineRelay alone does it",
    (
        "Timelock",
        ANYTHING,
    ): "what was voted for may be any call, also one that enters the Governor again: its `execute` is "
    "unlocked for that, and marks the proposal as executed first",
}
"""Edges that are not followed, with the reason."""


class UnknownCallError(Exception):
    """A call whose target no table tells."""


def unit_of(contract: str) -> str:
    """At whose address a contract's code runs."""
    for owner, parts in ANSWERED_BY.items():
        if contract in parts:
            return owner
    return contract


@cache
def graph() -> dict[Place, frozenset[Place]]:
    """Which external functions call which, of all deployables."""
    functions = {path.stem: _exposed(path.stem) for path in deployables()}
    answers: dict[str, set[str]] = defaultdict(set)
    for contract, exposed in functions.items():
        answers[unit_of(contract)] |= {function.name for function in exposed}
    found: dict[Place, set[Place]] = defaultdict(set)
    for contract, exposed in functions.items():
        unit = unit_of(contract)
        for function in exposed:
            place = (unit, function.name)
            found[place] |= set()
            for target, name in _calls(function):
                found[place] |= set(_places(unit, target, name, answers))
    _run_here(found)
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
        for target in sorted(edges.get(chain[-1], ())):
            if (chain[-1][0], target[0]) in ALLOWED or target[0] == OUTSIDE:
                continue
            if target[0] in entered:
                chains.append([*chain, target])
            else:
                follow([*chain, target])

    for place in sorted(edges):
        follow([place])
    return chains


def used(edges: dict[Place, frozenset[Place]]) -> set[tuple[str, str]]:
    """Pairs of contracts between which there are calls."""
    return {(place[0], target[0]) for place, targets in edges.items() for target in targets}


def block(edges: dict[Place, frozenset[Place]]) -> str:
    """The graph as a diagram, a table and the exceptions, for the documentation."""
    between: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place, targets in edges.items():
        for target in targets:
            between[place[0], target[0]].add(target[1])
    lines = [BEGIN, "```mermaid", "flowchart TD"]
    lines += [f"    {one} --> {other}" for one, other in sorted(between) if other != OUTSIDE]
    lines += ["```", "", "| caller | callee | functions |", "|---|---|---|"]
    lines += [
        f"| {one} | {other} | {', '.join(sorted(names))} |" for (one, other), names in sorted(between.items())
    ]
    lines += ["", "Not followed:", ""]
    lines += [f"- {one} to {other}: {reason}." for (one, other), reason in sorted(ALLOWED.items())]
    return "\n".join([*lines, END])


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
    before, _, rest = text.partition(BEGIN)
    now = before + block(edges) + rest.partition(END)[2]
    if options.write:
        PAGE.write_text(now)
    elif options.check and now != text:
        print("calls: docs/proofs.md is not what the contracts do: make calls")
        return 1
    elif not options.check:
        print(block(edges))
    return 1 if twice(edges) else 0


def _exposed(contract: str) -> list[ContractFunctionT]:
    path = next(path for path in deployables() if path.stem == contract)
    kind = compiler_data(path).annotated_vyper_module._metadata["type"]
    fallback = [one for one in kind.function_defs if one.name == "__default__"]
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
            if node.get("func.id") != "raw_call":
                continue
            arguments = {keyword.arg: keyword.value for keyword in node.keywords}
            delegates = "is_delegate_call" in arguments
            file = str(node.module_node.path).rsplit("/", 1)[-1].removesuffix(".vy")
            target = node.args[0].node_source_code
            data = node.args[1].node_source_code
            if delegates and data == "msg.data":
                continue  # what the parts answer is counted as the contract's own
            if (file, target) not in RAW:
                raise UnknownCallError(f"{file}: where does raw_call({target}, ...) go? Say it in RAW")
            name = data.partition('method_id("')[2].partition("(")[0]
            yield RAW[file, target], name


def _places(unit: str, target: str, name: str, answers: dict[str, set[str]]) -> Iterator[Place]:
    if target in (OUTSIDE, ANYTHING):
        yield target, name or "its call"
    elif target == HERE:
        yield HERE, name
    elif target == ITSELF:
        yield from ([(unit, name)] if name else ((unit, any_) for any_ in answers[unit]))
    elif target == "price sources":
        for source in SOURCES:
            for any_ in [name] if name else answers[source]:
                if any_ in answers[source]:
                    yield source, any_
    elif target in answers:
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


if __name__ == "__main__":
    sys.exit(main())
