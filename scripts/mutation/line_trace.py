"""Records which lines of dynaops a process executes. A .pth file of the scratch copy imports it into every process.

It does nothing unless MUTANTS_TRACE names the file to append to: a line ``PATH<tab>LINE`` for each line executed, PATH
relative to MUTANTS_ROOT. Forked processes go on recording; what their parent had recorded is in the file already.
"""

from __future__ import annotations

import os
import sys
import threading
from types import CodeType, FrameType
from typing import Any


def start(output: str, root: str) -> None:
    """Record the lines of the files below the folder `root` into the file `output`."""
    prefix = root + os.sep
    unseen: dict[int, tuple[CodeType, set[int]]] = {}
    """By the id of a code object (its hash is slow, and kept it must be for its id to stay its own)."""

    def on_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(prefix):
            return None
        known = unseen.get(id(code))
        if known is None:
            lines = {line for _, _, line in code.co_lines() if line is not None}
            known = unseen[id(code)] = (code, lines)
        return on_line if known[1] else None

    def on_line(frame: FrameType, event: str, _argument: Any) -> Any:
        code = frame.f_code
        lines = unseen[id(code)][1]
        if event == "line" and frame.f_lineno in lines:
            lines.discard(frame.f_lineno)
            _append(output, f"{code.co_filename[len(prefix) :]}\t{frame.f_lineno}\n")
            if not lines:
                frame.f_trace_lines = False
        return on_line

    threading.settrace(on_call)
    sys.settrace(on_call)


def _append(output: str, text: str) -> None:
    """Opened for each line: a process may close descriptors that it does not know."""
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


if os.environ.get("MUTANTS_TRACE"):
    start(os.environ["MUTANTS_TRACE"], os.environ["MUTANTS_ROOT"])
