"""Directs a run: one block after the other, each when all have seen the one before.

Block N is mined at its time of the window. Then the population decides by what it sees at N, and sends,
while the keepers do the same in processes of their own; N + 1 is mined when each has said that it has handled
N. What is in a block is thus decided by the chain alone, and in which order by fees, which no two
transactions of a block share. The clock on the wall decides nothing: the same seed gives the same chain.
"""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from walras.chain.rpc import Head
from walras.demo import report
from walras.demo.crew import Crew, keeper_names
from walras.demo.figures import Figures, Run
from walras.demo.listing import key_of
from walras.demo.markets import DemoMarket, choose, make_markets, overlap, read_tapes
from walras.demo.node import NodeError
from walras.demo.observer import Observer
from walras.demo.options import BLOCK_S, OptionError, Options
from walras.demo.population.crowd import MAX_FEE, Crowd
from walras.demo.reconcile import lines, reconcile
from walras.demo.stage import SETUP_S, Anvil, Stage, build, compile_all, fill_purses, fund_backstop
from walras.demo.view import View
from walras.demo.wallet import Wallet
from walras.deploy.record import git_state
from walras.devtools.compiler import PROJECT_ROOT

IN_MEMORY: Final = Path("/dev/shm")
"""Where what keepers write down is kept, if it is there: it has to outlive a process, not the machine, and
waiting for a disk at each block would be a large part of a run."""
ARRIVAL_S: Final = 60
"""Before the window, when everybody's money comes in."""
SYNCS: Final = 100
"""Accounts that are settled in a block of the end."""
SYNC_GAS: Final = 10_000_000


class DirectorError(Exception):
    """The run went wrong; its str says how."""


class Director:
    """One run, from its options to its report."""

    def __init__(self, options: Options) -> None:
        """Reads the tapes; raises BadTapeError, OptionError."""
        self.options = options
        venues = read_tapes(choose(options.data, options.markets))
        self.start, self.end = options.window(*overlap(venues))
        self.markets: Sequence[DemoMarket] = make_markets(venues, self.start, self.end, options.max_gap_s)
        self.folder = _new_folder(options.out, self.start, options.seed)
        self._began = time.monotonic()
        self._clocks: dict[str, float] = {}

    def run(self) -> Figures:
        """All of it. Whatever was started is ended, but for --keep; raises what went wrong."""
        with ExitStack() as stack, View(self.options.headless) as view:
            view.say(f"into {self.folder}")
            self._timed("compiling", compile_all)
            url = self.options.rpc or self._chain(stack)
            stage = self._timed(
                "deploying", lambda: build(url, self.markets, self.start, self.folder, view.say)
            )
            crowd = Crowd(stage.exchange, stage.node, self.options.seed, self.options.traders)
            self._arrive(stage, crowd, view)
            crew = Crew(stage, self.markets, self.folder, self._state(stack), view.say)
            stack.callback(lambda: None if self._is_kept else crew.stop())
            crew.start()
            observer = self._observer(stage, crowd)
            crew.wait(stage.node.rpc.head().number)
            self._timed("window", lambda: self._replay(stage, crowd, crew, observer, view))
            self._settle(stage, observer, crew)
            found = reconcile(observer)
            figures = observer.figures(found, self._machine(stage, crew))
            page = report.write(figures, self.folder)
            for line in lines(found, figures.decimals):
                view.say(line)
            if any(member.restarts for member in crew.members):
                view.say("keepers were started again: the same seed may give another report")
            view.say(f"report: {page}")
            if found.difference:
                raise DirectorError(f"money is not where it should be: see the table, and {page}")
            if self.options.keep:
                self._is_kept = True
                self._say_kept(stage, crew, view)
            return figures

    _is_kept = False

    # ---------------------------------------------------------------- before the window

    def _chain(self, stack: ExitStack) -> str:
        """A chain of its own."""
        anvil = Anvil(self.folder / "anvil.log", self.start - SETUP_S)
        stack.callback(lambda: None if self._is_kept else anvil.stop())
        anvil.wait()
        self._anvil = anvil
        return anvil.url

    _anvil: Anvil | None = None

    def _state(self, stack: ExitStack) -> Path:
        """Where keepers write down what they do: in the run's folder if it is to stay, else in memory."""
        if self.options.keep:
            return self.folder / "state"
        memory = IN_MEMORY if IN_MEMORY.is_dir() else None
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="walras-demo-", dir=memory)))

    def _arrive(self, stage: Stage, crowd: Crowd, view: View) -> None:
        """Everybody's money, in two blocks; raises DirectorError where any of it is refused."""
        crowd.arrive()
        fill_purses(stage)
        node = stage.node
        for place, prepare in enumerate((None, fund_backstop)):
            if prepare:
                prepare(stage)
            node.mine(self.start - ARRIVAL_S + place * BLOCK_S)
            _, receipts = node.block("latest")
            failed = [one["transactionHash"] for one in receipts if one["status"] != "0x1"]
            if failed:
                raise DirectorError(f"money does not come in: {', '.join(sorted(set(node.reasons(failed))))}")
        view.say(f"{len(crowd.traders)} traders have come, seed {self.options.seed}")

    def _observer(self, stage: Stage, crowd: Crowd) -> Observer:
        state, options = git_state(), self.options
        run = Run(
            seed=options.seed,
            commit=state.commit,
            clean=state.clean,
            options={
                "markets": [market.name for market in self.markets],
                "traders": options.traders,
                "seed": options.seed,
                "max_gap_s": options.max_gap_s,
            },
            command=" ".join(["make demo", f'ARGS="{" ".join(options.words())}"']),
            start=self.start,
            end=self.end,
            block_s=BLOCK_S,
            chain_id=stage.exchange.chain_id,
            data=_shown(options.data),
            traders=len(crowd.traders),
        )
        venues = {market.name: [venue.name for venue in market.venues] for market in self.markets}
        made = Observer(stage.node.rpc, stage.exchange, run, venues, crowd.groups, keeper_names())
        made.begin(stage.first_block)
        return made

    # ---------------------------------------------------------------- the window

    def _replay(self, stage: Stage, crowd: Crowd, crew: Crew, observer: Observer, view: View) -> None:
        """From the window's first second to its last."""
        began, now = time.monotonic(), self.start
        self._block(now, stage, crowd, crew, observer)
        while now + BLOCK_S <= self.end:
            crowd.act(now, now + BLOCK_S)
            self._timed("waiting for keepers", lambda: crew.wait(self._number))
            view.update(observer.snapshot())
            now += BLOCK_S
            if self.options.speed:
                time.sleep(max(0.0, began + (now - self.start) / self.options.speed - time.monotonic()))
            self._block(now, stage, crowd, crew, observer)
        crew.wait(self._number)
        view.update(observer.snapshot())

    _number = 0
    """Of the last block."""

    def _block(self, at: int, stage: Stage, crowd: Crowd, crew: Crew, observer: Observer) -> None:
        """Mine one, and tell who watches."""
        node = stage.node
        node.mine(at)
        block, receipts = node.block("latest")
        self._number = int(block["number"], 16)
        for reason in crowd.learn(receipts):
            observer.refused(reason)
        prices = {
            market.name: {venue.name: venue.last(at) for venue in market.venues} for market in self.markets
        }
        observer.on_block(_head(block), block["transactions"], receipts, prices, crew.status)

    # ---------------------------------------------------------------- after it

    def _settle(self, stage: Stage, observer: Observer, crew: Crew) -> None:
        """Books what auctions did to anybody's orders, and lets nothing happen after it."""
        node, engine = stage.node, stage.exchange.engine
        clerk = Wallet(key_of("clerk"))
        node.give_ether([clerk.address])
        now, accounts = self.end, list(observer.accounts)
        for first in range(0, len(accounts), SYNCS):
            some = accounts[first : first + SYNCS]
            node.send(
                [
                    clerk.sign(
                        stage.exchange.chain_id,
                        engine.address,
                        engine.sync(one).data,
                        SYNC_GAS,
                        MAX_FEE - place,
                    )
                    for place, one in enumerate(some)
                ]
            )
            now += BLOCK_S
            node.mine(now)
            block, receipts = node.block("latest")
            self._number = int(block["number"], 16)
            failed = [
                one["transactionHash"]
                for one in receipts
                if one["from"].lower() == clerk.address.lower() and one["status"] != "0x1"
            ]
            if failed:
                raise DirectorError(
                    f"accounts are not settled: {', '.join(sorted(set(node.reasons(failed))))}"
                )
            observer.on_block(_head(block), block["transactions"], receipts, {}, crew.status)
            crew.wait(self._number)

    def _say_kept(self, stage: Stage, crew: Crew, view: View) -> None:
        """What is left running, and how it is ended."""
        view.say(
            f"kept: the chain answers at {stage.url}; its next block is mined when somebody asks: evm_mine"
        )
        processes = [member.pid for member in crew.members]
        view.say(f"kept: keepers at {', '.join(member.url for member in crew.members)}")
        if self._anvil:
            processes.append(self._anvil.process.pid)
        view.say(f"to end it all: kill {' '.join(map(str, processes))}")

    # ---------------------------------------------------------------- of this machine

    def _timed(self, what: str, act: Any) -> Any:
        began = time.monotonic()
        try:
            return act()
        finally:
            self._clocks[what] = self._clocks.get(what, 0.0) + time.monotonic() - began

    def _machine(self, stage: Stage, crew: Crew) -> Mapping[str, Any]:
        """Seconds of the clock, and memory: another run has them differently."""
        processes = {"director": "self"} | {member.name: str(member.pid) for member in crew.members}
        if self._anvil:
            processes["anvil"] = str(self._anvil.process.pid)
        memory = {name: _peak_mb(pid) for name, pid in processes.items()}
        work = {name: _cpu_seconds(pid) for name, pid in processes.items()}
        seconds = {name: round(spent, 1) for name, spent in (self._clocks | stage.node.spent).items()}
        window = max(self._clocks["window"], 0.001)
        made: dict[str, Any] = {
            "seconds in all": round(time.monotonic() - self._began, 1),
            **{f"seconds: {name}": spent for name, spent in sorted(seconds.items())},
            "seconds of the chain a second": round((self.end - self.start) / window, 1),
            **{f"seconds of work: {name}": spent for name, spent in work.items()},
            "seconds of work, all together": sum(work.values()),
            **{f"MB at most: {name}": size for name, size in memory.items()},
            "MB at most, all together": sum(memory.values()),
            "keepers started again": sum(member.restarts for member in crew.members),
        }
        for name, (median, count) in sorted(crew.latency().items()):
            made[f"ms from a block to its transactions, median of {count}: {name}"] = round(1_000 * median)
        return made


def _head(block: Mapping[str, Any]) -> Head:
    return Head(
        int(block["number"], 16),
        block["hash"],
        block["parentHash"],
        int(block["timestamp"], 16),
        int(block.get("baseFeePerGas", "0x0"), 16),
    )


def _new_folder(out: Path, start: int, seed: int) -> Path:
    """One that is not there yet."""
    name = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d-%H%M}-seed-{seed}"
    for count in range(1, 10_000):
        folder = out / (name if count == 1 else f"{name}-{count}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise OptionError(f"--out: {folder} cannot be made: {error.strerror}") from None
        return folder
    raise NodeError(f"{out}: ten thousand runs of {name} are there; remove some, or give another --out")


def _shown(folder: Path) -> str:
    """As another clone of the project has it, too."""
    whole = folder.resolve()
    return str(whole.relative_to(PROJECT_ROOT)) if whole.is_relative_to(PROJECT_ROOT) else str(folder)


def _cpu_seconds(process: str) -> int:
    """Of a processor, so far; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) // os.sysconf("SC_CLK_TCK")


def _peak_mb(process: str) -> int:
    """Most memory that a process ever had; 0 where the system does not tell."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in text.splitlines() if line.startswith("VmHWM:")), 0)
