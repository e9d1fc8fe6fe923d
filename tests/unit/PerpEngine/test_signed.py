"""place_signed, cancel_signed, grant_signed, cancel_nonces: what an owner signed, in one place, once."""

from dataclasses import replace
from typing import Any, Final

import pyrevm
import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.engine import OWNER, EnginePair
from tests.support.orders import reverts
from tests.support.signing import ANOTHER, SIGNER, TYPES, domain, fund_signer, sign
from tests.support.starving import starve
from tests.support.traders import KEEPER, OPERATOR, PAR, RICH, STRANGER, order
from walras.devtools.evm import Contract, Reverted, artifact

MAGIC: Final = bytes.fromhex("1626ba7e").ljust(32, b"\0")
LATER: Final = 2**40
SECP: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@pytest.fixture
def account(pair: EnginePair) -> int:
    """Of somebody who signs."""
    return fund_signer(pair, RICH)


def placing(account: int, **changes: Any) -> dict[str, Any]:
    """A signed order's fields."""
    return {
        "account": account,
        "market": 0,
        "order": order(),
        "nonce": 0,
        "deadline": LATER,
        **changes,
    }


def cancelling(account: int, **changes: Any) -> dict[str, Any]:
    """A signed cancel's fields."""
    return {
        "account": account,
        "market": 0,
        "order_id": 1,
        "lots": 4,
        "nonce": 0,
        "deadline": LATER,
        **changes,
    }


def granting(account: int, **changes: Any) -> dict[str, Any]:
    """A signed grant's fields."""
    return {
        "account": account,
        "operator": OPERATOR,
        "permissions": 3,
        "actions": 5,
        "expiry": LATER - 1,
        "nonce": 0,
        "deadline": LATER,
        **changes,
    }


def carry(pair: EnginePair, kind: str, message: dict[str, Any], signature: bytes) -> Any:
    """A stranger brings it."""
    call = getattr(pair.engine, f"{kind.lower()}_signed")
    return call(*message.values(), signature, sender=STRANGER)


def place(pair: EnginePair, message: dict[str, Any], **changes: Any) -> Any:
    """Sign an order and bring it; changes are of the domain."""
    return carry(pair, "Place", message, sign("Place", message, domain(pair.engine.address, **changes)))


def open_lots(pair: EnginePair, account: int) -> int:
    """Lots of open bids."""
    return int(pair.engine.position(account, 0)[3])


def test_too_little_gas(pair: EnginePair, account: int) -> None:
    """Whoever carries an order cannot have its nonce used up without placing it."""
    message = placing(account)
    signature = sign("Place", message, domain(pair.engine.address))

    def carry_with(gas: int) -> None:
        pair.engine.place_signed(*message.values(), signature, sender=STRANGER, gas=gas)

    def state() -> list[Any]:
        return [open_lots(pair, account), pair.engine.nonces(SIGNER.address, 0)]

    assert "Revert" in starve(carry_with, state)
    assert state()[0] > 0


# ---------------------------------------------------------------- what is accepted


def test_order(pair: EnginePair, account: int) -> None:
    message = placing(account, order=order(lots=7, client_id=5, expiry=2**40 - 1), nonce=300)
    order_id = place(pair, message)
    (used,) = [event for event in pair.engine.events() if event.name == "NoncesUsed"]
    assert used.args == {"owner": SIGNER.address.lower(), "index": 1, "bits": 1 << 44}
    (mine,) = pair.books[0].open_orders(account)
    assert (mine[0], mine[2], mine[3], mine[9], mine[10]) == (order_id, PAR, 7, 2**40 - 1, 5)
    pair.model.place(account, 0, message["order"])
    pair.same_accounts()


def test_cancel(pair: EnginePair, account: int) -> None:
    order_id = pair.buy(account, 10, PAR)
    message = cancelling(account, order_id=order_id)
    assert carry(pair, "Cancel", message, sign("Cancel", message, domain(pair.engine.address))) == 4
    assert open_lots(pair, account) == 6


def test_grant(pair: EnginePair, account: int) -> None:
    message = granting(account)
    carry(pair, "Grant", message, sign("Grant", message, domain(pair.engine.address)))
    assert pair.engine.grant(account, OPERATOR) == (3, 5, LATER - 1)
    pair.engine.place(account, 0, order(), sender=OPERATOR)
    for field, value in (("permissions", 8), ("actions", 2**32)):
        bad = granting(account, nonce=1, **{field: value})
        with reverts("engine: bad grant"):
            carry(pair, "Grant", bad, sign("Grant", bad, domain(pair.engine.address)))


def test_domain_is_told(pair: EnginePair) -> None:
    fields, name, version, chain, at, salt, extensions = pair.engine.eip712Domain()
    assert (fields, name, version, chain) == (b"\x0f", "Walras PerpEngine", "1", 1)
    assert (at, salt, extensions) == (pair.engine.address, bytes(32), ())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.booleans(),
    st.integers(PAR - 3_000, PAR + 3_000),
    st.integers(1, 1_000),
    st.booleans(),
    st.integers(0, 2**128 - 1),
    st.integers(0, 2**256 - 1),
    st.integers(EnginePair().evm.time, 2**256 - 1),
)
def test_any_fields(
    pair: EnginePair, is_ask: bool, tick: int, lots: int, batch_only: bool, label: int, nonce: int, until: int
) -> None:
    """Whatever an owner may sign is good, once; and not for anybody else's account."""
    account = int(SIGNER.address, 16) << 8
    before = pair.evm.snapshot()
    new = order(is_ask, tick, lots, batch_only=batch_only, client_id=label)
    message = placing(account, order=new, nonce=nonce, deadline=until)
    pair.mint(SIGNER.address, RICH)
    pair.engine.deposit(account, RICH, sender=SIGNER.address)
    place(pair, message)
    assert len(pair.books[0].open_orders(account)) == 1
    assert pair.engine.nonces(SIGNER.address, nonce >> 8) == 1 << (nonce & 255)
    with reverts("engine: nonce used"):
        place(pair, message)
    pair.evm.revert(before)


# ---------------------------------------------------------------- what is refused

OTHER_VALUES: Final[dict[str, dict[str, Any]]] = {
    "Place": {"market": 1, "nonce": 1, "deadline": LATER + 1}
    | {
        f"order.{name}": changed
        for name, changed in {
            "is_ask": True,
            "tick": PAR - 1,
            "lots": 11,
            "batch_only": True,
            "post_only": True,
            "reduce_only": True,
            "expiry": 2**40 - 2,
            "client_id": 1,
        }.items()
    },
    "Cancel": {"market": 1, "order_id": 2, "lots": 5, "nonce": 1, "deadline": LATER + 1},
    "Grant": {
        "operator": STRANGER,
        "permissions": 7,
        "actions": 6,
        "expiry": LATER,
        "nonce": 1,
        "deadline": LATER + 1,
    },
}
FIELDS: Final = {"Place": placing, "Cancel": cancelling, "Grant": granting}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, all_of in OTHER_VALUES.items() for name in all_of]
)
def test_another_field(pair: EnginePair, account: int, kind: str, name: str) -> None:
    message = FIELDS[kind](account)
    signature = sign(kind, message, domain(pair.engine.address))
    changed = OTHER_VALUES[kind][name]
    if name.startswith("order."):
        forged = message | {"order": replace(message["order"], **{name[6:]: changed})}
    else:
        forged = message | {name: changed}
    assert forged != message
    with reverts("engine: bad signature"):
        carry(pair, kind, forged, signature)
    assert pair.engine.nonces(SIGNER.address, 0) == 0


def test_every_field_is_tried() -> None:
    names = {f"order.{one['name']}" for one in TYPES["NewOrder"]}
    for kind in FIELDS:
        names |= {one["name"] for one in TYPES[kind]}
        assert set(OTHER_VALUES[kind]) == {
            name
            for one in TYPES[kind]
            for name in (
                sorted(x for x in names if x.startswith("order."))
                if one["name"] == "order"
                else [one["name"]]
            )
            if name != "account"
        }


@pytest.mark.parametrize("kind", FIELDS)
def test_another_account(pair: EnginePair, account: int, kind: str) -> None:
    """Not even another of the same owner's."""
    message = FIELDS[kind](account)
    signature = sign(kind, message, domain(pair.engine.address))
    for other in (account | 1, fund_signer(pair, RICH, ANOTHER), account | 1 << 168, 0):
        with reverts("engine: bad signature"):
            carry(pair, kind, message | {"account": other}, signature)


@pytest.mark.parametrize(
    "changes",
    [{"chainId": 2}, {"version": "2"}, {"name": "Walras"}, {"verifyingContract": STRANGER}],
)
def test_another_domain(pair: EnginePair, account: int, changes: dict[str, Any]) -> None:
    with reverts("engine: bad signature"):
        place(pair, placing(account), **changes)
    place(pair, placing(account))


def test_another_engine_with_the_same_parts(pair: EnginePair, account: int) -> None:
    """And the address of the code is none that one could sign for."""
    accounts = pair.engine.accounts()
    router = pair.router.address
    twin = pair.evm.deploy(
        artifact("PerpEngine"), OWNER, pair.token.address, router, pair.engine.auctions(), accounts
    )
    relay = Contract(pair.evm, accounts, artifact("EngineAccounts").abi).relay()
    message = granting(account)
    signature = sign("Grant", message, domain(pair.engine.address))
    for at in (twin.address, relay):
        other = Contract(pair.evm, at, artifact("EngineRelay").abi)
        with reverts("engine: bad signature"):
            other.grant_signed(*message.values(), signature, sender=STRANGER)
    for_relay = sign("Place", placing(account), domain(pair.engine.address))
    with reverts("engine: bad signature"):
        place(pair, placing(account), verifyingContract=relay)
    carry(pair, "Place", placing(account), for_relay)
    for at in (twin.address, relay):
        other = Contract(pair.evm, at, artifact("EngineRelay").abi).with_abi(artifact("EngineViews").abi)
        other.grant_signed(*message.values(), sign("Grant", message, domain(at)), sender=STRANGER)
        assert other.grant(account, OPERATOR)[0] == 3  # in its own storage, and nowhere else
    assert pair.engine.grant(account, OPERATOR)[0] == 0


def test_relay_by_itself(pair: EnginePair, account: int) -> None:
    """Called directly its code has no market and no account."""
    relay = Contract(
        pair.evm,
        Contract(pair.evm, pair.engine.accounts(), artifact("EngineAccounts").abi).relay(),
        artifact("EngineRelay").abi,
    )
    message = placing(account)
    signature = sign("Place", message, domain(relay.address))
    with pytest.raises(Reverted, match=r"^(?!engine)"):  # it has no `place`
        relay.place_signed(*message.values(), signature, sender=STRANGER)
    with reverts("engine: unknown market"):
        relay.update_and_run(0, [], sender=STRANGER)
    assert relay.largest_order(account, 0, order()) == 0
    assert pair.engine.markets_of(account) == ()


def test_deadline(pair: EnginePair, account: int) -> None:
    message = placing(account, deadline=pair.evm.time + 1)
    pair.advance(2)
    with reverts("engine: signature expired"):
        place(pair, message)
    place(pair, placing(account, deadline=pair.evm.time))


def test_nobody_signs_for_zero(pair: EnginePair) -> None:
    """What does not recover is refused; so is an account of nobody's."""
    for number in (0, 7, 1 << 168, 2**256 - 1):
        with reverts("engine: bad signature"):
            place(pair, placing(number))
        with reverts("engine: bad signature"):
            carry(pair, "Grant", granting(number), bytes(65))


def test_length(pair: EnginePair, account: int) -> None:
    message = placing(account)
    signature = sign("Place", message, domain(pair.engine.address))
    v_s = int.from_bytes(signature[32:64]) | (signature[64] - 27) << 255
    short = signature[:32] + v_s.to_bytes(32)  # EIP-2098
    for other in (b"", signature[:64], short, signature + b"\0", signature * 2):
        with reverts("engine: bad signature"):
            carry(pair, "Place", message, other)


def test_other_form_of_a_signature(pair: EnginePair, account: int) -> None:
    """The other s, and bytes v that are not 27 or 28."""
    message = placing(account)
    signature = sign("Place", message, domain(pair.engine.address))
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    high = r + (SECP - s).to_bytes(32) + bytes([55 - v])
    call = pair.engine.encode("place_signed", *message.values(), high)
    with pytest.raises(Reverted, match="ecdsa: invalid signature `s` value"):
        pair.evm.call(STRANGER, pair.engine.address, call, foreign=True)
    for bad in (0, 1, 29, 255):
        call = pair.engine.encode("place_signed", *message.values(), signature[:64] + bytes([bad]))
        with pytest.raises(Reverted, match="ecdsa: invalid signature"):
            pair.evm.call(STRANGER, pair.engine.address, call, foreign=True)
    carry(pair, "Place", message, signature)


def test_another_signer(pair: EnginePair, account: int) -> None:
    message = placing(account)
    with reverts("engine: bad signature"):
        carry(pair, "Place", message, sign("Place", message, domain(pair.engine.address), ANOTHER))
    pair.engine.set_operator(account, ANOTHER.address, 7, 10, LATER - 1, sender=SIGNER.address)
    with reverts("engine: bad signature"):  # an operator acts, but does not sign
        carry(pair, "Place", message, sign("Place", message, domain(pair.engine.address), ANOTHER))


# ---------------------------------------------------------------- nonces


def test_nonces_have_no_order(pair: EnginePair, account: int) -> None:
    for nonce in (2**256 - 1, 256, 0, 255, 257, 511):
        place(pair, placing(account, order=order(lots=1), nonce=nonce))
        with reverts("engine: nonce used"):
            place(pair, placing(account, nonce=nonce))
    at = SIGNER.address
    assert pair.engine.nonces(at, 0) == 1 | 1 << 255
    assert pair.engine.nonces(at, 1) == 1 | 2 | 1 << 255
    assert pair.engine.nonces(at, 2**248 - 1) == 1 << 255
    assert open_lots(pair, account) == 6


def test_nonces_are_the_owners(pair: EnginePair, account: int) -> None:
    """Of all his accounts and of all kinds; and nobody else's."""
    another = fund_signer(pair, RICH, ANOTHER)
    place(pair, placing(account))
    for kind, fields in FIELDS.items():
        for number in (account, account | 1):
            message = fields(number)
            with reverts("engine: nonce used"):
                carry(pair, kind, message, sign(kind, message, domain(pair.engine.address)))
    other = placing(another)
    carry(pair, "Place", other, sign("Place", other, domain(pair.engine.address), ANOTHER))


def test_cancelled_nonces(pair: EnginePair, account: int) -> None:
    pair.engine.cancel_nonces(0, 0b101, sender=SIGNER.address)
    (event,) = pair.engine.events()
    assert (event.name, event.args["index"], event.args["bits"]) == ("NoncesUsed", 0, 5)
    pair.engine.cancel_nonces(0, 0b010, sender=STRANGER)
    for nonce in (0, 2):
        with reverts("engine: nonce used"):
            place(pair, placing(account, nonce=nonce))
    place(pair, placing(account, nonce=1))
    pair.engine.cancel_nonces(0, 0, sender=SIGNER.address)
    assert pair.engine.nonces(SIGNER.address, 0) == 7
    pair.engine.cancel_nonces(3, 2**256 - 1, sender=SIGNER.address)
    with reverts("engine: nonce used"):
        place(pair, placing(account, nonce=3 * 256 + 99))
    place(pair, placing(account, nonce=4 * 256))


def test_refused_order_leaves_its_signature_good(pair: EnginePair, account: int) -> None:
    message = placing(account, order=order(post_only=True))
    seller = pair.fund(44, RICH)
    order_id = pair.sell(seller, 10, PAR)
    with reverts("book: post-only would cross"):
        place(pair, message)
    assert pair.engine.nonces(SIGNER.address, 0) == 0
    pair.cancel(seller, order_id)
    place(pair, message)
    assert open_lots(pair, account) == 10


def test_margin_is_asked_for(pair: EnginePair) -> None:
    account = fund_signer(pair, 100)
    with reverts("engine: margin missed"):
        place(pair, placing(account))


# ---------------------------------------------------------------- owners that are contracts


@pytest.fixture
def wallet(pair: EnginePair) -> Contract:
    return pair.evm.deploy(artifact("ScriptedWallet"))


def owned(pair: EnginePair, wallet: Contract) -> int:
    """A wallet's account, funded by somebody else."""
    account = int(wallet.address, 16) << 8
    pair.mint(KEEPER, RICH)
    pair.deposit(KEEPER, account, RICH)
    return account


def test_wallet_that_accepts(pair: EnginePair, wallet: Contract) -> None:
    """It is asked for the digest that wallets show, with the signature as it came."""
    account = owned(pair, wallet)
    message = placing(account)
    types = {"Place": TYPES["Place"], "NewOrder": TYPES["NewOrder"]}
    plain = message | {
        "order": {one["name"]: getattr(message["order"], one["name"]) for one in TYPES["NewOrder"]}
    }
    digest = _hash_eip191_message(encode_typed_data(domain(pair.engine.address), types, plain))
    wallet.set(MAGIC, False)
    for signature in (b"", b"key", bytes(range(65)), b"\x07" * 1_024):
        wallet.want(digest, signature + b"?" if len(signature) < 1_024 else b"")
        with reverts("engine: bad signature"):
            carry(pair, "Place", message, signature)
        wallet.want(digest, signature)
        before = pair.evm.snapshot()
        carry(pair, "Place", message, signature)
        assert open_lots(pair, account) == 10
        with reverts("engine: nonce used"):
            carry(pair, "Place", message, signature)
        pair.evm.revert(before)
    with pytest.raises(Reverted, match=r"^(?!engine)"):  # longer than any signature
        carry(pair, "Place", message, b"\x07" * 1_025)
    assert open_lots(pair, account) == 0


@pytest.mark.parametrize(
    ("answer", "refuses"),
    [
        (bytes(32), False),
        (MAGIC, True),
        (b"", False),
        (b"", True),
        (MAGIC[:4], False),
        (MAGIC[:31], False),
        (bytes(28) + MAGIC[:4], False),
        (MAGIC[:31] + b"\x01", False),
        (b"\xff" * 32, False),
        (b"\x01" + MAGIC, False),
        (b"junk" * 20, False),
    ],
)
def test_wallet_that_refuses(pair: EnginePair, wallet: Contract, answer: bytes, refuses: bool) -> None:
    account = owned(pair, wallet)
    wallet.set(answer, refuses)
    with reverts("engine: bad signature"):
        carry(pair, "Place", placing(account), b"key")
    wallet.set(MAGIC + b"\x99", False)  # 33 bytes: the first word counts, as Solidity decodes it
    carry(pair, "Place", placing(account), b"key")


def test_wallet_without_an_answer(pair: EnginePair) -> None:
    """A contract that knows no signatures, and one whose key could be recovered: neither is signed for."""
    for at in (pair.token.address, pair.engine.address, pair.router.address):
        account = int(at, 16) << 8
        with reverts("engine: bad signature"):
            carry(pair, "Place", placing(account), b"key")


def test_key_of_a_contract_does_not_sign(pair: EnginePair, account: int) -> None:
    """An address with code is asked; its key is not."""
    runtime = artifact("ScriptedWallet").runtime
    pair.evm._evm.insert_account_info(SIGNER.address, _account_with(pair, runtime))
    message = placing(account)
    with reverts("engine: bad signature"):
        place(pair, message)


def _account_with(pair: EnginePair, code: bytes) -> Any:

    return pyrevm.AccountInfo(code=code)
