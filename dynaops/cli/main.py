"""The entry point: runs a command, and turns whatever comes out of it into words and an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence

from dynaops.cli.exits import Exit, ReaderGone
from dynaops.cli.settings import early, hoist


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` by default) and return the exit code."""
    gc.disable()  # imports leave nothing to collect; looking for it takes 7 % of a short run
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_closed_streams()
    _survive_any_encoding()
    code: int = Exit.OK
    try:
        code = _run(given)
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        _leave_stdout()
        code = Exit.BROKEN_PIPE
    except OSError as error:  # a full disk, say; the command itself is done
        _leave_stdout()
        if code == Exit.OK:
            sys.stderr.write(f"error: The result cannot be written to stdout: {error.strerror or error}\n")
            code = Exit.FAILED
    return int(code)


def _run(given: list[str]) -> int:
    try:
        from dynaops.cli.app import app

        code = app(hoist(given) or ["--help"], prog_name="dynaops", standalone_mode=False)
        return Exit.OK if code is None else int(code)
    except (BrokenPipeError, ReaderGone, SystemExit):
        raise
    except BaseException as error:
        from dynaops.cli.failures import failure_of, tell

        settings = early(given)
        failure = failure_of(error, given, settings)
        tell(failure, settings)
        return failure.exit


def _open_closed_streams() -> None:
    """Have standard streams that the caller closed lead nowhere.

    Their numbers would else be given to the next files that are opened, such as the state or a connection.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 (open to the end)


def _survive_any_encoding() -> None:
    """Show what a terminal's encoding lacks as an escape instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave_stdout() -> None:
    """Whoever read stdout has gone: let Python's own last flush go nowhere, in silence."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
