"""ape run govern: try a governance action, show what it changes, write what proposes it. docs/deploy.md."""

import re
from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand

from walras.deploy import by_ape
from walras.deploy.chain import ChainError, ChainReverted
from walras.deploy.govern import (
    GovernError,
    RpcSimulator,
    effect_table,
    proposal,
    read_call,
    try_out,
    write_action,
)
from walras.deploy.record import FOLDER, RecordError, read_record


@click.command(cls=ConnectedProviderCommand)
@click.option(
    "--call", "calls", multiple=True, required=True, help="'Vault.set_cooldown(86400)'; in this order."
)
@click.option("--description", required=True, help="Of the proposal, which it becomes a part of.")
@click.option("--deployment", type=click.Path(path_type=Path), help="If not the network's.")
@click.option("--out", type=click.Path(path_type=Path), help="A folder; deployments/proposals/... by itself.")
def cli(provider, calls, description, deployment, out):  # type: ignore[no-untyped-def]
    """Execute it as the timelock would, on a fork or local chain, and undo it. A real one is sent nothing."""
    network = provider.network
    if not (network.is_local or network.is_fork):
        raise click.ClickException(
            f"an action is tried on a fork: --network {network.ecosystem.name}:{network.name}-fork:foundry"
        )
    path = deployment or FOLDER / f"{network.ecosystem.name}-{network.name.removesuffix('-fork')}.json"
    try:
        record = read_record(path)
        acts = [read_call(record, text) for text in calls]
        made = proposal(record, acts, description)
        simulator = RpcSimulator(provider.web3.provider.make_request)
        effect = try_out(record, by_ape.chain_of(provider), simulator, acts, description)
        click.echo(effect_table(effect))
        slug = re.sub(r"\W+", "-", description.lower()).strip("-")[:40]
        for file in write_action(out or FOLDER / "proposals" / slug, made, effect):
            click.echo(f"written: {file}")
    except (ChainError, ChainReverted, GovernError, RecordError) as error:
        raise click.ClickException(str(error)) from None
