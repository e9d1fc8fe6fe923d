"""Endpoints that are told what to answer: what no real node is brought to say."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest

from tests.support.anvils import CHAIN
from tests.support.sending import Said
from walras.chain.endpoint import Endpoint, EndpointError, Question, RpcRefused
from walras.chain.rpc import LONGEST_BENCH_S, Rpc, RpcError

Answers = Callable[[str, list[Any]], Any]
BLOCK: Final = {"number": "0x1", "hash": "0xaa", "parentHash": "0xbb", "timestamp": "0x1"}


class Told:
    """An endpoint whose answers a test gives."""

    def __init__(self, name: str, answers: Answers) -> None:
        self.name, self.answers = name, answers

    def ask(self, questions: Sequence[Question]) -> list[Any]:
        return [
            hex(CHAIN) if method == "eth_chainId" else self.answers(method, params)
            for method, params in questions
        ]


def rpc_of(*endpoints: Answers) -> tuple[Rpc, Said]:
    said = Said()
    made = Rpc(["http://localhost:1"] * len(endpoints), CHAIN, log=said, check_s=10**9)
    made._checked_at = made._clock()
    for place, (state, answers) in enumerate(zip(made._states, endpoints, strict=True)):
        state.endpoint = Told(f"{place}", answers)  # type: ignore[assignment]
    return made, said


def endpoint_of(monkeypatch: pytest.MonkeyPatch, answer: Callable[[list[Any]], Any]) -> Endpoint:
    """One whose whole answers a test gives, of the questions with their ids."""
    made = Endpoint("http://localhost:1", 1.0)

    def post(body: bytes, count: int) -> Any:
        asked = json.loads(body)
        return answer(asked if isinstance(asked, list) else [asked])

    monkeypatch.setattr(made, "_post", post)
    return made


def test_an_endpoint_may_be_dead_for_ever() -> None:
    def dead(method: str, params: list[Any]) -> Any:
        raise EndpointError("no answer")

    rpc, said = rpc_of(dead)
    for _ in range(1_100):
        with pytest.raises(RpcError, match="no endpoint answers"):
            rpc.ask("eth_blockNumber")
    assert said.lines[-1][2]["seconds"] == LONGEST_BENCH_S


@pytest.mark.parametrize(
    "message",
    [
        "header not found",
        "header for hash not found",
        "block range extends beyond current head block",
        "requested block is in the future",
    ],
)
def test_what_a_node_does_not_have_another_one_is_asked(message: str) -> None:
    def behind(method: str, params: list[Any]) -> Any:
        return RpcRefused(-32_000, message)

    rpc, _ = rpc_of(behind, lambda method, params: "0x7")
    assert rpc.ask("eth_call", [{}, "0x1"]) == "0x7"
    rpc, _ = rpc_of(behind, behind)
    with pytest.raises(RpcRefused, match=message):
        rpc.ask("eth_call", [{}, "0x1"])


def test_a_revert_is_no_lag() -> None:
    asked = []

    def reverts(method: str, params: list[Any]) -> Any:
        asked.append(method)
        return RpcRefused(3, "execution reverted: reports: future")

    rpc, _ = rpc_of(reverts, reverts)
    with pytest.raises(RpcRefused):
        rpc.ask("eth_call", [{}, "0x1"])
    assert len(asked) == 1


def test_a_block_that_a_node_does_not_have_another_one_is_asked_for() -> None:
    rpc, _ = rpc_of(lambda method, params: None, lambda method, params: BLOCK)
    assert rpc.head("0x1").hash == "0xaa"
    assert rpc.ask("eth_getTransactionReceipt", ["0x1"]) is None
    rpc, _ = rpc_of(lambda method, params: None)
    with pytest.raises(LookupError):
        rpc.head("0x1")


@pytest.mark.parametrize("id", [[1], {"id": 1}, None, "0"])
def test_an_id_that_is_none_is_no_answer(monkeypatch: pytest.MonkeyPatch, id: Any) -> None:
    made = endpoint_of(monkeypatch, lambda asked: [{"id": id, "result": "0x1"} for _ in asked])
    with pytest.raises(EndpointError, match="no answer with the id of the question"):
        made.ask([("eth_blockNumber", []), ("eth_chainId", [])])


def test_logs_that_are_too_many_do_not_shorten_later_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node may refuse a batch as a whole for one of its questions."""
    error = {"code": -32_005, "message": "query returned more than 10000 results"}
    asked: list[int] = []

    def answer(questions: list[Any]) -> Any:
        asked.append(len(questions))
        if questions[0]["method"] == "eth_getLogs":
            return {"id": questions[0]["id"], "error": error}
        return [{"id": one["id"], "result": "0x1"} for one in questions]

    made = endpoint_of(monkeypatch, answer)
    logs, block = made.ask([("eth_getLogs", [{}]), ("eth_getBlockByNumber", ["0x1", False])])
    assert isinstance(logs, RpcRefused)
    assert block == "0x1"
    assert made.ask([("eth_blockNumber", [])] * 5) == ["0x1"] * 5
    assert asked == [2, 1, 1, 5]
