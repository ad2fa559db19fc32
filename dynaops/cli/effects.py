"""What each command may change, and which environments it is refused in.

Every command of the command line stands in EFFECTS; a test holds the two to one another.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from dynaops.cli.screen import notice
from dynaops.cli.settings import Settings
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.specs.project import Project


class Effect(Enum):
    """What a command may change."""

    LOCAL = "nothing of an environment, and reads no project file"
    READS = "nothing"
    DATA = "rows or backups"
    CHANGES = "resources or the state"
    ITS_ARGUMENTS = "what its arguments say; the command itself asks `require_permitted`"


EFFECTS = {
    "init": Effect.LOCAL,
    "validate": Effect.READS,
    "plan": Effect.READS,
    "apply": Effect.ITS_ARGUMENTS,
    "destroy": Effect.CHANGES,
    "import": Effect.CHANGES,
    "convert": Effect.LOCAL,
    "drift": Effect.READS,
    "output": Effect.READS,
    "grant": Effect.CHANGES,
    "permissions": Effect.READS,
    "graph": Effect.READS,
    "render": Effect.READS,
    "load-data": Effect.DATA,
    "export-data": Effect.READS,
    "backup create": Effect.DATA,
    "backup list": Effect.READS,
    "backup status": Effect.READS,
    "backup delete": Effect.DATA,
    "backup prune": Effect.DATA,
    "backup restore": Effect.DATA,
    "backup verify": Effect.DATA,
    "state list": Effect.READS,
    "state show": Effect.READS,
    "state rm": Effect.CHANGES,
    "state mv": Effect.CHANGES,
    "state pull": Effect.READS,
    "state push": Effect.CHANGES,
    "state history": Effect.READS,
    "state log": Effect.READS,
    "state restore": Effect.CHANGES,
    "state unlock": Effect.READS,
    "workspace new": Effect.CHANGES,
    "workspace list": Effect.READS,
    "workspace select": Effect.READS,
    "workspace delete": Effect.CHANGES,
    "config show": Effect.LOCAL,
    "config check": Effect.LOCAL,
    "config schema": Effect.LOCAL,
    "schema": Effect.LOCAL,
    "whoami": Effect.READS,
    "sandbox start": Effect.LOCAL,
    "sandbox stop": Effect.LOCAL,
    "sandbox status": Effect.LOCAL,
    "sandbox reset": Effect.LOCAL,
    "sandbox clock": Effect.LOCAL,
}
"""By the command's words. `state unlock` and `workspace select` change neither state nor resources."""


def effect_of(command: str) -> Effect:
    """The effect of a command by its words, such as ``state rm``."""
    return EFFECTS.get(command, Effect.CHANGES)


def require_permitted(settings: Settings, project: Project, command: str, effect: Effect) -> None:
    """Raise DynaopsError where the environment, or that none is chosen, forbids the command."""
    if effect is Effect.READS and is_incomplete(settings, project):
        names = ", ".join(project.environments)
        notice(
            f"No environment is chosen, and this works with what they share; -E NAME chooses one of {names}"
        )
    if effect not in (Effect.DATA, Effect.CHANGES):
        return
    _require_chosen(settings, project, command)
    if effect is Effect.CHANGES and project.protected:
        raise DynaopsError(
            f"The environment {project.environment} is protected ({project.origins['protected']}): "
            f"{command} is refused",
            f"Only a saved plan changes it: dynaops -E {project.environment} plan --out FILE, have it reviewed, "
            f"then dynaops -E {project.environment} apply FILE --digest SHA256.",
        )


def require_reviewed(project: Project, digest: str | None) -> None:
    """Raise DynaopsError where the environment is protected and a saved plan comes without its digest."""
    if project.protected and digest is None:
        raise DynaopsError(
            f"The environment {project.environment} is protected ({project.origins['protected']}): "
            "a saved plan is applied only with its digest",
            "Add --digest SHA256, the digest of the plan that was reviewed (plan --out prints it).",
        )


def _require_chosen(settings: Settings, project: Project, command: str) -> None:
    if is_incomplete(settings, project):
        raise DynaopsError(
            f"{command} changes an environment, and none is chosen",
            f"Choose one with -E NAME or DYNAOPS_ENVIRONMENT: {', '.join(project.environments)}.",
        )


def is_incomplete(settings: Settings, project: Project) -> bool:
    """Whether there are environments, none is chosen, and nothing else says which state is meant.

    A top level that names a state of its own is complete, and an environment like the others. The embedded sandbox
    is nobody's environment.
    """
    if project.environment is not None or not project.environments or settings.sandbox:
        return False
    return project.state is None and "state" not in settings.given
