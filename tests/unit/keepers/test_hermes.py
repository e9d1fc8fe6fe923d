"""What a Hermes service says is taken apart with care, and kept only where the router would hear it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.hermes import FakeHermes, fake_hermes
from tests.support.pyth import FEED
from tests.support.sending import Counting
from walras.keepers.board import BadReportError, Board, PythFeed, Update
from walras.keepers.hermes import Hermes, update_of
from walras.keepers.snapshots.world import World

ID = "0x" + FEED.hex()
FEED_OF = PythFeed("0x" + "11" * 20, ID)


def told(**change: Any) -> dict[str, Any]:
    fake = FakeHermes(2_000 * 10**8)
    fake.time = 100
    fake.server.server_close()
    return {**fake.update(), **change}


def priced(**change: Any) -> list[dict[str, Any]]:
    price = {"price": "1", "conf": "0", "expo": -8, "publish_time": 100, **change}
    return [{"id": FEED.hex(), "price": price}]


def test_an_update_is_bytes_price_and_time() -> None:
    found = update_of(told(), ID)
    assert (found.price, found.published_at) == (2_000 * 10**18, 100)
    assert found.payload.startswith(FEED)
    assert update_of(told(parsed=priced(expo=-20, price="12345")), ID).price == 123


@pytest.mark.parametrize(
    "change",
    [
        {"parsed": None},
        {"parsed": []},
        {"parsed": [{"id": "00" * 32, "price": {}}]},
        {"parsed": priced(price="x")},
        {"parsed": priced(price="0")},
        {"parsed": priced(price=str(2**63))},
        {"parsed": priced(expo=10**9)},
        {"binary": {"data": []}},
        {"binary": {"data": ["00", "00"]}},
        {"binary": {"data": ["zz"]}},
        {"binary": {"data": [""]}},
        {"binary": {"data": ["00" * 4_097]}},
    ],
)
def test_what_is_no_update_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(BadReportError, match="feed 0x"):
        update_of(told(**change), ID)


def test_updates_are_used_when_the_router_hears_them() -> None:
    board = Board(1)
    assert board.put_update(FEED_OF, Update(b"a", 1, 105), 100)
    assert not board.put_update(FEED_OF, Update(b"b", 1, 105), 100)
    assert board.payloads(0, [None, FEED_OF], 100, lambda source: 104) == (b"", b"a")
    assert board.payloads(0, [FEED_OF], 100, lambda source: 105) == (b"",)
    assert board.payloads(0, [FEED_OF], 99, lambda source: 0) == (b"",)
    with pytest.raises(BadReportError, match="published at 106, and the chain is at 100"):
        board.put_update(FEED_OF, Update(b"c", 1, 106), 100)


def test_who_knows_no_such_feed_is_left_alone_for_a_while() -> None:
    meter = Counting()
    strange = PythFeed("0x" + "22" * 20, "0x" + "22" * 32)

    def world(now: int, *feeds: PythFeed) -> World:
        return cast(World, SimpleNamespace(now=now, board=Board(1), feeds=lambda market: list(feeds)))

    with fake_hermes(5) as fake:
        fake.time = 100
        hermes = Hermes([fake.url], 5.0, meter)
        hermes.fetch(world(100, strange), [0])
        assert meter.counts["keeper_report_failures"] == 1
        hermes.fetch(world(101, FEED_OF), [0])
        assert len(fake.asked) == 1
        at = world(102, FEED_OF)
        hermes.fetch(at, [0, 1])  # a feed of two markets is asked for once
        assert len(fake.asked) == 2
        assert at.board.update(FEED_OF, 102, 0) is not None
        hermes.close()
