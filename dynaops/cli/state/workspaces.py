"""The workspace of a command: from DYNAOPS_WORKSPACE, the project file, or selected in this directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli.project.project_file import is_sandbox_state, project
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError
from dynaops.specs.project import Project, relative_to_cwd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dynaops.aws.session import Aws
    from dynaops.model.state import RecordFault, State
    from dynaops.stores.base import Store
    from dynaops.stores.lock_wait import LockWait

VARIABLE = "DYNAOPS_WORKSPACE"
_FILE = ".dynaops/workspace"
"""The file with the selected workspace, relative to the project's folder."""
_DEFAULT = "default"
_MOST_BYTES = 1024
"""The most bytes of the file with the selected workspace."""


def selected(project: Project) -> str:
    """The name of the selected workspace. Raises DynaopsError for an invalid name."""
    name = os.environ.get(VARIABLE) or project.workspace or _recorded()
    if name != _DEFAULT:
        from dynaops.stores.workspaces import check_name

        check_name(name)
    return name


def select(name: str, project: Project) -> None:
    """Select workspace `name` for this directory. Raises DynaopsError."""
    if project.workspace is not None and project.workspace != name:
        raise DynaopsError(
            f"The project file says which workspace is worked in: {project.says('workspace')} = {project.workspace}",
            f"Change it there, or for a single run: {VARIABLE}={name} dynaops ...",
        )
    file = _file()
    try:
        if name == _DEFAULT:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(f"{name}\n", encoding="utf-8")
    except OSError as error:
        raise DynaopsError(f"Cannot write {file}: {error.strerror}") from error


def place(settings: GlobalSettings, aws: Callable[[], Aws], patience: LockWait | None = None) -> Store:
    """The store of the selected workspace. Raises DynaopsError if the workspace does not exist.

    A workspace of the project file, or any on the sandbox, need not exist yet: its first state creates it.
    """
    project_settings = project(settings)
    name = selected(project_settings)
    if name in (_DEFAULT, project_settings.workspace) or is_sandbox_state(settings):
        return store_of(settings.state, name, aws, patience)
    from dynaops.stores.workspaces import names, unknown

    store = store_of(settings.state, name, aws, patience)
    if not exists(store):
        raise unknown(name, settings.state, names(settings.state, aws))
    return store


def store_of(base: str, name: str, aws: Callable[[], Aws], patience: LockWait | None = None) -> Store:
    """The store of workspace `name`, which need not exist; `patience` says how long to wait for its lock."""
    from dynaops.stores import open_store

    if name == _DEFAULT:
        return open_store(base, open_aws=aws, check=_faults_of, lock_wait=patience)
    from dynaops.stores.workspaces import location_of

    return open_store(location_of(base, name), open_aws=aws, check=_faults_of, lock_wait=patience)


def _faults_of(state: State) -> Iterable[RecordFault]:
    """`faults_of`, which imports all kinds only if there is a state to check."""
    from dynaops.engine.state_check import faults_of

    return faults_of(state)


def exists(store: Store) -> bool:
    """Whether there is a state, which may be damaged or moved away."""
    from dynaops.stores.base import StateUnreadable

    try:
        return store.load().serial > 0
    except StateUnreadable:
        return True


def _file() -> Path:
    from dynaops.model.project import root

    return Path(relative_to_cwd(root(), _FILE))


def _recorded() -> str:
    from dynaops.model.files import FileRefused, Refusal, read_text

    file = _file()
    try:
        return read_text(file, _MOST_BYTES).strip() or _DEFAULT
    except FileRefused as error:
        if error.why is Refusal.MISSING:
            return _DEFAULT
        raise DynaopsError(
            f"Cannot read {file}: it {error.reason}", "Remove it, then select a workspace."
        ) from error
