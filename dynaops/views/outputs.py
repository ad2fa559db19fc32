"""Outputs: for people, for a shell, and one at a time."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.views.page import Node, Page, Section, line, strong
from dynaops.views.values import compact


def outputs_page(found: Mapping[str, Mapping[str, Any]]) -> Page:
    """A section a table, a line a value."""
    if not found:
        return Page((Section((Node(line("No table has been applied yet.")),)),))
    return Page(
        tuple(
            Section(
                tuple(Node(line(key), value=line(_bare(value))) for key, value in _flat(values)),
                line(strong(table)),
            )
            for table, values in found.items()
        )
    )


def env_lines(found: Mapping[str, Mapping[str, Any]]) -> str:
    """``ORDERS_TABLE_ARN=...`` lines, quoted for a POSIX shell. Raises DynaopsError where two names would be one."""
    lines: dict[str, str] = {}
    for table, values in found.items():
        for key, value in _flat(values):
            name = _variable(f"{table}_{key}")
            if name in lines:
                raise DynaopsError(
                    f"Two outputs would be called {name}",
                    "Ask for one table at a time: dynaops output TABLE --env.",
                )
            lines[name] = shlex.quote(raw(value))
    return "\n".join(f"{name}={value}" for name, value in lines.items())


def member(values: Mapping[str, Any], address: str, key: str) -> Any:
    """One output by its name; members of maps follow a slash. Raises DynaopsError if there is none."""
    value: Any = values
    for part in key.split("/"):
        if not isinstance(value, Mapping) or part not in value:
            known = ", ".join(value) if isinstance(value, Mapping) else "none below it"
            raise DynaopsError(f"There is no output {address!r}", f"Outputs there are: {known}.")
        value = value[part]
    return value


def raw(value: Any) -> str:
    """A value for a program: a string as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _bare(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value


def _variable(name: str) -> str:
    upper = re.sub(r"[^A-Z0-9]+", "_", name.upper())
    return f"_{upper}" if upper[:1].isdigit() else upper
