"""Logging: structlog, a line of JSON each, to standard error. Secrets are never handed to it."""

import logging
import sys

import structlog

from walras.keepers.config import LogConfig


def configure(config: LogConfig, process: str) -> None:
    """Set up for this process."""
    shape: structlog.types.Processor = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if config.format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, config.level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process)
