"""Fixtures of the companion kinds' tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.companions.bench import Bench
from tests.conftest import FAST

AFTER_BACKUPS = time(5, 1, tzinfo=UTC)
"""When the day's backups have just been made: AWS Backup's default schedule is 05:00 UTC."""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """An embedded AWS over HTTP, whose time flies, with a whole day to go until a daily backup is due.

    At what time of the day the tests run plays no part: a backup made in the middle keeps a vault from being deleted.
    """
    start = datetime.combine(datetime.now(UTC).date(), AFTER_BACKUPS).timestamp()
    with SandboxServer(speed=FAST, start=start) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    return Bench(tmp_path, server)
