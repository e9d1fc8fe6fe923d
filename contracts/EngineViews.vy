# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineViews: what there is to see of a PerpEngine
@license AGPL-3.0-only
@notice  Code that PerpEngine runs on its own storage. It cannot write.
@dev     Positions are as of the account's last settlement; `sync` before, in the same call where it has to be exact.
@custom:security Views alone.
@custom:halt Nothing to stop.
"""
from interfaces import IPerpEngine

from contracts.modules import bits
from contracts.modules import refuse
from contracts.modules import rounding
from contracts.modules.engine import account_words as words
from contracts.modules.engine import funding
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import mark as marks
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators
from contracts.modules.engine import ramping

from snekmate.auth import ownable
from contracts.modules.engine import clearing

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: ramping[ledger := ledger]
initializes: margin[ledger := ledger, ramping := ramping]


@deploy
def __init__():
    clearing.__init__(empty(address))
    ownable.__init__()
    ownable._transfer_ownership(empty(address))


@external
@view
def market(market: uint256) -> IPerpEngine.Market:
    """
    @notice What a market is.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    word: uint256 = self._listed(market)
    return IPerpEngine.Market(
        book=layout._book(word),
        mode=convert(1 << layout._mode(word), IPerpEngine.Mode),
        unit=layout._unit(word),
        scale=layout._scale(ledger.markets[market].funding),
        lot_size=layout._lot_size(ledger.markets[market].span),
        grid=layout._grid(word),
    )


@external
@view
def market_settings(market: uint256) -> IPerpEngine.MarketSettings:
    """
    @notice A market's settings.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    word: uint256 = self._listed(market)
    return layout._settings(
        word, ledger.markets[market].rules, ledger.markets[market].open, ledger.markets[market].funding
    )


@external
@view
def ramp_of(market: uint256) -> IPerpEngine.Ramp:
    """
    @notice The way of a market's margin fractions to what its settings say.
    @param market A listed market.
    @return Zeros where they are there.
    @dev    Reverts "engine: unknown market".
    """
    self._listed(market)
    funding_word: uint256 = ledger.markets[market].funding
    if not layout._is_ramping(funding_word) or ramping._is_over(market):
        return empty(IPerpEngine.Ramp)
    rules: uint256 = ledger.markets[market].rules
    ramp: uint256 = ledger.ramps[market]
    initial_now: uint256 = 0
    maintenance_now: uint256 = 0
    initial_now, maintenance_now = ramping._fractions(market, rules, funding_word)
    return IPerpEngine.Ramp(
        initial_from=layout._ramp_initial(ramp),
        initial_now=initial_now,
        initial_to=layout._initial_ppm(rules),
        maintenance_from=layout._ramp_maintenance(ramp),
        maintenance_now=maintenance_now,
        maintenance_to=marks._maintenance_ppm(rules),
        start=layout._ramp_start(ramp),
        end=layout._ramp_end(ramp),
    )


@external
@view
def changed_at(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice When a market was last changed: a day has to pass before the next step.
    @param market A listed market.
    @return Unix seconds of the last change of settings, of the book, and of the last raise of margins by the guardian; 0: none yet.
    @dev    Reverts "engine: unknown market".
    """
    self._listed(market)
    ramp: uint256 = ledger.ramps[market]
    return layout._settings_changed_at(ramp), layout._book_changed_at(ramp), layout._raised_at(ramp)


@external
@view
def mark(market: uint256) -> IPerpEngine.Mark:
    """
    @notice What positions are valued at.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.markets[market].mark
    span: uint256 = ledger.markets[market].span
    return IPerpEngine.Mark(
        mark=layout._mark(word),
        index=layout._index(word),
        low=layout._low(span),
        high=layout._high(span),
        status=layout._status(word),
        time=layout._marked_at(word),
        due=layout._due(word),
        initial_ppm=layout._marked_initial(word),
        maintenance_ppm=layout._marked_maintenance(word),
    )


@external
@view
def funding_of(market: uint256) -> IPerpEngine.Funding:
    """
    @notice A market's funding now.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.markets[market].funding
    premium: uint256 = ledger.markets[market].premium
    return IPerpEngine.Funding(
        index=funding._index(word),
        growth=layout._growth(word),
        hour_premium=layout._hour_premium(premium),
        quarter_premium=layout._quarter_premium(premium),
        clearing=layout._clearing(premium),
    )


@external
@view
def open_interest(market: uint256) -> IPerpEngine.Open:
    """
    @notice Exposure of both sides, open orders included, and positions alone, as far as they are booked.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.markets[market].open
    return IPerpEngine.Open(
        long=layout._long(word),
        short=layout._short(word),
        held_long=layout._held_long(word),
        held_short=layout._held_short(word),
    )


@external
@view
def losses_of(market: uint256) -> IPerpEngine.Losses:
    """
    @notice What the positions of a market have borne of others' deficits, and when it was settled.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    return IPerpEngine.Losses(borne=ledger.losses[market], settled_at=ledger.settled_at[market])


@external
@view
def bad_debt() -> uint256:
    """
    @notice Deficits that nobody was there to bear, token units: so much more is owed than the engine has.
    """
    return ledger.bad_debt


@external
@view
def owing(account: uint256) -> uint256:
    """
    @notice Which market's trades took most of what an account has not: whose insurance and positions bear it.
    @param account Any.
    @return Of meaning while its collateral is negative.
    """
    return words._owing_market(ledger.owing[account])


@external
@view
def gate() -> uint256:
    """
    @notice Until when nothing is withdrawn, unix seconds: an hour from a deficit that others had to bear, once a day.
    """
    return ledger.gate


@external
@view
def collateral(account: uint256) -> int256:
    """
    @notice Collateral of an account, token units; negative where a loss is larger than it was.
    @param account Any.
    """
    return ledger._collateral(account)


@external
@view
def markets_of(account: uint256) -> DynArray[uint256, 16]:
    """
    @notice Markets in which an account has a position or open orders, from the highest number.
    @param account Any.
    """
    list: DynArray[uint256, 16] = []
    rest: uint256 = ledger.accounts[account] & words.MARKETS
    for _: uint256 in range(16):
        if rest == 0:
            break
        market: uint256 = bits._highest(rest)
        rest ^= 1 << market
        list.append(market)
    return list


@external
@view
def position(account: uint256, market: uint256) -> IPerpEngine.Position:
    """
    @notice A position and its open orders, as of the account's last settlement in the market.
    @param account Any.
    @param market  Any.
    """
    word: uint256 = ledger.positions[account][market].position
    orders: uint256 = ledger.positions[account][market].orders
    return IPerpEngine.Position(
        lots=words._lots(word),
        cash=words._cash(word),
        basis=words._basis(word),
        bid_lots=words._bid_lots(orders),
        ask_lots=words._ask_lots(orders),
        bid_notional=words._bid_notional(orders),
        ask_notional=words._ask_notional(orders),
    )


@external
@view
def margin_of(account: uint256) -> IPerpEngine.Margin:
    """
    @notice An account's margin at the stored marks, as of its last settlement.
    @param account Any.
    """
    standing: margin.Standing = margin._of(account, False, 0)
    return IPerpEngine.Margin(
        equity=standing.equity, initial=standing.initial, maintenance=standing.maintenance
    )


@external
@view
def worth(account: uint256) -> IPerpEngine.Worth:
    """
    @notice What an account is worth for somebody who may not gain by how it is valued: the vault of liquidity providers.
    @param account Any.
    @dev   At the stored marks, as of its last settlement.
    """
    standing: margin.Standing = margin._of(account, True, 0)
    free: int256 = min(ledger._collateral(account), standing.equity - convert(standing.initial, int256))
    return IPerpEngine.Worth(
        low=standing.equity,
        high=standing.equity + convert(margin._doubt(account), int256),
        initial=standing.initial,
        free=convert(max(free, 0), uint256),
        statuses=standing.statuses,
    )


@external
@view
def valuation(account: uint256, market: uint256) -> IPerpEngine.Valuation:
    """
    @notice What a position is worth at the stored mark, as of the account's last settlement in the market.
    @param account Any.
    @param market  A listed market.
    @dev    Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.positions[account][market].position
    lots: int256 = words._lots(word)
    if lots == 0:
        return empty(IPerpEngine.Valuation)
    cash: int256 = words._cash(word)
    scale: uint256 = layout._scale(ledger.markets[market].funding)
    value: int256 = lots * convert(layout._mark(ledger.markets[market].mark), int256) >> scale
    owed: int256 = ledger._owed(market, lots, words._basis(word))
    entry: int256 = 0
    if lots > 0:
        entry = rounding._div_up(-cash << scale, lots)
    else:
        entry = rounding._div_down(cash << scale, -lots)
    return IPerpEngine.Valuation(
        entry_price=convert(max(entry, 0), uint256), value=value, funding=owed, profit=cash + value - owed
    )


@external
@view
def margin_ratio(account: uint256) -> int256:
    """
    @notice Equity over maintenance margin, 1/1,000,000, rounded down: below 1,000,000 an account is to be liquidated.
    @param account Any, as of its last settlement.
    @return The largest int256 where there is no position.
    """
    standing: margin.Standing = margin._of(account, False, 0)
    if standing.maintenance == 0:
        return max_value(int256)
    return rounding._div_down(standing.equity * 1_000_000, convert(standing.maintenance, int256))


@external
@view
def liquidation_price(account: uint256, market: uint256, lots: int256, tick: uint256) -> uint256:
    """
    @notice The mark of one market at which an account's equity is below its maintenance margin, all other marks and funding
            as they are: at the price given it is, at the next one, on the side of the mark, it is not.
    @dev    Exact, found by halving. Reverts "engine: unknown market"; without a reason where a product is too large.
    @param account Any.
    @param market  A listed market.
    @param lots    As if so many more had been bought, or sold where negative, with the taker's and the builder's fee; 0 for
                   the account as it is.
    @param tick    At this price.
    @return Lot price. 0: no price of this market does it. The highest lot price for a long, 1 for a short: every price does.
    """
    unit: uint256 = layout._unit(self._listed(market))
    scale: uint256 = layout._scale(ledger.markets[market].funding)
    mark: int256 = convert(layout._mark(ledger.markets[market].mark), int256)
    whole: margin.Standing = margin._of(account, False, 0)
    part: margin.Standing = margin._in(account, market, False, False)
    held: int256 = words._lots(ledger.positions[account][market].position)
    worth: int256 = lots * convert(tick * unit, int256)
    fee: uint256 = margin._share(convert(abs(worth), uint256), layout._taker_ppm(ledger.markets[market].book), 0)
    if ledger.accounts[account] & words.SHARES != 0:
        fee += margin._share(convert(abs(worth), uint256), ledger.sharing[account].builder_ppm, 0)
    rest: int256 = (
        whole.equity - (held * mark >> scale) - worth - convert(fee + whole.maintenance - part.maintenance, int256)
    )
    after: int256 = held + lots
    if after == 0:
        return 0
    # at `bad` the account is to be liquidated, at `good` it is not
    bad: uint256 = 1 if after > 0 else layout.LOT_PRICE
    good: uint256 = layout.LOT_PRICE if after > 0 else 1
    if not self._is_short_at(bad, market, after, rest, scale):
        return 0
    if self._is_short_at(good, market, after, rest, scale):
        return good
    for _: uint256 in range(72):
        if max(bad, good) - min(bad, good) == 1:
            break
        middle: uint256 = (bad + good) // 2
        if self._is_short_at(middle, market, after, rest, scale):
            bad = middle
        else:
            good = middle
    return bad


@external
@view
def sharing_of(account: uint256) -> (address, address, uint256):
    """
    @notice Who has a part in an account's fees.
    @param account Any.
    @return Referrer; builder; what the account pays the builder, 1/1,000,000 of what it trades.
    """
    sharing: ledger.Sharing = ledger.sharing[account]
    return sharing.referrer, sharing.builder, sharing.builder_ppm


@external
@view
def fee_receiver() -> address:
    """
    @notice Whose account 0 gets the fees, 1 pays the tips and 2 gets the penalties.
    """
    return convert(ledger.fee_account >> 8, address)


@external
@view
def liquidator() -> address:
    """
    @notice Who may call the hooks of EngineAccounts.
    """
    return operators.liquidator


@external
@view
def guardian() -> address:
    """
    @notice Who may tighten.
    """
    return operators.guardian


@external
@view
def pauses() -> (bool, bool):
    """
    @notice What the guardian paused, until the owner's `unpause`.
    @return Whether deposits are paused; whether withdrawals were, for a day that `gate` tells the end of.
    """
    word: uint256 = operators.pauses
    return word & operators.DEPOSITS != 0, word & operators.WITHDRAWALS != 0


@external
@view
def referral_of(referrer: address) -> uint256:
    """
    @notice A referrer's part of the fees of whom it referred, 1/10,000.
    @param referrer Anybody.
    """
    return ledger.referral_bps[referrer]


@external
@view
def nonces(owner: address, index: uint256) -> uint256:
    """
    @notice Which of 256 of an owner's nonces are used.
    @param owner Anybody.
    @param index nonce // 256.
    """
    return operators.nonces[owner][index]


@external
@view
def grant(account: uint256, operator: address) -> (uint256, uint256, uint256):
    """
    @notice What an operator may do for an account.
    @param account  Any.
    @param operator Anybody.
    @return Permissions; actions left; expiry.
    """
    word: uint256 = operators.grants[account][operator]
    return word & 255, (word >> 8) & (2**32 - 1), word >> 40


@external
@view
def tracked() -> uint256:
    """
    @notice Collateral that came in and has not left, token units: no less is in the engine's hands.
    """
    return ledger.tracked


@internal
@view
def _is_short_at(mark: uint256, market: uint256, lots: int256, rest: int256, scale: uint256) -> bool:
    """
    @notice Whether a position's value at a mark, with the rest of the account, is less than its maintenance margin.
    @param rest Of the equity, less the maintenance margin of other markets.
    """
    maintenance: uint256 = margin._share(
        convert(abs(lots), uint256) * mark, layout._marked_maintenance(ledger.markets[market].mark), scale
    )
    return rest + (lots * convert(mark, int256) >> scale) < convert(maintenance, int256)


@internal
@view
def _listed(market: uint256) -> uint256:
    word: uint256 = ledger.markets[market].book
    if word == 0:
        refuse._because("engine: unknown market")
    return word
