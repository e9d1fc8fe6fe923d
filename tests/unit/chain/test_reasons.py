"""Reasons out of what nodes say: geth's, anvil's and others' forms."""

from typing import Any

import pytest
from eth_abi.abi import encode

from walras.chain.reasons import NO_REASON, Reverted, is_revert, reverted
from walras.reasons import REASONS

REASON = "engine: batch not due"
DATA = "0x08c379a0" + encode(["string"], [REASON]).hex()


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (f"execution reverted: {REASON}", DATA),
        (f"execution reverted: {REASON}", None),
        ("execution reverted", DATA),
        ("VM execution error.", f"Reverted {DATA}"),
        ("execution reverted", {"data": DATA}),
        ("execution reverted", {"message": "x", "result": DATA}),
        (f"execution reverted: revert: {REASON}", None),
        (f"Error: execution reverted: {REASON}", None),
    ],
)
def test_a_reason_of_ours(message: str, data: Any) -> None:
    """With its sentence."""
    found = reverted(message, data)
    assert found == Reverted(REASON)
    assert found.is_ours
    assert found.sentence == REASONS[REASON]
    assert str(found) == f"{REASON} ({REASONS[REASON]})"


@pytest.mark.parametrize(
    ("message", "data", "reason"),
    [
        ("execution reverted", "0x", NO_REASON),
        ("execution reverted", None, NO_REASON),
        ("execution reverted: 0x", None, NO_REASON),
        ("", None, NO_REASON),
        ("execution reverted", "0x4e487b71" + (0x11).to_bytes(32).hex(), "panic 0x11"),
        ("execution reverted", "0xdeadbeef", "unknown revert data 0xdeadbeef"),
        ("execution reverted", "0x08c379a0", "unknown revert data 0x08c379a0"),
        ("execution reverted", DATA[:-64], f"unknown revert data 0x{DATA[2:-64][:136]}"),
        ("out of gas: gas required exceeds: 1", None, "out of gas: gas required exceeds: 1"),
        ("execution reverted: ERC20: too much", None, "ERC20: too much"),
        ("execution reverted: why", "0xzz", "why"),
    ],
)
def test_other_ends(message: str, data: Any, reason: str) -> None:
    """As far as they are known, never an exception."""
    found = reverted(message, data)
    assert found.reason == reason
    assert not found.is_ours
    assert "Not in walras/reasons.py" in found.sentence


def test_what_is_a_revert() -> None:
    """And what is a node that does not answer."""
    for message in ("execution reverted", "VM Exception: revert", "out of gas", "EVM error OutOfGas"):
        assert is_revert(message)
    for message in ("header not found", "rate limited", "nonce too low", "insufficient funds"):
        assert not is_revert(message)
