"""A PROVISIONED table with replicas: what validate passes, AWS makes; what it refuses, AWS would have refused."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.errors import SpecError
from dynaops.sandbox import SandboxServer
from dynaops.specs.check import check
from dynaops.specs.load import document_of
from tests.companions.bench import BASE, Bench

SCALING = {"min": 1, "max": 9}
TABLE: dict[str, Any] = {
    "billing_mode": "PROVISIONED",
    "read_capacity": 1,
    "write_capacity": 1,
    "attributes": {"id": "S", "a": "S", "b": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}, {"name": "by-b", "hash_key": "b"}],
}
REPLICA = {"replicas": [{"region": "us-east-1"}]}
BOTH = {"read": SCALING, "write": SCALING}
SIDES: dict[str, dict[str, Any]] = {
    "none": {},
    "read": {"read": SCALING},
    "write": {"write": SCALING},
    "both": BOTH,
}


def findings(**spec: Any) -> list[Any]:
    return [one for one in check([document_of({**BASE, **spec})]) if one.code == "DDB507"]


def spec_of(table: str, first: str, second: str) -> dict[str, Any]:
    indexes = {name: SIDES[side] for name, side in (("by-a", first), ("by-b", second)) if side != "none"}
    block = {**SIDES[table], **({"indexes": indexes} if indexes else {})}
    return {**TABLE, **REPLICA, **({"autoscaling": block} if block else {})}


@pytest.mark.parametrize(("table", "first", "second"), list(product(SIDES, repeat=3)))
def test_every_write_capacity_is_scaled_or_told(table: str, first: str, second: str) -> None:
    lacking = [
        name
        for name, side in (("the table", table), ("index by-a", first), ("index by-b", second))
        if side in ("none", "read")
    ]
    found = findings(**spec_of(table, first, second))
    assert bool(found) is bool(lacking)
    for finding in found:
        assert f"that of {', '.join(lacking)} is not" in finding.message


@pytest.mark.parametrize("side", SIDES)
def test_all_indexes_as_the_table(side: str) -> None:
    spec = {**TABLE, **REPLICA, "autoscaling": {**SIDES[side], "indexes": "all"}}
    assert bool(findings(**spec)) is (side in ("none", "read"))


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({**TABLE, "autoscaling": {"write": SCALING}}, id="no replicas"),
        pytest.param({**TABLE, **REPLICA, "billing_mode": "PAY_PER_REQUEST"}, id="on demand"),
        pytest.param(
            {**TABLE, **REPLICA, "global_secondary_indexes": None, "autoscaling": {"write": SCALING}},
            id="no indexes",
        ),
    ],
)
def test_where_nothing_needs_to_be_scaled(spec: dict[str, Any]) -> None:
    on_demand = spec["billing_mode"] == "PAY_PER_REQUEST"
    left_out = ("read_capacity", "write_capacity") if on_demand else ()
    assert not findings(**{key: value for key, value in spec.items() if value and key not in left_out})


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    return Bench(tmp_path, server)


def test_what_passes_is_made(bench: Bench) -> None:
    """A replica that comes later, with only the writes scaled of all."""
    wanted = spec_of("write", "both", "write")
    bench.apply({key: value for key, value in wanted.items() if key != "replicas"})
    assert not findings(**wanted)
    bench.apply(wanted)


def test_what_is_refused_is_refused_before_anything_is_sent(bench: Bench) -> None:
    """A replica that comes later, to a table whose index is scaled on the reading side alone."""
    wanted = spec_of("both", "both", "read")
    bench.apply({key: value for key, value in wanted.items() if key != "replicas"})
    sent = len(bench.server.requests.writes())
    with pytest.raises(SpecError) as refused:
        bench.run(wanted)
    assert [one.code for one in refused.value.findings] == ["DDB507"]
    assert len(bench.server.requests.writes()) == sent


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"replicas": [{"region": "us-east-1"}]}, False),
        ({"global_table": {"source_arn": "arn:aws:dynamodb:eu-west-1:210987654321:table/users"}}, False),
        (
            {
                "replicas": [{"region": "eu-west-2"}, {"region": "eu-west-3"}],
                "multi_region_consistency": "STRONG",
            },
            True,
        ),
    ],
    ids=["alone", "replica", "of another account", "strong"],
)
@pytest.mark.parametrize("protected", [True, False])
def test_only_members_of_a_group_are_protected_from_leaving_it(
    more: dict[str, Any], found: bool, protected: bool
) -> None:
    block = {**more.get("global_table", {}), "disassociation_protection": protected}
    spec = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}, **more, "global_table": block}
    codes = [one.code for one in check([document_of(spec)])]
    assert ("DDB508" in codes) is found, codes
