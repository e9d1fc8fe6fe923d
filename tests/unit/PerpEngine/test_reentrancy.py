"""A token that calls back finds every part of the engine closed."""

from typing import Any

import pytest

from tests.support.engine import SETTINGS, TREASURY, EnginePair, deploy_engine
from tests.support.traders import STRANGER, order
from walras.devtools.evm import Contract, Reverted, artifact
from walras.model.market import Mode


@pytest.fixture
def calling() -> tuple[Contract, Contract, int]:
    """An engine whose collateral calls back, and owns it; the token; the token's account."""
    pair = EnginePair()
    evm, router = pair.evm, pair.router.address
    token = evm.deploy(artifact("CallingToken"))
    engine = deploy_engine(evm, token.address, token.address, router)
    account = int(token.address, 16) << 8
    token.mint(token.address, 10**12)
    token.mint(STRANGER, 10**12)
    token.forward(engine.address, engine.encode("set_fee_receiver", TREASURY))
    listing = (0, pair.blueprint, pair.book_views.address, 10**15, 10**17, 10, 1, SETTINGS)
    token.forward(engine.address, engine.encode("list_market", *listing))
    token.forward(engine.address, engine.encode("deposit", account, 10**9))
    return engine, token, account


def calls(account: int, token: str) -> dict[str, tuple[Any, ...]]:
    return {
        "deposit": (account, 1),
        "withdraw": (account, 1, token),
        "transfer": (account, account | 1, 1),
        "place": (account, 0, order()),
        "cancel_replace": (account, 0, [], [order()], False),
        "cancel_all": (account, 0),
        "cancel_all_after": (account, 0, 2**40),
        "sync": (account,),
        "sweep": (account, 0, []),
        "set_sharing": (account, STRANGER, STRANGER, 0),
        "set_referral": (STRANGER, 1),
        "cancel_nonces": (0, 1),
        "worth": (account,),
        "liquidation_price": (account, 0, 0, 0),
        "set_operator": (account, STRANGER, 3, 1, 1),
        "configure_market": (0, SETTINGS),
        "configure_book": (0, 10, 1),
        "set_mode": (0, Mode.POST_ONLY),
        "set_vault": (STRANGER,),
        "set_fee_receiver": (STRANGER,),
        "collateral": (account,),
        "tracked": (),
    }


@pytest.mark.parametrize("name", calls(0, STRANGER))
def test_closed_while_a_token_moves(calling: tuple[Contract, Contract, int], name: str) -> None:
    engine, token, account = calling
    arguments = calls(account, token.address)[name]
    token.arm(engine.address, engine.encode(name, *arguments))
    engine.deposit(account | 1, 5, sender=STRANGER)
    assert (token.has_called(), token.has_succeeded()) == (True, False)
    token.arm(engine.address, engine.encode(name, *arguments))
    token.forward(engine.address, engine.encode("withdraw", account, 5, STRANGER))
    assert (token.has_called(), token.has_succeeded()) == (True, False)
    token.arm("0x" + 40 * "0", b"")
    token.forward(engine.address, engine.encode(name, *arguments))  # by itself it passes


def test_ownership_is_not_under_the_lock(calling: tuple[Contract, Contract, int]) -> None:
    """It is of another module, and nothing that a deposit or a withdrawal reads."""
    engine, token, account = calling
    token.arm(engine.address, engine.encode("transfer_ownership", STRANGER))
    engine.deposit(account, 5, sender=STRANGER)
    assert token.has_succeeded()
    assert (engine.owner(), engine.pending_owner()) == (token.address, STRANGER)


def test_transfer_that_changes_another_amount(calling: tuple[Contract, Contract, int]) -> None:
    """Tokens that come beside the deposit make it inexact."""
    engine, token, account = calling
    token.arm(token.address, token.encode("mint", engine.address, 1))
    with pytest.raises(Reverted, match="token: inexact transfer"):
        engine.deposit(account, 5, sender=STRANGER)
