"""Keepers as a user starts them, each kind in turn, against the exchange as it is deployed, on anvil."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner

from tests.support.exchange_on_anvil import (
    ONE,
    USDC,
    OnAnvil,
    exchange_on_anvil,
    free_port,
    until,
    write_tape,
)
from walras.chain.bindings.perp_engine import Mode
from walras.chain.bindings.trigger_orders import Kind, NewTrigger, Source
from walras.chain.reader import Reader
from walras.chain.reasons import Reverted
from walras.chain.rpc import RpcError
from walras.cli import main
from walras.keepers import process as process_module
from walras.keepers import roster
from walras.keepers.build import build
from walras.keepers.config import ConfigError, load_config
from walras.keepers.process import Process

LINK: Final = 3
TWENTY: Final = 20 * ONE
LONG, SHORT, PROVIDER = 5, 6, 1
"""Places of actors among anvil's accounts; the keeper is the fifth, publishers are the last three."""
KEEPER: Final = 4


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAnvil]:
    """Once."""
    with exchange_on_anvil(tmp_path_factory.mktemp("keepers")) as made:
        yield made


@pytest.fixture
def it(deployed: OnAnvil) -> Iterator[OnAnvil]:
    """As it was deployed."""
    snapshot = deployed.ask("evm_snapshot")
    yield deployed
    deployed.ask("evm_revert", snapshot)


def venue(it: OnAnvil, name: str, prices: list[tuple[int, str]], seconds: int = 400) -> dict[str, Any]:
    """One that trades LINK every other second, at a price from so many seconds on."""
    folder, now = it.folder / f"tapes-{name}", it.head().time
    folder.mkdir(exist_ok=True)
    trades = []
    for at in range(now - 60, now + seconds, 2):
        trades.append((at, [price for since, price in prices if now + since <= at][-1]))
    write_tape(folder / "LINK-USD.a.csv.gz", trades)
    return {"a": {"kind": "replay", "folder": str(folder), "tape": "a"}}


def publishers(it: OnAnvil, venues: dict[str, Any]) -> dict[str, Any]:
    """All three of the parameters."""
    name = next(iter(it.exchange.reports))
    return {
        "venues": venues,
        "accounts": {f"p{place}": {"key": it.key(place)} for place in (7, 8, 9)},
        "publishers": [
            {"name": f"p{place}", "account": f"p{place}", "reports": name, "venues": ["a"]}
            for place in (7, 8, 9)
        ],
    }


def nonce(it: OnAnvil, place: int = KEEPER) -> int:
    return int(it.ask("eth_getTransactionCount", it.accounts[place], "latest"), 16)


def opened(it: OnAnvil, dollars: int = 1_100, lots: int = 10_000) -> tuple[int, int]:
    """A long of 10,000 lots (1,000 LINK) at 20 with little behind it, and a rich short."""
    long, short = it.fund(LONG, dollars), it.fund(SHORT, 100_000)
    it.trade(LINK, TWENTY, lots, LONG, SHORT)
    it.do(it.accounts[9], it.exchange.engine.sync(long), it.exchange.engine.sync(short))
    return long, short


def mark_at(it: OnAnvil, price: int) -> None:
    """Publishers and an auction bring the mark to a price, as fast as the router lets them."""
    it.post(LINK, price, seconds=30)
    it.auction(LINK, price)


def wealthy(it: OnAnvil, dollars: int) -> None:
    """A vault, a fifth of which stands behind accounts that nobody else takes."""
    exchange, owner, amount = it.exchange, it.accounts[PROVIDER], dollars * USDC
    it.do(
        owner,
        exchange.token.mint(owner, amount),
        exchange.token.approve(exchange.vault.address, amount),
        exchange.vault.deposit(amount, owner),
    )
    timelock = exchange.timelock.address
    it.ask("anvil_impersonateAccount", timelock)
    it.ask("anvil_setBalance", timelock, hex(10**20))
    it.do(timelock, exchange.vault.fund_backstop(amount // 10))


def lots(it: OnAnvil, account: int) -> int:
    return it.read(it.exchange.engine.position(account, LINK)).lots


# ---------------------------------------------------------------- auctions and prices


def test_auctions_run_on_prices_of_after_the_close(it: OnAnvil) -> None:
    venues = venue(it, "auctions", [(-60, "20"), (14, "20.4")])
    config = it.config("auctions", [{"kind": "auctions"}, {"kind": "prices"}], **publishers(it, venues))
    batches = it.read(it.exchange.books[LINK].market()).batch
    with it.keepers(config) as keepers:
        for _ in range(16):
            status = keepers.wait_for(it.mine().number)
        market = it.read(it.exchange.books[LINK].market())
        mark = it.read(it.exchange.engine.mark(LINK))
        price = it.read(it.exchange.router.price(LINK))
        assert market.batch >= batches + 3
        assert abs(price.price - 20_400_000_000_000_000_000) < 10**15
        assert mark.index == mark.mark
        # the vault could have quoted: each price was published after the close before its auction
        assert price.published_at > market.due - 2 * market.interval
        assert status["failing"] == []
        assert status["keepers"]["auctions"]["tasks"]["succeeded"] >= 3
        assert keepers.get("/ready") == (200, {"ready": True, "wrong": []})
        assert keepers.get("/health")[0] == 200
        told = keepers.get("/reports/LINK")[1]
        assert told == keepers.get(f"/reports/{LINK}")[1]
        assert {one["publisher"] for one in told["reports"]} == {it.accounts[place] for place in (7, 8, 9)}
        assert keepers.get("/reports/XYZ")[0] == keepers.get("/elsewhere")[0] == 404
        metrics = keepers.get("/metrics")[1]
        assert 'walras_keeper_tasks_total{keeper="auctions",outcome="sent"}' in metrics
        assert 'walras_keeper_block_to_tx_seconds_count{keeper="auctions"}' in metrics


def test_a_price_that_moved_is_posted_before_its_auction(it: OnAnvil) -> None:
    venues = venue(it, "moved", [(-60, "20"), (9, "20.5")])
    config = it.config("moved", [{"kind": "prices", "deviation_bps": 100}], **publishers(it, venues))
    with it.keepers(config) as keepers:
        keepers.wait_for(it.head().number)
        for _ in range(3):
            keepers.wait_for(it.mine().number)
        assert nonce(it) == 0  # it is new enough, and where it was
        for _ in range(4):
            keepers.wait_for(it.mine().number)
    assert abs(it.read(it.exchange.router.last(LINK))[0] - 20_500_000_000_000_000_000) < 10**15


def test_auctions_take_the_reports_of_another_process(it: OnAnvil) -> None:
    venues = venue(it, "apart", [(-60, "20")])
    signing = it.config("signing", [], **publishers(it, venues))
    url = f"http://127.0.0.1:{signing['web']['port']}/reports"
    running = it.config("running", [{"kind": "auctions", "markets": ["LINK"]}], reports={"urls": [url]})
    with it.keepers(signing) as signers, it.keepers(running) as runners:
        for _ in range(12):
            head = it.mine().number
            signers.wait_for(head)
            status = runners.wait_for(head)
        assert status["keepers"]["auctions"]["tasks"]["succeeded"] >= 2
        whys = {one["why"].split(", ")[1] for one in runners.lines("sent")}
        assert whys == {"reports for 1 sources"}


def test_two_processes_with_the_same_keepers_do_no_harm(it: OnAnvil) -> None:
    venues = venue(it, "both", [(-60, "20")])
    kinds = [{"kind": "auctions"}, {"kind": "liquidator"}, {"kind": "caretaker", "every_blocks": 1}]
    first = it.config("first", kinds, **publishers(it, venues))
    second = it.config("second", kinds, **publishers(it, venues))
    second["accounts"]["main"] = {"key": it.key(3), "priority_fee_wei": 1_000_000}
    batches = it.read(it.exchange.books[LINK].market()).batch
    with it.keepers(first) as one, it.keepers(second) as other:
        for _ in range(14):
            head = it.mine().number
            told = [one.wait_for(head), other.wait_for(head)]
        assert [status["failing"] for status in told] == [[], []]
        won, lost = (status["keepers"]["auctions"]["tasks"] for status in told)
    ran = it.read(it.exchange.books[LINK].market()).batch - batches
    assert ran >= 3
    # of two auctions of one batch that which pays more comes first, and the engine refuses the other
    assert won.get("reverted", 0) == 0
    assert won["succeeded"] >= ran
    assert lost.get("succeeded", 0) == 0
    assert lost["reverted"] >= 3


# ---------------------------------------------------------------- the waterfall

WATERFALL: Final = [{"kind": "liquidator"}, {"kind": "nominator"}]


def test_orders_are_cancelled_below_initial_margin(it: OnAnvil) -> None:
    long, _ = opened(it)
    engine = it.exchange.engine
    it.do(it.accounts[LONG], engine.place(long, LINK, it.order(LINK, False, 18 * ONE, 100)))
    mark_at(it, 19_700_000_000_000_000_000)
    with it.keepers(it.config("cancels", WATERFALL)) as keepers:
        keepers.wait_for(it.mine().number)
        keepers.wait_for(it.mine().number)
        assert it.read(engine.position(long, LINK)).bid_lots == 0
        assert [one["task"].split("/")[0] for one in keepers.lines("sent")] == ["cancel"]
        # a tenth of the tip's cap is the keeper's
        assert it.read(engine.collateral(it.account(KEEPER))) == USDC


def test_who_misses_maintenance_margin_is_sold_in_the_auction(it: OnAnvil) -> None:
    long, short = opened(it)
    engine = it.exchange.engine
    mark_at(it, 19_450_000_000_000_000_000)
    with it.keepers(it.config("liquidates", WATERFALL)) as keepers:
        keepers.wait_for(it.mine().number)
        keepers.wait_for(it.mine(1).number)
        pending = it.read(it.exchange.liquidation.pending(long, LINK))
        assert 0 < pending.lots < 10_000
        it.do(
            it.accounts[SHORT],
            engine.place(short, LINK, it.order(LINK, False, 19_450_000_000_000_000_000, pending.lots)),
        )
        it.auction(LINK, 19_450_000_000_000_000_000)
        keepers.wait_for(it.head().number)
        keepers.wait_for(it.mine(1).number)
        status = keepers.wait_for(it.mine(1).number)
        assert lots(it, long) == 10_000 - pending.lots
        assert it.read(it.exchange.liquidation.pending(long, LINK)).lots == 0
        assert it.read(engine.collateral(it.account(KEEPER))) > 0  # its tip
        assert status["failing"] == []


def test_who_is_sold_altogether_is_concluded_for_the_tip(it: OnAnvil) -> None:
    """Nothing is left in his account, and nobody works for nothing."""
    long, short = opened(it)
    price = 19_100_000_000_000_000_000
    mark_at(it, price)
    kinds = [{"kind": "liquidator", "min_profit_wei": 0, "unwind": False}]
    with it.keepers({**it.config("sold", kinds), "token_wei": 10**12}) as keepers:
        keepers.wait_for(it.mine().number)
        keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.liquidation.pending(long, LINK)).lots == 10_000
        it.do(it.accounts[SHORT], it.exchange.engine.place(short, LINK, it.order(LINK, False, price, 10_000)))
        it.auction(LINK, price)
        for _ in range(3):
            keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.liquidation.pending(long, LINK)).lots == 0
        assert lots(it, long) == 0
        assert it.read(it.exchange.engine.collateral(it.account(KEEPER))) > 0


def test_fills_that_nobody_settled_are_seen(it: OnAnvil) -> None:
    """A long that came of an auction and was never settled: its stored position is none."""
    long, _ = it.fund(LONG, 1_100), it.fund(SHORT, 100_000)
    it.trade(LINK, TWENTY, 10_000, LONG, SHORT)
    assert lots(it, long) == 0
    mark_at(it, 19_450_000_000_000_000_000)
    assert lots(it, long) == 0
    with it.keepers(it.config("unsettled", WATERFALL)) as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
    assert it.read(it.exchange.liquidation.pending(long, LINK)).lots > 0


def test_who_cannot_be_settled_hides_no_neighbour(it: OnAnvil, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are read together as they would be once settled: where that fails each is read alone."""
    long, short = it.fund(LONG, 1_100), it.fund(SHORT, 100_000)
    it.trade(LINK, TWENTY, 10_000, LONG, SHORT)
    mark_at(it, 19_450_000_000_000_000_000)
    path = it.folder / "neighbours.yaml"
    path.write_text(yaml.safe_dump(it.config("neighbours", [{"kind": "liquidator", "dry_run": True}])))
    made = load_config(path)
    process = Process(made, build(made))
    world = process.parts.world
    asked = world.reader.ask

    def heavy(calls: list[Any], *more: Any, **words: Any) -> list[Any]:
        """A node whose calls have too little gas for two accounts."""
        sync = it.exchange.engine.sync(long).data[:4]
        return [
            Reverted("out of gas") if one.data.count(sync) > 1 else answer
            for one, answer in zip(calls, asked(calls, *more, **words), strict=True)
        ]

    try:
        tasks: list[Any] = []
        monkeypatch.setattr(process.parts.dispatch, "serve", lambda one, some: tasks.extend(some))
        monkeypatch.setattr(Reader, "ask", lambda self, *words, **more: heavy(*words, **more))
        it.mine(1)
        assert process.step() is True
        assert {long, short} <= process.parts.registry.known.unsettled_accounts()
        assert [one.function for one in tasks] == ["liquidate"]
    finally:
        process.close()


@pytest.mark.parametrize("view", ["health", "markets_of", "collateral", "position", "plan"])
def test_an_account_whose_view_reverts_is_left_out(
    it: OnAnvil, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    long, _ = opened(it)
    broken = it.fund(3, 1_100)
    it.trade(LINK, TWENTY, 10_000, 3, SHORT)
    it.do(it.accounts[9], it.exchange.engine.sync(broken))
    mark_at(it, 19_450_000_000_000_000_000)
    path = it.folder / f"left-out-{view}.yaml"
    path.write_text(yaml.safe_dump(it.config(f"left-out-{view}", [{"kind": "liquidator", "dry_run": True}])))
    made = load_config(path)
    process = Process(made, build(made))
    asked = process.parts.world.reader.ask

    def spoiled(calls: list[Any], *more: Any, **words: Any) -> list[Any]:
        word = broken.to_bytes(32)
        return [
            Reverted("broken") if one.name.endswith(f".{view}") and word in one.data else answer
            for one, answer in zip(calls, asked(calls, *more, **words), strict=True)
        ]

    try:
        tasks: list[Any] = []
        monkeypatch.setattr(process.parts.dispatch, "serve", lambda one, some: tasks.extend(some))
        monkeypatch.setattr(Reader, "ask", lambda self, *words, **more: spoiled(*words, **more))
        it.mine(1)
        assert process.step() is True
        assert [(one.function, one.args[0]) for one in tasks] == [("liquidate", long)]
        assert 'walras_keeper_left_out_total{what="account"} 1.0' in process.parts.metrics.text().decode()
    finally:
        process.close()


def test_the_backstop_takes_over_and_is_unwound(it: OnAnvil) -> None:
    wealthy(it, 200_000)
    long, _ = opened(it)
    mark_at(it, 18_800_000_000_000_000_000)  # nothing is left
    backstop = it.read(it.exchange.liquidation.backstop())
    with it.keepers(it.config("takes", WATERFALL)) as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        assert (lots(it, long), lots(it, backstop)) == (0, 10_000)
        assert it.read(it.exchange.engine.collateral(long)) == 0  # and what it owed is covered
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        orders = it.read(it.exchange.books[LINK].open_orders(backstop))
        assert [(one.is_ask, one.lots) for one in orders] == [(True, 10_000)]
        assert [one["task"].split("/")[0] for one in keepers.lines("sent")][:2] == ["take_over", "unwind"]


def test_without_room_there_who_profits_is_nominated_and_deleveraged(it: OnAnvil) -> None:
    long, short = opened(it)
    mark_at(it, 18_800_000_000_000_000_000)
    with it.keepers(it.config("deleverages", WATERFALL)) as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        until_, nominees = it.read(it.exchange.liquidation.nominees(long, LINK))
        assert [one.account for one in nominees] == [short]
        while it.head().time < until_:
            it.post(LINK, 18_800_000_000_000_000_000, seconds=10)
            it.auction(LINK, 18_800_000_000_000_000_000)
            keepers.wait_for(it.head().number)
        for _ in range(3):
            keepers.wait_for(it.mine(1).number)
        assert (lots(it, long), lots(it, short)) == (0, 0)
        assert keepers.status()["failing"] == []


# ---------------------------------------------------------------- triggers and chores


def stop(it: OnAnvil, price: int, **more: Any) -> NewTrigger:
    """A stop-market that sells 1,000 lots, with a tip of a dollar."""
    words: dict[str, Any] = {
        "market": LINK,
        "kind": Kind.STOP_MARKET,
        "source": Source.MARK,
        "is_ask": True,
        "tick": it.tick(LINK, price),
        "limit": 0,
        "slippage": 100,
        "slippage_in_bps": True,
        "distance": 0,
        "distance_in_bps": False,
        "lots": 1_000,
        "reduce_only": True,
        "attached": False,
        "expiry": 0,
        "order_expiry": 0,
        "tip": USDC,
    }
    return NewTrigger(**{**words, **more})


def with_triggers(it: OnAnvil, *terms: NewTrigger) -> None:
    """The long's, who grants what they need."""
    exchange, owner, triggers = it.exchange, it.accounts[LONG], it.exchange.triggers
    it.do(
        owner,
        exchange.token.mint(owner, 100 * USDC),
        exchange.token.approve(triggers.address, 100 * USDC),
        exchange.engine.set_operator(it.account(LONG), triggers.address, 4, 100, 2**40 - 1),
        *[triggers.place(it.account(LONG), one) for one in terms],
    )


def test_triggers_are_executed_for_their_tips(it: OnAnvil) -> None:
    long, _ = opened(it, dollars=5_000)
    trailing = stop(it, TWENTY, kind=Kind.TRAILING, tick=0, distance=50, lots=500, tip=2 * USDC)
    with_triggers(it, stop(it, 19_900_000_000_000_000_000), trailing)
    config = it.config(
        "triggers", [{"kind": "triggers", "ratchet_bps": 10, "min_profit_wei": 0}], token_wei=10**12
    )
    config["keepers"].append({"kind": "triggers", "name": "ratchets", "account": "main", "ratchet_bps": 10})
    with it.keepers(config) as keepers:
        keepers.wait_for(it.mine(1).number)
        assert keepers.lines("sent") == []
        mark_at(it, 20_100_000_000_000_000_000)
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        # nobody is paid to show a trailing stop a better price: only who acts at any cost does it
        assert [one["keeper"] for one in keepers.lines("sent")] == ["ratchets"]
        mark_at(it, 19_890_000_000_000_000_000)
        for _ in range(3):
            keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.triggers.triggers_of(long)) == ()
        assert it.read(it.exchange.triggers.claimable(it.accounts[KEEPER])) == 3 * USDC


def test_a_stop_that_somebody_had_parked_is_executed_once_it_would_be_placed(it: OnAnvil) -> None:
    """Anyone may execute while the engine refuses; its owner takes the right away, and gives it again."""
    long, _ = opened(it, dollars=5_000)
    triggers, engine = it.exchange.triggers, it.exchange.engine
    with_triggers(it, stop(it, 19_900_000_000_000_000_000))
    it.do(it.accounts[LONG], engine.set_operator(long, triggers.address, 0, 0, 0))
    mark_at(it, 19_890_000_000_000_000_000)
    [id] = it.read(triggers.triggers_of(long))
    it.do(it.accounts[2], triggers.execute(id))
    assert it.read(triggers.trigger(id)).parked
    config = it.config("parked", [{"kind": "triggers", "min_profit_wei": 0}], token_wei=10**12)
    with it.keepers(config) as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        assert nonce(it) == 0
        it.do(it.accounts[LONG], engine.set_operator(long, triggers.address, 4, 100, 2**40 - 1))
        mark_at(it, 19_890_000_000_000_000_000)
        keepers.wait_for(it.head().number)
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        assert it.read(triggers.triggers_of(long)) == ()
        assert it.read(triggers.claimable(it.accounts[KEEPER])) == USDC
        assert keepers.status()["failing"] == []


def test_a_tip_that_does_not_pay_its_gas_is_left(it: OnAnvil) -> None:
    opened(it, dollars=5_000)
    with_triggers(it, stop(it, 19_900_000_000_000_000_000))
    mark_at(it, 19_890_000_000_000_000_000)
    greedy = it.config("greedy", [{"kind": "triggers", "min_profit_wei": 0}], token_wei=1)
    with it.keepers(greedy) as keepers:
        for _ in range(2):
            status = keepers.wait_for(it.mine(1).number)
        assert status["keepers"]["triggers"]["tasks"] == {"refused": 1, "resting": 1}
        assert [one["reason"] for one in keepers.lines("refused")] == ["sender: too expensive"]


def test_what_expired_is_swept(it: OnAnvil) -> None:
    long = it.fund(LONG, 5_000)
    it.auction(LINK, TWENTY)
    engine, at = it.exchange.engine, it.head().time + 12
    bids = [
        it.order(LINK, False, 19 * ONE + place, 10, expiry=expiry) for place, expiry in ((0, at), (10**16, 0))
    ]
    it.do(it.accounts[LONG], *[engine.place(long, LINK, one) for one in bids])
    with_triggers(it, stop(it, 19_000_000_000_000_000_000, expiry=at))
    with it.keepers(it.config("sweeps", [{"kind": "sweeper", "every_blocks": 1}])) as keepers:
        keepers.wait_for(it.mine(1).number)
        assert nonce(it) == 0
        it.auction(LINK, TWENTY)
        while it.head().time < at:
            it.mine(1)
        it.auction(LINK, TWENTY)
        keepers.wait_for(it.head().number)
        keepers.wait_for(it.mine(1).number)
        keepers.wait_for(it.mine(1).number)
        assert [one.expiry for one in it.read(it.exchange.books[LINK].open_orders(long))] == [0]
        assert it.read(it.exchange.triggers.triggers_of(long)) == ()


def test_a_market_that_lost_its_price_is_settled(it: OnAnvil) -> None:
    long, short = opened(it, dollars=5_000)
    config = it.config(
        "settles", [{"kind": "settler", "every_blocks": 1, "report_after_s": 300, "markets": ["LINK"]}]
    )
    with it.keepers(config) as keepers:
        keepers.wait_for(it.mine(200).number)
        assert nonce(it) == 0
        keepers.wait_for(it.mine(200).number)
        keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.liquidation.reported_at(LINK)) == it.head().time
        keepers.wait_for(it.mine(259_200).number)
        keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.engine.market(LINK)).mode == Mode.SETTLED
        keepers.wait_for(it.mine(1).number)
        assert lots(it, long) == 10_000
        keepers.wait_for(it.mine(3_600).number)
        keepers.wait_for(it.mine(1).number)
        assert (lots(it, long), lots(it, short)) == (0, 0)


def test_fees_are_distributed_and_old_marks_refreshed(it: OnAnvil) -> None:
    _, short = opened(it, dollars=50_000, lots=100_000)
    least = {"distribute_min": USDC, "deliver_min": USDC, "stale_mark_s": 100}
    rules = {"kind": "caretaker", "every_blocks": 1, **least}
    reserve = it.read(it.exchange.fund.reserve())
    with it.keepers(it.config("cares", [rules])) as keepers:
        for _ in range(4):
            keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.fund.reserve()) > reserve
        assert it.read(it.exchange.fees.preview()).fees == 0
        it.post(LINK, TWENTY, seconds=110)
        keepers.wait_for(it.head().number)
        keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.engine.mark(LINK)).time == it.head().time
        assert short


# ---------------------------------------------------------------- a process


def test_a_signal_ends_it_after_its_turn(it: OnAnvil) -> None:
    with it.keepers(it.config("ends", [{"kind": "caretaker"}])) as keepers:
        keepers.wait_for(it.mine(1).number)
        assert keepers.stop(signal.SIGTERM) == 0
        assert keepers.lines("stopped")[0]["head"] == it.head().number


def test_once_is_one_head(it: OnAnvil) -> None:
    opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    with it.keepers(it.config("once", WATERFALL), "--once") as keepers:
        assert keepers.process.wait(30) == 0
        assert [one["task"].split("/")[0] for one in keepers.lines("sent")] == ["liquidate"]
    it.mine(1)
    assert nonce(it) == 1


def test_a_dry_run_sends_nothing(it: OnAnvil) -> None:
    opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    with it.keepers(it.config("dry", WATERFALL), "--dry-run") as keepers:
        for _ in range(3):
            status = keepers.wait_for(it.mine(1).number)
        assert status["keepers"]["liquidator"]["tasks"] == {"dry_run": 3}
        assert keepers.lines("dry_run")[0]["passes"] is True
    assert nonce(it) == 0


def test_after_kill_9_it_goes_on_from_what_it_wrote(it: OnAnvil) -> None:
    long, _ = opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    config = it.config("killed", WATERFALL)
    with it.keepers(config) as keepers:
        keepers.wait_for(it.mine(1).number)
        keepers.stop(signal.SIGKILL)
    with it.keepers(config) as keepers:  # the liquidation is sent, and in no block
        keepers.wait_for(it.head().number)
        for _ in range(2):
            status = keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.liquidation.pending(long, LINK)).lots > 0
        assert status["keepers"]["liquidator"]["tasks"]["succeeded"] == 1
    assert nonce(it) == 1


def test_replaced_blocks_are_forgotten(it: OnAnvil) -> None:
    """A trigger that was placed in a block that is not of the chain any more is not known any more."""
    opened(it, dollars=5_000)
    config = it.config("replaced", [{"kind": "triggers"}])
    with it.keepers(config) as keepers:
        keepers.wait_for(it.mine(1).number)
        snapshot = it.ask("evm_snapshot")
        with_triggers(it, stop(it, 19_000_000_000_000_000_000))
        keepers.wait_for(it.mine(1).number)
        known = 'walras_keeper_known{kind="triggers"} '
        assert known + "1.0" in keepers.get("/metrics")[1]
        it.ask("evm_revert", snapshot)
        for _ in range(3):
            it.mine(3)
        keepers.wait_for(it.head().number)
        assert known + "0.0" in keepers.get("/metrics")[1]
        assert "walras_keeper_reorgs_total 1.0" in keepers.get("/metrics")[1]


def test_of_two_with_one_lease_one_acts(it: OnAnvil) -> None:
    opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    first = it.config("leads", WATERFALL, lease=str(it.folder / "lease"))
    second = it.config("stands-by", WATERFALL, lease=str(it.folder / "lease"))
    second["accounts"]["main"] = {"key": it.key(3)}
    with it.keepers(first) as one:
        one.wait_for(it.head().number)
        with it.keepers(second) as other:
            for _ in range(2):
                head = it.mine(1).number
                statuses = [one.wait_for(head), other.wait_for(head)]
            assert [status["leads"] for status in statuses] == [True, False]
            assert nonce(it, 3) == 0
            one.stop(signal.SIGKILL)
            until(lambda: other.wait_for(it.mine(1).number)["leads"], "the other to lead")


@pytest.mark.parametrize("words", [("keeper", "check"), ("keeper", "run")])
def test_a_bad_configuration_is_named(it: OnAnvil, words: tuple[str, ...], tmp_path: Path) -> None:
    config = it.config("bad", [{"kind": "auctions", "markets": ["XYZ"]}])
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(config))
    found = subprocess.run(
        [sys.executable, "-m", "walras", *words, "--config", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "keepers.0.markets: there is no market 'XYZ'; there are AVAX, BTC, ETH, LINK" in found.stderr


def test_check_tells_what_would_run_and_what_is_wrong(it: OnAnvil, tmp_path: Path) -> None:
    venues = venue(it, "checked", [(-60, "20")])
    config = it.config("checked", [{"kind": "auctions"}], **publishers(it, venues))
    path = tmp_path / "checked.yaml"
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 0, found.output
    assert "keeper auctions (auctions): BTC, ETH, AVAX, LINK; by main, whatever it costs" in found.output
    assert f"publisher p7: LINK; venues a; signs as {it.accounts[7]}" in found.output
    config["accounts"]["p7"] = {"key": "0x" + "11" * 32}
    config["accounts"]["main"] = {"key": "0x" + "12" * 32}
    config["web"]["port"] = free_port()
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 1
    assert "has nothing to pay gas with" in found.output
    assert "is none of the publishers of" in found.output


def test_check_says_that_an_oracle_of_data_fees_is_none(it: OnAnvil, tmp_path: Path) -> None:
    config = it.config("data-fees", [{"kind": "auctions"}])
    config["chain"]["l1_fee"] = {"oracle": "0x420000000000000000000000000000000000000F"}
    config["chain"]["max_lag_blocks"] = 7
    path = tmp_path / "data-fees.yaml"
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 1
    assert "chain.l1_fee.oracle: 0x420000000000000000000000000000000000000F tells no fee" in found.output


def test_how_far_an_endpoint_may_lag_is_a_setting(it: OnAnvil, tmp_path: Path) -> None:
    config = it.config("lagging", [{"kind": "auctions"}])
    for blocks in (3, 7):
        config["chain"]["max_lag_blocks"] = blocks
        config["web"] = None
        path = tmp_path / "lagging.yaml"
        path.write_text(yaml.safe_dump(config))
        parts = build(load_config(path))
        assert parts.rpc._max_lag == blocks
        parts.close()


# ---------------------------------------------------------------- what goes wrong


@pytest.fixture
def process(it: OnAnvil, request: pytest.FixtureRequest) -> Iterator[Process]:
    """In this process, to be stepped by hand."""
    name = f"inside-{request.node.name}"[:40].lower().rstrip("_")
    config = it.config(name, [{"kind": "liquidator"}, {"kind": "caretaker", "every_blocks": 1}])
    path = it.folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(config))
    made = load_config(path)
    found = Process(made, build(made))
    yield found
    found.close()


def ready(process: Process) -> tuple[int, list[str]]:
    page = process.answer("/ready")
    assert page
    return page.status, json.loads(page.body)["wrong"]


def test_a_keeper_that_fails_is_rested_and_the_others_go_on(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: Any) -> list[Any]:
        raise ZeroDivisionError("a bug")

    assert ready(process) == (503, ["no head was handled yet"])
    monkeypatch.setattr(roster, "ROSTER", {**roster.ROSTER, "liquidator": broken})
    monkeypatch.setattr(process_module, "ROSTER", roster.ROSTER)
    it.mine(1)
    assert process.step() is False
    assert ready(process) == (503, ["liquidator failed at the last head"])
    told = {one.name: (one.is_failing, one.failures) for one in process.parts.running}
    assert told == {"liquidator": (True, 1), "caretaker": (False, 0)}
    it.mine(1)
    assert process.step() is False  # it rests, and still counts as failing
    assert process.parts.running[0].failures == 1
    monkeypatch.undo()
    it.mine(10)
    assert process.step() is True
    assert ready(process) == (200, [])
    metrics = process.parts.metrics.text().decode()
    assert 'walras_keeper_failures_total{keeper="liquidator"} 1.0' in metrics
    assert 'walras_keeper_alerts_total{outcome="logged"} 1.0' in metrics


def test_nobody_rests_for_a_node_that_failed(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(*words: Any) -> list[Any]:
        raise RpcError("no endpoint answers")

    monkeypatch.setattr(process_module, "ROSTER", {**roster.ROSTER, "liquidator": unanswered})
    for _ in range(6):
        it.mine(1)
        assert process.step() is False
    assert process.parts.running[0].failures == 6
    monkeypatch.undo()
    it.mine(1)
    assert process.step() is True  # at the very next head


def test_a_node_that_fails_is_said_and_asked_again(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.mine(1)
    assert process.step() is True
    assert process.step() is None  # nothing is new

    def silent(*words: Any) -> None:
        raise RpcError("no endpoint answers")

    it.mine(1)
    monkeypatch.setattr(process.parts.rpc, "batch", silent)
    assert process.step() is False
    monkeypatch.undo()
    assert process.step() is True
    assert 'walras_keeper_alerts_total{outcome="logged"} 1.0' in process.parts.metrics.text().decode()


def test_a_publisher_that_fails_keeps_nobody(it: OnAnvil, monkeypatch: pytest.MonkeyPatch) -> None:
    config = it.config("spoiled", [{"kind": "auctions"}], **publishers(it, venue(it, "s", [(-60, "20")])))
    path = it.folder / "spoiled.yaml"
    path.write_text(yaml.safe_dump(config))
    made = load_config(path)
    process = Process(made, build(made))

    def broken(*words: Any) -> list[int]:
        raise ValueError("no price")

    try:
        monkeypatch.setattr(process.parts.publishers[0], "sign", broken)
        it.mine(8)
        assert process.step() is False
        assert ready(process) == (503, ["p7 failed at the last head"])
        assert len(json.loads(process.answer("/reports/LINK").body)["reports"]) == 2  # type: ignore[union-attr]
        sent = sum(one.counts.get("sent", 0) for one in process.parts.running)
        assert sent > 0
        assert process.answer("/reports/\u00b2") is None
    finally:
        process.close()


def test_a_publisher_that_hears_nothing_is_not_ready(it: OnAnvil) -> None:
    venues = venue(it, "mute", [(-60, "20")], seconds=20)
    config = it.config("mute", [{"kind": "auctions"}], **publishers(it, venues))
    config["publishers"] = [{**config["publishers"][0], "max_age_s": 30}]
    path = it.folder / "mute.yaml"
    path.write_text(yaml.safe_dump(config))
    made = load_config(path)
    process = Process(made, build(made))
    try:
        it.mine(2)
        assert process.step() is True
        assert ready(process) == (200, [])
        it.mine(60)
        process.step()
        assert ready(process) == (503, ["publisher p7 says nothing of LINK"])
    finally:
        process.close()


def test_a_node_without_a_head_ends_no_process(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(questions: list[Any]) -> list[None]:
        return [None for _ in questions]

    monkeypatch.setattr(process.parts.rpc, "batch", empty)
    assert process.step() is False
    monkeypatch.undo()
    it.mine(1)
    assert process.step() is True


def test_a_dry_run_leaves_tips_where_they_are(it: OnAnvil) -> None:
    exchange, keeper = it.exchange, it.accounts[KEEPER]
    it.do(
        keeper,
        exchange.token.mint(keeper, 7 * USDC),
        exchange.token.approve(exchange.engine.address, 7 * USDC),
        exchange.engine.deposit(it.account(KEEPER), 7 * USDC),
    )
    config = it.config(
        "dry-tips",
        [{"kind": "liquidator"}],
        inventory={"every_blocks": 1, "withdraw_units": 6 * USDC},
    )
    before = nonce(it)
    with it.keepers(config, "--dry-run") as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
    assert nonce(it) == before


def test_two_accounts_with_one_key_are_an_error(it: OnAnvil) -> None:
    config = it.config("twins", [{"kind": "auctions"}, {"kind": "sweeper", "account": "twin"}])
    config["accounts"]["twin"] = config["accounts"]["main"]
    path = it.folder / "twins.yaml"
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(ConfigError, match="main and twin have the same key"):
        build(load_config(path))


def test_inventory_is_watched_and_tips_are_fetched(it: OnAnvil) -> None:
    exchange, keeper = it.exchange, it.accounts[KEEPER]
    it.do(
        keeper,
        exchange.token.mint(keeper, 7 * USDC),
        exchange.token.approve(exchange.engine.address, 7 * USDC),
        exchange.engine.deposit(it.account(KEEPER), 7 * USDC),
    )
    config = it.config(
        "inventory",
        [{"kind": "liquidator"}],
        inventory={"every_blocks": 1, "alarm_units": 5 * USDC, "withdraw_units": 6 * USDC},
    )
    config["accounts"]["main"]["low_balance_wei"] = 10**24
    with it.keepers(config) as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        assert {one["about"] for one in keepers.lines("alert")} == {"main runs low", "tips of main"}
    assert it.read(exchange.engine.collateral(it.account(KEEPER))) == 0
    assert it.read(exchange.token.balanceOf(keeper)) == 7 * USDC


def test_the_same_chain_gives_the_same_transactions(it: OnAnvil) -> None:
    """Two processes, one after the other, that see the same blocks from the same one on."""

    def run(name: str) -> list[str]:
        snapshot = it.ask("evm_snapshot")
        it.ask("anvil_setNextBlockBaseFeePerGas", hex(10**6))  # which no snapshot brings back
        venues = venue(it, "same", [(-60, "20"), (7, "19.3")])
        kinds = [{"kind": kind} for kind in ("auctions", "prices", "liquidator", "nominator", "caretaker")]
        with it.keepers(it.config(name, kinds, **publishers(it, venues))) as keepers:
            keepers.wait_for(it.head().number)
            for _ in range(12):
                keepers.wait_for(it.mine().number)
            sent = [one["transaction"] for one in keepers.lines("sent")]
        it.ask("evm_revert", snapshot)
        return sent

    opened(it)
    first, second = run("same-first"), run("same-second")
    assert first == second
    assert len(first) >= 4
