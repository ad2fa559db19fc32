"""The benchmarks' sink as a process, with its rows and faults, for tests."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from dynaops.aws.session import Aws

PROGRAM = Path(__file__).parent.parent.parent / "benchmarks" / "sink.py"
FAULTS = ("--unprocessed", "0.2", "--throttle", "0.05", "--error", "0.02", "--drop", "0.02", "--jitter")
"""A bad day: see benchmarks/sink.py."""


class SinkProcess:
    """A running sink that keeps rows. A context manager."""

    def __init__(self, *options: str, keys: str = "id") -> None:
        command = [sys.executable, str(PROGRAM), "--store", "--keys", keys, *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{json.loads(self._process.stdout.readline())['port']}"
        self.aws = Aws(region="eu-west-1", endpoint_url=self.url)

    def __enter__(self) -> SinkProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def rows(self) -> list[dict[str, Any]]:
        """The rows it has, as DynamoDB JSON."""
        found: list[dict[str, Any]] = self._ask("/rows")
        return found

    def stats(self) -> dict[str, int]:
        """How many requests it had, how many items it took, and how many it put."""
        found: dict[str, int] = self._ask("/")
        return found

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as answer:  # noqa: S310 (our own, on this machine)
            return json.load(answer)
