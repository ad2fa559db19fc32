"""What AWS Backup and IAM have of a table's backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.backup_plan.mapping import (
    MADE_BY,
    OWN_ROLE,
    PLAN,
    RETIRED,
    ROLE,
    ROLE_PATH,
    SELECTION,
    VAULT,
    is_switched,
    plan_of,
    role_region,
    selection_of,
)
from dynaops.kinds.kind import AwsReader, Known
from dynaops.kinds.policy_document import canonical
from dynaops.kinds.references import table_arn
from dynaops.kinds.tags import tags_of
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record


def observed(read: AwsReader, scope: Scope, known: Known) -> Iterator[Observed]:
    """The vault, role, plan and selection that spec or state name; with `discover`, those that cover the table."""
    for address, (desired, record) in known.of_kinds(VAULT).items():
        yield from _vault(read, scope, address, _names(desired, record)[0], record)
    for address, (desired, record) in known.of_kinds(ROLE).items():
        resource = role(read, scope, _names(desired, record)[0], address)
        if resource is not None:
            yield resource
    found_plans = list(_plans(read, scope, known))
    yield from found_plans
    if known.discover and not found_plans:
        yield from _discovered(read, scope)


def _plans(read: AwsReader, scope: Scope, known: Known) -> Iterator[Observed]:
    """The plan and its selection, and those that are still to be deleted since the spec gives the plan another name."""
    plan, selection = (scope.below("backup", part) for part in RETIRED)
    old_plan, old_selection = (scope.below("backup", part) for part in RETIRED.values())
    recorded = dict(known.records)
    if is_switched(known.desired.get(plan), recorded.get(plan)) and old_plan not in recorded:
        moved = {old: recorded.pop(new, None) for old, new in ((old_plan, plan), (old_selection, selection))}
        recorded |= {address: record for address, record in moved.items() if record is not None}
    for addresses in ((plan, selection), (old_plan, old_selection)):
        sides = [(known.desired.get(address), recorded.get(address)) for address in addresses]
        if not any(sides[0]):
            continue
        live = _plan(read, scope, addresses[0], _names(*sides[0])[0], sides[0][1])
        if live is not None:
            yield live
            if any(sides[1]):
                yield from _selection(read, scope, addresses[1], live, *sides[1])


def vaults(read: AwsReader, scope: Scope) -> dict[str, Properties]:
    """All vaults of the region by name.

    DescribeBackupVault answers AccessDenied for a vault that is not there, so it cannot tell.
    """
    result = read.read_all("backup", "ListBackupVaults", scope.region, {}, "BackupVaultList")
    return {element["BackupVaultName"]: element for element in result or ()}


def role(read: AwsReader, scope: Scope, name: str, address: str = "") -> Observed | None:
    """The service role of that name, with its policies."""
    region = role_region(scope.region)
    answer = read.read("iam", "GetRole", region, {"RoleName": name})
    if answer is None:
        return None
    attached = read.read_all(
        "iam", "ListAttachedRolePolicies", region, {"RoleName": name}, "AttachedPolicies", "Marker"
    )
    result = answer["Role"]
    properties: Properties = {
        "name": name,
        "trust": canonical(result.get("AssumeRolePolicyDocument") or {}),
        "policies": {element["PolicyArn"]: True for element in attached or ()},
    }
    arn, tags = {"arn": result["Arn"]}, tags_of(result.get("Tags"))
    return Observed(address, ROLE, region, properties, arn, tags=tags)


def settings(read: AwsReader, scope: Scope) -> dict[str, bool]:
    """What the region says of DynamoDB: `opted_in`, and `advanced` features (cold storage, copies)."""
    answer = read.read("backup", "DescribeRegionSettings", scope.region, {}) or {}
    return {
        "opted_in": answer.get("ResourceTypeOptInPreference", {}).get("DynamoDB", True),
        "advanced": answer.get("ResourceTypeManagementPreference", {}).get("DynamoDB", True),
    }


def _names(*sides: Any) -> list[str]:
    """The names that are known, the recorded one first."""
    desired, record = sides
    return [
        str(element.properties["name"])
        for element in (record, desired)
        if element and element.properties.get("name")
    ]


def _vault(
    read: AwsReader, scope: Scope, address: str, name: str, record: Record | None
) -> Iterator[Observed]:
    result = vaults(read, scope)
    live = result.get(name)
    if live is None:
        return
    properties: Properties = {"name": name}
    if live.get("EncryptionKeyArn"):
        properties["kms_key_arn"] = live["EncryptionKeyArn"]
    retired = str(record.properties.get("retired")) if record else ""
    if retired in result and not result[retired].get("NumberOfRecoveryPoints"):
        properties["retired"] = retired
    own = [
        element for element in result if str(result[element].get("CreatorRequestId", "")).startswith(MADE_BY)
    ]
    raw = {"points": live.get("NumberOfRecoveryPoints", 0), "made_here": own}
    yield Observed(address, VAULT, scope.region, properties, {"arn": live["BackupVaultArn"]}, raw=raw)


def _plan(read: AwsReader, scope: Scope, address: str, name: str, record: Record | None) -> Observed | None:
    """The recorded plan; else the one of that name, of several one made here (names are not unique)."""
    answer = _got(read, scope, record.id) if record and record.id else None
    if answer is None:
        listed = read.read_all("backup", "ListBackupPlans", scope.region, {}, "BackupPlansList") or []
        named = [
            element
            for element in listed
            if element["BackupPlanName"] == name and not element.get("DeletionDate")
        ]
        named.sort(key=lambda element: not str(element.get("CreatorRequestId", "")).startswith(MADE_BY))
        answer = _got(read, scope, named[0]["BackupPlanId"]) if named else None
    return _as_observed(read, scope, address, answer) if answer else None


def _got(read: AwsReader, scope: Scope, plan_id: str) -> Properties | None:
    answer = read.read("backup", "GetBackupPlan", scope.region, {"BackupPlanId": plan_id})
    return answer if answer and not answer.get("DeletionDate") else None


def _as_observed(read: AwsReader, scope: Scope, address: str, answer: Properties) -> Observed:
    plan_id = answer["BackupPlanId"]
    listed = read.read_all(
        "backup",
        "ListBackupSelections",
        scope.region,
        {"BackupPlanId": plan_id},
        "BackupSelectionsList",
    )
    outputs = {"id": plan_id, "arn": answer["BackupPlanArn"]}
    made_here = str(answer.get("CreatorRequestId", "")).startswith(MADE_BY)
    raw = {"selections": listed or [], "made_here": made_here}
    return Observed(address, PLAN, scope.region, plan_of(answer["BackupPlan"]), outputs, raw=raw)


def _selection(
    read: AwsReader,
    scope: Scope,
    address: str,
    plan: Observed,
    desired: Resource | None,
    record: Record | None,
) -> Iterator[Observed]:
    """The recorded selection, else the one of that name, else one of this very table alone (or of these very tags)."""
    listed, name = plan.raw["selections"], _names(desired, record)[0]
    tags = next((element.properties.get("tags") for element in (record, desired) if element), None)
    chosen = [element for element in listed if record and element["SelectionId"] == record.id] or [
        element for element in listed if element["SelectionName"] == name
    ]
    if chosen:
        resource = _detailed(read, scope, address, plan, chosen[0]["SelectionId"])
    elif tags:
        by_tag = (_detailed(read, scope, address, plan, element["SelectionId"]) for element in listed)
        resource = next(
            (element for element in by_tag if element and element.properties.get("tags") == tags), None
        )
    else:
        resource = _of_table(read, scope, address, plan)
    if resource is not None:
        yield resource


def _detailed(
    read: AwsReader, scope: Scope, address: str, plan: Observed, selection_id: str
) -> Observed | None:
    plan_id = plan.outputs["id"]
    wanted = {"BackupPlanId": plan_id, "SelectionId": selection_id}
    answer = read.read("backup", "GetBackupSelection", scope.region, wanted)
    if answer is None:
        return None
    outputs = {"id": selection_id, "plan_id": plan_id}
    properties = selection_of(answer["BackupSelection"], plan.properties["name"])
    raw = {"made_here": str(answer.get("CreatorRequestId", "")).startswith(MADE_BY)}
    return Observed(address, SELECTION, scope.region, properties, outputs, raw=raw)


def _of_table(read: AwsReader, scope: Scope, address: str, plan: Observed) -> Observed | None:
    arn = table_arn(scope, read.account)
    for selection in plan.raw["selections"]:
        resource = _detailed(read, scope, address, plan, selection["SelectionId"])
        if resource and resource.properties["resources"] == [arn] and not resource.properties["other"]:
            return resource
    return None


def _discovered(read: AwsReader, scope: Scope) -> Iterator[Observed]:
    """The plan that covers this table by name and nothing else; else one made here that covers it by its tags.

    With a vault and role made here. Plans of others that select by tag are for more than this table: they stay theirs.
    """
    listed = read.read_all("backup", "ListBackupPlans", scope.region, {}, "BackupPlansList") or []
    for element in listed:
        answer = _got(read, scope, element["BackupPlanId"])
        if answer is None:
            continue
        plan = _as_observed(read, scope, scope.below("backup", "plan"), answer)
        selection = _covering(read, scope, plan)
        if selection is not None:
            yield plan
            yield selection
            yield from _made_here(read, scope, plan, selection)
            return


def _covering(read: AwsReader, scope: Scope, plan: Observed) -> Observed | None:
    """The selection of the plan by which the table and, but for a plan made here, nothing else is backed up."""
    address = scope.below("backup", "selection")
    listed = plan.raw["selections"]
    if len(listed) == 1:
        selection = _of_table(read, scope, address, plan)
        if selection is not None:
            return selection
    for element in listed if plan.raw["made_here"] else ():
        resource = _detailed(read, scope, address, plan, element["SelectionId"])
        wanted = resource.properties.get("tags") if resource and resource.raw["made_here"] else None
        if wanted and wanted.items() <= _tags_of_table(read, scope).items():
            return resource
    return None


def _tags_of_table(read: AwsReader, scope: Scope) -> dict[str, str]:
    named = {"ResourceArn": table_arn(scope, read.account)}
    return tags_of(read.read_all("dynamodb", "ListTagsOfResource", scope.region, named, "Tags"))


def _made_here(read: AwsReader, scope: Scope, plan: Observed, selection: Observed) -> Iterator[Observed]:
    """The vault and the service role, where dynaops has made them."""
    names = {rule["vault"] for rule in plan.properties["rules"].values()}
    known = vaults(read, scope)
    if len(names) == 1 and str(known.get(next(iter(names)), {}).get("CreatorRequestId", "")).startswith(
        MADE_BY
    ):
        yield from _vault(read, scope, scope.below("backup", "vault"), names.pop(), None)
    if str(selection.properties["role_arn"]).endswith(f"{ROLE_PATH}{OWN_ROLE}"):
        resource = role(read, scope, OWN_ROLE, scope.below("backup", "role"))
        if resource is not None:
            yield resource
