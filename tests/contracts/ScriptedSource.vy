# trap-ok: TRAP09 a source that misbehaves has to be free to call back
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   ScriptedSource: a price source that answers, or misbehaves, as a test tells it
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
from interfaces import IOracleRouter


flag Manner:
    ANSWER      # the three words that were set
    REVERT      # with a reason
    SILENT      # revert without a word
    EMPTY       # an answer of no bytes
    SHORT       # two words
    LONG        # the three words and 29 more
    BURN        # use up all gas
    REENTER     # answer what the router's own `price` says
    REENTER_RECORD    # call the router's `record`, then answer
    RAW         # the bytes that were set
    DENY        # revert with the three words


manner: public(Manner)
words: uint256[3]
raw: Bytes[1024]
fee: public(uint256)
update_manner: public(Manner)
seen: public(uint256)   # wei that came with updates


@external
def set(price: uint256, confidence: uint256, published_at: uint256):
    """
    @notice What to answer.
    """
    self.words = [price, confidence, published_at]


@external
def set_raw(raw: Bytes[1024]):
    """
    @notice What to answer in the manner RAW.
    """
    self.raw = raw


@external
def behave(manner: Manner):
    """
    @notice How to answer.
    """
    self.manner = manner


@external
def behave_in_update(manner: Manner, fee: uint256):
    """
    @notice How to take updates: ANSWER takes over three words, the others as they say.
    """
    self.update_manner = manner
    self.fee = fee


@external
@view
@raw_return
def read(market: uint256) -> Bytes[1024]:
    """
    @notice As IPriceSource, or not.
    """
    if self.manner in Manner.REVERT:
        raise "source: no price"
    if self.manner in Manner.SILENT:
        raw_revert(b"")
    if self.manner in Manner.EMPTY:
        return b""
    if self.manner in Manner.SHORT:
        return slice(abi_encode(self.words), 0, 64)
    if self.manner in Manner.LONG:
        return concat(abi_encode(self.words), abi_encode(empty(uint256[29])))
    if self.manner in Manner.BURN:
        self._burn()
    if self.manner in Manner.REENTER:
        found: IOracleRouter.Price = staticcall IOracleRouter(msg.sender).price(market)
        return abi_encode(found.price, found.low, found.published_at)
    if self.manner in Manner.REENTER_RECORD:
        raw_call(msg.sender, abi_encode(market, method_id=method_id("record(uint256)")), is_static_call=True)
    if self.manner in Manner.RAW:
        return self.raw
    if self.manner in Manner.DENY:
        raw_revert(abi_encode(self.words))
    return abi_encode(self.words)


@external
@view
@raw_return
def latestRoundData() -> Bytes[1024]:
    """
    @notice As Chainlink's sequencer feed: RAW or BURN, any other manner reverts.
    """
    if self.manner in Manner.BURN:
        self._burn()
    assert self.manner in Manner.RAW
    return self.raw


@external
@view
def update_fee(payload: Bytes[4096]) -> uint256:
    """
    @notice As IPullSource.
    """
    if self.update_manner in Manner.SHORT:
        raise "source: no fee"
    return self.fee


@external
@payable
def update(market: uint256, payload: Bytes[4096]):
    """
    @notice As IPullSource, or not.
    """
    if self.update_manner in Manner.REVERT:
        raise "source: update refused"
    if self.update_manner in Manner.SILENT:
        raw_revert(b"")
    if self.update_manner in Manner.BURN:
        self._burn()
    if self.update_manner in Manner.REENTER:
        extcall IOracleRouter(msg.sender).record(market)
    if self.update_manner in Manner.REENTER_RECORD:
        extcall IOracleRouter(msg.sender).update(market, [])
    self.words = abi_decode(payload, (uint256[3]))
    self.seen += msg.value


@internal
@view
def _burn():
    word: bytes32 = empty(bytes32)
    for _: uint256 in range(max_value(uint256)):
        word = keccak256(word)
    assert word != empty(bytes32)
