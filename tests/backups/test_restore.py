"""Backup, damage, restore: the same rows, all settings back, an empty plan.

From all three sources, and broken off anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynaops.backups.restore import (
    Restoration,
    RestoreRequest,
    adopted,
    plan_restore,
    plan_settings,
    spec_text,
    write_spec,
)
from dynaops.engine.apply import ApplyOptions, apply_plan
from dynaops.engine.import_table import yaml_of
from dynaops.engine.plan import PlanOptions, PlanRefused, make_plan
from dynaops.model.backup import Via
from dynaops.model.errors import DynaopsError
from dynaops.model.plan import Plan
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.load import document_of, load
from dynaops.stores.memory import MemoryStore
from tests.backups.shop import SETTINGS, Shop
from tests.companions.bench import BASE, REGION, calls

TRIGGERED = {**SETTINGS, "autoscaling": {"read": {"min": 1, "max": 9}, "write": {"min": 1, "max": 9}}}


def request(shop: Shop, reference: str, **more: Any) -> RestoreRequest:
    more.setdefault("file", Path("specs/restored.yaml"))
    return RestoreRequest(reference, "restored", REGION, **more)


def planned(shop: Shop, reference: str, **more: Any) -> Restoration:
    return plan_restore(request(shop, reference, **more), shop.state, shop.aws)


def put_back(shop: Shop, restoration: Restoration) -> Plan:
    """The second half: spec, settings, state; nothing may be left to do."""
    write_spec(restoration, spec_text(restoration))
    plan = plan_settings(restoration, shop.state, shop.aws)
    outcome = apply_plan(plan, shop.store, shop.aws, lambda _: None)
    assert outcome.complete, outcome
    left = make_plan(
        load([restoration.file]), shop.state, shop.aws, PlanOptions(read=(str(restoration.file),))
    )
    assert left.empty and not left.updates and not left.drift, left
    assert restoration.derived is None or not left.unmanaged, left.unmanaged
    return plan


def restore(shop: Shop, reference: str, **more: Any) -> Restoration:
    """All of it."""
    restoration = planned(shop, reference, **more)
    outcome = shop.run_plan(restoration.plan)
    assert outcome.complete, outcome
    put_back(shop, restoration)
    return restoration


def on_demand(shop: Shop) -> dict[str, Any]:
    return {"reference": shop.back_up().name}


def point(shop: Shop) -> dict[str, Any]:
    return {"reference": shop.back_up(Via.AWS_BACKUP).arn}


def time(shop: Shop) -> dict[str, Any]:
    return {"reference": "users", "at": shop.now()}


@pytest.mark.parametrize("source", [on_demand, point, time])
@pytest.mark.usefixtures("workdir")
def test_damage_is_undone_and_all_settings_are_back(shop: Shop, source: Callable[[Shop], Any]) -> None:
    shop.fill()
    before = shop.content()
    how = source(shop)
    shop.damage()
    assert shop.content() != before
    restore(shop, **how)
    assert shop.content("restored") == before
    dynamodb, name = shop.rows, {"TableName": "restored"}
    table = dynamodb.describe_table(**name)["Table"]
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert (
        table["DeletionProtectionEnabled"] and table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    )
    assert [one["IndexName"] for one in table["GlobalSecondaryIndexes"]] == ["by-mail"]
    assert dynamodb.describe_time_to_live(**name)["TimeToLiveDescription"]["AttributeName"] == "gone"
    tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {"Key": "team", "Value": "shop"} in tags
    assert table["TableArn"] in dynamodb.get_resource_policy(ResourceArn=table["TableArn"])["Policy"]
    mappings = shop.client("lambda").list_event_source_mappings(FunctionName="worker")["EventSourceMappings"]
    assert any("table/restored/" in one["EventSourceArn"] for one in mappings)
    assert shop.state.resources["restored"].id == table["TableId"]
    assert shop.plan(shop.spec).empty


@pytest.mark.usefixtures("workdir")
def test_autoscaling_is_back(shop: Shop) -> None:
    provisioned = {
        "billing_mode": "PROVISIONED",
        "read_capacity": 2,
        "write_capacity": 2,
        "deletion_protection": False,
    }
    scaled = {**TRIGGERED, **provisioned, "global_secondary_indexes": [], "attributes": {"id": "S"}}
    shop.apply(scaled)
    restore(shop, on_demand(shop)["reference"])
    found = shop.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="dynamodb")
    assert sum(one["ResourceId"] == "table/restored" for one in found["ScalableTargets"]) == 2


@pytest.mark.parametrize("source", [on_demand, point, time])
@pytest.mark.usefixtures("workdir")
def test_a_restore_that_was_left_is_picked_up(shop: Shop, source: Callable[[Shop], Any]) -> None:
    """At its very beginning, when AWS Backup has made no table yet; and again while the table is being filled."""
    shop.fill(5)
    before = shop.content()
    how = source(shop)
    shop.server.clock.set_speed(0)
    begun = planned(shop, **how)
    left = apply_plan(begun.plan, MemoryStore(), shop.aws, lambda _: None, ApplyOptions(wait=False))
    assert len(left.left) == 1
    shop.server.requests.clear()
    for seconds in (0, 15):
        shop.pass_time(seconds)
        again = planned(shop, **how)
        assert calls(again.plan) == [
            "DescribeRestoreJob" if source is point and not seconds else "DescribeTable"
        ]
    shop.server.clock.set_speed(3600)
    assert shop.run_plan(again.plan).complete
    assert shop.server.requests.writes() == []
    assert planned(shop, **how).plan.operations == ()
    put_back(shop, again)
    assert shop.content("restored") == before


@pytest.mark.usefixtures("workdir")
def test_settings_that_failed_half_way_are_picked_up(shop: Shop) -> None:
    name = shop.back_up().name
    restoration = planned(shop, name)
    assert shop.run_plan(restoration.plan).complete
    write_spec(restoration, spec_text(restoration))
    shop.server.faults.add(FaultRule("access_denied", operation="UpdateTimeToLive"))
    plan = plan_settings(restoration, shop.state, shop.aws)
    assert apply_plan(plan, shop.store, shop.aws, lambda _: None).failed
    again = planned(shop, name)
    assert again.plan.operations == ()
    assert "UpdateTimeToLive" in calls(put_back(shop, again))


@pytest.mark.parametrize("api", ["RestoreTableFromBackup", "StartRestoreJob"])
@pytest.mark.usefixtures("workdir")
def test_a_lost_answer_restores_once(shop: Shop, api: str) -> None:
    via = Via.AWS_BACKUP if api == "StartRestoreJob" else Via.DYNAMODB
    restoration = planned(shop, shop.back_up(via).arn)
    shop.server.faults.add(FaultRule("drop_after", operation=api))
    assert shop.run_plan(restoration.plan).complete
    put_back(shop, restoration)


@pytest.mark.usefixtures("workdir")
def test_the_spec_is_that_of_the_file_the_table_came_from(shop: Shop) -> None:
    spec = {**BASE, **shop.spec, "items": [{"id": "admin"}], "log_group": {"name": "/shop/users"}}
    path = Path("shop.yaml")
    path.write_text(yaml_of(spec))
    plan = make_plan(load([path]), shop.state, shop.aws)
    assert apply_plan(plan, shop.store, shop.aws, lambda _: None).complete
    restoration = restore(shop, on_demand(shop)["reference"], file=None)
    assert restoration.file == Path("restored.yaml")
    derived = load([restoration.file])[0].node.plain()
    assert "items" not in derived and derived["log_group"] == {"name": "/shop/restored"}
    assert derived["resource_policy"]["Statement"][0]["Resource"] == "${table_arn}"


@pytest.mark.usefixtures("workdir")
def test_a_table_that_is_gone_is_restored_by_its_record(shop: Shop) -> None:
    name = shop.back_up().name
    shop.rows.update_table(TableName="users", DeletionProtectionEnabled=False)
    shop.pass_time(60)
    shop.rows.delete_table(TableName="users")
    shop.pass_time(60)
    restoration = restore(shop, name)
    assert restoration.derived and restoration.derived.origin == "the state"
    assert shop.state.resources["restored/ttl"].properties["attribute"] == "gone"


@pytest.mark.parametrize("system", [False, True])
@pytest.mark.usefixtures("workdir")
def test_a_table_takes_its_own_place_again(shop: Shop, system: bool) -> None:
    """It was deleted behind our back; its spec is in a file with another table's, which is left alone."""
    shop.fill(4)
    before = shop.content()
    path = Path("shop.yaml")
    other = yaml_of({**BASE, "table_name": "other", "region": REGION})
    path.write_text(yaml_of({**BASE, **shop.spec, "region": REGION}) + "---\n" + other)
    options = PlanOptions(read=(str(path),))
    made = apply_plan(
        make_plan(load([path]), shop.state, shop.aws, options), shop.store, shop.aws, lambda _: None
    )
    assert made.complete
    path.write_text(path.read_text() + "tags: {waiting: to be applied}\n")
    name = shop.back_up().name
    shop.rows.update_table(TableName="users", DeletionProtectionEnabled=False)
    shop.pass_time(60)
    shop.rows.delete_table(TableName="users")
    shop.pass_time(60)
    reference = "users$DeletedTableBackup" if system else name
    restoration = plan_restore(RestoreRequest(reference, "users", REGION), shop.state, shop.aws)
    assert restoration.file == path and restoration.derived is None
    assert shop.run_plan(restoration.plan).complete
    shop.server.requests.clear()
    plan = plan_settings(restoration, shop.state, shop.aws)
    assert not plan.destructive and {one.address.partition("/")[0] for one in plan.operations} == {"users"}
    assert apply_plan(plan, shop.store, shop.aws, lambda _: None).complete
    left = make_plan(load([path]), shop.state, shop.aws, options)
    assert [one.address for one in left.changes] == ["other"] and not left.drift, left
    assert shop.content() == before


@pytest.mark.usefixtures("workdir")
def test_a_table_that_nobody_knows_is_taken_over_as_it_is(shop: Shop) -> None:
    shop.fill(3)
    shop.apply({**shop.spec, "deletion_protection": False})
    name = shop.back_up().name
    shop.destroy()
    restoration = planned(shop, name)
    assert restoration.unknown and [one.code for one in restoration.plan.warnings] == ["BACKUP121"]
    assert shop.run_plan(restoration.plan).complete
    imported = adopted(restoration, shop.state, shop.aws)
    shop.store.save(imported.state)
    write_spec(restoration, imported.spec_yaml)
    assert make_plan(load([restoration.file]), shop.state, shop.aws).empty
    assert len(shop.content("restored")) == 3


@pytest.mark.usefixtures("workdir")
def test_a_spec_of_its_own_and_keys_left_out(shop: Shop) -> None:
    name = shop.back_up().name
    without = planned(shop, name, without=("lambda_triggers", "backup"))
    assert without.derived and not {"lambda_triggers", "backup"} & set(without.derived.spec)
    with pytest.raises(DynaopsError, match="--without kinesis"):
        planned(shop, name, without=("kinesis",))
    own = Path("own.yaml")
    own.write_text(yaml_of({**BASE, "table_name": "restored", "region": REGION}))
    restoration = restore(shop, name, file=own)
    assert restoration.derived is None
    assert "restored/ttl" not in shop.state.resources
    own.write_text(yaml_of({**BASE, "table_name": "another"}))
    with pytest.raises(PlanRefused, match="is there already, and not the spec of restored"):
        planned(shop, name, file=own)


@pytest.mark.usefixtures("workdir")
def test_a_backup_of_other_keys_is_never_rebuilt(shop: Shop) -> None:
    name = shop.back_up().name
    own = Path("own.yaml")
    own.write_text(
        yaml_of(
            {"table_name": "restored", "region": REGION, "hash_key": "other", "attributes": {"other": "S"}}
        )
    )
    restoration = planned(shop, name, file=own)
    assert shop.run_plan(restoration.plan).complete
    with pytest.raises(DynaopsError, match=r"restored is restored, but own\.yaml would have it otherwise"):
        plan_settings(restoration, shop.state, shop.aws)


@pytest.mark.usefixtures("workdir")
def test_wrong_names_and_times(shop: Shop) -> None:
    name = shop.back_up().name
    for asked, words in (
        ({"reference": "nothing"}, "There is no backup nothing in eu-west-1"),
        ({"reference": "users"}, "There is no backup users in eu-west-1, but a table"),
        ({"reference": "nothing", "latest": True}, "There is no table nothing in eu-west-1"),
        ({"reference": "users", "at": 1.0}, "users cannot be restored to 1970-01-01 00:00:01 UTC"),
        ({"reference": name, "latest": True}, "There is no table"),
    ):
        with pytest.raises(DynaopsError, match=words):
            planned(shop, **asked)
    with pytest.raises(DynaopsError) as error:
        planned(shop, "users", at=1.0)
    assert "It can be restored to any second from 20" in (error.value.hint or "")
    with pytest.raises(DynaopsError, match="not the name of a table"):
        plan_restore(RestoreRequest(name, "a b", REGION), shop.state, shop.aws)
    with pytest.raises(DynaopsError, match="There is a table users in eu-west-1 already"):
        plan_restore(RestoreRequest(name, "users", REGION), shop.state, shop.aws)
    shop.apply({**shop.spec, "point_in_time_recovery": False})
    with pytest.raises(DynaopsError, match="Point-in-time recovery of users is off") as off:
        planned(shop, "users", latest=True)
    assert name in (off.value.hint or "")


@pytest.mark.usefixtures("workdir")
def test_a_backup_that_is_in_use(shop: Shop) -> None:
    name = shop.back_up().name
    restoration = planned(shop, name)
    shop.server.clock.set_speed(0)
    apply_plan(restoration.plan, MemoryStore(), shop.aws, lambda _: None, ApplyOptions(wait=False))
    second = plan_restore(
        RestoreRequest(name, "second", REGION, file=Path("second.yaml")), shop.state, shop.aws
    )
    outcome = shop.run_plan(second.plan)
    assert "BackupInUseException" in next(iter(outcome.failed.values()))
    assert "one restore at a time" in next(iter(outcome.hints.values()))


def test_names_that_only_one_table_can_use() -> None:
    from dynaops.backups.settings import renamed

    spec = {
        **BASE,
        "items": [{"id": "1"}],
        "global_secondary_indexes": [{"name": "a", "hash_key": "id", "replaces": "b"}],
        "iam": {"read_only": {"name": "readers"}, "custom": [{"name": "users-x", "statements": []}]},
        "resource_policy": {"Statement": [{"Resource": "arn:aws:dynamodb:eu-west-1:1:table/users/index/*"}]},
    }
    found = renamed(spec, "users", "restored", REGION)
    assert found["table_name"] == "restored" and "items" not in found
    assert found["global_secondary_indexes"] == [{"name": "a", "hash_key": "id"}]
    assert found["iam"]["read_only"]["name"] == "readers-restored"
    assert found["iam"]["custom"][0]["name"] == "restored-x"
    assert found["resource_policy"]["Statement"][0]["Resource"].endswith("table/restored/index/*")
    assert spec["table_name"] == "users" and spec["global_secondary_indexes"][0]["replaces"] == "b"
    assert document_of({**BASE, "table_name": "x"})
