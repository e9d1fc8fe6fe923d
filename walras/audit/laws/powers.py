"""Who may do what: 45 to 49."""

from collections.abc import Callable
from typing import Any, Final

from walras.audit.chain import call, hexed, ints, selector, slot_of
from walras.audit.events import PRIVILEGED
from walras.audit.laws.oracle import reduces
from walras.audit.run import Run, law
from walras.audit.state import MODE_HALTED
from walras.audit.system import DAY, MARKETS, MULTISIG, SETTINGS_TYPE, STRANGER, owner
from walras.audit.traders import cancel_signed, grant_signed, place_signed

_M20: Final = 2**20 - 1
VOTED: Final = {
    selector(f"configure_market(uint256,{SETTINGS_TYPE})"): ("market_settings(uint256)", 1),
    selector("set_deposit_cap(uint256)"): ("deposit_cap()", 0),
    selector("set_draw_cap(uint256,uint256)"): ("draw_cap(uint256)", 1),
    selector("update_delay(uint256)"): ("get_minimum_delay()", 0),
}
"""Calls that are voted for: the view that tells of it, and with how many of their words it is asked."""


@law(
    45,
    "A privileged write happens in an execution of the timelock alone, its delay after it was queued.",
)
def writes_wait(run: Run) -> None:
    kind, memory = run.step.kind, run.memory
    written = [name for name in run.names() if name in PRIVILEGED]
    if kind == "queue":
        memory.setdefault("queued", {})[run.step.data[4:]] = (run.chain.time, memory.get("delay", DAY))
    if kind == "guard":
        assert set(written) <= {"MarketConfigured", "DepositCapSet"}, f"the guardian wrote {written}"
        return
    if kind != "enact":
        assert not written, f"{kind} wrote {written}"
        return
    queued = memory.get("queued", {}).get(run.step.data[4:])
    assert queued is not None, f"{run.step.told} was not queued"
    waited = run.chain.time - queued[0]
    assert waited >= queued[1], f"{run.step.told} waited {waited} s, the delay is {queued[1]}"
    delay = run.view(run.system.timelock, "get_minimum_delay()")[0]
    assert delay >= DAY, f"a delay of {delay} s"
    memory["delay"] = delay


@law(45, "Settings are those that were last voted for.", every=128)
def settings_are_kept(run: Run) -> None:
    now = fingerprint(run)
    before, memory = run.memory.get("settings"), run.memory
    if before is not None and memory["changes"] == changes(run):
        assert now == before, (
            f"settings changed without a vote: {[a for a, b in zip(now, before, strict=True) if a != b]}"
        )
    memory["settings"], memory["changes"] = now, changes(run)


@law(
    45, "Of settings, caps and delays that were voted for, their views tell then.", kinds=frozenset({"enact"})
)
def votes_are_done(run: Run) -> None:
    target, data = voted(run.step.data)
    known = VOTED.get(data[:4])
    if known is None:
        return
    view, keys = known
    given = ints(data[4:])
    found = run.view(target, view, *given[:keys])
    assert found == given[keys:], f"{view} tells {found}, voted was {given[keys:]}"


def voted(data: bytes) -> tuple[str, bytes]:
    """Whom a proposal of one call calls, and with what: of `execute(address[],uint256[],bytes[],bytes32)`."""
    body = data[4:]
    targets, _, calls, _ = ints(body[:128])
    target = hexed(int.from_bytes(body[targets + 32 : targets + 64]))
    at = calls + 32 + int.from_bytes(body[calls + 32 : calls + 64])
    size = int.from_bytes(body[at : at + 32])
    return target, body[at + 32 : at + 32 + size]


def changes(run: Run) -> int:
    """Steps of a story that may have changed settings."""
    return sum(run.told.get(kind, 0) for kind in ("enact", "guard", "halt"))


def fingerprint(run: Run) -> list[int]:
    """What only governance may change: rules and caps of markets, roles, settings of all parts."""
    storage, system = run.state.storage, run.system
    found = []
    for market, slot in enumerate(system.market_slot):
        found.append(int(storage(system.engine, slot + 1)))
        found.append(int(storage(system.engine, slot + 2)) >> 80 & (2**70 - 1))
        found.append(int(storage(system.engine, slot)) >> 224 & (2**22 - 1))
        found.append(int(storage(system.liquidation, slot_of(system.at.fall_settings, market))))
        found.append(int(storage(system.fund, slot_of(system.at.draw_caps, market))))
    for name, slots in system.at.ruled.items():
        found += [int(storage(str(getattr(system, name)), slot)) for slot in slots]
    return found


@law(46, "Nobody does what he has no right to.", kinds=frozenset({"steal"}))
def no_powers(run: Run) -> None:
    raise AssertionError(f"{run.step.who} could: {run.step.told}")


def maintenance_ppm(rules: int) -> int:
    """Of a market's word of rules: its part of initial margin, rounded up."""
    return -(-(rules & _M20) * (rules >> 20 & (2**14 - 1)) // 10_000)


@law(46, "The guardian only tightens, and nothing but margins, caps and modes.", kinds=frozenset({"guard"}))
def guardian_tightens(run: Run) -> None:
    for market in range(len(MARKETS)):
        here = run.state.market(market)
        was = run.guarded[market]
        cap, own = run.opens[market] >> 80 & (2**36 - 1), run.opens[market] >> 116 & (2**34 - 1)
        now = here.open >> 80 & (2**36 - 1), here.open >> 116 & (2**34 - 1)
        assert max(now[0] - cap, now[1] - own) <= 0, f"caps of {market} rose to {now}"
        rules, old = here.rules, was.rules
        assert rules & _M20 >= old & _M20, f"margin of {market} fell"
        assert maintenance_ppm(rules) >= maintenance_ppm(old), f"maintenance margin of {market} fell"
        assert (rules >> 34, here.taker_ppm) == (old >> 34, was.taker_ppm), f"other settings of {market}"
        assert here.mode >= was.mode, f"mode of {market} is looser: {was.mode} to {here.mode}"
    cap = int(run.state.storage(run.system.vault, run.system.at.vault_cap))
    assert cap <= run.deposit_cap, f"the deposit cap rose to {cap}"


@law(
    47,
    "With all paused orders can be cancelled, positions carried, and money is back when the pause is over.",
    every=307,
)
def pauses_leave_exits(run: Run) -> None:
    system, chain, state = run.system, run.chain, run.state
    with run.trying():
        chain.send(MULTISIG, system.guardian, call("pause_deposits()"))
        chain.send(MULTISIG, system.guardian, call("pause_withdrawals()"))
        for one in system.traded[run.number % 3 :: 3]:
            who = owner(one)
            markets = state.markets_of(one)
            if markets:
                done = chain.send(who, system.engine, call("deposit(uint256,uint256)", one, 5))
                assert done is not None, f"who has positions cannot carry them: {chain.reason}"
            for market in markets:
                here = state.market(market)
                if here.due and chain.time >= here.due:
                    continue
                done = chain.send(who, system.engine, call("cancel_all(uint256,uint256)", one, market))
                assert done is not None, f"orders cannot be cancelled: {chain.reason}"
                if here.mode < MODE_HALTED and here.due and state.lots(one, market) and here.status in (1, 2):
                    reduces(run, one, market)
        chain.time = max(chain.time, state.gate())
        for one in system.traded[:4]:
            has = state.collateral(one)
            if not state.word(one) & 7 and 0 < has <= state.tracked():
                data = call("withdraw(uint256,uint256,address)", one, has, int(owner(one), 16))
                done = chain.send(owner(one), system.engine, data)
                assert done is not None, f"after the pause: {chain.reason}"


@law(48, "A signature is good once, for what it was signed for.", kinds=frozenset({"signed", "replayed"}))
def signatures_are_used_once(run: Run) -> None:
    used = run.memory.setdefault("signatures", set())
    key = owner(run.step.account), run.step.value
    assert key not in used, f"nonce {run.step.value} of {key[0]} was used twice"
    used.add(key)
    if not run.is_turn(3):
        return
    account, market = run.step.account, run.step.market
    order = tuple(ints(run.step.data[4 + 32 * 2 : 4 + 32 * 10]))
    given = {
        "place": (place_signed, market, order),
        "cancel": (cancel_signed, market, (run.step.value, 7)),
        "grant": (grant_signed, int(STRANGER, 16), (7, 2**32 - 1, 2 * 10**9)),
    }
    for number, (name, (signed, subject, more)) in enumerate(given.items()):
        rest = account, subject, more, 2 * (10**9 + 3 * run.number + number), run.chain.time + 600
        forged_are_refused(run, name, signed, rest)


def forged_are_refused(run: Run, name: str, signed: Callable[..., bytes], rest: tuple[Any, ...]) -> None:
    """What an owner signs counts for the engine, the chain and the words that he signed it for alone."""
    system, chain = run.system, run.chain
    with run.trying():
        data = signed(system.engine, *rest)
        forged = [signed(system.router, *rest), signed(system.engine, *rest, chain=2)]
        for word in range(len(rest) - 1 + len(rest[2])):  # before the signature
            other = bytearray(data)
            other[4 + 32 * word + 31] ^= 1
            forged.append(bytes(other))
        for number, one in enumerate(forged):
            assert chain.send(STRANGER, system.engine, one) is None, f"{name} forged {number}: taken"
            assert chain.reason == "engine: bad signature", f"{name} forged {number}: {chain.reason}"
        chain.send(STRANGER, system.engine, data)
        assert chain.reason != "engine: bad signature", f"what was signed for is refused: {name}"


@law(
    49,
    "After a transaction no lock is held: the next ones in the same transient storage go through.",
    every=256,
    first=True,
)
def locks_are_free(run: Run) -> None:
    system, chain = run.system, run.chain
    calls = (
        (system.engine, call("sync(uint256)", system.traded[0])),
        (system.router, call("record(uint256)", 0)),
        (system.vault, call("setOperator(address,bool)", 5, 1)),
        (system.fund, call("contribute(uint256)", 1)),
        (system.triggers, call("claim(address)", 5)),
        (system.fees, call("distribute()")),
        (system.liquidation, call("collect(uint256,uint256)", system.traded[0], 0)),
        (system.books[0], call("configure(uint256,uint256)", 10, 1)),
        (system.guardian, call("pause_deposits()")),
        (system.governor, call("castVote(uint256,uint8)", 1, 1)),
        (system.treasury, call("claim(uint256)", 1)),
    )
    outcomes = []
    for send in (chain.send_again, chain.send):  # in the step's transient storage, and each in its own
        with run.trying():
            outcomes.append([refusal(run, send(STRANGER, where, data)) for where, data in calls * 2])
    together, alone = outcomes
    assert together == alone, (
        f"after {run.step.kind}: {[(a, b) for a, b in zip(together, alone, strict=True) if a != b]}"
    )


def refusal(run: Run, answer: bytes | None) -> str:
    """Why a call was refused, without the gas, which is in what the EVM says; empty where it went through."""
    return "" if answer is not None else run.chain.reason.partition(" {")[0]
