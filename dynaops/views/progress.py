"""Progress of an apply: a live display on a terminal, otherwise one line for each stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from dynaops.model.event import Event, Stage
from dynaops.views import wording
from dynaops.views.page import Line, StyledText, TextStyle, clean, faint, line
from dynaops.views.terminal import console_for, is_terminal, styled

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_ENDED = {
    Stage.DONE: ("✓", TextStyle.GOOD),
    Stage.LEFT: ("…", TextStyle.UPDATE),
    Stage.SKIPPED: ("-", TextStyle.FAINT),
    Stage.FAILED: ("✗", TextStyle.ERROR),
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_A_SECOND = 8


class ProgressView(Protocol):
    """A context manager that shows events. `tell` may be called from any thread, and never fails."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def tell(self, event: Event) -> None:
        """Show one event."""

    def note(self, text: str) -> None:
        """Show a message between the events."""


def progress_on(stream: TextIO, color: bool = True, pace: float = 1) -> ProgressView:
    """The progress view for `stream`. `pace`: seconds of simulated AWS time in one second (in the sandbox)."""
    if is_terminal(stream):
        return LiveProgressView(console_for(stream, color), pace=pace)
    return PlainProgressView(stream, pace=pace)


class PlainProgressView:
    """Prints one line for each stage that an operation reaches, with the time since the start.

    Operations are numbered in the order of their start, so that the numbers increase in a log.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time, pace: float = 1) -> None:
        self._stream = stream
        self._pace = pace
        self._clock = clock
        self._started = clock()
        self._last: dict[str, tuple[Stage, str]] = {}
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._started = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tell(self, event: Event) -> None:
        with self._lock:
            shown = (event.stage, event.detail if event.stage is not Stage.WAITING else "")
            if self._last.get(event.operation) == shown:
                return
            self._last[event.operation] = shown
            number = self._numbers.setdefault(event.operation, len(self._numbers) + 1)
            self._write(_plain(event, number, self._pace))

    def note(self, text: str) -> None:
        with self._lock:
            self._write(clean(text))

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the reader has closed the pipe: applying continues
            self._stream.write(f"[{wording.elapsed(self._clock() - self._started):>5}] {text}\n")
            self._stream.flush()


class LiveProgressView:
    """Shows the operations in progress below, updated with time; finished operations scroll away above them."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.time, pace: float = 1) -> None:
        from rich.live import Live

        self._console = console
        self._pace = pace
        self._clock = clock
        self._started = clock()
        self._active: dict[str, tuple[Event, float]] = {}
        self._ended = 0
        self._total = 0
        self._lock = threading.Lock()
        self._live = Live(
            self, console=console, refresh_per_second=_FRAMES_A_SECOND, transient=True, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self._started = self._clock()
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._live.stop()

    def tell(self, event: Event) -> None:
        with self._lock:
            self._total = max(self._total, event.total)
            since = self._active.get(event.operation, (event, event.at))[1]
            if event.stage not in _ENDED:
                self._active[event.operation] = (event, since)
                return
            self._active.pop(event.operation, None)
            self._ended += 1
        with suppress(OSError):
            self._console.print(styled(_ended(event, event.at - since)))

    def note(self, text: str) -> None:
        with suppress(OSError):
            self._console.print(styled(line(StyledText(text, TextStyle.WARNING))))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = self._clock()
        with self._lock:
            active = list(self._active.values())
        frame = _SPINNER[int(now * _FRAMES_A_SECOND) % len(_SPINNER)]
        for event, since in active:
            yield styled(_running(event, now - since, frame, self._pace))
        yield styled(self._footer(now))

    def _footer(self, now: float) -> Line:
        counted = f"{self._ended} of {self._total} done · " if self._total else ""
        return line(
            faint(f"  {counted}{wording.elapsed(now - self._started)} · Ctrl-C ends after the current call")
        )


def _running(event: Event, seconds: float, frame: str, pace: float) -> Line:
    expected = _expected(event, pace, " of {}")
    return line(
        StyledText(f"{frame} ", TextStyle.UPDATE),
        event.title,
        faint(f" · {wording.stage(event.stage, event.detail)} · {wording.elapsed(seconds)}{expected}"),
    )


def _ended(event: Event, seconds: float) -> Line:
    mark, style = _ENDED[event.stage]
    done = event.stage is Stage.DONE
    text = wording.elapsed(seconds) if done else wording.stage(event.stage, event.detail)
    return line(StyledText(f"{mark} ", style), event.title, faint(f" · {text}"))


def _plain(event: Event, number: int, pace: float) -> str:
    position = f"{number}/{event.total} " if event.total else ""
    expected = _expected(event, pace, " ({})") if event.stage not in _ENDED else ""
    return clean(f"{position}{event.title}: {wording.stage(event.stage, event.detail)}{expected}")


def _expected(event: Event, pace: float, form: str) -> str:
    """The expected duration in real time; empty if simulated time is stopped."""
    return form.format(wording.about(event.expected / pace)) if event.expected and pace else ""
