"""A state that lies near the place where none is: a key or a path that was mistyped."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_ALIKE = 0.8
"""How alike a key must be to be meant (`difflib`'s ratio)."""
_BESIDE = (".lock", ".lock.json", ".lease")
"""Ends of the names of what lies beside a state while a command works with it; this command's own are there too."""
_MOST = 1000
"""Files of a folder that are looked at."""


def near_state(location: str, way: Callable[[], Aws]) -> str | None:
    """The place of what looks like the state that is meant by `location`; None where nothing does.

    Where listing is not allowed, nothing is known, and None is answered too.
    """
    try:
        if location.startswith("s3://"):
            return _in_bucket(location, way())
        return _in_folder(Path(location).expanduser())
    except (DynaopsError, OSError):
        return None


def _in_bucket(location: str, aws: Aws) -> str | None:
    from dynaops.aws.s3 import S3Bucket
    from dynaops.stores.s3_location import parse

    where = parse(location)
    bucket = S3Bucket(aws, where.bucket, where.region or aws.region, where.expected_owner)
    file = where.key.rpartition("/")[2]
    keys = [key for key in bucket.first_keys() if _may_be_meant(key, where.key, file)]
    (key,) = get_close_matches(where.key, keys, 1, _ALIKE) or (None,)
    _, mark, options = location.partition("?")
    return f"s3://{where.bucket}/{key}{mark}{options}" if key else None


def _in_folder(path: Path) -> str | None:
    beside = [*path.parent.glob("*"), *path.parent.parent.glob(f"*/{path.name}")][:_MOST]
    names = [str(one) for one in beside if one.is_file() and _may_be_meant(str(one), str(path), path.name)]
    return next(iter(get_close_matches(str(path), names, 1, _ALIKE)), None)


def _may_be_meant(name: str, wanted: str, file: str) -> bool:
    """Whether it may be a state: a file of that name, or of that kind in the same folder; no kept one and no lock."""
    folder, _, own = name.rpartition("/")
    if name == wanted or own.startswith(f"{file}.") or own.endswith(_BESIDE) or folder.endswith(".d"):
        return False
    same_folder = folder == wanted.rpartition("/")[0]
    return own == file or (same_folder and own.rpartition(".")[2] == file.rpartition(".")[2])
