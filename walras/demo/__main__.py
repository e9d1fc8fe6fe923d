"""`make demo`, `python -m walras.demo`, `walras demo`: the exchange alive, on a day that happened."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from walras.chain.rpc import RpcError
from walras.demo.crew import CrewError
from walras.demo.director import Director, DirectorError
from walras.demo.markets import MAX_GAP_S
from walras.demo.node import NodeError
from walras.demo.options import DEFAULT_SEED, DEFAULT_TRADERS, OptionError, Options
from walras.deploy.executor import DeployError
from walras.replay.market_day import DAY
from walras.replay.tapes import BadTapeError


@click.command()
@click.option(
    "--market", "markets", multiple=True, help="A market, as AVAX; may be given again. All, where none is."
)
@click.option("--from", "start", help="HH:MM[:SS] of the tapes' day, or 2025-10-10T20:45:00; UTC.")
@click.option("--to", "end", help="The same.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="The same seed gives the same report.")
@click.option("--traders", default=DEFAULT_TRADERS, show_default=True, help="How many.")
@click.option("--speed", type=float, help="Seconds of the chain a second of the clock, at most.")
@click.option("--rpc", help="An anvil that is there already; its clock is set. Else one is started.")
@click.option(
    "--data", type=click.Path(path_type=Path), default=DAY, help="Folder of tapes <ASSET>-USD.<venue>.csv.gz."
)
@click.option(
    "--max-gap", "max_gap_s", default=MAX_GAP_S, show_default=True, help="Seconds that a venue may be silent."
)
@click.option("--keep", is_flag=True, help="Leave chain and keepers running.")
@click.option("--headless", is_flag=True, help="A line now and then, in place of the live view.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), help="Folder of reports.")
def cli(**words: Any) -> None:
    """Replay 2025-10-10, 20:45 to 22:00 UTC, or a window of tapes of your own, on a chain of this machine."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        Director(Options(**words)).run()
    except (OptionError, BadTapeError) as error:
        raise click.UsageError(str(error)) from None
    except (CrewError, DeployError, DirectorError, NodeError, RpcError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("interrupted: chain and keepers are ended", err=True)
        sys.exit(130)


def main(arguments: Sequence[str]) -> NoReturn:
    """For `walras demo`: ends the process, with an exit code."""
    cli.main(args=list(arguments), prog_name="walras demo")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    cli()
