"""The sandbox over HTTP, on this machine only: AWS's protocols, and a few calls of our own for tests and the CLI."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from dynaops import __version__
from dynaops.sandbox import pricing
from dynaops.sandbox.faults import Dropped, Faults, Rule
from dynaops.sandbox.persist import Persistence
from dynaops.sandbox.recorder import Recorder
from dynaops.sandbox.world import World

HOST = "127.0.0.1"
ADMIN = "/_dynaops/"
_READ_TARGETS = (".Describe", ".List", ".Get", ".Query", ".Scan", ".BatchGet", ".TransactGet")


class _Handler(MotoRequestHandler):
    """Keeps connections open and says nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 (http.server's name)
        """Answers bear the sandbox's time, as AWS's bear AWS's: who asks how old a backup is goes by that."""
        return formatdate(self.server.sandbox_clock.now(), usegmt=True)  # type: ignore[attr-defined]

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: ARG002 (werkzeug's name)
        logging.getLogger("dynaops.sandbox").debug(message, *args)


def _backend_app(service: Any) -> Any:
    """moto's app of a service, with a crash in it told as a refusal instead of an HTML page."""
    app = create_backend_app(service)

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> Any:
        if isinstance(error, Dropped):
            raise error
        code = getattr(error, "code", None)
        status = code if isinstance(code, int) and 400 <= code < 500 else 400
        text = f"The sandbox cannot answer this call of {service}: {type(error).__name__}: {error}"
        body = json.dumps({"__type": "NotImplemented", "message": text})
        return body, status, {"content-type": "application/x-amz-json-1.1"}

    return app


class Server:
    """One sandbox listening on 127.0.0.1. `port` 0 takes a free one."""

    def __init__(
        self, world: World, faults: Faults, recorder: Recorder, persistence: Persistence | None, port: int = 0
    ) -> None:
        self._world = world
        self._faults = faults
        self._recorder = recorder
        self._persistence = persistence
        self._aws = DomainDispatcherApplication(_backend_app)
        self._http: BaseWSGIServer = make_server(
            HOST, port, self._answer, threaded=True, request_handler=_Handler
        )
        self._http.daemon_threads = True  # type: ignore[attr-defined]
        self._http.sandbox_clock = world.clock  # type: ignore[attr-defined]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._http.server_port}"

    def serve(self) -> None:
        """Answer until `stop`, then save: whoever serves does not leave before all is on disk."""
        self._http.serve_forever(poll_interval=0.05)
        self._http.server_close()
        if self._persistence is not None:
            self._persistence.save()

    def stop(self) -> None:
        """Stop answering."""
        self._http.shutdown()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ.get("HTTP_ORIGIN") and not _is_ours(environ.get("HTTP_HOST", "")):
            return _json(start, 403, {"error": "not for web pages"})
        if path.startswith(ADMIN):
            return self._admin(path[len(ADMIN) :], environ, start)
        if environ["REQUEST_METHOD"] == "GET" and path == "/" and "HTTP_AUTHORIZATION" not in environ:
            text = b"healthy: the dynaops sandbox\n"
            start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
            return [text]
        try:
            if environ.get("HTTP_X_AMZ_TARGET", "").startswith(pricing.TARGET):
                return _json(
                    self._marked(start), *pricing.answer(environ, self._world, self._faults, self._recorder)
                )
            answer: Iterable[bytes] = self._aws(environ, self._marked(start))
        except Dropped:
            _hang_up(environ)
            raise
        if self._persistence is not None and _mutates(environ):
            self._persistence.changed()
        return answer

    def _marked(self, start: StartResponse) -> StartResponse:
        """Every answer tells the sandbox's speed, so that our own clients look as often as it makes sense."""

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if name.lower() != "date"]
            marked = ("x-dynaops-sandbox", f"speed={self._world.clock.speed:g}")
            return start(status, [*kept, marked], *rest)

        return started

    def _admin(self, what: str, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("HTTP_ORIGIN") or not _is_ours(environ.get("HTTP_HOST", "")):
            return _json(start, 403, {"error": "not for web pages"})
        handler = self._admin_calls().get(f"{environ['REQUEST_METHOD']} {what}")
        if handler is None:
            return _json(
                start, 404, {"error": f"the sandbox has no {environ['REQUEST_METHOD']} {ADMIN}{what}"}
            )
        try:
            size = int(environ.get("CONTENT_LENGTH") or 0)
            body = json.loads(environ["wsgi.input"].read(size) or b"{}")
            return _json(start, 200, handler(body))
        except (ValueError, TypeError, KeyError) as error:
            return _json(start, 400, {"error": str(error)})

    def _admin_calls(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "GET status": lambda _: self._status(),
            "POST clock": self._clock,
            "GET requests": lambda _: self._recorder.public(),
            "DELETE requests": lambda _: self._recorder.clear(),
            "POST faults": lambda body: {"added": repr(self._faults.add(Rule.of(body)))},
            "DELETE faults": lambda _: self._faults.clear(),
            "POST reset": lambda _: self._reset(),
            "POST stop": lambda _: self._stop_soon(),
        }

    def _status(self) -> dict[str, Any]:
        from dynaops.sandbox.dynamodb.model import Tables

        tables = {
            f"{account}/{name}": sorted(region.holding(Tables).by_name)
            for (account, name), region in self._world.all_regions()
        }
        return {
            "pid": os.getpid(),
            "version": __version__,
            "url": self.url,
            "speed": self._world.clock.speed,
            "now": self._world.now(),
            "requests": len(self._recorder.since()),
            "tables": {place: names for place, names in tables.items() if names},
        }

    def _clock(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._world.lock:
            if "speed" in body:
                self._world.clock.set_speed(float(body["speed"]))
            if "advance" in body:
                self._world.clock.advance(float(body["advance"]))
            self._world.settle()
        return {"now": self._world.now(), "speed": self._world.clock.speed}

    def _reset(self) -> dict[str, Any]:
        from dynaops.sandbox.persist import forget_everything

        with self._world.lock:
            forget_everything(self._world)
            self._recorder.clear()
            self._faults.clear()
        if self._persistence is not None:
            self._persistence.save()
        return {"reset": True}

    def _stop_soon(self) -> dict[str, Any]:
        threading.Timer(0.05, self.stop).start()
        return {"stopping": True}


def _is_ours(host: str) -> bool:
    """Whether a Host header names this machine: a web page whose name was bent to 127.0.0.1 sends its own name."""
    name = urlsplit(f"//{host}").hostname or ""
    return name in (HOST, "localhost", "::1")


def _json(start: StartResponse, status: int, body: Any) -> Iterable[bytes]:
    text = json.dumps(body).encode()
    phrase = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}[status]
    start(f"{status} {phrase}", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def _hang_up(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client was faster


def _mutates(environ: WSGIEnvironment) -> bool:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return not any(read in target for read in _READ_TARGETS)
    return bool(environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS"))
