"""Makes report entries from the results of each command. `place_of` returns the place of an address, if it is known."""

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
"""Rules of entries that are not findings: changes, losses and drift."""
_OUTCOMES = {
    Status.PASS: Level.PASSED,
    Status.WARN: Level.WARNING,
    Status.FAIL: Level.ERROR,
    Status.UNKNOWN: Level.UNKNOWN,
    Status.SUPPRESSED: Level.SUPPRESSED,
}


def of_specs(findings: Iterable[Finding], tables: int, strict: bool) -> tuple[ReportEntry, ...]:
    """The entries of ``validate``; with `strict`, warnings fail."""
    entries = tuple(_finding(finding, "specs", strict) for finding in findings)
    if any(entry.fails for entry in entries):
        return entries
    return (*entries, ReportEntry("", Level.PASSED, "specs", "specs are valid", f"{tables} checked"))


def of_health(
    reports: Iterable[Report], findings: Iterable[Finding], strict: bool, place_of: PlaceOf
) -> tuple[ReportEntry, ...]:
    """The entries of ``validate --live``; with `strict`, warnings fail."""
    entries = [_finding(finding, "specs", strict) for finding in findings]
    for report in reports:
        entries += [_checked(report, finding, strict, place_of(report.table)) for finding in report.results]
    return tuple(entries)


def of_drift(
    drift: Sequence[Drift],
    unmanaged: Sequence[Unmanaged],
    tables: Collection[str],
    counted: bool,
    place_of: PlaceOf,
) -> tuple[ReportEntry, ...]:
    """The entries of ``drift`` for `tables`. Drifted addresses fail; with `counted`, unmanaged resources fail too."""
    entries = [*_drifted(drift, place_of, fails=True), *_unmanaged(unmanaged, place_of, counted)]
    touched = {entry.subject for entry in entries if entry.fails}
    entries += [
        ReportEntry("drift", Level.PASSED, table, table, "as dynaops left it", address=table)
        for table in sorted(tables)
        if table not in touched
    ]
    return tuple(entries)


def of_plan(plan: Plan, place_of: PlaceOf) -> tuple[ReportEntry, ...]:
    """The entries of a plan; only violated house rules that block the plan fail."""
    findings = (*plan.violations, *plan.warnings)
    entries = [
        _finding(item, _table(item.address or "plan"), strict=False, place_of=place_of) for item in findings
    ]
    for operation in plan.operations:
        if operation.danger is not None:
            level = Level.NOTE if plan.consents_to(operation) else Level.WARNING
            message = f"{operation.address}{loss(operation, operation.danger, plan)}"
            consent = consent_to(operation, operation.danger, plan)
            entries.append(_entry("loss", level, operation.address, message, place_of, consent))
    entries += [_change(item, plan, place_of) for item in plan.changes if item.action is not Action.NO_OP]
    entries += [
        *_drifted(plan.drift, place_of, fails=False),
        *_unmanaged(plan.unmanaged, place_of, counted=False),
    ]
    touched = {entry.subject for entry in entries}
    entries += [
        ReportEntry("plan", Level.PASSED, table, table, "nothing to do", address=table)
        for table in plan.tables
        if table not in touched
    ]
    return tuple(entries)


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
    """The entry of a change; an adoption without consent is a warning, as a loss is."""
    paths = ", ".join(difference.path for difference in change.differences)
    message = f"{change.action.value} {change.address}{f' ({paths})' if paths else ''}: {change.reason}"
    if change.danger is None:
        return _entry(change.action.value, Level.NOTE, change.address, message, place_of)
    level = Level.NOTE if plan.consents_to(change) else Level.WARNING
    return _entry(
        change.action.value, level, change.address, message, place_of, adoption_consent(change, plan)
    )


def _drifted(drift: Iterable[Drift], place_of: PlaceOf, fails: bool) -> Iterator[ReportEntry]:
    for drifted in drift:
        changed = "; ".join(
            f"{difference.path}: {compact(difference.before)}, now {compact(difference.after)}"
            for difference in drifted.differences
        )
        message = (
            f"{drifted.address} is gone from AWS" if drifted.vanished else f"{drifted.address} {changed}"
        )
        rule = "drift-gone" if drifted.vanished else "drift"
        yield _entry(rule, Level.WARNING, drifted.address, message, place_of, fails=fails)


def _unmanaged(unmanaged: Iterable[Unmanaged], place_of: PlaceOf, counted: bool) -> Iterator[ReportEntry]:
    for resource in unmanaged:
        named = " ".join(filter(None, [resource.address, resource.path]))
        level = Level.WARNING if counted else Level.NOTE
        entry = _entry(
            "unmanaged", level, resource.address, f"{named} is in no spec", place_of, fails=counted
        )
        yield entry._replace(title=named)


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
