"""What a run is seen to be, on the deployed exchange after a crash through every stage of the waterfall."""

import json
from dataclasses import replace
from statistics import median_low

import pytest

from tests.support.demo_exchange import (
    AVAX,
    BIDDER,
    DEEP,
    LONG,
    ONE,
    POOR,
    PROVIDER,
    SHORT,
    USDC,
    DemoExchange,
    RefusedError,
    account,
)
from walras.chain.bindings import vault
from walras.chain.bindings.orderbook_v2 import Cleared, Placed
from walras.chain.rpc import Head
from walras.demo.figures import Figures
from walras.demo.observer import Observer
from walras.demo.providers import Providers
from walras.demo.reconcile import reconcile


@pytest.fixture(scope="module")
def figures(crashed: DemoExchange) -> Figures:
    """Of the crash."""
    return crashed.observer.figures(reconcile(crashed.observer), {"seconds": 1})


def of_avax(figures: Figures, stage: str) -> tuple[int, int, int]:
    """How many, of whom, amount; nothing happened elsewhere."""
    rows = [row for row in figures.waterfall.stages if row.stage == stage]
    assert all(row.count == row.amount == 0 for row in rows if row.market != "AVAX")
    (row,) = [row for row in rows if row.market == "AVAX"]
    return row.count, row.accounts, row.amount


def test_every_stage_is_counted(figures: Figures, crashed: DemoExchange) -> None:
    read, exchange = crashed.read, crashed.exchange
    assert of_avax(figures, "cancelled")[:2] == (1, 1)
    assert of_avax(figures, "liquidated")[:2] == (2, 2)
    assert of_avax(figures, "filled")[:2] == (2, 2)
    assert of_avax(figures, "taken_over") == (1, 1, 2_000 * 27 * USDC // 10)
    assert of_avax(figures, "insured") == (1, 1, 150 * USDC)
    assert read(exchange.fund.drawn(AVAX)) == 150 * USDC
    assert of_avax(figures, "deleveraged")[:2] == (1, 1)
    assert of_avax(figures, "bad_debt") == (0, 0, read(exchange.engine.bad_debt()))
    count, accounts, socialised = of_avax(figures, "socialised")
    assert (count, accounts) == (1, 1)
    # what each lot of either side has borne is the deficit over all lots, rounded up
    borne, scale = read(exchange.engine.losses_of(AVAX)).borne, read(exchange.engine.market(AVAX)).scale
    assert (socialised << scale) % borne < borne
    assert figures.waterfall.accounts == figures.waterfall.below_zero == 2  # DEEP and POOR
    assert figures.headline.liquidations == figures.headline.liquidated_accounts == 2
    assert figures.headline.socialised == socialised


def test_stages_come_in_their_order(figures: Figures) -> None:
    first = figures.waterfall.first
    assert first["liquidated"] < first["filled"] < first["cancelled"] < first["taken_over"]
    assert first["taken_over"] < first["insured"] <= first["deleveraged"] < first["socialised"]
    for stage, table in figures.waterfall.minutes.items():
        rows = [row for row in figures.waterfall.stages if row.stage == stage]
        assert sum(table["count"]) == sum(row.count for row in rows)
        assert sum(table["amount"]) == sum(row.amount for row in rows)


def test_an_incident_says_who(figures: Figures) -> None:
    (found,) = [one for one in figures.waterfall.incidents if one["stage"] == "deleveraged"]
    assert (found["account"], found["other"]) == (hex(account(POOR)), hex(account(SHORT)))
    assert found["lots"] > 0
    # the short takes them above the mark of 27, as far as the fund did not pay
    mark = found["lots"] * 27 * USDC // 10
    assert found["amount"] - mark == figures.waterfall.given_up > 100 * USDC


def test_groups_have_what_the_engine_says(figures: Figures, crashed: DemoExchange) -> None:
    groups = {group.name: group for group in figures.groups}
    sizes = {name: one.accounts for name, one in groups.items()}
    assert sizes == {"makers": 2, "shorts": 1, "longs": 3, "providers": 1}
    margins = {
        one: crashed.read(crashed.exchange.engine.margin_of(account(one))) for one in (LONG, DEEP, POOR)
    }
    longs = groups["longs"]
    assert longs.equity == sum(margin.equity for margin in margins.values())
    assert longs.paid_in == 4_500 * USDC  # without what insurance paid for one of them
    assert longs.result == longs.equity - longs.paid_in < -4_000 * USDC
    assert (longs.liquidated, longs.deleveraged) == (2, 0)
    assert (groups["shorts"].liquidated, groups["shorts"].deleveraged) == (0, 1)
    assert groups["shorts"].result > 3_000 * USDC


def test_equity_between_two_looks_is_that_of_events(crashed: DemoExchange) -> None:
    for who in (LONG, SHORT, BIDDER):
        told = crashed.observer.ledger.equity(account(who))
        asked = crashed.read(crashed.exchange.engine.margin_of(account(who))).equity
        assert abs(told - asked) < USDC // 10  # what funding has moved since the last auction


def test_auctions_and_orders_are_those_of_the_book(figures: Figures, crashed: DemoExchange) -> None:
    book = crashed.exchange.books[AVAX]
    logs = crashed.observer.reader.logs(0, crashed.rpc.head().number, [book.address])
    events = [book.decode_log(log.topics, log.data) for log in logs]
    cleared = [event for event in events if isinstance(event, Cleared)]
    market = figures.markets[AVAX]
    unit = crashed.read(crashed.exchange.engine.market(AVAX)).unit
    assert market.orders == sum(isinstance(event, Placed) for event in events) == figures.headline.orders
    assert market.auctions_traded == len(cleared) == len(market.auctions["time"])
    assert (
        market.volume == sum(event.lots * event.price * unit for event in cleared) == figures.headline.volume
    )
    assert market.volume == sum(market.auctions["volume"]) == sum(market.minutes["volume"])
    assert market.auctions["price"][0] == 30 * USDC  # a whole AVAX
    assert market.tick == USDC // 1000
    assert market.auctions_run > market.auctions_traded


def test_prices_and_status_are_the_routers(figures: Figures, crashed: DemoExchange) -> None:
    market = figures.markets[AVAX]
    assert market.lowest["router"].value == 25_800_000 < market.highest["router"].value == 30_000_000
    assert market.lowest["coinbase"].value == 25_800_000
    assert market.widest_bps is None  # only one of its venues was heard
    assert "gemini" not in market.lowest
    assert market.prices["gemini"] == [None] * len(market.prices["time"])
    assert set(market.prices["status"]) <= {1, 2, 4}
    assert sum(market.status_s.values()) == 2 * len(market.prices["time"])


def test_funding_and_interest(figures: Figures, crashed: DemoExchange) -> None:
    market = figures.markets[AVAX]
    assert market.last_rate_ppb > 0
    assert 100_000 in market.state["rate_ppb"]  # 0.01 % in 8 hours, before anything was traded
    # what is booked on one side may be settled before the other
    booked = crashed.read(crashed.exchange.engine.open_interest(AVAX))
    assert crashed.observer.ledger.open_lots(AVAX) == (booked.held_long, booked.held_short)
    assert max(market.state["long"]) >= 13_000


def test_gas_is_that_of_receipts(figures: Figures, crashed: DemoExchange) -> None:
    rows = {(row.contract, row.call): row for row in figures.gas}
    place = rows["PerpEngine", "place"]
    used = []
    for number in range(1, crashed.rpc.head().number + 1):
        for one in crashed.rpc.ask("eth_getBlockReceipts", [hex(number)]):
            block = crashed.rpc.ask("eth_getTransactionByHash", [one["transactionHash"]])
            order = crashed.exchange.engine.place(0, 0, _ORDER)
            if block["input"].startswith("0x" + order.data[:4].hex()):
                used.append(int(one["gasUsed"], 16))
    assert (place.count, place.median, place.largest, place.total) == (
        len(used), median_low(used), max(used), sum(used),
    )  # fmt: skip
    assert rows["LiquidationEngine", "deleverage"].count == 1
    assert figures.headline.gas == sum(row.total for row in figures.gas)
    assert figures.headline.transactions == sum(row.count for row in figures.gas)


_ORDER = (False, 1, 1, False, False, False, 0, 0)


def test_the_keeper_is_paid_and_pays(figures: Figures, crashed: DemoExchange) -> None:
    (keeper,) = figures.keepers
    assert keeper.transactions == sum(keeper.calls.values())
    assert keeper.calls["take_over"] == keeper.calls["deleverage"] == 1
    left = int(crashed.rpc.ask("eth_getBalance", [crashed.keeper, "latest"]), 16)
    assert keeper.spend_wei == 10**21 - left
    assert keeper.tips == crashed.read(crashed.exchange.engine.collateral(account(crashed.keeper))) > 0


def test_the_snapshot_tells_the_same(figures: Figures, crashed: DemoExchange) -> None:
    now = crashed.observer.snapshot()
    market = now.markets[AVAX]
    assert (market.router, market.volume, market.clearing) == (
        25_800_000, figures.headline.volume, figures.markets[AVAX].auctions["price"][-1],
    )  # fmt: skip
    assert now.stages["deleveraged"][0] == 1
    assert now.orders == figures.headline.orders
    assert now.keepers[0].transactions == figures.keepers[0].transactions
    assert any("deleveraged AVAX" in line for line in now.news)


def test_a_refused_transaction_is_counted(crashed: DemoExchange) -> None:
    before = crashed.observer.snapshot()
    with pytest.raises(RefusedError, match="margin is met"):
        crashed.send(crashed.keeper, crashed.exchange.liquidation.liquidate(account(SHORT), AVAX))
    after = crashed.observer.snapshot()
    assert (after.transactions, after.refused) == (before.transactions + 1, before.refused + 1)
    assert after.keepers[0].refused == before.keepers[0].refused + 1


def test_a_keeper_is_behind_by_what_its_process_says(crashed: DemoExchange) -> None:
    first = crashed.observer
    watcher = Observer(first.reader.rpc, first.exchange, first.run, {}, {}, {crashed.keeper: "auctions"})
    watcher.begin(0)
    head = crashed.rpc.head()
    later = Head(head.number, head.hash, head.parent, first.run.end + 1, head.base_fee)
    watcher.on_block(later, [], [], {}, {"process": {"head": head.number - 3, "keepers": {"auctions": {}}}})
    assert watcher.snapshot().keepers[0].lag == 3
    watcher.on_block(later, [], [], {}, {"process": {"head": head.number, "keepers": {"other": {}}}})
    assert watcher.snapshot().keepers[0].lag is None


def test_figures_are_json_and_the_machine_stands_apart(figures: Figures) -> None:
    told = json.loads(figures.to_json())
    assert told["reconciliation"]["difference"] == 0
    other = replace(figures, machine={"seconds": 2})
    assert other.to_json() != figures.to_json()
    assert other.without_machine() == figures.without_machine()
    assert ONE not in told["markets"][AVAX]["prices"]["router"]


def test_a_provider_has_what_its_shares_are_worth(figures: Figures, crashed: DemoExchange) -> None:
    house, read = crashed.exchange.vault, crashed.read
    (group,) = [one for one in figures.groups if one.name == "providers"]
    shares, supply = read(house.balanceOf(PROVIDER)), read(house.totalSupply())
    assert shares == supply
    assert group.paid_in == 3_000 * USDC
    assert abs(group.equity - read(house.totalAssets())) < USDC // 100  # funding of the seconds since
    assert group.series["equity"][-1] < 3_000 * USDC  # the fall has cost the vault


def test_shares_that_were_asked_back_still_are_their_owners() -> None:
    owner, other, house = (f"0x{place:040x}" for place in (1, 2, 3))
    providers = Providers(house)
    nobody = "0x" + "00" * 20
    for event in (
        vault.Transfer(nobody, owner, 1_000), vault.Deposit(owner, owner, 100, 1_000),
        vault.Transfer(owner, other, 400),
        vault.Transfer(owner, house, 500), vault.RedeemRequest(owner, owner, 0, owner, 500),
    ):  # fmt: skip
        providers.hear(event)
    assert (providers.worth(owner, 200, 1_000), providers.worth(other, 200, 1_000)) == (120, 80)
    for event in (vault.Transfer(house, nobody, 500), vault.Withdraw(owner, other, owner, 90, 500)):
        providers.hear(event)
    assert (providers.worth(owner, 100, 500), providers.worth(other, 100, 500)) == (20, 80)
    assert (providers.paid[owner], providers.received[owner], providers.requests) == (100, 90, 1)
    assert providers.shares[house] == 0
    assert providers.worth(owner, 100, 0) == 0
