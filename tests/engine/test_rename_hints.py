"""A plan that deletes what it creates under another name says that AWS renames nothing; what is unlike is not told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynaops.engine.plan import PlanOptions, TablePlan, plan_table
from dynaops.engine.rename_hints import hints
from dynaops.engine.table_scopes import RunTarget
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of
from tests.engine.cases import NOW, REGION, observed

PLAIN: dict[str, Any] = {"hash_key": "id", "attributes": {"id": "S"}}
SORTED: dict[str, Any] = {"hash_key": "pk", "range_key": "sk", "attributes": {"pk": "S", "sk": "S"}}
INDEXED: dict[str, Any] = {
    "hash_key": "id",
    "attributes": {"id": "S", "status": "S"},
    "global_secondary_indexes": [{"name": "by-status", "hash_key": "status"}],
}


def with_arn(one: Observed) -> Observed:
    name = one.properties.get("name", one.address)
    arns = {
        "table": f"arn:aws:dynamodb:{REGION}:123456789012:table/{name}",
        "policy": f"arn:aws:iam::123456789012:policy/{name}",
    }
    return replace(one, outputs={"arn": arns[one.kind]} if one.kind in arns else {})


def _seen(scope: Scope, spec: dict[str, Any] | None, recorded: bool) -> dict[str, Observed]:
    return observed(scope, {"table_name": scope.table_name, **spec}, recorded) if spec else {}


def planned(name: str, wanted: dict[str, Any] | None, before: dict[str, Any] | None) -> TablePlan:
    """The plan of one table, of which `before` is recorded and live."""
    scope = Scope(name, name, REGION)
    live = {address: with_arn(one) for address, one in _seen(scope, before, recorded=False).items()}
    state = State.empty().model_copy(
        update={
            "resources": {
                address: Record(
                    kind=one.kind,
                    region=one.region,
                    properties=one.properties,
                    arn=with_arn(one).outputs.get("arn"),
                )
                for address, one in _seen(scope, before, recorded=True).items()
            }
        }
    )
    spec = document_of({"table_name": name, **wanted}).spec if wanted else None
    return plan_table(RunTarget(scope, spec), state, live, None, PlanOptions(), NOW)


def told(
    gone: dict[str, dict[str, Any]], made: dict[str, dict[str, Any]], kept: dict[str, dict[str, Any]]
) -> list[str]:
    plans = [
        *(planned(name, None, spec) for name, spec in gone.items()),
        *(planned(name, spec, None) for name, spec in made.items()),
        *(planned(name, spec, spec) for name, spec in kept.items()),
    ]
    return [
        finding.message.partition(":")[0]
        for finding in hints({part.address: part.judged.entries for part in plans})
    ]


@pytest.mark.parametrize(
    ("old", "new", "spec"),
    [
        ("orders", "shop-orders", PLAIN),
        ("orders", "orders-v2", PLAIN),
        ("orders_dev", "orders-dev", PLAIN),
        ("order", "orders", PLAIN),
        ("Orders", "orders", PLAIN),
        ("dev-orders-recent", "dev-orders-archive", PLAIN),
        ("audit", "journal", SORTED),
        ("audit", "journal", INDEXED),
        (
            "orders",
            "orders.eu",
            {**INDEXED, "billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5},
        ),
    ],
)
def test_a_renamed_table_is_told(old: str, new: str, spec: dict[str, Any]) -> None:
    more = {**spec, "tags": {"team": "two"}, "ttl": {"attribute": "gone"}}
    (message,) = told({old: spec}, {new: more}, {"other": {"hash_key": "x", "attributes": {"x": "S"}}})
    assert message == f"{old} is deleted, and {new} is created with the same keys and indexes"


@pytest.mark.parametrize(
    ("gone", "made", "kept"),
    [
        ({"audit": PLAIN}, {"orders": PLAIN}, {}),
        ({"shop-users": PLAIN}, {"shop-orders": PLAIN}, {}),
        ({"orders": PLAIN}, {"shop-orders": SORTED}, {}),
        ({"orders": PLAIN}, {"shop-orders": {"hash_key": "id", "attributes": {"id": "N"}}}, {}),
        ({"orders": PLAIN}, {"shop-orders": INDEXED}, {}),
        ({"audit": SORTED}, {"journal": SORTED}, {"users": SORTED}),
        ({"orders": PLAIN}, {}, {"shop-orders": PLAIN}),
        ({}, {"shop-orders": PLAIN}, {"orders": PLAIN}),
        ({"orders": {**PLAIN, "lifecycle": {"on_destroy": "retain"}}}, {"shop-orders": PLAIN}, {}),
    ],
)
def test_what_is_no_rename_is_not_told(
    gone: dict[str, dict[str, Any]], made: dict[str, dict[str, Any]], kept: dict[str, dict[str, Any]]
) -> None:
    assert told(gone, made, kept) == []


def test_each_table_is_told_with_the_one_that_is_most_alike() -> None:
    gone = {"orders": PLAIN, "users": PLAIN}
    made = {"shop-orders": PLAIN, "shop-users": PLAIN}
    assert told(gone, made, {}) == [
        "orders is deleted, and shop-orders is created with the same keys and indexes",
        "users is deleted, and shop-users is created with the same keys and indexes",
    ]


def indexed(name: str, **more: Any) -> dict[str, Any]:
    index = {"name": name, "hash_key": "status", **more}
    return {"hash_key": "id", "attributes": {"id": "S", "status": "S"}, "global_secondary_indexes": [index]}


def messages(wanted: dict[str, Any], before: dict[str, Any]) -> list[str]:
    part = planned("orders", wanted, before)
    return [finding.message for finding in hints({"orders": part.judged.entries})]


def test_a_renamed_index_is_told_unless_it_replaces_the_old_one() -> None:
    (message,) = messages(indexed("by-state"), indexed("by-status"))
    assert message.startswith(
        "orders/gsi/by-status is deleted, and orders/gsi/by-state is built with the same keys"
    )
    assert messages(indexed("by-state", replaces="by-status"), indexed("by-status")) == []
    assert messages(indexed("by-state", projection={"type": "KEYS_ONLY"}), indexed("by-status")) == []


def test_a_renamed_policy_is_told() -> None:
    def custom(name: str, action: str = "dynamodb:GetItem") -> dict[str, Any]:
        arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/orders"
        statement = {"Effect": "Allow", "Action": [action], "Resource": [arn]}
        return {**PLAIN, "iam": {"custom": [{"name": name, "statements": [statement]}]}}

    (message,) = messages(custom("reading"), custom("readers"))
    assert message.startswith(
        "orders/iam/custom/readers is deleted, and orders/iam/custom/reading is created"
    )
    assert messages(custom("reading", "dynamodb:PutItem"), custom("readers")) == []
