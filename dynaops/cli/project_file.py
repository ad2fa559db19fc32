"""The project's own settings: ``dynaops.toml``, or ``[tool.dynaops]`` of ``pyproject.toml``.

It is looked for upwards from the working directory, no further than the root of the repository, and not in another
user's folder. Whoever wrote the repository wrote it, so it is trusted no more than a spec: it says nothing about where
requests go or what is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding, Place, Severity

NAME = "dynaops.toml"
_SHARED = "pyproject.toml"
_MOST_BYTES = 1024 * 1024
_KEYS = ("env_prefixes",)
_ENDPOINTS = re.compile(r"endpoint|(^|_)ur[il]s?$|proxy|proxies|ca_bundle|certificate|verify", re.IGNORECASE)
_PROGRAMS = re.compile(
    r"hook|command|(^|_)cmd|program|script|exec|process|plugin|shell|editor|pager|python|module|import",
    re.IGNORECASE,
)


class ProjectFile(NamedTuple):
    """What a project says of itself; as it is where there is no file."""

    path: Path | None = None
    env_prefixes: tuple[str, ...] = ()
    """Beginnings of the names of environment variables that specs may read, besides DYNAOPS_VAR_."""


class ProjectFileError(SpecError):
    """The project file is not valid; `findings` are all that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.message = self.message.replace("the spec", "the project file")


def read(start: Path | None = None) -> ProjectFile:
    """The nearest project file of `start` (default: the working directory). Raises ProjectFileError."""
    from dynaops.model.project import folders_upwards, is_own

    for folder in folders_upwards(start or Path.cwd()):
        for name in (NAME, _SHARED):
            path = folder / name
            if path.is_symlink() or path.exists():
                if not is_own(path):
                    continue
                table = _table(path)
                if table is not None:
                    return _checked(path, *table)
    return ProjectFile()


def _table(path: Path) -> tuple[Mapping[str, Any], str] | None:
    """The settings in a file, and its text; None for a ``pyproject.toml`` that has none. Raises ProjectFileError."""
    import tomllib

    from dynaops.model.files import FileRefused, read_text
    from dynaops.model.project import leads_outside

    shared = path.name == _SHARED
    if leads_outside(path):
        if shared:
            return None
        raise ProjectFileError([_wrong(path, 1, "the file leads out of the project by a link", None)])
    try:
        text = read_text(path, _MOST_BYTES)
        table: Any = tomllib.loads(text)
    except FileRefused as error:
        if shared:
            return None
        raise ProjectFileError([_wrong(path, 1, f"the file {error.reason}", None)]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        if shared and "[tool.dynaops" not in text:
            return None
        line = re.search(r"line (\d+)", str(error))
        message = f"this is not valid TOML: {error}" if line else "this is not valid TOML"
        raise ProjectFileError([_wrong(path, int(line[1]) if line else 1, message, None)]) from None
    if shared:
        tool = table.get("tool")
        table = tool.get("dynaops") if isinstance(tool, dict) else None
        if table is None:
            return None
    return (table if isinstance(table, dict) else {"tool.dynaops": table}), text


def _checked(path: Path, table: Mapping[str, Any], text: str) -> ProjectFile:
    findings = [*_unknown(path, table, text), *_prefixes(path, table, text)]
    if findings:
        raise ProjectFileError(findings)
    return ProjectFile(path, tuple(table.get("env_prefixes", ())))


def _unknown(path: Path, table: Mapping[str, Any], text: str) -> Iterator[Finding]:
    """Keys that are not known, and why there never will be one that says where requests go or what is run."""
    for key in (key for key in table if key not in _KEYS):
        name = key[:100]
        near = get_close_matches(name, _KEYS, 1)
        message = f"unknown key {name}"
        hint = f"Did you mean {near[0]}?" if near else f"Keys there are: {', '.join(_KEYS)}."
        if _ENDPOINTS.search(key):
            message = f"{name}: a project file names no endpoint, which could be sent your credentials"
            hint = "Use --endpoint-url, or AWS's own configuration."
        elif _PROGRAMS.search(key):
            message = f"{name}: a project file names no hook and no program, which a clone could run"
            hint = "Run it yourself, before or after dynaops."
        yield _wrong(path, _line(text, key), message, hint)


def _prefixes(path: Path, table: Mapping[str, Any], text: str) -> Iterator[Finding]:
    from dynaops.engine.environment import prefix_fault

    prefixes = table.get("env_prefixes", [])
    line = _line(text, "env_prefixes")
    if not isinstance(prefixes, list) or not all(isinstance(prefix, str) for prefix in prefixes):
        yield _wrong(path, line, "env_prefixes: must be a list of strings", 'For example ["SHOP_"].')
        return
    for prefix in prefixes:
        fault = prefix_fault(prefix)
        if fault:
            hint = "Name a single variable on the command line instead: --env-var NAME."
            yield _wrong(path, line, f"env_prefixes: {prefix[:100]!r} {fault}", hint)


def _line(text: str, key: str) -> int:
    """The line of a key, as well as it can be told without the parser's help."""
    place = re.search(rf"(?m)^.*?\b{re.escape(key)}\b", text)
    return text.count("\n", 0, place.end()) + 1 if place else 1


def _wrong(path: Path, line: int, message: str, hint: str | None) -> Finding:
    place = Place(file=path.as_posix(), line=line, column=1)
    return Finding(code="PROJECT", severity=Severity.ERROR, message=message, hint=hint, place=place)
