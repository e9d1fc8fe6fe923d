"""What endpoints do, by name, behind a proxy: the next one answers, and it is said who was not used."""

from collections.abc import Iterator

import pytest

from tests.support.anvils import CHAIN, Anvil, anvil
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy
from tests.support.sending import Counting, Said
from walras.chain.rpc import FIRST_BENCH_S, LONGEST_BENCH_S, Rpc, RpcError, RpcRefused, WrongChainError

FAILURES = {
    "hangs": "no answer in 2.0 s",
    "drips": "no whole answer in 2.0 s",
    "closes": "no answer: ",
    "429": "HTTP status 429",
    "503": "HTTP status 503",
    "cut": "no JSON, or a part of it",
    "html": "no JSON, or a part of it",
    "wrong id": "no answer with the id of the question",
    "no result": "neither result nor error",
    "busy error": "too busy: limit exceeded",
}


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


class Scene:
    """A node behind a proxy, and the node itself."""

    def __init__(self, node: Anvil, proxy: FaultyProxy) -> None:
        self.node, self.proxy = node, proxy
        self.said, self.meter, self.clock = Said(), Counting(), Clock()

    def rpc(self, *urls: str, chain_id: int = CHAIN, **more: int) -> Rpc:
        listed = urls or (self.proxy.url, self.node.url)
        return Rpc(
            listed, chain_id, 2.0, clock=self.clock, log=self.said, meter=self.meter, check_s=10.0, **more
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    with anvil() as node, faulty_proxy(node.url) as proxy:
        node.mine(12)
        yield Scene(node, proxy)


@pytest.mark.parametrize("fault", FAILURES)
def test_fails_over(scene: Scene, fault: str) -> None:
    """The next endpoint answers; who failed is benched, is said, and is not asked meanwhile."""
    rpc = scene.rpc()
    scene.proxy.fault = fault
    assert rpc.ask("eth_blockNumber") == hex(12)
    assert scene.said.has("endpoint benched", endpoint=scene.proxy.url, seconds=FIRST_BENCH_S)
    why = next(words["why"] for _, event, words in scene.said.lines if event == "endpoint benched")
    assert FAILURES[fault] in why
    asked = scene.proxy.asked.total()
    assert rpc.batch([("eth_blockNumber", []), ("eth_chainId", [])]) == [hex(12), hex(CHAIN)]
    assert scene.proxy.asked.total() == asked
    assert scene.meter.counts["rpc_failures"] == 1
    scene.proxy.fault = ""
    scene.clock.time += FIRST_BENCH_S
    assert rpc.ask("eth_blockNumber") == hex(12)
    assert scene.proxy.asked["eth_chainId"] >= 1  # it tells its chain again before it is used
    assert scene.proxy.asked["eth_blockNumber"] >= 1


@pytest.mark.parametrize("fault", ["503", "cut", "wrong id"])
def test_fails_over_in_a_batch(scene: Scene, fault: str) -> None:
    """A batch that fails is asked of the next one, as a whole."""
    rpc = scene.rpc()
    assert rpc.ask("eth_chainId") == hex(CHAIN)
    scene.proxy.fault = fault
    assert rpc.batch([("eth_blockNumber", [])] * 150) == [hex(12)] * 150
    assert scene.meter.counts["rpc_failures"] == 1


def test_back_off_grows(scene: Scene) -> None:
    """Each failure in a row benches for twice as long, up to a minute; an answer ends that."""
    rpc = scene.rpc()
    scene.proxy.fault = "503"
    seconds = []
    for _ in range(8):
        rpc.ask("eth_blockNumber")
        seconds.append(scene.said.lines[-1][2]["seconds"])
        scene.clock.time += seconds[-1]
    assert seconds == [1, 2, 4, 8, 16, 32, LONGEST_BENCH_S, LONGEST_BENCH_S]
    scene.proxy.fault = ""
    rpc.ask("eth_blockNumber")
    scene.proxy.fault = "503"
    rpc.ask("eth_blockNumber")
    assert scene.said.lines[-1][2]["seconds"] == FIRST_BENCH_S


def test_nobody_answers(scene: Scene) -> None:
    """An error says what each did; a benched endpoint is asked all the same where there is no other."""
    rpc = scene.rpc(scene.proxy.url)
    scene.proxy.fault = "429"
    with pytest.raises(RpcError, match=f"no endpoint answers: {scene.proxy.url}: HTTP status 429"):
        rpc.ask("eth_blockNumber")
    scene.proxy.fault = ""
    assert rpc.ask("eth_blockNumber") == hex(12)


def test_keys_in_urls_are_not_told(scene: Scene) -> None:
    """Messages name scheme, host and port alone."""
    rpc = scene.rpc(f"{scene.proxy.url}/v2/secret?key=secret")
    for fault in ("503", "closes"):
        scene.proxy.fault = fault
        with pytest.raises(RpcError) as raised:
            rpc.ask("eth_blockNumber")
        assert "secret" not in str(raised.value)
    scene.node.process.kill()
    scene.proxy.server.server_close()
    dead = scene.rpc("http://127.0.0.1:9/secret")
    with pytest.raises(RpcError) as raised:
        dead.ask("eth_blockNumber")
    assert "secret" not in f"{raised.value} {scene.said.lines}"
    assert "refused" in str(raised.value)


def test_a_refusal_is_an_answer(scene: Scene) -> None:
    """The node's own error is handed on, and nobody is benched."""
    rpc = scene.rpc()
    with pytest.raises(RpcRefused) as raised:
        rpc.ask("eth_noSuchThing")
    assert raised.value.code == -32601
    assert scene.said.failures() == []


def test_a_stale_head(scene: Scene) -> None:
    """An endpoint that falls behind is not used while it does."""
    rpc = scene.rpc(max_lag_blocks=3)
    assert rpc.head().number == 12
    scene.proxy.freeze()
    scene.node.mine(3)
    scene.clock.time += 10
    assert rpc.head().number == 12  # not further behind than it may be
    scene.node.mine(1)
    scene.clock.time += 10
    assert rpc.head().number == 16
    why = "its head 12 is 4 blocks behind 16"
    assert scene.said.has("endpoint not used", endpoint=scene.proxy.url, why=why)
    assert rpc.status() == {scene.proxy.url: why, scene.node.url: "ok"}
    scene.proxy.fault = ""
    scene.clock.time += 10
    assert rpc.head().number == 16
    assert scene.said.has("endpoint used again", endpoint=scene.proxy.url)
    assert set(rpc.status().values()) == {"ok"}


def test_another_chain_id(scene: Scene) -> None:
    """An endpoint of another chain is never used, from its first answer on."""
    rpc = scene.rpc()
    scene.proxy.fault = "other chain"
    assert rpc.ask("eth_blockNumber") == hex(12)
    assert scene.proxy.asked == {"eth_chainId": 1}
    assert scene.said.has("endpoint not used", why=f"its chain id is 1, {CHAIN} is wanted")
    assert rpc.head().number == 12


def test_another_chain_id_later(scene: Scene) -> None:
    """An endpoint that changes its chain is found out by the next check."""
    rpc = scene.rpc()
    assert rpc.head().number == 12
    scene.proxy.fault = "other chain"
    scene.clock.time += 10
    before = scene.proxy.asked["eth_getBlockByNumber"]
    assert rpc.head().number == 12
    assert (
        scene.proxy.asked["eth_getBlockByNumber"] == before + 1
    )  # of the check; the head came from the other
    assert scene.said.has("endpoint not used", why=f"its chain id is 1, {CHAIN} is wanted")


def test_every_endpoint_is_of_another_chain(scene: Scene) -> None:
    """That has an error of its own."""
    rpc = scene.rpc(chain_id=8453)
    with pytest.raises(WrongChainError, match="every endpoint is of another chain than 8453"):
        rpc.head()


def test_another_history(scene: Scene) -> None:
    """Of three endpoints one has other blocks below reorganisations: it is not used."""
    with faulty_proxy(scene.node.url) as third:
        rpc = scene.rpc(scene.proxy.url, third.url, scene.node.url, reorg_depth=8)
        scene.proxy.fault = "other blocks"
        assert rpc.head().number == 12
        told = [words["why"] for _, event, words in scene.said.lines if event == "endpoint not used"]
        assert len(told) == 1
        assert told[0].startswith(f"its block 4 is 0x{'66' * 32}, with most others it is 0x")
        scene.proxy.fault = ""
        scene.clock.time += 10
        rpc.head()
        assert set(rpc.status().values()) == {"ok"}


def test_two_histories_of_two(scene: Scene) -> None:
    """Where one says this and one that, the first of the list is believed, and it is said."""
    rpc = scene.rpc(scene.node.url, scene.proxy.url, reorg_depth=8)
    scene.proxy.fault = "other blocks"
    rpc.check()
    assert rpc.status()[scene.node.url] == "ok"
    assert "with most others" in rpc.status()[scene.proxy.url]


def test_a_node_that_lags_behind_a_block(scene: Scene) -> None:
    """A read at a block that the first endpoint does not have is asked of the next."""
    with anvil() as behind:
        rpc = scene.rpc(behind.url, scene.node.url)
        balance = rpc.ask("eth_getBalance", ["0x" + "01" * 20, hex(12)])
        assert balance == "0x0"
        with pytest.raises(RpcRefused):
            rpc.ask("eth_getBalance", ["0x" + "01" * 20, hex(99)])


def test_transactions_go_to_all(scene: Scene) -> None:
    """A broadcast reaches every endpoint in use, and is taken if one takes it."""
    rpc = scene.rpc()
    with pytest.raises(RpcError):
        scene.rpc("http://127.0.0.1:9").broadcast([b"\x01"])
    told = rpc.broadcast([b"\x01", b"\x02"])
    assert [one.accepted for one in told] == [0, 0]
    assert [len(one.refusals) for one in told] == [2, 2]
    scene.proxy.fault = "503"
    assert [len(one.refusals) for one in rpc.broadcast([b"\x01"])] == [1]
