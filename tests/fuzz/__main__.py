"""``python -m tests.fuzz [EXECUTIONS]``: so many inputs in all, spread over the readers; 1: something crashed."""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.campaign import HANG, Bounds, Counts, run
from tests.fuzz.targets import NAMES


def main() -> int:
    """Fuzz the readers, and print the counts."""
    given = _arguments()
    only = tuple(given.only or NAMES)
    counts, started = Counts(), time.monotonic()
    run(counts, Bounds(-(-given.executions // len(only)), given.first, only, given.seconds, HANG))
    sys.stdout.write("\n".join([*counts.lines(), f"in {time.monotonic() - started:.0f} s\n"]))
    return 1 if counts.crashes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("executions", type=int, nargs="?", default=100_000, help="in all")
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each reader")
    parser.add_argument("--seconds", type=float, help="wall-clock time after which no input is begun")
    parser.add_argument("--only", action="append", choices=NAMES, help="a reader; may be given several times")
    return parser.parse_args()


sys.exit(main())
