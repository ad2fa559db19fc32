"""Patterns of file names that the shell did not expand: ``*``, ``?``, ``[a-z]``, and ``**`` for any folders."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from dynaops.data.reading.tree import LocalTree, TreeFile
from dynaops.model.errors import DynaopsError

_MAGIC = re.compile(r"[*?\[]")


def is_glob(name: str) -> bool:
    """Whether a name has signs of a pattern."""
    return _MAGIC.search(name) is not None


def literal_part(pattern: str) -> str:
    """The beginning of a pattern that stands for itself."""
    match = _MAGIC.search(pattern)
    return pattern[: match.start()] if match else pattern


def folder_part(pattern: str) -> str:
    """The folders at the beginning of a pattern that stand for themselves, with a slash at the end."""
    folder, slash, _ = literal_part(pattern).rpartition("/")
    return folder + slash


def matches(pattern: str, key: str) -> bool:
    """Whether the key of an object is of a pattern. As in a shell ``*`` takes no slash, and no dot at the beginning."""
    return re.fullmatch(_expression(pattern), key) is not None


def local(pattern: str, tree: LocalTree) -> tuple[list[TreeFile], list[str]]:
    """The files that match, and those below folders that match, by their names; and what of these is not read.

    Raises DynaopsError where nothing matches.
    """
    names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob takes no absolute patterns)
    deep = "**" in pattern  # then what is in a folder that matches, matches or not by itself
    entries: dict[str, TreeFile] = {}
    passed: list[str] = []
    for name in names:
        if Path(name).is_dir():
            if not deep:
                below, more = tree.below(name)
                passed += more
                entries.update((entry.key, entry) for entry in below)
        elif (entry := tree.find(Path(name).as_posix())) is not None:
            entries[entry.key] = entry
    if not entries:
        raise DynaopsError(f"No file matches {pattern}", "Check the name.")
    return list(entries.values()), passed


def _expression(pattern: str) -> str:
    parts, at = [], 0
    while at < len(pattern):
        sign = pattern[at]
        first = at == 0 or pattern[at - 1] == "/"
        no_dot = r"(?!\.)" if first else ""
        if pattern.startswith("**/", at) and first:
            parts.append(r"(?:(?!\.)[^/]+/)*")
            at += 3
        elif pattern.startswith("**", at):
            parts.append(no_dot + ".*")
            at += 2
        elif sign == "*":
            parts.append(no_dot + "[^/]*")
            at += 1
        elif sign == "?":
            parts.append(no_dot + "[^/]")
            at += 1
        elif sign == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", r"\\")
            parts.append("[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]")
            at = end + 1
        else:
            parts.append(re.escape(sign))
            at += 1
    return "".join(parts)
