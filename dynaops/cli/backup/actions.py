"""The backup commands (create, list, status, delete, prune), without their command lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dynaops.backups import create, delete, status
from dynaops.backups.listing import listing
from dynaops.cli import wiring
from dynaops.cli.planning.account_check import region_of_any, state_of
from dynaops.cli.planning.run_plan import Terms, carry_out, see_through
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.backup import Via
from dynaops.model.exits import Exit
from dynaops.views.backups import list_page, nothing_to_prune, status_page
from dynaops.views.wording import count

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.plan import Plan

SEE_THROUGH = "`dynaops backup status --wait`"


def make(
    settings: GlobalSettings, creation: dict[str, Any], *, wait: bool, yes: bool, operations: bool
) -> int:
    """Make backups. The user must confirm only if retention deletes older ones."""
    aws = wiring.aws(settings)
    region = region_of_any(creation["tables"], settings, aws)
    store = wiring.store(settings)
    state = state_of(store, aws)
    plan = create.plan_create(create.Creation(region=region, **creation), state, aws)
    run_store = wiring.unrecorded(store)
    going = len(plan.destructive)
    terms = Terms(
        yes or not going,
        allow_replace=False,
        allow_destroy=True,
        wait=wait,
        operations=operations,
        command="backup create",
        document=lambda: {"backups": _made(plan, run_store.load().resources)},
        question=f"Back up, and then delete {count(going, 'older backup')}?",
        later=SEE_THROUGH,
        done="Backed up",
    )
    return carry_out(plan, run_store, aws, settings, terms)


def _made(plan: Plan, records: dict[str, Any]) -> list[dict[str, Any]]:
    """The backups that were made, as in the responses of AWS."""
    backups = []
    for operation in plan.operations:
        record = records.get(operation.address)
        if not operation.destructive:
            table, _, name = operation.address.split("/", 2)
            arn = record.arn if record else None
            backups.append({"table": table, "name": name, "region": operation.region, "arn": arn})
    return backups


def show_list(settings: GlobalSettings, tables: Sequence[str], via: Via | None) -> int:
    """Show the existing backups."""
    aws = wiring.aws(settings)
    backups = listing(aws, region_of_any(tables, settings, aws), tables, via)
    screen = Screen(settings)
    if screen.json:
        screen.document(backups.model_dump(mode="json"))
    else:
        screen.show(list_page(backups, aws.now, settings.verbose))
    return Exit.OK


def show_status(settings: GlobalSettings, tables: Sequence[str], wait: bool) -> int:
    """Show running jobs of AWS, and wait for their end if asked for."""
    aws = wiring.aws(settings)
    screen = Screen(settings)
    jobs, gaps = status.jobs(aws, region_of_any(tables, settings, aws), tables)
    plan = status.plan_wait(aws, jobs)
    if not screen.json or wait:
        screen.show(status_page(jobs, gaps, aws.now))
    if wait and plan.operations:
        terms = Terms(
            yes=True, allow_replace=False, allow_destroy=False, command="backup status --wait", done="Ended"
        )
        return see_through(plan, wiring.unrecorded(), aws, settings, terms)
    if screen.json:
        screen.document({"jobs": [job.model_dump(mode="json") for job in jobs], "gaps": gaps})
    return Exit.OK


def remove(settings: GlobalSettings, references: Sequence[str], yes: bool, operations: bool) -> int:
    """Delete the named backups."""
    aws = wiring.aws(settings)
    plan = delete.plan_delete(aws, references, region_of_any((), settings, aws))
    return _deleting(plan, aws, settings, "backup delete", yes, operations)


def prune(
    settings: GlobalSettings,
    tables: Sequence[str],
    retention: delete.Retention,
    via: Via,
    *,
    yes: bool,
    operations: bool,
) -> int:
    """Delete backups whose retention is over."""
    aws = wiring.aws(settings)
    plan = delete.plan_prune(aws, tables, retention, region_of_any(tables, settings, aws), via)
    if not plan.operations:
        screen = Screen(settings)
        screen.say(nothing_to_prune(plan.tables))
        if screen.json:
            from dynaops.model.event import Outcome
            from dynaops.views.json_documents import applied

            screen.document(applied(plan, Outcome()))
        return Exit.OK
    return _deleting(plan, aws, settings, "backup prune", yes, operations)


def _deleting(
    plan: Plan, aws: Aws, settings: GlobalSettings, command: str, yes: bool, operations: bool
) -> int:
    terms = Terms(
        yes,
        allow_replace=False,
        allow_destroy=False,
        operations=operations,
        command=command,
        question=f"Delete {count(len(plan.operations), 'backup')}, for good?",
        later=SEE_THROUGH,
        done="Deleted",
    )
    return carry_out(plan, wiring.unrecorded(wiring.store(settings)), aws, settings, terms)
