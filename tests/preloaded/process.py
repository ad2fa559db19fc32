"""Processes that the server forks, for tests: as `subprocess.Popen` and `subprocess.run`."""

from __future__ import annotations

import atexit
import functools
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.preloaded.protocol import receive_number, send_request

ROOT = Path(__file__).parent.parent.parent
PLAIN = "DYNAOPS_TESTS_PLAIN_PROCESSES"
_AT_START = ("PYTHON", "LC_", "LANG", "TYPER_", "_TYPER_")
"""What the interpreter and its libraries read from the environment only when they start or are imported."""


def popen(program: str, *arguments: str | Path, **options: Any) -> subprocess.Popen[Any]:
    """Start ``python -m program arguments``; `options` are those of `subprocess.Popen`."""
    command = [sys.executable, "-m", program, *map(str, arguments)]
    if _plain(options.get("env")):
        return subprocess.Popen(command, **options)
    return Process(command, **options)


def run(
    program: str, *arguments: str | Path, timeout: float, input: Any = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m program arguments`` to its end, with its output as text.

    Raises subprocess.TimeoutExpired where it hangs; the process is killed then.
    """
    if input is not None:
        options["stdin"] = subprocess.PIPE
    options = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        **options,
    }
    with popen(program, *arguments, **options) as process:
        try:
            out, err = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class Process(subprocess.Popen[Any]):
    """A `Popen` whose process is forked from the server of this test session.

    `subprocess` itself makes the pipes, communicates and sends the signals. What is replaced is how the process starts
    and how its end is seen, since it is a child of the server.
    """

    _connection: socket.socket | None = None

    def _execute_child(self, args: list[str], *rest: Any) -> None:
        """Called by `Popen` with the file descriptors of the new process and of this one, -1 where there is none."""
        preexec_fn, _, pass_fds, cwd, env = rest[1:6]
        pipes, new_session = rest[9:15], rest[20]
        assert not preexec_fn and not pass_fds, "only subprocess can do that"
        streams = [
            number if pipe == -1 else pipe for number, pipe in enumerate((pipes[0], pipes[3], pipes[5]))
        ]
        self._connection = connect()
        request = {
            "program": args[2],
            "arguments": args[3:],
            "cwd": os.fspath(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "session": bool(new_session),
        }
        send_request(self._connection, request, streams)
        self.pid = receive_number(self._connection)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and self._connection is not None:
            self._collect(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, or minus the number of the signal. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            self._collect(None if deadline is None else max(0.0, deadline - time.monotonic()))
            if self.returncode is None and deadline is not None and time.monotonic() >= deadline:
                assert timeout is not None
                raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def _collect(self, timeout: float | None) -> None:
        """Take the exit code from the server if it comes within `timeout` seconds (None: whenever)."""
        assert self._connection is not None
        if select.select([self._connection], [], [], timeout)[0]:
            status = receive_number(self._connection)
            self.returncode = os.waitstatus_to_exitcode(status)
            self._connection.close()
            self._connection = None


def connect() -> socket.socket:
    """A connection to the server of this test session, which is started when it is first needed."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(socket_path())
    return connection


@functools.cache
def socket_path() -> str:
    """Where the server listens."""
    folder = tempfile.mkdtemp(prefix="dynaops-tests-")  # short: the path of a socket has 107 bytes at most
    path = f"{folder}/s"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded.server", path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin and server.stdout

    def stop() -> None:
        server.communicate()  # it ends once its stdin is closed
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    assert server.stdout.readline() == b"ready\n", "the server of processes did not start"
    return path


def search_path() -> str:
    """The PATH of shell scripts that run ``dynaops``: as a forked process, or as the installed command."""
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    if not _plain(None):
        folders.insert(0, str(_command().parent))
    return os.pathsep.join(folders)


@functools.cache
def _command() -> Path:
    """The executable file ``dynaops`` that asks the server."""
    path = socket_path()
    file = Path(path).with_name("dynaops")
    lines = [
        f"#!{sys.executable} -IS",
        "import sys",
        f"sys.path.append({str(ROOT)!r})",
        "from tests.preloaded.command import main",
        f"main({path!r})",
    ]
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o755)
    return file


def _plain(env: Mapping[str, str] | None) -> bool:
    """Whether only a plain process will do."""
    if os.environ.get(PLAIN) or not hasattr(socket, "AF_UNIX"):
        return True
    return env is not None and _at_start(env) != _at_start(_ENVIRONMENT)


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_AT_START)}


_ENVIRONMENT = dict(os.environ)
"""What the server has of this process."""
