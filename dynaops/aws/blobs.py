"""Binary members of requests: strings for them are base64, as in the AWS CLI.

So an operation with binary values is plain JSON until it is sent.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import Shape


def with_bytes(value: Any, shape: Shape | None, blobs: dict[str, bool]) -> Any:
    """`value` with the strings of binary members decoded. `blobs` caches which shapes have binary members, by name."""
    if shape is None or not _has_blobs(shape, blobs):
        return value
    kind = shape.type_name
    if kind == "blob":
        return base64.b64decode(value) if isinstance(value, str) else value
    if kind == "structure" and isinstance(value, dict):
        members = shape.members  # type: ignore[attr-defined]
        return {name: with_bytes(member, members.get(name), blobs) for name, member in value.items()}
    if kind == "map" and isinstance(value, dict):
        inner = shape.value  # type: ignore[attr-defined]
        return {name: with_bytes(member, inner, blobs) for name, member in value.items()}
    if kind == "list" and isinstance(value, (list, tuple)):
        inner = shape.member  # type: ignore[attr-defined]
        return [with_bytes(member, inner, blobs) for member in value]
    return value


def _has_blobs(shape: Shape, known: dict[str, bool]) -> bool:
    if shape.name not in known:
        known[shape.name] = shape.type_name == "blob" or _any_below(shape, {shape.name})
    return known[shape.name]


def _any_below(shape: Shape, seen: set[str]) -> bool:
    """Whether there is a binary member anywhere below `shape` (shapes may be recursive)."""
    for inner in _inner(shape):
        if inner.type_name == "blob":
            return True
        if inner.name not in seen:
            seen.add(inner.name)
            if _any_below(inner, seen):
                return True
    return False


def _inner(shape: Shape) -> list[Shape]:
    if shape.type_name == "structure":
        return list(shape.members.values())  # type: ignore[attr-defined]
    if shape.type_name == "map":
        return [shape.value]  # type: ignore[attr-defined]
    return [shape.member] if shape.type_name == "list" else []  # type: ignore[attr-defined]
