"""In which contracts' code a mutant of a source can show."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from walras.devtools.compiler import PROJECT_ROOT, compiler_data, is_deployable, sources
from walras.devtools.mutation import Mutant

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
        self._lines = {name: _lines(name, path) for name in self._contracts}
        """Lines of the source's functions that a contract's code has, as (first, last)."""
        self._functions = {span for spans in self._lines.values() for span in spans}

    def of(self, mutant: Mutant) -> list[str]:
        """Contracts that have the mutant's function; all that include the source where it is in none."""
        inside = {span for span in self._functions if span[0] <= mutant.line <= span[1]}
        if not inside:
            return self._contracts
        return [name for name in self._contracts if inside & self._lines[name]]


@cache
def _lines(contract: str, path: str) -> frozenset[tuple[int, int]]:
    module = compiler_data(PROJECT_ROOT / contract).global_ctx
    constructor = [module.init_function] if module.init_function else []
    roots = [*module.exposed_functions, *constructor]
    functions = {*roots, *(called for root in roots for called in root.reachable_internal_functions)}
    return frozenset(
        (function.ast_def.lineno, function.ast_def.end_lineno)
        for function in functions
        if function.ast_def.module_node.resolved_path == str(PROJECT_ROOT / path)
        and function.ast_def.lineno is not None  # a getter of the compiler's has no line
    )


def _closure(name: str, imports: dict[str, set[str]]) -> set[str]:
    found = {name}
    ahead = [name]
    while ahead:
        new = imports[ahead.pop()] - found
        found |= new
        ahead += new
    return found
