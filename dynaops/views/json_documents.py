"""Documents for programs: what ``--json`` prints, exactly one of them on stdout. Public interface, version 1."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from dynaops.model.change import Drift, Unmanaged
from dynaops.model.event import Outcome
from dynaops.model.finding import Finding, Severity
from dynaops.model.headline import Headline
from dynaops.model.health import Report, Status
from dynaops.model.plan import Plan


def write(document: Any, stream: TextIO) -> None:
    """Print one document: indented, in ASCII, so that no terminal or encoding can come to harm."""
    stream.write(json.dumps(document, indent=2, default=str) + "\n")


def error(kind: str, message: str, hint: str | None, findings: Iterable[Any] = ()) -> dict[str, Any]:
    """``{"error": {"kind", "message", "hint"?, "findings"?}}``."""
    told: dict[str, Any] = {"kind": kind, "message": message}
    if hint:
        told["hint"] = hint
    found = [finding.model_dump(mode="json", exclude_none=True) for finding in findings]
    if found:
        told["findings"] = found
    return {"error": told}


def applied(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """The plan as ``plan --json`` has it, with ``outcome`` beside."""
    return {**plan.public(), "outcome": {**outcome.model_dump(mode="json"), "complete": outcome.complete}}


def drifted(drift: Iterable[Drift], unmanaged: Iterable[Unmanaged], headline: Headline) -> dict[str, Any]:
    """``{"headline", "drift": [...], "unmanaged": [...]}``, each as ``plan --json`` has them."""
    return {
        "headline": headline.model_dump(mode="json"),
        "drift": [one.model_dump(mode="json") for one in drift],
        "unmanaged": [one.model_dump(mode="json") for one in unmanaged],
    }


def validated(findings: Iterable[Finding], tables: int) -> dict[str, Any]:
    """``{"valid", "tables", "findings"}``."""
    found = list(findings)
    return {
        "valid": not any(one.severity is Severity.ERROR for one in found),
        "tables": tables,
        "findings": [one.model_dump(mode="json", exclude_none=True) for one in found],
    }


def health(reports: Sequence[Report], findings: Sequence[Finding]) -> dict[str, Any]:
    """``{"valid", "tables", "findings", "reports"}`` of ``validate --live``. Public interface, version 1."""
    wrong = any(one.severity is Severity.ERROR for one in findings)
    return {
        "valid": not wrong and not any(one.count(Status.FAIL) for one in reports),
        "tables": len(reports),
        "findings": [one.model_dump(mode="json", exclude_none=True) for one in findings],
        "reports": [one.model_dump(mode="json") for one in reports],
    }
