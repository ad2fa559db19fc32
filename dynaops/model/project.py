"""Which folder a project is: how far a search upwards goes, and what a file of it may lead to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dynaops.model.errors import DynaopsError

SETTINGS = "dynaops.toml"
SHARED_SETTINGS = "pyproject.toml"
MOST_SETTINGS = 1024 * 1024
"""Bytes of either file."""
LONGEST_LINE = 16 * 1024
"""Characters of a line of theirs. What a dotted key costs tomllib grows with the square of its length."""
_MOST_LINKS = 40
"""As many as Linux follows."""
_HEADER = re.compile(r"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*[\"']?dynaops\b", re.MULTILINE)


def settings_file(start: Path | None = None) -> Path | None:
    """The nearest project file of `start` (default: the working directory): ``dynaops.toml``, or a
    ``pyproject.toml`` with a table tool.dynaops. It need not be valid, but is the user's own."""
    for folder in folders_upwards(start or Path.cwd()):
        for name in (SETTINGS, SHARED_SETTINGS):
            path = folder / name
            if (
                (path.is_symlink() or path.exists())
                and is_own(path)
                and (name == SETTINGS or _has_settings(path))
            ):
                return path
    return None


def root() -> Path:
    """The folder that a project's paths lead from: that of its file, else the working directory."""
    file = settings_file()
    return file.parent if file else Path.cwd().resolve()


def _has_settings(path: Path) -> bool:
    """Whether a ``pyproject.toml`` has a table tool.dynaops, or seems to have one and cannot be read."""
    import tomllib

    from dynaops.model.files import FileRefused, read_text

    try:
        text = "" if leads_outside(path) else read_text(path, MOST_SETTINGS)
        if "dynaops" not in text:
            return False
        if any(len(line) > LONGEST_LINE for line in text.split("\n")):
            return bool(_HEADER.search(text))
        tool = tomllib.loads(text).get("tool")
    except FileRefused:
        return False
    except (ValueError, RecursionError):
        return bool(_HEADER.search(text))
    return isinstance(tool, dict) and "dynaops" in tool


def folders_upwards(start: Path) -> Iterator[Path]:
    """`start` and the folders around it, up to the root of its repository (where ``.git`` is), the last one given.

    The search ends before a folder of another user, who may put anything there.
    """
    folder = start.resolve()
    for current in (folder, *folder.parents):
        if not is_own(current):
            return
        yield current
        if _is_repository(current):
            return


def project_of(folder: Path) -> Path | None:
    """The root of the repository that `folder` is in, else the working directory if `folder` is below it, else None."""
    for current in (folder, *folder.parents):
        if _is_repository(current):
            return current
    here = Path.cwd().resolve()
    return here if folder.is_relative_to(here) else None


def leads_outside(path: Path, listed: bool = False) -> bool:
    """Whether a link on the way of `path` leads out of the project that holds the link.

    A repository may hold any link, so what it names in this way is not read. Links outside of projects are the
    user's own. `listed`: nobody named the file, it was found in its folder, which is a project then at least.
    """
    named = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow the links that are asked about
    try:
        real = named.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL: reading it tells
        return False
    projects = [project_of(folder) for folder in _folders_of_links(named)]
    if listed and named.is_symlink():
        folder = named.parent.resolve()
        projects.append(project_of(folder) or folder)
    return not all(real.is_relative_to(project) for project in projects if project is not None)


def require_inside(path: str) -> None:
    """Raise DynaopsError where what is written to `path` would land outside of the project by a link in it."""
    if leads_outside(Path(path)):
        raise DynaopsError(
            f"{path} leads out of the project by a link, and is not written to",
            "Remove the link, or name the file that it leads to.",
        )


def is_own(path: Path) -> bool:
    """Whether the file or folder belongs to the user that runs this."""
    if not hasattr(os, "getuid"):  # Windows has no such number
        return True
    try:
        return path.stat().st_uid == os.getuid()
    except OSError:
        return False


def _folders_of_links(path: Path) -> Iterator[Path]:
    """The folders, themselves without links, of all links that are followed on the way to `path`."""
    left = list(path.parts[1:])
    folder = Path(path.anchor)
    followed = 0
    while left and followed < _MOST_LINKS:
        part = left.pop(0)
        entry = folder.parent if part == ".." else folder / part
        if part == ".." or not entry.is_symlink():
            folder = entry
            continue
        yield folder
        followed += 1
        target = entry.readlink()
        if target.is_absolute():
            folder = Path(target.anchor)
            left = [*target.parts[1:], *left]
        else:
            left = [*target.parts, *left]


def _is_repository(folder: Path) -> bool:
    """Whether there is a ``.git``: a folder, or the file that a work tree or a submodule has."""
    return os.path.lexists(folder / ".git")
