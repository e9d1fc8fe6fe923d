"""The deployment on a real chain through Ape: killed, gone on with, proven, compared; and its command."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ape import Contract
from eth_utils.crypto import keccak
from ethpm_types import ContractType
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from tests.support.deploying import LOCAL, Killed, local_params
from tests.support.nodes import anvil_node
from walras.deploy import by_ape, govern, run
from walras.deploy.chain import RpcChain
from walras.deploy.check import check_deployment
from walras.deploy.contracts import abi_of
from walras.deploy.executor import DeployError
from walras.deploy.govern import GovernError, RpcSimulator
from walras.deploy.params import NOBODY
from walras.deploy.record import Record, read_record
from walras.devtools.compiler import PROJECT_ROOT


def test_killed_and_gone_on_with(accounts: Any, chain: Any, tmp_path: Path) -> None:
    """By a chain that dies after a transaction was sent, and by one that dies before."""
    params, files = local_params(), (tmp_path / "journal.jsonl", tmp_path / "record.json")
    provider, deployer = chain.provider, accounts[3]

    def dying(number: int, before: bool) -> RpcChain:
        made = by_ape.chain_of(provider, deployer)
        broadcast, sent = made.broadcast, 0

        def mortal(raw: bytes) -> None:
            nonlocal sent
            sent += 1
            if sent == number and before:
                raise Killed
            broadcast(raw)
            if sent == number:
                raise Killed

        made.broadcast = mortal  # type: ignore[method-assign]
        return made

    first = deployer.nonce
    for number, before in ((4, False), (12, True), (20, False)):
        with pytest.raises(Killed):
            run.deploy(params, dying(number, before), *files, say=lambda line: None)
    said: list[str] = []
    record = run.deploy(params, by_ape.chain_of(provider, deployer), *files, say=said.append)
    assert read_record(files[1]) == record
    sent = {one.transaction for one in record.contracts.values()} | {one.transaction for one in record.wiring}
    assert deployer.nonce - first == len(sent) == len(record.contracts) + len(record.wiring)
    assert re.search(r"all \d+ roles are right", "\n".join(said))

    reading = by_ape.chain_of(provider)
    differences, roles = check_deployment(record, reading)
    assert not differences
    assert all(one.holder != deployer.address for one in roles)

    with pytest.raises(DeployError, match="ethereum:local is deployed"):
        run.deploy(params, by_ape.chain_of(provider, deployer), *files, say=said.append)


@pytest.fixture(scope="module")
def exchange(accounts: Any, chain: Any, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A deployment that nothing happens to."""
    folder = tmp_path_factory.mktemp("exchange")
    sender = by_ape.chain_of(chain.provider, accounts[4])
    files = folder / "journal.jsonl", folder / "record.json"
    return run.deploy(local_params(), sender, *files, say=lambda line: None)


def test_an_action_is_tried_and_undone(exchange: Record, chain: Any, tmp_path: Path) -> None:
    """Two settings and a role: what changes is told, and nothing has changed afterwards."""
    provider = chain.provider
    reading = by_ape.chain_of(provider)
    texts = [
        "Vault.set_cooldown(172800)",
        "InsuranceFund.set_draw_cap(3, 5)",
        'OracleRouter.set_guardian("@Guardian")',
    ]
    acts = [govern.read_call(exchange, text) for text in texts]
    simulator = RpcSimulator(provider.web3.provider.make_request)
    effect = govern.try_out(exchange, reading, simulator, acts, "Shorter cooldown")
    guardian = exchange.contracts["Guardian"].address
    assert effect.changes == [
        ("OracleRouter.guardian()", NOBODY, guardian),
        ("Vault.cooldown()", "259200", "172800"),
        ("InsuranceFund.draw_cap(3)", "100000000000", "5"),
        ("OracleRouter: guardian", NOBODY, guardian),
    ]
    assert effect.events == [
        ("Vault", "CooldownSet", "cooldown=172800"),
        ("InsuranceFund", "DrawCapSet", "market=3, cap=5"),
        ("OracleRouter", "GuardianSet", f"guardian={guardian}"),
    ]
    assert not check_deployment(exchange, reading)[0]

    made = govern.proposal(exchange, acts, "Shorter cooldown")
    governor = Contract(made["governor"], contract_type=contract_type("Governor"), fetch_from_explorer=False)
    words = [act.to for act in acts], [0] * 3, [act.data for act in acts]
    assert governor.hashProposal(*words, keccak(text="Shorter cooldown")) == int(made["proposal_id"])
    written = govern.write_action(tmp_path, made, effect)
    assert [path.name for path in written] == ["proposal.json", "safe.json", "effect.txt"]
    (sent,) = json.loads(written[1].read_text())["transactions"]
    assert (sent["to"], sent["data"]) == (made["governor"], made["propose"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Vault.set_cooldown(1)", "reverts: .*vault: bad cooldown"),
        ("PerpEngine.force_settle(0, 1)", "reverts: .*engine: not the liquidator"),
        ("Nothing.set(1)", "Nothing is not in the record"),
        ("Vault.set_cooldown(one)", "as in JSON"),
        ("Vault.set_cooldown()", "no function set_cooldown of 0 arguments"),
        ("Vault.cooldown()", "changes nothing"),
        ('Vault.set_cooldown("day")', r"do not fit set_cooldown\(uint256\)"),
        ("set_cooldown(1)", r"`Contract\.function\(arguments\)` is expected"),
        ('Vault.set_guardian("@Nobody")', "Nobody is not in the record"),
    ],
)
def test_an_action_that_cannot_be_is_refused_by_name(
    exchange: Record, chain: Any, text: str, why: str
) -> None:
    simulator = RpcSimulator(chain.provider.web3.provider.make_request)
    with pytest.raises(GovernError, match=f"^{re.escape(text)}: .*{why}"):
        govern.try_out(
            exchange, by_ape.chain_of(chain.provider), simulator, [govern.read_call(exchange, text)], "x"
        )


def tried(exchange: Record, chain: Any, *texts: str, **limits: int) -> govern.Effect:
    """Calls together."""
    simulator = RpcSimulator(chain.provider.web3.provider.make_request)
    acts = [govern.read_call(exchange, text) for text in texts]
    return govern.try_out(exchange, by_ape.chain_of(chain.provider), simulator, acts, "x", **limits)


def test_calls_are_tried_together_in_their_order(exchange: Record, chain: Any) -> None:
    """What one leaves is what the next finds; who reverts is named, and nothing of those before is kept."""
    reduce, restart = "PerpEngine.set_mode(0, 4)", "PerpEngine.set_mode(0, 2)"
    assert tried(exchange, chain, reduce).changes == [("PerpEngine.market(0)[1]", "1", "4")]
    assert tried(exchange, chain, reduce, restart).changes == [("PerpEngine.market(0)[1]", "1", "2")]
    first, second = 'OracleRouter.transfer_ownership("@Guardian")', "OracleRouter.accept_ownership()"
    with pytest.raises(
        GovernError, match=r"^OracleRouter\.accept_ownership\(\): reverts: .*not the new owner"
    ):
        tried(exchange, chain, first, second)
    assert not check_deployment(exchange, by_ape.chain_of(chain.provider))[0]


def test_calls_that_pass_alone_and_not_together(exchange: Record, chain: Any) -> None:
    """Each takes less than the gas there is, both together more: one by one they would pass."""
    calls = "Vault.set_cooldown(172800)", 'OracleRouter.set_guardian("@Guardian")'
    alone = [tried(exchange, chain, call).gas_used for call in calls]
    together = tried(exchange, chain, *calls).gas_used
    limit = (max(alone) + together) // 2
    for call in calls:
        assert tried(exchange, chain, call, max_gas=limit).gas_used < limit
    with pytest.raises(
        GovernError, match=rf"^OracleRouter\..*: takes more than {limit:,} gas with the 1 before it"
    ):
        tried(exchange, chain, *calls, max_gas=limit)
    assert tried(exchange, chain, *calls, max_gas=together + 20_000).gas_used == together


def test_it_is_the_operation_that_the_timelock_knows(exchange: Record, chain: Any) -> None:
    acts = [govern.read_call(exchange, "Vault.set_cooldown(172800)")]
    whole = govern.operation(exchange, acts * 2, "Twice")
    timelock = Contract(
        exchange.contracts["Timelock"].address,
        contract_type=contract_type("Timelock"),
        fetch_from_explorer=False,
    )
    words = [act.to for act in acts * 2], [0, 0], [act.data for act in acts * 2], bytes(32), whole.salt
    assert bytes(timelock.hash_operation_batch(*words)) == whole.id


def test_a_proposal_within_the_governors_bounds(exchange: Record) -> None:
    act = govern.read_call(exchange, "Vault.set_cooldown(172800)")
    assert len(govern.proposal(exchange, [act] * 32, "x")["calls"]) == 32
    for acts, text in (([act] * 33, "x"), ([], "x"), ([act], ""), ([act], "x" * 16_385)):
        with pytest.raises(GovernError):
            govern.proposal(exchange, acts, text)
    large = govern.read_call(
        exchange, f'Timelock.execute("@Vault", 0, "0x{"00" * 1_000}", "0x{"00" * 32}", "0x{"00" * 32}")'
    )
    with pytest.raises(GovernError, match="bytes of data, and 1,024 are the most"):
        govern.proposal(exchange, [large], "x")


FOLDER = PROJECT_ROOT / ".cache" / "ape" / "command"


def contract_type(name: str) -> ContractType:
    """As Ape wants it."""
    return ContractType(contractName=name, abi=abi_of(name))


def ape_run(
    *words: str, network: str = "ethereum:local:foundry", folder: Path = FOLDER, said: str = ""
) -> tuple[int, str]:
    """The command, on an anvil of its own where none is named; with what is typed when it asks."""
    done = subprocess.run(
        ["ape", *words, "--network", network] if words[0] == "run" else ["ape", *words],
        cwd=PROJECT_ROOT,
        env=os.environ | {"APE_DATA_FOLDER": str(folder)},
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_dry_run_keeps_nothing() -> None:
    before = sorted((PROJECT_ROOT / "deployments").iterdir())
    code, said = ape_run("run", "deploy", "--dry-run", "--account", "TEST::0", "--params", str(LOCAL))
    assert code == 0, said
    assert "a dry run: nothing was written down" in said
    assert sorted((PROJECT_ROOT / "deployments").iterdir()) == before


def test_the_command_refuses_another_chain_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.yaml"
    path.write_text(LOCAL.read_text().replace("chain_id: 31337", "chain_id: 1337"))
    code, said = ape_run("run", "deploy", "--dry-run", "--account", "TEST::0", "--params", str(path))
    assert code == 1
    assert "Error: network.chain_id: the parameters are for chain 1337, this is chain 31337" in said


def test_the_command_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(LOCAL.read_text().replace("quorum_bps: 400", "quorum_bps: 99"))
    code, said = ape_run("run", "deploy", "--account", "TEST::0", "--params", str(path))
    assert code == 1
    assert re.search(r"Error: .*wrong\.yaml:\d+: governance\.quorum_bps: .*\(it is 99\)", said)


def test_an_account_with_a_passphrase(tmp_path: Path) -> None:
    """Imported as a user does; one passphrase for all transactions."""
    key, passphrase = "0x" + "5a" * 32, "a passphrase"
    code, said = ape_run(
        "accounts", "import", "me", folder=tmp_path, said=f"{key}\n{passphrase}\n{passphrase}\n"
    )
    assert code == 0, said
    words = "run", "deploy", "--dry-run", "--account", "me", "--params", str(LOCAL)
    code, said = ape_run(*words, folder=tmp_path, said=f"{passphrase}\n")
    assert code == 0, said
    assert re.search(r"all \d+ roles are right", said)
    assert said.count("Enter passphrase") == 1


def test_a_dry_run_on_a_fork(tmp_path: Path) -> None:
    """Of a chain on this machine: the fork has all of the exchange, the chain nothing."""
    network = {"name": "mine", "chain_id": 31_337, "ecosystem": "ethereum", "default_provider": "node"}
    with anvil_node() as upstream:
        told = {
            "networks": {"custom": [network, network | {"name": "mine-fork", "default_provider": "foundry"}]},
            "node": {"ethereum": {"mine": {"uri": upstream}}},
            "foundry": {"fork": {"ethereum": {"mine": {"upstream_provider": "node"}}}},
        }
        (tmp_path / "ape-config.yaml").write_text(json.dumps(told))
        chain = Web3(HTTPProvider(upstream))
        chain.provider.make_request(RPCEndpoint("anvil_mine"), [1_000])
        words = "run", "deploy", "--dry-run", "--account", "TEST::0", "--params", str(LOCAL)
        code, said = ape_run(*words, network="ethereum:mine-fork:foundry", folder=tmp_path)
        assert code == 0, said
        assert re.search(r"all \d+ roles are right", said)
        assert re.search(r"^Governor +0x\w{40} +10\d\d\s*$", said, re.MULTILINE)
        assert chain.eth.block_number == 1_000
