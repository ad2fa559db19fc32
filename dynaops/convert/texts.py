"""The files to convert, read once and with their limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dynaops.engine.yaml_tree import unreadable
from dynaops.model.errors import DynaopsError
from dynaops.model.finding import Place

MAX_BYTES = 64 * 1024 * 1024
"""A Terraform state may be large; nothing that describes tables is larger than this."""
STDIN = "-"
_SUFFIXES = (".tf", ".tfvars", ".tfstate", ".json", ".yaml", ".yml", ".template")


@dataclass(frozen=True)
class Text:
    """A file's name and what is in it."""

    path: str
    text: str

    @cached_property
    def documents(self) -> list[Any] | None:
        """The JSON documents of the file (one, or several one after the other); None where it is not JSON."""
        if self.text.lstrip()[:1] not in ("{", "["):
            return None
        try:
            return list(_documents(self.text))
        except (ValueError, RecursionError):
            return None

    @property
    def keys(self) -> set[str]:
        """The keys of the only JSON document, if it is a map."""
        found = self.documents
        return set(found[0]) if found and len(found) == 1 and isinstance(found[0], dict) else set()

    def json(self) -> list[Any]:
        """The JSON documents. Raises Unreadable with the place of what is wrong."""
        try:
            return list(_documents(self.text))
        except json.JSONDecodeError as error:
            place = Place(file=self.path, line=error.lineno, column=error.colno)
            raise unreadable("CONV002", f"this is not valid JSON: {error.msg}", place) from None
        except (ValueError, RecursionError) as error:
            place = Place(file=self.path, line=1, column=1)
            raise unreadable("CONV002", f"this is not JSON that can be read: {error}", place) from None


def read(paths: Sequence[str]) -> list[Text]:
    """The files, those of folders too. Raises DynaopsError where one cannot be read."""
    return [_read(path) for given in paths for path in _files(given)]


def _files(given: str) -> list[str]:
    path = Path(given)
    if given == STDIN or not path.is_dir():
        return [given]
    found = sorted(one.as_posix() for one in path.iterdir() if one.suffix in _SUFFIXES and one.is_file())
    if not found:
        raise DynaopsError(
            f"{given}: the folder has no files to convert", f"They end in {', '.join(_SUFFIXES)}."
        )
    return found


def _read(path: str) -> Text:
    if path == STDIN:
        return Text("stdin", sys.stdin.read(MAX_BYTES))
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise DynaopsError(f"{path} is larger than 64 MiB", "Cut it to what is about DynamoDB.")
        return Text(Path(path).as_posix(), Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DynaopsError(f"{path}: there is no such file or folder", "Name the file to convert.") from None
    except UnicodeDecodeError as error:
        raise DynaopsError(
            f"{path}: the file is not UTF-8 text ({error.reason})", "Is it a text file?"
        ) from None


def _documents(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        document, at = decoder.raw_decode(text, at)
        yield document
