"""PlainToken: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Approval:
    """An event of IERC20."""

    owner: str
    spender: str
    value: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Approval":
        """Raises AbiError where the log is of another event."""
        return _APPROVAL_EVENT.decode(topics, data)


_APPROVAL_EVENT: Final = abi.Event(
    "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
    Approval,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Events."""

    sender: str
    receiver: str
    value: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Transfer":
        """Raises AbiError where the log is of another event."""
        return _TRANSFER_EVENT.decode(topics, data)


_TRANSFER_EVENT: Final = abi.Event(
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    Transfer,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


_allowance: Final[abi.Function[int]] = abi.Function(
    "PlainToken.allowance",
    "allowance(address,address)",
    "dd62ed3e",
    (abi.ADDRESS, abi.ADDRESS),
    (abi.UINT256,),
)

_approve: Final[abi.Function[bool]] = abi.Function(
    "PlainToken.approve", "approve(address,uint256)", "095ea7b3", (abi.ADDRESS, abi.UINT256), (abi.BOOL,)
)

_balanceOf: Final[abi.Function[int]] = abi.Function(
    "PlainToken.balanceOf", "balanceOf(address)", "70a08231", (abi.ADDRESS,), (abi.UINT256,)
)

_decimals: Final[abi.Function[int]] = abi.Function(
    "PlainToken.decimals", "decimals()", "313ce567", (), (abi.UINT8,)
)

_mint: Final[abi.Function[None]] = abi.Function(
    "PlainToken.mint", "mint(address,uint256)", "40c10f19", (abi.ADDRESS, abi.UINT256)
)

_totalSupply: Final[abi.Function[int]] = abi.Function(
    "PlainToken.totalSupply", "totalSupply()", "18160ddd", (), (abi.UINT256,)
)

_transfer: Final[abi.Function[bool]] = abi.Function(
    "PlainToken.transfer", "transfer(address,uint256)", "a9059cbb", (abi.ADDRESS, abi.UINT256), (abi.BOOL,)
)

_transferFrom: Final[abi.Function[bool]] = abi.Function(
    "PlainToken.transferFrom",
    "transferFrom(address,address,uint256)",
    "23b872dd",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
    (abi.BOOL,),
)


class PlainToken(abi.Binding):
    """PlainToken: an ERC-20 token that anyone may mint, for tests and benchmarks."""

    EVENTS = abi.events(_APPROVAL_EVENT, _TRANSFER_EVENT)

    def allowance(self, arg0: str, arg1: str) -> Call[int]:
        """The variable `allowance(address, address)`."""
        return _allowance(self.address, arg0, arg1)

    def approve(self, spender: str, amount: int) -> Call[bool]:
        """Lets a spender move tokens of the caller."""
        return _approve(self.address, spender, amount)

    def balanceOf(self, arg0: str) -> Call[int]:
        """The variable `balanceOf(address)`."""
        return _balanceOf(self.address, arg0)

    def decimals(self) -> Call[int]:
        """The variable `decimals()`."""
        return _decimals(self.address)

    def mint(self, to: str, amount: int) -> Call[None]:
        """New tokens for an address."""
        return _mint(self.address, to, amount)

    def totalSupply(self) -> Call[int]:
        """The variable `totalSupply()`."""
        return _totalSupply(self.address)

    def transfer(self, to: str, amount: int) -> Call[bool]:
        """Tokens of the caller to another address."""
        return _transfer(self.address, to, amount)

    def transferFrom(self, owner: str, to: str, amount: int) -> Call[bool]:
        """Tokens of an owner who has approved the caller. An allowance is spent, however large it is."""
        return _transferFrom(self.address, owner, to, amount)
