"""What is claimed of packed words: which function packs what, and which one reads it back.

Where a field lies is not written here: it is found in the accessor's own code, and then proved.
"""

from dataclasses import dataclass
from typing import Final

ENGINE: Final = "contracts/modules/engine/"
BOOK: Final = "contracts/modules/orderbook/"


@dataclass(frozen=True, slots=True)
class Packer:
    """A function that makes a word; `fields` names what reads each argument back: an accessor (`_price`), a
    part of one's struct (`_source.weight`), an accessor of a side (`_best 1`), or bits in place (`&MARKETS
    | SHARES`), or shifted down (`#NUMBER << 6`).
    """

    function: str
    fields: dict[str, str]
    also: tuple[tuple[str, str], ...] = ()
    """Accessors that read an argument back a second time."""
    step: tuple[tuple[str, int], ...] = ()
    """Arguments that are a multiple of a number, and kept in units of it."""
    constant: int = 0
    """What is in the word besides."""


@dataclass(frozen=True, slots=True)
class Setter:
    """A function that makes a word anew with some fields changed, and no other bit."""

    function: str
    fields: dict[str, str | int]
    """By accessor: the argument that it reads afterwards, `timestamp`, or a number."""
    fresh: bool = False
    """Only for a word in which these fields are 0."""
    side: int | None = None
    """What is given for the argument `side`."""


@dataclass(frozen=True, slots=True)
class Word:
    """One kind of word, by its name in the module's header. Fields of its packers and `others` lie apart, and
    each is one or several of those that the header lists, whole; each of those is read by itself.
    """

    name: str
    packers: tuple[Packer, ...] = ()
    others: tuple[str, ...] = ()
    setters: tuple[Setter, ...] = ()
    within: str = ""
    """Of fields that lie within one of another word of this name: which one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A module of words, and faults that have to be found: texts and what stands in their place."""

    path: str
    words: tuple[Word, ...]
    faults: tuple[tuple[str, str], ...]
    elsewhere: tuple[str, ...] = ()
    """Words of its header of which nothing is said here."""


def same(prefix: str, names: str, **others: str) -> dict[str, str]:
    """Arguments that are read back by an accessor of their own name."""
    return {f"{prefix}{name}": f"_{name}" for name in names.split()} | others


def parts(argument: str, accessor: str, names: str) -> dict[str, str]:
    """Fields of a struct that are read back as fields of a struct."""
    return {f"{argument}.{name}": f"{accessor}.{name}" for name in names.split()}


ACCOUNT: Final = Layout(
    ENGINE + "account_words.vy",
    (
        Word("account", (Packer("_account", {"collateral": "_collateral", "rest": "&MARKETS | SHARES"}),)),
        Word("account", others=("&MARKETS", "&SHARES"), within="&MARKETS | SHARES"),
        Word("position", (Packer("_position", same("", "lots cash basis")),)),
        Word(
            "orders",
            (
                Packer(
                    "_orders", same("", "bid_lots ask_lots bid_notional ask_notional highest_bid lowest_ask")
                ),
            ),
        ),
        Word("owing", (Packer("_owing", {"market": "_owing_market", "amount": "_owed_most"}),)),
    ),
    (
        ("COLLATERAL_AT: constant(uint256) = 128", "COLLATERAL_AT: constant(uint256) = 127"),
        ("word << 16, bytes32), int256) >> 144", "word << 16, bytes32), int256) >> 143"),
        ("MAX_CASH: constant(int256) = 2**95 - 1", "MAX_CASH: constant(int256) = 2**96 - 1"),
        ("self._check_fits(basis, MAX_BASIS)", "self._check_fits(basis, MAX_CASH)"),
        ("(ask_notional << 128)", "(ask_notional << 127)"),
        ("return (word >> 184) & (2**18 - 1)", "return (word >> 184) & (2**19 - 1)"),
    ),
)

_RULES: Final = (
    "initial_ppm maintenance_bps soft_notional hard_notional maker_ppm band_bps mark_band_bps interest "
    "funding_clamp price_grace tip restart_batches impact_lots"
)

MARKET: Final = Layout(
    ENGINE + "market_words.vy",
    (
        Word(
            "book",
            (Packer("_book_word", same("", "book unit taker_ppm grid state")),),
        ),
        Word(
            "book",
            others=("_mode", "_batches"),
            setters=(Setter("_with_state", {"_mode": "mode", "_batches": "batches"}),),
            within="_state",
        ),
        Word("rules", (Packer("_rules", same("settings.", _RULES)),)),
        Word(
            "open",
            (
                Packer(
                    "_open_word", {"sides": "&~CAPS", "open_cap": "_open_cap", "account_cap": "_account_cap"}
                ),
            ),
        ),
        Word(
            "open",
            others=("_long", "_short", "_open_cap", "_account_cap", "_held_long", "_held_short"),
        ),
        Word(
            "mark",
            (
                Packer(
                    "_mark_word",
                    {
                        "mark.mark": "_mark",
                        "mark.index": "_index",
                        "mark.time": "_marked_at",
                        "mark.due": "_due",
                        "mark.initial_ppm": "_marked_initial",
                        "mark.maintenance_ppm": "_marked_maintenance",
                        "mark.status": "_status",
                    },
                ),
            ),
            setters=(
                Setter("_with_due", {"_due": "due"}),
                Setter("_renewed", {"_due": "due", "_marked_at": "timestamp"}),
            ),
        ),
        Word("span", (Packer("_span_word", same("", "low high lot_size")),)),
        Word(
            "funding",
            (
                Packer(
                    "_funding_word",
                    {
                        "index": "_exact_index",
                        "growth": "_growth",
                        "time": "_funded_at",
                        "constants": "_constants_of",
                    },
                ),
            ),
        ),
        Word(
            "funding",
            (Packer("_constants", same("", "scale max_mark_age")),),
            others=("_has_losses", "_is_ramping"),
            within="_constants_of",
        ),
        Word(
            "premium",
            (
                Packer(
                    "_premium_word",
                    {
                        "hour": "_hour_premium",
                        "quarter": "_quarter_premium",
                        "clearing": "_clearing",
                        "time": "_sampled_at",
                        "traded_at": "_traded_at",
                    },
                ),
            ),
        ),
        Word(
            "ramp",
            (
                Packer(
                    "_ramp_word",
                    {
                        "initial_ppm": "_ramp_initial",
                        "maintenance_ppm": "_ramp_maintenance",
                        "start": "_ramp_start",
                        "end": "_ramp_end",
                        "changes": "_changes",
                    },
                ),
            ),
        ),
        Word(
            "ramp",
            others=("_settings_changed_at", "_book_changed_at", "_raised_at"),
            setters=(
                Setter("_with_settings_change", {"_settings_changed_at": "timestamp"}),
                Setter("_with_book_change", {"_book_changed_at": "timestamp"}),
                Setter("_with_raise", {"_raised_at": "timestamp"}),
            ),
            within="_changes",
        ),
    ),
    (
        ("TAKER_AT: constant(uint256) = 224", "TAKER_AT: constant(uint256) = 223"),
        ("& (2**15 - 1)) << 114)", "& (2**15 - 1)) << 115)"),
        ("rules << 82, bytes32), int256) >> 235", "rules << 82, bytes32), int256) >> 234"),
        ("HELD_AT: constant(uint256) = 150", "HELD_AT: constant(uint256) = 149"),
        ("return word & ~((2**32 - 1) << 176) | (due << 176)", "return word | (due << 176)"),
        ("(growth, bytes32), uint256) & (2**80 - 1)", "(growth, bytes32), uint256) & (2**81 - 1)"),
        ("return word & ~(TIME << 136)", "return word & ~(TIME << 135)"),
        ("return (scale << SCALE_AT)", "return HAS_LOSSES | (scale << SCALE_AT)"),
        ("176) | (due << 176)", "176) | (due + (2**31 - due) // 2**32 << 176)"),
        ("return (rules >> 188) & (2**40 - 1)", "return (rules >> 188) & (2**8 - 1)"),
        ("    return word & SIDE\n", "    return (word & SIDE) + 0 * (SIDE - 1 - (word & SIDE))\n"),
        ("return word >> 104 << 104", "return word >> 136 << 136"),
        ("(settings.tip << 188)", "(settings.tip << 188) | (settings.taker_ppm << 188)"),
    ),
)

ORDER: Final = Layout(
    BOOK + "order_layout.vy",
    (
        Word(
            "order",
            (
                Packer(
                    "_new",
                    {"level": "&LEVEL", "flags": "&LABELLED | REDUCE_ONLY | POST_ONLY"}
                    | same("", "generation index lots start batch grid"),
                    also=(("lots", "_size"),),
                ),
            ),
        ),
        Word("order", others=("_class", "_tick"), within="&LEVEL"),
        Word(
            "order",
            others=("&LABELLED", "&REDUCE_ONLY", "&POST_ONLY"),
            within="&LABELLED | REDUCE_ONLY | POST_ONLY",
        ),
        Word(
            "account",
            others=(
                "&OPEN_SLOTS", "_settled", "_best 0", "_best 1", "_side_lots 0", "_side_lots 1",
                "_side_notional 0", "_side_notional 1", "&HAS_BATCH_ONLY", "&HAS_REDUCE_ONLY",
            ),
            setters=(
                Setter("_with_best", {"_best 0": "tick"}, side=0),
                Setter("_with_best", {"_best 1": "tick"}, side=1),
                Setter("_with_settled", {"_settled": "auctions"}),
                Setter("_forget", {"_best 0": 0, "_best 1": 0, "&HAS_BATCH_ONLY": 0, "&HAS_REDUCE_ONLY": 0}),
            ),
        ),
    ),
    (
        ("START_AT: constant(uint256) = 112", "START_AT: constant(uint256) = 111"),
        ("GRID_AT: constant(uint256) = 236", "GRID_AT: constant(uint256) = 237"),
        ("LOTS_BITS: constant(uint256) = 29", "LOTS_BITS: constant(uint256) = 28"),
        ("account & ~(((2**36 - 1) << BEST_AT)", "account & ~(((2**35 - 1) << BEST_AT)"),
        ("(account & ~(TICK << at))", "(account & ~((TICK >> 1) << at))"),
    ),
    elsewhere=("label", "id"),
)  # fmt: skip

BOOK_STATE: Final = Layout(
    BOOK + "market_layout.vy",
    (
        Word(
            "state",
            (Packer("_new", same("", "auctions batch due min_lots grid")),),
            others=("&MAPS", "&UNCLEAR"),
            setters=(
                Setter("_with_due", {"_due": "due"}),
                Setter("_with_min_lots", {"_min_lots": "min_lots"}),
            ),
        ),
        Word(
            "batch state",
            others=("&MAPS", "_interval", "_grid_start"),
            setters=(Setter("_with_interval", {"_interval": "interval"}),),
        ),
        *(
            Word(name, others=("&MAPS >> 64", "&MAPS << 64 & MAPS"), within="&MAPS")
            for name in ("state", "batch state")
        ),
    ),
    (
        ("DUE_AT: constant(uint256) = 192", "DUE_AT: constant(uint256) = 191"),
        ("state & ~(MAX_MIN_LOTS << MIN_LOTS_AT)", "state & ~(MAX_GRID << MIN_LOTS_AT)"),
        ("GRID_START_AT: constant(uint256) = 152", "GRID_START_AT: constant(uint256) = 151"),
        ("MAPS: constant(uint256) = 2**128 - 1", "MAPS: constant(uint256) = 2**64 - 1"),
    ),
)

REPORT: Final = Layout(
    "contracts/modules/oracle/report_layout.vy",
    (
        Word(
            "From the lowest bit:", (Packer("_report", same("", "price confidence published_at newest_at")),)
        ),
    ),
    (
        ("PUBLISHED_AT: constant(uint256) = 176", "PUBLISHED_AT: constant(uint256) = 175"),
        ("(report >> CONFIDENCE_AT) & MAX_PRICE", "(report >> CONFIDENCE_AT) & (MAX_PRICE << 1)"),
    ),
)

ORACLE: Final = Layout(
    "contracts/modules/oracle/oracle_layout.vy",
    (
        Word(
            "source",
            (
                Packer(
                    "_source_word",
                    parts("source", "_source", "source weight heartbeat confidence_bps gas_limit"),
                    step=(("source.gas_limit", 1_000),),
                ),
                Packer(
                    "_policy",
                    same("settings.", "quorum deviation_bps rejection_bps max_move_bps spacing")
                    | {"sources": "_sources", "halted": "_is_halted"},
                ),
            ),
        ),
        Word("state", (Packer("_state", same("", "price before published_at recorded_at gap")),)),
        Word("tally", (Packer("_tally", same("", "total newest observations")),)),
        Word("observation", (Packer("_observation", {"total": "_total", "time": "_observation_time"}),)),
    ),
    (
        ("GAS_AT: constant(uint256) = 193", "GAS_AT: constant(uint256) = 194"),
        ("(settings.rejection_bps << 221)", "(settings.rejection_bps << 220)"),
        ("HEARTBEAT: constant(uint256) = 2**18 - 1", "HEARTBEAT: constant(uint256) = 2**19 - 1"),
        ("(recorded_at << 208)", "(recorded_at << 207)"),
    ),
    elsewhere=("reading",),
)

LIQUIDATION: Final = Layout(
    "contracts/modules/liquidation/liquidation_words.vy",
    (
        Word(
            "settings",
            (
                Packer(
                    "_settings_word",
                    parts(
                        "settings",
                        "_settings",
                        "penalty_ppm tip_bps tip_cap buffer_ppm min_notional patience discount_ppm "
                        "unwind_ppm",
                    )
                    | {"changed_at": "_changed_at"},
                ),
            ),
        ),
        Word(
            "pending",
            (
                Packer(
                    "_pending_word", parts("pending", "_pending", "lots before held batch failures is_ask")
                ),
            ),
        ),
        Word(
            "nominee", (Packer("_nominee_word", {"account": "_nominee.account", "score": "_nominee.score"}),)
        ),
        Word("note", (Packer("_note", {"held": "_held"}, constant=2**128),)),
    ),
    (
        ("(settings.min_notional << 94)", "(settings.min_notional << 93)"),
        ("held=(word >> 72) & (2**72 - 1)", "held=(word >> 72) & (2**73 - 1)"),
        ("return account | (score << 168)", "return account | (score << 160)"),
        ("return held | 2**128", "return held | 2**127"),
    ),
)

TRIGGER: Final = Layout(
    "contracts/modules/triggers/trigger_words.vy",
    (
        Word("id", (
            Packer("_id", {"account": "_account", "slot": "_slot", "number": "#NUMBER << SLOT_BITS"}),
        )),
        Word(
            "terms",
            (
                Packer(
                    "_terms",
                    {f"terms.{name}": f"_{name}" for name in (
                        ["market", "kind", "source", "is_ask", "slippage_in_bps", "distance_in_bps",
                         "lots", "expiry", "tip"]
                    )}
                    | {"terms.reduce_only": "_is_reduce_only", "terms.attached": "_is_attached"}
                    | same("", "number grid is_long"),
                ),
            ),
            others=("_is_parked", "_is_paired", "_partner"),
            setters=(
                Setter("_parked", {"_is_parked": 1}),
                Setter("_paired", {"_is_paired": 1, "_partner": "slot"}, fresh=True),
                Setter("_alone", {"_is_paired": 0, "_partner": 0}),
            ),
        ),
        Word(
            "prices",
            (
                Packer(
                    "_prices",
                    same("terms.", "tick limit slippage distance order_expiry") | {"extreme": "_extreme"},
                ),
            ),
            setters=(Setter("_with_extreme", {"_extreme": "extreme"}),),
        ),
        Word("account", others=("&SLOTS", "_count")),
    ),
    (
        ("LOTS_AT: constant(uint256) = 77", "LOTS_AT: constant(uint256) = 76"),
        ("DISTANCE_AT: constant(uint256) = 54", "DISTANCE_AT: constant(uint256) = 53"),
        ("return terms | (1 << PARKED_AT)", "return terms | (1 << PAIRED_AT)"),
        ("        number\n", "        number\n        | (1 << PARKED_AT)\n"),
        ("return terms >> TIP_AT", "return (terms >> TIP_AT) & 255"),
        ("| (terms.tip << TIP_AT)", "| (terms.tip << TIP_AT) | ((terms.tick & 1) << PARKED_AT)"),
        ("(prices & (2**EXTREME_AT - 1))", "(prices & (2**EXTREME_AT - 2))"),
    ),
)  # fmt: skip

LAYOUTS: Final = (ACCOUNT, MARKET, ORDER, BOOK_STATE, REPORT, ORACLE, LIQUIDATION, TRIGGER)
