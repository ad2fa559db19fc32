"""The recorder of requests to the sandbox, for tests that check which requests were sent."""

from __future__ import annotations

import base64
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 50_000
"""Largest number of recorded requests; the oldest are dropped first."""
KEPT_BYTES = 64 * 1024 * 1024
"""Largest total size of the recorded bodies in bytes, so that loading data does not fill the memory."""
_READS = (
    "Describe",
    "List",
    "Get",
    "BatchGet",
    "TransactGet",
    "Head",
    "Query",
    "Scan",
    "Search",
    "Filter",
    "Simulate",
)


@dataclass
class RecordedRequest:
    """One request. `at` is in virtual epoch seconds, `status` the HTTP status of its response (0 while it runs)."""

    number: int
    service: str
    operation: str
    region: str
    body: dict[str, Any]
    at: float
    status: int = 0

    @property
    def mutating(self) -> bool:
        """Whether the operation may change a resource."""
        return not self.operation.startswith(_READS)


class Recorder:
    """The recorded requests, in the order of their arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[tuple[RecordedRequest, int]] = deque()
        self._bytes = 0
        self._next = 1

    def begin(
        self, service: str, operation: str, region: str, body: dict[str, Any], at: float, size: int = 0
    ) -> RecordedRequest:
        """Record a request with a body of `size` bytes."""
        with self._lock:
            entry = RecordedRequest(self._next, service, operation, region, body, at)
            self._next += 1
            self._bytes += size
            self._entries.append((entry, size))
            while len(self._entries) > KEPT or (self._bytes > KEPT_BYTES and len(self._entries) > 1):
                self._bytes -= self._entries.popleft()[1]
            return entry

    def end(self, entry: RecordedRequest, status: int) -> None:
        """Record the status of the response."""
        entry.status = status

    @property
    def count(self) -> int:
        """The number of requests since the start."""
        return self._next - 1

    def since(self, number: int = 0) -> list[RecordedRequest]:
        """The requests after `number`."""
        with self._lock:
            return [entry for entry, _ in self._entries if entry.number > number]

    def writes(self, number: int = 0) -> list[RecordedRequest]:
        """The mutating requests after `number` that were accepted."""
        return [entry for entry in self.since(number) if entry.mutating and 200 <= entry.status < 300]

    def clear(self) -> None:
        """Drop all recorded requests; numbering continues."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def public(self, number: int = 0) -> list[dict[str, Any]]:
        """The requests after `number`, as plain data."""
        return [
            {**asdict(entry), "body": _plain_json(entry.body), "mutating": entry.mutating}
            for entry in self.since(number)
        ]


def _plain_json(value: Any) -> Any:
    """The value for JSON: bytes (a function's code, a stream's record) as base64."""
    if isinstance(value, dict):
        return {name: _plain_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain_json(each) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
