"""Vector indexes: placeholder list checks."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import Call
from dynaops.sandbox.dynamodb.model import Index, Table


def build_all(call: Call, body: dict[str, Any]) -> list[Index]:
    return []


def check_list(updates: list[dict[str, Any]]) -> None: ...


def check(call: Call, table: Table, body: dict[str, Any]) -> None: ...


def apply(call: Call, table: Table, body: dict[str, Any]) -> None: ...
