"""Timelock's constructor: one governor, and nobody else with a right."""

import json
import re

import pytest

from tests.support.governance import DAY, DELAY, NOBODY, PROPOSER, STRANGER, World
from tests.support.orders import reverts
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import DEPLOYER, Evm, artifact


def test_roles(world: World) -> None:
    timelock = world.timelock
    governor = world.governor.address
    holders = [governor, DEPLOYER, timelock.address, NOBODY, STRANGER]
    roles = {
        name: [timelock.hasRole(getattr(timelock, name)(), holder) for holder in holders]
        for name in ("DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE")
    }
    assert roles == {
        "DEFAULT_ADMIN_ROLE": [False, False, True, False, False],
        "PROPOSER_ROLE": [True, False, False, False, False],
        "CANCELLER_ROLE": [True, False, False, False, False],
        "EXECUTOR_ROLE": [False, False, False, True, False],  # nobody's: anybody's
    }
    assert timelock.get_minimum_delay() == DELAY


def test_no_governor(evm: Evm) -> None:
    with reverts("timelock: no governor"):
        evm.deploy(artifact("Timelock"), DELAY, NOBODY)


@pytest.mark.parametrize("delay", [DAY, 30 * DAY])
def test_delay_at_its_bounds(evm: Evm, delay: int) -> None:
    assert evm.deploy(artifact("Timelock"), delay, PROPOSER).get_minimum_delay() == delay


@pytest.mark.parametrize("delay", [0, DAY - 1, 30 * DAY + 1, 2**256 - 1])
def test_delay_out_of_bounds(evm: Evm, delay: int) -> None:
    with reverts("timelock: bad delay"):
        evm.deploy(artifact("Timelock"), delay, PROPOSER)


def test_only_the_governor_schedules(world: World) -> None:
    words = (world.fund.address, 0, world.fund.encode("accept_ownership"), bytes(32), bytes(32), DELAY)
    for caller in (STRANGER, PROPOSER, DEPLOYER, NOBODY):
        with reverts("access_control: account is missing role"):
            world.timelock.schedule(*words, sender=caller)
        batch = tuple([word] for word in words[:3]) + words[3:]
        with reverts("access_control: account is missing role"):
            world.timelock.schedule_batch(*batch, sender=caller)


def test_nobody_grants_roles(world: World) -> None:
    role = world.timelock.PROPOSER_ROLE()
    for caller in (STRANGER, DEPLOYER, NOBODY):
        with reverts("access_control: account is missing role"):
            world.timelock.grantRole(role, caller, sender=caller)
        assert world.timelock.hasRole(role, caller) is False


def test_what_is_not_scheduled_is_not_executed(world: World) -> None:
    proposal = world.raise_cap()
    world.succeed(proposal)
    with reverts("timelock_controller: operation is not ready"):
        world.timelock.execute_batch(*world.operation(proposal), sender=STRANGER)


def test_interfaces_and_receipts(world: World) -> None:
    """The timelock holds what the DAO has, tokens of ERC-721 and ERC-1155 too."""
    timelock = world.timelock
    for identity in ("01ffc9a7", "7965db0b", "4e2312e0"):
        assert timelock.supportsInterface(bytes.fromhex(identity)) is True
    assert timelock.supportsInterface(bytes.fromhex("ffffffff")) is False
    received = timelock.onERC721Received(STRANGER, STRANGER, 1, b"", sender=STRANGER)
    assert received == bytes.fromhex("150b7a02")


def test_functions_have_openzeppelins_types() -> None:
    """Its names are in snake case; arguments and the ids of operations are the same."""
    path = PROJECT_ROOT / "node_modules/@openzeppelin/contracts-upgradeable-4.7.3/build/contracts"
    theirs = json.loads((path / "TimelockControllerUpgradeable.json").read_text())["abi"]
    ours = {entry["name"]: entry for entry in artifact("Timelock").abi if entry["type"] == "function"}
    renamed = {"updateDelay": "update_delay", "getMinDelay": "get_minimum_delay"}
    compared = 0
    for entry in theirs:
        if entry["type"] != "function" or entry["name"] == "TIMELOCK_ADMIN_ROLE":
            continue
        plain = re.sub("(?<=[a-z])([A-Z])", lambda found: f"_{found[1].lower()}", entry["name"])
        name = next(one for one in (entry["name"], renamed.get(entry["name"]), plain) if one in ours)
        for words in ("inputs", "outputs"):
            assert [one["type"] for one in ours[name][words]] == [one["type"] for one in entry[words]], name
        assert ours[name]["stateMutability"] == entry["stateMutability"]
        compared += 1
    assert compared > 20
