"""A load as a process of its own, to be killed: python -m tests.data.loader URL FILE FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from dynaops.aws.session import Aws
from dynaops.data.load import load
from dynaops.data.options import LoadOptions, LoadSummary
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.reading.source import FileSource
from tests.data.reading import ID, nowhere

_BLOCK = 12_000
"""Bytes: small ones, so that there is much to lose in each kill."""


def go_on(url: str, path: Path, folder: Path) -> LoadSummary:
    """Load `path`, going on where an earlier load of it ended."""
    prepared = prepare([str(path)], ID, nowhere, ReadOptions())
    options = LoadOptions(
        ID,
        prepared.plan,
        workers=2,
        checkpoint=folder,
        rejects=folder / "rejects.jsonl",
        resume=True,
        inputs=prepared.names,
        fingerprint=prepared.fingerprint,
        in_flight=8,
    )
    aws = Aws(region="eu-west-1", endpoint_url=url)
    return load(aws, "t", "eu-west-1", FileSource(prepared.source.inputs, _BLOCK), options)


if __name__ == "__main__":
    go_on(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
