"""Find a state whose location is similar to one without a state, which was probably mistyped."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_ALIKE = 0.8
"""The least similarity of a key (`difflib`'s ratio)."""
_BESIDE = (".lock", ".lock.json", ".lease")
"""Suffixes of files beside a state while a command runs, including this command."""
_MOST = 1000
"""The most files of a folder that are considered."""


def near_state(location: str, open_aws: Callable[[], Aws]) -> str | None:
    """The location of a state with a name similar to `location`; None if there is none.

    None also if listing is not allowed.
    """
    try:
        if location.startswith("s3://"):
            return _in_bucket(location, open_aws())
        return _in_folder(Path(location).expanduser())
    except (DynaopsError, OSError):
        return None


def _in_bucket(location: str, aws: Aws) -> str | None:
    from dynaops.aws.s3 import S3Bucket
    from dynaops.stores.s3_location import parse

    s3_location = parse(location)
    bucket = S3Bucket(aws, s3_location.bucket, s3_location.region or aws.region, s3_location.expected_owner)
    file = s3_location.key.rpartition("/")[2]
    keys = [key for key in bucket.first_keys() if _may_be_meant(key, s3_location.key, file)]
    (key,) = get_close_matches(s3_location.key, keys, 1, _ALIKE) or (None,)
    _, mark, options = location.partition("?")
    return f"s3://{s3_location.bucket}/{key}{mark}{options}" if key else None


def _in_folder(path: Path) -> str | None:
    beside = [*path.parent.glob("*"), *path.parent.parent.glob(f"*/{path.name}")][:_MOST]
    names = [
        str(path_) for path_ in beside if path_.is_file() and _may_be_meant(str(path_), str(path), path.name)
    ]
    return next(iter(get_close_matches(str(path), names, 1, _ALIKE)), None)


def _may_be_meant(name: str, wanted: str, file: str) -> bool:
    """Whether a file may be the wanted state: same name, or same suffix in the same folder; no generation or lock."""
    folder, _, own = name.rpartition("/")
    if name == wanted or own.startswith(f"{file}.") or own.endswith(_BESIDE) or folder.endswith(".d"):
        return False
    same_folder = folder == wanted.rpartition("/")[0]
    return own == file or (same_folder and own.rpartition(".")[2] == file.rpartition(".")[2])
