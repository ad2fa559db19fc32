"""The table and all that rides on CreateTable and UpdateTable: keys, capacity, indexes, stream, encryption,
class, protection, warm throughput, and the table's tags.

They share one handler because CreateTable takes them together and UpdateTable constrains them jointly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.kinds.external_names import ExternalName, kms_key
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.table import capacity, create, findings, indexes, tagging, update, waits
from dynaops.kinds.table.billing import BILLING
from dynaops.kinds.table.declare import declare
from dynaops.kinds.table.encryption import resolve, with_managed_key
from dynaops.kinds.table.export import export
from dynaops.kinds.table.loss_protection import on_destroy
from dynaops.kinds.table.observe import describe, with_tags
from dynaops.kinds.table.outputs import outputs
from dynaops.kinds.table.recorded import RecordedIndex, RecordedTable, RecordedVectorIndex
from dynaops.kinds.tags import TagCalls
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.operation import Wait
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


def _at_least(wanted: int, live: int) -> bool:
    """Warm throughput only grows: what AWS raised by itself satisfies what was asked."""
    return bool(live >= wanted)


_INDEX_ARN = r"dynamodb:[^:]+:\d{12}:table/[^/]+/index/.+"
TABLE = PropertyRules(
    title="table",
    recorded=RecordedTable,
    arn=r"dynamodb:[^:]+:\d{12}:table/[^/]+",
    identity=r"[\w-]+",
    tags=TagCalls("dynamodb", Rank.TAGS, create="CreateTable", read="ListTagsOfResource", settles=True),
    immutable=frozenset({"hash_key", "range_key", "attributes", "local_secondary_indexes"}),
    keyed=frozenset(
        {
            "attributes",
            "local_secondary_indexes",
            "on_demand_throughput",
            "warm_throughput",
            "tags",
            "lifecycle",
        }
    ),
    remembered=frozenset({"lifecycle"}),
    satisfied={"warm_throughput.*": _at_least},
    kept=frozenset({"warm_throughput", "table_name"}),
    silent=frozenset({"warm_throughput", "attributes", "read_capacity", "write_capacity"}),
    replacement="keys, their types and local secondary indexes of a table are fixed at its creation",
    notes={
        "hash_key": "the keys of a table are fixed at its creation",
        "range_key": "the keys of a table are fixed at its creation",
        "attributes": "the types of key attributes are fixed at the table's creation",
        "local_secondary_indexes": "local secondary indexes can only be made with the table",
        "stream": "a new stream has a new ARN, and what was in the old one is readable for 24 hours",
    },
)
INDEX = PropertyRules(
    title="global secondary index",
    recorded=RecordedIndex,
    address=r"gsi/[a-zA-Z0-9_.-]{3,255}",
    arn=_INDEX_ARN,
    spec_key="global_secondary_indexes.{name}",
    immutable=frozenset({"hash_key", "range_key", "attributes", "projection"}),
    keyed=frozenset({"attributes", "on_demand_throughput", "warm_throughput"}),
    satisfied={"warm_throughput.*": _at_least},
    kept=frozenset({"warm_throughput"}),
    silent=frozenset({"warm_throughput"}),
    replacement="AWS cannot change the keys or the projection of an index; it is deleted and built anew, and "
    "queries on it fail meanwhile (to avoid that, give it a new name and add `replaces: {name}`)",
)
VECTOR = PropertyRules(
    title="vector index",
    recorded=RecordedVectorIndex,
    address=r"vector/[a-zA-Z0-9_.-]{3,255}",
    arn=_INDEX_ARN,
    spec_key="vector_indexes.{name}",
    immutable=frozenset({"attribute", "dimensions", "distance", "projection", "search_schema"}),
    replacement="AWS cannot change a vector index; it is deleted and built anew",
)


class TableHandler(BaseHandler):
    """The handler of table, gsi and vector_index."""

    billing = BILLING
    permissions = Permissions(
        reads=calls("dynamodb", "DescribeTable", "ListBackups") | calls("kms", "DescribeKey"),
        writes=calls("dynamodb", "CreateTable", "UpdateTable", "DeleteTable", "CreateBackup"),
        changes={
            "dynamodb:CreateTable": (
                "dynamodb:UpdateTable",
                "dynamodb:TagResource",
                "dynamodb:UntagResource",
            ),
            "dynamodb:TagResource": ("dynamodb:UntagResource",),
        },
    )
    kinds: Mapping[str, PropertyRules] = {"table": TABLE, "gsi": INDEX, "vector_index": VECTOR}

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        return declare(scope, spec)

    def describe(self, read: AwsReader, scope: Scope) -> list[Observed]:
        """The table and its indexes, but for its tags; empty where there is no table."""
        return list(describe(read, scope))

    def until_idle(self, scope: Scope) -> Wait:
        """The wait for a table that AWS is still working on."""
        return waits.until_idle(scope)

    def until_deleted(self, scope: Scope) -> Wait:
        """The wait for a table that is being deleted."""
        return waits.until_deleted(scope)

    def on_destroy(self, work: TableChanges) -> str:
        """What becomes of a table that is to be deleted: ``delete``, ``backup`` or ``retain``."""
        return on_destroy(work)

    def with_managed_key(self, read: AwsReader, scope: Scope, table: Observed) -> Observed:
        """A live table as a spec declares it: AWS's own key of the region goes by its name there."""
        return with_managed_key(read, scope, table)

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        """The table with its tags."""
        assert table is not None, "tags are those of a live table"
        yield with_tags(read, scope, table)

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        return resolve(read, scope, entries)

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        return export(scope, live)

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        return outputs(scope, records)

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        """Its stream, and the key that it is encrypted with."""
        stream = resource.properties.get("stream")
        if stream:
            yield ExternalName(
                "stream", scope.below("stream"), "has", f"stream of {stream['view_type']}", part=True
            )
        yield from kms_key(resource.properties.get("encryption", {}).get("kms_key_arn"), resource.region)

    def owner(self, scope: Scope, address: str) -> str | None:
        return None if address == scope.address else scope.address

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        return findings.check(work)

    def operations(self, work: TableChanges) -> list[Step]:
        action = work.table.action
        steps: list[Step] = []
        if action in (Action.DELETE, Action.REPLACE) and work.table.live:
            steps += create.delete(work)
        if action in (Action.CREATE, Action.REPLACE):
            steps.append(create.create(work))
        elif action is not Action.DELETE:
            steps += [*update.update(work), *capacity.change(work)]
            steps += [*indexes.change(work), *tagging.change(work)] if work.table.live else []
        return steps


HANDLER = TableHandler()
