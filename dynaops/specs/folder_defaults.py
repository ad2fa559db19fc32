"""Defaults of folders: documents with `defaults` in files named ``defaults.yaml``.

They apply to the specs of their folder and of the folders below. They are looked for from a spec's folder upwards, so
that a spec is the same whether it is read alone or with its folder, up to the folder of the project file, else the
root of the repository, else the working directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from dynaops.model.finding import Finding
from dynaops.model.project import project_of
from dynaops.specs.blocks import Written, split_defaults
from dynaops.specs.yaml_tree import YamlNode

FILES = ("defaults.json", "defaults.yaml", "defaults.yml")


def is_defaults_file(path: Path) -> bool:
    """Whether documents with `defaults` in a file apply to its whole folder."""
    return path.name in FILES


class FolderDefaults:
    """Reads the defaults of folders, each once.

    `read` returns the documents of a file in this environment.
    """

    def __init__(
        self, read: Callable[[Path], list[Written]], findings: list[Finding], project: Path | None = None
    ) -> None:
        self._read = read
        self._findings = findings
        self._project = project.resolve() if project else None
        self._chains: dict[Path, list[YamlNode]] = {}
        self._known: dict[Path, list[YamlNode]] = {}

    def of(self, file: Path) -> list[YamlNode]:
        """The defaults for the specs of a file, outermost folder first."""
        if file.parent not in self._chains:
            self._chains[file.parent] = list(self._chain(file.parent))
        return self._chains[file.parent]

    def _chain(self, folder: Path) -> Iterator[YamlNode]:
        """The defaults of a folder and of the folders around it, outermost first."""
        full = folder.resolve()
        above = full.relative_to(self._root(full)).parts
        for count in range(len(above), 0, -1):
            around = full.parents[count - 1]
            yield from self._of_folder(around if folder.is_absolute() else Path(os.path.relpath(around)))
        yield from self._of_folder(folder)

    def _root(self, folder: Path) -> Path:
        if self._project and folder.is_relative_to(self._project):
            return self._project
        return project_of(folder) or folder

    def _of_folder(self, folder: Path) -> list[YamlNode]:
        full = folder.resolve()
        if full not in self._known:
            self._known[full] = list(self._documents(folder))
        return self._known[full]

    def _documents(self, folder: Path) -> Iterator[YamlNode]:
        for name in FILES:
            path = folder / name
            if path.is_symlink() or path.exists():
                for document in self._read(path):
                    defaults, _ = split_defaults(document, self._findings)
                    if defaults is not None:
                        yield defaults
