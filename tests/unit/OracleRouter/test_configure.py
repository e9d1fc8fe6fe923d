"""OracleRouter's constructor, configure, configuration and the roles."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.oracle import CALM, GUARDIAN, MARKET, NOBODY, ONE, OWNER, RouterPair, price_of
from tests.support.orders import reverts
from walras.devtools.evm import DEPLOYER, Evm, address, artifact
from walras.model.actions import Status
from walras.model.oracle import Settings, Source, Trouble

STRANGER = address(0x66)


def test_roles_and_settings_of_a_new_router(evm: Evm) -> None:
    feed = evm.deploy(artifact("ScriptedSource")).address
    router = evm.deploy(artifact("OracleRouter"), OWNER, GUARDIAN, feed, 86_400)
    assert (router.owner(), router.guardian(), router.pending_owner()) == (OWNER, GUARDIAN, NOBODY)
    assert (router.sequencer_feed(), router.sequencer_grace()) == (feed, 86_400)
    assert not router.is_configured(MARKET)


@pytest.mark.parametrize(
    ("owner", "feed", "grace", "reason"),
    [
        (NOBODY, NOBODY, 0, "router: no owner"),
        (OWNER, DEPLOYER, 0, "router: no sequencer feed"),
        (OWNER, NOBODY, 86_401, "router: grace too long"),
    ],
)
def test_constructor_refuses(evm: Evm, owner: str, feed: str, grace: int, reason: str) -> None:
    with reverts(reason):
        evm.deploy(artifact("OracleRouter"), owner, GUARDIAN, feed, grace)


def test_configuration_is_what_was_configured(pair: RouterPair) -> None:
    listed = (
        Source(pair.sources[0].address, 15, 172_800, 2_000, 500_000),
        Source(pair.sources[1].address, 1, 1, 0, 20_000),
    )
    settings = Settings(quorum=2, deviation_bps=2_000, rejection_bps=4_000, max_move_bps=4_000, spacing=1_000)
    pair.begin_with(settings, listed)
    (event,) = [event for event in pair.router.events() if event.name == "MarketConfigured"]
    found, sources = pair.router.configuration(MARKET)
    assert (Settings(*found), tuple(Source(*source) for source in sources)) == (settings, listed)
    assert (event.args["market"], event.args["settings"], event.args["sources"]) == (MARKET, found, sources)
    assert pair.router.is_configured(MARKET)
    with reverts("router: unknown market"):
        pair.router.configuration(MARKET + 1)


BOUNDS = [
    ("quorum", 1, 3, "router: bad quorum"),
    ("deviation_bps", 50, 2_000, "router: bad deviation guard"),
    ("rejection_bps", 60, 4_000, "router: bad outer guard"),
    ("max_move_bps", 1, 4_000, "router: bad move limit"),
    ("spacing", 1, 1_000, "router: bad spacing"),
]
SOURCE_BOUNDS = [
    ("weight", 1, 15, "router: bad weight"),
    ("heartbeat", 1, 172_800, "router: bad heartbeat"),
    ("confidence_bps", 0, 60, "router: bad confidence limit"),
    ("gas_limit", 20_000, 500_000, "router: bad gas limit"),
]


@pytest.mark.parametrize(("name", "low", "high", "reason"), BOUNDS)
def test_bounds_of_settings(pair: RouterPair, name: str, low: int, high: int, reason: str) -> None:
    base = replace(CALM, deviation_bps=60, rejection_bps=2_000)
    for value in (low, high):
        pair.begin_with(replace(base, **{name: value}), pair.listed)
        pair.same_configuration()
    pair.begin_with(base, pair.listed)
    before = pair.router.configuration(MARKET)
    for value in (0, high + 1, 2**256 - 1):
        with reverts(reason):
            pair.router.configure(MARKET, replace(base, **{name: value}), pair.listed, sender=OWNER)
    assert pair.router.configuration(MARKET) == before


@pytest.mark.parametrize(("name", "low", "high", "reason"), SOURCE_BOUNDS)
@pytest.mark.parametrize("place", [0, 2])
def test_bounds_of_a_source(
    pair: RouterPair, place: int, name: str, low: int, high: int, reason: str
) -> None:
    def listed(value: int) -> list[Source]:
        changed = list(pair.listed)
        changed[place] = replace(changed[place], **{name: value})
        return changed

    settings = replace(CALM, deviation_bps=60)
    for value in (low, high):
        pair.begin_with(settings, listed(value))
        pair.same_configuration()
    for value in (low - 1, high + 1, 2**256 - 1):
        if value >= 0:
            with reverts(reason):
                pair.router.configure(MARKET, settings, listed(value), sender=OWNER)


def test_gas_is_given_in_thousands(pair: RouterPair) -> None:
    for gas in (99_999, 100_001, 100_500):
        with reverts("router: bad gas limit"):
            listed = [replace(source, gas_limit=gas) for source in pair.listed]
            pair.router.configure(MARKET, CALM, listed, sender=OWNER)


def test_sources_are_contracts_listed_once(pair: RouterPair) -> None:
    first, second, _ = pair.listed
    cases: dict[str, list[Source]] = {
        "router: no sources": [],
        "router: not a source": [first, second, replace(first, source=DEPLOYER)],
        "router: source listed twice": [first, second, first],
    }
    for reason, listed in cases.items():
        with reverts(reason):
            pair.router.configure(MARKET, CALM, listed, sender=OWNER)


def test_eight_sources() -> None:
    pair = RouterPair(replace(CALM, quorum=8), sources=8)
    assert pair.price().status == Status.LIVE
    pair.say(7, 200 * ONE)
    assert pair.price().troubles == Trouble.SOURCE_DEVIATES | Trouble.QUORUM_MISSED | Trouble.NO_PRICE


def test_fewer_sources_than_before(recorded: RouterPair) -> None:
    recorded.configure(replace(CALM, quorum=1), recorded.listed[1:2])
    recorded.say_all(1, 100 * ONE, 1)
    assert recorded.price().status == Status.LIVE


def test_halt_outlives_configure(recorded: RouterPair) -> None:
    recorded.halt(True)
    recorded.configure(replace(CALM, quorum=1), recorded.listed)
    assert recorded.price().troubles == Trouble.MARKET_HALTED


# ---------------------------------------------------------------- roles


def calls(pair: RouterPair) -> dict[str, tuple[Any, ...]]:
    """Everything that only the owner may do."""
    return {
        "configure": (MARKET, CALM, pair.listed),
        "resume": (MARKET,),
        "set_guardian": (STRANGER,),
        "transfer_ownership": (STRANGER,),
    }


@pytest.mark.parametrize("name", ["configure", "resume", "set_guardian", "transfer_ownership"])
@pytest.mark.parametrize("sender", [STRANGER, GUARDIAN, DEPLOYER])
def test_owner_only(pair: RouterPair, name: str, sender: str) -> None:
    arguments = calls(pair)[name]
    with reverts("ownable: caller is not the owner"):
        getattr(pair.router, name)(*arguments, sender=sender)
    getattr(pair.router, name)(*arguments, sender=OWNER)


def test_owner_behind_a_contract_of_somebody_else(pair: RouterPair) -> None:
    """Who signs does not count, who calls does."""
    driver = pair.evm.deploy(artifact("BookDriver"))
    for name, arguments in calls(pair).items():
        with reverts("ownable: caller is not the owner"):
            driver.forward(pair.router.address, pair.router.encode(name, *arguments), sender=OWNER)
    with reverts("router: not guardian or owner"):
        driver.forward(pair.router.address, pair.router.encode("halt", MARKET), sender=GUARDIAN)


def test_ownership_takes_two_steps(pair: RouterPair) -> None:
    pair.router.transfer_ownership(STRANGER, sender=OWNER)
    assert pair.router.owner() == OWNER
    with reverts("ownable_2step: caller is not the new owner"):
        pair.router.accept_ownership(sender=GUARDIAN)
    pair.router.accept_ownership(sender=STRANGER)
    assert pair.router.owner() == STRANGER


@pytest.mark.parametrize("sender", [GUARDIAN, OWNER])
def test_halt_by_guardian_or_owner(recorded: RouterPair, sender: str) -> None:
    recorded.advance(1)
    recorded.say_all(*[101 * ONE] * 3)
    recorded.router.halt(MARKET, sender=sender)
    assert [(event.name, event.args) for event in recorded.router.events()] == [
        ("MarketHalted", {"market": MARKET, "by": sender})
    ]
    recorded.model.halted = True
    found = recorded.price()
    assert (found.price, found.status) == (100 * ONE, Status.HALTED)
    recorded.halt(False)
    assert [event.name for event in recorded.router.events()] == ["MarketResumed"]
    assert recorded.price().status == Status.LIVE


def test_halt_by_others(pair: RouterPair) -> None:
    with reverts("router: not guardian or owner"):
        pair.router.halt(MARKET, sender=STRANGER)
    with reverts("router: unknown market"):
        pair.router.halt(MARKET + 1, sender=GUARDIAN)
    with reverts("router: unknown market"):
        pair.router.resume(MARKET + 1, sender=OWNER)
    assert not pair.router.is_configured(MARKET + 1)


def test_guardian_is_replaced(pair: RouterPair) -> None:
    pair.router.set_guardian(STRANGER, sender=OWNER)
    assert [event.args for event in pair.router.events()] == [{"guardian": STRANGER}]
    with reverts("router: not guardian or owner"):
        pair.router.halt(MARKET, sender=GUARDIAN)
    pair.router.halt(MARKET, sender=STRANGER)


def test_nobody_is_no_guardian(pair: RouterPair) -> None:
    pair.router.set_guardian(NOBODY, sender=OWNER)
    with reverts("router: not guardian or owner"):
        pair.router.halt(MARKET, sender=GUARDIAN)


# ---------------------------------------------------------------- a halt by the guardian

DAY = 86_400


def test_guardians_halt_ends_by_itself(recorded: RouterPair) -> None:
    recorded.router.halt(MARKET, sender=GUARDIAN)
    start = recorded.evm.time
    assert recorded.router.halted_until(MARKET) == start + DAY
    for seconds, status in ((0, Status.HALTED), (DAY - 1, Status.HALTED), (DAY, Status.LIVE)):
        recorded.advance(start + seconds - recorded.evm.time)
        recorded.say_all(*[100 * ONE] * 3)
        assert price_of(recorded.router.price(MARKET)).status == status


def test_guardian_halts_once(recorded: RouterPair) -> None:
    recorded.router.halt(MARKET, sender=GUARDIAN)
    for seconds in (0, DAY - 1, 1, 100 * DAY):
        recorded.advance(seconds)
        with reverts("router: halted before"):
            recorded.router.halt(MARKET, sender=GUARDIAN)
    recorded.router.resume(MARKET, sender=OWNER)
    assert recorded.router.halted_until(MARKET) == 0
    recorded.router.halt(MARKET, sender=GUARDIAN)
    assert recorded.router.halted_until(MARKET) == recorded.evm.time + DAY


def test_owner_makes_a_halt_last(recorded: RouterPair) -> None:
    recorded.router.halt(MARKET, sender=GUARDIAN)
    recorded.router.halt(MARKET, sender=OWNER)
    recorded.advance(2 * DAY)
    recorded.say_all(*[100 * ONE] * 3)
    assert price_of(recorded.router.price(MARKET)).status == Status.HALTED


def test_guardian_does_not_end_the_owners_halt(recorded: RouterPair) -> None:
    recorded.router.halt(MARKET, sender=OWNER)
    recorded.router.halt(MARKET, sender=GUARDIAN)
    assert recorded.router.halted_until(MARKET) == 0
    recorded.advance(2 * DAY)
    recorded.say_all(*[100 * ONE] * 3)
    assert price_of(recorded.router.price(MARKET)).status == Status.HALTED


def test_new_settings_do_not_renew_the_guardians_right(recorded: RouterPair) -> None:
    recorded.router.halt(MARKET, sender=GUARDIAN)
    recorded.configure(CALM, recorded.listed)
    with reverts("router: halted before"):
        recorded.router.halt(MARKET, sender=GUARDIAN)
