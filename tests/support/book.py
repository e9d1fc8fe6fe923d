"""The book's contract and its model, driven together and compared after every step."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from walras.devtools.evm import Event, Evm, Reverted, address, artifact
from walras.model import book as model
from walras.model.book import NewOrder, Revert, VaultQuotes

ENGINE: Final = address(0xE)
NO_QUOTES: Final = VaultQuotes()


class BookPair:
    """Applies each action to contract and model: same results, same events, same reasons, same views."""

    def __init__(self, interval: int = 10, min_lots: int = 1) -> None:
        self._looks = 0
        self.evm = Evm()
        views = self.evm.deploy(artifact("OrderbookViews"))
        self.contract = self.evm.deploy(artifact("OrderbookV2"), ENGINE, views.address, interval, min_lots)
        self.contract.with_abi(artifact("OrderbookViews").abi)
        self.contract.sender = ENGINE
        self.model = model.Book(interval, min_lots, self.evm.time)
        self.model_id: dict[int, int] = {}  # of the contract's order ids
        self.contract_id: dict[int, int] = {}
        self.accounts: set[int] = set()
        self.ticks: set[tuple[bool, int]] = set()
        self.result: Any = None  # what the contract returned from the last action
        self.refusal: str | None = None  # why both refused it
        self.events: list[Event] = []  # what the contract logged in it

    # ------------------------------------------------------------ actions

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds
        self.model.time = self.evm.time

    def close(self) -> None:
        """Let time pass until the batch is due."""
        self.advance(max(0, self.model.due - self.evm.time))

    def place(
        self, account: int, order: NewOrder, lowest: int = 1, highest: int = model.MAX_TICK
    ) -> int | None:
        """Place an order; its id in the contract, or None where both refuse it."""
        self.accounts.add(account)
        self.ticks.add((order.is_ask, order.tick))
        both = self._both(
            lambda: self.contract.place(account, order, lowest, highest),
            lambda: self.model.place(account, order, lowest, highest),
        )
        if both is None:
            return None
        (contract_id, *settled), (model_id, *expected) = both
        self._name(contract_id, model_id)
        self._same_settled(settled, expected)
        return int(contract_id)

    def cancel(self, account: int, order_id: int, lots: int = model.MAX_ORDER) -> int | None:
        """Cancel lots of an order; what was taken, or None where both refuse."""
        both = self._both(
            lambda: self.contract.cancel(account, order_id, lots),
            lambda: self.model.cancel(account, self.model_id.get(order_id, 0), lots),
        )
        return None if both is None else self._same_taken(*both)

    def cancel_all(self, account: int) -> int | None:
        """Cancel every order of an account."""
        both = self._both(lambda: self.contract.cancel_all(account), lambda: self.model.cancel_all(account))
        return None if both is None else self._same_taken(*both)

    def cancel_replace(
        self,
        account: int,
        order_ids: Sequence[int],
        orders: Sequence[NewOrder],
        strict: bool = True,
        lowest: int = 1,
        highest: int = model.MAX_TICK,
    ) -> list[int] | None:
        """Cancel orders and place others; the new ids, or None where both refuse."""
        self.accounts.add(account)
        self.ticks |= {(order.is_ask, order.tick) for order in orders}
        model_ids = [self.model_id.get(order_id, 0) for order_id in order_ids]
        both = self._both(
            lambda: self.contract.cancel_replace(account, order_ids, orders, strict, lowest, highest),
            lambda: self.model.cancel_replace(account, model_ids, orders, strict, lowest, highest),
        )
        if both is None:
            return None
        (taken, new_ids, *settled), (expected_taken, expected_ids, *expected) = both
        assert taken == expected_taken
        for contract_id, model_id in zip(new_ids, expected_ids, strict=True):
            self._name(contract_id, model_id)
        self._same_settled(settled, expected)
        return list(new_ids)

    def cancel_all_after(self, account: int, deadline: int) -> bool:
        """Set the dead man's switch; False where both refuse."""
        both = self._both(
            lambda: (self.contract.cancel_all_after(account, deadline),),
            lambda: (self.model.cancel_all_after(account, deadline),),
        )
        return both is not None

    def sweep(self, account: int, order_ids: Sequence[int]) -> int | None:
        """Sweep orders of an account."""
        model_ids = [self.model_id.get(order_id, 0) for order_id in order_ids]
        both = self._both(
            lambda: self.contract.sweep(account, order_ids), lambda: self.model.sweep(account, model_ids)
        )
        return None if both is None else self._same_taken(*both)

    def sync(self, account: int) -> model.Fills:
        """Settle an account; what filled."""
        both = self._both(lambda: self.contract.sync(account), lambda: self.model.sync(account))
        assert both is not None
        self._same_settled(*both)
        return self.fills

    def clear(
        self, reference: int = 1000, funding_index: int = 0, quotes: VaultQuotes = NO_QUOTES
    ) -> model.Clearing | None:
        """Run the auction if it is due; what it did, or None where both refuse."""
        both = self._both(
            lambda: self.contract.clear(reference, funding_index, quotes),
            lambda: self.model.clear(reference, funding_index, quotes),
        )
        if both is None:
            return None
        did, expected = model.Clearing(*both[0]), both[1]
        assert did == expected, (did, expected)
        (event,) = self.events
        if expected.traded:
            assert event.name == "Cleared"
            assert event.args == {
                "auction": expected.auction,
                "batch": expected.batch,
                "price": expected.price,
                "lots": expected.lots,
                "imbalance": expected.imbalance,
                "vault_bought": expected.vault_bought,
                "vault_sold": expected.vault_sold,
                "funding_index": funding_index,
            }
        else:
            assert (event.name, event.args) == ("Uncrossed", {"batch": expected.batch})
        return did

    def auction(
        self, reference: int = 1000, funding_index: int = 0, quotes: VaultQuotes = NO_QUOTES
    ) -> model.Clearing:
        """Wait until the batch is due and clear it."""
        self.close()
        clearing = self.clear(reference, funding_index, quotes)
        assert clearing is not None
        return clearing

    def postpone(self) -> int:
        """Keep the batch open for another interval; when it is due now."""
        both = self._both(self.contract.postpone, self.model.postpone)
        assert both is not None
        assert both[0] == both[1]
        return int(both[0])

    def configure(self, interval: int, min_lots: int) -> bool:
        """Change the settings; False where both refuse."""
        both = self._both(
            lambda: (self.contract.configure(interval, min_lots),),
            lambda: (self.model.configure(interval, min_lots),),
        )
        return both is not None

    def rescale(self) -> int | None:
        """Begin a new grid."""
        both = self._both(self.contract.rescale, self.model.rescale)
        if both is None:
            return None
        assert both[0] == both[1]
        return int(both[0])

    @property
    def fills(self) -> model.Fills:
        """What the contract returned as filled from the last action on an account."""
        return model.Fills(*self.result[-2])

    @property
    def exposure(self) -> model.Exposure:
        """What the contract returned as open from the last action on an account."""
        return model.Exposure(*self.result[-1])

    # ------------------------------------------------------------ comparisons

    def check(self) -> None:
        """Every view of the contract equals the model's."""
        contract, reference = self.contract, self.model
        assert model.Market(*contract.market()) == reference.market()
        assert contract.best() == reference.best()
        for lots in (1, 1 + self._looks % 97, 10 ** (self._looks % 8)):
            assert contract.impact(lots) == reference.impact(lots), lots
        self._looks += 1
        bids, asks = contract.depth(64)
        expected_bids, expected_asks = reference.depth(64)
        assert [model.Level(*level) for level in bids] == expected_bids
        assert [model.Level(*level) for level in asks] == expected_asks
        for is_ask, tick in self.ticks:
            if 1 <= tick <= model.MAX_TICK:
                assert contract.lots_at(is_ask, tick) == reference.lots_at(is_ask, tick), (is_ask, tick)
        for account in self.accounts:
            self.check_account(account)
        if reference.auctions:
            last = len(reference.auctions) - 1
            assert model.Auction(*contract.auction(last)) == reference.auction(last)
            page = [model.Auction(*record) for record in contract.auctions_from(max(0, last - 2), 5)]
            assert page == reference.auctions_from(max(0, last - 2), 5)

    def check_account(self, account: int) -> None:
        """What the contract says of an account equals what the model says."""
        found = [model.OpenOrder(*order) for order in self.contract.open_orders(account)]
        expected = self.model.open_orders(account)
        assert [self.model_id[order.order_id] for order in found] == [order.order_id for order in expected]
        named = [
            model.OpenOrder(**(_fields(order) | {"order_id": self.contract_id[order.order_id]}))
            for order in expected
        ]
        assert found == named, (found, named)
        self._same_settled(self.contract.preview_sync(account), self.model.preview_sync(account))

    def check_preview(self, reference: int, quotes: VaultQuotes = NO_QUOTES) -> None:
        """The indicative auction equals the model's."""
        found = model.Clearing(*self.contract.preview_clear(reference, quotes))
        assert found == self.model.preview_clear(reference, quotes)

    def check_twap(self, start: int, end: int) -> None:
        """The averages equal, or both refuse."""
        both = self._both(lambda: (self.contract.twap(start, end),), lambda: (self.model.twap(start, end),))
        assert both is None or both[0] == both[1]

    # ------------------------------------------------------------ parts

    def _name(self, contract_id: int, model_id: int) -> None:
        assert contract_id not in self.model_id, "an order id was used twice"
        self.model_id[contract_id] = model_id
        self.contract_id[model_id] = contract_id

    def _both(self, act: Callable[[], Any], expect: Callable[[], Any]) -> tuple[Any, Any] | None:
        """Results of both, or None where both refuse for the same reason."""
        self.result, self.refusal, self.events = None, None, []
        try:
            expected = expect()
        except Revert as refusal:
            self.refusal = str(refusal)
            with pytest.raises(Reverted) as reverted:
                act()
            assert str(reverted.value) == self.refusal
            return None
        self.result = act()
        self.events = self.contract.events()
        return self.result, expected

    @staticmethod
    def _same_settled(settled: Sequence[Any], expected: Sequence[Any]) -> None:
        fills, interest = settled
        assert model.Fills(*fills) == expected[0], (fills, expected[0])
        found = model.Exposure(*interest)
        # the contract's mark may outlive the order that set it, never the other way round
        assert found.has_reduce_only or not expected[1].has_reduce_only
        assert replace(found, has_reduce_only=expected[1].has_reduce_only) == expected[1], (
            found,
            expected[1],
        )

    def _same_taken(self, found: Sequence[Any], expected: Sequence[Any]) -> int:
        assert found[0] == expected[0]
        self._same_settled(found[1:], expected[1:])
        return int(found[0])


def _fields(order: model.OpenOrder) -> dict[str, Any]:
    return {name: getattr(order, name) for name in order.__slots__}
