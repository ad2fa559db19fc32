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
    _survive_any_encoding()
    try:
        code = _run(given)
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        _leave_stdout()
        code = Exit.BROKEN_PIPE
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


def _survive_any_encoding() -> None:
    """Show what a terminal's encoding lacks as an escape instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave_stdout() -> None:
    """Whoever read stdout has gone: let Python's own last flush go nowhere, in silence."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
