"""Tables that others own (`external: true`): they are looked at, and a state that knows them forgets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dynaops.engine.addresses import table_of
from dynaops.engine.exported import exported
from dynaops.engine.observe import in_parallel
from dynaops.engine.refactoring import Refactored
from dynaops.engine.table_references import References
from dynaops.engine.table_scopes import OWN_KINDS, RunTarget, source_of
from dynaops.kinds import alarm, iam
from dynaops.kinds.registry import TABLE_HANDLER
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding, Severity
from dynaops.model.findings.plans import PLAN128, PLAN129
from dynaops.model.findings.rule import make_finding
from dynaops.model.project import root
from dynaops.model.resource import Observed, Properties, Scope
from dynaops.model.state import Record, State
from dynaops.specs.external import OWN, ExternalTable
from dynaops.specs.load import document_of
from dynaops.specs.refactoring import Removal

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


def forgetting(work: Refactored, external: Sequence[ExternalTable], state: State) -> Refactored:
    """`work`, where what the state knows of external tables is forgotten: others own them now.

    What may be ours around them (OWN_KINDS) is not: it stays, or is deleted, as the table's document says.
    """
    tables = {table.name: table for table in external}
    removed = {
        address: Removal(address, tables[table_of(address)].place("external"), "`external: true`", alone=True)
        for address, record in state.resources.items()
        if record.kind not in OWN_KINDS and table_of(address) in tables
    }
    return replace(work, removed={**work.removed, **removed}) if removed else work


def targets(external: Sequence[ExternalTable], state: State, aws: Aws, refresh: bool) -> list[RunTarget]:
    """The external tables around which something is ours, or was: their alarms and policies follow the live table.

    Raises SpecError for alarms and policies that cannot be, DynaopsError where AWS is not to be looked at.
    """
    recorded = {table_of(address) for address, one in state.resources.items() if one.kind in OWN_KINDS}
    ours = [table for table in external if table.has_own or table.name in recorded]
    if ours and not refresh:
        raise DynaopsError(
            f"What is ours around the external table {ours[0].name} goes by how the table is in AWS",
            "Leave out --no-refresh.",
        )
    wrong: list[Finding] = []
    found = [_target(table, live, aws, wrong) for table, live in observed(ours, aws) if live]
    if wrong:
        raise SpecError(wrong)
    return found


def _target(table: ExternalTable, live: list[Observed], aws: Aws, wrong: list[Finding]) -> RunTarget:
    """The table as it is live, with the alarms and policies of its document; errors in these are added to `wrong`."""
    scope = scope_of(table, aws)
    plain = document_of(exported(scope, live, aws)).spec
    own = {key: getattr(table.spec, key) for key in OWN}
    spec = plain.model_copy(update={**own, "tags": None, "replicas": None, "lifecycle": None})
    for finding in (*alarm.rules(spec), *iam.rules(spec)):
        if finding.severity is Severity.ERROR:
            place = table.place(finding.path or "")
            wrong.append(finding.model_copy(update={"place": place, "address": table.name}))
    source = source_of(table.source, root()) if table.source else None
    return RunTarget(scope, spec, source, external=True)


def observed(external: Sequence[ExternalTable], aws: Aws) -> list[tuple[ExternalTable, list[Observed]]]:
    """Each external table with its indexes, as they are live; nothing where it is not, or is being deleted."""

    def look(table: ExternalTable) -> list[Observed]:
        live = TABLE_HANDLER.describe(aws, scope_of(table, aws))
        return [] if any(one.being_deleted for one in live) else live

    live = in_parallel([partial(look, table) for table in external])
    return list(zip(external, live, strict=True))


def scope_of(table: ExternalTable, aws: Aws) -> Scope:
    return Scope(table.name, table.name, table.spec.region or aws.region)


def findings(external: Sequence[ExternalTable], aws: Aws) -> Iterator[Finding]:
    """An error for each external table that is not there, or has other keys than its document says."""
    for table, live in observed(external, aws):
        if not live:
            yield make_finding(
                PLAN128,
                f"the external table {table.name} is not in {scope_of(table, aws).region}",
                place=table.place("table_name"),
                address=table.name,
            )
            continue
        for path, wanted, there in _differing(table, live):
            yield make_finding(
                PLAN129,
                f"{path} of the external table {table.name} is {there or 'not there'} in AWS, and its document "
                f"says {wanted}",
                place=table.place(path),
                address=table.name,
            )


def _differing(table: ExternalTable, live: Sequence[Observed]) -> Iterator[tuple[str, str, str | None]]:
    """The paths that differ, with what the document says and what is so (None: nothing)."""
    whole = next(one.properties for one in live if one.kind == "table")
    for key in ("hash_key", "range_key"):
        wanted = getattr(table.spec, key)
        if wanted is not None and wanted != whole.get(key):
            yield key, wanted, whole.get(key)
    for name, kind in (table.spec.attributes or {}).items():
        there = next(
            (kinds[name] for one in live if name in (kinds := one.properties.get("attributes", {}))), None
        )
        if there != kind:
            yield f"attributes.{name}", kind, there


def values_of(
    external: Sequence[ExternalTable], references: References, aws: Aws, refresh: bool
) -> dict[str, Properties]:
    """What references may say of those external tables that they name, by table. Raises DynaopsError without a look."""
    named = {one.table for each in references.values() for one in each}
    asked = [table for table in external if table.name in named]
    if asked and not refresh:
        raise DynaopsError(
            f"References to the external table {asked[0].name} go by how the table is in AWS",
            "Leave out --no-refresh.",
        )
    return {
        table.name: {**live[0].outputs, "region": scope_of(table, aws).region}
        for table, live in observed(asked, aws)
        if live
    }


def outputs_of(external: Sequence[ExternalTable], aws: Aws) -> dict[str, Properties]:
    """The outputs of external tables by name, read from AWS; of what is not there, none."""
    return {
        table.name: {
            name: value
            for name, value in TABLE_HANDLER.outputs(scope_of(table, aws), _records(live)).items()
            if value is not None
        }
        for table, live in observed(external, aws)
        if live
    }


def _records(live: Sequence[Observed]) -> dict[str, Record]:
    return {
        one.address: Record(
            kind=one.kind,
            region=one.region,
            id=one.outputs.get("id"),
            arn=one.outputs.get("arn"),
            properties=one.properties,
            outputs={name: value for name, value in one.outputs.items() if name not in ("arn", "id")},
        )
        for one in live
    }
