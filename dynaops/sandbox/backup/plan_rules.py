"""The document of a backup plan: checks of its rules, and the defaults that AWS Backup adds."""

from __future__ import annotations

import re
import uuid
from typing import Any

from dynaops.model import schedules
from dynaops.sandbox.backup import lifecycle, tags
from dynaops.sandbox.backup.model import Estate
from dynaops.sandbox.backup.refusals import invalid_parameter
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.errors import ApiError

DEFAULT_SCHEDULE = "cron(0 5 ? * * *)"
DEFAULT_ZONE = "Etc/UTC"
DEFAULT_START, DEFAULT_COMPLETION = 480, 10_080
"""Default windows in minutes: 8 hours and 7 days (developer guide, Backup plan options)."""
LEAST_WINDOW, MOST_WINDOW = 60, 52_560_000
MOST_RULES = 10
_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,50}")
_VAULT_ARN = re.compile(r"arn:[\w-]+:backup:[a-z0-9-]+:\d{12}:backup-vault:[a-zA-Z0-9\-_]{2,50}")
_WHERE = "Error in some rules due to : "


def checked(call: ApiCall, given: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document with all defaults. A rule keeps the id of the rule with its name in `before`.

    Raises InvalidParameterValueException for what AWS Backup refuses.
    """
    name, rules = given["BackupPlanName"], given["Rules"]
    if not _NAME.fullmatch(name):
        raise invalid_parameter(f"Invalid backup plan name: {name}")
    if not rules:
        raise invalid_parameter("A backup plan must have at least 1 rule")
    if len(rules) > MOST_RULES:
        raise ApiError("LimitExceededException", f"A backup plan has at most {MOST_RULES} rules")
    names = [rule["RuleName"] for rule in rules]
    if len(set(names)) < len(names):
        raise invalid_parameter(f"{_WHERE}Rule names must be unique within a plan")
    _check_advanced(given.get("AdvancedBackupSettings") or [])
    ids = {rule["RuleName"]: rule["RuleId"] for rule in (before or {}).get("Rules", [])}
    document: dict[str, Any] = {
        "BackupPlanName": name,
        "Rules": [_rule(call, rule, ids.get(rule["RuleName"])) for rule in rules],
    }
    if given.get("AdvancedBackupSettings"):
        document["AdvancedBackupSettings"] = given["AdvancedBackupSettings"]
    return document


def without_ids(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the ids that AWS adds, for comparing two plans."""
    rules = [{key: value for key, value in rule.items() if key != "RuleId"} for rule in document["Rules"]]
    return {**document, "Rules": rules}


def _rule(call: ApiCall, given: dict[str, Any], known_id: str | None) -> dict[str, Any]:
    rule = {
        "ScheduleExpression": DEFAULT_SCHEDULE,
        "ScheduleExpressionTimezone": DEFAULT_ZONE,
        "StartWindowMinutes": DEFAULT_START,
        "CompletionWindowMinutes": DEFAULT_COMPLETION,
        "EnableContinuousBackup": False,
        **given,
    }
    if not _NAME.fullmatch(rule["RuleName"]):
        raise invalid_parameter(f"{_WHERE}Invalid rule name: {rule['RuleName']}")
    if rule["TargetBackupVaultName"] not in call.here.holding(Estate).vaults:
        raise invalid_parameter(f"{_WHERE}Backup vault does not exist: {rule['TargetBackupVaultName']}")
    _check_schedule(rule)
    check_windows(rule["StartWindowMinutes"], rule["CompletionWindowMinutes"], _WHERE)
    lifecycle.check(rule.get("Lifecycle"), _WHERE, continuous=rule["EnableContinuousBackup"])
    tags.checked(rule.get("RecoveryPointTags") or {})
    for copy in rule.get("CopyActions") or []:
        if not _VAULT_ARN.fullmatch(copy["DestinationBackupVaultArn"]):
            raise invalid_parameter(f"{_WHERE}Invalid vault ARN: {copy['DestinationBackupVaultArn']}")
        lifecycle.check(copy.get("Lifecycle"), _WHERE)
    rule["RuleId"] = known_id or str(uuid.uuid4())
    return rule


def _check_schedule(rule: dict[str, Any]) -> None:
    zone = rule["ScheduleExpressionTimezone"]
    try:
        schedules.check_timezone(zone)
    except schedules.ScheduleError:
        raise invalid_parameter(f"{_WHERE}Invalid schedule. Unknown time zone: {zone}") from None
    try:
        schedules.parse(rule["ScheduleExpression"], ("cron", "rate"))
    except schedules.ScheduleError as error:
        raise invalid_parameter(f"{_WHERE}Invalid schedule. {error}") from None


def check_windows(start: int, completion: int, where: str = "") -> None:
    """Refuse windows (in minutes) that are too short. Raises InvalidParameterValueException."""
    if not LEAST_WINDOW <= start <= MOST_WINDOW:
        raise invalid_parameter(f"{where}Invalid StartWindow. It must be at least {LEAST_WINDOW} minutes")
    if not start + LEAST_WINDOW <= completion <= MOST_WINDOW:
        raise invalid_parameter(
            f"{where}Invalid CompletionWindow. It must be at least {LEAST_WINDOW} minutes longer than StartWindow"
        )


def _check_advanced(settings: list[dict[str, Any]]) -> None:
    """Only Windows instances and S3 have options; DynamoDB's advanced features are a setting of the region."""
    for setting in settings:
        if setting.get("ResourceType") not in ("EC2", "S3"):
            raise invalid_parameter(f"Invalid Resource Type : {setting.get('ResourceType')}")
