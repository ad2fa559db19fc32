"""Restores: a new table with a backup's rows, the settings that a restore does not carry, and a place in the state.

First AWS restores; then the table is planned like any other, by a spec of its own that is derived from that of the
table it comes from. Each of the two can be broken off anywhere: the next run finds out how far it is.
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
"""The place of a spec that is printed instead of written."""
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


@dataclass(frozen=True)
class RestoreRequest:
    """What is restored: `reference` is a backup, or with `at` (epoch seconds) or `latest` a table.

    `file` is the new table's spec, used if it is there; STDOUT: it is kept nowhere. `without` are spec keys that are
    not put back. `documents` reads a spec file with all that the project says beside, by default with nothing but the
    file.
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
    """The restore's plan (with no operations where it is done already), and what then becomes of the table.

    `derived` is None where `file` is there already, or where nobody knows the settings (`unknown`).
    """

    source: RestoreSource
    target: str
    plan: Plan
    file: Path
    derived: Derived | None
    unknown: bool
    documents: SpecReader


def plan_restore(request: RestoreRequest, state: State, aws: Aws) -> Restoration:
    """The plan of a restore, or of going on with one. Raises DynaopsError where it cannot be."""
    check_identity(state, aws)
    if not _NAME.fullmatch(request.target):
        raise DynaopsError(
            f"{request.target!r} is not the name of a table",
            "Write 3 to 255 letters, digits, dots, hyphens and underscores.",
        )
    source = source_of(aws, request.reference, request.region, request.at, request.latest)
    operation = operation_for(aws, state, source, request.target, request.role)
    file = request.file or spec_file(source.table, request.target, state)
    there = file != STDOUT and file.is_file()
    if there:
        _check_file(file, request)
    settings = None
    if not there:
        names, documents = (source.table, request.target), request.documents
        settings = derived(*names, source.region, state, aws, request.without, documents)
    unknown = not there and settings is None
    change = _change(source, request.target, file, settings, there)
    warnings = [_settings_unknown(source, request.target)] if unknown else []
    plan = plan_of([change] if operation else [], [operation] if operation else [], aws, warnings=warnings)
    return Restoration(source, request.target, plan, file, settings, unknown, request.documents)


def operation_for(
    aws: Aws, state: State, source: RestoreSource, target: str, role: str | None, bare: bool = False
) -> Operation | None:
    """The restore, or the wait for one that is under way; None where it is done. Raises DynaopsError."""
    found = under_way(aws, source, target)
    if isinstance(found, Operation):
        return found
    if found:
        return None
    service_role: str | None = None
    if source.by_service:
        chosen = role_of(aws, state, source.table, source.region, role)
        if isinstance(chosen, Finding):
            raise PlanRefused([chosen])
        service_role = chosen
    return restoring(source, target, service_role, bare)


def spec_text(restoration: Restoration) -> str:
    """The new table's spec as it is written; empty where it is there already, or nobody knows its settings."""
    if restoration.derived is None:
        return ""
    said = (
        f"# {restoration.target}, restored from {restoration.source.words};\n"
        f"# its settings are those of {restoration.derived.origin}.\n"
    )
    return said + yaml_of(restoration.derived.spec)


def write_spec(restoration: Restoration, text: str) -> None:
    """Write the new table's spec, where there is one to write and no file is there. Raises OSError."""
    if text and restoration.file != STDOUT and not restoration.file.exists():
        restoration.file.parent.mkdir(parents=True, exist_ok=True)
        write_text(restoration.file, text)


def adopted(restoration: Restoration, state: State, aws: Aws) -> Imported:
    """The table taken over as it is, since nobody knows its settings.

    The caller saves the state, marks the table as that state's, and writes the spec.
    """
    return import_table(restoration.target, state, aws, restoration.source.region)


def plan_settings(restoration: Restoration, state: State, aws: Aws) -> Plan:
    """What puts the settings back, and records the table. Raises DynaopsError where that would lose its rows."""
    printed = restoration.derived if restoration.file == STDOUT else None
    found = [document_of(printed.spec)] if printed else restoration.documents(restoration.file)
    documents = [one for one in found if one.spec.table_name == restoration.target]
    plan = make_plan(documents, state, aws)
    lossy = [one for one in plan.operations if one.danger in (Danger.DESTROY, Danger.REPLACE)]
    if lossy:
        place = "its spec on stdout" if restoration.file == STDOUT else restoration.file
        raise DynaopsError(
            f"{restoration.target} is restored, but {place} would have it otherwise: {lossy[0].title}",
            f"The backup is of a time when {restoration.source.table} had other keys or indexes. Change that file to "
            "what the table is (dynaops import shows it), then apply it.",
        )
    return plan


def _check_file(file: Path, request: RestoreRequest) -> None:
    target = request.target
    if target not in [document.spec.table_name for document in request.documents(file)]:
        raise PlanRefused([make_finding(BACKUP120, f"{file} is there already, and not the spec of {target}")])


def _change(source: RestoreSource, target: str, file: Path, settings: Derived | None, there: bool) -> Change:
    after: dict[str, object] = {"rows": source.words}
    if settings is not None:
        after["settings"] = f"of {settings.origin}: {', '.join(settings.put_back)}"
    if there:
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
