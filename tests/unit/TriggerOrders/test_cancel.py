"""cancel and claim: an owner's money back, whatever others do."""

from tests.support.engine import OWNER
from tests.support.orders import reverts
from tests.support.traders import STRANGER, TAKER
from tests.support.triggers import KEEPER, NOTHING, RIVAL, TIP, Executed, TriggerPair, stop, take
from walras.model.insurance import NOBODY
from walras.model.market import Mode


def test_whole_tip_back(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(19_900))
    owner = pair.exchange.owner(long)
    assert isinstance(placed, int)
    assert pair.cancel(placed) == TIP
    assert pair.contract.claimable(owner) == TIP
    before = pair.token.balanceOf(owner)
    assert pair.claim(owner) == TIP
    assert pair.token.balanceOf(owner) == before + TIP
    assert pair.claim(owner) == "triggers: nothing to claim"
    pair.check()


def test_by_the_owner_alone(pair: TriggerPair, long: int, maker: int) -> None:
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    for sender in (KEEPER, STRANGER, OWNER, pair.exchange.owner(maker)):
        assert pair.cancel(placed, sender=sender) == "triggers: not the owner"
    assert pair.cancel(placed) == TIP
    assert pair.cancel(placed, sender=pair.exchange.owner(long)) == "triggers: unknown trigger"


def test_of_any_sub_account(pair: TriggerPair, long: int) -> None:
    placed = pair.place(pair.trader(TAKER, sub=9), stop(19_900))
    assert isinstance(placed, int)
    assert pair.cancel(placed) == TIP
    assert pair.contract.claimable(pair.exchange.owner(long)) == TIP
    pair.check()


def test_while_the_engine_stands_still(pair: TriggerPair, long: int) -> None:
    """Nothing is in the way: a halted market, a due auction, being parked, a token that bars all."""
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    pair.grant(long, 0)
    pair.price(1_990)
    assert pair.execute(placed) == "parked: engine: not authorised"
    pair.exchange.set_mode(0, Mode.HALTED)
    pair.exchange.advance(10_000)
    for one in (pair.contract.address, pair.engine.address, pair.exchange.owner(long)):
        pair.bar(one)
    assert pair.cancel(placed) == TIP
    assert pair.contract.trigger(placed)[8] == ""
    pair.check()


def test_receiver(pair: TriggerPair, long: int) -> None:
    owner = pair.exchange.owner(long)
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    pair.cancel(placed)
    assert pair.claim(owner, NOBODY) == "triggers: no receiver"
    assert pair.claim(STRANGER, owner) == "triggers: nothing to claim"
    assert pair.claim(owner, STRANGER) == TIP
    assert pair.token.balanceOf(STRANGER) == TIP
    pair.check()


def test_not_to_the_contract_itself(pair: TriggerPair, long: int) -> None:
    """Nothing would leave, and the credit would be gone."""
    owner = pair.exchange.owner(long)
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    pair.cancel(placed)
    with reverts("token: inexact transfer"):
        pair.contract.claim(pair.contract.address, sender=owner)
    assert pair.contract.claimable(owner) == TIP


def test_a_barred_keeper_blocks_nobody(pair: TriggerPair, long: int) -> None:
    """He executes, and his tip waits; the owner's refund is paid; and he names somebody else."""
    found = pair.place_pair(long, stop(19_900), take(20_100))
    assert not isinstance(found, str)
    pair.bar(KEEPER)
    pair.price(1_990)
    assert isinstance(pair.execute(found[0]), Executed)
    assert pair.claim(KEEPER) == NOTHING
    assert pair.claim(pair.exchange.owner(long)) == TIP
    assert pair.claim(KEEPER, RIVAL) == TIP
    pair.check()


def test_a_barred_owner_blocks_nobody(pair: TriggerPair, long: int) -> None:
    found = pair.place_pair(long, stop(19_900), take(20_100))
    assert not isinstance(found, str)
    pair.bar(pair.exchange.owner(long))
    pair.price(1_990)
    assert isinstance(pair.execute(found[0]), Executed)
    assert pair.claim(KEEPER) == TIP
    assert pair.claim(pair.exchange.owner(long)) == NOTHING
    pair.check()


def test_donations_are_nobodys(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    pair.donate(10 * TIP)
    assert pair.cancel(placed) == TIP
    assert pair.claim(pair.exchange.owner(long)) == TIP
    assert pair.token.balanceOf(pair.contract.address) == 10 * TIP
    pair.check()
