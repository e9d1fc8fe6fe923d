"""A deployment from its first check to its proof."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from walras.deploy.chain import Chain, Clock, PatientChain
from walras.deploy.contracts import plain
from walras.deploy.executor import DeployError, Executor
from walras.deploy.journal import Journal
from walras.deploy.params import LOCAL_CHAINS, Params
from walras.deploy.plan import make_plan
from walras.deploy.record import Record, make_record, read_record, write_record
from walras.deploy.roles import Role, prove_roles, roles_table, table


def deploy(
    params: Params,
    chain: Chain,
    journal_file: Path,
    record_file: Path | None,
    say: Callable[[str], None] = print,
    clock: Clock | None = None,
) -> Record:
    """Deploy all that is not deployed yet, prove the roles, write the record.

    Raises DeployError, JournalError. Without a file for the record nothing but the journal is written.
    """
    chain = PatientChain(chain, params.gas.patience_s, clock)
    if record_file and record_file.exists():
        _refuse_twice(params, chain, record_file, say)
    plan = make_plan(params)
    with Journal(journal_file) as journal:
        begin = journal.begin
        if begin and params.network.chain_id in LOCAL_CHAINS and begin.get("genesis") != chain.genesis():
            say(f"{journal_file} is of a local chain that is gone: beginning anew")
            journal.clear()
        executor = Executor(plan, params, chain, journal, say, clock)
        executor.run()
        wrong: list[str] = []
        roles: list[Role] = []
        block = journal.done()["Timelock"]["block"]

        def is_proven() -> bool:  # asked again while a node may be behind
            wrong[:] = executor.patiently(executor.differences)
            roles[:] = executor.patiently(lambda: prove_roles(executor, block))
            return not wrong and all(one.is_right for one in roles)

        executor.until(is_proven)
        if wrong:
            raise DeployError("deployed, but not as planned:\n" + "\n".join(wrong))
        record = make_record(executor, roles)
    say("\n" + addresses_table(record))
    say("\n" + roles_table(roles))
    bad = [one for one in roles if not one.is_right]
    if bad:
        raise DeployError(f"{len(bad)} roles are not whose they should be: see the table; there is no record")
    say(f"\nall {len(roles)} roles are right: the timelock holds what there is to hold, the deployer nothing")
    if record_file:
        write_record(record, record_file)
        say(f"written: {record_file}")
    return record


def addresses_table(record: Record) -> str:
    """Contracts and books with their addresses."""
    rows: list[tuple[Any, ...]] = [(name, one.address, one.block) for name, one in record.contracts.items()]
    rows += [(f"book of {name}", one.book, "") for name, one in record.markets.items()]
    return table([tuple(plain(list(row))) for row in rows], ("contract", "address", "block"))


def _refuse_twice(params: Params, chain: Chain, record_file: Path, say: Callable[[str], None]) -> None:
    """A network is deployed on once; a local one once for each chain."""
    record = read_record(record_file)
    if params.network.chain_id in LOCAL_CHAINS and record.genesis != chain.genesis():
        say(f"{record_file} is of a local chain that is gone: writing it anew")
        return
    raise DeployError(
        f"{params.network.ecosystem}:{params.network.network} is deployed: {record_file} names PerpEngine at "
        f"{record.contracts['PerpEngine'].address}. To deploy once more, move that file away"
    )
