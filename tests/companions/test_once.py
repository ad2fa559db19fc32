"""A live resource stands in a plan once: whatever the state calls it, and however many tables use it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dynaops.engine.plan import PlanOptions, PlanRefused, make_plan
from dynaops.model.change import Action
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.plan import Plan
from dynaops.specs.load import document_of
from dynaops.stores import state_edits
from tests.companions.bench import BASE, Bench, calls
from tests.e2e.census import census

CUSTOM = {
    "name": "shop-tables",
    "statements": [{"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"}],
}
RULE = {"name": "mine", "schedule": "cron(0 3 1 1 ? 2090)", "delete_after_days": 7}
SHARED: dict[str, dict[str, Any]] = {
    "policy": {"iam": {"custom": [CUSTOM]}},
    "log_group": {"log_group": {"name": "/dynaops/shop", "retention_days": 7}},
    "backup": {
        "backup": {
            "vault": {"name": "safe"},
            "plan": {
                "name": "shop",
                "rules": [RULE],
            },
        }
    },
}
ALL: dict[str, Any] = SHARED["log_group"] | SHARED["backup"]
OWN = {
    "iam": {"read_only": True},
    "alarms": {"throttles": True},
    "replicas": [{"region": "us-east-1"}],
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    "attributes": {"id": "S", "a": "S"},
    "ttl": {"attribute": "gone"},
}


def moved(bench: Bench, source: str, target: str) -> None:
    """Move records as earlier versions did, whatever AWS calls the table."""
    bench.store.save(state_edits.move(bench.state, source, target))


def refused(bench: Bench, *specs: dict[str, Any], **options: Any) -> PlanRefused:
    with pytest.raises(PlanRefused) as caught:
        make_plan(
            [document_of({**BASE, **spec}) for spec in specs],
            bench.state,
            bench.aws,
            PlanOptions(**options),
        )
    return caught.value


def removed(plan: Plan) -> list[str]:
    """What the plan's calls remove, as AWS names it."""
    return [operation.removes for operation in plan.operations if operation.removes]


@pytest.mark.parametrize("options", [{}, {"refresh": False}, {"targets": ("users",)}])
def test_a_moved_table_is_not_adopted_and_deleted(bench: Bench, options: dict[str, Any]) -> None:
    bench.apply(OWN)
    moved(bench, "users", "shop-users")
    error = refused(bench, OWN, **options)
    assert [finding.code for finding in error.findings] == ["PLAN120", "PLAN120"]  # the replica, too
    assert "users, shop-users are one table in AWS" in error.findings[0].message
    assert "dynaops state mv shop-users users" in (error.hint or "")


def test_nor_when_its_old_address_is_planned_too(bench: Bench) -> None:
    bench.apply(OWN)
    state = state_edits.move(bench.state, "users", "shop-users")
    table = state.resources["shop-users"].model_copy(update={"source": "specs/users.yaml"})
    bench.store.save(state.model_copy(update={"resources": {**state.resources, "shop-users": table}}))
    assert "state mv shop-users users" in (refused(bench, OWN, read=("specs",)).hint or "")


def test_a_state_that_names_a_table_twice_is_told(bench: Bench) -> None:
    bench.apply(OWN)
    twice = state_edits.move(bench.state, "users", "shop-users").resources | bench.state.resources
    bench.store.save(bench.state.model_copy(update={"resources": twice}))
    assert "dynaops state rm shop-users" in (refused(bench, OWN).hint or "")


def test_a_table_of_another_name_in_the_state_is_not_created_anew(bench: Bench) -> None:
    bench.apply({})
    moved(bench, "users", "shop-users")
    with pytest.raises(DynaopsError, match="shop-users is the table users in the state") as caught:
        bench.plan({"table_name": "shop-users"})
    assert "dynaops state mv shop-users users" in (caught.value.hint or "")


def test_a_replica_is_no_table_of_another_address(bench: Bench) -> None:
    bench.apply({"replicas": [{"region": "us-east-1"}]})
    state = bench.state
    replica = state.resources["users/replica/us-east-1"]
    table = state.resources["users"].model_copy(
        update={"region": "us-east-1", "arn": replica.arn, "id": None, "source": None}
    )
    bench.store.save(state.model_copy(update={"resources": {**state.resources, "far-users": table}}))
    error = refused(bench, {"replicas": [{"region": "us-east-1"}]})
    assert "users/replica/us-east-1" in error.message
    assert "us-east-1" in error.message


def test_an_address_that_is_given_back_leaves_nothing_to_do(bench: Bench) -> None:
    bench.apply(OWN)
    moved(bench, "users", "shop-users")
    moved(bench, "shop-users", "users")
    assert bench.plan(OWN).empty


@pytest.mark.parametrize("kind", SHARED)
def test_what_one_table_drops_and_another_takes_up_is_not_deleted(bench: Bench, kind: str) -> None:
    first, second = {"table_name": "aaa"}, {"table_name": "bbb"}
    for dropper, taker in ((first, second), (second, first)):
        bench.apply({**dropper, **SHARED[kind]}, taker)
        plan = bench.apply(dropper, {**taker, **SHARED[kind]})
        named = {change.address for change in plan.changes if change.action is Action.ADOPT}
        kept = {"policy", "log_group", "backup_vault", "backup_role", "backup_plan"}
        assert not [
            operation for operation in plan.operations if operation.removes and operation.kind in kept
        ]
        assert any(address.startswith(taker["table_name"]) for address in named)
        bench.destroy()


def test_what_several_tables_use_is_deleted_once(bench: Bench) -> None:
    before = census(bench.server)
    specs = [{"table_name": name, **ALL} for name in ("aaa", "bbb", "ccc")]
    bench.apply(*specs)
    plan = bench.destroy()
    assert census(bench.server) == before
    again = [name for name, times in Counter(removed(plan)).items() if times > 1]
    assert again == []
    assert Counter(calls(plan)) >= Counter(
        ["DeleteLogGroup", "DeleteBackupVault", "DeleteBackupPlan", "DeleteRole"]
    )


def test_what_is_left_to_others_is_none_of_a_narrow_destroy(bench: Bench) -> None:
    specs = [{"table_name": name, **ALL} for name in ("aaa", "bbb")]
    bench.apply(*specs)
    for target in ("aaa", "bbb"):
        plan = make_plan([], bench.state, bench.aws, PlanOptions(destroy=True, targets=(target,)))
        assert not {"DeleteLogGroup", "DeleteBackupVault", "DeleteRole"} & set(calls(plan))


def test_a_policy_that_stands_under_another_key_of_its_spec_is_kept(bench: Bench) -> None:
    named = {"name": "users-reading"}
    statements = [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "${table_arn}"}]
    bench.apply({"iam": {"custom": [{**named, "statements": statements}]}})
    plan = bench.apply({"iam": {"read_only": named}})
    assert not removed(plan)
    assert sorted(bench.state.resources) == ["users", "users/iam/read_only", "users/point_in_time_recovery"]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            {"iam": {"read_only": {"name": "x"}}},
            {"iam": {"read_only": {"name": "x"}}},
            "are both the IAM policy",
        ),
        ({"iam": {"custom": [CUSTOM]}}, {"iam": {"custom": [CUSTOM]}}, "are both the IAM policy"),
        (
            {"log_group": {"name": "/x", "retention_days": 7}},
            {"log_group": {"name": "/x", "retention_days": 30}},
            "retention_days",
        ),
    ],
)
def test_two_specs_that_would_undo_each_other_are_told(
    bench: Bench, first: dict[str, Any], second: dict[str, Any], said: str
) -> None:
    error = refused(bench, {"table_name": "aaa", **first}, {"table_name": "bbb", **second})
    assert len(error.findings) == 1
    assert said in error.message


def test_two_specs_that_differ_in_one_backup_plan_are_told_by_validate_already(bench: Bench) -> None:
    other = {**RULE, "delete_after_days": 8}
    blocks = [{"vault": {"name": "vault"}, "plan": {"name": "x", "rules": [rule]}} for rule in (RULE, other)]
    with pytest.raises(SpecError) as refusal:
        bench.plan(
            *({"table_name": name, "backup": one} for name, one in zip(("aaa", "bbb"), blocks, strict=True))
        )
    assert [one.code for one in refusal.value.findings] == ["DDB478"]
