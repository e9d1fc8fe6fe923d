"""Keepers as a user starts them, each kind in turn."""

from typing import Any

import pytest
import yaml

from tests.support.exchange_on_anvil import (
    ONE,
    USDC,
    OnAnvil,
)
from tests.support.keepers_on_anvil import (
    KEEPER,
    LINK,
    LONG,
    SHORT,
    TWENTY,
    WATERFALL,
    lots,
    mark_at,
    nonce,
    opened,
    publishers,
    stop,
    venue,
    wealthy,
    with_triggers,
)
from walras.chain.bindings.perp_engine import Mode
from walras.chain.bindings.trigger_orders import Kind
from walras.chain.reader import Reader
from walras.chain.reasons import Reverted
from walras.keepers.build import build
from walras.keepers.config import load_config
from walras.keepers.process import Process

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
