"""Backup plans and selections: documents, versions, checks, and what is deleted before what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.companions.backup_bench import INVALID, ROLE, Bench

VAULT_ARN = "arn:aws:backup:eu-west-1:123456789012:backup-vault:away"


def plan(*rules: dict[str, Any], name: str = "nightly") -> dict[str, Any]:
    given = rules or ({},)
    return {
        "BackupPlanName": name,
        "Rules": [{"RuleName": "nights", "TargetBackupVaultName": "main", **rule} for rule in given],
    }


def create(backup: Bench, *rules: dict[str, Any]) -> str:
    return str(backup.client().create_backup_plan(BackupPlan=plan(*rules))["BackupPlanId"])


def selection(name: str = "tables", **more: Any) -> dict[str, Any]:
    return {
        "SelectionName": name,
        "IamRoleArn": ROLE,
        "Resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/orders"],
        **more,
    }


def test_a_plan_is_shown_with_its_defaults(backup: Bench) -> None:
    client = backup.client()
    made = client.create_backup_plan(BackupPlan=plan(), BackupPlanTags={"a": "b"})
    found = client.get_backup_plan(BackupPlanId=made["BackupPlanId"])
    rule = found["BackupPlan"]["Rules"][0]
    assert len(rule.pop("RuleId")) == 36
    assert rule == {
        "RuleName": "nights",
        "TargetBackupVaultName": "main",
        "ScheduleExpression": "cron(0 5 ? * * *)",
        "ScheduleExpressionTimezone": "Etc/UTC",
        "StartWindowMinutes": 480,
        "CompletionWindowMinutes": 10_080,
        "EnableContinuousBackup": False,
    }
    assert found["VersionId"] == made["VersionId"]
    assert client.list_tags(ResourceArn=made["BackupPlanArn"])["Tags"] == {"a": "b"}
    assert [one["BackupPlanName"] for one in client.list_backup_plans()["BackupPlansList"]] == ["nightly"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Backup vault does not exist: none", {"TargetBackupVaultName": "none"}),
        ("Invalid rule name", {"RuleName": "with space"}),
        ("Invalid rule name", {"RuleName": "a" * 51}),
        ("Invalid schedule", {"ScheduleExpression": "daily"}),
        ("Invalid schedule", {"ScheduleExpression": "cron(0 5 * * *)"}),
        ("Invalid schedule", {"ScheduleExpression": "cron(0 5 * * * *)"}),
        ("Invalid schedule", {"ScheduleExpression": "cron(0 24 ? * * *)"}),
        ("Invalid schedule", {"ScheduleExpression": "rate(1 hours)"}),
        ("Unknown time zone", {"ScheduleExpressionTimezone": "Mars/North"}),
        ("StartWindow", {"StartWindowMinutes": 59}),
        ("CompletionWindow", {"StartWindowMinutes": 60, "CompletionWindowMinutes": 119}),
        ("90 days", {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}}),
        ("between 1 and 36500", {"Lifecycle": {"DeleteAfterDays": 36_501}}),
        ("between 1 and 36500", {"Lifecycle": {"DeleteAfterDays": 0}}),
        ("between 1 and 36500", {"Lifecycle": {"MoveToColdStorageAfterDays": 0}}),
        ("between 1 and 35", {"EnableContinuousBackup": True}),
        ("between 1 and 35", {"EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 36}}),
        (
            "cold storage",
            {"EnableContinuousBackup": True, "Lifecycle": {"MoveToColdStorageAfterDays": 1}},
        ),
        ("Invalid vault ARN", {"CopyActions": [{"DestinationBackupVaultArn": "away"}]}),
        (
            "90 days",
            {
                "CopyActions": [
                    {
                        "DestinationBackupVaultArn": VAULT_ARN,
                        "Lifecycle": {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 90},
                    }
                ]
            },
        ),
    ],
)
def test_rules_are_checked(backup: Bench, text: str, rule: dict[str, Any]) -> None:
    backup.refused(INVALID, text, "create_backup_plan", BackupPlan=plan(rule))
    assert backup.client().list_backup_plans()["BackupPlansList"] == []
    made = create(backup)
    backup.refused(INVALID, text, "update_backup_plan", BackupPlanId=made, BackupPlan=plan(rule))


@pytest.mark.parametrize(
    "rule",
    [
        {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 120}},
        {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": -1}},
        {"Lifecycle": {"MoveToColdStorageAfterDays": -1, "DeleteAfterDays": 5}},
        {"EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 35}},
        {"StartWindowMinutes": 60, "CompletionWindowMinutes": 120},
        {"ScheduleExpression": "cron(0/30 8-18 ? JAN-MAR MON-FRI 2030-2040)"},
        {"ScheduleExpression": "rate(12 hours)"},
        {"CopyActions": [{"DestinationBackupVaultArn": VAULT_ARN}]},
    ],
)
def test_what_is_at_the_bounds_passes(backup: Bench, rule: dict[str, Any]) -> None:
    assert create(backup, rule)


def test_plans_as_a_whole_are_checked(backup: Bench) -> None:
    backup.refused(INVALID, "at least 1 rule", "create_backup_plan", BackupPlan={**plan(), "Rules": []})
    backup.refused(INVALID, "unique", "create_backup_plan", BackupPlan=plan({}, {}))
    backup.refused(INVALID, "plan name", "create_backup_plan", BackupPlan=plan(name="a/b"))
    settings = [{"ResourceType": "DynamoDB", "BackupOptions": {"WindowsVSS": "enabled"}}]
    backup.refused(
        INVALID,
        "Invalid Resource Type : DynamoDB",
        "create_backup_plan",
        BackupPlan={**plan(), "AdvancedBackupSettings": settings},
    )


def test_the_same_plan_is_not_made_twice(backup: Bench) -> None:
    client = backup.client()
    first = client.create_backup_plan(BackupPlan=plan(), CreatorRequestId="one")
    assert (
        client.create_backup_plan(BackupPlan=plan(), CreatorRequestId="one")["BackupPlanId"]
        == first["BackupPlanId"]
    )
    error = backup.refused("AlreadyExistsException", "", "create_backup_plan", BackupPlan=plan())
    assert (error["Arn"], error["CreatorRequestId"]) == (first["BackupPlanArn"], "one")
    other = client.create_backup_plan(BackupPlan=plan({"StartWindowMinutes": 60}))
    assert other["BackupPlanId"] != first["BackupPlanId"]


def test_an_update_replaces_the_document_and_keeps_the_old_version(backup: Bench) -> None:
    client = backup.client()
    made = create(backup, {"Lifecycle": {"DeleteAfterDays": 7}}, {"RuleName": "weeks"})
    before = client.get_backup_plan(BackupPlanId=made)
    backup.pass_time(60)
    answer = client.update_backup_plan(BackupPlanId=made, BackupPlan=plan({"StartWindowMinutes": 60}))
    now = client.get_backup_plan(BackupPlanId=made)
    assert now["VersionId"] == answer["VersionId"] != before["VersionId"]
    (rule,) = now["BackupPlan"]["Rules"]
    assert ("Lifecycle" in rule, rule["StartWindowMinutes"]) == (False, 60)
    assert rule["RuleId"] == before["BackupPlan"]["Rules"][0]["RuleId"]
    versions = client.list_backup_plan_versions(BackupPlanId=made)["BackupPlanVersionsList"]
    assert [one["VersionId"] for one in versions] == [now["VersionId"], before["VersionId"]]
    old = client.get_backup_plan(BackupPlanId=made, VersionId=before["VersionId"])
    assert old["BackupPlan"] == before["BackupPlan"]
    backup.refused(
        "ResourceNotFoundException", "version", "get_backup_plan", BackupPlanId=made, VersionId="none"
    )


def test_a_plan_goes_after_its_selections(backup: Bench) -> None:
    client, made = backup.client(), create(backup)
    chosen = client.create_backup_selection(BackupPlanId=made, BackupSelection=selection())["SelectionId"]
    backup.refused("InvalidRequestException", "selections", "delete_backup_plan", BackupPlanId=made)
    client.delete_backup_selection(BackupPlanId=made, SelectionId=chosen)
    version = client.delete_backup_plan(BackupPlanId=made)["VersionId"]
    assert client.list_backup_plans()["BackupPlansList"] == []
    assert "DeletionDate" in client.list_backup_plans(IncludeDeleted=True)["BackupPlansList"][0]
    for operation in ("get_backup_plan", "delete_backup_plan", "list_backup_selections"):
        backup.refused("ResourceNotFoundException", made, operation, BackupPlanId=made)
    assert client.get_backup_plan(BackupPlanId=made, VersionId=version)["BackupPlan"]["Rules"]
    create(backup)


def test_plans_are_listed_in_pages(backup: Bench) -> None:
    for number in range(5):
        backup.client().create_backup_plan(BackupPlan=plan(name=f"plan-{number}"))
        backup.pass_time(1)
    pages = backup.client().get_paginator("list_backup_plans").paginate(PaginationConfig={"PageSize": 2})
    names = [[one["BackupPlanName"] for one in page["BackupPlansList"]] for page in pages]
    assert names == [["plan-4", "plan-3"], ["plan-2", "plan-1"], ["plan-0"]]


def test_a_selection_is_kept_as_it_was_given(backup: Bench) -> None:
    client, made = backup.client(), create(backup)
    given = selection(
        ListOfTags=[{"ConditionType": "STRINGEQUALS", "ConditionKey": "team", "ConditionValue": "shop"}],
        NotResources=["arn:aws:dynamodb:us-east-1:123456789012:table/old-*"],
        Conditions={
            "StringEquals": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "shop"}],
        },
    )
    answer = client.create_backup_selection(BackupPlanId=made, BackupSelection=given, CreatorRequestId="one")
    found = client.get_backup_selection(BackupPlanId=made, SelectionId=answer["SelectionId"])
    assert {name: found["BackupSelection"][name] for name in given} == given
    (listed,) = client.list_backup_selections(BackupPlanId=made)["BackupSelectionsList"]
    assert (listed["SelectionName"], listed["IamRoleArn"]) == ("tables", ROLE)
    again = client.create_backup_selection(BackupPlanId=made, BackupSelection=given, CreatorRequestId="one")
    assert again["SelectionId"] == answer["SelectionId"]
    backup.refused(
        "AlreadyExistsException",
        "tables",
        "create_backup_selection",
        BackupPlanId=made,
        BackupSelection=selection(),
    )


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("selection name", {"SelectionName": "with space"}),
        ("Invalid IAM role ARN", {"IamRoleArn": "backup"}),
        ("must be non-empty", {"Resources": []}),
        (
            "at most 500",
            {"Resources": [f"arn:aws:dynamodb:us-east-1:123456789012:table/t{n}" for n in range(501)]},
        ),
        (
            "at most 30",
            {"Resources": [f"arn:aws:dynamodb:us-east-1:123456789012:table/t{n}*" for n in range(31)]},
        ),
        ("at the end", {"Resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/*-old"]}),
        ("Invalid ARN", {"Resources": ["orders"]}),
        (
            "aws:ResourceTag/",
            {"Conditions": {"StringLike": [{"ConditionKey": "team", "ConditionValue": "s*"}]}},
        ),
    ],
)
def test_selections_are_checked(backup: Bench, text: str, more: dict[str, Any]) -> None:
    made = create(backup)
    backup.refused(
        INVALID,
        text,
        "create_backup_selection",
        BackupPlanId=made,
        BackupSelection=selection(**{"SelectionName": "tables", **more}),
    )
    assert backup.client().list_backup_selections(BackupPlanId=made)["BackupSelectionsList"] == []


def test_a_role_that_exists_must_trust_aws_backup(backup: Bench) -> None:
    iam, made = backup.sandbox.client("iam"), create(backup)

    def role(name: str, service: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])

    wrong, right = role("wrong", "lambda.amazonaws.com"), role("right", "backup.amazonaws.com")
    backup.refused(
        INVALID,
        f"IAM Role {wrong} cannot be assumed by AWS Backup",
        "create_backup_selection",
        BackupPlanId=made,
        BackupSelection=selection(IamRoleArn=wrong),
    )
    backup.client().create_backup_selection(BackupPlanId=made, BackupSelection=selection(IamRoleArn=right))
