"""The JSON documents that ``--json`` prints, exactly one on stdout. Public interface, version 1."""

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
    """Print one document: indented, in ASCII, so that it is safe for every terminal and encoding."""
    stream.write(json.dumps(document, indent=2, default=str) + "\n")


def error(kind: str, message: str, hint: str | None, findings: Iterable[Any] = ()) -> dict[str, Any]:
    """The document of an error: ``{"error": {"kind", "message", "hint"?, "findings"?}}``."""
    document: dict[str, Any] = {"kind": kind, "message": message}
    if hint:
        document["hint"] = hint
    documents = [finding.model_dump(mode="json", exclude_none=True) for finding in findings]
    if documents:
        document["findings"] = documents
    return {"error": document}


def applied(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """The document of ``apply``: the plan as in ``plan --json``, with ``outcome``."""
    return {**plan.public(), "outcome": {**outcome.model_dump(mode="json"), "complete": outcome.complete}}


def drifted(drift: Iterable[Drift], unmanaged: Iterable[Unmanaged], headline: Headline) -> dict[str, Any]:
    """The document of ``drift``: ``{"headline", "drift": [...], "unmanaged": [...]}``, each as in ``plan --json``."""
    return {
        "headline": headline.model_dump(mode="json"),
        "drift": [entry.model_dump(mode="json") for entry in drift],
        "unmanaged": [entry.model_dump(mode="json") for entry in unmanaged],
    }


def validated(findings: Iterable[Finding], tables: int) -> dict[str, Any]:
    """The document of ``validate``: ``{"valid", "tables", "findings"}``."""
    listed = list(findings)
    return {
        "valid": not any(finding.severity is Severity.ERROR for finding in listed),
        "tables": tables,
        "findings": [finding.model_dump(mode="json", exclude_none=True) for finding in listed],
    }


def health(reports: Sequence[Report], findings: Sequence[Finding]) -> dict[str, Any]:
    """The document of ``validate --live``: ``{"valid", "tables", "findings", "reports"}``."""
    wrong = any(entry.severity is Severity.ERROR for entry in findings)
    return {
        "valid": not wrong and not any(entry.count(Status.FAIL) for entry in reports),
        "tables": len(reports),
        "findings": [entry.model_dump(mode="json", exclude_none=True) for entry in findings],
        "reports": [entry.model_dump(mode="json") for entry in reports],
    }
