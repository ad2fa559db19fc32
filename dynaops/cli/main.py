"""The entry point: runs a command, and turns its result or exception into messages and an exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from functools import partial

from dynaops.cli.lazy import ReaderGone
from dynaops.cli.settings import early, hoist, split_environments
from dynaops.cli.surroundings import leave_output, output_fault, repair
from dynaops.model.exits import Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` by default) and return the exit code."""
    gc.disable()  # imports leave no garbage; collecting it takes 7 % of a short run
    given = list(sys.argv[1:] if arguments is None else arguments)
    repair()
    code: int = Exit.OK
    try:
        code = _run(given)
        fault = output_fault()
    except (BrokenPipeError, ReaderGone):
        fault, code = BrokenPipeError(), Exit.BROKEN_PIPE
    if fault is not None:
        leave_output()
        if isinstance(fault, BrokenPipeError):
            code = Exit.BROKEN_PIPE
        elif code in (Exit.OK, Exit.CHANGES, Exit.WARNINGS):
            code = _unwritten(fault)
    return int(code)


def _run(given: list[str], is_one_of_several: bool = False) -> int:
    """Run a command and show its failure; returns the exit code. In one of several runs, usage errors are raised."""
    try:
        environments, rest = split_environments(given)
        if len(environments) > 1:
            from dynaops.cli.several import run

            return run(environments, rest, partial(_run, is_one_of_several=True))
        from dynaops.cli.app import app

        code = app(hoist(given) or ["--help"], prog_name="dynaops", standalone_mode=False, obj=tuple(given))
        return Exit.OK if code is None else int(code)
    except (BrokenPipeError, ReaderGone, SystemExit):
        raise
    except BaseException as error:
        from dynaops.cli.failures import failure_of, is_usage, tell

        if is_one_of_several and is_usage(error):
            raise
        settings = early(given)
        failure = failure_of(error, given, settings)
        tell(failure, settings)
        return failure.exit


def _unwritten(fault: OSError) -> int:
    """Report that the output of a successful command could not be written; returns the exit code."""
    sys.stderr.write(
        f"error: {fault.filename}: {fault.strerror}\n"
        "hint: What was done is done; what was to be shown is lost.\n"
    )
    return Exit.FAILED
