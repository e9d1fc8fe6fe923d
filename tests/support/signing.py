"""Signatures of account owners, made off-chain by eth_account after the types that wallets show."""

from dataclasses import asdict
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from tests.support.engine import EnginePair
from walras.model.book import NewOrder

SIGNER: Final[LocalAccount] = Account.from_key(b"\x11" * 32)
ANOTHER: Final[LocalAccount] = Account.from_key(b"\x22" * 32)
_TIMES: Final = [{"name": "nonce", "type": "uint256"}, {"name": "deadline", "type": "uint256"}]
TYPES: Final = {
    "NewOrder": [
        {"name": "is_ask", "type": "bool"},
        {"name": "tick", "type": "uint256"},
        {"name": "lots", "type": "uint256"},
        {"name": "batch_only", "type": "bool"},
        {"name": "post_only", "type": "bool"},
        {"name": "reduce_only", "type": "bool"},
        {"name": "expiry", "type": "uint256"},
        {"name": "client_id", "type": "uint256"},
    ],
    "Place": [
        {"name": "account", "type": "uint256"},
        {"name": "market", "type": "uint256"},
        {"name": "order", "type": "NewOrder"},
        *_TIMES,
    ],
    "Cancel": [
        {"name": "account", "type": "uint256"},
        {"name": "market", "type": "uint256"},
        {"name": "order_id", "type": "uint256"},
        {"name": "lots", "type": "uint256"},
        *_TIMES,
    ],
    "Grant": [
        {"name": "account", "type": "uint256"},
        {"name": "operator", "type": "address"},
        {"name": "permissions", "type": "uint256"},
        {"name": "actions", "type": "uint256"},
        {"name": "expiry", "type": "uint256"},
        *_TIMES,
    ],
}
CHAIN: Final = 1


def domain(engine: str, **changes: Any) -> dict[str, Any]:
    """Of an engine on this chain."""
    return {
        "name": "Walras PerpEngine",
        "version": "1",
        "chainId": CHAIN,
        "verifyingContract": engine,
        **changes,
    }


def sign(
    kind: str, message: dict[str, Any], in_domain: dict[str, Any], signer: LocalAccount = SIGNER
) -> bytes:
    """Signature of 65 bytes of a Place, Cancel or Grant."""
    plain = {name: asdict(one) if isinstance(one, NewOrder) else one for name, one in message.items()}
    types = {name: TYPES[name] for name in ({kind} | ({"NewOrder"} if kind == "Place" else set()))}
    signed = signer.sign_message(encode_typed_data(in_domain, types, plain))
    return bytes(signed.signature)


def fund_signer(pair: EnginePair, amount: int, signer: LocalAccount = SIGNER, sub: int = 0) -> int:
    """A signer's account with collateral."""
    owner = signer.address.lower()
    pair.mint(owner, amount)
    account = int(owner, 16) << 8 | sub
    pair.deposit(owner, account, amount)
    return account
