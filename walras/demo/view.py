"""The live view of a run on a terminal; where there is none, a line now and then."""

from types import TracebackType

from walras.demo.observer import Snapshot


class View:
    """`with View(headless) as view: view.update(snapshot)` after each block; it draws a few times a second."""

    def __init__(self, headless: bool) -> None: ...

    def __enter__(self) -> "View":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def say(self, line: str) -> None:
        """A line of progress, above the view."""

    def update(self, snapshot: Snapshot) -> None:
        """Shows it, if it is time to."""
