"""Who may call the sandbox over HTTP: programs of this machine, and only the web pages that were named at its start.

A browser lets any page send requests to 127.0.0.1. Such a request is recognised by an Origin header, Fetch Metadata
(``Sec-Fetch-Site``, https://www.w3.org/TR/fetch-metadata), or, where a page's own name was made to resolve to 127.0.0.1
(DNS rebinding), by the Host header. Fetch Metadata shows an ``<img>`` or a form that sends no Origin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s,*]+", re.IGNORECASE)


@dataclass(frozen=True)
class Callers:
    """The host names that the sandbox accepts, and the origins whose pages may call AWS's interface.

    `hosts`: besides the loopback names, without ports; ``*.NAME`` matches all subdomains. `origins`: as browsers
    send them, ``http://localhost:3000``.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not _NAME.fullmatch(host):
                raise ValueError(f"a host is a name like host.docker.internal or *.localhost, not {host!r}")
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"an origin looks like http://localhost:3000, not {origin!r}")

    def refusal(self, environ: WSGIEnvironment) -> str | None:
        """Why a request of AWS's interface is refused, or None if it is not."""
        host = environ.get("HTTP_HOST", "")
        if not _LOOPBACK.fullmatch(host) and not self._is_named(host):
            return (
                f"The request is for the host {host!r}, which is not this sandbox. If it is yours, start the sandbox "
                "with --allow-host NAME"
            )
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            if origin in self.origins:
                return None
            return (
                f"The request comes from a web page of {origin!r}. If it is yours, start the sandbox with "
                "--allow-origin ORIGIN"
            )
        if environ.get("HTTP_SEC_FETCH_SITE", "none") != "none":
            return "The request comes from a web page"
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and _acts_unsigned(environ):
            return "The request is not signed"  # an old browser's <img> could send it
        return None

    def allowed_origin(self, environ: WSGIEnvironment) -> str | None:
        """The origin of the request if its page may read the response, else None."""
        origin = environ.get("HTTP_ORIGIN")
        return origin if origin in self.origins else None

    def _is_named(self, host: str) -> bool:
        name = host.rpartition(":")[0] if re.search(r":\d{1,5}$", host) else host
        return any(
            name.lower().endswith(each[1:].lower()) if each.startswith("*.") else name.lower() == each.lower()
            for each in self.hosts
        )


def is_local_program(environ: WSGIEnvironment) -> bool:
    """Whether nothing in a request shows a web page. Control calls require it, whatever origins are allowed."""
    signs = (
        name
        for name in environ
        if name in ("HTTP_ORIGIN", "HTTP_REFERER") or name.startswith("HTTP_SEC_FETCH_")
    )
    return _LOOPBACK.fullmatch(environ.get("HTTP_HOST", "")) is not None and next(signs, None) is None


def preflight(environ: WSGIEnvironment) -> list[tuple[str, str]] | None:
    """The response headers for an allowed page's CORS preflight request; None for any other request."""
    if environ["REQUEST_METHOD"] != "OPTIONS" or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
        return None
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    return [
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
        ("Access-Control-Allow-Headers", re.sub(r"[^A-Za-z0-9,_ -]", "", wanted)),
        ("Access-Control-Allow-Private-Network", "true"),
        ("Content-Length", "0"),
    ]


def shared_with(origin: str) -> list[tuple[str, str]]:
    """The headers that let an allowed page read a response."""
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", "*"),
        ("Vary", "Origin"),
    ]


def _acts_unsigned(environ: WSGIEnvironment) -> bool:
    """Whether a request without a signature names an action in its query, as the query protocol allows."""
    parameters = {name.lower() for name in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)}
    signed = "HTTP_AUTHORIZATION" in environ or bool(
        parameters & {"x-amz-algorithm", "signature", "x-amz-signature"}
    )
    return "action" in parameters and not signed
