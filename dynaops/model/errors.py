"""Errors for people: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.model.finding import Finding


class DynaopsError(Exception):
    """Anything that ends a command with a message instead of a traceback.

    `message` says what is wrong, `hint` what to do; `exit_code` is the process's (1 unless given).
    In JSON, its `kind` is the class's name with hyphens, or what the class itself (not a base) sets as `json_kind`:
    a renamed class keeps the kind that programs know.
    """

    json_kind: ClassVar[str] = ""

    def __init__(self, message: str, hint: str | None = None, exit_code: int = Exit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class SpecError(DynaopsError):
    """The spec files are not valid; `findings` are all that is wrong, of all files."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = len(findings)
        super().__init__(f"{count} error{'s' if count != 1 else ''} in the spec")
        self.findings = tuple(findings)
