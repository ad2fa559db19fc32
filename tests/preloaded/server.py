"""The server of processes: imports dynaops once, then forks a process for each request.

``python -m tests.preloaded.server SOCKET`` listens on the Unix socket until its stdin is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

from tests.preloaded import models
from tests.preloaded.protocol import receive_request, send_number

_SERVICES = ("dynamodb", "sts", "lambda", "iam", "application-autoscaling", "cloudwatch", "backup", "s3")
_MOST_DESCRIPTORS = 1024


class Server:
    """Forks processes, and tells those who asked for them of their end."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._ended, wakeup = os.pipe()  # readable once a child has ended
        os.set_blocking(self._ended, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the tests' terminal is for the tests
        self._asking: dict[int, socket.socket] = {}

    def serve(self) -> dict[str, Any] | None:
        """Fork until stdin is closed. In a new process: its request, to be run by the caller; else None."""
        while True:
            ready, _, _ = select.select([0, self._listener.fileno(), self._ended], [], [])
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._reap()
            if self._listener.fileno() in ready:
                request = self._fork(self._listener.accept()[0])
                if request is not None:
                    return request
            if 0 in ready and not os.read(0, 1):
                return None

    def _fork(self, connection: socket.socket) -> dict[str, Any] | None:
        request, streams = receive_request(connection)
        pid = os.fork()
        if pid:
            self._asking[pid] = connection
            for stream in streams:
                os.close(stream)
            return None
        if request["session"]:
            os.setsid()
        send_number(connection, os.getpid())  # who asked sees a process that is what was asked for
        self._let_go(connection)
        become(request, streams)
        return request

    def _let_go(self, connection: socket.socket) -> None:
        """Keep nothing of the server in a new process."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for one in (self._listener, connection, *self._asking.values()):
            one.detach()
        self._asking.clear()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            connection = self._asking.pop(pid)
            with contextlib.suppress(OSError):  # whoever asked is no longer interested
                send_number(connection, status)
            connection.close()


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Take on the environment, the working directory and the standard streams of a request."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, _MOST_DESCRIPTORS)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.path[0] = str(Path.cwd())
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "w")  # type: ignore[misc]


def _stream(number: int, mode: str) -> io.TextIOWrapper:
    """A standard stream as the interpreter makes it at its start."""
    replaced = (sys.stdin, sys.stdout, sys.stderr)[number]
    assert isinstance(replaced, io.TextIOWrapper)
    unbuffered = replaced.write_through  # python -u, PYTHONUNBUFFERED
    raw = open(number, f"{mode}b", 0 if unbuffered else -1, closefd=False)  # noqa: SIM115 (it stays open)
    return io.TextIOWrapper(
        raw,
        encoding=replaced.encoding,
        errors=replaced.errors,
        line_buffering=not unbuffered and (number == 2 or raw.isatty()),
        write_through=unbuffered,
    )


def preload() -> None:
    """Import all of dynaops, and load what it loads at its first use of a spec and of AWS."""
    import dynaops

    for module in pkgutil.walk_packages(dynaops.__path__, "dynaops."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    import botocore.session

    from dynaops.kinds import TableSpec

    TableSpec.model_rebuild()
    models.share()
    session = botocore.session.Session()
    for service in _SERVICES:
        session.create_client(
            service,
            region_name="eu-west-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
            endpoint_url="http://127.0.0.1:1",
        )


def run_to_its_end(request: dict[str, Any]) -> NoReturn:
    """Run the program of a request and end this process as the interpreter does, with the same exit code.

    The interpreter would then also empty each module and free all memory, which takes 0.1 s after so many imports.
    """
    sys.argv = [request["program"], *request["arguments"]]
    code = _code_of(request["program"])
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are no daemons
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # the interpreter's own code where it cannot write the rest
    os._exit(code & 0xFF)


def _code_of(program: str) -> int:
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def main() -> None:
    """Preload, say so, and serve."""
    preload()
    gc.collect()
    gc.freeze()  # collections in the processes leave what they share alone
    server = Server(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    request = server.serve()
    if request is not None:
        run_to_its_end(request)


if __name__ == "__main__":
    main()
