"""Stores of states: one protocol, one file format, and a class for local files and for S3."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.stores.base import Store
    from dynaops.stores.format import Check
    from dynaops.stores.lock_wait import LockWait

DEFAULT_GENERATIONS = 10


def open_store(
    location: str,
    *,
    generations: int = DEFAULT_GENERATIONS,
    open_aws: Callable[[], Aws] | None = None,
    check: Check | None = None,
    lock_wait: LockWait | None = None,
) -> Store:
    """The store at `location`: a path, or ``s3://bucket/key``, for which `open_aws` gives the AWS session.

    Nothing is read or written yet. `generations` is how many earlier states are kept; `check` finds errors in the
    records of a state that is read; `lock_wait` says how long to wait for the lock. Raises DynaopsError for a location
    that no store supports.
    """
    from dynaops.stores.lock_wait import IMPATIENT

    lock_wait = lock_wait or IMPATIENT
    scheme, separator, _ = location.partition("://")
    if separator and scheme == "s3" and open_aws is not None:
        from dynaops.stores.s3 import S3Store
        from dynaops.stores.s3_location import parse

        return S3Store(
            location,
            parse(location),
            open_aws,
            generations=generations,
            check=check,
            patience=lock_wait,
        )
    if separator:
        raise DynaopsError(
            f"No state can be kept at {location}: `{scheme}://` is unknown.",
            "Use a path, for example .dynaops/state.json, or s3://BUCKET/KEY.",
        )
    if not location.strip():
        raise DynaopsError(
            "The location of the state is empty.", "Leave --state out for .dynaops/state.json."
        )
    from dynaops.stores.local import LocalStore

    return LocalStore(location, generations=generations, check=check, patience=lock_wait)
