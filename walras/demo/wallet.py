"""Keys that send: transactions signed in C, nonces kept here: nobody else may send with them."""

from dataclasses import dataclass, field
from typing import Final

import rlp
from coincurve import PrivateKey
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

_TYPE: Final = b"\x02"


@dataclass(slots=True)
class Wallet:
    """An account with its next nonce."""

    account: LocalAccount
    nonce: int = 0
    _key: PrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._key = PrivateKey(bytes(self.account.key))

    @property
    def address(self) -> str:
        """With its checksum."""
        return str(self.account.address)

    def sign(self, chain_id: int, to: str, data: bytes, gas: int, max_fee: int) -> str:
        """The raw transaction, as hexadecimal; it pays `max_fee` wei a gas, base fee and all."""
        body = [chain_id, self.nonce, max_fee, max_fee, gas, bytes.fromhex(to[2:]), 0, data, []]
        signature = self._key.sign_recoverable(keccak(_TYPE + rlp.encode(body)), hasher=None)
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
        self.nonce += 1
        raw: bytes = _TYPE + rlp.encode([*body, signature[64], r, s])
        return "0x" + raw.hex()
