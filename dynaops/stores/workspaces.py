"""Workspaces: several states of the same specs, side by side. The default one is where ``--state`` says.

Another lies below it: ``.dynaops/workspaces/staging/state.json`` beside ``.dynaops/state.json``, and so in a bucket.
It is there when its state is, which `workspace new` writes: whoever shares the place sees the same workspaces.
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
    """Raise StateError for what cannot be a workspace: its name becomes part of paths and of tables' names."""
    if not _NAME.fullmatch(name):
        raise StateError(
            f"A workspace cannot be called {name!r}.",
            "Use up to 63 of a-z A-Z 0-9 _ . -, beginning with a letter or a digit.",
        )


def location_of(base: str, name: str) -> str:
    """Where the state of workspace `name` is, if the default one's is at `base`.

    A `base` that is a workspace's state itself is meant as it is.
    """
    path, mark, options = _split(base)
    if name == DEFAULT or _WITHIN.fullmatch(path):
        return base
    folder, slash, file = path.rpartition("/")
    return f"{folder}{slash}{_FOLDER}/{name}/{file}{mark}{options}"


def names(base: str, way: Callable[[], Aws]) -> list[str]:
    """The workspaces besides the default one that are there, sorted. Raises StateError."""
    path, _, _ = _split(base)
    if _WITHIN.fullmatch(path):
        return []
    file = path.rpartition("/")[2]
    found = _in_bucket(base, way) if base.startswith("s3://") else _in_folder(path)
    return sorted(name for name, one in found if one == file and _NAME.fullmatch(name))


def _in_folder(path: str) -> list[tuple[str, str]]:
    folder = Path(path).expanduser().parent / _FOLDER
    try:
        return [(one.parent.name, one.name) for one in folder.glob("*/*") if one.is_file()]
    except OSError as error:
        raise StateError(f"Cannot list the workspaces in {folder}: {error.strerror}.") from error


def _in_bucket(base: str, way: Callable[[], Aws]) -> list[tuple[str, str]]:
    from dynaops.aws.s3 import S3Bucket
    from dynaops.stores.s3_location import parse, told

    where = parse(base)
    folder, slash, _ = where.key.rpartition("/")
    prefix = f"{folder}{slash}{_FOLDER}/"
    with told("list the workspaces of", base):
        aws = way()
        bucket = S3Bucket(aws, where.bucket, where.region or aws.region, where.expected_owner)
        found = [key.removeprefix(prefix).split("/") for key, _ in bucket.keys(prefix)]
    return [(parts[0], parts[1]) for parts in found if len(parts) == 2]


def _split(location: str) -> tuple[str, str, str]:
    """A location's path, and (in S3) what follows it."""
    return location.partition("?") if location.startswith("s3://") else (location, "", "")


def unknown(name: str, base: str, there: list[str]) -> DynaopsError:
    """There is no workspace `name`; `there` are those that there are."""
    return StateError(
        f"There is no workspace {name} of the state {base}.",
        f"Make it: `dynaops workspace new {name}`. There are {', '.join([DEFAULT, *there])}.",
    )
