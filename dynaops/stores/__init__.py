"""Where state lives: one protocol, one file format, one store a place."""

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
    way: Callable[[], Aws] | None = None,
    check: Check | None = None,
    patience: LockWait | None = None,
) -> Store:
    """The store at `location`: a path, or ``s3://bucket/key``, to which `way` gives the way.

    Nothing is read or written yet. `generations` is how many earlier states are kept beside the present one; `check`
    says what is wrong with the records of any state that is read. `patience` says how long its lock is waited for.
    Raises DynaopsError for a location that no store understands.
    """
    from dynaops.stores.lock_wait import IMPATIENT

    patience = patience or IMPATIENT
    scheme, separator, _ = location.partition("://")
    if separator and scheme == "s3" and way is not None:
        from dynaops.stores.s3 import S3Store
        from dynaops.stores.s3_location import parse

        return S3Store(
            location,
            parse(location),
            way,
            generations=generations,
            check=check,
            patience=patience,
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

    return LocalStore(location, generations=generations, check=check, patience=patience)
