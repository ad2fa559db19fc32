"""The settings of the running command with their sources: option, environment variable, file or default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dynaops.cli.options import SPECS
from dynaops.cli.project.project_file import CREDENTIAL_VARIABLES, REGION_VARIABLES, uses_sandbox, variable
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.state.workspaces import VARIABLE, selected
from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import PROJECT
from dynaops.specs.path_patterns import TooManyFiles, files_of, is_pattern
from dynaops.specs.project import Project
from dynaops.specs.project_file import ProjectFile
from dynaops.specs.project_keys import KEYS

_DEFAULT = "default"
_DEFAULTS: dict[str, object] = {
    "specs": (SPECS,),
    "prices": "packaged",
    "parallelism": 4,
    "lock_timeout": "0s",
}


class Setting(NamedTuple):
    """A setting's value (None: not set) and its source."""

    name: str
    value: Any
    origin: str


def settings_shown(settings: GlobalSettings, project: Project) -> list[Setting]:
    """All settings, in the order of the documentation. `settings` are the options combined with `project`."""
    settings_found = [
        _given(settings, "environment", settings.environment),
        _given(settings, "endpoint_url", settings.endpoint_url),
    ]
    for key in KEYS:
        value, origin = _shown(settings, project, key.name)
        if isinstance(value, dict) and value:
            settings_found.extend(
                Setting(f"{key.name}.{name}", part, _in_file(project, f"{key.name}.{name}"))
                for name, part in value.items()
            )
        else:
            settings_found.append(Setting(key.name, value, origin))
    return settings_found


def _given(settings: GlobalSettings, name: str, value: Any) -> Setting:
    return Setting(name, value, settings.given.get(name, _DEFAULT))


def _shown(settings: GlobalSettings, project: Project, name: str) -> tuple[Any, str]:
    if name in settings.given:
        value = getattr(settings, name)
        return f"{value:g}s" if name == "lock_timeout" else value, settings.given[name]
    by_variable = _of_variable(settings, project, name)
    if by_variable is not None:
        return by_variable
    value = getattr(project, name)
    if name in project.origins:
        return value, _in_file(project, name)
    if name == "state":
        return settings.state, _DEFAULT
    if name == "workspace":
        chosen = selected(project)
        return chosen, _DEFAULT if chosen == _DEFAULT else "dynaops workspace select"
    return _DEFAULTS.get(name, value), _DEFAULT


def _of_variable(settings: GlobalSettings, project: Project, name: str) -> tuple[Any, str] | None:
    """(the value of an environment variable, its name)."""
    if name == "sandbox" and project.sandbox and not uses_sandbox(settings, project):
        return False, settings.given.get("endpoint_url", "--endpoint-url")
    names = {"region": REGION_VARIABLES, "profile": CREDENTIAL_VARIABLES, "workspace": (VARIABLE,)}.get(
        name, ()
    )
    set_name = variable(names)
    if set_name is None:
        return None
    is_name = name != "profile" or set_name.endswith("PROFILE")
    return (os.environ[set_name] if is_name else None), set_name


def _in_file(project: Project, name: str) -> str:
    return str(project.origins.get(name) or project.origins.get(name.partition(".")[0]) or _DEFAULT)


def missing_files(file: ProjectFile) -> Iterator[Finding]:
    """Paths in the project file that do not exist, for the top level and each environment."""
    reported: set[tuple[str, str]] = set()
    for environment in (None, *file.environments):
        project = file.project(environment)
        for key in KEYS:
            if not key.is_path or key.name == "state":
                continue
            for path in getattr(project, key.name):
                if (str(project.origins[key.name]), path) in reported or _is_there(path):
                    continue
                reported.add((str(project.origins[key.name]), path))
                description = (
                    "no spec file fits the pattern" if is_pattern(path) else "there is no such file or folder"
                )
                yield make_finding(
                    PROJECT,
                    f"{key.name}: {path}: {description}",
                    "Correct the path, which leads from the folder of the project file.",
                    path=key.name if environment is None else f"environment.{environment}.{key.name}",
                    place=project.origins[key.name],
                )


def _is_there(path: str) -> bool:
    try:
        return bool(files_of(path)) if is_pattern(path) else Path(path).exists()
    except (OSError, TooManyFiles):
        return False
