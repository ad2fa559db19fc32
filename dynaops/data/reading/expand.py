"""What the arguments of load-data name: files, folders, S3 objects and prefixes, manifests of exports, stdin."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from dynaops.aws.objects import ObjectReader, S3Object, list_objects
from dynaops.aws.session import Aws
from dynaops.data.reading import exports
from dynaops.data.reading.inputs import STDIN, Input, LocalInput, S3Input, StdinInput, unreadable
from dynaops.model.errors import DynaopsError
from dynaops.model.quantities import size

_S3 = "s3://"


def expand(arguments: Sequence[str], aws: Callable[[], Aws]) -> list[Input]:
    """The inputs that `arguments` name, in their order. `aws` is asked for where one is in S3. Raises DynaopsError."""
    if list(arguments).count(STDIN) > 1:
        raise DynaopsError("Standard input (-) can be read only once")
    found: list[Input] = []
    for argument in arguments:
        if argument == STDIN:
            found.append(StdinInput())
        elif argument.startswith(_S3):
            found += _in_s3(argument, aws())
        else:
            found += _local(Path(argument))
    return found


def _local(path: Path) -> list[Input]:
    if path.is_dir():
        for manifest in (exports.SUMMARY, exports.FILES):
            if (path / manifest).exists():
                return _local(path / manifest)
        names = exports.without_manifests(one.name for one in path.iterdir() if one.is_file())
        if not names:
            raise DynaopsError(f"There is no file to load in {path}")
        return [LocalInput(path / name) for name in sorted(names)]
    if not exports.is_manifest(path.name):
        return [LocalInput(path)]
    if path.name == exports.SUMMARY:
        exports.check_summary(_bytes(path), str(path))
        return _local(path.with_name(exports.FILES))
    keys = exports.data_files(_bytes(path), str(path))
    inputs: list[Input] = []
    for key in keys:
        file = LocalInput(path.parent / "data" / key.rpartition("/")[2], alike=True)
        if not file.regular:
            raise DynaopsError(f"{path} names {file.name}, which is no file")
        inputs.append(file)
    return inputs


def _in_s3(url: str, aws: Aws) -> list[Input]:
    bucket, _, key = url.removeprefix(_S3).partition("/")
    if not bucket:
        raise DynaopsError(f"{url} names no bucket", "Write it as s3://BUCKET/KEY or s3://BUCKET/PREFIX/.")
    listed = {one.key: one for one in list_objects(aws, bucket, key)}
    if key in listed and not key.endswith("/"):
        one = listed[key]
        return _of_manifest(one, aws) if exports.is_manifest(key) else [S3Input(aws, one)]
    folder = key if not key or key.endswith("/") else f"{key}/"
    for manifest in (exports.SUMMARY, exports.FILES):
        if folder + manifest in listed:
            return _of_manifest(listed[folder + manifest], aws)
    names = exports.without_manifests(listed)
    if not names:
        raise DynaopsError(
            f"There is no object to load at {url}", "Check the name and the region (--region)."
        )
    return [S3Input(aws, listed[name]) for name in sorted(names)]


def _of_manifest(manifest: S3Object, aws: Aws) -> list[Input]:
    """The data files of an export. They are looked for beside the manifest, where copied exports have them, too."""
    folder = manifest.key.rpartition("/")[0]
    inside = f"{folder}/" if folder else ""
    text = _whole(aws, manifest)
    if manifest.key.endswith(exports.SUMMARY):
        exports.check_summary(text, manifest.url)
    listed = {one.key: one for one in list_objects(aws, manifest.bucket, inside)}
    files = listed.get(inside + exports.FILES)
    if files is None:
        raise DynaopsError(f"There is no {exports.FILES} beside {manifest.url}")
    inputs: list[Input] = []
    for key in exports.data_files(_whole(aws, files), files.url):
        one = listed.get(f"{inside}data/{key.rpartition('/')[2]}")
        if one is None:
            raise DynaopsError(f"{files.url} names {key}, which is not there")
        inputs.append(S3Input(aws, one, alike=True))
    return inputs


def _whole(aws: Aws, which: S3Object) -> bytes:
    if which.size > exports.MOST_BYTES:
        raise DynaopsError(f"{which.url} is too large for a manifest: {size(which.size)}")
    whole = io.BytesIO()
    reader = ObjectReader(aws, which)
    while data := reader.read():
        whole.write(data)
    return whole.getvalue()


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise DynaopsError(f"{path} is no file")
        if path.stat().st_size > exports.MOST_BYTES:
            raise DynaopsError(f"{path} is too large for a manifest: {size(path.stat().st_size)}")
        return path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error) from error
