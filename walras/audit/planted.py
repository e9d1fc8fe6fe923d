"""A fault for each invariant, of a line or two, that makes its check fail: so it is known to bite."""

from dataclasses import dataclass
from typing import Final

from walras.devtools.fault_table.fault import Fault

C: Final = "contracts/"
M: Final = "contracts/modules/"


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, and the invariant that has to find it."""

    number: int
    fault: Fault


def _planted(number: int, path: str, old: str, new: str, why: str) -> Planted:
    return Planted(number, Fault(f"inv_{number:02}", path, old, new, why))


PLANTED: Final = (
    _planted(
        1,
        C + "EngineAccounts.vy",
        "    ledger.tracked -= amount\n",
        "    ledger.tracked -= amount // 2\n",
        "half of a withdrawal is not taken off what is tracked",
    ),
    _planted(
        2,
        C + "EngineAccounts.vy",
        "    ledger._credit(to, convert(amount, int256))\n    log IPerpEngine.Transferred",
        "    ledger._credit(to, convert(amount + amount // 1_000, int256))\n    log IPerpEngine.Transferred",
        "a transfer arrives with a thousandth more",
    ),
    _planted(
        3,
        M + "engine/auctioning.vy",
        "market, lots, -lots * convert(cleared.price",
        "market, lots + 1, -lots * convert(cleared.price",
        "the vault gets a lot more than it bought",
    ),
    _planted(
        4,
        M + "engine/auctioning.vy",
        "-lots * convert(cleared.price * unit, int256), lots * index",
        "-lots * convert(cleared.price * unit, int256) + 1, lots * index",
        "the vault pays a unit less",
    ),
    _planted(
        5,
        M + "engine/ledger.vy",
        "        short=self._short(after, orders),\n",
        "        short=self._short(after, old_orders),\n",
        "the short side counts the orders of before",
    ),
    _planted(
        6,
        M + "engine/ledger.vy",
        "        fee = rounding._div_up(",
        "        fee = rounding._div_down(",
        "fees are rounded down",
    ),
    _planted(
        7,
        M + "engine/ledger.vy",
        "rounding._shift_up(after * funding._index(funding_word) - new_basis, scale)",
        "(after * funding._index(funding_word) - new_basis) >> scale",
        "funding that is paid is rounded down",
    ),
    _planted(
        8,
        M + "engine/ledger.vy",
        "new_basis += (paid << scale) + abs(after) * losses",
        "new_basis += abs(after) * losses",
        "what was paid for funding is owed again",
    ),
    _planted(
        9,
        M + "engine/funding.vy",
        "(rate * convert(index_price << layout.FRACTION, int256)) // (ONE * PERIOD)",
        "((rate * convert(index_price, int256)) // (ONE * PERIOD)) << layout.FRACTION",
        "the rate of a second loses its fraction",
    ),
    _planted(
        10,
        M + "engine/funding.vy",
        "rounding._shift_up(lots * index + abs(lots) * losses - basis, scale)",
        "(lots * index + abs(lots) * losses - basis) >> scale",
        "funding that is owed is rounded down",
    ),
    _planted(
        11,
        C + "PerpEngine.vy",
        "if standing.equity < convert(standing.initial, int256) and (",
        "if standing.equity < convert(standing.maintenance, int256) and (",
        "who lets a position grow needs maintenance margin alone",
    ),
    _planted(
        12,
        C + "EngineAccounts.vy",
        "    self._check_margin(standing, amount)\n",
        "    pass\n",
        "a withdrawal asks for no margin",
    ),
    _planted(
        13,
        M + "engine/auctioning.vy",
        "ledger._credit(clearing.tip_account, -amount)",
        "ledger._credit(clearing.vault_account, -amount)",
        "the vault pays the tips of auctions",
    ),
    _planted(
        14,
        M + "engine/margin.vy",
        "convert(abs(lots), uint256) * mark, layout._marked_maintenance(mark_word), scale",
        "convert(abs(lots), uint256) * mark, "
        "layout._marked_maintenance(mark_word) if abs(lots) > 2_000 else 0, scale",
        "small positions need no maintenance margin",
    ),
    _planted(
        15,
        C + "EngineAccounts.vy",
        "convert(standing.initial + amount, int256)",
        "convert(standing.initial + amount // 2, int256)",
        "half of a withdrawal may come out of margin",
    ),
    _planted(
        16,
        M + "liquidation/stage.vy",
        "if scene.equity >= convert(scene.maintenance, int256):",
        "if scene.equity >= convert(scene.initial, int256):",
        "initial margin is asked of who is liquidated",
    ),
    _planted(
        17,
        M + "liquidation/planning.vy",
        "((loss - penalty) << scene.market.scale) // lots",
        "((loss + penalty) << scene.market.scale) // lots",
        "an order's limit forgets the penalty",
    ),
    _planted(
        18,
        C + "LiquidationEngine.vy",
        "(scene.held - taken) * scene.mark.mark >> scene.market.scale < settings.min_notional:",
        "scene.held < taken:",
        "dust is left behind by a take-over",
    ),
    _planted(
        19,
        M + "liquidation/stage.vy",
        "min(penalty * settings.tip_bps // BPS, settings.tip_cap)",
        "penalty * settings.tip_bps // BPS",
        "a tip has no cap",
    ),
    _planted(
        20,
        M + "liquidation/deficits.vy",
        "(account, market, deficit - insured)\n    log",
        "(account, market, (deficit - insured) // 2)\n    log",
        "half of a deficit is borne by nobody",
    ),
    _planted(
        21,
        C + "InsuranceFund.vy",
        "    return min(cap - drawn, self.reserve + self.pot)",
        "    return min(cap, self.reserve + self.pot)",
        "each draw may go up to the cap",
    ),
    _planted(
        22,
        M + "liquidation/stage.vy",
        "return convert(max(staticcall IPerpEngine(engine).collateral(account), 0), uint256)",
        "return convert(staticcall IPerpEngine(engine).collateral(account), uint256)",
        "who has negative collateral cannot be liquidated",
    ),
    _planted(
        23,
        M + "liquidation/deficits.vy",
        "    if deficit == 0:\n",
        "    if deficit < 2**28:\n",
        "the fund is not asked for small deficits",
    ),
    _planted(
        24,
        M + "liquidation/deleveraging.vy",
        "self._haircut(scene, deficit - insured, ready)",
        "self._haircut(scene, deficit + insured, ready)",
        "nominees pay what the fund has paid",
    ),
    _planted(
        25,
        M + "liquidation/deleveraging.vy",
        "carried >> 168 > word >> 168:",
        "carried >> 168 < word >> 168 or word == 0:",
        "the lowest score comes first",
    ),
    _planted(
        26,
        M + "liquidation/deleveraging.vy",
        "    return lots, held - lots\n",
        "    return min(left, lots * 2), 0\n",
        "a nominee gives up more than it has",
    ),
    _planted(
        27,
        C + "PerpEngine.vy",
        "if (layout._long(open) if long != 0 else 0) > layout._open_cap(open)",
        "if (layout._short(open) if long != 0 else 0) > layout._open_cap(open)",
        "the cap of the long side counts the short one",
    ),
    _planted(
        28,
        M + "vault/quoting.vy",
        "capital: uint256 = base * settings.allocation_bps // BPS",
        "capital: uint256 = base",
        "a market may use all of the vault's capital",
    ),
    _planted(
        29,
        M + "orderbook/auction.vy",
        "return min(max(reference, low), q), 0",
        "return max(reference, low), 0",
        "a balanced auction's price may be above all bids",
    ),
    _planted(
        30,
        M + "orderbook/book.vy",
        "                fill.lots = lots\n",
        "                fill.lots = lots + 1\n",
        "an order that fills wholly fills a lot more",
    ),
    _planted(
        31, M + "orderbook/auction.vy", "if low > high:", "if low >= high:", "nothing trades within a block"
    ),
    _planted(
        32,
        M + "orderbook/level_queue.vy",
        "    return generation, count, tail\n",
        "    return generation, count, filled\n",
        "who joins a queue stands at its front",
    ),
    _planted(
        33,
        M + "orderbook/orders.vy",
        "book.accounts[account].orders[slot] = words._shrink(order, taken)",
        "pass",
        "a partial cancel is not stored",
    ),
    _planted(
        34,
        M + "engine/auctioning.vy",
        "    batches: uint256 = layout._batches(book_word)\n    if batches",
        "    assert cleared.imbalance < 2**15\n"
        "    batches: uint256 = layout._batches(book_word)\n    if batches",
        "an auction with a large surplus reverts",
    ),
    _planted(
        35,
        C + "OracleRouter.vy",
        "return word | layout.LATE | layout.UNHEARD",
        "return word | layout.LATE",
        "a source that is late is heard",
    ),
    _planted(
        36,
        C + "OracleRouter.vy",
        "found.published_at = max(found.published_at, published_at)",
        "found.published_at = max(found.published_at, 1)",
        "an older publish time takes a newer one's place",
    ),
    _planted(
        37,
        M + "engine/auctioning.vy",
        "seen.published_at > due",
        "seen.published_at + 10 > due",
        "the vault quotes on prices of before the close",
    ),
    _planted(
        38,
        M + "oracle/price_history.vy",
        "then += (total - then) * (start - began) // (ended - began)",
        "then += 0",
        "an average takes in what was before its window",
    ),
    _planted(
        39,
        M + "action_matrix.vy",
        "if status in IOracleRouter.Status.STALE and action in IOracleRouter.Action.REDUCE:",
        "if status in IOracleRouter.Status.STALE and action in "
        "(IOracleRouter.Action.REDUCE | IOracleRouter.Action.OPEN):",
        "positions are opened on a stale price",
    ),
    _planted(
        40,
        M + "vault/shares.vy",
        "self.balanceOf[owner] = held - amount",
        "self.balanceOf[owner] = held - amount // 2",
        "half of the shares that move stay where they were",
    ),
    _planted(
        41,
        M + "vault/valuing.vy",
        "return assets * self._supply() // (self._positive(equity) + 1)",
        "return assets * self._supply() // (self._positive(equity) + 1) + 1",
        "shares are rounded up",
    ),
    _planted(
        42,
        M + "vault/valuing.vy",
        "return shares * (self._positive(equity) + 1) // self._supply()",
        "return shares * (self._positive(equity) + 1) // self._supply() + 1",
        "what shares are worth is rounded up",
    ),
    _planted(
        43,
        M + "vault/valuing.vy",
        "VIRTUAL_SHARES: constant(uint256) = 10**6",
        "VIRTUAL_SHARES: constant(uint256) = 1",
        "the first depositor can make shares dear",
    ),
    _planted(
        44,
        C + "Vault.vy",
        "return cap - min(cap, valuing._positive(worth.high))",
        "return cap - valuing._positive(worth.high)",
        "maxDeposit reverts above the cap",
    ),
    _planted(
        45,
        C + "Timelock.vy",
        "    if msg.sender != self:\n",
        "    if msg.sender == self:\n",
        "anybody changes the delay at once",
    ),
    _planted(
        46,
        M + "engine/operators.vy",
        "    if msg.sender != self.liquidator:\n",
        "    if msg.sender == empty(address):\n",
        "the liquidator's hooks are everybody's",
    ),
    _planted(
        47,
        C + "EngineAccounts.vy",
        "if operators.pauses & operators.DEPOSITS != 0 and ledger.accounts[account] & words.MARKETS == 0:",
        "if operators.pauses & operators.DEPOSITS != 0:",
        "with deposits paused nobody can carry his position",
    ),
    _planted(
        48,
        M + "engine/signatures.vy",
        "    operators._use_nonces(owner, nonce >> 8, bit)\n",
        "",
        "a signature is not used up",
    ),
    _planted(
        49,
        C + "InsuranceFund.vy",
        "    log IInsuranceFund.Contributed(sender=msg.sender, amount=amount)\n",
        "    log IInsuranceFund.Contributed(sender=msg.sender, amount=amount)\n"
        "    assert not self.busy\n    self.busy = True\n\n\nbusy: transient(bool)\n",
        "a contribution takes a lock and does not give it back",
    ),
    _planted(
        50,
        M + "engine/ledger.vy",
        "realised=total - kept, funding=paid",
        "realised=kept, funding=paid",
        "the log tells what was kept as realised",
    ),
)
