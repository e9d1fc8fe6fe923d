"""FeeDistributor's constructor and its owner."""

from dataclasses import replace

import pytest

from tests.support.fees import OWNER, SETTINGS, STRANGER, FeePair
from tests.support.orders import reverts
from walras.devtools.evm import DEPLOYER, artifact
from walras.model.fees import Shares
from walras.model.insurance import NOBODY

NEXT = STRANGER


def test_new_distributor_is_empty(pair: FeePair) -> None:
    fees = pair.fees
    assert fees.engine() == pair.engine.address.lower()
    assert fees.insurance() == pair.fund.address.lower()
    assert fees.token() == pair.token.address.lower()
    assert (fees.owner(), fees.pending_owner(), fees.booked()) == (OWNER, NOBODY, 0)
    pair.check()
    with reverts("ownable: caller is not the owner"):
        fees.recall(0, sender=DEPLOYER)


def test_no_owner(pair: FeePair) -> None:
    with reverts("fees: no owner"):
        pair.evm.deploy(artifact("FeeDistributor"), NOBODY, pair.engine.address, pair.fund.address, SETTINGS)


def test_not_contracts(pair: FeePair) -> None:
    for engine, fund in ((STRANGER, pair.fund.address), (pair.engine.address, STRANGER)):
        with reverts("fees: not a contract"):
            pair.evm.deploy(artifact("FeeDistributor"), OWNER, engine, fund, SETTINGS)


def test_fund_of_another_token(pair: FeePair) -> None:
    token = pair.evm.deploy(artifact("PlainToken"), 6)
    fund = pair.evm.deploy(artifact("InsuranceFund"), OWNER, token.address)
    with reverts("fees: other token"):
        pair.evm.deploy(artifact("FeeDistributor"), OWNER, pair.engine.address, fund.address, SETTINGS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vault": NOBODY}, "fees: no recipient"),
        ({"fees": Shares(vault=10_000, others=(0, 0))}, "fees: share out of bounds"),
        ({"floor": 10**12 + 1}, "fees: bad floor"),
    ],
)
def test_settings_are_checked(change: dict[str, object], reason: str) -> None:
    with reverts(reason):
        FeePair(replace(SETTINGS, **change))  # type: ignore[arg-type]


def test_owner_hands_over_in_two_steps(pair: FeePair) -> None:
    fees = pair.fees
    fees.transfer_ownership(NEXT, sender=OWNER)
    assert (fees.owner(), fees.pending_owner()) == (OWNER, NEXT)
    with reverts("ownable: caller is not the owner"):
        fees.configure(SETTINGS, sender=NEXT)
    fees.accept_ownership(sender=NEXT)
    assert (fees.owner(), fees.pending_owner()) == (NEXT, NOBODY)
    fees.configure(SETTINGS, sender=NEXT)
    with reverts("ownable: caller is not the owner"):
        fees.configure(SETTINGS, sender=OWNER)


def test_owner_cannot_renounce(pair: FeePair) -> None:
    names = {name.partition("(")[0] for name in artifact("FeeDistributor").selectors}
    assert "renounce_ownership" not in names
    assert {"owner", "pending_owner", "transfer_ownership", "accept_ownership"} < names
