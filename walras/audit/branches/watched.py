"""Which ways the JUMPIs go, as pyrevm itself runs them: an EVM beside the true one, full of tripwires.

A `WatchedEvm` answers as the pyrevm.EVM in it does, which is given the codes as they are. Every operation is
also tried on a second pyrevm, whose codes have a wire on each way that was not seen before. Nothing trips
(the same answer, the same gas): no new way was taken, and that is certain. Something trips: the call is tried
again with halves of the wires, halves of those, down to single wires. A way is noted only where the call
trips on it as the only wire. So what is noted is what pyrevm did, and nothing is left out, but for the ways
that lead to where gas ends anyhow: a wire burns gas, too.

Of a call that fails, gas alone may tell: one contract calls another, which has a few units left, and both
revert with a wire as without. So what fails has to use the same gas to the unit, on the wires that cost
nothing to pass.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyrevm

from walras.audit.branches.tripwires import Outcome, Outcomes, Wires
from walras.deploy.executor import contract_address

SLACK: Final = 2_000
"""Gas that stubs may add to a call before it counts as different."""
STRUNG: Final = 1_000
"""Codes with wires that are kept."""
_GAS: Final = re.compile(r"gas_used: \d+")

_COUNTS: Final = ("steps", "operations", "hunted", "tries", "phantoms")
_NONE: Final[frozenset[Outcome]] = frozenset()
_Strung = dict[str, frozenset[Outcome]]

TrueEvm: Final = pyrevm.EVM


class AstrayError(AssertionError):
    """The EVM with the wires is not in the state that the true one is in."""


@dataclass(slots=True)
class Notes:
    """What was seen, over all EVMs of a process."""

    wires: dict[str, Wires]
    """By contract; one that is not here is not looked at."""
    taken: dict[str, set[Outcome]] = field(default_factory=dict)
    order: list[tuple[str, Outcome]] = field(default_factory=list)
    """Ways that were seen by this process, as they came."""
    steps: int = 0
    """Of stories that were told."""
    operations: int = 0
    """That were looked at."""
    hunted: int = 0
    """Operations in which a wire tripped."""
    tries: int = 0
    """Runs that it took to say which."""
    phantoms: int = 0
    """Operations that differed, and tripped no single wire (the gas of stubs)."""
    _known: dict[bytes, str] = field(default_factory=dict)
    _left: dict[str, frozenset[Outcome]] = field(default_factory=dict)
    _free: dict[str, frozenset[Outcome]] = field(default_factory=dict)
    _strung: dict[tuple[bytes, frozenset[Outcome], frozenset[Outcome]], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.wires:
            self.taken.setdefault(name, set())

    def see(self, name: str, wires: Wires) -> None:
        """Look at one more contract."""
        self.wires[name] = wires
        self.taken.setdefault(name, set())

    def name_of(self, code: bytes) -> str:
        """The contract whose runtime code this is, immutables aside; empty if none is looked at."""
        if code not in self._known:
            found = [name for name, one in self.wires.items() if code.startswith(one.runtime)]
            self._known[code] = found[0] if found else ""
        return self._known[code]

    def take(self, name: str, outcome: Outcome) -> None:
        """A way was gone that nobody went before."""
        self.taken[name].add(outcome)
        self._forget(name)
        self.order.append((name, outcome))

    def learn(self, other: "Notes") -> None:
        """What others saw is seen."""
        for name, pairs in other.taken.items():
            if not pairs <= self.taken[name]:
                self.taken[name] |= pairs
                self._forget(name)

    def left(self, name: str) -> frozenset[Outcome]:
        """Ways that nobody went."""
        if name not in self._left:
            self._left[name] = frozenset(self.wires[name].outcomes()) - self.taken[name]
        return self._left[name]

    def free(self, name: str) -> frozenset[Outcome]:
        """Those of them whose wires cost nothing to pass."""
        if name not in self._free:
            has_stub = self.wires[name].has_stub
            self._free[name] = frozenset(one for one in self.left(name) if not has_stub(one))
        return self._free[name]

    def _forget(self, name: str) -> None:
        self._left.pop(name, None)
        self._free.pop(name, None)

    def strung(self, name: str, code: bytes, wires: frozenset[Outcome], slack: frozenset[Outcome]) -> bytes:
        """A contract's deployed code with these wires."""
        key = code, wires, slack
        if key not in self._strung:
            if len(self._strung) >= STRUNG:
                self._strung.clear()
            self._strung[key] = self.wires[name].strung(code, wires, slack)
        return self._strung[key]

    def outcomes(self) -> dict[str, Outcomes]:
        """Ways that were taken, by contract."""
        found: dict[str, Outcomes] = {}
        for name, pairs in self.taken.items():
            ways = found.setdefault(name, {})
            for place, way in sorted(pairs):
                ways[place] = ways.get(place, 0) | way
        return found

    def watch(self, kind: "Callable[..., WatchedEvm] | None" = None) -> None:
        """Every pyrevm.EVM that is made from now on is looked at."""

        def made(**settings: Any) -> WatchedEvm:
            return (kind or WatchedEvm)(self, **settings)

        pyrevm.EVM = made  # type: ignore[misc, assignment]

    def save(self, folder: Path) -> None:
        """Into a file of this process."""
        folder.mkdir(parents=True, exist_ok=True)
        counts = {count: getattr(self, count) for count in _COUNTS}
        taken = {name: sorted(pairs) for name, pairs in self.taken.items()}
        path = folder / f"{os.getpid()}.json"
        path.with_suffix(".part").write_text(json.dumps(counts | {"taken": taken}))
        path.with_suffix(".part").replace(path)

    def add(self, folder: Path) -> None:
        """What the processes that wrote there saw."""
        for path in sorted(folder.glob("*.json")):
            seen = json.loads(path.read_text())
            for name, pairs in seen["taken"].items():
                self.taken[name] |= {(place, way) for place, way in pairs}
                self._forget(name)
            for count in _COUNTS:
                setattr(self, count, getattr(self, count) + seen.get(count, 0))

    def begin_anew(self) -> None:
        """Know what was seen, but count from nothing."""
        for count in _COUNTS:
            setattr(self, count, 0)


@dataclass(slots=True)
class _Deployed:
    """A contract that is looked at, on the EVM with the wires."""

    name: str
    code: bytes
    """Without wires."""
    strung: frozenset[Outcome] = frozenset()
    """Wires that it has now."""
    slack: frozenset[Outcome] = frozenset()


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    true: Any
    wired: Any
    contracts: dict[str, tuple[str, bytes]]
    nonces: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Answer:
    """Of an operation."""

    value: Any
    error: str
    """Empty if there is none."""
    gas: int

    def is_like(self, other: "_Answer", slack: int) -> bool:
        """Whether no wire can have tripped in one and not in the other."""
        return (
            self.value == other.value
            and _GAS.sub("", self.error) == _GAS.sub("", other.error)
            and abs(self.gas - other.gas) <= slack
        )


class WatchedEvm:
    """A pyrevm.EVM whose contracts are looked at."""

    def __init__(self, notes: Notes, **settings: Any) -> None:
        self._notes = notes
        self._true: Any = TrueEvm(**settings)
        self._wired: Any = TrueEvm(**settings)
        self._contracts: dict[str, _Deployed] = {}
        self._nonces: dict[str, int] = {}
        """Of every contract: one that rises has made another."""
        self._strung_for = -1
        """How many ways were known when all others were strung; -1 where they are not."""
        self._slack = 0
        """Gas that the wires that there are may cost who passes them."""

    # ------------------------------------------------------------ operations

    def message_call(
        self,
        caller: str,
        to: str,
        calldata: bytes | None = None,
        value: int | None = None,
        gas: int | None = None,
        gas_price: int | None = None,
        is_static: bool = False,
    ) -> Any:
        """A call, on both."""

        def call(evm: Any) -> Any:
            return evm.message_call(caller, to, calldata, value, gas, gas_price, is_static)

        answer = self._operate(call)
        if not is_static:
            self._find_made()
        return answer

    def deploy(self, deployer: str, code: bytes, *rest: Any, **named: Any) -> str:
        """A deployment, on both."""
        at = str(self._operate(lambda evm: evm.deploy(deployer, code, *rest, **named)))
        self._add(at)
        return at

    def _operate(self, operation: Callable[[Any], Any]) -> Any:
        """Do it on both EVMs, and note the ways that it takes."""
        try:
            value, error = operation(self._true), None
        except RuntimeError as failed:
            value, error = None, failed
        true = _Answer(value, str(error or ""), _gas(self._true))
        self._notes.operations += 1
        if not self._look(operation, true):
            self._string({})
            if not self._agrees(operation, true, SLACK):
                raise AstrayError(f"{true} on the true EVM, and something else on that with the wires")
        if error is not None:
            raise error
        return value

    def _look(self, operation: Callable[[Any], Any], true: _Answer) -> bool:
        """Do it with the wires, and find out which ways it takes; false if it has to be done without them."""
        self._string_all()
        if self._agrees(operation, true, 0 if true.error else self._slack):
            return True
        free, stubs = self._left()
        if true.error:
            self._string(free)
            if self._agrees(operation, true, 0):
                return True
        self._notes.hunted += 1
        before = len(self._notes.order)
        for left in (free, stubs):
            for name in self._tripping(operation, true, left, sorted(left)):
                self._hunt(operation, true, name, sorted(left[name]))
        self._string_all()
        agrees = self._agrees(operation, true, SLACK)
        self._notes.phantoms += not agrees or len(self._notes.order) == before
        return agrees

    def _agrees(self, operation: Callable[[Any], Any], true: _Answer, slack: int) -> bool:
        """Do it on the EVM with the wires; undone if it goes otherwise than on the true one."""
        checkpoint = self._wired.snapshot()
        answer = _attempt(self._wired, operation)
        if answer.is_like(true, slack):
            self._wired.commit()
            return True
        self._wired.revert(checkpoint)
        return False

    def _tripping(
        self,
        operation: Callable[[Any], Any],
        true: _Answer,
        left: _Strung,
        names: list[str],
    ) -> list[str]:
        """Those contracts of which it trips a wire."""
        self._string({name: left[name] for name in names})
        self._notes.tries += 1
        if not self._trips(operation, true):
            return []
        if len(names) == 1:
            return names
        half = len(names) // 2
        return [
            *self._tripping(operation, true, left, names[:half]),
            *self._tripping(operation, true, left, names[half:]),
        ]

    def _hunt(self, operation: Callable[[Any], Any], true: _Answer, name: str, group: list[Outcome]) -> None:
        """Note those of a contract's wires that it trips, each alone."""
        self._string({name: frozenset(group)})
        self._notes.tries += 1
        if not group or not self._trips(operation, true):
            return
        if len(group) > 1:
            half = len(group) // 2
            self._hunt(operation, true, name, group[:half])
            self._hunt(operation, true, name, group[half:])
            return
        if self._notes.wires[name].has_stub(group[0]):
            self._string({name: frozenset(group)}, slack=True)
            if self._trips(operation, true):  # for its gas, then, and not for its way
                return
        self._notes.take(name, group[0])

    def _trips(self, operation: Callable[[Any], Any], true: _Answer) -> bool:
        """Whether it goes otherwise with the wires that there are; it is undone."""
        checkpoint = self._wired.snapshot()
        answer = _attempt(self._wired, operation)
        self._wired.revert(checkpoint)
        return not answer.is_like(true, self._slack)

    # ------------------------------------------------------------ wires

    def _left(self) -> tuple[_Strung, _Strung]:
        """Wires on all ways that nobody went, of what is deployed: the free, and the others."""
        names = {one.name for one in self._contracts.values()}
        free = {name: self._notes.free(name) for name in names}
        return free, {name: self._notes.left(name) - free[name] for name in names}

    def _string_all(self) -> None:
        """Have a wire on every way that nobody went."""
        if self._strung_for != len(self._notes.order):
            self._string({one.name: self._notes.left(one.name) for one in self._contracts.values()})
            self._strung_for = len(self._notes.order)

    def _string(self, wires: _Strung, slack: bool = False) -> None:
        """Have these wires and no others."""
        self._strung_for = -1
        is_free = all(wanted <= self._notes.free(name) for name, wanted in wires.items())
        self._slack = 0 if is_free else SLACK
        for at, one in self._contracts.items():
            wanted = wires.get(one.name, _NONE)
            loose = wanted if slack else _NONE
            if (one.strung is wanted or one.strung == wanted) and one.slack == loose:
                continue
            code = self._notes.strung(one.name, one.code, wanted, loose)
            known = self._wired.basic(at)
            info = pyrevm.AccountInfo(nonce=known.nonce, balance=known.balance, code=code)  # type: ignore[call-arg]
            self._wired.insert_account_info(at, info)
            one.strung, one.slack = wanted, loose

    def _add(self, at: str) -> None:
        """A contract has this address."""
        at = at.lower()
        code = bytes(self._true.get_code(at) or b"")
        self._strung_for = -1
        self._contracts.pop(at, None)
        self._nonces.pop(at, None)
        if code:
            self._nonces[at] = int(self._true.basic(at).nonce)
            name = self._notes.name_of(code)
            if name:
                self._contracts[at] = _Deployed(name, code)

    def _find_made(self) -> None:
        """Contracts that contracts made."""
        for at, nonce in list(self._nonces.items()):
            for made in range(nonce, int(self._true.basic(at).nonce)):
                self._add(contract_address(at, made))
            self._nonces[at] = int(self._true.basic(at).nonce)

    # ------------------------------------------------------------ the rest of pyrevm.EVM

    def snapshot(self) -> _Checkpoint:
        """Of both."""
        contracts = {at: (one.name, one.code) for at, one in self._contracts.items()}
        return _Checkpoint(self._true.snapshot(), self._wired.snapshot(), contracts, dict(self._nonces))

    def revert(self, checkpoint: _Checkpoint) -> None:
        """Both."""
        self._true.revert(checkpoint.true)
        self._wired.revert(checkpoint.wired)
        now = self._contracts
        self._strung_for = -1
        self._contracts = {
            at: now[at] if at in now and now[at].code == code else _Deployed(name, code)
            for at, (name, code) in checkpoint.contracts.items()
        }
        self._nonces = dict(checkpoint.nonces)

    def commit(self) -> None:
        """Forget the last checkpoint, on both."""
        self._true.commit()
        self._wired.commit()

    def watched(self) -> dict[str, str]:
        """Contracts that are looked at, by address."""
        return {at: one.name for at, one in self._contracts.items()}

    def name_at(self, at: str) -> str:
        """The contract at an address; empty if none that is looked at is there."""
        found = self._contracts.get(at.lower())
        return found.name if found else ""

    def insert_account_info(self, at: str, info: Any) -> None:
        """On both."""
        self._true.insert_account_info(at, info)
        self._wired.insert_account_info(at, info)
        self._add(at)

    def insert_account_storage(self, at: str, slot: int, word: int) -> Any:
        """On both."""
        self._wired.insert_account_storage(at, slot, word)
        return self._true.insert_account_storage(at, slot, word)

    def set_balance(self, at: str, balance: int) -> None:
        """On both."""
        self._true.set_balance(at, balance)
        self._wired.set_balance(at, balance)

    def set_block_env(self, block: Any) -> None:
        """On both."""
        self._true.set_block_env(block)
        self._wired.set_block_env(block)

    def reset_transient_storage(self) -> None:
        """On both."""
        self._true.reset_transient_storage()
        self._wired.reset_transient_storage()

    def storage(self, at: str, slot: int) -> int:
        """A word, which has to be the same on both."""
        found = int(self._true.storage(at, slot))
        if found != int(self._wired.storage(at, slot)):
            raise AstrayError(f"slot {slot} of {at} differs")
        return found

    def basic(self, at: str) -> Any:
        """Of the true one."""
        return self._true.basic(at)

    def get_code(self, at: str) -> Any:
        """Without wires."""
        return self._true.get_code(at)

    def get_balance(self, at: str) -> int:
        """Ether."""
        return int(self._true.get_balance(at))

    @property
    def result(self) -> Any:
        """Of the last operation on the true one."""
        return self._true.result

    @property
    def env(self) -> Any:
        """Of the true one."""
        return self._true.env


def _attempt(evm: Any, operation: Callable[[Any], Any]) -> _Answer:
    try:
        return _Answer(operation(evm), "", _gas(evm))
    except RuntimeError as failed:
        return _Answer(None, str(failed), _gas(evm))


def _gas(evm: Any) -> int:
    result = evm.result
    return int(result.gas_used) if result else 0
