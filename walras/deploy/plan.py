"""What is deployed, in order, as data: nothing here knows a chain.

A step is a transaction. Arguments name other contracts by `At`, and the executor puts addresses in their
places. What a step has to have changed stands beside it as questions with their answers: they tell that it is
done, and later that nobody has undone it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final

from walras.deploy.contracts import artifact
from walras.deploy.params import (
    NOBODY,
    ONE,
    ChainlinkSource,
    Market,
    Params,
    PythSource,
    SignedSource,
    Source,
    UniswapSource,
)
from walras.devtools.wiring import deploy_engine, deploy_waterfall

REPORTS: Final = "SignedReports"
BLUEPRINT: Final = "OrderbookBlueprint"
ACTIVE: Final = 1
"""The mode in which a market is listed, of IPerpEngine.Mode."""


@dataclass(frozen=True, slots=True)
class At:
    """The address of a contract of the plan."""

    name: str


@dataclass(frozen=True, slots=True)
class Next:
    """The address of the contract that the next transaction will make."""


@dataclass(frozen=True, slots=True)
class Deployer:
    """Who sends."""


@dataclass(frozen=True, slots=True)
class AccountOf:
    """An account of the engine."""

    owner: At
    number: int


@dataclass(frozen=True, slots=True)
class BookOf:
    """The book that the engine made for a market."""

    market: int


@dataclass(frozen=True, slots=True)
class SignedPrice:
    """Reports of publishers whose keys the parameters have, signed when they are sent."""

    by: str
    market: int
    price: int


@dataclass(frozen=True, slots=True)
class AfterNow:
    """Unix seconds, so many after the step is sent."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Question:
    """What a contract answers; of a tuple one part. `storage x.y` reads a variable that has no function."""

    target: Any
    contract: str
    function: str
    args: tuple[Any, ...]
    answer: Any
    part: int | None = None

    @property
    def name(self) -> str:
        """As tables show it."""
        shown = ", ".join(str(one) for one in self.args if not isinstance(one, At))
        where = self.target
        if isinstance(where, At | BookOf):
            where = where.name if isinstance(where, At) else f"book of market {where.market}"
        return f"{where}.{self.function}({shown})" + (f"[{self.part}]" if self.part is not None else "")


@dataclass(frozen=True, slots=True)
class Deploy:
    """A contract is made."""

    name: str
    contract: str
    args: tuple[Any, ...] = ()
    blueprint: bool = False
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A contract is called. A price that it needs first `remedy` brings about, or else who deploys has to."""

    name: str
    target: At
    contract: str
    function: str
    args: tuple[Any, ...]
    questions: tuple[Question, ...] = ()
    needs_price: int | None = None
    remedy: "Call | None" = None


Step = Deploy | Call


@dataclass(slots=True)
class Plan:
    """All steps, and who has to own what at the end."""

    steps: list[Step] = field(default_factory=list)
    owned: list[str] = field(default_factory=list)
    markets: dict[str, int] = field(default_factory=dict)
    before: list[Question] = field(default_factory=list)
    """What has to be so before anything is sent."""
    external: dict[str, str] = field(default_factory=dict)
    """Contracts of others that have to be there, by what the parameters call them."""

    def deploy(self, contract: str, *args: Any, name: str | None = None, blueprint: bool = False) -> At:
        """Add a contract; what names it."""
        self.steps.append(Deploy(name or contract, contract, args, blueprint))
        return At(name or contract)

    def call(self, target: At, function: str, *args: Any, **more: Any) -> None:
        """Add a call."""
        name = more.pop("name", f"{target.name}.{function}")
        self.steps.append(Call(name, target, self.contract(target), function, args, **more))

    def ask(self, target: At, function: str, *args: Any, is_: Any, part: int | None = None) -> None:
        """Add a question to the last step."""
        step = self.steps[-1]
        asked = Question(target, self.contract(target), function, args, is_, part)
        self.steps[-1] = _with(step, questions=(*step.questions, asked))

    def contract(self, target: At) -> str:
        """The contract at a name."""
        return next(
            step.contract for step in self.steps if isinstance(step, Deploy) and step.name == target.name
        )

    def deployments(self) -> Iterator[Deploy]:
        """The contracts."""
        return (step for step in self.steps if isinstance(step, Deploy))

    def questions(self) -> list[Question]:
        """What has to be true at the end: of each question the last answer."""
        last = {one.name: one for step in self.steps for one in step.questions}
        return list(last.values())

    def digest(self) -> str:
        """Of steps and code: a journal goes on with the same only."""
        told: list[Any] = [_json(step) for step in self.steps]
        told += [artifact(step.contract).creation.hex() for step in self.deployments()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def make_plan(params: Params) -> Plan:
    """The deployment of a network."""
    plan = Plan()
    governance = params.governance
    token = _token(plan, params)

    votes = plan.deploy("GovernanceToken", governance.holder, governance.units)
    plan.ask(votes, "balanceOf", Deployer(), is_=0)
    timelock = plan.deploy("Timelock", governance.delay_s, Next())
    plan.ask(timelock, "get_minimum_delay", is_=governance.delay_s)
    governor = plan.deploy("Governor", votes, timelock, governance.terms())
    delay, period, threshold, quorum, extension = governance.terms()
    plan.ask(governor, "timelock", is_=timelock)
    plan.ask(governor, "token", is_=votes)
    plan.ask(governor, "votingDelay", is_=delay)
    plan.ask(governor, "votingPeriod", is_=period)
    plan.ask(governor, "proposalThreshold", is_=threshold)
    plan.ask(governor, "quorumNumerator", is_=quorum)
    plan.ask(governor, "lateQuorumVoteExtension", is_=extension)
    treasury = plan.deploy("Treasury", timelock)

    oracle = params.oracle
    router = plan.deploy(
        "OracleRouter", Deployer(), oracle.guardian, oracle.sequencer_feed, oracle.sequencer_grace_s
    )
    plan.ask(router, "guardian", is_=oracle.guardian)
    plan.ask(router, "sequencer_feed", is_=oracle.sequencer_feed)
    plan.ask(router, "sequencer_grace", is_=oracle.sequencer_grace_s)
    owned = [treasury, router]
    for name, reports in oracle.signed_reports.items():
        words = reports.publishers, reports.quorum, reports.max_age_s
        owned.append(plan.deploy(REPORTS, timelock, *words, name=reports_name(name)))

    engine = deploy_engine(plan.deploy, Deployer(), token, router)
    fund = plan.deploy("InsuranceFund", Deployer(), token)
    vault = plan.deploy("Vault", Deployer(), engine, params.vault.name, params.vault.symbol)
    liquidator = deploy_waterfall(plan.deploy, Deployer(), engine, fund)
    plan.deploy("TriggerOrders", engine, token)
    shares = params.fees.fees.words(), params.fees.penalties.words()
    split: tuple[Any, ...] = (vault, timelock, [], *shares, params.amount(params.fees.floor))
    fees = plan.deploy("FeeDistributor", timelock, engine, fund, split)
    plan.ask(fees, "settings", is_=split)
    plan.deploy("OrderbookV2", name=BLUEPRINT, blueprint=True)
    plan.deploy("OrderbookViews")
    owned += [engine, fund, vault, liquidator, fees]

    if not params.token.test:
        plan.external["token.address"] = params.token.address
    if oracle.sequencer_feed != NOBODY:
        plan.external["oracle.sequencer_feed"] = oracle.sequencer_feed
    for name, market in params.markets.items():
        for number, source in enumerate(market.oracle.sources):
            if not isinstance(source, SignedSource):
                plan.external[f"markets.{name}.oracle.sources.{number}.address"] = source.address

    _wire(plan, params, engine, vault, liquidator, fees)
    for name, market in params.markets.items():
        _open(plan, params, name, market)
    plan.call(fund, "set_engine", liquidator)  # late: until then it takes no stakes, and caps are free
    plan.ask(fund, "engine", is_=liquidator)
    owned.append(_guard(plan, params, engine, vault))
    cap = params.amount(params.vault.deposit_cap)
    plan.call(vault, "set_deposit_cap", cap)  # late: until then it takes nobody's money
    plan.ask(vault, "deposit_cap", is_=cap)
    _hand_over(plan, timelock, owned)
    return plan


def _token(plan: Plan, params: Params) -> At | str:
    """The collateral, whose decimals all amounts depend on."""
    decimals = params.token.decimals
    if params.token.test:
        token = plan.deploy("PlainToken", decimals, name="Token")
        plan.ask(token, "decimals", is_=decimals)
        return token
    plan.before.append(Question(params.token.address, "PlainToken", "decimals", (), decimals))
    return params.token.address


def _wire(plan: Plan, params: Params, engine: At, vault: At, liquidator: At, fees: At) -> None:
    """Who calls whom, and what the vault asks of who comes and goes."""
    plan.call(engine, "set_fee_receiver", fees)
    plan.ask(engine, "fee_receiver", is_=fees)
    plan.call(engine, "set_liquidator", liquidator)
    plan.ask(engine, "liquidator", is_=liquidator)
    plan.call(engine, "set_vault", vault)
    plan.ask(engine, "storage clearing.vault", is_=vault)
    plan.call(liquidator, "set_backstop", AccountOf(vault, 1))
    plan.ask(liquidator, "backstop", is_=AccountOf(vault, 1))
    terms = params.vault
    plan.call(vault, "set_cooldown", terms.cooldown_s)
    plan.ask(vault, "cooldown", is_=terms.cooldown_s)
    plan.call(vault, "set_exit_fee", terms.base_bps, terms.slope_bps)
    plan.ask(vault, "base_fee_bps", is_=terms.base_bps)
    plan.ask(vault, "fee_slope_bps", is_=terms.slope_bps)


def _open(plan: Plan, params: Params, name: str, market: Market) -> None:
    """A market: price, book, quotes, liquidation, insurance."""
    number = market.number
    plan.markets[name] = number
    router, engine, vault = At("OracleRouter"), At("PerpEngine"), At("Vault")
    sources = [(_source(plan, name, one), *one.words()) for one in market.oracle.sources]
    plan.call(router, "configure", number, market.oracle.words(), sources, name=f"{name}: oracle")
    plan.ask(router, "configuration", number, is_=(market.oracle.words(), sources))
    remedy = None
    if market.first_price is not None:
        remedy = _first_price(plan, params, name, market, int(market.first_price * ONE))
    plan.call(
        engine,
        "list_market",
        number,
        At(BLUEPRINT),
        At("OrderbookViews"),
        int(market.lot_size * ONE),
        int(market.tick_size * ONE),
        market.interval_s,
        market.min_lots,
        market.settings.words(),
        name=f"{name}: listing",
        needs_price=number,
        remedy=remedy,
    )
    plan.ask(engine, "market_settings", number, is_=market.settings.words())
    plan.ask(engine, "market", number, is_=ACTIVE, part=1)
    plan.ask(engine, "market", number, is_=int(market.unit(params.token.decimals)), part=2)
    plan.ask(engine, "market", number, is_=int(market.lot_size * ONE), part=4)
    for part, value in ((3, market.interval_s), (4, market.min_lots)):
        asked = Question(BookOf(number), "OrderbookV2", "market", (), value, part)
        plan.steps[-1] = _with(plan.steps[-1], questions=(*plan.steps[-1].questions, asked))
    for function, at in (("engine", engine), ("views", At("OrderbookViews"))):
        asked = Question(BookOf(number), "OrderbookV2", function, (), at)
        plan.steps[-1] = _with(plan.steps[-1], questions=(*plan.steps[-1].questions, asked))
    plan.call(vault, "configure", number, market.quotes.words(), name=f"{name}: quotes")
    plan.ask(vault, "quote_settings", number, is_=market.quotes.words())
    liquidator, fund = At("LiquidationEngine"), At("InsuranceFund")
    plan.call(liquidator, "configure", number, market.liquidation.words(), name=f"{name}: liquidation")
    plan.ask(liquidator, "settings", number, is_=market.liquidation.words())
    cap = params.amount(market.draw_cap)
    plan.call(fund, "set_draw_cap", number, cap, name=f"{name}: draw cap")
    plan.ask(fund, "draw_cap", number, is_=cap)


def _first_price(plan: Plan, params: Params, name: str, market: Market, price: int) -> Call:
    """One report of each source whose publishers' keys are known, none of the others."""
    reports = params.oracle.signed_reports
    payloads = [
        SignedPrice(one.by, market.number, price)
        if isinstance(one, SignedSource) and reports[one.by].keys
        else b""
        for one in market.oracle.sources
    ]
    router = At("OracleRouter")
    return Call(f"{name}: first price", router, "OracleRouter", "update", (market.number, payloads))


def reports_name(name: str) -> str:
    """Of the contract of a set of publishers."""
    return f"{REPORTS}.{name}"


def _guard(plan: Plan, params: Params, engine: At, vault: At) -> At:
    """The guardian, with powers for its first term where there is somebody to have them."""
    multisig = params.guardian.multisig
    guardian = plan.deploy("Guardian", Deployer(), engine, vault, multisig)
    plan.ask(guardian, "multisig", is_=multisig)
    plan.call(engine, "set_guardian", guardian)
    plan.ask(engine, "guardian", is_=guardian)
    plan.call(vault, "set_guardian", guardian)
    plan.ask(vault, "guardian", is_=guardian)
    if multisig != NOBODY:
        plan.call(guardian, "renew", AfterNow(params.guardian.term_s))
    return guardian


def _source(plan: Plan, market: str, source: Source) -> At:
    """The contract that reads a source."""
    if isinstance(source, SignedSource):
        return At(reports_name(source.by))
    args: tuple[Any, ...]
    if isinstance(source, ChainlinkSource):
        contract, args = "ChainlinkSource", (source.address, source.threshold_bps)
    elif isinstance(source, PythSource):
        contract, args = "PythSource", (source.address, bytes.fromhex(source.feed[2:]))
    else:
        assert isinstance(source, UniswapSource)
        contract = "UniswapV3Source"
        args = (source.address, source.base, source.window_s, source.min_liquidity)
    taken = {step.name for step in plan.deployments()}
    name = f"{contract}.{market}"
    if name in taken:  # the same kind twice in a market
        name = next(f"{name}.{count}" for count in range(2, 10) if f"{name}.{count}" not in taken)
    return plan.deploy(contract, *args, name=name)


def _hand_over(plan: Plan, timelock: At, owned: list[At]) -> None:
    """Everything to the timelock: offered by the deployer where he owns it, and accepted."""
    for one in owned:
        step = next(step for step in plan.deployments() if step.name == one.name)
        if Deployer() in step.args:
            plan.call(
                one, "transfer_ownership", timelock
            )  # anybody may have it accepted before one could ask
            plan.call(timelock, "accept_ownership", one, name=f"Timelock.accept_ownership {one.name}")
            plan.ask(one, "owner", is_=timelock)
            plan.ask(one, "pending_owner", is_=NOBODY)
        plan.owned.append(one.name)


def _with(step: Step, **changes: Any) -> Step:
    values = {one.name: getattr(step, one.name) for one in fields(step)} | changes
    return type(step)(**values)


def _json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(_json(getattr(value, one.name)) for one in fields(value))]
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    return value.hex() if isinstance(value, bytes) else value
