"""Running the command line: in this process for speed, in one of its own where that is what is tested."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dynaops.cli.main import main
from tests.preloaded.process import run


@dataclass(frozen=True)
class Result:
    """What a run of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Cli:
    """The command line in this process, in an empty directory and with no terminal."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> Result:
        self._capture.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = self._capture.readouterr()
        return Result(code, captured.out, captured.err)


def run_process(*arguments: str, cwd: Path, env: dict[str, str] | None = None, **more: Any) -> Result:
    """The command line in a process of its own, with no AWS configuration but what `env` says."""
    done = run(
        "dynaops", *arguments, cwd=cwd, env={**bare_environment(cwd), **(env or {})}, timeout=60, **more
    )
    return Result(done.returncode, done.stdout, done.stderr)


def bare_environment(home: Path) -> dict[str, str]:
    """An environment without AWS settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TYPER_"))}
    return {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", "COLUMNS": "80"}
