"""run_auction: when it runs, for which tip, with the vault's quotes or without."""

from dataclasses import replace

import pytest

from tests.support.engine import LOT, OWNER, RUNNER, SETTINGS, TICK, TREASURY, USDC, EnginePair
from tests.support.oracle import ONE, Manner
from tests.support.orders import refused, reverts
from tests.support.traders import (
    KEEPER,
    PAR,
    RICH,
    STRANGER,
    UNIT,
    caller,
    collateral,
    fill,
    lots_and_cash,
    named,
    order,
    through,
)
from walras.devtools.evm import Contract, Reverted, artifact
from walras.model.book import MAX_TICK
from walras.model.market import Mode

POT = int(TREASURY, 16) << 8 | 1
RUNNERS = int(RUNNER, 16) << 8
NOBODY = "0x" + 40 * "0"


def cross(pair: EnginePair, maker: int, taker: int, lots: int = 10) -> None:
    pair.sell(maker, lots, PAR)
    pair.buy(taker, lots, PAR)


def fill_pot(pair: EnginePair, amount: int) -> None:
    pair.mint(STRANGER, amount)
    pair.deposit(STRANGER, POT, amount)


def test_batch_ends(pair: EnginePair, maker: int, taker: int) -> None:
    cross(pair, maker, taker)
    pair.advance(9)
    with refused(pair, "engine: batch not due"):
        pair.auction()
    pair.advance(1)
    cleared = pair.auction()
    assert (cleared.traded, cleared.price, cleared.lots) == (True, PAR, 10)
    assert pair.engine.mark(0)[6] == pair.evm.time + 10
    with refused(pair, "engine: batch not due"):
        pair.auction()


def test_reference_beyond_the_grid_is_its_last_tick() -> None:
    """Of prices with equal volume the one nearest to the mark: 30,000 lies above the last tick, 26,214.2."""
    pair = EnginePair((30_000 * ONE,))
    maker, taker = pair.fund(44, RICH), pair.fund(45, RICH)
    pair.sell(maker, 10, MAX_TICK - 5)
    pair.buy(taker, 10, MAX_TICK)
    assert pair.close().price == MAX_TICK


def test_unknown_market(pair: EnginePair) -> None:
    for market in (1, 128, 2**256 - 1):
        with refused(pair, "engine: unknown market"):
            pair.auction(market)
    pair.advance(10)
    assert not pair.auction(0).traded


def test_continuous_mode_is_always_due() -> None:
    pair = EnginePair(interval=0)
    assert not pair.auction().traded
    assert not pair.auction().traded


# ---------------------------------------------------------------- tips


def test_tip(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    for left in (150_000, 50_000, 0, 0):
        cross(pair, maker, taker, 1_000)
        paid = collateral(pair, POT) - left
        pair.close()
        assert collateral(pair, POT) == left
        tips = [{"market": 0, "runner": RUNNERS, "amount": paid}] if paid else []
        assert named(pair, "Tipped") == tips
    assert collateral(pair, RUNNERS) == 250_000


def test_tip_of_an_action_goes_to_the_account(pair: EnginePair, maker: int, taker: int) -> None:
    """An operator cancels in a batch that is over: whom he acts for is the runner, not he."""
    fill_pot(pair, 250_000)
    pair.engine.set_operator(taker, KEEPER, 2, 9, pair.evm.time + 3_600, sender=pair.owner(taker))
    cross(pair, maker, taker, 1_000)
    pair.advance(10)
    pair.engine.cancel_all(taker, 0, sender=KEEPER)
    pair.events = pair.engine.events()
    assert named(pair, "Tipped") == [{"market": 0, "runner": taker, "amount": 100_000}]
    assert collateral(pair, int(KEEPER, 16) << 8) == 0


@pytest.mark.parametrize(
    ("lots", "tick", "tip"),
    [
        (999, PAR, 99_900),
        (1_000, PAR, 100_000),
        (1_001, PAR, 100_000),
        (1, PAR - 1, 99),  # a tenth of 999.95
    ],
)
def test_tip_is_a_tenth_of_the_takers_fee_at_most(
    pair: EnginePair, maker: int, taker: int, lots: int, tick: int, tip: int
) -> None:
    """1,000 lots are 2,000 tokens: 0.05 % of it is 1, a tenth is the market's tip of 0.1."""
    fill_pot(pair, 250_000)
    fill(pair, taker, maker, lots, tick)
    assert (collateral(pair, POT), collateral(pair, RUNNERS)) == (250_000 - tip, tip)


def test_no_tip_without_fees(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0))
    fill(pair, taker, maker, 1_000)
    assert (collateral(pair, POT), collateral(pair, RUNNERS)) == (250_000, 0)
    pair.begin_with(0, SETTINGS)
    fill(pair, taker, maker, 1_000)
    assert (collateral(pair, POT), collateral(pair, RUNNERS)) == (150_000, 100_000)


def test_no_tip_where_nothing_traded(pair: EnginePair, maker: int) -> None:
    fill_pot(pair, 250_000)
    pair.sell(maker, 10, PAR)
    pair.close()
    assert (collateral(pair, POT), collateral(pair, RUNNERS)) == (250_000, 0)
    assert named(pair, "Tipped") == []


def test_trader_whose_call_runs_it_gets_the_tip(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    other = pair.fund(44, RICH)
    cross(pair, maker, taker, 1_000)
    pair.advance(10)
    pair.buy(other, 1, PAR - 1)
    assert collateral(pair, other) == RICH + 100_000


def test_contract_that_runs_it_gets_the_tip(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    contract, account = caller(pair)
    cross(pair, maker, taker, 1_000)
    pair.advance(10)
    through(pair, contract, "run_auction", 0, sender=RUNNER)
    assert (collateral(pair, account), collateral(pair, RUNNERS)) == (100_000, 0)


# ---------------------------------------------------------------- halts


def test_halted_mode_postpones(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    cross(pair, maker, taker)
    pair.set_mode(0, Mode.HALTED)
    pair.advance(25)
    assert pair.auction() is None
    assert named(pair, "Halted") == [{"market": 0, "due": pair.evm.time + 10}]
    assert collateral(pair, RUNNERS) == 0
    with refused(pair, "engine: batch not due"):
        pair.auction()
    pair.set_mode(0, Mode.ACTIVE)
    assert pair.close().lots == 10


def test_halted_price_postpones(pair: EnginePair, maker: int, taker: int) -> None:
    cross(pair, maker, taker)
    pair.router.halt(0, sender=OWNER)
    assert pair.close() is None
    pair.router.resume(0, sender=OWNER)
    assert pair.close().lots == 10


@pytest.mark.parametrize("mode", [Mode.POST_ONLY, Mode.REDUCE_ONLY])
def test_other_modes_do_not(pair: EnginePair, maker: int, taker: int, mode: Mode) -> None:
    cross(pair, maker, taker)
    pair.set_mode(0, mode)
    assert pair.close().lots == 10


def test_stale_price_does_not(pair: EnginePair, maker: int, taker: int) -> None:
    cross(pair, maker, taker)
    pair.sources[0].behave(Manner.REVERT)
    assert pair.close().lots == 10
    assert pair.engine.mark(0)[4] == 4


# ---------------------------------------------------------------- the vault


def quoter(pair: EnginePair, *answer: int) -> tuple[Contract, int]:
    """A vault with collateral and its quotes: bid tick, bid lots, ask tick, ask lots."""
    contract = pair.evm.deploy(artifact("ScriptedQuoter"))
    contract.set(answer)
    account = int(contract.address, 16) << 8
    pair.mint(STRANGER, RICH)
    pair.deposit(STRANGER, account, RICH)
    pair.engine.set_vault(contract.address, sender=OWNER)
    return contract, account


def run(pair: EnginePair, market: int = 0) -> None:
    """The contract's auction; the model knows no vault."""
    pair.engine.run_auction(market, sender=KEEPER)


def test_vault_waits_for_a_price_of_after_the_close(pair: EnginePair, taker: int) -> None:
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.advance(10)
    pair.say(0, 2_000 * ONE)
    with reverts("engine: awaiting price"):  # at the close is not after it
        run(pair)
    with reverts("engine: awaiting price"):  # whoever comes
        pair.engine.cancel_all(taker, 0, sender=pair.owner(taker))
    pair.advance(1)
    with reverts("engine: awaiting price"):
        run(pair)
    pair.say(0, 2_000 * ONE)
    run(pair)
    assert lots_and_cash(pair, vault) == (-30, 30 * 20_100 * UNIT)
    assert collateral(pair, vault) == RICH  # no fee
    pair.engine.sync(taker, sender=KEEPER)
    assert lots_and_cash(pair, taker) == (30, -30 * 20_100 * UNIT)
    assert pair.engine.open_interest(0) == (30, 30, 30, 30)


def test_grace_ends(pair: EnginePair, maker: int, taker: int) -> None:
    """30 seconds after the close the auction runs without the vault."""
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.sell(maker, 10, 20_150)
    pair.buy(taker, 30, 20_200)
    pair.advance(39)
    with reverts("engine: awaiting price"):
        run(pair)
    pair.advance(1)
    run(pair)
    assert lots_and_cash(pair, vault) == (0, 0)
    pair.engine.sync(taker, sender=KEEPER)
    assert lots_and_cash(pair, taker)[0] == 10


def test_no_vault_no_waiting(pair: EnginePair, taker: int) -> None:
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.engine.set_vault(NOBODY, sender=OWNER)
    pair.buy(taker, 30, 20_200)
    pair.advance(10)
    run(pair)
    assert lots_and_cash(pair, vault) == (0, 0)


def test_vault_does_not_quote_beside_an_order_of_its_liquidation(pair: EnginePair, taker: int) -> None:
    """It would sell the same lots twice; and its trade is booked as of one that has no orders."""
    contract, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.engine.set_liquidator(STRANGER, sender=OWNER)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 2_000 * ONE)
    run(pair)
    pair.engine.force_order(vault, 0, order(tick=20_200, lots=30, reduce_only=True), sender=STRANGER)
    contract.set((20_150, 30, 20_300, 30))
    pair.engine.place(taker, 0, order(True, 20_100, 80), sender=pair.owner(taker))
    pair.advance(11)
    pair.say(0, 2_000 * ONE)
    run(pair)
    assert lots_and_cash(pair, vault)[0] == -30
    pair.engine.sync(vault)
    assert lots_and_cash(pair, vault)[0] == 0
    pair.advance(11)
    pair.say(0, 2_000 * ONE)
    run(pair)
    assert lots_and_cash(pair, vault)[0] == 30  # settled, it quotes again


def test_vault_does_not_quote_on_a_stale_price(pair: EnginePair, taker: int) -> None:
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.sources[0].behave(Manner.REVERT)
    pair.advance(10)
    run(pair)  # nor is it waited for
    assert lots_and_cash(pair, vault) == (0, 0)


def sold(pair: EnginePair, vault: int) -> int:
    """Lots that the vault sells in an auction, which is undone."""
    before = pair.evm.snapshot()
    run(pair)
    lots = -lots_and_cash(pair, vault)[0]
    pair.evm.revert(before)
    return lots


@pytest.mark.parametrize(
    ("confidence", "low", "high"), [(0, 20_100, 20_100), (201 * ONE // 10, 19_899, 20_301)]
)
def test_vault_is_told_all(pair: EnginePair, taker: int, confidence: int, low: int, high: int) -> None:
    """1 % around 2,010: 1,989.9 to 2,030.1."""
    contract, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 2_010 * ONE, confidence)
    question = (0, UNIT, 20_100, low, high, confidence > 0, 0, RICH, 0)
    for place in (0, 1, 2, 3, 4, 6, 7, 8):
        contract.expect((*question[:place], question[place] + 1, *question[place + 1 :]))
        assert sold(pair, vault) == 0  # it reverts, and does not quote
    contract.expect(question)
    assert sold(pair, vault) == 30
    run(pair)
    pair.engine.place(taker, 0, order(tick=20_200), sender=pair.owner(taker))
    pair.advance(11)
    pair.say(0, 2_010 * ONE)
    # of 60.3 tokens, 0.01 % in 8 hours: 2.3 units of funding are received in 11 seconds, rounded down
    contract.expect((0, UNIT, 20_100, 20_100, 20_100, False, -30, RICH, 2))
    assert sold(pair, vault) == 40
    pair.say(0, 2_020 * ONE)  # 30 lots x 100 ticks x 100 units lost
    contract.expect((0, UNIT, 20_200, 20_200, 20_200, False, -30, RICH, 2 - 300_000))
    assert sold(pair, vault) == 40


def test_low_and_high_round_outwards(pair: EnginePair, taker: int) -> None:
    """IQuoter promises low and high in ticks, outwards: 1,990.02 to 2,010.08."""
    contract, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 2_000_050_000_000_000_000_000, 10_030_000_000_000_000_000)
    contract.expect((0, UNIT, 20_000, 19_900, 20_101, True, 0, RICH, 0))
    assert sold(pair, vault) == 30


@pytest.mark.parametrize(
    "answer",
    [
        (20_100, 50, 20_100, 50),  # crossed
        (0, 50, 20_100, 50),
        (19_900, 50, 0, 50),
        (2**18 - 1, 50, 20_100, 0),
        (19_900, 50, 2**18 - 1, 50),
        (19_900, 2**29, 20_100, 50),
        (19_900, 50, 20_100, 2**29),
        (2**256 - 1, 2**256 - 1, 2**256 - 1, 2**256 - 1),
    ],
)
def test_bad_quotes_are_none(pair: EnginePair, taker: int, answer: tuple[int, ...]) -> None:
    contract, vault = quoter(pair, *answer)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 2_000 * ONE)
    assert sold(pair, vault) == 0
    contract.set((20_099, 2**29 - 1, 20_100, 2**29 - 1))
    assert sold(pair, vault) == 30


def test_failing_vault_does_not_stop_the_auction(pair: EnginePair, maker: int, taker: int) -> None:
    contract, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.sell(maker, 10, 20_150)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 2_000 * ONE)
    assert sold(pair, vault) == 30
    contract.burn()
    assert sold(pair, vault) == 0
    for nobody in (STRANGER, pair.token.address):  # no code; no such function
        before = pair.evm.snapshot()
        pair.engine.set_vault(nobody, sender=OWNER)
        run(pair)
        pair.engine.sync(taker, sender=KEEPER)
        assert lots_and_cash(pair, taker)[0] == 10
        pair.evm.revert(before)


def test_runner_cannot_silence_the_vault(pair: EnginePair, taker: int) -> None:
    """With too little gas for the vault's stipend the auction does not run at all."""
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 2_000 * ONE)
    assert sold(pair, vault) == 30
    refusals = set()
    for gas in range(200_000, 900_000, 20_000):
        before = pair.evm.snapshot()
        try:
            pair.engine.run_auction(0, sender=KEEPER, gas=gas)
        except Reverted as reason:
            refusals.add(str(reason))
        else:
            assert lots_and_cash(pair, vault)[0] == -30
        pair.evm.revert(before)
    assert "engine: too little gas" in refusals


def test_price_that_may_not_move_so_fast_is_not_awaited_price(pair: EnginePair, taker: int) -> None:
    """From 2,000 to 20,000 in 11 seconds, at 40 % a second: the router's price is not where its source is."""
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.advance(11)
    pair.say(0, 20_000 * ONE)
    with reverts("engine: awaiting price"):
        run(pair)
    pair.say(0, 2_000 * ONE)
    assert sold(pair, vault) == 30


def test_continuous_mode_has_no_vault() -> None:
    pair = EnginePair(interval=0)
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    taker = pair.fund(22, RICH)
    pair.advance(1)
    pair.say(0, 2_000 * ONE)
    pair.engine.place(taker, 0, order(tick=20_200), sender=pair.owner(taker))
    assert lots_and_cash(pair, vault) == (0, 0)


def test_vault_in_more_markets_than_an_account_may_be_in() -> None:
    """A vault that trades in 16 markets does not stop the auctions of the 17th."""
    pair = EnginePair(prices=(2_000 * ONE,) * 17)
    quoter(pair, 19_900, 50, 20_100, 50)
    taker, other = pair.fund(22, RICH), pair.fund(33, RICH)
    for market in range(17):
        account = other if market == 16 else taker
        pair.engine.place(account, market, order(tick=20_200), sender=pair.owner(account))
    pair.advance(11)
    for market in range(17):
        pair.say(market, 2_000 * ONE)
        run(pair, market)


def test_constants(pair: EnginePair) -> None:
    """What the numbers of these tests rest on."""
    assert (LOT * TICK * USDC // 10**36, SETTINGS.tip, SETTINGS.price_grace) == (UNIT, 100_000, 30)
