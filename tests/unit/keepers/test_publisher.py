"""A publisher on venues: what it signs, when, and what becomes of it on the board."""

from pathlib import Path
from typing import Any, Final

import pytest
from eth_account import Account

from tests.support.exchange_on_anvil import write_tape
from walras.keepers.board import BadReportError, Board, Source
from walras.keepers.publisher import Publisher
from walras.keepers.venues.base import VenueError
from walras.keepers.venues.ccxt import CcxtVenue
from walras.keepers.venues.replay import ReplayVenue
from walras.reports import sign_report, signer_of

CHAIN: Final = 31_337
CONTRACT: Final = "0x" + "5C" * 20
OTHER: Final = "0x" + "5D" * 20
KEYS: Final = [bytes([place]) * 32 for place in (1, 2, 3)]
SIGNERS: Final = [str(Account.from_key(key).address) for key in KEYS]
SOURCE: Final = Source(CONTRACT, tuple(SIGNERS), quorum=2, max_age=60)
ONE: Final = 10**18


def replay(folder: Path, name: str, trades: list[tuple[int, str]], shift: int = 0) -> ReplayVenue:
    folder.mkdir(exist_ok=True)
    write_tape(folder / f"LINK-USD.{name}.csv.gz", trades)
    return ReplayVenue(name, folder, name, shift, 1)


def publisher(*venues: Any, key: int = 0, **more: Any) -> Publisher:
    words: dict[str, Any] = {"every_s": 5, "max_age_s": 100, "warmup_s": 50, "floor_bps": 50}
    return Publisher(
        f"p{key}",
        SIGNERS[key],
        KEYS[key],
        CHAIN,
        CONTRACT,
        venues,
        {"LINK": 3, "BTC": 0},
        **{**words, **more},
    )


def test_a_replayed_venue_tells_nothing_of_the_future(tmp_path: Path) -> None:
    feed = replay(tmp_path, "a", [(100, "20"), (105, "21"), (110, "22")]).feed("LINK", 100)
    assert [trade.price for trade in feed.new(104)] == [20 * ONE]
    assert feed.new(104) == []
    assert [trade.time for trade in feed.new(110)] == [105, 110]


def test_its_time_may_be_shifted(tmp_path: Path) -> None:
    feed = replay(tmp_path, "a", [(100, "20"), (105, "21")], shift=1_000).feed("LINK", 1_101)
    assert feed.new(1_104) == []
    assert [trade.time for trade in feed.new(1_105)] == [1_105]


def test_a_folder_without_its_tapes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(VenueError, match=r"venues.a: .* has no file <asset>-USD.a.csv.gz"):
        ReplayVenue("a", tmp_path, "a", 0, 1)


def test_a_tape_that_cannot_be_believed_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(VenueError, match=r"LINK-USD.a.csv.gz:3: time 99 is not after"):
        replay(tmp_path, "a", [(100, "20"), (99, "20")]).feed("LINK", 0)


def test_it_signs_what_it_believes_for_its_contract(tmp_path: Path) -> None:
    board, made = Board(CHAIN), publisher(replay(tmp_path, "a", [(100, "20")]))
    assert made.markets() == [3]
    assert made.sign(99, board) == []  # nothing has traded
    assert made.sign(101, board) == [3]
    (row,) = board.rows(3)
    assert (row["publisher"], row["contract"], row["published_at"]) == (SIGNERS[0], CONTRACT, 101)
    assert int(row["price"]) == 20 * ONE
    assert made.sign(105, board) == []
    assert made.sign(106, board) == [3]
    assert made.sign(108, board, {3: 107}) == [3]  # a batch has closed
    assert made.sign(200, board) == [3]
    assert made.sign(206, board) == []  # the last trade is too old


def test_what_it_signs_is_its_own_signature(tmp_path: Path) -> None:
    board = Board(CHAIN)
    publisher(replay(tmp_path, "a", [(100, "20")])).sign(100, board)
    other = publisher(replay(tmp_path, "a", [(100, "20")]), key=1)
    other.sign(100, board)
    reports = board.fresh(3, SOURCE, 100, 0)
    assert sorted(signer_of(CHAIN, CONTRACT, 3, one) for one in reports) == sorted(SIGNERS[:2])


def test_a_venue_that_tears_away_does_not_make_its_price(tmp_path: Path) -> None:
    rows = [(at, "20") for at in range(100, 140, 2)]
    torn = [(at, "20" if at < 120 else "6") for at in range(101, 140, 2)]
    made = publisher(replay(tmp_path, "a", rows), replay(tmp_path, "b", rows), replay(tmp_path, "c", torn))
    made.listen(139)
    told = made.estimate(3, 139)
    assert told is not None
    assert told.rejected == ("c",)
    assert abs(told.price - 20 * ONE) < ONE // 1_000


def test_the_same_trades_make_the_same_report(tmp_path: Path) -> None:
    rows = [(100 + at, str(20 + at % 7)) for at in range(50)]
    slow, fast = (publisher(replay(tmp_path, name, rows)) for name in ("a", "b"))
    for now in range(100, 150):
        fast.listen(now)
    slow.listen(100)
    slow.listen(149)
    assert slow.estimate(3, 149) == fast.estimate(3, 149)


# ---------------------------------------------------------------- the board


def signed(board: Board, key: int, at: int, folder: Path) -> None:
    publisher(replay(folder, f"k{key}", [(90, "20")]), key=key).sign(at, board)


def test_without_a_quorum_of_news_there_is_no_payload(tmp_path: Path) -> None:
    board = Board(CHAIN)
    signed(board, 0, 100, tmp_path)
    assert board.payloads(3, [SOURCE], 100, lambda source: 0) == (b"",)
    signed(board, 1, 101, tmp_path)
    assert board.payloads(3, [SOURCE], 100, lambda source: 0) == (b"",)  # one is of the future
    assert board.payloads(3, [None, SOURCE], 101, lambda source: 0)[1]
    assert board.payloads(3, [SOURCE], 101, lambda source: 100) == (b"",)  # one is of before
    assert board.payloads(3, [SOURCE], 160, lambda source: 0)[0]
    assert board.payloads(3, [SOURCE], 161, lambda source: 0) == (b"",)  # one is too old
    assert board.payloads(0, [SOURCE], 101, lambda source: 0) == (b"",)  # of another market


def test_a_report_that_is_about_to_age_out_is_left_while_a_quorum_remains() -> None:
    board, three = Board(CHAIN), Source(CONTRACT, tuple(SIGNERS[:3]), 2, 60)
    for key, at in ((0, 100), (1, 150), (2, 151)):
        board.put(CONTRACT, 3, SIGNERS[key], sign_report(KEYS[key], CHAIN, CONTRACT, 3, ONE, 0, at))
    assert [one.published_at for one in board.fresh(3, three, 151, 0)] == [151, 150]
    board.put(CONTRACT, 3, SIGNERS[0], sign_report(KEYS[0], CHAIN, CONTRACT, 3, ONE, 0, 130))
    assert [one.published_at for one in board.fresh(3, three, 160, 0)] == [
        151,
        150,
        130,
    ]  # half as old as it may be
    assert [one.published_at for one in board.fresh(3, three, 161, 0)] == [151, 150]
    assert [one.published_at for one in board.fresh(3, three, 190, 0)] == [151, 150]
    whole = Source(CONTRACT, tuple(SIGNERS[:3]), 3, 60)
    assert [one.published_at for one in board.fresh(3, whole, 190, 0)] == [151, 150, 130]


def test_reports_of_others_are_checked(tmp_path: Path) -> None:
    theirs, ours = Board(CHAIN), Board(CHAIN)
    signed(theirs, 0, 100, tmp_path)
    rows = theirs.rows(3)
    assert ours.take(rows, 3, {CONTRACT: SOURCE}) == 1
    assert ours.take(rows, 3, {CONTRACT: SOURCE}) == 0  # no news
    assert ours.rows(3) == rows
    assert Board(CHAIN).take(rows, 3, {OTHER: SOURCE}) == 0  # nobody listens to that contract
    stranger = Source(CONTRACT, tuple(SIGNERS[1:]), 1, 60)
    assert Board(CHAIN).take(rows, 3, {CONTRACT: stranger}) == 0
    forged = [{**rows[0], "price": str(21 * ONE)}]
    assert Board(CHAIN).take(forged, 3, {CONTRACT: SOURCE}) == 0  # signed by nobody there
    assert Board(CHAIN).take(rows, 4, {CONTRACT: SOURCE}) == 0  # of another market


@pytest.mark.parametrize(
    "change", [{"price": "x"}, {"price": float("inf")}, {"r": "zz"}, {"v": None}, {"s": hex(2**255)}]
)
def test_what_is_no_report_is_an_error(tmp_path: Path, change: dict[str, Any]) -> None:
    board = Board(CHAIN)
    signed(board, 0, 100, tmp_path)
    with pytest.raises(BadReportError, match="market 3: "):
        Board(CHAIN).take([{**board.rows(3)[0], **change}], 3, {CONTRACT: SOURCE})
    with pytest.raises(BadReportError, match="not a report"):
        Board(CHAIN).take([{}], 3, {CONTRACT: SOURCE})


@pytest.mark.parametrize(("price", "confidence"), [(0, 0), (5, 5), (2**88, 1)])
def test_one_publisher_cannot_spoil_the_payload_of_the_others(price: int, confidence: int) -> None:
    bad = sign_report(KEYS[0], CHAIN, CONTRACT, 3, price, confidence, 100)
    row = {"contract": CONTRACT, "publisher": SIGNERS[0], "price": str(price), "confidence": str(confidence)}
    row |= {"published_at": 100, "v": bad.v, "r": hex(bad.r), "s": hex(bad.s)}  # type: ignore[dict-item]
    board = Board(CHAIN)
    with pytest.raises(BadReportError, match="a price of"):
        board.take([row], 3, {CONTRACT: SOURCE})
    assert board.rows(3) == []


# ---------------------------------------------------------------- ccxt


class Client:
    """ccxt's part of an exchange."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.asked: list[tuple[Any, ...]] = []

    def fetch_trades(self, symbol: str, since: Any, limit: int) -> list[dict[str, Any]]:
        self.asked.append((symbol, since, limit))
        return self.rows


def test_trades_of_an_api_are_kept_by_their_second() -> None:
    client = Client()
    venue = CcxtVenue("kraken", "kraken", {"LINK": "LINK/USD"}, 60, 1, client)
    client.rows = [
        {"id": "1", "timestamp": 100_100, "price": 20.1},
        {"id": "3", "timestamp": 101_000, "price": 20.3},
        {"id": "2", "timestamp": 100_900, "price": 20.0},
        {"id": "0", "timestamp": 101_000, "price": 0.0},  # no prices
        {"id": "5", "timestamp": None, "price": 20.0},
        {"id": "6", "timestamp": 101_000, "price": None},
    ]
    venue.poll("LINK")
    venue.poll("LINK")  # the same again is no news
    client.rows = [*client.rows, {"id": "4", "timestamp": 101_000, "price": 20.5}]
    venue.poll("LINK")
    assert client.asked[0][0] == "LINK/USD"
    feed = venue.feed("LINK", 0)
    found = [(one.time, one.price, one.low, one.high) for one in feed.new(101)]
    assert found == [
        (100, 20 * ONE, 20 * ONE, 20_100_000_000_000_000_000),
        (101, 20_500_000_000_000_000_000, 20_300_000_000_000_000_000, 20_500_000_000_000_000_000),
    ]
    assert feed.new(101) == []
    venue.close()


def test_a_trade_of_the_future_silences_no_venue() -> None:
    client = Client()
    venue = CcxtVenue("kraken", "kraken", {"LINK": "LINK/USD"}, 60, 1, client, clock=lambda: 100.0)
    client.rows = [
        {"id": "1", "timestamp": 100_000, "price": 20.0},
        {"id": "2", "timestamp": 105_000, "price": 20.1},
        {"id": "9", "timestamp": 105_001, "price": 99.0},
    ]
    venue.poll("LINK")
    client.rows.append({"id": "3", "timestamp": 105_000, "price": 20.2})
    venue.poll("LINK")
    found = [(one.time, one.price) for one in venue.feed("LINK", 0).new(10**10)]
    assert found == [(100, 20 * ONE), (105, 20_200_000_000_000_000_000)]
    venue.close()


def test_an_api_that_fails_is_counted_and_asked_again() -> None:
    import threading

    class Failing(Client):
        def fetch_trades(self, symbol: str, since: Any, limit: int) -> list[dict[str, Any]]:
            super().fetch_trades(symbol, since, limit)
            raise RuntimeError("429")

    failed, twice = [], threading.Event()

    def note(venue: str) -> None:
        failed.append(venue)
        if len(failed) == 2:
            twice.set()

    venue = CcxtVenue("kraken", "kraken", {"LINK": "LINK/USD"}, 0.001, 1, Failing(), note)
    assert venue.feed("LINK", 0).new(10**10) == []
    assert twice.wait(30)
    venue.close()
    assert failed[:2] == ["kraken", "kraken"]


def test_an_exchange_that_ccxt_does_not_know_is_an_error() -> None:
    with pytest.raises(VenueError, match=r"venues.v.exchange: ccxt knows no exchange 'nowhere'"):
        CcxtVenue("v", "nowhere", {"LINK": "LINK/USD"}, 1, 1)
