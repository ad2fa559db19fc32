"""Reads aws_dynamodb_table and its blocks (Terraform AWS provider, resource reference)."""

from __future__ import annotations

from dynaops.convert.arns import region_of
from dynaops.convert.part import Open, SourceMap, unknowns
from dynaops.convert.pieces import PieceKind, Spec
from dynaops.convert.terraform.context import ReadContext
from dynaops.convert.terraform.defaults import TABLE, default, value_or_default
from dynaops.kinds import TableSpec

_ANSWERED = ("id", "arn", "stream_arn", "stream_label")
_RENAMED = {
    "attribute": "attributes",
    "global_secondary_index": "global_secondary_indexes",
    "local_secondary_index": "local_secondary_indexes",
    "name": "table_name",
    "replica": "replicas",
    "server_side_encryption": "encryption",
    "deletion_protection_enabled": "deletion_protection",
    "stream_enabled": "stream",
    "stream_view_type": "stream",
    "tags_all": "tags",
}
_RESTORED = ("restore_date_time", "restore_source_name", "restore_source_table_arn", "restore_to_latest_time")
_KEYS = ("hash_key", "range_key", "attribute", "attributes", "key_schema")
_SSE, _PITR = "server_side_encryption", "point_in_time_recovery"
_DEPENDS = "whether it counts depends on billing_mode, which is not known"


def table(world: ReadContext, part: SourceMap) -> None:
    """Read a table; its capacity counts only with provisioned billing."""
    name = part.text("name")
    arn = part.text("arn") if world.observed else None
    part.skip(*_ANSWERED)
    if name is None:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "its name is not known")
        return
    if lacks_keys(part):
        return
    if world.observed:
        part.skip("timeouts")
    billing = value_or_default(part, "billing_mode", SourceMap.open_word, TABLE, "billing_mode")
    spec: Spec = {
        "table_name": name,
        "region": part.text("region") or region_of(arn) or world.region,
        "hash_key": part.text("hash_key"),
        "range_key": part.text("range_key") or None,
        "attributes": attributes(part, "attribute"),
        "billing_mode": billing,
        **throughput(world, part, billing),
        "table_class": _word(part, "table_class"),
        "deletion_protection": value_or_default(
            part, "deletion_protection_enabled", SourceMap.open_flag, TABLE, "deletion_protection_enabled"
        ),
        "encryption": encryption(part),
        "point_in_time_recovery": recovery(part),
        "stream": stream(part),
        "ttl": ttl(part),
        "global_secondary_indexes": [
            global_index(world, index, billing)
            for index in part.parts("global_secondary_index")
            if not lacks_keys(index)
        ],
        "local_secondary_indexes": [
            local_index(index) for index in part.parts("local_secondary_index") if not lacks_keys(index)
        ],
        "tags": tags(part),
    }
    replicas(world, name, part.parts("replica"), spec)
    witness = part.part("global_table_witness")
    if witness is not None:
        spec["witness_region"] = witness.text("region_name")
    lifecycle(part, spec)
    rows(part, "import_table")
    for index in _RESTORED:
        part.skip(index)
        if part.says(index):
            part.notes.remark(part.at(index), "a spec does not say what a table was restored from")
    world.pieces.table(spec, part.where, part.tree)


def _word(part: SourceMap, name: str) -> str | None:
    """A word; None for the "" that a state has if nothing is set."""
    word: str | None = value_or_default(part, name, SourceMap.open_word, TABLE, name)
    return str(default(TABLE, name)) if word == "" else word


def lacks_keys(part: SourceMap) -> bool:
    """Whether the keys of a table or an index are not completely known; if so, it is noted as not carried over."""
    for name in _KEYS:
        node = part.tree.value.get(name)
        unknown = next(unknowns(node), None) if node is not None else None
        if unknown is not None:
            part.skip(*part.names)
            part.notes.lost(part.where, f"its keys are not known ({name}): {unknown.why}")
            return True
    return False


def attributes(part: SourceMap, name: str) -> dict[str, str]:
    """Blocks (or objects) with name and type, as a map from name to type; a map is returned unchanged."""
    node = part.node(name)
    if node is not None and isinstance(node.value, dict) and "name" not in node.value:
        whole = part.part(name)
        assert whole is not None, "it is a map"
        return {key: kind for key in whole.names if (kind := whole.text(key))}
    types = {}
    for attribute in part.parts(name):
        key, kind = attribute.text("name"), attribute.text("type")
        if key and kind:
            types[key] = kind
        else:
            part.notes.lost(attribute.where, "an attribute has a name and a type")
    return types


def throughput(world: ReadContext, part: SourceMap, billing: str | None) -> Spec:
    """Capacity or maximum throughput. Warm throughput counts only in a configuration; in a state it is AWS's value."""
    capacity: Spec = {}
    if billing is None or isinstance(billing, Open):
        for name in ("read_capacity", "write_capacity", "on_demand_throughput"):
            part.skip(name)
            if part.says(name):
                part.notes.lost(part.at(name), _DEPENDS)
    else:
        units = {name: part.open_number(name) for name in ("read_capacity", "write_capacity")}
        maxima = block(part, "on_demand_throughput", ("max_read_request_units", "max_write_request_units"))
        if billing == "PROVISIONED":
            capacity = {name: value for name, value in units.items() if value}
        elif maxima:
            capacity = {"on_demand_throughput": maxima}
    if world.observed:
        part.skip("warm_throughput")
        return capacity
    warm = block(part, "warm_throughput", ("read_units_per_second", "write_units_per_second"))
    return {**capacity, "warm_throughput": warm} if warm else capacity


def block(part: SourceMap, name: str, members: tuple[str, ...]) -> Spec | None:
    """A block of numbers; -1 and 0 count as not set."""
    shape = part.part(name)
    if shape is None:
        return None
    numbers = {member: shape.open_number(member) for member in members}
    kept = {
        member: value
        for member, value in numbers.items()
        if value is not None and (isinstance(value, Open) or value > 0)
    }
    return kept or None


def encryption(part: SourceMap) -> Spec | str | None:
    """Encryption: without the block, or switched off, it is the key that AWS owns."""
    if part.is_open(_SSE):
        return part.opened(_SSE, sample=False)
    shape = part.part(_SSE)
    on = value_or_default(shape, "enabled", SourceMap.open_flag, TABLE, f"{_SSE}.enabled")
    if on is None:
        return None
    if shape is None or on is False:
        if shape is not None:
            shape.skip("kms_key_arn")
        return {"enabled": False}
    key = shape.open_text("kms_key_arn")
    return {"enabled": on, **({"kms_key_arn": key} if key else {})}


def recovery(part: SourceMap) -> Spec | str | None:
    """Point-in-time recovery: off without the block, which a spec has to say because its default is on."""
    if part.is_open(_PITR):
        return part.opened(_PITR, sample=False)
    shape = part.part(_PITR)
    on = value_or_default(shape, "enabled", SourceMap.open_flag, TABLE, f"{_PITR}.enabled")
    days = shape.open_number("recovery_period_in_days") if shape is not None else None
    if on is None or on is False:
        return None if on is None else {"enabled": False}
    usual = (None, 0, default(TABLE, f"{_PITR}.recovery_period_in_days"))
    return {"enabled": on, **({"recovery_period_days": days} if days not in usual else {})}


def stream(part: SourceMap) -> Spec | None:
    """The stream. A spec cannot have a variable for its presence, so an unknown `stream_enabled` is noted."""
    view = part.open_word("stream_view_type") or None
    if part.is_open("stream_enabled"):
        part.flag("stream_enabled")  # adds the note
        return None
    on = value_or_default(part, "stream_enabled", SourceMap.flag, TABLE, "stream_enabled")
    return {"view_type": view} if on and view else None


def ttl(part: SourceMap) -> Spec | None:
    shape = part.part("ttl")
    if shape is None:
        return None
    name, on = (
        shape.open_text("attribute_name"),
        value_or_default(shape, "enabled", SourceMap.open_flag, TABLE, "ttl.enabled"),
    )
    if isinstance(on, Open):
        return {"attribute": name, "enabled": on} if name else None
    return {"attribute": name} if name and on else None


def global_index(world: ReadContext, part: SourceMap, billing: str | None) -> Spec:
    """A global secondary index; newer providers have its keys in `key_schema` too."""
    schema = part.parts("key_schema")
    sides: dict[str, list[str]] = {"HASH": [], "RANGE": []}
    for element in schema:
        name, kind = element.text("attribute_name"), element.text("key_type")
        if name and kind in sides:
            sides[kind].append(name)
        else:
            part.notes.lost(element.where, "a key has an attribute and a type, HASH or RANGE")
    index: Spec = {
        "name": part.text("name"),
        "hash_key": part.text("hash_key") or _key(sides["HASH"]),
        "range_key": part.text("range_key") or _key(sides["RANGE"]),
        **projection(part),
        **throughput(world, part, billing),
    }
    return {name: value for name, value in index.items() if value is not None}


def local_index(part: SourceMap) -> Spec:
    return {"name": part.text("name"), "range_key": part.text("range_key"), **projection(part)}


def projection(part: SourceMap) -> Spec:
    """The projection of an index; it has no default."""
    kind, names = part.open_word("projection_type"), part.strings("non_key_attributes")
    if not kind:
        if "projection" not in part:
            part.notes.lost(part.where.below("projection_type"), "it does not say what the index projects")
        return {}
    return {"projection": {"type": kind, **({"non_key_attributes": names} if names else {})}}


def replicas(world: ReadContext, table: str, parts: list[SourceMap], spec: Spec) -> None:
    """Read the replicas in the table's block; consistency is a setting of all replicas together."""
    for part in parts:
        region = part.text("region_name")
        mode = value_or_default(part, "consistency_mode", SourceMap.text, TABLE, "replica.consistency_mode")
        if mode == "STRONG":
            spec["multi_region_consistency"] = "STRONG"
        part.skip("arn", "stream_arn", "stream_label")
        recovers = value_or_default(
            part, "point_in_time_recovery", SourceMap.open_flag, TABLE, "replica.point_in_time_recovery"
        )
        data = {
            "region": region,
            "kms_key_arn": part.open_text("kms_key_arn"),
            "point_in_time_recovery": {"enabled": recovers} if recovers is not None else None,
            "deletion_protection": part.open_flag("deletion_protection_enabled") or None,
            "propagate_tags": value_or_default(
                part, "propagate_tags", SourceMap.open_flag, TABLE, "replica.propagate_tags"
            ),
        }
        if region:
            known = {name: value for name, value in data.items() if value not in (None, "")}
            world.pieces.add(PieceKind.REPLICA, table, known, part)


def tags(part: SourceMap) -> dict[str, str]:
    """Tags. In a state, `tags_all` also holds the provider's default tags, as the live table does."""
    tags: dict[str, str] = {}
    for name in ("tags", "tags_all"):
        whole = part.part(name)
        if whole is not None:
            tags.update({key: value for key in whole.names if (value := whole.open_text(key)) is not None})
    return tags


def lifecycle(part: SourceMap, spec: Spec) -> None:
    """Read ``prevent_destroy`` and ``ignore_changes`` of a configuration into the spec's `lifecycle`."""
    shape = part.part("lifecycle")
    if shape is None:
        return
    lifecycle: Spec = {}
    if shape.flag("prevent_destroy"):
        lifecycle["prevent_destroy"] = True
    ignored = shape.strings("ignore_changes") or []
    if "all" in ignored:
        part.notes.lost(
            shape.at("ignore_changes"), "a spec ignores changes of keys that it names, not of all"
        )
    known = []
    for fromkey in dict.fromkeys(name for name in ignored if name != "all"):
        key = _RENAMED.get(fromkey, fromkey)
        if key in TableSpec.model_fields:
            known.append(key)
        else:
            part.notes.lost(shape.at("ignore_changes"), f"{fromkey} is no key of a spec")
    if known:
        lifecycle["ignore_changes"] = list(dict.fromkeys(known))
    if lifecycle:
        spec["lifecycle"] = {**spec.get("lifecycle", {}), **lifecycle}


def rows(part: SourceMap, name: str) -> None:
    """Note that items, with which the table was created, are not carried over."""
    part.skip(name)
    if part.says(name):
        part.notes.lost(part.at(name), "a spec has no imported items: load them with `dynaops load-data`")


def _key(parts: list[str]) -> str | list[str] | None:
    return (parts[0] if len(parts) == 1 else parts) if parts else None
