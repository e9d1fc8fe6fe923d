# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineRelay: calls that are signed, bundled, or only tried
@license AGPL-3.0-only
@notice  Code that PerpEngine runs on its own storage for calls that neither it nor EngineAccounts knows. It makes the engine
         call itself: for an owner who signed, for several calls at once, and for previews, which it undoes. What this does
         not know either, EngineSettings answers.
@dev     Deployed once. Called directly it has nobody's storage but its own. Its calls leave the lock to those that they make.
@custom:security Acts for an owner that signed, in one place, once. Holds nothing: value that comes with a call is the
                 oracle's fee, and goes on or back.
@custom:halt As the calls that it carries.
"""
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IOrderbookViews
from interfaces import IPerpEngine

from snekmate.auth import ownable

from contracts.modules import refuse
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators
from contracts.modules.engine import parts
from contracts.modules.engine import settling
from contracts.modules.engine import signatures

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: settling[ledger := ledger, clearing := clearing]
initializes: signatures[operators := operators]

exports: signatures.eip712.eip712Domain


# calls of the engine to itself
interface Engine:
    def place(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> uint256: nonpayable
    def cancel(account: uint256, market: uint256, order_id: uint256, lots: uint256) -> uint256: nonpayable
    def preview(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> IPerpEngine.Preview: nonpayable
    def margin_of(account: uint256) -> IPerpEngine.Margin: view
    def liquidation_price(account: uint256, market: uint256, lots: int256, tick: uint256) -> uint256: view


MAX_CALLS: constant(uint256) = 32
ANSWER: constant(uint256) = 1_152            # bytes; the longest are those of `cancel_replace`, 1,120
MAX_SOURCES: constant(uint256) = 8
PREVIEW: constant(uint256) = 160             # bytes of a preview that passed
REFUSAL: constant(uint256) = 100             # bytes of a reason
MAX_LOTS: constant(uint256) = 2**28 - 1      # of an order
PPM: constant(uint256) = 1_000_000

token: public(immutable(address))
router: public(immutable(address))
settings: public(immutable(address))         # EngineSettings


@deploy
def __init__(token_: address, router_: address, auctions_: address, settings_: address):
    """
    @notice Code for engines of one collateral and one router.
    @param token_    The collateral, 6 to 18 decimals.
    @param router_   OracleRouter.
    @param auctions_ EngineAuctions.
    @param settings_ EngineSettings.
    @dev   Reverts as parts.
    """
    parts._check(token_, router_, auctions_)
    parts._check(token_, router_, settings_)
    token = token_
    router = router_
    settings = settings_
    clearing.__init__(auctions_)
    signatures.__init__()
    ownable.__init__()
    ownable._transfer_ownership(empty(address))


# ------------------------------------------------------------------ what an account's owner signed

@external
@reentrant  # trap-ok: `place` holds the lock
def place_signed(
    account: uint256,
    market: uint256,
    order: IOrderbookV2.NewOrder,
    nonce: uint256,
    deadline: uint256,
    signature: Bytes[signatures.MAX_SIGNATURE],
) -> uint256:
    """
    @notice Places an order that the account's owner signed. By anyone.
    @param nonce     Any that the owner has not used.
    @param deadline  Until when the signature is good, unix seconds.
    @param signature Of `Place`, as contracts/modules/engine/signatures.vy tells: 65 bytes, or what the owner's contract takes.
    @return The order's id.
    @dev   Reverts: "engine: signature expired", "engine: nonce used", "engine: bad signature", "ecdsa: ..."; as `place`.
    """
    signatures._use(account, signatures._place(account, market, order, nonce, deadline), nonce, deadline, signature)
    return extcall Engine(self).place(account, market, order)


@external
@reentrant  # trap-ok: `cancel` holds the lock
def cancel_signed(
    account: uint256,
    market: uint256,
    order_id: uint256,
    lots: uint256,
    nonce: uint256,
    deadline: uint256,
    signature: Bytes[signatures.MAX_SIGNATURE],
) -> uint256:
    """
    @notice Cancels an order, as the account's owner signed. By anyone.
    @return Lots taken off.
    @dev   Arguments and reverts as `place_signed` and `cancel`.
    """
    signatures._use(
        account, signatures._cancel(account, market, order_id, lots, nonce, deadline), nonce, deadline, signature
    )
    return extcall Engine(self).cancel(account, market, order_id, lots)


@external
def grant_signed(
    account: uint256,
    operator: address,
    permissions: uint256,
    actions: uint256,
    expiry: uint256,
    nonce: uint256,
    deadline: uint256,
    signature: Bytes[signatures.MAX_SIGNATURE],
):
    """
    @notice Makes somebody an operator, as the account's owner signed. By anyone.
    @dev   Arguments and reverts as `place_signed` and `set_operator`.
    """
    content: bytes32 = signatures._grant(account, operator, permissions, actions, expiry, nonce, deadline)
    signatures._use(account, content, nonce, deadline, signature)
    operators._grant(account, operator, permissions, actions, expiry)


@external
def cancel_nonces(index: uint256, bits: uint256):
    """
    @notice Makes signatures of the caller void that nobody has used.
    @param index nonce // 256.
    @param bits  Which of the 256 nonces; those that are used stay so.
    """
    operators._use_nonces(msg.sender, index, bits)


# ------------------------------------------------------------------ what anyone does for others

@external
def sweep(account: uint256, market: uint256, order_ids: DynArray[uint256, 32]) -> uint256:
    """
    @notice Takes expired orders off the book, by anyone.
    @param account   Whose they are.
    @param market    A listed market.
    @param order_ids Expired, or of an account whose switch's deadline has come.
    @return How many were open.
    @dev    Reverts: "engine: unknown market", "engine: awaiting price"; "book: not expired".
    """
    book_word: uint256 = settling._listed(market)
    clearing._run_due(market, account)
    count: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    count, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).sweep(account, order_ids)
    settling._book(account, market, fills, exposure, 0, 0)
    return count


# ------------------------------------------------------------------ several calls, and calls that are undone

@external
@reentrant  # trap-ok: each call holds the lock by itself
def multicall(calls: DynArray[Bytes[4096], MAX_CALLS]) -> DynArray[Bytes[ANSWER], MAX_CALLS]:
    """
    @notice Makes several calls of the engine, all or none, as the caller.
    @param calls Their data, as if each were sent to the engine.
    @return What each returned.
    @dev   Reverts as the first that does; "engine: answers too long" (one fills 1,152 bytes, or all together some 16,000).
    """
    answers: DynArray[Bytes[ANSWER], MAX_CALLS] = []
    size: uint256 = 64
    for call: Bytes[4096] in calls:
        answer: Bytes[ANSWER] = raw_call(self, call, max_outsize=ANSWER, is_delegate_call=True)
        size += len(answer) + 96  # with its place, its length and what fills up its last word
        if len(answer) == ANSWER or size > parts.MAX_ANSWER:
            refuse._because("engine: answers too long")
        answers.append(answer)
    return answers


@external
@reentrant  # trap-ok: nothing that it does stays
def preview(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> IPerpEngine.Preview:
    """
    @notice What would happen if an account placed an order now. It is tried, with all that comes before and after it, and
            undone: to be called by eth_call, or by a contract that pays the gas.
    @param account Any.
    @param market  A listed market.
    @param order   As for `place`.
    """
    if msg.sender == self:
        self._try(account, market, order)
    return self._preview(account, market, order)


@external
@reentrant  # trap-ok: nothing that it does stays
def largest_order(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> uint256:
    """
    @notice Lots that an order may have at most, for it to be placed now; 0 where none may. It is tried some thirty times,
            and undone: to be called by eth_call.
    @param account Any.
    @param market  A listed market.
    @param order   As for `place`; its lots are the least that is of interest.
    """
    most: IOrderbookV2.NewOrder = order
    if len(self._preview(account, market, most).reason) != 0:
        return 0
    passes: uint256 = order.lots
    fails: uint256 = MAX_LOTS + 1
    for _: uint256 in range(28):
        if fails - passes <= 1:
            break
        most.lots = (passes + fails) // 2
        if len(self._preview(account, market, most).reason) == 0:
            passes = most.lots
        else:
            fails = most.lots
    return passes


@external
@payable
def update_and_run(market: uint256, payloads: DynArray[Bytes[4096], MAX_SOURCES]) -> IOrderbookV2.Clearing:
    """
    @notice Brings the oracle's sources their newest reports, then runs the market's auction: so that nobody's price is older
            than the batch that it clears. By anyone, for the tip.
    @param market   A listed market.
    @param payloads As OracleRouter's `update`. The sources' fees come with the call, what is left of it goes back.
    @return As `run_auction`.
    @dev   Reverts as `update` and `run_auction`; "engine: refund failed".
    """
    self._listed(market)
    before: uint256 = self.balance - msg.value
    extcall IOracleRouter(router).update(market, payloads, value=msg.value)
    cleared: IOrderbookV2.Clearing = clearing._run(market, convert(msg.sender, uint256) << 8)
    left: uint256 = self.balance - before
    if left != 0:
        if not raw_call(msg.sender, b"", value=left, revert_on_failure=False):
            refuse._because("engine: refund failed")
    return cleared


@external
@payable
@raw_return
@reentrant  # trap-ok: the code that answers holds the lock
def __default__() -> Bytes[parts.MAX_ANSWER]:
    """
    @notice Answers EngineSettings and EngineViews with their code on the engine's storage. Value without a call is what the
            router gives back.
    @dev    Reverts "engine: no value wanted".
    """
    if msg.value != 0:
        if len(msg.data) != 0 or msg.sender != router:
            refuse._because("engine: no value wanted")
        return b""
    return raw_call(settings, msg.data, max_outsize=parts.MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ inside

@internal
def _preview(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> IPerpEngine.Preview:
    """
    @notice Has the engine try an order, and reads how it went from what it reverts with.
    """
    success: bool = False
    answer: Bytes[PREVIEW] = b""
    success, answer = raw_call(
        self,
        abi_encode(
            account,
            market,
            order,
            method_id=method_id("preview(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))"),
        ),
        max_outsize=PREVIEW,
        revert_on_failure=False,
    )
    found: IPerpEngine.Preview = empty(IPerpEngine.Preview)
    if len(answer) == PREVIEW:
        found.equity, found.initial, found.maintenance, found.fee, found.liquidation_price = abi_decode(
            answer, (int256, uint256, uint256, uint256, uint256)
        )
    elif len(answer) == REFUSAL:
        found.reason = abi_decode(slice(answer, 4, 96), (String[32]))
    else:
        found.reason = "engine: reverted without reason"
    return found


@internal
def _try(account: uint256, market: uint256, order: IOrderbookV2.NewOrder):
    """
    @notice Places an order and reverts with what followed from it.
    """
    engine: Engine = Engine(self)
    order_id: uint256 = extcall engine.place(account, market, order)
    word: uint256 = self._listed(market)
    lots: int256 = 0  # that have not filled yet
    for open: IOrderbookV2.OpenOrder in staticcall IOrderbookViews(layout._book(word)).open_orders(account):
        if open.order_id == order_id:
            lots = -convert(open.lots, int256) if order.is_ask else convert(open.lots, int256)
    price: uint256 = staticcall engine.liquidation_price(account, market, lots, order.tick)
    worth: uint256 = order.lots * order.tick * layout._unit(word)
    fee: uint256 = self._ppm_up(worth, layout._taker_ppm(word))
    fee += self._ppm_up(worth, ledger.sharing[account].builder_ppm)
    standing: IPerpEngine.Margin = staticcall engine.margin_of(account)
    raw_revert(abi_encode(standing.equity, standing.initial, standing.maintenance, fee, price))


@internal
@view
def _listed(market: uint256) -> uint256:
    word: uint256 = ledger.markets[market].book
    if word == 0:
        refuse._because("engine: unknown market")
    return word


@internal
@pure
def _ppm_up(worth: uint256, ppm: uint256) -> uint256:
    return (worth * ppm + PPM - 1) // PPM
