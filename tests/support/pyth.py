"""Pyth's mock of its own contract, with one price feed."""

from typing import Final

from tests.support.solidity import pyth
from walras.devtools.evm import Evm

FEED: Final = bytes.fromhex("ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace")
"""Id of ETH / USD."""


class PythFeed:
    """A feed on a MockPyth. Prices and their confidence are in 10**expo of the quote currency."""

    def __init__(
        self, evm: Evm, feed: bytes = FEED, expo: int = -8, valid_for: int = 60, fee: int = 1
    ) -> None:
        """`valid_for` is the age in seconds at which Pyth itself calls a price stale; the fee is in wei."""
        self.evm = evm
        self.id = feed
        self.expo = expo
        self.fee = fee
        self.contract = evm.deploy(pyth("MockPyth"), valid_for, fee, foreign=True)
        self.address = self.contract.address

    def create_price_feed_update(
        self, price: int, confidence: int = 0, publish_time: int | None = None
    ) -> bytes:
        """An update for anyone to bring, as of the publish time (unix seconds; now by default)."""
        time = self.evm.time if publish_time is None else publish_time
        data: bytes = self.contract.createPriceFeedUpdateData(
            self.id, price, confidence, self.expo, price, confidence, time, max(time - 1, 0)
        )
        return data

    def update(
        self, price: int, confidence: int = 0, publish_time: int | None = None, value: int | None = None
    ) -> None:
        """Bring an update, with a value in wei instead of the fee where it is given.

        Pyth ignores one that is no later than what it has. Raises Reverted where the value is below the fee.
        """
        data = self.create_price_feed_update(price, confidence, publish_time)
        self.contract.updatePriceFeeds([data], value=self.fee if value is None else value)
