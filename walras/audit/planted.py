"""A fault for each check, of a line or two, that makes it fail: so it is known to bite."""

from dataclasses import dataclass
from typing import Final

from walras.devtools.fault_table.fault import Fault

C: Final = "contracts/"
M: Final = "contracts/modules/"


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, and the check that has to find it, by its name."""

    check: str
    fault: Fault

    @property
    def number(self) -> int:
        """The promise that it breaks."""
        return int(self.check.split("_")[1])


def _planted(check: str, path: str, old: str, new: str, why: str) -> Planted:
    return Planted(check, Fault(check, path, old, new, why))


PLANTED: Final = (
    _planted(
        "inv_01_custody",
        C + "EngineAccounts.vy",
        "    ledger.tracked -= amount\n",
        "    ledger.tracked -= amount // 2\n",
        "half of a withdrawal is not taken off what is tracked",
    ),
    _planted(
        "inv_01_custody_of_tips",
        M + "triggers/shelf.vy",
        "    self.claimable[words._owner(id)] += tip\n",
        "    self.claimable[words._owner(id)] += tip // 2\n",
        "half of a tip that comes back is nobody's",
    ),
    _planted(
        "inv_02_money_is_conserved",
        C + "EngineAccounts.vy",
        "    ledger._credit(to, convert(amount, int256))\n    log IPerpEngine.Transferred",
        "    ledger._credit(to, convert(amount + amount // 1_000, int256))\n    log IPerpEngine.Transferred",
        "a transfer arrives with a thousandth more",
    ),
    _planted(
        "inv_03_lots_sum_to_zero",
        M + "engine/auctioning.vy",
        "market, lots, -lots * convert(cleared.price",
        "market, lots + 1, -lots * convert(cleared.price",
        "the vault gets a lot more than it bought",
    ),
    _planted(
        "inv_04_trades_are_exact",
        M + "engine/auctioning.vy",
        "-lots * convert(cleared.price * unit, int256), lots * index",
        "-lots * convert(cleared.price * unit, int256) + 1, lots * index",
        "the vault pays a unit less",
    ),
    _planted(
        "inv_05_aggregates",
        M + "engine/ledger.vy",
        "        short=self._short(after, orders),\n",
        "        short=self._short(after, old_orders),\n",
        "the short side counts the orders of before",
    ),
    _planted(
        "inv_06_rounding",
        M + "engine/ledger.vy",
        "        fee = rounding._div_up(",
        "        fee = rounding._div_down(",
        "fees are rounded down",
    ),
    _planted(
        "inv_07_funding_is_not_created",
        M + "engine/ledger.vy",
        "rounding._shift_up(after * funding._index(funding_word) - new_basis, scale)",
        "(after * funding._index(funding_word) - new_basis) >> scale",
        "funding that is paid is rounded down",
    ),
    _planted(
        "inv_08_settling_twice",
        M + "engine/ledger.vy",
        "new_basis += (paid << scale) + abs(after) * losses",
        "new_basis += abs(after) * losses",
        "what was paid for funding is owed again",
    ),
    _planted(
        "inv_09_rates_move_the_index",
        M + "engine/funding.vy",
        "(rate * convert(index_price << layout.FRACTION, int256)) // (ONE * PERIOD)",
        "((rate * convert(index_price, int256)) // (ONE * PERIOD)) << layout.FRACTION",
        "the rate of a second loses its fraction",
    ),
    _planted(
        "inv_10_splitting_does_not_gain",
        M + "engine/funding.vy",
        "rounding._shift_up(lots * index + abs(lots) * losses - basis, scale)",
        "(lots * index + abs(lots) * losses - basis) >> scale",
        "funding that is owed is rounded down",
    ),
    _planted(
        "inv_11_growth_has_margin",
        C + "PerpEngine.vy",
        "if standing.equity < convert(standing.initial, int256) and (",
        "if standing.equity < convert(standing.maintenance, int256) and (",
        "who lets a position grow needs maintenance margin alone",
    ),
    _planted(
        "inv_12_health_is_not_talked_away",
        C + "EngineAccounts.vy",
        "    self._check_margin(standing, amount)\n",
        "    pass\n",
        "a withdrawal asks for no margin",
    ),
    _planted(
        "inv_13_nobody_changes_unseen",
        M + "engine/auctioning.vy",
        "ledger._credit(clearing.tip_account, -amount)",
        "ledger._credit(clearing.vault_account, -amount)",
        "the vault pays the tips of auctions",
    ),
    _planted(
        "inv_13_others_are_left_alone",
        C + "EngineAccounts.vy",
        "    log IPerpEngine.Deposited(account=account, amount=amount, by=msg.sender)",
        "    ledger._credit(account ^ 256, -1)\n"
        "    log IPerpEngine.Transferred(sender=account ^ 256, receiver=account, amount=1)\n"
        "    log IPerpEngine.Deposited(account=account, amount=amount, by=msg.sender)",
        "a deposit takes a unit from another owner's account",
    ),
    _planted(
        "inv_14_splitting_keeps_margin",
        M + "engine/margin.vy",
        "convert(abs(lots), uint256) * mark, layout._marked_maintenance(mark_word), scale",
        "convert(abs(lots), uint256) * mark, "
        "layout._marked_maintenance(mark_word) if abs(lots) > 2_000 else 0, scale",
        "small positions need no maintenance margin",
    ),
    _planted(
        "inv_15_profit_stays",
        C + "EngineAccounts.vy",
        "convert(standing.initial + amount, int256)",
        "convert(standing.initial + amount // 2, int256)",
        "half of a withdrawal may come out of margin",
    ),
    _planted(
        "inv_16_only_below_margin",
        M + "liquidation/stage.vy",
        "if scene.equity >= convert(scene.maintenance, int256):",
        "if scene.equity >= convert(scene.initial, int256):",
        "initial margin is asked of who is liquidated",
    ),
    _planted(
        "inv_17_ratio_does_not_fall",
        M + "liquidation/planning.vy",
        "((loss - penalty) << scene.market.scale) // lots",
        "((loss + penalty) << scene.market.scale) // lots",
        "an order's limit forgets the penalty",
    ),
    _planted(
        "inv_18_no_dust",
        C + "LiquidationEngine.vy",
        "(scene.held - taken) * scene.mark.mark >> scene.market.scale < settings.min_notional:",
        "scene.held < taken:",
        "dust is left behind by a take-over",
    ),
    _planted(
        "inv_19_rewards_are_paid_for",
        M + "liquidation/stage.vy",
        "min(penalty * settings.tip_bps // BPS, settings.tip_cap)",
        "penalty * settings.tip_bps // BPS",
        "a tip has no cap",
    ),
    _planted(
        "inv_20_deficits_do_not_stay",
        M + "liquidation/deficits.vy",
        "(account, market, deficit - insured)\n    log",
        "(account, market, (deficit - insured) // 2)\n    log",
        "half of a deficit is borne by nobody",
    ),
    _planted(
        "inv_20_deficits_are_borne",
        M + "liquidation/deficits.vy",
        "        account=account, market=market, insured=insured, socialised=deficit - insured\n",
        "        account=account, market=market, insured=insured, socialised=deficit\n",
        "the waterfall says that others bear what the fund has paid",
    ),
    _planted(
        "inv_21_insurance_pays_deficits_alone",
        C + "InsuranceFund.vy",
        "    return min(cap - drawn, self.reserve + self.pot)",
        "    return min(cap, self.reserve + self.pot)",
        "each draw may go up to the cap",
    ),
    _planted(
        "inv_22_waterfall_is_alive",
        M + "liquidation/stage.vy",
        "return convert(max(staticcall IPerpEngine(engine).collateral(account), 0), uint256)",
        "return convert(staticcall IPerpEngine(engine).collateral(account), uint256)",
        "who has negative collateral cannot be liquidated",
    ),
    _planted(
        "inv_23_insurance_comes_first",
        M + "liquidation/deficits.vy",
        "    if deficit == 0:\n",
        "    if deficit < 2**28:\n",
        "the fund is not asked for small deficits",
    ),
    _planted(
        "inv_23_backstop_comes_first",
        M + "liquidation/planning.vy",
        "    if backstop == 0:\n        return True\n",
        "    if backstop != 0:\n        return True\n",
        "the backstop is taken for full",
    ),
    _planted(
        "inv_24_haircuts",
        M + "liquidation/deleveraging.vy",
        "self._haircut(scene, deficit - insured, ready)",
        "self._haircut(scene, deficit + insured, ready)",
        "nominees pay what the fund has paid",
    ),
    _planted(
        "inv_25_in_rank_order",
        M + "liquidation/deleveraging.vy",
        "carried >> 168 > word >> 168:",
        "carried >> 168 < word >> 168 or word == 0:",
        "the lowest score comes first",
    ),
    _planted(
        "inv_26_open_interest_falls_alike",
        M + "liquidation/deleveraging.vy",
        "    return lots, held - lots\n",
        "    return min(left, lots * 2), 0\n",
        "a nominee gives up more than it has",
    ),
    _planted(
        "inv_27_caps",
        C + "PerpEngine.vy",
        "if (layout._long(open) if long != 0 else 0) > layout._open_cap(open)",
        "if (layout._short(open) if long != 0 else 0) > layout._open_cap(open)",
        "the cap of the long side counts the short one",
    ),
    _planted(
        "inv_27_reductions_pass_above_a_cap",
        C + "PerpEngine.vy",
        "    doubled: uint256 = 0\n    if grew:\n",
        "    doubled: uint256 = 0\n"
        "    if max(layout._long(change.open), layout._short(change.open)) > "
        "layout._open_cap(change.open):\n"
        '        refuse._because("engine: open interest cap")\n'
        "    if grew:\n",
        "above the cap nobody trades",
    ),
    _planted(
        "inv_28_vault_allocation",
        M + "vault/quoting.vy",
        "capital: uint256 = base * settings.allocation_bps // BPS",
        "capital: uint256 = base",
        "a market may use all of the vault's capital",
    ),
    _planted(
        "inv_29_one_price",
        M + "orderbook/auction.vy",
        "return min(max(reference, low), q), 0",
        "return max(reference, low), 0",
        "a balanced auction's price may be above all bids",
    ),
    _planted(
        "inv_29_one_price_for_all",
        M + "orderbook/clearing_history.vy",
        "        price\n        | (lots << LOTS_AT)",
        "        (price ^ 1)\n        | (lots << LOTS_AT)",
        "a record has the price of a tick beside",
    ),
    _planted(
        "inv_30_no_order_overfills",
        M + "orderbook/book.vy",
        "                fill.lots = lots\n",
        "                fill.lots = lots + 1\n",
        "an order that fills wholly fills a lot more",
    ),
    _planted(
        "inv_31_most_volume_now",
        M + "orderbook/auction.vy",
        "if low > high:",
        "if low >= high:",
        "nothing trades within a block",
    ),
    _planted(
        "inv_32_priority",
        M + "orderbook/level_queue.vy",
        "    return generation, count, tail\n",
        "    return generation, count, filled\n",
        "who joins a queue stands at its front",
    ),
    _planted(
        "inv_33_depth",
        M + "orderbook/orders.vy",
        "book.accounts[account].orders[slot] = words._shrink(order, taken)",
        "pass",
        "a partial cancel is not stored",
    ),
    _planted(
        "inv_33_cancels_are_exact",
        M + "orderbook/orders.vy",
        "    taken: uint256 = min(most, lots)\n",
        "    taken: uint256 = lots\n",
        "a partial cancel takes the whole order",
    ),
    _planted(
        "inv_34_auctions_run",
        M + "engine/auctioning.vy",
        "    batches: uint256 = layout._batches(book_word)\n    if batches",
        "    assert cleared.imbalance < 2**15\n"
        "    batches: uint256 = layout._batches(book_word)\n    if batches",
        "an auction with a large surplus reverts",
    ),
    _planted(
        "inv_34_auction_gas",
        M + "engine/auctioning.vy",
        "    rules: uint256 = ledger.markets[market].rules\n"
        "    scale: uint256 = layout._scale(ledger.markets[market].funding)\n"
        "    seen: Seen",
        "    for tick: uint256 in range(2**12):\n"
        "        assert ledger.markets[market].book == book_word\n"
        "    rules: uint256 = ledger.markets[market].rules\n"
        "    scale: uint256 = layout._scale(ledger.markets[market].funding)\n"
        "    seen: Seen",
        "an auction looks at each of 4,096 ticks",
    ),
    _planted(
        "inv_35_price_in_use",
        C + "OracleRouter.vy",
        "return word | layout.LATE | layout.UNHEARD",
        "return word | layout.LATE",
        "a source that is late is heard",
    ),
    _planted(
        "inv_36_publish_times_of_new_sources",
        C + "OracleRouter.vy",
        "found.published_at = max(found.published_at, published_at)",
        "found.published_at = max(found.published_at, 1)",
        "an older publish time takes a newer one's place",
    ),
    _planted(
        "inv_36_publish_times",
        C + "OracleRouter.vy",
        "found.published_at = max(found.published_at, published_at)",
        "found.published_at = max(found.published_at, 1)",
        "an older publish time takes a newer one's place",
    ),
    _planted(
        "inv_37_vault_is_not_sniped",
        M + "engine/auctioning.vy",
        "seen.published_at > due",
        "seen.published_at + 10 > due",
        "the vault quotes on prices of before the close",
    ),
    _planted(
        "inv_38_averages",
        M + "oracle/price_history.vy",
        "then += (total - then) * (start - began) // (ended - began)",
        "then += 0",
        "an average takes in what was before its window",
    ),
    _planted(
        "inv_39_nothing_grows_on_a_stale_price",
        M + "action_matrix.vy",
        "if status in IOracleRouter.Status.STALE and action in IOracleRouter.Action.REDUCE:",
        "if status in IOracleRouter.Status.STALE and action in "
        "(IOracleRouter.Action.REDUCE | IOracleRouter.Action.OPEN):",
        "positions are opened on a stale price",
    ),
    _planted(
        "inv_39_margin_stays_on_a_stale_price",
        C + "EngineAccounts.vy",
        "    if standing.statuses in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED):\n"
        '        refuse._because("engine: price not fit")\n'
        "    self._check_margin",
        "    if standing.statuses in IOracleRouter.Status.HALTED:\n"
        '        refuse._because("engine: price not fit")\n'
        "    self._check_margin",
        "who has a position takes money out on a stale price",
    ),
    _planted(
        "inv_39_vault_and_waterfall_wait",
        M + "vault/valuing.vy",
        "return not (worth.statuses in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED))",
        "return not (worth.statuses in IOracleRouter.Status.HALTED)",
        "the vault's shares are traded on a stale price",
    ),
    _planted(
        "inv_39_exits_stay_open",
        M + "action_matrix.vy",
        "    if status in IOracleRouter.Status.STALE and action in IOracleRouter.Action.REDUCE:\n",
        "    if status in IOracleRouter.Status.HALTED and action in IOracleRouter.Action.REDUCE:\n",
        "nobody reduces on a stale price",
    ),
    _planted(
        "inv_40_shares_sum",
        M + "vault/shares.vy",
        "self.balanceOf[owner] = held - amount",
        "self.balanceOf[owner] = held - amount // 2",
        "half of the shares that move stay where they were",
    ),
    _planted(
        "inv_41_share_price_is_kept",
        M + "vault/valuing.vy",
        "return assets * self._supply() // (self._positive(equity) + 1)",
        "return assets * self._supply() // (self._positive(equity) + 1) + 1",
        "shares are rounded up",
    ),
    _planted(
        "inv_41_vault_says_what_moved",
        C + "Vault.vy",
        "deposit(valuing.account, assets)\n",
        "deposit(valuing.account, assets - assets // 10)\n",
        "a tenth of a deposit stays in the vault's hands",
    ),
    _planted(
        "inv_41_stake_price_is_kept",
        C + "InsuranceFund.vy",
        "return assets * (self.total_shares + VIRTUAL_SHARES) // (self.pot + 1)",
        "return assets * (self.total_shares + VIRTUAL_SHARES) // (self.pot + 1) + 1",
        "shares of the insurance are rounded up",
    ),
    _planted(
        "inv_42_round_trips",
        M + "vault/valuing.vy",
        "return shares * (self._positive(equity) + 1) // self._supply()",
        "return shares * (self._positive(equity) + 1) // self._supply() + 1",
        "what shares are worth is rounded up",
    ),
    _planted(
        "inv_43_gifts_do_not_pay",
        M + "vault/valuing.vy",
        "VIRTUAL_SHARES: constant(uint256) = 10**6",
        "VIRTUAL_SHARES: constant(uint256) = 1",
        "the first depositor can make shares dear",
    ),
    _planted(
        "inv_43_gifts_do_not_pay_in_the_fund",
        C + "InsuranceFund.vy",
        "    self.reserve += amount\n    tokens._pull(token, msg.sender, amount)",
        "    self.pot += amount\n    tokens._pull(token, msg.sender, amount)",
        "what is given to the fund makes its shares dear",
    ),
    _planted(
        "inv_44_views_answer",
        C + "Vault.vy",
        "return cap - min(cap, valuing._positive(worth.high))",
        "return cap - valuing._positive(worth.high)",
        "maxDeposit reverts above the cap",
    ),
    _planted(
        "inv_45_writes_wait",
        C + "Timelock.vy",
        "    if msg.sender != self:\n",
        "    if msg.sender == self:\n",
        "anybody changes the delay at once",
    ),
    _planted(
        "inv_45_settings_are_kept",
        C + "InsuranceFund.vy",
        "    self.drawn[market] += paid\n",
        "    self.draw_cap[market] -= paid\n",
        "a draw lowers the cap that was voted for",
    ),
    _planted(
        "inv_45_votes_are_done",
        C + "Vault.vy",
        "    self.deposit_cap = cap\n",
        "    self.deposit_cap = cap // 2\n",
        "half of a cap that was voted for is stored",
    ),
    _planted(
        "inv_46_no_powers",
        M + "engine/operators.vy",
        "    if msg.sender != self.liquidator:\n",
        "    if msg.sender == empty(address):\n",
        "the liquidator's hooks are everybody's",
    ),
    _planted(
        "inv_46_guardian_tightens",
        C + "EngineSettings.vy",
        "        or open_cap > before.open_cap\n",
        "",
        "the guardian raises a cap",
    ),
    _planted(
        "inv_47_pauses_leave_exits",
        C + "EngineAccounts.vy",
        "if operators.pauses & operators.DEPOSITS != 0 and ledger.accounts[account] & words.MARKETS == 0:",
        "if operators.pauses & operators.DEPOSITS != 0:",
        "with deposits paused nobody can carry his position",
    ),
    _planted(
        "inv_48_signatures_are_used_once",
        M + "engine/signatures.vy",
        "    operators._use_nonces(owner, nonce >> 8, bit)\n",
        "",
        "a signature is not used up",
    ),
    _planted(
        "inv_49_locks_are_free",
        C + "InsuranceFund.vy",
        "    log IInsuranceFund.Contributed(sender=msg.sender, amount=amount)\n",
        "    log IInsuranceFund.Contributed(sender=msg.sender, amount=amount)\n"
        "    assert not self.busy\n    self.busy = True\n\n\nbusy: transient(bool)\n",
        "a contribution takes a lock and does not give it back",
    ),
    _planted(
        "inv_50_indexer_touched",
        M + "engine/ledger.vy",
        "realised=total - kept, funding=paid",
        "realised=kept, funding=paid",
        "the log tells what was kept as realised",
    ),
    _planted(
        "inv_50_indexer",
        M + "engine/ledger.vy",
        "    self._credit(account, -built)\n",
        "    self._credit(self.fee_account, -built)\n",
        "what a builder gets comes out of the fees",
    ),
    _planted(
        "inv_50_views",
        C + "EngineViews.vy",
        "        equity=standing.equity, initial=standing.initial, maintenance=standing.maintenance\n",
        "        equity=standing.equity, initial=standing.initial, maintenance=standing.initial\n",
        "a view tells initial margin for maintenance margin",
    ),
)
