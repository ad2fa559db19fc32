"""How much memory a process and its children have together, at the most (Linux; elsewhere nothing is measured)."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

_SECONDS = 0.1


def peak_of(process: subprocess.Popen[str]) -> float:
    """Watch until the process ends; answers MB. What processes share is counted once."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_kilobytes(pid) for pid in _family(process.pid)))
        time.sleep(_SECONDS)
    return peak / 1024


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
