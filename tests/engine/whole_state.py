"""A state with a record of every kind, as applies leave them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dynaops.kinds.pipes.observe import made_for
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of
from tests.engine.cases import BASE, REGION

ACCOUNT = "123456789012"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/users"
STREAM = f"{TABLE_ARN}/stream/2026-11-25T00:00:00.000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/dynaops-backup-default"
PIPE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/dynaops-pipe-{REGION}-orders"
ARNS = {
    "pipe": f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/orders",
    "pipe_role": PIPE_ROLE,
    "table": TABLE_ARN,
    "gsi": f"{TABLE_ARN}/index/by-a",
    "replica": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/users",
    "policy": f"arn:aws:iam::{ACCOUNT}:policy/users-eu-west-1-read-only",
    "log_group": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/dynaops/users",
    "backup_vault": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:users-backup",
    "backup_role": ROLE,
    "backup_plan": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-plan:0b0b",
}
IDS = {
    "table": "5c9a4b8e-0000-4000-8000-000000000000",
    "trigger": "5c9a4b8e-1111-4000-8000-000000000000",
    "backup_plan": "0b0b",
    "backup_selection": "0c0c",
}
SPEC: dict[str, Any] = {
    **BASE,
    "region": REGION,
    "range_key": "r",
    "attributes": {"id": "S", "r": "S", "a": "S", "l": "N"},
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "warm_throughput": {"read_units_per_second": 12000},
    "global_secondary_indexes": [
        {"name": "by-a", "hash_key": "a", "projection": {"type": "INCLUDE", "non_key_attributes": ["x"]}}
    ],
    "local_secondary_indexes": [{"name": "by-l", "range_key": "l"}],
    "vector_indexes": [{"name": "by-v", "attribute": "v", "dimensions": 4, "distance": "COSINE"}],
    "autoscaling": {
        "read": {"min": 5, "max": 50, "schedules": [{"name": "n", "schedule": "rate(1 day)", "max": 9}]},
        "write": {"min": 5, "max": 50},
        "indexes": "all",
    },
    "ttl": {"attribute": "gone"},
    "contributor_insights": {"enabled": True, "indexes": ["by-a"]},
    "iam": {
        "read_only": {"attach_to_roles": ["reader"]},
        "custom": [
            {
                "name": "extra",
                "statements": [{"Action": "dynamodb:GetItem", "Resource": "${table_arn}"}],
            }
        ],
    },
    "lambda_triggers": [{"function": "one", "filter_patterns": ['{"a":[1]}']}],
    "pipes": [
        {
            "name": "orders",
            "target_arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders",
            "filters": ['{"eventName":["INSERT"]}'],
        }
    ],
    "log_group": {"name": "/dynaops/users", "retention_days": 7},
    "kinesis": {"stream_arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes"},
    "backup": {
        "plan": {
            "rules": [
                {
                    "name": "mine",
                    "schedule": "cron(0 3 * * ? *)",
                    "copy_to": [{"vault_arn": f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:far"}],
                }
            ]
        }
    },
    "replicas": [{"region": "us-east-1", "point_in_time_recovery": True, "tags": {"a": "b"}}],
    "global_table": {"disassociation_protection": True},
    "alarms": {"throttles": True, "iterator_age": True},
    "items": [{"id": "one", "r": "1"}, {"id": "two", "r": "2"}],
    "tags": {"team": "one"},
    "encryption": {"enabled": True, "kms_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"},
    "resource_policy": {
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": TABLE_ARN}
        ]
    },
}
SCOPE = Scope("users", "users", REGION)


def whole_state() -> State:
    """The state, of serial 3."""
    return State(
        serial=3,
        lineage="b7d6",
        resources={address: _record(address, one) for address, one in everything().items()},
    )


def everything() -> dict[str, Observed]:
    """What is live of the table, by address: just what the spec says."""
    found = {}
    for handler in HANDLERS:
        for one in handler.declare(SCOPE, document_of(SPEC).spec):
            properties = json.loads(
                json.dumps(one.properties)
                .replace("${dynaops-ref:users/arn}", TABLE_ARN)
                .replace("${dynaops-ref:users/backup/role/arn}", ROLE)
                .replace("${dynaops-ref:users/pipe_role/orders/arn}", PIPE_ROLE)
                .replace("${stream_arn}", STREAM)
            )
            if one.kind in ("trigger", "pipe"):
                properties["stream"] = STREAM
            outputs: dict[str, Any] = {"arn": ARNS.get(one.kind), "id": IDS.get(one.kind)}
            outputs |= {
                "table": {"stream_arn": STREAM},
                "backup_selection": {"plan_id": "0b0b"},
                "autoscaling": {"target_id": "table/users"},
            }.get(one.kind, {})
            outputs = {name: value for name, value in outputs.items() if value is not None}
            raw = _described() if one.kind == "table" else {}
            if one.kind in ("pipe", "pipe_role"):
                raw = {"description": made_for(one.address)}
            found[one.address] = Observed(
                one.address, one.kind, one.region, properties, outputs, one.owner, None, raw
            )
    assert {one.kind for one in found.values()} == set(PROPERTY_RULES), "a record of every kind"
    return found


def _described() -> dict[str, Any]:
    return {
        "TableName": "users",
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in SPEC["attributes"].items()
        ],
        "GlobalSecondaryIndexes": [{"IndexName": "by-a"}],
        "Replicas": [{"RegionName": "us-east-1", "ReplicaStatus": "ACTIVE"}],
    }


def _record(address: str, one: Observed) -> Record:
    outputs = {name: value for name, value in one.outputs.items() if name not in ("arn", "id")}
    return Record(
        kind=one.kind,
        region=one.region,
        id=one.outputs.get("id"),
        arn=one.outputs.get("arn"),
        properties=one.properties,
        outputs=outputs,
        depends_on=() if address == "users" else ("users",),
        stamps={"ttl": [1_763_985_600.25]} if address == "users" else {},
        applied_at="2026-11-24T12:00:00+00:00",
        source="specs/users.yaml" if address == "users" else None,
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all members of a JSON value, at any depth."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from places(member, (*path, name))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield (*path, number)
            yield from places(member, (*path, number))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """A copy of a JSON value with another member at `path`; without it where `by` is ``...``."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for part in path[:-1]:
        inner = inner[part]
    if by is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = by
    return copy
