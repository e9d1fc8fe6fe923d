"""The deployed contracts by name in `ape console`: PerpEngine, Vault, book_BTC, ..."""

from typing import Any

import ape
from ethpm_types import ContractType

from walras.deploy.contracts import abi_of
from walras.deploy.record import FOLDER, RecordError, read_record


def ape_init_extras(networks: Any) -> dict[str, Any]:
    """What `deployments/` tells of the connected network; nothing where it tells nothing."""
    network = networks.active_provider.network
    path = FOLDER / f"{network.ecosystem.name}-{network.name.removesuffix('-fork')}.json"
    try:
        record = read_record(path)
    except RecordError as error:
        print(f"no contracts by name: {error}")
        return {}

    def at(address: str, contract: str) -> Any:
        kind = ContractType(contractName=contract, abi=abi_of(contract))
        return ape.Contract(address, contract_type=kind, fetch_from_explorer=False)

    found = {
        name.replace(".", "_"): at(one.address, one.contract)
        for name, one in record.contracts.items()
        if one.kind == "contract"
    }
    found |= {f"book_{name}": at(one.book, "OrderbookV2") for name, one in record.markets.items()}
    print("contracts:", " ".join(found))
    return found
