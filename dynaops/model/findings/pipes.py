"""Findings about EventBridge pipes on a table's stream (DDB432 to DDB449)."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

DDB432 = FindingRule(
    "DDB432",
    Stage.SPECS,
    Severity.ERROR,
    "two pipes are named …",
)
DDB433 = FindingRule(
    "DDB433",
    Stage.SPECS,
    Severity.ERROR,
    "… is not the name of a pipe",
    remedy="A name is 1 to 64 of a-z, A-Z, 0-9, ., - and _.",
)
DDB434 = FindingRule(
    "DDB434",
    Stage.SPECS,
    Severity.ERROR,
    "pipe … reads the table's stream, but the table has no stream",
    remedy="Add a stream block.",
)
DDB435 = FindingRule(
    "DDB435",
    Stage.SPECS,
    Severity.ERROR,
    "… is not the ARN of …",
    usual_remedy="It looks like ….",
)
DDB436 = FindingRule(
    "DDB436",
    Stage.SPECS,
    Severity.ERROR,
    "maximum_record_age_in_seconds is -1 or at least 60",
)
DDB437 = FindingRule(
    "DDB437",
    Stage.SPECS,
    Severity.ERROR,
    "a pipe takes … filters",
)
DDB438 = FindingRule(
    "DDB438",
    Stage.SPECS,
    Severity.ERROR,
    "the filter … is not a JSON object, or longer than 4096 characters",
)
DDB439 = FindingRule(
    "DDB439",
    Stage.SPECS,
    Severity.ERROR,
    "a pipe to … needs …",
)
DDB440 = FindingRule(
    "DDB440",
    Stage.SPECS,
    Severity.ERROR,
    "… does not apply to a pipe to …",
    remedy="Remove the key, or correct target_arn.",
)
DDB443 = FindingRule(
    "DDB443",
    Stage.PLAN,
    Severity.WARNING,
    "…: the pipe is …: …",
    remedy="Look at the permissions of the pipe's role and at its target.",
)
DDB444 = FindingRule(
    "DDB444",
    Stage.PLAN,
    Severity.ERROR,
    "…: there is no role …",
    remedy="Create the role first, or leave role_arn out and dynaops makes one.",
)
DDB445 = FindingRule(
    "DDB445",
    Stage.PLAN,
    Severity.WARNING,
    "…: role … stays, since it has … that dynaops has not added",
)
DDB446 = FindingRule(
    "DDB446",
    Stage.PLAN,
    Severity.WARNING,
    "…: records of the old stream that the pipe has not sent yet are not sent",
    remedy="Stop the writers and let the pipe catch up before this is applied, if every record counts.",
)
