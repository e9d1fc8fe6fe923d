"""What the liquidator does with an account, stage by stage."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.perp_engine import Mode
from walras.keepers.decisions.liquidation import (
    Account,
    Backstop,
    LiquidationRules,
    Stake,
    Terrain,
    decide,
)
from walras.keepers.decisions.nomination import Candidate, Round, wanted
from walras.keepers.decisions.nomination import decide as nominate

NOW = 50_000
BATCH = 7
LAND = Terrain(
    market=0,
    mode=Mode.ACTIVE,
    status=Status.LIVE,
    mark=100,
    scale=0,
    initial_ppm=50_000,
    batch=BATCH,
    due=NOW + 3,
    min_notional=1_000,
    patience=3,
    tip_cap=500,
    taker_ppm=500,
)
LANDS = {0: LAND, 1: replace(LAND, market=1, mark=10)}
LONG = Stake(
    market=0,
    lots=1_000,
    has_orders=False,
    pending_lots=0,
    pending_batch=0,
    pending_held=0,
    failures=0,
    plan_tip=40,
)
SICK = Account(account=77, equity=2_500, initial=5_000, maintenance=3_000, collateral=9_000, stakes=(LONG,))
RICH = Backstop(account=1, spare=10**9, lots={})
NOBODY = Backstop(account=0, spare=0, lots={})
RULES = LiquidationRules()
DEEP = replace(SICK, equity=1_999)
GONE = replace(SICK, equity=-5)


def calls(
    account: Account, backstop: Backstop = RICH, rules: LiquidationRules = RULES
) -> list[tuple[Any, ...]]:
    return [(one.function, *one.args) for one in decide(NOW, [account], LANDS, backstop, rules)]


def with_stake(account: Account, **change: Any) -> Account:
    return replace(account, stakes=(replace(LONG, **change),))


PENDING = {"pending_lots": 500, "pending_batch": BATCH, "pending_held": 10}
OVER = {"pending_lots": 500, "pending_batch": BATCH - 1, "pending_held": 10}


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        # healthy, or waiting for nothing
        (replace(SICK, equity=5_000), []),
        (replace(SICK, equity=4_999), []),  # below initial margin, but without orders
        (with_stake(replace(SICK, equity=4_999), has_orders=True), [("cancel_orders", 77, 0)]),
        # below maintenance margin
        (SICK, [("liquidate", 77, 0)]),
        (with_stake(SICK, has_orders=True), [("liquidate", 77, 0)]),  # which cancels, too
        (with_stake(SICK, **PENDING), []),  # in the auction
        (with_stake(SICK, **OVER), [("liquidate", 77, 0)]),  # concludes the last one
        (with_stake(replace(SICK, equity=9_999), **OVER), [("collect", 77, 0)]),
        (with_stake(SICK, failures=2), [("liquidate", 77, 0)]),
        (with_stake(SICK, failures=3), [("take_over", 77, 0, 1_000)]),
        (with_stake(SICK, failures=2, **OVER, pending_filled=249), [("take_over", 77, 0, 1_000)]),
        (with_stake(SICK, failures=2, **OVER, pending_filled=250), [("liquidate", 77, 0)]),  # half found one
        (with_stake(SICK, failures=9, **OVER, pending_filled=250), [("liquidate", 77, 0)]),
        # below two thirds of it: an auction first, then the backstop
        (replace(SICK, equity=2_000), [("liquidate", 77, 0)]),
        (DEEP, [("liquidate", 77, 0)]),
        (with_stake(DEEP, **PENDING), []),
        (with_stake(DEEP, failures=1), [("take_over", 77, 0, 1_000)]),
        (with_stake(DEEP, **OVER), [("take_over", 77, 0, 1_000)]),
        (with_stake(DEEP, **OVER, pending_filled=250), [("liquidate", 77, 0)]),
        # nothing left: at once
        (GONE, [("take_over", 77, 0, 1_000)]),
        (with_stake(GONE, **PENDING), [("take_over", 77, 0, 1_000)]),
        # no position
        (replace(SICK, equity=-5, maintenance=0, initial=0, stakes=()), [("resolve", 77)]),
        (with_stake(replace(SICK, equity=-5, maintenance=0), lots=0, **OVER), [("collect", 77, 0)]),
        (with_stake(replace(SICK, equity=-5, maintenance=0), lots=0, **PENDING), []),
        (replace(SICK, equity=0, maintenance=0, initial=0, stakes=()), []),
        # a round of nominations
        (with_stake(GONE, round_until=NOW, nominees=2), [("deleverage", 77, 0, 2)]),
        (with_stake(GONE, round_until=NOW - 599, nominees=2), [("deleverage", 77, 0, 2)]),
        (with_stake(GONE, round_until=NOW - 600, nominees=2), [("take_over", 77, 0, 1_000)]),  # lapsed
        (with_stake(DEEP, round_until=NOW, nominees=2), [("deleverage", 77, 0, 2)]),
        # the first part of it restored the ratio: the rest would be refused
        (with_stake(SICK, round_until=NOW, nominees=2), [("liquidate", 77, 0)]),
        (with_stake(SICK, round_until=NOW, nominees=2, failures=3), [("deleverage", 77, 0, 2)]),
    ],
)
def test_each_stage_has_its_call(account: Account, expected: list[tuple[Any, ...]]) -> None:
    assert calls(account) == expected


@pytest.mark.parametrize(
    ("failures", "due", "at", "is_called"),
    [(1, 0, NOW - 29, False), (1, 0, NOW - 30, True), (0, 0, NOW, True), (1, NOW + 3, NOW, True)],
)
def test_without_batches_bidders_have_time_after_an_order_that_found_none(
    failures: int, due: int, at: int, is_called: bool
) -> None:
    lands = {0: replace(LAND, due=due)}
    account = with_stake(SICK, failures=failures, concluded_at=at)
    found = decide(NOW, [account], lands, RICH, RULES)
    assert [one.function for one in found] == (["liquidate"] if is_called else [])


def test_auctions_before_the_backstop_are_counted() -> None:
    assert calls(DEEP, rules=LiquidationRules(auctions_before_backstop=0)) == [("take_over", 77, 0, 1_000)]
    twice = LiquidationRules(auctions_before_backstop=2)
    assert calls(with_stake(DEEP, failures=1), rules=twice) == [("liquidate", 77, 0)]


@pytest.mark.parametrize(
    ("spare", "lots", "expected"),
    [
        (5_000, 0, [("take_over", 77, 0, 1_000)]),  # 1,000 lots at 100 need 5,000
        (4_999, 0, [("take_over", 77, 0, 979)]),  # of 999 what is left where its margin fraction grows
        (49, 0, [("liquidate", 77, 0)]),  # 9 lots are dust
        (0, 0, [("liquidate", 77, 0)]),
        (0, 999, [("liquidate", 77, 0)]),  # on the same side
        (0, -1_000, [("take_over", 77, 0, 1_000)]),  # it closes its own
        (0, -995, [("take_over", 77, 0, 975)]),
        (0, -999, [("take_over", 77, 0, 979)]),
    ],
)
def test_the_backstop_takes_what_its_margin_bears(spare: int, lots: int, expected: list[Any]) -> None:
    backstop = Backstop(1, spare, {0: lots} if lots else {})
    found = calls(GONE, backstop, LiquidationRules(unwind=False))
    assert found == expected


@pytest.mark.parametrize(("size", "spare", "taken"), [(20, 95, 10), (11, 50, 1), (10, 50, 10)])
def test_a_part_leaves_no_dust(size: int, spare: int, taken: int) -> None:
    """Where less than 10 lots are left the contract takes all, or refuses as the margin does not bear it."""
    rules = LiquidationRules(unwind=False, room_bps=10_000)
    assert calls(with_stake(GONE, lots=size), Backstop(1, spare, {}), rules) == [("take_over", 77, 0, taken)]


def test_a_backstop_in_sixteen_markets_has_no_room_in_another() -> None:
    listed = frozenset(range(1, 17))
    assert calls(GONE, replace(RICH, listed=listed)) == [("liquidate", 77, 0)]
    assert calls(GONE, replace(RICH, listed=listed | {0})) == [("take_over", 77, 0, 1_000)]
    assert wanted(NOW, GONE, LONG, LAND, replace(RICH, listed=listed), RULES)


def test_what_one_takes_of_the_backstop_s_margin_the_next_has_not() -> None:
    found = decide(NOW, [GONE, replace(GONE, account=78)], LANDS, Backstop(1, 7_500, {}), RULES)
    assert [one.args for one in found] == [(77, 0, 1_000), (78, 0, 490)]
    assert [one.market for one in found] == [0, 0]


def test_a_stage_brings_what_the_order_before_it_earned() -> None:
    """Any call concludes it first: with what it is paid itself it may be worth its gas."""
    over = OVER | {"pending_filled": 400, "pending_tip": 90}
    assert [one.reward for one in decide(NOW, [with_stake(SICK, **over)], LANDS, RICH, RULES)] == [40 + 90]
    elsewhere = replace(LONG, market=1, has_orders=True, lots=0, **over)
    account = replace(SICK, equity=4_999, stakes=(LONG, elsewhere))
    [task] = decide(NOW, [account], LANDS, RICH, RULES)
    assert (task.function, task.args, task.reward) == ("cancel_orders", (77, 1), 90 + 50)
    pending = with_stake(replace(SICK, equity=4_999), has_orders=True, **PENDING | {"pending_tip": 90})
    assert decide(NOW, [pending], LANDS, RICH, RULES) == []


@pytest.mark.parametrize(
    ("here", "elsewhere", "expected"),
    [
        (10, 10, [("collect", 77, 1), ("liquidate", 77, 0)]),  # half of what is held here is earned: 2,999
        (0, 10, [("collect", 77, 1)]),  # to liquidate here would be refused before that
        (0, 0, [("collect", 77, 0), ("collect", 77, 1)]),
    ],
)
def test_a_stage_concludes_the_order_of_its_own_market_alone(
    here: int, elsewhere: int, expected: list[Any]
) -> None:
    """What an order in another market has earned is the account's until that is collected."""
    over = OVER | {"pending_filled": 250}
    stakes = (
        replace(LONG, **over | {"pending_held": here}),
        replace(LONG, **over | {"pending_held": elsewhere}, market=1, lots=0),
    )
    if not here and elsewhere:
        stakes = (LONG, stakes[1])
    assert calls(replace(SICK, equity=3_004, stakes=stakes)) == expected


@pytest.mark.parametrize(
    ("account", "due", "expected"),
    [
        (DEEP, NOW + 3, [("take_over", 77, 0, 1_000)]),
        (with_stake(DEEP, **PENDING), NOW + 3, [("take_over", 77, 0, 1_000)]),
        (SICK, NOW + 3, [("liquidate", 77, 0)]),  # it waits for the restart
        (with_stake(SICK, **PENDING), NOW + 3, []),
        (SICK, 0, []),  # refused: its auction would come at once
        (DEEP, 0, [("take_over", 77, 0, 1_000)]),
    ],
)
def test_in_a_halted_market_nobody_waits_for_auctions(
    account: Account, due: int, expected: list[Any]
) -> None:
    land = replace(LAND, mode=Mode.HALTED, due=due)
    found = decide(NOW, [account], {0: land}, RICH, RULES)
    assert [(one.function, *one.args) for one in found] == expected


def test_without_a_backstop_who_is_deep_goes_on_into_auctions() -> None:
    assert calls(with_stake(DEEP, failures=9), NOBODY) == [("liquidate", 77, 0)]
    assert calls(GONE, NOBODY) == [("liquidate", 77, 0)]  # beside the nominator
    assert calls(with_stake(GONE, failures=1), NOBODY) == []  # the nominator's
    assert calls(with_stake(GONE, **OVER), NOBODY) == [("collect", 77, 0)]


def test_the_largest_position_goes_first_and_alone() -> None:
    small = replace(LONG, market=1, lots=-1_000, has_orders=True)
    assert calls(replace(SICK, stakes=(small, LONG))) == [("liquidate", 77, 0), ("cancel_orders", 77, 1)]
    # once it is in the auction the others wait for what it brings
    waiting = replace(LONG, **PENDING)  # type: ignore[arg-type]
    assert calls(replace(SICK, stakes=(small, waiting))) == [("cancel_orders", 77, 1)]
    # deep below, all of them
    assert calls(replace(DEEP, stakes=(small, LONG))) == [("liquidate", 77, 0), ("liquidate", 77, 1)]


@pytest.mark.parametrize(
    "terrain",
    [
        replace(LAND, status=Status.STALE),
        replace(LAND, status=Status.HALTED),
        replace(LAND, mode=Mode.SETTLED),
    ],
)
def test_where_the_price_is_not_fit_nothing_is_liquidated(terrain: Terrain) -> None:
    assert decide(NOW, [SICK], {0: terrain}, RICH, RULES) == []


def test_the_backstop_has_no_backstop_and_is_unwound() -> None:
    own = replace(DEEP, account=1, stakes=(replace(LONG, failures=5, has_orders=True),))
    backstop = Backstop(1, 10**9, {0: 1_000})
    assert [(one.function, *one.args) for one in decide(NOW, [own], LANDS, backstop, RULES)] == [
        ("liquidate", 1, 0),
        ("unwind", 0),
    ]
    gone = replace(own, equity=-10, initial=0, maintenance=0, stakes=())
    assert [(one.function, *one.args) for one in decide(NOW, [gone], LANDS, backstop, RULES)] == [
        ("resolve", 1),
        ("unwind", 0),
    ]
    liquidated = replace(backstop, pending=frozenset((0,)))
    assert decide(NOW, [], LANDS, liquidated, RULES) == []
    assert decide(NOW, [], LANDS, backstop, LiquidationRules(unwind=False)) == []


@pytest.mark.parametrize(
    ("terrain", "offered", "subjects"),
    [
        (LAND, 0, ["unwind/0/7"]),
        (LAND, 1_000, []),  # once a batch
        (replace(LAND, mode=Mode.HALTED), 0, []),  # no auction would fill it
        (replace(LAND, status=Status.STALE), 0, []),
        (replace(LAND, status=Status.STALE), 400, ["unwind/0/7/back"]),  # its limit is of another price
        (replace(LAND, status=Status.HALTED), 400, ["unwind/0/7/back"]),
        (replace(LAND, mode=Mode.SETTLED), 400, ["unwind/0/7/back"]),
        (replace(LAND, mode=Mode.SETTLED), 0, []),
    ],
)
def test_what_the_backstop_has_is_offered_once_and_taken_back_where_the_price_is_not_fit(
    terrain: Terrain, offered: int, subjects: list[str]
) -> None:
    backstop = Backstop(1, 10**9, {0: 1_000}, offered={0: offered} if offered else {})
    found = decide(NOW, [], {0: terrain}, backstop, RULES)
    assert [one.subject for one in found] == subjects
    assert all((one.function, one.args) == ("unwind", (0,)) for one in found)


def test_its_own_liquidation_is_taken_back_too() -> None:
    backstop = Backstop(1, 10**9, {0: 1_000}, frozenset((0,)), {0: 1_000})
    assert decide(NOW, [], {0: LAND}, backstop, RULES) == []
    [task] = decide(NOW, [], {0: replace(LAND, status=Status.STALE)}, backstop, RULES)
    assert (task.function, task.urgent) == ("unwind", True)


def test_who_lacks_most_comes_first() -> None:
    dust = replace(GONE, account=80, equity=-1, maintenance=2)
    found = decide(
        NOW, [dust, SICK, replace(GONE, account=78), replace(DEEP, account=79)], LANDS, RICH, RULES
    )
    assert [one.args[0] for one in found] == [78, 79, 77, 80]


@pytest.mark.parametrize("account", [SICK, replace(SICK, equity=9_999)])
def test_in_a_settled_market_every_order_is_over(account: Account) -> None:
    """Its batch never ends; the contract concludes it all the same."""
    lands = {0: replace(LAND, mode=Mode.SETTLED)}
    found = decide(NOW, [with_stake(account, **PENDING)], lands, RICH, RULES)
    assert [(one.function, *one.args) for one in found] == [("collect", 77, 0)]
    assert decide(NOW, [with_stake(account, **PENDING)], {0: LAND}, RICH, RULES) == []


def test_what_an_auction_brought_is_concluded_before_the_next_stage() -> None:
    """In the market of that stage, by it."""
    other = replace(LONG, market=1, lots=0, **OVER)  # type: ignore[arg-type]
    assert calls(replace(GONE, stakes=(LONG, other))) == [("collect", 77, 1), ("take_over", 77, 0, 1_000)]
    own = replace(LONG, **OVER)  # type: ignore[arg-type]
    assert calls(replace(GONE, stakes=(own, replace(other, pending_lots=0)))) == [("take_over", 77, 0, 1_000)]


def test_concluding_pays_who_placed_the_order() -> None:
    [task] = decide(NOW, [with_stake(replace(SICK, equity=9_999), **OVER, pending_tip=3)], LANDS, RICH, RULES)
    assert (task.function, task.reward) == ("collect", 3)


def test_rewards_are_what_the_contracts_pay_at_most() -> None:
    (task,) = decide(NOW, [SICK], LANDS, RICH, RULES)
    assert task.reward == 40
    (task,) = decide(NOW, [GONE], LANDS, RICH, RULES)
    assert task.reward == 5  # a tenth of the taker's fee of 0.05 % on 100,000
    (task,) = decide(
        NOW, [with_stake(replace(SICK, equity=4_999, collateral=200), has_orders=True)], LANDS, RICH, RULES
    )
    assert task.reward == 2  # a hundredth of the collateral, below a tenth of the cap


@given(
    equity=st.integers(-(10**6), 10**6),
    maintenance=st.integers(0, 10**6),
    initial=st.integers(0, 10**6),
    lots=st.integers(-(10**5), 10**5),
    pending=st.sampled_from(({}, PENDING, OVER)),
    failures=st.integers(0, 5),
    spare=st.integers(-(10**6), 10**6),
)
def test_one_market_is_called_for_once_at_most(
    equity: int, maintenance: int, initial: int, lots: int, pending: dict[str, int], failures: int, spare: int
) -> None:
    account = with_stake(
        replace(SICK, equity=equity, initial=initial, maintenance=maintenance),
        lots=lots,
        has_orders=True,
        failures=failures,
        **pending,
    )
    found = calls(account, Backstop(1, spare, {}), RULES)
    assert len(found) <= 1
    if equity >= max(initial, maintenance):
        assert found in ([], [("collect", 77, 0)])
    for one in found:
        if one[0] == "take_over":
            assert 0 < one[3] <= abs(lots)


# ---------------------------------------------------------------- nominations


@pytest.mark.parametrize(
    ("account", "backstop", "is_wanted"),
    [
        (GONE, NOBODY, True),
        (GONE, RICH, False),  # the backstop takes it
        (with_stake(replace(SICK, equity=5), **OVER, pending_filled=500), NOBODY, True),  # 10 are earned
        (SICK, NOBODY, False),  # an auction comes first
        (with_stake(SICK, failures=3), NOBODY, True),
        (with_stake(DEEP, failures=1), NOBODY, True),
        (with_stake(DEEP, failures=0), NOBODY, False),
        (with_stake(DEEP, **PENDING), NOBODY, False),
        (with_stake(DEEP, round_until=NOW + 1), NOBODY, True),  # open for more
        (with_stake(GONE, round_until=NOW, nominees=1), NOBODY, False),  # to be executed
        (with_stake(GONE, round_until=NOW, nominees=0), NOBODY, True),
        (with_stake(GONE, round_until=NOW - 600, nominees=1), NOBODY, True),  # lapsed: a new one
        (replace(SICK, equity=3_000), NOBODY, False),
        (replace(GONE, account=1), replace(RICH, account=1), True),  # nobody stands behind the backstop
    ],
)
def test_nominees_are_wanted_where_nobody_else_takes(
    account: Account, backstop: Backstop, is_wanted: bool
) -> None:
    assert wanted(NOW, account, account.stakes[0], LAND, backstop, RULES) is is_wanted


def named(pool: list[Candidate], known: Round | None = None) -> list[int]:
    return [one.args[2] for one in nominate(GONE, LONG, LAND, pool, known)]


def test_the_highest_scores_are_nominated_first() -> None:
    pool = [Candidate(account, -1_000, account) for account in range(100, 112)]
    assert named(pool) == [111, 110, 109, 108, 107, 106, 105, 104]


@pytest.mark.parametrize(
    ("candidate", "eligible"),
    [
        (Candidate(5, -1_000, 10), True),
        (Candidate(5, 1_000, 10), False),  # the same side
        (Candidate(5, 0, 10), False),
        (Candidate(5, -1_000, 0), False),  # no profit
        (Candidate(5, -9, 10), False),  # dust beside the position
        (Candidate(5, -10, 10), True),
        (Candidate(77, -1_000, 10), False),  # itself
    ],
)
def test_who_may_be_nominated(candidate: Candidate, eligible: bool) -> None:
    assert bool(named([candidate])) is eligible


def test_a_score_counts_for_the_part_that_can_be_taken() -> None:
    assert named([Candidate(5, -500, 100), Candidate(6, -1_000, 60)]) == [6, 5]


def test_only_who_would_be_kept_is_nominated() -> None:
    full = Round(NOW + 9, dict.fromkeys(range(8), 50))
    assert named([Candidate(20, -1_000, 50)], full) == []
    assert named([Candidate(20, -1_000, 51)], full) == [20]
    assert named([Candidate(3, -1_000, 99)], full) == []  # nominated already
