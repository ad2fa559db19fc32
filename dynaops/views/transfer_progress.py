"""Progress and result of a load or an export."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, TextIO

from dynaops.model.quantities import size
from dynaops.views import wording
from dynaops.views.page import (
    DOT,
    Line,
    Page,
    PageNode,
    Section,
    StyledText,
    TextStyle,
    faint,
    joined,
    line,
    strong,
)
from dynaops.views.plain import text_of
from dynaops.views.terminal import console_for, is_terminal, styled

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_PLAIN_SECONDS = 5.0
"""Seconds between two lines without a terminal."""
_BAR = 24
_FRAMES_A_SECOND = 4
STOPPING = "Ctrl-C stops; what is done is recorded"


class TransferStatus(NamedTuple):
    """The progress of a transfer. `seconds` and `moved` (items) are those of this run; `expected` bytes may be unknown.

    `units` are capacity units of the kind `unit`.
    """

    rows: int = 0
    moved: int = 0
    rejected: int = 0
    bytes: int = 0
    moved_bytes: int = 0
    expected: int | None = None
    seconds: float = 0.0
    units: float = 0.0
    unit: str = "WCU"
    throttles: int = 0

    @property
    def left(self) -> float | None:
        """The expected seconds to the end at the current rate, or None."""
        if not self.expected or not self.moved_bytes or self.seconds < 1:
            return None
        return max(0.0, self.expected - self.bytes) * self.seconds / self.moved_bytes


class TransferOutcome(NamedTuple):
    """The result of a transfer as lines: the `verdict`, with `facts` beside it, and `remarks`."""

    verdict: str
    style: TextStyle
    facts: Sequence[str]
    rejects: Sequence[tuple[str, str]] = ()
    """Some rejected items: place and reason."""
    more_rejects: int = 0
    remarks: Sequence[str] = ()


class TransferView(Protocol):
    """A context manager that shows the progress of a transfer. `show` never fails."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, status: TransferStatus) -> None:
        """Show the current progress."""


def view_on(stream: TextIO, color: bool, verb: str, stopping: str = STOPPING) -> TransferView:
    """The view for `stream`. `verb` is what happens to items, such as "written"; `stopping` is the effect of Ctrl-C."""
    if is_terminal(stream):
        return LiveTransferView(console_for(stream, color), verb, stopping)
    return PlainTransferView(stream, verb)


class PlainTransferView:
    """Prints a line every few seconds."""

    def __init__(self, stream: TextIO, verb: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._verb = verb
        self._clock = clock
        self._next = clock() + _PLAIN_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, status: TransferStatus) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + _PLAIN_SECONDS
        text = text_of(_status_line(status, self._verb))
        with suppress(OSError, ValueError):  # the reader has closed the pipe: the transfer continues
            self._stream.write(f"[{wording.elapsed(status.seconds):>5}] {text}\n")
            self._stream.flush()


class LiveTransferView:
    """Draws a bar and a line, updated during the transfer."""

    def __init__(self, console: Console, verb: str, stopping: str = STOPPING) -> None:
        from rich.live import Live

        self._verb = verb
        self._stopping = stopping
        self._standing = TransferStatus()
        self._live = Live(
            self, console=console, refresh_per_second=_FRAMES_A_SECOND, transient=True, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._live.stop()

    def show(self, status: TransferStatus) -> None:
        self._standing = status

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        status = self._standing
        yield styled(joined((_bar(status), _status_line(status, self._verb)), "  "))
        yield styled(line(faint(f"{wording.elapsed(status.seconds)} · {self._stopping}")))


def outcome_page(outcome: TransferOutcome) -> Page:
    """The result, with the verdict last, where it stays visible."""
    sections = []
    if outcome.rejects:
        nodes = [PageNode(line(where), value=line(why)) for where, why in outcome.rejects]
        if outcome.more_rejects:
            nodes.append(PageNode(line(faint(f"and {outcome.more_rejects:,} more"))))
        sections.append(Section(tuple(nodes), line(StyledText("Rejected", TextStyle.ERROR))))
    facts = [line(fact) for fact in outcome.facts]
    verdict = PageNode(joined([line(StyledText(outcome.verdict, outcome.style)), *facts]))
    remarks = tuple(PageNode(line(faint(remark))) for remark in outcome.remarks)
    return Page((*sections, Section((verdict, *remarks))))


def rate(rows: int, seconds: float) -> str:
    """A rate such as ``41,200 rows/s``."""
    return f"{rows / max(seconds, 0.001):,.0f} rows/s"


def _status_line(status: TransferStatus, verb: str) -> Line:
    of = f" of about {size(status.expected)}" if status.expected else ""
    parts = [
        line(strong(f"{status.rows:,}"), f" rows {verb}"),
        line(f"{size(status.bytes)}{of}"),
        line(rate(status.moved, status.seconds)),
    ]
    if status.units:
        parts.append(line(f"{status.units:,.0f} {status.unit}"))
    if status.throttles:
        parts.append(line(StyledText(f"{wording.count(status.throttles, 'throttle')}", TextStyle.WARNING)))
    if status.rejected:
        parts.append(line(StyledText(f"{status.rejected:,} rejected", TextStyle.ERROR)))
    if status.left is not None:
        parts.append(line(f"{wording.about(status.left)} left"))
    return joined(parts, DOT)


def _bar(status: TransferStatus) -> Line:
    if not status.expected:
        return ()
    full = min(_BAR, round(_BAR * status.bytes / status.expected))
    return line(StyledText("━" * full, TextStyle.GOOD), faint("━" * (_BAR - full)))
