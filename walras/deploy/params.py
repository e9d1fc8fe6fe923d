"""What a deployment is told: a YAML file, all of it checked before the first transaction.

Amounts of money and prices are decimal strings, everything else whole numbers in the unit that the contracts
use; keys end in it. Bounds are those of the contracts, which check them again.
"""

import hashlib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

ONE: Final = 10**18
NOBODY: Final = "0x" + 40 * "0"
TEST_CHAINS: Final = (1_337, 31_337, 84_532)
"""Where a token that anybody mints may be the collateral."""
LOCAL_CHAINS: Final = (1_337, 31_337)
"""Where keys of publishers may stand in a file."""
MAX_TICK: Final = 2**18 - 2
LEAST_SPACING: Final = 4
"""Seconds: 1,023 spacings of the router's ring are longer then than a last price's hour."""
_LOT_PRICE_BITS: Final = 66 - 18 - 1


class ParamsError(Exception):
    """A file of parameters that cannot be used; its str names file and key of everything that is wrong."""


def _address(value: str) -> str:
    if not value:
        raise ValueError("an address is required, and none is given")
    if not is_hex_address(value):
        raise ValueError(f"{value!r} is not an address")
    if value != value.lower() and not is_checksum_address(value):
        raise ValueError(f"{value} has a wrong checksum")
    if int(value, 16) == 0:
        raise ValueError("the zero address is not allowed here")
    return str(to_checksum_address(value))


def _optional_address(value: str) -> str:
    return NOBODY if value in ("", NOBODY) else _address(value)


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("a decimal number in quotes is required")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a decimal number") from error


def _hash(value: str) -> str:
    if len(value) != 66 or not value.startswith("0x"):
        raise ValueError("32 bytes in hexadecimal are required")
    int(value, 16)
    return value.lower()


Address = Annotated[str, AfterValidator(_address)]
OptionalAddress = Annotated[str, AfterValidator(_optional_address)]
Amount = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0)]
Word = Annotated[str, AfterValidator(_hash)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=32)]
SetName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9-]{0,23}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Ordered(_Model):
    """A struct of a contract, its fields in the contract's order."""

    def words(self) -> tuple[Any, ...]:
        """As the ABI takes it."""
        return tuple(getattr(self, name) for name in type(self).model_fields)


class Network(_Model):
    """Where."""

    ecosystem: str
    network: str
    chain_id: Annotated[int, Field(ge=1)]


class Gas(_Model):
    """What a transaction may cost, and when a stuck one is paid more for."""

    priority_fee_wei: Annotated[int, Field(ge=0)]
    base_fee_multiple_bps: Annotated[int, Field(ge=10_000, le=100_000)]
    max_fee_wei: Annotated[int, Field(ge=1)]
    limit_multiple_bps: Annotated[int, Field(ge=10_000, le=30_000)]
    patience_s: Annotated[int, Field(ge=1, le=3_600)]


class Token(_Model):
    """The collateral: one that is there, or one for tests."""

    address: OptionalAddress = NOBODY
    test: bool = False
    decimals: Annotated[int, Field(ge=6, le=18)]

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.test == (self.address != NOBODY):
            raise ValueError("address: is required, or test: true where a test token is deployed")
        return self


class SignedReports(_Model):
    """A set of publishers who sign reports together: one contract, which the others know nothing of."""

    publishers: Annotated[list[Address], Field(min_length=1, max_length=16)]
    quorum: Annotated[int, Field(ge=1)]
    max_age_s: Annotated[int, Field(ge=1, le=3_600)]
    keys: list[Word] = []

    @model_validator(mode="after")
    def _majority(self) -> Self:
        if not len(self.publishers) < 2 * self.quorum <= 2 * len(self.publishers):
            raise ValueError("quorum: more than half of the publishers, and no more than there are")
        if len({one.lower() for one in self.publishers}) != len(self.publishers):
            raise ValueError("publishers: one is listed twice")
        return self


class Oracle(_Model):
    """What all markets share of the prices."""

    guardian: OptionalAddress
    sequencer_feed: OptionalAddress
    sequencer_grace_s: Annotated[int, Field(ge=0, le=86_400)]
    signed_reports: dict[SetName, SignedReports] = {}


class _Source(_Model):
    weight: Annotated[int, Field(ge=1, le=15)]
    heartbeat_s: Annotated[int, Field(ge=1, le=172_800)]
    confidence_bps: Annotated[int, Field(ge=0, le=2_000)]
    gas_limit: Annotated[int, Field(ge=20_000, le=500_000, multiple_of=1_000)]

    def words(self) -> tuple[int, int, int, int]:
        """Of IOracleRouter.Source, after the address."""
        return self.weight, self.heartbeat_s, self.confidence_bps, self.gas_limit


class SignedSource(_Source):
    """A set of publishers of `oracle.signed_reports`."""

    kind: Literal["signed"]
    by: SetName


class ChainlinkSource(_Source):
    """An aggregator of Chainlink."""

    kind: Literal["chainlink"]
    address: Address
    threshold_bps: Annotated[int, Field(ge=0, le=2_000)]


class PythSource(_Source):
    """A feed of Pyth."""

    kind: Literal["pyth"]
    address: Address
    feed: Word


class UniswapSource(_Source):
    """A pool of Uniswap v3."""

    kind: Literal["uniswap"]
    address: Address
    base: Address
    window_s: Annotated[int, Field(ge=60, le=86_400)]
    min_liquidity: Annotated[int, Field(ge=1, lt=2**128)]


Source = Annotated[SignedSource | ChainlinkSource | PythSource | UniswapSource, Field(discriminator="kind")]


class MarketOracle(_Model):
    """How a market's price comes about; IOracleRouter.Settings and its sources."""

    quorum: Annotated[int, Field(ge=1, le=8)]
    deviation_bps: Annotated[int, Field(ge=1, le=2_000)]
    rejection_bps: Annotated[int, Field(ge=1, le=4_000)]
    max_move_bps: Annotated[int, Field(ge=1, le=4_000)]
    spacing_s: Annotated[int, Field(ge=1, le=1_000)]
    sources: Annotated[list[Source], Field(min_length=1, max_length=4)]
    """The router takes eight; a vote carries 1,024 bytes a call, and could not change more than four."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.quorum > len(self.sources):
            raise ValueError("quorum: no more than there are sources")
        if self.spacing_s < LEAST_SPACING:
            raise ValueError(
                f"spacing_s: {LEAST_SPACING} at the least: 1,024 observations have to reach back over the"
                " hour that a market's last price is the average of"
            )
        if self.rejection_bps < self.deviation_bps:
            raise ValueError("rejection_bps: no less than deviation_bps")
        if any(one.confidence_bps > self.deviation_bps for one in self.sources):
            raise ValueError("sources: a confidence_bps above deviation_bps")
        sets = [one.by for one in self.sources if isinstance(one, SignedSource)]
        for name in sets:
            if sets.count(name) > 1:
                raise ValueError(f"sources: signed by {name} is listed twice")
        return self

    def words(self) -> tuple[int, ...]:
        """IOracleRouter.Settings."""
        return self.quorum, self.deviation_bps, self.rejection_bps, self.max_move_bps, self.spacing_s


class MarketSettings(_Ordered):
    """IPerpEngine.MarketSettings."""

    initial_ppm: Annotated[int, Field(ge=10_000, le=1_000_000)]
    maintenance_bps: Annotated[int, Field(ge=1_000, le=9_000)]
    soft_notional: Annotated[int, Field(ge=0, lt=2**40 - 1)]
    hard_notional: Annotated[int, Field(ge=1, lt=2**40)]
    open_cap: Annotated[int, Field(ge=0, lt=2**36)]
    account_cap: Annotated[int, Field(ge=0, lt=2**34)]
    maker_ppm: Annotated[int, Field(ge=-6_000, le=10_000)]
    taker_ppm: Annotated[int, Field(ge=0, le=10_000)]
    band_bps: Annotated[int, Field(ge=10, le=5_000)]
    mark_band_bps: Annotated[int, Field(ge=10, le=2_000)]
    interest: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    funding_clamp: Annotated[int, Field(ge=1, le=10)]
    price_grace: Annotated[int, Field(ge=0, le=600)]
    max_mark_age: Annotated[int, Field(ge=1, le=3_600)]
    tip: Annotated[int, Field(ge=0, lt=2**40)]
    restart_batches: Annotated[int, Field(ge=0, lt=2**7)]
    impact_lots: Annotated[int, Field(ge=1, lt=2**21)]

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.soft_notional >= self.hard_notional:
            raise ValueError("soft_notional: below hard_notional")
        if not -6 * self.taker_ppm <= 10 * self.maker_ppm <= 10 * self.taker_ppm:
            raise ValueError("maker_ppm: from -0.6 of taker_ppm to taker_ppm")
        return self


class Quotes(_Ordered):
    """IVault.QuoteSettings."""

    allocation_bps: Annotated[int, Field(ge=0, le=10_000)]
    leverage_bps: Annotated[int, Field(ge=1_000, le=100_000)]
    spread_ppm: Annotated[int, Field(ge=100, le=100_000)]
    skew_ppm: Annotated[int, Field(ge=0, le=100_000)]
    depth_bps: Annotated[int, Field(ge=1, le=10_000)]

    @model_validator(mode="after")
    def _costs_round_trips(self) -> Self:
        if self.skew_ppm > self.spread_ppm:
            raise ValueError("skew_ppm: no more than spread_ppm, or the vault pays for round trips")
        return self


class Liquidation(_Ordered):
    """ILiquidationEngine.Settings; amounts in units of the token."""

    penalty_ppm: Annotated[int, Field(ge=0, le=50_000)]
    tip_bps: Annotated[int, Field(ge=0, le=5_000)]
    tip_cap: Annotated[int, Field(ge=0, lt=2**48)]
    buffer_ppm: Annotated[int, Field(ge=0, le=100_000)]
    min_notional: Annotated[int, Field(ge=0, lt=2**64)]
    patience: Annotated[int, Field(ge=1, le=255)]
    discount_ppm: Annotated[int, Field(ge=0, le=50_000)]
    unwind_ppm: Annotated[int, Field(ge=0, le=50_000)]

    @model_validator(mode="after")
    def _costs_round_trips(self) -> Self:
        if self.unwind_ppm > self.discount_ppm:
            raise ValueError("unwind_ppm: no more than discount_ppm, or round trips through the backstop pay")
        return self


class Market(_Model):
    """A market, from its price to its end."""

    number: Annotated[int, Field(ge=0, le=127)]
    lot_size: Amount
    tick_size: Amount
    interval_s: Annotated[int, Field(ge=0, le=3_600)]
    min_lots: Annotated[int, Field(ge=1, lt=2**20)]
    draw_cap: Amount
    first_price: Amount | None = None
    settings: MarketSettings
    oracle: MarketOracle
    quotes: Quotes
    liquidation: Liquidation

    @model_validator(mode="after")
    def _has_news(self) -> Self:
        sources = self.oracle.sources
        pulled = [one for one in sources if isinstance(one, SignedSource | PythSource)]
        weight, whole = sum(one.weight for one in pulled), sum(one.weight for one in sources)
        is_news = len(pulled) >= self.oracle.quorum and 2 * weight > whole
        if self.settings.price_grace and not is_news:
            raise ValueError(
                "settings.price_grace: 0 here, or more sources of kind signed or pyth: those that are brought"
                " with an auction have to be a quorum with more than half of the weight, or no price is news"
                " and each auction waits in vain"
            )
        return self

    @model_validator(mode="after")
    def _is_patient(self) -> Self:
        if self.interval_s == 0 and self.liquidation.patience < 2:
            raise ValueError(
                "liquidation.patience: 2 at the least where interval_s is 0: of one order nobody has time to"
                " hear before the backstop takes the position at its discount"
            )
        return self

    def unit(self, decimals: int) -> Decimal:
        """Token units per lot and tick."""
        return self.lot_size * self.tick_size * Decimal(10**decimals)


class Vault(_Model):
    """The liquidity providers' vault."""

    name: Name
    symbol: Name
    deposit_cap: Amount
    cooldown_s: Annotated[int, Field(ge=86_400, le=1_209_600)]
    base_bps: Annotated[int, Field(ge=0, le=100)]
    slope_bps: Annotated[int, Field(ge=0, le=900)]


class Shares(_Model):
    """How an income is split, 1/10,000."""

    vault: Annotated[int, Field(ge=0, le=10_000)]
    insurance: Annotated[int, Field(ge=1_000, le=10_000)]
    treasury: Annotated[int, Field(ge=0, le=5_000)]
    runners: Annotated[int, Field(ge=0, le=2_000)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.vault + self.insurance + self.treasury + self.runners != 10_000:
            raise ValueError("the shares do not sum to 10,000")
        return self

    def words(self) -> tuple[Any, ...]:
        """IFeeDistributor.Shares, nobody else having one."""
        return self.vault, self.insurance, self.treasury, self.runners, []


class PenaltyShares(Shares):
    """Of penalties the insurance fund gets half at the least."""

    insurance: Annotated[int, Field(ge=5_000, le=10_000)]


class Fees(_Model):
    """Who gets the exchange's income."""

    fees: Shares
    penalties: PenaltyShares
    floor: Annotated[Amount, Field(le=1_000_000)]


class Governance(_Model):
    """The token, the vote and the delay."""

    supply: Annotated[Amount, Field(gt=0)]
    holder: Address
    delay_s: Annotated[int, Field(ge=86_400, le=2_592_000)]
    voting_delay_s: Annotated[int, Field(ge=3_600, le=604_800)]
    voting_period_s: Annotated[int, Field(ge=172_800, le=2_592_000)]
    threshold_bps: Annotated[int, Field(ge=1, le=200)]
    quorum_bps: Annotated[int, Field(ge=100, le=2_000)]
    late_extension_s: Annotated[int, Field(ge=3_600, le=604_800)]

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if not 10_000 <= self.units < 2**96:
            raise ValueError("supply: below 2**96 units of 18 decimals, and not less than 10,000 units")
        return self

    @property
    def units(self) -> int:
        """Of the token, 18 decimals."""
        return int(self.supply * ONE)

    def terms(self) -> tuple[int, ...]:
        """IGovernor.Terms."""
        threshold = self.units * self.threshold_bps // 10_000
        return self.voting_delay_s, self.voting_period_s, threshold, self.quorum_bps, self.late_extension_s


class Guardian(_Model):
    """Who may stop things, and how long until governance renews it."""

    multisig: OptionalAddress
    term_s: Annotated[int, Field(ge=1, le=15_465_600)]
    """A day less than the contract takes: it counts from the block in which a node tries the call."""


class Params(_Model):
    """All of a network's parameters."""

    network: Network
    gas: Gas
    token: Token
    oracle: Oracle
    governance: Governance
    guardian: Guardian
    vault: Vault
    fees: Fees
    markets: Annotated[dict[str, Market], Field(min_length=1, max_length=128)]

    @model_validator(mode="after")
    def _together(self) -> Self:
        chain, reports = self.network.chain_id, self.oracle.signed_reports
        wrong = []
        if self.token.test and chain not in TEST_CHAINS:
            wrong.append(f"token.test: not on chain {chain}, whose money is real")
        for name, publishers in reports.items():
            if publishers.keys and chain not in LOCAL_CHAINS:
                wrong.append(
                    f"oracle.signed_reports.{name}.keys: keys may stand in a file for local chains alone"
                )
        numbers = [market.number for market in self.markets.values()]
        allocated = sum(market.quotes.allocation_bps for market in self.markets.values())
        if allocated > 10_000:
            wrong.append(f"markets: quotes.allocation_bps sum to {allocated:,}, more than 10,000")
        for name, market in self.markets.items():
            if numbers.count(market.number) > 1:
                wrong.append(f"markets.{name}.number: {market.number} is given twice")
            unit = market.unit(self.token.decimals)
            if unit != int(unit) or unit <= 0:
                wrong.append(
                    f"markets.{name}.tick_size: lot_size x tick_size is no whole number of token units"
                )
            elif int(unit).bit_length() > _LOT_PRICE_BITS + 1:
                wrong.append(f"markets.{name}.tick_size: lot_size x tick_size is too large")
            for key in ("lot_size", "tick_size"):
                scaled = getattr(market, key) * ONE
                if scaled != int(scaled) or not 0 < scaled < 2**96:
                    wrong.append(f"markets.{name}.{key}: above 0, below 2**96 units of 18 decimals")
            sets = [one.by for one in market.oracle.sources if isinstance(one, SignedSource)]
            for missing in (one for one in sets if one not in reports):
                wrong.append(
                    f"markets.{name}.oracle.sources: signed by {missing}, who is not in oracle.signed_reports"
                )
            signing = sum(one in reports and bool(reports[one].keys) for one in sets)
            if market.first_price is not None and signing < market.oracle.quorum:
                wrong.append(
                    f"markets.{name}.first_price: only where keys in oracle.signed_reports can sign it for"
                    " a quorum of the market's sources"
                )
            if market.first_price and market.first_price > MAX_TICK * market.tick_size > 0:
                wrong.append(f"markets.{name}.first_price: above the highest tick")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def amount(self, value: Decimal) -> int:
        """Units of the collateral."""
        return int(value * 10**self.token.decimals)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Refuses a key that is given twice, which YAML would let win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As SafeLoader, merges included."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key is a word, not a list or a mapping", problem_mark=key.start_mark
                )
            if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key {key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep))


def load_params(path: Path) -> Params:
    """Read and check a file; raises ParamsError that names file, line and key of all that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ParamsError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: it is no UTF-8: {error.reason} at byte {error.start}") from error
    try:
        content = yaml.load(text, _Loader)
        tree = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ParamsError(f"{path}{line}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ParamsError(f"{path}: a mapping is expected")
    content.pop("defaults", None)
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError("\n".join(_told(path, tree, error))) from error


def params_hash(params: Params) -> str:
    """Of what is told, however it is written down."""
    return hashlib.sha256(params.model_dump_json().encode()).hexdigest()


def _told(path: Path, tree: Any, error: ValidationError) -> list[str]:
    """A line for each thing that is wrong."""
    lines = []
    for one in error.errors():
        loc = one["loc"]  # after the number of a source its kind, which is no key
        where = [str(part) for place, part in enumerate(loc) if place < 2 or loc[place - 2] != "sources"]
        message = one["msg"].removeprefix("Value error, ")
        for part in message.split("\n"):
            head, _, tail = part.partition(": ")
            is_key = bool(tail) and " " not in head
            keys = where + head.split(".") if is_key else where
            line = _line(tree, keys)
            given = f" (it is {one['input']!r})" if isinstance(one["input"], int | str) else ""
            shown = tail if is_key else part
            lines.append(f"{path}{f':{line}' if line else ''}: {'.'.join(keys) or 'file'}: {shown}{given}")
    return lines


def _line(node: Any, keys: list[str]) -> int | None:
    """Where a key stands, or the innermost one around it that does."""
    found = None
    for key in keys:
        if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            node = node.value[int(key)]
            found = node.start_mark.line + 1
            continue
        if not isinstance(node, yaml.MappingNode):
            break
        pairs = [(name, value) for name, value in node.value if name.value == key]
        if not pairs:
            break
        found = pairs[0][0].start_mark.line + 1
        node = pairs[0][1]
    return found
