"""The question before an apply, on a terminal."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.sandbox.running import SandboxServer
from tests.cli.running import Result, bare_environment
from tests.preloaded.process import run

SPEC = "table_name: orders\nhash_key: id\nattributes: {id: S}\n"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=5000) as running:
        yield running


def answered(server: SandboxServer, folder: Path, answer: str, *arguments: str) -> Result:
    """A command whose standard input is a terminal at which `answer` is typed."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    environment = {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}
    try:
        done = run(
            "dynaops",
            *("--region", "eu-central-1", *arguments),
            cwd=folder,
            env={**bare_environment(folder), **environment},
            stdin=theirs,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return Result(done.returncode, done.stdout, done.stderr)


def test_the_answer_counts(server: SandboxServer, here: Path) -> None:
    (here / "orders.yaml").write_text(SPEC, encoding="utf-8")
    client = server.client("dynamodb", "eu-central-1")
    for answer in ("n\n", "\n", "what?\n", "\x04"):
        refused = answered(server, here, answer, "apply", "orders.yaml")
        assert refused.code == 1
        assert "[y/N]" in refused.out
        assert "Nothing was changed" in refused.err
        assert client.list_tables()["TableNames"] == []
    assert answered(server, here, "y\n", "apply", "orders.yaml").code == 0
    hasty = answered(server, here, "y\n", "destroy", "orders.yaml")
    assert hasty.code == 1
    assert "[yes/N]" in hasty.out
    assert client.list_tables()["TableNames"] == ["orders"]
    assert answered(server, here, "yes\n", "destroy", "orders.yaml").code == 0
    assert client.list_tables()["TableNames"] == []


def test_with_json_the_question_is_not_on_stdout(server: SandboxServer, here: Path) -> None:
    (here / "orders.yaml").write_text(SPEC, encoding="utf-8")
    result = answered(server, here, "n\n", "apply", "orders.yaml", "--json")
    assert result.code == 1
    assert set(result.json) == {"error"}
    assert "[y/N]" in result.err
