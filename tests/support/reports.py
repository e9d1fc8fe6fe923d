"""SignedReports and its model, driven together: one result, or one reason, of both."""

from collections.abc import Sequence
from dataclasses import astuple, replace
from functools import cache
from typing import Any, Final

import pytest
from eth_account import Account

from walras.devtools.evm import Contract, Event, Evm, Reverted, address, artifact
from walras.model import reports as model
from walras.model.reports import Report
from walras.model.revert import Revert
from walras.reports import SignedReport, pack, sign_report

CHAIN: Final = 1
"""Number of the chain that the tests' EVM is."""
OTHER_CHAIN: Final = 42161
OWNER: Final = address(0x0A)
KEEPER: Final = address(0x5E)
NOBODY: Final = "0x" + 40 * "0"
MARKET: Final = 7
OTHER_MARKET: Final = 8
ONE: Final = 10**18
"""A price of one."""
MAX_AGE: Final = 60
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""


def key(publisher: int) -> bytes:
    """A private key for an actor of the tests, publisher or stranger."""
    return (0x5EC0000 + publisher).to_bytes(32)


@cache
def publisher(number: int) -> str:
    """Its address."""
    return str(Account.from_key(key(number)).address)


signed: Final = cache(sign_report)


def twin(report: SignedReport) -> SignedReport:
    """The other signature of the same signer on the same report."""
    return replace(report, v=55 - report.v, s=ORDER - report.s)


class ReportsPair:
    """A source whose set is publisher(0), publisher(1), .. in both worlds, and a clock."""

    def __init__(
        self, publishers: int = 5, quorum: int = 3, max_age: int = MAX_AGE, owner: str = OWNER
    ) -> None:
        self.evm = Evm()
        self.evm.fund(KEEPER)
        listed = [publisher(number) for number in range(publishers)]
        self.contract: Contract = self.evm.deploy(artifact("SignedReports"), owner, listed, quorum, max_age)
        self.model = model.SignedReports(CHAIN, self.contract.address, owner, listed, quorum, max_age)
        self.events: list[Event] = []
        """What the contract logged in the last update, or change of the set, that it took."""

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds

    def report(
        self,
        number: int,
        price: int,
        confidence: int = 0,
        age: int = 0,
        market: int = MARKET,
        chain: int = CHAIN,
        contract: str | None = None,
    ) -> SignedReport:
        """What a publisher says, `age` seconds ago (negative: in the future)."""
        at = contract or self.contract.address
        return signed(key(number), chain, at, market, price, confidence, self.evm.time - age)

    def say(self, *prices: int, confidence: int = 0, age: int = 0) -> list[SignedReport]:
        """Reports of publisher(0), publisher(1), .. in this order."""
        return [self.report(number, price, confidence, age) for number, price in enumerate(prices)]

    def update(
        self,
        reports: Sequence[SignedReport],
        market: int = MARKET,
        chain: int = CHAIN,
        value: int = 0,
    ) -> str | None:
        """Bring reports; the reason why both refuse, else None. What both have after is the same."""
        before = self.read(market)
        results: list[Any] = []
        try:
            self.contract.update(market, pack(chain, reports), sender=KEEPER, value=value)
            self.events = self.contract.events()
            (event,) = self.events
            assert event.name == "Reported"
            results.append(tuple(event.args.values()))
        except Reverted as reason:
            results.append(str(reason))
        try:
            results.append(astuple(self.model.update(self.evm.time, market, chain, reports, value)))
        except Revert as reason:
            results.append(str(reason))
        assert results[0] == results[1]
        after = self.read(market)
        if isinstance(results[0], str):
            assert after == before
            return results[0]
        return None

    def set_publishers(self, numbers: Sequence[int], quorum: int) -> str | None:
        """Replace the set; the reason why both refuse, else None."""
        listed = [publisher(number) for number in numbers]
        results: list[str | None] = []
        for call, refusal in (
            (lambda: self.contract.set_publishers(listed, quorum, sender=OWNER), Reverted),
            (lambda: self.model.set_publishers(listed, quorum), Revert),
        ):
            try:
                call()
                results.append(None)
            except refusal as reason:
                results.append(str(reason))
            else:
                self.events = self.contract.events()
        assert results[0] == results[1]
        assert list(self.contract.publishers()) == [at.lower() for at in self.model.publishers]
        assert self.contract.quorum() == self.model.quorum
        return results[0]

    def read(self, market: int = MARKET) -> Report | None:
        """What both have; None where that is nothing."""
        try:
            expected = self.model.read(market)
        except Revert as reason:
            with pytest.raises(Reverted, match=f"^{reason}$"):
                self.contract.read(market)
            return None
        assert self.contract.read(market) == astuple(expected)
        return expected
