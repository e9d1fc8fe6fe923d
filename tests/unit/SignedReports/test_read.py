"""read, digest and what else can be asked; the source in a market of the router."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support.oracle import GUARDIAN, NOBODY, OWNER, price_of
from tests.support.orders import reverts
from tests.support.reports import (
    CHAIN,
    KEEPER,
    MARKET,
    MAX_AGE,
    ONE,
    OTHER_CHAIN,
    ReportsPair,
    key,
    publisher,
)
from walras.devtools.evm import address, artifact
from walras.model.actions import Status
from walras.model.oracle import Settings, Source, Trouble
from walras.model.reports import Report
from walras.reports import (
    MAX_REPORTS,
    BadSignatureError,
    digest,
    pack,
    sign_report,
    signer_of,
    typed_data,
)

WORDS = st.integers(0, 2**256 - 1)


def test_before_the_first_report(pair: ReportsPair) -> None:
    with reverts("reports: no report"):
        pair.contract.read(MARKET)
    pair.update(pair.say(1, 2, 3))
    with reverts("reports: no report"):
        pair.contract.read(MARKET + 1)


def test_however_old(pair: ReportsPair) -> None:
    """The router is the judge of age."""
    pair.update(pair.say(5, 6, 7, confidence=2))
    reported = pair.evm.time
    pair.advance(10**8)
    assert pair.read() == Report(6, 2, reported)


def test_domain(pair: ReportsPair) -> None:
    assert pair.contract.eip712Domain() == (
        b"\x0f",
        "Walras SignedReports",
        "1",
        CHAIN,
        pair.contract.address.lower(),
        bytes(32),
        (),
    )


@given(market=WORDS, price=WORDS, confidence=WORDS, published_at=WORDS)
def test_digest(market: int, price: int, confidence: int, published_at: int) -> None:
    """Contract, eth_account and the standard's formulas written out make the same hash."""
    pair = ReportsPair()
    at = pair.contract.address
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak(
                    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak(text="Walras SignedReports"),
                keccak(text="1"),
                CHAIN,
                at,
            ],
        )
    )
    kind = keccak(text="Report(uint256 market,uint256 price,uint256 confidence,uint256 publishedAt)")
    words = (market, price, confidence, published_at)
    struct = keccak(encode(["bytes32"] + ["uint256"] * 4, [kind, *words]))
    expected = keccak(b"\x19\x01" + domain + struct)
    assert pair.contract.digest(*words) == digest(CHAIN, at, *words) == expected


def test_digest_after_a_fork_of_the_chain(pair: ReportsPair) -> None:
    """The branch that takes another number is another domain: what was signed before is not good there."""
    import pyrevm

    at = pair.contract.address
    branch = pyrevm.EVM(
        env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=OTHER_CHAIN)), gas_limit=2**62, spec_id="CANCUN"
    )
    branch.insert_account_info(at, pyrevm.AccountInfo(code=pair.evm.code(at)))
    call = pair.contract.encode("digest", MARKET, 5, 4, 9)
    assert bytes(branch.message_call(KEEPER, at, call)) == digest(OTHER_CHAIN, at, MARKET, 5, 4, 9)
    assert pair.contract.digest(MARKET, 5, 4, 9) == digest(CHAIN, at, MARKET, 5, 4, 9)


def test_digest_of_a_copy_of_the_code(pair: ReportsPair) -> None:
    """Whatever runs the code at an address of its own has a domain of its own."""
    import pyrevm

    at = address(0xC0)
    copied = pyrevm.EVM(env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=CHAIN)), gas_limit=2**62, spec_id="CANCUN")
    copied.insert_account_info(at, pyrevm.AccountInfo(code=pair.evm.code(pair.contract.address)))
    call = pair.contract.encode("digest", MARKET, 5, 4, 9)
    assert bytes(copied.message_call(KEEPER, at, call)) == digest(CHAIN, at, MARKET, 5, 4, 9)


def test_settings_can_be_read(pair: ReportsPair) -> None:
    assert pair.contract.max_age() == MAX_AGE
    assert pair.contract.quorum() == 3
    assert pair.contract.publishers() == tuple(publisher(number).lower() for number in range(5))


# ---------------------------------------------------------------- walras.reports


def test_signer_of() -> None:
    report = sign_report(key(3), CHAIN, address(1), MARKET, 5, 4, 9)
    assert (report.price, report.confidence, report.published_at) == (5, 4, 9)
    assert signer_of(CHAIN, address(1), MARKET, report) == publisher(3)
    for elsewhere in (
        (OTHER_CHAIN, address(1), MARKET),
        (CHAIN, address(2), MARKET),
        (CHAIN, address(1), MARKET + 1),
    ):
        assert signer_of(*elsewhere, report) != publisher(3)


def test_signer_of_a_signature_that_is_none() -> None:
    report = sign_report(key(3), CHAIN, address(1), MARKET, 5, 4, 9)
    with pytest.raises(BadSignatureError, match="ecdsa: invalid signature"):
        signer_of(CHAIN, address(1), MARKET + 1, type(report)(5, 4, 9, 0, report.r, report.s))


def test_key_as_text() -> None:
    said = (CHAIN, address(1), MARKET, 5, 4, 9)
    assert sign_report("0x" + key(3).hex(), *said) == sign_report(key(3), *said)


def test_typed_data_is_for_wallets() -> None:
    """Everything in it is JSON."""
    data = typed_data(CHAIN, address(1), MARKET, 5, 4, 9)
    assert data["domain"]["verifyingContract"] == address(1)
    assert data["message"] == {"market": MARKET, "price": 5, "confidence": 4, "publishedAt": 9}


def test_payload_holds_sixteen() -> None:
    report = sign_report(key(3), CHAIN, address(1), MARKET, 5, 4, 9)
    assert len(pack(CHAIN, [report] * MAX_REPORTS)) == 96 + MAX_REPORTS * 6 * 32 <= 4096
    with pytest.raises(ValueError, match="a payload holds 16 reports, not 17"):
        pack(CHAIN, [report] * 17)


# ---------------------------------------------------------------- in the router


def test_through_the_router(pair: ReportsPair) -> None:
    evm = pair.evm
    router = evm.deploy(artifact("OracleRouter"), OWNER, GUARDIAN, NOBODY, 0)
    listed = [Source(pair.contract.address, 1, MAX_AGE, 50, 20_000)]
    router.configure(MARKET, Settings(1, 200, 200, 100, 10), listed, sender=OWNER)
    payload = pack(CHAIN, pair.say(99 * ONE, 100 * ONE, 101 * ONE, confidence=ONE // 10, age=2))
    before = evm.balance(KEEPER)
    found = price_of(router.update(MARKET, [payload], sender=KEEPER, value=5))
    assert (found.price, found.low, found.high) == (100 * ONE, 999 * ONE // 10, 1001 * ONE // 10)
    assert (found.status, found.published_at) == (Status.LIVE, evm.time - 2)
    assert evm.balance(KEEPER) == before  # no fee: all of it goes back


def test_refused_through_the_router(pair: ReportsPair) -> None:
    evm = pair.evm
    router = evm.deploy(artifact("OracleRouter"), OWNER, GUARDIAN, NOBODY, 0)
    listed = [Source(pair.contract.address, 1, MAX_AGE, 50, 200_000)]
    router.configure(MARKET, Settings(1, 200, 200, 100, 10), listed, sender=OWNER)
    found = price_of(router.update(MARKET, [pack(CHAIN, pair.say(1, 2))], sender=KEEPER))
    (event,) = router.events()
    assert event.name == "UpdateRefused"
    assert b"reports: quorum missed" in event.args["why"]
    assert found.troubles & Trouble.SOURCE_FAILED
