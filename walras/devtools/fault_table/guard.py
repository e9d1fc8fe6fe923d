"""Faults of the guardian, of steps and of ramps."""

from typing import Final

from walras.devtools.fault_table.fault import Fault, faults_of

_GUARDIAN: Final = faults_of(
    "contracts/Guardian.vy",
    ("anybody", "    if msg.sender != self.multisig:", "    if False:", "everybody is the guardian"),
    (
        "origin",
        "    if msg.sender != self.multisig:",
        "    if tx.origin != self.multisig:",
        "what the multisig's keys call acts for it",
    ),
    ("for_ever", "    if block.timestamp >= self.expires_at:", "    if False:", "powers never lapse"),
    (
        "second_more",
        "    if block.timestamp >= self.expires_at:",
        "    if block.timestamp > self.expires_at:",
        "powers in the second of their end",
    ),
    ("any_term", "    if until > block.timestamp + MAX_TERM:", "    if False:", "powers for a lifetime"),
    (
        "term",
        "MAX_TERM: constant(uint256) = 15_552_000",
        "MAX_TERM: constant(uint256) = 15_552_001",
        "a second more than 180 days",
    ),
    (
        "self_renewed",
        "    self.expires_at = until",
        "    self.expires_at = max(until, self.expires_at)",
        "the owner cannot end the powers",
    ),
    (
        "all_or_none",
        "        if convert((staticcall IPerpEngine(engine).market(market)).mode, uint256) < ",
        "        if 0 < ",
        "one market that is stricter already stops the call",
    ),
    (
        "caps_dropped",
        "(market, initial_ppm, maintenance_bps, settings.open_cap, settings.account_cap)",
        "(market, initial_ppm, maintenance_bps, 0, 0)",
        "a raise of margins closes the market",
    ),
    (
        "vault_open",
        "    extcall IVault(vault).set_deposit_cap(0)",
        "    pass",
        "the vault takes deposits in a pause",
    ),
    (
        "cap_zero",
        "    extcall IVault(vault).set_deposit_cap(cap)",
        "    extcall IVault(vault).set_deposit_cap(0)",
        "a lower cap is none",
    ),
    (
        "other_engine",
        "    if staticcall IVault(vault_).engine() != engine_:",
        "    if False:",
        "a vault of another engine",
    ),
    (
        "no_contract",
        "    if not (engine_.is_contract and vault_.is_contract):",
        "    if not engine_.is_contract:",
        "a vault that is none",
    ),
    ("no_owner", "    if owner == empty(address):", "    if False:", "a guardian that nobody renews"),
)

_STEPS: Final = faults_of(
    "contracts/modules/steps.vy",
    (
        "never_large",
        "    return max(before, after) - min(before, after) > max(before // 2, least)",
        "    return False",
        "no step is too large",
    ),
    (
        "of_after",
        "    return max(before, after) - min(before, after) > max(before // 2, least)",
        "    return max(before, after) - min(before, after) > max(after // 2, least)",
        "a number doubles in one step",
    ),
    (
        "edge",
        "    return max(before, after) - min(before, after) > max(before // 2, least)",
        "    return max(before, after) - min(before, after) >= max(before // 2, least)",
        "half is too much",
    ),
    (
        "no_least",
        "    return max(before, after) - min(before, after) > max(before // 2, least)",
        "    return max(before, after) - min(before, after) > before // 2",
        "zero stays zero",
    ),
    (
        "sign",
        "    return convert(abs(after - before), uint256) >",
        "    return convert(abs(abs(after) - abs(before)), uint256) >",
        "a rebate becomes a fee in one step",
    ),
    (
        "never_early",
        "    return block.timestamp < changed_at + EVERY",
        "    return False",
        "all steps in one second",
    ),
    (
        "second_early",
        "    return block.timestamp < changed_at + EVERY",
        "    return block.timestamp <= changed_at + EVERY",
        "a day and a second",
    ),
)

_RAMPING: Final = faults_of(
    "contracts/modules/engine/ramping.vy",
    ("at_once", "    if layout._is_ramping(funding_word):", "    if False:", "a raise of margins is at once"),
    (
        "maintenance_at_once",
        "        maintenance = self._on_way(layout._ramp_maintenance(ramp), maintenance, ramp)",
        "        pass",
        "a raise of the maintenance margin is at once",
    ),
    (
        "initial_at_once",
        "        initial = self._on_way(layout._ramp_initial(ramp), initial, ramp)",
        "        pass",
        "a raise of the initial margin is at once",
    ),
    (
        "swapped",
        "        maintenance = self._on_way(layout._ramp_maintenance(ramp), maintenance, ramp)",
        "        maintenance = self._on_way(layout._ramp_initial(ramp), maintenance, ramp)",
        "maintenance begins at the initial margin",
    ),
    (
        "stays",
        "    return start + (target - start) * (block.timestamp - begin) // (end - begin)",
        "    return start",
        "margins jump at the end of the ramp",
    ),
    (
        "up",
        "    return start + (target - start) * (block.timestamp - begin) // (end - begin)",
        "    return start + (target - start) * (block.timestamp - begin) // (end - begin) + 1",
        "rounded up",
    ),
    ("end", "    if block.timestamp >= end:", "    if False:", "margins go beyond the target"),
    (
        "never_over",
        "    return block.timestamp >= layout._ramp_end(ledger.ramps[market])",
        "    return False",
        "a ramp is told after its end",
    ),
    (
        "over",
        "    return block.timestamp >= layout._ramp_end(ledger.ramps[market])",
        "    return True",
        "the first mark ends a ramp",
    ),
)

_SETTINGS: Final = faults_of(
    "contracts/EngineSettings.vy",
    (
        "ramp_from_target",
        "    initial = min(initial, layout._initial_ppm(target))",
        "    initial = layout._initial_ppm(target)",
        "a raise of the initial margin is at once",
    ),
    (
        "no_fall",
        "    maintenance = min(maintenance, marks._maintenance_ppm(target))",
        "    pass",
        "a fall of the maintenance margin goes the wrong way",
    ),
    (
        "ramp_length",
        "RAMP: constant(uint256) = 604_800 ",
        "RAMP: constant(uint256) = 60_480 ",
        "a tenth of a week",
    ),
    (
        "guarded_length",
        "GUARDED_RAMP: constant(uint256) = 86_400",
        "GUARDED_RAMP: constant(uint256) = 1",
        "the guardian raises margins in a second",
    ),
    (
        "hurried",
        "        end = max(end, layout._ramp_end(ramp))",
        "        pass",
        "the guardian hurries the owner's raise",
    ),
    (
        "ramp_lost",
        "    flags: uint256 = funding & (layout.HAS_LOSSES | layout.RAMPING)",
        "    flags: uint256 = funding & layout.HAS_LOSSES",
        "other settings end a ramp",
    ),
    (
        "losses_ramped",
        "        flags = (funding & layout.HAS_LOSSES) | self._ramp(",
        "        flags = self._ramp(",
        "a raise of margins ends all losses",
    ),
    (
        "not_the_day",
        "        ledger.ramps[market] = layout._with_settings_change(ramp)",
        "        pass",
        "as many steps as one likes",
    ),
    (
        "book_day",
        "    ledger.ramps[market] = layout._with_book_change(ramp)",
        "    pass",
        "as many steps of a book as one likes",
    ),
    (
        "raise_day",
        "        ledger.ramps[market] = layout._with_raise(ramp)",
        "        pass",
        "as many raises as the guardian likes",
    ),
    (
        "ramp_forgets",
        "block.timestamp, end, layout._changes(ledger.ramps[market])",
        "block.timestamp, end, 0",
        "a raise forgets when the last change was",
    ),
    (
        "caps_rise",
        "        and after.open_cap <= before.open_cap",
        "        and True",
        "a market's cap rises by any step",
    ),
    (
        "account_caps_rise",
        "        and after.account_cap <= before.account_cap",
        "        and True",
        "an account's cap rises by any step",
    ),
    (
        "taker_rides",
        "        and before.taker_ppm == after.taker_ppm",
        "        and True",
        "the taker's fee jumps with a cap that falls",
    ),
    (
        "age_rides",
        "        and before.max_mark_age == after.max_mark_age",
        "        and True",
        "the age of marks jumps with a cap",
    ),
    (
        "signed_maker",
        "        or steps._is_large_signed(before.maker_ppm, after.maker_ppm, FEE_STEP)",
        "        or False",
        "maker's fees jump",
    ),
    (
        "mark_band",
        "        or steps._is_large(before.mark_band_bps, after.mark_band_bps, BAND_STEP)",
        "        or False",
        "the mark's band jumps",
    ),
    (
        "guardian_lowers",
        "        initial_ppm < before.initial_ppm",
        "        False",
        "the guardian lowers the initial margin",
    ),
    (
        "guardian_maintenance",
        "marks._maintenance_ppm(layout._rules(after)) < marks._maintenance_ppm(layout._rules(before))",
        "maintenance_bps < before.maintenance_bps",
        "the guardian may not raise one and keep the other",
    ),
    (
        "guardian_caps",
        "        or open_cap > before.open_cap",
        "        or False",
        "the guardian opens a market",
    ),
    (
        "guardian_account_caps",
        "        or account_cap > before.account_cap",
        "        or False",
        "the guardian lets whales in",
    ),
    (
        "loosened",
        "    if number <= layout._mode(word):",
        "    if False:",
        "the guardian opens a market again",
    ),
    (
        "halts",
        "    if mode != IPerpEngine.Mode.POST_ONLY and mode != IPerpEngine.Mode.REDUCE_ONLY:",
        "    if False:",
        "the guardian halts a market",
    ),
    (
        "restart_kept",
        "    ledger.markets[market].book = layout._with_state(word, number, 0)",
        "    ledger.markets[market].book = layout._with_state(word, number, layout._batches(word))",
        "a market that was restricted opens by itself",
    ),
    (
        "paused_again",
        "    if operators.pauses & operators.WITHDRAWALS != 0:",
        "    if False:",
        "the guardian holds everybody for good",
    ),
    (
        "long_pause",
        "PAUSE: constant(uint256) = 86_400",
        "PAUSE: constant(uint256) = 86_401",
        "a pause of more than a day",
    ),
    (
        "gate_shortened",
        "    ledger.gate = max(ledger.gate, block.timestamp + PAUSE)",
        "    ledger.gate += PAUSE",
        "no pause where there was no gate",
    ),
    (
        "one_pause",
        "    self._set_pauses(operators.pauses | operators.DEPOSITS)",
        "    self._set_pauses(operators.DEPOSITS)",
        "a pause of deposits allows one of withdrawals more",
    ),
    (
        "still_paused",
        "    self._set_pauses(0)",
        "    self._set_pauses(operators.pauses & operators.DEPOSITS)",
        "deposits stay paused",
    ),
    (
        "long_batches",
        "MAX_INTERVAL: constant(uint256) = 3_600",
        "MAX_INTERVAL: constant(uint256) = 3_601",
        "a second more than an hour",
    ),
)

_OTHERS: Final = (
    *faults_of(
        "contracts/EngineAccounts.vy",
        (
            "pause_all",
            " and ledger.accounts[account] & words.MARKETS == 0:",
            ":",
            "who has a position cannot carry it",
        ),
        (
            "pause_none",
            "    if operators.pauses & operators.DEPOSITS != 0 and ",
            "    if False and ",
            "a pause that is none",
        ),
        (
            "pause_liquidator",
            "        if msg.sender != operators.liquidator:",
            "        if True:",
            "deficits are not covered in a pause",
        ),
    ),
    *faults_of(
        "contracts/modules/engine/operators.vy",
        (
            "any_guardian",
            "    if msg.sender != self.guardian:",
            "    if False:",
            "everybody restricts markets",
        ),
    ),
    *faults_of(
        "contracts/modules/engine/auctioning.vy",
        (
            "ramp_base",
            "        base, rules, max(",
            "        layout._initial_ppm(rules), rules, max(",
            "initial margin jumps at a mark",
        ),
    ),
    *faults_of(
        "contracts/modules/engine/market_words.vy",
        (
            "ramp_end",
            "    return (word >> 72) & TIME",
            "    return (word >> 72) & (2**30 - 1)",
            "a ramp's end loses bits",
        ),
        (
            "raised_lane",
            "    return word & (2**168 - 1) | (block.timestamp << 168)",
            "    return word & ~(TIME << 136) | (block.timestamp << 136)",
            "the guardian's raise is a change of the book",
        ),
    ),
    *faults_of(
        "contracts/Vault.vy",
        (
            "guardian_raises",
            "    if msg.sender != self.guardian or cap > self.deposit_cap:",
            "    if msg.sender != self.guardian:",
            "the guardian opens the vault",
        ),
        (
            "guardian_ignored",
            "    if msg.sender != self.guardian or cap > self.deposit_cap:",
            "    if True:",
            "the guardian cannot close the vault",
        ),
    ),
    *faults_of(
        "contracts/modules/vault/vault_terms.vy",
        (
            "slope_jumps",
            "                or steps._is_large(self.fee_slope_bps, slope_bps, SLOPE_STEP),",
            "                or False,",
            "the slope of the fee jumps",
        ),
        (
            "fee_day",
            "        self.fee_changed_at = block.timestamp",
            "        pass",
            "as many steps of the fee as one likes",
        ),
        (
            "cooldown_day",
            "        self.cooldown_changed_at = block.timestamp",
            "        pass",
            "as many steps of the cooldown as one likes",
        ),
    ),
)

_QUOTES: Final = faults_of(
    "contracts/modules/vault/vault_terms.vy",
    (
        "quotes_jump",
        "        self._check_quotes_step(market, settings)",
        "        pass",
        "the vault quotes otherwise from one block to the next",
    ),
    (
        "quotes_day",
        "    self.quotes_changed_at[market] = block.timestamp",
        "    pass",
        "as many steps of quotes as one likes",
    ),
    (
        "first_free",
        "        before.allocation_bps = 0",
        "        pass",
        "all of the capital goes into a new market at once",
    ),
    (
        "allocation_rides",
        "        after.allocation_bps <= before.allocation_bps",
        "        True",
        "the allocation rises freely",
    ),
    (
        "leverage_rides",
        "        and after.leverage_bps <= before.leverage_bps",
        "        and True",
        "the leverage rises freely",
    ),
    (
        "spread_sense",
        "        and after.spread_ppm >= before.spread_ppm",
        "        and after.spread_ppm <= before.spread_ppm",
        "the spread falls freely",
    ),
    (
        "skew_rides",
        "        and after.skew_ppm == before.skew_ppm",
        "        and after.skew_ppm <= before.skew_ppm",
        "the skew falls freely",
    ),
    (
        "allocation_both_ways",
        "max(before.allocation_bps, after.allocation_bps), ALLOCATION_STEP)",
        "after.allocation_bps, ALLOCATION_STEP)",
        "a fall of the allocation is too large beside a rise of something else",
    ),
    (
        "skew_jumps",
        "            or steps._is_large(before.skew_ppm, after.skew_ppm, SKEW_STEP),",
        "            or False,",
        "the skew jumps once a day",
    ),
    (
        "depth_both_ways",
        "max(before.depth_bps, after.depth_bps), DEPTH_STEP)",
        "after.depth_bps, DEPTH_STEP)",
        "a fall of the depth is too large beside a rise of something else",
    ),
)

_FUND: Final = faults_of(
    "contracts/InsuranceFund.vy",
    (
        "cap_jumps",
        "        if steps._is_large(max(self.draw_cap[market], drawn) - drawn, ",
        "        if False and steps._is_large(max(self.draw_cap[market], drawn) - drawn, ",
        "stakers are at risk with all at once",
    ),
    (
        "cap_falls_slowly",
        "    if self.total_shares != 0 and cap > self.draw_cap[market]:",
        "    if self.total_shares != 0:",
        "draws cannot be stopped at once",
    ),
    (
        "cap_day",
        "        self.cap_raised_at[market] = block.timestamp",
        "        pass",
        "as many steps of a cap as one likes",
    ),
    (
        "unit_step",
        "max(cap, drawn) - drawn, CAP_STEP * unit):",
        "max(cap, drawn) - drawn, CAP_STEP):",
        "a step is of units, not of tokens",
    ),
)

_LIQUIDATION: Final = (
    *faults_of(
        "contracts/LiquidationEngine.vy",
        (
            "first_is_no_step",
            "    if word != 0:",
            "    if False:",
            "a market is liquidated otherwise from one block to the next",
        ),
        (
            "many_steps",
            "        if steps._is_early(layout._changed_at(word)):",
            "        if False:",
            "as many steps of a liquidation as one likes",
        ),
        (
            "unnoted_step",
            "        changed_at = block.timestamp",
            "        pass",
            "the day of a step is not noted",
        ),
        (
            "penalty_jumps",
            "        steps._is_large(before.penalty_ppm, after.penalty_ppm, PPM_STEP)",
            "        False",
            "the penalty jumps",
        ),
        (
            "tip_cap_jumps",
            "        or steps._is_large(before.tip_cap, after.tip_cap, TIP_CAP_STEP)",
            "        or False",
            "a cancel's cost jumps",
        ),
        (
            "patience_jumps",
            "        or steps._is_large(before.patience, after.patience, PATIENCE_STEP)",
            "        or steps._is_large(before.patience, after.patience, PPM_STEP)",
            "the backstop comes at once",
        ),
        (
            "discount_of_unwind",
            "        or steps._is_large(before.discount_ppm, after.discount_ppm, PPM_STEP)",
            "        or steps._is_large(before.discount_ppm, after.unwind_ppm, PPM_STEP)",
            "the discount jumps, and another may not move",
        ),
        (
            "notional_step",
            "NOTIONAL_STEP: constant(uint256) = 100_000_000",
            "NOTIONAL_STEP: constant(uint256) = 1_000_000_000",
            "small positions close whole at once",
        ),
    ),
    *faults_of(
        "contracts/modules/liquidation/liquidation_words.vy",
        (
            "changed_bits",
            "    return word >> 198",
            "    return word >> 199",
            "the day of a change is another",
        ),
        (
            "changed_lane",
            "        | (changed_at << 198)",
            "        | (changed_at << 197)",
            "the day of a change lies in the distance of an unwind",
        ),
    ),
)

_ROUTER: Final = faults_of(
    "contracts/OracleRouter.vy",
    (
        "halts_for_good",
        "    return end == 0 or block.timestamp < end",
        "    return True",
        "the guardian's halt has no end",
    ),
    (
        "halts_again",
        "    elif self.halted_until[market] != 0:",
        "    elif False:",
        "a halt a day by the guardian, for good",
    ),
    (
        "halt_shortened",
        "    elif not layout._is_halted(policy):",
        "    else:",
        "the guardian ends the owner's halt in a day",
    ),
    (
        "owner_for_a_day",
        "    if msg.sender == ownable.owner:",
        "    if msg.sender == ownable.owner and self.halted_until[market] == 0:",
        "the owner cannot make the guardian's halt last",
    ),
)

FAULTS: Final[tuple[Fault, ...]] = (
    *_GUARDIAN,
    *_STEPS,
    *_RAMPING,
    *_SETTINGS,
    *_OTHERS,
    *_QUOTES,
    *_FUND,
    *_LIQUIDATION,
    *_ROUTER,
)
