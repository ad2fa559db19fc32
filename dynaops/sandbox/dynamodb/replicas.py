from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import Call
from dynaops.sandbox.dynamodb.model import Table
from dynaops.sandbox.world import World


def described(world: World, table: Table) -> dict[str, Any]:
    return {}


def concerns(asked: set[str]) -> bool:
    return False


def check_alone(asked: set[str]) -> None: ...


def update(call: Call, table: Table, body: dict[str, Any]) -> dict[str, Any]:
    return {}


def check_delete(world: World, table: Table) -> None: ...


def leave(world: World, table: Table) -> None: ...


def carry(call: Call, table: Table, body: dict[str, Any]) -> None: ...
