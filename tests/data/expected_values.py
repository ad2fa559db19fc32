"""What DynamoDB JSON a value of Python should become, made without the product's own code."""

from __future__ import annotations

import base64
import datetime
import math
import struct
import uuid
from decimal import Context, Decimal
from typing import Any

BAD: Any = object()
"""A value that DynamoDB cannot hold: its row has to be rejected, with the attribute's name."""


def number(value: Any) -> Any:
    """A number as DynamoDB JSON, by exact arithmetic."""
    exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    if not exact.is_finite():
        return BAD
    if not exact:
        return {"N": "0"}
    exact = exact.normalize(Context(prec=400))
    if len(exact.as_tuple().digits) > 38 or not -130 <= exact.adjusted() <= 125:
        return BAD
    return {"N": format(exact, "f")}


def single(value: float) -> Any:
    """A 32-bit float: the shortest decimal nearest to it."""
    if not math.isfinite(value):
        return BAD
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if abs(float(text)) <= 3.4028235e38 and struct.pack("f", float(text)) == struct.pack("f", value):
            return number(text)
    raise AssertionError(value)


def binary(value: bytes) -> Any:
    return {"B": base64.b64encode(value).decode()}


def moment(nanoseconds: int, zone: bool) -> Any:
    """An instant by whole seconds and the rest, where Python's datetime has it."""
    seconds, rest = divmod(nanoseconds, 10**9)
    try:
        text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime(
            "%Y-%m-%dT%H:%M:%S"
        )
    except OverflowError:
        return BAD
    text = text.rjust(19, "0")
    fraction = f"{rest:09d}"
    text += "" if not rest else f".{fraction[:6]}" if fraction.endswith("000") else f".{fraction}"
    return {"S": text + ("Z" if zone else "")}


def plain(value: Any) -> Any:
    """Values of Python whose meaning is the same in all tools."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, bytes):
        return binary(value)
    if isinstance(value, list):
        inner = [plain(one) for one in value]
        return BAD if BAD in inner else {"L": inner}
    if isinstance(value, dict):
        made = {name: plain(one) for name, one in value.items()}
        return BAD if BAD in made.values() else {"M": made}
    if isinstance(value, uuid.UUID):
        return {"S": str(value)}
    if isinstance(value, datetime.date | datetime.time):
        return {"S": value.isoformat()}
    return {"S": value}
