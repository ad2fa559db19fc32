"""Findings of single commands: BACKUP (backup), GRANT (grant) and CONV (convert)."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

BACKUP101 = FindingRule(
    "BACKUP101",
    Stage.BACKUPS,
    Severity.ERROR,
    "The table … is not there, or is not ACTIVE",
    usual_remedy="Check the name and the region (--region), or wait until it is ACTIVE.",
)
BACKUP102 = FindingRule(
    "BACKUP102",
    Stage.BACKUPS,
    Severity.ERROR,
    "… is not the name of a backup",
    remedy="Write 3 to 255 letters, digits, dots, hyphens and underscores.",
)
BACKUP103 = FindingRule(
    "BACKUP103",
    Stage.BACKUPS,
    Severity.ERROR,
    "There is no backup vault … in …",
    usual_remedy="…. Name one with --vault, or let the table's spec make one (backup: {daily: ...}).",
)
BACKUP104 = FindingRule(
    "BACKUP104",
    Stage.BACKUPS,
    Severity.ERROR,
    "There is no role … for AWS Backup to work as, or it is not known",
    usual_remedy="Name one with --role, or let a table's spec make it (backup: {daily: ...}).",
)
BACKUP110 = FindingRule(
    "BACKUP110",
    Stage.BACKUPS,
    Severity.ERROR,
    "a backup cannot be deleted: …",
)
BACKUP120 = FindingRule(
    "BACKUP120",
    Stage.BACKUPS,
    Severity.ERROR,
    "… is there already, and not the spec of …",
    remedy="Name another file for the new table's spec, with --spec.",
)
BACKUP121 = FindingRule(
    "BACKUP121",
    Stage.BACKUPS,
    Severity.WARNING,
    "nobody knows the settings that … had: … keeps those that the restore gives it",
    remedy="That is no TTL, no tags, no stream, no recovery. Give a spec of its own with --spec, or edit it "
    "later.",
)
CONV001 = FindingRule(
    "CONV001",
    Stage.CONVERT,
    Severity.ERROR,
    "this is not valid HCL…",
    usual_remedy="Does `terraform fmt` take it?",
)
CONV002 = FindingRule(
    "CONV002",
    Stage.CONVERT,
    Severity.ERROR,
    "this is not JSON that can be read: …",
)
CONV003 = FindingRule(
    "CONV003",
    Stage.CONVERT,
    Severity.ERROR,
    "the file is larger than 1 MiB, or too large to work out: …",
    usual_remedy="Cut it to what is about DynamoDB.",
)
GRANT101 = FindingRule(
    "GRANT101",
    Stage.GRANT,
    Severity.ERROR,
    "There is no table … in …",
    remedy="Check the name and the region (--region).",
)
GRANT102 = FindingRule(
    "GRANT102",
    Stage.GRANT,
    Severity.ERROR,
    "There is no function … in …",
    remedy="Check the name and the region; `aws lambda list-functions` shows all there are.",
)
GRANT103 = FindingRule(
    "GRANT103",
    Stage.GRANT,
    Severity.ERROR,
    "… runs as a role of account …, not of …",
    remedy="A policy can only be attached to roles of its own account: use that account's credentials.",
)
GRANT104 = FindingRule(
    "GRANT104",
    Stage.GRANT,
    Severity.ERROR,
    "There is a policy … already, which was not made for this",
    remedy="It is left alone. Choose another name with --policy-name.",
)
GRANT105 = FindingRule(
    "GRANT105",
    Stage.GRANT,
    Severity.ERROR,
    "… is applied from a spec, but its policy … is gone",
    remedy="Run `dynaops apply` first, which makes it anew.",
)
GRANT106 = FindingRule(
    "GRANT106",
    Stage.GRANT,
    Severity.WARNING,
    "role … is also that of …, which lose the table with it",
    remedy="Give the functions roles of their own, or grant it to them again.",
)
GRANT107 = FindingRule(
    "GRANT107",
    Stage.GRANT,
    Severity.WARNING,
    "the spec attaches … to role …: the next apply does so again",
    remedy="Take the role (or grant_role of the trigger) out of the spec instead.",
)
