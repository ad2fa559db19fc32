"""A forked process shows what a plain one does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.preloaded.process import PLAIN, Process, popen, run, search_path

PROBE = """
import atexit, os, signal, sys, threading, time

def say(**values):
    print(sorted(values.items()), flush=True)

def speak():
    say(argv=sys.argv[1:], cwd=os.getcwd(), path=sys.path[0], name=__name__, colour=os.environ.get("COLOUR"))
    say(home=os.environ.get("HOME"), input=sys.stdin.read(), descriptors=os.listdir("/proc/self/fd")[:3])
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        say(encoding=stream.encoding, errors=stream.errors, lines=stream.line_buffering, fd=stream.fileno())
    say(interrupt=signal.getsignal(signal.SIGINT), child=signal.getsignal(signal.SIGCHLD))
    say(pipe=signal.getsignal(signal.SIGPIPE), threads=threading.active_count())
    atexit.register(print, "at exit")
    threading.Thread(target=lambda: (time.sleep(0.05), print("thread ends"))).start()
    print("not flushed")

def end():
    sys.exit(int(sys.argv[2]) if sys.argv[2].isdigit() else sys.argv[2])

def fail():
    raise ValueError("on purpose")

def wait():
    print(os.getpid(), flush=True)
    time.sleep(60)

globals()[sys.argv[1]]()
"""


@pytest.fixture(params=["forked", "plain"])
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of processes, in a folder with the program `probe`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe.py").write_text(PROBE)
    if request.param == "plain":
        monkeypatch.setenv(PLAIN, "1")
    kind: str = request.param
    return kind


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a probe both ways: (exit code, stdout, last line of stderr) of each."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe.py").write_text(PROBE)

    def ran(*arguments: str, **options: Any) -> list[tuple[int, str, str]]:
        results = []
        for plain in ("", "1"):
            monkeypatch.setenv(PLAIN, plain)
            done = run("probe", *arguments, timeout=60, **options)
            results.append((done.returncode, done.stdout, done.stderr.strip().rpartition("\n")[2]))
        return results

    return ran


def test_it_has_the_same_surroundings(both: Any, tmp_path: Path) -> None:
    env = {**os.environ, "COLOUR": "blue"}
    env.pop("HOME", None)
    forked, plain = both("speak", "a b", "ü", env=env, input="given")
    assert forked == plain
    assert "not flushed\nthread ends\nat exit\n" in forked[1]
    assert ("colour", "blue") and f"('cwd', {str(tmp_path)!r})" in forked[1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("end", "0"), 0), (("end", "5"), 5), (("end", "257"), 1), (("end", "words"), 1), (("fail",), 1)],
)
def test_it_has_the_same_end(both: Any, arguments: tuple[str, ...], code: int) -> None:
    forked, plain = both(*arguments)
    assert forked == plain
    assert forked[0] == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it(kind: str, number: signal.Signals) -> None:
    with popen("probe", "wait", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert isinstance(process, Process) == (kind == "forked")
        assert process.stdout and process.stderr
        assert int(process.stdout.readline()) == process.pid
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
        process.send_signal(number)
        assert process.wait(timeout=30) == -number
        assert ("KeyboardInterrupt" in process.stderr.read()) == (number == signal.SIGINT)


def test_a_hanging_one_is_killed(kind: str) -> None:
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        run("probe", "wait", timeout=1)
    pid = int(caught.value.stdout or 0)
    while Path(f"/proc/{pid}").exists():  # the test's own timeout guards against a process that stays
        time.sleep(0.01)


def test_it_leads_a_session_if_asked_to(kind: str) -> None:
    with popen("probe", "wait", stdout=subprocess.PIPE, start_new_session=True) as process:
        assert os.getsid(process.pid) == process.pid
        process.kill()


@pytest.mark.usefixtures("kind")
def test_a_reader_that_goes_is_told_by_the_exit_code() -> None:
    with popen("dynaops", "schema", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert (process.wait(timeout=60), process.stderr.read()) == (141, b"")


def test_what_counts_at_the_start_is_shown_by_a_plain_process() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with popen("dynaops", "--version", stdout=subprocess.DEVNULL, env=env) as process:
        assert not isinstance(process, Process)


def test_shell_scripts_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
        dynaops validate missing.yaml; echo "exit $?"
        echo "table_name: users" | dynaops validate - >/dev/null 2>&1; echo "exit $?"
        (cd sub && dynaops init --table users && ls)
        dynaops schema | head -c 1; echo "exits ${PIPESTATUS[*]}"
    """
    results = []
    for plain in ("", "1"):
        (tmp_path / "sub").mkdir()
        monkeypatch.setenv(PLAIN, plain)
        env = {**os.environ, "PATH": search_path(), "HOME": str(tmp_path)}
        done = subprocess.run(
            ["bash", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        results.append((done.stdout, done.stderr))
        shutil.rmtree(tmp_path / "sub")
    assert results[0] == results[1]
    assert "exit 1" in results[0][0]


def test_the_server_leaves_with_those_who_started_it(tmp_path: Path) -> None:
    program = "from tests.preloaded.process import run, socket_path\nprint(socket_path())"
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert not Path(done.stdout.strip()).exists()
