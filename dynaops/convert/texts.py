"""Reads the files to convert, each once and within limits."""

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
"""The most bytes of all files together. A Terraform state may be large, but not larger than this."""
MAX_SOURCE_BYTES = 1024 * 1024
"""The most bytes of a hand-written file: CloudFormation accepts no larger template, Terraform files are smaller."""
MAX_FILES = 10_000
"""The most files of one folder."""
STDIN = "-"
_SUFFIXES = (".tf", ".tfvars", ".tfstate", ".json", ".yaml", ".yml", ".template")


@dataclass(frozen=True)
class SourceText:
    """A file's name and its content."""

    path: str
    text: str
    context: Mapping[str, str] | None = None
    """The pseudo parameters of the environment of a template that `cdk synth` has written, else None."""
    found_in_folder: bool = False
    """Whether the user named the file's folder, and not the file itself."""

    @cached_property
    def documents(self) -> list[Any] | None:
        """The JSON documents of the file (one, or several after each other); None if it is not JSON."""
        return self._decoded if self.looks_like_json and isinstance(self._decoded, list) else None

    @property
    def looks_like_json(self) -> bool:
        """Whether the text begins like a JSON document."""
        return self.text.lstrip()[:1] in ("{", "[")

    @property
    def keys(self) -> set[str]:
        """The keys of the only JSON document, if it is a map."""
        documents = self.documents
        return (
            set(documents[0])
            if documents and len(documents) == 1 and isinstance(documents[0], dict)
            else set()
        )

    def json(self) -> list[Any]:
        """The JSON documents. Raises Unreadable with the place of the error."""
        documents = self._decoded
        if isinstance(documents, list):
            return documents
        raise unreadable(CONV002, f"this is not JSON that can be read: {documents}", self.place(documents.at))

    def place(self, at: int) -> Place:
        """The line and column of the character with that index."""
        start = self.text.rfind("\n", 0, at) + 1
        return Place(file=self.path, line=self.text.count("\n", 0, at) + 1, column=at - start + 1)

    def written_by_hand(self) -> str:
        """The text. Raises Unreadable if it is larger than a hand-written file may be."""
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
    """Read the files, including those in folders. Raises DynaopsError if one cannot be read."""
    texts: list[SourceText] = []
    remaining = MAX_BYTES
    for path, context in [source for given in paths for source in _sources(given, notes)]:
        raw = _bytes(path, remaining)
        remaining -= len(raw)
        name = "stdin" if path == STDIN else Path(path).as_posix()
        texts.append(SourceText(name, _decoded(raw, path), context, found_in_folder=path not in paths))
    return texts


def _sources(given: str, notes: Notes) -> list[tuple[str, Mapping[str, str] | None]]:
    """The files of an argument, with the pseudo parameters of each if it is a CDK output folder."""
    path = Path(given)
    if given == STDIN or not _is_folder(path) or not is_assembly(path):
        return [(path_, None) for path_ in _files(given, notes)]
    templates_ = templates(path)
    if not templates_:
        raise DynaopsError(f"{given}: the manifest lists no stack", "Run `cdk synth` again.")
    return [(path_.as_posix(), context) for path_, context in templates_]


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
    files = sorted(file for file in listed if _is_wanted(file))
    inside = [file for file in files if _is_inside(file, path)]
    for file in sorted(set(files) - set(inside)):
        where = SourcePlace(file.name, (file.as_posix(), 0, 0))
        notes.lost(where, "it is a link to outside of the folder: name it to convert it too")
    if not files:
        raise DynaopsError(
            f"{given}: the folder has no files to convert", f"They end in {', '.join(_SUFFIXES)}."
        )
    return [file.as_posix() for file in inside]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # the name is too long, or a parent folder may not be read: reading the file reports it
        return False


def _is_wanted(path: Path) -> bool:
    """Whether a file is not hidden and not a backup copy of an editor (as Terraform decides)."""
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is within the folder after links are resolved, so that no file outside is read and quoted."""
    return not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _bytes(path: str, remaining: int) -> bytes:
    """The bytes of a regular file of at most `remaining` bytes. Raises DynaopsError."""
    try:
        if path != STDIN:
            return read_bytes(path, remaining)
        raw = sys.stdin.buffer.read(remaining + 1)
        if len(raw) > remaining:
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
