"""The command `walras`, as `python -m walras` too."""

import importlib
import signal
from pathlib import Path
from types import FrameType

import click

CONFIG = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A YAML file: params/keepers.example.yaml is one; docs/keepers.md explains each setting.",
)


@click.group()
def main() -> None:
    """Walras, a perpetual-futures exchange cleared by batch auctions."""


@main.group()
def keeper() -> None:
    """Keepers: run the auctions, prices, liquidations and chores of a deployed exchange."""


@keeper.command()
@CONFIG
@click.option("--once", is_flag=True, help="Handle one head, then end: 1 where something failed.")
@click.option("--dry-run", is_flag=True, help="Decide and simulate, send nothing, whatever the file says.")
def run(path: Path, once: bool, dry_run: bool) -> None:
    """Run the keepers of a configuration until SIGTERM or Ctrl-C, which let the turn finish first."""
    from walras.chain.endpoint import RpcRefused  # noqa: PLC0415 (`walras --help` needs none of it)
    from walras.chain.intents import StoreError  # noqa: PLC0415
    from walras.chain.rpc import RpcError  # noqa: PLC0415
    from walras.keepers import logs  # noqa: PLC0415
    from walras.keepers.build import build  # noqa: PLC0415
    from walras.keepers.config import ConfigError, load_config  # noqa: PLC0415
    from walras.keepers.process import Process  # noqa: PLC0415

    try:
        config = load_config(path)
        if dry_run:
            keepers = [one.model_copy(update={"dry_run": True}) for one in config.keepers]
            config = config.model_copy(update={"keepers": keepers})
        logs.configure(config.log, config.process)
        process = Process(config, build(config))
    except (ConfigError, RpcError, RpcRefused, StoreError, OSError) as error:
        raise click.ClickException(str(error)) from None

    def stop(number: int, frame: FrameType | None) -> None:
        process.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    raise SystemExit(process.run(once))


@keeper.command()
@CONFIG
def check(path: Path) -> None:
    """Check a configuration against its chain: what would run, with what balances. Sends nothing."""
    from walras.chain.endpoint import RpcRefused  # noqa: PLC0415
    from walras.chain.intents import StoreError  # noqa: PLC0415
    from walras.chain.rpc import RpcError  # noqa: PLC0415
    from walras.keepers.checking import check as look  # noqa: PLC0415
    from walras.keepers.config import ConfigError, LogConfig, load_config  # noqa: PLC0415
    from walras.keepers.logs import configure  # noqa: PLC0415

    try:
        config = load_config(path)
        configure(LogConfig(level="error", format="text"), config.process)
        lines, wrong = look(config)
    except (ConfigError, RpcError, RpcRefused, StoreError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for line in lines:
        click.echo(line)
    for line in wrong:
        click.echo(f"error: {line}", err=True)
    raise SystemExit(1 if wrong else 0)


@main.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def demo(words: tuple[str, ...]) -> None:
    """The exchange alive: a recorded day with keepers and traders, as `make demo`."""
    raise SystemExit(importlib.import_module("walras.demo.__main__").main(list(words)))
