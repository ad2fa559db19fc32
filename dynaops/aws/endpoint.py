"""Check the URL of a custom endpoint before it is used, since botocore's errors for some URLs are unclear."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from dynaops.model.errors import DynaopsError

_HOST = re.compile(
    r"[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?"
)
_HINT = "Write it as http://127.0.0.1:PORT or https://HOST (--endpoint-url, AWS_ENDPOINT_URL)."


def require_endpoint(url: str | None) -> None:
    """Raise DynaopsError for an endpoint that is not an HTTP URL. None and "" mean that there is no custom endpoint."""
    fault = _fault(url) if url else None
    if fault:
        raise DynaopsError(f"The endpoint {url!r} is not a URL: {fault}", _HINT)


def _fault(url: str) -> str | None:
    """A phrase that says what is wrong with a URL; None if it is valid."""
    if not url.isprintable() or not url.isascii() or " " in url:
        return "it has characters that a URL cannot have"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    if port == 0:
        return "0 is not a port"
    if not host:
        return "it names no host"
    if "[" in parts.netloc:
        try:
            ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError as error:
            return str(error)
        return None
    return None if _HOST.fullmatch(host) else f"{host!r} is not the name of a host"
