"""Converts AWS's shapes of tables and indexes, which CloudFormation and the AWS CLI share, to spec keys."""

from __future__ import annotations

from typing import Any

from dynaops.convert.part import SourceMap, unknowns
from dynaops.convert.pieces import Spec
from dynaops.kinds.table.mapping import key


def given(value: Any, otherwise: Any) -> Any:
    """The value, or `otherwise` if it is None; false is a value."""
    return otherwise if value is None else value


def attributes(part: SourceMap) -> dict[str, str]:
    """AttributeDefinitions as a map of names to types."""
    types = {}
    for definition in part.parts("AttributeDefinitions"):
        name, kind = definition.text("AttributeName"), definition.text("AttributeType")
        if name and kind:
            types[name] = kind
        elif not (definition.is_open("AttributeName") or definition.is_open("AttributeType")):
            part.notes.lost(definition.where, "an attribute has a name and a type")
    return types


def open_keys(part: SourceMap) -> str | None:
    """Why the keys of a table or an index are not completely known; None if they are."""
    for name in ("KeySchema", "AttributeDefinitions"):
        node = part.tree.value.get(name)
        unknown = next(unknowns(node), None) if node is not None else None
        if unknown is not None:
            return f"its {name} is not known: {unknown.why}"
    return None


def keys(part: SourceMap) -> Spec:
    """KeySchema as `hash_key` and `range_key`."""
    sides: dict[str, list[str]] = {"HASH": [], "RANGE": []}
    for element in part.parts("KeySchema"):
        name, kind = element.text("AttributeName"), element.text("KeyType")
        if name and kind in sides:
            sides[kind].append(name)
        elif name or kind:
            part.notes.lost(element.where, f"{kind!r} is no key type")
    names = {"hash_key": sides["HASH"], "range_key": sides["RANGE"]}
    return {name: key(parts) for name, parts in names.items() if parts}


def projection(part: SourceMap) -> Spec:
    """Projection of an index."""
    shape = part.part("Projection")
    if shape is None or "ProjectionType" not in shape:
        if not part.is_open("Projection"):
            part.notes.lost(part.where.below("Projection"), "it does not say what the index projects")
        return {}
    projection: Spec = {"type": shape.open_word("ProjectionType")}
    names = shape.strings("NonKeyAttributes")
    return {"projection": {**projection, "non_key_attributes": names} if names else projection}


def capacity(part: SourceMap, name: str = "ProvisionedThroughput") -> Spec:
    """ProvisionedThroughput; AWS returns 0 for tables on demand."""
    shape = part.part(name)
    if shape is None:
        return {}
    shape.skip("NumberOfDecreasesToday", "LastIncreaseDateTime", "LastDecreaseDateTime")
    units = {
        "read_capacity": shape.open_number("ReadCapacityUnits"),
        "write_capacity": shape.open_number("WriteCapacityUnits"),
    }
    return {name: value for name, value in units.items() if value}


def on_demand(part: SourceMap, name: str = "OnDemandThroughput") -> Spec:
    """OnDemandThroughput: only the maxima that are set."""
    shape = part.part(name)
    if shape is None:
        return {}
    units = {
        "max_read_request_units": shape.open_number("MaxReadRequestUnits"),
        "max_write_request_units": shape.open_number("MaxWriteRequestUnits"),
    }
    maxima = {name: value for name, value in units.items() if value not in (None, -1)}
    return {"on_demand_throughput": maxima} if maxima else {}


def warm(part: SourceMap) -> Spec:
    """WarmThroughput as it is declared."""
    shape = part.part("WarmThroughput")
    if shape is None:
        return {}
    shape.skip("Status")
    units = {
        "read_units_per_second": shape.open_number("ReadUnitsPerSecond"),
        "write_units_per_second": shape.open_number("WriteUnitsPerSecond"),
    }
    warm = {name: value for name, value in units.items() if value}
    return {"warm_throughput": warm} if warm else {}


def local_index(part: SourceMap) -> Spec:
    """A local secondary index: its hash key is the table's."""
    spec_keys = keys(part)
    return {"name": part.text("IndexName"), "range_key": spec_keys.get("range_key"), **projection(part)}


def global_index(part: SourceMap) -> Spec:
    """A global secondary index, without its throughput."""
    return {"name": part.text("IndexName"), **keys(part), **projection(part)}


def vector_index(part: SourceMap) -> Spec:
    """A vector index."""
    attribute = part.part("VectorAttribute")
    schema = {
        part.text("AttributeName"): part.text("SearchSchemaElementType")
        for part in part.parts("SearchSchema")
    }
    index: Spec = {
        "name": part.text("IndexName"),
        "attribute": attribute.text("AttributeName") if attribute else None,
        "dimensions": part.number("Dimensions"),
        "distance": part.text("DistanceFunction"),
        **projection(part),
    }
    return {**index, "search_schema": schema} if schema else index


def tags(part: SourceMap) -> dict[str, str]:
    """Tags, from a list of Key and Value or from a map."""
    node = part.node("Tags")
    if node is not None and isinstance(node.value, dict):
        whole = part.part("Tags")
        assert whole is not None, "it is a map"
        return {name: value for name in whole.names if (value := whole.open_text(name)) is not None}
    tags = {}
    for tag in part.parts("Tags"):
        name, value = tag.text("Key"), tag.open_text("Value")
        if name is not None and value is not None and not name.startswith("aws:"):
            tags[name] = value
        elif (name is None or value is None) and not tag.is_open("Key"):
            part.notes.lost(tag.where, "a tag has a key and a value")
    return tags


def trigger(part: SourceMap, function: str) -> Spec:
    """An event source mapping in the members of Lambda's API, which CloudFormation and SAM use too."""
    trigger: dict[str, Any] = {
        "function": function,
        "enabled": part.open_flag("Enabled"),
        "batch_size": part.open_number("BatchSize"),
        "maximum_batching_window": part.open_number("MaximumBatchingWindowInSeconds"),
        "starting_position": part.open_word("StartingPosition"),
        "parallelization_factor": part.open_number("ParallelizationFactor"),
        "maximum_retry_attempts": part.open_number("MaximumRetryAttempts"),
        "maximum_record_age": part.open_number("MaximumRecordAgeInSeconds"),
        "bisect_batch_on_error": part.open_flag("BisectBatchOnFunctionError"),
        "tumbling_window": part.open_number("TumblingWindowInSeconds"),
        "report_batch_item_failures": "ReportBatchItemFailures"
        in (part.strings("FunctionResponseTypes") or ())
        or None,
    }
    criteria = part.part("FilterCriteria")
    if criteria is not None:
        patterns = [part.text("Pattern") for part in criteria.parts("Filters")]
        trigger["filter_patterns"] = patterns or None
    destination = part.part("DestinationConfig")
    failure = destination.part("OnFailure") if destination else None
    if failure is not None:
        failure.skip("Type")
        trigger["on_failure_arn"] = failure.open_text("Destination")
    return {name: value for name, value in trigger.items() if value is not None}


def target_tracking(part: SourceMap) -> Spec:
    """A target-tracking configuration of Application Auto Scaling."""
    shape = part.part("TargetTrackingScalingPolicyConfiguration")
    if shape is None:
        return {}
    metric = shape.part("PredefinedMetricSpecification")
    if metric is not None:
        metric.text("PredefinedMetricType")
    return {
        "target_utilization": shape.open_number("TargetValue"),
        "scale_in_cooldown": shape.open_number("ScaleInCooldown"),
        "scale_out_cooldown": shape.open_number("ScaleOutCooldown"),
    }


def schedule(part: SourceMap) -> Spec:
    """A scheduled action of Application Auto Scaling."""
    bounds = part.part("ScalableTargetAction")
    schedule = {
        "name": part.text("ScheduledActionName"),
        "schedule": part.text("Schedule"),
        "timezone": part.text("Timezone"),
        "min": bounds.open_number("MinCapacity") if bounds else None,
        "max": bounds.open_number("MaxCapacity") if bounds else None,
    }
    return {name: value for name, value in schedule.items() if value is not None}
