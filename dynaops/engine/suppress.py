"""Findings that specs accept: they are left out, and a suppression that does nothing is told.

Errors are never suppressed: AWS would refuse what they are about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from dynaops.engine.known_findings import KNOWN, OFFLINE
from dynaops.engine.load import Document
from dynaops.kinds import TableSpec
from dynaops.model.finding import Finding, Severity

_ALIKE = 0.9
"""A lost digit or case, not another number."""
_REFERENCE = "docs/findings.md lists all ids."


def without_accepted(findings: Iterable[Finding], spec: TableSpec | None) -> list[Finding]:
    """The findings but for warnings and remarks that the spec suppresses."""
    return [
        one
        for one in findings
        if one.severity is Severity.ERROR or spec is None or spec.suppressed(one.code) is None
    ]


def idle(document: Document, found: Iterable[Finding]) -> Iterator[Finding]:
    """What is wrong with a spec's suppressions, given all that its offline checks found.

    Those of findings that only AWS can give (plan, validate --live) are not judged here.
    """
    severities = {one.code: one.severity for one in found}
    for at, one in enumerate(document.spec.suppress or ()):
        path = f"suppress.{at}.finding"
        if one.finding not in KNOWN:
            near = get_close_matches(one.finding.upper(), sorted(KNOWN), 1, _ALIKE)
            hint = f"Did you mean {near[0]}? {_REFERENCE}" if near else _REFERENCE
            yield _warning("SPEC021", f"there is no finding {one.finding} to suppress", path, hint)
        elif severities.get(one.finding) is Severity.ERROR:
            hint = "Correct what it is about."
            yield _warning("SPEC022", f"{one.finding} is an error, which cannot be suppressed", path, hint)
        elif one.finding in OFFLINE and one.finding not in severities:
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
    return _warning("SPEC022", f"{code} is suppressed, and is not found any more", path, "Remove it.")


def _warning(code: str, message: str, path: str, hint: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, path=path, hint=hint)
