"""The states of the sandbox, kept in the sandbox's folder, apart from states of AWS."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli.project.project_file import SANDBOX_STATES, default_state, is_sandbox_state, project
from dynaops.cli.screen import Screen
from dynaops.cli.settings import DEFAULT_STATE, GlobalSettings
from dynaops.cli.state.workspaces import selected, store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynaops.aws.session import Aws
    from dynaops.stores.base import Store


def prepare(settings: GlobalSettings, aws: Callable[[], Aws]) -> None:
    """Create the folder, and move a state of this sandbox there that an earlier version kept in the project."""
    from dynaops.sandbox.state_folder import folder_of, make

    if not is_sandbox_state(settings):
        return
    make(folder_of())
    project_settings = project(settings)
    old, new = (
        store_of(base, selected(project_settings), aws)
        for base in (default_state(project_settings), settings.state)
    )
    if Path(new.location).exists() or not Path(old.location).is_file() or not _is_of_sandbox(old, aws):
        return
    _move(old, new)
    Screen(settings).aside(
        f"The state of what was applied on the sandbox lies beside the sandbox now: it was moved from {old.location} "
        f"to {new.location}."
    )


def forget() -> int:
    """Delete the states of this directory's sandbox with their side files. Returns the number of states."""
    from dynaops.sandbox.state_folder import folder_of
    from dynaops.stores import open_store

    folder = folder_of() / SANDBOX_STATES
    state_files = sorted(folder.rglob(Path(DEFAULT_STATE).name)) if folder.is_dir() else []
    for path in state_files:
        store = open_store(str(path))
        with store.lock("sandbox reset"):
            store.drop()
    shutil.rmtree(folder, ignore_errors=True)
    return len(state_files)


def _is_of_sandbox(old: Store, aws: Callable[[], Aws]) -> bool:
    """Whether a state in the project belongs to this sandbox, and not to another emulator."""
    from dynaops.engine.state_account import is_live
    from dynaops.stores.base import StateError

    try:
        state = old.load()
    except StateError:
        return False
    return state.origin == "local" and bool(state.resources or state.in_flight) and is_live(state, aws())


def _move(old: Store, new: Store) -> None:
    from dynaops.stores.files import make_directory

    old_path, new_path = (
        Path(location.location).with_name(f"{Path(location.location).name.removesuffix('.json')}.d")
        for location in (old, new)
    )
    make_directory(Path(new.location).parent)
    with old.lock("move"), new.lock("move"):
        if old_path.is_dir() and not new_path.exists():
            shutil.move(old_path, new_path)
        new.adopt(old.load())
        Path(old.location).unlink()
