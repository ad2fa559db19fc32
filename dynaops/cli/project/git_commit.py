"""The git commit of a directory, read from the repository's files; git is run only to see whether files differ."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from dynaops.model.files import FileRefused, read_text
from dynaops.model.run_record import Commit

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST_BYTES = 64 * 1024 * 1024
"""Of ``packed-refs``."""
_LONGEST_REFERENCE = 4096
_SECONDS = 5
_STATUS = (
    *("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"),
)


def commit_of(directory: Path) -> Commit | None:
    """The commit of the repository that contains `directory`; None if there is none or it cannot be read."""
    try:
        git = _git_directory(directory)
        commit = _head(git) if git else None
    except (FileRefused, OSError, ValueError):
        return None
    return Commit(id=commit, dirty=_is_dirty(directory)) if commit else None


def _git_directory(directory: Path) -> Path | None:
    """The repository's own directory, which for a worktree or a submodule is named in a file ``.git``."""
    for folder in (directory, *directory.parents):
        git = folder / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            label, _, target = _text(git).partition(":")
            return (folder / target.strip()) if label == "gitdir" else None
    return None


def _head(git: Path) -> str | None:
    """The id of the commit at HEAD; None if there is no commit yet."""
    head = _text(git / "HEAD")
    if not head.startswith("ref:"):
        return head if _ID.fullmatch(head) else None
    reference = head.removeprefix("ref:").strip()
    if ".." in reference or reference.startswith("/"):
        return None
    common = git / "commondir"
    shared = git / _text(common) if common.is_file() else git
    for folder in (git, shared):
        if (folder / reference).is_file():
            content = _text(folder / reference)
            return content if _ID.fullmatch(content) else None
    return _packed(shared / "packed-refs", reference)


def _packed(file: Path, reference: str) -> str | None:
    if not file.is_file():
        return None
    for line in read_text(file, _MOST_BYTES).splitlines():
        commit, _, name = line.partition(" ")
        if name == reference and _ID.fullmatch(commit):
            return commit
    return None


def _text(file: Path) -> str:
    return read_text(file, _LONGEST_REFERENCE).strip()


def _is_dirty(directory: Path) -> bool | None:
    """Whether tracked files differ from the commit; None if git is missing, fails, or takes too long."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            _STATUS,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return bool(done.stdout.strip()) if done.returncode == 0 else None
