"""What a plan or a report is of: whose account, where in it, and which state."""

from __future__ import annotations

from dynaops.model.base import Model


class Headline(Model):
    """Environment, account, partition, regions and the state's place; None where it is not known.

    The member names are public interface (``plan --json``, ``drift --json``).
    """

    environment: str | None = None
    account: str | None = None
    partition: str | None = None
    regions: tuple[str, ...] = ()
    state: str | None = None
