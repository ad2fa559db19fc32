"""Exit codes of the process. Public interface."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of all commands."""

    OK = 0
    FAILED = 1
    """Refused, failed or partly done; also findings of severity error."""
    USAGE = 2
    """The command line itself is wrong (FAILED with ``--exit-code``, where 2 has a meaning of its own)."""
    CHANGES = 2
    """With ``--exit-code`` only: the plan has changes, or there is drift."""
    WARNINGS = 3
    """``validate --strict`` found nothing worse than warnings."""
    LOCKED = 4
    """The state lock is held by another."""
    STALE = 5
    """The saved plan no longer fits the state, the specs or the live account."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C, between operations and with the state saved."""
    BROKEN_PIPE = 141
    """Whoever read the output went away, as a shell reports it."""
