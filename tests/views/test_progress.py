"""What is shown while AWS works, and at the end."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import threading
from pathlib import Path

import pytest

from dynaops.model.event import Event, Outcome, Stage
from dynaops.views.outcome import outcome_page
from dynaops.views.plain import to_text
from dynaops.views.progress import LiveProgressView, PlainProgressView, progress_on
from dynaops.views.terminal import console_for
from tests.views.drawing import FakeTerminal, check_snapshot, drawn
from tests.views.plans import FULL

HERE = Path(__file__).parent


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def event(stage: Stage, at: float, operation: str = "1", **more: object) -> Event:
    fields = {
        "at": at,
        "operation": operation,
        "address": "orders",
        "title": f"operation {operation}",
        "stage": stage,
        "total": 3,
        "position": 1,
    }
    return Event.model_validate({**fields, **more})


def test_in_a_pipe_every_stage_is_one_line() -> None:
    stream, clock = io.StringIO(), Clock()
    with PlainProgressView(stream, clock) as progress:
        progress.tell(event(Stage.CALLING, 1000))
        clock.now = 1002
        progress.tell(event(Stage.WAITING, 1002, detail="orders is ACTIVE", expected=540))
        progress.tell(event(Stage.WAITING, 1003, detail="still", expected=540))
        clock.now = 1135
        progress.tell(event(Stage.DONE, 1135))
    assert stream.getvalue().split("\n") == [
        "[  0 s] 1/3 operation 1: sent",
        "[  2 s] 1/3 operation 1: until orders is ACTIVE (~9 min)",
        "[ 2:15] 1/3 operation 1: done",
        "",
    ]


def test_on_a_terminal_what_runs_is_below_what_ended() -> None:
    stream, clock = FakeTerminal(), Clock()
    live = LiveProgressView(console_for(stream, color=False, width=80), clock)
    live.tell(event(Stage.CALLING, 1000))
    live.tell(event(Stage.CALLING, 1000, operation="2"))
    clock.now = 1130
    live.tell(event(Stage.WAITING, 1130, detail="index by-status is ACTIVE", expected=540))
    live.tell(event(Stage.DONE, 1130, operation="2"))
    assert "✓ operation 2 · 2:10" in stream.getvalue()
    console = console_for(stream, color=False, width=80)
    with console.capture() as capture:
        console.print(live)
    shown = capture.get()
    assert "operation 1 · until index by-status is ACTIVE · 2:10 of ~9 min" in shown
    assert "1 of 3 done" in shown
    assert "operation 2" not in shown


def test_a_failure_says_why_at_once() -> None:
    stream = FakeTerminal()
    live = LiveProgressView(console_for(stream, color=False, width=80), Clock())
    live.tell(event(Stage.FAILED, 1000, detail="AccessDenied: \x1b[2J no"))
    assert "✗ operation 1 · failed: AccessDenied: \\x1b[2J no" in stream.getvalue()


def test_the_live_view_draws_on_a_terminal_and_takes_itself_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a pseudo-terminal, from its beginning to its end: what ended stays, what runs does not."""
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as stream, progress_on(stream, color=False) as progress:
        assert isinstance(progress, LiveProgressView)
        progress.tell(event(Stage.CALLING, 1000))
        progress.tell(event(Stage.CALLING, 1000, operation="2"))
        progress.tell(event(Stage.DONE, 1001, operation="2"))
        progress.note("stopping soon")
    drawn_text = _all_of(master)
    assert "✓ operation 2 · 1 s" in drawn_text
    assert "operation 1 · sent" in drawn_text
    assert "1 of 3 done" in drawn_text
    assert "Ctrl-C ends after the current call" in drawn_text
    assert "stopping soon" in drawn_text
    assert drawn_text.rindex("\x1b[?25h") > drawn_text.index("\x1b[?25l"), "the cursor is shown again"


def _all_of(master: int) -> str:
    """All that was written to the other end of a pseudo-terminal, which is closed; this end is closed, too."""
    parts = []
    with contextlib.suppress(OSError):  # Linux ends the data by EIO
        while part := os.read(master, 65536):
            parts.append(part)
    os.close(master)
    return b"".join(parts).decode()


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_reader_that_went_away_does_not_stop_an_apply() -> None:
    with PlainProgressView(Closed()) as progress:
        progress.tell(event(Stage.DONE, 1000))
        progress.note("stopping")


def test_events_may_come_from_many_threads() -> None:
    stream = io.StringIO()
    progress = PlainProgressView(stream, Clock())
    threads = [
        threading.Thread(target=progress.tell, args=(event(Stage.DONE, 1000, operation=str(number)),))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 20
    assert all(line.endswith(": done") for line in lines)


def test_the_view_fits_the_stream() -> None:
    assert isinstance(progress_on(io.StringIO()), PlainProgressView)
    assert isinstance(progress_on(FakeTerminal()), LiveProgressView)


def test_outcomes() -> None:
    ids = [one.id for one in FULL.operations]
    failed = Outcome(
        done=(ids[0],),
        left=(ids[3],),
        skipped=(ids[4],),
        failed={ids[1]: "UpdateTable in eu-central-1: LimitExceededException: Subscriber limit exceeded"},
        hints={ids[1]: "Run the command again."},
        seconds=75,
    )
    check_snapshot(HERE, "outcome-failed-80", drawn(outcome_page(FULL, failed)))
    check_snapshot(HERE, "outcome-failed-pipe", to_text(outcome_page(FULL, failed)))
    done = outcome_page(FULL, Outcome(done=tuple(ids), seconds=3.2))
    assert to_text(done) == "Applied; 5 operations done; 3 s\n"
    stopped = outcome_page(FULL, Outcome(done=(ids[0],), skipped=tuple(ids[1:]), interrupted=True, seconds=9))
    assert to_text(stopped).endswith(
        "Interrupted; 1 operation done; 4 not sent; 9 s\n"
        "What was done is in the state; run apply again to go on from here.\n"
    )
