"""The laws of ERC-4626 and ERC-7540, whatever the vault has been through.

Rounding is against who acts, over every way in and out; nobody's shares are worth less because others come or
go; what a view promises is what a call does, and no view reverts but the two that have to.
"""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.traders import RICH, TAKER
from tests.support.vault import DONOR, EXTREMES, OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import USDC, price_is, take

amounts = st.one_of(st.integers(1, 20), st.integers(1, 1_000 * USDC))
fees = st.tuples(st.integers(0, 100), st.integers(0, 900))
ENTRIES = ("deposit", "mint")
EXITS = ("redeem", "withdraw")
SHORT_OF_MARGIN = {"first": 10**9, "gift": 20, "lots": 60, "price": 1_700, "doubt": 0, "fees": (100, 900)}
FULL = "vault: deposit cap"  # a gift may have filled it


def begin() -> tuple[VaultPair, int, list[Any]]:
    """A vault, a trader, and a way back."""
    pair = VaultPair()
    pair.check_every = 10**9
    taker = pair.fund(TAKER, RICH)
    return pair, taker, [pair.save()]


PAIR, TRADER, START = begin()


@st.composite
def pasts(draw: st.DrawFn) -> dict[str, Any]:
    """What a vault has been through: providers, gifts, a position, a price, doubt about it, a fee."""
    return {
        "first": draw(st.one_of(st.just(0), amounts)),
        "gift": draw(st.one_of(st.just(0), amounts)),
        "lots": draw(st.integers(-60, 60)),
        "price": draw(st.integers(1_700, 2_300)),
        "doubt": draw(st.sampled_from((0, 0, 20))),
        "fees": draw(fees),
    }


def live(past: dict[str, Any]) -> VaultPair:
    """The vault after it."""
    pair = PAIR
    pair.restore(START.pop())
    START.append(pair.save())  # a checkpoint serves once
    pair.begin_with_fee(*past["fees"])
    if past["first"]:
        pair.enter(past["first"], OTHER)
    if past["gift"]:
        pair.gift(past["gift"])
    if past["lots"]:
        take(pair, TRADER, past["lots"])
    price_is(pair, past["price"], past["doubt"])
    return pair


def enter(pair: VaultPair, how: str, amount: int) -> tuple[int, int] | None:
    """Assets paid and shares got, by DONOR; None where it is refused."""
    if how == "deposit":
        shares = pair.enter(amount, DONOR)
        return None if shares is None else (amount, shares)
    shares = amount * 10**6
    assets = pair.buy_shares(shares, DONOR)
    return None if assets is None else (assets, shares)


def leave(pair: VaultPair, how: str) -> tuple[int, int]:
    """Assets got and shares given, by DONOR, after the wait: all that he may."""
    pair.wait()
    pair.sync(pair.account_of_vault)
    if how == "redeem":
        shares = pair.vault.maxRedeem(DONOR)
        return (pair.claim(shares, DONOR) or 0, shares) if shares else (0, 0)
    assets = pair.vault.maxWithdraw(DONOR)
    return (assets, pair.claim_assets(assets, DONOR) or 0) if assets else (0, 0)


@given(pasts(), st.sampled_from(ENTRIES), st.sampled_from(EXITS), amounts)
def test_in_and_out_gains_nothing(past: dict[str, Any], way_in: str, way_out: str, amount: int) -> None:
    """inv_42, over every pair of ways; inv_41 is checked in each call."""
    pair = live(past)
    entered = enter(pair, way_in, amount)
    if entered is None:
        assert pair.refusal in ("vault: zero shares", "vault: no equity", "vault: shares too cheap", FULL)
        return
    paid, shares = entered
    found = pair.ask_back(shares, DONOR)
    if found is None:
        assert pair.refusal == "vault: nothing to claim"
        return
    assert found.value <= paid
    got, given_up = leave(pair, way_out)
    assert got <= paid
    assert given_up <= shares
    pair.check()


@given(pasts(), amounts)
def test_what_a_view_promises_a_call_does(past: dict[str, Any], amount: int) -> None:
    """Previews are exact on marks that are not old; maxima pass, and one more does not."""
    pair = live(past)
    pair.sync(pair.account_of_vault)
    for how, preview in (("deposit", pair.vault.previewDeposit), ("mint", pair.vault.previewMint)):
        promised = preview(amount if how == "deposit" else amount * 10**6)
        saved = pair.save()
        entered = enter(pair, how, amount)
        if pair.refusal != FULL:  # previews do not ask for the cap, as ERC-4626 wants it
            assert (entered or (0, 0))[1 if how == "deposit" else 0] == promised
        pair.restore(saved)
    most = pair.vault.maxDeposit(DONOR)
    saved = pair.save()
    if most:
        assert pair.enter(most + 1, DONOR) is None
        assert pair.enter(most, DONOR) is not None
    pair.restore(saved)
    saved = pair.save()
    shares = pair.vault.maxMint(DONOR)
    if shares:
        assert pair.buy_shares(shares, DONOR) is not None
    pair.restore(saved)


@example(past=SHORT_OF_MARGIN, part=100)
@given(pasts(), st.integers(0, 100))
def test_maxima_of_exits_pass(past: dict[str, Any], part: int) -> None:
    pair = live(past)
    shares = pair.vault.balanceOf(OTHER) * part // 100
    if not shares or pair.ask_back(shares, OTHER) is None:
        assert pair.vault.maxRedeem(OTHER) == pair.vault.maxWithdraw(OTHER) == 0
        return
    assert pair.vault.maxRedeem(OTHER) == pair.vault.maxWithdraw(OTHER) == 0  # they wait
    pair.wait()
    pair.sync(pair.account_of_vault)
    saved = pair.save()
    assets = pair.vault.maxWithdraw(OTHER)
    if assets:
        assert pair.claim_assets(assets + 1, OTHER) is None
        assert pair.claim_assets(assets, OTHER) is not None
    pair.restore(saved)
    shares, price = pair.vault.maxRedeem(OTHER), pair.reference.price(pair.reference.worth.low)
    if shares:
        paid = pair.claim(shares, OTHER)
        assert paid is not None
        # where margin keeps a part: two units left for roundings, those themselves, a share's fraction
        assert assets - 4 - int(price) <= paid <= assets


@given(pasts(), amounts, amounts)
def test_rounding_is_against_who_acts(past: dict[str, Any], assets: int, shares: int) -> None:
    """There and back by previews and conversions never gains; the dearer way is that of who enters."""
    pair = live(past)
    vault = pair.vault
    bought = vault.previewDeposit(assets)
    assert vault.previewMint(bought) <= assets
    assert vault.previewDeposit(vault.previewMint(shares)) >= shares or not vault.previewMint(shares)
    assert vault.convertToAssets(vault.convertToShares(assets)) <= assets
    assert vault.convertToShares(vault.convertToAssets(shares)) <= shares
    assert vault.convertToAssets(bought) <= assets
    assert bought in (vault.convertToShares(assets), 0)


@given(pasts(), st.sampled_from((*EXTREMES, 2**96 - 2, 10**12, 10**18)), st.booleans())
def test_views_never_revert(past: dict[str, Any], number: int, halted: bool) -> None:
    """inv_44: maxima and previews of entries, whatever is asked and whatever the price is."""
    pair = live(past)
    pair.ask_back(pair.vault.balanceOf(OTHER), OTHER)
    if halted:
        pair.router.halt(0, sender="0x" + (0xAC700A).to_bytes(20).hex())
        pair.advance(61)
        pair.sync(pair.account_of_vault)
    pair.advance(number % 10**6)
    vault = pair.vault
    for who in (OTHER, DONOR, pair.home, "0x" + 40 * "0"):
        found = [vault.maxDeposit(who), vault.maxMint(who), vault.maxRedeem(who), vault.maxWithdraw(who)]
        assert min(found) >= 0
        if halted and pair.engine.markets_of(pair.account_of_vault):
            assert found == [0, 0, 0, 0]
    previews = [vault.previewDeposit(number), vault.previewMint(number)]
    if halted and pair.engine.markets_of(pair.account_of_vault):
        assert previews == [0, 0]
    pair.check((number,))
    for operation in (vault.totalAssets, vault.exit_fee_bps):
        assert operation() >= 0
    if halted:
        pair.router.resume(0, sender="0x" + (0xAC700A).to_bytes(20).hex())


@given(pasts(), st.lists(st.tuples(st.sampled_from((PROVIDER, DONOR)), amounts), min_size=1, max_size=4))
def test_shares_sum_to_the_supply(past: dict[str, Any], comings: list[tuple[str, int]]) -> None:
    """inv_40, while shares are with their owners, on the way out and gone."""
    pair = live(past)
    for who, amount in comings:
        pair.enter(amount, who)
        pair.ask_back(pair.vault.balanceOf(who) // 2, who)
    pair.wait()
    pair.sync(pair.account_of_vault)
    for who, _ in comings:
        if shares := pair.vault.maxRedeem(who):
            pair.claim(shares, who)
    holders = {*pair.holders}
    assert sum(map(pair.vault.balanceOf, holders)) == pair.vault.totalSupply()
    assert PROVIDER in holders
    pair.check()
