"""set_publishers: the owner replaces the whole set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.orders import reverts
from tests.support.reports import (
    KEEPER,
    MARKET,
    NOBODY,
    OWNER,
    ReportsPair,
    publisher,
)
from walras.devtools.evm import DEPLOYER, artifact
from walras.model.reports import Report


def test_set_and_event(pair: ReportsPair) -> None:
    assert pair.set_publishers([7, 1, 5], 2) is None
    (event,) = pair.events
    listed = tuple(publisher(number).lower() for number in (7, 1, 5))
    assert (event.name, event.args) == ("PublishersSet", {"publishers": listed, "quorum": 2})
    assert pair.contract.publishers() == listed
    assert pair.contract.quorum() == 2


def test_not_the_owner(pair: ReportsPair) -> None:
    for caller in (KEEPER, DEPLOYER, publisher(0)):
        with reverts("ownable: caller is not the owner"):
            pair.contract.set_publishers([publisher(0)], 1, sender=caller)


def test_owner_through_a_contract(pair: ReportsPair) -> None:
    """The caller counts, not who sent the transaction."""
    caller = pair.evm.deploy(artifact("PayingCaller"))
    call = pair.contract.encode("set_publishers", [publisher(9)], 1)
    with reverts("ownable: caller is not the owner"):
        caller.forward(pair.contract.address, call, sender=OWNER)
    pair.contract.transfer_ownership(caller.address, sender=OWNER)
    caller.forward(pair.contract.address, pair.contract.encode("accept_ownership"), sender=KEEPER)
    caller.forward(pair.contract.address, call, sender=KEEPER)
    assert pair.contract.publishers() == (publisher(9).lower(),)
    with reverts("ownable: caller is not the owner"):
        pair.contract.set_publishers([publisher(9)], 1, sender=OWNER)


@pytest.mark.parametrize(
    ("size", "quorum", "reason"),
    [
        (0, 0, "reports: quorum too small"),
        (0, 1, "reports: quorum too large"),
        (1, 0, "reports: quorum too small"),
        (1, 1, None),
        (1, 2, "reports: quorum too large"),
        (2, 1, "reports: quorum too small"),
        (2, 2, None),
        (5, 2, "reports: quorum too small"),
        (5, 3, None),
        (5, 5, None),
        (5, 6, "reports: quorum too large"),
        (16, 8, "reports: quorum too small"),
        (16, 9, None),
        (16, 17, "reports: quorum too large"),
        (3, 2**256 - 1, "reports: quorum too large"),
        (3, 2**255, "reports: quorum too large"),
    ],
)
def test_quorum(pair: ReportsPair, size: int, quorum: int, reason: str | None) -> None:
    assert pair.set_publishers(range(size), quorum) == reason


def test_duplicates(pair: ReportsPair) -> None:
    assert pair.set_publishers([1, 2, 1], 2) == "reports: publisher listed twice"
    assert pair.set_publishers([3, 4, 4], 2) == "reports: publisher listed twice"
    assert pair.set_publishers([3, 4, 1], 2) is None


def test_zero_address(pair: ReportsPair) -> None:
    with reverts("reports: zero publisher"):
        pair.contract.set_publishers([publisher(0), NOBODY, publisher(1)], 2, sender=OWNER)
    assert pair.contract.publishers() == tuple(publisher(number).lower() for number in range(5))


def test_refused_set_leaves_the_old_one_at_work(pair: ReportsPair) -> None:
    assert pair.set_publishers([0, 0], 2) == "reports: publisher listed twice"
    assert pair.update(pair.say(1, 2, 3)) is None


def test_removed_and_added_publishers(pair: ReportsPair) -> None:
    reports = {number: pair.report(number, 100 + number) for number in range(8)}
    assert pair.set_publishers([4, 6, 7], 2) is None
    assert pair.update([reports[4], reports[0]]) == "reports: not a publisher"
    assert pair.update([reports[4]]) == "reports: quorum missed"
    assert pair.update([reports[6], reports[4]]) is None
    assert pair.events[0].args["signers"] == 0b11  # by the new places
    pair.advance(1)
    assert pair.set_publishers([0], 1) is None
    assert pair.update([pair.report(4, 1)]) == "reports: not a publisher"
    assert pair.update([pair.report(0, 1)]) is None


def test_kept_publisher_moves(pair: ReportsPair) -> None:
    """A place of the old set means nothing in the new one."""
    assert pair.set_publishers([3, 0, 1], 3) is None
    assert pair.update([pair.report(number, 5) for number in (0, 1, 3)]) is None
    assert pair.events[0].args["signers"] == 0b111


def test_set_of_sixteen_shrinks() -> None:
    pair = ReportsPair(publishers=16, quorum=9)
    assert pair.set_publishers([15], 1) is None
    for number in range(15):
        assert pair.update([pair.report(number, 5)]) == "reports: not a publisher"
    assert pair.update([pair.report(15, 5)]) is None
    assert pair.events[0].args["signers"] == 1


def test_reports_stay(pair: ReportsPair) -> None:
    pair.update(pair.say(1, 2, 3))
    reported = pair.evm.time
    pair.advance(1)
    assert pair.set_publishers([9], 1) is None
    assert pair.read() == Report(2, 0, reported)
    assert pair.update([pair.report(9, 5, age=1)]) == "reports: not newer"
    assert pair.contract.read(MARKET) == (2, 0, reported)


@given(
    sets=st.lists(
        st.tuples(st.lists(st.integers(0, 17), max_size=16), st.integers(0, 17)), min_size=1, max_size=8
    )
)
def test_contract_and_model_agree(sets: list[tuple[list[int], int]]) -> None:
    pair = ReportsPair()
    for numbers, quorum in sets:
        pair.set_publishers(numbers, quorum)


@given(numbers=st.lists(st.integers(0, 17), min_size=1, max_size=16, unique=True), data=st.data())
def test_any_two_quorums_share_a_publisher(numbers: list[int], data: st.DataObject) -> None:
    """What the smallest quorum that is allowed is for."""
    pair = ReportsPair()
    size = len(numbers)
    quorum = next(quorum for quorum in range(size + 2) if pair.set_publishers(numbers, quorum) is None)
    one, two = (set(data.draw(st.permutations(numbers))[:quorum]) for _ in range(2))
    assert one & two
