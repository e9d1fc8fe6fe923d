"""Random stories of votes and of proposals, beside a model that keeps every second apart.

The model is written from docs/governance.md: what a delegate's votes were is a list by time, and a proposal's
state follows from times and counts alone. Contract and model give the same answer, or the same reason.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.support.governance import (
    DAY,
    DELAY,
    HOUR,
    KEEPER,
    NOBODY,
    ONE,
    OPPONENT,
    PROPOSER,
    STRANGER,
    SUPPLY,
    TERMS,
    VOTER,
    WHALE,
    Proposal,
    State,
    Support,
    World,
)
from walras.devtools.evm import Reverted

HOLDERS: Final = (PROPOSER, VOTER, OPPONENT, WHALE, STRANGER)
TEXTS: Final = ("One", "Two", "Three")
QUORUM: Final = SUPPLY * 4 // 100
QUEUE_WINDOW: Final = 14 * DAY


@pytest.fixture(scope="module")
def deployed() -> World:
    """One for all stories: each begins from it anew."""
    return World()


@dataclass
class Ledger:
    """Who holds what, whom he lets vote, and what every delegate had at the end of every second."""

    now: int
    balances: dict[str, int]
    delegates: dict[str, str]
    past: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    """Times of changes, and all votes then."""

    def votes(self) -> dict[str, int]:
        """Now."""
        found: Counter[str] = Counter()
        for holder, delegate in self.delegates.items():
            if delegate != NOBODY:
                found[delegate] += self.balances[holder]
        return found

    def note(self) -> None:
        """After each change: what counts is the last of a second."""
        self.past.append((self.now, self.votes()))

    def at(self, account: str, time: int) -> int:
        """At the end of a second."""
        found = 0
        for when, votes in self.past:
            if when <= time:
                found = votes.get(account, 0)
        return found

    def move(self, giver: str, taker: str, amount: int) -> None:
        """A transfer, of what there is."""
        self.balances[giver] -= amount
        self.balances[taker] += amount
        self.note()

    def delegate(self, holder: str, delegate: str) -> None:
        """A choice."""
        self.delegates[holder] = delegate
        self.note()


def ledger_of(world: World) -> Ledger:
    """As the world begins: all but the stranger, who has nothing, delegated to themselves an hour ago."""
    balances = {holder: int(world.token.balanceOf(holder)) for holder in HOLDERS}
    delegates = {holder: holder if holder != STRANGER else NOBODY for holder in HOLDERS}
    ledger = Ledger(world.evm.time - HOUR, balances, delegates)
    ledger.note()
    ledger.now = world.evm.time
    return ledger


# ---------------------------------------------------------------- votes

holders = st.sampled_from(HOLDERS)
waits = st.tuples(st.just("wait"), st.integers(0, 3))
moves = st.tuples(st.just("move"), holders, holders, st.integers(0, 110_000))
choices = st.tuples(st.just("delegate"), holders, st.sampled_from((*HOLDERS, KEEPER, NOBODY)))


@given(st.lists(waits | moves | choices, min_size=15, max_size=50))
@example([("delegate", WHALE, NOBODY), ("move", WHALE, VOTER, 5), ("wait", 1), ("delegate", WHALE, WHALE)])
@example([("delegate", STRANGER, WHALE), ("move", WHALE, STRANGER, 7), ("delegate", STRANGER, STRANGER)])
def test_votes_of_every_second(deployed: World, story: list[tuple[Any, ...]]) -> None:
    world = deployed
    checkpoint, begin = world.evm.snapshot(), world.evm.time
    try:
        ledger = ledger_of(world)
        for kind, *words in story:
            if kind == "wait":
                world.advance(words[0])
                ledger.now = world.evm.time
            elif kind == "move":
                giver, taker, tokens = words
                amount = min(tokens * ONE, ledger.balances[giver])
                world.token.transfer(taker, amount, sender=giver)
                ledger.move(giver, taker, amount)
            else:
                holder, delegate = words
                world.token.delegate(delegate, sender=holder)
                ledger.delegate(holder, delegate)
        world.advance(1)
        for account in (*HOLDERS, KEEPER):
            assert world.token.getVotes(account) == ledger.votes().get(account, 0)
            for second in (begin - HOUR - 1, *range(begin - 1, world.evm.time)):
                assert world.token.getPastVotes(account, second) == ledger.at(account, second)
        delegated = sum(ledger.balances[holder] for holder in HOLDERS if ledger.delegates[holder] != NOBODY)
        assert sum(int(world.token.getVotes(account)) for account in (*HOLDERS, KEEPER)) == delegated
    finally:
        world.evm.revert(checkpoint)
        world.evm.time = begin


# ---------------------------------------------------------------- proposals


@dataclass
class Course:
    """What the model knows of one proposal."""

    proposer: str
    snapshot: int
    deadline: int
    votes: list[int] = field(default_factory=lambda: [0, 0, 0])
    voters: set[str] = field(default_factory=set)
    is_quorate: bool = False
    is_canceled: bool = False
    is_executed: bool = False
    eta: int = 0

    def state(self, now: int) -> State:
        """By time and counts."""
        if self.is_executed or self.is_canceled:
            return State.EXECUTED if self.is_executed else State.CANCELED
        if now <= self.deadline:
            return State.ACTIVE if now > self.snapshot else State.PENDING
        against, in_favour, abstaining = self.votes
        if in_favour + abstaining < QUORUM or in_favour <= against:
            return State.DEFEATED
        if self.eta:
            return State.QUEUED
        return State.SUCCEEDED if now <= self.deadline + QUEUE_WINDOW else State.EXPIRED

    def edges(self) -> list[int]:
        """Seconds at which something may change, and those after them."""
        firm = [
            self.snapshot,
            self.deadline,
            self.deadline + QUEUE_WINDOW,
            self.deadline - TERMS.late_extension,
        ]
        return [edge + more for edge in firm for more in (0, 1)] + [self.eta - 1, self.eta]


class Story:
    """Contract and model side by side."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = ledger_of(world)
        self.courses: dict[str, Course] = {}

    def proposal(self, text: str) -> Proposal:
        """A call that always works."""
        token = self.world.token
        return Proposal([token.address], [0], [token.encode("delegate", STRANGER)], text)

    def state(self, text: str) -> State | None:
        """Of the model."""
        return self.courses[text].state(self.world.evm.time) if text in self.courses else None

    def act(self, call: Callable[[], Any], reason: str | None) -> bool:
        """Both agree; whether it happened."""
        found = None
        try:
            call()
        except Reverted as error:
            found = str(error)
        assert found == reason
        event(found or "nothing refused")
        return found is None

    def wait(self, which: int) -> None:
        """Until an edge that is to come, or an hour."""
        now = self.world.evm.time
        edges = sorted({edge for course in self.courses.values() for edge in course.edges() if edge > now})
        self.world.evm.time = edges[which % len(edges)] if edges else now + HOUR
        self.ledger.now = self.world.evm.time

    def move(self, giver: str, taker: str, tokens: int) -> None:
        """Tokens of one holder to another."""
        amount = min(tokens * ONE, self.ledger.balances[giver])
        self.world.token.transfer(taker, amount, sender=giver)
        self.ledger.move(giver, taker, amount)

    def propose(self, text: str, sender: str) -> None:
        """By somebody, who has the votes or not."""
        now, reason = self.world.evm.time, None
        if self.ledger.at(sender, now - 1) < TERMS.threshold:
            reason = "governor: too few votes"
        elif text in self.courses:
            reason = "governor: already proposed"
        if self.act(lambda: self.world.propose(self.proposal(text), sender), reason):
            snapshot = now + TERMS.voting_delay
            self.courses[text] = Course(sender, snapshot, snapshot + TERMS.voting_period)
            event("proposed")

    def vote(self, text: str, voter: str, support: int) -> None:
        """By somebody, of what he had."""
        number = self.world.governor.hashProposal(*self.proposal(text).hashed)
        state, reason = self.state(text), None
        if state is None:
            reason = "governor: unknown proposal"
        elif state != State.ACTIVE:
            reason = "governor: not active"
        elif voter in self.courses[text].voters:
            reason = "governor: already voted"
        elif support > Support.ABSTAIN:
            reason = "governor: bad vote type"
        if self.act(lambda: self.world.vote(number, voter, support), reason):
            course, now = self.courses[text], self.world.evm.time
            course.voters.add(voter)
            course.votes[support] += self.ledger.at(voter, course.snapshot)
            if not course.is_quorate and course.votes[1] + course.votes[2] >= QUORUM:
                course.is_quorate = True
                course.deadline = max(course.deadline, now + TERMS.late_extension)
                event("quorum")

    def cancel(self, text: str, sender: str) -> None:
        """By somebody, the proposer or not."""
        state, reason = self.state(text), None
        if state is None:
            reason = "governor: unknown proposal"
        elif state != State.PENDING:
            reason = "governor: not pending"
        elif sender != self.courses[text].proposer:
            reason = "governor: not the proposer"
        call = self.world.governor.cancel
        if self.act(lambda: call(*self.proposal(text).hashed, sender=sender), reason):
            self.courses[text].is_canceled = True
            event("cancelled")

    def queue(self, text: str) -> None:
        """By a keeper."""
        state, reason = self.state(text), None
        if state is None:
            reason = "governor: unknown proposal"
        elif state != State.SUCCEEDED:
            reason = "governor: not succeeded"
        if self.act(lambda: self.world.queue(self.proposal(text)), reason):
            self.courses[text].eta = self.world.evm.time + DELAY
            event("queued")

    def execute(self, text: str) -> None:
        """By a keeper."""
        state, reason = self.state(text), None
        if state is None:
            reason = "governor: unknown proposal"
        elif state != State.QUEUED:
            reason = "governor: not queued"
        elif self.world.evm.time < self.courses[text].eta:
            reason = "timelock_controller: operation is not ready"
        if self.act(lambda: self.world.execute(self.proposal(text)), reason):
            self.courses[text].is_executed = True
            event("executed")

    def check(self) -> None:
        """All that the governor tells of each proposal."""
        governor = self.world.governor
        for text, course in self.courses.items():
            number = governor.hashProposal(*self.proposal(text).hashed)
            assert self.world.state(number) == course.state(self.world.evm.time)
            assert list(governor.proposalVotes(number)) == course.votes
            assert governor.proposalSnapshot(number) == course.snapshot
            assert governor.proposalDeadline(number) == course.deadline
            assert governor.proposalEta(number) == course.eta
            assert {voter for voter in HOLDERS if governor.hasVoted(number, voter)} == course.voters


texts = st.sampled_from(TEXTS)
steps = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.just(0)),
    st.tuples(st.just("propose"), texts, st.sampled_from((PROPOSER, WHALE, STRANGER))),
    st.tuples(st.just("vote"), texts, holders, st.sampled_from((0, 1, 1, 1, 2, 3))),
    st.tuples(st.just("vote"), texts, st.just(WHALE), st.just(1)),
    st.tuples(st.just("cancel"), texts, st.sampled_from((PROPOSER, WHALE))),
    st.tuples(st.just("queue"), texts),
    st.tuples(st.just("execute"), texts),
    st.tuples(st.just("queue"), st.just("One")),
    st.tuples(st.just("execute"), st.just("One")),
    st.tuples(st.just("move"), holders, holders, st.sampled_from((1, 50, 20_000))),
)
PASSED: Final = [
    ("propose", "One", PROPOSER),
    ("wait", 1),
    ("vote", "One", WHALE, 1),
    ("wait", 3),
    ("queue", "One"),
]


@given(st.lists(steps, min_size=40, max_size=90), st.booleans())
@example([("execute", "One"), ("wait", 0), ("execute", "One"), ("wait", 0), ("execute", "One")], True)
def test_courses_of_proposals(deployed: World, story: list[tuple[Any, ...]], is_passed: bool) -> None:
    world = deployed
    checkpoint, begin = world.evm.snapshot(), world.evm.time
    try:
        told = Story(world)
        for kind, *words in [*(PASSED if is_passed else []), *story]:
            getattr(told, kind)(*words)
            told.check()
    finally:
        world.evm.revert(checkpoint)
        world.evm.time = begin
