"""State locations: migrate a state, push one, unlock, and create the state bucket."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.planning.approval import require_agreement
from dynaops.cli.planning.run_plan import Terms, carry_out
from dynaops.cli.run_records import recorded
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.state import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynaops.aws.session import Aws
    from dynaops.model.state import State
    from dynaops.stores.base import Holder, Store


def make_bucket(settings: GlobalSettings, name: str, kms_key: str | None, yes: bool) -> int:
    """Create the bucket `name`, or change its settings to those that states need. Returns the exit code."""
    from dynaops.engine.state_bucket import plan_bucket
    from dynaops.stores.s3_location import check_bucket

    check_bucket(name)
    screen = Screen(settings)
    aws = wiring.aws(settings)
    plan = plan_bucket(name, aws, kms_key)
    if not plan.operations:
        if screen.json:
            screen.document({**plan.public(), "bucket": name})
        screen.say(f"Nothing to do: the bucket {name} is as states need it.")
        return 0
    terms = Terms(
        yes,
        allow_replace=False,
        allow_destroy=False,
        command=f"init --state-bucket {name}",
        done="Ready",
        document=lambda: {"bucket": name},
    )
    code = carry_out(plan, wiring.unrecorded(), aws, settings, terms)
    if code == 0:
        screen.aside(f"Keep a state there: --state s3://{name}/state.json, or DYNAOPS_STATE.")
    return code


def migrate(settings: GlobalSettings, source: str) -> None:
    """Move the state at `source`, and those of all its workspaces, to the location of ``--state``."""
    from dynaops.model.errors import DynaopsError
    from dynaops.stores.workspaces import DEFAULT, names

    if source == settings.state:
        raise DynaopsError(
            f"The state would stay where it is: {source}.",
            "Say where it shall be with --state, and where it is with --from.",
        )

    def aws() -> Aws:
        return wiring.aws(settings)

    others = names(source, aws)
    moved = [_moved(settings, source, name, aws, optional=bool(others)) for name in (DEFAULT, *others)]
    migrated = [entry for entry in moved if entry is not None]
    screen = Screen(settings)
    if screen.json:
        screen.document({"moved": migrated})
        return
    for entry in migrated:
        screen.say(f"The state is at {entry['to']} now, as serial {entry['serial']}.")
        screen.aside(f"At {entry['from']} only word of that is left, and the earlier states.")


def _moved(
    settings: GlobalSettings, source: str, name: str, aws: Callable[[], Aws], optional: bool
) -> dict[str, Any] | None:
    """Move one workspace's state. Returns None if one of several workspaces has no state or was moved before."""
    from dynaops.stores.base import StateElsewhere
    from dynaops.stores.migrate import migrate as move

    patience = wiring.patience(settings)
    source_store, target_store = (
        recorded(workspaces.store_of(base, name, aws, patience), settings, aws)
        for base in (source, settings.state)
    )
    try:
        if optional and not source_store.load().serial:
            return None
        state = move(source_store, target_store)
    except StateElsewhere as error:
        if optional and error.target == target_store.location:
            return None
        raise
    return {"from": source_store.location, "to": target_store.location, "serial": state.serial}


def push(settings: GlobalSettings, file: str, force: bool) -> tuple[State | None, State]:
    """Push a state from a file (``-``: stdin). Returns (the replaced state or None if unreadable, the new state)."""
    from dynaops.engine.state_check import faults_of
    from dynaops.stores.format import loads
    from dynaops.stores.migrate import check_push

    given = loads(_bytes_of(file), file, faults_of)
    store = wiring.store(settings)
    with store.lock("state push"):
        before = None if force else check_push(given, store)
        if before == given:
            return before, given
        return before, store.adopt(given)


def _bytes_of(file: str) -> bytes:
    """The bytes of a state file (``-``: stdin), at most one more than the largest state. Raises DynaopsError."""
    from dynaops.model.errors import DynaopsError
    from dynaops.model.files import FileRefused, read_bytes
    from dynaops.stores.format import MAX_BYTES

    if file == "-":
        if sys.stdin is None:
            raise DynaopsError("Standard input is closed", "Name a file.")
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        return read_bytes(file, MAX_BYTES)
    except FileRefused as error:
        raise DynaopsError(f"Cannot read the state in {file}: it {error.reason}") from error


def unlock(settings: GlobalSettings, store: Store, force: bool) -> Holder | None:
    """Remove a lock: an abandoned one at once, another one with consent. Raises LockHeld without consent."""
    from dynaops.stores.base import LockHeld

    try:
        return store.unlock(force=force)
    except LockHeld as error:
        if force or sys.stdin is None or not sys.stdin.isatty():
            raise
        screen = Screen(settings)
        screen.say(error.message)
        require_agreement(screen, "Take the lock away? What that run still does is not saved.", False, True)
        return store.unlock(force=True)
