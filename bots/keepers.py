"""A Silverback bot that is a process of keepers: the same configuration, snapshots, decisions and senders.

    WALRAS_KEEPER_CONFIG=params/keepers.example.yaml silverback run keepers --network ethereum:local:foundry

Silverback says when there is a block; all else is walras.keepers. Of one configuration either this runs or
`walras keeper run`: the stores of its keys let one process in.
"""

import os
from pathlib import Path
from typing import Annotated

from ape.api import BlockAPI
from silverback import SilverbackBot
from taskiq import Context, TaskiqDepends, TaskiqState

from walras.keepers import logs
from walras.keepers.build import build
from walras.keepers.config import ConfigError, load_config
from walras.keepers.process import Process

VARIABLE = "WALRAS_KEEPER_CONFIG"

bot = SilverbackBot()


def make_process() -> Process:
    """Of the configuration that the environment names; raises ConfigError."""
    if not os.environ.get(VARIABLE):
        raise ConfigError(f"{VARIABLE} is not set: it names the YAML file of the keepers")
    config = load_config(Path(os.environ[VARIABLE]))
    logs.configure(config.log, config.process)
    return Process(config, build(config))


@bot.on_worker_startup()
def begin(state: TaskiqState) -> None:
    """Open stores and connections."""
    state.keepers = make_process()


@bot.on_(bot.chain_manager.blocks)
def on_block(block: BlockAPI, context: Annotated[Context, TaskiqDepends()]) -> dict[str, int]:
    """Every keeper once; what became of their tasks so far is told as metrics."""
    process: Process = context.state.keepers
    process.step()
    return {
        f"{one.name}_{outcome}": count
        for one in process.parts.running
        for outcome, count in one.counts.items()
    }


@bot.on_worker_shutdown()
def end(state: TaskiqState) -> None:
    """Write down what has to be."""
    state.keepers.close()
