"""How tables are kept from being lost: promises that the state remembers, and what becomes of a table that goes."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import PlanRefused
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import REGION, Bench, actions, calls
from tests.companions.test_saved_plans import Died, DyingAws
from tests.e2e.census import census

KEPT: dict[str, Any] = {"deletion_protection": True, "lifecycle": {"prevent_destroy": True}}
FREED: dict[str, Any] = {"deletion_protection": True}
BACKUP: dict[str, Any] = {"vault": {"name": "safe"}, "daily": {"retention_days": 7}}


def _destroyed(bench: Bench, *specs: dict[str, Any]) -> PlanRefused:
    bench.server.requests.clear()
    with pytest.raises(PlanRefused) as caught:
        bench.plan(*specs, destroy=True)
    assert not bench.server.requests.writes()
    return caught.value


def test_the_state_holds_a_promise_until_an_apply_gives_it_up(bench: Bench) -> None:
    bench.apply(KEPT)
    told = _destroyed(bench)
    assert [one.code for one in told.findings] == ["PLAN106"]
    assert "put its spec back" in str(told.hint)
    with pytest.raises(PlanRefused):
        bench.plan({**FREED, "hash_key": "key", "attributes": {"key": "S"}})
    given_up = bench.apply(FREED)
    assert (actions(given_up), calls(given_up)) == ({"users": "update"}, [])
    assert [one.path for one in given_up.changes[0].differences] == ["lifecycle.prevent_destroy"]
    bench.destroy()


def test_a_table_that_its_spec_alone_keeps_is_not_destroyed_either(bench: Bench) -> None:
    bench.apply({})
    _destroyed(bench, {"lifecycle": {"prevent_destroy": True}})
    plan = bench.plan({"lifecycle": {"on_destroy": "backup"}}, destroy=True)
    assert calls(plan) == ["CreateBackup", "DeleteTable"]
    assert actions(bench.plan({"lifecycle": {"on_destroy": "retain"}}, destroy=True))["users"] == "forget"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_promise_outlives_a_run_that_is_killed_while_it_makes_the_table(bench: Bench, when: str) -> None:
    dying = DyingAws(region=REGION, endpoint_url=bench.server.url, poll_cap=0.02)
    dying.when, dying.died = when, set()
    with pytest.raises(Died), bench.store.lock("apply"):
        apply_plan(bench.plan(KEPT), bench.store, dying, lambda _: None)
    assert not bench.plan(destroy=True).operations
    assert ("users" in actions(bench.apply(KEPT))) == (when == "before"), "what was made is remembered whole"
    _destroyed(bench)


def test_a_retained_table_keeps_all_that_is_around_it(bench: Bench) -> None:
    """Also what it shares with a table that is destroyed beside it."""
    spec = {"backup": BACKUP, "iam": {"read_only": True}, "ttl": {"attribute": "gone"}, "tags": {"a": "b"}}
    kept = {**spec, "lifecycle": {"on_destroy": "retain"}}
    bench.apply(kept, {**spec, "table_name": "orders"})
    before = census(bench.server)[REGION]
    plan = bench.destroy()
    assert {one for address, one in actions(plan).items() if address.startswith("users")} == {"forget"}
    assert all(one.address.startswith("orders") for one in plan.operations)
    after = census(bench.server)[REGION]
    assert (after["tables"], after["vaults"]) == (["users"], before["vaults"])
    assert set(actions(bench.apply(kept)).values()) == {"adopt"}, "it is there as it was"


def test_a_last_backup_is_made_and_waited_for_also_when_the_spec_is_gone(bench: Bench) -> None:
    bench.apply({**FREED, "lifecycle": {"on_destroy": "backup"}})
    plan = bench.destroy()
    assert calls(plan) == ["CreateBackup", "UpdateTable", "DeleteTable"]
    client = bench.client("dynamodb")
    (backup,) = client.list_backups(TableName="users")["BackupSummaries"]
    assert backup["BackupStatus"] == "AVAILABLE"
    assert backup["BackupName"].startswith("users-before-deletion-")
    assert backup["BackupName"] in plan.operations[0].title


@pytest.mark.parametrize(
    ("lifecycle", "kept"), [({"on_replace": "backup"}, ["a row"]), ({"on_replace": "discard"}, [])]
)
def test_a_replaced_table_is_backed_up_with_its_rows_before_it_is_deleted(
    bench: Bench, lifecycle: dict[str, str], kept: list[str]
) -> None:
    bench.apply({**FREED, "lifecycle": lifecycle})
    client = bench.client("dynamodb")
    client.put_item(TableName="users", Item={"id": {"S": "a row"}})
    plan = bench.apply({**FREED, "lifecycle": lifecycle, "hash_key": "key", "attributes": {"key": "S"}})
    assert [one for one in calls(plan) if one in ("CreateBackup", "DeleteTable", "CreateTable")] == [
        *(["CreateBackup"] if kept else []),
        *("DeleteTable", "CreateTable"),
    ]
    table = client.describe_table(TableName="users")["Table"]
    assert (table["KeySchema"][0]["AttributeName"], table["ItemCount"]) == ("key", 0)
    backups = client.list_backups(TableName="users")["BackupSummaries"]
    assert [one["BackupStatus"] for one in backups] == ["AVAILABLE"] * len(kept)
    rows = []
    for backup in backups:
        assert backup["BackupName"].startswith("users-before-replacement-")
        client.restore_table_from_backup(TargetTableName="restored", BackupArn=backup["BackupArn"])
        bench.server.advance(3600)
        rows = [item["id"]["S"] for item in client.scan(TableName="restored")["Items"]]
    assert rows == kept


def test_a_replacement_without_its_backup_is_not_made(bench: Bench) -> None:
    """The table and its rows stay, and the next apply goes on."""
    spec = {**FREED, "lifecycle": {"on_replace": "backup"}}
    bench.apply(spec)
    client = bench.client("dynamodb")
    client.put_item(TableName="users", Item={"id": {"S": "a row"}})
    fault = bench.server.faults.add(FaultRule("access_denied", operation="CreateBackup", times=None))
    changed = {**spec, "hash_key": "key", "attributes": {"key": "S"}}
    _, outcome = bench.run(changed)
    assert fault.hit
    assert set(outcome.failed) == {"users:CreateBackup"}
    assert client.describe_table(TableName="users")["Table"]["DeletionProtectionEnabled"]
    assert client.scan(TableName="users")["Count"] == 1
    bench.server.faults.clear()
    bench.apply(changed)
    assert len(client.list_backups(TableName="users")["BackupSummaries"]) == 1


def test_without_its_last_backup_a_table_stays_protected(bench: Bench) -> None:
    bench.apply({**FREED, "lifecycle": {"on_destroy": "backup"}})
    fault = bench.server.faults.add(FaultRule("access_denied", operation="CreateBackup", times=None))
    _, outcome = bench.run(destroy=True)
    assert fault.hit
    assert set(outcome.failed) == {"users:CreateBackup"}
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert table["DeletionProtectionEnabled"]
