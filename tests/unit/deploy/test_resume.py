"""A deployment that is killed, lagged or cheated of its transactions ends as one that was not."""

import json
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.deploying import CHAIN, FakeChain, FakeClock, Killed, deploy
from walras.deploy import run
from walras.deploy.chain import ChainError, Transaction
from walras.deploy.check import check_deployment
from walras.deploy.contracts import call_data
from walras.deploy.executor import DeployError, Executor
from walras.deploy.journal import Journal, JournalError
from walras.deploy.params import Params
from walras.deploy.plan import Plan, make_plan
from walras.deploy.record import Record
from walras.devtools.evm import address
from walras.reports import pack, sign_report, signer_of

STRANGER = address(0x77)


def finish(params: Params, chain: FakeChain, folder: Path) -> Record:
    files = folder / "journal.jsonl", folder / "record.json"
    return run.deploy(params, chain, *files, say=lambda line: None, clock=FakeClock().clock)


def sent_once(chain: FakeChain, plan: Plan) -> None:
    """Each step, and each of the four first prices, is in one block."""
    assert len(chain.receipts) == len(plan.steps) + 4
    assert all(receipt.succeeded for receipt in chain.receipts.values())


def test_killed_at_any_moment(
    params: Params, plan: Plan, tmp_path_factory: pytest.TempPathFactory, uninterrupted: Record
) -> None:
    """Three times in one deployment, wherever that is; also in the midst of a line."""
    whole = FakeChain()
    deploy(whole, plan, params, tmp_path_factory.mktemp("whole") / "journal.jsonl")
    sent_once(whole, plan)

    @given(
        moments=st.lists(st.integers(1, whole.moments), min_size=1, max_size=3),
        torn=st.binary(max_size=20).filter(lambda line: b"\n" not in line),
    )
    @hypothesis_settings(max_examples=6)
    def killed(moments: list[int], torn: bytes) -> None:
        folder = tmp_path_factory.mktemp("killed")
        chain = FakeChain()
        for moment in moments:
            chain.moments, chain.kill_at = 0, moment
            try:
                deploy(chain, plan, params, folder / "journal.jsonl")
            except Killed:
                with (folder / "journal.jsonl").open("ab") as file:
                    file.write(torn)
        chain.kill_at = None
        assert finish(params, chain, folder) == uninterrupted
        sent_once(chain, plan)

    killed()


@pytest.mark.parametrize("back", range(8))
def test_killed_around_a_transaction(
    params: Params, plan: Plan, folder: Path, uninterrupted: Record, back: int
) -> None:
    """Before it is signed, written, sent, found, written down: each moment of the governor's deployment."""
    chain = FakeChain(kill_at=3 + 3 * 7 + back)
    with pytest.raises(Killed):
        deploy(chain, plan, params, folder / "journal.jsonl")
    assert 2 <= chain.nonce() <= 5
    chain.kill_at = None
    assert finish(params, chain, folder) == uninterrupted
    sent_once(chain, plan)


def test_a_node_that_is_behind_with_receipts(
    params: Params, plan: Plan, folder: Path, uninterrupted: Record
) -> None:
    chain = FakeChain(lag=3)
    assert finish(params, chain, folder) == uninterrupted
    sent_once(chain, plan)


@pytest.mark.parametrize("node", [{"behind": 2}, {"flaky": 3}, {"behind": 1, "flaky": 4, "lag": 2}])
def test_a_node_that_is_behind_with_everything_or_fails(
    params: Params, plan: Plan, folder: Path, uninterrupted: Record, node: dict[str, int]
) -> None:
    chain = FakeChain(**node)
    record = finish(params, chain, folder)
    sent_once(chain, plan)
    for name, one in record.contracts.items():
        meant = uninterrupted.contracts[name]
        assert (one.address, one.runtime_code_hash) == (meant.address, meant.runtime_code_hash)


def test_what_was_lost_is_sent_again(params: Params, plan: Plan, folder: Path, uninterrupted: Record) -> None:
    """Every third one never arrives: the same nonce, for a higher fee."""
    chain = FakeChain(lose=lambda number: number % 3 == 0)
    record = finish(params, chain, folder)
    sent_once(chain, plan)
    assert len(chain.sent) > len(chain.receipts)
    for name, one in record.contracts.items():
        meant = uninterrupted.contracts[name]
        assert (one.address, one.runtime_code_hash) == (meant.address, meant.runtime_code_hash)


def test_a_fee_that_is_too_low_is_raised(params: Params, plan: Plan, folder: Path) -> None:
    chain = FakeChain(least_fee=2_600_000_000)  # twice the base fee of 1 gwei, and 0.001 gwei, are 2.001
    deploy(chain, plan, params, folder / "journal.jsonl")
    sent_once(chain, plan)
    with Journal(folder / "journal.jsonl") as journal:
        fees = [entry["max_fee"] for entry in journal.entries if entry["kind"] == "intent"]
    assert fees[:3] == [2_001_000_000, 2_501_250_000, 3_126_562_500]


def test_nothing_is_sent_above_the_highest_fee(params: Params, plan: Plan, folder: Path) -> None:
    chain = FakeChain(fee=params.gas.max_fee_wei)
    with pytest.raises(DeployError, match=r"^gas\.max_fee_wei: a gas costs 100,001,000,000 wei now"):
        deploy(chain, plan, params, folder / "journal.jsonl")
    assert not chain.sent


def test_twice_is_refused(params: Params, folder: Path, deployed: Record, chain: FakeChain) -> None:
    before = chain.nonce()
    at = deployed.contracts["PerpEngine"].address
    with pytest.raises(
        DeployError, match=rf"^ethereum:local is deployed: .*record\.json names PerpEngine at {at}"
    ):
        finish(params, chain, folder)
    assert chain.nonce() == before


def test_a_new_local_chain_is_deployed_on_anew(
    params: Params, folder: Path, deployed: Record, uninterrupted: Record
) -> None:
    class Later(FakeChain):
        def genesis(self) -> str:
            return "0x" + "11" * 32

    again = finish(params, Later(), folder)
    assert again.genesis == "0x" + "11" * 32
    assert again.contracts == uninterrupted.contracts


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"plan": "0"}, "other contracts or steps"),
        ({"params": "0"}, "other parameters"),
        ({"deployer": "0x0"}, "another deployer"),
        ({"chain_id": 1}, "another chain"),
    ],
)
def test_what_was_begun_otherwise_is_not_gone_on_with(
    params: Params, plan: Plan, folder: Path, change: dict[str, object], what: str
) -> None:
    path = folder / "journal.jsonl"
    chain = FakeChain(kill_at=30)
    with pytest.raises(Killed):
        deploy(chain, plan, params, path)
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(first) | change), *rest]) + "\n")
    chain.kill_at = None
    with pytest.raises(DeployError, match=f"journal.jsonl: was begun with {what}"):
        deploy(chain, plan, params, path)


def test_one_deployment_at_a_time(params: Params, plan: Plan, folder: Path, chain: FakeChain) -> None:
    with (
        Journal(folder / "journal.jsonl"),
        pytest.raises(JournalError, match="another deployment is running"),
    ):
        deploy(chain, plan, params, folder / "journal.jsonl")


def test_a_journal_that_is_none(folder: Path) -> None:
    (folder / "journal.jsonl").write_text("something else\n")
    with pytest.raises(JournalError, match=r"journal\.jsonl:1: not a line of a journal"):
        Journal(folder / "journal.jsonl")


def test_a_governor_without_his_address(params: Params, plan: Plan, folder: Path) -> None:
    """The deployer's key was used elsewhere between timelock and governor."""
    chain = FakeChain()
    with Journal(folder / "journal.jsonl") as journal:
        executor = Executor(plan, params, chain, journal, lambda line: None, FakeClock().clock)
        perform = executor._perform

        def disturbed(step: object) -> None:
            perform(step)  # type: ignore[arg-type]
            if getattr(step, "name", "") == "Timelock":
                chain._set_nonce(chain.nonce() + 1)

        executor._perform = disturbed  # type: ignore[method-assign]
        with pytest.raises(
            DeployError, match="Governor: Timelock was deployed for the address of nonce 3 of"
        ):
            executor.run()


def test_a_step_that_would_revert_is_not_sent(params: Params, plan: Plan, folder: Path) -> None:
    """The node's reason is told."""
    chain = FakeChain()
    with Journal(folder / "journal.jsonl") as journal:
        executor = Executor(plan, params, chain, journal, lambda line: None, FakeClock().clock)
        perform = executor._perform

        def disturbed(step: object) -> None:
            if getattr(step, "name", "") == "InsuranceFund.set_engine":
                fund = executor.addresses["InsuranceFund"]  # which gets another engine before its turn
                data = call_data("InsuranceFund", "set_engine", (executor.addresses["Vault"],))
                chain.evm.call(chain.deployer, fund, data)
            perform(step)  # type: ignore[arg-type]

        executor._perform = disturbed  # type: ignore[method-assign]
        sent = len(chain.sent)
        with pytest.raises(
            DeployError, match=r"InsuranceFund\.set_engine: would revert: fund: engine is set"
        ):
            executor.run()
        assert len(chain.sent) == chain.nonce() > sent


OFFER = keccak(text="transfer_ownership(address)")[:4]
ACCEPTANCE = keccak(text="accept_ownership(address)")[:4]


class Hasty(FakeChain):
    """A stranger has the timelock accept: behind each offer, or just before the deployer's own call."""

    is_late = False

    def accept(self, timelock: bytes, what: bytes) -> None:
        data = call_data("Timelock", "accept_ownership", (to_checksum_address(what),))
        self.evm.call(STRANGER, to_checksum_address(timelock), data)

    def include(self, digest: str, transaction: Transaction) -> None:
        selector, word = transaction.data[:4], transaction.data[-20:]
        at = bytes.fromhex((transaction.to or "0x")[2:])
        if self.is_late and selector == ACCEPTANCE:
            self.accept(at, word)
        super().include(digest, transaction)
        if not self.is_late and selector == OFFER:
            self.accept(word, at)


def test_nobody_stakes_before_the_caps_are_set(plan: Plan) -> None:
    """A unit staked had stopped the deployment: with shares a cap goes by steps."""
    names = [step.name for step in plan.steps]
    caps = [number for number, name in enumerate(names) if name.endswith(": draw cap")]
    assert len(caps) == 4
    assert max(caps) < names.index("InsuranceFund.set_engine")


def test_a_stranger_who_accepts_first(params: Params, plan: Plan, folder: Path) -> None:
    """It had stopped the deployment, and each run after it: the deployer's own call could only revert."""
    chain = Hasty()
    record = finish(params, chain, folder)
    accepted = [step for step in plan.steps if step.name.startswith("Timelock.accept_ownership")]
    assert len(accepted) == 6
    assert len(chain.receipts) == len(plan.steps) + 4 - 6
    assert all(receipt.succeeded for receipt in chain.receipts.values())
    assert not {step.name for step in accepted} & {one.step for one in record.wiring}
    assert not check_deployment(record, chain)[0]


def test_a_stranger_who_accepts_in_the_same_block(params: Params, plan: Plan, folder: Path) -> None:
    """Before the deployer's acceptance, which reverts: nothing is left to do."""
    chain = Hasty()
    chain.is_late = True
    record = finish(params, chain, folder)
    assert len(chain.receipts) == len(plan.steps) + 4
    assert sum(not receipt.succeeded for receipt in chain.receipts.values()) == 6
    assert not check_deployment(record, chain)[0]


def test_wrong_chain(params: Params, plan: Plan, folder: Path) -> None:
    chain = FakeChain(id=8_453)
    with pytest.raises(
        DeployError, match=r"^network\.chain_id: the parameters are for chain 31337, this is chain 8453"
    ):
        deploy(chain, plan, params, folder / "journal.jsonl")
    assert not chain.sent
    assert not (folder / "journal.jsonl").exists()


def test_a_contract_that_is_not_there(params: Params, plan: Plan, folder: Path, chain: FakeChain) -> None:
    plan.external["token.address"] = "0x" + "22" * 20
    try:
        with pytest.raises(DeployError, match=r"^token\.address: there is no contract at 0x2222"):
            deploy(chain, plan, params, folder / "journal.jsonl")
    finally:
        del plan.external["token.address"]
    assert not chain.sent


def test_the_deployer_may_not_hold_the_votes(
    params: Params, plan: Plan, folder: Path, chain: FakeChain
) -> None:
    his = params.model_copy(
        update={"governance": params.governance.model_copy(update={"holder": chain.deployer})}
    )
    with pytest.raises(DeployError, match=r"^governance\.holder: is the deployer"):
        deploy(chain, plan, his, folder / "journal.jsonl")
    assert not chain.sent


def test_a_market_waits_for_its_price(params: Params, folder: Path) -> None:
    """On a public network nobody's key is at hand: it stops by name, and goes on when there is a price."""
    markets = {
        name: market.model_copy(update={"first_price": None}) for name, market in params.markets.items()
    }
    public = params.model_copy(update={"markets": markets})
    plan, chain, path = make_plan(public), FakeChain(), folder / "journal.jsonl"
    keys = params.oracle.signed_reports["own"].keys
    for name, market in params.markets.items():
        with pytest.raises(
            DeployError, match=rf"^{name}: listing: the router at 0x\w+ has no fit price for market"
        ):
            deploy(chain, plan, public, path)
        with Journal(path) as journal:
            done = journal.done()
        at, price = done["SignedReports.own"]["address"], int((market.first_price or 0) * 10**18)
        signed = [sign_report(key, CHAIN, at, market.number, price, 0, chain.evm.time) for key in keys[1:]]
        payload = pack(
            CHAIN, sorted(signed, key=lambda one: int(signer_of(CHAIN, at, market.number, one), 16))
        )
        router = done["OracleRouter"]["address"]
        chain.evm.call(STRANGER, router, call_data("OracleRouter", "update", (market.number, [payload])))
    done = deploy(chain, plan, public, path)
    assert set(done) == {step.name for step in plan.steps}


def test_too_little_ether_is_told_at_once(params: Params, folder: Path, uninterrupted: Record) -> None:
    """Not waited for; once there is some, what was signed is sent."""

    class Poor(FakeChain):
        spent = 0

        def broadcast(self, raw: bytes) -> None:
            self.spent += 1
            if self.spent == 3:
                raise ChainError("{'code': -32003, 'message': 'Insufficient funds for gas * price + value'}")
            super().broadcast(raw)

    chain = Poor()
    with pytest.raises(DeployError, match=rf"^{chain.deployer} has too little ether .* run this again"):
        finish(params, chain, folder)
    assert chain.spent == 3
    assert finish(params, chain, folder) == uninterrupted
