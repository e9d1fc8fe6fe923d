"""A market of the day: its venues and publishers, and the router's prices second by second."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from eth_account import Account

from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import Contract, Evm, artifact
from walras.model import oracle as model
from walras.model.actions import Status
from walras.model.oracle import Answer, Price, Settings, Source, Trouble
from walras.replay.publishers import Publisher, Report
from walras.replay.tapes import BadTapeError, read_tape
from walras.reports import pack, sign_report

DAY: Final = PROJECT_ROOT / "data" / "2025-10-10"
MIDNIGHT: Final = 1_760_054_400
SECONDS: Final = 86_400
ONE: Final = 10**18
MARKET: Final = 1
CHAIN: Final = 1
"""Number of the chain that the EVM in this process is."""
OWNER: Final = "0x" + "0a" * 20
KEEPER: Final = "0x" + "5e" * 20
NOBODY: Final = "0x" + "00" * 20
STATUSES: Final = tuple(Status)


# ---------------------------------------------------------------- what a deployer chooses


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue and what is chosen for it."""

    name: str
    tape: str
    weight: int
    confidence_bps: int


VENUES: Final = (
    # Coinbase: spot in dollars, traded in 22,003 seconds. Binance: in 19,741, but a perpetual whose margin is
    # the coin itself. Gemini: spot in dollars, but in 922 seconds only.
    # Weights: any two outvote the third, as 4 + 3, 4 + 2 and 3 + 2 are each more than half of 9. No two are
    # equal, so where only two are heard the price is the better one's and never the mean of both, which
    # nobody traded at: on this day that could have been the mean of 18 and 6.
    # Confidence limits: a deep venue whose trades of one minute reach further than 0.5 % is in no calm
    # market. The third venue is quiet for up to an hour on any day; 120 basis points is what the drift of an
    # hour comes to (walras/replay/publishers.py), and after that the market has two venues, not three.
    # Until 20:45 this makes 1.5 % of the seconds DEGRADED.
    Venue("coinbase", "coinbase-spot", weight=4, confidence_bps=50),
    Venue("binance", "binance-coinm-perp", weight=3, confidence_bps=50),
    Venue("gemini", "gemini-spot", weight=2, confidence_bps=120),
)

SETTINGS: Final = Settings(
    # Two of three: no venue makes a price alone, any one may fail.
    quorum=2,
    # Two guards, as two questions are asked. Do the venues still agree? On a calm day these three are within
    # 50 basis points of one another; further than 200, and the price is DEGRADED. Is there a price at all?
    # The two venues that held on this day stood 7 to 23.5 % apart from 21:18:41 to 21:22:42, at 17 to 20 and
    # at 21: an outer guard that calls that no quorum makes the price stand still as STALE, nobody is
    # liquidated, and when the venues move on, the price that stands is outside them (--compare shows it).
    # Within the outer guard low .. high spans both, and the action matrix takes the end that is kindest to
    # an account.
    deviation_bps=200,
    rejection_bps=2_000,
    # More than any honest second of the day: 894 is the largest of a venue (Coinbase, 21:22:47, from 21.25
    # to 19.35). A lower limit holds the price back in the middle of the crash, where it lags behind all
    # venues: 200 would in 181 seconds, and leave the envelope in 51. What the limit is for is worse: from
    # 18.41 to 6.02 takes eleven seconds under this one, and every one of them is DEGRADED.
    max_move_bps=1_000,
    # 1,024 observations of the history are then ten hours.
    spacing=36,
)

HEARTBEAT: Final = 30  # seconds
"""Six reports that did not come. It watches the publisher; how old a trade is, his confidence tells."""
MAX_AGE: Final = 60  # seconds
"""Oldest report that a source takes."""
GAS_LIMIT: Final = 50_000
"""Many times what SignedReports needs to read a word."""

SPLIT: Final = (3, 4)
"""A venue at this part of the middle of the other two, or lower, is split from them."""
APART_BPS: Final = 500
"""Venues this far apart are worth a figure."""


# ---------------------------------------------------------------- the replay


@dataclass(frozen=True, slots=True)
class Second:
    """What was known, and said, in a second."""

    time: int
    price: Price
    lasts: tuple[int, ...]
    """Last trade of each venue, 0 before the first."""
    reports: int
    """Bit i: venue i's publisher signed."""


class MismatchError(AssertionError):
    """Contract and model differ."""


@dataclass(frozen=True, slots=True)
class Market:
    """A market to replay: venues with their publishers, and settings."""

    asset: str
    venues: tuple[Venue, ...]
    publishers: tuple[Publisher, ...]
    settings: Settings

    @staticmethod
    def load(folder: Path, asset: str, settings: Settings = SETTINGS) -> "Market":
        """The asset's tapes in a folder; raises BadTapeError."""
        paths = {venue: folder / f"{asset}.{venue.tape}.csv.gz" for venue in VENUES}
        found = {venue: Publisher(read_tape(path)) for venue, path in paths.items() if path.exists()}
        if len(found) < settings.quorum:
            names = ", ".join(venue.name for venue in found) or "none"
            raise BadTapeError(f"{folder}: {settings.quorum} venues of {asset} are needed, there is {names}")
        return Market(asset, tuple(found), tuple(found.values()), settings)

    def sources(self, addresses: Sequence[str]) -> tuple[Source, ...]:
        """What the router is configured with."""
        return tuple(
            Source(address, venue.weight, HEARTBEAT, venue.confidence_bps, GAS_LIMIT)
            for address, venue in zip(addresses, self.venues, strict=True)
        )

    def due(self, now: int, heard: Sequence[Answer | None]) -> list[Report | None]:
        """What is signed in a second; a publisher who was not heard yet begins at once."""
        return [
            publisher.report(now) if publisher.signs(now) or (said is None and publisher.last(now)) else None
            for publisher, said in zip(self.publishers, heard, strict=True)
        ]

    def second(self, now: int, price: Price, due: Sequence[Report | None]) -> Second:
        """What is kept of a second."""
        bars = [publisher.last(now) for publisher in self.publishers]
        lasts = tuple(bar.close if bar else 0 for bar in bars)
        return Second(now, price, lasts, sum(1 << place for place, report in enumerate(due) if report))


class Chain:
    """The market's contracts on an EVM in this process."""

    def __init__(self, market: Market, now: int) -> None:
        self.evm = Evm(now)
        self.router: Contract = self.evm.deploy(artifact("OracleRouter"), OWNER, NOBODY, NOBODY, 0)
        self.keys = [bytes([1 + place]) * 32 for place in range(len(market.venues))]
        self.sources = [
            self.evm.deploy(
                artifact("SignedReports"), OWNER, [str(Account.from_key(key).address)], 1, MAX_AGE
            )
            for key in self.keys
        ]
        self.listed = market.sources([source.address for source in self.sources])
        self.router.configure(MARKET, market.settings, self.listed, sender=OWNER)

    def say(self, now: int, due: Sequence[Report | None]) -> Price:
        """Sign and carry what is due; what the router answers."""
        self.evm.time = now
        if any(due):
            payloads = [self._payload(place, report) for place, report in enumerate(due)]
            found = self.router.update(MARKET, payloads, sender=KEEPER)
        else:
            found = self.router.record(MARKET, sender=KEEPER)
        price, low, high, status, published_at, troubles = found
        return Price(price, low, high, Status(status), published_at, Trouble(troubles))

    def _payload(self, place: int, report: Report | None) -> bytes:
        if report is None:
            return b""
        source = self.sources[place].address
        return pack(CHAIN, [sign_report(self.keys[place], CHAIN, source, MARKET, *astuple(report))])


def replay(market: Market, start: int, end: int, bytecode: bool = True) -> Iterator[Second]:
    """The seconds from start to before end, by contract and model or, much faster, by the model alone."""
    chain = Chain(market, start) if bytecode else None
    names = chain.listed if chain else market.sources([venue.name for venue in market.venues])
    reference = model.Market(market.settings, names)
    answers: list[Answer | None] = [None] * len(market.venues)
    for now in range(start, end):
        due = market.due(now, answers)
        for place, report in enumerate(due):
            if report:
                answers[place] = Answer(*astuple(report))
        price = reference.record(now, answers)
        if chain:
            said = chain.say(now, due)
            if said != price:
                raise MismatchError(f"{clock(now)}: contract says {said}, model {price}")
        yield market.second(now, price, due)


def clock(at: int) -> str:
    """Time of day, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
