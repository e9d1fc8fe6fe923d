"""Sources whose mutants are judged, and by which tests: those of the source first, then those of its kin."""

from typing import Final

_UNIT: Final = "tests/unit/"


def _in(folder: str, *names: str) -> tuple[str, ...]:
    """Files of a folder of unit tests."""
    return tuple(f"{_UNIT}{folder}/test_{name}.py" for name in names)


_ENGINE: Final = _in(
    "PerpEngine",
    *("deposit", "withdraw", "place", "cancel", "cancel_replace", "transfer", "fees", "funding", "valuation"),
    *("run_auction", "sync", "trim", "mark", "owing", "hooks", "operators", "governance", "steps", "ramps"),
    *("constructor", "permit", "multicall", "signed", "reentrancy", "parts", "liquidation_price", "views"),
    *("docs_positions", "docs_deficits", "tokens", "restart", "settlement", "sharing", "preview"),
    "socialise",
)
_WATERFALL: Final = (f"{_UNIT}LiquidationEngine", "tests/e2e/test_waterfall_stories.py")
_VAULT: Final = (f"{_UNIT}Vault", "tests/fuzz/test_vault.py")
_FUND: Final = (f"{_UNIT}InsuranceFund",)
_FEES: Final = (f"{_UNIT}FeeDistributor",)
_TRIGGERS: Final = (f"{_UNIT}TriggerOrders",)
_BOOK: Final = _in(
    "OrderbookV2",
    *(
        "place",
        "cancel",
        "clear",
        "sync",
        "best",
        "depth",
        "lots_at",
        "auction",
        "open_orders",
        "reduce_only",
    ),
    *("cancel_all", "cancel_replace", "cancel_all_after", "cancel_deadline", "sweep", "postpone", "twap"),
    *("impact", "preview_clear", "preview_sync", "market", "configure", "constructor", "rescale", "access"),
    *("views", "limits", "long_queue"),
)
_WORDS: Final = _in("PerpEngine", "words")
"""Of a driver that has little code beside the layouts."""
OF_DRIVERS: Final = (f"{_UNIT}rounding", *_WORDS)
"""Of drivers that are compiled in no time: who is killed there needs no contract of the exchange."""

_TESTS: Final[dict[str, tuple[str, ...]]] = {
    "contracts/modules/rounding.vy": (f"{_UNIT}rounding", *_WORDS),
    "contracts/modules/steps.vy": (
        *_in("InsuranceFund", "settings"),
        *_in("FeeDistributor", "steps", "configure"),
        *_in("Vault", "settings"),
        *_in("LiquidationEngine", "governance"),
        *_in("OracleRouter", "steps", "configure"),
        *_in("PerpEngine", "steps", "ramps"),
    ),
    "contracts/modules/token.vy": (
        *_in("InsuranceFund", "constructor", "stake", "token", "exit", "draw", "contribute"),
        *_in("Treasury", "pay"),
        *_in("PerpEngine", "tokens", "deposit", "withdraw"),
    ),
    "contracts/modules/vault/shares.vy": (*_in("Vault", "shares", "deposit", "claim"), *_VAULT),
    "contracts/modules/vault/requests.vy": (*_in("Vault", "request", "claim"), *_VAULT),
    "contracts/modules/vault/valuing.vy": (*_in("Vault", "deposit", "request"), *_VAULT),
    "contracts/modules/vault/quoting.vy": (*_in("Vault", "quotes"), *_VAULT),
    "contracts/modules/vault/vault_terms.vy": (*_in("Vault", "settings"), *_VAULT),
    "contracts/Vault.vy": _VAULT,
    "contracts/InsuranceFund.vy": _FUND,
    "contracts/FeeDistributor.vy": _FEES,
    "contracts/TriggerOrders.vy": _TRIGGERS,
    "contracts/modules/liquidation/sizing.vy": (*_in("LiquidationEngine", "liquidate"), *_WATERFALL),
    "contracts/modules/liquidation/ranks.vy": (*_in("LiquidationEngine", "deleverage"), *_WATERFALL),
    "contracts/modules/liquidation/deficits.vy": (*_in("LiquidationEngine", "resolve"), *_WATERFALL),
    "contracts/modules/liquidation/deleveraging.vy": (*_in("LiquidationEngine", "deleverage"), *_WATERFALL),
    "contracts/modules/liquidation/ending.vy": (*_in("LiquidationEngine", "settle", "unwind"), *_WATERFALL),
    "contracts/modules/liquidation/planning.vy": _WATERFALL,
    "contracts/modules/liquidation/stage.vy": _WATERFALL,
    "contracts/modules/liquidation/liquidation_words.vy": (
        *_in("LiquidationEngine", "governance", "views"),
        *_WATERFALL,
    ),
    "contracts/LiquidationEngine.vy": _WATERFALL,
    "contracts/PerpEngine.vy": _ENGINE,
    "contracts/EngineAccounts.vy": _ENGINE,
    "contracts/EngineAuctions.vy": _ENGINE,
    "contracts/modules/engine/funding.vy": (*_WORDS, *_in("PerpEngine", "funding"), *_ENGINE),
    "contracts/modules/engine/ledger.vy": (*_WORDS, *_in("PerpEngine", "valuation"), *_ENGINE),
    "contracts/modules/engine/margin.vy": (*_WORDS, *_in("PerpEngine", "withdraw", "place"), *_ENGINE),
    "contracts/modules/engine/mark.vy": (*_WORDS, *_in("PerpEngine", "mark"), *_ENGINE),
    "contracts/modules/engine/settling.vy": (*_in("PerpEngine", "settlement", "sync"), *_ENGINE),
    "contracts/modules/engine/clearing.vy": (*_in("PerpEngine", "run_auction"), *_ENGINE),
    "contracts/modules/engine/auctioning.vy": (
        *_in("PerpEngine", "run_auction", "fees"),
        *_ENGINE,
        *_in("Vault", "quotes"),
    ),
    "contracts/modules/engine/account_words.vy": (*_WORDS, *_ENGINE),
    "contracts/modules/engine/market_words.vy": (*_WORDS, *_ENGINE),
    "contracts/modules/orderbook/orders.vy": (*_in("OrderbookV2", "place", "cancel"), *_BOOK),
    "contracts/modules/orderbook/auction.vy": (*_in("OrderbookV2", "clear", "sync"), *_BOOK),
    "contracts/modules/orderbook/book.vy": _BOOK,
    "contracts/modules/orderbook/level_queue.vy": (*_in("OrderbookV2", "place", "sync"), *_BOOK),
    "contracts/modules/orderbook/price_tree.vy": (*_in("OrderbookV2", "place", "clear"), *_BOOK),
    "contracts/modules/orderbook/clearing_history.vy": (
        *_in("OrderbookV2", "twap", "sync"),
        *_BOOK,
        *_in("OrderbookV2", "long_history"),
    ),
    "contracts/OrderbookV2.vy": _BOOK,
}
MONEY: Final = tuple(_TESTS)
"""Where money is moved, valued or matched."""


def tests_of(path: str) -> tuple[str, ...]:
    """Paths of the tests that judge a source's mutants, in their order.

    Raises ValueError where there are none.
    """
    try:
        return tuple(dict.fromkeys(_TESTS[path]))
    except KeyError:
        raise ValueError(
            f"{path}: no tests are named for it: add it to walras/devtools/mutant_tests.py"
        ) from None
