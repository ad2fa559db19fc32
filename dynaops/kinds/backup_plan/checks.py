"""The offline checks of a spec's backup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dynaops.kinds.backup_plan.mapping import declared_rules, plan_name, wanted_rules
from dynaops.model import schedules
from dynaops.model.finding import Finding
from dynaops.model.findings.backup_plans import (
    DDB451,
    DDB452,
    DDB453,
    DDB454,
    DDB464,
    DDB465,
    DDB466,
    DDB467,
    DDB475,
    DDB476,
    DDB479,
)
from dynaops.model.findings.rule import make_finding

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec
    from dynaops.kinds.backup_plan import Backup, Rule

COLD_DAYS = 90
"""Days a recovery point stays in cold storage at least (AWS Backup, Lifecycle)."""
MOST_DAYS = 36_500
"""Days a recovery point can live at the most, but for ever (AWS Backup, Lifecycle)."""
_LEAST_GAP = 60
"""Minutes that the completion window is longer than the start window at least."""
_VAULT = re.compile(r"[a-zA-Z0-9\-_]{2,50}")
_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,50}")


def rules(spec: TableSpec) -> Iterator[Finding]:
    """What AWS Backup would refuse, or would not do."""
    block = spec.backup
    if block is None:
        return
    if not wanted_rules(block, ""):
        yield make_finding(
            DDB453, "backup says nothing of when: give it daily, weekly, or plan.rules", path="backup"
        )
    yield from _names(block, spec.table_name)
    yield from _lives(block)
    yield from _by_tag(block, spec.tags or {})
    for number, rule in enumerate(declared_rules(block)):
        yield from _rule(rule, f"backup.plan.rules.{number}")


def _names(block: Backup, table: str) -> Iterator[Finding]:
    if block.vault and not _VAULT.fullmatch(block.vault.name):
        yield make_finding(
            DDB454,
            f"{block.vault.name!r} is no name of a vault: 2 to 50 letters, digits, - and _",
            path="backup.vault.name",
        )
    if block.vault and ":key/" not in (block.vault.kms_key_arn or ":key/"):
        yield make_finding(
            DDB467, "a vault takes the ARN of a KMS key, no alias", path="backup.vault.kms_key_arn"
        )
    if not _NAME.fullmatch(plan_name(block, table)):
        yield make_finding(
            DDB454, "a plan's name has up to 50 letters, digits, -, _ and .", path="backup.plan.name"
        )
    seen = {name for name, there in (("daily", block.daily), ("weekly", block.weekly)) if there}
    for number, rule in enumerate(declared_rules(block)):
        path = f"backup.plan.rules.{number}.name"
        if not _NAME.fullmatch(rule.name):
            yield make_finding(DDB454, "a rule's name has up to 50 letters, digits, -, _ and .", path=path)
        if rule.name in seen:
            yield make_finding(DDB464, f"there are two rules {rule.name} in the plan", path=path)
        seen.add(rule.name)


def _by_tag(block: Backup, tags: Mapping[str, str]) -> Iterator[Finding]:
    """A plan that selects by tag is of many tables: it and its vault have names that all of them give."""
    path = "backup.select_by_tag"
    if block.select_by_tag is None:
        return
    if not block.select_by_tag:
        yield make_finding(DDB475, "select_by_tag names no tag", path=path)
    for name, given in (("plan", block.plan and block.plan.name), ("vault", block.vault)):
        if not given:
            yield make_finding(
                DDB475,
                f"a plan that selects by tag is one for many tables: give backup.{name}.name, the same in each",
                path=path,
            )
    for key, value in block.select_by_tag.items():
        if tags.get(key) != value:
            yield make_finding(
                DDB476,
                f"the plan selects tables with the tag {key}: {value}, which this table does not have",
                f"Add `{key}: {value}` to its tags, or take `backup` out: a plan backs up what it selects only.",
                path=f"{path}.{key}",
            )


def _rule(rule: Rule, path: str) -> Iterator[Finding]:
    yield from _schedule(rule.schedule, f"{path}.schedule")
    if rule.completion_window and rule.completion_window < (rule.start_window or 480) + _LEAST_GAP:
        yield make_finding(
            DDB465,
            f"{path}: the completion window is {_LEAST_GAP} minutes longer than the start window at least",
            path=f"{path}.completion_window",
        )
    if rule.continuous:
        yield make_finding(
            DDB466,
            "AWS Backup makes no continuous backups of DynamoDB tables, only snapshots",
            path=f"{path}.continuous",
        )


def _schedule(schedule: str, path: str) -> Iterator[Finding]:
    if refused := schedules.refusal(schedule, ("cron", "rate")):
        yield make_finding(
            DDB452, f"AWS Backup refuses the schedule: {refused.message}", refused.hint or None, path=path
        )
    elif schedules.parse(schedule).never_runs:
        yield make_finding(
            DDB479, f"the schedule {schedule!r} never runs: the month has no such day", path=path
        )


def _lives(block: Backup) -> Iterator[Finding]:
    """What goes to cold storage stays there for 90 days, and nothing lives longer than a hundred years."""
    lives: list[tuple[str, int | None, int | None]] = []
    if block.daily:
        lives.append(("backup.daily", None, block.daily.retention_days))
    if block.weekly:
        lives.append(("backup.weekly", block.weekly.cold_storage_after_days, block.weekly.retention_days))
    for number, rule in enumerate(declared_rules(block)):
        path = f"backup.plan.rules.{number}"
        lives.append((path, rule.cold_storage_after_days, rule.delete_after_days))
        for place, copy in enumerate(rule.copy_to or ()):
            where = f"{path}.copy_to.{place}"
            lives.append((where, copy.cold_storage_after_days, copy.delete_after_days))
    for path, cold, deleted in lives:
        if cold is not None and deleted is not None and deleted < cold + COLD_DAYS:
            yield make_finding(
                DDB451,
                f"{path}: deleted after {deleted} days, but what goes to cold storage after {cold} days stays for "
                f"{COLD_DAYS} more",
                path=f"{path}.cold_storage_after_days",
            )
        if max(cold or 0, deleted or 0) > MOST_DAYS:
            yield make_finding(
                DDB451, f"{path}: a recovery point lives {MOST_DAYS:,} days at the most", path=path
            )
