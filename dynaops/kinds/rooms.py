"""THE CATALOGUE, working part: every room there is. Apart from the specs' part, so that offline commands stay light."""

from __future__ import annotations

from dynaops.kinds import insights, recovery, resource_policy, ttl
from dynaops.kinds.alarm import room as alarm
from dynaops.kinds.autoscaling import room as autoscaling
from dynaops.kinds.backup_plan import room as backup_plan
from dynaops.kinds.iam import room as iam
from dynaops.kinds.items import room as items
from dynaops.kinds.kind import Policy, Room
from dynaops.kinds.kinesis import room as kinesis
from dynaops.kinds.log_group import room as log_group
from dynaops.kinds.replica import room as replica
from dynaops.kinds.table import ROOM as TABLE_ROOM
from dynaops.kinds.trigger import room as trigger

ROOMS: tuple[Room, ...] = (
    TABLE_ROOM,
    recovery.ROOM,
    ttl.ROOM,
    resource_policy.ROOM,
    insights.ROOM,
    autoscaling.ROOM,
    replica.ROOM,
    kinesis.ROOM,
    iam.ROOM,
    log_group.ROOM,
    trigger.ROOM,
    backup_plan.ROOM,
    alarm.ROOM,
    items.ROOM,
)
"""In the order in which rooms of one rank act."""
ROOM_OF: dict[str, Room] = {kind: room for room in ROOMS for kind in room.kinds}
POLICIES: dict[str, Policy] = {kind: policy for room in ROOMS for kind, policy in room.kinds.items()}
