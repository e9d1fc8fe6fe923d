"""What traders decide, by what they see."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from walras.chain import bindings
from walras.chain.bindings import orderbook_v2
from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.demo.listing import key_of
from walras.demo.population.crowd import PARTS, census
from walras.demo.population.hedgers import Hedger
from walras.demo.population.leveraged import Dip, Leveraged, Long, Short
from walras.demo.population.makers import Maker
from walras.demo.population.providers import Provider
from walras.demo.population.sight import Me, Sight, take
from walras.demo.population.takers import Momentum, Retail
from walras.demo.population.trader import DOLLAR, Trader
from walras.demo.wallet import Wallet

UNIT = 1_000
NOW = 1_000_000
RICH = Me(0, 100_000 * DOLLAR, 0, 0)


def at(number: int) -> str:
    """An address."""
    return str(Account.from_key(number.to_bytes(32)).address)


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    """Addresses alone: nothing is asked of it."""
    names = {
        "engine": bindings.PerpEngine, "router": bindings.OracleRouter, "triggers": bindings.TriggerOrders,
        "liquidation": bindings.LiquidationEngine, "vault": bindings.Vault, "fund": bindings.InsuranceFund,
        "fees": bindings.FeeDistributor, "token": bindings.PlainToken, "governor": bindings.Governor,
        "votes": bindings.GovernanceToken, "timelock": bindings.Timelock, "guardian": bindings.Guardian,
        "treasury": bindings.Treasury,
    }  # fmt: skip
    made: dict[str, Any] = {name: kind(at(1 + place)) for place, (name, kind) in enumerate(names.items())}
    return Exchange(
        chain_id=31_337, reports={}, markets={"X": 0}, books={0: bindings.OrderbookV2(at(99))}, **made
    )


def sight(*past: int, **changes: Any) -> Sight:
    """A market whose index went that way, ten seconds between two."""
    prices = past or (10_000,)
    index = prices[-1]
    seen = Sight(
        number=0,
        unit=UNIT,
        time=NOW + 2,
        mark=index,
        index=index,
        low=index,
        high=index,
        status=1,
        is_open=True,
        is_fresh=True,
        times=[NOW - 10 * (len(prices) - 1 - place) for place in range(len(prices))],
        past=prices,
    )
    return replace(seen, **changes)


def trader(kind: type[Trader], exchange: Exchange, seed: int = 1) -> Any:
    return kind(exchange, Wallet(key_of(f"test {seed}")), 0, Random(seed))


def orders(calls: list[Call[Any]]) -> list[orderbook_v2.NewOrder]:
    """Of all calls that place some."""
    found = []
    for call in calls:
        if call.name == "PerpEngine.place":
            found.append(orderbook_v2.NEW_ORDER.decode(call.data, 4 + 64))
        elif call.name == "PerpEngine.cancel_replace":
            words = [int.from_bytes(call.data[at : at + 32]) for at in range(4, len(call.data), 32)]
            first = words[3] // 32
            for place in range(words[first]):
                found.append(orderbook_v2.NEW_ORDER.decode(call.data, 4 + 32 * (first + 1 + 8 * place)))
    return found


# ---------------------------------------------------------------- what they see


def test_moves_and_ranges() -> None:
    seen = sight(10_000, 11_000, 9_000, 9_900)
    assert (seen.move_bps(10), seen.move_bps(20), seen.move_bps(1_000)) == (1_000, -1_000, -100)
    assert seen.range_bps(1_000) == 2_222
    assert seen.range_bps(10) == 1_000
    assert seen.from_start_bps() == -100
    assert seen.lots_of(99_000_000) == 10


def test_takers_stay_within_their_slippage() -> None:
    assert take(sight(10_000), 5, 50).tick == 10_050
    assert take(sight(10_000), -5, 50).tick == 9_950
    assert take(sight(10), 5, 1).tick == 11  # a tick at the least


# ---------------------------------------------------------------- makers


def test_a_maker_quotes_both_sides(exchange: Exchange) -> None:
    found = orders(trader(Maker, exchange).decide(sight(), RICH))
    bids, asks = ([one for one in found if one.is_ask is side] for side in (False, True))
    assert len(bids) == len(asks) == 3
    assert max(one.tick for one in bids) < 10_000 < min(one.tick for one in asks)
    assert [one.tick for one in bids] == sorted({one.tick for one in bids}, reverse=True)
    assert [one.lots for one in asks] == sorted(one.lots for one in asks)


def test_a_maker_shifts_with_what_it_holds(exchange: Exchange) -> None:
    flat, long = (
        orders(trader(Maker, exchange).decide(sight(), replace(RICH, lots=lots))) for lots in (0, 10_000)
    )
    assert max(one.tick for one in long if not one.is_ask) < max(one.tick for one in flat if not one.is_ask)
    assert min(one.tick for one in long if one.is_ask) < min(one.tick for one in flat if one.is_ask)


def test_a_full_maker_quotes_the_other_side_alone(exchange: Exchange) -> None:
    found = orders(trader(Maker, exchange).decide(sight(), replace(RICH, lots=10**6)))
    assert found
    assert all(one.is_ask for one in found)


def test_a_maker_widens_when_prices_move(exchange: Exchange) -> None:
    calm, wild = (
        orders(trader(Maker, exchange).decide(seen, RICH)) for seen in (sight(), sight(10_200, 10_000))
    )
    assert min(one.tick for one in wild if one.is_ask) > min(one.tick for one in calm if one.is_ask)


@pytest.mark.parametrize("changes", [{"status": 4}, {"status": 8}])
def test_a_maker_leaves_where_there_is_no_price(exchange: Exchange, changes: dict[str, Any]) -> None:
    calls = trader(Maker, exchange).decide(sight(**changes), RICH)
    assert [call.name for call in calls] == ["PerpEngine.cancel_all"]


def test_a_maker_keeps_quotes_that_are_good(exchange: Exchange) -> None:
    maker = trader(Maker, exchange)
    assert maker.decide(sight(), RICH)
    assert not maker.decide(sight(10_000, 10_002), RICH)
    assert maker.decide(sight(10_000, 10_004), RICH)
    assert maker.decide(sight(10_000, 10_004), replace(RICH, lots=7))
    assert not maker.decide(sight(10_000, 10_500, is_fresh=False), RICH)


# ---------------------------------------------------------------- takers


def test_momentum_follows_a_move_and_leaves_when_it_is_over(exchange: Exchange) -> None:
    one = trader(Momentum, exchange)
    (up,) = orders(one.decide(sight(9_700, 10_000), RICH))
    (down,) = orders(one.decide(sight(10_300, 10_000), RICH))
    assert (up.is_ask, down.is_ask) == (False, True)
    assert up.batch_only
    assert not up.reduce_only
    (out,) = orders(one.decide(sight(10_000, 10_000), replace(RICH, lots=500)))
    assert (out.is_ask, out.lots, out.reduce_only) == (True, 500, True)
    assert not orders(one.decide(sight(10_000, 10_000), RICH))
    assert not orders(one.decide(sight(9_700, 10_000, status=2), RICH))


def test_retail_opens_and_closes(exchange: Exchange) -> None:
    one = trader(Retail, exchange)
    assert not orders(one.decide(sight(), RICH))[0].reduce_only
    (out,) = orders(one.decide(sight(), replace(RICH, lots=-30)))
    assert (out.is_ask, out.lots, out.reduce_only) == (False, 30, True)
    assert not one.decide(sight(status=4), RICH)


# ---------------------------------------------------------------- hedgers


def test_a_hedger_goes_short_step_by_step_and_covers_in_a_fall(exchange: Exchange) -> None:
    one = trader(Hedger, exchange)
    (first,) = orders(one.decide(sight(), RICH))
    assert first.is_ask
    assert first.lots == one.holds // 4
    assert not one.decide(sight(), replace(RICH, lots=-one.holds))
    (cover,) = orders(one.decide(sight(10_000, 7_000), replace(RICH, lots=-one.holds)))
    assert not cover.is_ask
    assert cover.reduce_only
    assert not trader(Hedger, exchange).decide(sight(status=4), RICH)


# ---------------------------------------------------------------- leverage


def with_terms(kind: type[Leveraged], exchange: Exchange, **terms: Any) -> Any:
    one = trader(kind, exchange)
    for name, value in ({"enters_after_s": 0, "stop_bps": 0, "saves": 0} | terms).items():
        setattr(one, name, value)
    return one


@pytest.mark.parametrize(("kind", "is_ask"), [(Long, False), (Short, True)])
def test_leverage_is_taken_in_steps(exchange: Exchange, kind: type[Leveraged], is_ask: bool) -> None:
    one = with_terms(kind, exchange)
    rich = Me(0, one.capital, 0, 0)
    goal = sight().lots_of(one.capital * one.leverage_bps // 10_000)
    (first,) = orders(one.decide(sight(), rich))
    assert first.is_ask is is_ask
    assert first.lots == goal // 3
    (last,) = orders(one.decide(sight(), replace(rich, lots=one.side * (goal - goal // 5))))
    assert last.lots == goal // 5
    assert not orders(one.decide(sight(), replace(rich, lots=one.side * goal)))
    assert one.is_in


def test_leverage_waits_for_its_time_and_a_good_price(exchange: Exchange) -> None:
    late = with_terms(Long, exchange, enters_after_s=100)
    assert not late.decide(sight(), RICH)
    assert orders(late.decide(sight(time=NOW + 102), RICH))
    assert not with_terms(Long, exchange).decide(sight(status=2), RICH)
    dip = with_terms(Dip, exchange, enters_at_bps=-500)
    assert not dip.decide(sight(10_000, 9_600), RICH)
    assert orders(dip.decide(sight(10_000, 9_500), RICH))


def test_a_stop_is_below_a_long_and_above_a_short(exchange: Exchange) -> None:
    for kind, tick in ((Long, 9_500), (Short, 10_500)):
        one = with_terms(kind, exchange, stop_bps=500, is_in=True)
        held = Me(one.side * 100, one.capital, 1, 1)
        (stop,) = one.decide(sight(), held)
        assert stop.name == "TriggerOrders.place"
        terms = bindings.trigger_orders.NEW_TRIGGER.decode(stop.data, 36)
        assert (terms.tick, terms.is_ask, terms.attached) == (tick, one.side > 0, True)
        assert not one.decide(sight(), held)
        assert [call.name for call in one.begin()] == ["PerpEngine.set_operator", "PlainToken.approve"]


def test_collateral_is_added_where_it_gets_tight_as_often_as_there_is_some(exchange: Exchange) -> None:
    one = with_terms(Long, exchange, saves=1, is_in=True)
    assert one.spare == one.capital // 2
    assert not one.decide(sight(), Me(100, 141, 0, 100))
    (call,) = one.decide(sight(), Me(100, 139, 0, 100))
    assert call.name == "PerpEngine.deposit"
    assert not one.decide(sight(), Me(100, 139, 0, 100))


# ---------------------------------------------------------------- providers


def test_a_provider_comes_later_with_more_and_flees_once(exchange: Exchange) -> None:
    one = trader(Provider, exchange)
    one.later, one.later_after_s, one.panics_at_bps = 5 * DOLLAR, 100, -1_000
    assert [call.name for call in one.begin()] == ["PlainToken.approve", "Vault.deposit"]
    assert not one.decide(sight(), RICH)
    assert [call.name for call in one.decide(sight(time=NOW + 200), RICH)] == ["Vault.deposit"]
    assert not one.decide(sight(time=NOW + 400), RICH)
    assert not one.decide(sight(10_000, 8_000, status=4), RICH)
    assert [call.name for call in one.decide(sight(10_000, 8_000), RICH)] == ["Vault.requestRedeem"]
    assert one.wakes > 2**60


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("count", [10, 11, 24, 99, 200, 240, 5_000])
def test_a_census_has_everybody(count: int) -> None:
    found = census(count, 4)
    assert len(found) == count
    kinds = Counter(kind for kind, _ in found)
    assert set(kinds) == {kind for kind, _ in PARTS}
    if count >= 40:
        assert {market for kind, market in found if kind is Maker} == {0, 1, 2, 3}


@pytest.mark.parametrize("kind", [kind for kind, _ in PARTS])
def test_chance_is_of_the_seed_alone(exchange: Exchange, kind: type[Trader]) -> None:
    def story(seed: int) -> list[bytes]:
        one = trader(kind, exchange, seed)
        path = [10_000]
        told = []
        for step in range(60):
            path.append(path[-1] - 70 * (step % 5))
            calls = one.decide(sight(*path, time=NOW + 30 * step), RICH)
            told += [call.data for call in calls]
        return [*told, str(one.deposit).encode()]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_a_wallet_signs_what_others_read() -> None:
    wallet = Wallet(key_of("test"))
    for nonce in range(20):
        raw = wallet.sign(31_337, at(7), b"\x01\x02" * nonce, 100_000 + nonce, 10**9 - nonce)
        assert Account.recover_transaction(raw) == wallet.address
        told = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        assert (told["nonce"], told["gas"], told["maxFeePerGas"]) == (nonce, 100_000 + nonce, 10**9 - nonce)
        assert (told["chainId"], bytes(told["to"]), told["data"]) == (
            31_337, bytes.fromhex(at(7)[2:]), b"\x01\x02" * nonce,
        )  # fmt: skip
