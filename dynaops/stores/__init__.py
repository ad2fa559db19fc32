"""Where state lives: one protocol, one file format, one store a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.stores.base import Store

DEFAULT_GENERATIONS = 10


def open_store(location: str, *, generations: int = DEFAULT_GENERATIONS) -> Store:
    """The store at `location`: a path, or (later) ``s3://bucket/key``.

    Nothing is read or written yet. `generations` is how many earlier states are kept beside the present one.
    Raises DynaopsError for a location that no store understands.
    """
    scheme, separator, _ = location.partition("://")
    if separator and scheme == "s3":
        raise DynaopsError(
            f"State in S3 ({location}) comes with a later version.",
            "Use a path for now, for example `--state .dynaops/state.json`.",
        )
    if separator:
        raise DynaopsError(
            f"No state can be kept at {location}: `{scheme}://` is unknown.",
            "Use a path, for example `--state .dynaops/state.json`.",
        )
    if not location.strip():
        raise DynaopsError(
            "The location of the state is empty.", "Leave --state out for .dynaops/state.json."
        )
    from dynaops.stores.local import LocalStore

    return LocalStore(location, generations=generations)
