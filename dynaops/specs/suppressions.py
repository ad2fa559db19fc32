"""Suppressions: leaves out findings that specs accept, and reports suppressions without effect.

Errors are never suppressed, because AWS would reject the request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from dynaops.kinds import TableSpec
from dynaops.model.finding import Finding, Severity
from dynaops.model.findings import FINDING_RULES
from dynaops.model.findings.rule import Stage, make_finding
from dynaops.model.findings.specs import SPEC021, SPEC022
from dynaops.specs.load import Document

_SIMILARITY = 0.9
"""The similarity of a misspelled code: a missing digit or a different case, but not another number."""
_REFERENCE = "docs/findings.md lists all ids."


def without_accepted(findings: Iterable[Finding], spec: TableSpec | None) -> list[Finding]:
    """The findings without the warnings and remarks that the spec suppresses."""
    return [
        finding
        for finding in findings
        if not FINDING_RULES[finding.code].suppressible
        or spec is None
        or spec.suppressed(finding.code) is None
    ]


def suppression_findings(document: Document, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Errors and warnings about a spec's suppressions, given all findings of its offline checks.

    Suppressions of findings that need AWS (plan, validate --live) are not checked here.
    """
    severities = {entry.code: entry.severity for entry in findings}
    for at, entry in enumerate(document.spec.suppress or ()):
        path = f"suppress.{at}.finding"
        rule = FINDING_RULES.get(entry.finding)
        if rule is None or rule.stage is Stage.PROJECT:
            suggestions = get_close_matches(entry.finding.upper(), sorted(FINDING_RULES), 1, _SIMILARITY)
            hint = f"Did you mean {suggestions[0]}? {_REFERENCE}" if suggestions else _REFERENCE
            yield make_finding(SPEC021, f"there is no finding {entry.finding} to suppress", hint, path=path)
        elif severities.get(entry.finding) is Severity.ERROR:
            hint = "Correct what it is about."
            yield make_finding(
                SPEC022, f"{entry.finding} is an error, which cannot be suppressed", hint, path=path
            )
        elif entry.finding not in severities and rule.stage is Stage.SPECS:
            yield unused(entry.finding, path)


def unused_live(document: Document, judged: Collection[str], hit: Collection[str]) -> list[Finding]:
    """Findings for suppressions of live findings whose rules were checked (`judged`) without a result (`hit`)."""
    return [
        unused(entry.finding, path).model_copy(
            update={"place": document.place(path), "address": document.spec.table_name}
        )
        for at, entry in enumerate(document.spec.suppress or ())
        if entry.finding in judged and entry.finding not in hit
        for path in (f"suppress.{at}.finding",)
    ]


def unused(code: str, path: str) -> Finding:
    """The finding for a suppression without effect."""
    return make_finding(SPEC022, f"{code} is suppressed, and is not found any more", "Remove it.", path=path)
