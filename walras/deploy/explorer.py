"""Sources to an explorer of Etherscan's interface: submitted, waited for, and told how to do by hand.

What is submitted is what `verify` writes: inputs that compile to the very bytecode, and the arguments of the
record. The plugin's own `publish_contract` compiles anew by Ape, where engine parts and modules are others.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import requests
from ape.exceptions import ApeException

from walras.deploy.chain import Clock
from walras.deploy.record import Record
from walras.deploy.verify import source_of, standard_json, verifiables

KEY: Final = "ETHERSCAN_API_KEY"
AGPL: Final = 13
"""Etherscan's number of the licence."""
PAUSES: Final = (0.2, 10.0)
"""Seconds between two looks at what became of a submission: the first one, doubled up to the last one."""
PATIENCE: Final = 300.0
"""Seconds that an explorer has for one contract."""
KNOWN: Final = "already verified"
PENDING: Final = ("pending", "in progress", "queue")


class ExplorerError(Exception):
    """Nothing can be submitted; its str says why, and what to do."""


class Client(Protocol):
    """Of one contract at an explorer: ape_etherscan.client.ContractClient."""

    def verify_source_code(
        self, standard_json_output: dict[str, Any], compiler_version: str, **terms: Any
    ) -> str:
        """Submit; a receipt."""

    def check_verify_status(self, guid: str) -> str:
        """What became of it."""


def client_of(network: Any) -> Callable[[str], Client]:
    """Of a network as Ape has it. Raises ExplorerError."""
    name = f"{network.ecosystem.name}:{network.name}"
    if not os.environ.get(KEY):
        raise ExplorerError(f"{KEY} is not set: an explorer gives a key to who has an account there")
    try:
        explorer = network.explorer  # the plugin asks Etherscan's list of chains
        factory = explorer and explorer._client_factory
    except (ApeException, requests.RequestException) as error:
        raise ExplorerError(f"the explorer of {name} cannot be found: {error}") from error
    if factory is None:
        raise ExplorerError(
            f"Ape knows no explorer of {name}; Etherscan's are known with ape-etherscan: "
            "`ape plugins install etherscan==0.8.7`, where you verify and nowhere else"
        )
    made: Callable[[str], Client] = factory.get_contract_client
    return made


def submit(
    record: Record, client: Callable[[str], Client], say: Callable[[str], None], clock: Clock | None = None
) -> Mapping[str, str]:
    """Submit all contracts, then wait for each. Those that are not verified, with the reason."""
    clock = clock or Clock()
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    found = verifiables(record)
    for name, one in found.items():
        try:
            waiting[name] = client(one.address).verify_source_code(
                standard_json(one.contract),
                record.compiler.version.split("+")[0],
                contract_name=f"{source_of(one.contract)}:{one.contract}",
                optimization_used=True,
                constructor_arguments=one.arguments.hex(),
                evm_version=record.compiler.evm_version,
                license_type=AGPL,
                language="vyper",
            )
            say(f"submitted: {name}")
        except (ApeException, requests.RequestException, ValueError) as error:
            if KNOWN in str(error).lower():
                say(f"verified before: {name}")
            else:
                failed[name] = str(error)
    for name, guid in waiting.items():
        status = _outcome(client(found[name].address), guid, clock)
        if "pass" in status.lower() or KNOWN in status.lower():
            say(f"verified: {name}")
        else:
            failed[name] = status
    return failed


def _outcome(client: Client, guid: str, clock: Clock) -> str:
    """What an explorer says in the end, or last."""
    end, (pause, longest) = clock.now() + PATIENCE, PAUSES
    while True:
        try:
            status = client.check_verify_status(guid)
        except (ApeException, requests.RequestException, ValueError) as error:
            status = f"pending: {error}"
        if not any(word in status.lower() for word in PENDING):
            return status
        if clock.now() >= end:
            return f"after {PATIENCE:.0f} s: {status}"
        clock.sleep(pause)
        pause = min(2 * pause, longest)
