"""Variables of a module that makes a DynamoDB table, from a tfvars file or a ``module`` block.

Two modules are known by their names of the table: ``name`` is terraform-aws-modules/dynamodb-table/aws, ``table_name``
is the module that dynaops replaces, whose variables and defaults are those of a spec.
"""

from __future__ import annotations

from typing import Any

from dynaops.convert import json_text
from dynaops.convert.part import Part
from dynaops.convert.pieces import Kind, Spec
from dynaops.convert.terraform import tables
from dynaops.convert.terraform.world import World
from dynaops.kinds import TableSpec

_HOW = ("source", "version", "providers", "depends_on", "create_table", "timeouts", "count", "for_each")
_ARN = "__DYNAMODB_TABLE_ARN__"
"""What terraform-aws-modules/dynamodb-table fills in within `resource_policy`."""
_DEFAULTS = {"scale_in_cooldown": 0, "scale_out_cooldown": 0, "target_value": 70}
"""Its `autoscaling_defaults`."""


def is_table(names: set[str]) -> bool:
    """Whether variables of these names are such a module's."""
    return bool({"name", "table_name"} & names) and bool({"hash_key", "attributes"} & names)


def read(world: World, part: Part) -> None:
    """The table that the variables ask for."""
    part.skip(*_HOW)
    own = "table_name" in part
    if part.flag("create_table") is False:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "create_table is false: it makes no table")
        return
    name = part.text("table_name") if own else part.text("name")
    if name is None:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "the table's name is not known")
        return
    billing = part.text("billing_mode") or "PAY_PER_REQUEST"
    provisioned = billing == "PROVISIONED"
    spec: Spec = {
        "table_name": name,
        "region": part.text("region") or world.region,
        "hash_key": part.text("hash_key"),
        "range_key": part.text("range_key") or None,
        "attributes": tables.attributes(part, "attributes"),
        "billing_mode": billing,
        **tables.throughput(world, part, provisioned),
        "global_secondary_indexes": [
            _index(world, one, provisioned) for one in _named(part, "global_secondary_indexes")
        ],
        "local_secondary_indexes": [_local(one) for one in _named(part, "local_secondary_indexes")],
        "table_class": part.text("table_class") or "STANDARD",
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


def _settings(part: Part, spec: Spec, own: bool) -> None:
    """What both modules say with flat variables; a module's default where nothing is said."""
    spec["deletion_protection"] = part.flag("deletion_protection_enabled") or False
    on, key = part.flag("server_side_encryption_enabled"), part.text("server_side_encryption_kms_key_arn")
    spec["encryption"] = {"enabled": own if on is None else on}
    if key and spec["encryption"]["enabled"]:
        spec["encryption"]["kms_key_arn"] = key
    on = part.flag("point_in_time_recovery_enabled")
    days = part.number("point_in_time_recovery_period_in_days")
    spec["point_in_time_recovery"] = {"enabled": own if on is None else on}
    if days not in (None, 35) and spec["point_in_time_recovery"]["enabled"]:
        spec["point_in_time_recovery"]["recovery_period_days"] = days
    spec["stream"] = tables.stream(part)
    attribute = part.text("ttl_attribute_name")
    if attribute and (part.flag("ttl_enabled") or (own and "ttl_enabled" not in part)):
        spec["ttl"] = {"attribute": attribute}


def _named(part: Part, name: str) -> list[Part]:
    """A list of maps, or a map of maps whose keys are names."""
    node = part.node(name)
    if node is not None and isinstance(node.value, dict) and "name" not in node.value:
        entries = part.entries(name)
        for key, one in entries.items():
            if "name" not in one:
                one.name_it(key)
        return list(entries.values())
    return part.parts(name)


def _index(world: World, part: Part, provisioned: bool) -> Spec:
    found = tables.global_index(world, part, provisioned)
    return _projected(part, found)


def _local(part: Part) -> Spec:
    found = _projected(part, tables.local_index(part))
    part.skip("hash_key")
    return found


def _projected(part: Part, index: Spec) -> Spec:
    """A `projection` block, as specs have it, stands for the flat variables."""
    whole = part.value("projection") if "projection" in part else None
    return {**index, "projection": whole} if whole is not None else index


def _replicas(world: World, part: Part, spec: Spec) -> None:
    """`replica_regions`: names of regions, or maps."""
    for variable in ("replica_regions", "replicas"):
        node = part.node(variable)
        if node is None or not isinstance(node.value, list):
            continue
        if all(isinstance(one.value, str) for one in node.value):
            spec["replicas"] = [{"region": one} for one in part.strings(variable) or ()]
            continue
        listed = part.parts(variable)
        if all("region" in one for one in listed):
            spec["replicas"] = part.value(variable)
            for one in listed:
                one.skip(*one.names)
        else:
            tables.replicas(world, spec["table_name"], listed, spec)
    witness = part.part("global_table_witness")
    if witness is not None:
        spec["witness_region"] = witness.text("region_name")


def _scaling(world: World, part: Part, spec: Spec) -> None:
    """`autoscaling_*` of terraform-aws-modules: minima are the table's capacity."""
    on = part.flag("autoscaling_enabled")
    given = part.part("autoscaling_defaults")
    defaults = {
        name: (given.number(name) if given else None) if given and name in given else value
        for name, value in _DEFAULTS.items()
    }
    sides = {side: part.part(f"autoscaling_{side}") for side in ("read", "write")}
    indexes = part.entries("autoscaling_indexes")
    if not on:
        for one in [*sides.values(), *indexes.values()]:
            if one is not None:
                one.skip(*one.names)
        return
    table = spec["table_name"]
    for side, one in sides.items():
        if one is not None and one.names:
            low = one.number("min_capacity") or spec.get(f"{side}_capacity") or 1
            data = {"min": low, "max": one.number("max_capacity"), **_tracking(one, defaults)}
            world.pieces.add(Kind.TARGET, table, {"table": table, "index": None, "side": side, **data}, one)
    for index, one in indexes.items():
        tracking = _tracking(one, defaults)
        for side in ("read", "write"):
            data = {
                "min": one.number(f"{side}_min_capacity"),
                "max": one.number(f"{side}_max_capacity"),
                **tracking,
            }
            world.pieces.add(Kind.TARGET, table, {"table": table, "index": index, "side": side, **data}, one)


def _tracking(part: Part, defaults: dict[str, Any]) -> Spec:
    said = {name: part.number(name) if name in part else value for name, value in defaults.items()}
    return {
        "target_utilization": said["target_value"],
        "scale_in_cooldown": said["scale_in_cooldown"],
        "scale_out_cooldown": said["scale_out_cooldown"],
    }


def _policy(world: World, part: Part, spec: Spec) -> None:
    """A JSON text, or (of the module that dynaops replaces) a document."""
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
        Kind.RESOURCE_POLICY, spec["table_name"], {"policy": document}, part.at("resource_policy")
    )


def _as_it_is(part: Part, spec: Spec) -> None:
    """Variables that are keys of a spec."""
    for name in TableSpec.model_fields:
        if name in part and name in part.unread:
            value = part.value(name)
            toggled = isinstance(value, bool) and name in ("encryption", "point_in_time_recovery")
            if value is not None:
                spec[name] = {"enabled": value} if toggled else value
