"""The sandbox's control calls (``/_dynaops/``): both sides prove that they know the user's secret key.

A request has a nonce and an HMAC of the request, a response the HMAC of its body with that nonce; the key itself
is never sent. So a web page cannot make such a call, and another program on a sandbox's port cannot answer it.
Importing this loads neither moto nor boto3.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from dynaops.sandbox.state_folder import secret

HOST = "127.0.0.1"
"""The only address that a sandbox listens on and that clients look at."""
PREFIX = "/_dynaops/"
HEADER = "X-Dynaops-Control"
_PROOF = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")
_MOST_BYTES = 256 * 1024 * 1024
"""Largest size of a response in bytes: the recorded requests may hold many bodies."""


def ask(url: str, method: str, call: str, body: dict[str, Any] | None = None) -> Any:
    """The parsed response to a control call at a loopback URL; None if no sandbox of this user answers.

    Raises DynaopsError if the user's secret key cannot be read.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname != HOST or parts.port is None:
        return None
    sent = json.dumps(body).encode() if body is not None else b""
    nonce = secrets.token_hex(16)
    path = PREFIX + call
    proof = f"{nonce}.{_request_mac(parts.port, method, path, nonce, sent)}"
    connection = http.client.HTTPConnection(HOST, parts.port, timeout=5)
    try:
        connection.request(method, path, sent or None, {HEADER: proof})
        answer = connection.getresponse()
        content = answer.read(_MOST_BYTES)
        proven = hmac.compare_digest(
            (answer.getheader(HEADER) or "").encode(), answer_mac(nonce, answer.status, content).encode()
        )
        return json.loads(content) if proven and answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def nonce_of(proof: str, port: int, method: str, path: str, body: bytes) -> str | None:
    """The nonce of a control request if its HMAC is right, else None. Raises DynaopsError as `ask` does."""
    match = _PROOF.fullmatch(proof)
    if match is None:
        return None
    nonce, mac = match.groups()
    return nonce if hmac.compare_digest(mac, _request_mac(port, method, path, nonce, body)) else None


def answer_mac(nonce: str, status: int, content: bytes) -> str:
    """The HMAC of a response to a control request."""
    return _mac("answer", nonce, str(status), content)


def _request_mac(port: int, method: str, path: str, nonce: str, body: bytes) -> str:
    return _mac("request", str(port), method, path, nonce, body)


def _mac(*parts: str | bytes) -> str:
    code = hmac.new(secret(), b"dynaops sandbox control\n", "sha256")
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        code.update(hashlib.sha256(data).digest())  # of one length each, so that no two requests read alike
    return code.hexdigest()
