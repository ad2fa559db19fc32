"""What a plan removes is named as AWS names it, in every view; what is not proven to be ours needs consent."""

from __future__ import annotations

import html as html_text
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dynaops.engine.consent import missing
from dynaops.engine.plan import PlanOptions, TablePlan, plan_table
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.change import Action
from dynaops.model.operation import Danger, Operation
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of
from dynaops.views.operations import operations_page
from dynaops.views.plain import to_text
from dynaops.views.plan import plan_page
from dynaops.views.review import html, markdown
from dynaops.views.terminal import show
from tests.engine.cases import REGION
from tests.engine.whole_state import (
    ACCOUNT,
    ARNS,
    IDS,
    SCOPE,
    SPEC,
    STREAM,
    everything,
    whole_state,
)

NOW = 1_800_000_000.0
_REMOVAL = re.compile(r"Delete|Deregister|Disable|Remove")
_PART = {"DeletePolicyVersion", "DeleteRetentionPolicy", "DeleteRolePolicy"}
"""Calls that take something from a resource, and leave it."""
MAPPING = {
    "UUID": IDS["trigger"],
    "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:one",
    "EventSourceArn": STREAM,
}
MARKS: dict[str, dict[str, Any]] = {
    "trigger": {"mappings": {MAPPING["UUID"]: MAPPING}},
    "backup_vault": {"made_here": ["users-backup"]},
    "backup_plan": {"made_here": True, "selections": []},
}


def live() -> dict[str, Observed]:
    """All that is live, with what AWS shows of who made it."""
    found = everything()
    return {
        address: replace(
            one,
            outputs={
                **one.outputs,
                **({"function_arn": MAPPING["FunctionArn"]} if one.kind == "trigger" else {}),
            },
            raw={
                **one.raw,
                **MARKS.get(one.kind, {}),
                **({"description": f"Made by dynaops for {address}"} if one.kind == "policy" else {}),
            },
        )
        for address, one in found.items()
    }


def destroyed(
    state: State | None = None,
    there: dict[str, Observed] | None = None,
    scope: Scope = SCOPE,
    named: dict[str, Any] | None = None,
) -> TablePlan:
    target = RunTarget(scope, named=document_of(named).spec if named else None)
    return plan_table(target, state or whole_state(), there or live(), None, PlanOptions(destroy=True), NOW)


def removing(plan: TablePlan) -> list[Operation]:
    def removes(operation: Operation) -> bool:
        if operation.api in _PART:
            return False
        parameters = json.dumps(operation.parameters)
        return (
            bool(_REMOVAL.match(operation.api)) or '"Delete":' in parameters or "DeleteRequest" in parameters
        )

    return [one for one in plan.operations if removes(one)]


def unproven(plan: TablePlan) -> dict[str, str | None]:
    return {one.address: one.removes for one in plan.operations if one.danger is Danger.UNPROVEN}


def test_every_kind_names_what_is_removed_as_aws_does() -> None:
    plan = destroyed()
    gone = {change.kind: change for change in plan.changes if change.action is Action.DELETE}
    assert set(gone) == set(PROPERTY_RULES)
    for change in plan.changes:
        assert change.removes and all(change.removes), change.address
    for kind, arn in ARNS.items():
        assert gone[kind].removes == (arn,)
    for operation in removing(plan):
        assert operation.removes, operation.title
    names = {name for change in plan.changes for name in change.removes}
    assert {
        f"event source mapping {IDS['trigger']}",
        "backup selection 0c0c of plan 0b0b",
        'item ["one","1"] of table users',
        f"streaming destination arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes of table users",
        f"scalable target table/users (dynamodb:table:ReadCapacityUnits) in {REGION}",
        "scalable target table/users/index/by-a (dynamodb:index:WriteCapacityUnits) in us-east-1",
    } <= names


def test_single_removals_are_named_as_well() -> None:
    """What a spec no longer names goes one by one, and a replacement takes the old one along."""
    lean = {name: SPEC[name] for name in ("table_name", "hash_key", "range_key", "region", "billing_mode")}
    lean |= {"attributes": SPEC["attributes"], "local_secondary_indexes": SPEC["local_secondary_indexes"]}
    lean |= {"read_capacity": 5, "write_capacity": 5}
    lean["attributes"] = {name: kind for name, kind in SPEC["attributes"].items() if name != "a"}
    moved = {
        **SPEC,
        "log_group": {"name": "/other"},
        "backup": {**SPEC["backup"], "vault": {"name": "other"}},
    }
    for spec in (lean, moved):
        plan = plan_table(
            RunTarget(SCOPE, document_of(spec).spec), whole_state(), live(), None, PlanOptions(), NOW
        )
        found = removing(plan)
        assert len(found) > 1
        for operation in found:
            assert operation.removes, operation.title


@pytest.mark.parametrize("view", ["terminal", "pipe", "operations", "markdown", "html", "json"])
def test_every_view_shows_the_names(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = destroyed()
    plan = Plan(
        dynaops_version="0",
        created_at="2026-01-01T00:00:00+00:00",
        serial=3,
        lineage="b7d6",
        destroy=True,
        changes=made.changes,
        operations=made.operations,
    )
    names = {name for change in plan.changes for name in change.removes}
    assert len(names) > len(PROPERTY_RULES)
    shown = _shown(view, plan, monkeypatch)
    flat = re.sub(r"\s+", "", shown)
    if view == "operations":
        names = {one.removes for one in plan.operations if one.removes}
    for name in names:
        assert re.sub(r"\s+", "", name) in flat, name


def _shown(view: str, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> str:
    if view == "json":
        return json.dumps(plan.public()).replace('\\"', '"')
    if view == "markdown":
        return markdown(plan)
    if view == "html":
        return html_text.unescape(re.sub(r"<[^>]+>", "", html(plan)))
    if view == "operations":
        return to_text(operations_page(plan))
    if view == "pipe":
        return to_text(plan_page(plan))

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "400")
    stream = Terminal()
    show(plan_page(plan), stream, color=False)
    return re.sub(r"[│├└─]", "", stream.getvalue())


def test_what_dynaops_made_needs_no_further_consent_to_destroy_but_a_group_that_bears_no_mark() -> None:
    assert unproven(destroyed()) == {"users/log_group": ARNS["log_group"]}
    assert unproven(destroyed(named=SPEC)) == {}
    other = {**SPEC, "log_group": {"name": "/aws/lambda/billing"}}
    assert unproven(destroyed(named=other)) == {"users/log_group": ARNS["log_group"]}


def _other(address: str, **update: Any) -> Callable[[], TablePlan]:
    """The plan of a state whose record at `address` stands for something else in AWS."""

    def planned() -> TablePlan:
        there = live()
        one = there[address]
        there[address] = replace(
            one,
            properties={**one.properties, **update.get("properties", {})},
            outputs={**one.outputs, **update.get("outputs", {})},
            raw={**one.raw, **update.get("raw", {})},
        )
        state = whole_state()
        record = state.resources[address]
        changed = record.model_copy(
            update={
                "arn": update.get("outputs", {}).get("arn", record.arn),
                "id": update.get("outputs", {}).get("id", record.id),
                "properties": {**record.properties, **update.get("properties", {})},
            }
        )
        return destroyed(state.model_copy(update={"resources": {**state.resources, address: changed}}), there)

    return planned


ADMIN = f"arn:aws:iam::{ACCOUNT}:policy/AdministratorsOnly"
ELSEWHERE = {**MAPPING, "UUID": "5c9a4b8e-2222-4000-8000-000000000000"}
FOREIGN: dict[str, tuple[Callable[[], TablePlan], str, str]] = {
    "a policy": (
        _other(
            "users/iam/read_only",
            properties={"name": "AdministratorsOnly", "roles": {}},
            outputs={"arn": ADMIN},
            raw={"description": "by hand"},
        ),
        "users/iam/read_only",
        ADMIN,
    ),
    "a policy of another table of dynaops's": (
        _other(
            "users/iam/custom/extra",
            properties={"name": "orders-own"},
            outputs={"arn": f"arn:aws:iam::{ACCOUNT}:policy/orders-own"},
            raw={"description": "Made by dynaops for orders/iam/custom/own"},
        ),
        "users/iam/custom/extra",
        f"arn:aws:iam::{ACCOUNT}:policy/orders-own",
    ),
    "a role": (
        _other(
            "users/backup/role",
            properties={"name": "admin", "policies": {}},
            outputs={"arn": f"arn:aws:iam::{ACCOUNT}:role/admin"},
        ),
        "users/backup/role",
        f"arn:aws:iam::{ACCOUNT}:role/admin",
    ),
    "a vault": (
        _other(
            "users/backup/vault",
            properties={"name": "company"},
            outputs={"arn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:company"},
            raw={"made_here": ["users-backup"]},
        ),
        "users/backup/vault",
        f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:company",
    ),
    "a plan": (
        _other(
            "users/backup/plan",
            properties={"name": "company"},
            outputs={"id": "0d0d", "arn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-plan:0d0d"},
            raw={"made_here": False},
        ),
        "users/backup/plan",
        f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-plan:0d0d",
    ),
    "a selection of other resources": (
        _other("users/backup/selection", properties={"resources": ["arn:aws:dynamodb:*:*:table/*"]}),
        "users/backup/selection",
        "backup selection 0c0c of plan 0b0b",
    ),
    "a log group": (
        _other(
            "users/log_group",
            properties={"name": "/aws/lambda/billing"},
            outputs={"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/billing"},
        ),
        "users/log_group",
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/billing",
    ),
    "the mapping of another function": (
        _other(
            "users/trigger/one",
            outputs={"id": ELSEWHERE["UUID"]},
            raw={
                "mappings": {
                    ELSEWHERE["UUID"]: {**ELSEWHERE, "FunctionArn": "arn:aws:lambda:x:y:function:pay"}
                }
            },
        ),
        "users/trigger/one",
        f"event source mapping {ELSEWHERE['UUID']}",
    ),
    "the mapping of another stream": (
        _other(
            "users/trigger/one",
            outputs={"id": ELSEWHERE["UUID"]},
            raw={
                "mappings": {
                    ELSEWHERE["UUID"]: {**ELSEWHERE, "EventSourceArn": STREAM.replace("/users/", "/orders/")}
                }
            },
        ),
        "users/trigger/one",
        f"event source mapping {ELSEWHERE['UUID']}",
    ),
}


@pytest.mark.parametrize(("planned", "address", "name"), FOREIGN.values(), ids=FOREIGN)
def test_what_a_hand_wrote_into_the_state_is_deleted_with_consent_only(
    planned: Callable[[], TablePlan], address: str, name: str
) -> None:
    found = planned()
    assert unproven(found)[address] == name
    operation = next(one for one in found.operations if one.removes == name)
    assert "bears no mark of dynaops" in operation.reason
    plan = Plan(
        dynaops_version="0", created_at="", serial=3, lineage="x", destroy=True, operations=found.operations
    )
    assert operation in missing(plan, allow_replace=True, allow_destroy=False)
    assert operation not in missing(plan, allow_replace=False, allow_destroy=True)


def test_a_table_of_another_name_than_its_address_is_destroyed_with_consent_only() -> None:
    state = whole_state()
    scope = Scope("customers", "users", REGION)
    moved = {f"customers{address.removeprefix('users')}": one for address, one in state.resources.items()}
    there = {
        f"customers{address.removeprefix('users')}": replace(
            one, address=f"customers{address.removeprefix('users')}", owner="customers" if one.owner else None
        )
        for address, one in live().items()
    }
    found = destroyed(state.model_copy(update={"resources": moved}), there, scope)
    assert unproven(found)["customers"] == ARNS["table"]


def test_a_mapping_that_retires_is_looked_at_before_it_is_deleted() -> None:
    """Its id stands in the state alone, and goes with no change of its address."""
    state, there = whole_state(), live()
    record: Record = state.resources["users/trigger/one"]
    retiring = record.model_copy(update={"outputs": {**record.outputs, "retiring": ELSEWHERE["UUID"]}})
    state = state.model_copy(update={"resources": {**state.resources, "users/trigger/one": retiring}})
    name = f"event source mapping {ELSEWHERE['UUID']}"

    def danger(mappings: dict[str, Any]) -> Danger | None:
        one = there["users/trigger/one"]
        seen = {**there, "users/trigger/one": replace(one, raw={**one.raw, "mappings": mappings})}
        found = plan_table(RunTarget(SCOPE, document_of(SPEC).spec), state, seen, None, PlanOptions(), NOW)
        return next(operation.danger for operation in found.operations if operation.removes == name)

    spec = RunTarget(SCOPE, document_of(SPEC).spec)
    found = plan_table(spec, state, there, None, PlanOptions(), NOW)
    page = plan_page(
        Plan(dynaops_version="0", created_at="", serial=3, lineage="x", operations=found.operations)
    )
    assert name in to_text(page)
    ours = {MAPPING["UUID"]: MAPPING}
    assert danger({**ours, ELSEWHERE["UUID"]: ELSEWHERE}) is None
    foreign = {**ELSEWHERE, "FunctionArn": "arn:aws:lambda:x:y:function:pay"}
    assert danger({**ours, ELSEWHERE["UUID"]: foreign}) is Danger.UNPROVEN
    assert danger(ours) is Danger.UNPROVEN
