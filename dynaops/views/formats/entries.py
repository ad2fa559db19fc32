"""Entries of what each command found: see Entry. `place_of` says where an address is written, as far as is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from dynaops.model.change import Action, Change, Drift, Unmanaged
from dynaops.model.finding import Finding, Place, Severity
from dynaops.model.health import Report, Result, Status
from dynaops.model.plan import Plan
from dynaops.views.formats.entry import LEVELS, Level, ReportEntry, RuleText
from dynaops.views.plan import adoption_consent, consent_to, loss
from dynaops.views.values import compact

PlaceOf = Callable[[str], Place | None]

RULES = {
    "drift": RuleText("A resource is set otherwise in AWS than dynaops left it.", "See dynaops plan."),
    "drift-gone": RuleText("A resource that dynaops made is no longer in AWS.", "See dynaops plan."),
    "unmanaged": RuleText(
        "Something is live that neither specs nor state name; it is left alone.", "", Level.NOTE
    ),
    "loss": RuleText(
        "A step of the plan loses something.", "Agree to it with --consent, or change the spec."
    ),
    "create": RuleText("The plan creates a resource.", "", Level.NOTE),
    "update": RuleText("The plan updates a resource in place.", "", Level.NOTE),
    "replace": RuleText("The plan deletes a resource and builds it anew.", "", Level.NOTE),
    "delete": RuleText("The plan deletes a resource.", "", Level.NOTE),
    "adopt": RuleText("The plan records a live resource.", "", Level.NOTE),
    "forget": RuleText("The plan forgets a resource, which stays in AWS.", "", Level.NOTE),
}
"""What has no id of a finding: changes, losses and drift."""
_OUTCOMES = {
    Status.PASS: Level.PASSED,
    Status.WARN: Level.WARNING,
    Status.FAIL: Level.ERROR,
    Status.UNKNOWN: Level.UNKNOWN,
    Status.SUPPRESSED: Level.SUPPRESSED,
}


def of_specs(findings: Iterable[Finding], tables: int, strict: bool) -> tuple[ReportEntry, ...]:
    """What ``validate`` found; warnings fail where it is `strict`."""
    found = tuple(_finding(finding, "specs", strict) for finding in findings)
    if any(entry.fails for entry in found):
        return found
    return (*found, ReportEntry("", Level.PASSED, "specs", "specs are valid", f"{tables} checked"))


def of_health(
    reports: Iterable[Report], findings: Iterable[Finding], strict: bool, place_of: PlaceOf
) -> tuple[ReportEntry, ...]:
    """What ``validate --live`` found; warnings fail where it is `strict`."""
    found = [_finding(one, "specs", strict) for one in findings]
    for report in reports:
        found += [_checked(report, one, strict, place_of(report.table)) for one in report.results]
    return tuple(found)


def of_drift(
    drift: Sequence[Drift],
    unmanaged: Sequence[Unmanaged],
    tables: Collection[str],
    counted: bool,
    place_of: PlaceOf,
) -> tuple[ReportEntry, ...]:
    """What ``drift`` found in `tables`; each drifted address fails, and what is unmanaged where it is `counted`."""
    found = [*_drifted(drift, place_of, fails=True), *_unmanaged(unmanaged, place_of, counted)]
    touched = {entry.subject for entry in found if entry.fails}
    found += [
        ReportEntry("drift", Level.PASSED, table, table, "as dynaops left it", address=table)
        for table in sorted(tables)
        if table not in touched
    ]
    return tuple(found)


def of_plan(plan: Plan, place_of: PlaceOf) -> tuple[ReportEntry, ...]:
    """What a plan tells; only house rules that keep it from being carried out fail."""
    judged = (*plan.violations, *plan.warnings)
    found = [_finding(one, _table(one.address or "plan"), strict=False, place_of=place_of) for one in judged]
    for operation in plan.operations:
        if operation.danger is not None:
            level = Level.NOTE if plan.consents_to(operation) else Level.WARNING
            message = f"{operation.address}{loss(operation, operation.danger, plan)}"
            consent = consent_to(operation, operation.danger, plan)
            found.append(_entry("loss", level, operation.address, message, place_of, consent))
    found += [_change(one, plan, place_of) for one in plan.changes if one.action is not Action.NO_OP]
    found += [
        *_drifted(plan.drift, place_of, fails=False),
        *_unmanaged(plan.unmanaged, place_of, counted=False),
    ]
    touched = {entry.subject for entry in found}
    found += [
        ReportEntry("plan", Level.PASSED, table, table, "nothing to do", address=table)
        for table in plan.tables
        if table not in touched
    ]
    return tuple(found)


def _finding(finding: Finding, subject: str, strict: bool, place_of: PlaceOf | None = None) -> ReportEntry:
    fails = finding.severity is Severity.ERROR or (strict and finding.severity is Severity.WARNING)
    place = finding.place or (place_of(finding.address) if place_of and finding.address else None)
    where = str(finding.place or finding.address or "")
    title = " ".join(filter(None, [where, finding.path]))
    return ReportEntry(
        finding.code,
        LEVELS[finding.severity],
        subject,
        title,
        finding.message,
        finding.hint,
        finding.address,
        place,
        fails,
    )


def _checked(report: Report, result: Result, strict: bool, place: Place | None) -> ReportEntry:
    return ReportEntry(
        result.code,
        _OUTCOMES[result.status],
        f"{report.table} ({report.region})",
        result.title,
        result.evidence,
        result.remedy,
        report.table,
        place,
        fails=result.status is Status.FAIL or (strict and result.status is Status.WARN),
        reason=result.reason,
    )


def _change(change: Change, plan: Plan, place_of: PlaceOf) -> ReportEntry:
    """A change; an adoption that nobody consented to is a warning, as a loss is."""
    paths = ", ".join(difference.path for difference in change.differences)
    message = f"{change.action.value} {change.address}{f' ({paths})' if paths else ''}: {change.reason}"
    if change.danger is None:
        return _entry(change.action.value, Level.NOTE, change.address, message, place_of)
    level = Level.NOTE if plan.consents_to(change) else Level.WARNING
    return _entry(
        change.action.value, level, change.address, message, place_of, adoption_consent(change, plan)
    )


def _drifted(drift: Iterable[Drift], place_of: PlaceOf, fails: bool) -> Iterator[ReportEntry]:
    for one in drift:
        changed = "; ".join(
            f"{each.path}: {compact(each.before)}, now {compact(each.after)}" for each in one.differences
        )
        message = f"{one.address} is gone from AWS" if one.vanished else f"{one.address} {changed}"
        rule = "drift-gone" if one.vanished else "drift"
        yield _entry(rule, Level.WARNING, one.address, message, place_of, fails=fails)


def _unmanaged(unmanaged: Iterable[Unmanaged], place_of: PlaceOf, counted: bool) -> Iterator[ReportEntry]:
    for one in unmanaged:
        named = " ".join(filter(None, [one.address, one.path]))
        level = Level.WARNING if counted else Level.NOTE
        found = _entry("unmanaged", level, one.address, f"{named} is in no spec", place_of, fails=counted)
        yield found._replace(title=named)


def _entry(
    rule: str,
    level: Level,
    address: str,
    message: str,
    place_of: PlaceOf,
    hint: str | None = None,
    fails: bool = False,
) -> ReportEntry:
    return ReportEntry(
        rule, level, _table(address), address, message, hint, address, place_of(address), fails
    )


def _table(address: str) -> str:
    return address.partition("/")[0]
