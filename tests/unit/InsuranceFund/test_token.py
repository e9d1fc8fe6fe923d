"""The token: what the fund does with one that misbehaves."""

from collections.abc import Callable

import pytest

from tests.support.insurance import MARKET, ONE, OTHER, OWNER, SAVER, STRANGER, FundPair, Manner
from walras.devtools.evm import Reverted, artifact
from walras.model.insurance import EXIT_DELAY, Drawn

ALL = 300 * 10**9
Deed = Callable[[FundPair], object]
IN: dict[str, Deed] = {
    "contribute": lambda pair: pair.contribute(7 * ONE),
    "stake": lambda pair: pair.stake(7 * ONE),
}
OUT: dict[str, Deed] = {
    "claim": lambda pair: pair.claim(),
    "draw": lambda pair: pair.draw(150 * ONE),
}
DEEDS = IN | OUT


@pytest.fixture
def ready(full: FundPair) -> FundPair:
    """SAVER can claim his 300 dollars; somebody sent a dollar without a call."""
    full.donate(ONE)
    full.request_exit(ALL)
    full.advance(EXIT_DELAY)
    return full


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.HONEST, Manner.SILENT])
def test_works(ready: FundPair, manner: Manner, name: str) -> None:
    """A token that returns nothing is as good as one that returns true."""
    ready.behave(manner)
    assert not isinstance(DEEDS[name](ready), str)
    ready.check()


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.DENY, Manner.DENY_MOVED])
def test_returns_false(ready: FundPair, manner: Manner, name: str) -> None:
    """Whether tokens moved or not."""
    ready.behave(manner)
    assert DEEDS[name](ready) == "token: transfer refused"
    ready.check()


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.IDLE, Manner.REVERSE])
def test_moves_nothing_and_says_it_did(ready: FundPair, manner: Manner, name: str) -> None:
    """Or as much, the other way: a donation is there to be taken."""
    ready.behave(manner)
    assert DEEDS[name](ready) == "token: inexact transfer"
    ready.check()


@pytest.mark.parametrize("name", IN)
@pytest.mark.parametrize("manner", [Manner.FEE, Manner.BONUS])
def test_other_amount_comes(ready: FundPair, manner: Manner, name: str) -> None:
    ready.behave(manner, 1)
    assert DEEDS[name](ready) == "token: inexact transfer"
    ready.check()


@pytest.mark.parametrize("name", IN)
def test_payers_costs_are_his(ready: FundPair, name: str) -> None:
    """What the fund gets is exact."""
    ready.behave(Manner.FEE_ON_TOP, 5)
    assert not isinstance(DEEDS[name](ready), str)
    ready.check()


@pytest.mark.parametrize("name", OUT)
def test_more_leaves(ready: FundPair, name: str) -> None:
    """Though a donation could pay for it."""
    ready.behave(Manner.FEE_ON_TOP, 1)
    assert DEEDS[name](ready) == "token: inexact transfer"
    ready.check()


@pytest.mark.parametrize("name", OUT)
@pytest.mark.parametrize("manner", [Manner.FEE, Manner.BONUS])
def test_receivers_costs_are_his(ready: FundPair, manner: Manner, name: str) -> None:
    """What leaves the fund is exact: a token that begins to take a fee does not lock anybody in."""
    ready.behave(manner, 5)
    assert not isinstance(DEEDS[name](ready), str)
    ready.check()


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.REVERT, Manner.GARBAGE])
def test_reverts_or_talks_nonsense(ready: FundPair, manner: Manner, name: str) -> None:
    before = ready.state()
    ready.behave(manner)
    fund = ready.fund
    deeds: dict[str, Callable[[], object]] = {
        "contribute": lambda: fund.contribute(7, sender=SAVER),
        "stake": lambda: fund.stake(7, SAVER, sender=SAVER),
        "claim": lambda: fund.claim(SAVER, sender=SAVER),
        "draw": lambda: ready.engine.draw(fund.address, MARKET, 7),
    }
    with pytest.raises(Reverted, match="Revert"):
        deeds[name]()
    assert ready.state() == before


# ---------------------------------------------------------------- barred


def test_barred_receiver_stops_his_claim_alone(ready: FundPair) -> None:
    ready.request_exit(100 * 10**9, OTHER)
    ready.advance(EXIT_DELAY)
    ready.request_exit(ALL)
    ready.advance(EXIT_DELAY // 4)
    ready.token.bar(OTHER, True)
    with pytest.raises(Reverted, match="Revert"):
        ready.fund.claim(OTHER, sender=OTHER)
    assert ready.draw(100 * ONE) == Drawn(100 * ONE, 0)
    ready.advance(EXIT_DELAY - EXIT_DELAY // 4)
    assert ready.claim(SAVER) == 300 * ONE
    ready.check()


def test_barred_staker_claims_to_another(ready: FundPair) -> None:
    ready.token.bar(SAVER, True)
    assert ready.claim(SAVER, STRANGER) == 300 * ONE


# ---------------------------------------------------------------- calls back

CALLS = {
    "contribute": (1,),
    "stake": (1, SAVER),
    "request_exit": (1,),
    "cancel_exit": (),
    "claim": (SAVER,),
    "draw": (MARKET, 1),
    "set_engine": (SAVER,),
    "set_draw_cap": (MARKET, 1),
    "engine": (),
    "reserve": (),
    "pot": (),
    "epoch": (),
    "total_shares": (),
    "draw_cap": (MARKET,),
    "drawn": (MARKET,),
    "cap_raised_at": (MARKET,),
    "draw_capacity": (MARKET,),
    "shares_of": (SAVER,),
    "value_of": (SAVER,),
    "pending_exit": (SAVER,),
    "preview_stake": (1,),
    "preview_claim": (SAVER,),
}
OWNERSHIP = {"owner", "pending_owner", "transfer_ownership", "accept_ownership"}
"""snekmate's, which know nothing of money, and no lock."""
FIXED = {"token"}
"""Of code, not of storage: never half done."""


def test_every_call_is_tried() -> None:
    names = {name.partition("(")[0] for name in artifact("InsuranceFund").selectors}
    assert set(CALLS) == names - OWNERSHIP - FIXED


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", DEEDS)
def test_token_that_calls_back_finds_the_fund_closed(ready: FundPair, name: str, call: str) -> None:
    """Views too: what they would tell is half done. What was under way is done, as if it had not called."""
    ready.token.call_back(ready.fund.address, ready.fund.encode(call, *CALLS[call]))
    assert not isinstance(DEEDS[name](ready), str)
    assert (ready.token.called(), ready.token.answered()) == (1, 0)
    assert ready.token.last_answer() == b""  # the lock gives no reason
    ready.check()


def test_token_that_calls_elsewhere_is_heard(ready: FundPair) -> None:
    """So the test above would see an answer: ownership can be asked for."""
    ready.token.call_back(ready.fund.address, ready.fund.encode("owner"))
    ready.contribute(7)
    assert (ready.token.called(), ready.token.answered()) == (1, 1)
    assert int.from_bytes(ready.token.last_answer()) == int(OWNER, 16)


def test_lock_is_free_afterwards(ready: FundPair) -> None:
    ready.token.call_back(ready.fund.address, ready.fund.encode("reserve"))
    for deed in DEEDS.values():
        assert not isinstance(deed(ready), str)
        ready.check()
