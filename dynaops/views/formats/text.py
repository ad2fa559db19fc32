"""Makes untrusted text safe for report formats, and file paths relative to the root of the repository."""

from __future__ import annotations

import os
from pathlib import Path

from dynaops.model.project import project_of
from dynaops.views.page import clean


def lines_of(text: str) -> list[str]:
    """The lines of a text, with control and direction characters made visible."""
    return [clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def plain(text: str) -> str:
    """The text, with control and direction characters except line ends made visible."""
    return "\n".join(lines_of(text))


def path_of(path: str) -> str:
    """A file's path relative to the root of the repository, with slashes; unchanged if it is not in a repository."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    try:
        here = Path.cwd().resolve()
        root = Path(workspace).resolve() if workspace else project_of(here)
        full = (here / path).resolve()
        if root is not None and full.is_relative_to(root):
            return full.relative_to(root).as_posix()
    except (OSError, RuntimeError, ValueError):  # circular links, a NUL in a name
        pass
    return Path(path).as_posix()
