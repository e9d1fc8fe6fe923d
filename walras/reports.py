"""What publishers and keepers need for SignedReports.vy: reports signed, checked and packed.

Units are those of interfaces/ISignedReports.vyi. A publisher signs with `sign_report` and hands the result to
whoever asks; a keeper collects reports, leaves out those that `signer_of` does not find a publisher for, and
gives the rest, packed by `pack`, to `OracleRouter.update` or `SignedReports.update`.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak

NAME: Final = "Walras SignedReports"
VERSION: Final = "1"
MAX_REPORTS: Final = 16
HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Largest `s` of a signature: the other half of the curve's order holds a twin of every signature."""

_TYPES: Final = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Report": [
        {"name": "market", "type": "uint256"},
        {"name": "price", "type": "uint256"},
        {"name": "confidence", "type": "uint256"},
        {"name": "publishedAt", "type": "uint256"},
    ],
}
_PAYLOAD: Final = ("uint256", "(uint256,uint256,uint256,uint256,uint256,uint256)[]")


class BadSignatureError(ValueError):
    """A signature is nobody's, or one that the contract does not take; its str is the contract's reason."""


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A publisher's report on one market; which one it is, the signature alone tells."""

    price: int
    confidence: int
    published_at: int
    v: int
    r: int
    s: int


def typed_data(
    chain_id: int, contract: str, market: int, price: int, confidence: int, published_at: int
) -> dict[str, Any]:
    """A report as EIP-712 typed data, as wallets and remote signers take it."""
    return {
        "types": _TYPES,
        "primaryType": "Report",
        "domain": {
            "name": NAME,
            "version": VERSION,
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "message": {
            "market": market,
            "price": price,
            "confidence": confidence,
            "publishedAt": published_at,
        },
    }


def digest(
    chain_id: int, contract: str, market: int, price: int, confidence: int, published_at: int
) -> bytes:
    """The hash that is signed, as `SignedReports.digest` tells it."""
    message = _message(chain_id, contract, market, price, confidence, published_at)
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))


def sign_report(
    key: bytes | str,
    chain_id: int,
    contract: str,
    market: int,
    price: int,
    confidence: int,
    published_at: int,
) -> SignedReport:
    """Sign a report with a private key."""
    message = _message(chain_id, contract, market, price, confidence, published_at)
    signed = Account.sign_message(message, key)
    return SignedReport(price, confidence, published_at, signed.v, signed.r, signed.s)


def signer_of(chain_id: int, contract: str, market: int, report: SignedReport) -> str:
    """The checksummed address whose signature a report bears if it is about this market.

    Of a report about another market, contract or chain that is a random address. Raises BadSignatureError.
    """
    if report.s > HALF_ORDER:
        raise BadSignatureError("ecdsa: invalid signature `s` value")
    if not all(0 <= word < 2**256 for word in astuple(report)):
        raise BadSignatureError("ecdsa: invalid signature")
    hashed = digest(chain_id, contract, market, report.price, report.confidence, report.published_at)
    try:
        key = Signature(vrs=(report.v - 27, report.r, report.s)).recover_public_key_from_msg_hash(hashed)
    except BadSignature:
        raise BadSignatureError("ecdsa: invalid signature") from None
    return key.to_checksum_address()


def pack(chain_id: int, reports: Sequence[SignedReport]) -> bytes:
    """The payload of an update; ValueError where there are more reports than it holds."""
    if len(reports) > MAX_REPORTS:
        raise ValueError(f"a payload holds {MAX_REPORTS} reports, not {len(reports)}")
    return bytes(encode(_PAYLOAD, (chain_id, [astuple(report) for report in reports])))


def _message(
    chain_id: int, contract: str, market: int, price: int, confidence: int, published_at: int
) -> SignableMessage:
    return encode_typed_data(
        full_message=typed_data(chain_id, contract, market, price, confidence, published_at)
    )
