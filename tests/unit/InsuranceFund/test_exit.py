"""request_exit and cancel_exit: two weeks' notice."""

from tests.support.insurance import OTHER, SAVER, STRANGER, FundPair
from walras.devtools.evm import START, artifact
from walras.model.insurance import DAY, EXIT_DELAY, Exit

ALL = 300 * 10**9


def test_request(full: FundPair) -> None:
    assert full.request_exit(ALL) == Exit(ALL, START + 14 * DAY, START + 21 * DAY)
    assert full.fund.shares_of(SAVER) == ALL  # still there, and still at risk
    full.check()


def test_more_than_all(full: FundPair) -> None:
    assert full.request_exit(ALL + 1) == "fund: not enough shares"
    assert full.request_exit(1, STRANGER) == "fund: not enough shares"


def test_one_share(full: FundPair) -> None:
    assert full.request_exit(1) == Exit(1, START + 14 * DAY, START + 21 * DAY)


def test_no_shares(full: FundPair) -> None:
    assert full.request_exit(0) == "fund: no shares"
    assert full.request_exit(0, STRANGER) == "fund: no shares"


def test_second_request_replaces_the_first(full: FundPair) -> None:
    """And begins to wait anew, or a small request would be an option on a large exit."""
    full.request_exit(5)
    full.advance(14 * DAY)
    assert full.request_exit(ALL) == Exit(ALL, START + 28 * DAY, START + 35 * DAY)
    assert full.claim() == "fund: exit too early"
    full.advance(EXIT_DELAY)
    assert full.claim() == 300 * 10**6


def test_of_one_account_only(full: FundPair) -> None:
    full.request_exit(ALL)
    assert full.model.pending_exit(OTHER) == Exit()
    assert full.cancel_exit(OTHER) == "fund: no exit requested"
    full.check()


def test_cancel(full: FundPair) -> None:
    full.request_exit(ALL)
    assert full.cancel_exit() is None
    full.advance(EXIT_DELAY)
    assert full.claim() == "fund: no exit requested"
    full.check()


def test_cancel_what_has_passed(full: FundPair) -> None:
    full.request_exit(ALL)
    full.advance(100 * DAY)
    assert full.cancel_exit() is None
    full.check()


def test_cancel_nothing(full: FundPair) -> None:
    assert full.cancel_exit() == "fund: no exit requested"
    assert full.cancel_exit(STRANGER) == "fund: no exit requested"
    full.request_exit(ALL)
    full.cancel_exit()
    assert full.cancel_exit() == "fund: no exit requested"


def test_through_a_contract(full: FundPair) -> None:
    """Another's contract cannot ask for him who sends the transaction, nor cancel."""
    caller = full.evm.deploy(artifact("PayingCaller"))
    full.stake(10**6, SAVER, receiver=caller.address)
    full.request_exit(ALL)
    caller.forward(full.fund.address, full.fund.encode("request_exit", 7), sender=SAVER)
    assert Exit(*full.fund.pending_exit(caller.address)).shares == 7
    caller.forward(full.fund.address, full.fund.encode("cancel_exit"), sender=SAVER)
    assert Exit(*full.fund.pending_exit(caller.address)) == Exit()
    assert Exit(*full.fund.pending_exit(SAVER)).shares == ALL
