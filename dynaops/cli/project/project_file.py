"""The project file's settings for the running command, combined with options and environment variables.

An option wins over an environment variable, which wins over the file, which wins over a default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dynaops.cli.durations import seconds
from dynaops.cli.settings import DEFAULT_STATE, GlobalSettings
from dynaops.model.errors import DynaopsError
from dynaops.specs.project import Project, relative_to_cwd

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
SANDBOX_STATES = "state"
"""The folder of states in the sandbox's folder, with one folder for each environment of the project file."""
CREDENTIAL_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Environment variables that select credentials, as a profile does."""


def project(settings: GlobalSettings) -> Project:
    """The settings of the chosen environment, or of the top level if none is chosen; empty without a file.

    Raises ProjectFileError for a file that is not valid, DynaopsError for an environment that it does not have.
    """
    return settings.project if settings.project is not None else read(settings.environment)


def read(environment: str | None = None) -> Project:
    """The settings of an environment by name, from the nearest project file. Raises like `project`."""
    from dynaops.model.project import SETTINGS, settings_file

    if settings_file() is not None:
        from dynaops.specs.project_file import find

        file = find()
        return file.project(environment) if file else Project()
    if environment is None:
        return Project()
    raise DynaopsError(
        f"There is no environment {environment[:100]!r}: no {SETTINGS} was found from {Path.cwd()} upwards",
        "Run dynaops in the project's folder, or write the file: dynaops init --project.",
    )


def applied(settings: GlobalSettings) -> GlobalSettings:
    """The settings, with the project file's values if neither an option nor an environment variable is given.

    Raises like `project`.
    """
    project_settings = project(settings)
    sandbox = settings.sandbox if "sandbox" in settings.given else uses_sandbox(settings, project_settings)
    return settings._replace(
        project=project_settings,
        region=settings.region or (None if variable(REGION_VARIABLES) else project_settings.region),
        profile=settings.profile or (None if variable(CREDENTIAL_VARIABLES) else project_settings.profile),
        sandbox=sandbox,
        lock_timeout=_lock_timeout(settings, project_settings),
        state=settings.state if "state" in settings.given else _state(project_settings, sandbox),
    )


def _lock_timeout(settings: GlobalSettings, project_settings: Project) -> float:
    if "lock_timeout" in settings.given or project_settings.lock_timeout is None:
        return settings.lock_timeout
    return seconds(project_settings.lock_timeout, "lock_timeout")


def uses_sandbox(settings: GlobalSettings, project_settings: Project) -> bool:
    """Whether the file selects the sandbox, unless another endpoint is given."""
    return project_settings.sandbox and settings.endpoint_url is None


def variable(names: tuple[str, ...], environ: Mapping[str, str] | None = None) -> str | None:
    """The first of these environment variables that is set."""
    values = os.environ if environ is None else environ
    return next((name for name in names if values.get(name)), None)


def _state(project_settings: Project, sandbox: bool) -> str:
    """The state's location. Raises DynaopsError if an earlier run seems to have kept it at another one."""
    if project_settings.state is not None:
        _require_inside(project_settings, project_settings.state)
        return project_settings.state
    if sandbox:
        return sandbox_state(project_settings)
    if project_settings.file is None:
        return DEFAULT_STATE
    state = default_state(project_settings)
    if state != DEFAULT_STATE and Path(DEFAULT_STATE).exists() and not Path(state).exists():
        raise DynaopsError(
            f"There is a state at {DEFAULT_STATE} in this folder, and none yet at {state}, where this one is kept",
            f"Say which is meant: --state {DEFAULT_STATE}, or `state` in {project_settings.file.name}.",
        )
    return state


def _require_inside(project_settings: Project, state: str) -> None:
    """Raise DynaopsError if a link leads from the state's path in the file to outside the project."""
    from dynaops.model.project import leads_outside

    if "://" not in state and leads_outside(Path(state)):
        raise DynaopsError(
            f"{state} leads out of the project by a link, and no state is kept there "
            f"({project_settings.says('state')})",
            "Remove the link, or name the place that it leads to with --state.",
        )


def default_state(project_settings: Project) -> str:
    """The default state location of a project or one of its environments."""
    folder, slash, file = DEFAULT_STATE.rpartition("/")
    own = f"{project_settings.environment}/" if project_settings.environment else ""
    return (
        relative_to_cwd(project_settings.folder, f"{folder}{slash}{own}{file}")
        if project_settings.file
        else DEFAULT_STATE
    )


def sandbox_state(project_settings: Project) -> str:
    """The default state location with ``--sandbox``."""
    from dynaops.sandbox.state_folder import folder_of

    own = [project_settings.environment] if project_settings.environment else []
    return str(folder_of().joinpath(SANDBOX_STATES, *own, Path(DEFAULT_STATE).name))


def is_sandbox_state(settings: GlobalSettings) -> bool:
    """Whether the running command uses the sandbox's own state."""
    return settings.sandbox and settings.state == sandbox_state(project(settings))
