"""Workspaces: several states of the same specs. The state of the default workspace is at ``--state``.

The state of workspace staging is ``.dynaops/workspaces/staging/state.json`` beside ``.dynaops/state.json``, and
likewise in a bucket. A workspace exists if its state exists, which `workspace new` writes, so all users of a
location see the same workspaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError
from dynaops.stores.base import StateError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

DEFAULT = "default"
_FOLDER = "workspaces"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
_WITHIN = re.compile(rf"(?:.*/)?{_FOLDER}/[^/]+/[^/]+")


def check_name(name: str) -> None:
    """Raise StateError for an invalid workspace name; the name becomes part of paths and table names."""
    if not _NAME.fullmatch(name):
        raise StateError(
            f"A workspace cannot be called {name!r}.",
            "Use up to 63 of a-z A-Z 0-9 _ . -, beginning with a letter or a digit.",
        )


def location_of(base: str, name: str) -> str:
    """The location of the state of workspace `name`, if that of the default one is `base`.

    A `base` that is the state of a workspace itself is returned unchanged.
    """
    path, mark, options = _split(base)
    if name == DEFAULT or _WITHIN.fullmatch(path):
        return base
    folder, slash, file = path.rpartition("/")
    return f"{folder}{slash}{_FOLDER}/{name}/{file}{mark}{options}"


def names(base: str, open_aws: Callable[[], Aws]) -> list[str]:
    """The names of the existing workspaces, sorted, without the default one. Raises StateError."""
    path, _, _ = _split(base)
    if _WITHIN.fullmatch(path):
        return []
    file = path.rpartition("/")[2]
    states = _in_bucket(base, open_aws) if base.startswith("s3://") else _in_folder(path)
    return sorted(name for name, entry in states if entry == file and _NAME.fullmatch(name))


def _in_folder(path: str) -> list[tuple[str, str]]:
    folder = Path(path).expanduser().parent / _FOLDER
    try:
        return [(entry.parent.name, entry.name) for entry in folder.glob("*/*") if entry.is_file()]
    except OSError as error:
        raise StateError(f"Cannot list the workspaces in {folder}: {error.strerror}.") from error


def _in_bucket(base: str, open_aws: Callable[[], Aws]) -> list[tuple[str, str]]:
    from dynaops.aws.s3 import S3Bucket
    from dynaops.stores.s3_location import as_state_error, parse

    s3_location = parse(base)
    folder, slash, _ = s3_location.key.rpartition("/")
    prefix = f"{folder}{slash}{_FOLDER}/"
    with as_state_error("list the workspaces of", base):
        aws = open_aws()
        bucket = S3Bucket(
            aws, s3_location.bucket, s3_location.region or aws.region, s3_location.expected_owner
        )
        states = [key.removeprefix(prefix).split("/") for key, _ in bucket.keys(prefix)]
    return [(parts[0], parts[1]) for parts in states if len(parts) == 2]


def _split(location: str) -> tuple[str, str, str]:
    """(path, "?" or "", options) of a location; only S3 locations have options."""
    return location.partition("?") if location.startswith("s3://") else (location, "", "")


def unknown(name: str, base: str, existing: list[str]) -> DynaopsError:
    """The error that there is no workspace `name`; `existing` are those that exist."""
    return StateError(
        f"There is no workspace {name} of the state {base}.",
        f"Make it: `dynaops workspace new {name}`. There are {', '.join([DEFAULT, *existing])}.",
    )
