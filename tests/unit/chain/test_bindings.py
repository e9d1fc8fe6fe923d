"""Generated bindings: those of today's contracts, and written and read as eth_abi does."""

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import event_abi_to_log_topic, get_abi_input_types, get_abi_output_types
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from walras.chain import bindings as made
from walras.chain.abi import AbiError, Binding
from walras.chain.bindings import Governor, LiquidationEngine, PerpEngine, SignedReports
from walras.chain.bindings.orderbook_v2 import NewOrder
from walras.chain.bindings.perp_engine import Deposited, Mode
from walras.deploy.contracts import abi_of
from walras.devtools import bindings
from walras.devtools.compiler import compile_contract
from walras.model import book

AT = "0x00000000000000000000000000000000000000AA"


def abi_by_signature(contract: str, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in abi_of(contract) if entry["type"] == kind]


def values_of(kind: str) -> st.SearchStrategy[Any]:
    """Values of an ABI type, as bindings take and return them."""
    if kind.endswith("[]"):
        return st.lists(values_of(kind[:-2]), max_size=3).map(tuple)
    if kind.startswith("("):
        parts, depth, start = [], 0, 1
        for place, sign in enumerate(kind[1:-1], 1):
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if sign == "," and depth == 0:
                parts.append(kind[start:place])
                start = place + 1
        return st.tuples(*map(values_of, [*parts, kind[start:-1]]))
    if kind.startswith("uint"):
        return st.integers(0, 2 ** int(kind[4:]) - 1)
    if kind.startswith("int"):
        return st.integers(-(2 ** (int(kind[3:]) - 1)), 2 ** (int(kind[3:]) - 1) - 1)
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(to_checksum_address)
    if kind == "bool":
        return st.booleans()
    if kind == "string":
        return st.text(max_size=40)
    if kind == "bytes":
        return st.binary(max_size=70)
    return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))


def plain(value: Any) -> Any:
    """Structs as tuples, all the way down."""
    if hasattr(value, "__dataclass_fields__"):
        return plain(tuple(getattr(value, name) for name in value.__dataclass_fields__))
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


def lowered(value: Any) -> Any:
    """Addresses as eth_abi returns them."""
    if isinstance(value, list | tuple):
        return tuple(map(lowered, value))
    return value.lower() if isinstance(value, str) and value.startswith("0x") else value


def or_error(asked: Callable[[], Any]) -> Any:
    """A value, or the AbiError that was raised."""
    try:
        return asked()
    except AbiError as error:
        return error


def test_bindings_are_up_to_date() -> None:
    """`make bindings` would change nothing."""
    assert bindings.outdated(bindings.Writer().files()) == []


def test_a_changed_file_is_out_of_date() -> None:
    """The comparison sees what is changed, missing or too much."""
    files = {path.name: path.read_text() for path in bindings.FOLDER.glob("*.py")}
    assert bindings.outdated(files) == []
    assert bindings.outdated({**files, "vault.py": files["vault.py"] + "\n"}) == ["vault.py"]
    assert bindings.outdated({**files, "new.py": ""}) == ["new.py"]
    assert bindings.outdated({name: files[name] for name in files if name != "vault.py"}) == ["vault.py"]


@pytest.mark.parametrize("contract", bindings.CONTRACTS)
def test_every_function_and_event_is_bound(contract: str) -> None:
    """By name; those with a default argument are one method."""
    kind = getattr(made, contract)
    for entry in abi_by_signature(contract, "function"):
        assert callable(getattr(kind, entry["name"])), entry["name"]
    topics = {event_abi_to_log_topic(entry) for entry in abi_by_signature(contract, "event")}  # type: ignore[arg-type]
    assert topics <= set(kind.EVENTS)


@pytest.mark.parametrize("contract", bindings.CONTRACTS)
@given(data=st.data())
def test_calls_and_answers_as_eth_abi(contract: str, data: st.DataObject) -> None:
    """Of any function with any values: the same calldata, and the same reading of an answer."""
    entry = data.draw(st.sampled_from(abi_by_signature(contract, "function")))
    taken = get_abi_input_types(entry)
    told = get_abi_output_types(entry)
    arguments = [data.draw(values_of(kind)) for kind in taken]
    bound: Binding = getattr(made, contract)(AT)
    call = or_error(lambda: getattr(bound, entry["name"])(*arguments))
    if isinstance(call, AbiError):  # a flag, whose bound the ABI does not know
        assert " is no " in str(call)
        return
    assert call.data[4:] == encode(taken, arguments)
    signature = f"{entry['name']}({','.join(taken)})"
    parts = [artifact.selectors for artifact in map(compile_contract, parts_of(contract))]
    assert call.data[:4] in [selectors.get(signature) for selectors in parts]
    values = tuple(data.draw(values_of(kind)) for kind in told)
    raw = encode(told, values)
    read = or_error(lambda: call.decode(raw))
    if isinstance(read, AbiError):
        assert " is no " in str(read)
        return
    expected = values if len(values) != 1 else values[0]
    assert plain(read) == (expected if told else None)
    assert lowered(plain(read if len(told) > 1 else (read,) if told else ())) == lowered(decode(told, raw))


def parts_of(contract: str) -> tuple[str, ...]:
    return tuple(bindings.ANSWERED_BY.get(contract, (contract,)))


@given(data=st.data())
def test_answers_that_are_cut_off(data: st.DataObject) -> None:
    """Whatever is missing at the end of an answer, it is an AbiError that names the call, never a value."""
    call = LiquidationEngine(AT).nominees(1, 2)
    nominees = data.draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8))
    raw = encode(["uint256", "(uint256,uint256)[]"], [5, nominees])
    end = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(AbiError, match=r"the answer of LiquidationEngine\.nominees: "):
        call.decode(raw[:end])


def test_an_answer_with_too_many_items() -> None:
    """More than the contract's array can hold."""
    raw = encode(["uint256", "(uint256,uint256)[]"], [5, [(1, 2)] * 9])
    with pytest.raises(AbiError, match="9 items"):
        LiquidationEngine(AT).nominees(1, 2).decode(raw)
    with pytest.raises(AbiError, match=r"LiquidationEngine\.health: 65 items, and a uint256\[\] here has 64"):
        LiquidationEngine(AT).health([1] * 65)
    assert len(LiquidationEngine(AT).health([1] * 64).data) == 4 + 66 * 32


def test_what_does_not_fit() -> None:
    """Arguments of another type or size: an error that names function and value."""
    engine = PerpEngine(AT)
    for market in (-1, 2**256, 1.0, "1", None):
        with pytest.raises(AbiError, match=r"PerpEngine\.market: .* is no uint256"):
            engine.market(market)  # type: ignore[arg-type]
    assert engine.market(2**256 - 1).data[4:] == b"\xff" * 32
    for address in ("0x12", AT[:-1], 5, AT + "00"):
        with pytest.raises(AbiError, match="is no address"):
            engine.withdraw(1, 2, address)  # type: ignore[arg-type]
    with pytest.raises(AbiError, match="32 is no Mode"):
        engine.restrict(1, 32)  # type: ignore[arg-type]


def test_a_struct_goes_in_by_its_names() -> None:
    """The binding's own, a tuple, and the model's: the same call."""
    words = (True, 100, 5, False, True, False, 0, 7)
    order = NewOrder(*words)
    engine = PerpEngine(AT)
    assert engine.place(1, 2, order).data == engine.place(1, 2, words).data  # type: ignore[arg-type]
    assert astuple(order) == words
    modelled = book.NewOrder(is_ask=True, tick=100, lots=5, post_only=True, client_id=7)
    assert engine.place(1, 2, modelled).data == engine.place(1, 2, order).data  # type: ignore[arg-type]
    with pytest.raises(AbiError, match="is no NewOrder"):
        engine.place(1, 2, 5)  # type: ignore[arg-type]


def test_flags_come_out_as_flags() -> None:
    """And one that the contract does not know is an error."""
    words = [AT, 4, 1, 2, 3, 5]
    kinds = ["(address,uint256,uint256,uint256,uint256,uint256)"]
    market = PerpEngine(AT).market(0).decode(encode(kinds, [words]))
    assert market.mode is Mode.REDUCE_ONLY
    assert market.book == AT
    words[1] = 32
    with pytest.raises(AbiError, match="32 is no Mode"):
        PerpEngine(AT).market(0).decode(encode(kinds, [words]))


def test_events() -> None:
    """Indexed values come from topics, the others from the data, in the order of the declaration."""
    topic = event_abi_to_log_topic(
        next(one for one in abi_by_signature("PerpEngine", "event") if one["name"] == "Deposited")  # type: ignore[arg-type]
    )
    topics, data = [topic, (9).to_bytes(32)], encode(["uint256", "address"], [5, AT])
    expected = Deposited(account=9, amount=5, by=AT)
    assert Deposited.decode_log(topics, data) == expected
    assert PerpEngine(AT).decode_log(topics, data) == expected
    assert PerpEngine(AT).decode_log([b"\x01" * 32], data) is None
    assert PerpEngine(AT).decode_log([], data) is None
    with pytest.raises(AbiError, match="is no Deposited"):
        Deposited.decode_log([b"\x01" * 32], data)
    with pytest.raises(AbiError, match="Deposited: 0 indexed values, 1 expected"):
        Deposited.decode_log(topics[:1], data)
    with pytest.raises(AbiError, match="Deposited: "):
        Deposited.decode_log(topics, data[:-1])


def test_arguments_with_a_default() -> None:
    """Left out, it is another function."""
    governor = Governor(AT)
    assert governor.quorumNumerator().data != governor.quorumNumerator(5).data[:4]
    assert len(governor.quorumNumerator().data) == 4
    assert len(governor.quorumNumerator(5).data) == 36


def test_addresses_are_checksummed() -> None:
    """Of a binding, and in what it says."""
    assert SignedReports(AT.lower()).address == AT
    assert repr(SignedReports(AT.lower())) == f"SignedReports({AT})"
    with pytest.raises(ValueError, match="0x12"):
        SignedReports("0x12")
