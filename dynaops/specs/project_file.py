"""Reads and checks the project file: ``dynaops.toml``, or ``[tool.dynaops]`` of ``pyproject.toml``.

It is looked for from the working directory upwards, up to the root of the repository, and not in folders of other
users. All its errors are reported together, each with its line and column.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import Any

from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import PROJECT
from dynaops.specs.project import Project, relative_to_cwd
from dynaops.specs.project_keys import (
    BY_NAME,
    ENVIRONMENT_NAME,
    KEYS,
    SHARED_KEYS,
    SettingKey,
    ValueForm,
    faults,
    shortened,
)
from dynaops.specs.toml_places import Path as KeyPath
from dynaops.specs.toml_places import Places, Spot, places_of

_ENVIRONMENT = "environment"
_ENDPOINTS = re.compile(r"endpoint|(^|_)ur[il]s?$|proxy|proxies|ca_bundle|certificate|verify", re.IGNORECASE)
_PROGRAMS = re.compile(
    r"hook|command|(^|_)cmd|program|script|exec|process|plugin|shell|editor|pager|python|module|import",
    re.IGNORECASE,
)
_MAX_FINDINGS = 100
"""The most errors of a file: more are not useful, and each unknown key is compared with all keys."""
_EXCERPT = 100
"""The most characters of a line that are shown."""


class ProjectFileError(SpecError):
    """The project file is not valid; `findings` has all its errors."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.message = self.message.replace("the spec", "the project file")


@dataclass(frozen=True)
class ProjectFile:
    """A valid project file: the settings of its top level, and of each environment."""

    path: Path
    top: Mapping[str, Any]
    environments: Mapping[str, Mapping[str, Any]]
    places: _Located

    def project(self, environment: str | None) -> Project:
        """The settings of an environment, or (for None) of the top level. Raises DynaopsError for an unknown name."""
        if environment is not None and environment not in self.environments:
            raise self._unknown(environment)
        own = self.environments[environment] if environment is not None else {}
        values: dict[str, Any] = {}
        origins: dict[str, Place] = {}
        for layer, around in ((self.top, ()), (own, (_ENVIRONMENT, str(environment)))):
            for name, value in layer.items():
                merges = isinstance(value, dict) and isinstance(values.get(name), dict)
                values[name] = merged(values[name], value) if merges else value
                origins.update(self._origins(name, value, around))
        folder = self.path.parent
        for name, value in values.items():
            if BY_NAME[name].is_path:
                values[name] = (
                    tuple(relative_to_cwd(folder, part) for part in value)
                    if isinstance(value, list)
                    else relative_to_cwd(folder, value)
                )
            elif isinstance(value, list):
                values[name] = tuple(value)
        return Project(self.path, environment, tuple(self.environments), **values, origins=origins)

    def _origins(self, name: str, value: Any, around: KeyPath) -> Iterator[tuple[str, Place]]:
        yield name, self.places.key((*around, name))
        if isinstance(value, dict):
            for part, inner in value.items():
                for path, place in self._origins(part, inner, (*around, name)):
                    yield f"{name}.{path}", place

    def _unknown(self, environment: str) -> DynaopsError:
        names = tuple(self.environments)
        shown = shortened(environment)
        suggestions = get_close_matches(environment[:100], names, 1)
        if suggestions:
            hint = f"Did you mean {suggestions[0]}?"
        elif names:
            hint = f"Environments there are: {', '.join(names)}."
        else:
            hint = "Add a table [environment.NAME] to it."
        return DynaopsError(f"{self.places.file} has no environment {shown!r}", hint)


def find(start: Path | None = None) -> ProjectFile | None:
    """The nearest project file from `start` (default: the working directory) upwards. Raises ProjectFileError."""
    from dynaops.model.project import settings_file

    path = settings_file(start)
    return _read(path) if path else None


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two maps merged: maps under the same key are merged, any other value of `above` takes precedence."""
    both = dict(below)
    for name, value in above.items():
        own = both.get(name)
        both[name] = merged(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return both


class _Located:
    """The places of the keys in one file that are below the key path `prefix`."""

    def __init__(self, file: str, places: Places, prefix: KeyPath = ()) -> None:
        self.file = file
        self._places = places
        self._prefix = prefix

    def key(self, path: KeyPath) -> Place:
        return self._place(self._places.key((*self._prefix, *path)))

    def value(self, path: KeyPath) -> Place:
        return self._place(self._places.value((*self._prefix, *path)))

    def finding(self, place: Place, message: str, hint: str | None, path: KeyPath = ()) -> Finding:
        return make_finding(
            PROJECT,
            message,
            hint,
            path=".".join(shortened(str(part)) for part in path) or None,
            place=place,
            excerpt=excerpt(self._places.lines, place),
        )

    def _place(self, spot: Spot) -> Place:
        return Place(file=self.file, line=spot.line, column=spot.column)


def excerpt(lines: list[str], place: Place) -> str | None:
    """The line at `place`, and below it a caret under its column. Long lines are shortened."""
    if place.line > len(lines) or not lines[place.line - 1].strip():
        return None
    start = max(0, place.column - _EXCERPT // 2) if len(lines[place.line - 1]) > _EXCERPT else 0
    shown = lines[place.line - 1][start : start + _EXCERPT].replace("\t", " ").rstrip()
    return f"{shown}\n{' ' * (place.column - 1 - start)}^"


def _read(path: Path) -> ProjectFile:
    """A project file, checked. Raises ProjectFileError."""
    import tomllib

    from dynaops.model.files import FileRefused, read_text
    from dynaops.model.project import MOST_SETTINGS, SHARED_SETTINGS, leads_outside

    file = relative_to_cwd(path.parent, path.name)
    if leads_outside(path):
        raise _unreadable(file, [], 1, 1, "the file leads out of the project by a link")
    try:
        text = read_text(path, MOST_SETTINGS).replace("\r\n", "\n")
    except FileRefused as error:
        raise _unreadable(file, [], 1, 1, f"the file {error.reason}") from None
    lines = text.split("\n")
    _bound_lines(file, lines)
    try:
        data: Any = tomllib.loads(text)
        places = places_of(text)
    except (ValueError, RecursionError) as error:  # raised for numbers that are too long, too
        raise _invalid(file, lines, error) from None
    prefix: KeyPath = ()
    if path.name == SHARED_SETTINGS:
        data, prefix = data["tool"]["dynaops"], ("tool", "dynaops")
    located = _Located(file, places, prefix)
    if not isinstance(data, dict):
        raise ProjectFileError([located.finding(located.value(()), "tool.dynaops: must be a table", None)])
    return _checked(path, data, located)


def _bound_lines(file: str, lines: list[str]) -> None:
    from dynaops.model.project import LONGEST_LINE

    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise _unreadable(file, [], number, 1, f"the line has more than {LONGEST_LINE:,} characters")


def _invalid(file: str, lines: list[str], error: Exception) -> ProjectFileError:
    """The error for text that is not TOML. tomllib's messages end with "(at line 3, column 5)" or the like."""
    message, _, where = str(error).partition(" (at ")
    spot = re.search(r"line (\d+), column (\d+)", where)
    if isinstance(error, RecursionError):
        return _unreadable(file, lines, 1, 1, "this is not valid TOML: it is nested too deeply")
    if spot:
        return _unreadable(file, lines, int(spot[1]), int(spot[2]), f"this is not valid TOML: {message}")
    at_end = (len(lines), len(lines[-1]) + 1) if where.startswith("end") else (1, 1)
    return _unreadable(file, lines, *at_end, f"this is not valid TOML: {message}")


def _unreadable(file: str, lines: list[str], line: int, column: int, message: str) -> ProjectFileError:
    located = _Located(file, Places("\n".join(lines), {}))
    return ProjectFileError([located.finding(Place(file=file, line=line, column=column), message, None)])


def _checked(path: Path, data: Mapping[str, Any], located: _Located) -> ProjectFile:
    """The file, if it has no errors. Raises ProjectFileError."""
    environments = data.get(_ENVIRONMENT, {})
    top = {name: value for name, value in data.items() if name != _ENVIRONMENT}
    errors = chain(_of_layer(path, top, (), located), _of_environments(path, environments, located))
    findings = list(islice(errors, _MAX_FINDINGS))
    if next(errors, None) is not None:
        message = f"there are more than {_MAX_FINDINGS} errors; is this a project file?"
        findings.append(located.finding(located.key(()), message, None))
    if not findings:
        findings.extend(islice(_shared_states(top, environments, located), _MAX_FINDINGS))
    if findings:
        raise ProjectFileError(findings)
    return ProjectFile(path, top, environments, located)


def _of_environments(path: Path, environments: object, located: _Located) -> Iterator[Finding]:
    """Errors in the environments, their names and their settings."""
    if not isinstance(environments, dict):
        hint = "Write a table for each: [environment.prod]."
        place = located.value((_ENVIRONMENT,))
        yield located.finding(place, "environment: must be a table of environments", hint)
        return
    for name, settings in environments.items():
        around = (_ENVIRONMENT, name)
        shown = shortened(name)
        if not re.fullmatch(ENVIRONMENT_NAME, name):
            hint = "Use up to 63 of a-z A-Z 0-9 _ . -, beginning with a letter or a digit."
            yield located.finding(located.key(around), f"an environment cannot be called {shown!r}", hint)
        if not isinstance(settings, dict):
            hint = f"Write a table: [environment.{shown}]."
            yield located.finding(located.value(around), f"environment.{shown}: must be a table", hint)
        else:
            yield from _of_layer(path, settings, around, located)
            yield from _without_role(settings, around, located)
            yield from _consenting_for_others(settings, around, located)


def _shared_states(
    top: Mapping[str, Any], environments: Mapping[str, Mapping[str, Any]], located: _Located
) -> Iterator[Finding]:
    """Errors for environments of different accounts with the same state."""
    owners: dict[tuple[str, str | None], tuple[str, str]] = {}
    for name, own in environments.items():
        settings = {**top, **own}
        if "state" not in settings or "account" not in settings:
            continue
        place = (settings["state"], settings.get("workspace"))
        other, account = owners.setdefault(place, (name, settings["account"]))
        if account != settings["account"]:
            at = (_ENVIRONMENT, name)
            where = located.key((*at, "state") if "state" in own else at)
            message = f"{name} keeps the same state as {other}, which is in account {account}"
            yield located.finding(where, message, "Give each a `state`, or a `workspace`, of its own.", at)


def _of_layer(
    path: Path, settings: Mapping[str, Any], around: KeyPath, located: _Located
) -> Iterator[Finding]:
    """Errors in the keys of the top level, or of one environment."""
    for name, value in settings.items():
        at = (*around, name)
        key = BY_NAME.get(name)
        if key is None:
            yield located.finding(located.key(at), *_unknown_key(name, not around), at)
        elif key.guard and not around:
            message = f"{name}: a guard of one environment, which cannot stand at the top level"
            yield located.finding(located.key(at), message, "Write it below [environment.NAME].", at)
        else:
            for fault in faults(key, value):
                yield located.finding(located.value((*at, *fault.path)), fault.message, fault.hint, at)
            if key.is_path:
                yield from _leading_outside(path.parent, key, value, at, located)


def _unknown_key(name: str, at_top: bool) -> tuple[str, str]:
    """The message and hint for an unknown key; some keys have a reason why they are not supported."""
    shown = shortened(name)
    if _ENDPOINTS.search(name):
        return (
            f"{shown}: a project file names no endpoint, which could be sent your credentials",
            "Use --endpoint-url, or AWS's own configuration.",
        )
    known = (*SHARED_KEYS, _ENVIRONMENT) if at_top else tuple(key.name for key in KEYS)
    suggestions = get_close_matches(name[:100], known, 1)
    if not suggestions and _PROGRAMS.search(name):
        return (
            f"{shown}: a project file names no hook and no program, which a clone could run",
            "Run it yourself, before or after dynaops.",
        )
    return (
        f"unknown key {shown}",
        f"Did you mean {suggestions[0]}?" if suggestions else f"Keys there are: {', '.join(known)}.",
    )


def _leading_outside(
    folder: Path, key: SettingKey, value: object, at: KeyPath, located: _Located
) -> Iterator[Finding]:
    """Errors for paths outside the project: a repository must not make dynaops read or write other files."""
    from dynaops.model.project import project_of

    root = project_of(folder.resolve()) or folder.resolve()
    parts = enumerate(value) if isinstance(value, list) else [((), value)]
    for index, part in parts:
        if not isinstance(part, str) or (key.form is ValueForm.TEXT and part.startswith("s3://")):
            continue
        where = located.value((*at, index) if isinstance(index, int) else at)
        if "://" in part:
            scheme = shortened(part.partition("://")[0])
            also = ", or s3://BUCKET/KEY" if key.form is ValueForm.TEXT else ""
            yield located.finding(where, f"{key.name}: `{scheme}://` is unknown", f"Write a path{also}.", at)
        elif not _stays_within(folder.resolve(), part, root):
            message = f"{key.name}: {shortened(part)} leads out of the project"
            yield located.finding(
                where, message, "Name it on the command line, if that is what you mean.", at
            )


def _stays_within(folder: Path, path: str, root: Path) -> bool:
    if path.startswith(("~", "/", "\\")) or Path(path).is_absolute():
        return False
    return Path(os.path.normpath(folder / path)).is_relative_to(root)


def _without_role(settings: Mapping[str, Any], around: KeyPath, located: _Located) -> Iterator[Finding]:
    for name in ("external_id", "session_name", "mfa_serial"):
        if name in settings and "role_arn" not in settings:
            at = (*around, name)
            yield located.finding(
                located.key(at), f"{name}: says how a role is assumed, and role_arn is missing", None, at
            )


def _consenting_for_others(
    settings: Mapping[str, Any], around: KeyPath, located: _Located
) -> Iterator[Finding]:
    """Errors for consent in the settings of a protected environment, which must be given in the reviewed plan."""
    if settings.get("protected") is not True:
        return
    for name in ("allow_adopt", "allow_replace", "allow_destroy"):
        if settings.get(name) is True:
            at = (*around, name)
            message = (
                f"{name}: the environment is protected, and consent is part of each plan that is reviewed"
            )
            yield located.finding(located.key(at), message, "Use plan --out FILE --consent KIND:ADDRESS.", at)
