"""Which calls transactions make, and what they cost in gas."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from statistics import median_low
from typing import Any

from walras.chain.abi import Binding, Function
from walras.demo.figures import GasRow, KeeperRow


def functions(binding: Binding) -> dict[bytes, str]:
    """Names by selector of all that a contract answers to."""
    module = sys.modules[type(binding).__module__]
    return {
        one.selector: one.name.partition(".")[2]
        for one in vars(module).values()
        if isinstance(one, Function) and one.name.startswith(f"{type(binding).__name__}.")
    }


class Calls:
    """Counts transactions by the call that they make."""

    def __init__(self, contracts: Iterable[Binding], keepers: Mapping[str, str]) -> None:
        self._contracts = {one.address.lower(): (type(one).__name__, functions(one)) for one in contracts}
        self._keepers = {address.lower(): name for address, name in keepers.items()}
        self._addresses = {address.lower(): address for address in keepers}
        self._gas: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._refused: Counter[tuple[str, str]] = Counter()
        self._refused_gas: Counter[tuple[str, str]] = Counter()
        self._by_keeper: dict[str, Counter[str]] = defaultdict(Counter)
        self._spent: dict[str, Counter[str]] = defaultdict(Counter)
        self.transactions = 0
        self.refused = 0
        self.gas = 0

    def see(self, transaction: Mapping[str, Any], receipt: Mapping[str, Any]) -> None:
        """One, as the node gives it."""
        where, call = self.name(transaction)
        gas = int(receipt["gasUsed"], 16)
        went_through = int(receipt["status"], 16) == 1
        self.transactions += 1
        self.gas += gas
        if went_through:
            self._gas[where, call].append(gas)
        else:
            self.refused += 1
            self._refused[where, call] += 1
            self._refused_gas[where, call] += gas
        sender = str(transaction["from"]).lower()
        if sender in self._keepers:
            self._by_keeper[sender][call] += 1
            spent = self._spent[sender]
            spent["gas"] += gas
            spent["wei"] += gas * int(receipt["effectiveGasPrice"], 16)
            spent["refused"] += not went_through

    def name(self, transaction: Mapping[str, Any]) -> tuple[str, str]:
        """Contract and function; of what is not the exchange's, that it is not."""
        to = transaction.get("to")
        if to is None:
            return "deployment", "create"
        contract, known = self._contracts.get(str(to).lower(), ("", {}))
        data = bytes.fromhex(str(transaction["input"])[2:10])
        if not contract:
            return "elsewhere", "transfer" if not data else f"0x{data.hex()}"
        return contract, known.get(data, f"0x{data.hex()}")

    def rows(self) -> list[GasRow]:
        """What took most gas in all first."""
        made = []
        for key in sorted(self._gas.keys() | self._refused.keys()):
            used = self._gas.get(key, [])
            refused = self._refused[key]
            made.append(
                GasRow(
                    contract=key[0],
                    call=key[1],
                    count=len(used) + refused,
                    refused=refused,
                    median=median_low(used) if used else 0,
                    largest=max(used, default=0),
                    total=sum(used) + self._refused_gas[key],
                )
            )
        return sorted(made, key=lambda row: (-row.total, row.contract, row.call))

    def spent(self, address: str) -> tuple[int, int, int]:
        """Transactions, of them refused, and wei of a keeper so far."""
        key = address.lower()
        spent = self._spent.get(key, Counter())
        return sum(self._by_keeper.get(key, Counter()).values()), spent["refused"], spent["wei"]

    def keeper_rows(self, tips: Mapping[int, int]) -> list[KeeperRow]:
        """Each key, in the order in which they were named; `tips` by account of the engine."""
        made = []
        for key, name in self._keepers.items():
            transactions, refused, wei = self.spent(key)
            first = int(key, 16) << 8
            made.append(
                KeeperRow(
                    name=name,
                    address=self._addresses[key],
                    transactions=transactions,
                    refused=refused,
                    gas=self._spent.get(key, Counter())["gas"],
                    spend_wei=wei,
                    calls=dict(sorted(self._by_keeper.get(key, Counter()).items())),
                    tips=sum(amount for account, amount in tips.items() if first <= account < first + 256),
                )
            )
        return made
