"""PythSource: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from typing import Final

from walras.chain import abi
from walras.chain.call import Call

_feed: Final[abi.Function[bytes]] = abi.Function("PythSource.feed", "feed()", "37a7b7d8", (), (abi.BYTES32,))

_pyth: Final[abi.Function[str]] = abi.Function("PythSource.pyth", "pyth()", "f98d06f0", (), (abi.ADDRESS,))

_read: Final[abi.Function[tuple[int, int, int]]] = abi.Function(
    "PythSource.read", "read(uint256)", "ed2e5a97", (abi.UINT256,), (abi.UINT256, abi.UINT256, abi.UINT256)
)

_update: Final[abi.Function[None]] = abi.Function(
    "PythSource.update", "update(uint256,bytes)", "0216b838", (abi.UINT256, abi.BYTES)
)

_update_fee: Final[abi.Function[int]] = abi.Function(
    "PythSource.update_fee", "update_fee(bytes)", "2320f792", (abi.BYTES,), (abi.UINT256,)
)


class PythSource(abi.Binding):
    """PythSource: the price of one Pyth feed."""

    def feed(self) -> Call[bytes]:
        """The variable `feed()`."""
        return _feed(self.address)

    def pyth(self) -> Call[str]:
        """The variable `pyth()`."""
        return _pyth(self.address)

    def read(self, market: int) -> Call[tuple[int, int, int]]:
        """The price that Pyth's contract was told last."""
        return _read(self.address, market)

    def update(self, market: int, payload: bytes) -> Call[None]:
        """Hands an update to Pyth's contract, which verifies it; one that is older than what it has
        changes nothing.
        """
        return _update(self.address, market, payload)

    def update_fee(self, payload: bytes) -> Call[int]:
        """Pyth's fee for an update."""
        return _update_fee(self.address, payload)
