"""ape run deploy: deploy all of Walras on a network, in order, and prove the roles. docs/deploy.md."""

import tempfile
from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand, account_option

from walras.deploy import by_ape, record, run
from walras.deploy.chain import ChainError, ChainReverted
from walras.deploy.executor import DeployError
from walras.deploy.journal import JournalError
from walras.deploy.params import ParamsError, load_params


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option("--params", "params_file", type=click.Path(path_type=Path), required=True, help="params/*.yaml")
@click.option("--dry-run", is_flag=True, help="On a fork or a local chain: all of it, and nothing is kept.")
def cli(provider, account, params_file, dry_run):  # type: ignore[no-untyped-def]
    """Deploy all that is not deployed yet. An interrupted run goes on where it stopped."""
    try:
        params = load_params(params_file)
        network = provider.network
        is_live = not (network.is_local or network.is_fork)
        if not dry_run:
            if network.is_fork:
                raise DeployError(
                    f"{network.ecosystem.name}:{network.name} is a fork: what was sent there goes with it, "
                    "and would be written down as sent to the network itself. --dry-run writes nothing"
                )
            by_ape.sign_without_asking(account)
            chain = by_ape.chain_of(provider, account)
            run.deploy(params, chain, record.journal_path(params), record.record_path(params))
            return
        if is_live:
            raise DeployError(
                "a dry run sends transactions: --network "
                f"{network.ecosystem.name}:{network.name}-fork:foundry, or a local chain"
            )
        by_ape.sign_without_asking(account)
        by_ape.give_ether(provider, account.address)
        with tempfile.TemporaryDirectory() as folder:
            run.deploy(params, by_ape.chain_of(provider, account), Path(folder) / "journal.jsonl", None)
        click.echo("a dry run: nothing was written down")
    except (ChainError, ChainReverted, DeployError, JournalError, ParamsError, record.RecordError) as error:
        raise click.ClickException(str(error)) from None
