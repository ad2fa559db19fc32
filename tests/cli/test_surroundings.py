"""What a process is started in: closed and full streams, odd zones, widths, encodings and masks."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dynaops.cli import surroundings
from dynaops.cli.planning.run_plan import _steadfast
from dynaops.model.event import Event, Stage
from dynaops.model.exits import Exit
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, bare_environment

SPEC = "table_name: orders\nregion: eu-west-1\nhash_key: id\nattributes: {id: S}\ntags: {owner: Größe}\n"
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=5000) as running:
        yield running


@pytest.fixture
def there(here: Path) -> Path:
    (here / "specs").mkdir()
    (here / "specs" / "orders.yaml").write_text(SPEC, encoding="utf-8")
    return here


def shell(
    command: str, folder: Path, server: SandboxServer, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A real shell starts a real process; `command` has ``dynaops`` for the command line."""
    keys = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": server.url,
    }
    return subprocess.run(
        ["bash", "-c", command.replace("dynaops", f"{sys.executable} -m dynaops")],
        cwd=folder,
        env={**bare_environment(folder), "AWS_DEFAULT_REGION": "eu-west-1", **keys, **environment},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_run_whose_output_is_full_is_carried_out_saved_and_told_as_failed(
    there: Path, server: SandboxServer
) -> None:
    done = shell("dynaops apply --yes >/dev/full", there, server)
    assert done.returncode == Exit.FAILED
    assert "error: standard output: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr and "fault in dynaops" not in done.stderr
    again = shell("dynaops plan --exit-code && dynaops destroy --yes", there, server)
    assert again.returncode == 0, again.stderr
    assert "Nothing to do" in again.stdout


def test_nothing_is_sent_where_the_output_is_closed_and_no_file_gets_its_number(
    there: Path, server: SandboxServer
) -> None:
    done = shell("dynaops apply --yes >&-", there, server)
    assert done.returncode == Exit.FAILED
    assert "error: standard output: it is closed" in done.stderr and "Traceback" not in done.stderr
    assert not server.client("dynamodb", "eu-west-1").list_tables()["TableNames"]
    assert not (there / ".dynaops" / "state.json").exists()


def test_exit_codes_do_not_need_anybody_to_read(there: Path, server: SandboxServer) -> None:
    runs = "; ".join(f"dynaops validate nothere {streams}; echo $?" for streams in ("2>&-", "2>/dev/full"))
    done = shell(f"{runs}; dynaops validate nothere <&- >&- 2>&-; echo $?", there, server)
    assert [line for line in done.stdout.split("\n") if line.isdecimal()] == ["1"] * 3
    asked = shell("dynaops apply <&-", there, server)
    assert asked.returncode == Exit.FAILED and "no terminal to ask on" in asked.stderr
    given = shell("dynaops state push - <&-", there, server)
    assert given.returncode == Exit.FAILED and "Standard input is closed" in given.stderr


def test_an_encoding_that_lacks_characters_shows_escapes(there: Path, server: SandboxServer) -> None:
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("dynaops plan", there, server, **plain)
    assert done.returncode == 0, done.stderr
    assert r"Gr\xf6\xdfe" in done.stdout


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        *(("0", None), ("-5", None), ("x", None), ("", None), ("٣", "20"), ("000", None)),
        *(("1", "20"), ("80", "80"), ("120", "120"), ("99999999999999", "500")),
    ],
)
def test_a_width_is_one_that_can_be_read(
    monkeypatch: pytest.MonkeyPatch, given: str, kept: str | None
) -> None:
    monkeypatch.setenv("COLUMNS", given)
    surroundings._bound_width()
    assert os.environ.get("COLUMNS") == kept


@pytest.mark.parametrize("zone", ["UTC+25", "UTC-26", "XXX+99:59", "Mars/Phobos", ":", "", "UTC+99999"])
def test_times_work_in_every_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        surroundings._bound_time_zone()
        assert datetime.now(UTC).astimezone().utcoffset() is not None
        from dateutil.tz import tzlocal  # type: ignore[import-untyped]

        assert datetime.now(tzlocal()).utcoffset() is not None
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_run_goes_on_when_nobody_can_be_told() -> None:
    told: list[str] = []

    def tell(event: Event) -> None:
        told.append(event.title)
        raise OSError(28, "No space left on device")

    steadfast = _steadfast(tell)
    for number in range(3):
        steadfast(Event(at=0, operation=f"{number}", address="x", title="t", stage=Stage.DONE))
    assert told == ["t"]


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_what_is_written_is_private_whatever_the_mask(cli: Cli, here: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        assert cli("init", "spec.yaml").code == 0
        assert cli("workspace", "new", "qa").code == 0
    finally:
        os.umask(before)
    for path in (here / ".dynaops" / "workspaces").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
