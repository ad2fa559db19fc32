"""The files to convert, read once and with their limits."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from dynaops.convert import json_text
from dynaops.convert.cdk_out import is_assembly, templates
from dynaops.convert.json_text import NotJson
from dynaops.convert.notes import Notes, SourcePlace
from dynaops.model.errors import DynaopsError
from dynaops.model.files import FileRefused, Refusal, read_bytes
from dynaops.model.finding import Place
from dynaops.model.findings.commands import CONV002, CONV003
from dynaops.specs.yaml_tree import unreadable

MAX_BYTES = 64 * 1024 * 1024
"""All files together. A Terraform state may be large; nothing that describes tables is larger than this."""
MAX_SOURCE_BYTES = 1024 * 1024
"""A file that people write: CloudFormation takes no larger template, and Terraform files are a tenth of it."""
MAX_FILES = 10_000
"""Files of one folder."""
STDIN = "-"
_SUFFIXES = (".tf", ".tfvars", ".tfstate", ".json", ".yaml", ".yml", ".template")


@dataclass(frozen=True)
class SourceText:
    """A file's name and what is in it."""

    path: str
    text: str
    context: Mapping[str, str] | None = None
    """Of a template that `cdk synth` has written: the pseudo parameters of the environment it is deployed in."""
    found_in_folder: bool = False
    """Whether its folder was named, and not the file itself."""

    @cached_property
    def documents(self) -> list[Any] | None:
        """The JSON documents of the file (one, or several one after the other); None where it is not JSON."""
        return self._decoded if self.looks_like_json and isinstance(self._decoded, list) else None

    @property
    def looks_like_json(self) -> bool:
        """Whether it begins as a JSON document does."""
        return self.text.lstrip()[:1] in ("{", "[")

    @property
    def keys(self) -> set[str]:
        """The keys of the only JSON document, if it is a map."""
        found = self.documents
        return set(found[0]) if found and len(found) == 1 and isinstance(found[0], dict) else set()

    def json(self) -> list[Any]:
        """The JSON documents. Raises Unreadable with the place of what is wrong."""
        found = self._decoded
        if isinstance(found, list):
            return found
        raise unreadable(CONV002, f"this is not JSON that can be read: {found}", self.place(found.at))

    def place(self, at: int) -> Place:
        """The line and column of the character with that index."""
        start = self.text.rfind("\n", 0, at) + 1
        return Place(file=self.path, line=self.text.count("\n", 0, at) + 1, column=at - start + 1)

    def written_by_hand(self) -> str:
        """The text, which is no larger than what people write. Raises Unreadable."""
        if len(self.text) > MAX_SOURCE_BYTES:
            place = Place(file=self.path, line=1, column=1)
            raise unreadable(
                CONV003, "the file is larger than 1 MiB", place, "Cut it to what is about DynamoDB."
            )
        return self.text

    @cached_property
    def _decoded(self) -> list[Any] | NotJson:
        try:
            return json_text.documents(self.text)
        except NotJson as error:
            return error


def read(paths: Sequence[str], notes: Notes) -> list[SourceText]:
    """The files, those of folders too. Raises DynaopsError where one cannot be read."""
    found: list[SourceText] = []
    handler = MAX_BYTES
    for path, context in [source for given in paths for source in _sources(given, notes)]:
        raw = _bytes(path, handler)
        handler -= len(raw)
        name = "stdin" if path == STDIN else Path(path).as_posix()
        found.append(SourceText(name, _decoded(raw, path), context, found_in_folder=path not in paths))
    return found


def _sources(given: str, notes: Notes) -> list[tuple[str, Mapping[str, str] | None]]:
    """The files of an argument, with what a folder of CDK's says of each."""
    path = Path(given)
    if given == STDIN or not _is_folder(path) or not is_assembly(path):
        return [(one, None) for one in _files(given, notes)]
    found = templates(path)
    if not found:
        raise DynaopsError(f"{given}: the manifest lists no stack", "Run `cdk synth` again.")
    return [(one.as_posix(), context) for one, context in found]


def _files(given: str, notes: Notes) -> list[str]:
    path = Path(given)
    if given == STDIN or not _is_folder(path):
        return [given]
    listed = list(islice(path.iterdir(), MAX_FILES + 1))
    if len(listed) > MAX_FILES:
        raise DynaopsError(
            f"{given}: the folder has more than {MAX_FILES:,} files",
            "Name those to convert, or fewer at a time.",
        )
    files = sorted(one for one in listed if _is_wanted(one))
    inside = [one for one in files if _is_inside(one, path)]
    for one in sorted(set(files) - set(inside)):
        where = SourcePlace(one.name, (one.as_posix(), 0, 0))
        notes.lost(where, "it is a link to outside of the folder: name it to convert it too")
    if not files:
        raise DynaopsError(
            f"{given}: the folder has no files to convert", f"They end in {', '.join(_SUFFIXES)}."
        )
    return [one.as_posix() for one in inside]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # the name is too long, or a folder on the way is locked: reading it says so
        return False


def _is_wanted(path: Path) -> bool:
    """Hidden files are an editor's, as Terraform has it."""
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _is_inside(path: Path, folder: Path) -> bool:
    """A repository's link must not make us read (and quote) a file that is not the repository's."""
    return not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _bytes(path: str, handler: int) -> bytes:
    """The bytes of a regular file, at most `handler`. Raises DynaopsError."""
    try:
        if path != STDIN:
            return read_bytes(path, handler)
        raw = sys.stdin.buffer.read(handler + 1)
        if len(raw) > handler:
            raise FileRefused("", Refusal.TOO_LARGE)
    except FileRefused as error:
        if error.why is Refusal.MISSING:
            raise DynaopsError(
                f"{path}: there is no such file or folder", "Name the file to convert."
            ) from None
        if error.why is Refusal.TOO_LARGE:
            raise DynaopsError(
                f"{path}: the files are larger than {MAX_BYTES // 1024 // 1024} MiB together",
                "Convert fewer at a time, or cut them to what is about DynamoDB.",
            ) from None
        hint = "What another program writes is read from standard input: `-`."
        raise DynaopsError(
            f"{path!r} {error.reason}" if "\0" in path else f"{path} {error.reason}", hint
        ) from None
    return raw


def _decoded(raw: bytes, path: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DynaopsError(
            f"{path}:{line}: the file is not UTF-8 text ({error.reason})", "Is it a text file?"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DynaopsError(f"{path}:{line}: the file has a NUL byte", "Is it a text file?")
    return text.replace("\r\n", "\n").replace("\r", "\n")
