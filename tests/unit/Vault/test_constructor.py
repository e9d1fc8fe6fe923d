"""Vault's constructor and its owner."""

import pytest

from tests.support.engine import OWNER
from tests.support.orders import refused, reverts
from tests.support.vault import NOBODY, OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import DAY, USDC
from walras.devtools.evm import DEPLOYER, Reverted, artifact


def test_new_vault_is_empty_and_quotes_nowhere() -> None:
    pair = VaultPair(cap=0, quotes=None)
    vault = pair.vault
    assert (vault.engine(), vault.asset()) == (pair.engine.address.lower(), pair.token.address.lower())
    assert (vault.name(), vault.symbol(), vault.decimals()) == ("Walras liquidity", "WLP", 12)
    assert (vault.owner(), vault.pending_owner(), vault.share()) == (OWNER, NOBODY, pair.home)
    assert (vault.totalSupply(), vault.totalAssets(), vault.pending_value(), vault.allocated_bps()) == (
        0,
    ) * 4
    assert (vault.cooldown(), vault.deposit_cap(), vault.base_fee_bps(), vault.fee_slope_bps()) == (
        3 * DAY,
        0,
        0,
        0,
    )
    assert vault.quote_settings(0) == (0,) * 5
    assert vault.maxDeposit(PROVIDER) == 0
    with refused(pair, "vault: deposit cap"):
        pair.enter(1)
    pair.check()


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_decimals(decimals: int) -> None:
    """A share of the first depositor is worth a unit of the token in its six last decimals."""
    pair = VaultPair(decimals=decimals, cap=10 * 10**decimals)
    assert pair.vault.decimals() == decimals + 6
    assert pair.enter(10**decimals) == 10 ** (decimals + 6)
    assert pair.leave() == 10**decimals
    pair.check()


def test_no_owner(pair: VaultPair) -> None:
    with reverts("vault: no owner"):
        pair.evm.deploy(artifact("Vault"), NOBODY, pair.engine.address, "a", "b")


@pytest.mark.parametrize("engine", [NOBODY, PROVIDER])
def test_engine_is_no_contract(pair: VaultPair, engine: str) -> None:
    with reverts("vault: engine not a contract"):
        pair.evm.deploy(artifact("Vault"), OWNER, engine, "a", "b")


def test_engine_is_another_contract(pair: VaultPair) -> None:
    with pytest.raises(Reverted):
        pair.evm.deploy(artifact("Vault"), OWNER, pair.router.address, "a", "b")


def test_owners_calls_are_the_owners(pair: VaultPair) -> None:
    vault = pair.vault
    calls = {
        "configure": (0, (0, 1_000, 100, 0, 1)),
        "set_cooldown": (DAY,),
        "set_exit_fee": (0, 0),
        "set_deposit_cap": (0,),
        "transfer_ownership": (OTHER,),
    }
    for name, arguments in calls.items():
        for stranger in (DEPLOYER, PROVIDER):
            with reverts("ownable: caller is not the owner"):
                getattr(vault, name)(*arguments, sender=stranger)
        getattr(vault, name)(*arguments, sender=OWNER)
    with reverts("ownable_2step: caller is not the new owner"):
        vault.accept_ownership(sender=OWNER)
    vault.accept_ownership(sender=OTHER)
    vault.set_deposit_cap(USDC, sender=OTHER)
    assert vault.deposit_cap() == USDC


def test_somebody_always_owns_it() -> None:
    assert not [name for name in artifact("Vault").selectors if "renounce" in name]
