"""``python -m tests.fuzz [executions] [first]``: so many damaged files for each reader; 1: something crashed."""

from __future__ import annotations

import sys
import time

from tests.fuzz.campaign import HANG, Counts, run


def main() -> int:
    """Fuzz all readers, and print the counts."""
    executions, first = (int(one) for one in (*sys.argv[1:], *("10000", "0")[len(sys.argv) - 1 :]))
    counts, started = Counts(), time.monotonic()
    run(counts, executions, first, HANG)
    sys.stdout.write("\n".join([*counts.lines(), f"in {time.monotonic() - started:.0f} s\n"]))
    return 1 if counts.crashes else 0


sys.exit(main())
