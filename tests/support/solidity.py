"""Contracts of others, as they publish them: built from npm packages, or the bytecode in them.

Compiled with the optimiser at the number of runs that Chainlink ships with. The result is kept under
`.cache/solc`, keyed by the versions of all installed packages and the settings; files are put in place by an
atomic rename, so test workers share it.
"""

import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from walras.devtools.compiler import PROJECT_ROOT, Artifact

_PACKAGES: Final = PROJECT_ROOT / "node_modules"
_CACHE: Final = PROJECT_ROOT / ".cache" / "solc"

_CHAINLINK: Final = {
    "FluxAggregator": "v0.6/FluxAggregator.sol",
    "EACAggregatorProxy": "v0.6/EACAggregatorProxy.sol",
    "MockV3Aggregator": "v0.8/tests/MockV3Aggregator.sol",
    "LinkToken": "v0.8/shared/token/ERC677/LinkToken.sol",
    "SimpleWriteAccessController": "v0.8/shared/access/SimpleWriteAccessController.sol",
    "Flags": "v0.8/dev/Flags.sol",
    "ArbitrumSequencerUptimeFeed": "v0.8/l2ep/dev/arbitrum/ArbitrumSequencerUptimeFeed.sol",
    "OptimismSequencerUptimeFeed": "v0.8/l2ep/dev/optimism/OptimismSequencerUptimeFeed.sol",
}
_COMPILERS: Final = {  # npm package and the latest EVM that is safe to ask it for
    "v0.6": ("solc-0.6", "istanbul"),
    "v0.8": ("solc", "paris"),
}


class PackageMissingError(LookupError):
    """A file of an npm package is not there."""


@cache
def chainlink(name: str) -> Artifact:
    """A contract of Chainlink's, one of _CHAINLINK. Raises KeyError, PackageMissingError."""
    path = _CHAINLINK[name]
    return _compiled(f"@chainlink/contracts/src/{path}", *_COMPILERS[path.split("/")[0]])


@cache
def pyth(name: str) -> Artifact:
    """A contract of Pyth's SDK: MockPyth. Raises PackageMissingError."""
    return _compiled(f"@pythnetwork/pyth-sdk-solidity/{name}.sol", *_COMPILERS["v0.8"])


@cache
def uniswap(name: str) -> Artifact:
    """A contract of Uniswap V3, in the bytecode on mainnet: UniswapV3Factory or UniswapV3Pool.

    Raises PackageMissingError.
    """
    built = json.loads(_read(f"@uniswap/v3-core/artifacts/contracts/{name}.sol/{name}.json"))
    return _artifact(name, built["abi"], built["bytecode"], built["deployedBytecode"])


def _compiled(source: str, compiler: str, evm_version: str) -> Artifact:
    name = Path(source).stem
    request = {
        "language": "Solidity",
        "sources": {source: {"content": _read(source)}},  # imports are read by solc.mjs
        "settings": {
            "optimizer": {"enabled": True, "runs": 1_000_000},
            "evmVersion": evm_version,
            "metadata": {"bytecodeHash": "none"},
            "outputSelection": {
                source: {name: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]},
            },
        },
    }
    installed = _read(".package-lock.json")  # versions and digests of the compilers too
    key = hashlib.sha256(json.dumps([compiler, request, installed]).encode()).hexdigest()[:32]
    cached = _CACHE / f"{name}-{key}.json"
    if not cached.is_file():
        _write(cached, json.dumps(_compile(compiler, request)["contracts"][source][name]))
    built = json.loads(cached.read_text())
    evm = built["evm"]
    return _artifact(name, built["abi"], evm["bytecode"]["object"], evm["deployedBytecode"]["object"])


def _compile(compiler: str, request: dict[str, Any]) -> dict[str, Any]:
    import solcx

    binary = Path(__file__).with_name(f"{compiler}.mjs")
    output: dict[str, Any] = solcx.compile_standard(request, base_path=_PACKAGES, solc_binary=binary)
    return output


def _artifact(name: str, abi: list[dict[str, Any]], creation: str, runtime: str) -> Artifact:
    return Artifact(
        name=name,
        abi=abi,
        creation=bytes.fromhex(creation.removeprefix("0x")),
        runtime=bytes.fromhex(runtime.removeprefix("0x")),
        blueprint=b"",
        layout={},
        selectors={},
    )


def _read(path: str) -> str:
    try:
        return (_PACKAGES / path).read_text()
    except FileNotFoundError:
        raise PackageMissingError(f"no {path} in {_PACKAGES}: run `make setup`") from None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)
