"""A book as a state machine: hypothesis tells stories, contract and model agree after every step.

The checks named inv_nn are those of the auditors' list that a book alone can break; they are taken from the
contract's own answers, so they hold though the model were wrong.
"""

from collections import defaultdict
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from tests.support.book import BookPair
from walras.model import book as model
from walras.model.book import MAX_TICK, NewOrder, VaultQuotes

USERS = st.integers(1, 4)
# a few neighbours around the ends of words and blocks, so that stories meet
TICKS = st.one_of(
    st.integers(4_090, 4_100), st.integers(505, 520), st.sampled_from([1, 2, 7, 8, 63, 64, MAX_TICK])
)
LOTS = st.one_of(st.integers(1, 6), st.integers(1, 10**6), st.just(2**28 - 1))
KINDS = st.sampled_from(
    [{}, {}, {"batch_only": True}, {"post_only": True}, {"reduce_only": True, "client_id": 9}]
)
ORDERS = st.builds(
    lambda is_ask, tick, lots, kind: NewOrder(is_ask, tick, lots, **kind), st.booleans(), TICKS, LOTS, KINDS
)
QUOTES = st.builds(
    lambda ticks, bid_lots, ask_lots: VaultQuotes(min(ticks), bid_lots, max(ticks), ask_lots),
    st.lists(TICKS, min_size=2, max_size=2, unique=True),
    st.sampled_from([0, 0, 3, 500, 2**29 - 1]),
    st.sampled_from([0, 0, 3, 500, 2**29 - 1]),
)
FUNDING = st.one_of(st.integers(-(10**9), 10**9), st.sampled_from([2**79 - 1, 1 - 2**79]))


class Story(RuleBasedStateMachine):
    """Traders, the vault and time at one book."""

    orders: Bundle[Any] = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.lots: dict[int, int] = defaultdict(int)  # settled position by account; 0 is the vault
        self.cash: dict[int, int] = defaultdict(int)

    @initialize(interval=st.sampled_from([0, 10]), min_lots=st.sampled_from([1, 2]))
    def open(self, interval: int, min_lots: int) -> None:
        """Open the book."""
        self.pair = BookPair(interval, min_lots)

    # ------------------------------------------------------------ actions

    @rule(target=orders, user=USERS, order=ORDERS)
    def place(self, user: int, order: NewOrder) -> Any:
        """Place an order; in a closed batch, after its auction."""
        self.run_due()
        self.settle(user)
        order_id = self.pair.place(user, order)
        if order_id is None:
            return multiple()
        if self.pair.model.due == 0:
            self.clear(order.tick, 0, VaultQuotes())
        return (user, order_id)

    @rule(order=orders, lots=st.one_of(st.integers(1, 5), st.just(2**28 - 1)))
    def cancel(self, order: Any, lots: int) -> None:
        """Cancel some lots of an order, open or not."""
        self.run_due()
        self.settle(order[0])
        self.pair.cancel(order[0], order[1], lots)

    @rule(target=orders, user=USERS, moved=st.lists(orders, max_size=3), new=st.lists(ORDERS, max_size=3))
    def replace(self, user: int, moved: list[Any], new: list[NewOrder]) -> Any:
        """Move orders."""
        self.run_due()
        self.settle(user)
        ids = self.pair.cancel_replace(user, [order_id for _, order_id in moved], new, strict=False)
        return multiple(*((user, order_id) for order_id in ids or []))

    @rule(user=USERS)
    def cancel_all(self, user: int) -> None:
        """Cancel all."""
        self.run_due()
        self.settle(user)
        self.pair.cancel_all(user)

    @rule(reference=TICKS, funding=FUNDING, quotes=QUOTES)
    def auction(self, reference: int, funding: int, quotes: VaultQuotes) -> None:
        """Let the batch end and clear it."""
        self.pair.check_preview(reference, quotes)
        self.pair.close()
        self.clear(reference, funding, quotes)

    @rule(user=USERS)
    def settle(self, user: int) -> None:
        """Settle an account and book what filled, as the engine does."""
        fills = self.pair.sync(user)
        self.lots[user] += fills.lots
        self.cash[user] += fills.cash

    @rule(seconds=st.integers(0, 40), length=st.integers(1, 30))
    def average(self, seconds: int, length: int) -> None:
        """Let time pass, and ask for an average price."""
        self.pair.advance(seconds)
        now = self.pair.evm.time
        self.pair.check_twap(now - length, now)

    @rule()
    def rescale(self) -> None:
        """Void what rests."""
        self.pair.rescale()

    # ------------------------------------------------------------ parts

    def run_due(self) -> None:
        """What is due comes first."""
        if 0 < self.pair.model.due <= self.pair.evm.time:
            self.clear(500, 0, VaultQuotes())

    def clear(self, reference: int, funding: int, quotes: VaultQuotes) -> None:
        """Clear, and book the vault's part."""
        clearing = self.pair.clear(reference, funding, quotes)
        assert clearing is not None
        self.lots[0] += clearing.vault_bought - clearing.vault_sold
        self.cash[0] += clearing.price * (clearing.vault_sold - clearing.vault_bought)
        bid, ask = self.pair.contract.best()
        assert not bid or not ask or bid < ask, "what rests after an auction is uncrossed"

    # ------------------------------------------------------------ what always holds

    @invariant()
    def agrees(self) -> None:
        """Every view equals the model's."""
        if hasattr(self, "pair"):
            self.pair.check()

    @invariant()
    def inv_03_lots_sum_to_zero(self) -> None:
        """Bought lots are sold lots, unsettled fills included; inv_04: and so is the cash, to the unit."""
        if not hasattr(self, "pair"):
            return
        lots, cash = sum(self.lots.values()), sum(self.cash.values())
        for account in self.pair.accounts:
            fills = model.Fills(*self.pair.contract.preview_sync(account)[0])
            lots += fills.lots
            cash += fills.cash
        assert (lots, cash) == (0, 0)

    @invariant()
    def inv_33_depth_is_the_sum_of_its_orders(self) -> None:
        """The lots at each tick are those of the open orders there."""
        if not hasattr(self, "pair"):
            return
        resting: dict[tuple[bool, int], int] = defaultdict(int)
        batch_only: dict[tuple[bool, int], int] = defaultdict(int)
        for account in self.pair.accounts:
            for order in self.pair.contract.open_orders(account):
                found = model.OpenOrder(*order)
                (batch_only if found.batch_only else resting)[found.is_ask, found.tick] += found.lots
        for at in self.pair.ticks:
            assert self.pair.contract.lots_at(*at) == (resting[at], batch_only[at])


TestStory = Story.TestCase
