"""What a keeper process is told: a YAML file, and variables of the environment that go before it.

`WALRAS_KEEPER_WEB__PORT=9500` stands for `web: {port: 9500}`; lists and maps are given as JSON.
docs/keepers.md explains each setting. Amounts of wei and of token units are whole numbers. Private keys are
named, not written: each account says where its key is.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from walras.deploy.params import _line, _Loader

PREFIX: Final = "WALRAS_KEEPER_"

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,40}$")]
Wei = Annotated[int, Field(ge=0, lt=2**96)]
Units = Annotated[int, Field(ge=0, lt=2**112)]
Seconds = Annotated[int, Field(ge=0, le=10**7)]
AddressText = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]


def _url(text: str) -> str:
    """It is not repeated in the error: there may be a key in it."""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError("a URL of http or https is wanted, such as https://sepolia.base.org")
    return text


Url = Annotated[str, AfterValidator(_url)]


class ConfigError(Exception):
    """A configuration that cannot be used; its str names file and key of everything that is wrong."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# ---------------------------------------------------------------- chain, accounts, process


class L1FeeConfig(_Model):
    """Of a rollup of the OP stack, which charges for the data of a transaction on top of its gas."""

    oracle: AddressText
    """Its GasPriceOracle: 0x420000000000000000000000000000000000000F."""


class ChainConfig(_Model):
    """Which exchange, and who tells of it."""

    rpc: Annotated[list[Url], Field(min_length=1)]
    """Endpoints, in the order in which they are asked."""
    deployment: Path
    """The record that the deployment wrote, deployments/<ecosystem>-<network>.json."""
    relay: Url | Literal[""] = ""
    """Private relay that transactions go to, and nowhere else; empty: all endpoints."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    poll_s: Annotated[float, Field(gt=0, le=60)] = 0.25
    """Pause between two questions for a new head."""
    confirmations: Annotated[int, Field(ge=1, le=256)] = 3
    """Blocks after which a transaction is believed to stay."""
    max_lag_blocks: Annotated[int, Field(ge=1, le=1_000)] = 3
    """Blocks that an endpoint may be behind the others before it is left out."""
    l1_fee: L1FeeConfig | None = None
    """None: gas is all that a transaction costs."""
    log_blocks: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """Blocks whose events are asked for at once, when catching up."""


class AccountConfig(_Model):
    """A key, where it is, and what its transactions may cost. Exactly one of env, file, keyfile and key."""

    env: str = ""
    """Variable of the environment that holds the private key, hexadecimal."""
    file: Path | None = None
    """File that holds nothing but the private key, hexadecimal, readable by its owner alone."""
    keyfile: Path | None = None
    """Encrypted key file (web3 secret storage)."""
    passphrase_env: str = ""
    passphrase_file: Path | None = None
    key: SecretStr | None = None
    """The private key itself: on chains 1337 and 31337 only."""
    priority_fee_wei: Wei = 1_000_000
    """A gas, for who makes the block; of several transactions in one block the higher comes first."""
    base_fee_percent: Annotated[int, Field(ge=100, le=1_000)] = 200
    """Of the base fee that a transaction allows; the priority fee comes on top."""
    gas_percent: Annotated[int, Field(ge=100, le=300)] = 130
    """Of the estimate that is the gas limit."""
    max_fee_wei: Wei = 100_000_000_000
    """A gas: above it nothing is sent, and nothing raised."""
    patience_blocks: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Blocks after which a transaction that is not in a block is sent again with a higher fee."""
    low_balance_wei: Wei = 0
    """Balance below which an alert goes out."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("env", "file", "keyfile", "key") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"one of env, file, keyfile and key says where the key is, not {given or 'none'}"
            )
        if self.keyfile and not (self.passphrase_env or self.passphrase_file):
            raise ValueError("a keyfile needs passphrase_env or passphrase_file")
        if self.max_fee_wei <= self.priority_fee_wei:
            raise ValueError("max_fee_wei has to be above priority_fee_wei: it bears the base fee as well")
        return self


class WebConfig(_Model):
    """Where /health, /ready, /metrics, /status and /reports are served."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 9_400
    """0: one that is free; the log tells which."""
    ready_lag_s: Annotated[float, Field(gt=0)] = 60.0
    """Seconds of the clock without a head that was handled, after which /ready says no."""


class LogConfig(_Model):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


class AlertConfig(_Model):
    """Whom to wake. The same alert goes out again after `every_s` seconds of the clock at the earliest."""

    urls: list[SecretStr] = []
    """As apprise takes them: https://github.com/caronc/apprise/wiki."""
    every_s: Annotated[float, Field(ge=0)] = 900.0


class InventoryConfig(_Model):
    """Tips that have gathered in the accounts of the engine, and in TriggerOrders; token units."""

    every_blocks: Annotated[int, Field(ge=1)] = 100
    alarm_units: Units | None = None
    """Balance above which an alert goes out."""
    withdraw_units: Units | None = None
    """Balance above which all of it is withdrawn, or claimed, to `withdraw_to`."""
    withdraw_to: AddressText | None = None
    """None: the account's own address."""


# ---------------------------------------------------------------- prices


class ReplayVenue(_Model):
    """A venue that trades as it did on a recorded day."""

    kind: Literal["replay"]
    folder: Path
    tape: str
    """Of the files <asset>-USD.<tape>.csv.gz."""
    shift_s: int = 0
    """Chain time less the tape's."""
    weight: Annotated[int, Field(ge=1, le=100)] = 1


class CcxtVenue(_Model):
    """A venue by its public API."""

    kind: Literal["ccxt"]
    exchange: str
    """As ccxt calls it: coinbase, kraken, binance."""
    symbols: dict[str, str]
    """Of each asset, as ccxt calls it: {BTC: BTC/USD}."""
    poll_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    weight: Annotated[int, Field(ge=1, le=100)] = 1


Venue = Annotated[ReplayVenue | CcxtVenue, Field(discriminator="kind")]


class PublisherConfig(_Model):
    """Who signs prices, of which venues, for which SignedReports."""

    name: Name
    account: str
    """Its key signs; it needs no ether."""
    reports: str
    """SignedReports of the deployment's record, by name."""
    venues: Annotated[list[str], Field(min_length=1)]
    markets: list[str] = []
    """By name; empty: all that one of its venues knows."""
    every_s: Annotated[int, Field(ge=1, le=3_600)] = 5
    """Chain seconds between two reports on a market."""
    max_age_s: Annotated[int, Field(ge=1, le=172_800)] = 14_400
    """Age of a trade beyond which a venue is not heard."""
    warmup_s: Annotated[int, Field(ge=0, le=86_400)] = 3_600
    """Of the past that is looked at when it begins, where a venue knows it."""
    floor_bps: Annotated[int, Field(ge=1, le=2_000)] = 50
    """Distance from the venues' median within which none is left out."""


class HermesConfig(_Model):
    """Where Pyth's updates are fetched."""

    url: Url
    """Of a Hermes service, without a path."""
    timeout_s: Annotated[float, Field(gt=0, le=10)] = 2.0
    max_fee_wei: Wei = 10**13
    """That Pyth is paid for an update, at most."""


class ReportsConfig(_Model):
    """Where reports of other processes are fetched."""

    urls: list[Url] = []
    """Of their /reports, without the market: http://127.0.0.1:9401/reports."""
    timeout_s: Annotated[float, Field(gt=0, le=10)] = 0.5
    hermes: HermesConfig | None = None
    """For markets whose router listens to Pyth."""


# ---------------------------------------------------------------- keepers


class BackoffConfig(_Model):
    """How long a subject rests after a refusal: doubled each time, chain seconds."""

    first_s: Annotated[int, Field(ge=1)] = 4
    most_s: Annotated[int, Field(ge=1)] = 600


class KeeperBase(_Model):
    """What all keepers have."""

    account: str
    """Which of the accounts sends for it."""
    name: Name | None = None
    """None: its kind."""
    markets: list[str] = []
    """By name; empty: all."""
    min_profit_wei: int | None = None
    """Least of reward less gas for which it acts; negative: it may cost so much. None: whatever it costs."""
    dry_run: bool = False
    """Decide and simulate, send nothing."""
    every_blocks: Annotated[int, Field(ge=1)] = 1
    max_tasks: Annotated[int, Field(ge=1, le=1_000)] = 32
    """Sent at one head; what is left comes at the next."""
    backoff: BackoffConfig = BackoffConfig()
    kind: ClassVar[str]


class AuctionsKeeper(KeeperBase):
    """Runs auctions whose batch has closed."""

    kind: Literal["auctions"]  # type: ignore[misc]
    skip_empty: bool = False


class PricesKeeper(KeeperBase):
    """Posts signed prices by themselves, where no auction does."""

    kind: Literal["prices"]  # type: ignore[misc]
    heartbeat_s: Annotated[int, Field(ge=1)] = 20
    deviation_bps: Annotated[int, Field(ge=1, le=10_000)] = 50


class LiquidatorKeeper(KeeperBase):
    """All stages of the waterfall but nominations."""

    kind: Literal["liquidator"]  # type: ignore[misc]
    auctions_before_backstop: Annotated[int, Field(ge=0, le=255)] = 1
    unwind: bool = True


class NominatorKeeper(KeeperBase):
    """Nominates who is deleveraged."""

    kind: Literal["nominator"]  # type: ignore[misc]
    auctions_before_backstop: Annotated[int, Field(ge=0, le=255)] = 1
    """As the liquidator's."""


class TriggersKeeper(KeeperBase):
    """Executes trigger orders."""

    kind: Literal["triggers"]  # type: ignore[misc]
    ratchet_bps: Annotated[int, Field(ge=0, le=10_000)] = 0
    retry_parked: bool = False


class SweeperKeeper(KeeperBase):
    """Removes what has expired."""

    kind: Literal["sweeper"]  # type: ignore[misc]
    every_blocks: Annotated[int, Field(ge=1)] = 5


class SettlerKeeper(KeeperBase):
    """Ends markets that lost their price."""

    kind: Literal["settler"]  # type: ignore[misc]
    every_blocks: Annotated[int, Field(ge=1)] = 15
    report_after_s: Seconds = 600
    settle: bool = True


class CaretakerKeeper(KeeperBase):
    """Fees, the vault's backstop, marks."""

    kind: Literal["caretaker"]  # type: ignore[misc]
    every_blocks: Annotated[int, Field(ge=1)] = 15
    distribute_min: Units = 10_000_000
    deliver_min: Units = 10_000_000
    recall_min: Units = 1_000_000
    stale_mark_s: Annotated[int, Field(ge=1)] = 600


Keeper = Annotated[
    AuctionsKeeper
    | PricesKeeper
    | LiquidatorKeeper
    | NominatorKeeper
    | TriggersKeeper
    | SweeperKeeper
    | SettlerKeeper
    | CaretakerKeeper,
    Field(discriminator="kind"),
]


class OracleWei(_Model):
    """What a token unit is worth, by a market of the exchange in the chain's own coin."""

    market: str
    """Whose base is the coin of which gas is paid: ETH."""


class Config(BaseSettings):
    """One process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    process: Name = "keeper"
    """In logs, metrics and alerts."""
    chain: ChainConfig
    state: Path
    """Folder for what has to outlive the process: intents, what is known of accounts."""
    lease: Path | None = None
    """File whose lock says which of several processes acts; None: this one does."""
    accounts: Annotated[dict[Name, AccountConfig], Field(min_length=1)]
    keepers: list[Keeper] = []
    venues: dict[Name, Venue] = {}
    publishers: list[PublisherConfig] = []
    reports: ReportsConfig = ReportsConfig()
    token_wei: Annotated[int, Field(ge=0)] | OracleWei = 0
    """What a token unit is worth, wei, for rewards; 0: rewards count for nothing."""
    web: WebConfig | None = WebConfig()
    log: LogConfig = LogConfig()
    alerts: AlertConfig = AlertConfig()
    inventory: InventoryConfig = InventoryConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _names(self) -> Self:
        wrong = []
        for i, keeper in enumerate(self.keepers):
            if keeper.account not in self.accounts:
                wrong.append(f"keepers.{i}.account: there is no account {keeper.account!r}")
        names = [name_of(keeper) for keeper in self.keepers]
        for name in sorted({name for name in names if names.count(name) > 1}):
            wrong.append(f"keepers: two are called {name!r}; give each a name of its own")
        for i, publisher in enumerate(self.publishers):
            if publisher.account not in self.accounts:
                wrong.append(f"publishers.{i}.account: there is no account {publisher.account!r}")
            wrong += [
                f"publishers.{i}.venues: there is no venue {venue!r}"
                for venue in publisher.venues
                if venue not in self.venues
            ]
        if not self.keepers and not self.publishers:
            wrong.append("keepers: neither keepers nor publishers are given: there is nothing to run")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


def name_of(keeper: KeeperBase) -> str:
    """What it is called in logs and metrics."""
    return keeper.name or keeper.kind


def load_config(path: Path) -> Config:
    """Read and check a file; raises ConfigError that names file, line and key of all that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is no UTF-8: {error.reason} at byte {error.start}") from error
    try:
        content = yaml.load(text, _Loader)
        tree = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: it is no YAML: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{path}: a mapping is expected, whose keys are names")
    try:
        return Config(**content)
    except ValidationError as error:
        raise ConfigError("\n".join(_told(path, tree, error))) from error
    except SettingsError as error:
        raise ConfigError(f"{PREFIX}*: {error}: lists and maps are given as JSON") from None


_TAG_AT: Final = {"keepers": 2, "venues": 2, "token_wei": 1}
"""Where pydantic puts the kind of what may be of several kinds into the place of an error; the file has no
such key.
"""


def _told(path: Path, tree: Any, error: ValidationError) -> list[str]:
    """A line for each thing that is wrong. What was given is not repeated: it may be a secret."""
    lines = []
    for one in error.errors(include_input=False, include_url=False):
        where = [str(part) for part in one["loc"]]
        tag = _TAG_AT.get(where[0], len(where)) if where else 0
        where = where[:tag] + where[tag + 1 :]
        for part in one["msg"].removeprefix("Value error, ").split("\n"):
            head, _, tail = part.partition(": ")
            is_key = bool(tail) and " " not in head
            keys = where + head.split(".") if is_key else where
            line = _line(tree, keys)
            lines.append(
                f"{path}{f':{line}' if line else ''}: {'.'.join(keys) or 'file'}: {tail if is_key else part}"
            )
    return lines
