"""The sandbox as a separate process, shared by all commands in a project's directory.

Importing this loads neither moto nor boto3: it only starts, finds and stops the process, and talks HTTP to it. What
``server.json`` says is only a hint: a sandbox counts as running when the process on that port of this machine
proves that it knows the user's secret key, and reports the same folder and process id.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from dynaops.model.errors import DynaopsError
from dynaops.sandbox import state_folder
from dynaops.sandbox.callers import Callers
from dynaops.sandbox.control import HOST, ask
from dynaops.stores.process_identity import has_ended, identity

SPEED = 60.0
"""Default speed, virtual seconds per real second: an index build of nine minutes takes nine seconds."""
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_NOTE = "server.json"


@dataclass(frozen=True)
class Running:
    """A running sandbox: its URL, its process, and the speed of its clock."""

    url: str
    pid: int
    speed: float
    process: str | None = None
    """The process's identity with its start time, if the system provides it (`stores.process.identity`)."""


@dataclass(frozen=True)
class _Note:
    """The content of ``server.json``."""

    port: int
    pid: int


def start(
    folder: Path | None = None,
    port: int | None = None,
    speed: float = SPEED,
    callers: Callers | None = None,
) -> Running:
    """Start the directory's sandbox, unless it is running.

    Raises DynaopsError if it does not start, or is running and does not admit these `callers`.
    """
    from filelock import FileLock

    if find_spec("moto") is None:
        raise DynaopsError("The sandbox is not installed", "Install it with: pip install 'dynaops[sandbox]'")
    folder = folder or state_folder.folder_of()
    state_folder.make(folder)
    with FileLock(folder / "start.lock", timeout=_START_SECONDS, mode=0o600):
        running = status(folder)
        if running is None:
            options = ["--port", str(port or 0), "--speed", str(speed)]
            options += [f"--allow-host={host}" for host in (callers.hosts if callers else ())]
            options += [f"--allow-origin={origin}" for origin in (callers.origins if callers else ())]
            running = _launch(folder, options)
        elif callers is not None:
            _check_callers(folder, callers)
    return running


def _check_callers(folder: Path, callers: Callers) -> None:
    """Raise DynaopsError if the running sandbox does not admit all of `callers`."""
    allowed = (details(folder) or {}).get("allowed", {})
    lacking = set(callers.hosts) - set(allowed.get("hosts", ()))
    lacking |= set(callers.origins) - set(allowed.get("origins", ()))
    if lacking:
        raise DynaopsError(
            f"The sandbox runs already, without letting {', '.join(sorted(lacking))} in",
            "Stop it first: dynaops sandbox stop",
        )


def ensure(folder: Path | None = None) -> Running:
    """The directory's sandbox; starts it if it is not running."""
    return status(folder) or start(folder)


def status(folder: Path | None = None) -> Running | None:
    """The directory's sandbox; None unless it answers and proves its identity."""
    answer = details(folder)
    if answer is None:
        return None
    return Running(str(answer["url"]), int(answer["pid"]), float(answer["speed"]), answer.get("process"))


def details(folder: Path | None = None) -> dict[str, Any] | None:
    """The status that the directory's sandbox reports: tables, virtual time, requests."""
    folder = folder or state_folder.folder_of()
    note = _read_note(folder)
    if note is None:
        return None
    answer: dict[str, Any] | None = ask(f"http://{HOST}:{note.port}", "GET", "status")
    if answer is None or answer.get("pid") != note.pid or answer.get("folder") != os.path.realpath(folder):
        return None
    return {**answer, "url": f"http://{HOST}:{note.port}"}


def issued_keys(url: str) -> list[dict[str, str]]:
    """The access keys that the sandbox at `url` has issued: id, and SHA-256 of secret and session token."""
    answer: list[dict[str, str]] | None = ask(url, "GET", "issued-keys")
    return answer or []


def stop(folder: Path | None = None) -> bool:
    """Save and stop the directory's sandbox; False if none ran. Raises DynaopsError if it does not stop."""
    running = status(folder)
    if running is None:
        return False
    ask(running.url, "POST", "stop", {})
    if _ends_in_time(running):
        return True
    if running.process is not None and identity(running.pid) == running.process:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGTERM)
        if _ends_in_time(running):
            return True
    raise DynaopsError(f"The sandbox (process {running.pid}) does not stop", "End that process yourself.")


def _ends_in_time(running: Running) -> bool:
    """Whether the process ends before the deadline (a child process of ours is reaped)."""
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(running.pid, os.WNOHANG)[0] == running.pid:
                return True
        if running.process is not None and has_ended(running.process):
            return True
        try:
            os.kill(running.pid, 0)
        except (ProcessLookupError, PermissionError):  # another user's process has the number now
            return True
        time.sleep(0.05)
    return False


def reset(folder: Path | None = None) -> None:
    """Empty the directory's sandbox, running or not."""
    folder = folder or state_folder.folder_of()
    running = status(folder)
    if running is not None:
        ask(running.url, "POST", "reset", {})
        return
    for name in ("snapshot.pickle", "snapshot.unusable"):
        (folder / name).unlink(missing_ok=True)


def advance(seconds: float, folder: Path | None = None) -> dict[str, Any]:
    """Advance the virtual time by `seconds`. Raises DynaopsError if no sandbox runs."""
    return _set_clock(folder, {"advance": seconds})


def set_speed(speed: float, folder: Path | None = None) -> dict[str, Any]:
    """Let virtual time pass `speed` times as fast as real time. Raises DynaopsError if no sandbox runs."""
    return _set_clock(folder, {"speed": speed})


def _set_clock(folder: Path | None, body: dict[str, Any]) -> dict[str, Any]:
    running = status(folder)
    answer: dict[str, Any] | None = ask(running.url, "POST", "clock", body) if running else None
    if answer is None:
        raise DynaopsError("No sandbox is running here", "Start it with: dynaops sandbox start")
    return answer


def announce(folder: Path, port: int) -> None:
    """Write this process's port and id to ``server.json``; called by the sandbox's own process."""
    state_folder.write_private(folder / _NOTE, json.dumps(asdict(_Note(port, os.getpid()))).encode())


def withdraw(folder: Path) -> None:
    """Delete the file that `announce` wrote; called by the sandbox's own process."""
    (folder / _NOTE).unlink(missing_ok=True)


def _read_note(folder: Path) -> _Note | None:
    """The content of the folder's ``server.json``, if valid. Raises DynaopsError for a folder that others may write."""
    if not os.path.lexists(folder):
        return None
    state_folder.check(folder)
    content = state_folder.read_private(folder / _NOTE)
    try:
        note = _Note(**json.loads(content or b""))
    except (ValueError, TypeError):
        return None
    valid = type(note.port) is int and type(note.pid) is int and 0 < note.port < 65536
    return note if valid else None


def _launch(folder: Path, options: list[str]) -> Running:
    (folder / _NOTE).unlink(missing_ok=True)
    log = folder / "server.log"
    # -P: Python does not import modules from the directory that the process is started in
    command = [
        sys.executable,
        "-P",
        "-m",
        "dynaops.sandbox",
        "--data-dir",
        os.path.realpath(folder),
        *options,
    ]
    with _open_log(log) as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = status(folder)
        if running is not None:
            return running
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise DynaopsError(f"The sandbox did not start: {_last_line(log)}", f"Its log is {log}.")


@contextmanager
def _open_log(log: Path) -> Iterator[IO[bytes]]:
    """The log file, opened for appending; only its owner can read it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(log, flags, 0o600), "ab") as output:
        yield output


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "its log is empty"
