"""JSON with wrong values in it: it stays JSON, so that the damage reaches what reads the values."""

from __future__ import annotations

import json
import random
from typing import Any

_WRONG: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        7,
        1.5,
        10**30,
        10**399,
        -(10**18),
        "",
        "x",
        "a" * 5000,
        "\0",
        "ü€\U0001f600",
        "\x1b[31m",
    ),
    *(
        "${table_arn:",
        "${var.a}",
        "${AWS::Region}",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/t",
        "[",
        '{"a":',
    ),
    *(
        [],
        {},
        [[1]],
        [None],
        {"": None},
        {"a": {"b": []}},
        [{}, {}],
        "table/t",
        "dynamodb:table:ReadCapacityUnits",
    ),
)


def json_damaged(raw: bytes, pick: random.Random) -> bytes:
    """`raw`, which is JSON, with one to four values turned into others, taken out, doubled, moved or renamed."""
    document = json.loads(raw)
    for _ in range(pick.randint(1, 4)):
        holders = [holder for holder in _holders(document) if holder]
        if holders:
            _damage(pick.choice(holders), pick)
    text = json.dumps(document, indent=pick.choice((None, 2)), ensure_ascii=pick.random() < 0.5)
    kind = pick.randrange(8)
    if kind == 0:
        text = _with_a_key_twice(text, pick)
    elif kind == 1:
        text = text[: pick.randrange(len(text) + 1)]
    return text.encode("utf-8", "surrogatepass")


def _holders(value: Any) -> list[Any]:
    """All maps and lists of a value."""
    found, left = [], [value]
    while left:
        holder = left.pop()
        if isinstance(holder, dict | list):
            found.append(holder)
            left += holder.values() if isinstance(holder, dict) else holder
    return found


def _damage(holder: Any, pick: random.Random) -> None:
    key = pick.choice(list(holder)) if isinstance(holder, dict) else pick.randrange(len(holder))
    kind = pick.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[pick.choice(("x", "", "kind", "name", "Properties", "properties", "id"))] = holder.pop(key)
    elif kind == 2 and isinstance(holder, list):
        holder += [holder[key]] * pick.choice((1, 2, 30))
    elif kind == 3:
        holder[key] = [holder[key]]
    elif kind == 4:
        other = pick.choice(list(holder)) if isinstance(holder, dict) else pick.randrange(len(holder))
        holder[key], holder[other] = holder[other], holder[key]
    else:
        holder[key] = pick.choice(_WRONG)


def _with_a_key_twice(text: str, pick: random.Random) -> str:
    """The text with one of its keys, and a value, put in before another key."""
    keys = [part for part in text.split('"')[1::2] if part.isidentifier()]
    braces = [at for at, sign in enumerate(text) if sign == "{" and text[at + 1 : at + 2] not in ("}", "")]
    if not keys or not braces:
        return text
    at = pick.choice(braces) + 1
    return f'{text[:at]}"{pick.choice(keys)}": {pick.choice(("1", "{}", "null"))}, {text[at:]}'
