"""``--lock-timeout``: every command that locks a state waits for it as long as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dynaops.cli import wiring
from dynaops.cli.screen import notice
from dynaops.cli.settings import GlobalSettings
from dynaops.model.state import State
from dynaops.stores import lock_wait, open_store
from dynaops.stores.base import Lock
from tests.cli.running import Cli

SPEC = "table_name: orders\nhash_key: id\nattributes: {id: S}\n"


class Clock:
    """Stands in for the `time` module: sleeping moves it, and lets the other's lock go after a while."""

    def __init__(self, other: AbstractContextManager[Lock]) -> None:
        self.now = 0.0
        self.free_at = 40.0
        self.other: AbstractContextManager[Lock] | None = other
        other.__enter__()

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.free_at:
            self.release()

    def release(self) -> None:
        if self.other is not None:
            self.other.__exit__(None, None, None)
            self.other = None


@pytest.fixture
def clock(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The state's lock is held by another, for 40 seconds of a clock that does not tick by itself."""
    clock = Clock(open_store(".dynaops/state.json").lock("apply"))

    def with_clock(settings: GlobalSettings) -> lock_wait.LockWait:
        return lock_wait.LockWait(settings.lock_timeout, notice, lambda: clock.now, clock.sleep)

    monkeypatch.setattr(wiring, "patience", with_clock)
    (here / "specs").mkdir()
    (here / "specs" / "orders.yaml").write_text(SPEC)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    yield clock
    clock.release()


COMMANDS = (
    ("apply", "--yes"),
    ("destroy", "--yes"),
    ("import", "orders"),
    ("state", "rm", "orders"),
    ("state", "mv", "orders", "users"),
    ("state", "restore", "1"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_waits_and_says_for_whom(cli: Cli, clock: Clock, command: tuple[str, ...]) -> None:
    Path(".dynaops/state.json").write_text(State.empty().model_copy(update={"serial": 1}).model_dump_json())
    refused = cli(*command, "--lock-timeout", "30s")
    assert refused.code == 4
    assert clock.now == pytest.approx(30)
    assert "note: Waiting up to 30 s for the lock of the state, which is held by" in refused.err
    assert "`apply` since" in refused.err
    assert "is locked by" in refused.err
    assert refused.out == ""


def test_a_lock_that_is_let_go_in_time_is_taken(
    cli: Cli, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAOPS_LOCK_TIMEOUT", "2m")
    told = cli("state", "rm", "orders")
    assert told.code == 1  # there is no such address: the lock was had
    assert "orders" in told.err
    assert "The lock is free after 4" in told.err
    clock.other = open_store(".dynaops/state.json").lock("apply")
    clock.other.__enter__()
    clock.now, clock.free_at = 0.0, 40.0
    assert cli("state", "rm", "orders", "--lock-timeout", "0").code == 4
    assert clock.now < 1


def test_destroy_waits_for_the_first_apply_whose_state_is_not_saved_yet(cli: Cli, clock: Clock) -> None:
    refused = cli("destroy", "--yes")
    assert refused.code == 4
    assert "is locked by" in refused.err
    clock.release()
    assert "There is no state at" in cli("destroy", "--yes").err


def test_the_project_file_says_how_long(
    cli: Cli, clock: Clock, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "dynaops.toml").write_text(
        'lock_timeout = "10s"\nstate = ".dynaops/state.json"\n[environment.prod]\nlock_timeout = "30s"\n'
    )
    for words, waited in (((), 10), (("-E", "prod"), 30), (("-E", "prod", "--lock-timeout", "5s"), 5)):
        clock.now = 0.0
        assert cli(*words, "state", "rm", "orders").code == 4
        assert clock.now == pytest.approx(waited)
    shown = cli("-E", "prod", "config", "show", "--json").json["settings"]
    assert shown["lock_timeout"] == {"value": "30s", "origin": "dynaops.toml:4:1"}
    monkeypatch.setenv("DYNAOPS_LOCK_TIMEOUT", "90")
    shown = cli("config", "show", "--json").json["settings"]
    assert shown["lock_timeout"]["value"] == "90s"
    (here / "dynaops.toml").write_text('lock_timeout = "soon"\n')
    checked = cli("config", "check")
    assert checked.code == 1
    assert "dynaops.toml:1:16: error: lock_timeout: must be a duration" in " ".join(
        (checked.out + checked.err).split()
    )


@pytest.mark.parametrize("text", ["soon", "-5s", "5 minutes", "1.5h"])
def test_what_is_no_duration_is_wrong_usage(cli: Cli, text: str) -> None:
    refused = cli("state", "list", f"--lock-timeout={text}")
    assert refused.code == 2
    assert "write a duration like 90s" in refused.err
