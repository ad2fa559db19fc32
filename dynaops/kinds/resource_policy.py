"""The table's resource-based policy: who else may use it, said on the table itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.kinds.billing import NOT_BILLED
from dynaops.kinds.external_names import ExternalName, iam_role
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.policy_document import canonical, filled, same, text
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.references import late
from dynaops.kinds.steps import step
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.table import DDB331, DDB332
from dynaops.model.operation import Wait
from dynaops.model.recorded import ABSENT, PolicyDocument, Recorded
from dynaops.model.resource import Observed, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

LIMIT = 20_480
"""Bytes of a resource-based policy (PutResourcePolicy, AWS API reference)."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """A policy must have statements, and fit AWS's limit."""
    document = spec.resource_policy
    if document is None:
        return
    if not document.get("Statement"):
        yield make_finding(DDB331, "the resource policy has no Statement", path="resource_policy")
    size = len(text(document).encode())
    if size > LIMIT:
        yield make_finding(
            DDB332, f"the resource policy has {size} bytes; AWS takes {LIMIT}", path="resource_policy"
        )


KIND = "resource_policy"
_ROLES = re.compile(r"arn:aws[a-z-]*:iam::[0-9]+:role/[A-Za-z0-9_+=,.@/-]+")


class RecordedPolicy(Recorded):
    """A resource policy as the state records it."""

    policy: PolicyDocument = ABSENT


class ResourcePolicyRoom(BaseHandler):
    """The handler of resource_policy. Documents are compared by meaning, not by their text."""

    billing = NOT_BILLED
    permissions = Permissions(
        reads=calls("dynamodb", "GetResourcePolicy"),
        writes=calls("dynamodb", "PutResourcePolicy", "DeleteResourcePolicy"),
        changes={
            "dynamodb:PutResourcePolicy": ("dynamodb:DeleteResourcePolicy",),
        },
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="resource policy",
            spec_key=KIND,
            satisfied={"policy": same},
            recorded=RecordedPolicy,
            address=KIND,
        )
    }

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        if spec.resource_policy:
            wanted = {"policy": canonical(spec.resource_policy)}
            yield Resource(scope.below(KIND), KIND, scope.region, wanted, scope.address, (scope.address,))

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        assert table is not None, "a handler beside the table is only asked where there is one"
        arn = table.outputs["arn"]
        answer = read.read("dynamodb", "GetResourcePolicy", scope.region, {"ResourceArn": arn})
        if answer is not None:
            result = {"policy": canonical(json.loads(answer["Policy"]))}
            yield Observed(scope.below(KIND), KIND, scope.region, result, owner=scope.address)

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        """The roles that the policy names."""
        for arn in sorted(set(_ROLES.findall(text(resource.properties.get("policy", {}))))):
            yield iam_role(arn, resource.region, label="")

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """Fill in ``${table_arn}``: from the live table, else from the caller's account."""
        by_address = {entry.address: entry for entry in entries}
        entry = by_address.get(scope.below(KIND))
        if entry is None or entry.desired is None:
            return {}
        arn = late(scope, by_address, read)["table_arn"]
        document = canonical(filled(entry.desired.properties["policy"], {"table_arn": arn}))
        desired = replace(entry.desired, properties={"policy": document}, options={"table_arn": arn})
        return {entry.address: replace(entry, desired=desired)}

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        result = {resource.address: resource.properties for resource in live}.get(scope.below(KIND))
        return {KIND: result["policy"]} if result else {}

    def operations(self, work: TableChanges) -> list[Step]:
        steps = []
        for entry in work.of_kind(KIND):
            if entry.action is Action.DELETE and work.table.action is not Action.DELETE:
                steps.append(_delete(work, entry))
            elif entry.action in (Action.CREATE, Action.REPLACE, Action.UPDATE) or (
                entry.change and entry.action is Action.ADOPT and entry.change.differences
            ):
                steps.append(_put(work, entry))
        return steps


def _put(work: TableChanges, entry: AddressDiff) -> Step:
    assert entry.desired is not None, "only a declared policy is put"
    name, wanted = work.scope.table_name, entry.desired.properties
    arn = _arn(work)
    return step(
        entry,
        Rank.RESOURCE_POLICY,
        "PutResourcePolicy",
        f"put the resource policy of {name}",
        {"ResourceArn": arn, "Policy": text(wanted["policy"])},
        wait=Wait(
            title=f"the resource policy of {name} can be read back",
            api="GetResourcePolicy",
            parameters={"ResourceArn": arn},
            until="RevisionId",
            matches="RevisionId",
            expected=3,
            timeout=300,
        ),
        set=wanted,
        depends_on=(work.scope.address,),
    )


def _delete(work: TableChanges, entry: AddressDiff) -> Step:
    name, arn = work.scope.table_name, _arn(work)
    return step(
        entry,
        Rank.RESOURCE_POLICY,
        "DeleteResourcePolicy",
        f"delete the resource policy of {name}",
        {"ResourceArn": arn},
        wait=Wait(
            title=f"the resource policy of {name} is gone",
            api="GetResourcePolicy",
            parameters={"ResourceArn": arn},
            gone=True,
            expected=3,
            timeout=300,
        ),
        forget=True,
        removes=f"resource policy of {arn}",
    )


def _arn(work: TableChanges) -> str:
    live = work.table.live
    if live is not None:
        return str(live.outputs["arn"])
    entry = work.entries[work.scope.below(KIND)]
    assert entry.desired is not None, "a policy without a live table is always a declared one"
    return str(entry.desired.options["table_arn"])


HANDLER = ResourcePolicyRoom()
