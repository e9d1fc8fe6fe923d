"""What counts as a planted bug that was found."""

from types import SimpleNamespace

import pytest

from walras.audit import bite
from walras.audit.planted import PLANTED
from walras.audit.run import CRASHED


@pytest.mark.parametrize(("what", "law"), [("3 lots too many", "inv_03"), (f"{CRASHED}: KeyError: 1", "")])
def test_a_check_that_crashes_found_nothing(monkeypatch: pytest.MonkeyPatch, what: str, law: str) -> None:
    """It shows nothing of the promise: the bug is told as not found, with what was said."""
    failure = SimpleNamespace(law="inv_03", what=what)
    told = SimpleNamespace(steps=7, stories=1, failure=failure)
    monkeypatch.setattr(bite, "plant", lambda planted, folder: None)
    monkeypatch.setattr(bite, "run", lambda options: told)
    monkeypatch.setattr(bite, "broken_too", lambda failure, sources: ())
    found = bite.hunt(PLANTED[0], steps=10, minutes=1, seed=0)
    assert (found.law, found.steps, found.what) == (law, 7, what)
