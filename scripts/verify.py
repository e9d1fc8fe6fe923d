"""ape run verify: sources for the explorer, by ape-etherscan or by hand. docs/deploy.md."""

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand

from walras.deploy.explorer import ExplorerError, client_of, submit
from walras.deploy.record import FOLDER, RecordError, read_record
from walras.deploy.verify import write_inputs


@click.command(cls=ConnectedProviderCommand)
@click.option("--deployment", type=click.Path(path_type=Path), help="If not the network's.")
@click.option("--by-hand", is_flag=True, help="Write the compiler's inputs, and submit nothing.")
def cli(provider, deployment, by_hand):  # type: ignore[no-untyped-def]
    """Write a standard JSON input for each contract, and submit the contracts to the network's explorer."""
    network = provider.network
    path = deployment or FOLDER / f"{network.ecosystem.name}-{network.name.removesuffix('-fork')}.json"
    try:
        record = read_record(path)
    except RecordError as error:
        raise click.ClickException(str(error)) from None
    folder = path.parent / "standard-json" / path.stem
    click.echo(f"written: {len(write_inputs(record, folder))} files in {folder}")
    steps = f"by hand: {folder / 'by-hand.txt'} tells how, contracts.json beside it what"
    if by_hand:
        click.echo(steps)
        return
    if provider.chain_id != record.chain_id:
        raise click.ClickException(f"{path} is of chain {record.chain_id}, this is chain {provider.chain_id}")
    try:
        failed = submit(record, client_of(network), click.echo)
    except ExplorerError as error:
        raise click.ClickException(f"{error}\n{steps}") from None
    for name, why in failed.items():
        click.echo(f"not verified: {name}: {why}")
    if failed:
        raise click.ClickException(f"{len(failed)} are left: run it again, or {steps}")
