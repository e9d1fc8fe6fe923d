"""The EVM of the tests says what is there."""

import pyrevm
import pytest

from walras.devtools.evm import Evm


@pytest.mark.parametrize("size", [0, 1, 32, 33, 34, 100])
def test_code_ends_where_it_ends(size: int) -> None:
    """Also one that ends in zeros, as immutables may; whether it was deployed or put there."""
    evm, code = Evm(), bytes([0x00, *bytes(size)])
    there = evm.create(bytes([0x60, len(code), 0x5F, 0xF3]))  # PUSH1 length, PUSH0, RETURN
    assert evm.code(there) == code
    evm._evm.insert_account_info(there, pyrevm.AccountInfo(code=code))  # type: ignore[call-arg]
    assert evm.code(there) == code
    assert evm.code("0x" + "77" * 20) == b""
