"""The whole exchange on one chain: everything that walras.deploy deploys, wired and owned the same way.

Prices come from scripted sources, so that a campaign can have them calm, jump, freeze and disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.abi import encode
from eth_keys.datatypes import PrivateKey

from walras.audit.chain import Chain, call, person, selector, slot_of
from walras.audit.slots import slots_of
from walras.deploy.executor import contract_address
from walras.devtools import wiring
from walras.devtools.compiler import Artifact
from walras.devtools.evm import DEPLOYER
from walras.devtools.evm import artifact as compiled

NOBODY: Final = "0x" + 40 * "0"
ONE: Final = 10**18
DAY: Final = 86_400
CONTRACT: Final = contract_address(DEPLOYER, 0).lower()
"""A trader that is a contract, the first that is deployed."""
MOVER: Final = PrivateKey((0x1107).to_bytes(32))
"""Whose key moves it, and signs for it."""
KEYS: Final = {
    **{
        key.public_key.to_address(): key
        for key in (PrivateKey((0x1100 + number).to_bytes(32)) for number in range(7))
    },
    CONTRACT: MOVER,
}
TRADERS: Final = tuple(KEYS)
"""Who can sign, too."""
PROVIDERS: Final = (person(0x51), person(0x52))
STAKERS: Final = (person(0x61), person(0x62))
KEEPERS: Final = (person(0x71), person(0x72))
STRANGER: Final = person(0x66)
DONOR: Final = person(0xD0)
MULTISIG: Final = person(0x6A)
ROUTER_GUARD: Final = person(0x6B)
HOLDER: Final = person(0x90)
REFERRER: Final = person(0x81)
REFERRAL_BPS: Final = 2_000
"""What it gets of fees."""
BUILDER: Final = person(0x82)
OTHER: Final = person(0x83)
PEOPLE: Final = (
    *TRADERS,
    *PROVIDERS,
    *STAKERS,
    *KEEPERS,
    STRANGER,
    DONOR,
    MULTISIG,
    ROUTER_GUARD,
    HOLDER,
    REFERRER,
    BUILDER,
    OTHER,
)
PLENTY: Final = 2**90
FAR: Final = 2**32 - 1
VOTES: Final = 10**9 * ONE

SETTINGS_TYPE: Final = (
    "(uint256,uint256,uint256,uint256,uint256,uint256,int256,uint256,uint256,uint256,int256,"
    "uint256,uint256,uint256,uint256,uint256,uint256)"
)
SETTINGS: Final = (
    "initial_ppm",
    "maintenance_bps",
    "soft_notional",
    "hard_notional",
    "open_cap",
    "account_cap",
    "maker_ppm",
    "taker_ppm",
    "band_bps",
    "mark_band_bps",
    "interest",
    "funding_clamp",
    "price_grace",
    "max_mark_age",
    "tip",
    "restart_batches",
    "impact_lots",
)


@dataclass(frozen=True, slots=True)
class MarketPlan:
    """A market of the exchange that is audited."""

    price: int
    """To begin with, whole quotes."""
    lot_size: int
    tick_size: int
    interval: int
    settings: dict[str, int]
    weights: tuple[int, ...]
    """Of its sources."""
    router: tuple[int, int, int, int, int]
    """Quorum, guard, outer guard, speed limit, spacing."""
    quotes: tuple[int, int, int, int, int]
    waterfall: dict[str, int]


_RULES: Final = {
    "initial_ppm": 50_000,
    "maintenance_bps": 6_000,
    "soft_notional": 400_000,
    "hard_notional": 4_000_000,
    "open_cap": 250_000,
    "account_cap": 90_000,
    "maker_ppm": -50,
    "taker_ppm": 500,
    "band_bps": 1_000,
    "mark_band_bps": 300,
    "interest": 100_000,
    "funding_clamp": 6,
    "price_grace": 20,
    "max_mark_age": 45,
    "tip": 100_000,
    "restart_batches": 3,
    "impact_lots": 500,
}
_FALL: Final = {
    "penalty_ppm": 10_000,
    "tip_bps": 1_000,
    "tip_cap": 10,
    "buffer_ppm": 5_000,
    "min_notional": 100,
    "patience": 2,
    "discount_ppm": 10_000,
    "unwind_ppm": 5_000,
}
MARKETS: Final = (
    MarketPlan(
        2_000,
        10**15,
        10**17,
        10,
        _RULES,
        (4, 3, 2),
        (2, 100, 500, 400, 10),
        (3_000, 20_000, 1_000, 500, 1_000),
        _FALL,
    ),
    MarketPlan(
        100_000,
        10**14,
        10**18,
        5,
        {
            **_RULES,
            "initial_ppm": 20_000,
            "maintenance_bps": 5_000,
            "open_cap": 60_000,
            "account_cap": 20_000,
            "maker_ppm": 0,
            "taker_ppm": 300,
            "impact_lots": 50,
            "interest": -50_000,
            "mark_band_bps": 500,
        },
        (1,),
        (1, 200, 1_000, 1_000, 1),
        (2_000, 30_000, 2_000, 0, 3_000),
        {**_FALL, "patience": 1, "penalty_ppm": 5_000, "discount_ppm": 5_000},
    ),
    MarketPlan(
        30,
        10**17,
        10**15,
        0,
        {
            **_RULES,
            "initial_ppm": 100_000,
            "maintenance_bps": 5_000,
            "open_cap": 60_000,
            "account_cap": 25_000,
            "maker_ppm": 100,
            "taker_ppm": 1_000,
            "impact_lots": 100,
            "tip": 0,
            "restart_batches": 0,
        },
        (3, 2),
        (1, 150, 800, 600, 5),
        (1_000, 10_000, 1_000, 200, 2_000),
        {**_FALL, "penalty_ppm": 20_000},
    ),
)


class System:
    """Addresses, and what a campaign has to know that does not change. `sources` compiles a contract."""

    def __init__(
        self, decimals: int = 6, sources: Callable[[str], Artifact] = compiled, chain: Chain | None = None
    ) -> None:
        self.chain = chain or Chain()
        self.sources = sources
        self.at = slots_of(sources)
        self.decimals = decimals
        self.usd = 10**decimals
        self.deployments: list[tuple[str, str]] = []
        self.deeds: list[tuple[str, str, bytes]] = []
        """Who called whom with which data until stories begin, but for constructors."""
        self._twin: System | None = None
        self._wire()

    # ------------------------------------------------------------ how it is put together

    def deploy(self, name: str, *args: Any) -> str:
        """Deploy a contract of the project."""
        made = self.sources(name)
        constructor = next((one for one in made.abi if one["type"] == "constructor"), None)
        types = [type_of(one) for one in constructor["inputs"]] if constructor else []
        at = self.chain.create(made.creation + encode(types, args))
        self.deployments.append((name, at))
        return at

    def do(self, to: str, signature: str, *args: Any, sender: str = DEPLOYER) -> bytes:
        """A call of any arguments; slow."""
        data = data_of(signature, *args)
        self.deeds.append((sender, to, data))
        return self.chain.must(sender, to, data)

    def _wire(self) -> None:
        chain, usd = self.chain, self.usd
        mover = MOVER.public_key.to_address()
        assert self.deploy("ContractTrader", mover) == CONTRACT
        chain.movers[CONTRACT] = mover
        self.token = self.deploy("PlainToken", self.decimals)
        self.votes = self.deploy("GovernanceToken", HOLDER, VOTES)
        governor = chain.next_address(1)
        self.timelock = self.deploy("Timelock", DAY, governor)
        terms = (3_600, 2 * DAY, VOTES // 200, 400, 3_600)
        self.governor = self.deploy("Governor", self.votes, self.timelock, terms)
        assert self.governor == governor
        self.treasury = self.deploy("Treasury", self.timelock)
        self.router = self.deploy("OracleRouter", DEPLOYER, ROUTER_GUARD, NOBODY, 0)
        self.engine = str(wiring.deploy_engine(self.deploy, DEPLOYER, self.token, self.router))
        self.fund = self.deploy("InsuranceFund", DEPLOYER, self.token)
        self.vault = self.deploy("Vault", DEPLOYER, self.engine, "Walras Vault", "wlVAULT")
        self.liquidation = str(wiring.deploy_waterfall(self.deploy, DEPLOYER, self.engine, self.fund))
        self.triggers = self.deploy("TriggerOrders", self.engine, self.token)
        shares = ((5_000, 2_500, 1_000, 1_000, [500]), (2_000, 6_000, 1_000, 1_000, [0]))
        self.split = (self.vault, self.treasury, [OTHER], *shares, 20 * usd)
        """Where fees go, as the distributor's constructor takes it."""
        self.fees = self.deploy("FeeDistributor", self.timelock, self.engine, self.fund, self.split)
        self.blueprint = chain.create(self.sources("OrderbookV2").blueprint)
        self.book_views = self.deploy("OrderbookViews")
        self.guardian = self.deploy("Guardian", DEPLOYER, self.engine, self.vault, MULTISIG)
        self._roles()
        self.feeds: list[list[str]] = []
        self.books: list[str] = []
        self.scales: list[int] = []
        """Of lot prices, by market."""
        for number, plan in enumerate(MARKETS):
            self._open(number, plan)
        self._numbers()
        self._hand_over()
        self._move_in()

    def _roles(self) -> None:
        self.do(self.engine, "set_fee_receiver(address)", self.fees)
        self.do(self.engine, "set_liquidator(address)", self.liquidation)
        self.do(self.engine, "set_vault(address)", self.vault)
        self.do(self.engine, "set_guardian(address)", self.guardian)
        self.do(self.engine, "set_referral(address,uint256)", REFERRER, REFERRAL_BPS)
        self.do(self.fund, "set_engine(address)", self.liquidation)
        self.do(self.liquidation, "set_backstop(uint256)", account(self.vault, 1))
        self.do(self.vault, "set_cooldown(uint256)", DAY)
        self.do(self.vault, "set_exit_fee(uint256,uint256)", 10, 500)
        self.do(self.vault, "set_deposit_cap(uint256)", 10**7 * self.usd)
        self.do(self.vault, "set_guardian(address)", self.guardian)
        self.do(self.guardian, "renew(uint256)", self.chain.time + 180 * DAY)

    def _open(self, number: int, plan: MarketPlan) -> None:
        self.feeds.append([self.deploy("ScriptedSource") for _ in plan.weights])
        for feed in self.feeds[number]:
            self.do(feed, "set(uint256,uint256,uint256)", plan.price * ONE, 0, self.chain.time)
        sources = [
            (feed, weight, 60, min(50, plan.router[1]), 100_000)
            for feed, weight in zip(self.feeds[number], plan.weights, strict=True)
        ]
        self.do(
            self.router,
            "configure(uint256,(uint256,uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256,uint256)[])",
            number,
            plan.router,
            sources,
        )
        settings = dict(plan.settings)
        settings["tip"] = min(settings["tip"] * self.usd // 10**6, 2**40 - 1)
        self.do(
            self.engine,
            f"list_market(uint256,address,address,uint256,uint256,uint256,uint256,{SETTINGS_TYPE})",
            number,
            self.blueprint,
            self.book_views,
            plan.lot_size,
            plan.tick_size,
            plan.interval,
            1,
            [settings[name] for name in SETTINGS],
        )
        found = self.chain.ask(self.engine, call("market(uint256)", number))
        assert found is not None
        self.books.append("0x" + found[12:32].hex())
        self.scales.append(int.from_bytes(found[96:128]))
        self.do(
            self.vault, "configure(uint256,(uint256,uint256,uint256,uint256,uint256))", number, plan.quotes
        )
        fall = dict(plan.waterfall)
        for name, bits in (("tip_cap", 48), ("min_notional", 64)):
            fall[name] = min(fall[name] * self.usd, 2**bits - 1)
        kinds = ",".join(["uint256"] * 8)
        self.do(self.liquidation, f"configure(uint256,({kinds}))", number, list(fall.values()))
        self.do(self.fund, "set_draw_cap(uint256,uint256)", number, (20_000, 5_000, 1_000)[number] * self.usd)

    def _numbers(self) -> None:
        """Accounts, and where they are stored."""
        self.vault_account = account(self.vault)
        self.backstop = account(self.vault, 1)
        self.own = account(self.liquidation)
        self.fee_account, self.tip_account, self.penalties = (
            account(self.fees, number) for number in range(3)
        )
        self.traded = tuple(account(who, sub) for who in TRADERS for sub in (0, 1))
        """Accounts of traders."""
        others = [
            account(who)
            for who in (*KEEPERS, STRANGER, DONOR, REFERRER, BUILDER, OTHER, *PROVIDERS, *STAKERS)
        ]
        self.accounts = (
            *self.traded,
            self.vault_account,
            self.backstop,
            self.own,
            self.fee_account,
            self.tip_account,
            self.penalties,
            *others,
            account(self.treasury),
        )
        """All that can ever have anything."""
        self.slot = {one: slot_of(self.at.accounts, one) for one in self.accounts}
        self.position_slot = {
            (one, market): slot_of(self.at.positions, one, market)
            for one in self.accounts
            for market in range(len(MARKETS))
        }
        self.slots_of = {
            one: (
                self.slot[one],
                *(
                    self.position_slot[one, market] + more
                    for market in range(len(MARKETS))
                    for more in (0, 1)
                ),
            )
            for one in self.accounts
        }
        """Of an account's word, and of its position and orders in each market."""
        self.market_slot = [slot_of(self.at.markets, market) for market in range(len(MARKETS))]
        self.units = [plan.lot_size * plan.tick_size * self.usd // 10**36 for plan in MARKETS]
        self.holds = {
            name: slot_of(self.at.balances, int(getattr(self, name), 16))
            for name in ("engine", "fund", "vault", "liquidation", "triggers", "fees", "treasury", "router")
        }
        """Where the token keeps the balances of the exchange's contracts."""

    def _hand_over(self) -> None:
        for one in (self.router, self.engine, self.fund, self.vault, self.liquidation, self.guardian):
            self.do(one, "transfer_ownership(address)", self.timelock)
            self.do(self.timelock, "accept_ownership(address)", one, sender=STRANGER)

    def _move_in(self) -> None:
        """Everybody has tokens, and lets the exchange take them; traders let triggers act for them."""
        for who in PEOPLE:
            self.do(self.token, "mint(address,uint256)", who, PLENTY)
            for spender in (self.engine, self.fund, self.vault, self.triggers):
                self.do(self.token, "approve(address,uint256)", spender, 2**255, sender=who)
        self.do(self.votes, "delegate(address)", HOLDER, sender=HOLDER)
        for who in TRADERS:
            for sub in (0, 1):
                self.do(
                    self.engine,
                    "set_operator(uint256,address,uint256,uint256,uint256)",
                    account(who, sub),
                    self.triggers,
                    5,
                    2**32 - 1,
                    FAR,
                    sender=who,
                )

    def twin(self) -> "System":
        """Another exchange like this one, that nobody has used; the same each time."""
        if self._twin is None:
            self._twin = System(self.decimals, self.sources)
        return self._twin

    def live_in(self) -> None:
        """Capital, insurance, and money of traders: where campaigns begin."""
        usd = self.usd
        for who, amount in zip(PROVIDERS, (120_000, 30_000), strict=True):
            self.do(self.vault, "deposit(uint256,address)", amount * usd, who, sender=who)
        for who, amount in zip(STAKERS, (6_000, 3_000), strict=True):
            self.do(self.fund, "stake(uint256,address)", amount * usd, who, sender=who)
        self.do(self.fund, "contribute(uint256)", 2_000 * usd, sender=DONOR)
        self.do(self.engine, "deposit(uint256,uint256)", self.tip_account, 200 * usd, sender=DONOR)
        self.chain.write(
            self.vault, self.at.vault_owner, int(DEPLOYER, 16)
        )  # as if it had not been handed over yet
        self.do(self.vault, "fund_backstop(uint256)", 8_000 * usd)
        self.chain.write(self.vault, self.at.vault_owner, int(self.timelock, 16))
        for number, one in enumerate(self.traded):
            amount = (10_000, 1_500, 40_000, 4_000)[number % 4]
            self.do(self.engine, "deposit(uint256,uint256)", one, amount * usd, sender=owner(one))


@cache
def account(who: str, sub: int = 0) -> int:
    """An account of an address."""
    return int(who, 16) << 8 | sub


@cache
def owner(one: int) -> str:
    """Whose an account is."""
    return "0x" + (one >> 8).to_bytes(20).hex()


def data_of(signature: str, *args: Any) -> bytes:
    """Calldata of any arguments; slow."""
    inner = signature[signature.index("(") + 1 : -1]
    return selector(signature) + encode(_split(inner), args)


def _split(types: str) -> list[str]:
    """The types of a list, at its top level."""
    found, depth, last = [], 0, ""
    for letter in types:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(last)
            last = ""
        else:
            last += letter
    return [*found, last] if last else found


def type_of(entry: dict[str, Any]) -> str:
    """As in signatures, of an argument of an ABI."""
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(type_of, entry['components']))}){kind.removeprefix('tuple')}"
