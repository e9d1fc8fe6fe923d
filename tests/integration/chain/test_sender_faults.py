"""What chains and nodes do to transactions, by name, on anvil: each effect happens once, and is said."""

from pathlib import Path

import pytest

from tests.support.anvils import CHAIN, KEY, OTHER, anvil
from tests.support.faulty_proxy import faulty_proxy
from tests.support.sending import GWEI, Stage
from walras.chain.fees import FeePolicy
from walras.chain.intents import End, State, Store, StoreError
from walras.chain.keys import from_hex
from walras.chain.outcome import (
    EXPIRED,
    FEE_CAP,
    NO_ANSWER,
    NO_ETHER,
    NONCE_HELD,
    TOO_EXPENSIVE,
    Known,
    Refused,
    Sent,
    Waiting,
)
from walras.chain.rpc import RpcError
from walras.chain.sender import REFILL, Sender


def raw_of(stage: Stage, nonce: int, fee: int, data: bytes = b"", to: str = "", gas: int = 90_000) -> str:
    """A transaction of the sender's key that the sender does not know of."""
    account = from_hex(KEY)
    signed = account.sign_transaction(
        {"type": 2, "chainId": CHAIN, "nonce": nonce, "to": to or account.address, "value": 0, "data": data,
         "gas": gas, "maxFeePerGas": fee, "maxPriorityFeePerGas": fee}
    )  # fmt: skip
    return "0x" + bytes(signed.raw_transaction).hex()


def test_sent_and_final(stage: Stage) -> None:
    """It is in a block, then it has its confirmations; its key is not sent again, nor are two of one call."""
    sender = stage.sender(confirmations=2)
    wanted = stage.mint("a")
    first, twin, other = sender.submit_all([wanted, wanted, stage.mint("b", to=2)])
    assert isinstance(first, Sent)
    assert isinstance(twin, Known)
    assert isinstance(other, Sent)
    assert (first.nonce, other.nonce) == (0, 1)
    assert isinstance(sender.submit(wanted), Known)
    assert stage.tend(sender) == []
    done = stage.tend(sender)
    assert [(one.intent.key, one.end) for one in done] == [("a", End.SUCCEEDED), ("b", End.SUCCEEDED)]
    assert done[0].mined
    assert done[0].cost_wei == done[0].mined.cost > 0
    assert sender.submit(wanted) == Known(wanted, State.DONE)
    assert (stage.balance(1), stage.balance(2)) == (1, 1)
    assert stage.said.failures() == []


def test_simulated_first(stage: Stage) -> None:
    """What would revert is refused with its reason; nothing is signed, and the key may come again."""
    sender = stage.sender()
    call = stage.token.transfer("0x" + "01" * 20, 5)
    wanted = stage.mint("a")
    poor = type(wanted)("a", call.to, call.data, "transfer")
    outcome = sender.submit(poor)
    assert isinstance(outcome, Refused)
    assert outcome.reason == "reverted without a reason"
    assert stage.said.has("refused", key="a")
    assert isinstance(sender.submit(wanted), Sent)


def test_refused_for_its_own_terms(stage: Stage) -> None:
    """An intent that has expired, that costs more than it is worth, or that the key cannot pay."""
    sender = stage.sender()
    now = sender.rpc.head().time
    for reason, more in (
        (EXPIRED, {"expires_at": now}),
        (TOO_EXPENSIVE, {"max_cost_wei": GWEI}),
        (NO_ETHER, {"value": 10**30, "gas": 100_000}),
    ):
        outcome = sender.submit(stage.mint("a", **more))
        assert isinstance(outcome, Refused)
        if reason != NO_ETHER:  # anvil's simulation finds that one itself
            assert outcome.reason == reason
    assert stage.node.pool() == []
    assert isinstance(sender.submit(stage.mint("a", expires_at=now + 1)), Sent)


def test_reverted_on_chain(stage: Stage) -> None:
    """What passed its simulation and failed in its block is over, with the reason; its key is free again."""
    sender = stage.sender(confirmations=1)
    me = from_hex(KEY).address
    give, back = stage.token.mint(me, 5), stage.token.transfer("0x" + "01" * 20, 5)
    stage.node.ask("eth_sendRawTransaction", raw_of(stage, 0, 2 * GWEI, give.data, give.to))
    stage.node.mine()
    wanted = type(stage.mint("a"))("a", back.to, back.data, "transfer", gas=90_000)
    twin = type(wanted)("b", back.to, back.data, "transfer", gas=90_000)
    assert all(isinstance(one, Sent) for one in sender.submit_all([wanted, twin]))
    ends = {one.intent.key: one for one in stage.tend(sender)}
    assert ends["a"].end is End.SUCCEEDED
    assert ends["b"].end is End.REVERTED
    assert ends["b"].cost_wei > 0
    assert isinstance(sender.submit(twin), Refused)


@pytest.mark.parametrize("depth", [1, 3])
def test_reorg(stage: Stage, depth: int) -> None:
    """A block is replaced by an empty one: the same bytes are sent again, and the effect is there once."""
    sender = stage.sender(confirmations=depth + 1)
    sent = sender.submit(stage.mint("a"))
    assert isinstance(sent, Sent)
    assert stage.tend(sender, depth) == []
    assert stage.balance() == 1
    stage.node.ask("anvil_reorg", depth, [])
    assert stage.balance() == 0
    assert stage.node.pool() == []
    assert sender.tend(sender.rpc.head()) == []
    assert stage.said.has("its block was replaced", key="a")
    assert stage.node.pool() == [sent.hash]
    done = stage.tend(sender, depth + 1)
    assert [(one.end, one.mined and one.mined.hash) for one in done] == [(End.SUCCEEDED, sent.hash)]
    assert stage.balance() == 1
    assert stage.node.nonce(sender.address) == 1
    assert stage.meter.counts["sender_reorganised"] == 1


def test_reorg_where_it_is_not_needed_any_more(stage: Stage) -> None:
    """Its block is replaced by one in which it would fail: its nonce is used up, and it is superseded."""
    sender = stage.sender(confirmations=2)
    me = sender.address
    give, back = stage.token.mint(me, 5), stage.token.transfer(f"0x{1:040x}", 5)
    stage.node.ask("eth_sendRawTransaction", raw_of(stage, 0, 2 * GWEI, give.data, give.to))
    stage.node.mine()
    wanted = type(stage.mint("a"))("a", back.to, back.data, "transfer")
    sent = sender.submit(wanted)
    assert isinstance(sent, Sent)
    stage.tend(sender)
    assert stage.balance() == 5
    # in the new chain somebody with an allowance has taken the tokens
    slot_gone = stage.token.transfer(f"0x{2:040x}", 5)
    stage.node.ask("anvil_reorg", 1, [])
    stage.node.ask("anvil_impersonateAccount", me)
    taken = {"from": me, "to": slot_gone.to, "data": "0x" + slot_gone.data.hex(), "nonce": hex(1)}
    digest = stage.node.ask("eth_sendTransaction", taken)
    stage.node.mine()
    assert stage.node.ask("eth_getTransactionReceipt", digest)["status"] == "0x1"
    done = stage.tend(sender, 3)
    assert [one.end for one in done] == [End.SUPERSEDED]
    assert stage.balance(1) == 0
    assert stage.balance(2) == 5


def test_dropped_transaction(stage: Stage) -> None:
    """A node forgets it: the same bytes are sent again."""
    sender = stage.sender(confirmations=1)
    sent = sender.submit(stage.mint("a"))
    assert isinstance(sent, Sent)
    stage.node.ask("anvil_dropTransaction", sent.hash)
    assert stage.tend(sender) == []
    assert stage.node.pool() == [sent.hash]
    assert [one.end for one in stage.tend(sender)] == [End.SUCCEEDED]
    assert (stage.balance(), stage.node.nonce(sender.address)) == (1, 1)
    assert stage.said.has("sent again", key="a", hash=sent.hash)


def test_dropped_and_not_needed_any_more(stage: Stage) -> None:
    """A node forgets it, and a simulation fails: a transfer of nothing uses its nonce up."""
    sender = stage.sender(confirmations=1)
    other = from_hex(OTHER).address
    give = stage.token.mint(other, 5)
    stage.node.ask("anvil_impersonateAccount", other)
    stage.node.ask("eth_sendTransaction", {"from": other, "to": give.to, "data": "0x" + give.data.hex()})
    allow = stage.token.approve(sender.address, 5)
    stage.node.ask("eth_sendTransaction", {"from": other, "to": allow.to, "data": "0x" + allow.data.hex()})
    stage.node.mine()
    pull = stage.token.transferFrom(other, f"0x{1:040x}", 5)
    sent = sender.submit(type(stage.mint("a"))("a", pull.to, pull.data, "pull"))
    assert isinstance(sent, Sent)
    stage.node.ask("anvil_dropTransaction", sent.hash)
    deny = stage.token.approve(sender.address, 0)
    stage.node.ask("eth_sendTransaction", {"from": other, "to": deny.to, "data": "0x" + deny.data.hex()})
    stage.tend(sender)
    assert stage.said.has("cancelled", key="a")
    done = stage.tend(sender)
    assert [one.end for one in done] == [End.SUPERSEDED]
    assert done[0].cost_wei > 0
    assert stage.balance() == 0
    assert stage.node.nonce(sender.address) == 1


def test_nonce_gap(stage: Stage) -> None:
    """A foreign transaction with the key's next nonce is lost: a transfer of nothing fills its place."""
    sender = stage.sender(confirmations=1)
    foreign = stage.node.ask("eth_sendRawTransaction", raw_of(stage, 0, 2 * GWEI))
    sent = sender.submit(stage.mint("a"))
    assert isinstance(sent, Sent)
    assert sent.nonce == 1
    stage.node.ask("anvil_dropTransaction", foreign)
    assert stage.tend(sender, 2) == []
    assert stage.balance() == 0
    assert stage.said.has("a nonce that nobody holds", nonce=0)
    done = stage.tend(sender, 1)
    assert {(one.intent.label, one.end) for one in done} == {(REFILL, End.SUCCEEDED), ("mint", End.SUCCEEDED)}
    assert (stage.balance(), stage.node.nonce(sender.address)) == (1, 2)


def test_nonce_gap_that_somebody_holds(stage: Stage) -> None:
    """While a node has a foreign transaction with the nonce, nothing is filled."""
    sender = stage.sender(confirmations=1)
    foreign = stage.node.ask("eth_sendRawTransaction", raw_of(stage, 0, 6 * GWEI, gas=500_000))
    sent = sender.submit(stage.mint("a"))
    assert isinstance(sent, Sent)
    assert sent.nonce == 1
    stage.node.ask("evm_setBlockGasLimit", hex(400_000))  # it fits no block
    assert stage.tend(sender, 2) == []
    assert set(stage.node.pool()) == {foreign, sent.hash}
    assert stage.meter.counts["sender_holes"] == 0
    stage.node.ask("evm_setBlockGasLimit", hex(30_000_000))
    assert [one.end for one in stage.tend(sender, 2)] == [End.SUCCEEDED]
    assert (stage.balance(), stage.node.nonce(sender.address)) == (1, 2)


def test_waits_too_long(stage: Stage) -> None:
    """Blocks pass it by: after the patience, and not before, it offers an eighth more for its nonce."""
    sender = stage.sender(confirmations=1)
    first, second = sender.submit_all([stage.mint("a"), stage.mint("b", to=2)])
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    stage.node.ask("evm_setBlockGasLimit", hex(100_000))  # of which somebody who pays more takes most

    def crowded_block(number: int) -> None:
        crowd = stage.token.mint(f"0x{number:040x}", 1)
        words = {"from": from_hex(OTHER).address, "to": crowd.to, "data": "0x" + crowd.data.hex()}
        fees = {"maxFeePerGas": hex(40 * GWEI), "maxPriorityFeePerGas": hex(5 * GWEI), "gas": hex(80_000)}
        stage.node.ask("eth_sendTransaction", words | fees)
        assert stage.tend(sender) == []

    stage.node.ask("anvil_impersonateAccount", from_hex(OTHER).address)
    crowded_block(100)
    crowded_block(101)
    assert set(stage.node.pool()) == {first.hash, second.hash}
    crowded_block(102)
    assert stage.meter.counts["sender_bumped"] == 1  # the first: the second waits for it alone
    pool = set(stage.node.pool())
    assert first.hash not in pool
    assert second.hash in pool
    stage.node.ask("evm_setBlockGasLimit", hex(30_000_000))
    done = {one.intent.key: one for one in stage.tend(sender)}
    assert done["a"].mined
    assert done["b"].mined
    assert done["a"].mined.hash in pool
    assert done["b"].mined.hash == second.hash
    assert (stage.balance(1), stage.balance(2), stage.node.nonce(sender.address)) == (1, 1, 2)


def test_base_fee_spike(stage: Stage) -> None:
    """It offers less than blocks ask for: bytes with the same nonce offer more, and one of them is mined."""
    sender = stage.sender(confirmations=1)
    sent = sender.submit(stage.mint("a"))
    assert isinstance(sent, Sent)
    done = []
    for _ in range(4):
        stage.node.ask("anvil_setNextBlockBaseFeePerGas", hex(10 * GWEI))
        done += stage.tend(sender)
    assert [one.end for one in done] == [End.SUCCEEDED]
    assert stage.meter.counts["sender_bumped"] == 1
    assert done[0].mined
    assert done[0].mined.hash != sent.hash
    assert (stage.balance(), stage.node.nonce(sender.address)) == (1, 1)


def test_base_fee_spike_above_the_cap(stage: Stage) -> None:
    """What is under way waits, what is new is kept unsigned; both go when the fee is down; all is said."""
    sender = stage.sender(confirmations=1)
    under_way = sender.submit(stage.mint("a"))
    assert isinstance(under_way, Sent)
    for _ in range(4):
        stage.node.ask("anvil_setNextBlockBaseFeePerGas", hex(60 * GWEI))
        assert stage.tend(sender) == []
    outcome = sender.submit(stage.mint("b", to=2))
    assert isinstance(outcome, Waiting)
    assert (outcome.reason, outcome.hash) == (FEE_CAP, None)
    assert isinstance(sender.submit(stage.mint("b", to=2)), Known)
    assert stage.said.has(FEE_CAP, key="a")
    assert stage.said.has("waits", why=FEE_CAP, key="b")
    assert stage.meter.counts["sender_bumped"] == 0
    stage.node.ask("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    done = stage.tend(sender, 3)
    assert {(one.intent.key, one.end) for one in done} == {("a", End.SUCCEEDED), ("b", End.SUCCEEDED)}
    assert (stage.balance(1), stage.balance(2), stage.node.nonce(sender.address)) == (1, 1, 2)


def test_expires_while_it_waits(stage: Stage) -> None:
    """Chain time passes it by: its nonce is used up by nothing, and the effect does not come."""
    sender = stage.sender(confirmations=1)
    now = sender.rpc.head().time
    signed = sender.submit(stage.mint("a", expires_at=now + 50))
    assert isinstance(signed, Sent)
    stage.node.ask("anvil_setNextBlockBaseFeePerGas", hex(60 * GWEI))
    stage.tend(sender)
    queued = sender.submit(stage.mint("b", to=2, expires_at=now + 50))
    assert isinstance(queued, Waiting)
    stage.node.ask("evm_setNextBlockTimestamp", now + 50)
    stage.node.ask("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    done = []
    stage.node.ask("anvil_dropTransaction", signed.hash)
    for _ in range(3):
        done += stage.tend(sender)
    assert {(one.intent.key, one.end, one.reason) for one in done} == {
        ("a", End.EXPIRED, EXPIRED),
        ("b", End.EXPIRED, EXPIRED),
    }
    assert (stage.balance(1), stage.balance(2), stage.node.nonce(sender.address)) == (0, 0, 1)


def test_two_keepers_with_one_key_on_one_machine(stage: Stage) -> None:
    """The second one is told who has the key; once that has gone, it may have it."""
    first = stage.sender()
    with pytest.raises(StoreError, match=r"process \d+ has this key"):
        stage.sender()
    first.close()
    stage.sender().close()


def test_two_keepers_with_one_key_on_two_machines(stage: Stage, tmp_path: Path) -> None:
    """Both choose the same nonce. Who loses it finds that out, and goes on with another; each effect once."""
    one = stage.sender(confirmations=2)
    two = stage.sender(confirmations=2, folder=tmp_path / "elsewhere")
    kept = stage.node.pool
    first = one.submit(stage.mint("a", to=1))
    assert isinstance(first, Sent)
    # the second has not heard of the first: its node forgets it while the second looks
    stage.node.ask("anvil_dropTransaction", first.hash)
    second = two.submit(stage.mint("b", to=2))
    assert isinstance(second, Sent)
    assert first.nonce == second.nonce == 0
    again = one.tend(one.rpc.head())
    assert again == []
    assert stage.said.has("waits", why=NONCE_HELD, key="a")
    assert kept() == [second.hash]
    stage.tend(two)
    done = []
    for _ in range(4):
        done += one.tend(one.rpc.head())
        done += stage.tend(two)
    assert stage.said.has("another process has used its nonce", key="a", foreign=second.hash)
    assert {(each.intent.key, each.end) for each in done} == {("a", End.SUCCEEDED), ("b", End.SUCCEEDED)}
    assert (stage.balance(1), stage.balance(2), stage.node.nonce(one.address)) == (1, 1, 2)


def test_two_keepers_with_one_job(stage: Stage, tmp_path: Path) -> None:
    """Both want a thing that can be had once: who comes too late is superseded, without a transaction."""
    other = from_hex(OTHER).address
    stage.node.ask("anvil_impersonateAccount", other)
    one = stage.sender(confirmations=1)
    richer = FeePolicy(priority_fee_wei=2 * GWEI, max_fee_wei=50 * GWEI)
    two = stage.sender(confirmations=1, folder=tmp_path / "elsewhere", policy=richer)
    for call in (stage.token.mint(other, 5), stage.token.approve(one.address, 5)):
        stage.node.ask("eth_sendTransaction", {"from": other, "to": call.to, "data": "0x" + call.data.hex()})
    stage.node.mine()
    pull = stage.token.transferFrom(other, f"0x{1:040x}", 5)
    job = type(stage.mint("job"))("job", pull.to, pull.data, "pull")
    first = one.submit(job)
    assert isinstance(first, Sent)
    stage.node.ask("anvil_dropTransaction", first.hash)
    second = two.submit(job)
    assert isinstance(second, Sent)
    one.tend(one.rpc.head())
    done_two = stage.tend(two)
    done_one = one.tend(one.rpc.head())
    assert [each.end for each in done_two] == [End.SUCCEEDED]
    assert [(each.end, each.cost_wei) for each in done_one] == [(End.SUPERSEDED, 0)]
    assert (stage.balance(), stage.node.nonce(one.address)) == (5, 1)


def test_already_known(stage: Stage) -> None:
    """The answer to a broadcast is lost: the node has it, says so when it is sent again, and all is well."""
    with faulty_proxy(stage.node.url) as proxy:
        sender = stage.sender(stage.rpc(proxy.url), confirmations=1)
        proxy.fault = "loses answers"
        outcome = sender.submit(stage.mint("a"))
        assert isinstance(outcome, Waiting)
        assert outcome.reason == NO_ANSWER
        assert stage.node.pool() == [outcome.hash]
        proxy.fault = ""
        assert isinstance(sender.submit(stage.mint("a")), Known)
        assert sender.tend(sender.rpc.head()) == []
        assert [one.end for one in stage.tend(sender)] == [End.SUCCEEDED]
    assert (stage.balance(), stage.node.nonce(sender.address)) == (1, 1)


def test_taken_but_not_passed_on(stage: Stage) -> None:
    """An endpoint says that it took it, and did not: the next tend finds it missing."""
    with faulty_proxy(stage.node.url) as proxy:
        sender = stage.sender(stage.rpc(proxy.url), confirmations=1)
        proxy.fault = "drops transactions"
        assert isinstance(sender.submit(stage.mint("a")), Sent)
        assert stage.node.pool() == []
        proxy.fault = ""
        assert stage.tend(sender) == []
        assert [one.end for one in stage.tend(sender)] == [End.SUCCEEDED]
    assert (stage.balance(), stage.node.nonce(sender.address)) == (1, 1)


def test_endpoints_are_gone_when_it_is_simulated(stage: Stage) -> None:
    """Nothing is kept: whoever asked hears of it, and asks again."""
    with faulty_proxy(stage.node.url) as proxy:
        sender = stage.sender(stage.rpc(proxy.url), confirmations=1)
        proxy.fault = "503"
        with pytest.raises(RpcError, match="HTTP status 503"):
            sender.submit(stage.mint("a"))
        with pytest.raises(RpcError, match="HTTP status 503"):
            sender.tend(stage.rpc().head())
        proxy.fault = ""
        assert isinstance(sender.submit(stage.mint("a")), Sent)


def test_private_relay(stage: Stage) -> None:
    """Transactions go to the relay alone, also the second time, and nobody is asked whether he has them."""
    with faulty_proxy(stage.node.url) as public, faulty_proxy(stage.node.url) as relay:
        sender = stage.sender(stage.rpc(public.url, relay=relay.url), confirmations=1)
        relay.fault = "drops transactions"
        sent = sender.submit(stage.mint("a"))
        assert isinstance(sent, Sent)
        assert stage.tend(sender, 2) == []
        assert relay.asked["eth_sendRawTransaction"] == 1
        relay.fault = ""
        assert stage.tend(sender) == []
        assert [one.end for one in stage.tend(sender)] == [End.SUCCEEDED]
        assert public.asked["eth_sendRawTransaction"] == 0
        relay.fault = "503"
        outcome = sender.submit(stage.mint("b"))
        assert isinstance(outcome, Waiting)
        assert outcome.reason == NO_ANSWER
        assert public.asked["eth_sendRawTransaction"] == 0
    assert stage.balance() == 1


def test_nodes_do_not_take_it(stage: Stage) -> None:
    """More gas than a block has: nodes refuse the bytes; the nonce is used up by nothing, so others go on."""
    stage.node.ask("evm_setBlockGasLimit", hex(30_000_000))
    stage.node.mine()
    sender = stage.sender(confirmations=1)
    outcome = sender.submit(stage.mint("a", gas=29_000_000))
    assert isinstance(outcome, Sent)
    stage.node.ask("anvil_dropTransaction", outcome.hash)
    stage.node.ask("evm_setBlockGasLimit", hex(1_000_000))
    done = stage.tend(sender, 8)
    assert [one.end for one in done] in ([End.REFUSED], [End.SUPERSEDED])
    assert (stage.balance(), stage.node.nonce(sender.address)) == (0, 1)
    assert isinstance(sender.submit(stage.mint("a")), Sent)


def test_a_chain_that_began_anew(stage: Stage) -> None:
    """A store is of one chain: after a local chain was begun anew, it is refused by name."""
    sender = stage.sender()
    path = stage.folder / f"{CHAIN}-{sender.address}.sqlite"
    sender.close()
    with pytest.raises(StoreError, match="its genesis is 0x"), anvil("--timestamp", "1760000001") as anew:
        stage.sender(stage.rpc(anew.url))
    with pytest.raises(StoreError, match="its chain is 31337, 1 is wanted"):
        Store.open(path, sender.address, 1, "0x")
    assert isinstance(stage.sender(), Sender)  # nobody kept the lock
