"""Proofs about packed words, from the modules' own code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import z3
from vyper import ast as vy_ast
from vyper.semantics.types import AddressT, BoolT, FlagT, IntegerT, StructT

from tests.proofs.layouts import Layout, Packer, Setter, Word
from tests.proofs.prover import refuted
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import BITS, Reading, Words, constants, module

ALL: Final = 2**BITS - 1


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a field lies, and how it is read: shifted down to bit 0, or in place."""

    mask: int
    signed: bool = False
    in_place: bool = False

    @property
    def low(self) -> int:
        """Its lowest bit."""
        return (self.mask & -self.mask).bit_length() - 1

    @property
    def width(self) -> int:
        """How many bits from there to its highest."""
        return self.mask.bit_length() - self.low


def header(source: str) -> list[str]:
    """The lines of a module's docstring that list the fields of a word. One that ends in `|` goes on in the
    next.
    """
    lines = [""]
    for line in source.split('"""')[1].partition("@dev")[0].splitlines():
        text = line.strip().removeprefix("@notice").strip()
        if lines[-1].endswith("|"):
            lines[-1] += f" {text}"
        else:
            lines.append(text)
    return [line for line in lines if "|" in line]


def listed(line: str, word: str) -> list[Lane]:
    """The fields of a word, from the lowest, by its line: `word name 20 | name 14, signed | name`; without a
    number it is one bit.
    """
    lanes, low = [], 0
    for field in line.removeprefix(word).split("|"):
        numbers = re.findall(r"\b\d+\b", re.split(r"[,(.;]", field)[0])
        width = int(numbers[-1]) if numbers else 1
        lanes.append(Lane((2**width - 1) << low, ", signed" in field))
        low += width
    return lanes


class Prover:
    """What holds of a layout, under `root`."""

    def __init__(self, layout: Layout, root: Path = PROJECT_ROOT) -> None:
        self._layout = layout
        self._functions = module(layout.path, root)
        self._constants = constants(layout.path, root)
        self._header = header((root / layout.path).read_text())
        self.now = z3.BitVec("timestamp", BITS)
        self.proved = 0

    def failures(self) -> Iterator[str]:
        """What does not hold; nothing where all is proved."""
        yield from self._unknown()
        parents: dict[tuple[str, str], Lane] = {}
        for word in self._layout.words:
            lanes: dict[str, Lane] = {}
            for name in (
                *(field for packer in word.packers for field in packer.fields.values()),
                *(field for packer in word.packers for _, field in packer.also),
                *word.others,
            ):
                lane = self.lane(name)
                if lane is None:
                    yield f"{word.name}: {name} does not read one run of bits, of any word"
                else:
                    lanes[name] = lane
            yield from self._overlaps(word, lanes)
            yield from self._belongs(word, lanes, parents)
            parents |= {(word.name, name): lane for name, lane in lanes.items()}
            for packer in word.packers:
                if all(field in lanes for field in packer.fields.values()):
                    yield from self._round_trip(word, packer, lanes)
            for setter in word.setters:
                if all(field in lanes for field in setter.fields):
                    yield from self._sets(word, setter, lanes)
        yield from self._unread(parents)

    def read(self, name: str, word: Any) -> tuple[Any, list[Any]]:
        """What an accessor makes of a word, as 256 bits, and when it reverts."""
        if name[0] in "&#":
            bits = Lane(eval(name[1:], {}, dict(self._constants)) & ALL)
            kept = word & z3.BitVecVal(bits.mask, BITS)
            return (kept if name[0] == "&" else z3.LShR(kept, bits.low)), []
        call, _, part = name.partition(".")
        function, _, side = call.partition(" ")
        reading = Reading(Words(), {"timestamp": self.now})
        given = [word, z3.BitVecVal(int(side), BITS)] if side else [word]
        found = reading.call(self._functions[function], *given)
        if part:
            found = found[part]
        return _bits(found), reading.reverts

    def lane(self, name: str) -> Lane | None:
        """The run of bits that an accessor reads, found by trying each bit, then proved for every word. It
        reverts of none, but of a flag with bits above.
        """
        word = z3.BitVec("word", BITS)
        found, reverts = self.read(name, word)
        bad = z3.Or(*reverts)
        bits = [
            bit
            for bit in range(BITS)
            if not _is(z3.substitute(bad, (word, z3.BitVecVal(1 << bit, BITS))))
            and not _is(z3.substitute(found, (word, z3.BitVecVal(1 << bit, BITS))) == 0)
        ]
        mask = sum(1 << bit for bit in bits)
        if name[0] in "&#":
            return Lane(mask, in_place=name[0] == "&")
        if not bits or bits != list(range(bits[0], bits[-1] + 1)):
            return None
        one = _value(z3.substitute(found, (word, z3.BitVecVal(1 << bits[0], BITS))))
        lane = Lane(mask, self._returns_signed(name), in_place=bits[0] > 0 and one == 1 << bits[0])
        kind = self._kind(name)
        if refuted(found == _extended(word, lane, kind, self._step(name)), z3.Not(bad)) is not None:
            return None
        above = z3.LShR(word, lane.low + lane.width) if isinstance(kind, FlagT) else z3.BitVecVal(0, BITS)
        if reverts and refuted(z3.Not(bad), above == 0) is not None:
            return None
        self.proved += 1
        return lane

    def _step(self, name: str) -> int:
        for word in self._layout.words:
            for packer in word.packers:
                for argument, step in packer.step:
                    if packer.fields[argument] == name:
                        return step
        return 1

    def _overlaps(self, word: Word, lanes: dict[str, Lane]) -> Iterator[str]:
        seen: dict[str, Lane] = {}
        for name, lane in lanes.items():
            for other, taken in seen.items():
                if lane.mask & taken.mask:
                    yield f"{word.name}: {name} and {other} share bits"
            seen[name] = lane

    def _belongs(
        self, word: Word, lanes: dict[str, Lane], parents: dict[tuple[str, str], Lane]
    ) -> Iterator[str]:
        """Fields are those of the header, whole; and within their parent, if they have one."""
        fields = self._fields(word.name)
        for name, lane in lanes.items():
            found = lane.mask & _all(fields)  # the highest one may be read without a mask
            those = [field for field in fields if field.mask & found]
            signs = {field.signed for field in those}
            is_above = lane.mask != found and fields[-1] not in those
            if found != _all(those) or signs != {lane.signed} or is_above:
                yield f"{word.name}: {name} is not what the header says"
            if word.within and lane.mask & ~parents[word.name, word.within].mask:
                yield f"{word.name}: {name} lies outside {word.within}"

    def _unread(self, lanes: dict[tuple[str, str], Lane]) -> Iterator[str]:
        """Each field of the header is read by itself, or is always the same."""
        for name in dict.fromkeys(word.name for word in self._layout.words):
            fields = self._fields(name)
            alone = {lane.mask & _all(fields) for (of, _), lane in lanes.items() if of == name}
            alone |= {
                one.constant for word in self._layout.words if word.name == name for one in word.packers
            }
            for place, field in enumerate(fields):
                if field.mask not in alone:
                    yield f"{name}: nothing reads field {place} of the header alone"

    def _unknown(self) -> Iterator[str]:
        """Words that the header lists and the layout does not."""
        names = {word.name for word in self._layout.words} | set(self._layout.elsewhere)
        for line in self._header:
            if not any(line.startswith(f"{name} ") for name in names):
                yield f"{line}: not in the layout"

    def _fields(self, name: str) -> list[Lane]:
        return listed(next(line for line in self._header if line.startswith(f"{name} ")), name)

    def _round_trip(self, word: Word, packer: Packer, lanes: dict[str, Lane]) -> Iterator[str]:
        """Each argument within its lane comes back; and each word of these lanes is what its parts are packed
        to.
        """
        node = self._functions[packer.function]
        terms: dict[str, Any] = {}
        bounds = []
        for argument, field in packer.fields.items():
            terms[argument] = value = z3.BitVec(argument, BITS)
            step = dict(packer.step).get(argument, 1)
            bounds.append(_within(value, lanes[field], self._kind_of_argument(node, argument), step))
        packed, reverts = self._packed(node, terms)
        # a number that no packer takes: the least of a signed lane, where its bound is symmetric
        taken = z3.Not(z3.Or(*reverts))
        for argument, field in (*packer.fields.items(), *packer.also):
            back, failing = self.read(field, packed)
            if refuted(z3.And(back == terms[argument], z3.Not(z3.Or(*failing))), *bounds, taken) is not None:
                yield f"{word.name}: {packer.function} loses {argument}"
            self.proved += 1
        least = [
            terms[argument] == z3.BitVecVal(-(2 ** (lanes[field].width - 1)), BITS)
            for argument, field in packer.fields.items()
            if lanes[field].signed
        ]
        if refuted(z3.Or(taken, *least), *bounds) is not None:
            yield f"{word.name}: {packer.function} refuses what fits"
        checks = reverts and all(lanes[field].signed for field in packer.fields.values())
        if checks and refuted(z3.And(*bounds), taken) is not None:
            yield f"{word.name}: {packer.function} takes what does not fit"
        mask = 0
        for field in (*packer.fields.values(), *(field for _, field in packer.also)):
            mask |= lanes[field].mask
        outside = packed & ~z3.BitVecVal(mask, BITS)
        if refuted(outside == z3.BitVecVal(packer.constant, BITS), *bounds, taken) is not None:
            yield f"{word.name}: {packer.function} writes outside its fields"
        self.proved += 3

    def _sets(self, word: Word, setter: Setter, lanes: dict[str, Lane]) -> Iterator[str]:
        node = self._functions[setter.function]
        names = [argument.arg for argument in node.args.args]
        before = z3.BitVec("before", BITS)
        terms = {name: z3.BitVec(name, BITS) for name in names[1:]} | {"timestamp": self.now}
        if setter.side is not None:
            terms["side"] = z3.BitVecVal(setter.side, BITS)
        reading = Reading(Words(), {"timestamp": self.now})
        after = reading.call(node, before, *(terms[name] for name in names[1:]))
        given = []
        mask = 0
        for field, source in setter.fields.items():
            mask |= lanes[field].mask
            if isinstance(source, str):
                given.append(z3.ULT(terms[source], z3.BitVecVal(2 ** lanes[field].width, BITS)))
        if setter.fresh:
            given.append(before & mask == 0)
        if refuted((before ^ after) & ~z3.BitVecVal(mask, BITS) == 0, *given) is not None:
            yield f"{word.name}: {setter.function} changes other bits"
        if reading.reverts and refuted(z3.Not(z3.Or(*reading.reverts)), *given) is not None:
            yield f"{word.name}: {setter.function} reverts"
        for field, source in setter.fields.items():
            expected = terms[source] if isinstance(source, str) else z3.BitVecVal(source, BITS)
            back, failing = self.read(field, after)
            if refuted(z3.And(back == expected, z3.Not(z3.Or(*failing))), *given) is not None:
                yield f"{word.name}: {setter.function} does not set {field}"
            self.proved += 1
        self.proved += 1

    def _packed(self, node: vy_ast.FunctionDef, terms: dict[str, Any]) -> tuple[Any, list[Any]]:
        """What is made of these arguments, whatever the other parts of a struct are."""
        args = []
        for argument in node._metadata["func_type"].arguments:
            if isinstance(argument.typ, StructT):
                args.append(
                    {
                        name: _typed(z3.BitVec(f"{argument.name}.{name}", BITS), kind)
                        for name, kind in argument.typ.members.items()
                    }
                )
            else:
                args.append(_typed(terms[argument.name], argument.typ))
        reading = Reading(Words(), {"timestamp": self.now})
        return reading.call(node, *args), reading.reverts

    def _kind(self, name: str) -> Any:
        if name[0] in "&#":
            return None
        call, _, part = name.partition(".")
        kind = self._functions[call.partition(" ")[0]]._metadata["func_type"].return_type
        return kind.members[part] if part else kind

    def _kind_of_argument(self, node: vy_ast.FunctionDef, argument: str) -> Any:
        name, _, part = argument.partition(".")
        kind = next(one.typ for one in node._metadata["func_type"].arguments if one.name == name)
        return kind.members[part] if part else kind

    def _returns_signed(self, name: str) -> bool:
        kind = self._kind(name)
        return isinstance(kind, IntegerT) and bool(kind.is_signed)


def _all(lanes: Sequence[Lane]) -> int:
    return sum(lane.mask for lane in lanes)


def _bits(term: Any) -> Any:
    return z3.If(term, z3.BitVecVal(1, BITS), z3.BitVecVal(0, BITS)) if z3.is_bool(term) else term


def _typed(term: Any, kind: Any) -> Any:
    return term != 0 if isinstance(kind, BoolT) else term


def _is(term: Any) -> bool:
    return bool(z3.is_true(z3.simplify(term)))


def _value(term: Any) -> int:
    return int(z3.simplify(term).as_long())


def _extended(word: Any, lane: Lane, kind: Any, step: int) -> Any:
    if lane.in_place:
        return word & z3.BitVecVal(lane.mask, BITS)
    run = z3.Extract(lane.low + lane.width - 1, lane.low, word)
    if isinstance(kind, BoolT):
        return _bits(run != 0)
    if kind is not None and isinstance(kind, IntegerT) and kind.is_signed:
        return z3.SignExt(BITS - lane.width, run)
    return (z3.ZeroExt(BITS - lane.width, run) if lane.width < BITS else run) * step


def _within(value: Any, lane: Lane, kind: Any, step: int) -> Any:
    if isinstance(kind, BoolT):
        return z3.ULE(value, z3.BitVecVal(1, BITS))
    if lane.signed:
        half = 2 ** (lane.width - 1)
        return z3.And(value >= -half, value <= half - 1)
    if isinstance(kind, FlagT):
        return z3.ULT(value, z3.BitVecVal(2 ** len(kind._flag_members), BITS))
    if isinstance(kind, AddressT):
        return z3.ULT(value, z3.BitVecVal(2**160, BITS))
    if lane.in_place:
        return (value & ~z3.BitVecVal(lane.mask, BITS)) == 0
    if step != 1:
        units = z3.BitVec("units", BITS)
        return z3.And(z3.ULT(units, z3.BitVecVal(2**lane.width, BITS)), value == units * step)
    return z3.ULT(value, z3.BitVecVal(2**lane.width, BITS))
