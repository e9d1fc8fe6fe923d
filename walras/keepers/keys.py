"""Private keys: found where the configuration says, never shown."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount

from walras.chain.keys import KeyFault, from_hex, from_keyfile
from walras.deploy.params import LOCAL_CHAINS
from walras.keepers.config import AccountConfig, ConfigError

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def load_account(
    name: str, config: AccountConfig, chain_id: int, environment: Mapping[str, str] = os.environ
) -> LocalAccount:
    """An account by its name in the configuration; raises ConfigError that says where it looked."""
    where = f"accounts.{name}"
    if config.key is not None:
        if chain_id not in LOCAL_CHAINS:
            raise ConfigError(
                f"{where}.key: a key in the file is for local chains alone, and this is chain {chain_id}: "
                "use env, file or keyfile"
            )
        return _account(f"{where}.key", config.key.get_secret_value())
    if config.env:
        return _account(f"{where}.env: {config.env}", _variable(f"{where}.env", config.env, environment))
    if config.file:
        return _account(f"{where}.file: {config.file}", _secret(f"{where}.file", config.file))
    if config.keyfile is None:
        raise ConfigError(f"{where}: one of env, file, keyfile and key says where the key is")
    if config.passphrase_env:
        phrase = _variable(f"{where}.passphrase_env", config.passphrase_env, environment)
    elif config.passphrase_file:
        phrase = _secret(f"{where}.passphrase_file", config.passphrase_file)
    else:
        raise ConfigError(f"{where}: a keyfile needs passphrase_env or passphrase_file")
    _check_private(f"{where}.keyfile", config.keyfile)
    try:
        return from_keyfile(config.keyfile, phrase, f"{where}'s passphrase")
    except KeyFault as error:
        raise ConfigError(f"{where}.keyfile: {error}") from None


def _variable(where: str, name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise ConfigError(f"{where}: the variable {name} is not set")
    return environment[name]


def _secret(where: str, path: Path) -> str:
    _check_private(where, path)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: {path}: {error}") from error


def _check_private(where: str, path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"{where}: {path}: {error.strerror}") from error
    if mode & OTHERS:
        raise ConfigError(f"{where}: {path} may be read by others than its owner: chmod 600 {path}")


def _account(where: str, text: str) -> LocalAccount:
    try:
        return from_hex(text, where)
    except KeyFault as error:
        raise ConfigError(str(error)) from None
