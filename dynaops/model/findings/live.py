"""Findings about deployed tables, by ``validate --live``: LIVE.

A summary is ``title of the check: what it means``; the severity is the worst that the check may end with.
"""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

LIVE101 = FindingRule(
    "LIVE101",
    Stage.LIVE,
    Severity.ERROR,
    "exists: The table is not there, or may not be looked at.",
    remedy="Run dynaops apply, or check the name, the region and the account (dynaops whoami).",
)
LIVE102 = FindingRule(
    "LIVE102",
    Stage.LIVE,
    Severity.ERROR,
    "status: The table is not ACTIVE. While AWS works on it, this is a warning.",
    remedy="See the table's events in AWS Health and CloudTrail.",
)
LIVE103 = FindingRule(
    "LIVE103",
    Stage.LIVE,
    Severity.ERROR,
    "encryption: The table is encrypted with the AWS owned key (a warning), or DynamoDB cannot use its "
    "KMS key.",
    remedy="Set encryption: true, or encryption.kms_key_arn, and apply.",
)
LIVE104 = FindingRule(
    "LIVE104",
    Stage.LIVE,
    Severity.ERROR,
    "point-in-time recovery: Point-in-time recovery is off, or keeps fewer days than the spec wants.",
    remedy="Set point_in_time_recovery: true, and apply.",
)
LIVE105 = FindingRule(
    "LIVE105",
    Stage.LIVE,
    Severity.ERROR,
    "deletion protection: The spec wants deletion protection and it is off; a warning where name or tags "
    "say production.",
    remedy="Set deletion_protection: true, and apply.",
)
LIVE106 = FindingRule(
    "LIVE106",
    Stage.LIVE,
    Severity.ERROR,
    "stream: The stream that the spec wants (or its triggers and replicas need) is off, or of another "
    "view type.",
    remedy="Run dynaops apply.",
)
LIVE107 = FindingRule(
    "LIVE107",
    Stage.LIVE,
    Severity.ERROR,
    "time to live: The spec wants TTL, and it is off or on another attribute.",
    remedy="Run dynaops apply. AWS takes one change of TTL an hour.",
)
LIVE108 = FindingRule(
    "LIVE108",
    Stage.LIVE,
    Severity.ERROR,
    "indexes: An index of the spec is missing; a warning where one is not ACTIVE, or not in the spec.",
    remedy="Run dynaops apply.",
)
LIVE109 = FindingRule(
    "LIVE109",
    Stage.LIVE,
    Severity.INFO,
    "items and size: Items and bytes of the table and its indexes, as AWS counted them some hours ago. "
    "Only told.",
)
LIVE110 = FindingRule(
    "LIVE110",
    Stage.LIVE,
    Severity.WARNING,
    "drift: Something was changed outside dynaops since it last applied.",
    remedy="See dynaops drift and dynaops plan; apply takes it back, or put it into the spec.",
)
LIVE111 = FindingRule(
    "LIVE111",
    Stage.LIVE,
    Severity.ERROR,
    "restore drill: No restore was verified within 90 days (a warning), or the last one differed.",
    remedy="Run dynaops backup verify.",
)
LIVE112 = FindingRule(
    "LIVE112",
    Stage.LIVE,
    Severity.ERROR,
    "replicas: A replica of the spec is missing, or its region or key is out of reach; a warning while "
    "AWS works on one.",
    remedy="Look at the replica's table in its region: DescribeTable says why.",
)
LIVE201 = FindingRule(
    "LIVE201",
    Stage.LIVE,
    Severity.WARNING,
    "throttling: Reads or writes of the table or an index were throttled.",
    remedy="Raise capacity or on-demand maxima; find hot keys with contributor_insights.",
)
LIVE202 = FindingRule(
    "LIVE202",
    Stage.LIVE,
    Severity.WARNING,
    "system errors: Requests failed on AWS's side.",
    remedy="Retry with backoff; see AWS Health if they go on.",
)
LIVE203 = FindingRule(
    "LIVE203",
    Stage.LIVE,
    Severity.WARNING,
    "latency: An operation on one item took more than 50 ms on average in a quarter of an hour.",
    remedy="Look for large items, hot keys and throttling.",
)
LIVE204 = FindingRule(
    "LIVE204",
    Stage.LIVE,
    Severity.ERROR,
    "headroom: Consumed capacity came to 80% of the provisioned (a warning), or to all of it.",
    remedy="Raise read_capacity and write_capacity, or autoscaling's max.",
)
LIVE205 = FindingRule(
    "LIVE205",
    Stage.LIVE,
    Severity.WARNING,
    "over-provisioned: The peak of more than 5 provisioned units was below 20% of them.",
    remedy="Lower read_capacity and write_capacity, or autoscaling's min.",
)
LIVE206 = FindingRule(
    "LIVE206",
    Stage.LIVE,
    Severity.WARNING,
    "billing mode: The other billing mode would have cost at least $5 a month less.",
    remedy="Compare some weeks of the bill before changing billing_mode.",
)
LIVE207 = FindingRule(
    "LIVE207",
    Stage.LIVE,
    Severity.WARNING,
    "unused indexes: A global secondary index was not read for two weeks, though the table is used: each "
    "write pays for it.",
    remedy="Delete the index, if nothing that runs more rarely reads it.",
)
LIVE208 = FindingRule(
    "LIVE208",
    Stage.LIVE,
    Severity.WARNING,
    "replication: A replica was more than 10 s behind on average in a quarter of an hour.",
    remedy="See AWS Health for its region; compare the replica's write capacity with the table's.",
)
LIVE209 = FindingRule(
    "LIVE209",
    Stage.LIVE,
    Severity.ERROR,
    "alarms: An alarm of the spec is in ALARM or is missing; a warning where it has not enough data, or "
    "its actions are disabled, so that nobody is told.",
    remedy="Look at what the alarm watches (dynaops validate TABLE --live shows the metrics).",
)
