"""Modules' functions, callable on pyrevm: what the compiled code says, to compare a reading of it with."""

import random
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import z3
from vyper import ast as vy_ast
from vyper.compiler import outputs_from_compiler_data
from vyper.semantics.types import AddressT, BoolT, FlagT, IntegerT, StructT

from walras.devtools.compiler import PROJECT_ROOT, Artifact, compiler_data
from walras.devtools.evm import START, Contract, Evm, Reverted
from walras.devtools.symbolic import Numbers, Reading, Words, module, values

_OUTPUTS: Final = ("abi", "bytecode", "bytecode_runtime", "layout")


def compiled(source: str) -> Artifact:
    """A contract from its text; imports are those of the project."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "Driver.vy"
        path.write_text("# pragma version 0.4.3\n" + source)
        outputs = outputs_from_compiler_data(compiler_data(path), _OUTPUTS)
    code = [bytes.fromhex(outputs[name].removeprefix("0x")) for name in ("bytecode", "bytecode_runtime")]
    return Artifact("Driver", outputs["abi"], code[0], code[1], b"", outputs["layout"], {})


def calls_of(path: str, alias: str, functions: list[str]) -> str:
    """Text of external functions that call a module's internal ones: `_tick` is answered by `call_tick`."""
    found = module(path)
    lines = []
    for name in functions:
        node = found[name]
        arguments = [(argument.arg, argument.annotation.node_source_code) for argument in node.args.args]
        taken = ", ".join(f"{argument}: {kind}" for argument, kind in arguments)
        given = ", ".join(argument for argument, _ in arguments)
        lines += [
            "@external",
            "@view",
            f"def call{name}({taken}) -> {node.returns.node_source_code}:",
            f"    return {alias}.{name}({given})\n\n",
        ]
    return "\n".join(lines)


def imports_of(path: str) -> str:
    """The interfaces that a module imports, as it writes them."""
    return "\n".join(re.findall(r"^from interfaces import \w+$", (PROJECT_ROOT / path).read_text(), re.M))


@cache
def driver(path: str, functions: tuple[str, ...]) -> Contract:
    """The functions of a module that has no state, deployed."""
    folder, name = path.removesuffix(".vy").rsplit("/", 1)
    source = f"{imports_of(path)}\nfrom {folder.replace('/', '.')} import {name}\n\n"
    return Evm().deploy(compiled(source + calls_of(path, name, list(functions))))


def agree(contract: Contract, node: vy_ast.FunctionDef, args: list[Any], reading: Reading) -> bool:
    """Compare one call; whether it went through. Fails where the reading says otherwise."""
    kinds = [argument.typ for argument in node._metadata["func_type"].arguments]
    made = [_term(value, kind, reading.domain) for value, kind in zip(args, kinds, strict=True)]
    try:
        sent = [_sent(value, kind) for value, kind in zip(args, kinds, strict=True)]
        said = getattr(contract, f"call{node.name}")(*sent)
    except Reverted:
        said = None
    result = reading.call(node, *made)
    reverted = any(z3.is_true(z3.simplify(condition)) for condition in reading.reverts)
    assert reverted == (said is None), (node.name, args, said)
    if said is not None:
        expected = _plain(values(result), node._metadata["func_type"].return_type)
        assert _same(expected, said), (node.name, args, expected, said)
    return said is not None


def edges(bits: int, signed: bool, dice: random.Random) -> int:
    """A number that is 0, a bound, one beside a power of two, or any."""
    top = 2 ** (bits - signed) - 1
    width = dice.randrange(1, bits + 1 - signed)
    number = dice.choice([0, 1, top, top - 1, 2**width - 1, 2 ** (width - 1), dice.randrange(2**width)])
    return -number if signed and dice.random() < 0.5 else number


def any_of(kind: Any, dice: random.Random) -> Any:
    """A value of a type of the compiler."""
    if isinstance(kind, StructT):
        return {name: any_of(member, dice) for name, member in kind.members.items()}
    if isinstance(kind, BoolT):
        return dice.random() < 0.5
    if isinstance(kind, FlagT):
        return 1 << dice.randrange(len(kind._flag_members))
    if isinstance(kind, AddressT):
        return edges(160, False, dice)
    assert isinstance(kind, IntegerT), kind
    return edges(kind.bits, kind.is_signed, dice)


def words() -> Reading:
    """A reading in bits, at the time of the chain's first block."""
    return Reading(Words(), {"timestamp": z3.BitVecVal(START, 256)})


def numbers(**state: int) -> Reading:
    """A reading in integers, with storage."""
    return Reading(Numbers(), {name: z3.IntVal(value) for name, value in state.items()})


def _term(value: Any, kind: Any, domain: Words | Numbers) -> Any:
    if isinstance(value, dict):
        return {name: _term(part, kind.members[name], domain) for name, part in value.items()}
    return z3.BoolVal(value) if isinstance(value, bool) else domain.constant(value)


def _sent(value: Any, kind: Any) -> Any:
    if isinstance(value, dict):
        return tuple(_sent(part, kind.members[name]) for name, part in value.items())
    return "0x" + value.to_bytes(20).hex() if isinstance(kind, AddressT) else value


def _plain(value: Any, kind: Any) -> Any:
    """A term's number as the ABI gives a value of this type."""
    if isinstance(kind, StructT):
        return tuple(_plain(value[name], member) for name, member in kind.members.items())
    if isinstance(value, tuple):
        return value
    if isinstance(kind, IntegerT) and kind.is_signed and value >= 2**255:
        return value - 2**256
    return "0x" + value.to_bytes(20).hex() if isinstance(kind, AddressT) else value


def _same(expected: Any, said: Any) -> bool:
    if isinstance(expected, tuple):
        return all(map(_same, expected, said))
    return bool(expected == (said.lower() if isinstance(said, str) else said))


@contextmanager
def changed(path: str, old: str, new: str) -> Iterator[Path]:
    """A copy of the sources in which a text, found once or more, stands otherwise."""
    text = (PROJECT_ROOT / path).read_text()
    assert old in text, f"{path}: {old!r} is not there: the fault has to follow the code"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for part in ("contracts", "interfaces"):
            shutil.copytree(PROJECT_ROOT / part, root / part)
        (root / path).write_text(text.replace(old, new))
        yield root
