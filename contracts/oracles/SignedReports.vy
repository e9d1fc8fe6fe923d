# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   SignedReports: prices that a quorum of publishers signs
@license AGPL-3.0-only
@notice  Publishers sign what they hold a market's price to be; anyone carries their reports here, a quorum of distinct
         publishers in one call. The median of theirs counts.
@dev     While fewer than half of the reports of a call are lies, the price is between the lowest and the highest of the
         honest ones: liars need half of the quorum.
         The price is the median, of an even number the mean of the two in the middle, rounded down. The confidence is
         the median of the confidences, rounded up, and not the largest of them: that, one publisher could widen at
         will, and a source that is too wide degrades its market. The time is that of the oldest report: nothing in
         the price is older. The medians may be of different publishers; confidence <= price holds all the same.
@custom:security Trusts the owner with the set, and a quorum of the set with the prices. Any two quorums of a set share a
                 publisher. A signature is good for one chain, one contract, one market, and for `max_age`.
                 Who carries reports chooses among those that are newer than the last one taken and not older than
                 `max_age`: when to bring them, and which, and several good selections have several medians. Keep
                 `max_age` at what a carrier needs. A publisher's newer report does not void his older one.
                 A report counts once: every one has to be newer than the newest of the last update.
                 Nobody can report from the future, so no publisher can lock the others out.
                 Reports that were taken stay when the set changes; those that removed publishers signed are refused.
@custom:halt The router's owner takes the source out of the market. The owner here cannot stop it, only replace the set.
"""
from interfaces import IPriceSource
from interfaces import IPullSource
from interfaces import ISignedReports

from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.utils import ecdsa
from snekmate.utils import eip712_domain_separator as eip712

from contracts.modules import refuse
from contracts.modules.oracle import report_layout as layout


initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: eip712

implements: IPriceSource
implements: IPullSource
implements: ISignedReports

# not renounce_ownership: somebody has to be able to replace a publisher
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    eip712.eip712Domain,
)


MAX_PUBLISHERS: constant(uint256) = 16
MAX_MAX_AGE: constant(uint256) = 3_600      # seconds; an hour is no opinion on the price of now
REPORT_TYPE: constant(bytes32) = keccak256(
    "Report(uint256 market,uint256 price,uint256 confidence,uint256 publishedAt)"
)

max_age: public(immutable(uint256))         # seconds

quorum: public(uint256)
members: DynArray[address, MAX_PUBLISHERS]
places: HashMap[address, uint256]           # of a publisher in `members`, from 1; 0: not a publisher
reports: HashMap[uint256, uint256]          # market -> word of report_layout


@deploy
def __init__(owner: address, publishers: DynArray[address, MAX_PUBLISHERS], quorum: uint256, max_age_: uint256):
    """
    @notice A source without a price yet.
    @param owner      Who may change the set of publishers, and hand this right on in two steps.
    @param publishers The set, as for `set_publishers`.
    @param quorum     Fewest publishers that make a price, as for `set_publishers`.
    @param max_age_   Oldest report that is taken, seconds, 1 .. 3,600.
    @dev   Reverts: "reports: no owner", "reports: bad maximum age"; as `set_publishers`.
    """
    if owner == empty(address):
        refuse._because("reports: no owner")
    if max_age_ == 0 or max_age_ > MAX_MAX_AGE:
        refuse._because("reports: bad maximum age")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    eip712.__init__("Walras SignedReports", "1")
    max_age = max_age_
    self._set_publishers(publishers, quorum)


# ------------------------------------------------------------------ prices

@external
@payable
def update(market: uint256, payload: Bytes[4096]):
    """
    @notice Takes over the median of signed reports, by anyone. All of them have to be good: leave out those that are not.
    @param market  The market that the reports are about.
    @param payload abi.encode(uint256 chain id, SignedReport[] reports): at least a quorum of reports and at most 16, of
                   distinct publishers, in any order. The chain id is there to be refused by its name; it is the
                   signatures that bind a report to this chain, whatever the payload says.
    @dev   Reverts: "reports: no fee is due" (value came with the call), "reports: wrong chain", "reports: quorum missed";
           for a report, in this order: "reports: bad price", "reports: bad confidence", "reports: future" (published
           after this block's time), "reports: stale" (longer ago than `max_age`), "reports: not newer" (than the
           newest report of the market's last update: a replay), "ecdsa: invalid signature `s` value", "ecdsa: invalid signature",
           "reports: not a publisher" (who signed this for this market, contract and chain),
           "reports: duplicate signer". Without a reason where the payload does not decode.
    """
    if msg.value != 0:
        refuse._because("reports: no fee is due")
    chain_id: uint256 = 0
    reports: DynArray[ISignedReports.SignedReport, MAX_PUBLISHERS] = []
    chain_id, reports = abi_decode(payload, (uint256, DynArray[ISignedReports.SignedReport, MAX_PUBLISHERS]))
    if chain_id != chain.id:
        refuse._because("reports: wrong chain")
    count: uint256 = len(reports)
    if count < self.quorum:
        refuse._because("reports: quorum missed")
    last: uint256 = layout._newest_at(self.reports[market])
    oldest: uint256 = block.timestamp
    newest: uint256 = 0
    signers: uint256 = 0
    prices: uint256[MAX_PUBLISHERS] = empty(uint256[MAX_PUBLISHERS])
    confidences: uint256[MAX_PUBLISHERS] = empty(uint256[MAX_PUBLISHERS])
    place: uint256 = 0
    for report: ISignedReports.SignedReport in reports:
        self._check(report, last)
        signer: uint256 = self._signer(market, report)
        if signers & signer != 0:
            refuse._because("reports: duplicate signer")
        signers |= signer
        prices[place] = report.price
        confidences[place] = report.confidence
        place += 1
        oldest = min(oldest, report.published_at)
        newest = max(newest, report.published_at)

    low: uint256 = 0
    high: uint256 = 0
    low, high = self._middle(prices, count)
    price: uint256 = (low + high) // 2              # down, as IPriceSource has it
    low, high = self._middle(confidences, count)
    confidence: uint256 = (low + high + 1) // 2     # up: the interval is no narrower than theirs
    self.reports[market] = layout._report(price, confidence, oldest, newest)
    log ISignedReports.Reported(
        market=market, price=price, confidence=confidence, published_at=oldest, signers=signers
    )


@external
@view
def read(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice The last report that was taken, however old.
    @param market The market.
    @return Price; confidence; time of the oldest of the publishers' reports in them.
    @dev    Reverts: "reports: no report" before the first one.
    """
    report: uint256 = self.reports[market]
    if report == 0:
        refuse._because("reports: no report")
    return layout._price(report), layout._confidence(report), layout._published_at(report)


@external
@view
def update_fee(payload: Bytes[4096]) -> uint256:
    """
    @notice Reports are taken free of charge.
    @param payload Not looked at.
    @return 0.
    """
    return 0


@external
@view
def digest(market: uint256, price: uint256, confidence: uint256, published_at: uint256) -> bytes32:
    """
    @notice What a publisher signs, for tools to compare with.
    @param market       The market.
    @param price        Price.
    @param confidence   Confidence.
    @param published_at Unix seconds.
    @return Hash of the typed data in this contract's domain. Whether such a report would be taken it does not tell.
    """
    return self._digest(market, price, confidence, published_at)


# ------------------------------------------------------------------ publishers

@external
def set_publishers(publishers: DynArray[address, MAX_PUBLISHERS], quorum: uint256):
    """
    @notice Replaces the whole set of publishers, by the owner. Markets keep the reports that were taken.
    @param publishers The new set, at most 16.
    @param quorum     Fewest publishers that make a price: more than half of the set, so that any two quorums share one.
    @dev   Reverts: "ownable: caller is not the owner", "reports: quorum too large" (more than publishers),
           "reports: quorum too small", "reports: zero publisher", "reports: publisher listed twice".
    """
    ownable._check_owner()
    self._set_publishers(publishers, quorum)


@external
@view
def publishers() -> DynArray[address, MAX_PUBLISHERS]:
    """
    @notice The set of publishers; Reported.signers counts their places from bit 0.
    @return Addresses in the order in which they were set.
    """
    return self.members


@internal
def _set_publishers(publishers: DynArray[address, MAX_PUBLISHERS], quorum: uint256):
    if quorum > len(publishers):
        refuse._because("reports: quorum too large")
    if 2 * quorum <= len(publishers):
        refuse._because("reports: quorum too small")
    for publisher: address in self.members:
        self.places[publisher] = 0
    place: uint256 = 0
    for publisher: address in publishers:
        if publisher == empty(address):
            refuse._because("reports: zero publisher")
        if self.places[publisher] != 0:
            refuse._because("reports: publisher listed twice")
        place += 1
        self.places[publisher] = place
    self.members = publishers
    self.quorum = quorum
    log ISignedReports.PublishersSet(publishers=publishers, quorum=quorum)


# ------------------------------------------------------------------ a report

@internal
@view
def _check(report: ISignedReports.SignedReport, last: uint256):
    """
    @notice What can be said of a report before its signature is looked at.
    @param report The report.
    @param last   Publish time of the newest report of the market's last update.
    """
    if report.price == 0 or report.price > layout.MAX_PRICE:
        refuse._because("reports: bad price")
    # an interval that reaches down to 0 is no opinion; and below the price it fits the price's bits
    if report.confidence >= report.price:
        refuse._because("reports: bad confidence")
    if report.published_at > block.timestamp:
        refuse._because("reports: future")
    if block.timestamp - report.published_at > max_age:
        refuse._because("reports: stale")
    if report.published_at <= last:
        refuse._because("reports: not newer")


@internal
@view
def _signer(market: uint256, report: ISignedReports.SignedReport) -> uint256:
    """
    @notice The publisher who signed a report.
    @return The bit of his place in the set.
    """
    hash: bytes32 = self._digest(market, report.price, report.confidence, report.published_at)
    place: uint256 = self.places[ecdsa._recover_vrs(hash, report.v, report.r, report.s)]
    if place == 0:
        refuse._because("reports: not a publisher")
    return 1 << (place - 1)


@internal
@view
def _digest(market: uint256, price: uint256, confidence: uint256, published_at: uint256) -> bytes32:
    return eip712._hash_typed_data_v4(
        keccak256(abi_encode(REPORT_TYPE, market, price, confidence, published_at))
    )


@internal
@pure
def _middle(values: uint256[MAX_PUBLISHERS], count: uint256) -> (uint256, uint256):
    """
    @notice The two values in the middle; where their number is odd, the one in the middle twice.
    @param values In any order.
    @param count  How many of them count, at least one.
    """
    ascending: uint256[MAX_PUBLISHERS] = values
    for i: uint256 in range(1, count, bound=MAX_PUBLISHERS):
        value: uint256 = values[i]
        hole: uint256 = i
        for _: uint256 in range(i, bound=MAX_PUBLISHERS):
            if ascending[hole - 1] <= value:
                break
            ascending[hole] = ascending[hole - 1]
            hole -= 1
        ascending[hole] = value
    return ascending[(count - 1) // 2], ascending[count // 2]
