"""How rows on their way are shown, on a terminal and in a pipe."""

from __future__ import annotations

import io

from rich.console import Console

from dynaops.model.quantities import size
from dynaops.views.page import TextStyle
from dynaops.views.plain import to_text
from dynaops.views.transfer_progress import (
    LiveTransferView,
    PlainTransferView,
    TransferOutcome,
    TransferStatus,
    outcome_page,
    rate,
    view_on,
)
from tests.views.drawing import FakeTerminal

HALF = TransferStatus(
    rows=12_400,
    moved=12_000,
    rejected=2,
    bytes=40_000_000,
    moved_bytes=39_000_000,
    expected=80_000_000,
    seconds=10,
    units=12_400,
    throttles=3,
)


class Gone(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_line_every_five_seconds_in_a_pipe() -> None:
    now = [100.0]
    stream = io.StringIO()
    view = PlainTransferView(stream, "written", lambda: now[0])
    with view:
        for second in range(12):
            now[0] = 100.0 + second
            view.show(HALF._replace(seconds=float(second)))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[1] == (
        "[ 10 s] 12,400 rows written; 40.0 MB of about 80.0 MB; 1,200 rows/s; 12,400 WCU; 3 throttles; "
        "2 rejected; ~10 s left"
    )


def test_what_nobody_knows_is_not_said() -> None:
    now = [0.0]
    stream = io.StringIO()
    view = PlainTransferView(stream, "read", lambda: now[0])
    now[0] = 6.0
    view.show(TransferStatus(rows=5, moved=5, bytes=900, moved_bytes=900, seconds=5))
    assert stream.getvalue() == "[  5 s] 5 rows read; 900 B; 1 rows/s\n"


def test_a_reader_that_went_away_stops_nothing() -> None:
    now = [0.0]
    view = PlainTransferView(Gone(), "written", lambda: now[0])
    now[0] = 9.0
    view.show(HALF)


def test_a_bar_on_a_terminal() -> None:
    console = Console(file=FakeTerminal(), width=140, force_terminal=True, color_system=None)
    view = LiveTransferView(console, "written")
    view.show(HALF)
    with console.capture() as captured:
        console.print(view)
    bar, below = captured.get().rstrip("\n").split("\n")
    assert bar.startswith("━" * 24 + "  12,400 rows written · 40.0 MB of about 80.0 MB · 1,200 rows/s")
    assert "Ctrl-C stops; what is done is recorded" in below


def test_the_view_fits_the_stream() -> None:
    assert isinstance(view_on(io.StringIO(), True, "read"), PlainTransferView)
    with view_on(FakeTerminal(), False, "read") as view:
        assert isinstance(view, LiveTransferView)


def test_the_outcome_with_rejects_first() -> None:
    outcome = TransferOutcome(
        "Done but for rejected rows",
        TextStyle.WARNING,
        ["5 rows read", "3 written"],
        rejects=[("a.jsonl:4", "the key 'id' is empty"), ("b.csv:17", "n: 'x' is not \x1b[31ma number")],
        more_rejects=1_200,
        remarks=["They are in x."],
    )
    assert to_text(outcome_page(outcome)) == (
        "Rejected\n"
        "  a.jsonl:4  the key 'id' is empty\n"
        "  b.csv:17   n: 'x' is not \\x1b[31ma number\n"
        "  and 1,200 more\n"
        "\n"
        "Done but for rejected rows; 5 rows read; 3 written\n"
        "They are in x.\n"
    )


def test_sizes_and_rates() -> None:
    assert [size(count) for count in (0, 999, 1_000, 4_949_000, 2.5e12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "4.9 MB",
        "2.5 TB",
    ]
    assert rate(10, 0) == "10,000 rows/s"
