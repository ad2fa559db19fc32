"""External tables (`external: true`), which others own: they are only read, and the state does not keep them."""

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
    """`work` with removals for all records of external tables, since others own these now.

    Records of OWN_KINDS are not forgotten: they stay or are deleted as the table's document says.
    """
    tables = {table.name: table for table in external}
    removed = {
        address: Removal(address, tables[table_of(address)].place("external"), "`external: true`", alone=True)
        for address, record in state.resources.items()
        if record.kind not in OWN_KINDS and table_of(address) in tables
    }
    return replace(work, removed={**work.removed, **removed}) if removed else work


def targets(external: Sequence[ExternalTable], state: State, aws: Aws, refresh: bool) -> list[RunTarget]:
    """The external tables with alarms or policies of our own, declared or recorded; these depend on the live table.

    Raises SpecError for alarms and policies that are not possible, DynaopsError if AWS may not be read.
    """
    recorded = {table_of(address) for address, record in state.resources.items() if record.kind in OWN_KINDS}
    own_tables = [table for table in external if table.has_own or table.name in recorded]
    if own_tables and not refresh:
        raise DynaopsError(
            f"What is ours around the external table {own_tables[0].name} goes by how the table is in AWS",
            "Leave out --no-refresh.",
        )
    errors: list[Finding] = []
    run_targets = [_target(table, live, aws, errors) for table, live in observed(own_tables, aws) if live]
    if errors:
        raise SpecError(errors)
    return run_targets


def _target(table: ExternalTable, live: list[Observed], aws: Aws, errors: list[Finding]) -> RunTarget:
    """The table as it is live, with the alarms and policies of its document, whose errors are added to `errors`."""
    scope = scope_of(table, aws)
    live_spec = document_of(exported(scope, live, aws)).spec
    own_parts = {key: getattr(table.spec, key) for key in OWN}
    spec = live_spec.model_copy(update={**own_parts, "tags": None, "replicas": None, "lifecycle": None})
    for finding in (*alarm.rules(spec), *iam.rules(spec)):
        if finding.severity is Severity.ERROR:
            place = table.place(finding.path or "")
            errors.append(finding.model_copy(update={"place": place, "address": table.name}))
    source = source_of(table.source, root()) if table.source else None
    return RunTarget(scope, spec, source, external=True)


def observed(external: Sequence[ExternalTable], aws: Aws) -> list[tuple[ExternalTable, list[Observed]]]:
    """Each external table with its live resources (table and indexes); none if it is absent or being deleted."""

    def look(table: ExternalTable) -> list[Observed]:
        live = TABLE_HANDLER.describe(aws, scope_of(table, aws))
        return [] if any(resource.being_deleted for resource in live) else live

    live = in_parallel([partial(look, table) for table in external])
    return list(zip(external, live, strict=True))


def scope_of(table: ExternalTable, aws: Aws) -> Scope:
    return Scope(table.name, table.name, table.spec.region or aws.region)


def findings(external: Sequence[ExternalTable], aws: Aws) -> Iterator[Finding]:
    """An error for each external table that does not exist or has other keys than its document says."""
    for table, live in observed(external, aws):
        if not live:
            yield make_finding(
                PLAN128,
                f"the external table {table.name} is not in {scope_of(table, aws).region}",
                place=table.place("table_name"),
                address=table.name,
            )
            continue
        for path, wanted, actual in _differing(table, live):
            yield make_finding(
                PLAN129,
                f"{path} of the external table {table.name} is {actual or 'not there'} in AWS, and its document "
                f"says {wanted}",
                place=table.place(path),
                address=table.name,
            )


def _differing(table: ExternalTable, live: Sequence[Observed]) -> Iterator[tuple[str, str, str | None]]:
    """(path, value in the document, live value or None) of what differs."""
    table_properties = next(resource.properties for resource in live if resource.kind == "table")
    for key in ("hash_key", "range_key"):
        wanted = getattr(table.spec, key)
        if wanted is not None and wanted != table_properties.get(key):
            yield key, wanted, table_properties.get(key)
    for name, kind in (table.spec.attributes or {}).items():
        actual = next(
            (
                kinds[name]
                for resource in live
                if name in (kinds := resource.properties.get("attributes", {}))
            ),
            None,
        )
        if actual != kind:
            yield f"attributes.{name}", kind, actual


def values_of(
    external: Sequence[ExternalTable], references: References, aws: Aws, refresh: bool
) -> dict[str, Properties]:
    """The values that references to external tables may use, by table. Raises DynaopsError if AWS may not be read."""
    referenced = {
        reference.table for table_references in references.values() for reference in table_references
    }
    needed = [table for table in external if table.name in referenced]
    if needed and not refresh:
        raise DynaopsError(
            f"References to the external table {needed[0].name} go by how the table is in AWS",
            "Leave out --no-refresh.",
        )
    return {
        table.name: {**live[0].outputs, "region": scope_of(table, aws).region}
        for table, live in observed(needed, aws)
        if live
    }


def outputs_of(external: Sequence[ExternalTable], aws: Aws) -> dict[str, Properties]:
    """The outputs of external tables by name, read from AWS; without tables that do not exist."""
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
        resource.address: Record(
            kind=resource.kind,
            region=resource.region,
            id=resource.outputs.get("id"),
            arn=resource.outputs.get("arn"),
            properties=resource.properties,
            outputs={name: value for name, value in resource.outputs.items() if name not in ("arn", "id")},
        )
        for resource in live
    }
