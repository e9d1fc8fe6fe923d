"""How far, and how often, the numbers of a market go; and that sources change at once."""

from dataclasses import replace

import pytest

from tests.support.oracle import CALM, MARKET, ONE, OWNER, RouterPair
from tests.support.orders import reverts
from walras.devtools.evm import artifact
from walras.model.actions import Status
from walras.model.oracle import STEPS, Settings, Source, Trouble

DAY = 86_400
LARGE = Settings(quorum=2, deviation_bps=400, rejection_bps=1_000, max_move_bps=600, spacing=100)
SMALL = Settings(quorum=2, deviation_bps=60, rejection_bps=190, max_move_bps=150, spacing=25)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(("base", "half"), [(LARGE, True), (SMALL, False)])
@pytest.mark.parametrize("sense", [1, -1])
def test_half_or_the_least_step(pair: RouterPair, base: Settings, half: bool, name: str, sense: int) -> None:
    number = getattr(base, name)
    assert (number // 2 > STEPS[name]) == half
    step = number // 2 if half else STEPS[name]
    listed = [replace(source, confidence_bps=0) for source in pair.listed]
    pair.begin_with(base, listed)
    if name == "rejection_bps" and sense < 0:
        base = replace(base, deviation_bps=base.deviation_bps // 2)  # which goes along
    far = replace(base, **{name: number + sense * (step + 1)})
    assert pair.configure(far, listed) == "router: step too large"
    pair.same_configuration()
    assert pair.configure(replace(base, **{name: number + sense * step}), listed) is None
    pair.same_configuration()


@pytest.mark.parametrize("name", STEPS)
def test_a_day_lies_between_two_changes_of_whichever_number(pair: RouterPair, name: str) -> None:
    pair.begin_with(LARGE, pair.listed)
    assert pair.router.changed_at(MARKET) == 0
    first = replace(LARGE, **{name: getattr(LARGE, name) + 1})
    assert pair.configure(first, pair.listed) is None
    assert pair.router.changed_at(MARKET) == pair.evm.time
    for other in STEPS:
        again = replace(first, **{other: getattr(first, other) + 1})
        assert pair.configure(again, pair.listed) == "router: too soon"
        pair.advance(DAY - 1)
        assert pair.configure(again, pair.listed) == "router: too soon"
        pair.advance(1)
        assert pair.configure(again, pair.listed) is None
        pair.same_configuration()
        first = again


def test_the_same_numbers_are_no_change(pair: RouterPair) -> None:
    """Neither what uses up a day, nor what needs one."""
    assert pair.configure(CALM, pair.listed) is None
    assert pair.router.changed_at(MARKET) == 0
    changed = replace(CALM, spacing=11)
    assert pair.configure(changed, pair.listed) is None
    start = pair.evm.time
    pair.advance(10)
    assert pair.configure(changed, pair.listed) is None
    assert pair.router.changed_at(MARKET) == start


def test_a_source_that_fails_is_replaced_at_once(pair: RouterPair) -> None:
    """On the day of a step; with another quorum, weight, heartbeat, confidence and gas."""
    assert pair.configure(replace(CALM, spacing=11), pair.listed) is None
    spare = pair.evm.deploy(artifact("ScriptedSource"))
    spare.set(100 * ONE, 0, pair.evm.time)
    given = Source(spare.address, 15, 172_800, 200, 500_000)
    settings = replace(CALM, spacing=11, quorum=1)
    pair.router.configure(MARKET, settings, (pair.listed[0], given), sender=OWNER)
    found = pair.router.price(MARKET)
    assert (found[0], found[3], found[5]) == (100 * ONE, Status.LIVE, Trouble(0))
    pair.router.configure(MARKET, settings, (given,), sender=OWNER)
    assert pair.router.price(MARKET)[3] == Status.LIVE
    with reverts("router: too soon"):
        pair.router.configure(MARKET, replace(settings, spacing=12), (given,), sender=OWNER)


def test_a_halt_and_its_end_are_no_change_of_numbers(pair: RouterPair) -> None:
    """The flag lies in the word of the numbers."""
    pair.halt(True)
    assert pair.configure(replace(CALM, quorum=1), pair.listed) is None
    assert pair.router.changed_at(MARKET) == 0
    pair.halt(False)
    assert pair.configure(CALM, pair.listed) is None
    assert pair.router.changed_at(MARKET) == 0


def test_a_market_has_a_day_of_its_own(pair: RouterPair) -> None:
    for market in (MARKET + 1, MARKET + 2):
        pair.router.configure(market, CALM, pair.listed, sender=OWNER)
    pair.router.configure(MARKET + 1, replace(CALM, spacing=11), pair.listed, sender=OWNER)
    pair.router.configure(MARKET + 2, replace(CALM, spacing=12), pair.listed, sender=OWNER)
    assert pair.configure(replace(CALM, spacing=13), pair.listed) is None
    for market in (MARKET, MARKET + 1, MARKET + 2):
        with reverts("router: too soon"):
            pair.router.configure(market, replace(CALM, spacing=14), pair.listed, sender=OWNER)


def test_bounds_come_before_steps(pair: RouterPair) -> None:
    assert pair.configure(replace(CALM, max_move_bps=4_001), pair.listed) == "router: bad move limit"
    assert pair.configure(replace(CALM, max_move_bps=4_000), pair.listed) == "router: step too large"
