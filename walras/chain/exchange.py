"""The deployed exchange as bindings: which contract is where, from its record.

The record is that of walras/deploy/record.py; here only addresses are read of it, without the compiler,
which a keeper has no use for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar

from eth_utils.address import is_checksum_address
from pydantic import AfterValidator, BaseModel, ValidationError

from walras.chain.abi import Binding
from walras.chain.bindings import (
    FeeDistributor,
    GovernanceToken,
    Governor,
    Guardian,
    InsuranceFund,
    LiquidationEngine,
    OracleRouter,
    OrderbookV2,
    PerpEngine,
    PlainToken,
    SignedReports,
    Timelock,
    Treasury,
    TriggerOrders,
    Vault,
)

FORMAT: Final = "walras-deployment/1"
B = TypeVar("B", bound=Binding)


class ExchangeError(Exception):
    """A record that does not say where the exchange is; its str names the file and what is missing."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """All contracts of a deployment."""

    chain_id: int
    engine: PerpEngine
    router: OracleRouter
    liquidation: LiquidationEngine
    triggers: TriggerOrders
    vault: Vault
    fund: InsuranceFund
    fees: FeeDistributor
    token: PlainToken
    governor: Governor
    votes: GovernanceToken
    timelock: Timelock
    guardian: Guardian
    treasury: Treasury
    reports: dict[str, SignedReports]
    """Contracts that take signed reports, by their names in the record."""
    markets: dict[str, int]
    """Numbers by name."""
    books: dict[int, OrderbookV2]
    """By number of the market."""

    @classmethod
    def of_record(cls, record: Path | str | BaseModel) -> Self:
        """From deployments/<ecosystem>-<network>.json, or a Record. Raises ExchangeError."""
        where = str(record) if isinstance(record, Path | str) else "the record"
        try:
            if isinstance(record, Path | str):
                read = _Record.model_validate_json(Path(record).read_text(encoding="utf-8"))
            else:
                read = _Record.model_validate(record.model_dump())
        except OSError as error:
            raise ExchangeError(
                f"{where}: {error.strerror}; `make deploy-local` or `ape run deploy` write a record"
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "file"
            raise ExchangeError(f"{where}: {place}: {first['msg']}") from error
        if read.format != FORMAT:
            raise ExchangeError(f"{where}: its format is {read.format!r}, {FORMAT!r} is wanted")

        def at(kind: type[B]) -> B:
            found = [one.address for one in read.contracts.values() if _is(one, kind.__name__)]
            if len(found) != 1:
                raise ExchangeError(f"{where}: one {kind.__name__} is expected, {len(found)} are there")
            return kind(found[0])

        return cls(
            chain_id=read.chain_id,
            engine=at(PerpEngine),
            router=at(OracleRouter),
            liquidation=at(LiquidationEngine),
            triggers=at(TriggerOrders),
            vault=at(Vault),
            fund=at(InsuranceFund),
            fees=at(FeeDistributor),
            token=PlainToken(read.token(where)),
            governor=at(Governor),
            votes=at(GovernanceToken),
            timelock=at(Timelock),
            guardian=at(Guardian),
            treasury=at(Treasury),
            reports={
                name: SignedReports(one.address)
                for name, one in read.contracts.items()
                if _is(one, SignedReports.__name__)
            },
            markets={name: one.number for name, one in read.markets.items()},
            books={one.number: OrderbookV2(one.book) for one in read.markets.values()},
        )

    def name_of(self, market: int) -> str:
        """The name of a market; its number where nobody named it."""
        return next((name for name, number in self.markets.items() if number == market), str(market))


def _checksummed(text: str) -> str:
    if not is_checksum_address(text):
        raise ValueError(f"{text} is no address with an EIP-55 checksum")
    return text


Address = Annotated[str, AfterValidator(_checksummed)]


class _Contract(BaseModel):
    contract: str
    kind: str
    address: Address


class _Market(BaseModel):
    number: int
    book: Address


class _Record(BaseModel):
    """What is read of a record; the rest is left alone."""

    format: str
    chain_id: int
    contracts: dict[str, _Contract]
    markets: dict[str, _Market]
    params: dict[str, Any]

    def token(self, where: str) -> str:
        """The collateral: deployed with the rest, or one that the parameters name."""
        if "Token" in self.contracts:
            return self.contracts["Token"].address
        found = self.params.get("token", {}).get("address")
        if not isinstance(found, str):
            raise ExchangeError(f"{where}: params.token.address: the collateral is not named")
        return found


def _is(one: _Contract, contract: str) -> bool:
    return one.contract == contract and one.kind == "contract"
