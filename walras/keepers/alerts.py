"""Whom to wake: alerts by apprise, from a thread of their own, so that no keeper waits for a messenger."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from walras.chain.meter import Meter

QUEUE: Final = 100


class Alerts:
    """Sends each alert once in `every_s` seconds; `notify(title, body) -> bool` stands in for apprise in
    tests.
    """

    def __init__(
        self,
        process: str,
        urls: Sequence[str],
        every_s: float,
        meter: Meter,
        notify: Callable[[str, str], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process, self._every_s, self._meter, self._clock = process, every_s, meter, clock
        self._log = structlog.get_logger("walras.keepers.alerts")
        self._sent_at: dict[str, float] = {}
        self._queue: queue.Queue[tuple[str, str] | None] = queue.Queue(QUEUE)
        self._notify = notify or (_apprise(urls) if urls else None)
        self._thread: threading.Thread | None = None
        if self._notify:
            self._thread = threading.Thread(target=self._send, name="alerts", daemon=True)
            self._thread.start()

    def raise_(self, key: str, text: str) -> None:
        """Alert; what `key` is about goes out again after a while only. It is logged in any case."""
        self._log.warning("alert", about=key, text=text)
        now = self._clock()
        if key in self._sent_at and now - self._sent_at[key] < self._every_s:
            self._meter.count("keeper_alerts", outcome="held_back")
            return
        self._sent_at[key] = now
        if self._notify is None:
            self._meter.count("keeper_alerts", outcome="logged")
            return
        try:
            self._queue.put_nowait((f"Walras {self._process}: {key}", text))
        except queue.Full:
            self._meter.count("keeper_alerts", outcome="lost")
            self._log.error("alert_lost", about=key)

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        if self._thread:
            self._queue.put(None)
            self._thread.join(timeout=10)

    def _send(self) -> None:
        while (waiting := self._queue.get()) is not None:
            title, text = waiting
            try:
                sent = self._notify is not None and self._notify(title, text)
            except Exception as error:  # noqa: BLE001 (a messenger may raise anything; the alert is in the log)
                sent = False
                self._log.error("alert_failed", title=title, error=f"{type(error).__name__}: {error}")
            self._meter.count("keeper_alerts", outcome="sent" if sent else "failed")


def _apprise(urls: Sequence[str]) -> Callable[[str, str], bool]:
    import apprise  # noqa: PLC0415 (it takes half a second, and few need it)

    box: Any = apprise.Apprise()
    for number, url in enumerate(urls):
        if not box.add(url):
            raise ValueError(f"alerts.urls.{number}: apprise does not know this kind of URL")
    return lambda title, body: bool(box.notify(title=title, body=body))
