"""Plans made by hand, for views to draw."""

from __future__ import annotations

from dynaops.model.change import Action, Change, Difference, Drift, Unmanaged
from dynaops.model.cost import Cost, CostLine, Rate, Span
from dynaops.model.finding import Finding, Place, Severity
from dynaops.model.operation import Cooldown, Danger, Operation, Wait
from dynaops.model.plan import Plan

REGION = "eu-central-1"


def wait(title: str, expected: float) -> Wait:
    return Wait(
        title=title,
        parameters={"TableName": "orders"},
        until="Table.TableStatus == 'ACTIVE'",
        expected=expected,
    )


def operation(name: str, address: str, api: str = "UpdateTable", **more: object) -> Operation:
    fields: dict[str, object] = {
        "id": name,
        "address": address,
        "kind": "table",
        "title": name,
        "reason": "",
        "service": "dynamodb",
        "api": api,
        "region": REGION,
        "parameters": {"TableName": address.split("/")[0]},
    }
    return Operation.model_validate({**fields, **more})


def plan(**parts: object) -> Plan:
    fields: dict[str, object] = {
        "dynaops_version": "0",
        "created_at": "2026-01-02T03:04:05+00:00",
        "serial": 7,
        "lineage": "l",
    }
    return Plan.model_validate({**fields, **parts})


def change(address: str, action: Action, **more: object) -> Change:
    kind = "table" if "/" not in address else address.split("/")[1]
    fields: dict[str, object] = {
        "kind": kind,
        "region": REGION,
        "reason": "",
        "address": address,
        "action": action,
    }
    return Change.model_validate({**fields, **more})


ORDERS = (
    change(
        "orders",
        Action.UPDATE,
        reason="live differs from the spec in billing_mode, tags",
        differences=(
            Difference(path="billing_mode", before="PROVISIONED", after="PAY_PER_REQUEST"),
            Difference(path="read_capacity", before=5),
            Difference(
                path="tags",
                before={"Team": "shop", "Stage": "test"},
                after={"Team": "shop", "Stage": "prod", "Owner": "Zoë"},
                note="tags are changed without a pause",
            ),
        ),
    ),
    change(
        "orders/gsi/by-status",
        Action.REPLACE,
        reason="range_key forces replacement: an index's keys cannot change in place",
        differences=(
            Difference(path="range_key", before="created_at", after="ordered_at", forces_replacement=True),
            Difference(
                path="projection",
                before={"type": "ALL"},
                after={
                    "type": "INCLUDE",
                    "non_key_attributes": ["amount", "currency", "customer_name", "status"],
                },
                forces_replacement=True,
            ),
        ),
    ),
    change("orders/ttl", Action.DELETE, reason="the spec no longer names ttl, which dynaops applied"),
    change(
        "orders/resource_policy",
        Action.ADOPT,
        reason="the policy is there already, just as the spec says: it is only recorded",
    ),
)
USERS = (
    change(
        "users",
        Action.CREATE,
        reason=f"the spec asks for it, and there is no such table in {REGION}",
        after={
            "hash_key": "id",
            "range_key": None,
            "attributes": {"id": "S", "email": "S"},
            "billing_mode": "PAY_PER_REQUEST",
            "encryption": {"enabled": True},
            "tags": {
                "Project": "users",
                "a rather long tag name": "a value with [markup] and \x1b[31mcolour\x07",
            },
        },
    ),
    change(
        "users/gsi/by-email",
        Action.CREATE,
        reason="it comes with the new table users",
        after={"hash_key": "email", "projection": {"type": "ALL"}},
    ),
    change(
        "users/stream",
        Action.CREATE,
        reason="it comes with the new table users",
        after={"view_type": "KEYS_ONLY"},
    ),
)
OPERATIONS = (
    operation("CreateTable users", "users", "CreateTable", wait=wait("users is ACTIVE", 20)),
    operation("switch orders to PAY_PER_REQUEST", "orders", wait=wait("orders is ACTIVE", 100)),
    operation(
        "delete index by-status of orders",
        "orders/gsi/by-status",
        parameters={
            "TableName": "orders",
            "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-status"}}],
        },
        danger=Danger.REPLACE,
        reason="an index's keys cannot change in place",
        after=("switch orders to PAY_PER_REQUEST",),
        wait=wait("index by-status is gone", 5),
    ),
    operation(
        "build index by-status of orders",
        "orders/gsi/by-status",
        after=("delete index by-status of orders",),
        wait=wait("index by-status is ACTIVE", 540),
        slow=True,
    ),
    operation(
        "disable TTL of orders",
        "orders/ttl",
        "UpdateTimeToLive",
        after=("switch orders to PAY_PER_REQUEST",),
        cooldown=Cooldown(
            title="TTL may change once an hour", prefix="Time to live has been", expected=3600, timeout=4000
        ),
    ),
)
FULL = plan(
    changes=(*ORDERS, *USERS),
    operations=OPERATIONS,
    tables=("audit", "orders", "users"),
    drift=(
        Drift(
            address="orders",
            kind="table",
            differences=(Difference(path="deletion_protection", before=True, after=False),),
        ),
        Drift(address="orders/gsi/by-day", kind="gsi", vanished=True),
    ),
    unmanaged=(
        Unmanaged(address="orders/contributor_insights"),
        Unmanaged(address="orders", path="tags.CostCentre", value="4711"),
    ),
    warnings=(
        Finding(
            code="billing-switch-daily",
            severity=Severity.WARNING,
            message="AWS lets a table switch its billing mode once in 24 hours; the next switch has to wait for that",
            hint="Plan other billing changes of orders for tomorrow.",
            path="billing_mode",
            place=Place(file="specs/orders.yaml", line=12, column=15),
            address="orders",
        ),
    ),
    pending=("index by-day of orders is being built (BACKFILLING)",),
)
EMPTY = plan(tables=("orders", "users"))


def _cost_line(
    item: str, title: str, unit: str, before: tuple[float, float], price: float | None
) -> CostLine:
    """A quantity that grows tenfold."""
    old = Span(low=before[0], high=before[1])
    new = old.times(10)
    return CostLine(
        address="orders",
        region=REGION,
        item=item,
        title=title,
        unit=unit,
        quantity_before=old,
        quantity_after=new,
        price=price,
        before=old.times(price) if price is not None else None,
        after=new.times(price) if price is not None else None,
    )


COSTLY = plan(
    changes=(change("orders", Action.UPDATE, reason="live differs from the spec in write_capacity"),),
    tables=("orders",),
    cost=Cost(
        source="packaged list prices",
        as_of="2026-10-08",
        before=Span(low=5.5, high=1234.567),
        after=Span(low=55, high=12345.67),
        change=Span(low=-1179.567, high=12340.17),
        lines=(
            _cost_line("write_capacity", "write capacity", "WCU", (1, 2000), 0.57889),
            _cost_line("storage", "storage", "GB", (0.00001, 0.00001), 0.306),
            _cost_line("cold_backup", "backups kept in cold storage", "GB", (3, 3), None),
        ),
        by_use=(
            Rate(
                address="orders",
                region=REGION,
                item="read_requests",
                title="reads",
                price=0.1525,
                per="million reads",
                new=True,
            ),
            Rate(
                address="orders",
                region=REGION,
                item="storage",
                title="storage",
                price=0.306,
                per="GB",
                new=True,
            ),
        ),
        unpriced=("backups kept in cold storage in eu-central-1",),
        note="AWS's price list could not be read: denied",
    ),
)
