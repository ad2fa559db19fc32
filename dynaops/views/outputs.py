"""Outputs of tables: as a page, as lines for a shell, and as a single value."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.views.page import Page, PageNode, Section, line, strong
from dynaops.views.values import compact

Outputs = Mapping[str, Mapping[str, Any]]
"""Outputs by table and then by name; maps may be nested."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def outputs_page(outputs: Outputs) -> Page:
    """A section for each table, with a line for each value."""
    if not outputs:
        return Page((Section((PageNode(line("No table has been applied yet.")),)),))
    return Page(
        tuple(
            Section(
                tuple(PageNode(line(key), value=line(_bare(value))) for key, value in _flat(values)),
                line(strong(table)),
            )
            for table, values in outputs.items()
        )
    )


def env_lines(outputs: Outputs, prefix: str) -> str:
    """Lines such as ``DYNAOPS_ORDERS_TABLE_ARN=...``, quoted for a POSIX shell; the names begin with `prefix`.

    A variable's name depends only on the names of the table and the output. Raises DynaopsError if two names would be
    equal, or a name is not possible for a variable.
    """
    lines: dict[str, str] = {}
    for table, values in outputs.items():
        for key, value in _flat(values):
            name = prefix + re.sub(r"[^A-Z0-9]+", "_", f"{table}_{key}".upper())
            if not _VARIABLE.fullmatch(name):
                raise DynaopsError(
                    f"No variable can be called {name}",
                    "Choose another --prefix: letters, digits and underscores, no digit first.",
                )
            if name in lines:
                raise DynaopsError(
                    f"Two outputs would be called {name}",
                    "Ask for one table at a time: dynaops output TABLE --env.",
                )
            lines[name] = shlex.quote(raw(value))
    return "\n".join(f"{name}={value}" for name, value in lines.items())


def chosen(values: Mapping[str, Any], address: str, name: str) -> tuple[str, Any]:
    """The full name and the value of the output `name` of `address`; members of maps follow after a slash.

    For resources around a table, the end of a name is enough. Raises DynaopsError if there is no such output.
    """
    known = [path for path, _ in _flat(values)]
    path = name
    ends = [full_name for full_name in known if full_name.endswith(f"/{name}")]
    if "/" in address and _at(values, name) is None and len(ends) == 1:
        path = ends[0]
    value = _at(values, path)
    if value is None:
        raise DynaopsError(
            f"There is no output {f'{address}/{name}'!r}", f"Outputs there are: {', '.join(known) or 'none'}."
        )
    return path, value


def raw(value: Any) -> str:
    """A value for a program: a string unchanged, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _at(values: Mapping[str, Any], path: str) -> Any:
    value: Any = values
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _bare(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value
