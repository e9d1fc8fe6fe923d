"""A code that lies at one of its turns, and else says what the true one says."""

import pyrevm
import pytest

from walras.audit.branches import lying
from walras.devtools.evm import DEPLOYER, PLENTY

CALLEE, CALLER = "0x" + "77" * 20, "0x" + "88" * 20
TRUE_CODE = bytes.fromhex("5f5460010180 5f55 5f52 602a602052 60405ff3")
"""Counts its calls in a slot; answers the count, and 42."""
CALLS = 3

Answers = list[tuple[int, int, int]]
"""Whether a call went well, and the two words that were there after."""
TRUTH: Answers = [(1, 1, 42), (1, 2, 42), (1, 3, 42)]


def _asking() -> bytes:
    """Calls the callee, and answers what became of each call."""
    code = b""
    for at in range(0, 96 * CALLS, 96):
        code += bytes.fromhex(f"604061{at + 32:04x}5f5f5f73{CALLEE[2:]}5af161{at:04x}52")
    return code + bytes.fromhex(f"61{96 * CALLS:04x}5ff3")


def _told(code: bytes) -> Answers:
    evm = pyrevm.EVM(gas_limit=2**62, spec_id="CANCUN")
    for at, one in ((CALLER, _asking()), (CALLEE, code), (lying.COPY, TRUE_CODE)):
        evm.insert_account_info(at, pyrevm.AccountInfo(code=one))
    answer = evm.message_call(DEPLOYER, CALLER, b"", gas=PLENTY)
    words = [int.from_bytes(answer[at : at + 32]) for at in range(0, len(answer), 32)]
    return [(words[at], words[at + 1], words[at + 2]) for at in range(0, len(words), 3)]


def test_truth() -> None:
    assert _told(TRUE_CODE) == _told(lying.liar(0, lying.TRUTH)) == TRUTH


@pytest.mark.parametrize("turn", range(CALLS))
def test_failure_from_a_turn_on(turn: int) -> None:
    """Failing undoes that it was called, so it fails on. The count is in its own storage."""
    assert _told(lying.liar(turn, lying.FAILURE)) == TRUTH[:turn] + [(0, 0, 0)] * (CALLS - turn)


@pytest.mark.parametrize("turn", range(CALLS))
def test_silence_at_a_turn(turn: int) -> None:
    found = _told(lying.liar(turn, lying.SILENCE))
    assert found[turn] == (1, 0, 0)
    assert [one for number, one in enumerate(found) if number != turn] == TRUTH[: CALLS - 1]


def test_lies() -> None:
    """Failures; the answer is cut within each word, and has each word at edges."""
    found = [_told(lying.liar(1, lie))[1] for lie in lying.lies(2)]
    assert found[:2] == [(0, 0, 0), (1, 0, 0)]
    edges = [0, 1, 2**64, 2**255 - 1, 2**256 - 1]
    refusals, cut_and_bent = found[2:-12], found[-12:]
    assert refusals
    assert {went for went, _, _ in refusals} == {0}
    assert cut_and_bent[:6] == [(1, 0, 0), *((1, edge, 42) for edge in edges)]
    assert cut_and_bent[6:] == [(1, 2, 0), *((1, 2, edge) for edge in edges)]


def test_telling() -> None:
    """Gas that is burnt tells of words, and that there is such a turn."""

    def gas(turn: int, answer: bytes) -> int:
        evm = pyrevm.EVM(gas_limit=2**62, spec_id="CANCUN")
        for at, one in ((CALLER, _asking()), (CALLEE, lying.liar(turn, answer)), (lying.COPY, TRUE_CODE)):
            evm.insert_account_info(at, pyrevm.AccountInfo(code=one))
        evm.message_call(DEPLOYER, CALLER, b"", gas=PLENTY)
        assert evm.result is not None
        return evm.result.gas_used

    spent = [gas(turn, lying.TELLING) - gas(turn, lying.TRUTH) for turn in range(CALLS + 1)]
    assert [round(one / lying.WORD_GAS) for one in spent] == [3, 3, 3, 0]


def test_calling_back() -> None:
    """The caller is called by each selector before the truth is told: here that counts, as it calls again."""
    selectors = [b"\0\0\0\1", b"\0\0\0\2"]
    assert _told(lying.liar(0, lying.calling_back(selectors))) == [(1, 7, 42), (1, 8, 42), (1, 9, 42)]
