"""What a command line names and is no file: refused in words at once, whatever the option."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.cli.events import EventLog
from dynaops.cli.planning import saved_plans
from dynaops.cli.planning.review_files import write_reviews
from dynaops.cli.wiring import SpecSource
from dynaops.model.errors import DynaopsError
from dynaops.model.plan import Plan
from tests.cli.running import Cli
from tests.unusual_files import KINDS, make_unusual, no_hang

GOOD = "table_name: users\nhash_key: id\nattributes: {id: S}\n"
OPTIONS = {
    "a spec": ("validate", "it"),
    "an overlay": ("validate", "spec.yaml", "-f", "it"),
    "a var file": ("validate", "spec.yaml", "--var-file", "it"),
    "a saved plan": ("apply", "it", "--yes"),
    "a state": ("state", "push", "it"),
}


@pytest.mark.parametrize("kind", ["named pipe", "socket", "link to an endless device", "huge", "broken link"])
@pytest.mark.parametrize("option", OPTIONS)
def test_it_is_refused_in_words(cli: Cli, here: Path, option: str, kind: str) -> None:
    (here / "spec.yaml").write_text(GOOD)
    make_unusual(here / "it", kind)
    with no_hang():
        ran = cli(*OPTIONS[option])
    told = " ".join((ran.out + ran.err).split())
    assert ran.code == 1, ran
    assert KINDS[kind] in told or "leads out of the project" in told
    assert "unexpected" not in told


def test_a_truncated_plan_of_any_kind_is_no_traceback(cli: Cli, here: Path) -> None:
    (here / "it").write_bytes(b'{"saved_plan":' + b"\0" * 100)
    ran = cli("apply", "it", "--yes")
    assert (ran.code, "is no plan that this version understands" in ran.err) == (1, True)


@pytest.mark.parametrize("kind", ["named pipe", "link to an endless device", "folder"])
def test_the_file_of_the_selected_workspace(cli: Cli, here: Path, kind: str) -> None:
    """It may be committed as a link."""
    (here / ".dynaops").mkdir()
    make_unusual(here / ".dynaops" / "workspace", kind)
    with no_hang():
        ran = cli("workspace", "list")
    assert (ran.code, KINDS[kind] in ran.err) == (1, True), ran


def test_a_plan_is_not_written_through_a_link_out_of_the_project(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "clone" / ".git").mkdir(parents=True)
    (here / "clone" / "it").symlink_to("../.bashrc")
    monkeypatch.chdir(here / "clone")
    plan = Plan(dynaops_version="0", created_at="2026-01-01T00:00:00+00:00", serial=0, lineage="b7d6")
    for write in (
        lambda: write_reviews(plan, "it", None, True),
        lambda: write_reviews(plan, None, "it", True),
        lambda: saved_plans.save(plan, SpecSource(("spec.yaml",)), "it"),
        lambda: EventLog("it").__enter__(),
    ):
        with pytest.raises(DynaopsError, match="is not written to"):
            write()
    assert not (here / ".bashrc").exists()


WRITES = {
    "graph": ("graph", "spec.yaml", "--out", "it"),
    "import": ("import", "users", "--out", "it"),
    "grant": ("grant", "users", "report", "--out", "it"),
    "log": ("validate", "spec.yaml", "--log-file", "it"),
}


@pytest.mark.parametrize("command", WRITES)
def test_no_command_writes_through_a_link_out_of_the_project(
    cli: Cli, here: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "clone" / ".git").mkdir(parents=True)
    (here / "clone" / "spec.yaml").write_text(GOOD)
    (here / "clone" / "it").symlink_to("../.bashrc")
    monkeypatch.chdir(here / "clone")
    ran = cli(*WRITES[command])
    assert (ran.code, "is not written to" in ran.err) == (1, True), ran
    assert not (here / ".bashrc").exists()
