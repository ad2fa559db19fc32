"""Judgement of the states of a table's own alarms."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.health.check import CheckResult, failed, passed, plural, warned
from dynaops.health.observations import TableObservations
from dynaops.kinds.alarm.status import AlarmState


def states(facts: TableObservations) -> CheckResult:
    """Those that are in alarm or missing first, then what keeps an alarm from telling anybody."""
    alarms = facts.alarms.value
    if not alarms:
        return passed("none")
    ringing = [alarm for alarm in alarms if alarm.value == "ALARM"]
    missing = [alarm for alarm in alarms if alarm.value is None]
    unsure = [alarm for alarm in alarms if alarm.value not in ("OK", "ALARM", None)]
    silent = [alarm for alarm in alarms if alarm.silent]
    parts = [*map(_told, ringing)]
    parts += [f"missing: {_names(missing)}"] if missing else []
    parts += [*map(_told, unsure)]
    parts += [f"actions disabled, nobody is told: {_names(silent)}"] if silent else []
    fine = len(alarms) - len({alarm.name for alarm in (*ringing, *missing, *unsure)})
    parts.append(f"{plural(fine, 'alarm')} OK")
    evidence = "; ".join(parts)
    if ringing:
        return failed(evidence)
    if missing:
        return failed(evidence, "Run dynaops apply.")
    if silent:
        return warned(evidence, "Enable the alarm's actions (EnableAlarmActions).")
    if unsure:
        return warned(evidence, "A new alarm has data after some minutes: look again.")
    return passed(evidence)


def _told(alarm: AlarmState) -> str:
    since = f" since {alarm.since}" if alarm.since else ""
    reason = f" ({alarm.reason})" if alarm.reason else ""
    return f"{alarm.name} is {alarm.value}{since}{reason}"


def _names(alarms: Iterable[AlarmState]) -> str:
    return ", ".join(alarm.name for alarm in alarms)
