"""Whether a chain is what a record says: code, parameters, roles."""

import json
from typing import Final

from pydantic import ValidationError

from walras.deploy.chain import Chain, PatientChain
from walras.deploy.contracts import is_code_of
from walras.deploy.executor import Reader
from walras.deploy.params import Params
from walras.deploy.plan import BookOf, make_plan
from walras.deploy.record import Record, RecordError, code_hash
from walras.deploy.roles import Role, prove_roles

PATIENCE: Final = 30.0
"""Seconds that a node may be busy."""


def reader_of(record: Record, chain: Chain) -> Reader:
    """Asks a chain about a deployment. Raises RecordError where its parameters are of other sources."""
    try:
        params = Params.model_validate_json(_params_json(record))
    except (ValidationError, AttributeError, KeyError, TypeError) as error:
        raise RecordError(f"params: not as today's sources have them: {_first(error)}") from error
    addresses = {name: one.address for name, one in record.contracts.items()}
    chain.deployer = record.deployer
    return Reader(make_plan(params), chain, addresses)


def check_deployment(record: Record, chain: Chain) -> tuple[list[str], list[Role]]:
    """Every difference there is, a line each, and the roles; no lines where all is as it was deployed.

    What governance has changed since is a difference, too: it is for who reads to know that it did.
    """
    chain = PatientChain(chain, PATIENCE)
    if chain.chain_id() != record.chain_id:
        return [f"chain id: {record.chain_id} in the record, {chain.chain_id()} on the chain"], []
    if chain.genesis() != record.genesis:
        return [f"first block: {record.genesis} in the record, {chain.genesis()}: another chain"], []
    reader = reader_of(record, chain)
    missing = [
        name for name in (step.name for step in reader.plan.deployments()) if name not in record.contracts
    ]
    if missing:
        return [f"{name}: deployed by today's plan, not in the record" for name in missing], []
    differences = []
    for name, one in record.contracts.items():
        code = chain.code(one.address)
        if not code:
            differences.append(f"{name}: no code at {one.address}")
            continue
        if code_hash(code) != one.runtime_code_hash:
            differences.append(
                f"{name}: code {one.runtime_code_hash} in the record, {code_hash(code)} on the chain"
            )
        if not is_code_of(one.contract, one.kind == "blueprint", code):
            differences.append(
                f"{name}: not what the sources here compile to (deployed of {record.git.commit})"
            )
    if any("no code" in one for one in differences):
        return differences, []
    for name, market in record.markets.items():
        book = str(reader.resolve(BookOf(market.number)))
        if book.lower() != market.book.lower():
            differences.append(f"{name}: book {market.book} in the record, {book} on the chain")
        elif code_hash(chain.code(book)) != market.book_code_hash:
            differences.append(f"{name}: the code of the book is another")
    differences += reader.differences()
    roles = prove_roles(reader, record.contracts["Timelock"].block)
    differences += [
        f"{one.contract}: {one.role}: {one.holder} ({one.name})" for one in roles if not one.is_right
    ]
    then = {(one.contract, one.role, one.holder) for one in record.roles}
    differences += [
        f"{one.contract}: {one.role}: {one.holder} ({one.name}) was not at the end of the deployment"
        for one in roles
        if one.is_right and (one.contract, one.role, one.holder) not in then
    ]
    return differences, roles


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"
    one = error.errors()[0]
    return f"{'.'.join(map(str, one['loc'])) or 'all of them'}: {one['msg'].removeprefix('Value error, ')}"


def _params_json(record: Record) -> str:
    """Parameters without the keys, and so without prices that they could sign."""
    told = json.loads(json.dumps(record.params))
    for market in told["markets"].values():
        market["first_price"] = None
    return json.dumps(told)
