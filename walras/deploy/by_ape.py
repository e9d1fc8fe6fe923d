"""Chains and accounts as Ape has them, for the deployment."""

from typing import Any

from eth_utils.crypto import keccak

from walras.deploy.chain import RpcChain, Signed, Transaction
from walras.deploy.executor import DeployError


def chain_of(provider: Any, account: Any | None = None, deployer: str = "") -> RpcChain:
    """The connected chain; with an account one that sends."""
    if account is None:
        return RpcChain(provider.web3, deployer, None)

    def sign(transaction: Transaction) -> Signed:
        words: dict[str, Any] = {
            "type": 2,
            "chain_id": provider.web3.eth.chain_id,  # Ape's own says 1337 of every local node
            "nonce": transaction.nonce,
            "data": transaction.data,
            "gas": transaction.gas,
            "max_fee": transaction.max_fee,
            "max_priority_fee": transaction.priority_fee,
            "value": 0,
            "sender": account.address,
        }
        if transaction.to:
            words["receiver"] = transaction.to
        made = account.sign_transaction(provider.network.ecosystem.create_transaction(**words))
        if made is None:
            raise DeployError(f"{account.address} did not sign")
        raw = bytes(made.serialize_transaction())
        return Signed("0x" + keccak(raw).hex(), raw)

    return RpcChain(provider.web3, account.address, sign)


def sign_without_asking(account: Any) -> None:
    """One passphrase for all transactions, where the account has one."""
    if hasattr(account, "set_autosign"):
        account.set_autosign(True)


def give_ether(provider: Any, at: str) -> None:
    """On a fork or local chain."""
    provider.web3.provider.make_request("anvil_setBalance", [at, hex(10**24)])
