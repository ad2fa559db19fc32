"""Creating, deleting and replacing a table: everything that one CreateTable can carry goes with it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.recovery import ends_with_table
from dynaops.kinds.steps import effect_on, step
from dynaops.kinds.table import mapping
from dynaops.kinds.table.loss_protection import on_destroy
from dynaops.kinds.table.mapping import Shape
from dynaops.kinds.table.waits import TABLE_OUTPUTS, index_outputs, settled
from dynaops.model.change import Action
from dynaops.model.operation import Danger, Effect, Tolerance, Wait
from dynaops.model.resource import Resource

_PLAIN, _INDEXED = 7.0, 22.0
"""Seconds that CREATING lasts without and with indexes (live findings DDB-TABLE-001, -148)."""

_CREATING = {Action.CREATE, Action.REPLACE}


def create(work: TableChanges) -> Step:
    """The CreateTable of a table with its indexes."""
    entry = work.table
    desired = entry.desired
    assert desired is not None, "only a declared table is created"
    indexes = [entry for entry in work.of_kind("gsi") if entry.action in _CREATING and entry.desired]
    vectors = [entry for entry in work.of_kind("vector_index") if entry.action in _CREATING and entry.desired]
    name = work.scope.table_name
    parts = [f"{len(indexes)} global secondary index{'es' if len(indexes) != 1 else ''}"] if indexes else []
    parts += [f"{len(vectors)} vector index{'es' if len(vectors) != 1 else ''}"] if vectors else []
    return step(
        entry,
        Rank.CREATE,
        "CreateTable",
        f"create table {name}" + (f" with {' and '.join(parts)}" if parts else ""),
        _parameters(desired, indexes, vectors),
        wait=settled(name, f"{name} is ACTIVE", None, _INDEXED if parts else _PLAIN),
        tolerate=(
            Tolerance(code="ResourceInUseException", prefix="Table already exists", retried=True),
            Tolerance(code="ResourceInUseException", prefix="Attempt to change a resource", retried=True),
        ),
        effects=tuple(_effects(entry, desired, [*indexes, *vectors], work)),
        needs_idle=True,
    )


def _parameters(desired: Resource, indexes: list[AddressDiff], vectors: list[AddressDiff]) -> Shape:
    wanted = desired.properties
    attributes = dict(wanted["attributes"])
    for entry in indexes:
        attributes.update(_properties(entry)["attributes"])
    result: Shape = {
        "TableName": wanted["table_name"],
        "AttributeDefinitions": mapping.attribute_definitions(attributes),
        "KeySchema": mapping.key_schema(wanted),
        "BillingMode": wanted["billing_mode"],
    }
    if wanted["billing_mode"] == "PROVISIONED":
        result["ProvisionedThroughput"] = mapping.provisioned(wanted)
    if wanted.get("local_secondary_indexes"):
        result["LocalSecondaryIndexes"] = [
            _local_index(wanted, name, index) for name, index in wanted["local_secondary_indexes"].items()
        ]
    if indexes:
        result["GlobalSecondaryIndexes"] = [global_index(entry.name, _properties(entry)) for entry in indexes]
    if vectors:
        result["VectorIndexes"] = [mapping.vector_index(entry.name, _properties(entry)) for entry in vectors]
    result.update(_settings(wanted))
    if desired.options.get("global_source"):
        # A replica of another account's table: made here, from there (CreateTable, GlobalTableSourceArn).
        result["GlobalTableSourceArn"] = desired.options["global_source"]
        result["GlobalTableSettingsReplicationMode"] = "ENABLED"
    return result


def _settings(wanted: Shape) -> Shape:
    result: Shape = {}
    if wanted.get("on_demand_throughput"):
        result["OnDemandThroughput"] = mapping.on_demand(wanted["on_demand_throughput"])
    if wanted.get("warm_throughput"):
        result["WarmThroughput"] = mapping.warm(wanted["warm_throughput"])
    if wanted["table_class"] != "STANDARD":
        result["TableClass"] = wanted["table_class"]
    if wanted["deletion_protection"]:
        result["DeletionProtectionEnabled"] = True
    if wanted["encryption"]["enabled"]:
        result["SSESpecification"] = mapping.encryption(wanted["encryption"])
    if wanted.get("stream"):
        result["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": wanted["stream"]["view_type"],
        }
    if wanted.get("tags"):
        result["Tags"] = mapping.tags(wanted["tags"])
    return result


def _local_index(table: Shape, name: str, index: Shape) -> Shape:
    keys = {"hash_key": table["hash_key"], "range_key": index["range_key"]}
    return {
        "IndexName": name,
        "KeySchema": mapping.key_schema(keys),
        "Projection": mapping.projection(index),
    }


def global_index(name: str, properties: Shape) -> Shape:
    """A global secondary index in the shape of CreateTable and of a Create update."""
    result: Shape = {
        "IndexName": name,
        "KeySchema": mapping.key_schema(properties),
        "Projection": mapping.projection(properties),
    }
    if "read_capacity" in properties:
        result["ProvisionedThroughput"] = mapping.provisioned(properties)
    if properties.get("on_demand_throughput"):
        result["OnDemandThroughput"] = mapping.on_demand(properties["on_demand_throughput"])
    if properties.get("warm_throughput"):
        result["WarmThroughput"] = mapping.warm(properties["warm_throughput"])
    return result


def _effects(
    entry: AddressDiff, desired: Resource, indexes: list[AddressDiff], work: TableChanges
) -> Iterator[Effect]:
    yield effect_on(
        entry,
        set=dict(desired.properties),
        outputs=TABLE_OUTPUTS,
        depends_on=desired.depends_on,
    )
    for index in indexes:
        member = "GlobalSecondaryIndexes" if index.kind == "gsi" else "VectorIndexes"
        yield effect_on(
            index,
            set=dict(_properties(index)),
            outputs=index_outputs(index.name, member),
            depends_on=(work.scope.address,),
        )


def _properties(entry: AddressDiff) -> Shape:
    assert entry.desired is not None, "only a declared index is built"
    return entry.desired.properties


def delete(work: TableChanges) -> Iterator[Step]:
    """The teardown of a table: a backup where asked for, and only with that protection off and DeleteTable."""
    entry = work.table
    replaced = entry.action is Action.REPLACE
    live = entry.live.properties if entry.live else {}
    if replaced and entry.desired and entry.desired.options.get("backs_up_replaced"):
        yield _backup(work, "replacement", "the spec's lifecycle keeps the rows in an on-demand backup")
    elif not replaced and on_destroy(work) == "backup":
        yield _backup(work, "deletion", "lifecycle.on_destroy: backup keeps the rows in an on-demand backup")
    if live.get("deletion_protection"):
        yield unprotect(work, f"{work.scope.table_name} cannot be deleted while it is protected")
    yield _delete_table(work, replaced)


def _delete_table(work: TableChanges, replaced: bool) -> Step:
    entry = work.table
    name = work.scope.table_name
    return step(
        entry,
        Rank.TEARDOWN,
        "DeleteTable",
        f"delete table {name}" + (" (to build it anew)" if replaced else ""),
        {"TableName": name},
        wait=Wait(
            title=f"{name} is gone",
            parameters={"TableName": name},
            gone=True,
            expected=6,
            timeout=900,
        ),
        tolerate=(
            Tolerance(code="ResourceNotFoundException"),
            Tolerance(
                code="ResourceInUseException",
                prefix="Attempt to change a resource which is still in use: Table is being deleted",
            ),
        ),
        forget=True,
        danger=Danger.REPLACE if replaced else Danger.DESTROY,
        loses=ends_with_table(work),
        removes=str((entry.live.outputs.get("arn") if entry.live else None) or f"table {name}"),
        needs_idle=True,
    )


def unprotect(work: TableChanges, reason: str, rank: Rank = Rank.UNPROTECT) -> Step:
    """Deletion protection off: its own call, and never without consent."""
    name = work.scope.table_name
    return step(
        work.table,
        rank,
        "UpdateTable",
        f"lift deletion protection of {name}",
        {"TableName": name, "DeletionProtectionEnabled": False},
        reason=reason,
        wait=Wait(
            title=f"{name} is unprotected",
            parameters={"TableName": name},
            until="Table.DeletionProtectionEnabled==`false`",
            expected=1,
            timeout=120,
        ),
        set={"deletion_protection": False},
        danger=Danger.UNPROTECT,
    )


def _backup(work: TableChanges, before: str, reason: str) -> Step:
    """An on-demand backup. CreateBackup has no token, so one whose answer was lost is looked for by its name."""
    name = work.scope.table_name
    when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(work.now))
    backup = f"{name[:200]}-before-{before}-{when}"
    listed: Shape = {"api": "ListBackups", "parameters": {"TableName": name, "BackupType": "USER"}}
    named = f"BackupSummaries[?BackupName=='{backup}'"
    return step(
        work.table,
        Rank.UNPROTECT,
        "CreateBackup",
        f"back up {name} as {backup}",
        {"TableName": name, "BackupName": backup},
        reason=reason,
        made=Wait(title=f"{backup} is there", until=f"length({named}])>`0`", **listed),
        wait=Wait(
            title=f"the backup of {name} is AVAILABLE",
            until=f"length({named} && BackupStatus=='AVAILABLE'])>`0`",
            expected=2,
            timeout=1800,
            **listed,
        ),
    )
