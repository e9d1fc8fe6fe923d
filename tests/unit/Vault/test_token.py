"""Collateral that misbehaves: the vault is closed while it moves, and nothing is lost by what it refuses."""

from typing import Any

import pytest

from tests.support import engine as support
from tests.support.engine import OWNER
from tests.support.insurance import Manner
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import order
from tests.support.vault import OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import COOLDOWN, USDC
from walras.devtools.evm import Artifact, Reverted, artifact
from walras.model.vault import NOBODY


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> VaultPair:
    """A vault whose token is hostile, but honest at first; PROVIDER's claim of 10 tokens has waited."""

    def other(name: str) -> Artifact:
        return artifact("HostileToken" if name == "PlainToken" else name)

    monkeypatch.setattr(support, "artifact", other)
    pair = VaultPair()
    pair.vault.deposit(100 * USDC, PROVIDER, sender=PROVIDER)
    pair.vault.requestRedeem(10 * 10**12, PROVIDER, PROVIDER, sender=PROVIDER)
    pair.evm.time += COOLDOWN
    return pair


def deposit(pair: VaultPair) -> None:
    """Tokens come in."""
    pair.vault.deposit(USDC, OTHER, sender=OTHER)


def claim(pair: VaultPair) -> None:
    """Tokens leave."""
    pair.vault.redeem(10**12, PROVIDER, PROVIDER, sender=PROVIDER)


QUESTION = (0, 100, 20_000, 20_000, 20_000, False, 0, USDC, 0)
CALLS: dict[str, tuple[Any, ...]] = {
    "deposit": (1, OTHER),
    "mint": (1, OTHER),
    "requestRedeem": (1, PROVIDER, PROVIDER),
    "redeem": (1, PROVIDER, PROVIDER),
    "withdraw": (1, PROVIDER, PROVIDER),
    "setOperator": (OTHER, True),
    "transfer": (OTHER, 0),
    "transferFrom": (PROVIDER, OTHER, 0),
    "approve": (OTHER, 1),
    "configure": (0, (0, 1_000, 100, 0, 1)),
    "set_cooldown": (86_400,),
    "set_exit_fee": (0, 0),
    "set_deposit_cap": (0,),
    "fund_backstop": (0,),
    "recall_backstop": (0,),
    "has_backstop": (),
    "quotes": (QUESTION,),
    "totalSupply": (),
    "totalAssets": (),
    "balanceOf": (PROVIDER,),
    "allowance": (PROVIDER, OTHER),
    "convertToShares": (1,),
    "convertToAssets": (1,),
    "maxDeposit": (OTHER,),
    "maxMint": (OTHER,),
    "maxRedeem": (PROVIDER,),
    "maxWithdraw": (PROVIDER,),
    "previewDeposit": (1,),
    "previewMint": (1,),
    "previewRedeem": (1,),
    "previewWithdraw": (1,),
    "pendingRedeemRequest": (0, PROVIDER),
    "claimableRedeemRequest": (0, PROVIDER),
    "request_of": (PROVIDER,),
    "isOperator": (PROVIDER, OTHER),
    "quote_settings": (0,),
    "exit_fee_bps": (),
    "allocated_bps": (),
    "pending_value": (),
    "cooldown": (),
    "deposit_cap": (),
    "base_fee_bps": (),
    "fee_slope_bps": (),
    "fee_changed_at": (),
    "cooldown_changed_at": (),
    "quotes_changed_at": (0,),
    "guardian": (),
    "set_guardian": (OTHER,),
}
OPEN = {
    *("name", "symbol", "decimals", "asset", "engine", "share", "supportsInterface"),
    *("owner", "pending_owner", "transfer_ownership", "accept_ownership"),
}
"""What never changes, and the owner, which is of another module."""


def test_every_call_is_tried() -> None:
    names = {name.partition("(")[0] for name in artifact("Vault").selectors}
    assert names == {*CALLS, *OPEN}


@pytest.mark.parametrize("act", [deposit, claim])
@pytest.mark.parametrize("name", CALLS)
def test_closed_while_a_token_moves(hostile: VaultPair, act: Any, name: str) -> None:
    hostile.token.call_back(hostile.vault.address, hostile.vault.encode(name, *CALLS[name]))
    act(hostile)
    assert hostile.token.called() >= 1
    assert hostile.token.answered() == 0


def test_call_elsewhere_is_heard(hostile: VaultPair) -> None:
    """So the calls above are made."""
    hostile.token.call_back(hostile.vault.address, hostile.vault.encode("owner"))
    deposit(hostile)
    assert hostile.token.answered() == 2


@pytest.mark.parametrize("closed", [True, False])
def test_auction_while_a_token_moves_has_no_quotes(hostile: VaultPair, closed: bool) -> None:
    """The vault is closed, the engine is not: the auction runs without the vault, and the deposit goes on."""
    trader = hostile.account(22)
    hostile.token.mint(hostile.owner(trader), 1_000 * USDC)
    hostile.token.approve(hostile.engine.address, 1_000 * USDC, sender=hostile.owner(trader))
    hostile.engine.deposit(trader, 1_000 * USDC, sender=hostile.owner(trader))
    hostile.say(0, 2_000 * ONE)
    hostile.engine.run_auction(0)
    hostile.engine.place(trader, 0, order(tick=20_200), sender=hostile.owner(trader))
    hostile.evm.time += 12
    hostile.say(0, 2_000 * ONE)
    call = hostile.engine.encode("run_auction", 0)
    if closed:
        hostile.token.call_back(hostile.engine.address, call)
        deposit(hostile)
        assert (
            hostile.token.answered() == 1
        )  # on the way to the vault; on that to the engine it is closed too
    else:
        hostile.evm.call(OTHER, hostile.engine.address, call)
    assert hostile.engine.position(hostile.account_of_vault, 0)[0] == (0 if closed else -10)


@pytest.mark.parametrize("manner", [Manner.DENY, Manner.DENY_MOVED])
@pytest.mark.parametrize("act", [deposit, claim])
def test_returns_false(hostile: VaultPair, act: Any, manner: Manner) -> None:
    before = hostile.state()
    hostile.token.behave(manner, 0)
    with reverts("token: transfer refused"):
        act(hostile)
    hostile.token.behave(Manner.HONEST, 0)
    assert hostile.state() == before
    act(hostile)


@pytest.mark.parametrize("manner", [Manner.IDLE, Manner.FEE, Manner.BONUS, Manner.REVERSE])
def test_other_amount_comes(hostile: VaultPair, manner: Manner) -> None:
    hostile.token.mint(hostile.vault.address, USDC)  # without a call: as much as is to come
    before = hostile.state()
    hostile.token.behave(manner, 1)
    with reverts("token: inexact transfer"):
        deposit(hostile)
    assert hostile.state() == before
    assert hostile.token.balanceOf(hostile.vault.address) == USDC


def test_engine_that_may_not_be_approved(hostile: VaultPair) -> None:
    """The tokens came, and cannot go on to the engine."""
    before = hostile.state()
    hostile.token.behave(Manner.BAR_SPENDER, 0)
    with reverts("token: transfer refused"):
        deposit(hostile)
    assert hostile.state() == before
    assert hostile.token.balanceOf(hostile.vault.address) == 0
    claim(hostile)  # which approves nothing
    hostile.token.behave(Manner.HONEST, 0)
    deposit(hostile)
    assert hostile.vault.totalAssets() == 100 * USDC


def test_barred_receiver_names_another(hostile: VaultPair) -> None:
    hostile.token.bar(PROVIDER, True)
    with pytest.raises(Reverted):
        claim(hostile)
    hostile.vault.redeem(10**12, OTHER, PROVIDER, sender=PROVIDER)
    assert hostile.vault.request_of(PROVIDER)[0] == 9 * 10**12


def test_lock_is_free_afterwards(hostile: VaultPair) -> None:
    hostile.token.call_back(hostile.vault.address, hostile.vault.encode("totalAssets"))
    deposit(hostile)
    hostile.token.behave(Manner.HONEST, 0)
    assert hostile.vault.totalAssets() == 101 * USDC
    assert hostile.vault.owner() == OWNER != NOBODY
