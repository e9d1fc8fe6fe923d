"""Several endpoints of one chain as one: who fails is benched, who is wrong is not used, and it is said.

Endpoints are asked in the order in which they are given. One that gives no answer (walras/chain/endpoint.py)
is benched for a second, then two, four and so on up to a minute, and the next is asked; when all are benched
they are asked all the same. Of one that does not have a block the next is asked, too. Before an endpoint's
first answer is used, and after each bench, it has to tell the right chain id. Every `check_s` seconds all are
compared (`check`). One whose head is more than `max_lag_blocks` above that of most others (of three or more),
or behind the highest of the rest, or whose block `reorg_depth` below the lowest of the rest has another hash
than most others, is not used until a later check finds it right. Where as many say one as the other, those
that were given first are believed.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from walras.chain.endpoint import Endpoint, EndpointError, Question, RpcRefused
from walras.chain.meter import Meter, Silent

FIRST_BENCH_S: Final = 1.0
LONGEST_BENCH_S: Final = 60.0
MOST_STRIKES: Final = 40
"""Failures in a row that are counted."""
MAX_BATCH: Final = 100
"""Questions in one HTTP request."""
_LAGS: Final = re.compile(
    r"header (?:for hash )?not found|unknown block|block not found|BlockOutOfRange|Resource not found"
    r"|missing trie node|beyond (?:the )?(?:current|latest) (?:head|block)|in(?:to)? the future",
    re.I,
)
"""Refusals of a node that does not have the block (yet): another one may."""


class RpcError(Exception):
    """No endpoint gave a useful answer; its str says what each did."""


class BehindError(RpcError):
    """Every endpoint that answers does not have a block (yet)."""


class WrongChainError(RpcError):
    """Every endpoint that answers is of another chain."""


@dataclass(frozen=True, slots=True)
class Head:
    """A block's header, as far as it is needed."""

    number: int
    hash: str
    parent: str
    time: int
    """Unix seconds."""
    base_fee: int
    """Wei a gas; 0 where the chain has none."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What became of signed bytes that were sent around."""

    accepted: int
    """How many endpoints took them."""
    refusals: tuple[RpcRefused, ...]
    """What those said that did not."""


@dataclass(slots=True)
class _State:
    """What is known of an endpoint."""

    endpoint: Endpoint
    is_checked: bool = False
    """It has told the right chain id since it was benched last."""
    strikes: int = 0
    benched_until: float = 0.0
    wrong: str = ""
    """Why it is not used although it answers."""


class Rpc:
    """Endpoints of one chain."""

    def __init__(
        self,
        endpoints: Sequence[str],
        chain_id: int,
        timeout_s: float = 5.0,
        *,
        relay: str | None = None,
        max_lag_blocks: int = 3,
        reorg_depth: int = 8,
        check_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
        meter: Meter | None = None,
        log: Any = None,
    ) -> None:
        """`relay`, where it is given, is the only one that transactions go to, one by one.

        It is asked nothing else. Endpoints have to answer JSON-RPC batches.
        """
        if not endpoints:
            raise ValueError("no endpoint is given; at least one is needed")
        self.chain_id = chain_id
        self._states = [_State(Endpoint(url, timeout_s)) for url in endpoints]
        self._relay = _State(Endpoint(relay, timeout_s)) if relay else None
        self._max_lag = max_lag_blocks
        self._reorg_depth = reorg_depth
        self._check_s = check_s
        self._clock = clock
        self._meter = meter or Silent()
        self._log = log or structlog.get_logger("walras.chain.rpc")
        self._checked_at: float | None = None

    @property
    def is_relayed(self) -> bool:
        """Whether nodes do not know of a transaction before it is mined."""
        return self._relay is not None

    def ask(self, method: str, params: Sequence[Any] = ()) -> Any:
        """One question. Raises RpcError, or RpcRefused where the node says no."""
        answer = self.batch([(method, list(params))])[0]
        if isinstance(answer, RpcRefused):
            raise answer
        return answer

    def batch(self, questions: Sequence[Question]) -> list[Any | RpcRefused]:
        """Questions in one request (several, beyond MAX_BATCH), each with its answer or refusal.

        One endpoint answers each request. Raises RpcError.
        """
        answers: list[Any | RpcRefused] = []
        for first in range(0, len(questions), MAX_BATCH):
            answers += self._ask(questions[first : first + MAX_BATCH])
        return answers

    def head(self, block: str = "latest") -> Head:
        """A header by tag, 0x number or 0x hash; now and then all endpoints are compared first.

        Raises RpcError, RpcRefused; LookupError where there is no such block.
        """
        if self._checked_at is None or self._clock() - self._checked_at >= self._check_s:
            self.check()
        by_hash = len(block) == 66
        found = self.ask(f"eth_getBlockBy{'Hash' if by_hash else 'Number'}", [block, False])
        if found is None:
            raise LookupError(f"the chain has no block {block}")
        try:
            return head_of(found)
        except (EndpointError, KeyError) as error:
            raise RpcError(f"block {block} is told without {error}") from error

    def check(self) -> None:
        """Compare the endpoints, and say who is not used any more, or again. Benched ones are left alone."""
        self._checked_at = self._clock()
        heads: dict[int, Head] = {}
        for place, state in enumerate(self._states):
            if self._clock() < state.benched_until:
                continue
            try:
                chain, latest = state.endpoint.ask(
                    [("eth_chainId", []), ("eth_getBlockByNumber", ["latest", False])]
                )
                if self._is_right_chain(state, chain):
                    heads[place] = head_of(latest)
                    state.is_checked, state.strikes = True, 0
            except (EndpointError, ValueError, KeyError, TypeError) as error:
                self._bench(state, f"{error}")
        if not heads:
            return
        self._leave_runaways_out(heads)
        highest = max(one.number for one in heads.values())
        self._meter.level("rpc_head", highest)
        recent = {place: head for place, head in heads.items() if highest - head.number <= self._max_lag}
        for place, head in heads.items():
            if place not in recent:
                behind = highest - head.number
                self._set_wrong(
                    self._states[place], f"its head {head.number} is {behind} blocks behind {highest}"
                )
        self._compare(recent)

    def broadcast(self, raws: Sequence[bytes]) -> list[Broadcast]:
        """Send signed transactions, in this order, to every endpoint in use, or to the relay alone.

        Raises RpcError where nobody answered: whether they arrived is not known then.
        """
        questions: list[Question] = [("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in raws]
        accepted = [0] * len(raws)
        refusals: list[list[RpcRefused]] = [[] for _ in raws]
        failures: list[str] = []
        told = 0
        for state in [self._relay] if self._relay else self._in_order():
            try:
                if state is self._relay:  # many know single questions alone
                    answers = [answer for one in questions for answer in self._use(state, [one])]
                else:
                    answers = self._use(state, questions)
            except EndpointError as error:
                failures.append(f"{state.endpoint.name}: {error}")
                continue
            told += 1
            for place, answer in enumerate(answers):
                if isinstance(answer, RpcRefused):
                    refusals[place].append(answer)
                else:
                    accepted[place] += 1
        if raws and not told:
            raise self._nobody(failures)
        return [Broadcast(count, tuple(said)) for count, said in zip(accepted, refusals, strict=True)]

    def status(self) -> dict[str, str]:
        """Each endpoint by name: `ok`, or why it is not used."""
        now = self._clock()
        made = {}
        for state in (*self._states, *([self._relay] if self._relay else [])):
            benched = f"benched for {state.benched_until - now:.0f} s" if now < state.benched_until else "ok"
            made[state.endpoint.name] = state.wrong or benched
        return made

    def close(self) -> None:
        """Let go of connections."""
        for state in (*self._states, *([self._relay] if self._relay else [])):
            state.endpoint.close()

    # ------------------------------------------------------------ one endpoint after the other

    def _ask(self, questions: Sequence[Question]) -> list[Any | RpcRefused]:
        failures: list[str] = []
        lagging: list[Any | RpcRefused] | None = None
        for state in self._in_order():
            try:
                answers = self._use(state, questions)
            except EndpointError as error:
                failures.append(f"{state.endpoint.name}: {error}")
                continue
            if not any(_lags(*one) for one in zip(questions, answers, strict=True)):
                return answers
            lagging = lagging or answers
        if lagging is not None:
            return lagging
        raise self._nobody(failures)

    def _in_order(self) -> list[_State]:
        """Those in use first, then benched ones by the end of their bench."""
        now = self._clock()
        right = [state for state in self._states if not state.wrong]
        ready = [state for state in right if state.benched_until <= now]
        return ready or sorted(right, key=lambda state: state.benched_until)

    def _use(self, state: _State, questions: Sequence[Question]) -> list[Any | RpcRefused]:
        """Ask an endpoint; it is benched where it gives no answer."""
        started = self._clock()
        try:
            if not state.is_checked and state is not self._relay:
                chain = state.endpoint.ask([("eth_chainId", [])])[0]
                if not self._is_right_chain(state, chain):
                    raise EndpointError(state.wrong)
                state.is_checked = True
            answers = state.endpoint.ask(questions)
        except EndpointError as error:
            if not state.wrong:
                self._bench(state, str(error))
            raise
        state.strikes = 0
        self._meter.took("rpc_request", self._clock() - started, endpoint=state.endpoint.name)
        return answers

    def _bench(self, state: _State, why: str) -> None:
        seconds = min(FIRST_BENCH_S * 2**state.strikes, LONGEST_BENCH_S)
        state.strikes = min(state.strikes + 1, MOST_STRIKES)
        state.benched_until = self._clock() + seconds
        state.is_checked = False
        self._meter.count("rpc_failures", endpoint=state.endpoint.name)
        self._log.warning("endpoint benched", endpoint=state.endpoint.name, why=why, seconds=seconds)

    def _nobody(self, failures: list[str]) -> RpcError:
        wrong = [f"{one.endpoint.name}: {one.wrong}" for one in self._states if one.wrong]
        said = "; ".join([*failures, *(one for one in wrong if one not in failures)])
        if wrong and all("chain id" in one.wrong for one in self._states):
            return WrongChainError(f"every endpoint is of another chain than {self.chain_id}: {said}")
        return RpcError(f"no endpoint answers: {said}")

    # ------------------------------------------------------------ disagreement

    def _is_right_chain(self, state: _State, told: Any) -> bool:
        if isinstance(told, RpcRefused):
            raise EndpointError(f"it does not tell its chain id: {told}")
        number = _number(told)
        if number == self.chain_id:
            return True
        self._set_wrong(state, f"its chain id is {number}, {self.chain_id} is wanted")
        return False

    def _leave_runaways_out(self, heads: dict[int, Head]) -> None:
        """Those whose head is far above one that most endpoints agree on: it may be of no block."""
        by_number = sorted(one.number for one in heads.values())
        agreed = next(
            (
                number
                for number in reversed(by_number)
                if 2 * sum(number - self._max_lag <= one <= number for one in by_number) > len(by_number)
            ),
            by_number[-1],
        )
        for place, head in list(heads.items()):
            if len(heads) > 2 and head.number - agreed > self._max_lag:
                ahead = head.number - agreed
                why = f"its head {head.number} is {ahead} blocks ahead of {agreed}, where most others are"
                self._set_wrong(self._states[place], why)
                del heads[place]

    def _compare(self, heads: dict[int, Head]) -> None:
        """Their hashes at a height that all have, below reorganisations."""
        at = min(one.number for one in heads.values()) - self._reorg_depth
        hashes: dict[int, str] = {}
        for place in heads:
            if at < 0 or len(heads) == 1:
                hashes[place] = ""
                continue
            state = self._states[place]
            try:
                found = state.endpoint.ask([("eth_getBlockByNumber", [hex(at), False])])[0]
                hashes[place] = head_of(found).hash
            except (EndpointError, ValueError, KeyError, TypeError) as error:
                self._bench(state, f"{error}")
        if not hashes:
            return
        counts = Counter(hashes.values())
        most = max(counts.values())
        believed = next(one for one in hashes.values() if counts[one] == most)
        for place, told in hashes.items():
            other = f"its block {at} is {told}, with most others it is {believed}"
            self._set_wrong(self._states[place], "" if told == believed else other)

    def _set_wrong(self, state: _State, why: str) -> None:
        if why and not state.wrong:
            self._meter.count("rpc_disagreements", endpoint=state.endpoint.name)
            self._log.error("endpoint not used", endpoint=state.endpoint.name, why=why)
        elif state.wrong and not why:
            self._log.info("endpoint used again", endpoint=state.endpoint.name)
        state.wrong = why


def is_behind(refused: RpcRefused) -> bool:
    """Whether a node says that it does not have the block."""
    return _LAGS.search(refused.message) is not None


def _lags(question: Question, answer: Any | RpcRefused) -> bool:
    """Whether an answer is that of a node without the block: refused, or no block."""
    if isinstance(answer, RpcRefused):
        return is_behind(answer)
    return answer is None and question[0] in ("eth_getBlockByNumber", "eth_getBlockByHash")


def head_of(told: Any) -> Head:
    """Out of JSON. Raises EndpointError, KeyError where it is none."""
    if isinstance(told, RpcRefused):
        raise EndpointError(f"it does not tell its head: {told}")
    if not isinstance(told, dict):
        raise EndpointError(f"{told!r} is no block")
    return Head(
        number=_number(told["number"]),
        hash=str(told["hash"]),
        parent=str(told["parentHash"]),
        time=_number(told["timestamp"]),
        base_fee=_number(told.get("baseFeePerGas") or "0x0"),
    )


def _number(told: Any) -> int:
    if not isinstance(told, str):
        raise EndpointError(f"{told!r} is no number")
    try:
        return int(told, 16)
    except ValueError:
        raise EndpointError(f"{told!r} is no number") from None
