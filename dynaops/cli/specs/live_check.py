"""The ``validate --live`` command: find the expected settings of tables, read them in AWS, and report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops import __version__
from dynaops.cli import wiring
from dynaops.cli.formats import Output, places
from dynaops.cli.planning.account_check import region_of, state_of
from dynaops.cli.planning.lost_state import owns_nothing, traces
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.wiring import SpecSource
from dynaops.engine.external import scope_of
from dynaops.health.checks import SETTLED
from dynaops.health.observations import Subject, read_drills
from dynaops.health.run import examine
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.exits import Exit
from dynaops.model.finding import Finding, Severity
from dynaops.model.health import Report, Status
from dynaops.model.project import require_inside
from dynaops.model.resource import Scope
from dynaops.specs.check import check
from dynaops.specs.load import Document, Documents
from dynaops.specs.path_patterns import SUFFIXES, is_pattern
from dynaops.specs.project import relative_to_cwd
from dynaops.specs.suppressions import unused_live
from dynaops.views.formats.entries import of_health
from dynaops.views.formats.entry import RunReport
from dynaops.views.formats.junit import junit

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.state import State
    from dynaops.stores.base import Store

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


class Files(NamedTuple):
    """The files that the report is also written to."""

    markdown: str | None = None
    junit: str | None = None


def validate_live(
    settings: GlobalSettings,
    arguments: Sequence[str],
    specs: SpecSource,
    files: Files,
    policies: Sequence[str] | None = None,
    *,
    strict: bool,
    document: Output,
) -> int:
    """Check deployed tables. `arguments` are tables, spec files and folders. Returns the exit code."""
    screen = Screen(settings, document=document.chosen is not None)
    names = [element for element in arguments if is_table(element)]
    documents, findings = _declared(specs, [element for element in arguments if element not in names])
    aws = wiring.aws(settings)
    store = wiring.store(settings)
    state = state_of(store, aws)
    if not state.serial and owns_nothing(state):
        screen.aside(f"note: {traces(store, settings)} What drifted is not known.")
    subjects = [_subject(element, aws) for element in documents]
    subjects += [Subject(scope_of(table, aws), None) for table in documents.external]
    known = {element.scope.address for element in subjects}
    for name in dict.fromkeys(names):
        if name not in known:
            result = _document_of(name, state, specs, screen)
            if result is not None:
                documents.append(result)
            region = (result.spec.region if result else None) or region_of(name, settings, aws)
            subjects.append(Subject(Scope(name, name, region), result.spec if result else None))
    reports = examine(aws, subjects, state, _drills(store, settings, subjects))
    findings += [*_idle(documents, reports), *wiring.broken_by_specs(documents, policies)]
    report(screen, settings, reports, findings, files)
    entries = of_health(reports, findings, strict, places(documents, state))
    document.show(entries)
    if files.junit is not None:
        _write(files.junit, junit(RunReport("validate", __version__, entries, {}, settings.environment)))
    return exit_of(reports, findings, strict=strict)


def _drills(store: Store, settings: GlobalSettings, subjects: Sequence[Subject]) -> dict[str, Any]:
    """The tables' last restore drills, by region/table, including records of older versions."""
    from dynaops.cli.run_records import warn
    from dynaops.model.errors import DynaopsError
    from dynaops.stores import drills

    older = read_drills(wiring.beside_state(settings) / "backups")
    tables = [(subject.scope.region, subject.scope.table_name) for subject in subjects]
    try:
        newer = drills.read_drills(store.beside(drills.KIND), tables)
    except DynaopsError as error:
        warn(f"The records of restore drills cannot be read: {error.message.rstrip('.')}")
        newer = {}
    both = (*older.items(), *newer.items())
    return dict(sorted(both, key=lambda entry: int(entry[1]["at"])))


def report(
    screen: Screen,
    settings: GlobalSettings,
    reports: Sequence[Report],
    findings: Sequence[Finding],
    files: Files,
) -> None:
    """Show the report and write its Markdown file. Raises DynaopsError if that cannot be written."""
    from dynaops.views import json_documents
    from dynaops.views.health import health_page
    from dynaops.views.health_markdown import markdown

    if files.markdown is not None:
        _write(files.markdown, markdown(reports, findings, settings.environment))
    if screen.json:
        screen.document(json_documents.health(reports, findings))
    else:
        screen.show(health_page(reports, findings, whole=settings.verbose))


def exit_of(reports: Sequence[Report], findings: Iterable[Finding], *, strict: bool) -> int:
    """The exit code: 1 for failures and errors; if strict, 3 for warnings and for checks that were not possible."""
    severities = {entry.severity for entry in findings}
    if Severity.ERROR in severities or any(entry.count(Status.FAIL) for entry in reports):
        return Exit.FAILED
    warned = any(entry.count(Status.WARN) + entry.count(Status.UNKNOWN) for entry in reports)
    return Exit.WARNINGS if strict and (warned or Severity.WARNING in severities) else Exit.OK


def is_table(argument: str) -> bool:
    """Whether an argument is a table name: no such path exists, and it does not look like a path."""
    looks_like_path = "/" in argument or argument.endswith(SUFFIXES)
    return not looks_like_path and not Path(argument).exists() and bool(_NAME.fullmatch(argument))


def _declared(specs: SpecSource, paths: Sequence[str]) -> tuple[Documents, list[Finding]]:
    """(the specs at `paths` or of the project, their findings).

    Raises SpecError if they are not valid, since the expected settings are not known then.
    """
    if specs.paths and not paths:
        return Documents(), []
    documents = wiring.documents(specs._replace(paths=tuple(paths)))
    findings = check(documents)
    wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
    if wrong:
        raise SpecError(wrong)
    return documents, findings


def _subject(document: Document, aws: Aws) -> Subject:
    """The table of a spec, in the region that a plan would use."""
    name = document.spec.table_name
    return Subject(Scope(name, name, document.spec.region or aws.region), document.spec)


def _document_of(name: str, state: State, specs: SpecSource, screen: Screen) -> Document | None:
    """The spec of a named table: the file that it was applied from, else below specs/; None if there is none."""
    record = state.resources.get(name)
    applied_from = relative_to_cwd(specs.project.folder, record.source) if record and record.source else None
    for path in (applied_from, *wiring.default_paths(specs.project)):
        if path and (is_pattern(path) or Path(path).exists()):
            try:
                documents = wiring.documents(specs._replace(paths=(path,)))
            except SpecError as error:
                finding = error.findings[0]
                screen.aside(f"{path} cannot be read ({finding.message}): {name} is checked without a spec.")
                continue
            for document in documents:
                if document.spec.table_name == name:
                    return document
    return None


def _idle(documents: Iterable[Document], reports: Sequence[Report]) -> list[Finding]:
    """Suppressions of live findings without effect. Findings from metrics are left out, since they come and go."""
    tables = {entry.table: entry for entry in reports}
    findings: list[Finding] = []
    for document in documents:
        results = tables[document.spec.table_name].results
        settled = {
            entry.code for entry in results if entry.code in SETTLED and entry.status is not Status.UNKNOWN
        }
        hit = {entry.code for entry in results if entry.status is Status.SUPPRESSED}
        findings += unused_live(document, settled, hit)
    return findings


def _write(path: str, text: str) -> None:
    require_inside(path)
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DynaopsError(f"Cannot write {path}: {error.strerror}") from error
