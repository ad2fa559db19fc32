"""Rows on their way: how a load or an export stands, and what came of it."""

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
"""Between two lines where nobody sees a picture move."""
_BAR = 24
_FRAMES_A_SECOND = 4
STOPPING = "Ctrl-C stops; what is done is recorded"


class TransferStatus(NamedTuple):
    """How far it is. `seconds` and `moved` (rows) are this run's; `expected` bytes are None where nobody knows.

    `units` are capacity units, of which `unit` says which.
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
        """Seconds to the end, if it goes on like this."""
        if not self.expected or not self.moved_bytes or self.seconds < 1:
            return None
        return max(0.0, self.expected - self.bytes) * self.seconds / self.moved_bytes


class TransferOutcome(NamedTuple):
    """What came of it, in lines: the `verdict`, `facts` beside it, and `remarks` below."""

    verdict: str
    style: TextStyle
    facts: Sequence[str]
    rejects: Sequence[tuple[str, str]] = ()
    """Some rejects: where, and why."""
    more_rejects: int = 0
    remarks: Sequence[str] = ()


class TransferView(Protocol):
    """A context in which a move is shown. `show` never fails."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, standing: TransferStatus) -> None:
        """Show how it stands now."""


def moving_on(stream: TextIO, color: bool, verb: str, stopping: str = STOPPING) -> TransferView:
    """The view that fits `stream`. `verb` is what happens to rows, such as "written"; `stopping` what Ctrl-C does."""
    if is_terminal(stream):
        return LiveTransferView(console_for(stream, color), verb, stopping)
    return PlainTransferView(stream, verb)


class PlainTransferView:
    """A line every few seconds."""

    def __init__(self, stream: TextIO, verb: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._verb = verb
        self._clock = clock
        self._next = clock() + _PLAIN_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, standing: TransferStatus) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + _PLAIN_SECONDS
        said = text_of(_said(standing, self._verb))
        with suppress(OSError, ValueError):  # whoever read this has gone: that is no reason to stop
            self._stream.write(f"[{wording.elapsed(standing.seconds):>5}] {said}\n")
            self._stream.flush()


class LiveTransferView:
    """A bar and a line, redrawn as rows move."""

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

    def show(self, standing: TransferStatus) -> None:
        self._standing = standing

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        standing = self._standing
        yield styled(joined((_bar(standing), _said(standing, self._verb)), "  "))
        yield styled(line(faint(f"{wording.elapsed(standing.seconds)} · {self._stopping}")))


def outcome_page(outcome: TransferOutcome) -> Page:
    """The verdict last, as it is what stays in sight."""
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
    """``41,200 rows/s``."""
    return f"{rows / max(seconds, 0.001):,.0f} rows/s"


def _said(standing: TransferStatus, verb: str) -> Line:
    of = f" of about {size(standing.expected)}" if standing.expected else ""
    parts = [
        line(strong(f"{standing.rows:,}"), f" rows {verb}"),
        line(f"{size(standing.bytes)}{of}"),
        line(rate(standing.moved, standing.seconds)),
    ]
    if standing.units:
        parts.append(line(f"{standing.units:,.0f} {standing.unit}"))
    if standing.throttles:
        parts.append(line(StyledText(f"{wording.count(standing.throttles, 'throttle')}", TextStyle.WARNING)))
    if standing.rejected:
        parts.append(line(StyledText(f"{standing.rejected:,} rejected", TextStyle.ERROR)))
    if standing.left is not None:
        parts.append(line(f"{wording.about(standing.left)} left"))
    return joined(parts, DOT)


def _bar(standing: TransferStatus) -> Line:
    if not standing.expected:
        return ()
    full = min(_BAR, round(_BAR * standing.bytes / standing.expected))
    return line(StyledText("━" * full, TextStyle.GOOD), faint("━" * (_BAR - full)))
