"""``python -m tests.faults [every] [file|s3]``: the campaign's long form and its report; 1: something went wrong."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from dynaops.sandbox import SandboxServer
from tests.conftest import FAST
from tests.faults.campaign import SPECIMENS, Counts, run, world


def main() -> int:
    """Run all specimens; `every` 10 tries each tenth fault. The state is in a file, or in S3."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    state = sys.argv[2] if len(sys.argv) > 2 else "file"
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    counts, started = Counts(), time.monotonic()
    for name in SPECIMENS:
        with tempfile.TemporaryDirectory() as folder, SandboxServer(speed=FAST) as server:
            run(world(Path(folder), server, state), name, counts, every)
        sys.stderr.write(f"{name}: {counts.survived} of {counts.boundaries} survived\n")
    sys.stdout.write("\n".join([*counts.lines(), f"in {time.monotonic() - started:.0f} s\n"]))
    return 1 if counts.wrong else 0


sys.exit(main())
