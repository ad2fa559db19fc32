"""Making a sandbox look like the live account: what is not ours first, then tables, then their histories."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dynaops.model.arns import iam_arn
from dynaops.model.state import State
from dynaops.rehearsal.live_account import LiveAccount, LiveResource, LiveTable

if TYPE_CHECKING:
    from dynaops.sandbox.dynamodb.model import SandboxTable
    from dynaops.sandbox.running import SandboxServer
    from dynaops.sandbox.world import World

_TRUST = {"Version": "2012-10-17", "Statement": []}


def place(server: SandboxServer, facts: LiveAccount) -> None:
    """Put what is not ours on the stage: keys under their own ids, roles, functions and streams by their names."""
    ordered = sorted(
        facts.things, key=lambda element: element.service == "lambda"
    )  # functions need their roles
    for live_resource in ordered:
        _PLACERS[live_resource.service](server, facts.account, live_resource)


def _key(_server: SandboxServer, account: str, resource: LiveResource) -> None:
    from dynaops.sandbox.named_keys import put_key

    put_key(account, resource.region, resource.name, resource.told)


def _role(server: SandboxServer, _account: str, resource: LiveResource) -> None:
    trust = resource.told.get("AssumeRolePolicyDocument") or _TRUST
    client = server.client("iam", resource.region)
    try:
        client.create_role(
            RoleName=resource.name,
            Path=resource.told.get("Path", "/"),
            AssumeRolePolicyDocument=trust if isinstance(trust, str) else json.dumps(trust),
        )
    except client.exceptions.EntityAlreadyExistsException:
        return


def _function(server: SandboxServer, account: str, resource: LiveResource) -> None:
    name = resource.told.get("FunctionName", resource.name)
    role = resource.told.get("Role") or iam_arn(resource.region, account, f"role/{name}")
    _role(server, account, LiveResource("iam", resource.region, role.rpartition("/")[2], {}))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass\n")
    server.client("iam", resource.region).put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="reads-streams",
        PolicyDocument=json.dumps(_READS_STREAMS),
    )
    server.client("lambda", resource.region).create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )


_READS_STREAMS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["dynamodb:*"], "Resource": "*"}],
}
"""A function's role is taken to allow reading streams: its policies are not looked at."""


def _stream(server: SandboxServer, _account: str, resource: LiveResource) -> None:
    client = server.client("kinesis", resource.region)
    client.create_stream(StreamName=resource.name.rpartition("/")[2], ShardCount=1)


def _vault(server: SandboxServer, _account: str, resource: LiveResource) -> None:
    client = server.client("backup", resource.region)
    try:
        client.create_backup_vault(BackupVaultName=resource.name)
    except client.exceptions.AlreadyExistsException:
        return


_PLACERS = {"kms": _key, "iam": _role, "lambda": _function, "kinesis": _stream, "backup": _vault}


def remember(world: World, facts: LiveAccount, state: State) -> list[str]:
    """Give the tables their histories: what AWS is at, and what is used up. Answers what was assumed."""
    from dynaops.sandbox.dynamodb.registry import tables_in

    notes: list[str] = []
    for live in facts.tables:
        table = tables_in(world, facts.account, live.scope.region).get(live.scope.table_name)
        if table is None:
            continue
        record = state.resources.get(live.scope.address)
        _spend(table, live, record.stamps if record else {}, world.now())
        notes.extend(_resume(world, table, live))
    return notes


def _spend(table: SandboxTable, live: LiveTable, stamps: dict[str, list[float]], now: float) -> None:
    """Cooldowns and budgets: those AWS shows, and those that only the state remembers."""
    from dynaops.sandbox.dynamodb.ttl import TtlState as Ttl

    changed = _epoch(live.described.get("TableClassSummary", {}).get("LastUpdateDateTime"))
    known = list(stamps.get("table_class", []))
    if changed is not None and not any(abs(changed - element) < 600 for element in known):
        known.append(changed)
    table.class_changes = sorted(known)
    table.class_changed = changed
    table.sse_changes = sorted(stamps.get("encryption", []))
    table.facet(Ttl).changed = max(stamps.get("ttl", []), default=None)
    units = live.described.get("ProvisionedThroughput", {})
    last = _epoch(units.get("LastDecreaseDateTime")) or now
    table.throughput.decreases = [last] * int(units.get("NumberOfDecreasesToday", 0))
    table.throughput.last_decrease = _epoch(units.get("LastDecreaseDateTime"))


def _resume(world: World, table: SandboxTable, live: LiveTable) -> list[str]:
    """Let AWS be at the index builds that it is at."""
    from dynaops.sandbox.dynamodb import indexes, moto_bridge, registry, update_conflicts

    notes = []
    for shown in live.described.get("GlobalSecondaryIndexes", ()):
        index = table.global_indexes.get(shown["IndexName"])
        if index is None or shown["IndexStatus"] != "CREATING":
            continue
        index.status, index.backfilling = "CREATING", bool(shown.get("Backfilling"))
        left = indexes.BUILD_SECONDS
        if index.backfilling:
            left -= indexes.ALLOCATION_SECONDS
        else:
            update_conflicts.begin(
                world,
                table,
                update_conflicts.ALLOCATION,
                indexes.ALLOCATION_SECONDS,
                index.name,
                index=index.name,
            )
        world.schedule(left, "dynamodb.index_built", **registry.address(table), index=index.name)
        notes.append(
            f"the build of index {index.name} of {table.name} is taken to need {left / 60:.0f} more minutes; "
            "AWS does not tell, and large tables take longer"
        )
    moto_bridge.sync(world, table)
    return notes


def _epoch(value: Any) -> float | None:
    return value.timestamp() if isinstance(value, datetime) else None
