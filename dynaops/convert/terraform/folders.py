"""Reads the folders of local modules and the files of a configuration, only within the repository and within limits."""

from __future__ import annotations

import os
from pathlib import Path

from dynaops.convert.terraform.hcl import Body, parse
from dynaops.model.files import FileRefused, read_bytes
from dynaops.specs.yaml_tree import UnreadableSpec

_MAX_FILE = 1024 * 1024
_MAX_FILES = 1000
_MAX_BYTES = 16 * 1024 * 1024


class NotRead(Exception):
    """A folder or file may not be read; the message says why."""


def boundary(folder: Path) -> tuple[Path, ...]:
    """The folders within which files may be read: the repository, if there is one, and the working directory."""
    real = Path(os.path.realpath(folder))
    repository = next((folder_ for folder_ in (real, *real.parents) if (folder_ / ".git").exists()), real)
    here = Path(os.path.realpath(Path.cwd()))
    return (real, repository) if here == Path(here.root) else (real, repository, here)


class Folders:
    """Reads further files, each once, and only within the `allowed` folders."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._allowed = boundary(root) if root is not None else ()
        self._remaining = _MAX_BYTES
        self._files = 0
        self._modules: dict[Path, list[Body]] = {}

    def module(self, folder: Path) -> tuple[Path, list[Body]]:
        """The real path and the bodies of a module's folder. Raises NotRead, and Unreadable if it is not HCL."""
        real = self._inside(folder)
        if real not in self._modules:
            try:
                listed = sorted(
                    file for file in real.iterdir() if file.suffix == ".tf" and file.name[0] != "."
                )
            except OSError:
                raise NotRead(f"its folder {self._shown(real)} cannot be read") from None
            if not listed:
                raise NotRead(f"its folder {self._shown(real)} has no .tf files")
            self._modules[real] = [parse(self._text(file), self._shown(file)) for file in listed]
        return real, self._modules[real]

    def _shown(self, real: Path) -> str:
        """The path of a file in the same form (relative or absolute) as the given path of the root module's folder."""
        root = self._root or real.parent
        return os.path.normpath(root / os.path.relpath(real, os.path.realpath(root)))

    def text(self, path: Path) -> str | None:
        """A file's text; None if it may not be read."""
        try:
            return self._text(path)
        except (NotRead, UnreadableSpec):
            return None

    def _inside(self, path: Path) -> Path:
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(folder) for folder in self._allowed):
            raise NotRead(
                f"{self._shown(real)} is outside of the repository and of the working folder, and is not read"
            )
        return real

    def _text(self, path: Path) -> str:
        real = self._inside(path)
        self._files += 1
        if self._files > _MAX_FILES:
            raise NotRead(f"more than {_MAX_FILES:,} files would be read")
        try:
            raw = read_bytes(real, min(_MAX_FILE, self._remaining))
            self._remaining -= len(raw)
            return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except FileRefused as error:
            raise NotRead(f"{path} {error.reason}") from None
        except UnicodeDecodeError:
            raise NotRead(f"{path} is not UTF-8 text") from None
