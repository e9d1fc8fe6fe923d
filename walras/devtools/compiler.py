"""The one place that compiles a contract of the project.

The result is kept on disk under `.cache/vyper`, keyed by everything that can change it, so that test
workers, benchmarks and lints share one compilation. Files are put in place by an atomic rename: any
number of processes may compile the same contract at once.
"""

import hashlib
import json
import os
import sysconfig
import tempfile
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import vyper
from vyper.compiler import outputs_from_compiler_data
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import OptimizationLevel, Settings
from vyper.warnings import ContractSizeLimit

PROJECT_ROOT: Final = Path(__file__).resolve().parents[2]
EVM_VERSION: Final = "cancun"

_CACHE: Final = PROJECT_ROOT / ".cache" / "vyper"
_OUTPUTS: Final = (
    "abi",
    "bytecode",
    "bytecode_runtime",
    "blueprint_bytecode",
    "layout",
    "method_identifiers",
)
_FORMAT: Final = 1  # of a cached file; raised when Artifact changes
_CONTRACT_FOLDERS: Final = ("contracts", "tests/contracts")
_SOURCE_FOLDERS: Final = (*_CONTRACT_FOLDERS, "interfaces")


class ContractNotFoundError(LookupError):
    """No source, or more than one, answers to the name asked for."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What the compiler makes of one contract."""

    name: str
    """File name without its suffix."""
    abi: list[dict[str, Any]]
    """As the Ethereum JSON ABI."""
    creation: bytes
    """Init code; constructor arguments are appended to it."""
    runtime: bytes
    """Code at the deployed address, without the immutables that the constructor appends."""
    blueprint: bytes
    """Init code which deploys the contract as an EIP-5202 blueprint."""
    layout: dict[str, Any]
    """Slots of storage, transient storage and code, as in `vyper -f layout`."""
    selectors: dict[str, bytes]
    """Four-byte selector of each external function, by signature: `place(uint256,uint256)`."""

    @property
    def code(self) -> bytes:
        """Init code, its constructor and runtime code in it, without the hash of the sources that ends it."""
        return self.creation[: -int.from_bytes(self.creation[-2:])]  # two bytes hold the suffix's length


def sources(root: Path = PROJECT_ROOT) -> list[Path]:
    """Every Vyper source and interface of the tree at `root`, tests' contracts included, sorted."""
    return sorted(
        path
        for folder in _SOURCE_FOLDERS
        for pattern in ("*.vy", "*.vyi")
        for path in (root / folder).rglob(pattern)
    )


def is_deployable(path: Path) -> bool:
    """Whether a source is a contract of its own (`CamelCase.vy`) rather than a module or interface."""
    return path.suffix == ".vy" and path.name[0].isupper() and "modules" not in path.parts


def deployables(root: Path = PROJECT_ROOT) -> list[Path]:
    """The sources under `contracts/` that are deployed, sorted."""
    return [
        path for path in sorted((root / "contracts").rglob("*.vy")) if is_deployable(path.relative_to(root))
    ]


def find_contract(name: str, root: Path = PROJECT_ROOT) -> Path:
    """The source of a contract, from its name (`OrderbookV2`) or its path under `root`.

    Raises ContractNotFoundError when none or several match.
    """
    if name.endswith(".vy"):
        found = [root / name] if (root / name).is_file() else []
    else:
        found = [path for folder in _CONTRACT_FOLDERS for path in (root / folder).rglob(f"{name}.vy")]
    if len(found) != 1:
        listed = ", ".join(str(path.relative_to(root)) for path in found) or "none"
        raise ContractNotFoundError(f"one source expected for {name!r} under {root}, found: {listed}")
    return found[0]


def compile_contract(name: str, root: Path = PROJECT_ROOT) -> Artifact:
    """Compile a contract with the gas optimiser, or take it from the cache.

    `name` is what `find_contract` accepts. `root` is the project or a changed copy of it: imports such as
    `interfaces` and `contracts.modules` are resolved there. Raises ContractNotFoundError, or the compiler's
    own VyperException when the source does not compile (nothing is cached then).
    """
    root = root.resolve()
    path = find_contract(name, root)
    cached = _CACHE / f"{path.stem}-{fingerprint(path, root)}.json"
    if cached.is_file():
        outputs = json.loads(cached.read_text())
    else:
        outputs = _compile(path, root)
        _write(cached, json.dumps(outputs))
    return _artifact(path, outputs)


def compile_afresh(name: str, root: Path) -> Artifact:
    """The same without the cache, for sources that are compiled once."""
    root = root.resolve()
    path = find_contract(name, root)
    return _artifact(path, _compile(path, root))


def compiler_data(path: Path, root: Path = PROJECT_ROOT) -> CompilerData:
    """Vyper's own handle on a source with the project's settings: for tools that read its syntax tree.

    Lazy: nothing is parsed before one of its properties is read.
    """
    # The compiler looks in the last path first.
    bundle = FilesystemInputBundle([Path(sysconfig.get_paths()["purelib"]), root])
    return CompilerData(bundle.load_file(path), bundle, settings=_settings())


def _settings() -> Settings:
    return Settings(optimize=OptimizationLevel.GAS, evm_version=EVM_VERSION)


def _compile(path: Path, root: Path) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContractSizeLimit)  # walras.devtools.sizes is the judge of that
        data = compiler_data(path, root)
        # Init code has the runtime's assembly in it, below a header: it would be made a second time.
        parts = [part for part in data.assembly if isinstance(part, list)]
        data.__dict__["assembly_runtime"] = parts[0][1:]
        outputs: dict[str, Any] = outputs_from_compiler_data(data, _OUTPUTS)
    return outputs


def _artifact(path: Path, outputs: dict[str, Any]) -> Artifact:
    return Artifact(
        name=path.stem,
        abi=outputs["abi"],
        creation=_bytes(outputs["bytecode"]),
        runtime=_bytes(outputs["bytecode_runtime"]),
        blueprint=_bytes(outputs["blueprint_bytecode"]),
        layout=outputs["layout"],
        selectors={
            signature: int(value, 16).to_bytes(4)  # the compiler leaves leading zeros out
            for signature, value in outputs["method_identifiers"].items()
        },
    )


def fingerprint(path: Path, root: Path) -> str:
    """Digest of all that can change the output: compiler, settings, library, every source of the tree."""
    digest = hashlib.sha256()
    header = [_FORMAT, vyper.__long_version__, version("snekmate"), _settings().as_dict(), _OUTPUTS]
    digest.update(json.dumps([*header, path.relative_to(root).as_posix()]).encode())
    for source in sources(root):
        content = source.read_bytes()
        digest.update(f"\n{source.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
