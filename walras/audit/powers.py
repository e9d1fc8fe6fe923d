"""Steps of those who have powers, and of those who pretend to: governance, guardian, attackers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from eth_utils.crypto import keccak

from walras.audit.chain import call, ints
from walras.audit.story import Step
from walras.audit.system import (
    DAY,
    HOLDER,
    KEEPERS,
    MARKETS,
    MULTISIG,
    PROVIDERS,
    SETTINGS,
    SETTINGS_TYPE,
    STRANGER,
    TRADERS,
    account,
    data_of,
)

if TYPE_CHECKING:
    from walras.audit.hand import Hand

HOOKS: Final = (
    "force_cancel(uint256,uint256)",
    "force_trade(uint256,uint256,uint256,int256,int256)",
    "force_payment(uint256,uint256,uint256)",
    "force_socialise(uint256,uint256,uint256)",
    "force_settle(uint256,uint256)",
)
OWNERS: Final = (
    ("engine", "set_mode(uint256,uint256)", (0, 1)),
    ("engine", "set_mode(uint256,uint256)", (1, 4)),
    ("engine", "set_guardian(address)", (1,)),
    ("engine", "set_liquidator(address)", (1,)),
    ("engine", "set_vault(address)", (0,)),
    ("engine", "set_fee_receiver(address)", (1,)),
    ("engine", "unpause()", ()),
    ("engine", "set_referral(address,uint256)", (1, 3_000)),
    ("engine", "configure_book(uint256,uint256,uint256)", (0, 11, 1)),
    ("engine", "rescale(uint256,uint256)", (0, 2 * 10**17)),
    ("engine", "restrict(uint256,uint256)", (0, 4)),
    ("engine", "tighten(uint256,uint256,uint256,uint256,uint256)", (0, 60_000, 6_000, 10, 10)),
    ("engine", "pause_withdrawals()", ()),
    ("engine", "pause_deposits()", ()),
    ("engine", "transfer_ownership(address)", (1,)),
    ("vault", "set_deposit_cap(uint256)", (2**95,)),
    ("vault", "set_exit_fee(uint256,uint256)", (0, 0)),
    ("vault", "set_cooldown(uint256)", (DAY,)),
    ("vault", "set_guardian(address)", (1,)),
    ("vault", "fund_backstop(uint256)", (1,)),
    ("vault", "transfer_ownership(address)", (1,)),
    ("fund", "set_draw_cap(uint256,uint256)", (0, 1)),
    ("fund", "draw(uint256,uint256)", (0, 10**6)),
    ("fund", "set_engine(address)", (1,)),
    ("fund", "transfer_ownership(address)", (1,)),
    ("liquidation", "set_backstop(uint256)", (0,)),
    ("liquidation", "settle(uint256)", (0,)),
    ("liquidation", "transfer_ownership(address)", (1,)),
    ("fees", "recall(uint256)", (1,)),
    ("fees", "transfer_ownership(address)", (1,)),
    ("router", "resume(uint256)", (0,)),
    ("router", "halt(uint256)", (0,)),
    ("router", "set_guardian(address)", (1,)),
    ("router", "transfer_ownership(address)", (1,)),
    ("guardian", "renew(uint256)", (1,)),
    ("guardian", "set_multisig(address)", (1,)),
    ("guardian", "pause_withdrawals()", ()),
    ("guardian", "lower_caps(uint256,uint256,uint256)", (0, 1, 1)),
    ("timelock", "update_delay(uint256)", (DAY,)),
)
"""Calls of the owner, the guardian and the liquidation engine, with arguments that would be good."""


def attack(self: Hand) -> Step | None:
    """A call that its sender has no right to make."""
    random = self.random
    who = random.choice((STRANGER, TRADERS[0], KEEPERS[0], MULTISIG, PROVIDERS[0]))
    kind = random.randrange(4)
    victim = self.trader()
    if kind == 0:
        signature = random.choice(HOOKS)
        values = (victim, self.trader(), random.randrange(3), 1, 1)[: signature.count(",") + 1]
        if signature.startswith(("force_cancel", "force_socialise")):
            values = (victim, random.randrange(3), 1)[: signature.count(",") + 1]
        if signature.startswith("force_settle"):
            values = (random.randrange(3), 1)
        return Step("steal", who, "engine", call(signature, *values), f"hook {signature}", value="steal")
    if kind == 1:
        to, signature, values = random.choice(OWNERS)
        if who == MULTISIG and (to == "guardian" and signature.startswith(("pause", "lower"))):
            who = STRANGER
        return Step("steal", who, to, call(signature, *values), f"power {to}.{signature}", value="steal")
    if kind == 2:
        if who == f"0x{victim >> 8:040x}":
            who = STRANGER
        amount = max(1, self.free(victim) // 2)
        signature, values = random.choice(
            (
                ("withdraw(uint256,uint256,address)", (victim, amount, int(who, 16))),
                ("transfer(uint256,uint256,uint256)", (victim, account(who), amount)),
                ("cancel_all(uint256,uint256)", (victim, 0)),
                (
                    "set_operator(uint256,address,uint256,uint256,uint256)",
                    (victim, int(who, 16), 7, 9, 2**39),
                ),
            )
        )
        return Step(
            "steal", who, "engine", call(signature, *values), f"of another: {signature}", value="steal"
        )
    who = STRANGER if who == PROVIDERS[0] else who
    owner = int(PROVIDERS[0], 16)
    signature, values = random.choice(
        (
            ("redeem(uint256,address,address)", (10**9, int(who, 16), owner)),
            ("requestRedeem(uint256,address,address)", (10**9, int(who, 16), owner)),
            ("transferFrom(address,address,uint256)", (owner, int(who, 16), 10**9)),
        )
    )
    return Step("steal", who, "vault", call(signature, *values), f"of a provider: {signature}", value="steal")


def guard(self: Hand) -> Step | None:
    """Something tighter, or what would be looser."""
    random = self.random
    market = self.market()
    here = self.state.market(market)
    initial, bps = here.rules & (2**20 - 1), (here.rules >> 20) & (2**14 - 1)
    caps = (here.open >> 80) & (2**36 - 1), (here.open >> 116) & (2**34 - 1)
    share = random.choice((1, 1, 1.05, 0.9))
    kind = random.randrange(6)
    if kind == 0:
        return Step(
            "guard",
            MULTISIG,
            "guardian",
            data_of("restrict(uint256[],uint256)", [market], random.choice((2, 4, 8, 1))),
            f"restrict {market}",
            market=market,
        )
    if kind == 1:
        step = call("raise_margins(uint256,uint256,uint256)", market, min(10**6, int(initial * share)), bps)
        return Step("guard", MULTISIG, "guardian", step, f"margins of {market} times {share}", market=market)
    if kind == 2:
        step = call(
            "lower_caps(uint256,uint256,uint256)", market, int(caps[0] * (2 - share)), int(caps[1] * 0.99)
        )
        return Step("guard", MULTISIG, "guardian", step, f"caps of {market} times {2 - share}", market=market)
    names = ("pause_deposits()", "pause_withdrawals()", "lower_deposit_cap(uint256)")
    name = names[kind - 3]
    if kind == 4 and random.random() < 0.7:
        return None
    values = (random.choice((10**5, 10**8)) * self.usd,) if kind == 5 else ()
    return Step("guard", MULTISIG, "guardian", call(name, *values), name)


def govern(self: Hand) -> Step | None:
    """A vote on something small: what comes after it stands in the queue."""
    random, market = self.random, self.market()
    engine, vault, fund, fall = (
        self.system.engine,
        self.system.vault,
        self.system.fund,
        self.system.liquidation,
    )
    answer = self.chain.ask(engine, call("market_settings(uint256)", market))
    if answer is None:
        return None
    now = dict(zip(SETTINGS, ints(answer), strict=True))
    now["maker_ppm"] = now["maker_ppm"] - 2**256 if now["maker_ppm"] >> 255 else now["maker_ppm"]
    now["interest"] = now["interest"] - 2**256 if now["interest"] >> 255 else now["interest"]
    now["open_cap"] = max(10, int(now["open_cap"] * random.choice((0.8, 1, 1.2))))
    now["initial_ppm"] = max(10_000, min(10**6, int(now["initial_ppm"] * random.choice((0.9, 1, 1.1)))))
    now["interest"] += random.choice((-1_000, 0, 1_000))
    configured = data_of(f"configure_market(uint256,{SETTINGS_TYPE})", market, list(now.values()))
    calls = [
        (engine, configured),
        (engine, call("set_mode(uint256,uint256)", market, random.choice((1, 1, 2, 4)))),
        (engine, call("unpause()")),
        (vault, call("set_deposit_cap(uint256)", 10**7 * self.usd)),
        (vault, call("fund_backstop(uint256)", random.randrange(1, 9_000) * self.usd)),
        (fund, call("set_draw_cap(uint256,uint256)", market, 10_000 * self.usd)),
        (fall, call("settle(uint256)", market)) if random.random() < 0.05 else (engine, call("unpause()")),
        (engine, data_of("set_referral(address,uint256)", TRADERS[1], 1_000)),
        (self.system.router, call("resume(uint256)", market)),
        (engine, call("rescale(uint256,uint256)", market, MARKETS[market].tick_size * random.choice((1, 2)))),
        (engine, call("configure_book(uint256,uint256,uint256)", market, random.choice((0, 4, 8, 12)), 1)),
        (self.system.timelock, call("update_delay(uint256)", random.choice((DAY, 2 * DAY)))),
    ]
    target, data = random.choice(calls)
    types = "(address[],uint256[],bytes[],"
    text = f"proposal {self.nonce} {random.randrange(10**9)}"
    args = ([target], [0], [data])
    digest = bytes(keccak(text=text))
    governor = self.system.governor
    proposed = data_of(f"propose{types}string)", *args, text)
    number = self.chain.ask(
        governor, data_of("hashProposal(address[],uint256[],bytes[],bytes32)", *args, digest)
    )
    if number is None:
        return None
    vote = call("castVote(uint256,uint8)", int.from_bytes(number), 1)
    queued = data_of(f"queue{types}bytes32)", *args, digest)
    done = data_of(f"execute{types}bytes32)", *args, digest)
    what = f"{target[:8]}.{data[:4].hex()}"

    def later(kind: str, who: str, data: bytes, wait: int) -> Step:
        step = Step(kind, who, "governor", data, f"{kind} {what}", market=market)
        return self.with_prices(step, wait)

    early = random.choice((0, 0, 60))
    self.queue.append(lambda: later("vote", HOLDER, vote, 3_601))
    self.queue.append(lambda: later("queue", STRANGER, queued, 2 * DAY + 1))
    self.queue.append(lambda: later("enact", STRANGER, done, DAY - early))
    self.queue.append(lambda: later("enact", STRANGER, done, 90_000))
    return Step("propose", HOLDER, "governor", proposed, f"propose {what}", market=market)
