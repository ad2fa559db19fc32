"""Offline checks of loaded specs: AWS's static rules and best practice. No network, no AWS import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynaops.engine.load import Document
from dynaops.engine.suppress import idle, without_accepted
from dynaops.kinds import RULES
from dynaops.model.finding import Finding, Severity


def check(documents: Iterable[Document]) -> list[Finding]:
    """The findings of all documents but those that they suppress, each with its place."""
    return [_placed(finding, document) for document in documents for finding in _of(document)]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Only what stops a command."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _of(document: Document) -> Iterator[Finding]:
    found = [finding for rule in RULES for finding in rule(document.spec)]
    yield from without_accepted(found, document.spec)
    yield from idle(document, found)


def _placed(finding: Finding, document: Document) -> Finding:
    place = finding.place or document.place(finding.path or "")
    return finding.model_copy(update={"place": place, "address": document.spec.table_name})
