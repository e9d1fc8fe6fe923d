"""Which auctions the keeper runs, by table."""

from dataclasses import replace
from typing import Any

import pytest

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.perp_engine import Mode
from walras.keepers.decisions.auctions import Auction, AuctionRules, decide

DUE = 1_000
CLOSED = Auction(
    market=3,
    mode=Mode.ACTIVE,
    due=DUE,
    status=Status.LIVE,
    price_grace=30,
    published_at=DUE - 5,
    payloads=(),
    tip=100,
)
REPORTS = (b"", b"signed")


@pytest.mark.parametrize(
    ("change", "time", "function"),
    [
        ({"payloads": REPORTS}, DUE - 1, None),  # the batch is open
        ({"payloads": REPORTS}, DUE, "update_and_run"),
        ({"payloads": REPORTS}, DUE + 1, "update_and_run"),
        ({}, DUE + 1, None),  # no price of after the close: wait
        ({}, DUE + 29, None),
        ({}, DUE + 30, "run_auction"),  # the grace is over
        ({"payloads": (b"", b"")}, DUE + 29, None),  # sources of other kinds, and no reports
        ({"payloads": REPORTS}, DUE + 31, "update_and_run"),
        ({"published_at": DUE}, DUE + 2, None),  # the vault needs one of after the close
        ({"published_at": DUE + 1}, DUE + 2, "run_auction"),  # somebody posted it
        ({"status": Status.STALE}, DUE, "run_auction"),  # the engine does not wait then
        ({"status": Status.HALTED}, DUE, "run_auction"),
        ({"mode": Mode.HALTED, "payloads": REPORTS}, DUE, "run_auction"),
        ({"mode": Mode.SETTLED, "payloads": REPORTS}, DUE + 99, None),
        ({"mode": Mode.POST_ONLY, "payloads": REPORTS}, DUE, "update_and_run"),
        ({"due": 0, "payloads": REPORTS}, DUE, None),  # continuous mode
        ({"has_orders": False, "payloads": REPORTS}, DUE, "update_and_run"),  # marks need auctions
    ],
)
def test_an_auction_runs_when_it_may(change: dict[str, Any], time: int, function: str | None) -> None:
    tasks = decide(time, [replace(CLOSED, **change)], AuctionRules())
    assert [task.function for task in tasks] == ([function] if function else [])


def test_reports_go_with_the_call() -> None:
    (task,) = decide(DUE, [replace(CLOSED, payloads=REPORTS)], AuctionRules())
    assert (task.contract, task.args, task.reward) == ("engine", (3, [b"", b"signed"]), 100)
    assert task.subject == "auction/3/1000"


def test_empty_auctions_are_left_out_where_that_is_wanted() -> None:
    empty = replace(CLOSED, payloads=REPORTS, has_orders=False)
    assert decide(DUE, [empty], AuctionRules(skip_empty=True)) == []
    assert len(decide(DUE, [replace(empty, has_orders=True)], AuctionRules(skip_empty=True))) == 1
