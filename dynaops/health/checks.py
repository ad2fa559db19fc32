"""THE TABLE OF CHECKS: all that `validate --live` looks at, in the order of its report. A new check is a line here."""

from __future__ import annotations

from dynaops.health import alarms, settings, use
from dynaops.health.check import Check
from dynaops.model.health import Status

_WARN, _FAIL, _PASS = Status.WARN, Status.FAIL, Status.PASS

CHECKS: tuple[Check, ...] = (
    Check(
        "LIVE101",
        "exists",
        _FAIL,
        "The table is not there, or may not be looked at.",
        "Run dynaops apply, or check the name, the region and the account (dynaops whoami).",
        settings.exists,
    ),
    Check(
        "LIVE102",
        "status",
        _FAIL,
        "The table is not ACTIVE. While AWS works on it, this is a warning.",
        "See the table's events in AWS Health and CloudTrail.",
        settings.status,
    ),
    Check(
        "LIVE103",
        "encryption",
        _FAIL,
        "The table is encrypted with the AWS owned key (a warning), or DynamoDB cannot use its KMS key.",
        "Set encryption: true, or encryption.kms_key_arn, and apply.",
        settings.encryption,
    ),
    Check(
        "LIVE104",
        "point-in-time recovery",
        _FAIL,
        "Point-in-time recovery is off, or keeps fewer days than the spec wants.",
        "Set point_in_time_recovery: true, and apply.",
        settings.recovery,
    ),
    Check(
        "LIVE105",
        "deletion protection",
        _FAIL,
        "The spec wants deletion protection and it is off; a warning where name or tags say production.",
        "Set deletion_protection: true, and apply.",
        settings.protection,
    ),
    Check(
        "LIVE106",
        "stream",
        _FAIL,
        "The stream that the spec wants (or its triggers and replicas need) is off, or of another view type.",
        "Run dynaops apply.",
        settings.stream,
    ),
    Check(
        "LIVE107",
        "time to live",
        _FAIL,
        "The spec wants TTL, and it is off or on another attribute.",
        "Run dynaops apply. AWS takes one change of TTL an hour.",
        settings.ttl,
    ),
    Check(
        "LIVE108",
        "indexes",
        _FAIL,
        "An index of the spec is missing; a warning where one is not ACTIVE, or not in the spec.",
        "Run dynaops apply.",
        settings.indexes,
    ),
    Check(
        "LIVE112",
        "replicas",
        _FAIL,
        "A replica of the spec is missing, or its region or key is out of reach; a warning while AWS works on one.",
        "Look at the replica's table in its region: DescribeTable says why.",
        settings.replicas,
    ),
    Check(
        "LIVE109",
        "items and size",
        _PASS,
        "Items and bytes of the table and its indexes, as AWS counted them some hours ago. Only told.",
        "",
        settings.contents,
    ),
    Check(
        "LIVE110",
        "drift",
        _WARN,
        "Something was changed outside dynaops since it last applied.",
        "See dynaops drift and dynaops plan; apply takes it back, or put it into the spec.",
        settings.drift,
    ),
    Check(
        "LIVE111",
        "restore drill",
        _FAIL,
        f"No restore was verified within {settings.DRILL_DAYS} days (a warning), or the last one differed.",
        "Run dynaops backup verify.",
        settings.drill,
    ),
    Check(
        "LIVE201",
        "throttling",
        _WARN,
        "Reads or writes of the table or an index were throttled.",
        "Raise capacity or on-demand maxima; find hot keys with contributor_insights.",
        use.throttles,
    ),
    Check(
        "LIVE202",
        "system errors",
        _WARN,
        "Requests failed on AWS's side.",
        "Retry with backoff; see AWS Health if they go on.",
        use.system_errors,
    ),
    Check(
        "LIVE203",
        "latency",
        _WARN,
        f"An operation on one item took more than {use.SLOW:.0f} ms on average in a quarter of an hour.",
        "Look for large items, hot keys and throttling.",
        use.latency,
    ),
    Check(
        "LIVE204",
        "headroom",
        _FAIL,
        f"Consumed capacity came to {use.FULL:.0%} of the provisioned (a warning), or to all of it.",
        "Raise read_capacity and write_capacity, or autoscaling's max.",
        use.headroom,
    ),
    Check(
        "LIVE205",
        "over-provisioned",
        _WARN,
        f"The peak of more than {use.SMALL} provisioned units was below {use.IDLE:.0%} of them.",
        "Lower read_capacity and write_capacity, or autoscaling's min.",
        use.over_provisioned,
    ),
    Check(
        "LIVE206",
        "billing mode",
        _WARN,
        f"The other billing mode would have cost at least ${use.WORTH:.0f} a month less.",
        "Compare some weeks of the bill before changing billing_mode.",
        use.billing,
    ),
    Check(
        "LIVE207",
        "unused indexes",
        _WARN,
        "A global secondary index was not read for two weeks, though the table is used: each write pays for it.",
        "Delete the index, if nothing that runs more rarely reads it.",
        use.unused_indexes,
    ),
    Check(
        "LIVE208",
        "replication",
        _WARN,
        f"A replica was more than {use.BEHIND / 1000:.0f} s behind on average in a quarter of an hour.",
        "See AWS Health for its region; compare the replica's write capacity with the table's.",
        use.replication,
    ),
    Check(
        "LIVE209",
        "alarms",
        _FAIL,
        "An alarm of the spec is in ALARM or is missing; a warning where it has not enough data, or its actions are "
        "disabled, so that nobody is told.",
        "Look at what the alarm watches (dynaops validate TABLE --live shows the metrics).",
        alarms.states,
    ),
)
SETTLED = frozenset(check.code for check in CHECKS if check.code.startswith("LIVE1"))
"""Checks of settings, which stay as they are; the others are of measurements, which come and go."""
