"""The tables of a plan: declared in specs, no longer declared, or to be destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynaops.engine.duplicate_tables import check_name
from dynaops.engine.table_scopes import RunTarget, orphaned, recorded_tables, scope_of, source_of
from dynaops.model.errors import DynaopsError
from dynaops.model.project import root
from dynaops.model.resource import Scope
from dynaops.model.state import State
from dynaops.specs.external import ExternalTable

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.specs.load import Document


def targets_of(
    documents: Sequence[Document],
    others: Sequence[RunTarget],
    state: State,
    aws: Aws,
    *,
    destroy: bool,
    read: Sequence[str],
    external: Sequence[ExternalTable],
) -> list[RunTarget]:
    """The declared tables, `others` (external ones), and recorded tables that the files read no longer declare.

    With `destroy`: the recorded tables that the specs name, or all if no specs were read (`read`).
    """
    if destroy:
        return _destroyed(documents, external, state, read)
    declared = [*(_check_region(target, state) for target in declared_targets(documents, aws)), *others]
    undeclared = orphaned(state, [target.scope.address for target in declared], read)
    return [*declared, *undeclared]


def declared_targets(documents: Sequence[Document], aws: Aws) -> list[RunTarget]:
    """The tables that the documents declare."""
    folder = root()
    return [
        RunTarget(
            Scope(doc.spec.table_name, doc.spec.table_name, doc.spec.region or aws.region),
            doc.spec,
            source_of(doc.source, folder) if doc.source else None,
        )
        for doc in documents
    ]


def _check_region(target: RunTarget, state: State) -> RunTarget:
    check_name(target.scope, state)
    record = state.resources.get(target.scope.address)
    if record is not None and record.kind == "table" and record.region != target.scope.region:
        raise DynaopsError(
            f"{target.scope.address} was applied in {record.region}, but now it is planned in {target.scope.region}",
            f"A table cannot move: destroy it in {record.region} first, or set region: {record.region} "
            "(or use another state with --state).",
        )
    return target


def _destroyed(
    documents: Sequence[Document], external: Sequence[ExternalTable], state: State, read: Sequence[str]
) -> list[RunTarget]:
    owned = recorded_tables(state)
    specs = {doc.spec.table_name: doc.spec for doc in documents}
    requested = {*specs, *(table.name for table in external)}
    return [
        RunTarget(scope_of(state, address, region), named=specs.get(address))
        for address, region in sorted(owned.items())
        if address in requested or not read
    ]
