"""In which contracts' code a mutant of a source can show."""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final

from walras.devtools.compiler import PROJECT_ROOT, compiler_data, is_deployable, sources
from walras.devtools.mutation import Mutant

Span = tuple[int, int]
"""First and last line."""

_IMPORT: Final = re.compile(r"^from (contracts[\w.]*) import (\w+)", re.MULTILINE)


def including(path: str, root: Path = PROJECT_ROOT) -> list[str]:
    """Contracts that a source is part of, drivers of the tests too; those with least source first."""
    texts = {source.relative_to(root).as_posix(): source.read_text() for source in sources(root)}
    imports = {
        name: {f"{package.replace('.', '/')}/{module}.vy" for package, module in _IMPORT.findall(text)}
        for name, text in texts.items()
    }
    sizes = {}
    for name in texts:
        parts = _closure(name, imports)
        if is_deployable(Path(name)) and path in parts:
            sizes[name] = sum(len(texts[part]) for part in parts)
    return sorted(sizes, key=lambda name: (sizes[name], name))


class Reach:
    """Of one source. The compiler leaves out functions that nothing calls."""

    def __init__(self, path: str) -> None:
        self._contracts = including(path)
        source = str(PROJECT_ROOT / path)
        self._spans = {name: _functions(name).get(source, frozenset()) for name in self._contracts}

    def of(self, mutant: Mutant) -> list[str]:
        """Contracts that have the mutant's function; all that include the source where it is in none."""
        every = frozenset[Span]().union(*self._spans.values())
        inside = {span for span in every if span[0] <= mutant.line <= span[1]}
        return [name for name in self._contracts if not inside or inside & self._spans[name]]


@cache
def _functions(contract: str) -> dict[str, frozenset[Span]]:
    """Where the functions stand that are in a contract's code, by source."""
    module = compiler_data(PROJECT_ROOT / contract).global_ctx
    roots = list(module.exposed_functions)
    if module.init_function is not None:
        roots.append(module.init_function)
    found: dict[str, set[Span]] = defaultdict(set)
    for function in {*roots, *(called for root in roots for called in root.reachable_internal_functions)}:
        node = function.ast_def
        if node.lineno is not None:  # a getter of the compiler's has none
            found[node.module_node.resolved_path].add((node.lineno, node.end_lineno))
    return {source: frozenset(spans) for source, spans in found.items()}


def _closure(name: str, imports: dict[str, set[str]]) -> set[str]:
    found = {name}
    ahead = [name]
    while ahead:
        new = imports[ahead.pop()] - found
        found |= new
        ahead += new
    return found
