"""Checks whether a converted spec loads and follows AWS's rules, and finds the source of a wrong value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynaops.convert.notes import MAX_WHY, SourcePlace, cut
from dynaops.convert.part import Open
from dynaops.convert.pieces import Spec, TablePiece
from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding
from dynaops.specs.check import check, errors
from dynaops.specs.environment import Environment
from dynaops.specs.load import document_of
from dynaops.specs.variables import Substitution, Values
from dynaops.specs.yaml_tree import YamlNode, tree_of

_NAMES: Mapping[str, tuple[str, ...]] = {
    "table_name": ("TableName", "tableName", "name"),
    "hash_key": ("KeySchema", "keySchema", "hashKey", "PrimaryKey"),
    "range_key": ("KeySchema", "keySchema", "rangeKey"),
    "attributes": ("AttributeDefinitions", "attributeDefinitions", "attribute"),
    "billing_mode": ("BillingMode", "billingMode", "BillingModeSummary"),
    "read_capacity": ("ProvisionedThroughput", "provisionedThroughput", "readCapacity"),
    "write_capacity": (
        "ProvisionedThroughput",
        "WriteProvisionedThroughputSettings",
        "provisionedThroughput",
        "writeCapacity",
    ),
    "on_demand_throughput": ("OnDemandThroughput", "onDemandThroughput"),
    "max_read_request_units": ("MaxReadRequestUnits",),
    "max_write_request_units": ("MaxWriteRequestUnits",),
    "warm_throughput": ("WarmThroughput",),
    "table_class": ("TableClass", "tableClass", "TableClassSummary"),
    "encryption": ("SSESpecification", "sseSpecification", "SSEDescription", "server_side_encryption"),
    "kms_key_arn": ("KMSMasterKeyId", "kmsMasterKeyID", "kms_key_id"),
    "point_in_time_recovery": ("PointInTimeRecoverySpecification", "pointInTimeRecovery"),
    "recovery_period_days": ("RecoveryPeriodInDays", "recovery_period_in_days"),
    "ttl": ("TimeToLiveSpecification", "timeToLive"),
    "attribute": ("AttributeName", "attributeName"),
    "stream": ("StreamSpecification", "streamSpecification"),
    "view_type": ("StreamViewType", "streamViewType", "stream_view_type"),
    "global_secondary_indexes": (
        "GlobalSecondaryIndexes",
        "globalSecondaryIndexes",
        "global_secondary_index",
    ),
    "local_secondary_indexes": ("LocalSecondaryIndexes", "localSecondaryIndexes", "local_secondary_index"),
    "vector_indexes": ("VectorIndexes",),
    "name": ("IndexName", "indexName"),
    "projection": ("Projection", "projectionType"),
    "type": ("ProjectionType", "projectionType"),
    "non_key_attributes": ("NonKeyAttributes", "nonKeyAttributes"),
    "tags": ("Tags",),
    "deletion_protection": ("DeletionProtectionEnabled", "deletionProtectionEnabled"),
    "replicas": ("Replicas", "replica"),
}
"""Names in sources for the keys of a spec."""


def findings_of(spec: Spec) -> tuple[Finding, ...]:
    """The spec's errors. Rules that depend on a value that is not known are not checked; that value is in the notes."""
    opened = {str(path[0]) for path, _ in opens(spec)}
    try:
        document = document_of(_settled(spec), spec["table_name"])
        findings: Sequence[Finding] = errors(check([document]))
    except SpecError as error:
        findings = error.findings
    return tuple(
        finding.model_copy(update={"place": None, "message": cut(finding.message, MAX_WHY)})
        for finding in findings
        if (finding.path or "").partition(".")[0] not in opened
    )


def opens(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Open]]:
    """The values of a spec that are not known, with their paths."""
    if isinstance(value, Open):
        yield path, value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from opens(child, (*path, name))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from opens(child, (*path, number))


def source_of(path: str, table: TablePiece) -> SourcePlace:
    """The place in the source of the value at that path of the table's spec, or of the closest value around it."""
    node, spot = table.properties, table.where.spot
    if node is None:
        return table.where
    for name in path.split(".") if path else ():
        child = _child(node, name)
        if child is None:
            break
        node = child
        spot = (node.key or node.spot) if node.spot[1] else spot
    return SourcePlace(table.where.what, spot)


def _child(node: YamlNode, name: str) -> YamlNode | None:
    if isinstance(node.value, dict):
        return next(
            (node.value[child] for child in (*_NAMES.get(name, ()), name) if child in node.value), None
        )
    if not isinstance(node.value, list):
        return None
    if name.isdecimal():
        return node.value[int(name)] if int(name) < len(node.value) else None
    named = (
        child
        for child in node.value
        if isinstance(child.value, dict) and any(child.value == name for child in child.value.values())
    )
    return next(named, None)


def _settled(spec: Spec) -> Spec:
    """The spec with its variables filled in, with samples for values that are not known."""
    values = Values({}, Environment({}), "default")
    filled = Substitution(values).document(tree_of(_sampled(spec), ("", 1, 1)))
    plain = filled.plain(exact=True) if filled is not None else _sampled(spec)
    assert isinstance(plain, dict), "it was a map"
    return plain


def _sampled(value: Any) -> Any:
    if isinstance(value, Open):
        return value.sample
    if isinstance(value, dict):
        return {
            name: _sampled(child)
            for name, child in value.items()
            if not (isinstance(child, Open) and child.sample is None)
        }
    if isinstance(value, list):
        return [_sampled(child) for child in value]
    return value
