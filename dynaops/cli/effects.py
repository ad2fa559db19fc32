"""What each command may change, and in which environments it is refused.

EFFECTS lists every command of the command line; a test checks that.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from dynaops.cli.screen import notice
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.specs.project import Project


class CommandEffect(Enum):
    """What a command may change."""

    LOCAL = "nothing of an environment, and reads no project file"
    READS = "nothing"
    DATA = "rows or backups"
    CHANGES = "resources or the state"
    ITS_ARGUMENTS = "what its arguments say; the command itself asks `require_permitted`"


EFFECTS = {
    "init": CommandEffect.LOCAL,
    "validate": CommandEffect.READS,
    "plan": CommandEffect.READS,
    "apply": CommandEffect.ITS_ARGUMENTS,
    "destroy": CommandEffect.CHANGES,
    "import": CommandEffect.CHANGES,
    "convert": CommandEffect.LOCAL,
    "drift": CommandEffect.READS,
    "output": CommandEffect.READS,
    "grant": CommandEffect.CHANGES,
    "permissions": CommandEffect.READS,
    "graph": CommandEffect.READS,
    "render": CommandEffect.READS,
    "load-data": CommandEffect.DATA,
    "export-data": CommandEffect.READS,
    "backup create": CommandEffect.DATA,
    "backup list": CommandEffect.READS,
    "backup status": CommandEffect.READS,
    "backup delete": CommandEffect.DATA,
    "backup prune": CommandEffect.DATA,
    "backup restore": CommandEffect.DATA,
    "backup verify": CommandEffect.DATA,
    "state list": CommandEffect.READS,
    "state show": CommandEffect.READS,
    "state rm": CommandEffect.CHANGES,
    "state mv": CommandEffect.CHANGES,
    "state pull": CommandEffect.READS,
    "state push": CommandEffect.CHANGES,
    "state history": CommandEffect.READS,
    "state log": CommandEffect.READS,
    "state restore": CommandEffect.CHANGES,
    "state unlock": CommandEffect.READS,
    "workspace new": CommandEffect.CHANGES,
    "workspace list": CommandEffect.READS,
    "workspace select": CommandEffect.READS,
    "workspace delete": CommandEffect.CHANGES,
    "config show": CommandEffect.LOCAL,
    "config check": CommandEffect.LOCAL,
    "config schema": CommandEffect.LOCAL,
    "schema": CommandEffect.LOCAL,
    "whoami": CommandEffect.READS,
    "sandbox start": CommandEffect.LOCAL,
    "sandbox stop": CommandEffect.LOCAL,
    "sandbox status": CommandEffect.LOCAL,
    "sandbox reset": CommandEffect.LOCAL,
    "sandbox clock": CommandEffect.LOCAL,
}
"""The effect of each command by name. `state unlock` and `workspace select` change neither state nor resources."""


def effect_of(command: str) -> CommandEffect:
    """The effect of a command by its name, such as ``state rm``."""
    return EFFECTS.get(command, CommandEffect.CHANGES)


def require_permitted(
    settings: GlobalSettings, project: Project, command: str, effect: CommandEffect
) -> None:
    """Raise DynaopsError if the environment forbids the command, or an environment must be chosen first."""
    if effect is CommandEffect.READS and is_incomplete(settings, project):
        names = ", ".join(project.environments)
        notice(
            f"No environment is chosen, and this works with what they share; -E NAME chooses one of {names}"
        )
    if effect not in (CommandEffect.DATA, CommandEffect.CHANGES):
        return
    _require_chosen(settings, project, command)
    if effect is CommandEffect.CHANGES and project.protected:
        raise DynaopsError(
            f"The environment {project.environment} is protected ({project.origins['protected']}): "
            f"{command} is refused",
            f"Only a saved plan changes it: dynaops -E {project.environment} plan --out FILE, have it reviewed, "
            f"then dynaops -E {project.environment} apply FILE --digest SHA256.",
        )


def require_reviewed(project: Project, digest: str | None) -> None:
    """Raise DynaopsError if the environment is protected and a saved plan is given without its digest."""
    if project.protected and digest is None:
        raise DynaopsError(
            f"The environment {project.environment} is protected ({project.origins['protected']}): "
            "a saved plan is applied only with its digest",
            "Add --digest SHA256, the digest of the plan that was reviewed (plan --out prints it).",
        )


def _require_chosen(settings: GlobalSettings, project: Project, command: str) -> None:
    if is_incomplete(settings, project):
        raise DynaopsError(
            f"{command} changes an environment, and none is chosen",
            f"Choose one with -E NAME or DYNAOPS_ENVIRONMENT: {', '.join(project.environments)}.",
        )


def is_incomplete(settings: GlobalSettings, project: Project) -> bool:
    """Whether there are environments, none is chosen, and no other setting says which state is used.

    A top level with a state of its own counts as an environment. The embedded sandbox belongs to no environment.
    """
    if project.environment is not None or not project.environments or settings.sandbox:
        return False
    return project.state is None and "state" not in settings.given
