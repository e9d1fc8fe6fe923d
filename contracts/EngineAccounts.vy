# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineAccounts: what traders do besides trading
@license AGPL-3.0-only
@notice  Code that PerpEngine runs on its own storage for the calls that it does not know: collateral, operators, referrers
         and builders. What this does not know either, EngineRelay answers.
@dev     Deployed once. Called directly it has nobody's storage but its own.
@custom:security Pays collateral out, by an account's owner alone.
@custom:halt Withdrawals stop while the price of a market with a position is STALE or HALTED.
"""
from ethereum.ercs import IERC20

from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from snekmate.auth import ownable

from contracts.modules import refuse
from contracts.modules import token as tokens
from contracts.modules.engine import account_words as words
from contracts.modules.engine import clearing
from contracts.modules.engine import funding
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators
from contracts.modules.engine import parts
from contracts.modules.engine import ramping
from contracts.modules.engine import settling

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: ramping[ledger := ledger]
initializes: margin[ledger := ledger, ramping := ramping]
initializes: settling[ledger := ledger, clearing := clearing]


MAX_BUILDER: constant(uint256) = 1_000       # ppm of what is traded
GATE: constant(uint256) = 3_600              # seconds without withdrawals from a deficit that others had to bear
GATE_EVERY: constant(uint256) = 86_400       # seconds after the end of one in which there is no other: dust gates nobody for good
SETTLEMENT_DELAY: constant(uint256) = 3_600  # seconds in which the liquidator alone closes positions of a settled market

token: public(immutable(address))
router: public(immutable(address))
relay: public(immutable(address))            # EngineRelay


@deploy
def __init__(token_: address, router_: address, auctions_: address, relay_: address):
    """
    @notice Code for engines of one collateral and one router.
    @param token_    The collateral, 6 to 18 decimals.
    @param router_   OracleRouter.
    @param auctions_ EngineAuctions.
    @param relay_    EngineRelay.
    @dev   Reverts as parts.
    """
    parts._check(token_, router_, auctions_)
    parts._check(token_, router_, relay_)
    token = token_
    router = router_
    relay = relay_
    clearing.__init__(auctions_)
    ownable.__init__()
    ownable._transfer_ownership(empty(address))


# ------------------------------------------------------------------ collateral

@external
def deposit(account: uint256, amount: uint256):
    """
    @notice Adds to an account's collateral. By anyone, out of his own tokens.
    @param account Any account.
    @param amount  Token units, which the caller has approved.
    @dev    Reverts: "engine: no such account", "engine: amount too large", "engine: deposits paused" (and the account has neither
            a position nor orders); as the token does.
    """
    self._deposit(account, amount)


@external
def deposit_with_permit(account: uint256, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice As `deposit`, with the approval signed (EIP-2612). A permit that somebody else brought before is as good.
    @param account  Any account.
    @param amount   Token units, that the caller's signature lets this engine take.
    @param deadline As signed.
    @param v        With r and s the signature.
    @dev   Reverts as `deposit`; "engine: bad permit" where the token refuses it and nothing else allows the amount.
    """
    success: bool = raw_call(
        token,
        abi_encode(
            msg.sender,
            self,
            amount,
            deadline,
            v,
            r,
            s,
            method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
        ),
        revert_on_failure=False,
    )
    if not success and staticcall IERC20(token).allowance(msg.sender, self) < amount:
        refuse._because("engine: bad permit")
    self._deposit(account, amount)


@external
def withdraw(account: uint256, amount: uint256, to: address):
    """
    @notice Pays out collateral. By the account's owner.
    @param account One of the caller's.
    @param amount  Token units: no more than the collateral, and than equity less initial margin.
    @param to      Who gets them.
    @dev    Reverts: "engine: not the owner", "engine: amount too large", "engine: margin missed", "engine: price not fit",
            "engine: withdrawals gated" (for an hour after a deficit, for a day by the guardian), "engine: deficit unpaid" (losses of accounts that could not bear them are not covered
            yet); as the token does.
    """
    operators._check_owner(account)
    self._release(account, amount)
    if amount > ledger.tracked:
        refuse._because("engine: deficit unpaid")
    ledger.tracked -= amount
    tokens._push(token, to, amount)
    log IPerpEngine.Withdrawn(account=account, amount=amount, to=to)


@external
def transfer(account: uint256, to: uint256, amount: uint256):
    """
    @notice Moves collateral between two accounts of the caller.
    @param account Gives, as `withdraw`.
    @param to      Receives.
    @param amount  Token units.
    @dev    Reverts as `withdraw`.
    """
    operators._check_owner(account)
    operators._check_owner(to)
    self._release(account, amount)
    ledger._credit(to, convert(amount, int256))
    log IPerpEngine.Transferred(sender=account, receiver=to, amount=amount)


# ------------------------------------------------------------------ what an account's owner sets

@external
def set_operator(account: uint256, operator: address, permissions: uint256, actions: uint256, expiry: uint256):
    """
    @notice Lets somebody place or cancel orders for an account; never more.
    @param account     One of the caller's.
    @param operator    Who.
    @param permissions Sum of 1: place, 2: cancel, 4: place reduce-only orders; 0: nothing any more.
    @param actions     How often, below 2**32.
    @param expiry      Until when, unix seconds, below 2**40.
    @dev    Reverts: "engine: not the owner", "engine: bad grant".
    """
    operators._check_owner(account)
    operators._grant(account, operator, permissions, actions, expiry)


@external
def set_sharing(account: uint256, referrer: address, builder: address, builder_ppm: uint256):
    """
    @notice Names who referred an account, and who built what it trades through. A referrer gets, out of the account's fees,
            the part that governance set for it; a builder gets from the account, on top of them, what is agreed here. Both
            in their account 0, from the next fill that is booked on.
    @param account     One of the caller's.
    @param referrer    Zero for nobody.
    @param builder     Zero for nobody.
    @param builder_ppm Of the notional of what the account trades, 1/1,000,000; at most 1,000.
    @dev    Reverts: "engine: not the owner", "engine: bad share".
    """
    operators._check_owner(account)
    if builder_ppm > MAX_BUILDER or (builder == empty(address) and builder_ppm != 0):
        refuse._because("engine: bad share")
    settling._settle_all(account, max_value(uint256), False)
    word: uint256 = ledger.accounts[account] & ~words.SHARES
    if referrer != empty(address) or builder != empty(address):
        word |= words.SHARES
    ledger.accounts[account] = word
    ledger.sharing[account] = ledger.Sharing(referrer=referrer, builder=builder, builder_ppm=builder_ppm)
    standing: margin.Standing = margin._of(account, False, 0)
    if builder_ppm != 0 and standing.equity < convert(standing.initial, int256):
        refuse._because("engine: margin missed")
    log IPerpEngine.SharingSet(account=account, referrer=referrer, builder=builder, builder_ppm=builder_ppm)


@external
def cancel_all_after(account: uint256, market: uint256, deadline: uint256):
    """
    @notice Sets a dead-man's switch: from the deadline on anyone may sweep all of the account's orders in the market. An order
            of its liquidation turns it off.
    @param account  The caller's, or one that granted the caller CANCEL.
    @param market   A listed market.
    @param deadline Unix seconds; 0: none.
    @dev    Reverts: "engine: not authorised", "engine: unknown market", "book: deadline in the past".
    """
    operators._authorise(account, operators.CANCEL)
    extcall IOrderbookV2(layout._book(settling._listed(market))).cancel_all_after(account, deadline)


# ------------------------------------------------------------------ hooks of the liquidation engine

@external
def force_cancel(account: uint256, market: uint256) -> uint256:
    """
    @notice Cancels all of an account's orders in a market.
    @return How many there were.
    @dev    By the liquidator, who decides whether it may be. Reverts: "engine: not the liquidator", "engine: unknown market",
            "engine: batch is due" (run the auction first: nothing leaves a closed batch).
    """
    book: IOrderbookV2 = self._forced(market)
    count: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    count, fills, exposure = extcall book.cancel_all(account)
    settling._book(account, market, fills, exposure, 0, 0)
    return count


@external
def force_order(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> uint256:
    """
    @notice Places an order that can only reduce an account's position, whatever its margin, at any price of the grid. Turns
            the account's dead-man's switch in the market off: past its deadline anyone could sweep this order, too.
    @return The order's id.
    @dev    Reverts as `force_cancel` and as the book's `place`; "engine: would not reduce" where the order, with the account's
            others, is larger than the position, or is not reduce-only. In continuous mode `run_auction` is to follow.
    """
    book: IOrderbookV2 = self._forced(market)
    order_id: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    order_id, fills, exposure = extcall book.place(account, order, 1, clearing.MAX_TICK)
    change: ledger.Change = settling._book(
        account, market, fills, exposure, 0 if order.is_ask else order.tick, order.tick if order.is_ask else 0
    )
    if not order.reduce_only or (change.short if order.is_ask else change.long) != 0:
        refuse._because("engine: would not reduce")
    extcall book.cancel_all_after(account, 0)
    return order_id


@external
def force_trade(account: uint256, counterparty: uint256, market: uint256, lots: int256, cash: int256):
    """
    @notice Moves a part of a position, or all of it, to another account, at a price and without a fee.
    @param account      Its position gets smaller, and does not turn.
    @param counterparty Takes what the account gives.
    @param lots         That the account buys, less sells.
    @param cash         That it receives for them, token units; negative: that it pays.
    @dev    Reverts as `force_cancel`; "engine: would not reduce", "engine: too many markets" (of the counterparty).
    """
    self._forced(market)
    settling._settle(account, market)
    settling._settle(counterparty, market)
    held: int256 = words._lots(ledger.positions[account][market].position)
    if lots == 0 or (held > 0) == (lots > 0) or abs(lots) > abs(held) or account == counterparty:
        refuse._because("engine: would not reduce")
    basis: int256 = lots * funding._index(ledger.markets[market].funding)
    ledger._change(account, market, lots, cash, basis, 0, ledger.positions[account][market].orders)
    ledger._change(counterparty, market, -lots, -cash, -basis, 0, ledger.positions[counterparty][market].orders)
    settling._settle(account, market)  # takes what reduce-only orders have beyond the position
    settling._settle(counterparty, market)
    log IPerpEngine.ForcedTrade(account=account, counterparty=counterparty, market=market, lots=lots, cash=cash)


@external
def force_socialise(account: uint256, market: uint256, amount: uint256):
    """
    @notice Covers a part of an account's deficit, or all of it: all positions of a market bear it, lot for lot on both sides.
            Where there are none, or too few for it, it is recorded as bad debt. Withdrawals stop for an hour, once a day.
    @param account Its equity is as far below zero, or further.
    @param market  A listed market.
    @param amount  Token units.
    @dev    By the liquidator. Reverts: "engine: not the liquidator", "engine: unknown market", "engine: amount too large".
    """
    operators._check_liquidator()
    settling._listed(market)
    if convert(max(-margin._of(account, False, 0).equity, 0), uint256) < amount:
        refuse._because("engine: amount too large")
    ledger._credit(account, convert(amount, int256))
    is_borne: bool = ledger._socialise(market, amount)
    if not is_borne:
        ledger.bad_debt += amount
    if block.timestamp >= ledger.gate + GATE_EVERY:
        ledger.gate = block.timestamp + GATE
    log IPerpEngine.Socialised(account=account, market=market, amount=amount, is_borne=is_borne)


@external
def settle_position(account: uint256, market: uint256):
    """
    @notice Closes an account's position in a market that is settled, and its orders. By anyone, an hour after the settlement;
            until then by the liquidator, who closes those first that end with a deficit.
    @param account Any.
    @param market  A listed market.
    @dev    Reverts: "engine: unknown market", "engine: market not settled", "engine: settlement not open".
    """
    word: uint256 = settling._listed(market)
    if layout._mode(word) != clearing.MODE_SETTLED:
        refuse._because("engine: market not settled")
    if msg.sender != operators.liquidator and block.timestamp < ledger.settled_at[market] + SETTLEMENT_DELAY:
        refuse._because("engine: settlement not open")
    clearing._run_due(market, account)  # postpones the batch, so that orders may leave it
    count: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    count, fills, exposure = extcall IOrderbookV2(layout._book(word)).cancel_all(account)
    settling._book(account, market, fills, exposure, 0, 0)
    lots: int256 = words._lots(ledger.positions[account][market].position)
    if lots != 0:
        funding_word: uint256 = ledger.markets[market].funding
        price: int256 = convert(layout._mark(ledger.markets[market].mark), int256)
        worth: int256 = lots * price >> layout._scale(funding_word)  # rounded down, against the account
        ledger._change(account, market, -lots, worth, -lots * funding._index(funding_word), 0, 0)


@external
def force_payment(account: uint256, to: uint256, amount: uint256):
    """
    @notice Moves collateral from one account to another: penalties and tips, and what covers a deficit.
    @param account Has as much, or the call reverts.
    @dev    Reverts: "engine: not the liquidator", "engine: amount too large".
    """
    operators._check_liquidator()
    if convert(max(ledger._collateral(account), 0), uint256) < amount:
        refuse._because("engine: amount too large")
    ledger._credit(account, -convert(amount, int256))
    ledger._credit(to, convert(amount, int256))
    log IPerpEngine.ForcedPayment(account=account, receiver=to, amount=amount)


@external
@payable
@raw_return
@reentrant  # trap-ok: the code that answers holds the lock
def __default__() -> Bytes[parts.MAX_ANSWER]:
    """
    @notice Answers EngineRelay, EngineSettings and EngineViews with their code on the engine's storage.
    """
    return raw_call(relay, msg.data, max_outsize=parts.MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ inside

@internal
@view
def _forced(market: uint256) -> IOrderbookV2:
    """
    @notice Lets the liquidator through, in a market whose batch is open.
    """
    operators._check_liquidator()
    word: uint256 = settling._listed(market)
    due: uint256 = layout._due(ledger.markets[market].mark)
    if due != 0 and block.timestamp >= due:
        refuse._because("engine: batch is due")
    return IOrderbookV2(layout._book(word))


@internal
def _deposit(account: uint256, amount: uint256):
    if operators._owner(account) == empty(address):
        refuse._because("engine: no such account")
    if amount >= 2**111:
        refuse._because("engine: amount too large")
    # who has positions may always carry them, and a deficit may always be covered
    if operators.pauses & operators.DEPOSITS != 0 and ledger.accounts[account] & words.MARKETS == 0:
        if msg.sender != operators.liquidator:
            refuse._because("engine: deposits paused")
    ledger._credit(account, convert(amount, int256))
    ledger.tracked += amount
    tokens._pull(token, msg.sender, amount)
    log IPerpEngine.Deposited(account=account, amount=amount, by=msg.sender)


@internal
@pure
def _check_margin(standing: margin.Standing, amount: uint256):
    """
    @notice Whether equity less an amount covers initial margin.
    """
    if standing.equity < convert(standing.initial + amount, int256):
        refuse._because("engine: margin missed")


@internal
def _release(account: uint256, amount: uint256):
    """
    @notice Takes an amount out of an account's collateral, if what is left carries its positions.
    """
    if amount >= 2**111:
        refuse._because("engine: amount too large")
    if block.timestamp < ledger.gate:
        refuse._because("engine: withdrawals gated")
    settling._settle_all(account, max_value(uint256), True)
    standing: margin.Standing = margin._of(account, True, 0)
    if standing.statuses in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED):
        refuse._because("engine: price not fit")
    self._check_margin(standing, amount)
    ledger._credit(account, -convert(amount, int256))
    if ledger._collateral(account) < 0:
        refuse._because("engine: margin missed")
