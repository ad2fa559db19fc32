"""Findings that specs accept: they are left out, and a suppression that does nothing is told.

Errors are never suppressed: AWS would refuse what they are about.
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

_ALIKE = 0.9
"""A lost digit or case, not another number."""
_REFERENCE = "docs/findings.md lists all ids."


def without_accepted(findings: Iterable[Finding], spec: TableSpec | None) -> list[Finding]:
    """The findings but for warnings and remarks that the spec suppresses."""
    return [
        finding
        for finding in findings
        if not FINDING_RULES[finding.code].suppressible
        or spec is None
        or spec.suppressed(finding.code) is None
    ]


def idle(document: Document, found: Iterable[Finding]) -> Iterator[Finding]:
    """What is wrong with a spec's suppressions, given all that its offline checks found.

    Those of findings that only AWS can give (plan, validate --live) are not judged here.
    """
    severities = {one.code: one.severity for one in found}
    for at, one in enumerate(document.spec.suppress or ()):
        path = f"suppress.{at}.finding"
        rule = FINDING_RULES.get(one.finding)
        if rule is None or rule.stage is Stage.PROJECT:
            near = get_close_matches(one.finding.upper(), sorted(FINDING_RULES), 1, _ALIKE)
            hint = f"Did you mean {near[0]}? {_REFERENCE}" if near else _REFERENCE
            yield make_finding(SPEC021, f"there is no finding {one.finding} to suppress", hint, path=path)
        elif severities.get(one.finding) is Severity.ERROR:
            hint = "Correct what it is about."
            yield make_finding(
                SPEC022, f"{one.finding} is an error, which cannot be suppressed", hint, path=path
            )
        elif one.finding not in severities and rule.stage is Stage.SPECS:
            yield unused(one.finding, path)


def unused_live(document: Document, judged: Collection[str], hit: Collection[str]) -> list[Finding]:
    """Suppressions of live findings that were `judged` and are not `hit`, each with its place."""
    return [
        unused(one.finding, path).model_copy(
            update={"place": document.place(path), "address": document.spec.table_name}
        )
        for at, one in enumerate(document.spec.suppress or ())
        if one.finding in judged and one.finding not in hit
        for path in (f"suppress.{at}.finding",)
    ]


def unused(code: str, path: str) -> Finding:
    """A suppression of what is not found."""
    return make_finding(SPEC022, f"{code} is suppressed, and is not found any more", "Remove it.", path=path)
