"""Keys that sign: a private key as hex, or a keyfile with its passphrase. None is ever written or logged."""

import json
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account
from eth_account.signers.local import LocalAccount


class KeyFault(Exception):  # noqa: N818 (an error of whoever configured it)
    """No key can be made of what was given; its str says where it was looked for, and never shows it."""


class Signer(Protocol):
    """Who signs: a LocalAccount of eth_account, or a remote one that does the same."""

    @property
    def address(self) -> str:
        """Checksummed."""

    def sign_transaction(self, transaction_dict: dict[str, Any]) -> Any:
        """Something with `hash` and `raw_transaction`, of a transaction of type 2."""


def from_hex(text: str, where: str = "the key") -> LocalAccount:
    """Of 32 bytes in hex; `where` names the setting that it is from. Raises KeyFault."""
    try:
        made: LocalAccount = Account.from_key(text.strip())
    except Exception:  # noqa: BLE001 (eth_keys raises many, some of which show the key)
        raise KeyFault(f"{where} is no private key: 32 bytes in hex are wanted") from None
    return made


def from_keyfile(path: Path, passphrase: str, where: str = "the passphrase") -> LocalAccount:
    """Of a keyfile, web3 secret storage in JSON. Raises KeyFault."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeyFault(f"{path}: {error.strerror}") from None
    except ValueError:
        raise KeyFault(f"{path} is no keyfile: JSON of web3 secret storage is wanted") from None
    try:
        return from_hex(Account.decrypt(stored, passphrase.rstrip("\n")).to_0x_hex(), str(path))
    except (ValueError, KeyError, TypeError):
        raise KeyFault(f"{path} cannot be opened: {where} is not its passphrase, or it is damaged") from None
