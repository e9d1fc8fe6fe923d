"""SignedReports' constructor, and its owner."""

import pytest

from tests.support.orders import reverts
from tests.support.reports import KEEPER, MAX_AGE, NOBODY, OWNER, ReportsPair, publisher
from walras.devtools.evm import DEPLOYER, Evm, artifact

LISTED = [publisher(number) for number in range(3)]


def test_owner_is_the_one_named(evm: Evm) -> None:
    source = evm.deploy(artifact("SignedReports"), OWNER, LISTED, 2, MAX_AGE)
    assert (source.owner(), source.pending_owner()) == (OWNER, NOBODY)
    with reverts("ownable: caller is not the owner"):
        source.set_publishers(LISTED, 2, sender=DEPLOYER)


def test_no_owner(evm: Evm) -> None:
    with reverts("reports: no owner"):
        evm.deploy(artifact("SignedReports"), NOBODY, LISTED, 2, MAX_AGE)


@pytest.mark.parametrize("seconds", [1, 3_600])
def test_good_maximum_age(evm: Evm, seconds: int) -> None:
    assert evm.deploy(artifact("SignedReports"), OWNER, LISTED, 2, seconds).max_age() == seconds


@pytest.mark.parametrize("seconds", [0, 3_601, 2**256 - 1])
def test_bad_maximum_age(evm: Evm, seconds: int) -> None:
    with reverts("reports: bad maximum age"):
        evm.deploy(artifact("SignedReports"), OWNER, LISTED, 2, seconds)


def test_set_is_checked(evm: Evm) -> None:
    with reverts("reports: quorum too small"):
        evm.deploy(artifact("SignedReports"), OWNER, LISTED, 1, MAX_AGE)
    with reverts("reports: publisher listed twice"):
        evm.deploy(artifact("SignedReports"), OWNER, [*LISTED, LISTED[0]], 3, MAX_AGE)


def test_ownership_is_handed_on_in_two_steps(pair: ReportsPair) -> None:
    source = pair.contract
    with reverts("ownable: caller is not the owner"):
        source.transfer_ownership(KEEPER, sender=KEEPER)
    source.transfer_ownership(KEEPER, sender=OWNER)
    assert (source.owner(), source.pending_owner()) == (OWNER, KEEPER)
    with reverts("ownable: caller is not the owner"):
        source.set_publishers(LISTED, 2, sender=KEEPER)
    with reverts("ownable_2step: caller is not the new owner"):
        source.accept_ownership(sender=OWNER)
    source.accept_ownership(sender=KEEPER)
    assert (source.owner(), source.pending_owner()) == (KEEPER, NOBODY)
    source.set_publishers(LISTED, 2, sender=KEEPER)


def test_ownership_cannot_be_given_up() -> None:
    assert not [name for name in artifact("SignedReports").selectors if "renounce" in name]
