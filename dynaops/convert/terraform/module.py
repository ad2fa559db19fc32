"""Reads the variables of a module that makes a DynamoDB table, from a tfvars file or a ``module`` block.

Two modules are recognised by their variable for the table's name: ``name`` is terraform-aws-modules/dynamodb-table/aws,
``table_name`` is the module that dynaops replaces, whose variables and defaults are those of a spec.
"""

from __future__ import annotations

from typing import Any

from dynaops.convert import json_text
from dynaops.convert.part import Open, SourceMap
from dynaops.convert.pieces import PieceKind, Spec
from dynaops.convert.terraform import tables
from dynaops.convert.terraform.context import ReadContext
from dynaops.convert.terraform.defaults import MODULE, TABLE, default, value_or_default
from dynaops.kinds import TableSpec

_HOW = ("source", "version", "providers", "depends_on", "create_table", "count", "for_each")
_ARN = "__DYNAMODB_TABLE_ARN__"
"""The placeholder in `resource_policy` for which terraform-aws-modules/dynamodb-table fills in the table's ARN."""
_TRACKING = ("target_value", "scale_in_cooldown", "scale_out_cooldown")


def is_table(names: set[str]) -> bool:
    """Whether variables of these names belong to such a module."""
    return bool({"name", "table_name"} & names) and bool({"hash_key", "attributes"} & names)


def read(world: ReadContext, part: SourceMap) -> None:
    """Read the table that the variables describe."""
    part.skip(*_HOW)
    own = "table_name" in part
    if part.is_open("create_table"):
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "whether it makes a table is not known (create_table)")
        return
    if part.flag("create_table") is False:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "create_table is false: it makes no table")
        return
    name = part.text("table_name") if own else part.text("name")
    if name is None:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "the table's name is not known")
        return
    if tables.lacks_keys(part):
        return
    billing = value_or_default(part, "billing_mode", SourceMap.open_word, MODULE, "billing_mode")
    spec: Spec = {
        "table_name": name,
        "region": part.text("region") or world.region,
        "hash_key": part.text("hash_key"),
        "range_key": part.text("range_key") or None,
        "attributes": tables.attributes(part, "attributes"),
        "billing_mode": billing,
        **tables.throughput(world, part, billing),
        "global_secondary_indexes": [
            _index(world, index, billing)
            for index in _named(part, "global_secondary_indexes")
            if not tables.lacks_keys(index)
        ],
        "local_secondary_indexes": [_local(index) for index in _named(part, "local_secondary_indexes")],
        "table_class": value_or_default(part, "table_class", SourceMap.open_word, MODULE, "table_class"),
        "tags": tables.tags(part),
    }
    _settings(part, spec, own)
    _replicas(world, part, spec)
    _scaling(world, part, spec)
    _policy(world, part, spec)
    if part.flag("ignore_changes_global_secondary_index"):
        spec["lifecycle"] = {"ignore_changes": ["global_secondary_indexes"]}
    tables.rows(part, "import_table")
    if own:
        _as_it_is(part, spec)
    else:
        spec["tags"] = {**spec["tags"], "Name": name}  # the module adds it
    world.pieces.table(spec, part.where)
    part.close("it is no variable of a DynamoDB table's module that a spec has a key for")


def _settings(part: SourceMap, spec: Spec, own: bool) -> None:
    """Put the settings that both modules have as flat variables into the spec, with the module's defaults."""
    spec["deletion_protection"] = _flag(part, "deletion_protection_enabled", own)
    encrypted = _flag(part, "server_side_encryption_enabled", own)
    recovers = _flag(part, "point_in_time_recovery_enabled", own)
    key = part.open_text("server_side_encryption_kms_key_arn")
    spec["encryption"] = _block(encrypted, {"kms_key_arn": key} if key else {})
    days = part.open_number("point_in_time_recovery_period_in_days")
    usual = (None, default(TABLE, "point_in_time_recovery.recovery_period_in_days"))
    spec["point_in_time_recovery"] = _block(
        recovers, {"recovery_period_days": days} if days not in usual else {}
    )
    spec["stream"] = tables.stream(part)
    attribute = part.open_text("ttl_attribute_name")
    on = (
        value_or_default(part, "ttl_enabled", SourceMap.open_flag, MODULE, "ttl_enabled")
        if not own or "ttl_enabled" in part
        else True
    )
    if attribute and isinstance(on, Open):
        spec["ttl"] = {"attribute": attribute, "enabled": on}
    elif attribute and on:
        spec["ttl"] = {"attribute": attribute}


def _flag(part: SourceMap, name: str, own: bool) -> Any:
    """A flag. `own`: of the module that dynaops replaces, with a spec's defaults (protection off, the others on)."""
    if own and name not in part:
        part.skip(name)
        return name != "deletion_protection_enabled"
    return value_or_default(part, name, SourceMap.open_flag, MODULE, name)


def _block(on: Any, more: Spec) -> Spec | None:
    """A block of a spec that is on or off; None if that is not known (which is noted)."""
    if on is None:
        return None
    return {"enabled": False} if on is False else {"enabled": on, **more}


def _named(part: SourceMap, name: str) -> list[SourceMap]:
    """The maps of a list, or of a map whose keys are their names."""
    node = part.node(name)
    if node is not None and isinstance(node.value, dict) and "name" not in node.value:
        entries = part.entries(name)
        for key, child in entries.items():
            if "name" not in child:
                child.set_name(key)
        return list(entries.values())
    return part.parts(name)


def _index(world: ReadContext, part: SourceMap, billing: str | None) -> Spec:
    index = tables.global_index(world, part, billing)
    return _projected(part, index)


def _local(part: SourceMap) -> Spec:
    index = _projected(part, tables.local_index(part))
    part.skip("hash_key")
    return index


def _projected(part: SourceMap, index: Spec) -> Spec:
    """Read a `projection` block, as specs have it, instead of the flat variables."""
    whole = part.value("projection") if "projection" in part else None
    return {**index, "projection": whole} if whole is not None else index


def _replicas(world: ReadContext, part: SourceMap, spec: Spec) -> None:
    """Read `replica_regions`: names of regions, or maps."""
    for variable in ("replica_regions", "replicas"):
        node = part.node(variable)
        if node is None or not isinstance(node.value, list):
            continue
        if all(isinstance(replica.value, str) for replica in node.value):
            spec["replicas"] = [{"region": replica} for replica in part.strings(variable) or ()]
            continue
        listed = part.parts(variable)
        if all("region" in replica for replica in listed):
            spec["replicas"] = part.value(variable)
            for replica in listed:
                replica.skip(*replica.names)
        else:
            tables.replicas(world, spec["table_name"], listed, spec)
    witness = part.part("global_table_witness")
    if witness is not None:
        spec["witness_region"] = witness.text("region_name")


def _scaling(world: ReadContext, part: SourceMap, spec: Spec) -> None:
    """Read `autoscaling_*` of terraform-aws-modules; the minimum is the table's capacity."""
    enabled = value_or_default(part, "autoscaling_enabled", SourceMap.flag, MODULE, "autoscaling_enabled")
    given = part.part("autoscaling_defaults")
    defaults = {
        name: given.open_number(name) if given and name in given else default(MODULE, name)
        for name in _TRACKING
    }
    sides = {side: part.part(f"autoscaling_{side}") for side in ("read", "write")}
    indexes = part.entries("autoscaling_indexes")
    if not enabled:
        for scaling in [*sides.values(), *indexes.values()]:
            if scaling is not None:
                scaling.skip(*scaling.names)
        return
    table = spec["table_name"]
    for side, scaling in sides.items():
        if scaling is not None and scaling.names:
            low = (
                scaling.open_number("min_capacity")
                if "min_capacity" in scaling
                else spec.get(f"{side}_capacity")
            )
            data = {"min": low, "max": scaling.open_number("max_capacity"), **_tracking(scaling, defaults)}
            world.pieces.add(
                PieceKind.TARGET, table, {"table": table, "index": None, "side": side, **data}, scaling
            )
    for index, scaling in indexes.items():
        tracking = _tracking(scaling, defaults)
        for side in ("read", "write"):
            data = {
                "min": scaling.open_number(f"{side}_min_capacity"),
                "max": scaling.open_number(f"{side}_max_capacity"),
                **tracking,
            }
            world.pieces.add(
                PieceKind.TARGET, table, {"table": table, "index": index, "side": side, **data}, scaling
            )


def _tracking(part: SourceMap, defaults: dict[str, Any]) -> Spec:
    known = {name: part.open_number(name) if name in part else value for name, value in defaults.items()}
    return {
        "target_utilization": known["target_value"],
        "scale_in_cooldown": known["scale_in_cooldown"],
        "scale_out_cooldown": known["scale_out_cooldown"],
    }


def _policy(world: ReadContext, part: SourceMap, spec: Spec) -> None:
    """Read the resource policy: a JSON text, or (in the module that dynaops replaces) a document."""
    document = part.value("resource_policy")
    if document is None:
        return
    if isinstance(document, str):
        try:
            document = json_text.decoded(document.replace(_ARN, "${table_arn}"))
        except ValueError:
            world.pieces.notes.lost(part.at("resource_policy"), "it is not valid JSON")
            return
    world.pieces.add(
        PieceKind.RESOURCE_POLICY, spec["table_name"], {"policy": document}, part.at("resource_policy")
    )


def _as_it_is(part: SourceMap, spec: Spec) -> None:
    """Copy the variables that are keys of a spec."""
    for name in TableSpec.model_fields:
        if name in part and name in part.unread:
            value = part.value(name)
            toggled = isinstance(value, bool) and name in ("encryption", "point_in_time_recovery")
            if value is not None:
                spec[name] = {"enabled": value} if toggled else value
