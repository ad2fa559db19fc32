"""Whatever goes wrong: a message, a hint, the right exit code, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dynaops.cli import failures
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from tests.cli.running import Cli, bare_environment, run_process


def test_wrong_usage(cli: Cli) -> None:
    result = cli("plan", "--bogus")
    assert (result.code, result.out) == (Exit.USAGE, "")
    assert "error: No such option: --bogus" in result.err
    assert "dynaops plan --help" in result.err


def test_a_mistyped_command_is_guessed(cli: Cli) -> None:
    assert "Did you mean 'plan'?" in cli("pln").err


def test_wrong_usage_is_not_mistaken_for_changes(cli: Cli) -> None:
    assert cli("plan", "--exit-code", "--bogus").code == Exit.FAILED


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--bogus"),
        ("nonsense",),
        ("state", "show", "orders"),
        ("--region",),
        ("apply", "nowhere.yaml"),
    ],
)
def test_with_json_stdout_is_one_document_also_on_errors(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments, "--json") if arguments != ("--region",) else cli("--json", *arguments)
    assert result.code in (1, 2)
    assert set(result.json) == {"error"}
    assert result.json["error"]["message"]
    assert "Traceback" not in result.err


@pytest.mark.parametrize("content", ["{", "[]", '{"format_version": 99}', "\x00\xff", ""])
def test_a_damaged_state(cli: Cli, here: Path, content: str) -> None:
    place = here / ".dynaops" / "state.json"
    place.parent.mkdir()
    place.write_text(content, encoding="latin-1")
    result = cli("state", "list")
    assert result.code == Exit.FAILED
    assert "error: " in result.err
    assert "Traceback" not in result.err
    assert place.read_text(encoding="latin-1") == content


def test_a_state_that_may_not_be_read(cli: Cli, here: Path) -> None:
    (here / "folder").mkdir()
    result = cli("--state", "folder", "state", "list")
    assert result.code == Exit.FAILED
    assert "folder" in result.err


def test_a_file_that_cannot_be_written(cli: Cli, here: Path) -> None:
    (here / "specs").write_text("a file", encoding="utf-8")
    result = cli("init")
    assert result.code == Exit.FAILED
    assert "error: " in result.err


def test_a_fault_of_ours_keeps_its_traceback_and_says_where(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        failure = failures.failure_of(error, [], GlobalSettings(log_file=str(log)))
    assert failure.kind == "unexpected"
    assert failure.exit == Exit.FAILED
    assert str(log) in str(failure.hint)
    assert "ZeroDivisionError: by zero" in log.read_text(encoding="utf-8")


def test_a_fault_of_ours_without_a_log_file_goes_to_a_private_file() -> None:
    failure = failures.failure_of(ZeroDivisionError("by zero"), [], GlobalSettings())
    path = Path(str(failure.hint).split("The traceback is in ")[1].split(" ")[0].rstrip("."))
    try:
        assert "ZeroDivisionError" in path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o077 == 0
    finally:
        path.unlink()


def test_messages_from_outside_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    error = DynaopsError("Table \x1b[2Jx\x07", "hint \x9b31m")
    failures.tell(failures.failure_of(error, [], GlobalSettings()), GlobalSettings())
    err = capsys.readouterr().err
    assert "\\x1b[2Jx\\x07" in err
    assert not {"\x1b", "\x07", "\x9b"} & set(err)


def test_ctrl_c_before_anything_happened() -> None:
    failure = failures.failure_of(KeyboardInterrupt(), [], GlobalSettings())
    assert failure.exit == 130
    assert failure.message == "Interrupted"


def test_a_reader_that_goes_away(here: Path) -> None:
    code = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -m dynaops schema | true; echo "${{PIPESTATUS[0]}}"'],
        cwd=here,
        env=bare_environment(here),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in code.stderr
    assert "BrokenPipe" not in code.stderr
    assert code.stdout.strip() in ("0", "141")


def test_an_ascii_terminal_is_no_reason_to_fail(here: Path) -> None:
    result = run_process(
        "init", "--table", "Zoë", cwd=here, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert result.code == Exit.USAGE
    assert "Traceback" not in result.err


def test_the_log_file_is_written(here: Path) -> None:
    result = run_process("--log-file", "run.log", "state", "list", cwd=here)
    assert result.code == 0
    assert (here / "run.log").exists()


def test_as_a_module(here: Path) -> None:
    result = run_process("--version", cwd=here)
    assert result.code == 0
    assert result.out.startswith("dynaops ")


def test_json_errors_are_ascii(here: Path) -> None:
    result = run_process("state", "show", "Zoë\x1b", "--json", cwd=here)
    assert result.out.isascii()
    assert json.loads(result.out)["error"]["kind"] == "state-error"
