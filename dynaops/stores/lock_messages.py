"""The holder of a lock, and the messages about locks, for every kind of lock."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from datetime import UTC, datetime

from dynaops.stores.base import DEFAULT_LOCATION, Holder, LockHeld, shell_word


def myself(operation: str) -> Holder:
    """The Holder for this process, which runs `operation` from now on."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # In a container, the user id may have no name.
        user = f"uid-{os.getuid()}"
    return Holder(
        id=str(uuid.uuid4()),
        user=user,
        host=socket.gethostname(),
        pid=os.getpid(),
        operation=operation,
        since=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def takeover(previous: Holder) -> str:
    """The message about an abandoned lock that was taken over."""
    return (
        f"{previous.name} was interrupted in `{previous.operation}` (since {previous.since}) and left its "
        "lock behind; it was taken over."
    )


def refusal(location: str, holder: Holder | None, life: str = "") -> LockHeld:
    """The error that another process holds the lock; `life` says when it was last renewed."""
    option = "" if location == DEFAULT_LOCATION else f"--state {shell_word(location)} "
    command = f"dynaops {option}state unlock --force"
    hint = f"Wait until that is done (--lock-timeout 10m). If nobody works on it any more: `{command}`."
    if holder is None:
        return LockHeld(f"The state {location} is locked by another process.", hint)
    return LockHeld(
        f"The state {location} is locked by {holder.name}: `{holder.operation}` since {holder.since}{life}.",
        hint,
        holder,
    )


def taken_away(location: str, present: Holder | None) -> LockHeld:
    """The error that the held lock was removed by another process; `present` is the new holder, if any."""
    return LockHeld(
        f"The lock of {location} was taken away while it was held: nothing more is saved.",
        "Find out who ran `dynaops state unlock --force`, then run the command again.",
        present,
    )
