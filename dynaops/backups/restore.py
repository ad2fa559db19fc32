"""Restores a backup into a new table, applies the settings that a restore omits, and records the table in the state.

First AWS restores. Then the table is planned like any other, by its own spec, which is derived from the spec of the
source table. Each of the two steps can be interrupted at any time: the next run finds out what is done already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.backups.plans import plan_of
from dynaops.backups.restoring import restoring, under_way
from dynaops.backups.service import role_of
from dynaops.backups.settings import Derived, SpecReader, derived, of_file, spec_file
from dynaops.backups.source import RestoreSource, source_of
from dynaops.engine.import_table import Imported, import_table, yaml_of
from dynaops.engine.plan import PlanRefused, make_plan
from dynaops.engine.state_account import check_identity
from dynaops.model.change import Action, Change
from dynaops.model.errors import DynaopsError
from dynaops.model.files import write_text
from dynaops.model.finding import Finding
from dynaops.model.findings.commands import BACKUP120, BACKUP121
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Danger, Operation
from dynaops.model.plan import Plan
from dynaops.model.state import State
from dynaops.specs.load import document_of

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

STDOUT = Path("-")
"""The `file` of a spec that is printed to stdout instead of written."""
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


@dataclass(frozen=True)
class RestoreRequest:
    """What to restore: `reference` is a backup; with `at` (epoch seconds) or `latest` it is a table.

    `file` is the new table's spec, which is used if it exists; STDOUT: it is printed and not saved. `without` are
    spec keys that are not applied. `documents` reads a spec file together with the project's settings; the default
    reads the file alone.
    """

    reference: str
    target: str
    region: str
    at: float | None = None
    latest: bool = False
    role: str | None = None
    file: Path | None = None
    without: tuple[str, ...] = ()
    documents: SpecReader = of_file


@dataclass(frozen=True)
class Restoration:
    """The restore's plan (without operations if the restore is done already), and the new table's spec.

    `derived` is None if `file` exists already, or if the source table's settings are not known (`unknown`).
    """

    source: RestoreSource
    target: str
    plan: Plan
    file: Path
    derived: Derived | None
    unknown: bool
    documents: SpecReader


def plan_restore(request: RestoreRequest, state: State, aws: Aws) -> Restoration:
    """The plan that restores, or continues an earlier restore. Raises DynaopsError if that is not possible."""
    check_identity(state, aws)
    if not _NAME.fullmatch(request.target):
        raise DynaopsError(
            f"{request.target!r} is not the name of a table",
            "Write 3 to 255 letters, digits, dots, hyphens and underscores.",
        )
    source = source_of(aws, request.reference, request.region, request.at, request.latest)
    operation = operation_for(aws, state, source, request.target, request.role)
    file = request.file or spec_file(source.table, request.target, state)
    file_exists = file != STDOUT and file.is_file()
    if file_exists:
        _check_file(file, request)
    settings = None
    if not file_exists:
        names, documents = (source.table, request.target), request.documents
        settings = derived(*names, source.region, state, aws, request.without, documents)
    unknown = not file_exists and settings is None
    change = _change(source, request.target, file, settings, file_exists)
    warnings = [_settings_unknown(source, request.target)] if unknown else []
    plan = plan_of([change] if operation else [], [operation] if operation else [], aws, warnings=warnings)
    return Restoration(source, request.target, plan, file, settings, unknown, request.documents)


def operation_for(
    aws: Aws, state: State, source: RestoreSource, target: str, role: str | None, bare: bool = False
) -> Operation | None:
    """The operation that restores, or waits for a restore in progress; None if it is done. Raises DynaopsError."""
    earlier = under_way(aws, source, target)
    if isinstance(earlier, Operation):
        return earlier
    if earlier:
        return None
    service_role: str | None = None
    if source.by_service:
        chosen = role_of(aws, state, source.table, source.region, role)
        if isinstance(chosen, Finding):
            raise PlanRefused([chosen])
        service_role = chosen
    return restoring(source, target, service_role, bare)


def spec_text(restoration: Restoration) -> str:
    """The text of the new table's spec; empty if the file exists already, or the settings are not known."""
    if restoration.derived is None:
        return ""
    header = (
        f"# {restoration.target}, restored from {restoration.source.words};\n"
        f"# its settings are those of {restoration.derived.origin}.\n"
    )
    return header + yaml_of(restoration.derived.spec)


def write_spec(restoration: Restoration, text: str) -> None:
    """Write the new table's spec, unless it is empty or the file exists. Raises OSError."""
    if text and restoration.file != STDOUT and not restoration.file.exists():
        restoration.file.parent.mkdir(parents=True, exist_ok=True)
        write_text(restoration.file, text)


def adopted(restoration: Restoration, state: State, aws: Aws) -> Imported:
    """Import the restored table with the settings that it has, because those of the source table are not known.

    The caller saves the state, sets the table's ownership mark, and writes the spec.
    """
    return import_table(restoration.target, state, aws, restoration.source.region)


def plan_settings(restoration: Restoration, state: State, aws: Aws) -> Plan:
    """The plan that applies the settings and records the table. Raises DynaopsError if that would delete its items."""
    printed = restoration.derived if restoration.file == STDOUT else None
    documents_read = [document_of(printed.spec)] if printed else restoration.documents(restoration.file)
    documents = [document for document in documents_read if document.spec.table_name == restoration.target]
    plan = make_plan(documents, state, aws)
    lossy = [document for document in plan.operations if document.danger in (Danger.DESTROY, Danger.REPLACE)]
    if lossy:
        spec_location = "its spec on stdout" if restoration.file == STDOUT else restoration.file
        raise DynaopsError(
            f"{restoration.target} is restored, but {spec_location} would have it otherwise: {lossy[0].title}",
            f"The backup is of a time when {restoration.source.table} had other keys or indexes. Change that file to "
            "what the table is (dynaops import shows it), then apply it.",
        )
    return plan


def _check_file(file: Path, request: RestoreRequest) -> None:
    target = request.target
    if target not in [document.spec.table_name for document in request.documents(file)]:
        raise PlanRefused([make_finding(BACKUP120, f"{file} is there already, and not the spec of {target}")])


def _change(
    source: RestoreSource, target: str, file: Path, settings: Derived | None, file_exists: bool
) -> Change:
    after: dict[str, object] = {"rows": source.words}
    if settings is not None:
        after["settings"] = f"of {settings.origin}: {', '.join(settings.put_back)}"
    if file_exists:
        after["settings"] = f"as in {file}"
    after["spec"] = file.as_posix()
    return Change(
        address=target,
        kind="table",
        region=source.region,
        action=Action.CREATE,
        reason="",
        after=after,
    )


def _settings_unknown(source: RestoreSource, target: str) -> Finding:
    return make_finding(
        BACKUP121,
        f"nobody knows the settings that {source.table} had: {target} keeps those that the restore gives it",
    )
