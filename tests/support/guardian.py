"""The exchange with the guardian's contract, and what of a market may be loose."""

from dataclasses import astuple, dataclass
from typing import Any, Final

from tests.support.engine import OWNER, SETTINGS
from tests.support.vault import VaultPair
from walras.devtools.evm import address, artifact
from walras.model.market import MarketSettings

MULTISIG: Final = address(0x519)
TERM: Final = 180 * 86_400


@dataclass(frozen=True, slots=True)
class State:
    """All that the guardian could reach."""

    settings: MarketSettings
    mode: int
    market: tuple[Any, ...]  # but for the mode
    margins: tuple[int, int]  # that a mark of this second would have
    ramp_end: int
    funding: tuple[Any, ...]
    deposit_cap: int
    pauses: tuple[bool, bool]
    gate: int
    money: tuple[Any, ...]

    def is_tighter(self, before: "State") -> bool:
        """Whether nothing is looser than it was, and only what may be tightened is other."""
        new, old = self.settings, before.settings
        tightened = {"initial_ppm", "maintenance_bps", "open_cap", "account_cap"}
        return all(
            (
                new.initial_ppm >= old.initial_ppm,
                new.maintenance_ppm >= old.maintenance_ppm,
                new.open_cap <= old.open_cap,
                new.account_cap <= old.account_cap,
                all(
                    getattr(new, name) == getattr(old, name)
                    for name in SETTINGS.__slots__
                    if name not in tightened
                ),
                self.mode >= before.mode,
                self.market == before.market,
                self.margins == before.margins,  # a raise begins where it is
                self.ramp_end >= before.ramp_end,
                self.funding == before.funding,
                self.deposit_cap <= before.deposit_cap,
                all(now >= was for now, was in zip(self.pauses, before.pauses, strict=True)),
                self.gate >= before.gate,
                self.money == before.money,
            )
        )


class GuardedPair(VaultPair):
    """An exchange whose engine and vault name a guardian, for the longest term."""

    def __init__(self, settings: MarketSettings = SETTINGS) -> None:
        super().__init__(settings=settings, quotes=None)
        self.guardian = self.evm.deploy(
            artifact("Guardian"), OWNER, self.engine.address, self.vault.address, MULTISIG
        )
        self.engine.set_guardian(self.guardian.address, sender=OWNER)
        self.vault.set_guardian(self.guardian.address, sender=OWNER)
        self.guardian.renew(self.evm.time + TERM, sender=OWNER)
        self.engine.set_vault(
            "0x" + 40 * "0", sender=OWNER
        )  # it quotes nowhere: no auction waits for a price
        self.model.quoter, self.model.vault_account = None, 0

    def pause_all(self) -> None:
        """Deposits are paused, here and there."""
        self.guardian.pause_deposits(sender=MULTISIG)
        self.model.pause_deposits()

    def pause_again(self) -> None:
        """Withdrawals are paused, here and there."""
        self.guardian.pause_withdrawals(sender=MULTISIG)
        self.model.pause_withdrawals()

    def guarded(self) -> State:
        """As it is now."""
        book, mode, *rest = self.engine.market(0)
        ramp = self.engine.ramp_of(0)
        settings = MarketSettings(*self.engine.market_settings(0))
        assert astuple(settings) == tuple(self.engine.market_settings(0))
        ramping = ramp[7] != 0
        return State(
            settings=settings,
            mode=mode,
            market=(book, *rest),
            margins=(ramp[1], ramp[4]) if ramping else (settings.initial_ppm, settings.maintenance_ppm),
            ramp_end=ramp[7],
            funding=tuple(self.engine.funding_of(0)),
            deposit_cap=self.vault.deposit_cap(),
            pauses=tuple(self.engine.pauses()),  # type: ignore[arg-type]
            gate=self.engine.gate(),
            money=(
                self.engine.tracked(),
                self.token.balanceOf(self.engine.address),
                *(self.engine.collateral(account) for account in sorted(self.accounts)),
                *(tuple(self.engine.position(account, 0)) for account in sorted(self.accounts)),
                tuple(self.engine.open_interest(0)),
                tuple(self.engine.mark(0)),
            ),
        )
