# pragma version 0.4.3
"""
@title   price_history: the last recorded price, how far it may have moved since, and its average over time
@license AGPL-3.0-only
@notice  A recorded price holds until the next one. Records of one second replace one another: what is recorded last
         in it holds, measured against the price before that second. So a price moves no faster than its market
         allows, however many records one block makes.
@dev     The sum of price x seconds is kept at every record and observed into a ring at most once every `spacing`
         seconds. Between two observations the sum is interpolated, that is, the average of that time is taken for
         each of its seconds: no price weighs more than its share of the time, and an average is never outside the
         prices that it is taken of.
"""
from contracts.modules import refuse
from contracts.modules.oracle import oracle_layout as layout

BPS: constant(uint256) = 10_000
CAPACITY: constant(uint256) = 1024
DEPTH: constant(uint256) = 10  # 2**DEPTH = CAPACITY

states: HashMap[uint256, uint256]
tallies: HashMap[uint256, uint256]
observations: HashMap[uint256, uint256[CAPACITY]]


@internal
@view
def _limited(state: uint256, price: uint256, max_move_bps: uint256) -> uint256:
    """
    @notice The price that is nearest to `price` and not further from the recorded one than the speed allows.
    @param state        The market's; 0 limits nothing.
    @param price        A price.
    @param max_move_bps Largest move per second.
    @return The price; the bounds are rounded towards the recorded price.
    """
    before: uint256 = layout._price(state)
    seconds: uint256 = block.timestamp - layout._recorded_at(state)
    if seconds == 0:
        before = layout._before(state)
        seconds = layout._gap(state)
    if before == 0:
        return price
    move: uint256 = before * max_move_bps * seconds // BPS
    if price > before:
        return min(price, min(before + move, layout.MAX_PRICE))
    return max(price, before - min(move, before))


@internal
def _record(market: uint256, state: uint256, price: uint256, published_at: uint256, spacing: uint256):
    """
    @notice Records a price.
    @param market       The market.
    @param state        Its state.
    @param price        The price, limited.
    @param published_at Its publish time, not before that of the state.
    @param spacing      Fewest seconds between two observations.
    """
    recorded_at: uint256 = layout._recorded_at(state)
    if block.timestamp == recorded_at:
        self.states[market] = layout._state(
            price, layout._before(state), published_at, recorded_at, layout._gap(state)
        )
        return
    gap: uint256 = block.timestamp - recorded_at  # the first record's is cut to the largest
    self.states[market] = layout._state(price, layout._price(state), published_at, block.timestamp, gap)
    tally: uint256 = self.tallies[market]
    total: uint256 = layout._total(tally) + layout._price(state) * gap
    newest: uint256 = layout._newest(tally)
    count: uint256 = layout._observations(tally)
    if count == 0 or block.timestamp - newest >= spacing:
        self.observations[market][count % CAPACITY] = layout._observation(total, block.timestamp)
        newest = block.timestamp
        count += 1
    self.tallies[market] = layout._tally(total, newest, count)


@internal
@view
def _average(market: uint256, window: uint256) -> uint256:
    """
    @notice The average of the recorded price over the last `window` seconds, rounded down.
    @dev    Reverts: "router: bad window" (0, or longer than time itself), "router: not enough history".
    """
    if window == 0 or window > block.timestamp:
        refuse._because("router: bad window")
    state: uint256 = self.states[market]
    tally: uint256 = self.tallies[market]
    total: uint256 = layout._total(tally)
    recorded_at: uint256 = layout._recorded_at(state)
    price: uint256 = layout._price(state)
    start: uint256 = block.timestamp - window
    if start >= recorded_at:
        if recorded_at == 0:
            refuse._because("router: not enough history")
        return price
    now: uint256 = total + price * (block.timestamp - recorded_at)
    before: uint256 = self._newest_until(market, layout._observations(tally), start)
    observation: uint256 = self.observations[market][before % CAPACITY]
    began: uint256 = layout._observation_time(observation)
    ended: uint256 = recorded_at
    if before + 1 < layout._observations(tally):
        next: uint256 = self.observations[market][(before + 1) % CAPACITY]
        ended = layout._observation_time(next)
        total = layout._total(next)
    # Where began < start < ended the division rounds down, the difference below up: never above a price that held,
    # as window x price is an integer.
    then: uint256 = layout._total(observation)
    then += (total - then) * (start - began) // (ended - began)
    return (now - then) // window


@internal
@view
def _newest_until(market: uint256, count: uint256, time: uint256) -> uint256:
    """
    @notice Number of the newest observation not after a time, by bisection.
    @param count How many observations were ever written.
    @dev   Reverts "router: not enough history" where all that are kept are after it.
    """
    low: uint256 = 0
    if count > CAPACITY:
        low = count - CAPACITY
    high: uint256 = count
    # invariant: every observation before low is not after the time, every one from high on is after it
    oldest: uint256 = low
    for _: uint256 in range(DEPTH + 1):
        if low == high:
            break
        middle: uint256 = (low + high) // 2
        if layout._observation_time(self.observations[market][middle % CAPACITY]) <= time:
            low = middle + 1
        else:
            high = middle
    if low == oldest:
        refuse._because("router: not enough history")
    return low - 1
