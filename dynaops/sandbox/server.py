"""The sandbox as an HTTP server on 127.0.0.1: AWS's protocols, and control calls for tests and the CLI."""

from __future__ import annotations

import functools
import http.client
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from moto.moto_server import werkzeug_app
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from dynaops import __version__
from dynaops.sandbox import control, http_checks, permissions, pricing, responses
from dynaops.sandbox.callers import Callers, is_local_program, preflight, shared_with
from dynaops.sandbox.control import HOST
from dynaops.sandbox.control import PREFIX as ADMIN
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.faults import Dropped, FaultRule, Faults
from dynaops.sandbox.persist import Persistence
from dynaops.sandbox.recorder import Recorder
from dynaops.sandbox.responses import Answer, request_id
from dynaops.sandbox.world import World
from dynaops.stores.process_identity import identity

werkzeug_app.DISABLE_GLOBAL_CORS = True  # type: ignore[attr-defined]  # moto would let any page read any answer
_READ_TARGETS = (".Describe", ".List", ".Get", ".Query", ".Scan", ".BatchGet", ".TransactGet")
_MOST_CONTROL_BYTES = 1024 * 1024
_REFUSED_SECONDS = 1.0
_MOTO_CONTROL = ("moto_api", "motoapi")


class _Handler(MotoRequestHandler):
    """The HTTP request handler: keeps connections open and prints nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header in virtual time: clients compute a backup's age from it."""
        return formatdate(self.server.sandbox_clock.now(), usegmt=True)  # type: ignore[attr-defined]

    def log(self, type: str, message: str, *args: Any) -> None:
        logging.getLogger("dynaops.sandbox").debug(message, *args)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer an invalid HTTP request with an error in AWS's form instead of an HTML page."""
        text = message or explain or "The request cannot be read"
        self.request_version = (
            self.protocol_version
        )  # otherwise no headers are sent if the request has no HTTP version
        _, headers, body = responses.error_of(
            "rest-xml", ApiError("MalformedHttpRequestException", text, code)
        )
        content = body.encode()
        self.close_connection = True
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@functools.cache
def _backend_app(service: Any) -> Any:
    """moto's WSGI app of a service; crashes become errors in AWS's form, and moto's control interface is disabled.

    It has no state of a sandbox, so all sandboxes of a process share it.
    """
    if service in _MOTO_CONTROL:
        raise ApiError("AccessDeniedException", "The sandbox has no moto-api", 403)
    app = create_backend_app(service)
    app.debug = False  # flask's debugging features take a tenth of the time of a request
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> Any:
        from flask import request

        if isinstance(error, Dropped):
            raise error
        status, headers, body = _crash_error(request.environ, error)
        return body, status, headers

    return app


def _crash_error(environ: WSGIEnvironment, error: Exception) -> Answer:
    """A crash of moto as an error in the form of the requested service; SDKs do not retry a 4xx."""
    if isinstance(error, ApiError):
        return http_checks.refusal(environ, error)
    code = getattr(error, "code", None)
    status = code if isinstance(code, int) and 400 <= code < 500 else 400
    service = http_checks.service_of(environ)
    text = f"The sandbox cannot answer this call of {service}: {type(error).__name__}: {error}"
    return http_checks.refusal(environ, ApiError(responses.NOT_IMPLEMENTED, text, status))


class _Dispatcher(DomainDispatcherApplication):
    """moto's choice of the app for a request, with a cache (moto lists its package folders for each request)."""

    def __init__(self) -> None:
        super().__init__(_backend_app)
        self._backend = functools.lru_cache(maxsize=1000)(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        return self._backend(host)


class Server:
    """One sandbox listening on 127.0.0.1. `port` 0 takes a free one."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        recorder: Recorder,
        persistence: Persistence | None,
        port: int,
        callers: Callers,
    ) -> None:
        self._world = world
        self._faults = faults
        self._recorder = recorder
        self._persistence = persistence
        self._callers = callers
        self._aws = _Dispatcher()
        self._http: BaseWSGIServer = make_server(
            HOST, port, self._answer, threaded=True, request_handler=_Handler
        )
        self._http.daemon_threads = True  # type: ignore[attr-defined]
        self._http.sandbox_clock = world.clock  # type: ignore[attr-defined]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def port(self) -> int:
        return int(self._http.server_port)

    def serve(self) -> None:
        """Serve until `stop`, then save; returns after the snapshot is on disk."""
        self._http.serve_forever(poll_interval=0.05)
        self._http.server_close()
        if self._persistence is not None:
            self._persistence.save()

    def stop(self) -> None:
        """Stop answering."""
        self._http.shutdown()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(ADMIN):
            return self._answer_control_call(path[len(ADMIN) :], environ, start)
        origin = self._callers.allowed_origin(environ)
        marked = self._with_own_headers(start, origin)
        why = self._callers.refusal(environ)
        if why is not None:
            _limit_wait(environ)
            return _send(marked, http_checks.refusal(environ, ApiError("AccessDeniedException", why, 403)))
        headers = preflight(environ)
        if origin is not None and headers is not None:
            start("204 No Content", [*headers, *shared_with(origin)])
            return []
        if environ["REQUEST_METHOD"] == "GET" and path == "/" and "HTTP_AUTHORIZATION" not in environ:
            return _send(marked, (200, {"content-type": "text/plain"}, "healthy: the dynaops sandbox\n"))
        try:
            return self._aws_answer(environ, marked)
        except Dropped:
            _close_connection(environ)
            raise
        except http_checks.DirectResponse as refused:
            _limit_wait(environ)
            return _send(marked, refused.answer)
        except ApiError as error:
            return _send(marked, http_checks.refusal(environ, error))
        except Exception as error:  # moto's dispatcher crashes on requests that no AWS client sends
            return _send(marked, _crash_error(environ, error))

    def _aws_answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        http_checks.check(environ)
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith(pricing.TARGET):
            response = pricing.answer(environ, self._world, self._faults, self._recorder)
            return _json(start, *response, ("x-amzn-RequestId", request_id()))
        begun: list[Any] = []
        answer: Iterable[bytes] = self._aws(environ, lambda *head: begun.extend(head))
        if self._persistence is not None and _mutates(environ):
            self._persistence.changed()
        status, headers, *_ = begun
        if int(status[:3]) >= 400 and environ["REQUEST_METHOD"] != "HEAD":
            answer = [b"".join(answer)]
            if _is_page(environ, answer[0]):
                error = ApiError("UnknownOperationException", "There is no such operation", int(status[:3]))
                return _send(start, http_checks.refusal(environ, error))
        start(status, headers)
        return answer

    def _with_own_headers(self, start: StartResponse, origin: str | None) -> StartResponse:
        """Adds the sandbox's id and speed to the headers, so that our clients choose a suitable polling interval.

        Only pages of an allowed `origin` may read the response; moto's CORS headers are removed.
        """

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            remaining = [
                (name, value)
                for name, value in headers
                if name.lower() != "date" and not name.lower().startswith("access-control-")
            ]
            marked = ("x-dynaops-sandbox", f"speed={self._world.clock.speed:g}; world={self._world.id}")
            return start(status, [*remaining, marked, *(shared_with(origin) if origin else ())], *rest)

        return started

    def _answer_control_call(
        self, path: str, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        if not is_local_program(environ):
            return _json(start, 403, {"error": "not for web pages"})
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal()) or int(length[:9]) > _MOST_CONTROL_BYTES:
            return _json(start, 400, {"error": "the body has no valid length"})
        body = environ["wsgi.input"].read(int(length[:9]))
        method, proof = environ["REQUEST_METHOD"], environ.get("HTTP_X_DYNAOPS_CONTROL", "")
        nonce = control.nonce_of(proof, self.port, method, ADMIN + path, body)
        if nonce is None:
            return _json(
                start, 403, {"error": f"no proof that the caller has the user's key ({control.HEADER})"}
            )
        status, answer = self._run_control_call(f"{method} {path}", body)
        content = json.dumps(answer).encode()
        return _json(start, status, answer, (control.HEADER, control.answer_mac(nonce, status, content)))

    def _run_control_call(self, call: str, body: bytes) -> tuple[int, Any]:
        handler = self._admin_calls().get(call)
        if handler is None:
            return 404, {"error": f"the sandbox has no control call {call}"}
        try:
            return 200, handler(json.loads(body or b"{}"))
        except (ValueError, TypeError, KeyError) as error:
            return 400, {"error": str(error)}

    def _admin_calls(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "GET status": lambda _: self._status(),
            "GET issued-keys": lambda _: permissions.issued_keys(),
            "POST clock": self._clock,
            "GET requests": lambda _: self._recorder.public(),
            "DELETE requests": lambda _: self._recorder.clear(),
            "POST faults": lambda body: {"added": repr(self._faults.add(FaultRule.of(body)))},
            "DELETE faults": lambda _: self._faults.clear(),
            "POST reset": lambda _: self._reset(),
            "POST stop": lambda _: self._stop_soon(),
        }

    def _status(self) -> dict[str, Any]:
        from dynaops.sandbox.dynamodb.model import SandboxTables

        tables = {
            f"{account}/{name}": sorted(region.holding(SandboxTables).by_name)
            for (account, name), region in self._world.all_regions()
        }
        persistence = self._persistence
        return {
            "pid": os.getpid(),
            "process": identity(),
            "folder": os.path.realpath(persistence.folder) if persistence else None,
            "allowed": {"hosts": self._callers.hosts, "origins": self._callers.origins},
            "not_saved": dict(persistence.not_saved) if persistence else {},
            "version": __version__,
            "url": self.url,
            "speed": self._world.clock.speed,
            "now": self._world.now(),
            "requests": len(self._recorder.since()),
            "tables": {region: names for region, names in tables.items() if names},
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


def _send(start: StartResponse, answer: Answer) -> Iterable[bytes]:
    """Send a response of the sandbox."""
    status, headers, text = answer
    content = text.encode() if isinstance(text, str) else text
    start(_status_line(status), [*headers.items(), ("Content-Length", str(len(content)))])
    return [content]


def _json(start: StartResponse, status: int, body: Any, *headers: tuple[str, str]) -> Iterable[bytes]:
    text = json.dumps(body).encode()
    named = [("Content-Type", "application/json"), ("Content-Length", str(len(text))), *headers]
    start(_status_line(status), named)
    return [text]


def _status_line(status: int) -> str:
    return f"{status} {http.client.responses.get(status, 'Refused')}"


def _is_page(environ: WSGIEnvironment, content: bytes) -> bool:
    """Whether an error of moto is a web page or empty, instead of an error in AWS's form."""
    if not content:
        return http_checks.service_of(environ) != "s3"
    return content.lstrip()[:9].lower().startswith((b"<!doctype", b"<html"))


def _limit_wait(environ: WSGIEnvironment) -> None:
    """Limit the time for which werkzeug reads the rest of a refused body from a client that sends no more."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.settimeout(_REFUSED_SECONDS)


def _close_connection(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client has closed the connection already


def _mutates(environ: WSGIEnvironment) -> bool:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return not any(read in target for read in _READ_TARGETS)
    return bool(environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS"))
