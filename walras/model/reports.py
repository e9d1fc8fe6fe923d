"""Reports that publishers sign: the exact reference that contracts/oracles/SignedReports.vy is compared with.

Names, arguments and units are those of interfaces/ISignedReports.vyi. Signatures are recovered here too, by
eth_keys: that a report is about this market, contract and chain is what its signature says and nothing else.
Ownership and the payload's decoding are not the model's matter.

Of n reports, k of them lies, k < n / 2: the honest ones are more than half, so in ascending order none of the
places in the middle, one or two, has only lies on either side of it or at it. The median is between the
lowest and the highest honest price, whatever the lies are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.model.revert import Revert, require
from walras.reports import BadSignatureError, SignedReport, signer_of

MAX_PRICE: Final = 2**88 - 1
MAX_MAX_AGE: Final = 3_600
NOBODY: Final = "0x" + 40 * "0"


@dataclass(frozen=True, slots=True)
class Report:
    """What counts in a market."""

    price: int
    confidence: int
    published_at: int


@dataclass(frozen=True, slots=True)
class Reported:
    """The event of an update."""

    market: int
    price: int
    confidence: int
    published_at: int
    signers: int


def median_down(values: Sequence[int]) -> int:
    """The median, the mean of two in the middle rounded down."""
    ascending = sorted(values)
    return (ascending[(len(values) - 1) // 2] + ascending[len(values) // 2]) // 2


def median_up(values: Sequence[int]) -> int:
    """The median, the mean of two in the middle rounded up."""
    return -median_down([-value for value in values])


class SignedReports:
    """The source. Addresses are checksummed."""

    def __init__(
        self, chain_id: int, contract: str, owner: str, publishers: Sequence[str], quorum: int, max_age: int
    ) -> None:
        """A source at an address of a chain."""
        require(owner != NOBODY, "reports: no owner")
        require(1 <= max_age <= MAX_MAX_AGE, "reports: bad maximum age")
        self.chain_id = chain_id
        self.contract = contract
        self.max_age = max_age
        self.reports: dict[int, Report] = {}
        self.newest: dict[int, int] = {}
        """Time of the newest report that counted, by market."""
        self.set_publishers(publishers, quorum)

    def set_publishers(self, publishers: Sequence[str], quorum: int) -> None:
        """Replace the set."""
        require(quorum <= len(publishers), "reports: quorum too large")
        require(2 * quorum > len(publishers), "reports: quorum too small")
        for place, publisher in enumerate(publishers):
            require(publisher != NOBODY, "reports: zero publisher")
            require(publisher not in publishers[:place], "reports: publisher listed twice")
        self.publishers = tuple(publishers)
        self.quorum = quorum

    def update(
        self, now: int, market: int, chain_id: int, reports: Sequence[SignedReport], value: int = 0
    ) -> Reported:
        """Take over the median of what a payload holds, in a block of the time `now`; the event."""
        require(value == 0, "reports: no fee is due")
        require(chain_id == self.chain_id, "reports: wrong chain")
        require(len(reports) >= self.quorum, "reports: quorum missed")
        signers = 0
        for report in reports:
            self._check(now, market, report)
            bit = 1 << self._place(market, report)
            require(not signers & bit, "reports: duplicate signer")
            signers |= bit
        taken = Report(
            price=median_down([report.price for report in reports]),
            confidence=median_up([report.confidence for report in reports]),
            published_at=min(report.published_at for report in reports),
        )
        self.reports[market] = taken
        self.newest[market] = max(report.published_at for report in reports)
        return Reported(market, taken.price, taken.confidence, taken.published_at, signers)

    def read(self, market: int) -> Report:
        """What was taken last."""
        if market not in self.reports:
            raise Revert("reports: no report")
        return self.reports[market]

    def _check(self, now: int, market: int, report: SignedReport) -> None:
        require(1 <= report.price <= MAX_PRICE, "reports: bad price")
        require(report.confidence < report.price, "reports: bad confidence")
        require(report.published_at <= now, "reports: future")
        require(now - report.published_at <= self.max_age, "reports: stale")
        if market in self.newest:
            require(report.published_at > self.newest[market], "reports: not newer")

    def _place(self, market: int, report: SignedReport) -> int:
        """Where the report's signer is in the set."""
        try:
            signer = signer_of(self.chain_id, self.contract, market, report)
        except BadSignatureError as error:
            raise Revert(str(error)) from None
        if signer not in self.publishers:
            raise Revert("reports: not a publisher")
        return self.publishers.index(signer)
