"""Files of parameters: what is wrong is told by file, line and key; every number has its reason."""

import json
import re
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic.fields import FieldInfo

from tests.support.deploying import LOCAL
from walras.deploy.params import (
    NOBODY,
    Market,
    MarketSettings,
    Params,
    ParamsError,
    Vault,
    load_params,
    params_hash,
)
from walras.deploy.plan import Call, SignedPrice, make_plan
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import address

FILES = sorted((PROJECT_ROOT / "params").glob("*.yaml"))


def changed(folder: Path, old: str, new: str, source: Path = LOCAL) -> Path:
    """A copy of a file with one line another."""
    text = source.read_text()
    assert old in text
    path = folder / "changed.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "key", "why"),
    [
        ("initial_ppm: 50000", "initial_ppm: 9999", "markets.BTC.settings.initial_ppm", "or equal to 10000"),
        ("maintenance_bps: 6000", "maintenance_bps: 9001", "markets.BTC.settings.maintenance_bps", "9000"),
        ("taker_ppm: 500", "taker_ppm: 10001", "markets.BTC.settings.taker_ppm", "or equal to 10000"),
        ("maker_ppm: -50", "maker_ppm: -301", "markets.BTC.settings.maker_ppm", "from -0.6 of taker_ppm"),
        ("maker_ppm: -50", "maker_ppm: 501", "markets.BTC.settings.maker_ppm", "to taker_ppm"),
        ("soft_notional: 10000000", "soft_notional: 100000000", "markets.BTC.settings.soft_notional", "low"),
        ("penalty_ppm: 10000", "penalty_ppm: 50001", "markets.BTC.liquidation.penalty_ppm", "equal to 50000"),
        ("depth_bps: 1000", "depth_bps: 0", "markets.BTC.quotes.depth_bps", "greater than or equal to 1"),
        ("skew_ppm: 500", "skew_ppm: 1001", "markets.BTC.quotes.skew_ppm", "no more than spread_ppm"),
        ("unwind_ppm: 5000", "unwind_ppm: 10001", "markets.BTC.liquidation.unwind_ppm", "than discount_ppm"),
        ("spacing_s: 15", "spacing_s: 3", "markets.BTC.oracle.spacing_s", "4 at the least"),
        ("quorum: 1", "quorum: 2", "markets.BTC.oracle.quorum", "no more than there are sources"),
        ("rejection_bps: 500", "rejection_bps: 99", "markets.BTC.oracle.rejection_bps", "no less than"),
        ("confidence_bps: 50", "confidence_bps: 101", "markets.BTC.oracle.sources", "a confidence_bps above"),
        ("gas_limit: 200000", "gas_limit: 200001", "markets.BTC.oracle.sources.0.gas_limit", "multiple"),
        ('tick_size: "1"', 'tick_size: "0.001"', "markets.BTC.tick_size", "no whole number of token units"),
        ('tick_size: "1"', 'tick_size: "10000000000000"', "markets.BTC.tick_size", "too large"),
        ('tick_size: "1"', 'tick_size: "0"', "markets.BTC.tick_size", "above 0, below"),
        ('tick_size: "1"', "tick_size: 0.1", "markets.BTC.tick_size", "in quotes is required"),
        ('first_price: "100000"', 'first_price: "262143"', "markets.BTC.first_price", "above the highest"),
        ("number: 1 ", "number: 0 ", "markets.BTC.number", "0 is given twice"),
        ("allocation_bps: 3000", "allocation_bps: 4001", "markets", "quotes.allocation_bps sum to 10,001"),
        ("delay_s: 86400", "delay_s: 86399", "governance.delay_s", "greater than or equal to 86400"),
        ("threshold_bps: 50", "threshold_bps: 201", "governance.threshold_bps", "less than or equal to 200"),
        ("insurance: 6000", "insurance: 4999", "fees.penalties.insurance", "greater than or equal to 5000"),
        ("runners: 1000", "runners: 999", "fees.fees", "do not sum to 10,000"),
        ("cooldown_s: 259200", "cooldown_s: 86399", "vault.cooldown_s", "greater than or equal to 86400"),
        ("term_s: 15465600", "term_s: 15465601", "guardian.term_s", "less than or equal to 15465600"),
        ("chain_id: 31337", "chain_id: 84532", "oracle.signed_reports.own.keys", "for local chains alone"),
        ("chain_id: 31337", "chain_id: 8453", "token.test", "whose money is real"),
        ("      quorum: 2", "      quorum: 1", "oracle.signed_reports.own.quorum", "more than half"),
        ("    own:", "    Own:", "oracle.signed_reports.Own.[key]", "match pattern"),
        ("          by: own", "          by: us", "markets.BTC.oracle.sources", "who is not in oracle"),
        ("          by: own", "          by: us", "markets.BTC.first_price", "can sign it for a quorum"),
        ("      keys:", "      publisher:", "oracle.signed_reports.own.publisher", "Extra inputs"),
        ("          by: own\n", "", "markets.BTC.oracle.sources.0.by", "Field required"),
        ("  decimals: 6", "  decimals: 5", "token.decimals", "greater than or equal to 6"),
        ("  test: true", "  test: false", "token.address", "is required"),
        ("min_lots: 1 ", "min_lot: 1 ", "markets.BTC.min_lots", "Field required"),
        ("min_lots: 1 ", "min_lot: 1 ", "markets.BTC.min_lot", "Extra inputs are not permitted"),
        ("0x70997970C5", "0x70997970c5", "governance.holder", "wrong checksum"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_named(tmp_path: Path, old: str, new: str, key: str, why: str) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    lines = str(caught.value).splitlines()
    told = [line for line in lines if re.match(rf"{re.escape(str(path))}(:\d+)?: {re.escape(key)}: ", line)]
    assert told, lines
    assert any(why in line for line in told), lines


def test_the_line_is_that_of_the_key(tmp_path: Path) -> None:
    path = changed(tmp_path, "delay_s: 86400", "delay_s: 1")
    line = 1 + path.read_text().splitlines().index(
        next(one for one in path.read_text().splitlines() if "delay_s: 1 " in one)
    )
    with pytest.raises(ParamsError, match=rf"changed\.yaml:{line}: governance\.delay_s: .* \(it is 1\)"):
        load_params(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [1, 2", r"bad\.yaml:\d+: "),
        ("a: 1\na: 2\n", r"bad\.yaml:2: key 'a' is given twice"),
        ("- 1\n", r"bad\.yaml: a mapping is expected"),
        ("", r"bad\.yaml: a mapping is expected"),
        ("\tb: 1", r"bad\.yaml:1: "),
        ("a: 1\nrpc: [{{ RPC }}]", r"bad\.yaml:2: a key is a word"),
        ("network: !!python/object:os.system {}", r"bad\.yaml:1: "),
    ],
)
def test_bad_yaml(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError, match=why):
        load_params(path)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(b"network: \xff")
    with pytest.raises(ParamsError, match=r"bad\.yaml: it is no UTF-8"):
        load_params(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"none\.yaml: No such file"):
        load_params(tmp_path / "none.yaml")


def test_local_is_whole() -> None:
    params = load_params(LOCAL)
    assert list(params.markets) == ["BTC", "ETH", "AVAX", "LINK"]
    assert params.oracle.guardian == NOBODY
    assert {name: int(market.unit(6)) for name, market in params.markets.items()} == dict.fromkeys(
        params.markets, 100
    )
    assert params.governance.terms() == (86_400, 172_800, 5 * 10**24, 400, 172_800)
    assert params_hash(params) == params_hash(load_params(LOCAL))


@pytest.mark.parametrize("name", ["base", "base-sepolia"])
def test_public_networks_lack_what_who_deploys_has_to_say(name: str) -> None:
    """And nothing else."""
    with pytest.raises(ParamsError) as caught:
        load_params(PROJECT_ROOT / "params" / f"{name}.yaml")
    keys = {
        re.sub(r"markets\.\w+", "markets.*", line.split(": ")[1]) for line in str(caught.value).splitlines()
    }
    missing = {"governance.holder"}
    if name == "base":
        missing |= {"token.address", "markets.*.oracle.sources.0.address"}
        missing |= {f"oracle.signed_reports.own.publishers.{number}" for number in range(5)}
    assert keys == missing


@pytest.mark.parametrize("name", ["base", "base-sepolia"])
def test_public_networks_are_whole_once_that_is_said(tmp_path: Path, name: str) -> None:
    text = (PROJECT_ROOT / "params" / f"{name}.yaml").read_text()
    filled = tmp_path / "filled.yaml"
    some = '"0x00000000000000000000000000000000000000aa"'
    text = re.sub(r'^( +(?:holder|address): )""', rf"\g<1>{some}", text, flags=re.MULTILINE)
    numbers = count(0xB0)
    filled.write_text(re.sub(r'(?<= - )""', lambda _: f'"{address(next(numbers))}"', text))
    params = load_params(filled)
    assert params.network.chain_id == {"base": 8_453, "base-sepolia": 84_532}[name]
    assert list(params.markets) == ["BTC", "ETH", "AVAX", "LINK"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_number_has_its_reason(path: Path) -> None:
    bare = [
        f"{number}: {line}"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r'^[^#]*: "?-?\d[\d.]*"?\s*$', line)
    ]
    assert not bare


def bounds(field: FieldInfo) -> tuple[int, int]:
    """Lowest and highest number that a field takes."""
    told: dict[str, Any] = {}
    for one in field.metadata:
        told |= {name: getattr(one, name) for name in ("ge", "gt", "le", "lt") if hasattr(one, name)}
    return told["ge"], told["le"] if "le" in told else told["lt"] - 1


def test_bounds_of_a_market_are_those_of_the_contract() -> None:
    """docs/parameters.md tells them, and its tables are tried at the engine."""
    text = (PROJECT_ROOT / "docs" / "parameters.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (-?[\d,]+) \| (-?[\d,]+) \|", text, re.MULTILINE)
    told = {name: (int(low.replace(",", "")), int(high.replace(",", ""))) for name, low, high in rows}
    fields = {**MarketSettings.model_fields}
    fields |= {name: Vault.model_fields[name] for name in ("base_bps", "slope_bps")}
    fields |= {"interval": Market.model_fields["interval_s"], "min_lots": Market.model_fields["min_lots"]}
    fields["cooldown"] = Vault.model_fields["cooldown_s"]
    assert {name: bounds(field) for name, field in fields.items()} == {name: told[name] for name in fields}


CHAINLINK: Final = {
    "kind": "chainlink", "address": address(0xC1), "threshold_bps": 15, "heartbeat_s": 1_500,
    "confidence_bps": 50, "gas_limit": 100_000,
}  # fmt: skip
PYTH: Final = {
    "kind": "pyth", "address": address(0xC2), "feed": "0x" + 64 * "1", "heartbeat_s": 60,
    "confidence_bps": 50, "gas_limit": 150_000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("weights", "quorum", "is_news"),
    [
        ((1, 1, 0), 2, False),  # chainlink, pyth, reports: as params/base.yaml had them
        ((1, 1, 0), 1, False),  # half of the weight
        ((1, 2, 0), 1, True),
        ((1, 2, 0), 2, False),
        ((1, 1, 1), 2, True),
        ((1, 1, 1), 3, False),
        ((2, 1, 1), 2, False),
        ((0, 1, 0), 1, True),
        ((1, 0, 0), 1, False),
    ],
)
def test_an_auction_waits_only_for_a_price_that_can_be_news(
    weights: tuple[int, ...], quorum: int, is_news: bool
) -> None:
    """Chainlink's is of up to a day ago: where the others are no majority without it, so is the price."""
    told = load_params(LOCAL).model_dump(mode="json")
    market = told["markets"]["BTC"] | {"first_price": None}
    kinds = [CHAINLINK, PYTH, market["oracle"]["sources"][0]]
    sources = [kind | {"weight": weight} for kind, weight in zip(kinds, weights, strict=True) if weight]
    market["oracle"] |= {"sources": sources, "quorum": quorum}
    told["markets"]["BTC"] = market
    if not is_news:
        with pytest.raises(
            ValueError, match=r"settings\.price_grace: 0 here, or more sources of kind signed"
        ):
            Params.model_validate_json(json.dumps(told))
        market["settings"]["price_grace"] = 0
    Params.model_validate_json(json.dumps(told))


@pytest.mark.parametrize(("interval", "patience", "is_good"), [(0, 1, False), (0, 2, True), (1, 1, True)])
def test_without_batches_the_backstop_waits_for_two_orders(
    interval: int, patience: int, is_good: bool
) -> None:
    told = load_params(LOCAL).model_dump(mode="json")
    market = told["markets"]["BTC"] | {"interval_s": interval}
    market["liquidation"]["patience"] = patience
    told["markets"]["BTC"] = market
    if is_good:
        Params.model_validate_json(json.dumps(told))
        return
    with pytest.raises(ValueError, match=r"liquidation\.patience: 2 at the least where interval_s is 0"):
        Params.model_validate_json(json.dumps(told))


def test_sets_of_publishers_are_sources_of_their_own(tmp_path: Path) -> None:
    """Each its contract and first report; what has no keys says nothing, and one set counts once a market."""
    params = load_params(LOCAL)
    own = params.oracle.signed_reports["own"]
    signed = params.markets["BTC"].oracle.sources[0]
    sets = {"own": own, "other": own, "silent": own.model_copy(update={"keys": []})}
    told = params.model_dump(mode="json") | {
        "oracle": params.oracle.model_dump(mode="json")
        | {"signed_reports": {name: one.model_dump(mode="json") for name, one in sets.items()}}
    }
    sources = [signed.model_dump(mode="json") | {"by": name} for name in ("own", "silent", "other")]
    told["markets"]["BTC"]["oracle"] |= {"sources": sources, "quorum": 2}
    plan = make_plan(Params.model_validate_json(json.dumps(told)))
    names = [step.name for step in plan.deployments()]
    assert [name for name in names if name.startswith("SignedReports")] == [
        "SignedReports.own", "SignedReports.other", "SignedReports.silent",
    ]  # fmt: skip
    assert {"SignedReports.own", "SignedReports.other", "SignedReports.silent"} <= set(plan.owned)
    listing = next(step for step in plan.steps if step.name == "BTC: listing")
    assert isinstance(listing, Call)
    assert listing.remedy
    price = 100_000 * 10**18
    assert listing.remedy.args == (0, [SignedPrice("own", 0, price), b"", SignedPrice("other", 0, price)])

    told["markets"]["BTC"]["oracle"]["quorum"] = 3
    with pytest.raises(ValueError, match=r"BTC\.first_price: only where keys"):
        Params.model_validate_json(json.dumps(told))
    told["markets"]["BTC"]["oracle"] |= {"sources": [sources[0], sources[0]], "quorum": 1}
    with pytest.raises(ValueError, match="signed by own is listed twice"):
        Params.model_validate_json(json.dumps(told))
