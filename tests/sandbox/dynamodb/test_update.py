"""UpdateTable: one concern a call, and what each concern obeys."""

from typing import Any

import pytest

from tests.sandbox.dynamodb.desk import (
    IN_USE,
    INVALID,
    LIMIT,
    Body,
    Desk,
    capacity,
    defined,
    index,
    on_demand,
    provisioned,
)

ENABLE = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
IA = "STANDARD_INFREQUENT_ACCESS"
BUILD = {
    "AttributeDefinitions": defined("a"),
    "GlobalSecondaryIndexUpdates": [{"Create": index("by-a", "a")}],
}
SSE = {"Enabled": True, "SSEType": "KMS"}


def alone(what: str) -> str:
    return f"{INVALID}{what} modification must be the only operation in the request"


SSE_ALONE = alone("Server-Side Encryption")
CLASS_ALONE = alone("TableClass")
PROTECTION_ALONE = alone("DeletionProtection")
WARM_ALONE = f"{INVALID}WarmThroughput must be the only operation in the request"
ODT_ALONE = f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
IOPS_STREAM = f"{INVALID}You cannot modify stream status while updating table IOPS"
IOPS_INDEX = f"{INVALID}You cannot create or delete index while updating table IOPS"
STREAM_INDEX = f"{INVALID}You cannot create or delete index while changing stream status"
UNITS = {"ProvisionedThroughput": capacity(7, 7)}
WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 13_000}}
MAXIMA = {"OnDemandThroughput": {"MaxReadRequestUnits": 10}}
PROTECT = {"DeletionProtectionEnabled": True}
DELETE = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-a"}}]}

# DDB-TABLE-156, 174, 382, 433: pairs that one call may not carry, and whom the refusal names.
PAIRS: list[tuple[Body, str]] = [
    ({"SSESpecification": SSE, "TableClass": IA, **PROTECT}, SSE_ALONE),
    ({"SSESpecification": SSE, **BUILD}, SSE_ALONE),
    ({"TableClass": IA, **PROTECT}, CLASS_ALONE),
    ({"TableClass": IA, **BUILD}, CLASS_ALONE),
    ({**PROTECT, "StreamSpecification": ENABLE}, PROTECTION_ALONE),
    ({**PROTECT, **MAXIMA}, PROTECTION_ALONE),
    ({**PROTECT, **WARM}, PROTECTION_ALONE),
    ({**PROTECT, "BillingMode": "PAY_PER_REQUEST"}, PROTECTION_ALONE),
    ({**PROTECT, **BUILD}, PROTECTION_ALONE),
    ({**WARM, **MAXIMA}, ODT_ALONE),
    ({**WARM, "StreamSpecification": ENABLE}, WARM_ALONE),
    (
        {**WARM, **BUILD},
        f"{INVALID}Create global secondary index cannot be specified when updating WarmThroughput",
    ),
    ({**MAXIMA, "StreamSpecification": ENABLE}, ODT_ALONE),
    ({**UNITS, "StreamSpecification": ENABLE}, IOPS_STREAM),
    ({**UNITS, "BillingMode": "PROVISIONED", "StreamSpecification": ENABLE}, IOPS_STREAM),
    ({**UNITS, **BUILD}, IOPS_INDEX),
    ({**UNITS, **DELETE}, IOPS_INDEX),
    ({"StreamSpecification": ENABLE, **BUILD}, STREAM_INDEX),
    (
        {**UNITS, "BillingMode": "PAY_PER_REQUEST"},
        f"{INVALID}ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST",
    ),
    (
        {"BillingMode": "PROVISIONED"},
        f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    ),
    (
        {"ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}], **PROTECT},
        PROTECTION_ALONE.replace("DeletionProtection", "Replica"),
    ),
    (
        {"GlobalSecondaryIndexUpdates": [], **PROTECT},
        f"{INVALID}List of GlobalSecondaryIndexUpdates is empty",
    ),
]


@pytest.mark.parametrize(("body", "text"), PAIRS, ids=[", ".join(body) for body, _ in PAIRS])
def test_what_one_call_may_not_carry(desk: Desk, body: Body, text: str) -> None:
    desk.create()
    desk.refused("UpdateTable", "ValidationException", text, TableName="orders", **body)


@pytest.mark.parametrize("more", [MAXIMA, {"StreamSpecification": ENABLE}], ids=["maxima", "stream"])
def test_a_switch_to_on_demand_carries_maxima_or_a_stream(desk: Desk, more: Body) -> None:
    """DDB-TABLE-433: the only accepted pairs."""
    desk.create(provisioned())
    desk.update(BillingMode="PAY_PER_REQUEST", **more)
    desk.pass_time(200)
    table = desk.table()
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table.get("OnDemandThroughput") or table.get("StreamSpecification")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"AttributeDefinitions": defined("pk")},
        {"GlobalSecondaryIndexUpdates": []},
        {"MultiRegionConsistency": "STRONG"},
        {"GlobalTableWitnessUpdates": [{"Create": {"RegionName": "us-east-2"}}]},
    ],
)
def test_nothing_asked_for(desk: Desk, body: Body) -> None:
    """DDB-TABLE-015, 047, 160, 260: refused even for a table that does not exist."""
    refused = desk.refused(
        "UpdateTable",
        "ValidationException",
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndex",
        TableName="missing",
        **body,
    )
    assert refused.message.endswith("WarmThroughput or TableClass is required")
    assert ("MultiRegionConsistency" in refused.message) == ("MultiRegionConsistency" not in body)


def test_shape_goes_before_existence(desk: Desk) -> None:
    """DDB-TABLE-070."""
    bad = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 0}
    desk.refused(
        "UpdateTable",
        "ValidationException",
        "1 validation error detected",
        TableName="missing",
        ProvisionedThroughput=bad,
    )
    desk.refused(
        "UpdateTable",
        "ResourceNotFoundException",
        "Requested resource not found: Table: missing not found",
        TableName="missing",
        **UNITS,
    )


class TestCapacity:
    def test_a_raise_shows_when_it_is_done(self, desk: Desk) -> None:
        """DDB-TABLE-058, 060: the answer has the old units and the new LastIncreaseDateTime."""
        desk.create(provisioned(1, 1))
        answer = desk.update(ProvisionedThroughput=capacity(2, 3))
        assert answer["TableStatus"] == "UPDATING"
        assert answer["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
        assert "LastIncreaseDateTime" in answer["ProvisionedThroughput"]
        desk.pass_time(3)
        table = desk.table()
        assert table["TableStatus"] == "ACTIVE"
        assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
        assert table["WarmThroughput"]["WriteUnitsPerSecond"] == 3

    def test_warm_throughput_does_not_follow_down(self, desk: Desk) -> None:
        """DDB-TABLE-061."""
        desk.create(provisioned(5, 5))
        desk.update(ProvisionedThroughput=capacity(1, 1))
        desk.pass_time(3)
        table = desk.table()
        assert table["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1
        assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 5

    def test_the_same_units_again(self, desk: Desk) -> None:
        """DDB-TABLE-057, 164."""
        desk.create(provisioned(5, 5))
        for more in ({}, {"BillingMode": "PROVISIONED"}):
            desk.refused(
                "UpdateTable",
                "ValidationException",
                "The provisioned throughput for the table will not change. The requested value equals the "
                "current value. Current ReadCapacityUnits provisioned for the table: 5. Requested",
                TableName="orders",
                ProvisionedThroughput=capacity(5, 5),
                **more,
            )

    def test_cuts_are_rationed(self, desk: Desk) -> None:
        """DDB-TABLE-184, 326: four a UTC day, then one an hour, anew at midnight."""
        desk.world.clock.advance(86_400 - desk.world.now() % 86_400)
        desk.create(provisioned(20, 20))
        for units in (19, 18, 17, 16):
            desk.update(ProvisionedThroughput=capacity(units, 20))
            desk.pass_time(3)

        def refused() -> None:
            desk.refused(
                "UpdateTable",
                "LimitExceededException",
                f"{LIMIT}Provisioned throughput decreases are limited within a given UTC day. After the first "
                "4 decreases, each subsequent decrease in the same UTC day can be performed at most once every "
                "3600 seconds. Number of decreases today: 4. Last decrease at",
                TableName="orders",
                ProvisionedThroughput=capacity(15, 20),
            )

        refused()
        desk.update(ProvisionedThroughput=capacity(16, 21))  # a raise is no cut
        desk.pass_time(3500)
        refused()
        desk.pass_time(200)
        desk.update(ProvisionedThroughput=capacity(15, 21))
        desk.pass_time(3)
        desk.pass_time(86_400)
        assert desk.table()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
        desk.update(ProvisionedThroughput=capacity(14, 21))

    def test_units_are_not_for_on_demand_tables_nor_maxima_for_provisioned_ones(self, desk: Desk) -> None:
        """DDB-TABLE-059."""
        desk.create()
        desk.refused(
            "UpdateTable",
            "ValidationException",
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is",
            TableName="orders",
            **UNITS,
        )
        desk.call("CreateTable", **provisioned(TableName="other"))
        desk.pass_time(6)
        desk.refused(
            "UpdateTable",
            "ValidationException",
            f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table Billing",
            TableName="other",
            **MAXIMA,
        )


class TestBilling:
    def test_to_provisioned_and_back(self, desk: Desk) -> None:
        """DDB-TABLE-055, 056, 183: 60-113 s, then some seconds; no limit of one switch a day."""
        desk.create(on_demand(**MAXIMA))
        answer = desk.update(BillingMode="PROVISIONED", ProvisionedThroughput=capacity(1, 1))
        assert (answer["TableStatus"], answer["BillingModeSummary"]["BillingMode"]) == (
            "UPDATING",
            "PROVISIONED",
        )
        desk.pass_time(50)
        assert desk.table()["TableStatus"] == "UPDATING"
        desk.pass_time(50)
        table = desk.table()
        assert table["TableStatus"] == "ACTIVE"
        assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
        assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000
        assert "OnDemandThroughput" not in table  # DDB-TABLE-153
        desk.update(BillingMode="PAY_PER_REQUEST")
        desk.pass_time(5)
        assert desk.table()["TableStatus"] == "ACTIVE"

    def test_from_provisioned(self, desk: Desk) -> None:
        """DDB-TABLE-064, 183: units are 0 at once; the time of the switch and warm units come at its end."""
        desk.create(provisioned(5, 5))
        answer = desk.update(BillingMode="PAY_PER_REQUEST")
        assert answer["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
        assert answer["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        assert desk.table()["WarmThroughput"]["ReadUnitsPerSecond"] == 5
        desk.pass_time(130)
        table = desk.table()
        assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]
        assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000

    def test_repeating_on_demand_does_nothing(self, desk: Desk) -> None:
        """DDB-TABLE-156: the answer says UPDATING, the table stays ACTIVE."""
        desk.create()
        before = desk.table()
        assert desk.update(BillingMode="PAY_PER_REQUEST")["TableStatus"] == "UPDATING"
        assert desk.table() == before

    def test_going_back_while_the_switch_runs(self, desk: Desk) -> None:
        """DDB-TABLE-452: to on demand 200 but lost, to provisioned refused."""
        desk.create()
        desk.update(BillingMode="PROVISIONED", ProvisionedThroughput=capacity(1, 1))
        answer = desk.update(BillingMode="PAY_PER_REQUEST")
        assert answer["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        desk.refused(
            "UpdateTable",
            "ResourceInUseException",
            f"{IN_USE}Table IOPS are currently being updated. Table: orders",
            TableName="orders",
            BillingMode="PROVISIONED",
            ProvisionedThroughput=capacity(2, 2),
        )
        desk.pass_time(100)
        assert desk.table()["BillingModeSummary"]["BillingMode"] == "PROVISIONED"


class TestOnDemandMaxima:
    def test_members_merge_and_clear(self, desk: Desk) -> None:
        """DDB-TABLE-051, 178, 182: at once; -1 shows for about a second."""
        desk.create()
        both = {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 500}
        answer = desk.update(OnDemandThroughput=both)
        assert (answer["TableStatus"], answer["OnDemandThroughput"]) == ("ACTIVE", both)
        desk.update(OnDemandThroughput={"MaxReadRequestUnits": 2000})
        assert desk.table()["OnDemandThroughput"] == {**both, "MaxReadRequestUnits": 2000}
        desk.update(OnDemandThroughput={"MaxReadRequestUnits": -1})
        assert desk.table()["OnDemandThroughput"] == {**both, "MaxReadRequestUnits": -1}
        desk.pass_time(2)
        assert desk.table()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 500}
        desk.update(OnDemandThroughput={"MaxWriteRequestUnits": -1})
        desk.pass_time(2)
        assert "OnDemandThroughput" not in desk.table()

    @pytest.mark.parametrize("value", [0, -2])
    def test_out_of_range(self, desk: Desk, value: int) -> None:
        desk.create()
        desk.refused(
            "UpdateTable",
            "ValidationException",
            f"{INVALID}Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
            TableName="orders",
            OnDemandThroughput={"MaxWriteRequestUnits": value},
        )

    @pytest.mark.parametrize("member", ["OnDemandThroughput", "WarmThroughput"])
    def test_an_empty_structure_is_a_server_error(self, desk: Desk, member: str) -> None:
        """DDB-TABLE-437, 448."""
        desk.create()
        refused = desk.refused("UpdateTable", "InternalFailure", "", TableName="orders", **{member: {}})
        assert refused.status == 500


class TestWarmThroughput:
    def test_a_raise_takes_minutes_under_active(self, desk: Desk) -> None:
        """DDB-TABLE-121, 179."""
        desk.create()
        answer = desk.update(WarmThroughput={"ReadUnitsPerSecond": 12_001})
        before = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4000, "Status": "UPDATING"}
        assert (answer["TableStatus"], answer["WarmThroughput"]) == ("ACTIVE", before)
        desk.pass_time(300)
        assert desk.table()["WarmThroughput"] == before
        desk.refused(
            "DeleteTable",
            "ResourceInUseException",
            f"{IN_USE}Table: orders is in the process of being updated.",
            TableName="orders",
        )
        desk.pass_time(100)
        after = {"ReadUnitsPerSecond": 12_001, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
        assert desk.table()["WarmThroughput"] == after

    def test_the_last_request_wins(self, desk: Desk) -> None:
        """DDB-TABLE-459."""
        desk.create()
        desk.update(**WARM)
        desk.pass_time(1)
        desk.update(WarmThroughput={"ReadUnitsPerSecond": 14_000, "WriteUnitsPerSecond": 6000})
        desk.pass_time(400)
        warm = desk.table()["WarmThroughput"]
        assert warm == {"ReadUnitsPerSecond": 14_000, "WriteUnitsPerSecond": 6000, "Status": "ACTIVE"}

    def test_never_down(self, desk: Desk) -> None:
        """DDB-TABLE-061, 179; the same value again is accepted."""
        desk.create()
        desk.refused(
            "UpdateTable",
            "ValidationException",
            f"{INVALID}Requested WriteUnitsPerSecond for WarmThroughput for table is lower than current "
            "WarmThroughput, decreasing WarmThroughput is not supported",
            TableName="orders",
            WarmThroughput={"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 3999},
        )
        desk.update(WarmThroughput={"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4000})
        desk.pass_time(3)
        assert desk.table()["WarmThroughput"]["Status"] == "ACTIVE"


class TestTableClass:
    def test_a_switch(self, desk: Desk) -> None:
        """DDB-TABLE-026, 284: the answer has the old class."""
        desk.create()
        answer = desk.update(TableClass=IA)
        assert (answer["TableStatus"], answer.get("TableClassSummary")) == ("UPDATING", None)
        desk.pass_time(5)
        table = desk.table()
        assert table["TableStatus"] == "ACTIVE"
        assert table["TableClassSummary"]["TableClass"] == IA
        assert "LastUpdateDateTime" in table["TableClassSummary"]
        assert desk.update(TableClass="STANDARD")["TableClassSummary"]["TableClass"] == IA

    def test_two_in_thirty_days(self, desk: Desk) -> None:
        """DDB-TABLE-283, 365: then even the same class is refused."""
        desk.create()
        assert desk.update(TableClass="STANDARD")["TableStatus"] == "UPDATING"  # free, and does nothing
        for wanted in (IA, "STANDARD"):
            desk.update(TableClass=wanted)
            desk.pass_time(5)
        for wanted in (IA, "STANDARD"):
            desk.refused(
                "UpdateTable",
                "LimitExceededException",
                f"{LIMIT}Updates to TableClass are limited to 2 times in 30 day(s).",
                TableName="orders",
                TableClass=wanted,
            )
        desk.pass_time(30 * 86_400)
        desk.update(TableClass=IA)

    def test_an_encryption_change_hides_a_switch(self, desk: Desk) -> None:
        """DDB-TABLE-287: ACTIVE at once, a further switch is accepted and lost, the first one goes on."""
        desk.create()
        desk.update(TableClass=IA)
        assert desk.update(SSESpecification=SSE)["TableStatus"] == "ACTIVE"
        assert desk.update(TableClass="STANDARD")["TableStatus"] == "UPDATING"
        desk.pass_time(10)
        assert desk.table()["TableClassSummary"]["TableClass"] == IA


class TestDeletionProtection:
    def test_at_once_but_not_twice_in_fifteen_seconds(self, desk: Desk) -> None:
        """DDB-TABLE-003, 017, 047."""
        desk.create()
        assert desk.update(DeletionProtectionEnabled=False)["TableStatus"] == "ACTIVE"  # no change
        assert desk.update(DeletionProtectionEnabled=True)["DeletionProtectionEnabled"] is True
        desk.pass_time(14)
        for value in (True, False):
            desk.refused(
                "UpdateTable",
                "ThrottlingException",
                "Deletion protection setting for table orders modified within the previous 15000 milliseconds. "
                "Please try again after 20",
                TableName="orders",
                DeletionProtectionEnabled=value,
            )
        desk.pass_time(2)
        desk.update(DeletionProtectionEnabled=True)
        desk.update(DeletionProtectionEnabled=False)

    def test_a_protected_table_is_not_deleted(self, desk: Desk) -> None:
        """DDB-TABLE-016."""
        desk.create(on_demand(DeletionProtectionEnabled=True))
        desk.refused(
            "DeleteTable",
            "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion",
            TableName="orders",
        )


STARTS: dict[str, Body] = {
    "units": UNITS,
    "stream": {"StreamSpecification": ENABLE},
    "class": {"TableClass": IA},
    "encryption": {"SSESpecification": SSE},
}
MORE_UNITS = {"ProvisionedThroughput": capacity(8, 8)}
GSI = {
    "AttributeDefinitions": defined("a"),
    "GlobalSecondaryIndexUpdates": [
        {"Create": {**index("by-a", "a"), "ProvisionedThroughput": capacity(1, 1)}}
    ],
}
# DDB-TABLE-002, 119, 120, 175, 286, 369, 370: what is refused while something runs, and how.
WINDOWS: list[tuple[str, Body, str]] = [
    ("units", MORE_UNITS, "Table IOPS are currently being updated. Table: orders"),
    ("units", {"BillingMode": "PAY_PER_REQUEST"}, "Table IOPS are currently being updated. Table: orders"),
    (
        "units",
        {"StreamSpecification": ENABLE},
        "Can't enable or disable stream while table IOPS are being updated. Table: orders",
    ),
    ("units", GSI, "Can't create or delete indexes while table IOPS are being updated. Table: orders"),
    (
        "stream",
        MORE_UNITS,
        "Can't change table IOPS when stream status is being updated. Table: orders Stream: ",
    ),
    (
        "stream",
        {"StreamSpecification": {"StreamEnabled": False}},
        "A stream status change is currently in progress. Table: orders Stream: ",
    ),
    ("stream", {"TableClass": IA}, "Can't update table class when stream status is being updated. Table:"),
    ("stream", GSI, "Can't create or delete an index when stream status is being updated."),
    (
        "class",
        {"TableClass": "STANDARD"},
        "Can't update table class when a table class update is in progress. Table: orders TableClassUpdateIn"
        f"Progress: {IA}",
    ),
    (
        "class",
        {"StreamSpecification": ENABLE},
        "Can't change stream status when a table class update is in progress. Table: orders TableClass",
    ),
    ("class", GSI, "Can't create or delete an index when a table class update is in progress."),
    ("encryption", {"SSESpecification": {"Enabled": False}}, "Server-Side Encryption is still being updated"),
]


@pytest.mark.parametrize(("running", "body", "text"), WINDOWS)
def test_what_is_refused_meanwhile(desk: Desk, running: str, body: Body, text: str) -> None:
    desk.create(provisioned())
    desk.update(**STARTS[running])
    desk.refused("UpdateTable", "ResourceInUseException", IN_USE + text, TableName="orders", **body)


@pytest.mark.parametrize(
    ("running", "text"),
    [
        ("units", "Table: orders is in the process of being updated."),
        ("stream", "Cannot delete table while stream is being enabled/disabled."),
        ("class", "Table: orders is in the process of being updated."),
        ("encryption", "Table: orders is in the process of being updated."),
    ],
)
def test_deletion_is_refused_meanwhile(desk: Desk, running: str, text: str) -> None:
    """DDB-TABLE-002, 063, 069, 120, 284."""
    desk.create(provisioned())
    desk.update(**STARTS[running])
    desk.refused("DeleteTable", "ResourceInUseException", IN_USE + text, TableName="orders")


@pytest.mark.parametrize("running", STARTS)
def test_protection_passes_meanwhile(desk: Desk, running: str) -> None:
    """DDB-TABLE-002, 119, 120, 286."""
    desk.create(provisioned())
    desk.update(**STARTS[running])
    assert desk.update(**PROTECT)["DeletionProtectionEnabled"] is True


ADMITTED: list[tuple[str, dict[str, Any]]] = [
    ("stream", {"SSESpecification": SSE}),
    ("stream", {"WarmThroughput": {"ReadUnitsPerSecond": 100}}),
    ("class", {"SSESpecification": SSE}),
    ("encryption", {"StreamSpecification": ENABLE}),
    ("encryption", {"TableClass": IA}),
    ("encryption", GSI),
]


@pytest.mark.parametrize(("running", "body"), ADMITTED)
def test_what_passes_meanwhile(desk: Desk, running: str, body: Body) -> None:
    """DDB-TABLE-119, 120, 175, 286."""
    desk.create(provisioned())
    desk.update(**STARTS[running])
    desk.update(**body)


def test_a_table_being_deleted_refuses_everything(desk: Desk) -> None:
    """DDB-TABLE-005, 006."""
    desk.create()
    desk.call("DeleteTable", TableName="orders")
    for operation, body in (("UpdateTable", PROTECT), ("DeleteTable", {})):
        desk.refused(
            operation,
            "ResourceInUseException",
            f"{IN_USE}Table is being deleted: orders",
            TableName="orders",
            **body,
        )


def test_definitions_without_an_index_are_ignored(desk: Desk) -> None:
    """DDB-TABLE-162, 358: neither applied nor refused."""
    desk.create()
    other = [{"AttributeName": "pk", "AttributeType": "N"}, {"AttributeName": "x", "AttributeType": "B"}]
    desk.update(AttributeDefinitions=other, DeletionProtectionEnabled=True)
    assert desk.table()["AttributeDefinitions"] == [{"AttributeName": "pk", "AttributeType": "S"}]
