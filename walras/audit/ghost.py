"""What the exchange's logs say, added up: the reference that runs beside every step.

It knows no storage and asks no view: an indexer with nothing but the logs would have the same. Where it and
the chain differ, either something changed that no event tells, or an event tells what did not happen.
"""

from collections import Counter
from fractions import Fraction

from walras.audit.events import Event
from walras.audit.system import MARKETS, System


class Ghost:
    """An exchange as its logs tell it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.engine, self.token = system.engine, system.token
        self.market_of = {book: number for number, book in enumerate(system.books)}
        self.addresses = {int(at, 16): name for name, at in _holders(system).items()}
        storage = system.chain.evm.storage
        self.collateral: Counter[int] = Counter()
        for account in system.accounts:
            word = int(storage(system.engine, system.slot[account])) >> 128 & (2**112 - 1)
            self.collateral[account] = word - (2**112 if word >> 111 else 0)
        self.lots: Counter[tuple[int, int]] = Counter()
        self.cash: Counter[tuple[int, int]] = Counter()
        self.tracked = int(storage(system.engine, system.at.tracked))
        self.booked_cash = [0 for _ in MARKETS]
        self.settlements = 0
        self.funding = 0
        """Paid less received, all accounts."""
        self.borne = Fraction(0)
        self.bad_debt = 0
        self.sharers: dict[int, tuple[int, int]] = {}
        self.orders: dict[tuple[int, int], tuple[int, int]] = {}
        """Open orders by market and id: account, lots."""
        self.cleared: dict[tuple[int, int], int] = {}
        """Prices of auctions in which something was traded, by market and number."""
        self.balances: Counter[str] = Counter()
        for name, slot in system.holds.items():
            self.balances[name] = int(storage(system.token, slot))
        self.gifts: Counter[str] = Counter()
        """Tokens that were sent without a call, by who has them."""
        self.reserve = int(storage(system.fund, system.at.reserve)) + int(storage(system.fund, system.at.pot))
        self.touched: set[int] = set()
        """Accounts that the last transaction named."""
        self.pairs: set[tuple[int, int]] = set()
        """Accounts and markets that ever were together."""
        self.recorded: list[list[tuple[int, int]]] = [[] for _ in MARKETS]
        """By market, when which price was recorded."""
        self.ramps: dict[int, tuple[int, int, int]] = {}
        """By market, the last ramp: initial margin fraction at its begin, ppm, begin and end."""

    def hear(self, events: list[Event], now: int) -> None:
        """Take a transaction's events in."""
        touched = self.touched = set()
        collateral = self.collateral
        for name, at, args in events:
            if name == "Booked":
                account, market, lots, cash, fee, realised, funding = args
                self.lots[account, market] += lots
                self.cash[account, market] += cash - realised
                collateral[account] += realised - funding - fee
                collateral[self.system.fee_account] += fee
                self.booked_cash[market] += cash
                self.funding += funding
                self.settlements += 1
                touched.add(account)
                self.pairs.add((account, market))
                if fee:
                    touched.add(self.system.fee_account)
            elif at == self.token:
                if name == "Transfer":
                    self._moved(args)
            elif at in self.market_of:
                self._of_book(name, self.market_of[at], args)
            elif name == "Deposited":
                collateral[args[0]] += args[1]
                self.tracked += args[1]
                touched.add(args[0])
            elif name == "Withdrawn":
                collateral[args[0]] -= args[1]
                self.tracked -= args[1]
                touched.add(args[0])
            elif name in ("Transferred", "ForcedPayment"):
                collateral[args[0]] -= args[2]
                collateral[args[1]] += args[2]
                touched.update(args[:2])
            elif name == "Shared":
                self._shared(args)
            elif name == "SharingSet":
                self.sharers[args[0]] = (args[1] << 8, args[2] << 8)
            elif name == "Tipped":
                collateral[self.system.tip_account] -= args[2]
                collateral[args[1]] += args[2]
                touched.update((self.system.tip_account, args[1]))
            elif name == "Socialised":
                collateral[args[0]] += args[2]
                touched.add(args[0])
                if args[3]:
                    self.borne += args[2]
                    lots = sum(abs(held) for (_, market), held in self.lots.items() if market == args[1])
                    self.settlements += 1 + (
                        lots >> self.system.scales[args[1]]
                    )  # a lot bears whole units of its price
                else:
                    self.bad_debt += args[2]
            elif name == "Recorded":
                self.recorded[args[0]].append((now, args[1]))
            elif name == "RampStarted":
                self.ramps[args[0]] = args[1], now, args[3]
            elif at == self.system.fund:
                self._of_fund(name, args)

    def _shared(self, args: list[int]) -> None:
        account, _, referral, built = args
        referrer, builder = self.sharers.get(account, (0, 0))
        self.collateral[self.system.fee_account] -= referral
        self.collateral[referrer] += referral
        self.collateral[account] -= built
        self.collateral[builder] += built
        self.touched.update((self.system.fee_account, referrer, account, builder))

    def _moved(self, args: list[int]) -> None:
        sender, receiver, amount = args
        if sender in self.addresses:
            self.balances[self.addresses[sender]] -= amount
        if receiver in self.addresses:
            self.balances[self.addresses[receiver]] += amount

    def _of_book(self, name: str, market: int, args: list[int]) -> None:
        if name == "Cleared":
            if args[3]:
                self.cleared[market, args[0]] = args[2]
        elif name == "Placed":
            account, order, lots = args[:3]
            self.orders[market, order] = (account, lots)
            self.pairs.add((account, market))
        elif name == "Cancelled":
            account, order, _, left = args
            if left:
                self.orders[market, order] = (account, left)
            else:
                self.orders.pop((market, order), None)
        elif name == "Settled":
            account, order, left = args[0], args[1], args[7]
            if left:
                self.orders[market, order] = (account, left)
            else:
                self.orders.pop((market, order), None)
        elif name == "Rescaled":
            for one in [one for one in self.orders if one[0] == market]:
                del self.orders[one]

    def _of_fund(self, name: str, args: list[int]) -> None:
        if name == "Contributed":
            self.reserve += args[1]
        elif name == "Staked":
            self.reserve += args[2]
        elif name == "Claimed":
            self.reserve -= args[3]
        elif name == "Drawn":
            self.reserve -= args[2] + args[3]


def _holders(system: System) -> dict[str, str]:
    return {name: str(getattr(system, name)) for name in system.holds}
