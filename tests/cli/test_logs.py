"""The log of a run: what it holds, and that its lines are numbered in their order."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from dynaops.cli import logs
from dynaops.cli.settings import GlobalSettings
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli

SPEC = "table_name: {}\nhash_key: id\nattributes: {{id: S}}\n"


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    """Leaves logging as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers, root.level = before
    logging.getLogger("dynaops").setLevel(logging.NOTSET)


def numbers(text: str) -> list[int]:
    return [int(line.split()[0]) for line in text.splitlines()]


def test_lines_of_many_threads_are_numbered_without_a_gap(here: Path) -> None:
    logs.start(GlobalSettings(log_file="run.log"), "plan")
    log = logging.getLogger("dynaops.test")

    def work() -> None:
        for turn in range(50):
            log.info("turn %s\nof several\r\nlines \x1b[31m", turn)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = (here / "run.log").read_text()
    assert numbers(text) == list(range(1, 1 + 1 + 8 * 50 * 3))
    assert "\x1b" not in text
    assert re.search(r"^\d+ \| of several$", text, re.MULTILINE)


def test_a_run_tells_what_it_calls_and_does_and_no_argument(
    cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    (here / "specs").mkdir()
    for name in ("orders", "users", "events"):
        (here / "specs" / f"{name}.yaml").write_text(SPEC.format(name))
    where = ("--endpoint-url", server.url, "--region", "eu-west-1", "--log-file", "run.log")
    applied = cli("apply", "--yes", "--var", "pin=hunter2", "--events", "events.jsonl", *where)
    assert applied.code == 0, applied.err
    text = (here / "run.log").read_text()
    assert numbers(text) == list(range(1, 1 + len(text.splitlines())))
    assert re.search(r"INFO MainThread dynaops: dynaops \S+: apply$", text, re.MULTILINE)
    assert "dynamodb:CreateTable in eu-west-1: answered, request " in text
    assert "create table orders: done" in text
    assert "hunter2" not in text
    lines = [json.loads(line) for line in (here / "events.jsonl").read_text().splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, 1 + len(lines)))
    started = re.findall(r"\] (\d+)/6 .*: sent", applied.out)
    assert started == [str(number) for number in range(1, 7)]


def test_a_refusal_is_in_the_log(
    cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    where = ("--endpoint-url", server.url, "--region", "eu-west-1", "--log-file", "run.log")
    assert cli("validate", "orders", "--live", *where).code == 1
    assert re.search(
        r"dynamodb:DescribeTable in eu-west-1: .*ResourceNotFound", (here / "run.log").read_text()
    )
