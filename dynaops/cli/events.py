"""The events of a run as JSON lines, for pipelines that follow it: ``--events FILE``.

The first line is the plan (``{"type": "plan", ...}`` as ``plan --json`` has it), then one line an event, and at the end
``{"type": "outcome", ...}``. Each line has its number, ``sequence``, from 1 on. A run that was killed has no last line.
Every line is written as it happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

if TYPE_CHECKING:
    from dynaops.model.event import Event, Outcome
    from dynaops.model.plan import Plan

Events = Annotated[
    str | None,
    typer.Option(
        "--events", metavar="FILE", help="Write what happens as JSON lines (a file, a pipe, /dev/fd/N)."
    ),
]


class EventLog:
    """Writes the events to a file, if one is given. Raises DynaopsError if it cannot be opened."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._lock = threading.Lock()  # several tables are worked on in parallel
        self._sequence = 0

    def __enter__(self) -> EventLog:
        if self._path is not None:
            from dynaops.model.project import require_inside

            require_inside(self._path)
            try:
                self._file = Path(self._path).open("w", encoding="utf-8", buffering=1)
            except OSError as error:
                from dynaops.model.errors import DynaopsError

                raise DynaopsError(f"Cannot write events to {self._path}: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def begin(self, plan: Plan) -> None:
        """The first line."""
        if self._file is not None:
            self._write({"type": "plan", **plan.public()})

    def after(self, tell: Callable[[Event], None]) -> Callable[[Event], None]:
        """A function that passes an event on and writes it to the file."""
        if self._file is None:
            return tell

        def both(event: Event) -> None:
            tell(event)
            self._write({"type": "event", **event.model_dump(mode="json", exclude_none=True)})

        return both

    def end(self, outcome: Outcome) -> None:
        """The last line."""
        if self._file is not None:
            self._write({"type": "outcome", **outcome.model_dump(mode="json"), "complete": outcome.complete})

    def _write(self, line: dict[str, Any]) -> None:
        import json

        with self._lock:
            if self._file is None:
                return
            self._sequence += 1
            try:
                self._file.write(json.dumps({"sequence": self._sequence, **line}, default=str) + "\n")
            except OSError:
                # The reader of the events has closed the file; the run continues without it.
                self._file = None
