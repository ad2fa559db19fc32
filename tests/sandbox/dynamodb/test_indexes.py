"""Global indexes of a living table: one online operation at a time, in phases (DDB-TABLE-148 to 175, 375-380)."""

from typing import Any

import pytest

from dynaops.sandbox.dynamodb.indexes import check_readable
from dynaops.sandbox.dynamodb.registry import tables_in
from dynaops.sandbox.errors import ApiError
from tests.sandbox.dynamodb.desk import (
    ACCOUNT,
    HOME,
    IN_USE,
    INVALID,
    LIMIT,
    Body,
    Desk,
    capacity,
    defined,
    index,
    key,
    on_demand,
    provisioned,
)

ONE_AT_A_TIME = f"{LIMIT}Only 1 online index can be created or deleted simultaneously per table"
WITH_TWO = {
    "AttributeDefinitions": defined("pk", "a", "b"),
    "GlobalSecondaryIndexes": [index("by-a", "a"), index("by-b", "b")],
}


def build(name: str = "by-c", attribute: str = "c", **more: Any) -> Body:
    return {
        "AttributeDefinitions": defined(attribute),
        "GlobalSecondaryIndexUpdates": [{"Create": index(name, attribute, **more)}],
    }


def drop(name: str) -> Body:
    return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


def change(name: str, **what: Any) -> Body:
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **what}}]}


def refused(desk: Desk, code: str, text: str, **body: Any) -> None:
    desk.refused("UpdateTable", code, text, TableName="orders", **body)


def phase(desk: Desk, name: str = "by-c") -> tuple[str, str | None, bool | None]:
    """Table status, index status and Backfilling."""
    held = desk.index(name) or {}
    return desk.table()["TableStatus"], held.get("IndexStatus"), held.get("Backfilling")


def test_a_build_has_two_phases(desk: Desk) -> None:
    """DDB-TABLE-138, 148: allocation (24-56 s, UPDATING), then a backfill of minutes under ACTIVE."""
    desk.create()
    answer = desk.update(**build())
    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert phase(desk) == ("UPDATING", "CREATING", False)
    desk.pass_time(23)
    assert phase(desk) == ("UPDATING", "CREATING", False)
    desk.pass_time(34)
    assert phase(desk) == ("ACTIVE", "CREATING", True)
    desk.pass_time(449)
    assert phase(desk) == ("ACTIVE", "CREATING", True)
    desk.pass_time(34)
    assert phase(desk) == ("ACTIVE", "ACTIVE", None)
    assert [each["AttributeName"] for each in desk.table()["AttributeDefinitions"]] == ["c", "pk"]


def test_deletion_in_each_phase(desk: Desk) -> None:
    """DDB-TABLE-149, 150, 151: not while allocating; once backfilling, gone in seconds with its attribute."""
    desk.create()
    desk.update(**build())
    refused(
        desk,
        "ResourceInUseException",
        f"{IN_USE}Index creation is in resource allocation phase. Retry deletion during backfilling phase or "
        "when the index is active. Table: orders Index: by-c",
        **drop("by-c"),
    )
    desk.pass_time(45)
    desk.refused(
        "DeleteTable",
        "ResourceInUseException",
        f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.",
        TableName="orders",
    )
    desk.update(**drop("by-c"))
    assert phase(desk) == ("UPDATING", "DELETING", None)
    desk.pass_time(5)
    table = desk.table()
    assert "GlobalSecondaryIndexes" not in table
    assert table["AttributeDefinitions"] == defined("pk")
    desk.pass_time(600)
    assert "GlobalSecondaryIndexes" not in desk.table()


@pytest.mark.parametrize("running", ["allocation", "backfill", "removal"])
def test_one_online_operation_at_a_time(desk: Desk, running: str) -> None:
    """DDB-TABLE-159."""
    desk.create(on_demand(**WITH_TWO))
    if running == "removal":
        desk.update(**drop("by-b"))
    else:
        desk.update(**build())
        desk.pass_time(5 if running == "allocation" else 60)
    refused(desk, "LimitExceededException", ONE_AT_A_TIME, **build("by-d", "d"))
    refused(desk, "LimitExceededException", ONE_AT_A_TIME, **drop("by-a"))
    desk.update(**change("by-a", OnDemandThroughput={"MaxReadRequestUnits": 5}))


@pytest.mark.parametrize(
    "updates",
    [
        [{"Create": index("ind1", "c")}, {"Create": index("ind2", "c")}],
        [{"Delete": {"IndexName": "none1"}}, {"Delete": {"IndexName": "none2"}}],
        [{"Create": index("ind1", "c")}, {"Delete": {"IndexName": "none2"}}],
    ],
)
def test_two_online_operations_in_one_call(desk: Desk, updates: list[Body]) -> None:
    """DDB-TABLE-159; looked at before whether the indexes exist."""
    desk.create()
    refused(
        desk,
        "LimitExceededException",
        ONE_AT_A_TIME,
        AttributeDefinitions=defined("c"),
        GlobalSecondaryIndexUpdates=updates,
    )


FAULTS: list[tuple[Body, str, str]] = [
    # DDB-TABLE-160
    (
        {"GlobalSecondaryIndexUpdates": [{}]},
        "ValidationException",
        f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSec",
    ),
    (
        {
            "GlobalSecondaryIndexUpdates": [
                {"Create": index("new", "c"), "Delete": {"IndexName": "by-a"}},
            ]
        },
        "ValidationException",
        f"{INVALID}Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
    ),
    (
        {
            "GlobalSecondaryIndexUpdates": [
                {"Delete": {"IndexName": "by-a"}},
                {"Create": index("by-a", "a")},
            ]
        },
        "ValidationException",
        f"{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: by-a",
    ),
    # DDB-TABLE-380
    (
        drop("missing"),
        "ResourceNotFoundException",
        "Requested resource not found: Index missing for table orders",
    ),
    (
        change("missing", OnDemandThroughput={"MaxReadRequestUnits": 5}),
        "ResourceNotFoundException",
        "Requested resource not found: Index missing for table orders",
    ),
    (change("missing", WarmThroughput={"ReadUnitsPerSecond": 5}), "InternalFailure", ""),
    # DDB-TABLE-162, 357
    (build("by-a", "c"), "ValidationException", "Attempting to create an index which already exists"),
    (build("local", "c"), "ValidationException", "Attempting to create an index which already exists"),
    (
        drop("local"),
        "ValidationException",
        "Cannot delete an index that is not a GlobalSecondaryIndex: local",
    ),
    (
        {"GlobalSecondaryIndexUpdates": [{"Create": index("by-c", "a")}]},
        "ValidationException",
        f"{INVALID}AttributeDefinitions is not specified for index: by-c",
    ),
    (
        {
            "AttributeDefinitions": defined("x"),
            "GlobalSecondaryIndexUpdates": [{"Create": index("by-c", "c")}],
        },
        "ValidationException",
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [c]",
    ),
    (
        {
            "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "N"}],
            "GlobalSecondaryIndexUpdates": [{"Create": index("by-c", "a")}],
        },
        "ValidationException",
        f"{INVALID}Attributes cannot be redefined. Please check that your attribute has the same type as "
        "previously defined. Existing schema: Schema:[SchemaElement: key{a:S:HASH}] New schema: "
        "Schema:[SchemaElement: key{a:N:HASH}]",
    ),
    # DDB-TABLE-128, 152, 155
    (
        build(ProvisionedThroughput=capacity(1, 1)),
        "ValidationException",
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: by-c when",
    ),
    (
        change("by-a", ProvisionedThroughput=capacity(1, 1)),
        "ValidationException",
        f"{INVALID}The only Updates for index: by-a when TableThroughputMode is PAY_PER_REQUEST can be to",
    ),
    (
        change("by-a", WarmThroughput={"ReadUnitsPerSecond": 100}),
        "ValidationException",
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for index by-a is lower than current",
    ),
    (
        change("by-a", OnDemandThroughput={"MaxReadRequestUnits": 0}),
        "ValidationException",
        f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for index : by-a is outside of valid",
    ),
]


@pytest.mark.parametrize(("body", "code", "text"), FAULTS)
def test_refusals(desk: Desk, body: Body, code: str, text: str) -> None:
    desk.create(
        on_demand(
            AttributeDefinitions=defined("pk", "sk", "a"),
            KeySchema=key("pk", "sk"),
            LocalSecondaryIndexes=[index("local", "pk", "a")],
            GlobalSecondaryIndexes=[index("by-a", "a")],
        )
    )
    refused(desk, code, text, **body)


def test_the_twenty_first_index_is_a_limit(desk: Desk) -> None:
    """DDB-TABLE-169: a validation at creation, a limit later."""
    names = [f"g-{number:02}" for number in range(20)]
    desk.create(on_demand(GlobalSecondaryIndexes=[index(name, "pk") for name in names]))
    refused(
        desk,
        "LimitExceededException",
        f"{LIMIT}Number of global secondary indexes exceeds per-table limit of 20",
        **build(),
    )


class TestCapacity:
    WITH_INDEX = provisioned(
        AttributeDefinitions=defined("pk", "a"),
        GlobalSecondaryIndexes=[{**index("by-a", "a"), "ProvisionedThroughput": capacity(2, 2)}],
    )

    def test_an_update_touches_only_the_index(self, desk: Desk) -> None:
        """DDB-TABLE-148, 165: the answer has the old units."""
        desk.create(self.WITH_INDEX)
        answer = desk.update(**change("by-a", ProvisionedThroughput=capacity(2, 3)))
        assert answer["TableStatus"] == "ACTIVE"
        held = answer["GlobalSecondaryIndexes"][0]
        assert (held["IndexStatus"], held["ProvisionedThroughput"]["WriteCapacityUnits"]) == ("UPDATING", 2)
        refused(
            desk,
            "ResourceInUseException",
            f"{IN_USE}Index is being updated. Table: orders Index: by-a",
            **change("by-a", ProvisionedThroughput=capacity(3, 3)),
        )
        desk.pass_time(4)
        after = desk.index("by-a")
        assert after is not None
        assert (after["IndexStatus"], after["ProvisionedThroughput"]["WriteCapacityUnits"]) == ("ACTIVE", 3)
        assert after["WarmThroughput"]["WriteUnitsPerSecond"] == 3

    def test_the_same_units_again(self, desk: Desk) -> None:
        """DDB-TABLE-164."""
        desk.create(self.WITH_INDEX)
        refused(
            desk,
            "ValidationException",
            "The provisioned throughput for the index by-a will not change. The requested value equals the "
            "current value. Current ReadCapacityUnits provisioned for index by-a: 2.",
            **change("by-a", ProvisionedThroughput=capacity(2, 2)),
        )

    def test_table_and_index_have_budgets_of_their_own(self, desk: Desk) -> None:
        """DDB-TABLE-157."""
        desk.create(self.WITH_INDEX)
        for units in (4, 3, 2, 1):
            desk.update(ProvisionedThroughput=capacity(units, 5))
            desk.pass_time(3)
        desk.update(**change("by-a", ProvisionedThroughput=capacity(1, 2)))
        desk.pass_time(3)
        assert (desk.index("by-a") or {})["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1

    def test_a_switch_brings_the_units_of_every_index(self, desk: Desk) -> None:
        """DDB-TABLE-152, 153."""
        desk.create(on_demand(**WITH_TWO))
        switch = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": capacity(5, 5)}
        updates = [
            {"Update": {"IndexName": name, "ProvisionedThroughput": capacity(6, 6)}}
            for name in ("by-a", "by-b")
        ]
        text = f"{INVALID}ProvisionedThroughput must be specified for index: by-"
        refused(desk, "ValidationException", f"{text}a", **switch)
        refused(desk, "ValidationException", f"{text}b", **switch, GlobalSecondaryIndexUpdates=updates[:1])
        desk.update(**switch, GlobalSecondaryIndexUpdates=updates)
        desk.pass_time(3)
        desk.pass_time(120)
        for name in ("by-a", "by-b"):
            held = desk.index(name) or {}
            assert (held["IndexStatus"], held["ProvisionedThroughput"]["ReadCapacityUnits"]) == ("ACTIVE", 6)
        refused(
            desk,
            "ValidationException",
            f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: by-c",
            **build(),
        )
        desk.update(BillingMode="PAY_PER_REQUEST")
        desk.pass_time(10)
        held = desk.index("by-a") or {}
        assert held["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        assert held["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000

    def test_warm_throughput_of_an_index(self, desk: Desk) -> None:
        """DDB-TABLE-155: IndexStatus stays ACTIVE for the 6.5 minutes."""
        desk.create(on_demand(**WITH_TWO))
        desk.update(**change("by-a", WarmThroughput={"ReadUnitsPerSecond": 12_002}))
        held = desk.index("by-a") or {}
        assert (held["IndexStatus"], held["WarmThroughput"]["Status"]) == ("ACTIVE", "UPDATING")
        desk.pass_time(400)
        warm = {"ReadUnitsPerSecond": 12_002, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
        assert (desk.index("by-a") or {})["WarmThroughput"] == warm

    def test_maxima_of_an_index(self, desk: Desk) -> None:
        """DDB-TABLE-135, 154: at once, merged; the same again is accepted."""
        desk.create(on_demand(**WITH_TWO))
        for given in (
            {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 40},
            {"MaxReadRequestUnits": 60},
        ) * 2:
            desk.update(**change("by-a", OnDemandThroughput=given))
            desk.pass_time(3)
        shown = (desk.index("by-a") or {})["OnDemandThroughput"]
        assert shown == {"MaxReadRequestUnits": 60, "MaxWriteRequestUnits": 40}


class TestWhileBuilding:
    # DDB-TABLE-458
    REFUSED: list[tuple[Body, str, str]] = [
        (
            {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
            "ResourceInUseException",
            f"{IN_USE}OnDemandThroughput cannot be updated while index creation is in progress for indexes: [by-c]",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
            "ResourceInUseException",
            f"{IN_USE}Can't change stream status when an index is being created",
        ),
        (
            {"WarmThroughput": {"ReadUnitsPerSecond": 13_000}},
            "InternalServerError",
            "Table is under system maintenance, please try again later",
        ),
    ]

    @pytest.mark.parametrize(("body", "code", "text"), REFUSED)
    def test_allocation_refuses(self, desk: Desk, body: Body, code: str, text: str) -> None:
        desk.create()
        desk.update(**build())
        refused(desk, code, text, **body)

    def test_allocation_admits_encryption_and_protection(self, desk: Desk) -> None:
        desk.create()
        desk.update(**build())
        desk.update(SSESpecification={"Enabled": True})
        desk.update(DeletionProtectionEnabled=True)
        assert phase(desk) == ("UPDATING", "CREATING", False)

    def test_a_removal_blocks_capacity(self, desk: Desk) -> None:
        """DDB-TABLE-375, 376."""
        desk.create(on_demand(**WITH_TWO))
        desk.update(**drop("by-a"))
        refused(
            desk,
            "ResourceInUseException",
            f"{IN_USE}Can't change table IOPS when an index is being deleted. Table: orders Indexes: [by-a]",
            BillingMode="PROVISIONED",
            ProvisionedThroughput=capacity(1, 1),
        )
        refused(
            desk,
            "ResourceInUseException",
            f"{IN_USE}Index is being deleted. Table: orders Index: by-a",
            **change("by-a", OnDemandThroughput={"MaxReadRequestUnits": 1}),
        )
        desk.update(BillingMode="PAY_PER_REQUEST")
        desk.update(DeletionProtectionEnabled=True)


class TestReading:
    def readable(self, desk: Desk, name: str) -> str:
        table = tables_in(desk.world, ACCOUNT, HOME)["orders"]
        try:
            check_readable(table, name)
        except ApiError as refused:
            return refused.message
        return "yes"

    def test_only_built_indexes_are_read(self, desk: Desk) -> None:
        desk.create()
        assert self.readable(desk, "by-c") == "The table does not have the specified index: by-c"
        desk.update(**build())
        desk.pass_time(100)
        assert self.readable(desk, "by-c") == "Cannot read from backfilling global secondary index: by-c"
        desk.pass_time(500)
        assert self.readable(desk, "by-c") == "yes"
        desk.update(**drop("by-c"))
        assert self.readable(desk, "by-c") == "The table does not have the specified index: by-c"

    def test_items_that_do_not_fit_the_key_stay_out(self, desk: Desk) -> None:
        """A backfill skips items of another type, with an empty or an over-long key attribute."""
        desk.create()
        desk.put(pk={"S": "1"}, c={"S": "fits"})
        desk.put(pk={"S": "2"}, c={"N": "7"})
        desk.put(pk={"S": "3"}, c={"S": ""})
        desk.put(pk={"S": "4"}, c={"S": "x" * 2049})
        desk.put(pk={"S": "5"})
        desk.update(**build())
        desk.pass_time(600)
        from moto.dynamodb.models import dynamodb_backends

        table = dynamodb_backends[ACCOUNT][HOME].tables["orders"]
        found, _, _ = table.scan({}, 100, None, index_name="by-c")  # type: ignore[arg-type]
        assert [item.to_json()["Attributes"]["pk"] for item in found] == [{"S": "1"}]
        assert len(desk.rows()) == 5
