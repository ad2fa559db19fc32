"""Offline checks of loaded specs: AWS's static rules and best practice. No network, no AWS import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dynaops.engine.load import Document
from dynaops.kinds import NOT_YET, RULES
from dynaops.model.finding import Finding, Severity


def check(documents: Iterable[Document]) -> list[Finding]:
    """The findings of all documents, each with its place."""
    return [_placed(finding, document) for document in documents for finding in _of(document)]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Only what stops a command."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def unsupported(documents: Sequence[Document]) -> list[Finding]:
    """Keys whose resources this version cannot make: an error, never ignored in silence."""
    return [finding for document in documents for finding in _unsupported(document)]


def _of(document: Document) -> Iterator[Finding]:
    for rule in RULES:
        yield from rule(document.spec)


def _unsupported(document: Document) -> Iterator[Finding]:
    for key in NOT_YET:
        if getattr(document.spec, key) not in (None, []):
            yield Finding(
                code="SPEC020",
                severity=Severity.ERROR,
                message=f"{key} is not supported yet: this version checks it, but cannot plan it",
                hint="Remove it, or wait for a version that supports it.",
                path=key,
                place=document.node.key_place(key),
            )
    if document.spec.multi_region_consistency == "STRONG":
        yield Finding(
            code="SPEC020",
            severity=Severity.ERROR,
            message="multi_region_consistency: STRONG is not supported yet",
            hint="Remove it, or wait for a version that supports it.",
            path="multi_region_consistency",
            place=document.node.key_place("multi_region_consistency"),
        )


def _placed(finding: Finding, document: Document) -> Finding:
    place = document.place(finding.path or "")
    return finding.model_copy(update={"place": place, "address": document.spec.table_name})
