"""Who the guardian is, until when, and what each of its powers does."""

from dataclasses import astuple, replace

import pytest

from tests.support.engine import OWNER, SETTINGS, USDC
from tests.support.guardian import MULTISIG, TERM, GuardedPair
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import PAR, RICH, STRANGER, fill
from tests.support.vault import CAP, PROVIDER
from walras.devtools.evm import DEPLOYER, Contract, artifact
from walras.model.market import Mode

DAY = 86_400
NOBODY = "0x" + 40 * "0"
POWERS = {
    "restrict": ([0], Mode.REDUCE_ONLY),
    "raise_margins": (0, 75_000, 5_000),
    "lower_caps": (0, 10, 5),
    "pause_deposits": (),
    "pause_withdrawals": (),
    "lower_deposit_cap": (7,),
}
GOVERNED = {"renew": (0,), "set_multisig": (STRANGER,), "transfer_ownership": (STRANGER,)}


# ---------------------------------------------------------------- who, until when


def test_made_of(pair: GuardedPair) -> None:
    it = pair.guardian
    assert (it.owner(), it.pending_owner(), it.multisig()) == (OWNER, NOBODY, MULTISIG)
    assert (it.engine(), it.vault()) == (pair.engine.address.lower(), pair.home)


def test_constructor_refuses(pair: GuardedPair) -> None:
    made, engine, vault = artifact("Guardian"), pair.engine.address, pair.vault.address
    with reverts("guardian: no owner"):
        pair.evm.deploy(made, NOBODY, engine, vault, MULTISIG)
    for parts in ((STRANGER, vault), (engine, STRANGER)):
        with reverts("guardian: not a contract"):
            pair.evm.deploy(made, OWNER, *parts, MULTISIG)
    with reverts("guardian: other engine"):
        pair.evm.deploy(made, OWNER, pair.token.address, vault, MULTISIG)


def test_every_mutator_is_called_here() -> None:
    mutators = {
        entry["name"]
        for entry in artifact("Guardian").abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }
    assert mutators == {*POWERS, *GOVERNED, "accept_ownership"}


@pytest.mark.parametrize("name", POWERS)
def test_powers_are_the_multisigs(pair: GuardedPair, name: str) -> None:
    for sender in (OWNER, STRANGER, DEPLOYER):
        with reverts("guardian: not the multisig"):
            getattr(pair.guardian, name)(*POWERS[name], sender=sender)
    contract = pair.evm.deploy(artifact("PayingCaller"))
    with reverts("guardian: not the multisig"):
        contract.forward(pair.guardian.address, pair.guardian.encode(name, *POWERS[name]), sender=MULTISIG)
    getattr(pair.guardian, name)(*POWERS[name], sender=MULTISIG)


@pytest.mark.parametrize("name", GOVERNED)
def test_term_and_multisig_are_the_owners(pair: GuardedPair, name: str) -> None:
    for sender in (MULTISIG, STRANGER):
        with reverts("ownable: caller is not the owner"):
            getattr(pair.guardian, name)(*GOVERNED[name], sender=sender)
    getattr(pair.guardian, name)(*GOVERNED[name], sender=OWNER)


@pytest.mark.parametrize("name", POWERS)
def test_powers_lapse(pair: GuardedPair, name: str) -> None:
    end = pair.evm.time + TERM
    assert pair.guardian.expires_at() == end
    pair.evm.time = end
    with reverts("guardian: expired"):
        getattr(pair.guardian, name)(*POWERS[name], sender=MULTISIG)
    pair.evm.time = end - 1
    getattr(pair.guardian, name)(*POWERS[name], sender=MULTISIG)


def test_new_guardian_has_no_powers(pair: GuardedPair) -> None:
    made = pair.evm.deploy(artifact("Guardian"), OWNER, pair.engine.address, pair.vault.address, MULTISIG)
    assert made.expires_at() == 0
    with reverts("guardian: expired"):
        made.pause_withdrawals(sender=MULTISIG)


def test_renewed(pair: GuardedPair) -> None:
    now = pair.evm.time
    for until in (now + TERM + 1, 2**256 - 1):
        with reverts("guardian: term too long"):
            pair.guardian.renew(until, sender=OWNER)
    pair.guardian.renew(now + 1, sender=OWNER)
    assert [event.args for event in pair.guardian.events()] == [{"until": now + 1}]
    pair.evm.time = now + 1
    with reverts("guardian: expired"):
        pair.guardian.pause_deposits(sender=MULTISIG)
    pair.guardian.renew(now + 1 + TERM, sender=OWNER)
    pair.guardian.pause_deposits(sender=MULTISIG)
    pair.guardian.renew(0, sender=OWNER)
    with reverts("guardian: expired"):
        pair.guardian.pause_deposits(sender=MULTISIG)


def test_another_multisig(pair: GuardedPair) -> None:
    pair.guardian.set_multisig(STRANGER, sender=OWNER)
    assert [event.args for event in pair.guardian.events()] == [{"multisig": STRANGER}]
    with reverts("guardian: not the multisig"):
        pair.guardian.pause_deposits(sender=MULTISIG)
    pair.guardian.pause_deposits(sender=STRANGER)


def test_engine_and_vault_dismiss_it(pair: GuardedPair) -> None:
    pair.engine.set_guardian(NOBODY, sender=OWNER)
    for name in ("restrict", "raise_margins", "lower_caps", "pause_deposits", "pause_withdrawals"):
        with reverts("engine: not the guardian"):
            getattr(pair.guardian, name)(*POWERS[name], sender=MULTISIG)
    pair.guardian.lower_deposit_cap(7, sender=MULTISIG)
    pair.vault.set_guardian(NOBODY, sender=OWNER)
    with reverts("ownable: caller is not the owner"):
        pair.guardian.lower_deposit_cap(6, sender=MULTISIG)


def test_set_guardian_is_told(pair: GuardedPair) -> None:
    pair.engine.set_guardian(STRANGER, sender=OWNER)
    told = Contract(pair.evm, pair.engine.address, artifact("EngineSettings").abi).events()
    assert [event.args for event in told] == [{"guardian": STRANGER}]
    assert pair.engine.guardian() == STRANGER
    pair.vault.set_guardian(MULTISIG, sender=OWNER)
    assert [event.args for event in pair.vault.events()] == [{"guardian": MULTISIG}]
    assert pair.vault.guardian() == MULTISIG
    for sender in (MULTISIG, STRANGER):
        with reverts("ownable: caller is not the owner"):
            pair.vault.set_guardian(STRANGER, sender=sender)


# ---------------------------------------------------------------- modes


def test_restrict(pair: GuardedPair, maker: int, taker: int) -> None:
    """Nobody opens any more; who has a position closes it."""
    fill(pair, taker, maker, 100)
    pair.guardian.restrict([0], Mode.REDUCE_ONLY, sender=MULTISIG)
    pair.model.restrict(0, Mode.REDUCE_ONLY)
    assert pair.engine.market(0)[1] == Mode.REDUCE_ONLY
    assert pair.buy(maker, 200, PAR) is None
    assert pair.refusal == "engine: reduce-only mode"
    order_id = pair.sell(taker, 100, PAR)
    assert order_id is not None
    assert pair.cancel(taker, order_id) == 100
    fill(pair, maker, taker, 100)
    assert pair.model.account(taker).positions == {}
    pair.withdraw(taker, pair.model.account(taker).collateral)
    assert pair.refusal is None


def test_restrict_many(pair: GuardedPair) -> None:
    """Those that are as strict already stay as they are; a halted one as well."""
    for _ in range(3):
        pair.list(2_000 * ONE)
    pair.set_mode(1, Mode.REDUCE_ONLY)
    pair.set_mode(2, Mode.HALTED)
    pair.guardian.restrict([0, 1, 2, 3], Mode.POST_ONLY, sender=MULTISIG)
    modes = [pair.engine.market(market)[1] for market in range(4)]
    assert modes == [Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED, Mode.POST_ONLY]
    with reverts("engine: unknown market"):
        pair.guardian.restrict([0, 4], Mode.REDUCE_ONLY, sender=MULTISIG)
    assert pair.engine.market(0)[1] == Mode.POST_ONLY


@pytest.mark.parametrize("mode", [Mode.HALTED, Mode.SETTLED, 3, 6, 12, 31])
def test_no_mode_in_which_reductions_stop(pair: GuardedPair, mode: int) -> None:
    with reverts("engine: bad mode"):
        pair.guardian.restrict([0], mode, sender=MULTISIG)
    assert pair.engine.market(0)[1] == Mode.ACTIVE


def test_restart_is_cut_short(pair: GuardedPair) -> None:
    """A market on its way back to ACTIVE: the guardian's mode stays until the owner sets another."""
    pair.begin_with(0, replace(SETTINGS, restart_batches=1))
    pair.set_mode(0, Mode.HALTED)
    pair.set_mode(0, Mode.ACTIVE)
    pair.guardian.restrict([0], Mode.POST_ONLY, sender=MULTISIG)  # it is in this mode, and stays on its way
    pair.guardian.restrict([0], Mode.REDUCE_ONLY, sender=MULTISIG)
    pair.model.restrict(0, Mode.REDUCE_ONLY)
    for _ in range(3):
        pair.close()
    assert pair.engine.market(0)[1] == Mode.REDUCE_ONLY
    pair.set_mode(0, Mode.ACTIVE)
    assert pair.engine.market(0)[1] == Mode.POST_ONLY
    pair.close()
    assert pair.engine.market(0)[1] == Mode.ACTIVE


def test_way_back_is_the_owners(pair: GuardedPair) -> None:
    pair.guardian.restrict([0], Mode.REDUCE_ONLY, sender=MULTISIG)
    pair.engine.set_guardian(STRANGER, sender=OWNER)  # as if the guardian's contract were another
    for mode in (Mode.ACTIVE, Mode.POST_ONLY, Mode.REDUCE_ONLY):
        with reverts("ownable: caller is not the owner"):
            pair.engine.set_mode(0, mode, sender=STRANGER)
        with reverts("engine: bad mode" if mode == Mode.ACTIVE else "engine: would loosen"):
            pair.engine.restrict(0, mode, sender=STRANGER)
    pair.engine.set_mode(0, Mode.ACTIVE, sender=OWNER)
    assert pair.engine.market(0)[1] == Mode.ACTIVE


# ---------------------------------------------------------------- margins and caps


def test_raised_margins_come_in_a_day(pair: GuardedPair) -> None:
    pair.guardian.raise_margins(0, 75_000, 5_000, sender=MULTISIG)
    start = pair.evm.time
    assert pair.engine.ramp_of(0) == (50_000, 50_000, 75_000, 25_000, 25_000, 37_500, start, start + DAY)
    pair.evm.time = start + DAY // 2
    assert pair.engine.ramp_of(0)[1] == 62_500
    assert pair.engine.market_settings(0) == astuple(replace(SETTINGS, initial_ppm=75_000))


def test_raise_a_week(pair: GuardedPair) -> None:
    """Eight raises in eight days took maintenance from 2.5 % to 64 % before a vote could answer."""
    pair.guardian.raise_margins(0, 60_000, 5_000, sender=MULTISIG)
    assert pair.engine.changed_at(0) == (0, 0, pair.evm.time)
    pair.evm.time += 7 * DAY - 1
    with reverts("engine: too soon"):
        pair.guardian.raise_margins(0, 60_001, 5_000, sender=MULTISIG)
    pair.evm.time += 1
    with reverts("engine: step too large"):
        pair.guardian.raise_margins(0, 90_001, 5_000, sender=MULTISIG)
    pair.guardian.raise_margins(0, 90_000, 5_000, sender=MULTISIG)


def test_owner_is_not_kept_from_his_step(pair: GuardedPair) -> None:
    pair.guardian.raise_margins(0, 60_000, 5_000, sender=MULTISIG)
    pair.engine.configure_market(0, SETTINGS, sender=OWNER)
    assert pair.engine.ramp_of(0) == (0,) * 8


def test_no_faster_than_a_raise_on_its_way(pair: GuardedPair) -> None:
    """The owner's week is not made a day by the guardian."""
    pair.engine.configure_market(0, replace(SETTINGS, initial_ppm=60_000), sender=OWNER)
    end = pair.engine.ramp_of(0)[7]
    assert end == pair.evm.time + 7 * DAY
    pair.guardian.raise_margins(0, 60_001, 5_000, sender=MULTISIG)
    assert pair.engine.ramp_of(0)[7] == end
    assert pair.engine.ramp_of(0)[:3] == (50_000, 50_000, 60_001)


@pytest.mark.parametrize(
    ("initial", "bps"), [(49_999, 5_001), (49_999, 9_000), (50_000, 4_999), (60_000, 4_166)]
)
def test_margins_do_not_fall(pair: GuardedPair, initial: int, bps: int) -> None:
    """60,000 x 41.66 % are 24,996, below 25,000."""
    with reverts("engine: would loosen"):
        pair.guardian.raise_margins(0, initial, bps, sender=MULTISIG)


def test_share_may_fall_where_the_fraction_does_not(pair: GuardedPair) -> None:
    pair.guardian.raise_margins(0, 60_000, 4_167, sender=MULTISIG)
    assert pair.engine.ramp_of(0)[3:6] == (25_000, 25_000, 25_002)


def test_bounds_hold_for_the_guardian(pair: GuardedPair) -> None:
    for initial, bps in ((1_000_001, 5_000), (50_000, 9_001)):
        with reverts("engine: bad margin"):
            pair.guardian.raise_margins(0, initial, bps, sender=MULTISIG)


def test_lower_caps(pair: GuardedPair, maker: int, taker: int) -> None:
    """At once, as often as need be; orders that are there stay."""
    pair.sell(maker, 100, PAR, post_only=True)
    for caps in ((100, 50), (99, 50), (99, 0), (0, 0)):
        pair.guardian.lower_caps(0, *caps, sender=MULTISIG)
        assert pair.engine.market_settings(0)[4:6] == caps
    for caps in ((1, 0), (0, 1)):
        with reverts("engine: would loosen"):
            pair.guardian.lower_caps(0, *caps, sender=MULTISIG)
    for caps in ((0, 0),):
        pair.model.tighten(0, 50_000, 5_000, *caps)
    assert pair.buy(taker, 1, PAR) is None
    assert pair.refusal == "engine: open interest cap"
    assert pair.cancel_all(maker) == 1
    with reverts("engine: unknown market"):
        pair.guardian.lower_caps(1, 0, 0, sender=MULTISIG)


def test_caps_fall_in_the_midst_of_a_raise(pair: GuardedPair) -> None:
    pair.guardian.raise_margins(0, 60_000, 5_000, sender=MULTISIG)
    before = pair.engine.ramp_of(0)
    pair.guardian.lower_caps(0, 5, 5, sender=MULTISIG)
    assert pair.engine.ramp_of(0) == before


# ---------------------------------------------------------------- pauses


def test_pause_deposits(pair: GuardedPair, maker: int, taker: int) -> None:
    """Newcomers stay out; who has a position tops it up, who has none leaves."""
    fill(pair, taker, maker, 100)
    idle = pair.fund(33, RICH)
    pair.guardian.pause_deposits(sender=MULTISIG)
    pair.model.pause_deposits()
    pair.reference.deposit_cap = 0
    assert pair.engine.pauses() == (True, False)
    for account in (maker, taker):
        pair.mint(pair.owner(account), USDC)
        pair.deposit(pair.owner(account), account, USDC)
        assert pair.refusal is None
    pair.mint(pair.owner(idle), USDC)
    pair.deposit(pair.owner(idle), idle, USDC)
    assert pair.refusal == "engine: deposits paused"
    pair.withdraw(idle, RICH)
    assert pair.refusal is None
    with reverts("vault: deposit cap"):
        pair.vault.deposit(USDC, PROVIDER, sender=PROVIDER)
    for sender in (MULTISIG, STRANGER):
        with reverts("ownable: caller is not the owner"):
            pair.engine.unpause(sender=sender)
    pair.unpause()
    assert pair.engine.pauses() == (False, False)
    pair.deposit(pair.owner(idle), idle, USDC)
    assert pair.refusal is None


def test_orders_alone_let_an_account_be_topped_up(pair: GuardedPair, maker: int) -> None:
    pair.sell(maker, 10, PAR)
    pair.pause_all()
    pair.mint(pair.owner(maker), 2 * USDC)
    pair.deposit(pair.owner(maker), maker, USDC)
    assert pair.refusal is None
    pair.cancel_all(maker)
    pair.deposit(pair.owner(maker), maker, USDC)
    assert pair.refusal == "engine: deposits paused"


def test_deficits_are_covered_all_the_same(pair: GuardedPair) -> None:
    """The liquidator brings what the insurance fund pays, wherever it goes."""
    pair.engine.set_liquidator(STRANGER, sender=OWNER)
    pair.model.liquidator = int(STRANGER, 16)
    pair.pause_all()
    pair.mint(STRANGER, USDC)
    pair.deposit(STRANGER, pair.account(77), USDC)
    assert pair.refusal is None


def test_pause_withdrawals_for_a_day_once(pair: GuardedPair, maker: int) -> None:
    pair.guardian.pause_withdrawals(sender=MULTISIG)
    pair.model.pause_withdrawals()
    assert (pair.engine.gate(), pair.engine.pauses()) == (pair.evm.time + DAY, (False, True))
    for seconds in (0, DAY - 1):
        pair.advance(seconds)
        pair.withdraw(maker, 1)
        assert pair.refusal == "engine: withdrawals gated"
        pair.transfer(maker, maker + 1, 1)
        assert pair.refusal == "engine: withdrawals gated"
        with reverts("engine: paused before"):
            pair.guardian.pause_withdrawals(sender=MULTISIG)
    pair.advance(1)
    pair.withdraw(maker, 1)
    assert pair.refusal is None
    pair.advance(100 * DAY)
    with reverts("engine: paused before"):
        pair.guardian.pause_withdrawals(sender=MULTISIG)
    pair.unpause()
    pair.pause_again()
    pair.withdraw(maker, 1)
    assert pair.refusal == "engine: withdrawals gated"


def test_unpause_does_not_open_the_gate(pair: GuardedPair, maker: int) -> None:
    """A pause that runs goes on to its end, as does the gate after a deficit."""
    pair.pause_again()
    pair.unpause()
    pair.withdraw(maker, 1)
    assert pair.refusal == "engine: withdrawals gated"


def test_pauses_stand_beside_each_other(pair: GuardedPair) -> None:
    """A pause of deposits does not allow one of withdrawals more."""
    pair.guardian.pause_withdrawals(sender=MULTISIG)
    pair.guardian.pause_deposits(sender=MULTISIG)
    assert pair.engine.pauses() == (True, True)
    with reverts("engine: paused before"):
        pair.guardian.pause_withdrawals(sender=MULTISIG)


def test_second_pause_after_an_unpause_does_not_shorten(pair: GuardedPair) -> None:
    pair.pause_again()
    first = pair.engine.gate()
    pair.unpause()
    pair.advance(100)
    pair.pause_again()
    assert pair.engine.gate() == first + 100


def test_lower_deposit_cap(pair: GuardedPair) -> None:
    pair.guardian.lower_deposit_cap(CAP - 1, sender=MULTISIG)
    assert pair.vault.deposit_cap() == CAP - 1
    pair.guardian.lower_deposit_cap(CAP - 1, sender=MULTISIG)
    with reverts("ownable: caller is not the owner"):
        pair.guardian.lower_deposit_cap(CAP, sender=MULTISIG)
    pair.guardian.lower_deposit_cap(0, sender=MULTISIG)
    pair.vault.set_deposit_cap(CAP, sender=OWNER)


def test_vault_pays_out_all_the_same(pair: GuardedPair) -> None:
    """Exits of the vault are no deposits."""
    pair.vault.deposit(100 * USDC, PROVIDER, sender=PROVIDER)
    pair.vault.requestRedeem(10 * 10**12, PROVIDER, PROVIDER, sender=PROVIDER)
    pair.guardian.pause_deposits(sender=MULTISIG)
    pair.evm.time += 3 * DAY
    before = pair.token.balanceOf(PROVIDER)
    pair.vault.redeem(10 * 10**12, PROVIDER, PROVIDER, sender=PROVIDER)
    assert pair.token.balanceOf(PROVIDER) == before + 10 * USDC
