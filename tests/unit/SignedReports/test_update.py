"""update: a quorum's signed reports become the market's price."""

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.orders import reverts
from tests.support.reports import (
    CHAIN,
    KEEPER,
    MARKET,
    MAX_AGE,
    ONE,
    ORDER,
    OTHER_CHAIN,
    OTHER_MARKET,
    ReportsPair,
    publisher,
    twin,
)
from tests.support.starving import starve
from walras.devtools.evm import Reverted, address, artifact
from walras.model.reports import MAX_PRICE, Report
from walras.reports import MAX_REPORTS, SignedReport, pack

STRANGER: Final = 99
"""Not a publisher."""
LARGEST: Final = 64 + 32 + MAX_REPORTS * 6 * 32
"""Bytes of a payload with 16 reports."""


# ---------------------------------------------------------------- what is taken


def test_median_of_a_quorum(pair: ReportsPair) -> None:
    reports = [
        pair.report(4, 103 * ONE, 3 * ONE, age=5),
        pair.report(0, 99 * ONE, 1 * ONE, age=9),
        pair.report(2, 100 * ONE, 2 * ONE, age=0),
    ]
    assert pair.update(reports) is None
    assert pair.read() == Report(100 * ONE, 2 * ONE, pair.evm.time - 9)
    assert pair.events[0].args == {
        "market": MARKET,
        "price": 100 * ONE,
        "confidence": 2 * ONE,
        "published_at": pair.evm.time - 9,
        "signers": 0b10101,
    }


def test_too_little_gas(pair: ReportsPair) -> None:
    assert pair.update(pair.say(98 * ONE, 99 * ONE, 100 * ONE)) is None
    pair.evm.time += 1
    payload = pack(CHAIN, pair.say(99 * ONE, 100 * ONE, 101 * ONE))
    ended = starve(
        lambda gas: pair.contract.update(MARKET, payload, sender=KEEPER, gas=gas),
        lambda: pair.contract.read(MARKET),
    )
    assert ended == {"Halt", "Revert"}


def test_one_less_than_the_quorum(pair: ReportsPair) -> None:
    reports = pair.say(99 * ONE, 100 * ONE, 101 * ONE)
    assert pair.update(reports[:2]) == "reports: quorum missed"
    assert pair.update([]) == "reports: quorum missed"
    assert pair.update(reports) is None


def test_more_than_the_quorum(pair: ReportsPair) -> None:
    assert pair.update(pair.say(1, 5, 2, 4, 3)) is None
    assert pair.read() == Report(3, 0, pair.evm.time)
    assert pair.events[0].args["signers"] == 0b11111


def test_even_number(pair: ReportsPair) -> None:
    """The price is rounded down, the confidence up."""
    confidences = (0, 3, 4, 9)
    reports = [pair.report(i, price, confidences[i]) for i, price in enumerate((10, 20, 23, 30))]
    assert pair.update(reports) is None
    assert pair.read() == Report(21, 4, pair.evm.time)


def test_price_and_confidence_of_different_publishers(pair: ReportsPair) -> None:
    reports = [pair.report(0, 10, 9), pair.report(1, 20, 1), pair.report(2, 30, 5)]
    assert pair.update(reports) is None
    assert pair.read() == Report(20, 5, pair.evm.time)


def test_sixteen() -> None:
    pair = ReportsPair(publishers=16, quorum=9)
    reports = [pair.report(number, 100 + (number * 7) % 16, number) for number in range(16)]
    assert pair.update(reports) is None
    assert pair.read() == Report(107, 8, pair.evm.time)
    assert pair.events[0].args["signers"] == 2**16 - 1


def test_one_publisher() -> None:
    pair = ReportsPair(publishers=1, quorum=1)
    assert pair.update([pair.report(0, 5, 4)]) is None
    assert pair.read() == Report(5, 4, pair.evm.time)


def test_markets_are_apart(pair: ReportsPair) -> None:
    pair.update(pair.say(1, 2, 3))
    reports = [pair.report(number, 50, market=OTHER_MARKET, age=3) for number in range(3)]
    assert pair.read(OTHER_MARKET) is None
    assert pair.update(reports, market=OTHER_MARKET) is None  # older than what the first market has
    assert pair.read(OTHER_MARKET) == Report(50, 0, pair.evm.time - 3)
    assert pair.read() == Report(2, 0, pair.evm.time)


def test_largest_market_and_fields(pair: ReportsPair) -> None:
    market = 2**256 - 1
    pair.evm.time = 2**32 - 1
    reports = [pair.report(number, MAX_PRICE, MAX_PRICE - 1, market=market) for number in range(4)]
    assert pair.update(reports, market=market) is None
    assert pair.read(market) == Report(MAX_PRICE, MAX_PRICE - 1, 2**32 - 1)


def test_through_a_contract(pair: ReportsPair) -> None:
    """Whoever carries the reports: nothing depends on the caller."""
    caller = pair.evm.deploy(artifact("PayingCaller"))
    payload = pack(CHAIN, pair.say(99, 100, 101))
    caller.forward(pair.contract.address, pair.contract.encode("update", MARKET, payload), sender=KEEPER)
    assert pair.contract.read(MARKET) == (100, 0, pair.evm.time)
    with reverts("reports: not newer"):
        caller.forward(pair.contract.address, pair.contract.encode("update", MARKET, payload), sender=KEEPER)


def test_fee(pair: ReportsPair) -> None:
    assert pair.contract.update_fee(pack(CHAIN, pair.say(1, 2, 3))) == 0
    assert pair.contract.update_fee(b"") == 0
    assert pair.update(pair.say(1, 2, 3), value=1) == "reports: no fee is due"
    assert pair.evm.balance(pair.contract.address) == 0


# ---------------------------------------------------------------- who signed what


def test_stranger(pair: ReportsPair) -> None:
    reports = pair.say(1, 2, 3)
    assert pair.update([*reports, pair.report(STRANGER, 4)]) == "reports: not a publisher"
    assert pair.update([pair.report(STRANGER, 1), *reports[1:]]) == "reports: not a publisher"
    assert pair.update(reports) is None


@pytest.mark.parametrize(
    "about",
    [{"market": OTHER_MARKET}, {"contract": address(0xC0)}, {"chain": OTHER_CHAIN}, {"chain": 0}],
    ids=str,
)
def test_signed_for_elsewhere(pair: ReportsPair, about: dict[str, Any]) -> None:
    """The digest binds market, contract and chain, whatever the payload says."""
    reports = pair.say(1, 2, 3)
    assert pair.update([*reports[:2], pair.report(2, 3, **about)]) == "reports: not a publisher"
    assert pair.update(reports) is None


def test_signed_for_another_source_with_the_same_set(pair: ReportsPair) -> None:
    other = ReportsPair()
    assert other.contract.address == pair.contract.address  # on a chain of its own, of the same number
    second = pair.evm.deploy(artifact("SignedReports"), KEEPER, [publisher(0)], 1, MAX_AGE)
    with reverts("reports: not a publisher"):
        second.update(MARKET, pack(CHAIN, [pair.report(0, 1)]))
    second.update(MARKET, pack(CHAIN, [pair.report(0, 1, contract=second.address)]))
    assert second.read(MARKET) == (1, 0, pair.evm.time)


def test_payload_for_another_chain(pair: ReportsPair) -> None:
    reports = [pair.report(number, 5, chain=OTHER_CHAIN) for number in range(3)]
    assert pair.update(reports, chain=OTHER_CHAIN) == "reports: wrong chain"
    assert pair.update(pair.say(1, 2, 3), chain=CHAIN + 2**64) == "reports: wrong chain"


@pytest.mark.parametrize("field", ["price", "confidence", "published_at"])
def test_every_field_is_signed(pair: ReportsPair, field: str) -> None:
    reports = pair.say(10, 11, 12, confidence=3, age=5)
    forged = replace(reports[0], **{field: getattr(reports[0], field) + 1})
    assert pair.update([forged, *reports[1:]]) == "reports: not a publisher"


def test_same_signer_twice(pair: ReportsPair) -> None:
    """Neither the same report nor another one of the same publisher makes a second vote."""
    reports = pair.say(1, 2, 3)
    assert pair.update([*reports[:2], reports[0]]) == "reports: duplicate signer"
    assert pair.update([*reports[:2], pair.report(1, 5, age=1)]) == "reports: duplicate signer"
    assert pair.update([*reports, pair.report(2, 5)]) == "reports: duplicate signer"
    assert pair.update([*reports[:2], pair.report(4, 3)]) is None


def test_malleable_signature(pair: ReportsPair) -> None:
    """The twin of a signature recovers to the same publisher, and is refused all the same."""
    reports = pair.say(1, 2, 3)
    assert twin(twin(reports[0])) == reports[0]
    assert pair.update([*reports[:2], twin(reports[2])]) == "ecdsa: invalid signature `s` value"
    assert pair.update([*reports, twin(reports[2])]) == "ecdsa: invalid signature `s` value"


@pytest.mark.parametrize("v", [0, 1, 26, 29, 27 + 256, 28 + 2**255])
def test_v_is_27_or_28(pair: ReportsPair, v: int) -> None:
    reports = pair.say(1, 2, 3)
    assert {report.v for report in reports} <= {27, 28}
    assert pair.update([*reports[:2], replace(reports[2], v=v)]) == "ecdsa: invalid signature"


@pytest.mark.parametrize(
    "scalars", [{"r": 0}, {"s": 0}, {"r": 0, "s": 0}, {"r": ORDER}, {"r": 2**256 - 1}], ids=str
)
def test_signature_of_nobody(pair: ReportsPair, scalars: dict[str, int]) -> None:
    reports = pair.say(1, 2, 3)
    assert pair.update([*reports[:2], replace(reports[2], **scalars)]) == "ecdsa: invalid signature"


def test_other_v(pair: ReportsPair) -> None:
    """The same scalars with the other v are somebody's signature, whoever that is."""
    reports = pair.say(1, 2, 3)
    other = replace(reports[2], v=55 - reports[2].v)
    assert pair.update([*reports[:2], other]) == "reports: not a publisher"


# ---------------------------------------------------------------- when


def test_stale(pair: ReportsPair) -> None:
    reports = pair.say(1, 2, age=MAX_AGE)
    assert pair.update([*reports, pair.report(2, 3, age=MAX_AGE + 1)]) == "reports: stale"
    assert pair.update([*reports, pair.report(2, 3, age=pair.evm.time)]) == "reports: stale"
    assert pair.update([*reports, pair.report(2, 3, age=MAX_AGE)]) is None
    assert pair.read() == Report(2, 0, pair.evm.time - MAX_AGE)


def test_future(pair: ReportsPair) -> None:
    reports = pair.say(1, 2)
    ahead = pair.report(2, 3, age=-1)
    assert pair.update([*reports, ahead]) == "reports: future"
    assert pair.update([*reports, pair.report(2, 3, age=pair.evm.time - 2**256 + 1)]) == "reports: future"
    pair.advance(1)
    assert pair.update([*reports, ahead]) is None


def test_replay(pair: ReportsPair) -> None:
    reports = pair.say(1, 2, 3, age=2)
    assert pair.update(reports) is None
    assert pair.update(reports) == "reports: not newer"
    pair.advance(MAX_AGE - 2)
    assert pair.update(reports[::-1]) == "reports: not newer"


def test_one_report_that_is_not_newer(pair: ReportsPair) -> None:
    pair.update(pair.say(1, 2, 3, age=2))
    fresh = pair.say(4, 5, age=1)
    assert pair.update([*fresh, pair.report(2, 6, age=2)]) == "reports: not newer"
    assert pair.update([*fresh, pair.report(2, 6, age=3)]) == "reports: not newer"
    assert pair.update([*fresh, pair.report(2, 6, age=1)]) is None
    assert pair.read() == Report(5, 0, pair.evm.time - 1)


@pytest.mark.parametrize("turn", range(3))
def test_a_report_counts_once(pair: ReportsPair, turn: int) -> None:
    """Not even beside new ones: all have to be newer than the newest that counted, wherever it stood."""
    old, *newer = [pair.report(0, 1, age=9), pair.report(1, 2, age=5), pair.report(2, 3, age=4)]
    assert pair.update([*newer[turn:], old, *newer[:turn]]) is None
    assert pair.read() == Report(2, 0, pair.evm.time - 9)
    fresh = [pair.report(0, 5, age=3), pair.report(3, 4, age=3)]
    for again in newer:
        assert pair.update([*fresh, again]) == "reports: not newer"
    assert pair.update([*fresh, pair.report(4, 6, age=4)]) == "reports: not newer"
    assert pair.update([*fresh, pair.report(4, 6, age=3)]) is None
    assert pair.read() == Report(5, 0, pair.evm.time - 3)


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize(("price", "good"), [(0, False), (1, True), (MAX_PRICE, True), (2**88, False)])
def test_price_in_range(pair: ReportsPair, price: int, good: bool) -> None:
    reports = [*pair.say(1, 2), pair.report(2, price)]
    assert pair.update(reports) == (None if good else "reports: bad price")


def test_price_far_out_of_range(pair: ReportsPair) -> None:
    assert pair.update([*pair.say(1, 2), pair.report(2, 2**256 - 1)]) == "reports: bad price"


@pytest.mark.parametrize(
    ("confidence", "good"), [(0, True), (9, True), (10, False), (11, False), (2**256 - 1, False)]
)
def test_confidence_is_less_than_the_price(pair: ReportsPair, confidence: int, good: bool) -> None:
    reports = [*pair.say(1, 2), pair.report(2, 10, confidence)]
    assert pair.update(reports) == (None if good else "reports: bad confidence")


# ---------------------------------------------------------------- payloads that are none


def refuses(pair: ReportsPair, payload: bytes) -> None:
    """A payload that does not decode changes nothing and has no reason."""
    before = pair.read()
    with pytest.raises(Reverted, match="Revert"):
        pair.contract.update(MARKET, payload)
    assert pair.read() == before


@pytest.mark.parametrize("cut", [0, 1, 31, 32, 63, 64, 95, 96, 97, 96 + 6 * 32, 96 + 18 * 32 - 1])
def test_cut_off(pair: ReportsPair, cut: int) -> None:
    payload = pack(CHAIN, pair.say(1, 2, 3))
    assert len(payload) == 96 + 18 * 32
    refuses(pair, payload[:cut])
    pair.contract.update(MARKET, payload)


@pytest.mark.parametrize("more", [1, 32, LARGEST - 96 - 18 * 32])
def test_bytes_behind(pair: ReportsPair, more: int) -> None:
    """They change nothing, up to the size of the largest payload."""
    pair.contract.update(MARKET, pack(CHAIN, pair.say(1, 2, 3)) + b"\xff" * more)
    assert pair.contract.read(MARKET) == (2, 0, pair.evm.time)


def test_too_many_bytes(pair: ReportsPair) -> None:
    payload = pack(CHAIN, pair.say(1, 2, 3))
    refuses(pair, payload.ljust(LARGEST + 1, b"\0"))
    refuses(pair, payload.ljust(4096, b"\0"))
    refuses(pair, payload.ljust(4097, b"\0"))


@pytest.mark.parametrize("count", [0, 2, 4, 16, 17, 2**64, 2**255, 2**256 - 1])
def test_false_count(pair: ReportsPair, count: int) -> None:
    payload = bytearray(pack(CHAIN, pair.say(1, 2, 3)))
    payload[64:96] = count.to_bytes(32)
    if count < 3:
        with reverts("reports: quorum missed"):
            pair.contract.update(MARKET, bytes(payload))
    else:
        refuses(pair, bytes(payload))


@pytest.mark.parametrize("offset", [0, 32, 63, 65, 96, 4096, 2**64, 2**256 - 64, 2**256 - 1])
def test_false_offset(pair: ReportsPair, offset: int) -> None:
    payload = bytearray(pack(CHAIN, pair.say(1, 2, 3)))
    payload[32:64] = offset.to_bytes(32)
    with pytest.raises(Reverted):
        pair.contract.update(MARKET, bytes(payload))
    assert pair.read() is None


@given(garbage=st.binary(max_size=4096))
@example(garbage=bytes(4096))
@example(garbage=b"\xff" * 4096)
@example(garbage=bytes(96))
def test_garbage(garbage: bytes) -> None:
    pair = ReportsPair()
    for payload in (garbage, CHAIN.to_bytes(32) + garbage[:4064]):
        with pytest.raises(Reverted):
            pair.contract.update(MARKET, payload)
    assert pair.read() is None


@given(
    edits=st.lists(
        st.tuples(st.integers(0, 96 + 18 * 32 - 1), st.integers(1, 255)),
        min_size=1,
        max_size=3,
        unique_by=lambda edit: edit[0],
    )
)
def test_any_changed_byte_is_refused(edits: list[tuple[int, int]]) -> None:
    """No byte of the encoding may differ: all of it is checked or signed."""
    pair = ReportsPair()
    payload = bytearray(pack(CHAIN, pair.say(100, 101, 102, confidence=3)))
    for at, change in edits:
        payload[at] ^= change
    with pytest.raises(Reverted):
        pair.contract.update(MARKET, bytes(payload))
    assert pair.read() is None


# ---------------------------------------------------------------- liars


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    """Prices of honest publishers and of liars, fewer than half of the quorum; a rotation of all."""
    quorum = draw(st.integers(1, 8))
    size = draw(st.integers(quorum, 2 * quorum - 1))
    liars = draw(st.integers(0, (quorum - 1) // 2))
    fair = st.integers(90 * ONE, 110 * ONE)
    any_price = st.one_of(st.sampled_from([1, MAX_PRICE]), st.integers(1, MAX_PRICE))
    honest = draw(st.lists(fair, min_size=size - liars, max_size=size - liars))
    lies = draw(st.lists(any_price, min_size=liars, max_size=liars))
    return honest, lies, draw(st.integers(0, size - 1))


@given(companies())
@example(([100 * ONE, 101 * ONE], [MAX_PRICE], 1))
@example(([100 * ONE, 101 * ONE, 102 * ONE], [1], 0))
def test_liars_cannot_leave_the_honest_range(company: tuple[list[int], list[int], int]) -> None:
    honest, lies, turn = company
    pair = ReportsPair(publishers=(size := len(honest) + len(lies)), quorum=size // 2 + 1)
    prices = [*honest, *lies]
    reports = pair.say(*prices[turn:], *prices[:turn])
    assert pair.update(reports) is None
    found = pair.read()
    assert found is not None
    assert min(honest) <= found.price <= max(honest)


def test_half_of_liars_can() -> None:
    pair = ReportsPair(publishers=4, quorum=4)
    assert pair.update(pair.say(100, 101, 1_000, 1_000)) is None
    found = pair.read()
    assert found is not None
    assert found.price == (101 + 1_000) // 2


def test_one_publisher_cannot_widen(pair: ReportsPair) -> None:
    """Why the confidence is a median and not the largest."""
    reports = [pair.report(0, 100, 1), pair.report(1, 100, 2), pair.report(2, 100, 99)]
    assert pair.update(reports) is None
    assert pair.read() == Report(100, 2, pair.evm.time)


@given(
    said=st.lists(
        st.integers(1, 4).flatmap(lambda price: st.tuples(st.just(price), st.integers(0, price - 1))),
        min_size=3,
        max_size=5,
    )
)
@example(said=[(1, 0), (2, 1), (3, 2), (4, 3)])
def test_confidence_is_never_more_than_the_price(said: list[tuple[int, int]]) -> None:
    """Though the medians are of different reports, and rounded apart."""
    pair = ReportsPair()
    assert pair.update([pair.report(number, *words) for number, words in enumerate(said)]) is None
    found = pair.read()
    assert found is not None
    assert found.confidence <= found.price


# ---------------------------------------------------------------- contract and model

FLAWS: Final = (
    "stranger",
    "duplicate",
    "twin",
    "v",
    "price",
    "confidence",
    "market",
    "contract",
    "chain",
    "old",
    "early",
    "missing",
    "payload",
    "fee",
)

payloads = st.tuples(
    st.permutations(range(5)),  # who
    st.integers(3, 5),  # how many of them
    st.lists(st.sampled_from([1, 2, 3, ONE, ONE + 1, 2 * ONE, MAX_PRICE]), min_size=5, max_size=5),
    st.lists(
        st.integers(0, 100), min_size=5, max_size=5
    ),  # confidences, per cent of the largest that is good
    st.lists(st.integers(0, 12), min_size=5, max_size=5),  # ages
    st.just([]) | st.lists(st.tuples(st.sampled_from(FLAWS), st.integers(0, 4)), min_size=1, max_size=2),
    st.sampled_from([MARKET, OTHER_MARKET]),
)
Payload = tuple[list[int], int, list[int], list[int], list[int], list[tuple[str, int]], int]
changes = st.tuples(st.permutations(range(6)), st.integers(2, 6), st.integers(2, 4))


def flawed(pair: ReportsPair, report: SignedReport, who: int, market: int, flaw: str) -> SignedReport:
    """A report with something wrong about it."""
    said = {
        "price": report.price,
        "confidence": report.confidence,
        "age": pair.evm.time - report.published_at,
    }
    where = {"market": market}
    match flaw:
        case "twin":
            return twin(report)
        case "v":
            return replace(report, v=report.v % 27)
        case "stranger":
            who = STRANGER
        case "price":
            said["price"] = 2**88 if report.price % 2 else 0
        case "confidence":
            said["confidence"] = report.price
        case "market":
            where["market"] = MARKET + OTHER_MARKET - market
        case "chain":
            where["chain"] = OTHER_CHAIN
        case "contract":
            return pair.report(who, **said, **where, contract=address(0xC0))
        case "old":
            said["age"] = MAX_AGE + 1
        case "early":
            said["age"] = -1
    return pair.report(who, **said, **where)


def bring(pair: ReportsPair, payload: Payload) -> str | None:
    """Update both with a payload."""
    who, count, prices, shares, ages, flaws, market = payload
    chain, value = CHAIN, 0
    reports = [
        pair.report(number, price, (price - 1) * share // 100, age, market=market)
        for number, price, share, age in zip(who, prices, shares, ages, strict=True)
    ][:count]
    for flaw, spot in flaws:
        place = spot % len(reports)
        if flaw == "payload":
            chain = OTHER_CHAIN
        elif flaw == "fee":
            value = 1
        elif flaw == "missing":
            del reports[place]
        elif flaw == "duplicate":
            reports[place] = reports[place - 1]
        else:
            reports[place] = flawed(pair, reports[place], who[place], market, flaw)
    return pair.update(reports, market=market, chain=chain, value=value)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 6), payloads | payloads | payloads | changes), min_size=4, max_size=8
    )
)
def test_contract_and_model_agree(steps: list[tuple[int, Any]]) -> None:
    pair = ReportsPair()
    for wait, step in steps:
        pair.advance(wait)
        if len(step) == 3:
            numbers, count, quorum = step
            pair.set_publishers(numbers[:count], quorum)
        else:
            bring(pair, step)
        pair.read(MARKET)
        pair.read(OTHER_MARKET)
