"""A folder that ``cdk synth`` has written (``cdk.out``): the templates of its stacks, and where each is deployed.

Source: aws-cdk, cloud-assembly-schema: ``manifest.json`` lists artifacts; stacks have a template and an environment
(``aws://ACCOUNT/REGION``), nested assemblies (of stages) have a folder of their own.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.model.files import FileRefused, read_bytes

MANIFEST = "manifest.json"
_MOST = 16 * 1024 * 1024
_DEEPEST = 5
_ENVIRONMENT = re.compile(r"aws://([^/]+)/(.+)")
Template = tuple[Path, dict[str, str]]
"""A template, and the pseudo parameters that its environment says."""


def is_assembly(folder: Path) -> bool:
    """Whether the folder is what CDK has written."""
    return (folder / MANIFEST).is_file() and "artifacts" in _manifest(folder)


def templates(folder: Path, depth: int = 0) -> list[Template]:
    """The templates of all stacks, those of nested assemblies and nested stacks too. Raises DynaopsError."""
    found: list[Template] = []
    artifacts = _manifest(folder).get("artifacts")
    for artifact in artifacts.values() if isinstance(artifacts, dict) else ():
        kind = artifact.get("type") if isinstance(artifact, dict) else None
        properties = artifact.get("properties") if kind else None
        if not isinstance(properties, dict):
            continue
        if kind == "aws:cloudformation:stack" and isinstance(properties.get("templateFile"), str):
            path = _within(folder, properties["templateFile"])
            found.append((path, _environment(artifact.get("environment"))))
        elif kind == "cdk:cloud-assembly" and isinstance(properties.get("directoryName"), str):
            if depth >= _DEEPEST:
                raise DynaopsError(
                    f"{folder.as_posix()}: assemblies are nested too deeply", "Name the templates."
                )
            found.extend(templates(_within(folder, properties["directoryName"]), depth + 1))
    nested = sorted(folder.glob("*.nested.template.json"))
    return [*found, *((path, {}) for path in nested)]


def _environment(text: Any) -> dict[str, str]:
    found = _ENVIRONMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return {}
    named = {"AWS::AccountId": found.group(1), "AWS::Region": found.group(2)}
    return {name: value for name, value in named.items() if not value.startswith("unknown-")}


def _within(folder: Path, name: str) -> Path:
    """A file of the assembly: its manifest must not make us read another."""
    path = folder / name
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise DynaopsError(
            f"{folder.as_posix()}/{MANIFEST}: {name[:200]!r} is outside of the folder",
            "Run `cdk synth` again.",
        )
    return path


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bytes(folder / MANIFEST, _MOST))
    except (FileRefused, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
