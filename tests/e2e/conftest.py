"""The command line in processes of its own, against a sandbox over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer

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
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.env(**env),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The same without waiting for its end."""
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "dynaops"]

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
