"""A router and its publishers on a real chain through Ape: reports signed, carried, recorded, averaged."""

from typing import Any, Final

import ape
import pytest
from eth_account import Account

from tests.support.ape_contracts import container
from tests.support.oracle import MARKET, NOBODY, ONE, price_of
from walras.model.actions import Status
from walras.model.oracle import Trouble
from walras.reports import pack, sign_report

PUBLISHERS: Final = [Account.from_key(bytes([number]) * 32) for number in range(1, 6)]
QUORUM: Final = 3


@pytest.fixture(scope="module")
def reports(accounts: Any) -> Any:
    """A source of five publishers."""
    keys = [account.address for account in PUBLISHERS]
    return accounts[0].deploy(container("SignedReports"), accounts[0], keys, QUORUM, 60)


@pytest.fixture(scope="module")
def router(accounts: Any, reports: Any) -> Any:
    """A router with a market of this one source."""
    owner, guardian = accounts[0], accounts[1]
    made = owner.deploy(container("OracleRouter"), owner, guardian, NOBODY, 0)
    made.configure(MARKET, (1, 200, 200, 100, 10), [(reports.address, 1, 60, 50, 60_000)], sender=owner)
    return made


def payload(chain: Any, reports: Any, *prices: int) -> bytes:
    """The first publishers report these prices as of the last block."""
    at = chain.blocks.head.timestamp
    return pack(
        chain.chain_id,
        [
            sign_report(account.key, chain.chain_id, reports.address, MARKET, price, ONE // 10, at)
            for account, price in zip(PUBLISHERS, prices, strict=False)
        ],
    )


def test_from_signature_to_average(accounts: Any, chain: Any, router: Any, reports: Any) -> None:
    keeper, guardian = accounts[2], accounts[1]
    assert price_of(router.price(MARKET)).troubles & Trouble.NO_PRICE
    first = payload(chain, reports, 99 * ONE, 100 * ONE, 250 * ONE)
    receipt = router.update(MARKET, [first], sender=keeper, value=10**15)
    assert [event.event_name for event in receipt.events] == ["Reported", "Recorded"]
    assert router.balance == reports.balance == 0  # the change went back
    found = price_of(router.price(MARKET))
    assert (found.price, found.low, found.status) == (100 * ONE, 100 * ONE - ONE // 10, Status.LIVE)
    recorded_at = router.last(MARKET)[2]

    again = router.update(MARKET, [first], sender=keeper)  # a replay stops nothing and changes nothing
    (refused, _) = again.events
    assert refused.event_name == "UpdateRefused"
    assert b"reports: not newer" in refused.why
    with ape.reverts("reports: not newer"):
        reports.update(MARKET, first, sender=keeper)

    chain.mine(timestamp=recorded_at + 30)
    chain.pending_timestamp = recorded_at + 40
    router.update(MARKET, [payload(chain, reports, *[101 * ONE] * 5)], sender=keeper)
    assert router.last(MARKET)[0] == 101 * ONE
    chain.mine(timestamp=recorded_at + 80)
    assert router.twap(MARKET, 80) == (100 * 40 + 101 * 40) * ONE // 80

    router.halt(MARKET, sender=guardian)
    assert price_of(router.price(MARKET)).status == Status.HALTED
    with ape.reverts("ownable: caller is not the owner"):
        router.resume(MARKET, sender=guardian)
