"""Turn any exception into a message, a hint and an exit code. Tracebacks are shown only on request."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.cli.settings import GlobalSettings
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.model.errors import DynaopsError
    from dynaops.model.finding import Finding


_NOTHING_SENT = "This cannot be planned; nothing was sent"


@dataclass(frozen=True)
class CommandFailure:
    """The failure of a command. `kind` is stable, for programs; `usage` is shown above the message."""

    kind: str
    message: str
    exit: int
    hint: str | None = None
    usage: str | None = None
    findings: tuple[Finding, ...] = ()


def failure_of(error: BaseException, arguments: Sequence[str], settings: GlobalSettings) -> CommandFailure:
    """The CommandFailure for an exception."""
    from typer.exceptions import Abort, TyperException

    if isinstance(error, TyperException):
        return _usage(error, arguments)
    if isinstance(error, KeyboardInterrupt | Abort):
        return CommandFailure("interrupted", "Interrupted", Exit.INTERRUPTED)
    errors = sys.modules.get("dynaops.model.errors")
    if errors is not None and isinstance(error, errors.DynaopsError):
        return CommandFailure(
            kind=kind_of(type(error)),
            message=error.message,
            exit=error.exit_code,
            hint=error.hint,
            findings=tuple(getattr(error, "findings", ())),
        )
    if isinstance(error, OSError) and error.strerror:
        file_prefix = f"{error.filename}: " if error.filename else ""
        return CommandFailure("system", f"{file_prefix}{error.strerror}", Exit.FAILED)
    return _unexpected(error, settings)


def is_usage(error: BaseException) -> bool:
    """Whether the command line itself is wrong, independent of the environment."""
    from typer.exceptions import Abort, TyperException

    return isinstance(error, TyperException) and not isinstance(error, Abort)


def tell(failure: CommandFailure, settings: GlobalSettings) -> None:
    """Print the failure on stderr, and with ``--json`` as one JSON document on stdout."""
    from dynaops.views.terminal import sentence

    if settings.json:
        from dynaops.views import json_documents

        with suppress(OSError):  # `main` tells of an output that cannot be written to
            json_documents.write(
                json_documents.error(failure.kind, failure.message, failure.hint, failure.findings),
                sys.stdout,
            )
    if failure.usage:
        sys.stderr.write(f"{failure.usage}\n\n")
    messages = {finding.message for finding in failure.findings}
    if failure.findings:
        _show_findings(failure.findings, settings)
    summary = _NOTHING_SENT if failure.message in messages else failure.message
    message = sentence(f"error: {summary}", sys.stderr)
    sys.stderr.write(message.replace("error:", _bold_red("error:", settings), 1))
    if failure.hint and failure.message not in messages:
        sys.stderr.write(sentence(f"hint: {failure.hint}", sys.stderr))


def _usage(error: Exception, arguments: Sequence[str]) -> CommandFailure:
    """The failure for a wrong command line. With ``--exit-code``, 2 means "changes", so another exit code is used."""
    context = getattr(error, "ctx", None)
    message: str = error.format_message()  # type: ignore[attr-defined]
    return CommandFailure(
        kind="usage",
        message=message,
        exit=Exit.FAILED if "--exit-code" in arguments else Exit.USAGE,
        hint=f"See {context.command_path} --help." if context else None,
        usage=context.get_usage() if context else None,
    )


def _unexpected(error: BaseException, settings: GlobalSettings) -> CommandFailure:
    trace = "".join(traceback.format_exception(error))
    if settings.verbose:
        sys.stderr.write(trace)
        where = "The traceback is above."
    else:
        where = f"The traceback is in {_keep(trace, settings)}."
    return CommandFailure(
        kind="unexpected",
        message=f"Something unexpected happened: {type(error).__name__}: {error}",
        exit=Exit.FAILED,
        hint=f"This is a fault in dynaops. {where} What was done so far is in the state.",
    )


def _keep(trace: str, settings: GlobalSettings) -> str:
    """Write the traceback to the log file, or to a file of its own that only its owner can read."""
    if settings.log_file is not None:
        from dynaops.cli import logs

        logs.write(settings, trace)
        return settings.log_file
    descriptor, name = tempfile.mkstemp(prefix="dynaops-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as log:
        log.write(trace)
    return name


def _show_findings(findings: tuple[Finding, ...], settings: GlobalSettings) -> None:
    from dynaops.cli.settings import wants_color
    from dynaops.views.findings import findings_page
    from dynaops.views.terminal import show

    show(findings_page(findings), sys.stderr, wants_color(settings))
    sys.stderr.write("\n")


def _bold_red(text: str, settings: GlobalSettings) -> str:
    from dynaops.cli.settings import wants_color

    if sys.stderr.isatty() and wants_color(settings):
        return f"\x1b[1;31m{text}\x1b[0m"
    return text


def kind_of(error_class: type[DynaopsError]) -> str:
    """The kind of an error in JSON. Public interface."""
    return vars(error_class).get("json_kind") or _kebab(error_class.__name__)


def _kebab(name: str) -> str:
    """``LockHeld`` as ``lock-held``."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name).lstrip("-")
