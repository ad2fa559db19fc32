"""Counts values of the TTL attribute that DynamoDB will not act on as intended.

Time to Live takes a number of seconds since 1970; items whose value is of another type, or more than five years in the
past, are not deleted (Developer Guide, Using time to live: "Formatting an item's TTL attribute").
"""

from __future__ import annotations

import re
import time

import orjson

from dynaops.data.parsing.block_result import BlockResult

_FIVE_YEARS = 5 * 366 * 86_400
_MOST_SECONDS = 10**11
"""A larger number cannot be meant as seconds: it would be after the year 5000."""
_TEXTS = {
    "ttl-type": (
        "The TTL attribute {name!r} is not a number (N), so these items never expire: TTL takes seconds since 1970"
    ),
    "ttl-milliseconds": (
        "The TTL attribute {name!r} is over 100,000,000,000, as if in milliseconds or less, so these items never "
        "expire: TTL takes seconds since 1970"
    ),
    "ttl-far": "The TTL attribute {name!r} is more than 5 years ahead",
    "ttl-past": "The TTL attribute {name!r} is more than 5 years in the past: DynamoDB does not delete such items",
}


class TtlCheck:
    """Adds notes for rows whose TTL attribute makes them expire never or at an unlikely time. `now` is in seconds."""

    def __init__(self, attribute: str, now: float | None = None) -> None:
        now = time.time() if now is None else now
        self._name = attribute
        self._texts = {kind: text.format(name=attribute) for kind, text in _TEXTS.items()}
        self._earliest, self._latest = now - _FIVE_YEARS, now + _FIVE_YEARS
        quoted = orjson.dumps(attribute)
        self._mark = quoted + b":{"
        self._value = re.compile(re.escape(quoted) + rb':\{"(\w+)":"?([^"}]*)')

    def check(self, result: BlockResult) -> None:
        """Add the notes for all rows of a result."""
        for row in result.rows:
            kind = self._code(row.body)
            if kind:
                result.note(kind, self._name, self._texts[kind], row.line)

    def _code(self, body: bytes) -> str | None:
        at = body.find(self._mark)
        if at < 0:
            return None
        if b'{"M":' in body and not body.startswith(self._mark, 1):  # it may be a name within a map
            value = orjson.loads(body).get(self._name)
            if value is None:
                return None
            ((kind, content),) = value.items()
            return self._judged(kind, content)
        match = self._value.match(body, at)
        assert match is not None
        return self._judged(match[1].decode(), match[2])

    def _judged(self, kind: str, content: str | bytes) -> str | None:
        if kind != "N":
            return "ttl-type"
        value = float(content)
        if self._earliest <= value <= self._latest:
            return None
        if value < self._earliest:
            return "ttl-past"
        return "ttl-milliseconds" if value > _MOST_SECONDS else "ttl-far"
