"""Schedule expressions, and plans that make recovery points as time passes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from dynaops.model import schedules
from tests.sandbox.companions.backup_bench import AWAY, DAY, ROLE, Bench

FRIDAY = datetime(2026, 2, 27, 12, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("cron(0 5 ? * * *)", "2026-02-28 05:00"),
        ("cron(0/20 12 ? * * *)", "2026-02-27 12:20"),
        ("cron(0/30 8-10 ? * MON-FRI *)", "2026-03-02 08:00"),
        ("cron(15,45 3 1,15 * ? *)", "2026-03-01 03:15"),
        ("cron(0 3 L * ? *)", "2026-02-28 03:00"),
        ("cron(0 3 LW * ? *)", "2026-03-31 03:00"),
        ("cron(0 3 15W * ? *)", "2026-03-16 03:00"),
        ("cron(0 3 1W 8 ? *)", "2026-08-03 03:00"),
        ("cron(0 3 ? * 6#1 *)", "2026-03-06 03:00"),
        ("cron(0 3 ? * FRIL *)", "2026-03-27 03:00"),
        ("cron(0 3 ? * L *)", "2026-02-28 03:00"),
        ("cron(0 3 29 2 ? *)", "2028-02-29 03:00"),
        ("cron(0 3 ? * 1 2027)", "2027-01-03 03:00"),
        ("rate(12 hours)", "2026-02-28 00:00"),
        ("rate(1 day)", "2026-02-28 12:00"),
    ],
)
def test_the_next_time(text: str, due: str) -> None:
    found = schedules.parse(text).after(FRIDAY)
    assert found is not None
    assert f"{datetime.fromtimestamp(found, UTC):%Y-%m-%d %H:%M}" == due


def test_a_time_zone_moves_it() -> None:
    found = schedules.parse("cron(30 2 ? * * *)").after(FRIDAY, "Europe/Berlin")
    assert found == datetime(2026, 2, 28, 1, 30, tzinfo=UTC).timestamp()


def test_what_is_past_is_never_due() -> None:
    assert schedules.parse("cron(0 5 ? * * 2020)").after(FRIDAY) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "daily",
            "cron()",
            "cron(0 5 ? * *)",
            "cron(0 5 * * * *)",
            "cron(0 5 ? * ? *)",
            "cron(60 5 ? * * *)",
        ),
        *(
            "cron(x 5 ? * * *)",
            "cron(0 5 ? FOO * *)",
            "cron(0 5 ? * 8L *)",
            "cron(0 5 0W * ? *)",
            "rate(2 day)",
        ),
        *(
            "cron(5-1 5 ? * * *)",
            "cron(0/0 5 ? * * *)",
            "cron(? 5 ? * * *)",
            "cron(0 5 ? * * 1969)",
            "rate(0 hours)",
        ),
    ],
)
def test_what_aws_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        schedules.parse(text)


def make_plan(backup: Bench, chosen: dict[str, Any], **rule: Any) -> str:
    client = backup.client()
    whole = {
        "RuleName": "nights",
        "TargetBackupVaultName": "main",
        "ScheduleExpression": "rate(1 day)",
        **rule,
    }
    made = str(
        client.create_backup_plan(BackupPlan={"BackupPlanName": "p", "Rules": [whole]})["BackupPlanId"]
    )
    selection = {"SelectionName": "s", "IamRoleArn": ROLE, **chosen}
    client.create_backup_selection(BackupPlanId=made, BackupSelection=selection)
    return made


def a_day_passes(backup: Bench) -> None:
    backup.pass_time(DAY)
    backup.finish()


def test_a_plan_makes_a_recovery_point_a_day_and_old_ones_go(backup: Bench) -> None:
    made = make_plan(
        backup,
        {"Resources": [backup.table]},
        Lifecycle={"DeleteAfterDays": 2},
        RecoveryPointTags={"by": "plan"},
    )
    counts = []
    for _ in range(4):
        a_day_passes(backup)
        counts.append(len(backup.points()))
    assert counts == [1, 2, 2, 2]
    point = backup.points()[0]
    assert (point["CreatedBy"]["BackupPlanId"], point["CreatedBy"]["BackupRuleName"]) == (made, "nights")
    tags = backup.client().list_tags(ResourceArn=point["RecoveryPointArn"])["Tags"]
    assert tags == {"team": "shop", "by": "plan"}
    assert "LastExecutionDate" in backup.client().get_backup_plan(BackupPlanId=made)


def test_a_rule_has_its_points_copied(backup: Bench) -> None:
    away = backup.client(AWAY).create_backup_vault(BackupVaultName="away")["BackupVaultArn"]
    make_plan(
        backup,
        {"Resources": [backup.table]},
        CopyActions=[{"DestinationBackupVaultArn": away, "Lifecycle": {"DeleteAfterDays": 30}}],
    )
    a_day_passes(backup)
    (copied,) = backup.points("away", AWAY)
    assert copied["Lifecycle"] == {"DeleteAfterDays": 30}
    (job,) = backup.client().list_copy_jobs()["CopyJobs"]
    assert job["CreatedBy"]["BackupRuleName"] == "nights"


def tagged(key: str, value: str) -> list[dict[str, str]]:
    return [{"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": value}]


def condition(value: str) -> list[dict[str, str]]:
    return [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": value}]


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"Resources": ["*"]}, 1),
        ({"Resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/ord*"]}, 1),
        ({"Resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/x*"]}, 0),
        ({"Resources": ["*"], "NotResources": ["arn:aws:dynamodb:us-east-1:123456789012:table/ord*"]}, 0),
        ({"ListOfTags": tagged("team", "shop")}, 1),
        ({"ListOfTags": tagged("team", "toys")}, 0),
        ({"ListOfTags": tagged("team", "toys") + tagged("team", "shop")}, 1),
        ({"Resources": ["*"], "Conditions": {"StringEquals": condition("shop")}}, 1),
        ({"Resources": ["*"], "Conditions": {"StringNotEquals": condition("shop")}}, 0),
        ({"Resources": ["*"], "Conditions": {"StringLike": condition("sh*")}}, 1),
        ({"Resources": ["*"], "Conditions": {"StringNotLike": condition("sh*")}}, 0),
    ],
)
def test_what_a_selection_covers(backup: Bench, chosen: dict[str, Any], count: int) -> None:
    make_plan(backup, chosen)
    a_day_passes(backup)
    assert len(backup.points()) == count


def test_tables_that_are_not_opted_in_are_covered_only_by_name(backup: Bench) -> None:
    backup.client().update_region_settings(ResourceTypeOptInPreference={"DynamoDB": False})
    make_plan(backup, {"Resources": ["*"]})
    a_day_passes(backup)
    assert backup.points() == []
    make_plan(backup, {"Resources": [backup.table]}, StartWindowMinutes=60)
    a_day_passes(backup)
    assert len(backup.points()) == 1


def test_a_changed_plan_runs_once_and_a_deleted_one_never(backup: Bench) -> None:
    client, made = backup.client(), make_plan(backup, {"Resources": [backup.table]})
    rule = {"RuleName": "nights", "TargetBackupVaultName": "spare", "ScheduleExpression": "rate(1 day)"}
    client.update_backup_plan(BackupPlanId=made, BackupPlan={"BackupPlanName": "p", "Rules": [rule]})
    a_day_passes(backup)
    assert (len(backup.points()), len(backup.points("spare"))) == (0, 1)
    (chosen,) = client.list_backup_selections(BackupPlanId=made)["BackupSelectionsList"]
    client.delete_backup_selection(BackupPlanId=made, SelectionId=chosen["SelectionId"])
    client.delete_backup_plan(BackupPlanId=made)
    a_day_passes(backup)
    assert len(backup.points("spare")) == 1


def test_coming_runs_are_previewed(backup: Bench) -> None:
    made = make_plan(backup, {"Resources": [backup.table]}, ScheduleExpression="cron(0 5 ? * * *)")
    preview = backup.client().get_backup_plan(BackupPlanId=made, MaxScheduledRunsPreview=3)[
        "ScheduledRunsPreview"
    ]
    times = [one["ExecutionTime"].astimezone(UTC) for one in preview]
    assert [time.hour for time in times] == [5, 5, 5]
    assert [(later - earlier).days for earlier, later in itertools.pairwise(times)] == [1, 1]
