"""Which process one is, so exactly that another on the same machine can tell whether it has ended.

A number alone does not do: it is used again, and containers count their own. Where the system tells no more (it is not
Linux), nobody is taken for dead.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def identity(pid: int | None = None) -> str | None:
    """The machine as it runs since it booted, its process space, and the process (this one by default) in it."""
    number = os.getpid() if pid is None else pid
    started = _started(number)
    if started is None:
        return None
    return f"{_space()} {number} {started}"


def has_ended(one: str) -> bool:
    """Whether the process of that identity has ended for sure. False where that cannot be known from here."""
    space, _, rest = one.partition(" ")
    number, _, started = rest.partition(" ")
    if space != _space() or not number.isdecimal():
        return False
    return _started(int(number)) != started


def _space() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()}/{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return "unknown"


def _started(number: int) -> str | None:
    """When a process was started, in ticks since the machine booted; None where there is none (or only its corpse)."""
    try:
        text = (_PROC / str(number) / "stat").read_text()
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()  # a name may hold spaces and brackets
    return None if state in "ZX" else fields[18]
