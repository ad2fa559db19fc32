"""Responses that do not come from AWS: those of proxies, captive portals and broken connections."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.responses import JSON_10, Answer

PAGES = ("html", "empty", "redirect", "truncated", "garbled", "content_type")
_HTML = "<!DOCTYPE html><html><head><title>Please log in</title></head><body>guests</body></html>"
_TYPE = {"Content-Type": "text/html"}


class Foreign(Exception):
    """Another server answers the request, which does not reach AWS."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[0])
        self.answer = answer


def instead_of(page: str, answer: Answer | None) -> Answer:
    """The response that the client receives instead of AWS's `answer` (None: the request did not reach AWS)."""
    if page == "html":
        return 200, dict(_TYPE), _HTML
    if page == "empty":
        return 200, {"Content-Length": "0"}, ""
    if page == "redirect":
        return 302, {**_TYPE, "Location": "https://portal.example/login"}, ""
    status, headers, body = answer or (200, {"Content-Type": JSON_10}, '{"Table": {"TableName": "users"}}')
    raw: bytes = body.encode() if isinstance(body, str) else bytes(body or b"")
    if not raw:  # without a response of AWS there is nothing to change; the missing request id shows it
        return status, {}, ""
    kept_headers: dict[str, Any] = {
        name: value
        for name, value in headers.items()
        if name.lower() not in ("x-amz-crc32", "content-length", "content-type")
    }
    media = next((value for name, value in headers.items() if name.lower() == "content-type"), JSON_10)
    if page == "content_type":
        return status, {**kept_headers, **_TYPE}, raw
    damaged = raw[: len(raw) // 2] if page == "truncated" else bytes(byte ^ 0xA5 for byte in raw)
    return status, {**kept_headers, "Content-Type": media}, damaged
