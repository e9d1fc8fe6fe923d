"""The shares as an ERC-20 token, operators, and what the vault says that it is."""

import pytest
from eth_utils.crypto import keccak

from tests.support.orders import refused, reverts
from tests.support.vault import NOBODY, OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import USDC
from walras.devtools.evm import Event, address, artifact
from walras.model.vault import ANY

SPENDER = address(0x0E)


def test_transfer(full: VaultPair) -> None:
    assert full.give(OTHER, 10**12) is True
    assert full.told == [Event("Transfer", {"sender": PROVIDER, "receiver": OTHER, "value": 10**12})]
    assert full.vault.balanceOf(OTHER) == 101 * 10**12
    assert full.give(OTHER, 0) is True
    assert full.give(PROVIDER, 299 * 10**12) is True  # to oneself
    assert full.vault.balanceOf(PROVIDER) == 299 * 10**12
    with refused(full, "vault: not enough shares"):
        full.give(OTHER, 299 * 10**12 + 1)
    full.check()


def test_allowance(full: VaultPair) -> None:
    assert full.approve(SPENDER, 5) is True
    assert full.told == [Event("Approval", {"owner": PROVIDER, "spender": SPENDER, "value": 5})]
    with refused(full, "vault: allowance too low"):
        full.give_from(PROVIDER, OTHER, 6, SPENDER)
    assert full.give_from(PROVIDER, OTHER, 2, SPENDER) is True
    assert full.vault.allowance(PROVIDER, SPENDER) == 3
    full.approve(SPENDER, ANY)
    assert full.give_from(PROVIDER, SPENDER, 7, SPENDER) is True
    assert full.vault.allowance(PROVIDER, SPENDER) == ANY
    with refused(full, "vault: not enough shares"):
        full.give_from(PROVIDER, OTHER, 300 * 10**12, SPENDER)
    with refused(full, "vault: allowance too low"):
        full.give_from(PROVIDER, OTHER, 1, PROVIDER)


def test_nobody_and_the_vault_get_none(full: VaultPair) -> None:
    full.approve(SPENDER, ANY)
    for to in (NOBODY, full.home):
        with refused(full, "vault: bad receiver"):
            full.give(to, 1)
        with refused(full, "vault: bad receiver"):
            full.give_from(PROVIDER, to, 1, SPENDER)


def test_operator(full: VaultPair) -> None:
    assert full.vault.isOperator(PROVIDER, SPENDER) is False
    for approved in (True, False):
        assert full.set_operator(SPENDER, approved) is True
        args = {"controller": PROVIDER, "operator": SPENDER, "approved": approved}
        assert full.told == [Event("OperatorSet", args)]
        assert full.vault.isOperator(PROVIDER, SPENDER) is approved
        assert full.vault.isOperator(SPENDER, PROVIDER) is False


def interface(*signatures: str) -> bytes:
    """ERC-165's number of an interface."""
    number = 0
    for signature in signatures:
        number ^= int.from_bytes(keccak(text=signature)[:4])
    return number.to_bytes(4)


OPERATORS = ("setOperator(address,bool)", "isOperator(address,address)")
REDEMPTION = (
    "requestRedeem(uint256,address,address)",
    "pendingRedeemRequest(uint256,address)",
    "claimableRedeemRequest(uint256,address)",
)
VAULT = (
    *(f"{name}()" for name in ("asset", "share", "totalAssets")),
    *(f"{name}(uint256)" for name in ("convertToShares", "convertToAssets")),
    *(f"max{name}(address)" for name in ("Deposit", "Mint", "Withdraw", "Redeem")),
    *(f"preview{name}(uint256)" for name in ("Deposit", "Mint", "Withdraw", "Redeem")),
    *(f"{name}(uint256,address)" for name in ("deposit", "mint")),
    *(f"{name}(uint256,address,address)" for name in ("withdraw", "redeem")),
)
TOKEN = (
    *(f"{name}()" for name in ("name", "symbol", "decimals", "totalSupply")),
    "balanceOf(address)",
    "allowance(address,address)",
    *(f"{name}(address,uint256)" for name in ("transfer", "approve")),
    "transferFrom(address,address,uint256)",
)


def test_interfaces(pair: VaultPair) -> None:
    """Those that it has are told: ERC-165, operators and redemption of ERC-7540, ERC-7575."""
    supports = pair.vault.supportsInterface
    assert interface(*OPERATORS) == bytes.fromhex("e3bc4e65")
    assert interface(*REDEMPTION) == bytes.fromhex("620ee8e4")
    assert interface(*VAULT) == bytes.fromhex("2f0a18c5")
    for number in (
        interface("supportsInterface(bytes4)"),
        *map(interface_of, (OPERATORS, REDEMPTION, VAULT)),
    ):
        assert supports(number) is True
    for number in ("ffffffff", "00000000", "ce3bbe50"):  # the last is asynchronous deposits
        assert supports(bytes.fromhex(number)) is False


def interface_of(signatures: tuple[str, ...]) -> bytes:
    """The same of a tuple."""
    return interface(*signatures)


def test_has_every_function_of_them() -> None:
    assert {*OPERATORS, *REDEMPTION, *VAULT, *TOKEN} <= set(artifact("Vault").selectors)


@pytest.mark.parametrize("name", ["previewRedeem", "previewWithdraw"])
def test_previews_of_exits_revert(full: VaultPair, name: str) -> None:
    for amount in (0, 1, 10**12, 2**256 - 1):
        with reverts("vault: asynchronous"):
            getattr(full.vault, name)(amount)


def test_conversions(full: VaultPair) -> None:
    full.gift(400 * USDC)
    assert full.vault.convertToAssets(10**12) == 2 * USDC - 1
    assert full.vault.convertToShares(2 * USDC) == 10**12 + 1_249  # (400e12 + 1e6) / (800e6 + 1) a unit
    assert full.vault.convertToShares(0) == full.vault.convertToAssets(0) == 0
    assert full.vault.convertToAssets(499_999) == 0
