"""A spec's table and indexes as desired resources in normal form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dynaops.kinds.table.mapping import Shape, attribute_names, key, names
from dynaops.model.resource import Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

CAPACITIES = ("read_capacity", "write_capacity")


def declare(scope: Scope, spec: TableSpec) -> Iterator[Resource]:
    """The table, then its global secondary and vector indexes."""
    yield Resource(
        address=scope.address,
        kind="table",
        region=scope.region,
        properties=_table(spec),
        options={
            "backs_up_replaced": bool(spec.lifecycle and spec.lifecycle.backs_up_replaced()),
            "global_source": spec.global_table.source_arn if spec.global_table else None,
        },
        ignored=tuple(_autoscaled(spec, None)),
    )
    for index in spec.global_secondary_indexes or ():
        yield Resource(
            address=scope.below("gsi", index.name),
            kind="gsi",
            region=scope.region,
            properties=_global_index(spec, index),
            owner=scope.address,
            depends_on=(scope.address,),
            options={"replaces": index.replaces} if index.replaces else {},
            ignored=tuple(_autoscaled(spec, index.name)),
        )
    for vector in spec.vector_indexes or ():
        yield Resource(
            address=scope.below("vector", vector.name),
            kind="vector_index",
            region=scope.region,
            properties=_vector_index(vector),
            owner=scope.address,
            depends_on=(scope.address,),
        )


def _table(spec: TableSpec) -> Shape:
    result: Shape = {"table_name": spec.table_name, "hash_key": spec.hash_key}
    if spec.range_key:
        result["range_key"] = spec.range_key
    local = {index.name: _local_index(index) for index in spec.local_secondary_indexes or ()}
    keys = attribute_names(result) + [entry["range_key"] for entry in local.values()]
    result["attributes"] = {name: spec.attributes[name] for name in dict.fromkeys(keys)}
    if local:
        result["local_secondary_indexes"] = local
    result["billing_mode"] = spec.billing_mode
    if spec.billing_mode == "PROVISIONED":
        result.update(_capacity(spec, spec, "read", "write", None))
    result.update(_throughput(spec))
    result["table_class"] = spec.table_class
    result["deletion_protection"] = spec.deletion_protection
    result["encryption"] = _encryption(spec)
    stream = spec.wanted_stream()
    if stream:
        result["stream"] = stream
    if spec.tags:
        result["tags"] = dict(spec.tags)
    promises = spec.lifecycle.promises() if spec.lifecycle else {}
    if promises:
        result["lifecycle"] = promises
    return result


def _encryption(spec: TableSpec) -> Shape:
    wanted = spec.encryption
    if wanted is None or (wanted.enabled and not wanted.kms_key_arn):
        return {"enabled": True}
    if not wanted.enabled:
        return {"enabled": False}
    return {"enabled": True, "kms_key_arn": wanted.kms_key_arn}


def _local_index(index: Any) -> Shape:
    return {"range_key": names(index.range_key)[0], "projection": _projection(index)}


def _global_index(spec: TableSpec, index: Any) -> Shape:
    result: Shape = {"hash_key": key(names(index.hash_key))}
    if index.range_key:
        result["range_key"] = key(names(index.range_key))
    result["attributes"] = {name: spec.attributes[name] for name in attribute_names(result)}
    result["projection"] = _projection(index)
    if spec.billing_mode == "PROVISIONED":
        result.update(_capacity(spec, index, "read", "write", index.name))
    result.update(_throughput(index))
    return result


def _vector_index(index: Any) -> Shape:
    result: Shape = {
        "attribute": index.attribute,
        "dimensions": index.dimensions,
        "distance": index.distance,
        "projection": _projection(index),
    }
    if index.search_schema:
        result["search_schema"] = dict(index.search_schema)
    return result


def _projection(index: Any) -> Shape:
    result: Shape = {"type": index.projection.type if index.projection else "ALL"}
    if index.projection and index.projection.non_key_attributes:
        result["non_key_attributes"] = sorted(index.projection.non_key_attributes)
    return result


def _throughput(source: Any) -> Shape:
    """On-demand maxima and warm throughput, where given. A maximum of -1 is the same as none."""
    result: Shape = {}
    for name in ("on_demand_throughput", "warm_throughput"):
        block = getattr(source, name)
        units = block.model_dump(exclude_none=True) if block else {}
        units = {member: value for member, value in units.items() if value != -1}
        if units:
            result[name] = units
    return result


def _capacity(spec: TableSpec, source: Any, read: str, write: str, index: str | None) -> Shape:
    """Provisioned units: as declared, else the autoscaling minimum, else (of an index) the table's."""
    result: Shape = {}
    for side in (read, write):
        scaling = _scaling(spec, side, index)
        declared = getattr(source, f"{side}_capacity")
        fallback = getattr(spec, f"{side}_capacity") or 1
        result[f"{side}_capacity"] = declared or (scaling.min if scaling else None) or fallback
    return result


def _autoscaled(spec: TableSpec, index: str | None) -> Iterator[str]:
    """The capacities that autoscaling moves: never compared."""
    if spec.billing_mode != "PROVISIONED":
        return
    for side in ("read", "write"):
        if _scaling(spec, side, index):
            yield f"{side}_capacity"


def _scaling(spec: TableSpec, side: str, index: str | None) -> Any:
    """The autoscaling settings of one side of the table or of an index, if it has any."""
    scaling = spec.autoscaling
    if scaling is None:
        return None
    if index is None or scaling.indexes == "all":
        return getattr(scaling, side)
    settings = (scaling.indexes or {}).get(index)
    return getattr(settings, side) if settings else None
