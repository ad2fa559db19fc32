"""Replicas: a real table in the other region, which both sides write to (DDB-TABLE-201 to 320)."""

from typing import Any

import boto3
import pytest

from tests.sandbox.dynamodb.desk import (
    IN_USE,
    INVALID,
    Body,
    Desk,
    capacity,
    defined,
    index,
    on_demand,
    provisioned,
)

AWAY = "eu-west-1"
TERSE = "The resource which you are attempting to change is in use."
ALREADY = (
    "Failed to create a the new replica of table with name: ‘orders’ because one or more replicas already"
)
NOT_PART = (
    "Update global table operation failed because one or more replicas were not part of the global table. "
    "Please retry the request without these replicas: ["
)


def join(region: str = AWAY, **more: Any) -> Body:
    return {"ReplicaUpdates": [{"Create": {"RegionName": region, **more}}]}


def part(region: str = AWAY) -> Body:
    return {"ReplicaUpdates": [{"Delete": {"RegionName": region}}]}


def replicas(desk: Desk, at: str = "us-east-1") -> dict[str, str] | None:
    listed = desk.table(at).get("Replicas")
    return None if listed is None else {each["RegionName"]: each["ReplicaStatus"] for each in listed}


def refused(desk: Desk, code: str, text: str, at: str = "us-east-1", **body: Any) -> None:
    desk.refused("UpdateTable", code, text, at=at, TableName="orders", **body)


def replicated(desk: Desk, body: Body | None = None) -> None:
    """A table with one replica, both ACTIVE."""
    desk.create(body)
    desk.update(**join())
    desk.pass_time(30)
    assert replicas(desk) == {AWAY: "ACTIVE"}


def test_how_a_replica_comes(desk: Desk) -> None:
    """DDB-TABLE-226, 298, 305: entry at 6 s, its table at 10 s, both ACTIVE at 21 s; a stream by itself."""
    desk.create()
    answer = desk.update(**join())
    assert (answer["TableStatus"], answer["Replicas"]) == ("UPDATING", [])
    assert answer["GlobalTableVersion"] == "2019.11.21"
    desk.pass_time(8)
    assert replicas(desk) == {AWAY: "CREATING"}
    missing = "Requested resource not found: Table: orders not found"
    desk.refused("DescribeTable", "ResourceNotFoundException", missing, at=AWAY, TableName="orders")
    desk.pass_time(4)
    there = desk.table(AWAY)
    assert (there["TableStatus"], replicas(desk, AWAY)) == ("CREATING", {"us-east-1": "ACTIVE"})
    assert "StreamSpecification" not in there
    desk.pass_time(12)
    here, there = desk.table(), desk.table(AWAY)
    assert (here["TableStatus"], there["TableStatus"], replicas(desk)) == (
        "ACTIVE",
        "ACTIVE",
        {AWAY: "ACTIVE"},
    )
    assert here["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert here["GlobalTableSettingsReplicationMode"] == "ENABLED_WITH_OVERRIDES"
    assert here["TableId"] != there["TableId"]
    assert "MultiRegionConsistency" not in here


def test_writes_go_both_ways(desk: Desk) -> None:
    desk.create()
    desk.put(pk={"S": "before"})
    desk.update(**join())
    desk.pass_time(700)
    desk.put(pk={"S": "here"})
    desk.put(at=AWAY, pk={"S": "there"})
    desk.put(at=AWAY, pk={"S": "here"}, more={"S": "changed there"})
    rows = sorted(desk.rows(), key=str)
    assert rows == sorted(desk.rows(AWAY), key=str)
    assert len(rows) == 3
    assert {"pk": {"S": "here"}, "more": {"S": "changed there"}} in rows


def test_a_table_with_items_takes_minutes(desk: Desk) -> None:
    """DDB-TABLE-298, 306: ACTIVE again long before its replica is, and refusing every other change."""
    desk.create()
    desk.put(pk={"S": "1"})
    desk.update(**join())
    desk.pass_time(100)
    assert (desk.table()["TableStatus"], replicas(desk)) == ("ACTIVE", {AWAY: "CREATING"})
    refused(desk, "ResourceInUseException", TERSE, DeletionProtectionEnabled=True)
    desk.pass_time(600)
    assert replicas(desk) == {AWAY: "ACTIVE"}


def test_while_a_replica_comes(desk: Desk) -> None:
    """DDB-TABLE-227, 298."""
    desk.create()
    desk.update(**join())
    desk.pass_time(3)
    for body in (join("us-west-2"), {"DeletionProtectionEnabled": True}, {"TableClass": "STANDARD"}):
        refused(desk, "ResourceInUseException", TERSE, **body)
    refused(desk, "ValidationException", f"{NOT_PART}{AWAY}]", **part())
    desk.pass_time(9)
    refused(
        desk,
        "ValidationException",
        "Create/Update/Delete of replica is not allowed while the replica is being added to table with name:",
        at=AWAY,
        **join("us-west-2"),
    )


def test_how_a_replica_goes(desk: Desk) -> None:
    """DDB-TABLE-204, 225, 228, 231, 308: source ACTIVE first, entry gone, then the table."""
    replicated(desk)
    assert desk.update(**part())["TableStatus"] == "UPDATING"
    refused(desk, "ResourceInUseException", TERSE, **join("us-west-2"))
    desk.pass_time(40)
    assert (desk.table()["TableStatus"], replicas(desk)) == ("ACTIVE", {AWAY: "DELETING"})
    refused(desk, "ValidationException", ALREADY, **join())
    desk.pass_time(90)
    table = desk.table()
    for member in ("Replicas", "GlobalTableVersion", "GlobalTableSettingsReplicationMode"):
        assert member not in table
    assert "StreamSpecification" in table
    assert desk.table(AWAY)["TableStatus"] == "DELETING"
    refused(desk, "ValidationException", ALREADY, **join())
    desk.pass_time(20)
    desk.update(**join())


REGIONS: list[tuple[Body, str, str]] = [
    (join(), "ValidationException", ALREADY),
    (join("us-west-2"), "ValidationException", ALREADY),
    (
        join("us-east-1"),
        "ValidationException",
        "Cannot add or delete the local region through ReplicaUpdates.",
    ),
    (
        part("us-east-1"),
        "ValidationException",
        "Cannot add or delete the local region through ReplicaUpdates.",
    ),
    (
        join("us-fake-1"),
        "ValidationException",
        "Region us-fake-1 is not supported. The latest version of global",
    ),
    (join(""), "AccessDeniedException", "User: "),
    (part("ca-central-1"), "ValidationException", f"{NOT_PART}ca-central-1]"),
    (
        {"ReplicaUpdates": [{}]},
        "ValidationException",
        "There are no actions specified in the Replica Update Action of the request.",
    ),
    (
        {"ReplicaUpdates": [{"Update": {"RegionName": AWAY}}]},
        "ValidationException",
        "There are no actions specified in the Replica Update Action of the request.",
    ),
    (
        {"ReplicaUpdates": [*join("us-east-2")["ReplicaUpdates"], *join("eu-west-2")["ReplicaUpdates"]]},
        "ValidationException",
        "Update table operation with more than one create or delete replica actions not allowed",
    ),
    (
        {"ReplicaUpdates": [{**join("us-east-2")["ReplicaUpdates"][0], **part()["ReplicaUpdates"][0]}]},
        "ValidationException",
        "Update table operation with more than one type of replica actions not allowed.",
    ),
    (
        {"ReplicaUpdates": [{"Update": {"RegionName": "ca-central-1", "TableClassOverride": "STANDARD"}}]},
        "ValidationException",
        f"{NOT_PART}ca-central-1]",
    ),
    (
        {"StreamSpecification": {"StreamEnabled": False}},
        "ValidationException",
        f"{INVALID}Disabling Stream is not allowed for a Global Table replica.",
    ),
]


@pytest.mark.parametrize(("body", "code", "text"), REGIONS)
def test_refusals(desk: Desk, body: Body, code: str, text: str) -> None:
    """DDB-TABLE-203, 222, 223, 225, 265, 307; a foreign table stands in us-west-2."""
    replicated(desk)
    desk.call("CreateTable", at="us-west-2", **on_demand())
    desk.pass_time(6)
    refused(desk, code, text, **body)


def test_a_region_that_sourced_a_replica_stays(desk: Desk) -> None:
    """DDB-TABLE-266: 24 hours, or until that replica is gone."""
    replicated(desk)
    text = "Replica cannot be deleted because it has acted as a source region for new replica(s) being added"
    desk.refused("DeleteTable", "ValidationException", text, TableName="orders")
    refused(desk, "ValidationException", text, at=AWAY, **part("us-east-1"))
    desk.pass_time(86_400)
    desk.update(at=AWAY, **part("us-east-1"))


def test_protected_replicas_resist(desk: Desk) -> None:
    """DDB-TABLE-267; an unprotected one may be dropped in its own region (297)."""
    replicated(desk)
    assert desk.update(at=AWAY, DeletionProtectionEnabled=True)["TableStatus"] == "UPDATING"
    desk.pass_time(40)
    assert desk.table(AWAY)["TableStatus"] == "ACTIVE"
    refused(
        desk,
        "ValidationException",
        f"Cannot delete table orders in region {AWAY} because it has deletion protection enabled. Disable",
        **part(),
    )
    desk.pass_time(60)
    desk.update(at=AWAY, DeletionProtectionEnabled=False)
    desk.pass_time(60)
    desk.call("DeleteTable", at=AWAY, TableName="orders")
    assert replicas(desk) == {AWAY: "DELETING"}
    desk.pass_time(10)
    assert replicas(desk) is None


def test_what_holds_for_the_whole_group(desk: Desk) -> None:
    """DDB-TABLE-230, 251, 296: billing, capacity and indexes, changed in either region."""
    replicated(desk)
    build = {
        "AttributeDefinitions": defined("a"),
        "GlobalSecondaryIndexUpdates": [{"Create": index("by-a", "a")}],
    }
    desk.update(at=AWAY, **build)
    desk.pass_time(600)
    for region in ("us-east-1", AWAY):
        assert [each["IndexStatus"] for each in desk.table(region)["GlobalSecondaryIndexes"]] == ["ACTIVE"]


def test_provisioned_tables_need_scaled_writes(desk: Desk) -> None:
    """DDB-TABLE-188, 249: a target and a policy, on the table and all its indexes."""
    desk.create(
        provisioned(
            AttributeDefinitions=defined("pk", "a"),
            GlobalSecondaryIndexes=[{**index("by-a", "a"), "ProvisionedThroughput": capacity(2, 2)}],
        )
    )

    def register(resource: str, dimension: Any, policy: bool) -> None:
        where = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": resource,
            "ScalableDimension": dimension,
        }
        desk.ask("application-autoscaling", "RegisterScalableTarget", **where, MinCapacity=1, MaxCapacity=10)
        if policy:
            target = {
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            }
            desk.ask(
                "application-autoscaling",
                "PutScalingPolicy",
                **where,
                PolicyName="writes",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration=target,
            )

    table_text = "Table write capacity should either be Pay-Per-Request or AutoScaled."
    refused(desk, "ValidationException", table_text, **join())
    register("table/orders", "dynamodb:table:WriteCapacityUnits", policy=False)
    refused(desk, "ValidationException", table_text, **join())
    register("table/orders", "dynamodb:table:WriteCapacityUnits", policy=True)
    refused(
        desk,
        "ValidationException",
        "GSI write capacity should either be Pay-Per-Request or AutoScaled.",
        **join(),
    )
    register("table/orders/index/by-a", "dynamodb:index:WriteCapacityUnits", policy=True)
    desk.update(**join())
    desk.pass_time(30)
    assert desk.table(AWAY)["ProvisionedThroughput"]["WriteCapacityUnits"] == 5


def test_overrides_show_only_where_they_differ(desk: Desk) -> None:
    """DDB-TABLE-250, 294, 422: 34-58 s; the base's own value clears."""
    replicated(desk)
    override = {"Update": {"RegionName": AWAY, "TableClassOverride": "STANDARD_INFREQUENT_ACCESS"}}
    desk.update(ReplicaUpdates=[override])
    assert replicas(desk) == {AWAY: "UPDATING"}
    desk.pass_time(40)
    shown = desk.table()["Replicas"][0]
    assert shown["ReplicaTableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    override["Update"]["TableClassOverride"] = "STANDARD"
    desk.update(ReplicaUpdates=[override])
    desk.pass_time(40)
    assert "ReplicaTableClassSummary" not in desk.table()["Replicas"][0]


class TestKeys:
    def test_a_customers_key_per_replica(self, desk: Desk) -> None:
        """DDB-TABLE-309, 312, 313."""
        here = boto3.client("kms", region_name="us-east-1").create_key()["KeyMetadata"]["Arn"]
        away = boto3.client("kms", region_name=AWAY).create_key()["KeyMetadata"]
        sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": here}
        desk.create(on_demand(SSESpecification=sse))
        refused(
            desk,
            "ValidationException",
            f"{INVALID}KMSMasterKeyId must be specified for each replica.",
            **join(),
        )
        refused(
            desk,
            "ValidationException",
            f"{INVALID}All replica keys must either be Customer Managed CMK or AWS Managed CMK.",
            **join(KMSMasterKeyId="alias/aws/dynamodb"),
        )
        refused(
            desk,
            "ValidationException",
            f"KMS validation error for region {AWAY}: ",
            **join(KMSMasterKeyId=here),
        )
        desk.update(**join(KMSMasterKeyId=away["KeyId"]))
        desk.pass_time(30)
        assert desk.table()["Replicas"][0]["KMSMasterKeyId"] == away["Arn"]
        assert desk.table(AWAY)["SSEDescription"]["KMSMasterKeyArn"] == away["Arn"]

    def test_a_disabled_key(self, desk: Desk) -> None:
        """DDB-TABLE-312: with a text that sounds like a state."""
        here = boto3.client("kms", region_name="us-east-1").create_key()["KeyMetadata"]["Arn"]
        kms = boto3.client("kms", region_name=AWAY)
        away = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.disable_key(KeyId=away)
        desk.create(on_demand(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": here}))
        refused(
            desk,
            "ValidationException",
            "Operation cannot be performed while replica server-side encryption status is in UPDATING state.",
            **join(KMSMasterKeyId=away),
        )


class TestStrong:
    WITNESS = {"GlobalTableWitnessUpdates": [{"Create": {"RegionName": "us-east-2"}}]}
    PAIR = {"ReplicaUpdates": [{"Create": {"RegionName": region}} for region in ("us-east-2", "us-west-2")]}
    STRONG = {"MultiRegionConsistency": "STRONG"}

    def test_with_a_witness(self, desk: Desk) -> None:
        """DDB-TABLE-258, 259: 60-86 s; the witness is no table."""
        desk.create()
        answer = desk.update(**self.STRONG, **join("us-west-2"), **self.WITNESS)
        assert (answer["TableStatus"], answer["MultiRegionConsistency"]) == ("UPDATING", "STRONG")
        desk.pass_time(90)
        table = desk.table()
        assert table["GlobalTableWitnesses"] == [{"RegionName": "us-east-2", "WitnessStatus": "ACTIVE"}]
        assert replicas(desk) == {"us-west-2": "ACTIVE"}
        missing = "Requested resource not found: Table: orders not found"
        desk.refused(
            "DescribeTable", "ResourceNotFoundException", missing, at="us-east-2", TableName="orders"
        )
        gone = {"GlobalTableWitnessUpdates": [{"Delete": {"RegionName": "us-east-2"}}]}
        refused(
            desk,
            "ValidationException",
            "Update table delete operation does not include all witnesses.",
            **part("us-west-2"),
        )
        desk.update(**part("us-west-2"), **gone)
        desk.pass_time(80)
        table = desk.table()
        assert {"Replicas", "GlobalTableWitnesses", "MultiRegionConsistency"}.isdisjoint(table)
        assert table["TableStatus"] == "ACTIVE"

    def test_with_two_replicas_and_frozen(self, desk: Desk) -> None:
        """DDB-TABLE-258, 260."""
        desk.create()
        desk.update(**self.STRONG, **self.PAIR)
        desk.pass_time(20)
        assert replicas(desk) == {"us-east-2": "ACTIVE", "us-west-2": "ACTIVE"}
        only = "Deletion of only one table replica is not supported for global tables with MultiRegion"
        for body, text in (
            (join(), "Cannot add replicas to a global table with strong MultiRegionConsistency"),
            (part("us-east-2"), only),
            (
                {"MultiRegionConsistency": "EVENTUAL", **join()},
                "MultiRegionConsistency parameter is unsupported on existing global table",
            ),
            (
                {**self.STRONG, **part("us-east-2")},
                "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.",
            ),
        ):
            refused(desk, "ValidationException", text, **body)
        desk.refused("DeleteTable", "ValidationException", only, TableName="orders")
        desk.update(
            ReplicaUpdates=[*part("us-east-2")["ReplicaUpdates"], *part("us-west-2")["ReplicaUpdates"]]
        )
        desk.pass_time(80)
        assert replicas(desk) is None

    SHAPES: list[tuple[Body, str]] = [
        ({**STRONG, **join("us-west-2")}, "Unsupported replica count for global tables with MultiRegion"),
        (
            {**join("us-west-2"), **WITNESS},
            "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.",
        ),
        ({**STRONG, **join("us-east-2"), **WITNESS}, "Cannot target multiple regions with the same action"),
        (
            {
                **STRONG,
                **join("us-west-2"),
                "GlobalTableWitnessUpdates": [{"Create": {"RegionName": "us-east-1"}}],
            },
            "Cannot add a witness in the same region as an existing replica when creating a global table",
        ),
        (
            {**STRONG, **join("us-west-1"), **WITNESS},
            "Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: "
            "[us-west-1].",
        ),
        (
            {**STRONG, **join("us-west-2"), **WITNESS, "DeletionProtectionEnabled": True},
            f"{INVALID}Requests that modify replicas or witnesses must not also modify other fields",
        ),
        (
            PAIR,
            "Update table operation with more than one create or delete replica actions not allowed",
        ),
    ]

    @pytest.mark.parametrize(("body", "text"), SHAPES)
    def test_refused_shapes(self, desk: Desk, body: Body, text: str) -> None:
        """DDB-TABLE-257."""
        desk.create()
        refused(desk, "ValidationException", text, **body)


class TestSettings:
    def test_replication_of_settings_on_a_regional_table(self, desk: Desk) -> None:
        """DDB-TABLE-048."""
        desk.create()
        mode = "GlobalTableSettingsReplicationMode"
        assert mode not in desk.table()
        for wanted in ("ENABLED", "DISABLED"):
            assert desk.update(**{mode: wanted})[mode] == wanted
        refused(
            desk,
            "ValidationException",
            "Value 'ENABLED_WITH_OVERRIDES' at 'GlobalTableSettingsReplicationMode' failed to satisfy",
            **{mode: "ENABLED_WITH_OVERRIDES"},
        )

    def test_protection_against_disassociation(self, desk: Desk) -> None:
        """On by default, shown of members of an eventually consistent group, and set on them alone (UpdateTable)."""
        member = "DisassociationProtectionEnabled"
        desk.create()
        assert member not in desk.table()
        body: Body = {member: False}
        refused(desk, "ValidationException", f"{member} can only be set", **body)
        desk.update(**join())
        desk.pass_time(30)
        assert desk.table()[member] is True
        for wanted in (False, True):
            desk.update(**{member: wanted})
            assert desk.table()[member] is wanted


class TestReplicaScaling:
    def test_only_for_global_tables(self, desk: Desk) -> None:
        """DDB-TABLE-187, 254."""
        desk.create()
        for name in ("orders", "missing"):
            desk.refused(
                "DescribeTableReplicaAutoScaling",
                "ResourceNotFoundException",
                f"Global table with name: '{name}' does not exist.",
                TableName=name,
            )

    def test_on_demand_can_only_switch_it_off(self, desk: Desk) -> None:
        """DDB-TABLE-190."""
        replicated(desk)
        desk.refused(
            "UpdateTableReplicaAutoScaling",
            "ValidationException",
            "Failed to update global table with name ‘orders‘. Replicas 'EU-WEST-1', 'US-EAST-1' BillingMode is "
            "PayPerRequest.",
            TableName="orders",
            ProvisionedWriteCapacityAutoScalingUpdate={"MinimumUnits": 1, "MaximumUnits": 10},
        )
        desk.call(
            "UpdateTableReplicaAutoScaling",
            TableName="orders",
            ProvisionedWriteCapacityAutoScalingUpdate={"AutoScalingDisabled": True},
        )
        shown = desk.call("DescribeTableReplicaAutoScaling", TableName="orders")
        regions = [each["RegionName"] for each in shown["TableAutoScalingDescription"]["Replicas"]]
        assert sorted(regions) == [AWAY, "us-east-1"]


def test_a_table_that_is_busy_gets_no_replica(desk: Desk) -> None:
    desk.create()
    desk.update(TableClass="STANDARD_INFREQUENT_ACCESS")
    refused(desk, "ResourceInUseException", IN_USE, **join())
