"""What AWS bills by the month, before and after a plan."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.kinds.backup_plan.billing import runs_per_day
from dynaops.model.cost import Span
from tests.costs.tables import GIB, INDEXED, REGION, billed

PROVISIONED: dict[str, Any] = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 2}
OFF: dict[str, Any] = {"point_in_time_recovery": False}


def at(amount: float) -> Span:
    return Span(low=amount, high=amount)


def test_capacity_of_table_and_indexes() -> None:
    index = {"name": "by-a", "hash_key": "a", "read_capacity": 7, "write_capacity": 3}
    found, by_use = billed(
        PROVISIONED, {**PROVISIONED, **INDEXED, "global_secondary_indexes": [index]}, size=GIB
    )
    table = found["users", REGION, "write_capacity"]
    assert (table.before, table.after) == (at(2), at(2))
    made = found["users/gsi/by-a", REGION, "read_capacity"]
    assert (made.before, made.after) == (at(0), at(7))
    assert found["users/gsi/by-a", REGION, "storage"].after == Span(low=0, high=1), "at most as its table"
    assert by_use == []


def test_autoscaled_capacity_is_a_range_that_schedules_widen() -> None:
    scaling = {
        "min": 5,
        "max": 50,
        "schedules": [{"name": "night", "schedule": "cron(0 22 * * ? *)", "min": 1, "max": 70}],
    }
    found, _ = billed(PROVISIONED, {**PROVISIONED, "autoscaling": {"write": scaling}})
    write = found["users", REGION, "write_capacity"]
    assert (write.before, write.after) == (at(2), Span(low=1, high=70))
    assert found["users", REGION, "read_capacity"].after == at(5)


def test_on_demand_is_by_use_and_new_where_it_was_not() -> None:
    found, by_use = billed(PROVISIONED, {})
    assert found["users", REGION, "write_capacity"].after == at(0)
    assert [(one.item, one.new) for one in by_use] == [("read_requests", True), ("write_requests", True)]
    _, same = billed({}, {"tags": {"a": "b"}})
    assert [one.new for one in same] == [False, False]


def test_storage_and_recovery_by_live_size_class_and_replica() -> None:
    replicated = {**INDEXED, "replicas": [{"region": "us-east-1", "point_in_time_recovery": True}]}
    found, by_use = billed(
        {**INDEXED, **OFF},
        {**replicated, "table_class": "STANDARD_INFREQUENT_ACCESS"},
        size=10 * GIB,
        index_size=4 * GIB,
    )
    assert found["users", REGION, "storage"].after == at(0)
    assert found["users", REGION, "ia_storage"].after == at(10)
    assert found["users/gsi/by-a", "us-east-1", "ia_storage"].after == at(4)
    assert found["users", REGION, "recovery"].after == at(10)
    assert found["users", "us-east-1", "recovery"].after == at(10)
    assert {one.item for one in by_use} == {"ia_read_requests", "ia_replicated_write_requests"}
    assert {one.region for one in by_use} == {REGION, "us-east-1"}


def test_what_is_destroyed_costs_nothing_and_what_is_new_is_empty() -> None:
    found, by_use = billed({**PROVISIONED, **INDEXED}, None, size=GIB, index_size=GIB)
    assert {one.after for one in found.values()} == {at(0)}
    assert found["users/gsi/by-a", REGION, "storage"].before == at(1)
    assert by_use == []
    _, made = billed(None, PROVISIONED)
    assert [(one.item, one.new) for one in made] == [("storage", True), ("recovery", True)]


def test_a_replaced_table_begins_empty() -> None:
    found, by_use = billed({}, {"hash_key": "key", "attributes": {"key": "S"}}, size=3 * GIB)
    assert (found["users", REGION, "storage"].before, found["users", REGION, "storage"].after) == (
        at(3),
        at(0),
    )
    assert ("storage", True) in [(one.item, one.new) for one in by_use]


def test_backups_by_how_many_are_kept() -> None:
    copies = [{"vault_arn": "arn:aws:backup:us-east-1:1:backup-vault:v", "delete_after_days": 7}]
    rule = {"name": "all", "schedule": "cron(0 5 ? * * *)", "cold_storage_after_days": 30}
    plan = {"plan": {"rules": [{**rule, "delete_after_days": 130, "copy_to": copies}]}}
    found, _ = billed({}, {"backup": plan}, size=2 * GIB)
    kept = {(region, item): one.after.low for (address, region, item), one in found.items() if "/" in address}
    assert kept == {(REGION, "backup"): 60, (REGION, "cold_backup"): 200, ("us-east-1", "backup"): 14}
    _, for_ever = billed({}, {"backup": {"plan": {"rules": [{"name": "a", "schedule": rule["schedule"]}]}}})
    assert "backup" in {one.item for one in for_ever}


def test_alarms_by_the_metrics_they_watch() -> None:
    found, _ = billed({}, {"alarms": {"throttles": True, "system_errors": True}})
    assert found["users", REGION, "alarm"].after == at(12)


@pytest.mark.parametrize(
    ("schedule", "often"),
    [
        ("cron(0 5 ? * * *)", 1),
        ("cron(0 5 ? * SUN *)", 1 / 7),
        ("cron(0 5 ? * MON-FRI *)", 5 / 7),
        ("cron(0/30 8-17 ? * * *)", 20),
        ("cron(0 5 1 * ? *)", 12 / 365.25),
        ("cron(0 5 L 1,7 ? *)", 2 / 365.25),
        ("rate(12 hours)", 2),
        ("cron(0 3 1 1 ? 2090)", None),
        ("cron(0/0 3 * * ? *)", None),
        ("now and then", None),
    ],
)
def test_how_often_a_schedule_comes_round(schedule: str, often: float | None) -> None:
    assert runs_per_day(schedule) == (None if often is None else pytest.approx(often))
