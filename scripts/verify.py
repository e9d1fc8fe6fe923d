"""ape run verify: sources for the explorer, by ape-etherscan or by hand. docs/deploy.md."""

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand

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
    if by_hand:
        return
    if network.explorer is None:
        raise click.ClickException(
            f"{network.ecosystem.name}:{network.name} has no explorer: `ape plugins install etherscan` and "
            "set ETHERSCAN_API_KEY, or submit what was written by hand"
        )
    failed = []
    for name, one in record.contracts.items():
        if one.kind == "blueprint":
            continue
        try:
            network.explorer.publish_contract(one.address)
            click.echo(f"submitted: {name}")
        except Exception as error:  # noqa: BLE001 (the plugin's own; the next contract may do)
            failed.append(name)
            click.echo(f"not submitted: {name}: {error}")
    if failed:
        raise click.ClickException(
            f"{len(failed)} are left to submit by hand from {folder}: {', '.join(failed)}"
        )
