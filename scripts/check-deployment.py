"""ape run check-deployment: compare a chain with its record, and print every difference. docs/deploy.md."""

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand

from walras.deploy import by_ape
from walras.deploy.chain import ChainError, ChainReverted
from walras.deploy.check import check_deployment
from walras.deploy.record import FOLDER, RecordError, read_record
from walras.deploy.roles import roles_table


@click.command(cls=ConnectedProviderCommand)
@click.option("--deployment", type=click.Path(path_type=Path), help="If not the network's.")
def cli(provider, deployment):  # type: ignore[no-untyped-def]
    """Compare code, parameters and roles with what was deployed. Fails where anything differs."""
    network = provider.network
    path = deployment or FOLDER / f"{network.ecosystem.name}-{network.name.removesuffix('-fork')}.json"
    try:
        found = read_record(path)
        differences, roles = check_deployment(found, by_ape.chain_of(provider))
    except (ChainError, ChainReverted, RecordError) as error:
        raise click.ClickException(str(error)) from None
    if roles:
        click.echo(roles_table(roles))
    for one in differences:
        click.echo(f"differs: {one}")
    if differences:
        raise click.ClickException(f"{len(differences)} differences to {path}")
    click.echo(f"\n{path}: no difference in {len(found.contracts)} contracts, {len(found.markets)} markets")
