"""The command line in processes of its own, against a sandbox over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.preloaded.process import popen, run

REGION = "eu-west-1"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Runs ``dynaops`` in a directory, against one sandbox."""

    def __init__(self, folder: Path, server: SandboxServer) -> None:
        self.folder = folder
        self.server = server

    def __call__(self, *arguments: str, **env: str) -> Ran:
        done = run("dynaops", *arguments, cwd=self.folder, env=self.env(**env), timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[Any]:
        """The same without waiting for its end; `options` are those of `subprocess.Popen`."""
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        return popen("dynaops", *arguments, cwd=self.folder, env=self.env(), **{**streams, **options})

    def env(self, **more: str) -> dict[str, str]:
        return {**os.environ, "AWS_ENDPOINT_URL": self.server.url, "COLUMNS": "80", **more}

    def write(self, text: str, name: str = "specs/spec.yaml") -> str:
        """Write a spec; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name


@pytest.fixture
def terminal(tmp_path: Path, server: SandboxServer) -> Terminal:
    return Terminal(tmp_path, server)
