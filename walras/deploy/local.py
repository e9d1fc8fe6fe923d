"""A chain on this machine with all of Walras on it: `make deploy-local`."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from web3 import HTTPProvider, Web3

from walras.deploy.params import load_params
from walras.deploy.plan import make_plan
from walras.devtools.compiler import PROJECT_ROOT, compile_contract

PARAMS: Final = PROJECT_ROOT / "params" / "local.yaml"
CONTRACTS: Final = (
    "PlainToken", "PerpEngine", "EngineSettings", "EngineAccounts", "OrderbookV2", "EngineRelay",
    "EngineViews", "EngineAuctions", "LiquidationEngine", "LiquidationViews", "Vault", "TriggerOrders",
    "FeeDistributor", "InsuranceFund", "Governor", "GovernanceToken", "Timelock", "Treasury", "OracleRouter",
    "SignedReports", "OrderbookViews", "Guardian",
)  # fmt: skip
"""The slow ones first: they are compiled side by side."""


def main() -> int:
    """Start anvil where none answers, and deploy."""
    port = _port(os.environ.get("PORT", "8545"))
    url = f"http://127.0.0.1:{port}"
    started = _start(url, port)
    print("compiling", flush=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(compile_contract, CONTRACTS))
    make_plan(load_params(PARAMS))
    network = f"ethereum:local:{url}"
    words = ["ape", "run", "deploy", "--network", network, "--account", "TEST::0", "--params", str(PARAMS)]
    failed = subprocess.run(words, cwd=PROJECT_ROOT, check=False).returncode
    if not failed:
        print(f"\nanvil answers at {url}" + (f"; kill {started} ends it" if started else ""))
        print(f"look around: ape console --network {network}")
    return failed


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise SystemExit(f"PORT: {text!r} is no port; 1 to 65,535 are")
    return int(text)


def _start(url: str, port: int) -> int | None:
    """The process that was started; None where there was one."""
    web3 = Web3(HTTPProvider(url))
    if web3.is_connected():
        print(f"a chain answers at {url}: deploying on it", flush=True)
        return None
    binary = shutil.which("anvil")
    if binary is None:
        raise SystemExit("anvil is not on PATH: run this by `make deploy-local`")
    log = PROJECT_ROOT / ".cache" / f"anvil-{port}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [binary, "--port", str(port), "--hardfork", "prague"],
            stdout=file,
            stderr=file,
            start_new_session=True,  # it outlives this process
        )
    for _ in range(100):
        if web3.is_connected():
            print(f"anvil answers at {url}, its log is {Path('.cache') / log.name}", flush=True)
            return process.pid
        time.sleep(0.1)
    process.terminate()
    raise SystemExit(f"anvil does not answer at {url}: see {log}")


if __name__ == "__main__":
    sys.exit(main())
