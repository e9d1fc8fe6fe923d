"""Rests, the lease, metrics, alerts, the web: each by itself."""

import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from walras.keepers.alerts import Alerts
from walras.keepers.backoff import Backoff
from walras.keepers.lease import Lease
from walras.keepers.metrics import MEASURES, Metrics
from walras.keepers.web import Web, page


def test_rests_double_up_to_the_most() -> None:
    rests = Backoff(first_s=4, most_s=20)
    assert [rests.refuse("a", now) for now in (0, 4, 12, 28)] == [4, 12, 28, 48]
    assert rests.is_resting("a", 47)
    assert not rests.is_resting("a", 48)
    assert not rests.is_resting("b", 0)


def test_success_ends_them_and_time_forgets_them() -> None:
    rests = Backoff(first_s=4, most_s=20)
    rests.refuse("a", 0)
    rests.clear("a")
    assert not rests.is_resting("a", 1)
    assert rests.refuse("a", 1) == 5
    rests.tidy(5 + 3_599)
    assert len(rests) == 1
    rests.tidy(5 + 3_600)
    assert len(rests) == 0


def test_of_two_leases_on_a_file_one_is_held(tmp_path: Path) -> None:
    first, second = Lease(tmp_path / "lease"), Lease(tmp_path / "lease")
    assert first.is_mine()
    assert first.is_mine()
    assert not second.is_mine()
    first.close()
    assert second.is_mine()
    second.close()
    assert Lease(None).is_mine()


def test_a_lease_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Lease(tmp_path / "file" / "lease").check()
    Lease(tmp_path / "new" / "lease").check()
    assert Lease(tmp_path / "new" / "lease").is_mine()


def test_metrics_are_told_with_their_meaning() -> None:
    metrics = Metrics()
    metrics.count("keeper_tasks", 2, keeper="auctions", outcome="sent")
    metrics.level("keeper_head", 7)
    metrics.took("keeper_turn", 0.03)
    metrics.count("rpc_failures", endpoint="one")  # of another package: taken as it comes
    metrics.level("some_level", 3)
    metrics.took("some_time", 1.0, kind="x")
    text = metrics.text().decode()
    assert "# HELP walras_keeper_tasks_total Tasks by what became of them." in text
    assert 'walras_keeper_tasks_total{keeper="auctions",outcome="sent"} 2.0' in text
    assert "walras_keeper_head 7.0" in text
    assert 'walras_keeper_turn_seconds_bucket{le="0.035"} 1.0' in text
    assert 'walras_rpc_failures_total{endpoint="one"} 1.0' in text
    assert 'walras_some_time_seconds_count{kind="x"} 1.0' in text
    assert all(measure.help.endswith(".") for measure in MEASURES.values())


def test_an_alert_goes_out_once_in_a_while() -> None:
    now, sent, metrics = [0.0], [], Metrics()

    def notify(title: str, body: str) -> bool:
        sent.append((title, body))
        return True

    alerts = Alerts("p", (), 100, metrics, notify, lambda: now[0])
    alerts.raise_("low", "send ether")
    now[0] = 99
    alerts.raise_("low", "send more")
    alerts.raise_("other", "too")
    now[0] = 100
    alerts.raise_("low", "send even more")
    alerts.close()
    assert sent == [
        ("Walras p: low", "send ether"),
        ("Walras p: other", "too"),
        ("Walras p: low", "send even more"),
    ]
    assert 'walras_keeper_alerts_total{outcome="held_back"} 1.0' in metrics.text().decode()


def test_a_messenger_that_fails_stops_nothing() -> None:
    metrics, asked = Metrics(), threading.Event()

    def notify(title: str, body: str) -> bool:
        asked.set()
        raise OSError("no network")

    alerts = Alerts("p", (), 0, metrics, notify)
    alerts.raise_("a", "b")
    assert asked.wait(30)
    alerts.close()
    assert 'walras_keeper_alerts_total{outcome="failed"} 1.0' in metrics.text().decode()


def test_without_messengers_alerts_are_logged() -> None:
    metrics = Metrics()
    alerts = Alerts("p", (), 0, metrics)
    alerts.raise_("a", "b")
    alerts.close()
    assert 'walras_keeper_alerts_total{outcome="logged"} 1.0' in metrics.text().decode()


def test_a_url_that_apprise_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"alerts.urls.0: apprise does not know this kind of URL"):
        Alerts("p", ("nothing://x",), 0, Metrics())


def test_the_web_answers_and_keeps_connections() -> None:
    web = Web("127.0.0.1", 0, lambda path: page(200, {"path": path}) if path != "/none" else None)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/a/?x=1") as answer:
            assert answer.read() == b'{"path":"/a"}\n'
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{web.port}/none")
    finally:
        web.close()
