"""A token that calls back while the exchange moves it, with every call that there is, moves no money.

The token owns all contracts, has an account, vault shares, a stake and a pot, and calls for itself. What it
calls in the midst changes nothing, or leaves everybody with what the two calls give one after the other.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.support.engine import OWNER, PARTS, SETTINGS, USDC, EnginePair
from tests.support.fees import SETTINGS as FEES
from tests.support.oracle import ONE
from tests.support.signing import SIGNER, domain, fund_signer, sign
from tests.support.traders import KEEPER, LOT_AT_PAR, MAKER, OPERATOR, STRANGER, TAKER, fill, order
from tests.support.triggers import trailing
from tests.support.vault import CAP, OTHER, PROVIDER, QUOTES
from walras.devtools.evm import Contract, Reverted, artifact
from walras.model.oracle import Settings, Source
from walras.model.triggers import NewTrigger

LATER: Final = 2**40
NOBODY: Final = "0x" + 40 * "0"
STOP: Final = NewTrigger(tick=10, slippage=100, lots=5, reduce_only=False, tip=7)
Deed = Callable[["World"], None]


class World:
    """All contracts of the exchange over a token that calls back, which owns them and has money in each."""

    def __init__(self) -> None:
        pair = EnginePair(token="ReentrantToken", settings=replace(SETTINGS, tip=0))
        self.pair, self.evm, self.token, self.engine = pair, pair.evm, pair.token, pair.engine
        self.account = int(self.token.address, 16) << 8
        self.maker, self.taker = pair.fund(MAKER, 10**10), pair.fund(TAKER, 10**10)
        self.signer = fund_signer(pair, 10**10)
        fill(pair, self.taker, self.maker, 1_000)
        pair.list(2_000 * ONE)
        self.debtor = self.account | 3
        self.vault = self.evm.deploy(artifact("Vault"), OWNER, self.engine.address, "Vault", "V")
        self.fund = self.evm.deploy(artifact("InsuranceFund"), OWNER, self.token.address)
        self.settings = replace(FEES, vault=self.vault.address, treasury=self.token.address)
        self.fees = self.evm.deploy(
            artifact("FeeDistributor"), OWNER, self.engine.address, self.fund.address, self.settings
        )
        self.triggers = self.evm.deploy(artifact("TriggerOrders"), self.engine.address, self.token.address)
        self.book = Contract(self.evm, pair.books[0].address, artifact("OrderbookV2").abi)
        self.book.with_abi(artifact("OrderbookViews").abi)
        self.contracts = {
            "engine": self.engine,
            "book": self.book,
            "vault": self.vault,
            "fees": self.fees,
            "fund": self.fund,
            "router": pair.router,
            "triggers": self.triggers,
        }
        self.engine.set_vault(self.vault.address, sender=OWNER)
        self.engine.set_fee_receiver(self.fees.address, sender=OWNER)
        self.engine.set_liquidator(self.token.address, sender=OWNER)
        self.engine.set_guardian(self.token.address, sender=OWNER)
        self.vault.set_deposit_cap(CAP, sender=OWNER)
        self.vault.configure(0, QUOTES, sender=OWNER)
        for holder in (self.token.address, PROVIDER, OTHER, STRANGER):
            self.token.mint(holder, 10**12)
        source = Source(pair.sources[0].address, 1, 172_800, 50, 100_000)
        pair.router.configure(2, Settings(1, 100, 200, 4_000, 10), (source,), sender=OWNER)
        for name in ("engine", "vault", "fees", "fund", "router"):
            contract = self.contracts[name]
            contract.transfer_ownership(self.token.address, sender=OWNER)
            self.must(name, "accept_ownership")
            self.must("token", "approve", contract.address, 10**11)
            self.token.approve(contract.address, 10**11, sender=OTHER)
            self.token.approve(contract.address, 10**11, sender=PROVIDER)
            self.token.approve(contract.address, 10**11, sender=STRANGER)
        self.must("engine", "deposit", self.account, 10**9)
        self.must("engine", "set_operator", self.account, self.triggers.address, 1, 9, LATER - 1)
        self.must("token", "approve", self.triggers.address, 10**11)
        self.token.approve(self.triggers.address, 10**11, sender=OTHER)
        self.credited = self.put(STOP)
        self.must("triggers", "cancel", self.credited)
        other = int(OTHER, 16) << 8
        self.triggers.place(other, STOP, sender=OTHER)
        self.triggers.cancel(self.triggers.triggers_of(other)[0], sender=OTHER)
        self.must("engine", "deposit", int(self.fees.address, 16) << 8, 10**9)
        self.must("fees", "distribute")
        self.vault.deposit(100 * USDC, PROVIDER, sender=PROVIDER)
        self.vault.requestRedeem(10 * 10**12, PROVIDER, PROVIDER, sender=PROVIDER)
        self.must("vault", "deposit", 50 * USDC, self.token.address)
        self.must("vault", "approve", self.token.address, 10**11)
        self.must("vault", "requestRedeem", 10**12, self.token.address, self.token.address)
        self.must("fund", "set_engine", self.engine.address)
        self.must("fund", "stake", 10**9, self.token.address)
        self.must("fund", "request_exit", 10**9)
        self.evm.time += 14 * 86_400
        pair.say(0, 2_000 * ONE)
        self.engine.run_auction(0)
        self.must("engine", "place", self.account, 0, order(lots=5, tick=19_000))
        self.order_id = self.book.open_orders(self.account)[0][0]
        self.engine.place(self.signer, 0, order(lots=5, tick=19_000), sender=SIGNER.address)
        self.signed_id = self.book.open_orders(self.signer)[0][0]
        self.must("engine", "deposit", int(self.fees.address, 16) << 8, 10**9)
        self.ready = self.put(replace(STOP, tick=30_000))
        self.trailing = self.put(trailing(9_000))
        self.expired = self.put(replace(STOP, expiry=self.evm.time + 1))
        self.must("engine", "force_trade", self.taker, self.debtor, 0, -1, 10**8)  # 50 times its worth
        self.must("engine", "force_settle", 1, LOT_AT_PAR)
        self.evm.time += 12  # so that the auction is due
        pair.say(0, 2_000 * ONE)

    def must(self, name: str, call: str, *args: Any) -> None:
        """The token calls, and is not refused."""
        contract = self.token if name == "token" else self.contracts[name]
        assert self.act(contract, contract.encode(call, *args)), (name, call)

    def put(self, terms: NewTrigger) -> int:
        """The token places a trigger; its id."""
        before = set(self.triggers.triggers_of(self.account))
        self.must("triggers", "place", self.account, terms)
        (placed,) = set(self.triggers.triggers_of(self.account)) - before
        return int(placed)

    def act(self, contract: Contract, data: bytes) -> bool:
        """The token calls."""
        return bool(self.token.act(contract.address, data))

    def money(self) -> dict[str, Any]:
        """What everybody has, everywhere."""
        holders = (self.token.address, PROVIDER, OTHER, STRANGER, KEEPER, OPERATOR, SIGNER.address, NOBODY)
        homes = [*(one.address for one in self.contracts.values()), *FEES.others]
        found: dict[str, Any] = {"tracked": self.engine.tracked(), "supply": self.vault.totalSupply()}
        accounts = [int(one, 16) << 8 for one in (*holders, *homes)]
        fees = int(self.fees.address, 16) << 8
        subs = (self.account | 1, self.debtor, fees | 1, fees | 2)
        for account in (*accounts, *subs, self.maker, self.taker):
            found[f"account {account:x}"] = (
                self.engine.collateral(account),
                tuple(self.engine.position(account, 0))[:3],
            )
        for one in (*holders, *homes):
            found[f"holder {one.lower()}"] = (
                self.token.balanceOf(one),
                self.vault.balanceOf(one),
                tuple(self.vault.request_of(one))[:2],
                self.fund.shares_of(one),
                self.fees.deliverable(one),
                self.fees.claimable(one),
                self.triggers.claimable(one),
                self.triggers.triggers_of(int(one, 16) << 8),
            )
        return found | {"fund": (self.fund.reserve(), self.fund.pot()), "fees": self.fees.booked()}

    # ------------------------------------------------------------ what is called

    def calls(self) -> list[tuple[str, str, bytes]]:
        """Every call of every contract: with zeros, and with what lets it pass where that is not the same."""
        found = []
        for name, contract in self.contracts.items():
            forms = ((call, entry) for call, all_ in contract._functions.items() for entry in all_.values())
            for call, entry in forms:
                zeros = [zero(one) for one in entry["inputs"]]
                found.append((name, call, contract.encode(call, *zeros)))
                likely = self.likely(name, call, entry["inputs"])
                if likely != zeros:
                    found.append((name, call, contract.encode(call, *likely)))
        return found

    def likely(self, name: str, call: str, inputs: list[dict[str, Any]]) -> list[Any]:
        """Arguments that make sense, by what they are called, or of a call by name."""
        me, place, venue = self.token.address, order(lots=5, tick=19_000), domain(self.engine.address)
        times = {"nonce": 7, "deadline": LATER}
        to_place = {"account": self.signer, "market": 0, "order": place} | times
        to_cancel = {"account": self.signer, "market": 0, "order_id": self.signed_id, "lots": 1} | times
        grant = {"account": self.signer, "operator": me, "permissions": 3, "actions": 9, "expiry": LATER - 1}
        grant |= times
        withdrawal = self.engine.encode("withdraw", self.account, 1, me)
        special: dict[tuple[str, str], list[Any]] = {
            ("engine", "transfer"): [self.account, self.account | 1, 1],
            ("engine", "set_operator"): [self.account, OPERATOR, 3, 9, LATER - 1],
            ("engine", "cancel_all_after"): [self.account, 0, 2**32 - 1],
            ("engine", "place_signed"): [*to_place.values(), sign("Place", to_place, venue)],
            ("engine", "cancel_signed"): [*to_cancel.values(), sign("Cancel", to_cancel, venue)],
            ("engine", "grant_signed"): [*grant.values(), sign("Grant", grant, venue)],
            ("engine", "multicall"): [[withdrawal]],
            ("engine", "list_market"): [
                2,
                self.pair.blueprint,
                self.pair.book_views.address,
                10**15,
                10**17,
                10,
                1,
                SETTINGS,
            ],
            ("engine", "configure_market"): [0, SETTINGS],
            ("engine", "restrict"): [0, 4],
            ("engine", "tighten"): [0, 60_000, 5_000, 10**9, 10**8],
            ("engine", "rescale"): [0, 2 * 10**17],
            ("engine", "set_mode"): [0, 2],
            ("engine", "cancel"): [self.account, 0, self.order_id, 1],
            ("engine", "force_order"): [self.taker, 0, order(True, 21_000, 5, reduce_only=True)],
            ("engine", "force_trade"): [self.taker, self.maker, 0, -1, 20_000],
            ("engine", "force_payment"): [self.taker, self.account, 1],
            ("engine", "force_socialise"): [self.debtor, 0, 10**6],
            ("engine", "force_settle"): [0, LOT_AT_PAR],
            ("engine", "settle_position"): [self.debtor, 1],
            ("vault", "configure"): [0, QUOTES],
            ("vault", "redeem"): [10**11, me, me],
            ("vault", "requestRedeem"): [10**11, me, me],
            ("vault", "set_cooldown"): [2 * 86_400],
            ("fees", "configure"): [self.settings],
            ("fees", "deliver"): [self.vault.address],
            ("fund", "set_engine"): [self.engine.address],
            ("triggers", "place"): [self.account, STOP],
            ("triggers", "place_pair"): [self.account, STOP, STOP],
            ("triggers", "cancel"): [self.ready],
            ("triggers", "execute"): [self.ready],
            ("triggers", "ratchet"): [self.trailing],
            ("triggers", "sweep"): [self.expired],
            ("triggers", "trigger"): [self.ready],
            ("triggers", "executable"): [[self.ready]],
        }
        if (name, call) in special:
            return special[name, call]
        named = {"account": self.account, "market": 0, "order": place, "order_ids": [self.order_id]}
        named |= {"new_orders": [place], "order_id": self.order_id, "tick": 19_000, "deadline": LATER}
        found = []
        for one in inputs:
            if one["type"] == "address":
                found.append(me)
            elif one["name"] in named:
                found.append(named[one["name"]])
            elif one["type"] == "bool":
                found.append(True)
            else:
                found.append(1 if one["type"] in ("uint256", "int256") else zero(one))
        return found


def zero(entry: dict[str, Any]) -> Any:
    """Nothing, of a type."""
    kind = entry["type"]
    if kind.endswith("]") and not kind.endswith("[]"):
        size = int(kind[kind.rindex("[") + 1 : -1])
        return [zero({**entry, "type": kind[: kind.rindex("[")]})] * size
    if kind.endswith("[]"):
        return []
    if kind == "tuple":
        return tuple(zero(one) for one in entry["components"])
    if kind == "address":
        return NOBODY
    if kind.startswith("bytes"):
        return bytes(int(kind[5:])) if kind[5:] else b""
    return {"bool": False, "string": ""}.get(kind, 0)


def changes(contract: Contract, call: str) -> bool:
    """Whether it is not a view."""
    forms = contract._functions[call].values()
    return any(entry["stateMutability"] not in ("view", "pure") for entry in forms)


DEEDS: Final[dict[str, Deed]] = {
    "deposit": lambda world: world.engine.deposit(world.maker, 7, sender=STRANGER),
    "withdraw": lambda world: world.engine.withdraw(
        world.maker, 7, KEEPER, sender=world.pair.owner(world.maker)
    ),
    "deposit_with_permit": lambda world: world.engine.deposit_with_permit(
        world.maker, 7, LATER, 27, bytes(32), bytes(32), sender=STRANGER
    ),
    "vault deposit": lambda world: world.vault.deposit(USDC, OTHER, sender=OTHER),
    "vault claim": lambda world: world.vault.redeem(10**12, PROVIDER, PROVIDER, sender=PROVIDER),
    "fees claim": lambda world: world.fees.claim(FEES.others[0], sender=FEES.others[0]),
    "triggers place": lambda world: world.triggers.place(int(OTHER, 16) << 8, STOP, sender=OTHER),
    "triggers claim": lambda world: world.triggers.claim(OTHER, sender=OTHER),
}
ON_THE_STACK: Final = {
    "vault deposit": "vault",
    "vault claim": "vault",
    "fees claim": "fees",
    "triggers place": "triggers",
    "triggers claim": "triggers",
}
"""Whose call it is, where it is not the engine's."""
OCCASIONS: Final = {"deposit_with_permit": 2, "vault deposit": 3}
"""Permit and transfer; transfer to the vault, its approval, transfer to the engine."""
OPEN: Final = {"transfer_ownership", "accept_ownership"}
"""snekmate's, which know nothing of money, and no lock."""
UNDONE: Final = {"preview", "largest_order"}
"""They answer, of a call that finds the engine closed, that nothing passes."""


@pytest.fixture(scope="module")
def world() -> World:
    """One for all tests, each of which undoes what it did."""
    return World()


def test_every_selector_is_tried(world: World) -> None:
    tried = {(name, data[:4]) for name, _, data in world.calls()}
    deployed = {"engine": PARTS, "book": ("OrderbookV2", "OrderbookViews"), "vault": ("Vault",)}
    deployed |= {"fees": ("FeeDistributor",), "fund": ("InsuranceFund",), "router": ("OracleRouter",)}
    deployed |= {"triggers": ("TriggerOrders",)}
    for name, sources in deployed.items():
        for source in sources:
            for signature, selector in artifact(source).selectors.items():
                if signature == "__default__()":
                    continue
                assert (name, selector) in tried, signature


NOT_OFFERED: Final = {f"{name}.accept_ownership" for name in ("engine", "vault", "fees")}


def test_calls_pass_by_themselves(world: World) -> None:
    """
    So it is the lock that refuses them below; all but those of an ownership that nobody offers. What finds a
    batch that is over, and so is refused, passes after its auction.
    """
    passed, tried = set(), set()
    for name, call, data in world.calls():
        contract = world.contracts[name]
        if name in ("engine", "vault", "fees", "triggers") and changes(contract, call):
            checkpoint = world.evm.snapshot()
            tried.add(f"{name}.{call}")
            did = world.act(contract, data)
            if not did and call.startswith("force_"):
                world.engine.run_auction(0)
                did = world.act(contract, data)
            if did:
                passed.add(f"{name}.{call}")
            world.evm.revert(checkpoint)
    assert tried - passed == NOT_OFFERED


@pytest.mark.parametrize(
    ("name", "occasion"), [(name, number) for name in DEEDS for number in range(OCCASIONS.get(name, 1))]
)
def test_calls_back(world: World, name: str, occasion: int) -> None:
    deed, start, evm, token = DEEDS[name], world.evm.snapshot(), world.evm, world.token
    stack = ON_THE_STACK.get(name, "engine")

    def outcome(*steps: Callable[[], Any]) -> dict[str, Any] | None:
        """What there is after some steps, or None where one is refused."""
        checkpoint = evm.snapshot()
        try:
            for step in steps:
                if step() is False:
                    return None
            return world.money()
        except Reverted:
            return None
        finally:
            evm.revert(checkpoint)

    plain = outcome(lambda: deed(world))
    assert plain is not None
    heard, passed = set(), []
    for home, call, data in world.calls():
        contract = world.contracts[home]
        if (name, call) == ("vault deposit", "pause_deposits"):
            continue  # the token is the guardian here: it may stop a deposit that has not reached the engine
        checkpoint = evm.snapshot()
        token.arm(contract.address, data, occasion)
        deed(world)
        assert token.called()
        answered, after = token.answered(), world.money()
        evm.revert(checkpoint)
        if answered:
            heard.add(f"{home}.{call}")
            assert not (home == stack and changes(contract, call)) or call in OPEN | UNDONE | {"multicall"}, (
                call
            )
        if after != plain:
            assert answered, (home, call)
            assert home != stack, call
            serial = (
                outcome(lambda c=contract, d=data: world.act(c, d), lambda: deed(world)),
                outcome(lambda: deed(world), lambda c=contract, d=data: world.act(c, d)),
            )
            assert after in serial, (home, call)
    empty = world.engine.encode("multicall", [])
    assert all(call in OPEN | UNDONE or data == empty for call, data in passed), passed
    assert "router.price" in heard  # so an answer would have been seen
    evm.revert(start)
