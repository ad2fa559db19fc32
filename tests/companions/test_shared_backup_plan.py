"""One backup plan for several tables: by tag, or by each table's own selection; never two plans of one name."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import PlanOptions, PlanRefused, make_plan
from dynaops.model.errors import SpecError
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.check import check, errors
from dynaops.specs.load import document_of
from tests.companions.bench import BASE, REGION, Bench, actions, calls
from tests.companions.test_backup_plan import census, plans, recovery_point, roles, selections, vaults

ALL_TABLES = "arn:aws:dynamodb:*:*:table/*"
TAGS = {"backup": "gold"}
RULES = [{"name": "often", "schedule": "cron(0 3 1 1 ? 2090)", "delete_after_days": 30}]


def by_tag(table: str = "users", /, tags: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    chosen = tags or TAGS
    block = {"vault": {"name": "safe"}, "plan": {"name": "gold", "rules": RULES}, "select_by_tag": chosen}
    return {"table_name": table, "tags": chosen, "backup": {**block, **more}}


def by_name(table: str, plan: str, **more: Any) -> dict[str, Any]:
    block = {"vault": {"name": "safe"}, "plan": {"name": plan, "rules": RULES}}
    return {"table_name": table, "backup": {**block, **more}}


def names(bench: Bench) -> list[str]:
    """The names of all plans, with repetitions."""
    listed = bench.client("backup").list_backup_plans()["BackupPlansList"]
    return sorted(one["BackupPlanName"] for one in listed)


def backup_calls(plan: Any) -> list[str]:
    return [one.api for one in plan.operations if one.service in ("backup", "iam")]


THREE = ("orders", "users", "views")


def test_life_of_one_plan_for_three_tables(bench: Bench) -> None:
    empty = census(bench)
    plan = bench.apply(*map(by_tag, THREE))
    assert backup_calls(plan) == [
        *("CreateRole", "AttachRolePolicy", "AttachRolePolicy"),
        *("CreateBackupVault", "CreateBackupPlan", "CreateBackupSelection"),
    ]
    assert (names(bench), sorted(vaults(bench)), len(roles(bench))) == (["gold"], ["safe"], 1)
    (selection,) = selections(bench)
    assert selection["Resources"] == [ALL_TABLES]
    wanted = [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "gold"}]
    assert selection["Conditions"]["StringEquals"] == wanted
    ids = {bench.state.resources[f"{table}/backup/plan"].id for table in THREE}
    assert len(ids) == 1
    assert None not in ids

    changed: dict[str, Any] = {"plan": {"name": "gold", "rules": [{**RULES[0], "delete_after_days": 60}]}}
    plan = bench.apply(*(by_tag(table, **changed) for table in THREE))
    assert calls(plan) == ["UpdateBackupPlan"]
    assert plans(bench)["gold"]["often"]["Lifecycle"] == {"DeleteAfterDays": 60}

    kept = [by_tag(table, **changed) for table in THREE[1:]]
    assert calls(bench.apply({"table_name": "orders", "tags": TAGS}, *kept)) == []
    assert (names(bench), len(selections(bench))) == (["gold"], 1)
    plan = bench.apply(*({"table_name": table, "tags": TAGS} for table in THREE))
    assert backup_calls(plan)[:3] == ["DeleteBackupSelection", "DeleteBackupPlan", "DeleteBackupVault"]
    assert len(backup_calls(plan)) == 6
    assert census(bench) == empty
    bench.apply(*map(by_tag, THREE))
    bench.destroy()
    assert census(bench) == empty


def test_what_is_tagged_is_backed_up_and_nothing_else(bench: Bench) -> None:
    rules = [{"name": "hourly", "schedule": "cron(0 * ? * * *)"}]
    block: dict[str, Any] = {"plan": {"name": "gold", "rules": rules}}
    bench.apply(by_tag("users", **block), {"table_name": "others"})
    bench.server.advance(2 * 3600)
    client = bench.client("backup")
    points = client.list_recovery_points_by_backup_vault(BackupVaultName="safe")["RecoveryPoints"]
    assert {one["ResourceArn"].rpartition("/")[2] for one in points} == {"users"}


def test_a_table_joins_and_the_plan_of_one_run_is_for_one_file(bench: Bench) -> None:
    bench.apply(by_tag("users"))
    plan = bench.apply(by_tag("orders"), by_tag("users"))
    assert backup_calls(plan) == []
    assert actions(plan)["orders/backup/plan"] == "adopt"
    assert not any(one.danger for one in plan.changes), "the state knows the plan: no consent is needed"
    assert bench.plan(by_tag("orders")).empty
    assert bench.plan(by_tag("users")).empty


def test_other_tags_are_one_replacement(bench: Bench) -> None:
    bench.apply(by_tag("orders"), by_tag("users"))
    other = {"backup": "silver", "team": "a"}
    plan = bench.apply(by_tag("orders", other), by_tag("users", other))
    assert backup_calls(plan) == ["DeleteBackupSelection", "CreateBackupSelection"]
    (selection,) = selections(bench)
    keys = {one["ConditionKey"]: one["ConditionValue"] for one in selection["Conditions"]["StringEquals"]}
    assert keys == {"aws:ResourceTag/backup": "silver", "aws:ResourceTag/team": "a"}
    own = {"role_arn": "arn:aws:iam::123456789012:role/own"}
    plan = bench.apply(by_tag("orders", other, **own), by_tag("users", other, **own))
    assert backup_calls(plan).count("CreateBackupSelection") == 1
    assert selections(bench)[0]["IamRoleArn"] == own["role_arn"]
    assert roles(bench) == []


def test_a_key_of_a_shared_vault_is_changed_once(bench: Bench) -> None:
    key = f"arn:aws:kms:{REGION}:123456789012:key/00000000-0000-0000-0000-00000000000"
    bench.apply(*(by_tag(one, vault={"name": "safe", "kms_key_arn": f"{key}0"}) for one in THREE))
    plan = bench.apply(*(by_tag(one, vault={"name": "safe", "kms_key_arn": f"{key}1"}) for one in THREE))
    assert calls(plan) == ["DeleteBackupVault", "CreateBackupVault"]
    assert vaults(bench)["safe"]["EncryptionKeyArn"] == f"{key}1"


@pytest.mark.parametrize("tagged", [False, True])
def test_plans_of_their_own_become_one(bench: Bench, tagged: bool) -> None:
    """Each table has a plan; then all name the same: it is made once, and the old ones go when it is there."""
    bench.apply(*(by_name(table, f"{table}-plan") for table in THREE))
    assert len(names(bench)) == 3
    made = [by_tag(table) if tagged else by_name(table, "gold") for table in THREE]
    plan = bench.apply(*made)
    done = backup_calls(plan)
    assert done.count("CreateBackupPlan") == 1
    assert done.count("DeleteBackupPlan") == 3
    assert "UpdateBackupPlan" not in done
    assert names(bench) == ["gold"]
    assert len(selections(bench)) == (1 if tagged else 3)
    assert not any("retired" in address for address in bench.state.resources)
    back = bench.apply(*(by_name(table, f"{table}-plan") for table in THREE))
    assert backup_calls(back).count("DeleteBackupPlan") == 1
    assert names(bench) == [f"{table}-plan" for table in THREE]
    assert [one["Resources"][0].rpartition("/")[2] for one in selections(bench)].sort() == list(THREE).sort()


def test_who_leaves_a_shared_plan_changes_nothing_of_it(bench: Bench) -> None:
    bench.apply(*(by_name(table, "gold") for table in THREE))
    plan = bench.apply(by_name("orders", "silver"), *(by_name(table, "gold") for table in THREE[1:]))
    assert backup_calls(plan) == ["CreateBackupPlan", "CreateBackupSelection", "DeleteBackupSelection"]
    assert names(bench) == ["gold", "silver"]
    assert backup_calls(bench.apply(*(by_name(table, "gold") for table in THREE))) == [
        *("CreateBackupSelection", "DeleteBackupSelection", "DeleteBackupPlan"),
    ]
    assert names(bench) == ["gold"]


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"plan": {"name": "gold", "rules": [{**RULES[0], "delete_after_days": 31}]}}, "rules"),
        ({"vault": {"name": "other"}}, "vault"),
        ({"role_arn": "arn:aws:iam::123456789012:role/own"}, "role_arn"),
        ({"select_by_tag": {"backup": "gold", "team": "a"}}, "select_by_tag"),
    ],
)
def test_specs_that_contradict_each_other_are_refused(bench: Bench, more: dict[str, Any], part: str) -> None:
    other = by_tag("orders", **more)
    other["tags"] = {**TAGS, "team": "a"}
    with pytest.raises(SpecError) as refused:
        bench.plan(by_tag("users"), other)
    (finding,) = refused.value.findings
    said = f"users and orders share the backup plan gold, and say different things of its {part}"
    assert finding.message == said
    bench.apply(by_tag("users"))
    if part != "vault":  # a rule names it
        with pytest.raises(
            PlanRefused, match=r"orders/backup/.* would change .*, which users was applied with"
        ):
            bench.plan(other)


def test_a_contradiction_names_both_places() -> None:
    users = document_of({**BASE, **by_name("users", "gold")}, "users.yaml")
    orders = document_of({**BASE, **by_name("orders", "gold", daily={"retention_days": 3})}, "orders.yaml")
    (finding,) = errors(check([users, orders]))
    assert (finding.code, finding.place and finding.place.file) == ("DDB478", "orders.yaml")
    assert "The other is at users.yaml:1:1" in str(finding.hint)
    elsewhere = document_of(
        {**BASE, **by_name("orders", "gold", daily={"retention_days": 3}), "region": "eu-west-3"}
    )
    assert errors(check([users, elsewhere])) == [], "a plan of another region is another plan"


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"select_by_tag": {}}, "DDB475"),
        ({"plan": {"rules": RULES}}, "DDB475"),
        ({"vault": None}, "DDB475"),
        ({"select_by_tag": {"backup": "silver"}}, "DDB476"),
        ({"select_by_tag": {**TAGS, "team": "a"}}, "DDB476"),
        ({"plan": {"name": "gold"}}, "DDB453"),
    ],
)
def test_bad_input(edit: dict[str, Any], code: str) -> None:
    document = document_of({**BASE, **by_tag("users", **edit)})
    assert code in {one.code for one in errors(check([document]))}


def test_a_plan_of_shorthands_needs_no_rules(bench: Bench) -> None:
    bench.apply(by_tag(plan={"name": "gold"}, daily={"retention_days": 35}))
    assert set(plans(bench)["gold"]) == {"daily"}


def test_drift_is_told_and_undone_once(bench: Bench) -> None:
    both = (by_tag("orders"), by_tag("users"))
    bench.apply(*both)
    client = bench.client("backup")
    (plan,) = client.list_backup_plans()["BackupPlansList"]
    document = client.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]
    document["Rules"][0].pop("RuleId")
    document["Rules"][0]["Lifecycle"] = {"DeleteAfterDays": 1}
    client.update_backup_plan(BackupPlanId=plan["BackupPlanId"], BackupPlan=document)
    drift = {one.address for one in bench.plan(*both).drift}
    assert drift == {"orders/backup/plan", "users/backup/plan"}
    assert calls(bench.apply(*both)) == ["UpdateBackupPlan"]
    (selection,) = client.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    client.delete_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=selection["SelectionId"])
    assert calls(bench.apply(*both)) == ["CreateBackupSelection"]
    client.delete_backup_selection(
        BackupPlanId=plan["BackupPlanId"],
        SelectionId=client.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"][
            0
        ]["SelectionId"],
    )
    client.delete_backup_plan(BackupPlanId=plan["BackupPlanId"])
    assert calls(bench.apply(*both)) == ["CreateBackupPlan", "CreateBackupSelection"]


def test_import_says_how_the_plan_selects(bench: Bench) -> None:
    both = (by_tag("orders"), by_tag("users"))
    bench.apply(*both)
    bench.forget()
    found = [bench.exported("orders"), bench.exported("users")]
    assert [one["backup"]["select_by_tag"] for one in found] == [TAGS, TAGS]
    assert all("role_arn" not in one["backup"] for one in found)
    assert bench.apply(*found).operations == ()


@pytest.mark.parametrize(
    "chosen",
    [
        {
            "ListOfTags": [
                {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "gold"}
            ]
        },
        {
            "Resources": ["*"],
            "Conditions": {
                "StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "gold"}]
            },
        },
    ],
)
def test_a_plan_by_tag_that_others_made_is_imported_by_nobody(bench: Bench, chosen: dict[str, Any]) -> None:
    """It is for more than the table; a spec that declares it takes it over with consent, and changes nothing."""
    bench.apply({"tags": TAGS})
    client = bench.client("backup")
    client.create_backup_vault(BackupVaultName="safe")
    document = {
        "BackupPlanName": "gold",
        "Rules": [
            {
                "RuleName": "often",
                "TargetBackupVaultName": "safe",
                "ScheduleExpression": RULES[0]["schedule"],
                "Lifecycle": {"DeleteAfterDays": 30},
            }
        ],
    }
    plan = client.create_backup_plan(BackupPlan=document, CreatorRequestId="theirs")
    role = "arn:aws:iam::123456789012:role/own"
    client.create_backup_selection(
        BackupPlanId=plan["BackupPlanId"],
        CreatorRequestId="theirs",
        BackupSelection={"SelectionName": "all", "IamRoleArn": role, **chosen},
    )
    assert "backup" not in bench.exported()
    declared = by_tag(vault={"name": "safe", "create": False}, role_arn=role)
    planned = bench.plan(declared)
    assert [one.api for one in planned.operations if not one.marks] == []
    assert {one.address for one in planned.changes if one.danger} == {"users/backup/plan"}


def test_a_saved_plan_of_many_tables_is_made_anew_the_same(bench: Bench) -> None:
    specs = [by_tag("orders"), by_tag("users")]
    first = bench.plan(*specs)
    documents = [document_of({**BASE, **one}) for one in specs]
    bench.server.advance(3600)
    options = PlanOptions(made_at=first.made_at, only=first.touched)
    again = make_plan(documents, bench.state, bench.aws, options)
    assert again.operations == first.operations


@pytest.mark.parametrize(
    "api", ["CreateRole", "CreateBackupVault", "CreateBackupPlan", "CreateBackupSelection"]
)
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, api: str, effect: str) -> None:
    empty = census(bench)
    specs = [by_tag("orders"), by_tag("users")]
    bench.server.faults.add(FaultRule(effect, operation=api, times=7))
    bench.run(*specs)
    bench.server.faults.clear()
    bench.run(specs[1])  # the other table's file first: it finds what is there
    bench.apply(*specs)
    assert (names(bench), len(vaults(bench)), len(selections(bench)), len(roles(bench))) == (
        ["gold"],
        1,
        1,
        1,
    )
    bench.destroy()
    assert census(bench) == empty


class Killed(BaseException):
    """The process dies."""


@pytest.mark.parametrize("tagged", [False, True])
def test_a_run_that_is_killed_anywhere_goes_on_by_running_again(bench: Bench, tagged: bool) -> None:
    """From plans of their own to one: killed after each number of saves of the state, then run again."""
    before = [by_name(table, f"{table}-plan") for table in THREE[:2]]
    after = [by_tag(table) if tagged else by_name(table, "gold") for table in THREE[:2]]
    for saves in range(1, 40, 1):
        bench.apply(*before)
        left = saves
        save = type(bench.store).save

        def dying(store: Any, state: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError("killed")
            return save(store, state)  # noqa: B023 (called in this round only)

        plan = bench.plan(*after)
        with bench.store.lock("apply"):
            type(bench.store).save = dying  # type: ignore[method-assign,assignment]
            try:
                apply_plan(plan, bench.store, bench.aws, lambda _: None)
            except OSError:
                pass
            finally:
                type(bench.store).save = save  # type: ignore[method-assign]
        bench.apply(*after)
        assert names(bench) == ["gold"], saves
        assert len(selections(bench)) == (1 if tagged else 2)
        assert not any("retired" in address for address in bench.state.resources)
        if left >= 0:
            return
    raise AssertionError("the run never came to its end")


def test_a_vault_with_recovery_points_outlives_the_last_table(bench: Bench) -> None:
    both = (by_tag("orders"), by_tag("users"))
    bench.apply(*both)
    recovery_point(bench, "safe")
    plan, outcome = bench.run({"table_name": "orders"}, {"table_name": "users"})
    assert outcome.complete, outcome
    assert [one.code for one in plan.warnings].count("DDB455") == 1
    assert (names(bench), sorted(vaults(bench))) == ([], ["safe"])
