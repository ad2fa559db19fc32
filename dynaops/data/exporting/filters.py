"""Builds the expressions of a Scan from command line options."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dynaops.data.exporting.options import ExportFilter
from dynaops.data.parsing import exact_json, plain_json
from dynaops.model.errors import DynaopsError
from dynaops.values import attributes
from dynaops.values.malformed import MalformedRow

_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)").fullmatch


def narrowing(
    filter_: str | None, projection: str | None, names: str | None, given: str | None
) -> ExportFilter:
    """The expressions; `names` and `given` values are JSON objects. Raises DynaopsError.

    Names in a projection are replaced by placeholders, so that reserved words can be used. A placeholder in `names`
    (``#d``) can be used in a projection, also for an attribute with a dot in its name.
    """
    known = {str(name): str(value) for name, value in _object(names, "--names").items()}
    expression, added, columns = _projection(projection, known)
    return ExportFilter(filter_, expression, {**known, **added}, _values(_object(given, "--values")), columns)


def _projection(
    paths: str | None, known: Mapping[str, str]
) -> tuple[str | None, dict[str, str], tuple[str, ...]]:
    """The projection expression, its placeholders with their attributes, and the top-level attributes in it."""
    if not paths:
        return None, {}, ()
    columns: dict[str, None] = {}
    placeholders: dict[str, str] = {}
    written = []
    for path in paths.split(","):
        steps: list[str] = []
        for step in path.strip().split("."):
            match = _STEP(step)
            if match is None:
                raise DynaopsError(f"--projection: {path!r} is no attribute or path")
            name = match[1]
            if name not in known:
                name = placeholders.setdefault(name, f"#dynaops{len(placeholders)}")
            if not steps:
                columns[known.get(match[1], match[1])] = None
            steps.append(name + match[2])
        written.append(".".join(steps))
    return ",".join(written), {name: attribute for attribute, name in placeholders.items()}, tuple(columns)


def _values(given: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for name, value in given.items():
        try:
            typed = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in attributes.TYPES
            values[name] = (attributes.typed if typed else plain_json.plain)(value, name)[0]
        except MalformedRow as error:
            raise DynaopsError(f"--values: {error}") from error
    return values


def _object(text: str | None, option: str) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        value = exact_json.exactly(text.encode())
    except (json.JSONDecodeError, MalformedRow, RecursionError) as error:
        raise DynaopsError(f"{option} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DynaopsError(f"{option} is a JSON object")
    return value
