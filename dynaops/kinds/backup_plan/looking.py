"""What AWS Backup and IAM have of a table's backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.backup_plan.shape import (
    MADE_BY,
    OWN_ROLE,
    PLAN,
    ROLE,
    ROLE_PATH,
    SELECTION,
    VAULT,
    plan_of,
    role_region,
    selection_of,
)
from dynaops.kinds.kind import Known, Reader
from dynaops.kinds.late import table_arn
from dynaops.kinds.policy_document import canonical
from dynaops.kinds.tags import tags_of
from dynaops.model.resource import Observed, Properties, Scope
from dynaops.model.state import Record


def observed(read: Reader, scope: Scope, known: Known) -> Iterator[Observed]:
    """The vault, role, plan and selection that spec or state name; with `discover`, those that cover the table."""
    for address, (desired, record) in known.of_kinds(VAULT).items():
        yield from _vault(read, scope, address, _names(desired, record)[0], record)
    for address, (desired, record) in known.of_kinds(ROLE).items():
        found = role(read, scope, _names(desired, record)[0], address)
        if found is not None:
            yield found
    plan = None
    for address, (desired, record) in known.of_kinds(PLAN).items():
        plan = _plan(read, scope, address, _names(desired, record)[0], record)
        if plan is not None:
            yield plan
    for address, (desired, record) in known.of_kinds(SELECTION).items():
        if plan is not None:
            yield from _selection(read, scope, address, plan, _names(desired, record)[0], record)
    if known.discover and plan is None:
        yield from _discovered(read, scope)


def vaults(read: Reader, scope: Scope) -> dict[str, Properties]:
    """All vaults of the region by name.

    DescribeBackupVault answers AccessDenied for a vault that is not there, so it cannot tell.
    """
    found = read.read_all("backup", "ListBackupVaults", scope.region, {}, "BackupVaultList")
    return {one["BackupVaultName"]: one for one in found or ()}


def role(read: Reader, scope: Scope, name: str, address: str = "") -> Observed | None:
    """The service role of that name, with its policies."""
    region = role_region(scope.region)
    answer = read.read("iam", "GetRole", region, {"RoleName": name})
    if answer is None:
        return None
    attached = read.read_all(
        "iam", "ListAttachedRolePolicies", region, {"RoleName": name}, "AttachedPolicies", "Marker"
    )
    found = answer["Role"]
    properties: Properties = {
        "name": name,
        "trust": canonical(found.get("AssumeRolePolicyDocument") or {}),
        "policies": {one["PolicyArn"]: True for one in attached or ()},
    }
    arn, tags = {"arn": found["Arn"]}, tags_of(found.get("Tags"))
    return Observed(address, ROLE, region, properties, arn, tags=tags)


def settings(read: Reader, scope: Scope) -> dict[str, bool]:
    """What the region says of DynamoDB: `opted_in`, and `advanced` features (cold storage, copies)."""
    answer = read.read("backup", "DescribeRegionSettings", scope.region, {}) or {}
    return {
        "opted_in": answer.get("ResourceTypeOptInPreference", {}).get("DynamoDB", True),
        "advanced": answer.get("ResourceTypeManagementPreference", {}).get("DynamoDB", True),
    }


def _names(*sides: Any) -> list[str]:
    """The names that are known, the recorded one first."""
    desired, record = sides
    return [str(one.properties["name"]) for one in (record, desired) if one and one.properties.get("name")]


def _vault(read: Reader, scope: Scope, address: str, name: str, record: Record | None) -> Iterator[Observed]:
    found = vaults(read, scope)
    live = found.get(name)
    if live is None:
        return
    properties: Properties = {"name": name}
    if live.get("EncryptionKeyArn"):
        properties["kms_key_arn"] = live["EncryptionKeyArn"]
    retired = str(record.properties.get("retired")) if record else ""
    if retired in found and not found[retired].get("NumberOfRecoveryPoints"):
        properties["retired"] = retired
    own = [one for one in found if str(found[one].get("CreatorRequestId", "")).startswith(MADE_BY)]
    raw = {"points": live.get("NumberOfRecoveryPoints", 0), "made_here": own}
    yield Observed(address, VAULT, scope.region, properties, {"arn": live["BackupVaultArn"]}, raw=raw)


def _plan(read: Reader, scope: Scope, address: str, name: str, record: Record | None) -> Observed | None:
    """The recorded plan; else the one of that name, of several one made here (names are not unique)."""
    answer = _got(read, scope, record.id) if record and record.id else None
    if answer is None:
        listed = read.read_all("backup", "ListBackupPlans", scope.region, {}, "BackupPlansList") or []
        named = [one for one in listed if one["BackupPlanName"] == name and not one.get("DeletionDate")]
        named.sort(key=lambda one: not str(one.get("CreatorRequestId", "")).startswith(MADE_BY))
        answer = _got(read, scope, named[0]["BackupPlanId"]) if named else None
    return _as_observed(read, scope, address, answer) if answer else None


def _got(read: Reader, scope: Scope, plan_id: str) -> Properties | None:
    answer = read.read("backup", "GetBackupPlan", scope.region, {"BackupPlanId": plan_id})
    return answer if answer and not answer.get("DeletionDate") else None


def _as_observed(read: Reader, scope: Scope, address: str, answer: Properties) -> Observed:
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
    read: Reader, scope: Scope, address: str, plan: Observed, name: str, record: Record | None
) -> Iterator[Observed]:
    """The recorded selection, else the one of that name, else one of this very table alone."""
    listed = plan.raw["selections"]
    chosen = [one for one in listed if record and one["SelectionId"] == record.id] or [
        one for one in listed if one["SelectionName"] == name
    ]
    if chosen:
        found = _detailed(read, scope, address, plan, chosen[0]["SelectionId"])
    else:
        found = _of_table(read, scope, address, plan)
    if found is not None:
        yield found


def _detailed(read: Reader, scope: Scope, address: str, plan: Observed, selection_id: str) -> Observed | None:
    plan_id = plan.outputs["id"]
    wanted = {"BackupPlanId": plan_id, "SelectionId": selection_id}
    answer = read.read("backup", "GetBackupSelection", scope.region, wanted)
    if answer is None:
        return None
    outputs = {"id": selection_id, "plan_id": plan_id}
    return Observed(address, SELECTION, scope.region, selection_of(answer["BackupSelection"]), outputs)


def _of_table(read: Reader, scope: Scope, address: str, plan: Observed) -> Observed | None:
    arn = table_arn(scope, read.account)
    for one in plan.raw["selections"]:
        found = _detailed(read, scope, address, plan, one["SelectionId"])
        if found and found.properties["resources"] == [arn] and not found.properties["other"]:
            return found
    return None


def _discovered(read: Reader, scope: Scope) -> Iterator[Observed]:
    """The plan that covers this table by name and nothing else, if there is one; with a vault and role made here."""
    listed = read.read_all("backup", "ListBackupPlans", scope.region, {}, "BackupPlansList") or []
    for one in listed:
        answer = _got(read, scope, one["BackupPlanId"])
        if answer is None:
            continue
        plan = _as_observed(read, scope, scope.below("backup", "plan"), answer)
        selection = _of_table(read, scope, scope.below("backup", "selection"), plan)
        if selection is not None and len(plan.raw["selections"]) == 1:
            yield plan
            yield selection
            yield from _made_here(read, scope, plan, selection)
            return


def _made_here(read: Reader, scope: Scope, plan: Observed, selection: Observed) -> Iterator[Observed]:
    """The vault and the service role, where dynaops has made them."""
    names = {rule["vault"] for rule in plan.properties["rules"].values()}
    known = vaults(read, scope)
    if len(names) == 1 and str(known.get(next(iter(names)), {}).get("CreatorRequestId", "")).startswith(
        MADE_BY
    ):
        yield from _vault(read, scope, scope.below("backup", "vault"), names.pop(), None)
    if str(selection.properties["role_arn"]).endswith(f"{ROLE_PATH}{OWN_ROLE}"):
        found = role(read, scope, OWN_ROLE, scope.below("backup", "role"))
        if found is not None:
            yield found
