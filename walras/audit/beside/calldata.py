"""What a transaction asks for: contract, function and arguments, from its calldata and the compiled ABIs."""

from typing import Any, Final

from eth_abi.abi import decode

from walras.audit.chain import selector
from walras.audit.system import System, type_of

PARTS: Final = {
    "engine": ("PerpEngine", "EngineAccounts", "EngineRelay", "EngineSettings"),
    "liquidation": ("LiquidationEngine",),
    "vault": ("Vault",),
    "fund": ("InsuranceFund",),
    "fees": ("FeeDistributor",),
    "triggers": ("TriggerOrders",),
    "guardian": ("Guardian",),
    "governor": ("Governor",),
    "timelock": ("Timelock",),
    "router": ("OracleRouter",),
    "token": ("PlainToken",),
    "votes": ("GovernanceToken",),
    "treasury": ("Treasury",),
}
"""Contracts of a System by name, and whose code answers at their addresses."""


class Calldata:
    """Reads calldata for the contracts of a system. Addresses are lower case, flags and enums are numbers."""

    def __init__(self, system: System) -> None:
        self.names = {str(getattr(system, name)): name for name in PARTS}
        """Contracts by address."""
        self.functions: dict[str, dict[bytes, tuple[str, list[str]]]] = {}
        for contract, parts in PARTS.items():
            known = self.functions[contract] = {}
            for part in parts:
                for entry in system.sources(part).abi:
                    if entry["type"] == "function":
                        types = [type_of(one) for one in entry["inputs"]]
                        signature = f"{entry['name']}({','.join(types)})"
                        known[selector(signature)] = (str(entry["name"]), types)

    def name(self, contract: str, data: bytes) -> str:
        """A function's name. Raises LookupError where a contract has none of that selector."""
        return self._known(contract, data)[0]

    def read(self, contract: str, data: bytes) -> tuple[str, tuple[Any, ...]]:
        """A function's name and its arguments. Raises as `name`."""
        name, types = self._known(contract, data)
        return name, decode(types, data[4:])

    def _known(self, contract: str, data: bytes) -> tuple[str, list[str]]:
        known = self.functions.get(contract, {}).get(data[:4])
        if known is None:
            raise LookupError(f"{contract} has no function 0x{data[:4].hex()}")
        return known
