"""Offline checks of loaded specs: AWS's static rules and best practice. Uses no network and does not import boto3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dynaops.kinds import RULES
from dynaops.kinds.backup_plan.agreement import contradictions
from dynaops.model.finding import Finding, Severity
from dynaops.model.findings.backup_plans import DDB478
from dynaops.model.findings.rule import make_finding
from dynaops.specs.load import Document
from dynaops.specs.suppressions import suppression_findings, without_accepted


def check(documents: Iterable[Document]) -> list[Finding]:
    """The findings of all documents with their places, without suppressed findings."""
    together = list(documents)
    findings = [_placed(finding, document) for document in together for finding in _of(document)]
    return [*findings, *_contradicting(together)]


def _contradicting(documents: Sequence[Document]) -> Iterator[Finding]:
    """An error for each document whose settings of a backup plan differ from those of another document."""
    for contradiction in contradictions([document.spec for document in documents]):
        first, second = documents[contradiction.first], documents[contradiction.second]
        path = "backup.plan.name"
        finding = make_finding(
            DDB478,
            f"{first.spec.table_name} and {second.spec.table_name} share the backup plan {contradiction.plan}, and say "
            f"different things of its {', '.join(contradiction.parts)}",
            f"The other is at {first.place(path)}. Let both say the same, as a `defaults` block does, or give one "
            "of the plans another name.",
            path=path,
        )
        yield _placed(finding, second)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with the severity error, which stop a command."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _of(document: Document) -> Iterator[Finding]:
    findings = [finding for rule in RULES for finding in rule(document.checked)]
    yield from without_accepted(findings, document.spec)
    yield from suppression_findings(document, findings)


def _placed(finding: Finding, document: Document) -> Finding:
    place = finding.place or document.place(finding.path or "")
    return finding.model_copy(update={"place": place, "address": document.spec.table_name})
