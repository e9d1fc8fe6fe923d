"""Random stories of a market's sources, router and model side by side, and laws that hold for any input.

HYPOTHESIS_PROFILE=nightly tells many more. A difference is told again by
`python -m tests.support.oracle_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.oracle import MARKET, NOBODY, ONE, OWNER, Manner, RouterPair
from tests.support.oracle_campaign import THEMES, Campaign
from walras.devtools.evm import Contract, Evm, Reverted, artifact
from walras.model.actions import Status
from walras.model.oracle import MAX_GRACE, MAX_PRICE, Settings, Source, Trouble

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 150
SEEDS: Final = range(1_000 if NIGHTLY else len(THEMES))
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_router_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=4)


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """What the first story of each theme did and met."""
    total: Counter[str] = Counter()
    for seed in range(len(THEMES)):
        total += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=4)
    return total


def test_every_status_and_trouble_is_met(done: Counter[str]) -> None:
    names = [member.name for kind in (Status, Trouble) for member in kind]
    assert {name: done[name] for name in names if done[name] < 5} == {}


def test_stories_lead_everywhere(done: Counter[str]) -> None:
    least = {
        "recorded": 1_000,
        "recorded again in a second": 100,
        "the ring wrapped": 3,
        "average: told": 500,
    }
    least |= dict.fromkeys(("publish", "edge", "even", "extreme", "behave", "wait", "settings", "halt"), 15)
    least |= dict.fromkeys(("update", "average", "look", "sequencer"), 15)
    least |= {"a step": 15, "another step": 5}
    least |= {"settings: router: step too large": 5, "settings: router: too soon": 5}
    least |= {"average: router: bad window": 10, "average: router: not enough history": 10}
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}


# ---------------------------------------------------------------- one source of three


LOOSE: Final = Settings(quorum=2, deviation_bps=2_000, rejection_bps=2_000, max_move_bps=4_000, spacing=10)
PRICE: Final = 100 * ONE
near = st.one_of(
    st.just(PRICE), st.integers(PRICE * 9 // 10, PRICE * 11 // 10), st.integers(PRICE - 2, PRICE + 2)
)
anything = st.one_of(near, st.sampled_from([0, 1, MAX_PRICE, MAX_PRICE + 1]), st.integers(0, 2**256 - 1))


@given(
    prices=st.tuples(near, near, near),
    pushed=st.integers(0, 2),
    to=anything,
    confidence=st.one_of(st.just(0), anything),
    age=st.sampled_from([0, 60, 61]),
    ages=st.tuples(*[st.integers(0, 60)] * 3),
    manner=st.sampled_from([Manner.ANSWER, Manner.ANSWER, *Manner]),
    recorded=st.booleans(),
)
def test_one_of_three_cannot_push_the_price_past_the_others(
    prices: tuple[int, int, int],
    pushed: int,
    to: int,
    confidence: int,
    age: int,
    ages: tuple[int, int, int],
    manner: Manner,
    recorded: bool,
) -> None:
    """Whatever one of three equal sources does, the price stays within the two others.

    Before it was the middle of the three: so it goes no further than to a neighbour of it.
    """
    pair = RouterPair(LOOSE)
    for place, price in enumerate(prices):
        pair.say(place, price, age=ages[place])
    low, old, high = sorted(prices)
    assert pair.price().price == old
    if recorded:
        pair.record()
    pair.say(pushed, to, confidence, age)
    pair.behave(pushed, manner)
    found = pair.price()
    assert found.status in (Status.LIVE, Status.DEGRADED)
    others = [price for place, price in enumerate(prices) if place != pushed]
    if not found.troubles & Trouble.MOVE_LIMITED:
        assert min(others) <= found.price <= max(others)
    assert low <= found.price <= high


@pytest.mark.parametrize("weights", [(1, 1, 2), (3, 4, 7)])
def test_half_of_the_weight_moves_the_price_alone(weights: tuple[int, int, int]) -> None:
    """Why no source should have half: the guard alone bounds it."""
    pair = RouterPair(LOOSE, weights=weights)
    pair.say_all(PRICE, PRICE, PRICE * 110 // 100)
    assert pair.price().price == PRICE * 105 // 100


# ---------------------------------------------------------------- any input


word = st.one_of(
    st.sampled_from([0, 1, MAX_PRICE, MAX_PRICE + 1, 2**128, 2**255, 2**256 - 1]),
    st.integers(0, 2**256 - 1),
    st.integers(1, 10**6),
)
raw = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([31, 32, 64, 95, 96, 97, 512]).flatmap(
        lambda size: st.binary(min_size=size, max_size=size)
    ),
    st.lists(word, min_size=3, max_size=5).map(lambda words: b"".join(one.to_bytes(32) for one in words)),
)
tellers = st.lists(
    st.tuples(
        st.sampled_from([Manner.ANSWER, Manner.ANSWER, Manner.RAW, *Manner]),
        st.tuples(word, word, st.one_of(word, st.integers(-70, 10))),  # small times are as seen from now
        raw,
        st.integers(1, 15),
    ),
    min_size=1,
    max_size=8,
)
settings_ = st.builds(
    Settings,
    quorum=st.just(1),
    deviation_bps=st.integers(1, 2_000),
    rejection_bps=st.integers(2_000, 4_000),
    max_move_bps=st.integers(1, 4_000),
    spacing=st.integers(1, 1_000),
)


@given(
    settings=settings_,
    told=tellers,
    again=tellers,
    time=st.integers(1, 2**32 - 1),
    later=st.integers(0, 2**20),
)
def test_nothing_makes_the_price_revert(
    settings: Settings, told: list[Any], again: list[Any], time: int, later: int
) -> None:
    """Whatever the sources answer and whenever: router and model have the same price, recorded or not."""
    settings = replace(settings, quorum=len(told) // 2 + 1)
    weights = [weight for *_, weight in told]
    pair = RouterPair(settings, len(told), weights, confidence_bps=settings.deviation_bps // 2, time=time)
    for answers in (told, again):
        now = pair.evm.time
        for place, (manner, (price, confidence, published_at), bytes_, _) in enumerate(answers[: len(told)]):
            pair.behave(place, manner)
            pair.say(place, price, confidence, now - published_at if published_at > 10 else -published_at)
            pair.say_raw(place, bytes_)
        pair.price()
        pair.readings()
        pair.record()
        pair.advance(min(later, 2**32 - 1 - now))
    pair.price()


# ---------------------------------------------------------------- any gas


class Metered:
    """A market whose sources and sequencer's feed tell what gas they were given, burners among them."""

    def __init__(self, stipends: list[int], burners: set[int], feed: bool) -> None:
        evm = Evm()
        self.meter = evm.deploy(artifact("GasMeter"))
        at = self.meter.address if feed else NOBODY
        self.router: Contract = evm.deploy(artifact("OracleRouter"), OWNER, OWNER, at, MAX_GRACE)
        listed = []
        for place, stipend in enumerate(stipends):
            source = evm.deploy(artifact("ScriptedSource" if place in burners else "GasMeter"))
            if place in burners:
                source.behave(Manner.BURN)
            listed.append(Source(source.address, 1, 60, 0, stipend))
        self.router.configure(MARKET, Settings(1, 2_000, 2_000, 4_000, 1), listed, sender=OWNER)
        if feed:
            self.want_all_the_gas()

    def want_all_the_gas(self) -> None:
        """The feed says up with what it gets now, and down with any less."""
        low, high = 0, 2**20
        while high - low > 1:
            middle = (low + high) // 2
            self.meter.want(middle)
            down = self.router.price(MARKET)[5] & Trouble.SEQUENCER_DOWN
            low, high = (low, middle) if down else (middle, high)
        self.meter.want(low)

    def ask(self, call: str, gas: int) -> Any:
        """An answer, or None where the gas does not suffice."""
        try:
            return getattr(self.router, call)(MARKET, gas=gas)
        except Reverted as reason:
            if (
                str(reason) == "router: too little gas"
                or "OutOfGas" in str(reason)
                or "gas limit" in str(reason)
            ):
                return None
            raise


@pytest.mark.parametrize("call", ["price", "readings", "record"])
@pytest.mark.parametrize(
    ("stipends", "burners", "feed"),
    [
        ([20_000], set(), False),
        ([20_000], set(), True),
        ([500_000, 20_000], {0}, False),
        ([20_000, 500_000], {0}, False),
        ([100_000, 100_000, 100_000], {1}, True),
        ([500_000, 500_000], {1}, False),
        ([60_000, 20_000, 60_000, 20_000, 60_000, 20_000, 60_000, 20_000], {1, 2, 7}, True),
    ],
)
def test_gas_does_not_choose_who_is_heard(
    call: str, stipends: list[int], burners: set[int], feed: bool
) -> None:
    """With any gas a call fails, or answers what it answers with plenty."""
    market = Metered(stipends, burners, feed)
    expected = getattr(market.router, call)(MARKET)
    low, high = 21_000, 4_000_000
    assert market.ask(call, high) == expected
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if market.ask(call, middle) is None else (low, middle)
    assert market.ask(call, high) == expected
    enough = sum(stipends) + 200_000
    sweep = [*range(21_000, enough, enough // 100), *range(high - 8_000, high + 8_000, 331)]
    assert {gas for gas in sweep if market.ask(call, gas) not in (None, expected)} == set()
    assert any(market.ask(call, gas) is None for gas in sweep)
