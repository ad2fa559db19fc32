"""How the benchmarks run dynaops: its own readers, with everything on (checks, checkpoint, rejects, retries)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REGION = "eu-west-1"


def library(path: Path, url: str, _count: int, folder: Path) -> int:
    """Load a JSONL or CSV file by library calls, the same that the command makes; answers the rows written."""
    from dynaops.aws.session import Aws
    from dynaops.data.load import load
    from dynaops.data.options import LoadOptions
    from dynaops.data.reading.prepare import ReadOptions, prepare
    from dynaops.data.table_info import describe

    aws = Aws(region=REGION, endpoint_url=url)
    target = describe(aws, "sink", REGION)
    prepared = prepare([str(path)], target.keys, lambda: aws, ReadOptions())
    options = LoadOptions(
        target.keys,
        prepared.plan,
        checkpoint=folder / "checkpoints",
        rejects=folder / "rejects.jsonl",
        inputs=prepared.names,
        fingerprint=prepared.fingerprint,
    )
    counts = load(aws, target.name, REGION, prepared.source, options).counts
    assert counts.read == counts.written
    return counts.written


def command(path: Path, url: str, _count: int, folder: Path) -> int:
    """`dynaops load-data` as a command, with the start of its process."""
    words = ["--json", "--region", REGION, "--endpoint-url", url, "--state", str(folder / "state.json")]
    rejects = ["--rejects", str(folder / "rejects.jsonl")]
    run = [sys.executable, "-m", "dynaops", *words, "load-data", "sink", str(path), *rejects]
    said = json.loads(subprocess.run(run, check=True, capture_output=True, cwd=folder).stdout)
    assert said["complete"] and said["read"] == said["written"]
    return int(said["written"])


RUNS = {"dynaops": library, "dynaops_csv": library, "dynaops_command": command}
