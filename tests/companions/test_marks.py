"""Marks over all kinds that have tags: what a state owns says so in AWS, and what another one owns is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.engine import drift
from dynaops.engine.apply import apply_plan
from dynaops.engine.observe import observe
from dynaops.engine.ownership_mark import DEFAULT_KEY
from dynaops.engine.plan import PlanOptions, PlanRefused, make_plan
from dynaops.engine.table_inputs import known_of
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.registry import HANDLER_OF, HANDLERS, PROPERTY_RULES
from dynaops.kinds.tags import live_tags
from dynaops.model.finding import Finding
from dynaops.model.operation import Danger
from dynaops.model.plan import Plan
from dynaops.model.resource import Scope
from dynaops.specs.load import document_of
from dynaops.stores import state_edits
from tests.companions.bench import BASE, REGION, Bench, actions, calls
from tests.companions.functions import make_function, make_role
from tests.companions.test_everything import EVERYTHING
from tests.companions.test_saved_plans import Died, DyingAws, apply_saved, saved_text

SCOPE = Scope("users", "users", REGION)
MARKED = {kind for kind, policy in PROPERTY_RULES.items() if policy.tags is not None}
MAKING = {policy.tags.create for policy in PROPERTY_RULES.values() if policy.tags and policy.tags.create}
EDITED: dict[str, Any] = {
    **EVERYTHING,
    "iam": {
        "read_only": {"attach_to_roles": ["reader"]},
        "custom": [
            {"name": "own", "statements": [{"Action": "dynamodb:GetItem", "Resource": "${table_arn}"}]}
        ],
    },
    "lambda_triggers": [{"function": "one", "grant_role": True, "batch_size": 7}],
    "pipes": [
        {**EVERYTHING["pipes"][0], "dead_letter_arn": "arn:aws:sqs:eu-west-1:123456789012:failed"},
    ],
    "log_group": {"name": "/dynaops/users", "retention_days": 30},
    "backup": {"plan": {"rules": [{"name": "mine", "schedule": "cron(0 4 1 1 ? 2090)"}]}},
    "replicas": [{"region": "us-east-1", "point_in_time_recovery": False}],
    "alarms": {"throttles": 9, "iterator_age": 5},
    "tags": {"team": "two"},
}

TAGGED: dict[str, Any] = {
    key: EVERYTHING[key]
    for key in ("iam", "lambda_triggers", "pipes", "log_group", "backup", "replicas", "alarms")
}
"""What has tags, and little else."""


class Recording(Aws):
    """An `Aws` that remembers what it has sent."""

    sent: list[tuple[str, str, str]]

    def call(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        self.sent.append((service, api, json.dumps(parameters, sort_keys=True)))
        return super().call(service, api, region, parameters, repeats)


@pytest.fixture
def marking(bench: Bench) -> Bench:
    """A workbench that marks, with what the specs above name."""
    make_role(bench, "reader")
    make_function(bench, "one", allowed=False)
    bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    bench.aws.mark = DEFAULT_KEY
    return bench


def another(bench: Bench, folder: Path, mark: str | None = DEFAULT_KEY) -> Bench:
    """A workbench with another state, for the same AWS."""
    folder.mkdir()
    other = Bench(folder, bench.server)
    other.aws.mark = mark
    return other


def marks(bench: Bench, key: str = DEFAULT_KEY) -> dict[str, str | None]:
    """The mark of each recorded resource whose kind has tags, by address."""
    known = known_of(RunTarget(SCOPE), bench.state)
    live = observe(bench.aws, [SCOPE], HANDLERS, {"users": known})["users"]
    found = {}
    for address, record in bench.state.resources.items():
        tag_calls = PROPERTY_RULES[record.kind].tags
        if tag_calls is not None:
            entry = AddressDiff(address, record.kind, record.region, live=live[address])
            target = HANDLER_OF[record.kind].tag_target(SCOPE, entry)
            found[address] = live_tags(bench.aws, tag_calls, target, record.region).get(key)
    return found


def settled(bench: Bench, spec: dict[str, Any]) -> None:
    """Nothing to do, to record or to wonder about."""
    again = bench.plan(spec)
    assert again.empty, (again.changes, again.operations)
    assert not again.updates and not again.drift and not again.unmanaged, again
    drifted, unmanaged = drift.find(bench.state, bench.aws)
    assert not drifted, drifted
    assert DEFAULT_KEY not in repr(unmanaged)


def planned(bench: Bench, spec: dict[str, Any], *take_over: str) -> Plan:
    document = document_of({**BASE, **spec})
    return make_plan([document], bench.state, bench.aws, PlanOptions(take_over=take_over))


def refused(bench: Bench, spec: dict[str, Any] | None) -> dict[str, Finding]:
    """Why a plan (None: of destroying all) is refused, by address."""
    documents = [document_of({**BASE, **spec})] if spec is not None else []
    with pytest.raises(PlanRefused) as error:
        make_plan(documents, bench.state, bench.aws, PlanOptions(destroy=spec is None))
    return {str(one.address): one for one in error.value.findings}


def run(bench: Bench, plan: Plan) -> None:
    with bench.store.lock("apply"):
        outcome = apply_plan(plan, bench.store, bench.aws, lambda _: None)
    assert outcome.complete, outcome


def test_what_is_made_is_marked_and_the_mark_is_no_setting(marking: Bench) -> None:
    marking.apply(EVERYTHING)
    found = marks(marking)
    assert {marking.state.resources[address].kind for address in found} == MARKED
    assert set(found.values()) == {marking.state.lineage}
    settled(marking, EVERYTHING)
    assert DEFAULT_KEY not in json.dumps(marking.exported())
    assert DEFAULT_KEY not in json.dumps(marking.state.model_dump(mode="json"))
    marking.apply(EDITED)
    assert set(marks(marking).values()) == {marking.state.lineage}
    marking.destroy()


def test_upgrading_makes_no_difference_and_each_resource_is_marked_with_its_next_change(
    marking: Bench,
) -> None:
    marking.aws.mark = None
    marking.apply(EVERYTHING)
    marking.aws.mark = DEFAULT_KEY
    settled(marking, EVERYTHING)
    assert set(marks(marking).values()) == {None}
    plan = marking.apply(EDITED)
    changed = {change.address for change in plan.changes}
    found = marks(marking)
    assert {address for address, mark in found.items() if mark} == changed & set(found)
    assert {marking.state.resources[one].kind for one in changed & set(found)} >= MARKED - {
        "backup_vault",
        "backup_role",
    }
    settled(marking, EDITED)


def test_a_replica_is_marked_with_its_table_and_a_table_with_what_belongs_to_it(marking: Bench) -> None:
    spec: dict[str, Any] = {"replicas": [{"region": "us-east-1"}]}
    marking.aws.mark = None
    marking.apply(spec)
    marking.aws.mark = DEFAULT_KEY
    plan = marking.apply({**spec, "ttl": {"attribute": "gone"}})
    assert [(one.address, one.api) for one in plan.operations if one.marks] == [
        ("users/replica/us-east-1", "TagResource"),
        ("users", "TagResource"),
    ]
    assert actions(plan) == {"users/ttl": "create"}


def test_off_nothing_of_it_is_sent(marking: Bench) -> None:
    aws = Recording(region=REGION, endpoint_url=marking.server.url, poll_cap=0.02)
    aws.sent = []
    marking.aws = aws
    for spec in (EVERYTHING, EDITED):
        marking.apply(spec)
    assert not any(DEFAULT_KEY in parameters for _, _, parameters in aws.sent)
    assert set(marks(marking).values()) == {None}
    assert not any(change.danger for change in marking.plan(EVERYTHING).changes)


def test_another_key_is_written_and_heeded(marking: Bench, tmp_path: Path) -> None:
    marking.aws.mark = "team/state"
    marking.apply(EVERYTHING)
    assert set(marks(marking, "team/state").values()) == {marking.state.lineage}
    settled(marking, EVERYTHING)
    assert refused(another(marking, tmp_path / "other", "team/state"), {})["users"].code == "PLAN131"


def test_what_another_state_has_marked_is_refused_and_taken_over_from_it_alone(
    marking: Bench, tmp_path: Path
) -> None:
    marking.apply(EVERYTHING)
    owner, other = marking.state.lineage, another(marking, tmp_path / "other")
    role = "users/backup/role"
    told = refused(other, EVERYTHING)
    assert set(told) == set(marks(marking)) - {role}
    assert all(one.code == "PLAN131" and owner in one.message + str(one.hint) for one in told.values())
    with pytest.raises(PlanRefused):
        planned(other, EVERYTHING, "some-other-state")
    plan = planned(other, EVERYTHING, owner)
    taken = {change.address: change for change in plan.changes if change.danger is Danger.ADOPT}
    assert set(taken) == set(told) | {role}
    assert {change.owner for change in taken.values()} == {owner}
    run(other, plan)
    assert set(marks(other).values()) == {other.state.lineage}
    settled(other, EVERYTHING)
    _lost_to(marking, other)


def _lost_to(loser: Bench, winner: Bench) -> None:
    """The state whose resources were taken over changes and deletes nothing of them, and says whose they are."""
    plan = loser.plan(EVERYTHING)
    assert plan.empty and [one.code for one in plan.warnings if one.code == "PLAN133"]
    told = refused(loser, EDITED)
    assert all(winner.state.lineage in one.message for one in told.values())
    assert {"users", "users/trigger/one", "users/alarm/throttles"} <= set(told)
    assert "users/ttl" in refused(loser, {**EVERYTHING, "ttl": {"attribute": "other"}})
    told = refused(loser, None)
    assert {"users", "users/iam/read_only", "users/trigger/one"} <= set(told)
    assert not {"users/log_group", "users/backup/vault", "users/backup/role"} & set(told), (
        "let go, not deleted"
    )


def test_what_nobody_marks_is_taken_over_with_consent(marking: Bench, tmp_path: Path) -> None:
    marking.aws.mark = None
    marking.apply(EVERYTHING)
    other = another(marking, tmp_path / "other")
    plan = planned(other, EVERYTHING)
    consented = {change.address for change in plan.changes if change.danger is Danger.ADOPT}
    assert consented == set(marks(marking)) - {
        "users/backup/role",
        "users/log_group",
        "users/replica/us-east-1",
    }
    assert {one.code: one.address for one in plan.warnings if one.code.startswith("PLAN13")} == {
        "PLAN132": "users/log_group",
        "PLAN135": "users/backup/role",
    }
    run(other, plan)
    assert set(marks(other).values()) == {other.state.lineage}
    settled_but_for_role = other.plan(EVERYTHING)
    assert settled_but_for_role.empty and not settled_but_for_role.updates
    assert "users/backup/role" not in other.state.resources
    other.destroy()
    assert marking.client("iam").get_role(RoleName="dynaops-backup-default")


class DyingAtMaking(DyingAws):
    """An `Aws` whose process dies once after each call that makes something with tags."""

    def call(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        if api not in MAKING and "ReplicaUpdates" not in parameters:
            return Aws.call(self, service, api, region, parameters, repeats)
        return super().call(service, api, region, parameters, repeats)


@pytest.mark.parametrize("mark", [DEFAULT_KEY, None])
def test_killed_after_each_making_it_converges_without_consent(marking: Bench, mark: str | None) -> None:
    """The mark proves what was made, and so does the intent that the state holds."""
    aws = DyingAtMaking(region=REGION, endpoint_url=marking.server.url, poll_cap=0.02, mark=mark)
    aws.when, aws.died, marking.aws.mark = "after", set(), mark
    deaths = 0
    while True:
        with marking.store.lock("apply"):
            plan = marking.plan(TAGGED)
            assert not [one for one in plan.changes if one.danger], plan.changes
            try:
                outcome = apply_plan(plan, marking.store, aws, lambda _: None)
            except Died:
                deaths += 1
                continue
        assert outcome.complete, outcome
        break
    assert deaths > len(MAKING)
    settled(marking, TAGGED)
    assert set(marks(marking).values()) == {marking.state.lineage if mark else None}


def test_a_state_that_lost_its_records_knows_its_own_by_the_mark(marking: Bench) -> None:
    marking.apply(EVERYTHING)
    before = set(marking.state.resources)
    marking.forget()
    plan = marking.plan(EVERYTHING)
    assert not [one for one in plan.changes if one.danger] and not plan.warnings
    run(marking, plan)
    assert set(marking.state.resources) == before
    settled(marking, EVERYTHING)


def test_what_the_state_was_made_to_forget_is_its_own_by_the_mark(marking: Bench) -> None:
    marking.apply({"tags": {"a": "1"}})
    with marking.store.lock("state rm"):
        marking.store.save(state_edits.remove(marking.state, "users"))
    assert actions(marking.plan({"tags": {"a": "1"}}))["users"] == "adopt"
    assert not [one for one in marking.plan({}).changes if one.danger]


def test_a_saved_plan_for_a_state_that_was_never_saved_marks_as_it_was_planned(marking: Bench) -> None:
    text = saved_text(marking, EVERYTHING)
    lineage = Plan.model_validate_json(text).lineage
    held, outcome = apply_saved(marking, text, EVERYTHING)
    assert outcome.complete and held.lineage == lineage == marking.state.lineage
    assert set(marks(marking).values()) == {lineage}
    settled(marking, EVERYTHING)


def test_a_plan_file_cannot_say_that_it_is_of_the_state_that_owns_a_table(
    marking: Bench, tmp_path: Path
) -> None:
    """A state that was never saved has marked nothing, whatever lineage is claimed for it."""
    marking.apply({})
    other = another(marking, tmp_path / "other")
    state = other.state.model_copy(update={"lineage": marking.state.lineage})
    with pytest.raises(PlanRefused):
        make_plan([document_of(BASE)], state, other.aws, PlanOptions())


def full(number: int) -> dict[str, str]:
    return {f"k{position:02}": "v" for position in range(number)}


def tags_of(bench: Bench) -> dict[str, str]:
    client = bench.client("dynamodb")
    arn = client.describe_table(TableName="users")["Table"]["TableArn"]
    return {one["Key"]: one["Value"] for one in client.list_tags_of_resource(ResourceArn=arn)["Tags"]}


def test_beside_fifty_tags_there_is_no_handler_for_a_mark(marking: Bench) -> None:
    plan = marking.apply({"tags": full(50)})
    assert [one.code for one in plan.warnings] == ["PLAN136"]
    assert DEFAULT_KEY not in tags_of(marking)
    assert not marking.plan({"tags": full(50)}).warnings
    plan = marking.apply({"tags": full(49)})
    assert not plan.warnings and tags_of(marking)[DEFAULT_KEY] == marking.state.lineage
    plan = marking.apply({"tags": full(50)})
    assert calls(plan) == ["UntagResource", "TagResource"] and tags_of(marking) == full(50)
    settled(marking, {"tags": full(50)})


def test_tags_that_change_leave_the_mark_where_it_is(marking: Bench) -> None:
    for tags in ({"a": "1"}, {"b": "2"}, {}, {"a": "1"}):
        plan = marking.apply({"tags": tags})
        assert tags_of(marking) == {**tags, DEFAULT_KEY: marking.state.lineage}
        assert not [one for one in plan.operations if one.marks]


def test_a_spec_cannot_say_whose_a_table_is(marking: Bench) -> None:
    assert refused(marking, {"tags": {DEFAULT_KEY: "me"}})["users"].code == "PLAN137"


def test_a_vault_that_two_tables_of_a_state_share_is_no_case_of_take_over(marking: Bench) -> None:
    backup = {"vault": {"name": "both"}, "daily": {"retention_days": 7}}
    marking.aws.mark = None
    marking.apply({"backup": {**backup, "plan": {"name": "one", "rules": []}}})
    two = {"table_name": "orders", "backup": {**backup, "plan": {"name": "two", "rules": []}}}
    plan = marking.plan(two)
    assert not [one for one in plan.changes if one.danger], plan.changes


def test_the_very_states_copy_of_a_vault_is_let_go_where_another_state_has_it(
    marking: Bench, tmp_path: Path
) -> None:
    spec = {"log_group": {"name": "/shared"}}
    marking.apply(spec)
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/shared"
    marking.client("logs").tag_resource(resourceArn=group, tags={DEFAULT_KEY: "another"})
    plan = marking.plan({})
    assert [one.code for one in plan.warnings] == ["PLAN134"] and not plan.operations
    run(marking, plan)
    assert "users/log_group" not in marking.state.resources
    assert marking.client("logs").describe_log_groups(logGroupNamePrefix="/shared")["logGroups"]
