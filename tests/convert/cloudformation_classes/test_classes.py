"""Convert's answer held against what CloudFormation deploys: what differs and is not listed is a fault.

`templates/NAME.yaml` is a template, and `NAME.expected.yaml` says by logical id what the stack's tables are once they
are deployed, written by hand from the documentation: a key that is absent there is off, or none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dynaops.convert.formats import Options
from dynaops.convert.ledger import ConversionOutcome
from dynaops.convert.run import Conversion, Converted, convert

TEMPLATES = Path(__file__).parent / "templates"
CLASSES = sorted(one.name.removesuffix(".expected.yaml") for one in TEMPLATES.glob("*.expected.yaml"))
PROPERTIES = {
    "name": ("TableName",),
    "billing": ("BillingMode",),
    "read": ("ProvisionedThroughput", "ReadProvisionedThroughputSettings"),
    "write": ("ProvisionedThroughput", "WriteProvisionedThroughputSettings"),
    "class": ("TableClass",),
    "protected": ("DeletionProtectionEnabled",),
    "recovery": ("PointInTimeRecoverySpecification",),
    "encryption": ("SSESpecification",),
    "tags": ("Tags",),
    "indexes": ("GlobalSecondaryIndexes",),
    "maxima": ("OnDemandThroughput", "ReadOnDemandThroughputSettings"),
    "insights": ("ContributorInsightsSpecification",),
}
"""Where a template says what the expectations call so; a difference has to be listed there."""


def conversion(name: str) -> Conversion:
    (path,) = (one for one in TEMPLATES.glob(f"{name}.*") if ".expected." not in one.name)
    return convert([str(path)], None, Options({}, "eu-west-1"))


def expected(name: str) -> dict[str, Any]:
    found = YAML(typ="safe", pure=True).load((TEMPLATES / f"{name}.expected.yaml").read_text())
    return dict(found)


def logical(one: Converted) -> str:
    return one.source.rpartition("(")[2].rstrip(")").partition(", ")[0]


def literal(value: Any) -> Any:
    """As a spec is read: ``$${`` is ``${``."""
    if isinstance(value, dict):
        return {name: literal(one) for name, one in value.items()}
    if isinstance(value, list):
        return [literal(one) for one in value]
    return value.replace("$${", "${") if isinstance(value, str) else value


def block(value: Any, default: bool) -> dict[str, Any]:
    """A block of a spec that may be written as true or false."""
    if value is None:
        return {"enabled": default}
    return {"enabled": True, **value} if isinstance(value, dict) else {"enabled": value}


def recovery(value: Any, default: bool) -> Any:
    said = block(value, default)
    return said.get("recovery_period_days", 35) if said["enabled"] is True else said["enabled"] or None


def deployed(spec: dict[str, Any]) -> dict[str, Any]:
    """What a spec makes, in the words of the expectations."""
    spec = literal(spec)
    sse = block(spec.get("encryption"), default=True)
    maxima = spec.get("on_demand_throughput", {})
    insights = spec.get("contributor_insights") or {}
    found: dict[str, Any] = {
        "name": spec["table_name"],
        "hash": spec["hash_key"],
        "range": spec.get("range_key"),
        "attributes": spec["attributes"],
        "billing": spec.get("billing_mode", "PAY_PER_REQUEST"),
        "read": spec.get("read_capacity"),
        "write": spec.get("write_capacity"),
        "class": spec.get("table_class", "STANDARD"),
        "protected": spec.get("deletion_protection"),
        "recovery": recovery(spec.get("point_in_time_recovery"), default=True),
        "encryption": (sse.get("kms_key_arn") or "managed") if sse["enabled"] else None,
        "ttl": (spec.get("ttl") or {}).get("attribute"),
        "stream": (spec.get("stream") or {}).get("view_type"),
        "tags": spec.get("tags"),
        "insights": insights.get("enabled"),
        "retained": spec.get("lifecycle", {}).get("on_destroy") == "retain" or None,
        "maxima": [maxima.get("max_read_request_units"), maxima.get("max_write_request_units")],
        "indexes": {one["name"]: index(one) for one in spec.get("global_secondary_indexes", ())},
        "scaling": {
            side: [said["min"], said["max"], said["target_utilization"]]
            for side, said in spec.get("autoscaling", {}).items()
        },
        "replicas": {one["region"]: replica(one, spec) for one in spec.get("replicas", ())},
    }
    return dict(without_nothing(found))


def index(spec: dict[str, Any]) -> dict[str, Any]:
    shape = spec.get("projection", {"type": "ALL"})
    return {
        "hash": spec["hash_key"],
        "projection": [shape["type"], *shape.get("non_key_attributes", ())],
        "read": spec.get("read_capacity"),
        "write": spec.get("write_capacity"),
    }


def replica(spec: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    assert spec["propagate_tags"] is False
    return {
        "class": spec.get("table_class", table.get("table_class", "STANDARD")),
        "recovery": recovery(spec.get("point_in_time_recovery"), default=False),
        "protected": spec.get("deletion_protection"),
        "tags": spec.get("tags"),
    }


def without_nothing(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    made = {name: without_nothing(one) for name, one in value.items()}
    return {name: one for name, one in made.items() if one not in (None, False, {}, [], [None, None])}


def differences(one: Any, other: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {*one, *other}
        return {
            found for key in keys for found in differences(one.get(key), other.get(key), (*path, str(key)))
        }
    return set() if one == other else {path}


def is_listed(name: str, path: tuple[str, ...], made: Conversion) -> bool:
    """Whether what differs is listed: the property itself, or the whole table."""
    parts = PROPERTIES.get(path[-1] if path[0] == "replicas" else path[0], ()) if path else ()
    for note in made.lost:
        what = note.where.what
        if what == name or (what.startswith(f"{name}.") and any(part in what for part in parts)):
            return True
    return False


@pytest.mark.parametrize("name", CLASSES)
def test_what_differs_from_the_deployed_stack_is_listed(name: str) -> None:
    made = conversion(name)
    truth = {key: {"class": "STANDARD", **one} for key, one in expected(name).items()}
    specs = {logical(one): one for one in made.specs}
    assert not [one.findings for one in made.specs if one.findings]
    assert set(specs) <= set(truth), "a table that is not deployed"
    for key, one in truth.items():
        found = deployed(specs[key].spec) if key in specs else {}
        for path in differences(found, without_nothing(one)):
            assert is_listed(key, path, made), f"{key}: {path} differs, and nothing says so"


EXACT = set(CLASSES) - {
    "unknown_keys",
    "parameters",
    "conditions",
    "closed",
    "find_in_map_default",
    "for_each",
    "global_replicas",
}


@pytest.mark.parametrize("name", sorted(EXACT))
def test_where_all_is_known_nothing_differs(name: str) -> None:
    """Listing everything would pass the other test; these have no excuse."""
    made = conversion(name)
    for key, one in expected(name).items():
        (spec,) = (each.spec for each in made.specs if logical(each) == key)
        truth = without_nothing({"class": "STANDARD", **one})
        if "replicas" in truth:  # what a spec's replica cannot have of its own is listed
            for own in truth["replicas"].values():
                own.pop("maxima", None)
        assert deployed(spec) == truth


@pytest.mark.parametrize("name", CLASSES)
def test_every_resource_ends_in_one_way(name: str) -> None:
    made = conversion(name)
    assert ConversionOutcome.LOST not in made.resources
    assert sum(made.resources.values()) >= len(made.specs)


def test_what_only_cloudformation_can_open_is_listed() -> None:
    made = conversion("closed")
    told = {note.where.what for note in made.lost}
    closed = {"Transform CompanyMacro", "Fn::Transform", "Nested", "Module", "Mine", "List", "Word", "Whole"}
    assert closed | {"Partly.Fn::Transform", "Partly.SSESpecification", "Mapping"} <= told
    assert made.resources == {ConversionOutcome.CONVERTED: 1, ConversionOutcome.LISTED: 8}


def test_what_is_not_known_is_a_variable_with_a_comment() -> None:
    made = conversion("parameters")
    orders, mode = made.specs
    assert orders.spec["read_capacity"] == "${var.Reads}"
    assert orders.spec["encryption"]["kms_key_arn"] == "${var.Key}"
    assert orders.spec["tags"]["team"] == "team-${var.Team}-$${x}"
    assert mode.spec["billing_mode"] == "${var.Billing}"
    assert "read_capacity" not in mode.spec
    lines = orders.yaml.splitlines()
    above = lines[lines.index("read_capacity: ${var.Reads}") - 1]
    assert above.startswith("# ${var.Reads} stands for what is not known: the parameter Reads has no default")
    assert "parameters.yaml:15:" in above


def test_a_construct_goes_by_its_path_in_the_app() -> None:
    (one,) = conversion("cdk_synth").specs
    assert one.source.endswith("(OrdersTable315BB997, Stack/OrdersTable)")


def test_the_file_of_a_spec_says_what_it_lacks() -> None:
    lines = conversion("global_replicas").specs[0].yaml.splitlines()
    assert any(line.startswith("# not carried over: Profiles.Replicas[1].") for line in lines[1:4])


def test_keys_that_are_known_in_part_are_no_keys() -> None:
    made = conversion("unknown_keys")
    assert [one.table for one in made.specs] == ["indexed"]
    assert "global_secondary_indexes" not in made.specs[0].spec
    told = {note.where.what: note.why for note in made.lost}
    assert "KeySchema is not known" in told["Ranged"]
    assert "KeySchema is not known" in told["Indexed.GlobalSecondaryIndexes"]
