"""Keys: hex and keyfiles; what is wrong is said, and never shown."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from tests.support.anvils import KEY
from walras.chain.keys import KeyFault, from_hex, from_keyfile

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.fixture(scope="module")
def keyfile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key.json"
    path.write_text(json.dumps(Account.encrypt(KEY, "open sesame", kdf="pbkdf2", iterations=1_000)))
    return path


def test_from_hex() -> None:
    """With 0x or without, and with the newline of a file."""
    assert from_hex(KEY).address == from_hex(KEY[2:] + "\n").address == ADDRESS


@pytest.mark.parametrize("text", ["", "0x12", "zz" * 32, "00" * 32, "ff" * 32, KEY + "00"])
def test_no_key(text: str) -> None:
    """The setting is named, the text is not shown."""
    with pytest.raises(KeyFault, match="WALRAS_KEY is no private key") as raised:
        from_hex(text, "WALRAS_KEY")
    assert len(text) < 8 or text not in str(raised.value)
    assert raised.value.__cause__ is None


def test_from_keyfile(keyfile: Path) -> None:
    """A passphrase out of a file ends with a newline."""
    assert from_keyfile(keyfile, "open sesame\n").address == ADDRESS


def test_bad_keyfiles(keyfile: Path, tmp_path: Path) -> None:
    """What is wrong, and where."""
    with pytest.raises(KeyFault, match=r"key\.json cannot be opened: PHRASE is not its passphrase") as raised:
        from_keyfile(keyfile, "open barley", "PHRASE")
    assert "barley" not in str(raised.value)
    with pytest.raises(KeyFault, match=r"none\.json: No such file"):
        from_keyfile(tmp_path / "none.json", "")
    for text in ("not JSON", "[]", "{}"):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(KeyFault, match=r"bad\.json"):
            from_keyfile(tmp_path / "bad.json", "")
