"""What a deployment leaves: a record by its schema, a proof of roles, a check that sees every change."""

import json
import re
from pathlib import Path

import pyrevm
import pytest
from eth_utils.crypto import keccak

from tests.support.deploying import FakeChain, FakeClock, local_params
from walras.deploy import run
from walras.deploy.chain import Log
from walras.deploy.check import check_deployment
from walras.deploy.contracts import abi_of, call_data
from walras.deploy.executor import DeployError
from walras.deploy.params import NOBODY, Params
from walras.deploy.plan import Call, Plan, make_plan
from walras.deploy.record import FOLDER, Record, RecordError, read_record, schema
from walras.deploy.roles import GRANTED, REVOKED
from walras.devtools.compiler import compile_contract
from walras.devtools.evm import Contract


def test_the_schema_is_published() -> None:
    """Written anew by `python -m walras.deploy.record`."""
    assert (FOLDER / "schema.json").read_text() == schema()


def test_tells_what_there_is(folder: Path, deployed: Record, chain: FakeChain) -> None:
    record = read_record(folder / "record.json")
    assert record == deployed
    assert (record.chain_id, record.deployer) == (31_337, chain.deployer)
    engine = record.contracts["PerpEngine"]
    assert engine.runtime_code_hash == "0x" + keccak(chain.code(engine.address)).hex()
    assert chain.receipts[engine.transaction].block == engine.block
    names = ["owner", "token_", "router_", "auctions_", "accounts_"]
    assert [one.name for one in engine.constructor] == names
    assert engine.constructor[0].value == chain.deployer
    assert engine.constructor[1].value == record.contracts["Token"].address
    timelock = record.contracts["Timelock"]
    assert [(one.name, one.value) for one in timelock.constructor] == [
        ("minimum_delay", "86400"),
        ("governor", record.contracts["Governor"].address),
    ]
    assert record.compiler.version.startswith("0.4.3")
    assert len(record.git.commit) == 40
    assert (
        len(record.wiring)
        == len([one for one in make_plan(local_params()).steps if isinstance(one, Call)]) + 4
    )
    assert "keys" not in json.dumps(record.params)


def test_no_difference(deployed: Record, chain: FakeChain) -> None:
    differences, roles = check_deployment(deployed, chain)
    assert not differences
    assert all(one.is_right for one in roles)
    assert len(roles) == len(deployed.roles)


def test_all_is_the_timelocks_and_nothing_the_deployers(deployed: Record, chain: FakeChain) -> None:
    """Asked here by other means than the proof's."""
    timelock = deployed.contracts["Timelock"].address
    governor = deployed.contracts["Governor"].address
    owned = []
    for name, one in deployed.contracts.items():
        contract = Contract(chain.evm, one.address, abi_of(one.contract))
        if one.kind == "contract" and "owner" in contract._functions:
            owned.append(name)
            assert contract.owner() in (timelock.lower(), NOBODY), name
    assert len(owned) == 10  # of which EngineSettings, by itself, has nobody
    roles = Contract(chain.evm, timelock, compile_contract("Timelock").abi)
    for role in ("DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"):
        assert not roles.hasRole(getattr(roles, role)(), chain.deployer)
    assert roles.hasRole(roles.PROPOSER_ROLE(), governor)
    votes = Contract(
        chain.evm, deployed.contracts["GovernanceToken"].address, compile_contract("GovernanceToken").abi
    )
    assert votes.balanceOf(chain.deployer) == 0


def as_timelock(deployed: Record, chain: FakeChain, name: str, function: str, *args: object) -> None:
    """Done as by a vote: the governor, without his code, is an account that schedules."""
    evm, one = chain.evm, deployed.contracts[name]
    governor, timelock = deployed.contracts["Governor"].address, deployed.contracts["Timelock"].address
    known = evm._evm.basic(governor)
    evm._evm.insert_account_info(governor, pyrevm.AccountInfo(nonce=1, balance=10**18))
    words = one.address, 0, call_data(one.contract, function, args), bytes(32), bytes(32)
    evm.call(governor, timelock, call_data("Timelock", "schedule", (*words, 86_400)))
    evm._evm.insert_account_info(governor, known)
    evm.time += 86_400
    evm.call(chain.deployer, timelock, call_data("Timelock", "execute", words))
    logs = [Log(tuple(topics), body) for topics, body in evm.logs]
    chain.events[timelock.lower()] += [log for log in logs if log.topics[0] in (GRANTED, REVOKED)]


@pytest.mark.parametrize(
    ("name", "function", "args", "told"),
    [
        ("Vault", "set_cooldown", (86_400,), "Vault.cooldown(): 259200 expected, 86400 found"),
        ("InsuranceFund", "set_draw_cap", (2, 7), "InsuranceFund.draw_cap(2): 100000000000 expected, 7"),
        ("PerpEngine", "set_vault", (NOBODY,), "PerpEngine.storage clearing.vault(): "),
        ("PerpEngine", "set_liquidator", (NOBODY,), "PerpEngine.liquidator(): "),
        ("LiquidationEngine", "set_backstop", (5,), "LiquidationEngine.backstop(): "),
        ("PerpEngine", "configure_book", (3, 10, 1), "book of market 3.market()[3]: 5 expected, 10 found"),
        ("OracleRouter", "set_guardian", ("0x" + "aa" * 20,), "OracleRouter: guardian: 0xaAaA"),
        ("Guardian", "set_multisig", (NOBODY,), "Guardian.multisig(): "),
        ("Treasury", "transfer_ownership", ("0x" + "aa" * 20,), "Treasury: pending owner: 0xaAaA"),
    ],
)  # fmt: skip
def test_what_changed_is_told(
    deployed: Record, chain: FakeChain, name: str, function: str, args: tuple[object, ...], told: str
) -> None:
    as_timelock(deployed, chain, name, function, *args)
    differences, _ = check_deployment(deployed, chain)
    assert any(one.startswith(told) for one in differences), differences


def test_a_role_that_was_given_is_found_in_the_events(deployed: Record, chain: FakeChain) -> None:
    role = keccak(text="PROPOSER_ROLE")
    as_timelock(deployed, chain, "Timelock", "grantRole", role, chain.deployer)
    differences, _ = check_deployment(deployed, chain)
    assert differences == [f"Timelock: PROPOSER_ROLE: {chain.deployer} (the deployer)"]


def test_other_code_is_told(deployed: Record, chain: FakeChain) -> None:
    class Swapped(FakeChain):
        def code(self, at: str) -> bytes:
            found = chain.code(at)
            if at == deployed.contracts["TriggerOrders"].address:
                return found[:-1] + bytes([found[-1] ^ 1])
            return b"" if at == deployed.contracts["OrderbookViews"].address else found

    swapped = Swapped(evm=chain.evm)
    differences, _ = check_deployment(deployed, swapped)
    assert [one.split(" 0x")[0] for one in differences] == [
        "TriggerOrders: code",
        "OrderbookViews: no code at",
    ]


def test_another_chain_is_told(deployed: Record) -> None:
    differences, _ = check_deployment(deployed, FakeChain(id=1))
    assert differences == ["chain id: 31337 in the record, 1 on the chain"]


@pytest.mark.parametrize(
    "forgotten",
    [
        ["Timelock.accept_ownership Vault"],
        ["PerpEngine.transfer_ownership", "Timelock.accept_ownership PerpEngine"],
    ],
)
def test_a_deployment_that_leaves_the_deployer_something_fails(
    params: Params, folder: Path, chain: FakeChain, monkeypatch: pytest.MonkeyPatch, forgotten: list[str]
) -> None:
    """And leaves no record."""

    def forgetful(given: Params) -> Plan:
        plan = make_plan(given)
        plan.steps = [one for one in plan.steps if one.name not in forgotten]
        return plan

    monkeypatch.setattr(run, "make_plan", forgetful)
    said: list[str] = []
    with pytest.raises(DeployError):
        run.deploy(
            params, chain, folder / "journal.jsonl", folder / "record.json", said.append, FakeClock().clock
        )
    assert not (folder / "record.json").exists()
    assert any(re.search(r"the deployer +NO", one) for one in said)


def test_a_record_that_is_none(tmp_path: Path, deployed: Record) -> None:
    with pytest.raises(RecordError, match=r"none\.json: No such file"):
        read_record(tmp_path / "none.json")
    broken = json.loads(deployed.model_dump_json())
    broken["contracts"]["Vault"]["address"] = "0x12"
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    with pytest.raises(RecordError, match=r"broken\.json: contracts\.Vault\.address: String should match"):
        read_record(tmp_path / "broken.json")


def test_parameters_of_other_sources_are_told_by_key(deployed: Record, chain: FakeChain) -> None:
    params = json.loads(json.dumps(deployed.params))
    del params["markets"]["BTC"]["settings"]["taker_ppm"]
    old = deployed.model_copy(update={"params": params})
    with pytest.raises(RecordError, match=r"params: .*: markets\.BTC\.settings\.taker_ppm: Field required"):
        check_deployment(old, chain)
    with pytest.raises(RecordError, match=r"params: .*: KeyError: 'markets'"):
        check_deployment(deployed.model_copy(update={"params": {}}), chain)


def test_every_step_is_told(deployed: Record) -> None:
    """Every step of the plan is in the record."""
    steps = {one.name for one in make_plan(local_params()).steps}
    assert steps <= {*deployed.contracts, *(one.step for one in deployed.wiring)}
