"""A sandbox over HTTP with a table that has all the settings which a restore does not carry, and rows in it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from dynaops.backups.create import Creation, plan_create
from dynaops.backups.listing import listing
from dynaops.engine.apply import apply_plan
from dynaops.model.backup import Backup, Via
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.sandbox import SandboxServer
from dynaops.stores.memory import MemoryStore
from tests.companions.bench import REGION, Bench
from tests.companions.functions import make_function

SETTINGS: dict[str, Any] = {
    "attributes": {"id": "S", "mail": "S"},
    "global_secondary_indexes": [{"name": "by-mail", "hash_key": "mail"}],
    "stream": {"view_type": "NEW_IMAGE"},
    "ttl": {"attribute": "gone"},
    "tags": {"team": "shop"},
    "point_in_time_recovery": {"recovery_period_days": 7},
    "table_class": "STANDARD_INFREQUENT_ACCESS",
    "deletion_protection": True,
    "resource_policy": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "dynamodb:GetItem",
                "Resource": "${table_arn}",
            }
        ],
    },
    "lambda_triggers": [{"function": "worker"}],
    "backup": {"plan": {"rules": [{"name": "mine", "schedule": "cron(0 3 1 1 ? 2090)"}]}},
}

LIGHT: dict[str, Any] = {name: SETTINGS[name] for name in ("point_in_time_recovery", "backup")}
"""What backups themselves need."""


class Shop(Bench):
    """`users` is managed."""

    def __init__(self, folder: Path, server: SandboxServer, spec: dict[str, Any]) -> None:
        super().__init__(folder, server)
        self.spec = spec
        if "lambda_triggers" in spec:
            make_function(self, "worker")
        assert self.run(spec)[1].complete
        self.rows = self.client("dynamodb")

    def fill(self, count: int = 60) -> None:
        """Rows of several types."""
        for start in range(0, count, 25):
            requests = [
                {"PutRequest": {"Item": item(number)}} for number in range(start, min(start + 25, count))
            ]
            self.rows.batch_write_item(RequestItems={"users": requests})

    def damage(self) -> None:
        """What a bad script does: rows changed, rows gone, rows that should not be."""
        changed = {**item(3), "name": {"S": "wrong"}}
        self.rows.put_item(TableName="users", Item=changed)
        self.rows.delete_item(TableName="users", Key={"id": {"S": "u5"}})
        self.rows.put_item(TableName="users", Item={"id": {"S": "stray"}})

    def content(self, table: str = "users") -> list[dict[str, Any]]:
        """All rows."""
        pages = self.rows.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return sorted((one for page in pages for one in page["Items"]), key=lambda one: str(one["id"]))

    def run_plan(self, plan: Plan) -> Outcome:
        """Carry out a plan that leaves no state."""
        return apply_plan(plan, MemoryStore(), self.aws, lambda _: None)

    def back_up(self, via: Via = Via.DYNAMODB, **more: Any) -> Backup:
        """Make a backup of `users`; the newest there is then."""
        creation = Creation(("users",), REGION, via, **more)
        outcome = self.run_plan(plan_create(creation, self.state, self.aws))
        assert outcome.complete, outcome
        return listing(self.aws, REGION, ["users"], via).backups[0]

    def pass_time(self, seconds: float) -> None:
        """Let AWS's time pass."""
        self.server.advance(seconds)

    def now(self) -> float:
        """A whole second of AWS's time with nothing written around it, from which the table can be restored."""
        self.pass_time(3)
        now = int(self.server.world.now())
        self.pass_time(20)
        time.sleep(0.01)
        return now


def item(number: int) -> dict[str, Any]:
    """A row with something of every type."""
    return {
        "id": {"S": f"u{number}"},
        "mail": {"S": f"u{number}@example.com"},
        "age": {"N": str(number)},
        "balance": {"N": "12345678901234567890.123456789"},
        "name": {"S": "Ünïcödé"},
        "picture": {"B": bytes([number % 256, 0, 255])},
        "roles": {"SS": ["b", "a"]},
        "more": {"M": {"list": {"L": [{"NULL": True}, {"BOOL": False}, {"NS": ["2", "1"]}]}}},
    }
