"""How contracts that run each other's code are put together, for whatever deploys them."""

from collections.abc import Callable
from typing import Any, Final

PARTS: Final = ("PerpEngine", "EngineAccounts", "EngineRelay", "EngineSettings", "EngineViews")
"""Whose calls an engine answers, each before it asks the next one."""


def deploy_engine(deploy: Callable[..., Any], owner: Any, token: Any, router: Any) -> Any:
    """
    Deploy an engine and the contracts whose code it runs.

    `deploy(name, *arguments)` deploys a contract and returns what the arguments of others name it by.
    """
    auctions = deploy("EngineAuctions", token, router)
    code = deploy("EngineSettings", token, router, deploy("EngineViews"))
    for name in ("EngineRelay", "EngineAccounts"):
        code = deploy(name, token, router, auctions, code)
    return deploy("PerpEngine", owner, token, router, auctions, code)


def deploy_waterfall(deploy: Callable[..., Any], owner: Any, engine: Any, fund: Any) -> Any:
    """Deploy a LiquidationEngine, and the contract whose code answers its views; `deploy` as above."""
    return deploy("LiquidationEngine", owner, engine, fund, deploy("LiquidationViews", engine))
