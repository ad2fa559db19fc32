"""The output folder of ``cdk synth`` (``cdk.out``): the templates of its stacks, and where each is deployed.

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
"""A template's path, and the pseudo parameters of its environment."""


def is_assembly(folder: Path) -> bool:
    """Whether the folder is an output folder of ``cdk synth``."""
    return (folder / MANIFEST).is_file() and "artifacts" in _manifest(folder)


def templates(folder: Path, depth: int = 0) -> list[Template]:
    """The templates of all stacks, including nested assemblies and nested stacks. Raises DynaopsError."""
    templates_: list[Template] = []
    artifacts = _manifest(folder).get("artifacts")
    for artifact in artifacts.values() if isinstance(artifacts, dict) else ():
        kind = artifact.get("type") if isinstance(artifact, dict) else None
        properties = artifact.get("properties") if kind else None
        if not isinstance(properties, dict):
            continue
        if kind == "aws:cloudformation:stack" and isinstance(properties.get("templateFile"), str):
            path = _within(folder, properties["templateFile"])
            templates_.append((path, _environment(artifact.get("environment"))))
        elif kind == "cdk:cloud-assembly" and isinstance(properties.get("directoryName"), str):
            if depth >= _DEEPEST:
                raise DynaopsError(
                    f"{folder.as_posix()}: assemblies are nested too deeply", "Name the templates."
                )
            templates_.extend(templates(_within(folder, properties["directoryName"]), depth + 1))
    nested = sorted(folder.glob("*.nested.template.json"))
    return [*templates_, *((path, {}) for path in nested)]


def _environment(text: Any) -> dict[str, str]:
    match = _ENVIRONMENT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return {}
    named = {"AWS::AccountId": match.group(1), "AWS::Region": match.group(2)}
    return {name: value for name, value in named.items() if not value.startswith("unknown-")}


def _within(folder: Path, name: str) -> Path:
    """The path of a file of the assembly. Raises DynaopsError for a path outside the folder."""
    path = folder / name
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise DynaopsError(
            f"{folder.as_posix()}/{MANIFEST}: {name[:200]!r} is outside of the folder",
            "Run `cdk synth` again.",
        )
    return path


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(read_bytes(folder / MANIFEST, _MOST))
    except (FileRefused, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
