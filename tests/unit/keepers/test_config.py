"""A configuration: what it takes, and how it says what is wrong."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from eth_account import Account

from walras.devtools.compiler import PROJECT_ROOT
from walras.keepers.config import AccountConfig, Config, ConfigError, load_config
from walras.keepers.keys import load_account

KEY: Final = "0x" + "11" * 32
LEAST: Final[dict[str, Any]] = {
    "chain": {"rpc": ["http://127.0.0.1:1"], "deployment": "deployments/x.json"},
    "state": "state",
    "accounts": {"main": {"env": "KEY"}},
    "keepers": [{"kind": "auctions", "account": "main"}],
}


def load(folder: Path, content: dict[str, Any]) -> Config:
    path = folder / "keepers.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_config(path)


def changed(place: str, value: Any) -> dict[str, Any]:
    """The least configuration with something else at a place."""
    made: dict[str, Any] = yaml.safe_load(yaml.safe_dump(LEAST))
    node: Any = made
    *way, last = place.split(".")
    for part in way:
        node = node[int(part)] if part.isdigit() else node.setdefault(part, {})
    node[last] = value
    return made


@pytest.mark.parametrize("name", ["keepers/local.yaml", "keepers/example.yaml"])
def test_the_examples_load(name: str) -> None:
    config = load_config(PROJECT_ROOT / "params" / name)
    assert {one.kind for one in config.keepers} == {
        "auctions", "prices", "liquidator", "nominator", "triggers", "sweeper", "settler", "caretaker",
    }  # fmt: skip


def test_the_example_is_of_what_base_sepolia_deploys() -> None:
    """Its routers listen to Pyth alone: without Hermes, or with publishers, nothing would bring a price."""
    params = yaml.safe_load((PROJECT_ROOT / "params" / "base-sepolia.yaml").read_text())
    kinds = {one["kind"] for market in params["markets"].values() for one in market["oracle"]["sources"]}
    config = load_config(PROJECT_ROOT / "params" / "keepers" / "example.yaml")
    assert kinds == {"pyth"}
    assert config.reports.hermes
    assert (config.publishers, config.reports.urls) == ([], [])


def test_the_least_is_enough(tmp_path: Path) -> None:
    config = load(tmp_path, LEAST)
    assert config.web
    assert (config.web.port, config.keepers[0].min_profit_wei, config.token_wei) == (9_400, None, 0)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("chain.poll_s", 0, "chain.poll_s: Input should be greater than 0"),
        ("chain.rpc", [], "chain.rpc: List should have at least 1 item"),
        ("accounts.main.max_fee_wei", 1_000_000, "max_fee_wei has to be above priority_fee_wei"),
        ("keepers.0.kind", "auctioneer", "keepers.0: Input tag 'auctioneer'"),
        ("keepers.0.every_block", 1, "keepers.0.every_block: Extra inputs are not permitted"),
        ("keepers.0.account", "other", "keepers.0.account: there is no account 'other'"),
        ("keepers", [], "keepers: neither keepers nor publishers are given"),
        ("accounts.main", {"env": "A", "key": KEY}, "accounts.main: one of env, file, keyfile and key"),
        (
            "accounts.main",
            {"keyfile": "a"},
            "accounts.main: a keyfile needs passphrase_env or passphrase_file",
        ),
        ("accounts.main.max_fee_wei", -1, "accounts.main.max_fee_wei: Input should be greater than"),
        ("venues", {"replay": {"kind": "replay", "folder": "x"}}, "venues.replay.tape: Field required"),
        ("token_wei", {"market": 3}, "token_wei.market: Input should be a valid string"),
        ("web.port", 70_000, "web.port: Input should be less than or equal to 65535"),
        (
            "publishers",
            [{"name": "p", "account": "main", "reports": "r", "venues": ["v"]}],
            "publishers.0.venues: there is no venue 'v'",
        ),
        (
            "keepers",
            [{"kind": "auctions", "account": "main"}] * 2,
            "keepers: two are called 'auctions'; give each a name of its own",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, place: str, value: Any, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, changed(place, value))
    assert any(
        line.startswith(f"{tmp_path}/keepers.yaml") and told in line
        for line in str(caught.value).splitlines()
    )


def test_the_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "keepers.yaml"
    path.write_text(
        "process: x\nchain: {rpc: [a], deployment: b}\nstate: s\nweb:\n  port: x\naccounts: {m: {env: E}}\n"
    )
    with pytest.raises(ConfigError, match=r"keepers.yaml:5: web.port: "):
        load_config(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "a mapping is expected"),
        ("a: [", "keepers.yaml:"),
        ("state: a\nstate: b\n", "key 'state' is given twice"),
        ("1: a", "whose keys are names"),
        ("a: 1\nrpc: [{{ RPC }}]", "keepers.yaml:2: a key is a word"),
        ("a: \x00", "keepers.yaml: it is no YAML"),
    ],
)
def test_what_is_no_configuration_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "keepers.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        load_config(path)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "keepers.yaml"
    path.write_bytes(b"state: \xff")
    with pytest.raises(ConfigError, match=r"keepers.yaml: it is no UTF-8"):
        load_config(path)


def test_a_variable_that_is_no_json_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALRAS_KEEPER_KEEPERS", "auctions")
    with pytest.raises(ConfigError, match=r"WALRAS_KEEPER_.*keepers.*JSON"):
        load(tmp_path, LEAST)


def test_endpoints_that_are_none_are_not_repeated(tmp_path: Path) -> None:
    for place in ("chain.rpc", "reports.urls"):
        for url in ("wss://node/secret", "node/secret", "http://[secret"):
            with pytest.raises(ConfigError, match="a URL of http or https is wanted") as caught:
                load(tmp_path, changed(place, [url]))
            assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing.yaml: No such file"):
        load_config(tmp_path / "nothing.yaml")


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALRAS_KEEPER_WEB__PORT", "9500")
    monkeypatch.setenv("WALRAS_KEEPER_CHAIN__RPC", '["http://elsewhere"]')
    config = load(tmp_path, changed("web.host", "0.0.0.0"))
    assert config.web
    assert (config.web.host, config.web.port) == ("0.0.0.0", 9_500)
    assert config.chain.rpc == ["http://elsewhere"]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    config = load(tmp_path, {**changed("accounts.main", {"key": KEY}), "alerts": {"urls": ["json://secret"]}})
    assert "11" * 32 not in repr(config)
    assert "json://secret" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, changed("accounts.main", {"key": KEY, "env": "A", "max_fee_wei": "much"}))
    assert "11" * 32 not in str(caught.value)


# ---------------------------------------------------------------- keys


def test_keys_come_from_where_they_are_said_to_be(tmp_path: Path) -> None:
    address = Account.from_key(KEY).address
    file, keyfile, phrase = tmp_path / "key", tmp_path / "key.json", tmp_path / "phrase"
    file.write_text(KEY + "\n")
    keyfile.write_text(json.dumps(Account.encrypt(KEY, "open", iterations=2)))
    phrase.write_text("open\n")
    for one in (file, keyfile, phrase):
        one.chmod(0o600)
    for config in (
        AccountConfig(env="THE_KEY"),
        AccountConfig(file=file),
        AccountConfig(keyfile=keyfile, passphrase_file=phrase),
        AccountConfig(keyfile=keyfile, passphrase_env="PHRASE"),
    ):
        found = load_account("main", config, 1, {"THE_KEY": KEY, "PHRASE": "open"})
        assert found.address == address


def test_what_is_wrong_with_a_key_is_told_without_showing_it(tmp_path: Path) -> None:
    open_file, bad = tmp_path / "open", tmp_path / "bad"
    open_file.write_text(KEY)
    open_file.chmod(0o644)
    bad.write_text("0x1234abcdhidden")
    bad.chmod(0o600)
    for config, told in (
        (AccountConfig(env="NOT_SET"), "accounts.main.env: the variable NOT_SET is not set"),
        (AccountConfig(file=open_file), "may be read by others than its owner: chmod 600"),
        (AccountConfig(file=tmp_path / "none"), "No such file"),
        (AccountConfig(file=bad), "32 bytes in hex"),
        (AccountConfig(keyfile=bad, passphrase_env="P"), "accounts.main.keyfile"),
        (AccountConfig(key=KEY), "a key in the file is for local chains alone, and this is chain 1"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ConfigError) as caught:
            load_account("main", config, 1, {"P": "x"})
        assert told in str(caught.value)
        assert "hidden" not in str(caught.value)
        assert "11" * 32 not in str(caught.value)
    local = AccountConfig(key=KEY)  # type: ignore[arg-type]
    assert load_account("main", local, 31_337, {}).address == Account.from_key(KEY).address
