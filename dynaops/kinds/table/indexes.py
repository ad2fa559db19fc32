"""Indexes after the table exists: any set of additions, removals and rebuilds as a series of calls.

AWS runs one index build or removal at a time per table and takes one a call. Removals come first (they
free names, key attributes and places under the limit of 20), but for an index that another one `replaces`:
that one goes when its successor is ACTIVE, so that readers always have one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.steps import effect_on
from dynaops.kinds.table import mapping
from dynaops.kinds.table.create import global_index
from dynaops.kinds.table.mapping import Shape
from dynaops.kinds.table.observe import types_of
from dynaops.kinds.table.update import table_call, warm_reached
from dynaops.kinds.table.waits import index_gone, index_is, index_outputs, settled
from dynaops.model.change import Action
from dynaops.model.jmespath import literal
from dynaops.model.operation import Danger, Tolerance

BUILD_SECONDS = 560.0
"""An index build takes at least this long, even on an empty table (live findings DDB-TABLE-148, -152)."""
BUILD_TIMEOUT = 7 * 24 * 3600.0
_LOST = {Action.DELETE, Action.REPLACE}
_BUILT = {Action.CREATE, Action.REPLACE}
_MEMBER = {"gsi": "GlobalSecondaryIndexes", "vector_index": "VectorIndexes"}
_WORD = {"gsi": "index", "vector_index": "vector index"}


def change(work: TableChanges) -> Iterator[Step]:
    """The removals, settings and builds of the table's indexes."""
    for entry in dropped_first(work):
        yield _delete(work, entry, Rank.INDEX_DELETE)
    yield from _maxima(work)
    standing = _standing_attributes(work)
    for entry in _of(work, _BUILT):
        if entry.kind == "gsi" and entry.desired:
            standing.update(entry.desired.properties["attributes"])
        yield _build(work, entry, standing)
    for entry in retired(work):
        yield _delete(work, entry, Rank.INDEX_RETIRE)
    yield from _warm(work)


def dropped_first(work: TableChanges) -> list[AddressDiff]:
    """The live indexes that are removed before anything is built."""
    late = {entry.address for entry in retired(work)}
    return [entry for entry in _of(work, _LOST) if entry.live and entry.address not in late]


def retired(work: TableChanges) -> list[AddressDiff]:
    """The live indexes that go only when the index that `replaces` them has been built."""
    replaced = {
        work.scope.below("gsi", entry.desired.options["replaces"])
        for entry in work.of_kind("gsi")
        if entry.desired and entry.action is Action.CREATE and "replaces" in entry.desired.options
    }
    return [entry for entry in _of(work, {Action.DELETE}) if entry.live and entry.address in replaced]


def _of(work: TableChanges, actions: set[Action]) -> list[AddressDiff]:
    return [
        entry for kind in ("gsi", "vector_index") for entry in work.of_kind(kind) if entry.action in actions
    ]


def _standing_attributes(work: TableChanges) -> dict[str, str]:
    """The key attributes in use while indexes are built: those of the table and of all that stays."""
    live = work.table.live
    assert live is not None, "indexes are only built one by one on a live table"
    types = types_of(live.raw)
    gone = {entry.address for entry in dropped_first(work)}
    used = set(live.properties["attributes"])
    for entry in work.of_kind("gsi"):
        if entry.live and entry.address not in gone:
            used.update(mapping.attribute_names(entry.live.properties))
    return {name: types[name] for name in used if name in types}


def _delete(work: TableChanges, entry: AddressDiff, rank: Rank) -> Step:
    rebuilt = entry.action is Action.REPLACE
    member, word = _MEMBER[entry.kind], _WORD[entry.kind]
    updates = "GlobalSecondaryIndexUpdates" if entry.kind == "gsi" else "VectorIndexUpdates"
    after = " (to build it anew)" if rebuilt else ""
    if rank is Rank.INDEX_RETIRE:
        after = " (its successor is ACTIVE)"
    return table_call(
        work,
        rank,
        f"delete {word} {entry.name}{after}",
        entry.reason,
        {updates: [{"Delete": {"IndexName": entry.name}}]},
        settled(work.scope.table_name, f"{word} {entry.name} is gone", index_gone(entry.name, member), 5),
        (effect_on(entry, forget=True),),
        about=entry,
        danger=Danger.REPLACE if rebuilt else Danger.DESTROY,
        removes=str(
            (entry.live.outputs.get("arn") if entry.live else None)
            or f"{word} {entry.name} of table {work.scope.table_name}"
        ),
        tolerate=(
            Tolerance(code="ResourceNotFoundException", prefix="Requested resource not found: Index"),
            Tolerance(
                code="ResourceInUseException",
                prefix="Attempt to change a resource which is still in use: Index is being deleted",
            ),
        ),
    )


def _build(work: TableChanges, entry: AddressDiff, attributes: dict[str, str]) -> Step:
    assert entry.desired is not None, "only a declared index is built"
    properties, word = entry.desired.properties, _WORD[entry.kind]
    if entry.kind == "gsi":
        parameters: Shape = {
            "AttributeDefinitions": mapping.attribute_definitions(attributes),
            "GlobalSecondaryIndexUpdates": [{"Create": global_index(entry.name, properties)}],
        }
    else:
        parameters = {"VectorIndexUpdates": [{"Create": mapping.vector_index(entry.name, properties)}]}
    member = _MEMBER[entry.kind]
    return table_call(
        work,
        Rank.INDEX_CREATE,
        f"build {word} {entry.name}",
        entry.reason,
        parameters,
        settled(
            work.scope.table_name,
            f"{word} {entry.name} is built",
            index_is(entry.name, "IndexStatus=='ACTIVE'", member),
            BUILD_SECONDS,
            BUILD_TIMEOUT,
        ),
        (
            effect_on(
                entry,
                set=dict(properties),
                outputs=index_outputs(entry.name, member),
                depends_on=(work.scope.address,),
            ),
        ),
        about=entry,
        slow=True,
        tolerate=(
            Tolerance(
                code="ValidationException",
                prefix="Attempting to create an index which already exists",
                retried=True,
            ),
        ),
    )


def _maxima(work: TableChanges) -> Iterator[Step]:
    """On-demand maxima of standing indexes, in one call (AWS takes many index updates at once)."""
    switch = work.table.difference("billing_mode")
    if switch is not None and switch.after == "PROVISIONED":
        return  # the switch itself drops them
    changed = [entry for entry in _updated(work) if entry.differences("on_demand_throughput")]
    if not changed:
        return
    updates, effects, reasons = [], [], []
    for entry in changed:
        differences = entry.differences("on_demand_throughput")
        maxima = {
            difference.path.partition(".")[2]: mapping.NO_MAXIMUM
            if difference.after is None
            else difference.after
            for difference in differences
        }
        updates.append({"Update": {"IndexName": entry.name, "OnDemandThroughput": mapping.on_demand(maxima)}})
        effects.append(
            effect_on(
                entry,
                set={
                    difference.path: difference.after
                    for difference in differences
                    if difference.after is not None
                },
                unset=tuple(difference.path for difference in differences if difference.after is None),
            )
        )
        reasons += [
            f"{entry.name}.{difference.path}: {difference.before} -> {difference.after}"
            for difference in differences
        ]
    names = ", ".join(entry.name for entry in changed)
    yield table_call(
        work,
        Rank.INDEX_UPDATE,
        f"set the on-demand maxima of {names}",
        ", ".join(reasons),
        {"GlobalSecondaryIndexUpdates": updates},
        settled(work.scope.table_name, f"the maxima of {names} are in force", None, 2),
        tuple(effects),
    )


def _warm(work: TableChanges) -> Iterator[Step]:
    for entry in _updated(work):
        differences = entry.differences("warm_throughput")
        if not differences:
            continue
        units = {difference.path.partition(".")[2]: difference.after for difference in differences}
        where = f"(Table.GlobalSecondaryIndexes[?IndexName=={literal(entry.name)}] | [0]).WarmThroughput"
        yield table_call(
            work,
            Rank.WARM,
            f"raise the warm throughput of index {entry.name}",
            ", ".join(
                f"{difference.path}: {difference.before} -> {difference.after}" for difference in differences
            ),
            {
                "GlobalSecondaryIndexUpdates": [
                    {"Update": {"IndexName": entry.name, "WarmThroughput": mapping.warm(units)}}
                ]
            },
            settled(work.scope.table_name, f"index {entry.name} is warm", warm_reached(where, units), 400),
            (
                effect_on(
                    entry,
                    set={difference.path: difference.after for difference in differences},
                ),
            ),
            about=entry,
            slow=True,
        )


def _updated(work: TableChanges) -> list[AddressDiff]:
    return [entry for entry in work.of_kind("gsi") if entry.action in (Action.UPDATE, Action.ADOPT)]
