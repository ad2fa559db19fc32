"""Notifications about a run: a text for users and a JSON document for programs, of a limited size."""

from __future__ import annotations

import json
from typing import Any

from dynaops.model.run_record import OperationResult, RunOperation, RunRecord, RunResult
from dynaops.views.page import clean
from dynaops.views.runs import command_line

FORMAT_VERSION = 1
_LONGEST = 1000
"""The most characters of one value."""
_MOST_CONSENTS = 20
_IMPORTANT = (OperationResult.FAILED, OperationResult.STARTED, OperationResult.SKIPPED, OperationResult.LEFT)
_TEXT_OPERATIONS = 50
_LONGEST_TEXT = 50_000
_DID = {RunResult.DONE: "went well", RunResult.FAILED: "failed", RunResult.INTERRUPTED: "was interrupted"}


def is_worth_telling(record: RunRecord) -> bool:
    """Whether the run changed anything or failed, so that a notification is sent."""
    happened = {OperationResult.DONE, OperationResult.LEFT, OperationResult.STARTED, OperationResult.FAILED}
    changed = bool(record.added or record.removed or happened & record.counts().keys())
    return changed or record.result is RunResult.FAILED


def subject(record: RunRecord) -> str:
    """The subject, in one line."""
    where = record.environment or record.who.account or record.state or ""
    return f"dynaops {record.command} {_DID.get(record.result, record.result.value)}" + (
        f": {where}" if where else ""
    )


def summary(record: RunRecord) -> str:
    """The numbers of operations by result, in a few words."""
    counts = ", ".join(f"{number} {result.value}" for result, number in record.counts().items())
    return f"{record.command} {_DID.get(record.result, record.result.value)}" + (
        f": {counts}" if counts else ""
    )


def text(record: RunRecord) -> str:
    """The message for users."""
    facts = {
        "command": command_line(record),
        "environment": record.environment,
        "account": record.who.account,
        "state": record.state,
        "by": record.who.arn or f"{record.who.user}@{record.who.host}",
        "commit": record.commit.id if record.commit else None,
        "plan": record.plan_digest,
        "began": record.began_at,
        "ended": record.ended_at,
        "run": record.id,
        "message": record.message,
    }
    lines = [summary(record), "", *(f"{name}: {_cut(value)}" for name, value in facts.items() if value), ""]
    operations = _by_importance(record)
    for operation in operations[:_TEXT_OPERATIONS]:
        message = f": {_cut(operation.message)}" if operation.message else ""
        lines.append(f"[{operation.result.value}] {_cut(operation.title)}{message}")
    if len(operations) > _TEXT_OPERATIONS:
        lines.append(f"... and {len(operations) - _TEXT_OPERATIONS} more")
    return _cut("\n".join(clean(line) for line in lines).rstrip(), _LONGEST_TEXT) + "\n"


def document(record: RunRecord, most_bytes: int) -> dict[str, Any]:
    """The message for programs, of at most `most_bytes` bytes as ASCII JSON.

    If there is not enough room for all operations, failed and unfinished operations come first, and
    ``operations_left_out`` is the number of missing operations.
    """
    about: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "summary": _cut(summary(record)),
        "run": record.id,
        "command": record.command,
        "command_line": _cut(command_line(record)),
        "result": record.result.value,
        "message": _cut(record.message) if record.message else None,
        "began_at": record.began_at,
        "ended_at": record.ended_at,
        "environment": _cut(record.environment) if record.environment else None,
        "account": record.who.account,
        "caller": record.who.arn,
        "user": _cut(f"{record.who.user}@{record.who.host}"),
        "state": _cut(record.state) if record.state else None,
        "commit": record.commit.model_dump(mode="json") if record.commit else None,
        "plan": {"digest": record.plan_digest, "saved": record.saved_plan},
        "consents": [_cut(consent, 300) for consent in record.consents[:_MOST_CONSENTS]],
        "counts": {result.value: number for result, number in record.counts().items()},
        "dynaops_version": record.dynaops_version,
        "operations": [],
        "operations_left_out": len(record.operations),
    }
    remaining = most_bytes - len(json.dumps(about))
    for operation in _by_importance(record):
        values = {name: _cut(str(value)) for name, value in operation.model_dump(mode="json").items()}
        remaining -= len(json.dumps(values)) + 2
        if remaining < 0:
            break
        about["operations"].append(values)
        about["operations_left_out"] -= 1
    return about


def _by_importance(record: RunRecord) -> list[RunOperation]:
    """The operations that did not succeed first, otherwise in the plan's order."""
    return sorted(
        record.operations,
        key=lambda operation: (
            _IMPORTANT.index(operation.result) if operation.result in _IMPORTANT else len(_IMPORTANT)
        ),
    )


def _cut(text: str, limit: int = _LONGEST) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
