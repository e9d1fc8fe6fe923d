"""The Silverback bot runs under Silverback's own runner, and does what the keepers do."""

import os
import subprocess
from pathlib import Path
from typing import Final

import yaml

from tests.support.exchange_on_anvil import ONE, PATIENCE, exchange_on_anvil, until
from walras.devtools.compiler import PROJECT_ROOT

LINK: Final = 3
LOW: Final = 19_450_000_000_000_000_000


def test_the_bot_is_the_same_keepers(tmp_path: Path) -> None:
    with exchange_on_anvil(tmp_path) as it:
        long, short = it.fund(5, 1_100), it.fund(6, 100_000)
        it.trade(LINK, 20 * ONE, 10_000, buyer=5, seller=6)
        it.do(it.accounts[9], it.exchange.engine.sync(long), it.exchange.engine.sync(short))
        it.post(LINK, LOW, seconds=30)
        it.auction(LINK, LOW)
        path, log = tmp_path / "bot.yaml", tmp_path / "bot.log"
        path.write_text(yaml.safe_dump({**it.config("bot", [{"kind": "liquidator"}]), "web": None}))
        (tmp_path / "bots").symlink_to(PROJECT_ROOT / "bots")  # Silverback writes its sessions where it runs
        with log.open("wb") as file:
            process = subprocess.Popen(
                ["silverback", "run", "keepers", "--network", f"ethereum:local:{it.url}"],
                stdout=file,
                stderr=file,
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT), "WALRAS_KEEPER_CONFIG": str(path)},
            )
        try:

            def is_liquidated() -> bool:
                assert process.poll() is None, log.read_text()[-4_000:]
                it.mine(1)
                return it.read(it.exchange.liquidation.pending(long, LINK)).lots > 0

            until(is_liquidated, f"a liquidation, see {log}", patience=2 * PATIENCE, pause=0.2)
        finally:
            process.terminate()
            process.wait(PATIENCE)
