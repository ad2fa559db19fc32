"""The records of runs: whatever changes AWS or a state leaves one beside the state, wherever that is."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.cli.project.git_commit import commit_of
from dynaops.cli.run_records import masked
from dynaops.model.exits import Exit
from dynaops.model.run_record import RunRecord, Who
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from dynaops.stores import open_store
from dynaops.stores.base import Generation
from dynaops.stores.recorder import new_id
from dynaops.stores.run_log import KEPT_LOCALLY, RunLog
from tests.cli.running import Cli, Result
from tests.conftest import FAST
from tests.unusual_files import KINDS, make_unusual

REGION = "eu-central-1"
SPEC = "{table_name: orders, hash_key: id, attributes: {id: S}, tags: {stage: '${var.stage}'}}\n"
CALLER = "arn:aws:sts::123456789012:user/moto"
ESCAPE = "\x1b[2J\x1b]0;owned\x07"
LOCAL = ".dynaops/state.json"
BUCKET = "s3://acme-states/team/state.json"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=FAST) as running:
        running.client("s3", "us-east-1").create_bucket(Bucket="acme-states")
        yield running


@pytest.fixture
def aws(cli: Cli, server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    def run(*arguments: str | Path) -> Result:
        return cli("--endpoint-url", server.url, "--region", REGION, *arguments)

    Path("specs").mkdir()
    Path("specs/orders.yaml").write_text(SPEC)
    yield run
    server.faults.clear()
    client = server.client("dynamodb", REGION)
    for name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})
    s3 = server.client("s3", "us-east-1")
    for entry in s3.list_objects_v2(Bucket="acme-states").get("Contents", ()):
        s3.delete_object(Bucket="acme-states", Key=entry["Key"])


def runs(aws: Any, place: str = LOCAL) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws("state", "log", "--json", "--state", place).json["runs"]
    return found


@pytest.mark.parametrize("place", [LOCAL, BUCKET])
def test_all_that_changes_aws_or_the_state_is_recorded(aws: Any, place: str) -> None:
    options = ("--state", place)
    secret = ("--var", "stage=s3cret")
    assert aws("state", "log", *options).out == "No run has changed anything yet.\n"
    assert aws("plan", *secret, *options).code == Exit.OK
    assert aws("apply", *secret, "--yes", *options).code == Exit.OK
    assert aws("apply", *secret, "--yes", *options).code == Exit.OK  # which changes nothing
    commands = [
        ("state", "rm", "orders"),
        ("import", "orders"),
        ("state", "restore", "4"),
        ("backup", "create", "orders", "--name", "nightly"),
        ("backup", "restore", "nightly", "restored", "--yes", "--spec", "specs"),
        ("backup", "delete", "nightly", "--yes"),
    ]
    for command in commands:
        result = aws(*command, *options)
        assert result.code == Exit.OK, result.err
    assert aws("destroy", "--yes", "--allow-destroy", *options).code == Exit.OK
    assert Path("specs/restored.yaml").is_file()
    found = runs(aws, place)
    names = [
        "apply",
        "state rm",
        "import",
        "state restore",
        "backup create",
        "backup restore",
        "backup delete",
    ]
    assert [run["command"] for run in reversed(found)] == [*names, "destroy"]
    assert {run["result"] for run in found} == {"done"}
    applied = found[-1]
    assert applied["who"]["arn"] == CALLER
    assert applied["arguments"][-4:] == ["stage=***", "--yes", "--state", place]
    assert applied["began_at"] < applied["ended_at"]
    assert "orders" in applied["added"]
    assert {operation["result"] for operation in applied["operations"]} == {"done"}
    assert "orders" in found[-2]["removed"]
    assert found[-2]["who"]["arn"] == CALLER  # `state rm` takes the ownership mark away in AWS
    history = aws("state", "history", "--json", *options).json
    assert [kept["run"]["command"] for kept in history][:2] == ["destroy", "backup restore"]
    if place == LOCAL:
        files = list(Path(".dynaops/state.runs").iterdir())
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert not any(b"s3cret" in file.read_bytes() for file in files)
    else:
        assert found[-2]["who"]["arn"] == CALLER


def test_a_failed_run_tells_what_failed_and_one_run_is_shown_whole(aws: Any, server: SandboxServer) -> None:
    server.faults.add(
        FaultRule(
            "error", operation="UpdateContinuousBackups", times=None, code="ValidationException", status=400
        )
    )
    assert aws("apply", "--var", "stage=x", "--yes").code == Exit.FAILED
    (run,) = runs(aws)
    assert run["result"] == "failed"
    results = {operation["api"]: operation for operation in run["operations"]}
    assert results["CreateTable"]["result"] == "done"
    failed = results["UpdateContinuousBackups"]
    assert failed["result"] == "failed" and "ValidationException" in failed["message"]
    shown = aws("state", "log", run["id"][-8:]).out
    assert CALLER in shown and "failed" in shown and run["plan_digest"] in shown
    assert aws("state", "log", run["id"], "--json").json == run
    unknown = aws("state", "log", "nothing")
    assert unknown.code == Exit.FAILED and "There is no run nothing" in unknown.err


@pytest.mark.parametrize("place", [LOCAL, BUCKET])
def test_a_record_that_cannot_be_written_keeps_no_run_from_its_end(
    aws: Any, server: SandboxServer, place: str
) -> None:
    if place == LOCAL:
        Path(".dynaops").mkdir()
        Path(".dynaops/state.runs").write_text("in the way")
    else:
        denied = FaultRule(
            "error", service="s3", operation="PutObject", nth=2, code="AccessDenied", status=403
        )
        server.faults.add(denied)  # the first writes the lock, the second the record
    result = aws("apply", "--var", "stage=x", "--yes", "--state", place)
    assert result.code == Exit.OK, result.err
    assert result.err.count("warning: The record of this run cannot be kept") == 1
    assert "orders" in aws("state", "list", "--state", place).out


def written(folder: Path, number: int = 1, **more: Any) -> Path:
    """A record in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    began_at = f"2026-11-27T10:00:{number % 60:02d}.{number:06d}Z"
    record = RunRecord(
        id=new_id(began_at, number), command="apply", began_at=began_at, who=Who(user="ann", host="laptop")
    ).model_copy(update=more)
    file = folder / f"{record.id}.json"
    file.write_text(record.model_dump_json())
    return file


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b'{"id": 1, "id": 2}',
        b"[" * 100_000,
        b'{"format_version": 99}',
        b'{"format_version": "1"}',
        b'{"who": {"user": 5}}',
        b"\x1b[2J",
        *(f"unusual: {kind}".encode() for kind in KINDS if kind != "folder"),
    ],
    ids=lambda content: content[:30].decode(errors="replace"),
)
def test_a_damaged_record_is_told_and_the_others_are_listed(cli: Cli, here: Path, content: bytes) -> None:
    folder = here / ".dynaops" / "state.runs"
    written(folder, 1)
    damaged = written(folder, 2)
    if content.startswith(b"unusual: "):
        damaged.unlink()
        make_unusual(damaged, content.removeprefix(b"unusual: ").decode())
    else:
        damaged.write_bytes(content)
    result = cli("state", "log")
    assert result.code == Exit.OK
    assert damaged.stem in " ".join(result.err.split()) and "cannot be read" in result.err
    assert "Traceback" not in result.err and "\x1b" not in result.err + result.out
    assert "ann@laptop" in result.out
    told = cli("state", "log", "--json").json
    assert [run["id"] for run in told["unreadable"]] == [damaged.stem]
    assert len(told["runs"]) == 1
    assert cli("state", "log", damaged.stem).code == Exit.FAILED
    assert cli("state", "history").code == Exit.OK


def test_terminal_escapes_in_records_are_made_visible(cli: Cli, here: Path) -> None:
    folder = here / ".dynaops" / "state.runs"
    file = written(folder, 1, command=ESCAPE, arguments=(ESCAPE,), message=ESCAPE, environment=ESCAPE)
    for command in (("log",), ("log", file.stem), ("history",)):
        result = cli("state", *command)
        assert result.code == Exit.OK
        assert not set("\x1b\x07") & set(result.out + result.err)


def test_this_machine_keeps_the_newest_records(here: Path) -> None:
    folder = here / ".dynaops" / "state.runs"
    for number in range(1, KEPT_LOCALLY + 4):
        written(folder, number)
    (folder / "notes.txt").write_text("somebody's")
    log = RunLog(open_store(LOCAL).beside("runs"))
    log.forget_oldest()
    kept = log.ids()
    assert len(kept) == KEPT_LOCALLY
    assert kept == sorted(kept, reverse=True)
    assert (folder / "notes.txt").exists()


def test_a_run_that_died_is_held_to_have_saved_what_no_later_one_did(here: Path) -> None:
    folder = here / ".dynaops" / "state.runs"
    done = {"ended_at": "2026-11-27T10:01:00.000000Z"}
    written(folder, 1, serial_before=1, serial_after=4, **done)
    killed = written(folder, 4, serial_before=4)
    written(folder, 7, serial_before=7, **done)  # which saved no state
    later = written(folder, 8, serial_before=7, serial_after=9, lineage="other", **done)
    states = [
        Generation(serial=serial, lineage=lineage, saved_at="", size=1, resources=1)
        for serial, lineage in ((9, "other"), (8, "mine"), (7, None), (4, None), (1, None))
    ]
    found = RunLog(open_store(LOCAL).beside("runs")).of_generations(states)
    assert {serial: run.id for serial, run in found.items() if serial in (9, 8, 7)} == {
        9: later.stem,
        8: killed.stem,
        7: killed.stem,
    }
    assert found[4].serial_after == 4
    assert 1 not in found


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("apply --var stage=prod --yes", "apply --var stage=*** --yes"),
        ("apply --var=stage=prod", "apply --var=stage=***"),
        ("apply --var stage=a=b", "apply --var stage=***"),
        ("apply --var prod", "apply --var ***"),
        ("apply --var", "apply --var"),
        ("--endpoint-url http://ann:pw@host:1/x apply", "--endpoint-url http://***@host:1/x apply"),
        ("apply --var-file prod.yaml --env-var HOME", "apply --var-file prod.yaml --env-var HOME"),
    ],
)
def test_what_may_be_secret_is_no_part_of_the_command_line(given_: str, kept: str) -> None:
    assert " ".join(masked(given_.split())) == kept


@given(st.lists(st.sampled_from(["--var", "--var=", "--yes", "apply", "--target", "--json"]), max_size=8))
def test_no_value_of_a_variable_is_kept(words: list[str]) -> None:
    arguments: list[str] = []
    for word in words:
        arguments += (
            [word, "name=s3cret"] if word == "--var" else [f"{word}name=s3cret" if "=" in word else word]
        )
    assert "s3cret" not in " ".join(masked(arguments))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def test_the_commit_of_every_kind_of_checkout(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert commit_of(home) is None
    git(home, "init")
    assert commit_of(home) is None  # there is no commit yet
    (home / "a").write_text("1")
    (home / "specs").mkdir()
    git(home, "add", ".")
    git(home, "commit", "-m", "one")
    first = git(home, "rev-parse", "HEAD")
    known = commit_of(home / "specs")
    assert known is not None and (known.id, known.dirty) == (first, False)
    (home / "a").write_text("2")
    known = commit_of(home)
    assert known is not None and known.dirty is True
    git(home, "commit", "-am", "two")
    second = git(home, "rev-parse", "HEAD")
    git(home, "worktree", "add", "-b", "other", "../tree")
    git(home, "pack-refs", "--all")
    assert [known.id for folder in (home, tmp_path / "tree") if (known := commit_of(folder))] == [
        second,
        second,
    ]
    git(home, "checkout", first)
    known = commit_of(home)
    assert known is not None and known.id == first


@pytest.mark.parametrize(
    "head",
    [
        "",
        "ref: ",
        "ref: refs/heads/../../secret",
        "ref: /etc/passwd",
        "ref: refs/heads/.invalid",
        "x" * 9000,
        "\0",
    ],
)
def test_a_repository_that_cannot_be_read_has_no_commit(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)
    (tmp_path / ".git" / "secret").write_text("0" * 40)
    assert commit_of(tmp_path) is None


def test_the_commit_stands_in_the_record(aws: Any, here: Path) -> None:
    git(here, "init")
    git(here, "add", "specs")
    git(here, "commit", "-m", "one")
    assert aws("apply", "--var", "stage=x", "--yes").code == Exit.OK
    commit = runs(aws)[0]["commit"]
    assert commit == {"id": git(here, "rev-parse", "HEAD"), "dirty": False}
    assert json.dumps(commit["id"][:12])[1:-1] in aws("state", "log").out
