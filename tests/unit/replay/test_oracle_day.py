"""The command that replays the day: settings that it cannot be replayed with."""

import pytest

from walras.replay import oracle_day


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quorum=9", "'quorum=9': the router refuses it: router: bad quorum"),
        ("rejection_bps=1", "router: bad outer guard"),
        ("quorums=1", "invalid _settings value"),
        ("quorum", "invalid _settings value"),
        ("quorum=x", "invalid _settings value"),
    ],
)
def test_settings_that_are_none_are_told(text: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        oracle_day.main(["--settings", text])
    assert caught.value.code == 2
    assert told in capsys.readouterr().err
