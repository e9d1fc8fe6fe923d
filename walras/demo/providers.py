"""Liquidity providers of the vault, as its events tell: who has which shares, and what was paid for them."""

from collections import Counter
from typing import Any

from walras.chain.bindings import vault


class Providers:
    """Hears events of the vault. Addresses are in lower case."""

    def __init__(self, contract: str) -> None:
        self._contract = contract.lower()
        self.shares: Counter[str] = Counter()
        """By holder; what was asked back counts for who asked, until it is claimed."""
        self.holders: set[str] = set()
        """Addresses that ever had any."""
        self.paid: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        """Units of the token, by owner of the shares."""
        self.requests = 0
        """How often somebody asked for his money back."""

    def hear(self, event: Any) -> None:
        """One event, decoded; those that move nothing are passed over."""
        match event:
            case vault.Transfer():
                self.holders |= {event.sender.lower(), event.receiver.lower()}
                self.shares[event.sender.lower()] -= event.value
                self.shares[event.receiver.lower()] += event.value
            case vault.Deposit():
                self.paid[event.owner.lower()] += event.assets
            case vault.RedeemRequest():
                self.requests += 1
                self.shares[self._contract] -= event.shares
                self.shares[event.controller.lower()] += event.shares
            case vault.Withdraw():  # its shares were the vault's to burn
                self.received[event.owner.lower()] += event.assets
                self.shares[event.owner.lower()] -= event.shares
                self.shares[self._contract] += event.shares
            case _:
                pass

    def worth(self, owner: str, assets: int, supply: int) -> int:
        """Of somebody's shares, where all are worth so many units of the token; rounded down."""
        return max(0, self.shares[owner.lower()]) * assets // supply if supply else 0
