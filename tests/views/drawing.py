"""Drawing pages as they are drawn, and comparing them with what was agreed to look right.

The snapshots are written anew with ``UPDATE_SNAPSHOTS=1 pytest tests/views tests/cli``; then read the diff.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from dynaops.views import terminal
from dynaops.views.page import Page

UPDATE = bool(os.environ.get("UPDATE_SNAPSHOTS"))


class FakeTerminal(io.StringIO):
    """A stream that says it is a UTF-8 terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def drawn(page: Page, width: int = 80, color: bool = False) -> str:
    """The page as a terminal of `width` columns shows it, without the blanks at the ends of lines."""
    stream = FakeTerminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("TERM", "xterm-256color")
        patch.delenv("NO_COLOR", raising=False)
        terminal.show(page, stream, color)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def check_snapshot(folder: Path, name: str, text: str) -> None:
    """Fail unless `text` is what the snapshot says."""
    file = folder / "snapshots" / f"{name}.txt"
    if UPDATE:
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{file.name} differs; UPDATE_SNAPSHOTS=1 writes it anew"
