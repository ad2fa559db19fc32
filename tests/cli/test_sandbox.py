"""The sandbox through the command line: a process of its own, shared by the commands of a directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.sandbox import daemon
from tests.cli.running import Cli, run_process


@pytest.fixture
def tidy(here: Path) -> Iterator[Path]:
    yield here
    daemon.stop()


def test_the_life_of_a_sandbox(cli: Cli, tidy: Path) -> None:
    assert cli("sandbox", "status").out.startswith("No sandbox is running here.")
    assert cli("sandbox", "status", "--json").json == {"running": False}
    assert cli("init").code == 0
    applied = run_process("--sandbox", "apply", "--yes", cwd=tidy)
    assert applied.code == 0, applied.err
    status = cli("sandbox", "status").out
    assert "http://127.0.0.1:" in status
    assert "tables in us-east-1  orders" in status
    url = cli("sandbox", "start", "--json").json["url"]
    assert url == cli("sandbox", "status", "--json").json["url"], "start finds it running"
    before = cli("sandbox", "status", "--json").json["now"]
    assert cli("sandbox", "clock", "advance", "1h30m").code == 0
    assert cli("sandbox", "status", "--json").json["now"] >= before + 5400
    assert cli("sandbox", "clock", "speed", "0").out == "The sandbox's clock stands.\n"
    assert cli("sandbox", "stop").out == "Stopped; its content is kept.\n"
    assert run_process("--sandbox", "plan", "--exit-code", cwd=tidy).code == 0, "its content was kept"
    assert cli("sandbox", "reset").code == 0
    gone = run_process("--sandbox", "plan", "--exit-code", cwd=tidy)
    assert gone.code == 2
    assert "has vanished" in gone.out


def test_a_clock_of_no_sandbox(cli: Cli) -> None:
    result = cli("sandbox", "clock", "advance", "1h")
    assert result.code == 1
    assert "dynaops sandbox start" in result.err


@pytest.mark.parametrize("duration", ["", "soon", "1h30", "-5s", "1.5h"])
def test_a_duration_that_is_none(cli: Cli, duration: str) -> None:
    assert cli("sandbox", "clock", "advance", "--", duration).code == 2
