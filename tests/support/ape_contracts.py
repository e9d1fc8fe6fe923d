"""The project's contracts for Ape."""

from typing import Any

import ape
from ethpm_types import ContractType

from walras.devtools.compiler import compile_contract


def container(name: str) -> Any:
    """A contract of the project or of its tests, compiled from today's sources.

    Ape's own build is not asked: it does not notice that a module which a contract imports has changed.
    """
    made = compile_contract(name)
    return ape.contracts.ContractContainer(
        ContractType(
            contractName=name,
            abi=made.abi,
            deploymentBytecode={"bytecode": "0x" + made.creation.hex()},
            runtimeBytecode={"bytecode": "0x" + made.runtime.hex()},
        )
    )
