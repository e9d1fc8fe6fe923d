"""GovernanceToken's constructor: one supply, one holder, and nobody with a right over it."""

import pytest
from eth_utils.crypto import keccak

from tests.support.governance import FOUNDATION, NOBODY, SUPPLY, World
from tests.support.orders import reverts
from walras.devtools.evm import DEPLOYER, Event, Evm, artifact


def test_supply_is_the_holders(evm: Evm) -> None:
    token = evm.deploy(artifact("GovernanceToken"), FOUNDATION, SUPPLY)
    assert token.totalSupply() == token.balanceOf(FOUNDATION) == SUPPLY
    assert (token.name(), token.symbol(), token.decimals()) == ("Walras", "WLRS", 18)
    assert token.delegates(FOUNDATION) == NOBODY
    assert token.getVotes(FOUNDATION) == 0


def test_deployer_keeps_nothing(evm: Evm) -> None:
    """snekmate's owner and minters, read from storage, as nothing tells them."""
    token = evm.deploy(artifact("GovernanceToken"), FOUNDATION, SUPPLY)
    layout = artifact("GovernanceToken").layout["storage_layout"]

    def entry(name: str, account: str) -> int:
        slot = layout["erc20"][name]["slot"].to_bytes(32)
        return evm.storage(
            token.address, int.from_bytes(keccak(slot + bytes.fromhex(account[2:]).rjust(32, b"\0")))
        )

    assert entry("balanceOf", FOUNDATION) == SUPPLY  # where Vyper keeps a map's entry
    assert entry("is_minter", DEPLOYER) == 0
    assert evm.storage(token.address, layout["ownable"]["owner"]["slot"]) == 0


def test_deployer_is_no_minter_in_the_log(evm: Evm) -> None:
    """snekmate's module makes the deployer owner and minter first; the log ends with both taken back."""
    token = evm.deploy(artifact("GovernanceToken"), FOUNDATION, SUPPLY)
    events = token.events()
    roles = [event.args["status"] for event in events if event.name == "RoleMinterChanged"]
    owners = [event.args["new_owner"] for event in events if event.name == "OwnershipTransferred"]
    assert roles == [True, False]
    assert owners[-1] == NOBODY
    mints = [event for event in events if event.name == "Transfer"]
    assert mints == [Event("Transfer", {"sender": NOBODY, "receiver": FOUNDATION.lower(), "value": SUPPLY})]


def test_nothing_mints_burns_or_owns() -> None:
    functions = {entry["name"] for entry in artifact("GovernanceToken").abi if entry["type"] == "function"}
    privileged = {"mint", "burn", "burn_from", "set_minter", "is_minter", "owner", "transfer_ownership"}
    assert functions & privileged == set()
    assert {"transfer", "delegate", "permit"} <= functions


def test_no_holder(evm: Evm) -> None:
    with reverts("votes: no holder"):
        evm.deploy(artifact("GovernanceToken"), NOBODY, SUPPLY)


@pytest.mark.parametrize("supply", [1, 2**96 - 1])
def test_supply_at_its_bounds(evm: Evm, supply: int) -> None:
    token = evm.deploy(artifact("GovernanceToken"), FOUNDATION, supply)
    token.delegate(FOUNDATION, sender=FOUNDATION)
    assert token.getVotes(FOUNDATION) == supply


@pytest.mark.parametrize("supply", [0, 2**96])
def test_supply_out_of_bounds(evm: Evm, supply: int) -> None:
    with reverts("votes: bad supply"):
        evm.deploy(artifact("GovernanceToken"), FOUNDATION, supply)


def test_clock(world: World) -> None:
    assert world.token.clock() == world.evm.time
    assert world.token.CLOCK_MODE() == "mode=timestamp"
