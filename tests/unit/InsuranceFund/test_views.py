"""Previews and other views: they tell what would happen, and never revert."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.insurance import EXTREMES, NOBODY, ONE, OTHER, SAVER, STAKERS, STRANGER, FundPair
from walras.devtools.evm import Evm, artifact
from walras.model.insurance import CLAIM_WINDOW, EXIT_DELAY, MAX_AMOUNT

words = st.one_of(st.sampled_from(EXTREMES), st.integers(0, 2**256 - 1), st.integers(0, 10**12))


def test_preview_of_a_claim(full: FundPair) -> None:
    fund = full.fund
    full.request_exit(100 * 10**9)
    assert fund.preview_claim(SAVER) == 0
    full.advance(EXIT_DELAY - 1)
    assert fund.preview_claim(SAVER) == 0
    full.advance(1)
    assert fund.preview_claim(SAVER) == 100 * ONE
    full.advance(CLAIM_WINDOW - 1)
    assert fund.preview_claim(SAVER) == 100 * ONE
    full.advance(1)
    assert fund.preview_claim(SAVER) == 0
    assert fund.pending_exit(SAVER)[0] == 100 * 10**9  # it is still told


def test_preview_of_a_stake(full: FundPair) -> None:
    assert full.fund.preview_stake(ONE) == full.stake(ONE)
    assert full.fund.preview_stake(0) == 0
    pot = full.fund.pot()
    assert full.fund.preview_stake(MAX_AMOUNT - pot) > 0
    assert full.fund.preview_stake(MAX_AMOUNT - pot + 1) == 0


def test_who_has_nothing(full: FundPair) -> None:
    for account in (STRANGER, NOBODY, full.fund.address):
        assert full.fund.shares_of(account) == full.fund.value_of(account) == 0
        assert full.fund.preview_claim(account) == 0
        assert full.fund.pending_exit(account) == (0, 0, 0)


def test_at_the_beginning_of_time() -> None:
    """Where the window of no request is open."""
    evm = Evm(time=0)
    token = evm.deploy(artifact("PlainToken"), 6)
    fund = evm.deploy(artifact("InsuranceFund"), STRANGER, token.address)
    assert fund.preview_claim(SAVER) == 0


@given(
    stakes=st.lists(st.tuples(st.integers(0, 3), words), max_size=4),
    draws=st.lists(words, max_size=2),
    asked=words,
    market=words,
    wait=st.sampled_from([0, EXIT_DELAY, EXIT_DELAY + CLAIM_WINDOW]),
)
def test_no_view_reverts(
    stakes: list[tuple[int, int]], draws: list[int], asked: int, market: int, wait: int
) -> None:
    """inv_44."""
    pair = FundPair()
    for place, amount in stakes:
        pair.stake(amount, STAKERS[place])
    pair.request_exit(pair.fund.shares_of(OTHER), OTHER)
    for amount in draws:
        pair.draw(amount)
    pair.advance(wait)
    pair.fund.draw_capacity(market)
    pair.check([asked])
