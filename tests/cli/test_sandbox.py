"""The sandbox through the command line: a process of its own, shared by the commands of a directory."""

from __future__ import annotations

import json
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
    assert "the sandbox's own state" in run_process("--sandbox", "plan", cwd=tidy).out
    assert not (tidy / ".dynaops" / "state.json").exists(), "that is AWS's"
    assert cli("--sandbox", "state", "list").out.startswith("orders\n")
    assert cli("state", "list").out == ""
    assert cli("sandbox", "reset").out == "The sandbox is empty, and so is its state.\n"
    assert cli("--sandbox", "state", "list").out == ""
    gone = run_process("--sandbox", "plan", "--exit-code", cwd=tidy)
    assert gone.code == 2
    assert "has vanished" not in gone.out


def test_a_state_that_an_earlier_version_kept_in_the_project(cli: Cli, tidy: Path) -> None:
    """It is moved, with the earlier ones, where its tables are in this sandbox; any other stays where it is."""
    assert cli("init").code == 0
    kept = tidy / ".dynaops" / "state.json"
    assert run_process("--sandbox", "--state", str(kept), "apply", "--yes", cwd=tidy).code == 0
    old = {name: value for name, value in json.loads(kept.read_text()).items() if name not in _LATER}
    kept.write_text(json.dumps(old))
    elsewhere = json.loads(json.dumps(old).replace(old["resources"]["orders"]["id"], "0" * 8))
    kept.write_text(json.dumps(elsewhere))
    other = run_process("--sandbox", "state", "list", cwd=tidy)
    assert (other.code, other.out) == (0, "")
    assert json.loads(kept.read_text()) == elsewhere, "a state of another emulator"
    kept.write_text(json.dumps(old))
    moved = run_process("--sandbox", "plan", "--exit-code", cwd=tidy)
    assert moved.code == 0, moved.err
    assert "was moved from .dynaops/state.json" in " ".join(moved.err.split())
    assert not kept.exists()
    assert cli("--sandbox", "state", "list").out.startswith("orders\n")
    again = run_process("--sandbox", "plan", "--exit-code", cwd=tidy)
    assert (again.code, "was moved" in again.err) == (0, False)


def test_workspaces_and_environments_have_states_of_their_own_on_the_sandbox(cli: Cli, tidy: Path) -> None:
    (tidy / "specs").mkdir()
    spec = "table_name: ${workspace}-orders\nhash_key: id\nattributes: {id: S}\n"
    (tidy / "specs" / "orders.yaml").write_text(spec)
    (tidy / "dynaops.toml").write_text("[environment.dev]\n[environment.prod]\n")
    dev, prod = (run_process("-E", name, "--sandbox", "apply", "--yes", cwd=tidy) for name in ("dev", "prod"))
    assert dev.code == 0, dev.err
    assert prod.code == 1, "the table of that name is of dev's state"
    assert "bears the mark of another" in prod.err
    (tidy / "specs" / "orders.yaml").write_text(spec.replace("${workspace}", "${environment}-${workspace}"))
    prod = run_process("-E", "prod", "--sandbox", "apply", "--yes", cwd=tidy)
    assert prod.code == 0, prod.err
    (tidy / "specs" / "orders.yaml").write_text(spec)
    feature = {"DYNAOPS_WORKSPACE": "feature"}
    apply = run_process("-E", "dev", "--sandbox", "apply", "--yes", cwd=tidy, env=feature)
    assert apply.code == 0, apply.err
    listed = run_process("-E", "dev", "--sandbox", "state", "list", cwd=tidy, env=feature)
    assert listed.out.startswith("feature-orders\n")
    assert cli("sandbox", "reset", "--json").json["states"] == 3


_LATER = ("account", "partition", "world")


def test_a_clock_of_no_sandbox(cli: Cli) -> None:
    result = cli("sandbox", "clock", "advance", "1h")
    assert result.code == 1
    assert "dynaops sandbox start" in result.err


@pytest.mark.parametrize("duration", ["", "soon", "1h30", "-5s", "1.5h"])
def test_a_duration_that_is_none(cli: Cli, duration: str) -> None:
    assert cli("sandbox", "clock", "advance", "--", duration).code == 2
