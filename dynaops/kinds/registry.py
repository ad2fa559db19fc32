"""The registry of resource handlers. Apart from the specs' registry, so that offline commands import little."""

from __future__ import annotations

from dynaops.kinds import insights, recovery, resource_policy, table, ttl
from dynaops.kinds.alarm import handler as alarm
from dynaops.kinds.autoscaling import handler as autoscaling
from dynaops.kinds.backup_plan import handler as backup_plan
from dynaops.kinds.iam import handler as iam
from dynaops.kinds.items import handler as items
from dynaops.kinds.kind import ResourceHandler
from dynaops.kinds.kinesis import handler as kinesis
from dynaops.kinds.log_group import handler as log_group
from dynaops.kinds.pipes import handler as pipes
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.replica import handler as replica
from dynaops.kinds.trigger import handler as trigger
from dynaops.model.cost import BilledItem

TABLE_HANDLER = table.HANDLER
"""The handler of the table, which all other resources of a spec are around."""
HANDLERS: tuple[ResourceHandler, ...] = (
    TABLE_HANDLER,
    recovery.HANDLER,
    ttl.HANDLER,
    resource_policy.HANDLER,
    insights.HANDLER,
    autoscaling.HANDLER,
    replica.HANDLER,
    kinesis.HANDLER,
    iam.HANDLER,
    log_group.HANDLER,
    trigger.HANDLER,
    pipes.HANDLER,
    backup_plan.HANDLER,
    alarm.HANDLER,
    items.HANDLER,
)
"""In the order in which handlers of one rank act."""
HANDLER_OF: dict[str, ResourceHandler] = {kind: handler for handler in HANDLERS for kind in handler.kinds}
PROPERTY_RULES: dict[str, PropertyRules] = {
    kind: policy for handler in HANDLERS for kind, policy in handler.kinds.items()
}
BILLED_ITEMS: dict[str, BilledItem] = {
    item: billed for handler in HANDLERS for item, billed in handler.billing.items.items()
}
"""What the kinds bill, by the keys of the price table."""


def actions_of_changes(action: str) -> tuple[str, ...]:
    """The IAM actions that changing a resource needs besides `action`, which creating or deleting it needs."""
    actions = [changing for handler in HANDLERS for changing in handler.permissions.changes.get(action, ())]
    return tuple(dict.fromkeys(actions))
