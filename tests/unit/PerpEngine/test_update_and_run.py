"""update_and_run: reports for the oracle, and the auction on them, in one call; and value in other calls."""

from typing import Any, Final

import pytest
from eth_abi.abi import encode

from tests.support.engine import TREASURY, EnginePair
from tests.support.oracle import ONE, Manner
from tests.support.orders import reverts
from tests.support.pyth import PythFeed
from tests.support.signing import SIGNER, domain, fund_signer, sign
from tests.support.traders import KEEPER, LOT_AT_PAR, PAR, RICH, STRANGER, named, order
from walras.devtools.evm import Contract, Reverted, artifact
from walras.model.book import Clearing
from walras.model.market import Mode
from walras.model.oracle import Settings, Source

FEE: Final = 7
POT: Final = 10**6


def report(pair: EnginePair, price: int = 2_100 * ONE) -> bytes:
    """What the scripted source takes as an update."""
    return bytes(encode(["uint256[3]"], [[price, 0, pair.evm.time]]))


@pytest.fixture
def trade(pair: EnginePair, maker: int, taker: int) -> EnginePair:
    """A batch that is over and will trade, a source that wants a fee, a pot with tips."""
    pair.mint(TREASURY, POT)
    pair.deposit(TREASURY, pair.model.tip_account, POT)
    assert pair.sell(maker, 1_000, PAR) is not None
    assert pair.buy(taker, 1_000, PAR) is not None
    pair.advance(10)
    pair.sources[0].behave_in_update(Manner.ANSWER, FEE)
    for at in (KEEPER, STRANGER):
        pair.evm.fund(at)
    return pair


def test_fee_goes_and_the_rest_comes_back(trade: EnginePair, taker: int) -> None:
    pair = trade
    before = pair.evm.balance(KEEPER)
    cleared = pair.engine.update_and_run(0, [report(pair)], value=100, sender=KEEPER)
    assert (Clearing(*cleared).price, Clearing(*cleared).lots) == (PAR, 1_000)
    assert before - pair.evm.balance(KEEPER) == FEE == pair.sources[0].seen()
    assert pair.evm.balance(pair.engine.address) == pair.evm.balance(pair.router.address) == 0
    assert pair.engine.mark(0)[1] == LOT_AT_PAR * 105 // 100  # the index is the report's
    pair.engine.sync(taker)
    assert pair.engine.position(taker, 0)[0] == 1_000


def test_tip_goes_to_the_caller(trade: EnginePair) -> None:
    """1,000 lots at par are worth 2,000 tokens; a tenth of 500 ppm of it is 0.1, as much as the tip."""
    pair = trade
    pair.engine.update_and_run(0, [report(pair)], value=FEE, sender=KEEPER)
    pair.events = pair.engine.events()
    account = int(KEEPER, 16) << 8
    assert named(pair, "Tipped") == [{"market": 0, "runner": account, "amount": 100_000}]
    assert pair.engine.collateral(account) == 100_000
    assert pair.engine.collateral(int(pair.engine.address, 16) << 8) == 0


def test_as_run_auction_without_reports(trade: EnginePair) -> None:
    pair = trade
    snapshot = pair.evm.snapshot()
    pair.engine.run_auction(0, sender=KEEPER)
    expected = pair.engine.mark(0), pair.engine.funding_of(0), pair.engine.collateral(int(KEEPER, 16) << 8)
    pair.evm.revert(snapshot)
    pair.engine.update_and_run(0, [], sender=KEEPER)
    assert expected == (
        pair.engine.mark(0),
        pair.engine.funding_of(0),
        pair.engine.collateral(int(KEEPER, 16) << 8),
    )


def test_value_that_nobody_wants_comes_back(trade: EnginePair) -> None:
    pair = trade
    before = pair.evm.balance(KEEPER)
    pair.engine.update_and_run(0, [], value=5, sender=KEEPER)
    assert pair.evm.balance(KEEPER) == before


def test_update_that_is_refused_stops_nothing(trade: EnginePair) -> None:
    """Somebody may have brought the same report a moment earlier; its fee comes back."""
    pair = trade
    pair.sources[0].behave_in_update(Manner.REVERT, FEE)
    before = pair.evm.balance(KEEPER)
    cleared = pair.engine.update_and_run(0, [report(pair)], value=100, sender=KEEPER)
    assert Clearing(*cleared).lots == 1_000
    assert pair.evm.balance(KEEPER) == before
    assert pair.engine.mark(0)[1] == LOT_AT_PAR


def test_all_or_nothing(trade: EnginePair) -> None:
    pair = trade
    pair.engine.update_and_run(0, [report(pair)], value=100, sender=KEEPER)
    before, price = pair.evm.balance(KEEPER), pair.router.price(0)
    with reverts("engine: batch not due"):
        pair.engine.update_and_run(0, [report(pair, 2_200 * ONE)], value=100, sender=KEEPER)
    assert (pair.evm.balance(KEEPER), pair.router.price(0)) == (before, price)


def test_unknown_market(trade: EnginePair) -> None:
    """Also where the router knows it."""
    pair = trade
    listed = (Source(pair.sources[0].address, 1, 172_800, 50, 100_000),)
    with reverts("engine: unknown market"):
        pair.engine.update_and_run(1, [], sender=KEEPER)
    pair.router.configure(1, Settings(1, 100, 200, 4_000, 10), listed, sender=pair.engine.owner())
    with reverts("engine: unknown market"):
        pair.engine.update_and_run(1, [], sender=KEEPER)
    with reverts("router: too many payloads"):
        pair.engine.update_and_run(0, [b"", b""], sender=KEEPER)


def test_halted_market_is_postponed(trade: EnginePair) -> None:
    pair = trade
    pair.engine.set_mode(0, Mode.HALTED, sender=pair.engine.owner())
    before = pair.evm.balance(KEEPER)
    assert not any(pair.engine.update_and_run(0, [report(pair)], value=100, sender=KEEPER))
    assert before - pair.evm.balance(KEEPER) == FEE


def test_contract_that_refuses_the_rest(trade: EnginePair) -> None:
    pair = trade
    contract = pair.evm.deploy(artifact("RefusingCaller"))
    data = pair.engine.encode("update_and_run", 0, [report(pair)])
    with reverts("engine: refund failed"):
        contract.forward(pair.engine.address, data, value=FEE + 1, sender=STRANGER)
    snapshot = pair.evm.snapshot()
    contract.forward(pair.engine.address, data, value=FEE, sender=STRANGER)  # nothing to give back
    pair.evm.revert(snapshot)
    contract.set(True)
    contract.forward(pair.engine.address, data, value=FEE + 1, sender=STRANGER)
    assert pair.evm.balance(contract.address) == 1
    assert pair.engine.collateral(int(contract.address, 16) << 8) == 100_000
    assert pair.evm.balance(pair.engine.address) == 0


def test_what_was_forced_in_stays(trade: EnginePair) -> None:
    """Ether that somebody forced into the engine is nobody's refund."""
    pair = trade
    pair.evm.fund(pair.engine.address)
    before = pair.evm.balance(KEEPER), pair.evm.balance(pair.engine.address)
    pair.engine.update_and_run(0, [report(pair)], value=100, sender=KEEPER)
    assert (pair.evm.balance(KEEPER) + FEE, pair.evm.balance(pair.engine.address)) == before


def test_pyth(trade: EnginePair) -> None:
    """Its own contract takes a fee of 3 wei."""
    pair = trade
    feed = PythFeed(pair.evm, fee=3)
    feed.update(2_000 * 10**8)
    source = pair.evm.deploy(artifact("PythSource"), feed.address, feed.id)
    listed = (Source(source.address, 1, 172_800, 50, 100_000),)
    pair.router.configure(0, Settings(1, 100, 200, 4_000, 10), listed, sender=pair.engine.owner())
    pair.advance(1)
    data = feed.create_price_feed_update(2_020 * 10**8)
    before = pair.evm.balance(KEEPER)
    pair.engine.update_and_run(0, [data], value=50, sender=KEEPER)
    assert before - pair.evm.balance(KEEPER) == 3
    assert pair.engine.mark(0)[1] == LOT_AT_PAR * 101 // 100


# ---------------------------------------------------------------- value elsewhere


def refused_value(pair: EnginePair, data: bytes, sender: str = STRANGER) -> None:
    with pytest.raises(Reverted):
        pair.evm.call(sender, pair.engine.address, data, value=1)
    assert pair.evm.balance(pair.engine.address) == 0


def test_plain_value(trade: EnginePair) -> None:
    pair = trade
    with reverts("engine: no value wanted"):
        pair.evm.call(STRANGER, pair.engine.address, b"", value=1)
    with reverts("engine: no value wanted"):
        pair.evm.call(STRANGER, pair.engine.address, pair.engine.encode("owner"), value=1)
    refused_value(pair, b"\0")


def test_value_with_other_calls(trade: EnginePair, maker: int) -> None:
    pair = trade
    account = fund_signer(pair, RICH, SIGNER)
    message = (account, 0, order(), 0, 2**40)
    names = ("account", "market", "order", "nonce", "deadline")
    signature = sign("Place", dict(zip(names, message, strict=True)), domain(pair.engine.address))
    owner = pair.owner(maker)
    pair.evm.fund(owner)
    calls: dict[str, tuple[Any, ...]] = {
        "run_auction": (0,),
        "sync": (maker,),
        "place": (maker, 0, order(True)),
        "deposit": (maker, 1),
        "set_operator": (maker, STRANGER, 1, 1, 1),
        "set_sharing": (maker, STRANGER, STRANGER, 1),
        "place_signed": (*message, signature),
        "cancel_nonces": (0, 1),
        "multicall": ([pair.engine.encode("update_and_run", 0, [])],),
        "preview": (maker, 0, order(True)),
        "largest_order": (maker, 0, order(True)),
        "transfer_ownership": (STRANGER,),
        "margin_of": (maker,),
    }
    for name, arguments in calls.items():
        refused_value(pair, pair.engine.encode(name, *arguments), owner)
    pair.engine.multicall(
        [pair.engine.encode("update_and_run", 0, [])], sender=owner
    )  # without value it passes


def test_code_takes_no_value_of_its_own(trade: EnginePair) -> None:
    pair = trade
    accounts = pair.engine.accounts()
    for name in ("EngineAccounts", "EngineRelay"):
        contract = Contract(pair.evm, accounts, artifact(name).abi)
        with reverts("engine: no value wanted"):
            pair.evm.call(STRANGER, contract.address, b"", value=1)
