"""Readers of the resources around tables (Terraform AWS provider, resource reference)."""

from __future__ import annotations

from typing import Any

from dynaops.convert import json_text
from dynaops.convert.arns import region_of, table_of
from dynaops.convert.part import SourceMap
from dynaops.convert.pieces import Named, PieceKind, Spec
from dynaops.convert.policies import statements_of
from dynaops.convert.scaling import dimension
from dynaops.convert.terraform import tables
from dynaops.convert.terraform.context import ReadContext
from dynaops.convert.terraform.defaults import BACKUP_PLAN, REPLICA, SCALING_POLICY, TRIGGER, value_or_default


def replica(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    """aws_dynamodb_table_replica. Its region is that of its provider, so only a state or `region` names it."""
    _skip_answered(world, part, "id")
    source = part.text("global_table_arn")
    arn = part.text("arn") if world.observed else None
    part.skip("arn")
    region = part.text("region") or region_of(arn)
    tags = tables.tags(part)
    recovers = value_or_default(
        part, "point_in_time_recovery", SourceMap.open_flag, REPLICA, "point_in_time_recovery"
    )
    data: Spec = {
        "region": region,
        "kms_key_arn": part.open_text("kms_key_arn"),
        "point_in_time_recovery": {"enabled": recovers} if recovers is not None else None,
        "deletion_protection": part.open_flag("deletion_protection_enabled") or None,
        "table_class": part.open_word("table_class_override"),
        "propagate_tags": False,
        "tags": tags or None,
    }
    if region is None:
        world.pieces.notes.lost(part.where, "its region is its provider's, which this file does not say")
    elif source:
        known = {name: value for name, value in data.items() if value not in (None, "")}
        world.pieces.add(PieceKind.REPLICA, table_of(source), known, part)


def index(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    """aws_dynamodb_global_secondary_index."""
    _skip_answered(world, part, "id", "arn", "region")
    if tables.lacks_keys(part):
        return
    table, name = part.text("table_name"), part.text("index_name") or part.text("name")
    sides: dict[str, list[str]] = {"HASH": [], "RANGE": []}
    attributes: dict[str, str] = {}
    for element in part.parts("key_schema"):
        key, side, kind = (
            element.text("attribute_name"),
            element.text("key_type"),
            element.text("attribute_type"),
        )
        if key and side in sides:
            sides[side].append(key)
            attributes.update({key: kind} if kind else {})
    projected = part.part("projection")
    units = part.part("provisioned_throughput")
    capacity = {
        "read_capacity": units.open_number("read_capacity_units") if units else None,
        "write_capacity": units.open_number("write_capacity_units") if units else None,
    }
    data: Spec = {
        "name": name,
        "hash_key": sides["HASH"][0] if len(sides["HASH"]) == 1 else sides["HASH"],
        "range_key": (sides["RANGE"][0] if len(sides["RANGE"]) == 1 else sides["RANGE"]) or None,
        **(tables.projection(projected) if projected else {}),
        **{key: value for key, value in capacity.items() if value},
        **tables.throughput(world, part, "PAY_PER_REQUEST"),
        "attributes": attributes,
    }
    world.pieces.add(
        PieceKind.INDEX, table, {key: value for key, value in data.items() if value is not None}, part
    )


def kinesis(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "region")
    table, arn = part.text("table_name"), part.text("stream_arn")
    precision = part.text("approximate_creation_date_time_precision")
    if arn:
        data = {"stream_arn": arn, **({"precision": precision} if precision else {})}
        world.pieces.add(PieceKind.KINESIS, table, data, part)


def insights(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    _skip_answered(world, part, "id", "region")
    data = {"index": part.text("index_name") or None, "mode": part.text("mode") or None}
    world.pieces.add(PieceKind.INSIGHTS, part.text("table_name"), data, part)


def resource_policy(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "region", "revision_id", "confirm_remove_self_resource_access")
    arn, document = part.text("resource_arn"), _document(part, "policy")
    if arn and ("/stream/" in arn or arn.startswith("${stream_arn:")):
        world.pieces.notes.lost(part.where, "a spec has no policy of the stream")
    elif arn and document is not None:
        world.pieces.add(PieceKind.RESOURCE_POLICY, table_of(arn), {"policy": document}, part)


def item(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "hash_key", "range_key", "region")
    table, document = part.text("table_name"), _document(part, "item")
    if document is not None:
        world.pieces.add(PieceKind.ITEM, table, {"item": document}, part)


def tag(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "region")
    arn, key, value = part.text("resource_arn"), part.text("key"), part.text("value")
    if arn and key is not None:
        world.pieces.add(PieceKind.TAG, table_of(arn), {"key": key, "value": value or ""}, part)


def scalable_target(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "arn", "role_arn", "service_namespace", "tags", "tags_all", "region", "suspended_state")
    bounds = {"min": part.open_number("min_capacity"), "max": part.open_number("max_capacity")}
    _scaled(world, part, PieceKind.TARGET, bounds)


def scaling_policy(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "arn", "name", "alarm_arns", "service_namespace", "region")
    kind = value_or_default(part, "policy_type", SourceMap.text, SCALING_POLICY, "policy_type")
    shape = part.part("target_tracking_scaling_policy_configuration")
    if shape is None or kind != "TargetTrackingScaling":
        part.skip(*part.names)
        world.pieces.notes.lost(
            part.where, f"a spec's autoscaling tracks a target, and has no {kind or 'other'} policy"
        )
        return
    shape.skip("predefined_metric_specification")
    data = {
        "target_utilization": shape.open_number("target_value"),
        "scale_in_cooldown": shape.open_number("scale_in_cooldown"),
        "scale_out_cooldown": shape.open_number("scale_out_cooldown"),
    }
    _scaled(world, part, PieceKind.POLICY, data)


def scheduled_action(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "arn", "service_namespace", "region")
    bounds = part.part("scalable_target_action")
    data = {
        "name": part.text("name"),
        "schedule": part.text("schedule"),
        "timezone": part.text("timezone"),
        "min": bounds.open_number("min_capacity") if bounds else None,
        "max": bounds.open_number("max_capacity") if bounds else None,
    }
    known = {key: value for key, value in data.items() if value not in (None, "")}
    if known.get("timezone") == "UTC" and world.observed:
        del known["timezone"]
    _scaled(world, part, PieceKind.SCHEDULE, known)


def _scaled(world: ReadContext, part: SourceMap, kind: PieceKind, data: Spec) -> None:
    resource, name = part.text("resource_id"), part.text("scalable_dimension")
    if resource is None or name is None:
        return
    scaled = dimension(resource, name)
    if scaled is None:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "it does not scale a table")
    else:
        world.pieces.add(kind, scaled["table"], {**scaled, **data}, part)


_MAPPING_ANSWERED = (
    *("id", "arn", "uuid", "function_arn", "last_modified", "last_processing_result", "state"),
    *("state_transition_reason", "region", "tags_all", "starting_position_timestamp"),
)


def event_source_mapping(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip(*_MAPPING_ANSWERED)
    source, function = part.text("event_source_arn"), part.text("function_name")
    data: dict[str, Any] = {
        "function": (function or "").rpartition("function:")[2],
        "enabled": value_or_default(part, "enabled", SourceMap.open_flag, TRIGGER, "enabled"),
        "batch_size": value_or_default(part, "batch_size", SourceMap.open_number, TRIGGER, "batch_size")
        or None,
        "maximum_batching_window": part.open_number("maximum_batching_window_in_seconds") or None,
        "starting_position": part.open_word("starting_position") or None,
        "parallelization_factor": part.open_number("parallelization_factor") or None,
        "maximum_retry_attempts": part.open_number("maximum_retry_attempts"),
        "maximum_record_age": part.open_number("maximum_record_age_in_seconds") or None,
        "bisect_batch_on_error": part.open_flag("bisect_batch_on_function_error") or None,
        "tumbling_window": part.open_number("tumbling_window_in_seconds") or None,
        "report_batch_item_failures": "ReportBatchItemFailures"
        in (part.strings("function_response_types") or ())
        or None,
    }
    criteria = part.part("filter_criteria")
    if criteria is not None:
        data["filter_patterns"] = [part.text("pattern") for part in criteria.parts("filter")] or None
    destination = part.part("destination_config")
    failure = destination.part("on_failure") if destination else None
    data["on_failure_arn"] = failure.text("destination_arn") if failure else None
    if not source or not function:
        return
    if ":dynamodb:" not in source and not source.startswith("${stream_arn:"):
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "its source is not a table's stream")
        return
    known = {name: value for name, value in data.items() if value is not None}
    world.pieces.add(PieceKind.TRIGGER, table_of(source), known, part)


def vault(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    _skip_answered(world, part, "id", "arn", "recovery_points", "force_destroy", "tags", "tags_all", "region")
    name, key = part.text("name"), part.text("kms_key_arn")
    if name:
        world.pieces.vaults.append(
            Named(name, {"name": name, **({"kms_key_arn": key} if key else {})}, part.where)
        )


def backup_plan(world: ReadContext, part: SourceMap, address: str) -> None:
    part.skip("version", "tags", "tags_all", "region")
    key, name = world.identity(part, address), part.text("name")
    rules = [_rule(part) for part in part.parts("rule")]
    if name:
        world.pieces.plans.append(Named(key, {"name": name, "rules": rules}, part.where))


def _rule(part: SourceMap) -> Spec:
    rule: Spec = {
        "name": part.text("rule_name"),
        "schedule": part.text("schedule"),
        "timezone": part.text("schedule_expression_timezone") or None,
        "start_window": value_or_default(part, "start_window", SourceMap.number, BACKUP_PLAN, "start_window")
        or None,
        "completion_window": value_or_default(
            part, "completion_window", SourceMap.number, BACKUP_PLAN, "completion_window"
        )
        or None,
        "continuous": part.flag("enable_continuous_backup") or None,
        "vault": part.text("target_vault_name"),
        **_days(part),
    }
    copies = [
        {"vault_arn": part.text("destination_vault_arn"), **_days(part)} for part in part.parts("copy_action")
    ]
    return {**rule, "copy_to": copies} if copies else rule


def _days(part: SourceMap) -> Spec:
    block = part.part("lifecycle")
    if block is None:
        return {}
    return {
        "delete_after_days": block.number("delete_after") or None,
        "cold_storage_after_days": block.number("cold_storage_after") or None,
    }


def selection(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "name", "region")
    others = [name for name in ("selection_tag", "condition", "not_resources") if part.value(name)]
    plan = part.text("plan_id")
    data: Spec = {
        "plan": plan,
        "resources": part.strings("resources") or [],
        "role_arn": part.text("iam_role_arn"),
        "other": " and ".join(others),
    }
    if plan:
        world.pieces.selections.append(Named(plan, data, part.where))


def log_group(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    part.skip("id", "arn", "name_prefix", "skip_destroy", "tags", "tags_all", "region")
    if part.text("log_group_class") == "STANDARD":
        part.skip("log_group_class")
    data = {
        "name": part.text("name"),
        "retention_days": part.number("retention_in_days") or None,
        "kms_key_arn": part.text("kms_key_id") or None,
    }
    if data["name"]:
        known = {key: value for key, value in data.items() if value is not None}
        world.pieces.log_groups.append(Named(str(data["name"]), known, part.where))


def iam_policy(world: ReadContext, part: SourceMap, address: str) -> None:
    key = (part.text("arn") if world.observed else None) or f"${{id:{address}}}"
    part.skip("id", "arn", "policy_id", "name_prefix", "attachment_count", "description", "tags", "tags_all")
    name, path = part.text("name"), part.text("path")
    statements = statements_of(_document(part, "policy"))
    if name and statements is not None:
        data: Spec = {
            "name": name,
            "statements": statements,
            **({"path": path} if path not in (None, "/") else {}),
        }
        world.pieces.policies.append(Named(key, data, part.where))


def attachment(world: ReadContext, part: SourceMap, address: str) -> None:  # noqa: ARG001
    """aws_iam_role_policy_attachment, and aws_iam_policy_attachment."""
    part.skip("id", "name")
    arn, role = part.text("policy_arn"), part.text("role")
    roles = [role] if role else part.strings("roles") or []
    if arn and roles:
        world.pieces.attachments.append(Named(arn, {"roles": roles}, part.where))


def _skip_answered(world: ReadContext, part: SourceMap, *names: str) -> None:
    """Skip attributes that AWS returns; and `timeouts`, which a state holds for every resource."""
    part.skip(*names, *(("timeouts",) if world.observed else ()))


def _document(part: SourceMap, name: str) -> dict[str, Any] | None:
    """A JSON document in a string."""
    text = part.text(name)
    if text is None:
        return None
    try:
        document = json_text.decoded(text)
    except ValueError:
        part.notes.lost(part.at(name), "it is not valid JSON")
        return None
    return document if isinstance(document, dict) else None
