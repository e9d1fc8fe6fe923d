"""All models of an exchange, wired as walras.audit.system wires its contracts."""

from typing import Any

from walras.audit.chain import Chain, call, ints
from walras.audit.system import System
from walras.devtools.evm import DEPLOYER
from walras.model.engine import Engine
from walras.model.fees import FeeDistributor, Settings, Shares
from walras.model.insurance import InsuranceFund
from walras.model.liquidation import Liquidation
from walras.model.oracle import Price, price_of
from walras.model.stage import Record
from walras.model.triggers import TriggerOrders
from walras.model.vault import Vault


class Models:
    """The models, at the time of the chain. What the router says is taken from the chain."""

    def __init__(self, system: System) -> None:
        self.system, self.chain = system, system.chain
        self.usd = system.usd
        self.engine = Engine(system.usd, self._price, self.chain.time)
        self.fund = InsuranceFund()
        self.vault = Vault(system.vault, self.engine)
        self.liquidation = Liquidation(
            self.engine, self.fund, int(system.liquidation, 16), int(system.timelock, 16), self._record
        )
        vault, treasury, others, fees, penalties, floor = system.split
        settings = Settings(vault, treasury, tuple(others), _shares(fees), _shares(penalties), floor)
        self.fees = FeeDistributor(system.fees, self.engine, system.fund, self.fund, settings)
        self.triggers = TriggerOrders(self.engine)
        self.nonces: set[tuple[str, int]] = set()
        """Used up, by owner."""
        self.expires_at = 0
        """When the guardian's powers end."""
        self.owner = DEPLOYER
        """Who may call what is the owner's, of all contracts."""

    @property
    def time(self) -> int:
        """Unix seconds."""
        return self.engine.time

    @time.setter
    def time(self, now: int) -> None:
        self.engine.time = now

    def save(self) -> Any:
        """All that calls change."""
        vault = self.vault
        return (
            self.liquidation.save(),  # with engine and fund
            self.triggers.save()[0],
            (dict(vault.balances), dict(vault.allowances), dict(vault.requests)),
            (vault.has_backstop, vault.deposit_cap),
            (self.fees.deliverable.copy(), self.fees.claimable.copy()),
            dict(self.engine.referral_bps),
            set(self.nonces),
        )

    def restore(self, saved: Any) -> None:
        """Back to what was saved, once."""
        liquidation, triggers, shares, state, pots, self.engine.referral_bps, self.nonces = saved
        self.liquidation.restore(liquidation)
        self.triggers.restore((triggers, self.engine.save()))
        self.vault.balances, self.vault.allowances, self.vault.requests = shares
        self.vault.has_backstop, self.vault.deposit_cap = state
        self.fees.deliverable, self.fees.claimable = pots

    # ------------------------------------------------------------ what the router says

    def _price(self, market: int) -> Price:
        return price_of(_answer(self.chain, self.system.router, "price(uint256)", market))

    def _record(self, market: int) -> Record:
        router = self.system.router
        last, _, time = _answer(self.chain, router, "last(uint256)", market)

        def average(window: int) -> int | None:
            found = self.chain.ask(router, call("twap(uint256,uint256)", market, window))
            return (int.from_bytes(found) or None) if found is not None else None

        return Record(last, time, self._price(market).status, average)


def _answer(chain: Chain, to: str, signature: str, *values: int) -> list[int]:
    found = chain.ask(to, call(signature, *values))
    if found is None:
        raise AssertionError(f"{signature} reverts: {chain.reason}")
    return ints(found)


def _shares(values: Any) -> Shares:
    vault, insurance, treasury, runners, others = values
    return Shares(vault, insurance, treasury, runners, tuple(others))
