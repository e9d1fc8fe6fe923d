"""The keepers of a run: real processes, as an operator would start them, with files that this writes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests
import yaml
from eth_account.signers.local import LocalAccount

from walras.demo.latency import medians
from walras.demo.listing import key_of, publisher_key
from walras.demo.markets import DemoMarket
from walras.demo.options import BLOCK_S
from walras.demo.stage import Stage, find_port
from walras.deploy.plan import reports_name
from walras.devtools.compiler import PROJECT_ROOT

GWEI: Final = 10**9
FEES: Final = {
    "auctions": 9, "prices": 8, "triggers": 7, "liquidator": 6, "nominator": 5, "sweeper": 4, "settler": 3,
    "caretaker": 2,
}  # fmt: skip
"""Priority fee of each keeper's key, gwei: it fixes the order in a block. Traders pay one gwei and less."""
PROCESSES: Final[Mapping[str, Sequence[str]]] = {
    "prices": ("auctions", "prices"),
    "waterfall": ("triggers", "liquidator", "nominator", "sweeper", "settler", "caretaker"),
}
"""Keepers by process. The publishers are in the first, so that their reports are at hand for the auctions."""
POLL_S: Final = 0.01
"""Between two looks of a keeper for a new head, and of the director at what it has handled."""
READY_S: Final = 60.0
"""That a process may take to answer first."""
TURN_S: Final = 60.0
"""That it may take for a block."""
STOP_S: Final = 15.0
SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    # An auction brings prices every eight seconds: only where it does not, somebody has to.
    "prices": {"heartbeat_s": 12, "deviation_bps": 150},
    # Every few minutes, in place of every few dollars.
    "caretaker": {"distribute_min": 500_000_000, "deliver_min": 500_000_000},
}
"""Of keepers, where the default is not what a demo needs."""


class CrewError(Exception):
    """A process of keepers that does not run; its str says which, and where its log is."""


def keeper_key(kind: str) -> LocalAccount:
    """Of the keeper of a kind."""
    return key_of(f"keeper {kind}")


def keeper_names() -> dict[str, str]:
    """Names of the keepers' keys, by address."""
    return {str(keeper_key(kind).address): kind for kinds in PROCESSES.values() for kind in kinds}


def make_config(
    process: str, stage: Stage, markets: Sequence[DemoMarket], state: Path, port: int
) -> dict[str, Any]:
    """Of a process, as `walras keeper run --config` reads it."""
    kinds = PROCESSES[process]
    accounts: dict[str, Any] = {
        kind: {
            "key": _hex(keeper_key(kind)),
            "priority_fee_wei": FEES[kind] * GWEI,
            "max_fee_wei": 100 * GWEI,
        }
        for kind in kinds
    }
    made: dict[str, Any] = {
        "process": process,
        "chain": {
            "rpc": [stage.url],
            "deployment": str(stage.record.resolve()),
            "timeout_s": 30,
            "poll_s": POLL_S,
            "confirmations": 1,
        },
        "state": str((state / process).resolve()),
        "accounts": accounts,
        "keepers": [{"kind": kind, "account": kind, **SETTINGS.get(kind, {})} for kind in kinds],
        "web": {"port": port},
    }
    if "auctions" in kinds:
        venues = sorted({venue.name for market in markets for venue in market.venues})
        paths = {venue.name: venue.path for market in markets for venue in market.venues}
        accounts |= {f"publisher-{venue}": {"key": _hex(publisher_key(venue))} for venue in venues}
        made["venues"] = {
            venue: {"kind": "replay", "folder": str(paths[venue].parent.resolve()), "tape": venue}
            for venue in venues
        }
        made["publishers"] = [
            {
                "name": venue,
                "account": f"publisher-{venue}",
                "reports": reports_name(venue),
                "venues": [venue],
                "markets": [
                    market.name for market in markets if venue in {one.name for one in market.venues}
                ],
                "every_s": BLOCK_S,
            }
            for venue in venues
        ]
    return made


@dataclass(slots=True)
class Member:
    """A process."""

    name: str
    config: Path
    log: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    """None: not started."""
    restarts: int = 0

    @property
    def url(self) -> str:
        """Of what it tells."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process, which was started."""
        assert self.process is not None
        return self.process.pid


class Crew:
    """All of them."""

    def __init__(
        self,
        stage: Stage,
        markets: Sequence[DemoMarket],
        folder: Path,
        state: Path,
        say: Callable[[str], None],
    ) -> None:
        """Starts nothing yet. What the keepers write down for themselves is in `state`."""
        self._say = say
        self._session = requests.Session()
        self._session.trust_env = False
        self.status: dict[str, Mapping[str, Any]] = {}
        """What each process said last, by name."""
        self.members: list[Member] = []
        stage.node.give_ether(list(keeper_names()))
        for part in ("keepers", "logs"):
            (folder / part).mkdir(exist_ok=True)
        for name in PROCESSES:
            port = find_port()
            config, log = folder / "keepers" / f"{name}.yaml", folder / "logs" / f"{name}.log"
            told = yaml.safe_dump(make_config(name, stage, markets, state, port), sort_keys=False)
            config.write_text(
                f"# Of a run of the demo, by walras/demo/crew.py. Its keys are known to everybody.\n{told}",
                encoding="utf-8",
            )
            self.members.append(Member(name, config, log, port))

    def start(self) -> None:
        """Begin."""
        for member in self.members:
            member.process = _start(member.config, member.log)

    def wait(self, number: int) -> None:
        """Until all have handled a block. One that died is started again, once; raises CrewError."""
        for member in self.members:
            end = time.monotonic() + (TURN_S if member.name in self.status else READY_S)
            while True:
                told = self._ask(member)
                if told is not None:
                    self.status[member.name] = told
                    if (told.get("head") or 0) >= number:
                        break
                if member.process is None or member.process.poll() is not None:
                    self._restart(member)
                    end = time.monotonic() + READY_S
                if time.monotonic() > end:
                    raise CrewError(
                        f"keepers: {member.name} has not handled block {number}: see {member.log}"
                    )
                time.sleep(POLL_S)

    def latency(self) -> dict[str, tuple[float, int]]:
        """Median seconds from a block to the keeper's transaction, and of how many, by keeper."""
        found: dict[str, tuple[float, int]] = {}
        for member in self.members:
            answer = self._session.get(f"{member.url}/metrics", timeout=5)
            answer.raise_for_status()
            found |= medians(answer.text)
        return found

    def stop(self) -> None:
        """End them, in good order where they let themselves."""
        running = [member.process for member in self.members if member.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + STOP_S
        for process in running:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._session.close()

    def _ask(self, member: Member) -> Mapping[str, Any] | None:
        """None while it does not answer."""
        try:
            answer = self._session.get(f"{member.url}/status", timeout=5)
        except requests.RequestException:
            return None  # not yet, or not any more: whether it lives is asked by whoever waits
        return dict(answer.json()) if answer.ok else None

    def _restart(self, member: Member) -> None:
        code = member.process.returncode if member.process else "nothing"
        if member.restarts:
            raise CrewError(f"keepers: {member.name} ended again, with {code}: see {member.log}")
        self._say(f"keepers: {member.name} ended with {code} and is started again: see {member.log}")
        member.restarts += 1
        member.process = _start(member.config, member.log)


def _start(config: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "walras", "keeper", "run", "--config", str(config)],
            cwd=PROJECT_ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("WALRAS_KEEPER_")},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # Ctrl-C is for the director, who ends it
        )


def _hex(key: LocalAccount) -> str:
    return "0x" + bytes(key.key).hex()
