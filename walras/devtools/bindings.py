"""Writes walras/chain/bindings from the compiled contracts: `make bindings`, or `--check` to compare only.

Names of structs and flags are not in an ABI, so they are taken from the compiler's own types; the selectors
that come out are compared with those of the compiled contract. Functions and events are in the order of
their names, so that moving them in a source changes nothing here. A struct or flag is written into the file
of the contract whose interface declares it (`IOrderbookV2` into orderbook_v2.py), and others import it there.
"""

import argparse
import keyword
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from eth_utils.crypto import keccak
from vyper import ast as vy_ast

from walras.deploy.contracts import ANSWERED_BY, artifact
from walras.devtools.compiler import PROJECT_ROOT, compiler_data, find_contract

FOLDER: Final = PROJECT_ROOT / "walras" / "chain" / "bindings"
CONTRACTS: Final = (
    "OrderbookV2", "OracleRouter", "SignedReports", "PerpEngine", "LiquidationEngine", "Vault",
    "InsuranceFund", "FeeDistributor", "TriggerOrders", "GovernanceToken", "Governor", "Timelock", "Guardian",
    "Treasury", "PlainToken", "PythSource",
)  # fmt: skip
"""In an order in which each needs types of those before it only."""
PACKAGE: Final = "walras.chain.bindings"
_SILENT: Final = ("EngineAuctions",)
"""Parts whose functions nobody but another part calls: their events alone matter."""
_WIDTH: Final = 110
_HASHED: Final = ("BytesT", "StringT", "DArrayT", "SArrayT", "StructT")


@dataclass(slots=True)
class _Module:
    """One file, as it comes together."""

    contract: str
    types: dict[str, list[str]] = field(default_factory=dict)
    """Sources of structs and flags, by name, in order."""
    imported: dict[str, set[str]] = field(default_factory=dict)
    """Names by module."""

    @property
    def name(self) -> str:
        return _snake(self.contract)


class Writer:
    """All files."""

    def __init__(self) -> None:
        self._modules = {contract: _Module(contract) for contract in CONTRACTS}
        self._homes: dict[tuple[str, str], str] = {}

    def files(self) -> dict[str, str]:
        """Their text by name."""
        bodies = {contract: self._body(self._modules[contract]) for contract in CONTRACTS}
        made = {f"{_snake(contract)}.py": self._file(contract, bodies[contract]) for contract in CONTRACTS}
        made["__init__.py"] = _package()
        return made

    # ------------------------------------------------------------ types

    def _codec(self, kind: Any, into: _Module) -> str:
        """The expression of a type's codec."""
        name = type(kind).__name__
        if name == "IntegerT":
            plain = {"uint256": "abi.UINT256", "uint8": "abi.UINT8", "int256": "abi.INT256"}
            return plain.get(str(kind)) or f"abi.{'sint' if kind.is_signed else 'uint'}({kind.bits})"
        if name == "BytesM_T":
            return "abi.BYTES32" if kind.m == 32 else f"abi.fixed_bytes({kind.m})"
        if name in ("AddressT", "InterfaceT", "BoolT", "BytesT", "StringT"):
            return {"BoolT": "abi.BOOL", "BytesT": "abi.BYTES", "StringT": "abi.STRING"}.get(
                name, "abi.ADDRESS"
            )
        if name == "DArrayT":
            return f"abi.array({self._codec(kind.value_type, into)}, {kind.count})"
        if name == "SArrayT":
            return f"abi.fixed_array({self._codec(kind.value_type, into)}, {kind.count})"
        if name in ("StructT", "FlagT"):
            return self._named(kind, into)
        raise NotImplementedError(f"bindings have no codec for {name} {kind}")

    def _python(self, kind: Any, into: _Module, is_argument: bool = False) -> str:
        """Its annotation."""
        name = type(kind).__name__
        if name in ("IntegerT", "BoolT", "AddressT", "InterfaceT", "StringT"):
            return {"IntegerT": "int", "BoolT": "bool"}.get(name, "str")
        if name in ("BytesM_T", "BytesT"):
            return "bytes"
        if name in ("DArrayT", "SArrayT"):
            item = self._python(kind.value_type, into, is_argument)
            return f"Sequence[{item}]" if is_argument else f"tuple[{item}, ...]"
        if name == "TupleT":
            return f"tuple[{', '.join(self._python(one, into) for one in kind.member_types)}]"
        self._named(kind, into)
        return str(kind.name)

    def _named(self, kind: Any, into: _Module) -> str:
        """The codec of a struct or flag; sees to it that it is defined, and imported where it is used."""
        codec = _snake(kind.name).upper()
        origin = Path(_declared(kind).module_node.resolved_path)
        key = (str(origin), kind.name)
        home = self._homes.get(key)
        if home is None:
            owner = origin.stem.removeprefix("I")
            home = owner if owner in CONTRACTS else into.contract
            module = self._modules[home]
            if kind.name in module.types:
                raise ValueError(f"{home} would have two types {kind.name}, one of {origin}")
            self._homes[key] = home
            module.types[kind.name] = []  # it has its name; its members come before it
            written = self._flag(kind) if type(kind).__name__ == "FlagT" else self._struct(kind, module)
            del module.types[kind.name]
            module.types[kind.name] = written
        if home != into.contract:
            names = into.imported.setdefault(f"{PACKAGE}.{_snake(home)}", set())
            names.update((kind.name, codec))
        return codec

    def _flag(self, kind: Any) -> list[str]:
        members = sorted(kind._flag_members.items(), key=lambda one: one[1])
        lines = ["", "", f"class {kind.name}(IntFlag):", f'    """{_said(kind, "A flag")}"""', ""]
        lines += [f"    {name} = {1 << place}" for name, place in members]
        return [*lines, "", "", f"{_snake(kind.name).upper()}: Final = abi.flag({kind.name})"]

    def _struct(self, kind: Any, module: _Module) -> list[str]:
        lines = ["", "", "@dataclass(frozen=True, slots=True)", f"class {kind.name}:"]
        lines += [f'    """{_said(kind, "A struct")}"""', ""]
        comments = _comments(kind)
        for name, member in kind.member_types.items():
            lines.append(f"    {_word(name)}: {self._python(member, module)}")
            if name in comments:
                lines += _doc(comments[name], 4)
        codecs = [self._codec(member, module) for member in kind.member_types.values()]
        name = _snake(kind.name).upper()
        return [*lines, "", "", *_call(f"{name}: Final = abi.struct", [kind.name, *codecs])]

    # ------------------------------------------------------------ files

    def _body(self, module: _Module) -> tuple[list[str], list[str], list[str]]:
        """Functions' codecs, events, the class."""
        contract = module.contract
        codecs: list[str] = []
        methods: list[str] = []
        seen: set[str] = set()
        for part in ANSWERED_BY.get(contract, (contract,)):
            if part in _SILENT:
                continue
            selectors = artifact(part).selectors
            written = set()
            for function in sorted(_types(part).exposed_functions, key=lambda one: one.name):
                if function.name == "__default__":
                    continue
                for count in _counts(function):
                    kinds = [one.typ for one in function.arguments[:count]]
                    signature = f"{function.name}({','.join(one.canonical_abi_type for one in kinds)})"
                    if selectors.get(signature) != keccak(text=signature)[:4]:
                        raise ValueError(f"{part} has no {signature}")
                    written.add(signature)
                    if function.name not in seen:  # else an earlier part answers
                        codecs += self._function(module, function, signature, count)
                if function.name not in seen:
                    methods += self._method(module, function)
                seen.add(function.name)
            if missing := {one for one in selectors if not one.startswith("__")} - written:
                raise ValueError(f"the compiler's types of {part} leave out {sorted(missing)}")
        events, names = self._events(module)
        head = ["", "", f"class {contract}(abi.Binding):", f'    """{_purpose(contract)}"""']
        if names:
            head += ["", f"    EVENTS = abi.events({', '.join(names)})"]
        return codecs, events, head + methods

    def _function(self, module: _Module, function: Any, signature: str, count: int) -> list[str]:
        answer = self._answer(module, function)
        kinds = _answers(function)
        selector = keccak(text=signature)[:4].hex()
        arguments = [f'"{module.contract}.{function.name}"', f'"{signature}"', f'"{selector}"']
        codecs = [self._codec(one.typ, module) for one in function.arguments[:count]]
        if codecs or kinds:
            arguments.append(_tuple(codecs))
        if kinds:
            arguments.append(_tuple([self._codec(one, module) for one in kinds]))
        name = _codec_name(function, count)
        return ["", *_call(f"{name}: Final[abi.Function[{answer}]] = abi.Function", arguments)]

    def _answer(self, module: _Module, function: Any) -> str:
        return "None" if function.return_type is None else self._python(function.return_type, module)

    def _method(self, module: _Module, function: Any) -> list[str]:
        typed = [f"{_word(one.name)}: {self._python(one.typ, module, True)}" for one in function.arguments]
        given = ["self.address", *(_word(one.name) for one in function.arguments)]
        full = f"{_codec_name(function, len(function.arguments))}({', '.join(given)})"
        answer = f"Call[{self._answer(module, function)}]"
        body = [f"        return {full}"]
        if function.keyword_args:  # one: see _counts
            typed[-1] += " | None = None"
            short = f"{_codec_name(function, len(given) - 2)}({', '.join(given[:-1])})"
            body = [f"        if {given[-1]} is None:", f"            return {short}", *body]
        lines = _signature(f"    def {_word(function.name)}", ["self", *typed], answer)
        return ["", *lines, *_doc(_notice(function), 8), *body]

    def _events(self, module: _Module) -> tuple[list[str], list[str]]:
        lines: list[str] = []
        names: list[str] = []
        found: dict[str, Any] = {}
        for part in ANSWERED_BY.get(module.contract, (module.contract,)):
            logged = {entry["name"] for entry in artifact(part).abi if entry["type"] == "event"}
            for event in _types(part).used_events:
                if event.name in logged:
                    found.setdefault(event.name, event)
            if missing := logged - set(found):
                raise ValueError(f"the compiler's types of {part} leave out the events {sorted(missing)}")
        for event in sorted(found.values(), key=lambda one: one.name):
            kinds = list(event.arguments.values())
            name = event.name
            signature = f"{name}({','.join(one.canonical_abi_type for one in kinds)})"
            lines += ["", "", "@dataclass(frozen=True, slots=True)", f"class {name}:"]
            lines += [f'    """{_said(event, "An event")}"""', ""]
            comments = _comments(event)
            for word, kind in event.arguments.items():
                lines.append(f"    {_word(word)}: {self._python(kind, module)}")
                if word in comments:
                    lines += _doc(comments[word], 4)
            lines += ["", "    @staticmethod"]
            lines += [f'    def decode_log(topics: Sequence[bytes], data: bytes) -> "{name}":']
            lines += ['        """Raises AbiError where the log is of another event."""']
            lines += [f"        return _{_snake(name).upper()}_EVENT.decode(topics, data)"]
            codecs = [self._codec(kind, module) for kind in kinds]
            if any(
                one and type(kind).__name__ in _HASHED for one, kind in zip(event.indexed, kinds, strict=True)
            ):
                raise NotImplementedError(f"{name} has an indexed value of which logs have the hash alone")
            indexed = [str(bool(one)) for one in event.indexed]
            arguments = [f'"{keccak(text=signature).hex()}"', name, _tuple(indexed), _tuple(codecs)]
            lines += ["", "", *_call(f"_{_snake(name).upper()}_EVENT: Final = abi.Event", arguments)]
            names.append(f"_{_snake(name).upper()}_EVENT")
        if clash := [one for one in found if one in module.types]:
            raise ValueError(f"{module.contract} has events and types of one name: {clash}")
        return lines, names

    def _file(self, contract: str, body: tuple[list[str], list[str], list[str]]) -> str:
        module = self._modules[contract]
        codecs, events, methods = body
        text = "\n".join(
            [*(line for one in module.types.values() for line in one), *events, "", *codecs, *methods]
        )
        lines = [
            f'"""{contract}: written by walras/devtools/bindings.py, `make bindings`; not by hand."""',
            "",
        ]
        needed = [
            ("Sequence[", "from collections.abc import Sequence"),
            ("@dataclass", "from dataclasses import dataclass"),
            ("(IntFlag)", "from enum import IntFlag"),
        ]
        lines += [line for word, line in needed if word in text]
        lines += ["from typing import Final", "", "from walras.chain import abi"]
        for source, names in sorted(module.imported.items()):
            lines += _import(source, [one for one in names if re.search(rf"\b{one}\b", text)])
        lines += ["from walras.chain.call import Call"]
        return _formatted("\n".join([*lines, "", text.strip(), ""]))


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description="Write walras/chain/bindings from the compiled contracts.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is not up to date"
    )
    check = parser.parse_args().check
    made = Writer().files()
    stale = outdated(made)
    for name in stale:
        print(f"{'not up to date' if check else 'written'}: {(FOLDER / name).relative_to(PROJECT_ROOT)}")
        if check:
            continue
        if name in made:
            (FOLDER / name).write_text(made[name])
        else:
            (FOLDER / name).unlink()
    return 1 if check and stale else 0


def outdated(made: dict[str, str]) -> list[str]:
    """Names of files that are not as they should be, or should not be there."""
    there = {path.name: path.read_text() for path in FOLDER.glob("*.py")}
    return sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))


@cache
def _types(contract: str) -> Any:
    found = compiler_data(find_contract(contract)).global_ctx
    _find_flags(found._module, set())
    return found


_FLAGS: Final[dict[int, tuple[Any, Any]]] = {}
"""Flags do not know where they are declared: flag and declaration, by the id of the flag."""


def _find_flags(tree: Any, seen: set[int]) -> None:
    """In the syntax tree of a module or interface, and in all that it imports."""
    seen.add(id(tree))
    for node in tree.get_children(vy_ast.FlagDef):
        kind = node._metadata["flag_type"]
        _FLAGS[id(kind)] = (kind, node)
    for node in tree.get_children((vy_ast.Import, vy_ast.ImportFrom)):
        parsed = node._metadata["import_info"].parsed
        if isinstance(parsed, vy_ast.Module) and id(parsed) not in seen:
            _find_flags(parsed, seen)


def _declared(kind: Any) -> Any:
    """The declaration of a struct, flag or event."""
    if type(kind).__name__ == "FlagT":
        return _FLAGS[id(kind)][1]
    return kind.ast_def if type(kind).__name__ == "StructT" else kind.decl_node


def _counts(function: Any) -> list[int]:
    """With how many arguments a function can be called."""
    if len(function.keyword_args) > 1:
        raise NotImplementedError(f"{function.name} has several arguments with defaults: teach _method that")
    every = len(function.arguments)
    return list(range(every - len(function.keyword_args), every + 1))


def _codec_name(function: Any, count: int) -> str:
    left_out = len(function.arguments) - count
    return f"_{function.name}" + (f"_without_{left_out}" if left_out else "")


def _answers(function: Any) -> list[Any]:
    kind = function.return_type
    if kind is None:
        return []
    return list(kind.member_types) if type(kind).__name__ == "TupleT" else [kind]


def _package() -> str:
    lines = ['"""Typed calls of all contracts, written by walras/devtools/bindings.py."""', ""]
    for contract in sorted(CONTRACTS, key=_snake):
        lines.append(f"from {PACKAGE}.{_snake(contract)} import {contract}")
    lines += ["", "__all__ = ["]
    lines += [f'    "{contract}",' for contract in sorted(CONTRACTS)]
    return "\n".join([*lines, "]", ""])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _word(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _tuple(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _formatted(text: str) -> str:
    """As `ruff format` has it."""
    words = ["ruff", "format", "--config", str(PROJECT_ROOT / "pyproject.toml"), "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"ruff does not format a generated file: {done.stderr}")
    return done.stdout


def _call(opening: str, arguments: list[str]) -> list[str]:
    return [f"{opening}({', '.join(arguments)})"]


def _signature(opening: str, arguments: list[str], answer: str) -> list[str]:
    return [f"{opening}({', '.join(arguments)}) -> {answer}:"]


def _import(source: str, names: list[str]) -> list[str]:
    names = sorted(names, key=lambda one: (not one.isupper(), one))  # as ruff sorts: constants first
    return [f"from {source} import {', '.join(names)}"] if names else []


def _doc(text: str, indent: int) -> list[str]:
    """A docstring, wrapped."""
    pad = " " * indent
    clean = text.replace("\\", "").replace('"', "'")
    if len(clean) + indent + 6 <= _WIDTH:
        return [f'{pad}"""{clean}"""']
    wrapped = textwrap.wrap(clean, _WIDTH - indent - 6)
    return [f'{pad}"""{wrapped[0]}', *(f"{pad}{line}" for line in wrapped[1:]), f'{pad}"""']


def _notice(function: Any) -> str:
    """What NatSpec says of a function, in a sentence; of a getter nothing is said."""
    told = str(function.decl_node.get("doc_string.value") or "") if function.decl_node else ""
    if found := re.search(r"@notice\s+(.*?)(?=\n\s*@|\Z)", told, re.DOTALL):
        return " ".join(found[1].split())
    kinds = ", ".join(one.typ.canonical_abi_type for one in function.arguments)
    return f"The variable `{function.name}({kinds})`."


def _purpose(contract: str) -> str:
    """The title of its source."""
    source = find_contract(contract).read_text()
    if found := re.search(r"@title\s+(.*)", source):
        return found[1].strip().rstrip(".") + "."
    return f"Calls of {contract}."


def _lines(kind: Any) -> list[str]:
    """Source lines around the declaration of a struct, flag or event, from one before it."""
    node = _declared(kind)
    text: list[str] = node.module_node.full_source_code.splitlines()
    first = node.lineno - 1
    return [text[first - 1] if first else "", *text[first : node.end_lineno]]


def _said(kind: Any, otherwise: str) -> str:
    """The comment above a declaration."""
    above = _lines(kind)[0].strip()
    if above.startswith("# ") and not above.startswith("# --"):
        said = above[2:].strip()
        return said[0].upper() + said[1:].rstrip(".") + "."
    origin = Path(_declared(kind).module_node.resolved_path).stem
    return f"{otherwise} of {origin}."


def _comments(kind: Any) -> dict[str, str]:
    """Comments behind the members of a declaration, with the lines that go on with them."""
    found: dict[str, str] = {}
    last = ""
    for line in _lines(kind)[1:]:
        member = re.match(r"\s+(\w+)\s*:[^#]*(?:#\s*(.*))?$", line)
        if member:
            last = member[1]
            if member[2]:
                found[last] = member[2].strip()
        elif last in found and (more := re.match(r"\s+#\s*(.*)$", line)):
            found[last] += f" {more[1].strip()}"
    return {name: text[0].upper() + text[1:].rstrip(".") + "." for name, text in found.items()}


if __name__ == "__main__":
    sys.exit(main())
