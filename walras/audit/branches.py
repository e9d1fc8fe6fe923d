"""Which outcomes of every JUMPI of the deployed contracts the stories take, and bent calls beside them.

Stories run on pyrevm with all their checks, as in `make invariants`. Of the calls that they make (those of
checks included) some are run a second time, on the same state, by walras/audit/interpreter.py, which notes
what each JUMPI does; which ones is decided by how seldom a call of that contract, function, reason and
events was seen, and by whether the last of its kind brought an outcome that was new. Both EVMs have to agree
on what a traced call returns. A bent call is one that went through in a story with a word of its data
changed, or ether added, or cut short; it is undone afterwards.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from walras.audit.actions import PROFILES
from walras.audit.chain import GAS, Chain
from walras.audit.codemap import FELL, JUMPED, Branch, branches
from walras.audit.interpreter import Outcomes, Tracer
from walras.audit.laws import LAWS
from walras.audit.runner import DECIMALS, LENGTH, Report, tell
from walras.audit.system import System
from walras.audit.world import World

STORIES_HAVE: Final = (
    "PerpEngine",
    "EngineAccounts",
    "EngineAuctions",
    "EngineRelay",
    "EngineSettings",
    "EngineViews",
    "OrderbookV2",
    "OrderbookViews",
    "OracleRouter",
    "Vault",
    "LiquidationEngine",
    "LiquidationViews",
    "InsuranceFund",
    "FeeDistributor",
    "TriggerOrders",
    "GovernanceToken",
    "Governor",
    "Timelock",
    "Guardian",
    "Treasury",
)
"""Contracts that are deployed in stories."""
OTHERS: Final = ("SignedReports", "ChainlinkSource", "PythSource", "UniswapV3Source")
"""Deployed contracts that stories replace by scripted sources: nothing here runs them."""
FIRST: Final = 3
"""Calls of a kind that are traced whatever they bring."""
CREDIT: Final = 6
"""Further ones, after one that brought an outcome that was new."""
BENT_PER_CALL: Final = 2
"""Calls that went through, of a contract and function, that are bent."""
_BENDS: Final = (0, 1, 2**255, 2**256 - 1, 2**160, 2**128, 2**64, 2**16, 255)

Kind = tuple[Any, ...]


class DisagreementError(AssertionError):
    """The interpreter and pyrevm do not return the same."""


@dataclass(slots=True)
class Counted:
    """What was done."""

    sent: int = 0
    traced: int = 0
    bent: int = 0
    unlike: Counter[str] = field(default_factory=Counter)
    """Traced calls on which the two EVMs differ, by what they are: gas alone may do that."""


class WatchedChain(Chain):
    """A chain whose calls are traced, if they promise something new."""

    def __init__(self) -> None:
        super().__init__()
        self.tracer = Tracer(self.evm)
        self.counted = Counted()
        self.seen: Counter[Kind] = Counter()
        self.credit: dict[Kind, int] = {}
        self.samples: dict[tuple[str, bytes], list[tuple[str, bytes]]] = {}
        self.bending = False

    def send(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """A transaction; traced before, where its kind is worth it."""
        checkpoint = self.evm.snapshot()
        answer = super().send(sender, to, data, gas)
        topics = tuple(topics[0] for _, topics, _ in self.logs() if topics) if answer is not None else ()
        kind = (to, data[:4], self.reason, topics)
        if self._is_wanted(kind):
            self.evm.revert(checkpoint)
            self._trace(kind, sender, to, data, gas, answer, static=False)
            answer = super().send(sender, to, data, gas)
            self.calls -= 1
        return answer

    def ask(self, to: str, data: bytes, sender: str = "0x" + "de" * 20) -> bytes | None:
        """A view; the same."""
        answer = super().ask(to, data, sender)
        kind = (to, data[:4], self.reason, None)
        if self._is_wanted(kind):
            reason = self.reason
            self._trace(kind, sender, to, data, GAS, answer, static=True)
            self.reason = reason
        return answer

    def _is_wanted(self, kind: Kind) -> bool:
        self.counted.sent += 1
        self.seen[kind] += 1
        number = self.seen[kind]
        if number <= FIRST or number & (number - 1) == 0:
            return True
        if self.credit.get(kind, 0) > 0:
            self.credit[kind] -= 1
            return True
        return False

    def _trace(
        self, kind: Kind, sender: str, to: str, data: bytes, gas: int, answer: bytes | None, static: bool
    ) -> None:
        before = self.tracer.found
        went, returned = self.tracer.run(sender, to, data, self.time, gas, static=static)
        self.counted.traced += 1
        if self.tracer.found > before:
            self.credit[kind] = CREDIT
        if went != (answer is not None) or (went and returned != answer):
            self.counted.unlike[f"{to} {data[:4].hex()} {self.reason}"] += 1
        if went and not self.bending:
            kept = self.samples.setdefault((to, data[:4]), [])
            if len(kept) < BENT_PER_CALL:
                kept.append((sender, data))


def bend(chain: WatchedChain, done: Counter[tuple[str, bytes]]) -> None:
    """Calls that went through, with a word changed, ether added or cut short; all is undone.

    They are made on the state as it is, whatever the calls were made on. `done` counts those of a function.
    """
    chain.bending = True
    for (to, name), kept in chain.samples.items():
        for sender, data in kept[done[to, name] :]:
            done[to, name] += 1
            for bent in bends(data):
                checkpoint = chain.evm.snapshot()
                _quietly(chain, sender, to, bent)
                chain.evm.revert(checkpoint)
                chain.counted.bent += 1
            chain.tracer.run(sender, to, data, chain.time, GAS, value=1)
            chain.counted.bent += 1
    chain.bending = False


def bends(data: bytes) -> Iterable[bytes]:
    """The calldata with each of its first 32 words in turn at an edge, and cut short."""
    yield data[:3]
    yield data[:4]
    yield data[:-1]
    for number in range(min(32, (len(data) - 4) // 32)):
        at = 4 + 32 * number
        word = int.from_bytes(data[at : at + 32])
        for value in {*_BENDS, word + 1, word - 1, 2 * word}:
            if 0 <= value < 2**256 and value != word:
                yield data[:at] + value.to_bytes(32) + data[at + 32 :]


def _quietly(chain: WatchedChain, sender: str, to: str, data: bytes) -> None:
    """Send what may fail in ways that walras/reasons.py need not know (a foreign contract's)."""
    try:
        chain.send(sender, to, data)
    except AssertionError as unknown:
        if "is not in walras/reasons.py" not in str(unknown):
            raise
        chain.tracer.run(sender, to, data, chain.time, GAS)


def dispatch(chain: WatchedChain, system: System) -> None:
    """Selectors that nothing answers, and calls with less than one, to every contract."""
    random = Random(0)
    targets = [at for _, at in system.deployments] + system.books
    for at in targets:
        for size in range(4):
            chain.tracer.run(system.token, at, bytes(size), chain.time, GAS)
        for _ in range(300):
            chain.tracer.run(system.token, at, random.randbytes(4), chain.time, GAS)
        chain.counted.bent += 304


@dataclass(slots=True)
class Result:
    """Outcomes by contract, of stories alone and with bent calls, and the effort."""

    stories: dict[str, Outcomes]
    all: dict[str, Outcomes]
    steps: int
    told: int
    counted: Counted
    instructions: int
    seconds: float
    progress: list[tuple[int, int]]
    """Steps, and outcomes that stories had taken by then."""


def measure(seconds: float, seed: int, log: Any = print, bending: bool = True) -> Result:
    """Tell stories for so long, a third of it kept for bent calls, and look at what they take."""
    begin = time.monotonic()
    report, number = Report(), 0
    chains: list[WatchedChain] = []
    worlds: dict[int, World] = {}
    stories: dict[str, Outcomes] = {}
    everything: dict[str, Outcomes] = {}
    progress: list[tuple[int, int]] = []
    profiles = list(PROFILES)
    share = 0.7 if bending else 1.0
    while time.monotonic() - begin < seconds * share or number < len(profiles):
        profile = profiles[(seed + number) % len(profiles)]
        decimals = DECIMALS[(seed + number) // len(profiles) % len(DECIMALS)]
        if decimals not in worlds:
            chain = WatchedChain()
            system = System(decimals, chain=chain)
            system.live_in()
            chains.append(chain)
            worlds[decimals] = World(system)
        tell(worlds[decimals], seed + number, profile, LAWS, LENGTH, report)
        if report.failure is not None:
            raise AssertionError(report.failure.what)
        number += 1
        _gather(stories, chains)
        progress.append((report.steps, sum(map(_size, stories.values()))))
        log(
            f"{report.steps:>7,} steps {progress[-1][1]:>6,} outcomes "
            f"{chains[-1].counted.traced:,} traced {time.monotonic() - begin:.0f} s"
        )
    if bending:
        for chain, world in zip(chains, worlds.values(), strict=True):
            done: Counter[tuple[str, bytes]] = Counter()
            bend(chain, done)
            dispatch(chain, world.system)
            if time.monotonic() - begin > seconds:
                break
    _gather(everything, chains)
    counted = Counted()
    for chain in chains:
        counted.sent += chain.counted.sent
        counted.traced += chain.counted.traced
        counted.bent += chain.counted.bent
        counted.unlike.update(chain.counted.unlike)
    return Result(
        stories,
        everything,
        report.steps,
        number,
        counted,
        sum(chain.tracer.instructions for chain in chains),
        time.monotonic() - begin,
        progress,
    )


def _size(outcomes: Outcomes) -> int:
    return sum(bits.bit_count() for bits in outcomes.values())


def _gather(into: dict[str, Outcomes], chains: list[WatchedChain]) -> None:
    """Outcomes by contract; deployments of one contract differ in what the constructor appends."""
    known = {name: branches(name)[0] for name in STORIES_HAVE}
    for chain in chains:
        for raw, code in chain.tracer.codes.items():
            for name, runtime in known.items():
                if raw.startswith(runtime):
                    found = into.setdefault(name, {})
                    for at, bits in code.taken.items():
                        found[at] = found.get(at, 0) | bits


def missing(name: str, outcomes: Outcomes) -> list[tuple[Branch, int]]:
    """Branches and the ways that they never went."""
    return [
        (one, bit)
        for one in branches(name)[1]
        for bit in (JUMPED, FELL)
        if not outcomes.get(one.place, 0) & bit
    ]
