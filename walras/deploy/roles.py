"""Who may do what at the end of a deployment: everything the timelock's, nothing the deployer's.

Nothing is believed of the steps that led there. Owners are asked; the timelock's roles are counted from all
that it ever logged, so that nobody has one whom this does not list.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from walras.deploy.contracts import abi_of
from walras.deploy.executor import Reader
from walras.deploy.params import NOBODY
from walras.deploy.plan import At, Question

ROLES: Final = {
    bytes(32): "DEFAULT_ADMIN_ROLE",
    **{keccak(text=name): name for name in ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")},
}
GUARDIANS: Final = ("guardian", "multisig")
"""Questions for somebody who may stop things."""
GRANTED: Final = keccak(text="RoleGranted(bytes32,address,address)")
REVOKED: Final = keccak(text="RoleRevoked(bytes32,address,address)")


@dataclass(frozen=True, slots=True)
class Role:
    """A role, and who has it."""

    contract: str
    role: str
    holder: str
    name: str
    """Of the holder, as the deployment calls him."""
    is_right: bool


def prove_roles(reader: Reader, timelock_block: int) -> list[Role]:
    """All roles there are. Where one `is_right` is false, the deployment is not what it has to be."""
    timelock, governor = reader.addresses["Timelock"], reader.addresses["Governor"]
    found = []

    def has(contract: str, role: str, holder: str, rightful: str) -> None:
        is_right = holder.lower() == rightful.lower() and holder.lower() != reader.chain.deployer.lower()
        found.append(Role(contract, role, to_checksum_address(holder), _name(reader, holder), is_right))

    for step in reader.plan.deployments():
        names = [] if step.blueprint else _functions(step.contract)
        if "owner" in names:
            rightful = timelock if step.name in reader.plan.owned else NOBODY
            has(step.name, "owner", _ask(reader, step.name, step.contract, "owner"), rightful)
        if "pending_owner" in names:
            has(step.name, "pending owner", _ask(reader, step.name, step.contract, "pending_owner"), NOBODY)
    for asked in reader.plan.questions():
        if isinstance(asked.target, At) and asked.function in GUARDIANS:
            has(asked.target.name, asked.function, str(reader.answer(asked)), reader.resolve(asked.answer))

    rightful_of = {
        "DEFAULT_ADMIN_ROLE": {timelock.lower()},
        "PROPOSER_ROLE": {governor.lower()},
        "CANCELLER_ROLE": {governor.lower()},
        "EXECUTOR_ROLE": {NOBODY},
    }
    holders = _holders(reader, timelock, timelock_block)
    for role in sorted({*rightful_of, *holders}):
        wanted, there = rightful_of.get(role, set()), holders.get(role, set())
        for holder in sorted(wanted | there):
            is_right = holder in wanted and holder in there and _has_role(reader, role, holder)
            name = "anybody" if holder == NOBODY and is_right else _name(reader, holder)
            if holder not in there:
                name = f"{name}, who has it not"
            found.append(Role("Timelock", role, to_checksum_address(holder), name, is_right))
        if role in rightful_of:
            admin = reader.answer(Question(At("Timelock"), "Timelock", "getRoleAdmin", (_hash(role),), None))
            if admin != bytes(32):
                found.append(Role("Timelock", f"admin of {role}", NOBODY, "another role", False))
    return found


def _holders(reader: Reader, timelock: str, first_block: int) -> dict[str, set[str]]:
    """Who has which role of the timelock, from its events."""
    holders: dict[str, set[str]] = defaultdict(set)
    for log in reader.chain.logs(timelock, first_block):
        if log.topics and log.topics[0] in (GRANTED, REVOKED):
            role = ROLES.get(log.topics[1], "0x" + log.topics[1].hex())
            holder = "0x" + log.topics[2][12:].hex()
            if log.topics[0] == GRANTED:
                holders[role].add(holder)
            else:
                holders[role].discard(holder)
    return holders


def _has_role(reader: Reader, role: str, holder: str) -> bool:
    asked = Question(At("Timelock"), "Timelock", "hasRole", (_hash(role), holder), None)
    return bool(reader.answer(asked))


def _hash(role: str) -> bytes:
    return next(digest for digest, name in ROLES.items() if name == role)


def _functions(contract: str) -> list[str]:
    return [
        entry["name"] for entry in abi_of(contract) if entry["type"] == "function" and not entry["inputs"]
    ]


def _ask(reader: Reader, name: str, contract: str, function: str) -> str:
    return str(reader.answer(Question(At(name), contract, function, (), None)))


def _name(reader: Reader, holder: str) -> str:
    named: dict[str, str] = {at.lower(): name for name, at in reader.addresses.items()}
    named |= {NOBODY: "nobody", reader.chain.deployer.lower(): "the deployer"}
    return named.get(holder.lower(), "somebody else")


def table(rows: list[tuple[Any, ...]], head: tuple[str, ...]) -> str:
    """Rows under a head, in columns."""
    texts = [tuple(str(cell) for cell in row) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def roles_table(found: list[Role]) -> str:
    """As it is shown at the end of a deployment."""
    rows: list[tuple[Any, ...]] = [
        (one.contract, one.role, one.holder, one.name, "yes" if one.is_right else "NO") for one in found
    ]
    return table(rows, ("contract", "role", "holder", "who that is", "right"))
