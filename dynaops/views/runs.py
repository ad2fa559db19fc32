"""Pages about the history of a state: the kept generations, and the runs that changed it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Protocol

from dynaops.model.run_record import OperationResult, RunOperation, RunRecord, RunResult, Who
from dynaops.views import wording
from dynaops.views.page import (
    Line,
    Page,
    PageNode,
    Section,
    StyledText,
    TextStyle,
    faint,
    joined,
    line,
    strong,
)
from dynaops.views.records import rows

_RESULTS = {
    RunResult.BEGUN: StyledText("begun, not ended", TextStyle.WARNING),
    RunResult.DONE: StyledText("done", TextStyle.GOOD),
    RunResult.FAILED: StyledText("failed", TextStyle.ERROR),
    RunResult.INTERRUPTED: StyledText("interrupted", TextStyle.WARNING),
}
_STYLES = {
    OperationResult.DONE: TextStyle.GOOD,
    OperationResult.FAILED: TextStyle.ERROR,
    OperationResult.SKIPPED: TextStyle.WARNING,
    OperationResult.STARTED: TextStyle.WARNING,
}
_SHORT_COMMIT = 12
_LONGEST_COMMAND = 200
"""The most characters of a command line in a list."""


class Kept(Protocol):
    """One kept generation of the state, as stores list it."""

    @property
    def serial(self) -> int: ...
    @property
    def saved_at(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def resources(self) -> int | None: ...
    @property
    def current(self) -> bool: ...


def history_page(generations: Sequence[Kept], runs: Mapping[int, RunRecord]) -> Page:
    """The kept generations, newest first; below each the run that saved it, if it is known (by serial)."""
    if not generations:
        return Page((Section((PageNode(line("No state has been saved yet.")),)),))
    nodes = []
    for kept in generations:
        run = runs.get(kept.serial)
        notes = (_run_line(run),) if run else ()
        nodes.append(PageNode(line(f"{kept.serial}"), value=_kept(kept), notes=notes))
    return Page((Section(tuple(nodes)),))


def log_page(records: Sequence[RunRecord]) -> Page:
    """Runs, newest first, two lines each."""
    if not records:
        return Page((Section((PageNode(line("No run has changed anything yet.")),)),))
    return Page((Section(tuple(_run_node(record) for record in records)),))


def run_page(record: RunRecord) -> Page:
    """One run with all its details."""
    facts = {
        "run": record.id,
        "command": command_line(record),
        "began": record.began_at,
        "ended": record.ended_at or "it has not: it is still at work, or was killed",
        "caller": record.who.arn or record.who.note,
        "account": record.who.account,
        "user": f"{record.who.user}@{record.who.host}",
        "environment": record.environment,
        "commit": _commit(record, full=True),
        "state": record.state,
        "serial": _serials(record),
        "plan": _plan(record),
        "consents": list(record.consents) or None,
        "added": list(record.added) or None,
        "removed": list(record.removed) or None,
        "dynaops": record.dynaops_version,
        "message": record.message,
    }
    title = line(strong(record.command), " ", _RESULTS[record.result])
    sections = [Section(rows(facts, bare=True), title)]
    if record.operations:
        nodes = tuple(_operation(operation) for operation in record.operations)
        sections.append(Section(nodes, line(strong("Operations"))))
    return Page(tuple(sections))


def command_line(record: RunRecord) -> str:
    """The command line of the run, quoted for a shell."""
    return shlex.join(("dynaops", *record.arguments)) if record.arguments else f"dynaops {record.command}"


def _kept(kept: Kept) -> Line:
    count = "unreadable" if kept.resources is None else wording.count(kept.resources, "resource")
    parts = [line(kept.saved_at), line(count), line(faint(f"{kept.size:,} bytes"))]
    return joined([*parts, line(strong("present"))] if kept.current else parts)


def _run_line(run: RunRecord) -> Line:
    parts = [_who(run.who), run.began_at[:19] + "Z", _shortened(command_line(run))]
    line_ = joined([line(part) for part in parts])
    return line_ if run.result is RunResult.DONE else joined([line_, line(_RESULTS[run.result])])


def _run_node(record: RunRecord) -> PageNode:
    counts = ", ".join(f"{number} {result.value}" for result, number in record.counts().items())
    facts = joined(
        line(part)
        for part in (_RESULTS[record.result], counts, _who(record.who), _commit(record), record.environment)
        if part
    )
    return PageNode(
        line(strong(record.began_at[:19] + "Z"), " ", _shortened(command_line(record))),
        notes=(facts, line(faint(record.id))),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_COMMAND else f"{text[:_LONGEST_COMMAND]}..."


def _who(who: Who) -> str:
    return who.arn or f"{who.user}@{who.host}"


def _commit(record: RunRecord, full: bool = False) -> str | None:
    if record.commit is None:
        return None
    shown = record.commit.id if full else record.commit.id[:_SHORT_COMMIT]
    if record.commit.dirty is None:
        return f"{shown} (not known whether dirty)" if full else shown
    return f"{shown} (dirty)" if record.commit.dirty else shown


def _serials(record: RunRecord) -> str | None:
    if record.serial_after is None:
        return None if record.serial_before is None else f"{record.serial_before}"
    return f"{record.serial_before} to {record.serial_after}"


def _plan(record: RunRecord) -> str | None:
    if record.plan_digest is None:
        return None
    return f"{record.plan_digest} ({'saved' if record.saved_plan else 'made by this run'})"


def _operation(operation: RunOperation) -> PageNode:
    result = StyledText(operation.result.value, _STYLES.get(operation.result, TextStyle.PLAIN))
    calls = faint(f"{operation.service}:{operation.api} in {operation.region}")
    notes = (line(operation.message),) if operation.message else ()
    return PageNode(line(operation.title), value=joined([line(result), line(calls)]), notes=notes)
