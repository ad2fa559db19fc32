"""Runs ``terraform show -json`` for the state of a folder, if the program is installed and there is a state."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("terraform", "tofu")
TIMEOUT = 120.0
"""Seconds; a remote state takes longer to read."""
_MAX_BYTES = 64 * 1024 * 1024
_MAX_TOLD = 300
STATE = "terraform.tfstate"
BACKEND = Path(".terraform") / "terraform.tfstate"
"""The file in which `terraform init` records a backend that is not a local file."""
_WORKSPACES = "terraform.tfstate.d"
_WORKSPACE = Path(".terraform") / "environment"
_ENVIRONMENT = {"TF_INPUT": "0", "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_CLI_ARGS": ""}


@dataclass(frozen=True)
class ShowResult:
    """The program's JSON, or why there is none (`why`, which is empty if the program is not installed)."""

    text: str | None
    command: str
    why: str = ""


def show_state(folder: Path, timeout: float = TIMEOUT) -> ShowResult | None:
    """The state of a folder with a configuration. None if it has no configuration or no state."""
    if not any(folder.glob("*.tf")) and not any(folder.glob("*.tf.json")):
        return None
    if not any((folder / name).exists() for name in (STATE, BACKEND, _WORKSPACES)):
        return None
    program = next((name for name in map(shutil.which, PROGRAMS) if name is not None), None)
    if program is None:
        return None
    command = f"{Path(program).name} show -json"
    try:
        text = _run([program, "show", "-json", "-no-color"], folder, timeout)
        return ShowResult(text, command, "" if _has_resources(text) else "its state has no resources")
    except subprocess.TimeoutExpired:
        return ShowResult(None, command, f"it did not end within {timeout:g} seconds")
    except (OSError, _Failed, ValueError) as error:
        return ShowResult(None, command, str(error)[:_MAX_TOLD])


def has_own_state(folder: Path) -> bool:
    """Whether the folder's ``terraform.tfstate`` is its state: it has no other backend and no other workspace."""
    try:
        workspace = (folder / _WORKSPACE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        workspace = ""
    return not (folder / BACKEND).exists() and workspace in ("", "default")


class _Failed(Exception):
    """The program ended with an error; the message is the first line of its output."""


def _run(command: list[str], folder: Path, timeout: float) -> str:
    """The program's output. Raises _Failed, OSError, ValueError, TimeoutExpired."""
    process = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    if process.returncode:
        output = process.stderr.decode("utf-8", "replace")
        lines = [line.strip(" │╷╵") for line in output.splitlines() if line.strip(" │╷╵")]
        raise _Failed(
            f"it ended with exit code {process.returncode}: {lines[0] if lines else 'it said nothing'}"
        )
    if len(process.stdout) > _MAX_BYTES:
        raise _Failed("it printed more than 64 MiB")
    return process.stdout.decode("utf-8")


def _has_resources(text: str) -> bool:
    """Whether the JSON has values. Raises ValueError if it is not a JSON object with a format version."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("what it printed is not JSON") from None
    if not isinstance(document, dict) or "format_version" not in document:
        raise ValueError("what it printed is not what `terraform show -json` prints")
    return isinstance(document.get("values"), dict) and bool(document["values"].get("root_module"))
