"""TTL, recovery, tags, policies, insights and Kinesis destinations: states, cooldowns and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.dynamodb.desk import IN_USE, INVALID, LIMIT, Desk, index, on_demand

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.create()
    return made


def _ttl(attribute: str, on: bool = True) -> dict[str, Any]:
    return {
        "TableName": "orders",
        "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute},
    }


def _policy(action: str = "dynamodb:GetItem", **more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": action,
        "Resource": ARN,
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_ttl_changes_once_in_half_an_hour(desk: Desk) -> None:
    """DDB-TABLE-143, 144, 146, 147."""
    assert desk.call("DescribeTimeToLive", TableName="orders") == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}
    }
    desk.refused(
        "UpdateTimeToLive", "ValidationException", "TimeToLive is already disabled", **_ttl("x", False)
    )
    desk.call("UpdateTimeToLive", **_ttl("x"))
    desk.refused("UpdateTimeToLive", "ValidationException", "TimeToLive is already enabled", **_ttl("x"))
    desk.refused(
        "UpdateTimeToLive", "ValidationException", "TimeToLive is active on a different", **_ttl("y")
    )
    desk.refused(
        "UpdateTimeToLive", "ValidationException", "Time to live has been modified", **_ttl("x", False)
    )
    desk.pass_time(31 * 60)
    desk.call("UpdateTimeToLive", **_ttl("x", False))
    shown = desk.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]
    assert shown["TimeToLiveStatus"] == "DISABLING"
    desk.pass_time(3)
    assert desk.call("DescribeTimeToLive", TableName="orders") == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}
    }


def test_ttl_of_a_table_that_comes(desk: Desk) -> None:
    """DDB-TABLE-115."""
    desk.call("CreateTable", **{**on_demand(), "TableName": "other"})
    desk.refused(
        "DescribeTimeToLive",
        "ValidationException",
        "Cannot describe time to live while table",
        TableName="other",
    )
    desk.refused("DescribeTimeToLive", "ResourceNotFoundException", "", TableName="gone")


@pytest.mark.parametrize(("days", "code"), [(0, "ValidationException"), (36, "ValidationException")])
def test_recovery_days(desk: Desk, days: int, code: str) -> None:
    """DDB-TABLE-084, 085."""
    specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
    desk.refused(
        "UpdateContinuousBackups",
        code,
        "",
        TableName="orders",
        PointInTimeRecoverySpecification=specification,
    )


def test_recovery_remembers_no_days_once_off(desk: Desk) -> None:
    """DDB-TABLE-084: the period is reset on re-enable."""
    for specification, days in (
        ({"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}, 7),
        ({"PointInTimeRecoveryEnabled": False}, None),
        ({"PointInTimeRecoveryEnabled": True}, 35),
    ):
        shown = desk.call(
            "UpdateContinuousBackups", TableName="orders", PointInTimeRecoverySpecification=specification
        )["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert shown.get("RecoveryPeriodInDays") == days
    desk.refused("DescribeContinuousBackups", "TableNotFoundException", "", TableName="gone")


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ([("aws:x", "1")], "Tag Key cannot be prefixed with aws:"),
        ([("", "1")], ""),
        ([("a" * 129, "1")], ""),
        ([("a", "1" * 257)], ""),
        ([("a?", "1")], "The Tag Key provided is invalid"),
        ([("a", "1"), ("a", "2")], "Duplicate Tag Keys"),
        ([(f"k{n}", "1") for n in range(51)], "Number of Tags exceed"),
    ],
)
def test_bad_tags_change_nothing(desk: Desk, tags: list[tuple[str, str]], text: str) -> None:
    """DDB-TABLE-107, 108, 372."""
    body = [{"Key": key, "Value": value} for key, value in tags]
    desk.refused("TagResource", "ValidationException", text, ResourceArn=ARN, Tags=body)


def test_tags_are_locked_for_a_moment(desk: Desk) -> None:
    """DDB-TABLE-103, 440: an equal set or a subset passes."""
    desk.call("TagResource", ResourceArn=ARN, Tags=[{"Key": "a", "Value": "1"}])
    desk.call("TagResource", ResourceArn=ARN, Tags=[{"Key": "a", "Value": "1"}])
    desk.refused(
        "UntagResource",
        "LimitExceededException",
        LIMIT + "Table tags are being updated",
        ResourceArn=ARN,
        TagKeys=["a"],
    )
    desk.refused("DeleteTable", "ResourceInUseException", IN_USE, TableName="orders")
    desk.pass_time(3)
    desk.call("UntagResource", ResourceArn=ARN, TagKeys=["a", "never"])
    assert desk.call("ListTagsOfResource", ResourceArn=ARN) == {"Tags": []}
    desk.refused("ListTagsOfResource", "ValidationException", "", ResourceArn="orders")
    desk.refused("ListTagsOfResource", "ResourceNotFoundException", "", ResourceArn=ARN + "x")


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("{", INVALID + "Invalid policy document"),
        ("{}", INVALID + "Invalid policy document"),
        (_policy(Sid="x" * 21_000), INVALID + "Maximum policy size"),
        (_policy(Principal="*"), "Resource-based policy grants unbounded access"),
    ],
)
def test_bad_policies(desk: Desk, policy: str, text: str) -> None:
    """DDB-TABLE-211, 356."""
    desk.refused("PutResourcePolicy", "ValidationException", text, ResourceArn=ARN, Policy=policy)


def test_policies_have_revisions_and_a_cooldown(desk: Desk) -> None:
    """DDB-TABLE-205, 206, 209."""
    desk.refused("GetResourcePolicy", "PolicyNotFoundException", "", ResourceArn=ARN)
    assert desk.call("DeleteResourcePolicy", ResourceArn=ARN) == {}
    first = desk.call("PutResourcePolicy", ResourceArn=ARN, Policy=_policy())["RevisionId"]
    assert desk.call("PutResourcePolicy", ResourceArn=ARN, Policy=_policy())["RevisionId"] == first
    other = {"ResourceArn": ARN, "Policy": _policy("dynamodb:PutItem")}
    desk.refused("PutResourcePolicy", "ResourceInUseException", IN_USE, **other)
    desk.pass_time(5)
    desk.refused("PutResourcePolicy", "ThrottlingException", "Resource-based policy for table", **other)
    desk.refused("PutResourcePolicy", "PolicyNotFoundException", "", ExpectedRevisionId="NO_POLICY", **other)
    desk.pass_time(15)
    assert desk.call("PutResourcePolicy", ExpectedRevisionId=first, **other)["RevisionId"] != first


def test_insights_come_and_go_and_go_with_their_index(desk: Desk) -> None:
    """DDB-TABLE-090, 116, 341, 344."""
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "a", "AttributeType": "S"}]
    desk.update(AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=[{"Create": index("by-a", "a")}])
    desk.pass_time(1200)
    body = {"TableName": "orders", "ContributorInsightsAction": "ENABLE"}
    desk.call("UpdateContributorInsights", IndexName="by-a", **body)
    desk.refused(
        "UpdateContributorInsights",
        "ValidationException",
        "Table or Index is not in a valid state",
        IndexName="by-a",
        **body,
    )
    desk.refused("UpdateContributorInsights", "ResourceNotFoundException", "", IndexName="none", **body)
    desk.pass_time(10)
    (one,) = desk.call("ListContributorInsights", TableName="orders")["ContributorInsightsSummaries"]
    assert (one["IndexName"], one["ContributorInsightsStatus"]) == ("by-a", "ENABLED")
    desk.update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-a"}}])
    desk.pass_time(30)
    assert desk.call("ListContributorInsights")["ContributorInsightsSummaries"] == []


def test_a_kinesis_destination_that_is_not_there_fails_later(desk: Desk) -> None:
    """DDB-TABLE-299, 302, 318."""
    body = {"TableName": "orders", "StreamArn": STREAM}
    assert desk.call("EnableKinesisStreamingDestination", **body)["DestinationStatus"] == "ENABLING"
    desk.refused(
        "EnableKinesisStreamingDestination", "ValidationException", "Table is not in a valid state", **body
    )
    desk.pass_time(10)
    (shown,) = desk.call("DescribeKinesisStreamingDestination", TableName="orders")[
        "KinesisDataStreamDestinations"
    ]
    assert shown["DestinationStatus"] == "ENABLE_FAILED"


def test_limits_and_endpoints(desk: Desk) -> None:
    assert desk.call("DescribeLimits")["TableMaxReadCapacityUnits"] == 40_000
    (endpoint,) = desk.call("DescribeEndpoints")["Endpoints"]
    assert endpoint["Address"] == "dynamodb.us-east-1.amazonaws.com"
