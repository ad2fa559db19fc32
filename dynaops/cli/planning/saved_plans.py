"""Saved plans: the plan and the specs it was made from, so that a later apply sees whether these have changed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dynaops.cli.wiring import SpecSource, documents
from dynaops.model.base import Model
from dynaops.model.errors import DynaopsError
from dynaops.model.plan import FORMAT_VERSION, Plan
from dynaops.model.project import require_inside
from dynaops.specs.path_patterns import is_pattern

if TYPE_CHECKING:
    from dynaops.specs.load import Documents
    from dynaops.specs.project import Project

_OPENING = b'{"saved_plan":'
_MOST_BYTES = 512 * 1024 * 1024
"""The largest file that is read; plans of thousands of tables are much smaller."""
_DIGEST = re.compile("[0-9a-f]{64}")
_ANEW = "Make it anew: dynaops plan --out FILE."


class SavedPlan(Model):
    """The file that ``plan --out`` writes. Paths are stored as given, so that a checkout may be moved."""

    saved_plan: int = FORMAT_VERSION
    paths: tuple[str, ...]
    overlays: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    variable_files: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    refresh: bool = True
    policies: tuple[str, ...] = ()
    """The files of house rules that it was held to."""
    environment: str | None = None
    """Of the project file."""
    take_over: tuple[str, ...] = ()
    plan: Plan
    digest: str = Field("", exclude=True)
    """The SHA-256 of the file that it was read from."""

    @property
    def source(self) -> SpecSource:
        return SpecSource(self.paths, self.overlays, self.variables, self.variable_files)

    def documents(self, project: Project, env_names: Sequence[str] = ()) -> Documents:
        """Read the current specs. Raises DynaopsError if they are missing, since a plan is checked against them.

        `env_names`: environment variables that specs may read, since the file itself may not allow any.
        """
        missing = [path for path in (*self.paths, *self.overlays) if not _is_there(path)]
        if missing or not self.source.read:
            raise DynaopsError(
                f"The specs that the plan was made from are not here: {', '.join(missing) or 'it names none'}",
                "A saved plan is checked against its specs: apply it in the directory where it was made.",
            )
        return documents(self.source._replace(env_names=tuple(env_names), project=project))


def save(
    plan: Plan,
    specs: SpecSource,
    path: str,
    targets: tuple[str, ...] = (),
    refresh: bool = True,
    policies: tuple[str, ...] = (),
    take_over: tuple[str, ...] = (),
) -> str:
    """Write a plan to a file that only its owner can read, since it contains all values of the specs.

    Returns the SHA-256 of the file. Raises DynaopsError.
    """
    saved = SavedPlan(
        paths=specs.paths,
        overlays=specs.overlays,
        variables=specs.variables,
        variable_files=specs.variable_files,
        targets=targets,
        refresh=refresh,
        policies=policies,
        environment=specs.project.environment,
        take_over=take_over,
        plan=plan,
    )
    require_inside(path)
    raw = saved.model_dump_json().encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)  # also for a file that existed before
            file.write(raw)
    except OSError as error:
        raise DynaopsError(f"Cannot write the plan to {path}: {error.strerror}") from error
    return hashlib.sha256(raw).hexdigest()


def digest_of(text: str) -> str:
    """Parse a ``--digest``: 64 hexadecimal digits, perhaps after ``sha256:``. Raises BadParameter."""
    digest = text.strip().lower().removeprefix("sha256:")
    if not _DIGEST.fullmatch(digest):
        import typer

        raise typer.BadParameter(
            "a SHA-256 has 64 hexadecimal digits; `dynaops plan --out FILE` prints it", param_hint="--digest"
        )
    return digest


def _is_there(path: str) -> bool:
    try:
        return is_pattern(path) or Path(path).exists()
    except OSError:  # a name that file systems do not allow
        return False


def is_saved_plan(path: str) -> bool:
    """Whether a file looks like a saved plan (specs may be JSON too)."""
    from dynaops.model.files import FileRefused, read_start

    try:
        return read_start(path, len(_OPENING)) == _OPENING
    except FileRefused:  # it is read as a spec then, and the reason is shown
        return False


def load(path: str, reviewed: str | None = None) -> SavedPlan:
    """Read a saved plan.

    Raises EditedPlan if the SHA-256 of the file is not `reviewed`, and DynaopsError if this version cannot read it.
    """
    from pydantic import ValidationError

    from dynaops.model.files import FileRefused, read_bytes
    from dynaops.model.json_text import JsonFault, parse

    try:
        raw = read_bytes(path, _MOST_BYTES)
        digest = hashlib.sha256(raw).hexdigest()
        if reviewed is not None and digest != reviewed:
            from dynaops.engine.saved_plan_check import EditedPlan

            raise EditedPlan(path, digest)
        _check_formats(parse(raw), path)
        saved = SavedPlan.model_validate_json(raw)
    except FileRefused as error:
        raise DynaopsError(f"Cannot read the plan {path}: it {error.reason}", _ANEW) from error
    except JsonFault as fault:
        raise DynaopsError(
            f"{path}:{fault.line}:{fault.column} is no plan that this version understands: {fault.message}",
            _ANEW,
        ) from fault
    except ValidationError as error:
        raise DynaopsError(f"{path} is no plan that this version understands", _ANEW) from error
    return saved.model_copy(update={"digest": digest})


def _check_formats(data: Any, path: str) -> None:
    """Raise DynaopsError if the file or its plan has a format that this version does not know."""
    plan = data.get("plan")
    for version in (data.get("saved_plan"), plan.get("format_version") if isinstance(plan, dict) else None):
        if version is not None and (type(version) is not int or version != FORMAT_VERSION):
            raise DynaopsError(
                f"{path} has plan format {version!r}; this version understands {FORMAT_VERSION}", _ANEW
            )
