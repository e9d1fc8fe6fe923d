"""multicall: several calls as one, all or none; and calls back into what holds no lock of its own."""

from typing import Any, Final

import pytest
from eth_abi.abi import decode

from tests.support.engine import LOT, SETTINGS, TICK, EnginePair, deploy_engine
from tests.support.orders import reverts
from tests.support.signing import SIGNER, domain, sign
from tests.support.traders import OPERATOR, PAR, RICH, STRANGER, caller, order, through
from walras.devtools.evm import Contract, Reverted, artifact

LATER: Final = 2**40


def test_answers(pair: EnginePair, maker: int) -> None:
    engine = pair.engine
    calls = [
        engine.encode("place", maker, 0, order()),
        engine.encode("sync", maker),
        engine.encode("margin_of", maker),
        engine.encode("markets_of", maker),
        engine.encode("owner"),
    ]
    placed, nothing, margin, markets, owner = engine.multicall(calls, sender=pair.owner(maker))
    (mine,) = pair.books[0].open_orders(maker)
    assert int.from_bytes(placed) == mine[0]
    assert nothing == b""
    assert decode(["(int256,uint256,uint256)"], margin)[0] == engine.margin_of(maker)
    assert decode(["uint256[]"], markets)[0] == (0,)
    assert decode(["address"], owner)[0] == engine.owner()
    assert engine.multicall([]) == ()


def test_all_or_nothing(pair: EnginePair, maker: int) -> None:
    engine = pair.engine
    good = engine.encode("place", maker, 0, order())
    for bad, reason in (
        (engine.encode("place", maker, 0, order(lots=0)), "book: zero lots"),
        (engine.encode("withdraw", maker, 2 * RICH, STRANGER), "engine: margin missed"),
        (engine.encode("set_referral", STRANGER, 1), "ownable: caller is not the owner"),
    ):
        for calls in ([good, bad], [bad, good], [good, good, bad]):
            with reverts(reason):
                engine.multicall(calls, sender=pair.owner(maker))
            assert engine.markets_of(maker) == ()
    with pytest.raises(Reverted):
        engine.multicall([good, b"\xff\xff\xff\xff"], sender=pair.owner(maker))
    assert engine.markets_of(maker) == ()


def test_sender_is_kept(pair: EnginePair, maker: int, taker: int) -> None:
    """Calls are the caller's, however deep; never the engine's own."""
    engine, owner = pair.engine, pair.owner(maker)
    place = engine.encode("place", maker, 0, order())
    nested = engine.encode("multicall", [place])
    for call in (place, nested, engine.encode("multicall", [nested])):
        for sender in (STRANGER, pair.owner(taker)):
            with reverts("engine: not authorised"):
                engine.multicall([call], sender=sender)
    with reverts("engine: not the owner"):
        engine.multicall([engine.encode("withdraw", maker, 1, STRANGER)], sender=STRANGER)
    engine.multicall([nested, place], sender=owner)
    assert len(pair.books[0].open_orders(maker)) == 2
    contract, account = caller(pair)
    with reverts("engine: not authorised"):
        through(pair, contract, "multicall", [place], sender=owner)
    grant = engine.encode("set_operator", account, OPERATOR, 7, 3, LATER - 1)
    through(pair, contract, "multicall", [grant], sender=STRANGER)
    assert engine.grant(account, OPERATOR)[1] == 3


def test_grant_is_counted_call_by_call(pair: EnginePair, maker: int) -> None:
    pair.engine.set_operator(maker, OPERATOR, 1, 2, LATER - 1, sender=pair.owner(maker))
    place = pair.engine.encode("place", maker, 0, order())
    with reverts("engine: grant used up"):
        pair.engine.multicall(3 * [place], sender=OPERATOR)
    pair.engine.multicall(2 * [place], sender=OPERATOR)
    assert pair.engine.grant(maker, OPERATOR)[1] == 0


def test_reduce_operator(pair: EnginePair, maker: int, taker: int) -> None:
    """REDUCE lets an operator close, and nothing else."""
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    pair.close()
    pair.engine.set_operator(taker, OPERATOR, 4, 5, LATER - 1, sender=pair.owner(taker))
    for refused in (
        ("place", 0, order(True)),
        ("cancel_replace", 0, [], [order(True, reduce_only=True)], False),
        ("cancel_all", 0),
    ):
        name, *arguments = refused
        with reverts("engine: not authorised"):
            getattr(pair.engine, name)(taker, *arguments, sender=OPERATOR)
    for grows in (order(reduce_only=True), order(True, lots=11, reduce_only=True)):
        with reverts("engine: would not reduce"):
            pair.engine.place(taker, 0, grows, sender=OPERATOR)
    pair.engine.place(taker, 0, order(True, reduce_only=True), sender=OPERATOR)
    assert pair.engine.grant(taker, OPERATOR)[1] == 4
    pair.engine.set_operator(taker, OPERATOR, 1, 5, LATER - 1, sender=pair.owner(taker))
    pair.engine.cancel_all(taker, 0, sender=pair.owner(taker))
    pair.engine.place(taker, 0, order(True, reduce_only=True), sender=OPERATOR)  # who may place may reduce


def test_longest_answer_of_a_call(pair: EnginePair, maker: int) -> None:
    """Fourteen orders are what fits into a call; their ids come back whole."""
    orders = [order(lots=1, tick=PAR - i) for i in range(14)]
    call = pair.engine.encode("cancel_replace", maker, 0, [], orders, False)
    assert len(call) <= 4_096
    (answer,) = pair.engine.multicall([call], sender=pair.owner(maker))
    count, ids = decode(["uint256", "uint256[]"], answer)
    assert (count, len(set(ids))) == (0, 14)
    assert set(ids) == {mine[0] for mine in pair.books[0].open_orders(maker)}


def test_too_many_or_too_long_calls(pair: EnginePair) -> None:
    assert (
        pair.engine.multicall(32 * [pair.engine.encode("owner")])[31][-20:].hex() == pair.engine.owner()[2:]
    )
    with pytest.raises(Reverted):
        pair.engine.multicall(33 * [pair.engine.encode("owner")])
    long = pair.engine.encode("owner").ljust(4_096, b"\0")
    assert len(pair.engine.multicall([long])) == 1
    with pytest.raises(Reverted):
        pair.engine.multicall([long + b"\0"])


def test_answers_that_do_not_fit_are_refused(pair: EnginePair) -> None:
    """Cut off they would be worse than none. Settings are 544 bytes, and 96 around them."""
    call = pair.engine.encode("market_settings", 0)
    most = (16_384 - 64) // (544 + 96)
    answers = pair.engine.multicall(most * [call])
    expected = tuple(pair.engine.market_settings(0))
    assert {
        decode(["uint256"] * 6 + ["int256"] + ["uint256"] * 3 + ["int256"] + ["uint256"] * 6, one)
        for one in answers
    } == {expected}
    with reverts("engine: answers too long"):
        pair.engine.multicall((most + 1) * [call])
    with reverts("engine: answers too long"):  # an inner answer of 1,152 bytes and more
        pair.engine.multicall([pair.engine.encode("multicall", 2 * [call])])
    pair.engine.multicall([pair.engine.encode("multicall", [call])])


# ---------------------------------------------------------------- calls back


@pytest.fixture
def calling() -> tuple[Contract, Contract, int]:
    """An engine whose collateral calls back, and owns it; the token; the token's account."""
    pair = EnginePair()
    evm = pair.evm
    token = evm.deploy(artifact("CallingToken"))
    engine = deploy_engine(evm, token.address, token.address, pair.router.address)
    account = int(token.address, 16) << 8
    for holder in (token.address, STRANGER):
        token.mint(holder, 10**12)
    token.forward(engine.address, engine.encode("set_fee_receiver", STRANGER))
    listing = (0, pair.blueprint, pair.book_views.address, LOT, TICK, 10, 1, SETTINGS)
    token.forward(engine.address, engine.encode("list_market", *listing))
    token.forward(engine.address, engine.encode("deposit", account, 10**10))
    return engine, token, account


def signed(engine: Contract, kind: str, message: dict[str, Any]) -> tuple[Any, ...]:
    return (*message.values(), sign(kind, message, domain(engine.address)))


def test_nothing_gets_through(calling: tuple[Contract, Contract, int]) -> None:
    """What holds no lock itself comes to calls that do."""
    engine, token, account = calling
    mine = int(SIGNER.address, 16) << 8
    engine.deposit(mine, 10**10, sender=STRANGER)
    placing = {"account": mine, "market": 0, "order": order(), "nonce": 0, "deadline": LATER}
    cancelling = {"account": mine, "market": 0, "order_id": 1, "lots": 1, "nonce": 0, "deadline": LATER}
    granting = {
        "account": mine,
        "operator": STRANGER,
        "permissions": 1,
        "actions": 1,
        "expiry": LATER - 1,
        "nonce": 0,
        "deadline": LATER,
    }
    deposit = engine.encode("deposit", account, 1)
    calls = (
        engine.encode("place_signed", *signed(engine, "Place", placing)),
        engine.encode("cancel_signed", *signed(engine, "Cancel", cancelling)),
        engine.encode("grant_signed", *signed(engine, "Grant", granting)),
        engine.encode("cancel_nonces", 0, 1),
        engine.encode("multicall", [deposit]),
        engine.encode("multicall", [engine.encode("multicall", [deposit])]),
        engine.encode("multicall", [engine.encode("collateral", account)]),
        engine.encode("set_sharing", account, STRANGER, STRANGER, 1),
        engine.encode("deposit_with_permit", account, 1, 0, 0, bytes(32), bytes(32)),
        engine.encode("update_and_run", 0, []),
        engine.encode("liquidation_price", account, 0, 0, 0),
        engine.encode("set_referral", STRANGER, 1),
    )
    engine.evm.time += 10  # an auction is due
    for data in calls:
        for act in ("deposit", "withdraw"):
            token.arm(engine.address, data)
            if act == "deposit":
                engine.deposit(account | 1, 5, sender=STRANGER)
            else:
                token.forward(engine.address, engine.encode("withdraw", account, 5, STRANGER))
            assert (token.has_called(), token.has_succeeded()) == (True, False), data[:4].hex()
    token.arm("0x" + 40 * "0", b"")
    assert engine.nonces(SIGNER.address, 0) == engine.nonces(token.address, 0) == 0
    assert engine.markets_of(mine) == ()
    engine.place_signed(*signed(engine, "Place", placing), sender=STRANGER)  # by itself it passes


def test_tries_from_inside_find_nothing(calling: tuple[Contract, Contract, int]) -> None:
    """Previews answer, with a refusal: what they try is locked."""
    engine, token, account = calling
    for name in ("preview", "largest_order"):
        token.arm(engine.address, engine.encode(name, account, 0, order()))
        engine.deposit(account, 5, sender=STRANGER)
        assert token.has_succeeded()
    assert engine.markets_of(account) == ()
    assert engine.collateral(account) == 10**10 + 10
    token.arm(engine.address, engine.encode("multicall", []))
    engine.deposit(account, 5, sender=STRANGER)
    assert token.has_succeeded()  # no calls, nothing done
