"""Scenarios of the fee distributor: whole transactions of those who distribute, deliver and claim.

The engine is that of benchmarks/engine.py. Fees and penalties come as deposits into the accounts that
collect them.
"""

from collections.abc import Callable
from typing import Any, Final

from benchmarks.chain import Chain, Ledger, expect
from benchmarks.engine import RICH, Exchange
from tests.support.engine import USDC
from tests.support.fees import CHEST, SETTINGS, STRANGER, VAULT
from walras.devtools.compiler import compile_contract


def fees_in_and_out(ledger: Ledger, chain: Chain) -> None:
    """Two distributions, of which the second finds every pot in use; then each kind of payment."""
    exchange = Exchange(chain)
    evm, token = exchange.evm, exchange.token
    fund = evm.deploy(compile_contract("InsuranceFund"), chain.deployer, token.address)
    fees = evm.deploy(
        compile_contract("FeeDistributor"), chain.deployer, exchange.engine.address, fund.address, SETTINGS
    )
    exchange.engine.set_fee_receiver(fees.address)
    own = int(fees.address, 16) << 8

    def send(sender: str, name: str, *args: Any) -> dict[str, Any]:
        return evm.send(sender, fees.address, fees.encode(name, *args))

    def earn() -> None:
        for account in (own, own | 2):
            exchange.send(chain.deployer, "deposit", account, 1_000 * USDC)

    earn()
    ledger.note("fees.distribute.first", send(STRANGER, "distribute"))
    earn()
    ledger.note("fees.distribute", send(STRANGER, "distribute"))
    expect(fees.claimable(CHEST) == (990 + 1_000) * USDC * 1_500 // 10_000 + 100 * USDC, "two distributions")
    exchange.credit(int(VAULT, 16) << 8)
    fund_pot = fees.deliverable(fund.address)
    token.approve(fund.address, RICH, sender=chain.deployer)
    fund.contribute(USDC)
    ledger.note("fees.deliver.fund", send(STRANGER, "deliver", fund.address))
    expect(fund.reserve() == fund_pot + USDC, "the fund is paid")
    ledger.note("fees.deliver.vault", send(STRANGER, "deliver", VAULT))
    token.mint(CHEST, USDC)
    ledger.note("fees.claim", send(CHEST, "claim", CHEST))
    expect(fees.claimable(CHEST) == 0, "the treasury is paid")


SCENARIOS: Final[list[Callable[[Ledger, Chain], None]]] = [fees_in_and_out]

WHAT: Final = {
    "fees.distribute": (
        "",
        "fees and penalties to five pots in use and to the runners, two of them the others'",
    ),
    "fees.distribute.first": ("", "the same into pots that were never used"),
    "fees.deliver.fund": ("", "a pot to the insurance fund's reserve"),
    "fees.deliver.vault": ("", "a pot to the account of a vault that has collateral"),
    "fees.claim": ("", "by the treasury, which holds tokens already"),
}
"""What each figure is, and its bound where one is set."""
