"""A book beside its model, its events, refusals and rarer views compared too. Campaigns act through it."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.book import NO_QUOTES, BookPair
from walras.devtools.evm import Reverted, address
from walras.model import book as model
from walras.model.book import NewOrder, VaultQuotes

STRANGER: Final = address(0xBAD)
_ANYTHING: Final = NewOrder(False, 1, 1)


class Witness(BookPair):
    """Every event of an action is worked out from the model, and nothing else may be logged."""

    def __init__(self, interval: int = 10, min_lots: int = 1) -> None:
        super().__init__(interval, min_lots)
        self._cancelled: set[int] = set()  # model's ids of orders that were cancelled wholly

    # ------------------------------------------------------------ actions

    def cancel_all_after(self, account: int, deadline: int) -> bool:
        """Set the dead man's switch; False where both refuse."""
        done = super().cancel_all_after(account, deadline)
        if done:
            self._logged("SwitchSet", account=account, deadline=deadline)
            assert self.contract.cancel_deadline(account) == self.model.cancel_deadline(account)
        return done

    def postpone(self) -> int:
        """Keep the batch open for another interval; when it is due now."""
        due = super().postpone()
        if due:
            self._logged("Postponed", batch=self.model.batch, due=due)
        else:
            assert not self.events
        return due

    def configure(self, interval: int, min_lots: int) -> bool:
        """Change the settings; False where both refuse."""
        done = super().configure(interval, min_lots)
        if done:
            self._logged("Configured", interval=interval, min_lots=min_lots)
        return done

    def rescale(self) -> int | None:
        """Begin a new grid."""
        auctions = len(self.model.auctions)
        grid = super().rescale()
        if grid is not None:
            self._logged("Rescaled", grid=grid, auctions=auctions)
        return grid

    def stranger(self, account: int) -> None:
        """Nobody but the engine can call a mutator."""
        calls: dict[str, tuple[Any, ...]] = {
            "place": (account, _ANYTHING, 1, model.MAX_TICK),
            "cancel": (account, 0, 1),
            "cancel_all": (account,),
            "cancel_replace": (account, [], [_ANYTHING], False, 1, model.MAX_TICK),
            "cancel_all_after": (account, 0),
            "sweep": (account, []),
            "sync": (account,),
            "clear": (1, 0, NO_QUOTES),
            "configure": (1, 1),
            "postpone": (),
            "rescale": (),
        }
        for name, args in calls.items():
            with pytest.raises(Reverted, match=r"^book: only engine$"):
                getattr(self.contract, name)(*args, sender=STRANGER)

    # ------------------------------------------------------------ comparisons

    def check_preview(self, reference: int, quotes: VaultQuotes = NO_QUOTES) -> None:
        """The indicative auction equals the model's, or both refuse."""
        both = self._both(
            lambda: self.contract.preview_clear(reference, quotes),
            lambda: self.model.preview_clear(reference, quotes),
        )
        assert both is None or model.Clearing(*both[0]) == both[1], both

    def check_auction(self, number: int) -> None:
        """A record of the history equals the model's, or both refuse."""
        both = self._both(lambda: self.contract.auction(number), lambda: self.model.auction(number))
        assert both is None or model.Auction(*both[0]) == both[1], both

    def check_page(self, start: int, count: int) -> None:
        """A page of the history equals the model's, or both refuse."""
        both = self._both(
            lambda: self.contract.auctions_from(start, count), lambda: self.model.auctions_from(start, count)
        )
        assert both is None or [model.Auction(*record) for record in both[0]] == both[1], both

    def check_depth(self, levels: int) -> None:
        """Depth to some levels equals the model's, or both refuse."""
        both = self._both(lambda: self.contract.depth(levels), lambda: self.model.depth(levels))
        if both is not None:
            found = tuple([model.Level(*level) for level in side] for side in both[0])
            assert found == tuple(both[1]), (found, both[1])

    def check_lots_at(self, is_ask: bool, tick: int) -> None:
        """Lots at a tick equal the model's, or both refuse."""
        both = self._both(
            lambda: self.contract.lots_at(is_ask, tick), lambda: self.model.lots_at(is_ask, tick)
        )
        assert both is None or both[0] == both[1], both

    # ------------------------------------------------------------ parts

    def _both(self, act: Callable[[], Any], expect: Callable[[], Any]) -> tuple[Any, Any] | None:
        pending = {
            order.order_id: (order, order.lots, [*order.unsettled])
            for order in self.model.orders
            if (order.unsettled or not order.lots) and order.order_id not in self._cancelled
        }
        lots = {order.order_id: order.lots for order in self.model.orders if order.lots}
        auctions = len(self.model.auctions), self.model.batch
        both = super()._both(act, expect)
        if both is not None:
            self._check_settled(pending)
            if auctions == (len(self.model.auctions), self.model.batch):
                self._check_cancelled(lots)
        return both

    def _check_settled(self, pending: dict[int, tuple[model.Order, int, list[model.Fill]]]) -> None:
        """Each order that the call settled, and that was filled or void, is told of."""
        waiting = {order.order_id for order in self.model.orders if order.unsettled or not order.lots}
        expected = [
            {
                "account": order.account,
                "order_id": self.contract_id[order_id],
                "lots": sum(fill.lots for fill in fills),
                "notional": sum(fill.lots * fill.price for fill in fills),
                "basis": order.sign * sum(fill.lots * fill.funding_index for fill in fills),
                "taker_lots": sum(fill.lots for fill in fills if fill.is_taker),
                "taker_notional": sum(fill.lots * fill.price for fill in fills if fill.is_taker),
                "left": left,
            }
            for order_id, (order, left, fills) in pending.items()
            if order_id not in waiting or (fills and not order.unsettled)
        ]
        found = [event.args for event in self.events if event.name == "Settled"]
        assert _by_id(found) == _by_id(expected), (found, expected)

    def _check_cancelled(self, before: dict[int, int]) -> None:
        """Each order that lost lots, and no other, is told of."""
        now = {order.order_id: order for order in self.model.orders}
        expected = []
        for order_id, lots in before.items():
            order = now[order_id]  # an order that was open is kept until it is settled again
            if order.lots != lots:
                if not order.lots:
                    self._cancelled.add(order_id)
                expected.append(
                    {
                        "account": order.account,
                        "order_id": self.contract_id[order_id],
                        "lots": lots - order.lots,
                        "left": order.lots,
                    }
                )
        found = [event.args for event in self.events if event.name == "Cancelled"]
        assert _by_id(found) == _by_id(expected), (found, expected)

    def _name(self, contract_id: int, model_id: int) -> None:
        super()._name(contract_id, model_id)
        order = next(order for order in self.model.orders if order.order_id == model_id)
        expected = {
            "account": order.account,
            "order_id": contract_id,
            "lots": order.terms.lots,
            "flags": bool(order.terms.client_id or order.terms.expiry)
            | order.terms.reduce_only << 1
            | order.terms.post_only << 2,
            "expiry": order.terms.expiry,
            "client_id": order.terms.client_id,
        }
        placed = [event.args for event in self.events if event.name == "Placed"]
        assert expected in placed, (expected, placed)

    def _logged(self, name: str, **args: int) -> None:
        found = [(event.name, event.args) for event in self.events]
        assert found == [(name, args)], (found, name, args)


def _by_id(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda args: int(args["order_id"]))
