"""The spool file of an export and its checkpoint, which records after a kill how much of the file is valid.

Items are appended as DynamoDB JSON. Each page is compressed separately (gzip and zstd files may consist of several
parts). The checkpoint has the file's length and the next start key of each segment; on resume the file is truncated to
that length.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from dynaops.data.exporting.options import Exported
from dynaops.data.reading.decompress import Packing
from dynaops.model.errors import DynaopsError
from dynaops.stores.files import failure, make_directory, replace

FORMAT = 1
_SAVE_SECONDS = 0.5
_KEPT = ("items", "scanned", "bytes", "consumed", "requests", "throttles", "lost", "types", "mixed")


class Spool:
    """The spool file of a running export. `about` distinguishes it from other exports. Raises DynaopsError."""

    def __init__(
        self, folder: Path, part: Path | None, packing: Packing, about: dict[str, Any], resume: bool
    ) -> None:
        name = f"{about['table']}-{_digest({**about, 'out': str(part)})}"
        self._state = folder / f"{name}.json"
        self.part = part or folder / f"{name}.part"
        self._about = about
        self._pack = _packer(packing)
        self.exported = Exported()
        self.keys: list[Any] = [None] * about["segments"]
        """The next start key of each segment: None for its beginning, False if it is finished."""
        self._saved_at = time.monotonic()
        make_directory(folder)
        length = self._read() if resume else 0
        try:
            self._file = os.fdopen(os.open(self.part, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
            self._file.truncate(length)
            self._file.seek(length)
        except OSError as error:
            raise failure("write the export to", self.part, error) from error
        self.save()

    @property
    def begun(self) -> bool:
        """Whether any page was appended."""
        return any(key is not None for key in self.keys)

    def packed(self, lines: bytes) -> bytes:
        """Compress a page. May be called from any thread."""
        return self._pack(lines)

    def page(self, items: list[dict[str, Any]], lines: bytes) -> bytes:
        """The compressed page of `items`, whose DynamoDB JSON is `lines`. May be called from any thread."""
        return self._pack(lines) if lines else b""

    def append(self, segment: int, packed: bytes, key: Any) -> None:
        """Append a page of a segment; `key` is the segment's next start key (False at its end)."""
        try:
            self._file.write(packed)
        except OSError as error:
            raise failure("write the export to", self.part, error) from error
        self.keys[segment] = key
        if time.monotonic() - self._saved_at >= _SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write everything and the checkpoint to the disk."""
        exported = asdict(self.exported)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            data = {
                "format_version": FORMAT,
                "export": self._about,
                "length": self._file.tell(),
                "segments": self.keys,
                "exported": {name: exported[name] for name in _KEPT},
            }
            replace(self._state, orjson.dumps(data, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise failure("save the checkpoint", self._state, error) from error
        self._saved_at = time.monotonic()

    def close(self) -> None:
        """Save and close the file."""
        self.save()
        self._file.close()

    def forget(self) -> None:
        """Delete the checkpoint and the spool file."""
        self._state.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def _read(self) -> int:
        """Read the checkpoint of an earlier run; returns the valid length of the spool file."""
        try:
            data = orjson.loads(self._state.read_bytes())
            if data["export"] != self._about:
                raise DynaopsError(
                    "The export that is to be resumed was of other rows, or of another table of that name",
                    "Export again without --resume: from the beginning.",
                )
            self.keys = list(data["segments"])
            known = {field.name for field in fields(Exported)}
            self.exported = Exported(
                **{name: value for name, value in data["exported"].items() if name in known}
            )
            self.exported.resumed = True
            length = int(data["length"])
            actual_length = self.part.stat().st_size
        except FileNotFoundError:
            return 0
        except (ValueError, TypeError, KeyError) as error:
            raise DynaopsError(
                f"The checkpoint {self._state} is damaged ({error})", "Export again without --resume."
            ) from error
        if actual_length < length:
            raise DynaopsError(
                f"{self.part} has lost rows since the last run", "Export again without --resume."
            )
        return length


def _digest(about: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(about, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _compress_of(packing: Packing) -> Callable[[bytes], bytes]:
    """The compressor of the standard library, which Python may have been built without."""
    module, command = ("bz2", "bzip2") if packing is Packing.BZIP2 else ("lzma", "xz")
    try:
        compress: Callable[[bytes], bytes] = import_module(module).compress
    except ImportError:
        raise DynaopsError(
            f"This Python was built without {module}", f"Export to .gz, or pack the file with {command}."
        ) from None
    return compress


def _packer(packing: Packing) -> Callable[[bytes], bytes]:
    if packing is Packing.GZIP:
        return lambda data: gzip.compress(data, 6, mtime=0)
    if packing is Packing.NONE:
        return lambda data: data
    if packing in (Packing.BZIP2, Packing.XZ):
        return _compress_of(packing)
    try:
        import zstandard
    except ImportError:
        raise DynaopsError(
            "zstd needs a package that is not installed", "Install it with: pip install 'dynaops[zstd]'"
        ) from None
    return lambda data: zstandard.ZstdCompressor().compress(data)
