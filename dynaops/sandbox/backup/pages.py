"""Pages of lists. A page's token holds the last key, so that a deletion between two pages skips nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from dynaops.sandbox.backup.refusals import invalid_parameter
from dynaops.sandbox.dispatch import ApiCall

MOST = 1000
"""MaxResults of every list (service model)."""
Key = tuple[float, str]
Row = tuple[Key, dict[str, Any]]


def newest_first(moment: float, name: str) -> Key:
    """The sort key of an entry in a list that begins with the latest."""
    return (-moment, name)


def by_name(name: str) -> Key:
    """The sort key of an entry in a list that is sorted by name."""
    return (0.0, name)


def page(call: ApiCall, member: str, rows: Iterable[Row]) -> dict[str, Any]:
    """The response with the requested page of `rows` as `member`.

    Raises InvalidParameterValueException for a size out of 1..1000 or an unknown token.
    """
    size = call.body.get("MaxResults", MOST)
    if not 1 <= size <= MOST:
        raise invalid_parameter(f"MaxResults must be between 1 and {MOST}, not {size}")
    token = call.body.get("NextToken")
    after = _key_of_token(token) if token else None
    left = sorted((row for row in rows if after is None or row[0] > after), key=lambda row: row[0])
    answer: dict[str, Any] = {member: [shown for _, shown in left[:size]]}
    if len(left) > size:
        answer["NextToken"] = _token(left[size - 1][0])
    return answer


def _token(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _key_of_token(token: str) -> Key:
    try:
        moment, name = json.loads(base64.urlsafe_b64decode(token.encode()))
        return (float(moment), str(name))
    except (ValueError, TypeError):
        raise invalid_parameter("Invalid NextToken") from None
