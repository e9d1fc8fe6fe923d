"""Shares of vault and insurance: 40 to 44."""

from fractions import Fraction
from random import Random
from typing import Final

from walras.audit.chain import call, signed, slot_of
from walras.audit.run import Run, law
from walras.audit.state import DEGRADED, LIVE
from walras.audit.system import DAY, PEOPLE, PROVIDERS, STAKERS, STRANGER

VIRTUAL: Final = 10**6
ENTRIES: Final = frozenset({"enter", "mint", "ask_back", "leave", "take_out"})


@law(40, "All shares together are the supply: of vault, insurance and votes.", every=128)
def shares_sum(run: Run) -> None:
    storage, system = run.state.storage, run.system
    held = sum(
        int(storage(system.vault, slot_of(system.at.vault_shares, int(who, 16))))
        for who in (*PEOPLE, system.vault)
    )
    supply = int(storage(system.vault, system.at.vault_supply))
    assert held == supply, f"vault: {held} are held of {supply}"
    staked = sum(run.view(system.fund, "shares_of(address)", int(who, 16))[0] for who in STAKERS)
    total = int(storage(system.fund, system.at.stakes_total))
    assert staked == total, f"insurance: {staked} are held of {total}"
    votes = sum(int(storage(system.votes, slot_of(system.at.votes, int(who, 16)))) for who in PEOPLE)
    assert votes == int(storage(system.votes, system.at.votes_supply)), "votes"


def price_of(run: Run, high: bool) -> Fraction:
    """Of a vault's share at the stored marks; the positive parts of account and backstop."""
    system = run.system
    worth = run.view(system.engine, "worth(uint256)", system.vault_account)
    equity = signed(worth[int(high)])
    if int(run.state.storage(system.vault, system.at.vault_has_backstop)):
        more = run.view(system.engine, "worth(uint256)", system.backstop)
        equity += max(0, signed(more[int(high)]))
    return Fraction(
        max(0, equity) + 1, int(run.state.storage(system.vault, system.at.vault_supply)) + VIRTUAL
    )


@law(41, "Who enters or leaves the vault does not lower the price of a share for who stays.", kinds=ENTRIES)
def share_price_is_kept(run: Run) -> None:
    kind = run.step.kind
    high = kind in ("enter", "mint")
    after = price_of(run, high)
    before = _before(run, after)
    if before is not None:
        assert after >= before, f"a share was worth {float(before)}, after {kind} {float(after)}"


def _before(run: Run, after: Fraction) -> Fraction | None:
    """The price before the step, at the marks of after it: what came and what left is known from the logs."""
    system = run.system
    supply = int(run.state.storage(system.vault, system.at.vault_supply)) + VIRTUAL
    worth = after * supply
    for args in run.named("Deposit"):
        worth -= args[2]
        supply -= args[3]
    for args in run.named("Withdraw"):
        worth += args[3]
        supply += args[4]
    if run.step.kind == "ask_back" or supply <= 0 or worth <= 0:
        return None
    return Fraction(worth, supply)


@law(41, "What the vault says came and left is what came into its account, and left it.", kinds=ENTRIES)
def vault_says_what_moved(run: Run) -> None:
    account = run.system.vault_account
    came = sum(args[1] for args in run.named("Deposited") if args[0] == account)
    left = sum(args[1] for args in run.named("Withdrawn") if args[0] == account)
    assert came == sum(args[2] for args in run.named("Deposit")), f"{came} came into the vault's account"
    assert left == sum(args[3] for args in run.named("Withdraw")), f"{left} left the vault's account"


@law(41, "The same of the insurance: stakes and exits keep the price of a share.")
def stake_price_is_kept(run: Run) -> None:
    storage, fund, at = run.state.storage, run.system.fund, run.system.at
    now = storage(fund, at.pot), storage(fund, at.stakes_total), storage(fund, at.epoch)
    before = run.memory.get("stake", now)
    run.memory["stake"] = now
    if run.step.kind in ("stake", "exit", "ask_exit") and before[2] == now[2]:
        worth = [Fraction(pot + 1, total + 1_000) for pot, total, _ in (before, now)]
        assert worth[1] >= worth[0], (
            f"a share of the insurance was worth {float(worth[0])}, now {float(worth[1])}"
        )


@law(
    42,
    "Deposit and redemption at once give back no more than what went in, whichever way in and out.",
    every=359,
    picks=3,
)
def round_trips(run: Run) -> None:
    system, chain = run.system, run.chain
    who, vault = int(STRANGER, 16), system.vault
    amount = (1, 999, 12_345 * system.usd + 1)[run.number % 3]
    with run.trying():
        fresh_prices(run)
        for entry in ("deposit", "mint"):
            with run.trying():
                given = amount
                if entry == "mint":
                    given = max(1, run.view(vault, "convertToShares(uint256)", amount)[0])
                made = chain.send(STRANGER, vault, call(f"{entry}(uint256,address)", given, who))
                if made is not None:
                    got = int.from_bytes(made)
                    leave_vault(run, *((got, given) if entry == "deposit" else (given, got)))
        if chain.send(STRANGER, system.fund, call("stake(uint256,address)", amount, who)) is not None:
            worth = run.view(system.fund, "value_of(address)", who)[0]
            assert worth <= amount, f"{amount} was staked, it is worth {worth}"
            shares = run.view(system.fund, "shares_of(address)", who)[0]
            if chain.send(STRANGER, system.fund, call("request_exit(uint256)", shares)) is not None:
                chain.time += 14 * DAY
                out = chain.send(STRANGER, system.fund, call("claim(address)", who))
                paid = int.from_bytes(out or b"")
                assert paid <= amount, f"{amount} was staked, {paid} came out"


def leave_vault(run: Run, shares: int, paid: int) -> None:
    """Shares that were just paid for are asked back, and claimed after the cooldown, in both ways."""
    system, chain = run.system, run.chain
    who, vault = int(STRANGER, 16), system.vault
    ask = call("requestRedeem(uint256,address,address)", shares, who, who)
    if chain.send(STRANGER, vault, ask) is None:
        return
    worth = run.view(vault, "convertToAssets(uint256)", shares)[0]
    assert worth <= paid, f"{paid} went in, the shares are worth {worth}"
    waiting, value, claimable_from = run.view(vault, "request_of(address)", who)
    if waiting != shares:
        return  # he has asked before
    assert value <= paid, f"{paid} went in, a request is worth {value}"
    chain.time = claimable_from
    fresh_prices(run)
    for way in ("redeem", "withdraw"):
        with run.trying():
            if way == "withdraw":
                for one in (system.vault_account, system.backstop):
                    chain.send(STRANGER, system.engine, call("sync(uint256)", one))
            most = shares if way == "redeem" else run.view(vault, "maxWithdraw(address)", who)[0]
            out = chain.send(STRANGER, vault, call(f"{way}(uint256,address,address)", most, who, who))
            if out is not None:
                left = int.from_bytes(out) if way == "redeem" else most
                assert left <= paid, f"{paid} went in, {left} came out"


def fresh_prices(run: Run) -> None:
    """All sources tell the price of before, now."""
    for market, feeds in enumerate(run.system.feeds):
        price = run.view(run.system.router, "last(uint256)", market)[0]
        run.world.publish(tuple((market, feed, price, 0, run.chain.time, 0) for feed in range(len(feeds))))


@law(
    43,
    "A gift that makes shares dear gives its giver nothing, and costs the next one no more than rounding.",
    every=997,
)
def gifts_do_not_pay(run: Run) -> None:
    """In a vault that nobody has used yet, of an exchange beside this one."""
    empty = run.system.twin()
    draw = Random(run.chain.time)
    chain, vault, usd = empty.chain, empty.vault, empty.usd
    attacker, victim = PROVIDERS
    first = draw.choice((1, 2, 1_000, usd))
    gift = draw.choice((1, usd, 1_000 * usd, draw.randrange(1, 10**6) * usd))
    stake = draw.choice((gift // 2 + 1, gift + 1, 2 * gift - 1, draw.randrange(1, 10**5) * usd))
    checkpoint = chain.evm.snapshot()
    try:
        deposit = "deposit(uint256,address)"
        chain.must(attacker, vault, call(deposit, first, int(attacker, 16)))
        if draw.random() < 0.3:
            chain.must(attacker, empty.token, call("transfer(address,uint256)", int(vault, 16), gift))
        chain.must(attacker, empty.engine, call("deposit(uint256,uint256)", empty.vault_account, gift))
        if chain.send(victim, vault, call(deposit, stake, int(victim, 16))) is None:
            return
        worth = []
        for who in (attacker, victim):
            shares = int(chain.word(vault, slot_of(empty.at.vault_shares, int(who, 16))))
            worth.append(int.from_bytes(chain.ask(vault, call("convertToAssets(uint256)", shares)) or b""))
        assert worth[0] <= first + gift, f"the attacker put in {first + gift} and has {worth[0]}"
        lost = stake - worth[1]
        assert lost <= 2 + (first + gift) // VIRTUAL, (
            f"a gift of {gift} cost the next depositor {lost} of {stake}"
        )
    finally:
        chain.back(checkpoint)


@law(43, "The same of the insurance.", every=991)
def gifts_do_not_pay_in_the_fund(run: Run) -> None:
    empty = run.system.twin()
    draw = Random(run.chain.time)
    chain, fund, usd = empty.chain, empty.fund, empty.usd
    attacker, victim = STAKERS
    first = draw.choice((1, 2, 1_000, usd))
    gift = draw.choice((1, usd, draw.randrange(1, 10**6) * usd))
    stake = draw.choice((gift // 2 + 1, gift + 1, 2 * gift - 1, draw.randrange(1, 10**5) * usd))
    checkpoint = chain.evm.snapshot()
    try:
        chain.must(attacker, fund, call("stake(uint256,address)", first, int(attacker, 16)))
        chain.must(attacker, empty.token, call("transfer(address,uint256)", int(fund, 16), gift))
        chain.must(attacker, fund, call("contribute(uint256)", gift))
        if chain.send(victim, fund, call("stake(uint256,address)", stake, int(victim, 16))) is None:
            return
        worth = []
        for who in (attacker, victim):
            worth.append(int.from_bytes(chain.ask(fund, call("value_of(address)", int(who, 16))) or b""))
        assert worth[0] <= first, f"the attacker staked {first}, gave {2 * gift} and has {worth[0]}"
        assert stake - worth[1] <= 2, f"gifts of {gift} cost the next staker {stake - worth[1]} of {stake}"
    finally:
        chain.back(checkpoint)


@law(
    44,
    "Neither `max*` nor `preview*` reverts, but for the two that the standard has revert.",
    every=313,
    picks=7,
)
def views_answer(run: Run) -> None:
    system, chain = run.system, run.chain
    numbers = (0, 1, 10**6, 2**95, 2**96, 2**137, 2**256 - 1)
    number = numbers[run.number % len(numbers)]
    for who in (PROVIDERS[0], STRANGER):
        at = int(who, 16)
        for name in ("maxDeposit", "maxMint", "maxRedeem", "maxWithdraw"):
            assert chain.ask(system.vault, call(f"{name}(address)", at)) is not None, (
                f"{name}: {chain.reason}"
            )
        answer = chain.ask(system.fund, call("preview_claim(address)", at))
        assert answer is not None, f"preview_claim: {chain.reason}"
    for name in ("previewDeposit", "previewMint"):
        assert chain.ask(system.vault, call(f"{name}(uint256)", number)) is not None, (
            f"{name}({number}): {chain.reason}"
        )
    assert chain.ask(system.vault, call("totalAssets()")) is not None, f"totalAssets: {chain.reason}"
    assert chain.ask(system.fund, call("preview_stake(uint256)", number)) is not None, (
        f"preview_stake({number}): {chain.reason}"
    )
    here = [run.state.market(market).status for market in run.state.markets_of(system.vault_account)]
    if all(status in (LIVE, DEGRADED) for status in here):
        most = run.view(system.vault, "maxDeposit(address)", int(STRANGER, 16))[0]
        if 0 < most < 2**80:
            with run.trying():
                for one in (system.vault_account, system.backstop):
                    chain.send(STRANGER, system.engine, call("sync(uint256)", one))
                most = run.view(system.vault, "maxDeposit(address)", int(STRANGER, 16))[0]
                data = call("deposit(uint256,address)", most + 1, int(STRANGER, 16))
                assert most == 0 or chain.send(STRANGER, system.vault, data) is None, (
                    f"more than {most} went in"
                )
