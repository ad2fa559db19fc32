"""The settings of a project, from ``dynaops.toml``, for one environment.

The file is part of the repository, so it is not trusted more than a spec: it cannot name an endpoint, a program, or a
file outside the project.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dynaops.model.finding import Place


@dataclass(frozen=True)
class Project:
    """The settings of one environment: [environment.NAME] merged over the top level. Without a file, nothing is set.

    Maps are merged, and the environment's values take precedence; its other values replace those of the top level.
    Paths are relative to the working directory, although in the file they are relative to the file's folder.
    """

    file: Path | None = None
    environment: str | None = None
    environments: tuple[str, ...] = ()
    """The names of all environments of the file."""
    specs: tuple[str, ...] = ()
    """Files, folders, and patterns in which ``**`` matches any folders."""
    state: str | None = None
    """A path, or ``s3://bucket/key``."""
    workspace: str | None = None
    region: str | None = None
    profile: str | None = None
    sandbox: bool = False
    default_tags: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    variable_files: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    env_prefixes: tuple[str, ...] = ()
    """Prefixes of the names of environment variables that specs may read, besides DYNAOPS_VAR_."""
    policies: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    """ARNs of SNS topics and EventBridge buses."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Spec keys that are defaults of every document."""
    prices: str | None = None
    parallelism: int | None = None
    lock_timeout: str | None = None
    """A duration, such as 90s."""
    mark: str | Literal[False] = "dynaops:state"
    """The key of the ownership tag; False: no tag is set."""
    account: str | None = None
    regions: tuple[str, ...] | None = None
    protected: bool = False
    role_arn: str | None = None
    external_id: str | None = None
    session_name: str | None = None
    mfa_serial: str | None = None
    allow_adopt: bool = False
    allow_replace: bool = False
    allow_destroy: bool = False
    origins: Mapping[str, Place] = field(default_factory=dict, repr=False, compare=False)
    """The place of each key in the file; for maps also of each entry, such as ``defaults.tags.owner``."""

    @property
    def folder(self) -> Path:
        """The folder that the file's paths are relative to; the working directory without a file."""
        return self.file.parent if self.file else Path.cwd()

    def says(self, key: str) -> str:
        """``KEY, FILE:LINE:COLUMN`` for messages."""
        return f"{key}, {self.origins[key]}" if key in self.origins else key


def relative_to_cwd(folder: Path, path: str) -> str:
    """A path that is relative to `folder`, made relative to the working directory."""
    if "://" in path:
        return path
    here = Path.cwd().resolve()
    if folder.resolve() == here:
        return path
    return Path(os.path.relpath(folder.resolve() / path, here)).as_posix()
