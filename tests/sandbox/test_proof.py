"""A sandbox counts as running, and is stopped, only if it proves to be this user's and this folder's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer, daemon, state_folder
from dynaops.sandbox.control import HEADER, ask
from dynaops.stores.process_identity import identity


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    state_folder.make(tmp_path / "sandbox")
    return tmp_path / "sandbox"


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that nobody may end."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


@contextmanager
def impostor(answer: Any, **headers: str) -> Iterator[tuple[int, list[str]]]:
    """A server that answers everything with this document; its port, and the heads of the requests that it got."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"{self.requestline}\n{self.headers}")
            content = json.dumps(answer).encode()
            self.send_response(200)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def note(folder: Path, **content: Any) -> None:
    state_folder.write_private(folder / "server.json", json.dumps(content).encode())


NOTES: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"port": 9}',
    b'{"port": "9", "pid": 1}',
    b'{"port": 0, "pid": 1}',
    b'{"port": 65536, "pid": 1}',
    b'{"port": -1, "pid": 1}',
    b'{"port": true, "pid": 1}',
    b'{"port": 9, "pid": "1"}',
    b'{"port": 9, "pid": 1}',
    b'{"url": "http://evil.example:80", "pid": 1, "speed": 60}',
    b'{"port": 9, "pid": 1, "url": "http://evil.example"}',
    b"\xff",
]


@pytest.mark.parametrize("content", NOTES)
def test_a_note_that_leads_nowhere(folder: Path, content: bytes) -> None:
    state_folder.write_private(folder / "server.json", content)
    assert daemon.status(folder) is None
    assert not daemon.stop(folder)
    daemon.reset(folder)


def test_an_impostor_is_not_believed_and_gets_no_secret(
    folder: Path, bystander: subprocess.Popen[bytes]
) -> None:
    claim = {
        "pid": bystander.pid,
        "process": identity(bystander.pid),
        "folder": os.path.realpath(folder),
        "speed": 60.0,
    }
    for proof in ("", "0" * 64, "nonsense"):
        with impostor(claim, **({HEADER: proof} if proof else {})) as (port, heard):
            note(folder, port=port, pid=bystander.pid)
            assert daemon.status(folder) is None
            assert not daemon.stop(folder)
            daemon.reset(folder)
            with pytest.raises(DynaopsError, match="No sandbox is running"):
                daemon.advance(1, folder)
            assert daemon.issued_keys(f"http://127.0.0.1:{port}") == []
        assert heard and state_folder.secret().hex() not in "".join(heard)
        assert not any("Authorization" in head for head in heard)
    assert bystander.poll() is None


def test_a_proof_that_was_heard_elsewhere_is_worth_nothing(folder: Path) -> None:
    """An impostor that repeats what a real sandbox answered to another request."""
    with SandboxServer(speed=0, data_dir=folder) as server:
        answer = ask(server.url, "GET", "status")
        assert answer["folder"] == os.path.realpath(folder)
    with impostor(answer, **{HEADER: "ab" * 32}) as (port, _):
        note(folder, port=port, pid=answer["pid"])
        assert daemon.status(folder) is None


def test_the_sandbox_of_another_folder_is_not_this_ones(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with SandboxServer(speed=0, data_dir=other) as server:
        note(folder, port=server.port, pid=os.getpid())
        assert ask(server.url, "GET", "status")["pid"] == os.getpid()
        assert daemon.status(folder) is None
        assert not daemon.stop(folder)


def test_a_note_with_another_process_is_not_believed(
    folder: Path, bystander: subprocess.Popen[bytes]
) -> None:
    with SandboxServer(speed=0, data_dir=folder) as server:
        note(folder, port=server.port, pid=bystander.pid)
        assert daemon.status(folder) is None
        assert not daemon.stop(folder)
    assert bystander.poll() is None


def test_a_process_that_does_not_end_is_not_killed_unless_it_is_the_same(
    folder: Path, bystander: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_STOP_SECONDS", 0.1)
    other = daemon.Running("http://127.0.0.1:9", bystander.pid, 60.0, f"{identity(bystander.pid)}1")
    monkeypatch.setattr(daemon, "status", lambda _: other)
    monkeypatch.setattr(daemon, "_ends_in_time", lambda _: False)
    with pytest.raises(DynaopsError, match="does not stop"):
        daemon.stop(folder)
    assert bystander.poll() is None


@pytest.mark.parametrize("wide", [0o644, 0o666])
def test_a_note_that_others_could_write_is_refused(folder: Path, wide: int) -> None:
    note(folder, port=9, pid=1)
    (folder / "server.json").chmod(wide)
    with pytest.raises(DynaopsError, match="Other users may use"):
        daemon.status(folder)
