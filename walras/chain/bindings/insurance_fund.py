"""InsuranceFund: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Exit:
    """A struct of IInsuranceFund."""

    shares: int
    """0: none is pending."""
    claimable_from: int
    """First second in which it can be claimed."""
    until: int
    """First second in which it cannot any more."""


EXIT: Final = abi.struct(Exit, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event of IInsuranceFund."""

    account: str
    receiver: str
    shares: int
    assets: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Claimed":
        """Raises AbiError where the log is of another event."""
        return _CLAIMED_EVENT.decode(topics, data)


_CLAIMED_EVENT: Final = abi.Event(
    "2f6639d24651730c7bf57c95ddbf96d66d11477e4ec626876f92c22e5f365e68",
    Claimed,
    (True, True, False, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Contributed:
    """An event of IInsuranceFund."""

    sender: str
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Contributed":
        """Raises AbiError where the log is of another event."""
        return _CONTRIBUTED_EVENT.decode(topics, data)


_CONTRIBUTED_EVENT: Final = abi.Event(
    "62722348256371b5147820d6cad90c40fd2da1ccee18c3ed52c0bca5a61dbbab",
    Contributed,
    (True, False),
    (abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class DrawCapSet:
    """An event of IInsuranceFund."""

    market: int
    cap: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "DrawCapSet":
        """Raises AbiError where the log is of another event."""
        return _DRAW_CAP_SET_EVENT.decode(topics, data)


_DRAW_CAP_SET_EVENT: Final = abi.Event(
    "dfdbee5a279d00e1519d17bf1e6017e2e84ae4206943cf9599aa89cea3ddf3c5",
    DrawCapSet,
    (True, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """An event of IInsuranceFund."""

    market: int
    amount: int
    """What was asked for."""
    from_reserve: int
    from_pot: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Drawn":
        """Raises AbiError where the log is of another event."""
        return _DRAWN_EVENT.decode(topics, data)


_DRAWN_EVENT: Final = abi.Event(
    "6d0cb2dfe2ce4d72f3486fe731a11cc68f0d10b45b28572f41ab69525844ef28",
    Drawn,
    (True, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class EngineSet:
    """An event of IInsuranceFund."""

    engine: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "EngineSet":
        """Raises AbiError where the log is of another event."""
        return _ENGINE_SET_EVENT.decode(topics, data)


_ENGINE_SET_EVENT: Final = abi.Event(
    "ffdd1f97bc690cbcf97d0ea457d2e0913b439d14c33cde4b5ef892169f39f6b3", EngineSet, (True,), (abi.ADDRESS,)
)


@dataclass(frozen=True, slots=True)
class ExitCancelled:
    """An event of IInsuranceFund."""

    account: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ExitCancelled":
        """Raises AbiError where the log is of another event."""
        return _EXIT_CANCELLED_EVENT.decode(topics, data)


_EXIT_CANCELLED_EVENT: Final = abi.Event(
    "91c2e943be9b1896a63fd826425c05548b2a5583446fe30c455ed129c89f86a3", ExitCancelled, (True,), (abi.ADDRESS,)
)


@dataclass(frozen=True, slots=True)
class ExitRequested:
    """An event of IInsuranceFund."""

    account: str
    shares: int
    claimable_from: int
    until: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ExitRequested":
        """Raises AbiError where the log is of another event."""
        return _EXIT_REQUESTED_EVENT.decode(topics, data)


_EXIT_REQUESTED_EVENT: Final = abi.Event(
    "cbc315c2c4c3294d0be4c523a6e9f963ffd00e687f81c4e7480e1fb138b0fe45",
    ExitRequested,
    (True, False, False, False),
    (abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class OwnershipTransferStarted:
    """`previous_owner` to `new_owner` is initiated."""

    previous_owner: str
    new_owner: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "OwnershipTransferStarted":
        """Raises AbiError where the log is of another event."""
        return _OWNERSHIP_TRANSFER_STARTED_EVENT.decode(topics, data)


_OWNERSHIP_TRANSFER_STARTED_EVENT: Final = abi.Event(
    "38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e22700",
    OwnershipTransferStarted,
    (True, True),
    (abi.ADDRESS, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class OwnershipTransferred:
    """From `previous_owner` to `new_owner`."""

    previous_owner: str
    new_owner: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "OwnershipTransferred":
        """Raises AbiError where the log is of another event."""
        return _OWNERSHIP_TRANSFERRED_EVENT.decode(topics, data)


_OWNERSHIP_TRANSFERRED_EVENT: Final = abi.Event(
    "8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0",
    OwnershipTransferred,
    (True, True),
    (abi.ADDRESS, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class SharesVoided:
    """An event of IInsuranceFund."""

    epoch: int
    """The one that ended."""
    shares: int
    dust: int
    """What the pot still held; the reserve has it now."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "SharesVoided":
        """Raises AbiError where the log is of another event."""
        return _SHARES_VOIDED_EVENT.decode(topics, data)


_SHARES_VOIDED_EVENT: Final = abi.Event(
    "a996872831e8c36d635f655d6d7d0b2e7484a5aa266def661e761a5d977389f4",
    SharesVoided,
    (True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Staked:
    """An event of IInsuranceFund."""

    sender: str
    receiver: str
    assets: int
    shares: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Staked":
        """Raises AbiError where the log is of another event."""
        return _STAKED_EVENT.decode(topics, data)


_STAKED_EVENT: Final = abi.Event(
    "6c86f3fd5118b3aa8bb4f389a617046de0a3d3d477de1a1673d227f802f616dc",
    Staked,
    (True, True, False, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256),
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_cancel_exit: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.cancel_exit", "cancel_exit()", "1e062daa"
)

_cap_raised_at: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.cap_raised_at", "cap_raised_at(uint256)", "f2e04450", (abi.UINT256,), (abi.UINT256,)
)

_claim: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.claim", "claim(address)", "1e83409a", (abi.ADDRESS,), (abi.UINT256,)
)

_contribute: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.contribute", "contribute(uint256)", "c1cbbca7", (abi.UINT256,)
)

_draw: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.draw", "draw(uint256,uint256)", "d2b8035a", (abi.UINT256, abi.UINT256), (abi.UINT256,)
)

_draw_cap: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.draw_cap", "draw_cap(uint256)", "dd533778", (abi.UINT256,), (abi.UINT256,)
)

_draw_capacity: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.draw_capacity", "draw_capacity(uint256)", "5060ce92", (abi.UINT256,), (abi.UINT256,)
)

_drawn: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.drawn", "drawn(uint256)", "883b2213", (abi.UINT256,), (abi.UINT256,)
)

_engine: Final[abi.Function[str]] = abi.Function(
    "InsuranceFund.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,)
)

_epoch: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.epoch", "epoch()", "900cf0cf", (), (abi.UINT256,)
)

_owner: Final[abi.Function[str]] = abi.Function(
    "InsuranceFund.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,)
)

_pending_exit: Final[abi.Function[Exit]] = abi.Function(
    "InsuranceFund.pending_exit", "pending_exit(address)", "18458ef1", (abi.ADDRESS,), (EXIT,)
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "InsuranceFund.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_pot: Final[abi.Function[int]] = abi.Function("InsuranceFund.pot", "pot()", "4ba2363a", (), (abi.UINT256,))

_preview_claim: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.preview_claim", "preview_claim(address)", "a5894d1c", (abi.ADDRESS,), (abi.UINT256,)
)

_preview_stake: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.preview_stake", "preview_stake(uint256)", "cfe97be1", (abi.UINT256,), (abi.UINT256,)
)

_request_exit: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.request_exit", "request_exit(uint256)", "e6537b6a", (abi.UINT256,)
)

_reserve: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.reserve", "reserve()", "cd3293de", (), (abi.UINT256,)
)

_set_draw_cap: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.set_draw_cap", "set_draw_cap(uint256,uint256)", "3c87bc58", (abi.UINT256, abi.UINT256)
)

_set_engine: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.set_engine", "set_engine(address)", "2db91fbe", (abi.ADDRESS,)
)

_shares_of: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.shares_of", "shares_of(address)", "b4c67032", (abi.ADDRESS,), (abi.UINT256,)
)

_stake: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.stake", "stake(uint256,address)", "7acb7757", (abi.UINT256, abi.ADDRESS), (abi.UINT256,)
)

_token: Final[abi.Function[str]] = abi.Function(
    "InsuranceFund.token", "token()", "fc0c546a", (), (abi.ADDRESS,)
)

_total_shares: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.total_shares", "total_shares()", "7678c038", (), (abi.UINT256,)
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "InsuranceFund.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_value_of: Final[abi.Function[int]] = abi.Function(
    "InsuranceFund.value_of", "value_of(address)", "ab7fcbaf", (abi.ADDRESS,), (abi.UINT256,)
)


class InsuranceFund(abi.Binding):
    """InsuranceFund: pays what an account owes and cannot."""

    EVENTS = abi.events(
        _CLAIMED_EVENT,
        _CONTRIBUTED_EVENT,
        _DRAW_CAP_SET_EVENT,
        _DRAWN_EVENT,
        _ENGINE_SET_EVENT,
        _EXIT_CANCELLED_EVENT,
        _EXIT_REQUESTED_EVENT,
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _SHARES_VOIDED_EVENT,
        _STAKED_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def cancel_exit(self) -> Call[None]:
        """Takes the caller's request to leave back, also one whose time to claim has passed."""
        return _cancel_exit(self.address)

    def cap_raised_at(self, arg0: int) -> Call[int]:
        """The variable `cap_raised_at(uint256)`."""
        return _cap_raised_at(self.address, arg0)

    def claim(self, receiver: str) -> Call[int]:
        """Pays the caller's request to leave, all of it, at what its shares are worth now."""
        return _claim(self.address, receiver)

    def contribute(self, amount: int) -> Call[None]:
        """Adds to the reserve, by anyone and for good."""
        return _contribute(self.address, amount)

    def draw(self, market: int, amount: int) -> Call[int]:
        """Pays a deficit to the engine, out of the reserve and then out of the pot, as far as they and the
        market's cap go. A fund that has nothing pays nothing: want of money does not revert. A draw
        that empties the pot, or leaves a unit to more than 10**9 shares, makes all shares void: who
        stakes later does not share with those whose stake is gone. What is left then, less than a
        millionth of what those shares cost at first, becomes reserve.
        """
        return _draw(self.address, market, amount)

    def draw_cap(self, arg0: int) -> Call[int]:
        """The variable `draw_cap(uint256)`."""
        return _draw_cap(self.address, arg0)

    def draw_capacity(self, market: int) -> Call[int]:
        """The most that a draw would pay now."""
        return _draw_capacity(self.address, market)

    def drawn(self, arg0: int) -> Call[int]:
        """The variable `drawn(uint256)`."""
        return _drawn(self.address, arg0)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def epoch(self) -> Call[int]:
        """The variable `epoch()`."""
        return _epoch(self.address)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pending_exit(self, account: str) -> Call[Exit]:
        """The request of an account to leave, also one whose time to claim has passed."""
        return _pending_exit(self.address, account)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def pot(self) -> Call[int]:
        """The variable `pot()`."""
        return _pot(self.address)

    def preview_claim(self, account: str) -> Call[int]:
        """What a claim of an account would pay now. It never reverts."""
        return _preview_claim(self.address, account)

    def preview_stake(self, assets: int) -> Call[int]:
        """What a stake would give now. It never reverts."""
        return _preview_stake(self.address, assets)

    def request_exit(self, shares: int) -> Call[None]:
        """Asks to leave with some of the caller's shares. They stay at risk until they are claimed, which
        is possible for 7 days, 14 days from now. A request takes the place of an earlier one, whose
        waiting is lost: to leave with more, or again after the claim's time has passed, ask again for
        all of it.
        """
        return _request_exit(self.address, shares)

    def reserve(self) -> Call[int]:
        """The variable `reserve()`."""
        return _reserve(self.address)

    def set_draw_cap(self, market: int, cap: int) -> Call[None]:
        """Sets how much may be drawn for a market in all, what was drawn before included. 0, as at first,
        is nothing. A cap falls freely; while there are shares it rises by steps, a day apart.
        """
        return _set_draw_cap(self.address, market, cap)

    def set_engine(self, engine: str) -> Call[None]:
        """Names who may draw, once and for good; from then on the fund takes stakes."""
        return _set_engine(self.address, engine)

    def shares_of(self, account: str) -> Call[int]:
        """The shares of an account, those that ask to leave included."""
        return _shares_of(self.address, account)

    def stake(self, assets: int, receiver: str) -> Call[int]:
        """Puts tokens into the pot for shares of it, which cannot be transferred."""
        return _stake(self.address, assets, receiver)

    def token(self) -> Call[str]:
        """The variable `token()`."""
        return _token(self.address)

    def total_shares(self) -> Call[int]:
        """The variable `total_shares()`."""
        return _total_shares(self.address)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)

    def value_of(self, account: str) -> Call[int]:
        """What an account's shares are worth now."""
        return _value_of(self.address, account)
