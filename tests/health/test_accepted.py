"""Suppressions in plans, and what `backup verify` left that nobody can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.health.observations import read_drills
from dynaops.sandbox import SandboxServer
from tests.companions.bench import Bench

AGAIN = {"suppress": [{"finding": "PLAN107", "reason": "made anew every night"}]}


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    return Bench(tmp_path, server)


def test_a_plan_leaves_out_what_the_spec_accepts(bench: Bench) -> None:
    plain = {"point_in_time_recovery": False}
    assert {one.code for one in bench.plan(plain).warnings} == {"DDB311"}
    accepted = {**plain, "suppress": [{"finding": "DDB311", "reason": "a cache"}]}
    assert bench.plan(accepted).warnings == ()


def test_a_plan_leaves_out_what_only_aws_tells(bench: Bench) -> None:
    bench.apply({})
    client = bench.client("dynamodb")
    client.delete_table(TableName="users")
    client.get_waiter("table_not_exists").wait(TableName="users", WaiterConfig={"Delay": 1})
    client.create_table(
        TableName="users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert {one.code for one in bench.plan({}).warnings} == {"PLAN107"}
    assert bench.plan(AGAIN).warnings == ()


def test_suppressions_are_no_change(bench: Bench) -> None:
    bench.apply({})
    assert bench.plan(AGAIN).empty


@pytest.mark.parametrize("text", ["", "[1]", '{"eu-west-1/users": 3, "eu-west-1/orders": {"at": "soon"}}'])
def test_notes_of_drills_that_nobody_can_read_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "drills.json").write_text(text, encoding="utf-8")
    assert read_drills(tmp_path) == {}
    assert read_drills(tmp_path / "nowhere") == {}
