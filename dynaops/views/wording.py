"""Wording of actions, dangers, stages, durations and numbers. Only words; no layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dynaops.model.change import Action
from dynaops.model.event import Stage
from dynaops.model.operation import Danger, Operation
from dynaops.views.page import StyledText, TextStyle

MARKS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "<-",
    Action.FORGET: "->",
    Action.MOVE: "=>",
    Action.NO_OP: "=",
}
_STYLES = {
    Action.CREATE: TextStyle.CREATE,
    Action.UPDATE: TextStyle.UPDATE,
    Action.REPLACE: TextStyle.REPLACE,
    Action.DELETE: TextStyle.DELETE,
    Action.ADOPT: TextStyle.ADOPT,
    Action.FORGET: TextStyle.ADOPT,
    Action.MOVE: TextStyle.ADOPT,
    Action.NO_OP: TextStyle.FAINT,
}
LEGEND = {
    Action.CREATE: "create",
    Action.UPDATE: "update in place",
    Action.REPLACE: "replace (delete, then create)",
    Action.DELETE: "delete",
    Action.ADOPT: "adopt (record what is live)",
    Action.FORGET: "forget (it stays in AWS)",
    Action.MOVE: "move (another address in the state)",
}
FORCES = "forces replacement"
NOTHING_TO_DO = "Nothing to do: AWS is as the specs say"
NOTHING_TO_DESTROY = "Nothing to destroy: the state owns nothing of this"
NO_DRIFT = "No drift: AWS is as dynaops left it"
NO_DRIFT_OF_OURS = "No drift in what dynaops manages"
AFTER_DRIFT = "Run `dynaops plan` to see what apply would take back."
GO_ON = "What was done is in the state; run apply again to go on from here."
GO_ON_STATELESS = "What was done stands; run {} again to go on from here."
GO_ON_LATER = "AWS goes on by itself; {} looks after the rest."
START_IT = "Start it with `dynaops sandbox start`, or add --sandbox to any command."
RECORDED = "Recorded in the state; nothing was sent to AWS"
NOT_REFRESHED = "Compared with the state only (--no-refresh); AWS was not looked at."

_ALWAYS_COUNTED = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
_CONSENT = {
    Danger.DESTROY: "--allow-destroy",
    Danger.REPLACE: "--allow-replace",
    Danger.UNPROTECT: "--allow-destroy",
    Danger.RECOVERY: "--allow-destroy",
    Danger.UNPROVEN: "--allow-destroy",
    Danger.ADOPT: "--allow-adopt",
}
_LOSS = {
    Danger.DESTROY: "is deleted, with what is in it",
    Danger.REPLACE: "is deleted and built anew; what is in it is lost",
    Danger.UNPROTECT: "loses its deletion protection",
    Danger.RECOVERY: "gives up times that could be restored",
    Danger.UNPROVEN: "is deleted, and nothing proves that dynaops made it",
    Danger.ADOPT: "is taken over",
}
_STAGES = {
    Stage.BLOCKED: "waits for AWS before it can start",
    Stage.CALLING: "sent",
    Stage.WAITING: "AWS is working",
    Stage.DONE: "done",
    Stage.LEFT: "left to AWS",
    Stage.SKIPPED: "not sent",
    Stage.FAILED: "failed",
}
_DETAILED = {
    Stage.BLOCKED: "waits before it can start: {}",
    Stage.WAITING: "until {}",
    Stage.LEFT: "{}",
}


def consent(danger: Danger) -> str:
    """The option that gives consent to a danger."""
    return _CONSENT[danger]


def mark(action: Action) -> StyledText:
    """The sign of an action, in its style."""
    return StyledText(MARKS[action], _STYLES[action])


def loss(danger: Danger) -> str:
    """The meaning of a danger, for the text after the name of the resource."""
    return _LOSS[danger]


def adoption(owner: str | None, number: int = 1) -> str:
    """Why taking over resources needs consent, for the text after their addresses; `owner`: the state in their tag."""
    verb = "is" if number == 1 else "are"
    if owner is None:
        return f"{verb} live, not recorded in this state, and marked by no other"
    return f"{verb} marked by the state {owner}"


def take_over_option(owner: str | None) -> str:
    """The option that gives consent to taking over a resource."""
    return f"--take-over {owner}" if owner else _CONSENT[Danger.ADOPT]


def other_table(operation: Operation) -> str:
    """The AWS name of the table of a call, if its address has another name, because a state may have any name.

    For a resource that is not proven to be managed by dynaops, its AWS name.
    """
    if operation.danger is Danger.UNPROVEN and operation.removes:
        return f" ({operation.removes})"
    table = str(operation.parameters.get("TableName", "")).rpartition("/")[2]
    root = operation.address.partition("/")[0]
    return f" (the table {table})" if table and table != root and "${" not in table else ""


def settling(pending: Iterable[str]) -> str:
    """The message of an apply that waits for earlier work of AWS."""
    return f"Waiting for what AWS is still doing: {listed(pending)}"


def stage(of: Stage, detail: str = "") -> str:
    """The stage of an operation; `detail` is additional text of the engine (for a wait: the condition)."""
    if not detail:
        return _STAGES[of]
    return _DETAILED.get(of, f"{_STAGES[of]}: {{}}").replace("{}", detail)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: ``1 table``, ``2 tables``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def about(seconds: float) -> str:
    """An estimated duration: ``~10 s``, ``~9 min``, ``~1 h 20 min``."""
    return f"~{_rounded(seconds)}"


def elapsed(seconds: float) -> str:
    """A measured duration for a running clock: ``4 s``, ``2:09``, ``1:02:09``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ago(seconds: float) -> str:
    """A time in the past: ``just now``, ``12 min ago``, ``9 h ago``, ``12 days ago``."""
    return "just now" if seconds < 5 else f"{_rounded(seconds)} ago"


def ahead(seconds: float) -> str:
    """A time in the future: ``in 12 min``; a time that has passed is ``due``."""
    return f"in {_rounded(seconds)}" if seconds > 0 else "due"


def moment(epoch: float) -> str:
    """A time in UTC, in the form of the option `--at`: ``2026-11-25 10:00:00 UTC``."""
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S} UTC"


def takes(seconds: float) -> str:
    """An estimated duration in a sentence: ``about 12 min``, ``a few seconds``."""
    return "a few seconds" if seconds < 10 else f"about {_rounded(seconds)}"


def totals(counts: Mapping[str, int]) -> str:
    """Totals: ``1 to create, 2 to update, 0 to replace, 0 to delete``; adoptions only if there are any."""
    parts = [f"{counts.get(action.value, 0)} to {action.value}" for action in _ALWAYS_COUNTED]
    if counts.get(Action.ADOPT.value):
        parts.append(f"{counts[Action.ADOPT.value]} to adopt")
    if counts.get(Action.FORGET.value):
        parts.append(f"{counts[Action.FORGET.value]} to forget")
    if counts.get(Action.MOVE.value):
        parts.append(f"{counts[Action.MOVE.value]} to move")
    return ", ".join(parts)


def listed(names: Iterable[str], most: int = 5) -> str:
    """A list in words, ``a, b and c``; of a long list, further members are counted."""
    shown = list(names)
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(shown) - most + 1} more"]
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def _rounded(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
