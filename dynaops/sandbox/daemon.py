"""The sandbox as a process of its own, shared by all commands of a directory.

Importing this loads neither moto nor boto3: it only starts, finds and stops the process, and talks HTTP to it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dynaops.model.errors import DynaopsError

FOLDER = Path(".dynaops/sandbox")
SPEED = 60.0
"""AWS seconds a real second, unless told otherwise: an index build of nine minutes takes nine seconds."""
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Running:
    """A sandbox that answers: where, as which process, and how fast its time goes."""

    url: str
    pid: int
    speed: float


def start(folder: Path = FOLDER, port: int | None = None, speed: float = SPEED) -> Running:
    """Start the directory's sandbox, or find it running. Raises DynaopsError where it does not come up."""
    from filelock import FileLock

    if find_spec("moto") is None:
        raise DynaopsError("The sandbox is not installed", "Install it with: pip install 'dynaops[sandbox]'")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "start.lock", timeout=_START_SECONDS):
        running = status(folder)
        if running is None:
            running = _launch(folder, port or 0, speed)
    return running


def ensure(folder: Path = FOLDER) -> str:
    """The URL of the directory's sandbox, which is started when needed."""
    running = status(folder) or start(folder)
    return running.url


def status(folder: Path = FOLDER) -> Running | None:
    """The directory's sandbox, if it answers."""
    try:
        running = Running(**json.loads((folder / "server.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    found = ask(running.url, "GET", "status")
    if found is None or found.get("pid") != running.pid:
        return None
    return Running(running.url, running.pid, float(found["speed"]))


def details(folder: Path = FOLDER) -> dict[str, Any] | None:
    """What the directory's sandbox says of itself: tables, virtual time, requests."""
    running = status(folder)
    return ask(running.url, "GET", "status") if running else None


def stop(folder: Path = FOLDER) -> bool:
    """Stop the directory's sandbox, its content saved; False where none ran."""
    running = status(folder)
    if running is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _alive(running.pid):
        time.sleep(0.05)
    return True


def _alive(pid: int) -> bool:
    """Whether the process still runs (one of ours that has ended is reaped, so that it does not count)."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def reset(folder: Path = FOLDER) -> None:
    """Empty the directory's sandbox, running or not."""
    running = status(folder)
    if running is not None:
        ask(running.url, "POST", "reset", {})
        return
    for name in ("snapshot.pickle", "snapshot.unusable"):
        (folder / name).unlink(missing_ok=True)


def advance(seconds: float, folder: Path = FOLDER) -> dict[str, Any]:
    """Let `seconds` of AWS's time pass. Raises DynaopsError where no sandbox runs."""
    return _told(folder, {"advance": seconds})


def set_speed(speed: float, folder: Path = FOLDER) -> dict[str, Any]:
    """Let AWS's time go `speed` times as fast as real time. Raises DynaopsError where no sandbox runs."""
    return _told(folder, {"speed": speed})


def _told(folder: Path, body: dict[str, Any]) -> dict[str, Any]:
    running = status(folder)
    answer: dict[str, Any] | None = ask(running.url, "POST", "clock", body) if running else None
    if answer is None:
        raise DynaopsError("No sandbox is running here", "Start it with: dynaops sandbox start")
    return answer


def announce(folder: Path, url: str, speed: float) -> None:
    """Said by the process itself: this is where it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(Running(url, os.getpid(), speed)))
    new = folder / f".server-{os.getpid()}.json"
    new.write_text(text)
    new.replace(folder / "server.json")


def withdraw(folder: Path) -> None:
    """Said by the process itself: it answers no more."""
    (folder / "server.json").unlink(missing_ok=True)


def ask(url: str, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
    """One call of the sandbox's own interface; None where nobody answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=5)
    try:
        connection.request(method, f"/_dynaops/{what}", json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        return json.loads(answer.read()) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _launch(folder: Path, port: int, speed: float) -> Running:
    (folder / "server.json").unlink(missing_ok=True)
    log = folder / "server.log"
    command = [sys.executable, "-m", "dynaops.sandbox", "--data-dir", str(folder)]
    command += ["--port", str(port), "--speed", str(speed)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
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


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
