"""The identity of a process, by which another process on the same machine can see whether it has ended.

A process id is not enough: ids are reused, and containers have their own. On systems other than Linux there is no
identity, and no process counts as ended.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def identity(pid: int | None = None) -> str | None:
    """Host, boot id, PID namespace, process id and start time of a process (by default this one); None if unknown."""
    number = os.getpid() if pid is None else pid
    started = _started(number)
    if started is None:
        return None
    return f"{_space()} {number} {started}"


def has_ended(identity_text: str) -> bool:
    """Whether the process of that identity has certainly ended. False if that cannot be known from here."""
    pid_namespace, _, rest = identity_text.partition(" ")
    number, _, started = rest.partition(" ")
    if pid_namespace != _space() or not number.isdecimal():
        return False
    return _started(int(number)) != started


def _space() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()}/{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return "unknown"


def _started(number: int) -> str | None:
    """Process start time in clock ticks since boot; None if the process does not exist or is a zombie."""
    try:
        text = (_PROC / str(number) / "stat").read_text()
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()  # a name may hold spaces and brackets
    return None if state in "ZX" else fields[18]
