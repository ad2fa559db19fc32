"""Judgements of a table's settings: what DescribeTable and its neighbours say, against the spec where there is one."""

from __future__ import annotations

from dynaops.health.check import CheckResult, failed, passed, plural, warned
from dynaops.health.observations import NotKnown, TableObservations
from dynaops.kinds.table.observe import busy
from dynaops.kinds.table.rules import is_production
from dynaops.model.health import Status
from dynaops.model.quantities import size

DRILL_DAYS = 90
"""A backup that nobody restored for a quarter of a year is a hope (AWS Well-Architected, REL09-BP04)."""
_DAY = 86400
_WORKING = ("CREATING", "UPDATING", "DELETING")


def exists(facts: TableObservations) -> CheckResult:
    try:
        if facts.described.value is None:
            return failed(f"there is no table {facts.scope.table_name} in {facts.scope.region}")
    except NotKnown as error:
        return failed(str(error), "Allow dynamodb:DescribeTable, or use other credentials (--profile).")
    return passed(str(facts.table["TableArn"]))


def status(facts: TableObservations) -> CheckResult:
    reading = str(facts.table.get("TableStatus", "ACTIVE"))
    working = busy(facts.table)
    if reading in ("CREATING", "UPDATING") or (reading == "ACTIVE" and working):
        return warned(working or reading, "Wait until AWS is done, and look again.")
    return passed(reading) if reading == "ACTIVE" else failed(reading)


def encryption(facts: TableObservations) -> CheckResult:
    reading = facts.table.get("SSEDescription") or {}
    if facts.table.get("TableStatus") == "INACCESSIBLE_ENCRYPTION_CREDENTIALS" or reading.get(
        "InaccessibleEncryptionDateTime"
    ):
        return failed(
            f"DynamoDB cannot use the key {reading.get('KMSMasterKeyArn', '')}",
            "Enable the KMS key and let DynamoDB use it: after 7 days AWS archives the table.",
        )
    if reading.get("Status") in ("ENABLED", "ENABLING", "UPDATING"):
        return passed(f"KMS {str(reading.get('KMSMasterKeyArn', 'key managed by AWS')).rpartition(':')[2]}")
    evidence = "the AWS owned key, which neither CloudTrail nor a key policy sees"
    if facts.spec and not facts.spec.encryption.enabled:
        return passed(f"{evidence}; the spec wants it so")
    return warned(evidence)


def recovery(facts: TableObservations) -> CheckResult:
    reading = facts.recovery.value.get("PointInTimeRecoveryDescription", {})
    wanted = facts.spec.point_in_time_recovery if facts.spec else None
    if reading.get("PointInTimeRecoveryStatus") != "ENABLED":
        if wanted and wanted.enabled:
            return failed("off, and the spec wants it on", "Run dynaops apply.")
        return warned("off: rows lost to a mistake cannot be restored")
    days = int(reading.get("RecoveryPeriodInDays", 35))
    if wanted and wanted.enabled and wanted.recovery_period_days > days:
        return warned(
            f"keeps {days} days, and the spec wants {wanted.recovery_period_days}", "Run dynaops apply."
        )
    return passed(f"on, {plural(days, 'day')} are kept")


def protection(facts: TableObservations) -> CheckResult:
    if facts.table.get("DeletionProtectionEnabled"):
        return passed("on")
    if facts.spec and facts.spec.deletion_protection:
        return failed("off, and the spec wants it on", "Run dynaops apply.")
    if is_production(facts.scope.table_name, facts.tags.value):
        return warned("off, though name or tags say production")
    return passed("off")


def stream(facts: TableObservations) -> CheckResult:
    reading = facts.table.get("StreamSpecification") or {}
    live = reading.get("StreamViewType") if reading.get("StreamEnabled") else None
    wanted = (facts.spec.wanted_stream() or {}).get("view_type") if facts.spec else None
    if wanted and live != wanted:
        return failed(f"{live or 'off'}, and the spec wants {wanted}")
    return passed(f"{live}, {facts.table.get('LatestStreamArn', '')}" if live else "off")


def indexes(facts: TableObservations) -> CheckResult:
    local = [element["IndexName"] for element in facts.table.get("LocalSecondaryIndexes", ())]
    names = [*facts.indexes, *local]
    if facts.spec:
        wanted = [element.name for element in facts.spec.global_secondary_indexes or ()]
        wanted += [element.name for element in facts.spec.local_secondary_indexes or ()]
        missing = [name for name in wanted if name not in names]
        if missing:
            return failed(
                f"{len(names)} of {plural(len(wanted), 'index', 'indexes')}: {', '.join(missing)} missing",
                "Run dynaops apply.",
            )
        more = [name for name in names if name not in wanted]
        if more:
            return warned(
                f"{', '.join(more)}: not in the spec", "Declare it (dynaops import), or delete the index."
            )
    unready = [
        f"{name} is {element['IndexStatus']}"
        for name, element in facts.indexes.items()
        if element.get("IndexStatus", "ACTIVE") != "ACTIVE"
    ]
    if unready:
        return warned(", ".join(unready), "Queries of such an index fail or miss rows until it is ACTIVE.")
    return passed(f"{plural(len(names), 'index', 'indexes')}{', all ACTIVE' if names else ''}")


def replicas(facts: TableObservations) -> CheckResult:
    live = {
        element["RegionName"]: element.get("ReplicaStatus", "ACTIVE")
        for element in facts.table.get("Replicas", ())
    }
    wanted = [element.region for element in facts.spec.replicas or ()] if facts.spec else []
    missing = [region for region in wanted if region not in live]
    if missing:
        return failed(f"{', '.join(missing)} missing", "Run dynaops apply.")
    reading = ", ".join(f"{region} {state}" for region, state in live.items())
    if any(state not in ("ACTIVE", *_WORKING) for state in live.values()):
        return failed(reading)
    if any(state in _WORKING for state in live.values()):
        return warned(reading, "Wait until AWS is done, and look again.")
    return passed(reading or "none")


def contents(facts: TableObservations) -> CheckResult:
    """Sizes are AWS's own count of about six hours ago."""
    parts = [_content(facts.scope.table_name, facts.table)]
    parts += [_content(name, element) for name, element in facts.indexes.items()]
    return passed("; ".join(parts))


def _content(name: str, element: dict[str, int]) -> str:
    held = element.get("TableSizeBytes", element.get("IndexSizeBytes", 0))
    return f"{name} {plural(element.get('ItemCount', 0), 'item')}, {size(held)}"


def ttl(facts: TableObservations) -> CheckResult:
    reading = facts.ttl.value
    live = (
        reading.get("AttributeName") if reading.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") else None
    )
    wanted = facts.spec.ttl.attribute if facts.spec and facts.spec.ttl and facts.spec.ttl.enabled else None
    if wanted and live != wanted:
        return failed(f"{live or 'off'}, and the spec wants {wanted}")
    return passed(f"on {live}" if live else "off")


def drift(facts: TableObservations) -> CheckResult:
    if not facts.managed:
        record = "Import the table, or apply its spec, to have this checked; or name its state with --state."
        return CheckResult(Status.UNKNOWN, "not recorded in this state: nothing was compared", record)
    drifts = facts.drifted.value
    if not drifts:
        return passed("AWS is as dynaops left it")
    parts = [
        f"{drift.address} is gone"
        if drift.vanished
        else f"{drift.address} ({', '.join(each.path for each in drift.differences)})"
        for drift in drifts
    ]
    return warned("changed outside dynaops: " + "; ".join(parts))


def drill(facts: TableObservations) -> CheckResult:
    reading = facts.drill
    name = facts.scope.table_name
    run = f"Run dynaops backup verify {name} --latest."
    if not reading:
        return warned("no restore of this table was ever verified from here", run)
    days = max(0, int((facts.now - reading["at"]) // _DAY))
    when = "today" if not days else f"{plural(days, 'day')} ago"
    if not reading.get("identical"):
        return failed(f"the last drill, {when}, restored something else than the table held", run)
    if days > DRILL_DAYS:
        return warned(f"the last drill was {when}, more than {DRILL_DAYS} days", run)
    return passed(f"verified {when} ({reading.get('method')})")
