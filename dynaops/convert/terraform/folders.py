"""The folders of local modules, and the files that a configuration reads: within the repository, and with bounds."""

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
    """A folder or file that is not read; the message says why."""


def boundary(folder: Path) -> tuple[Path, ...]:
    """The folders within which files may be read: the repository, where there is one, and the working folder."""
    real = Path(os.path.realpath(folder))
    repository = next((one for one in (real, *real.parents) if (one / ".git").exists()), real)
    here = Path(os.path.realpath(Path.cwd()))
    return (real, repository) if here == Path(here.root) else (real, repository, here)


class Folders:
    """What is read beside the files that were named; each once, all within the `allowed` folders."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._allowed = boundary(root) if root is not None else ()
        self._handler = _MAX_BYTES
        self._files = 0
        self._modules: dict[Path, list[Body]] = {}

    def module(self, folder: Path) -> tuple[Path, list[Body]]:
        """The real path and the bodies of a module's folder. Raises NotRead, and Unreadable for what is not HCL."""
        real = self._inside(folder)
        if real not in self._modules:
            try:
                listed = sorted(one for one in real.iterdir() if one.suffix == ".tf" and one.name[0] != ".")
            except OSError:
                raise NotRead(f"its folder {self._shown(real)} cannot be read") from None
            if not listed:
                raise NotRead(f"its folder {self._shown(real)} has no .tf files")
            self._modules[real] = [parse(self._text(one), self._shown(one)) for one in listed]
        return real, self._modules[real]

    def _shown(self, real: Path) -> str:
        """The path of a file as one would write it who has written that of the root module's folder."""
        root = self._root or real.parent
        return os.path.normpath(root / os.path.relpath(real, os.path.realpath(root)))

    def text(self, path: Path) -> str | None:
        """A file's text; None where it is not to be read."""
        try:
            return self._text(path)
        except (NotRead, UnreadableSpec):
            return None

    def _inside(self, path: Path) -> Path:
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(one) for one in self._allowed):
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
            raw = read_bytes(real, min(_MAX_FILE, self._handler))
            self._handler -= len(raw)
            return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except FileRefused as error:
            raise NotRead(f"{path} {error.reason}") from None
        except UnicodeDecodeError:
            raise NotRead(f"{path} is not UTF-8 text") from None
