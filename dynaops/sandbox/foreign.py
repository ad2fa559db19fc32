"""Answers that are not AWS's: what proxies, captive portals and broken lines give in its place."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.responses import JSON_10, Answer

PAGES = ("html", "empty", "redirect", "truncated", "garbled", "content_type")
_HTML = "<!DOCTYPE html><html><head><title>Please log in</title></head><body>guests</body></html>"
_TYPE = {"Content-Type": "text/html"}


class Foreign(Exception):
    """The request is answered by somebody else, and never reaches AWS."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[0])
        self.answer = answer


def instead_of(page: str, answer: Answer | None) -> Answer:
    """The answer that the client gets in place of AWS's `answer` (None: AWS was never asked)."""
    if page == "html":
        return 200, dict(_TYPE), _HTML
    if page == "empty":
        return 200, {"Content-Length": "0"}, ""
    if page == "redirect":
        return 302, {**_TYPE, "Location": "https://portal.example/login"}, ""
    status, headers, body = answer or (200, {"Content-Type": JSON_10}, '{"Table": {"TableName": "users"}}')
    raw: bytes = body.encode() if isinstance(body, str) else bytes(body or b"")
    if not raw:  # nothing of AWS's to damage: that there is no request id tells
        return status, {}, ""
    kept: dict[str, Any] = {
        name: value
        for name, value in headers.items()
        if name.lower() not in ("x-amz-crc32", "content-length", "content-type")
    }
    media = next((value for name, value in headers.items() if name.lower() == "content-type"), JSON_10)
    if page == "content_type":
        return status, {**kept, **_TYPE}, raw
    damaged = raw[: len(raw) // 2] if page == "truncated" else bytes(byte ^ 0xA5 for byte in raw)
    return status, {**kept, "Content-Type": media}, damaged
