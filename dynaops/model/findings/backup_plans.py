"""Findings about AWS Backup: vaults, plans and rules of a spec's `backup`: DDB451 to DDB467, DDB475 to DDB479."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

DDB451 = FindingRule(
    "DDB451",
    Stage.SPECS,
    Severity.ERROR,
    "a recovery point's retention is longer than AWS Backup allows, or ends before its time in cold "
    "storage may",
)
DDB452 = FindingRule(
    "DDB452",
    Stage.SPECS,
    Severity.ERROR,
    "AWS Backup refuses the schedule: …",
)
DDB453 = FindingRule(
    "DDB453",
    Stage.SPECS,
    Severity.ERROR,
    "backup says nothing of when: give it daily, weekly, or plan.rules",
)
DDB454 = FindingRule(
    "DDB454",
    Stage.SPECS,
    Severity.ERROR,
    "the name of a backup plan, a rule or a vault has characters or a length that AWS Backup refuses",
)
DDB455 = FindingRule(
    "DDB455",
    Stage.PLAN,
    Severity.WARNING,
    "backup vault … stays with … recovery point…: dynaops never deletes what could still be restored, and"
    " looks after the vault no longer",
    usual_remedy="To delete them: `aws backup list-recovery-points-by-backup-vault --backup-vault-name …`, `aws backup"
    " delete-recovery-point` for each, then `aws backup delete-backup-vault`.",
)
DDB456 = FindingRule(
    "DDB456",
    Stage.PLAN,
    Severity.ERROR,
    "backup vault … has the key …, which cannot be changed, and …",
    remedy="Give backup.vault another name (the old vault stays), or put its key into the spec.",
)
DDB457 = FindingRule(
    "DDB457",
    Stage.PLAN,
    Severity.WARNING,
    "role … stays: policies that dynaops has not attached hang on it",
    remedy="Detach them, then delete the role with the AWS CLI.",
)
DDB458 = FindingRule(
    "DDB458",
    Stage.PLAN,
    Severity.ERROR,
    "the backup plan has a selection … already, which is of something else",
    remedy="Give the plan another name (backup.plan.name), or delete that selection.",
)
DDB459 = FindingRule(
    "DDB459",
    Stage.PLAN,
    Severity.ERROR,
    "there is no backup vault … in …",
    remedy="Correct its name, or let dynaops make it (backup.vault.create: true).",
)
DDB460 = FindingRule(
    "DDB460",
    Stage.PLAN,
    Severity.WARNING,
    "backup plan … stays: it also backs up what dynaops has not selected (…)",
    remedy="Delete those selections, then the plan, with the AWS CLI.",
)
DDB461 = FindingRule(
    "DDB461",
    Stage.PLAN,
    Severity.WARNING,
    "backup plan … is there already, and its new rules also concern …",
    remedy="Give the table a plan of its own (backup.plan.name).",
)
DDB462 = FindingRule(
    "DDB462",
    Stage.PLAN,
    Severity.WARNING,
    "… of DynamoDB tables need AWS Backup's advanced features, which are off in …",
    remedy="`aws backup update-region-settings --resource-type-management-preference DynamoDB=true` turns them "
    "on.",
)
DDB463 = FindingRule(
    "DDB463",
    Stage.PLAN,
    Severity.WARNING,
    "AWS Backup is not opted in to DynamoDB in …: see to it that recovery points of … appear (AWS "
    "promises them only for tables that a plan names, as this one does)",
    remedy="`aws backup update-region-settings --resource-type-opt-in-preference DynamoDB=true` opts in.",
)
DDB464 = FindingRule(
    "DDB464",
    Stage.SPECS,
    Severity.ERROR,
    "there are two rules … in the plan",
)
DDB465 = FindingRule(
    "DDB465",
    Stage.SPECS,
    Severity.ERROR,
    "…: the completion window is … minutes longer than the start window at least",
)
DDB466 = FindingRule(
    "DDB466",
    Stage.SPECS,
    Severity.WARNING,
    "AWS Backup makes no continuous backups of DynamoDB tables, only snapshots",
    remedy="Point-in-time recovery (point_in_time_recovery) is DynamoDB's own.",
)
DDB467 = FindingRule(
    "DDB467",
    Stage.SPECS,
    Severity.ERROR,
    "a vault takes the ARN of a KMS key, no alias",
)
DDB475 = FindingRule(
    "DDB475",
    Stage.SPECS,
    Severity.ERROR,
    "a plan that selects by tag needs a tag, and a name of its own: it is one for many tables",
)
DDB476 = FindingRule(
    "DDB476",
    Stage.SPECS,
    Severity.ERROR,
    "the plan selects tables with the tag …: …, which this table does not have",
    usual_remedy="Add `…: …` to its tags, or take `backup` out: a plan backs up what it selects only.",
)
DDB477 = FindingRule(
    "DDB477",
    Stage.PLAN,
    Severity.ERROR,
    "the plan that was there before … is still to be deleted, so it cannot be given up yet",
    usual_remedy="Apply with backup.plan.name: … first, then give the plan its new name.",
)
DDB478 = FindingRule(
    "DDB478",
    Stage.SPECS,
    Severity.ERROR,
    "… and … share the backup plan …, and say different things of its …",
    usual_remedy="The other is at …. Let both say the same, as a `defaults` block does, or give one of the plans "
    "another name.",
)
DDB479 = FindingRule(
    "DDB479",
    Stage.SPECS,
    Severity.WARNING,
    "the schedule … never runs: the month has no such day",
    remedy="Correct the day or the month.",
)
