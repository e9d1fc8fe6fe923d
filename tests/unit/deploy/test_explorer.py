"""Sources go to an explorer: by ape-etherscan to one on this machine, and what an explorer may answer."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support.deploying import FakeClock
from tests.support.nodes import anvil_node
from walras.deploy.explorer import KEY, ExplorerError, client_of, submit
from walras.deploy.record import Record, write_record
from walras.deploy.verify import constructor_data, standard_json
from walras.devtools.compiler import PROJECT_ROOT

CHAIN_ID: Final = 42_161
"""Of Arbitrum, the first network that ape-etherscan lists: for others it asks for a list of chains first."""
KEPT: Final = ("Timelock", "Treasury")


@pytest.fixture(scope="module")
def record(uninterrupted: Record) -> Record:
    """Of two contracts on Arbitrum, as far as an explorer asks."""
    contracts = {name: uninterrupted.contracts[name] for name in KEPT}
    return uninterrupted.model_copy(update={"chain_id": CHAIN_ID, "contracts": contracts, "markets": {}})


# ---------------------------------------------------------------- what an explorer may answer


class Scripted:
    """A client that answers what it is told to."""

    def __init__(self, receipts: dict[str, str], statuses: dict[str, list[str]]) -> None:
        self.receipts, self.statuses = receipts, statuses
        self.submitted: dict[str, dict[str, Any]] = {}

    def __call__(self, address: str) -> "ScriptedClient":
        return ScriptedClient(self, address)


class ScriptedClient:
    """Of one address."""

    def __init__(self, of: Scripted, address: str) -> None:
        self.of, self.address = of, address

    def verify_source_code(self, standard_json_output: Any, compiler_version: str, **terms: Any) -> str:
        """A receipt, or what the plugin raises."""
        self.of.submitted[self.address] = {
            "input": standard_json_output,
            "compiler": compiler_version,
        } | terms
        answer = self.of.receipts.get(self.address, f"receipt {self.address}")
        if answer.startswith("!"):
            raise ValueError(answer[1:])
        return answer

    def check_verify_status(self, guid: str) -> str:
        """The next status."""
        statuses = self.of.statuses.get(guid, ["Pass - Verified"])
        answer = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        if answer.startswith("!"):
            raise ValueError(answer[1:])
        return answer


@pytest.mark.parametrize(
    ("receipt", "statuses", "why"),
    [
        ("r", ["Pass - Verified"], None),
        ("r", ["Pending in queue", "!HTTP 502", "In progress", "Pass - Verified"], None),
        ("r", ["Already Verified"], None),
        ("!Contract source code already verified", [], None),
        ("!Missing/Invalid API Key", [], "Missing/Invalid API Key"),
        ("r", ["Fail - Unable to verify"], "Fail - Unable to verify"),
        ("r", ["Pending in queue"], "after 300 s: Pending in queue"),
        ("r", ["!HTTP 502"], "after 300 s: pending: HTTP 502"),
    ],
)
def test_answers(
    record: Record, receipt: str, statuses: list[str], why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("walras.deploy.explorer.standard_json", lambda contract: {"of": contract})
    at, said = record.contracts["Timelock"].address, []
    explorer = Scripted({at: receipt}, {receipt: list(statuses)})
    failed = submit(record, explorer, said.append, FakeClock().clock)
    assert failed == ({"Timelock": why} if why else {})
    assert any(line.endswith(": Timelock") for line in said if line.startswith("verified")) == (why is None)
    assert "verified: Treasury" in said
    given = explorer.submitted[at]
    assert given["input"] == {"of": "Timelock"}
    assert (given["compiler"], given["contract_name"]) == ("0.4.3", "contracts/Timelock.vy:Timelock")
    assert given["constructor_arguments"] == constructor_data(record.contracts["Timelock"]).hex()


class Network:
    """As Ape has it, with an explorer or without."""

    class ecosystem:  # noqa: N801 (what Ape calls it)
        """Of some name."""

        name = "base"

    name = "sepolia"
    explorer: Any = None


def test_without_plugin_or_key(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network()
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(ExplorerError, match="ETHERSCAN_API_KEY is not set"):
        client_of(network)
    monkeypatch.setenv(KEY, "k")
    with pytest.raises(ExplorerError, match=r"no explorer of base:sepolia.*ape plugins install etherscan"):
        client_of(network)
    network.explorer = type("Etherscan", (), {"_client_factory": type("F", (), {"get_contract_client": len})})
    assert client_of(network) is len


def test_explorer_that_cannot_be_found() -> None:
    class Unreached(Network):
        @property
        def explorer(self) -> Any:
            raise requests.ConnectionError("no api.etherscan.io")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, "k")
        with pytest.raises(ExplorerError, match=r"of base:sepolia cannot be found: no api\.etherscan\.io"):
            client_of(Unreached())


# ---------------------------------------------------------------- the command, over HTTP


@contextmanager
def explorer_of_etherscans_kind() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Takes what is submitted, has it pending at first, and verified then. Its address, what it was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({key: values[0] for key, values in parse_qs(body).items()})

        def do_GET(self) -> None:
            self._answer({key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()})

        def _answer(self, words: dict[str, str]) -> None:
            before = [one for one in asked if one.get("guid") == words.get("guid")]
            asked.append(words)
            told = {"status": "1", "message": "OK", "result": "Pass - Verified"}
            if words.get("apikey") != "secret":
                told = {"status": "0", "message": "NOTOK", "result": "Missing/Invalid API Key"}
            elif words["action"] == "verifysourcecode":
                told["result"] = f"receipt-{words['contractaddress']}"
            elif not before:
                told = {"status": "0", "message": "NOTOK", "result": "Pending in queue"}
            raw = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """A chain of the network's number, for Ape to connect to."""
    with anvil_node("--chain-id", str(CHAIN_ID)) as url:
        yield url


def verify(node: str, path: Path, folder: Path, uri: str, *words: str, **environment: str) -> tuple[int, str]:
    """The command, with the explorer's address in Ape's configuration."""
    folder.mkdir(exist_ok=True)
    at = {"mainnet": {"uri": uri, "api_uri": f"{uri}/api"}, "rate_limit": 100}
    (folder / "ape-config.yaml").write_text(json.dumps({"etherscan": {"arbitrum": at}}))
    told = os.environ | {"APE_DATA_FOLDER": str(folder)} | environment
    command = [
        "ape",
        "run",
        "verify",
        "--network",
        f"arbitrum:mainnet:{node}",
        "--deployment",
        str(path),
        *words,
    ]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=told, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_submits(record: Record, node: str, tmp_path: Path) -> None:
    pytest.importorskip("ape_etherscan", reason="ape-etherscan is not installed")
    path = tmp_path / "arbitrum-mainnet.json"
    write_record(record, path)
    with explorer_of_etherscans_kind() as (uri, asked):
        code, said = verify(node, path, tmp_path / "ape", uri, **{KEY: "secret"})
        assert code == 0, said
        assert [line for line in said.splitlines() if line.startswith(("submitted", "verified"))] == [
            "submitted: Timelock", "submitted: Treasury", "verified: Timelock", "verified: Treasury",
        ]  # fmt: skip
        sent = [one for one in asked if one["action"] == "verifysourcecode"]
        assert [one["contractaddress"] for one in sent] == [record.contracts[name].address for name in KEPT]
        for name, one in zip(KEPT, sent, strict=True):
            assert json.loads(one["sourceCode"]) == json.loads(json.dumps(standard_json(name)))
            assert (one["codeformat"], one["compilerversion"]) == ("vyper-json", "vyper:0.4.3")
            assert (one["contractname"], one["evmversion"]) == (f"contracts/{name}.vy:{name}", "cancun")
            assert one["constructorArguements"] == constructor_data(record.contracts[name]).hex()
            assert one["licenseType"] == "13"
        code, said = verify(node, path, tmp_path / "ape", uri, **{KEY: "wrong"})
    assert code == 1
    assert "not verified: Timelock: " in said
    assert "Missing/Invalid API Key" in said
    assert "Error: 2 are left: run it again, or by hand: " in said


def test_the_command_tells_what_to_do_without_a_key(record: Record, node: str, tmp_path: Path) -> None:
    path = tmp_path / "arbitrum-mainnet.json"
    write_record(record, path)
    code, said = verify(node, path, tmp_path / "ape", "http://127.0.0.1:9", **{KEY: ""})
    assert code == 1
    assert f"Error: {KEY} is not set" in said
    assert "by-hand.txt" in said
    folder = tmp_path / "standard-json" / "arbitrum-mainnet"
    assert "Vyper (Standard-Json-Input)" in (folder / "by-hand.txt").read_text()
    assert set(json.loads((folder / "contracts.json").read_text())) == set(KEPT)
    write_record(record.model_copy(update={"chain_id": 8_453}), path)
    code, said = verify(node, path, tmp_path / "ape", "http://127.0.0.1:9", **{KEY: "secret"})
    assert code == 1
    assert f"is of chain 8453, this is chain {CHAIN_ID}" in said
