"""Views: for keepers, who ask about anything and are always answered."""

from tests.support.traders import STRANGER
from tests.support.triggers import TIP, Standing, TriggerPair, stop, take, trailing
from walras.model.market import Mode


def test_of_what_there_is_not(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    wrong = [0, 1, 63, placed ^ 1, placed ^ 64, placed ^ 1 << 46, placed ^ 1 << 255, 2**256 - 1]
    answers = [Standing(*answer) for answer in pair.contract.executable(wrong)]
    assert answers == [Standing(False, "triggers: unknown trigger")] * len(wrong)
    for one in wrong:
        found = pair.contract.trigger(one)
        assert (found[0], found[7], any(found[1])) == (0, 0, False)
    for account in (0, 1, long ^ 1, long | 1 << 168, 2**256 - 1):
        assert pair.contract.triggers_of(account) == ()
    assert pair.contract.claimable(STRANGER) == 0


def test_a_page(pair: TriggerPair, long: int) -> None:
    """Each on its own, in the order asked, the same one twice."""
    low, high = pair.place(long, stop(19_900)), pair.place(long, take(19_900))
    assert isinstance(low, int)
    assert isinstance(high, int)
    found = pair.contract.executable([high, low, 5, high])
    assert found == (
        (True, ""),
        (False, "triggers: not triggered"),
        (False, "triggers: unknown trigger"),
        (True, ""),
    )
    assert pair.contract.executable([]) == ()
    assert pair.contract.executable([high] * 64) == ((True, ""),) * 64


def test_whatever_state_the_market_is_in(pair: TriggerPair, long: int) -> None:
    """No answer reverts: the pair compares each with the model's."""
    for terms in (stop(30_000), take(5), trailing(5), stop(30_000, attached=True), take(5, is_ask=False)):
        assert isinstance(pair.place(long, terms), int)
    pair.check()
    for mode in (Mode.HALTED, Mode.POST_ONLY, Mode.REDUCE_ONLY):
        pair.exchange.set_mode(0, mode)
        pair.check()
    pair.exchange.advance(10**6)
    pair.check()
    pair.exchange.rescale(0, 3 * 10**17)
    pair.check()
    assert {answer[0] for answer in pair.contract.executable(pair.ids)} == {False}


def test_who_owns_what(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(19_900))
    assert isinstance(placed, int)
    assert placed >> 46 == long
    account, terms, is_above, price, *_ = pair.contract.trigger(placed)
    assert (account, is_above) == (long, False)
    assert price == 19_900 * 100 * 2**41 * 10_000
    assert terms[-1] == TIP


def test_nothing_to_close_is_told(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(30_000))
    assert isinstance(placed, int)
    assert pair.standing(placed) == Standing(True, "")
    assert pair.exchange.sell(long, 1_000, 20_500)
    assert pair.standing(placed) == Standing(False, "triggers: nothing to close")
