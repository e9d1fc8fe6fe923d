"""Which more outcomes no call can take where the exchange's own contracts answer as their code does.

`proof.py` takes the answer of any contract to be any words. Here a word of an answer is within the bounds
that the same analysis finds where the called function returns it, in every contract of the exchange that has
the selector: proved, not assumed. What is assumed is who is called, and that is set by a constructor or by
the timelock. Tokens, price feeds, sources and whatever else is not the exchange's own may answer anything.
"""

import functools
import hashlib
import itertools
import json
import os
from pathlib import Path
from typing import Final

from walras.audit.bounds.flow import read
from walras.audit.bounds.intervals import Interval, hull
from walras.audit.bounds.proof import CACHE, MADE_BY, Analysis, Answers, Outcome, possible, proved
from walras.audit.branches.codemap import FELL, JUMPED, branches
from walras.devtools.compiler import PROJECT_ROOT, compile_contract, find_contract, fingerprint

_ENGINE: Final = (
    "PerpEngine",
    "EngineAccounts",
    "EngineAuctions",
    "EngineRelay",
    "EngineSettings",
    "EngineViews",
)
CALLED: Final = (
    *_ENGINE,
    *("OrderbookV2", "OrderbookViews", "OracleRouter", "LiquidationEngine", "LiquidationViews"),
    *("InsuranceFund", "FeeDistributor", "GovernanceToken", "Timelock"),
)
"""Contracts whose answers are bounded."""
FOREIGN: Final = {
    *("name", "symbol", "decimals", "totalSupply", "balanceOf", "allowance"),
    *("transfer(address,uint256)", "transferFrom", "approve"),
    *("latestRoundData", "read", "quotes", "update_fee", "update(uint256,bytes)"),
}
"""Functions, some by their whole signature, that contracts of others have, too."""
ROUNDS: Final = 2
"""How often the bounds of answers are found; first with any words as the answers to those that answer."""


def callees(selector: int, called: tuple[str, ...] = CALLED, root: Path = PROJECT_ROOT) -> list[str]:
    """Contracts that answer it, with what they delegate to; none where others may, too."""
    found = []
    for name in called:
        for signature, one in compile_contract(name, root).selectors.items():
            if int.from_bytes(one) == selector:
                if {signature, signature.partition("(")[0]} & FOREIGN:
                    return []
                found.append(name)
    return found


@functools.cache
def answers(
    selector: int, rounds: int = ROUNDS, called: tuple[str, ...] = CALLED, root: Path = PROJECT_ROOT
) -> list[Interval]:
    """Bounds of the words of an answer; none where nothing is known of them."""
    found: list[list[Interval]] = []
    for name in callees(selector, called, root):
        inner = functools.partial(answers, rounds=rounds - 1, called=called, root=root)
        analysis = Analysis(read(branches(name, root)[0]), inner if rounds > 1 else None, selector)
        analysis.run()
        if not analysis.is_told:
            return []
        found.append(analysis.returned)
    return [functools.reduce(hull, [one for one in words if one]) for words in itertools.zip_longest(*found)]


@functools.cache
def proved_by_answers(
    name: str, called: tuple[str, ...] = CALLED, root: Path = PROJECT_ROOT
) -> frozenset[Outcome]:
    """Outcomes that no call can take, and that `proof.py` alone does not prove; kept in .cache."""
    sources = (fingerprint(find_contract(one, root), root) for one in (name, *called))
    key = "".join(sources).encode() + b"".join(path.read_bytes() for path in MADE_BY)
    kept = CACHE / f"{name}-answers-{hashlib.sha256(key).hexdigest()[:32]}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        code, found = branches(name, root)
        ways = {(one.place, way) for one in found for way in (JUMPED, FELL)}
        bounded: Answers = functools.partial(answers, called=called, root=root)
        part.write_text(json.dumps(sorted(ways - possible(code, bounded) - proved(name, root))))
        part.replace(kept)
    return frozenset((place, way) for place, way in json.loads(kept.read_text()))
