"""What was deployed: deployments/<ecosystem>-<network>.json, by the schema in deployments/schema.json."""

import json
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import vyper
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from walras.deploy.contracts import artifact, constructor_of, plain
from walras.deploy.executor import Executor, Reader
from walras.deploy.params import Params, params_hash
from walras.deploy.plan import BookOf, Deploy, Next
from walras.deploy.roles import Role
from walras.devtools.compiler import EVM_VERSION, PROJECT_ROOT

FOLDER: Final = PROJECT_ROOT / "deployments"

AddressText = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$", description="With its EIP-55 checksum.")]
HashText = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
Hex = Annotated[str, Field(pattern="^0x([0-9a-f]{2})*$")]


class RecordError(Exception):
    """A record that cannot be read."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Argument(_Model):
    """An argument of a constructor or call. Whole numbers are decimal strings: JSON's own end at 2**53."""

    name: str
    type: str
    value: Any


class Compiler(_Model):
    """With what it was compiled."""

    name: Literal["vyper"]
    version: str
    optimize: str
    evm_version: str
    snekmate: str


class Git(_Model):
    """Of which sources."""

    commit: str
    clean: bool = Field(description="Whether the files were those of the commit.")


class DeployedContract(_Model):
    """A contract of the deployment."""

    contract: str = Field(description="Its source, by name.")
    kind: Literal["contract", "blueprint"]
    address: AddressText
    transaction: HashText
    block: int
    constructor: list[Argument]
    runtime_code_hash: HashText = Field(
        description="keccak256 of the code at the address, immutables included."
    )
    creation_code_hash: HashText = Field(description="keccak256 of the code that the compiler made.")


class Wiring(_Model):
    """A call of the deployment."""

    step: str
    transaction: HashText
    block: int


class DeployedMarket(_Model):
    """A market."""

    number: int
    book: AddressText
    book_code_hash: HashText


class RoleRow(_Model):
    """Who had a role at the end."""

    contract: str
    role: str
    holder: AddressText
    name: str


class Record(_Model):
    """A deployment of Walras."""

    format: Literal["walras-deployment/1"] = "walras-deployment/1"
    ecosystem: str
    network: str
    chain_id: int
    genesis: HashText
    deployer: AddressText
    git: Git
    compiler: Compiler
    params_hash: str
    params: dict[str, Any] = Field(description="As they were given; keys of local publishers left out.")
    contracts: dict[str, DeployedContract]
    markets: dict[str, DeployedMarket]
    wiring: list[Wiring]
    roles: list[RoleRow]


def record_path(params: Params, folder: Path = FOLDER) -> Path:
    """Of a network."""
    return folder / f"{params.network.ecosystem}-{params.network.network}.json"


def journal_path(params: Params, folder: Path = FOLDER) -> Path:
    """Beside it."""
    return record_path(params, folder).with_suffix(".journal.jsonl")


def make_record(executor: Executor, roles: list[Role]) -> Record:
    """Of a deployment whose steps are done."""
    params, plan, chain, done = executor.params, executor.plan, executor.chain, executor.journal.done()
    begin = executor.journal.begin or {}
    contracts = {}
    for step in plan.deployments():
        entry = done[step.name]
        code = executor.until(lambda at=entry["address"]: executor.patiently(lambda: chain.code(at)))  # type: ignore[misc]
        contracts[step.name] = DeployedContract(
            contract=step.contract,
            kind="blueprint" if step.blueprint else "contract",
            address=entry["address"],
            transaction=entry["hash"],
            block=entry["block"],
            constructor=[] if step.blueprint else _arguments(executor, step),
            runtime_code_hash=code_hash(code),
            creation_code_hash=code_hash(artifact(step.contract).creation),
        )
    markets = {name: _market(executor, number) for name, number in plan.markets.items()}
    secret = {"oracle": {"signed_reports": {"__all__": {"keys"}}}}
    return Record(
        ecosystem=params.network.ecosystem,
        network=params.network.network,
        chain_id=params.network.chain_id,
        genesis=begin["genesis"],
        deployer=begin["deployer"],
        git=git_state(),
        compiler=Compiler(
            name="vyper",
            version=vyper.__long_version__,
            optimize="gas",
            evm_version=EVM_VERSION,
            snekmate=version("snekmate"),
        ),
        params_hash=params_hash(params),
        params=params.model_dump(mode="json", exclude=secret),
        contracts=contracts,
        markets=markets,
        wiring=[
            Wiring(step=name, transaction=entry["hash"], block=entry["block"])
            for name, entry in done.items()
            if not entry.get("address") and entry.get("hash")  # else somebody else has done it
        ],
        roles=[
            RoleRow(contract=one.contract, role=one.role, holder=one.holder, name=one.name) for one in roles
        ],
    )


def write_record(record: Record, path: Path) -> None:
    """In one move: there is a whole file, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(record.model_dump(mode="json"), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)


def read_record(path: Path) -> Record:
    """Raises RecordError that names the file and what is wrong."""
    try:
        return Record.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordError(
            f"{path}: {error.strerror}: `ape run deploy` writes it; --deployment names another one"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise RecordError(f"{path}: {'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error


def schema() -> str:
    """The JSON schema, as it is published."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Record.model_json_schema()}
    return json.dumps(made, indent=2) + "\n"


def git_state(root: Path = PROJECT_ROOT) -> Git:
    """Of the tree that is deployed."""

    def git(*words: str) -> str:
        found = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
        return found.stdout.strip() if found.returncode == 0 else ""

    sources = ("contracts", "interfaces", "tests/contracts")
    return Git(
        commit=git("rev-parse", "HEAD") or "unknown", clean=not git("status", "--porcelain", "--", *sources)
    )


def _market(reader: Reader, number: int) -> DeployedMarket:
    book = str(to_checksum_address(reader.resolve(BookOf(number))))
    return DeployedMarket(number=number, book=book, book_code_hash=code_hash(reader.chain.code(book)))


def _arguments(executor: Executor, step: Deploy) -> list[Argument]:
    values = list(step.args)
    if Next() in values:
        index = executor.plan.steps.index(step)
        values[values.index(Next())] = executor.addresses[executor.plan.steps[index + 1].name]
    return [
        Argument(name=entry["name"], type=entry["type"], value=_text(plain(executor.resolve(value))))
        for entry, value in zip(constructor_of(step.contract), values, strict=True)
    ]


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def code_hash(code: bytes) -> str:
    """keccak256."""
    return "0x" + keccak(code).hex()


if __name__ == "__main__":
    (FOLDER / "schema.json").write_text(schema())
