"""A copy of the working tree in a temporary folder, with a virtual environment that imports dynaops from it."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", ".dynaops", "*.egg-info"
)
_MOST_MEMORY = 8 << 30
"""Bytes of address space of a test run: a changed loop may fill the memory."""


@dataclass(frozen=True)
class TestRun:
    """What a run of pytest gave. `code` is None where the run took too long and was killed."""

    code: int | None
    seconds: float
    output: str

    @property
    def failed(self) -> list[str]:
        """The ids of the tests that failed, as pytest's summary has them."""
        lines = [line.split(" - ")[0] for line in self.output.splitlines()]
        return [line.split(" ", 1)[1] for line in lines if line.startswith(("FAILED ", "ERROR "))]


class ScratchCopy:
    """A copy of the tree `source` in `folder`, which must not be there yet."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.root = folder.resolve()
        shutil.copytree(source, self.root, ignore=_NOT_COPIED, symlinks=True)
        environment = self.root / ".venv"
        # As `python -m venv` makes it; the packages are those of the environment that runs this.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
        packages = Path(sysconfig.get_path("purelib"))
        mine = environment / packages.relative_to(sys.prefix)
        shutil.copy(Path(__file__).with_name("line_trace.py"), mine / "_line_trace.py")
        (mine / "scratch.pth").write_text(f"{self.root}\n{packages}\nimport _line_trace\n")
        _copy_commands(Path(sys.prefix) / "bin", environment / "bin")
        self._python = environment / "bin" / "python"
        self._changed_at = int(time.time())

    def pytest(self, tests: Sequence[str], options: Sequence[str], limit: float, **env: str) -> TestRun:
        """Run tests in a process group of its own, for `limit` seconds at most; all of the group is killed then."""
        command = [
            str(self._python),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--tb=no",
            "-rfE",
            *options,
            *tests,
        ]
        started = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=self.root,
            env={**os.environ, "PATH": f"{self._python.parent}{os.pathsep}{os.environ['PATH']}", **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_limit_memory,
        ) as process:
            code: int | None
            try:
                output, _ = process.communicate(timeout=limit)
                code = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
                code = None
        return TestRun(code, time.monotonic() - started, output)

    def write(self, path: str, content: bytes) -> None:
        """Replace a file's content. Its time moves by whole seconds, which is what compiled files go by."""
        self._changed_at += 2
        (self.root / path).write_bytes(content)
        os.utime(self.root / path, (self._changed_at, self._changed_at))


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.RLIM_INFINITY))


def _copy_commands(source: Path, target: Path) -> None:
    """Copy the Python commands, to be run by the interpreter of `target`."""
    first = f"#!{source / 'python'}"
    for file in source.iterdir():
        if file.is_symlink() or not file.is_file() or (target / file.name).exists():
            continue
        content = file.read_bytes()
        if content.startswith(first.encode()):
            content = content.replace(first.encode(), f"#!{target / 'python'}".encode(), 1)
        (target / file.name).write_bytes(content)
        (target / file.name).chmod(0o755)
