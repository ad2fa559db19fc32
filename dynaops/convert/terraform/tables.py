"""aws_dynamodb_table and what stands within it (Terraform AWS provider, resource reference)."""

from __future__ import annotations

from dynaops.convert.arns import region_of
from dynaops.convert.part import Part
from dynaops.convert.pieces import Kind, Spec
from dynaops.convert.terraform.world import World

_ANSWERED = ("id", "arn", "stream_arn", "stream_label", "timeouts")
_RENAMED = {
    "global_secondary_index": "global_secondary_indexes",
    "local_secondary_index": "local_secondary_indexes",
    "replica": "replicas",
    "server_side_encryption": "encryption",
    "deletion_protection_enabled": "deletion_protection",
    "stream_enabled": "stream",
    "stream_view_type": "stream",
    "tags_all": "tags",
}
_RESTORED = ("restore_date_time", "restore_source_name", "restore_source_table_arn", "restore_to_latest_time")


def table(world: World, part: Part) -> None:
    """The table; its capacity counts only where it is provisioned."""
    name = part.text("name")
    arn = part.text("arn") if world.observed else None
    part.skip(*_ANSWERED)
    if name is None:
        part.skip(*part.names)
        world.pieces.notes.lost(part.where, "its name is not known")
        return
    billing = part.text("billing_mode") or "PROVISIONED"
    spec: Spec = {
        "table_name": name,
        "region": part.text("region") or region_of(arn) or world.region,
        "hash_key": part.text("hash_key"),
        "range_key": part.text("range_key"),
        "attributes": attributes(part, "attribute"),
        "billing_mode": billing,
        **throughput(world, part, billing == "PROVISIONED"),
        "table_class": part.text("table_class") or "STANDARD",
        "deletion_protection": part.flag("deletion_protection_enabled") or False,
        "encryption": encryption(part),
        "point_in_time_recovery": recovery(part),
        "stream": stream(part),
        "ttl": ttl(part),
        "global_secondary_indexes": [
            global_index(world, one, billing == "PROVISIONED") for one in part.parts("global_secondary_index")
        ],
        "local_secondary_indexes": [local_index(one) for one in part.parts("local_secondary_index")],
        "tags": tags(part),
    }
    replicas(world, name, part.parts("replica"), spec)
    witness = part.part("global_table_witness")
    if witness is not None:
        spec["witness_region"] = witness.text("region_name")
    lifecycle(part, spec)
    rows(part, "import_table")
    for one in _RESTORED:
        part.skip(one)
        if part.says(one):
            part.notes.remark(part.at(one), "a spec does not say what a table was restored from")
    world.pieces.table(spec, part.where)


def attributes(part: Part, name: str) -> dict[str, str]:
    """Blocks (or objects) of name and type, as a map; a map is taken as it is."""
    node = part.node(name)
    if node is not None and isinstance(node.value, dict) and "name" not in node.value:
        whole = part.part(name)
        assert whole is not None, "it is a map"
        return {key: kind for key in whole.names if (kind := whole.text(key))}
    found = {}
    for one in part.parts(name):
        key, kind = one.text("name"), one.text("type")
        if key and kind:
            found[key] = kind
    return found


def throughput(world: World, part: Part, provisioned: bool) -> Spec:
    """Capacity or maxima. Warm throughput of a state is what AWS shows, of a configuration what was asked for."""
    units = {name: part.number(name) for name in ("read_capacity", "write_capacity")}
    maxima = block(part, "on_demand_throughput", ("max_read_request_units", "max_write_request_units"))
    warm = None
    if world.observed:
        part.skip("warm_throughput")
    else:
        warm = block(part, "warm_throughput", ("read_units_per_second", "write_units_per_second"))
    found: Spec = {name: value for name, value in units.items() if value} if provisioned else {}
    if maxima and not provisioned:
        found["on_demand_throughput"] = maxima
    return {**found, "warm_throughput": warm} if warm else found


def block(part: Part, name: str, members: tuple[str, ...]) -> Spec | None:
    """A block of numbers; -1 and 0 are none."""
    shape = part.part(name)
    if shape is None:
        return None
    found = {member: shape.number(member) for member in members}
    return {member: value for member, value in found.items() if value and value > 0} or None


def encryption(part: Part) -> Spec:
    shape = part.part("server_side_encryption")
    on = shape.flag("enabled") if shape else False
    key = shape.text("kms_key_arn") if shape else None
    if not on:
        return {"enabled": False}
    return {"enabled": True, **({"kms_key_arn": key} if key else {})}


def recovery(part: Part) -> Spec:
    shape = part.part("point_in_time_recovery")
    if shape is None:
        return {"enabled": False}
    on, days = shape.flag("enabled"), shape.number("recovery_period_in_days")
    return (
        {"enabled": True, **({"recovery_period_days": days} if days not in (None, 0, 35) else {})}
        if on
        else {"enabled": False}
    )


def stream(part: Part) -> Spec | None:
    on, view = part.flag("stream_enabled"), part.text("stream_view_type")
    return {"view_type": view} if on and view else None


def ttl(part: Part) -> Spec | None:
    shape = part.part("ttl")
    if shape is None:
        return None
    name, on = shape.text("attribute_name"), shape.flag("enabled")
    return {"attribute": name} if name and on is not False else None


def global_index(world: World, part: Part, provisioned: bool) -> Spec:
    """A global secondary index; newer providers give its keys as `key_schema` too."""
    schema = part.parts("key_schema")
    sides: dict[str, list[str]] = {"HASH": [], "RANGE": []}
    for one in schema:
        name, kind = one.text("attribute_name"), one.text("key_type")
        if name and kind in sides:
            sides[kind].append(name)
    found: Spec = {
        "name": part.text("name"),
        "hash_key": part.text("hash_key") or _key(sides["HASH"]),
        "range_key": part.text("range_key") or _key(sides["RANGE"]),
        **projection(part),
        **throughput(world, part, provisioned),
    }
    return {name: value for name, value in found.items() if value is not None}


def local_index(part: Part) -> Spec:
    return {"name": part.text("name"), "range_key": part.text("range_key"), **projection(part)}


def projection(part: Part) -> Spec:
    kind, names = part.text("projection_type") or "ALL", part.strings("non_key_attributes")
    return {"projection": {"type": kind, **({"non_key_attributes": names} if names else {})}}


def replicas(world: World, table: str, parts: list[Part], spec: Spec) -> None:
    """Replicas within the table's own block; consistency is the group's."""
    for one in parts:
        region = one.text("region_name")
        if one.text("consistency_mode") == "STRONG":
            spec["multi_region_consistency"] = "STRONG"
        one.skip("arn", "stream_arn", "stream_label")
        data = {
            "region": region,
            "kms_key_arn": one.text("kms_key_arn"),
            "point_in_time_recovery": {"enabled": one.flag("point_in_time_recovery") or False},
            "deletion_protection": one.flag("deletion_protection_enabled"),
            "propagate_tags": one.flag("propagate_tags") or False,
        }
        if region:
            said = {name: value for name, value in data.items() if value not in (None, "")}
            world.pieces.add(Kind.REPLICA, table, said, one)


def tags(part: Part) -> dict[str, str]:
    """A state's `tags_all` hold the provider's default tags too, as the live table does."""
    found: dict[str, str] = {}
    for name in ("tags", "tags_all"):
        whole = part.part(name)
        if whole is not None:
            found.update({key: value for key in whole.names if (value := whole.text(key)) is not None})
    return found


def lifecycle(part: Part, spec: Spec) -> None:
    """``prevent_destroy`` and ``ignore_changes`` of a configuration."""
    shape = part.part("lifecycle")
    if shape is None:
        return
    found: Spec = {}
    if shape.flag("prevent_destroy"):
        found["prevent_destroy"] = True
    ignored = shape.strings("ignore_changes") or []
    if "all" in ignored:
        part.notes.lost(
            shape.at("ignore_changes"), "a spec ignores changes of keys that it names, not of all"
        )
    names = [_RENAMED.get(one, one) for one in ignored if one != "all"]
    known = [one for one in names if "[" not in one and "." not in one]
    for one in sorted(set(names) - set(known)):
        part.notes.lost(shape.at("ignore_changes"), f"{one} is no key of a spec")
    if known:
        found["ignore_changes"] = list(dict.fromkeys(known))
    if found:
        spec["lifecycle"] = {**spec.get("lifecycle", {}), **found}


def rows(part: Part, name: str) -> None:
    """Rows that the table was made of."""
    part.skip(name)
    if part.says(name):
        part.notes.lost(part.at(name), "rows are no part of a spec: fill the table with `dynaops load-data`")


def _key(parts: list[str]) -> str | list[str] | None:
    return (parts[0] if len(parts) == 1 else parts) if parts else None
