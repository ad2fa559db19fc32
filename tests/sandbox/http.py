"""Requests to the sandbox byte by byte, as no AWS client would make them."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers (names in lower case) and body."""

    status: int
    headers: dict[str, str]
    body: str


def send(url: str, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Reply:
    """Send a request with exactly these headers (and Host and Content-Length where they are not given)."""
    parts = urlsplit(url)
    given = {name.lower() for name in headers}
    more = {} if "host" in given else {"Host": parts.netloc}
    if not given & {"content-length", "transfer-encoding"} and (body or method != "GET"):
        more["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (more | headers).items())]
    head = "\r\n".join([*lines, "", ""]).encode()
    return receive(url, head + body)


def receive(url: str, data: bytes) -> Reply:
    """Send these bytes; the reply is read until the sandbox ends the connection."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        connection.sendall(data)
        content = b""
        while block := connection.recv(65536):
            content += block
    head, _, body = content.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in rest)
    return Reply(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body.decode())


def signed(service: str, target: str = "", **more: str) -> dict[str, str]:
    """Headers of a call of `service`, signed as far as the sandbox looks."""
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/{service}/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20260101T000000Z",
    }
    if target:
        headers |= {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
    return headers | {name.replace("_", "-"): value for name, value in more.items()}
