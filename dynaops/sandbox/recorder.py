"""What was asked of the sandbox: tests assert on the requests sent, not only on what came of them."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 50_000
"""Requests remembered at the most; the oldest go first."""
_READS = ("Describe", "List", "Get", "Query", "Scan", "Search")
_READ_NAMES = {"BatchGetItem", "TransactGetItems"}


@dataclass
class Entry:
    """One request. `at` is virtual epoch seconds, `status` the HTTP status it got (0 while it runs)."""

    number: int
    service: str
    operation: str
    region: str
    body: dict[str, Any]
    at: float
    status: int = 0

    @property
    def mutating(self) -> bool:
        """Whether it may change anything."""
        return not self.operation.startswith(_READS) and self.operation not in _READ_NAMES


class Recorder:
    """The requests of the services that the sandbox extends, in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._next = 1

    def begin(self, service: str, operation: str, region: str, body: dict[str, Any], at: float) -> Entry:
        """Remember a request that has come in."""
        with self._lock:
            entry = Entry(self._next, service, operation, region, body, at)
            self._next += 1
            self._entries.append(entry)
            if len(self._entries) > KEPT:
                del self._entries[: KEPT // 10]
            return entry

    def end(self, entry: Entry, status: int) -> None:
        """Remember how it was answered."""
        entry.status = status

    def since(self, number: int = 0) -> list[Entry]:
        """The requests after `number`."""
        with self._lock:
            return [entry for entry in self._entries if entry.number > number]

    def writes(self, number: int = 0) -> list[Entry]:
        """The mutating requests after `number` that were accepted."""
        return [entry for entry in self.since(number) if entry.mutating and entry.status == 200]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()

    def public(self, number: int = 0) -> list[dict[str, Any]]:
        """The requests after `number`, as JSON."""
        return [{**asdict(entry), "mutating": entry.mutating} for entry in self.since(number)]
