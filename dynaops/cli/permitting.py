"""``dynaops permissions``: what the command needs of rehearsal and IAM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.cli.rehearsing import require_sandbox

if TYPE_CHECKING:
    from dynaops.access.needs import Need
    from dynaops.aws.session import Aws
    from dynaops.engine.load import Document
    from dynaops.engine.notify import Recipient
    from dynaops.model.plan import Plan
    from dynaops.model.state import State


def for_life(documents: Sequence[Document], way: Aws) -> set[Need]:
    """What the specs' whole life needs."""
    require_sandbox()
    from dynaops.rehearsal.life import of_life

    return of_life(documents, way)


def for_plan(plan: Plan, documents: Sequence[Document], state: State, way: Aws) -> set[Need]:
    """What just this plan needs."""
    require_sandbox()
    from dynaops.cli.rehearsing import regions
    from dynaops.rehearsal.facts import gather
    from dynaops.rehearsal.life import of_plan

    return of_plan(plan, documents, state, gather(plan, regions(documents, state, way), state, way))


def for_notifications(recipients: Iterable[Recipient]) -> set[Need]:
    """What it takes to tell topics and buses of runs."""
    from dynaops.access.needs import Need
    from dynaops.engine.notify import action_of

    return {Need(action_of(recipient), recipient.arn) for recipient in recipients}


def policy(needed: Iterable[Need]) -> dict[str, Any]:
    """The policy document that grants just this."""
    from dynaops.access.policy import least

    return least(needed)


def lacking(needed: Iterable[Need], way: Aws) -> list[Need]:
    """What the caller lacks of it, by iam:SimulatePrincipalPolicy. Raises DynaopsError where that may not be asked."""
    caller = str(way.call("sts", "GetCallerIdentity", way.region, {})["Arn"])
    source = _principal(caller, way)
    grouped: dict[tuple[str, tuple[tuple[str, str], ...]], list[Need]] = {}
    for need in sorted(needed):
        grouped.setdefault((need.resource, need.context), []).append(need)
    found: list[Need] = []
    for (resource, context), asked in grouped.items():
        answer = way.call(
            "iam",
            "SimulatePrincipalPolicy",
            way.region,
            {
                "PolicySourceArn": source,
                "ActionNames": [need.action for need in asked],
                "ResourceArns": [resource],
                "ContextEntries": [
                    {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                    for key, value in context
                ],
            },
        )
        decided = {one["EvalActionName"]: one["EvalDecision"] for one in answer["EvaluationResults"]}
        found += [need for need in asked if decided.get(need.action) != "allowed"]
    return found


def _principal(caller: str, way: Aws) -> str:
    """The user or role behind the caller; a session of a role is simulated as the role."""
    if ":assumed-role/" not in caller:
        return caller
    name = caller.split(":assumed-role/", 1)[1].partition("/")[0]
    return str(way.call("iam", "GetRole", way.region, {"RoleName": name})["Role"]["Arn"])
