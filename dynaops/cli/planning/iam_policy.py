"""The permissions command: compute IAM policies from specs or a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.cli.planning.plan_rehearsal import require_sandbox

if TYPE_CHECKING:
    from dynaops.access.rules import Need
    from dynaops.aws.session import Aws
    from dynaops.engine.notify import Recipient
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.specs.load import Document


def for_life(documents: Sequence[Document], aws: Aws) -> set[Need]:
    """The permissions to create, read, change and destroy the resources of specs."""
    require_sandbox()
    from dynaops.rehearsal.permissions import needs_of_specs

    return needs_of_specs(documents, aws)


def for_plan(plan: Plan, documents: Sequence[Document], state: State, aws: Aws) -> set[Need]:
    """The permissions that a plan needs."""
    require_sandbox()
    from dynaops.cli.planning.plan_rehearsal import regions
    from dynaops.rehearsal.live_account import gather
    from dynaops.rehearsal.permissions import needs_of_plan

    return needs_of_plan(plan, documents, state, gather(plan, regions(documents, state, aws), state, aws))


def for_notifications(recipients: Iterable[Recipient]) -> set[Need]:
    """The permissions to send notifications."""
    from dynaops.access.rules import Need
    from dynaops.engine.notify import action_of

    return {Need(action_of(recipient), recipient.arn) for recipient in recipients}


def policy(needed: Iterable[Need]) -> dict[str, Any]:
    """The policy document that grants exactly these permissions."""
    from dynaops.access.policy import minimal_policy

    return minimal_policy(needed)
