"""The campaign's short form; the long one: ``python -m tests.faults``."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.faults.campaign import Counts, run, world
from tests.faults.dying import Boundary, dies


@pytest.mark.parametrize(
    ("name", "every", "state"),
    [
        ("plain", 5, "file"),
        pytest.param("plain", 5, "s3", marks=pytest.mark.slow),
        pytest.param("indexed", 11, "file", marks=pytest.mark.slow),
        pytest.param("everything", 97, "file", marks=pytest.mark.slow),
    ],
)
def test_every_so_many_faults(
    tmp_path: Path, server: SandboxServer, name: str, every: int, state: str
) -> None:
    """Deaths and denials only: what is sent again and again takes its time, and is in the long form."""
    counts = Counts()
    run(world(tmp_path, server, state), name, counts, every, first=1, answers=("access_denied",))
    assert not counts.wrong, counts.wrong
    assert counts.boundaries == counts.survived > 3
    assert counts.orphans == counts.duplicates == 0


def test_a_death_is_a_death(tmp_path: Path, server: SandboxServer) -> None:
    """The intent was saved, the call was received, and nothing after it happened."""
    bench = world(tmp_path, server)
    assert dies(bench, Boundary("write", 0, "after"), {})
    assert server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == ["users"]
    assert bench.state.resources == {}
    assert bench.state.in_flight
    bench.apply({})
