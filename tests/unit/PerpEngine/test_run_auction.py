"""run_auction: when it runs, for which tip, with the vault's quotes or without."""

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
    lots_and_cash,
    named,
    order,
    through,
)
from walras.devtools.evm import Contract, Reverted, artifact
from walras.model.engine import Mode

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
        cross(pair, maker, taker)
        paid = collateral(pair, POT) - left
        pair.close()
        assert collateral(pair, POT) == left
        tips = [{"market": 0, "runner": RUNNERS, "amount": paid}] if paid else []
        assert named(pair, "Tipped") == tips
    assert collateral(pair, RUNNERS) == 250_000


def test_no_tip_where_nothing_traded(pair: EnginePair, maker: int) -> None:
    fill_pot(pair, 250_000)
    pair.sell(maker, 10, PAR)
    pair.close()
    assert (collateral(pair, POT), collateral(pair, RUNNERS)) == (250_000, 0)
    assert named(pair, "Tipped") == []


def test_trader_whose_call_runs_it_gets_the_tip(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    other = pair.fund(44, RICH)
    cross(pair, maker, taker)
    pair.advance(10)
    pair.buy(other, 1, PAR - 1)
    assert collateral(pair, other) == RICH + 100_000


def test_contract_that_runs_it_gets_the_tip(pair: EnginePair, maker: int, taker: int) -> None:
    fill_pot(pair, 250_000)
    contract, account = caller(pair)
    cross(pair, maker, taker)
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
    assert pair.engine.open_interest(0) == (30, 30)


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


def test_vault_does_not_quote_on_a_stale_price(pair: EnginePair, taker: int) -> None:
    _, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    pair.sources[0].behave(Manner.REVERT)
    pair.advance(10)
    run(pair)  # nor is it waited for
    assert lots_and_cash(pair, vault) == (0, 0)


def test_vault_is_told_all(pair: EnginePair, taker: int, maker: int) -> None:
    """1 % around 2,010: 1,989.9 to 2,030.1."""
    contract, vault = quoter(pair, 19_900, 50, 20_100, 50)
    pair.buy(taker, 30, 20_200)
    for confidence, low, high in ((0, 20_100, 20_100), (201 * ONE // 10, 19_899, 20_301)):
        pair.advance(pair.engine.mark(0)[6] - pair.evm.time + 1)
        pair.say(0, 2_010 * ONE, confidence)
        lots = lots_and_cash(pair, vault)[0]
        question = (0, UNIT, 20_100, low, high, confidence > 0, lots, RICH)
        contract.expect((*question[:7], RICH + 1))
        with pytest.raises(Reverted):
            run(pair)
        contract.expect(question)
        run(pair)
        assert lots_and_cash(pair, vault)[0] == -30


def test_low_and_high_round_outwards(pair: EnginePair) -> None:
    """IQuoter promises low and high in ticks, outwards: 1,990.02 to 2,010.08."""
    contract, _ = quoter(pair, 0, 0, 0, 0)
    pair.advance(11)
    pair.say(0, 2_000_050_000_000_000_000_000, 10_030_000_000_000_000_000)
    contract.expect((0, UNIT, 20_000, 19_900, 20_101, True, 0, RICH))
    run(pair)


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
