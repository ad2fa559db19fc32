"""Names and ARNs of tables within the source's strings, complete or with parts that are not known yet.

An ARN that the source only refers to (``GetAtt``, ``aws_dynamodb_table.orders.arn``) is written
``${table_arn:NAME}`` or ``${stream_arn:NAME}`` until it is known which table's spec it goes into.
"""

from __future__ import annotations

import re
from typing import Any

from dynaops.convert.part import Open

# Each pattern stops where the next match could begin, so that text without an end is not searched once per start.
_MARK = re.compile(r"\$\{(table|stream)_arn:([^${}]+)\}")
_ARN = re.compile(
    r"arn:(?:aws[a-z-]*|\$\{[^${}]*\}):dynamodb:([a-z0-9-]*|\$\{[^${}]*\}):(?:\d*|\$\{[^${}]*\}):table/([A-Za-z0-9_.-]+)"
    r"(/stream/(?:[^/\"*]+|\*))?"
)
_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_OURS = ("AWS::", "table_arn:", "stream_arn:", "id:")


def table_arn(name: str) -> str:
    """The placeholder for the ARN of a table that the source refers to."""
    return f"${{table_arn:{name}}}"


def stream_arn(name: str) -> str:
    """The placeholder for the ARN of a table's stream."""
    return f"${{stream_arn:{name}}}"


def table_of(text: str) -> str:
    """The name of the table in a name, an ARN or a placeholder."""
    match = _MARK.search(text) or _ARN.search(text)
    return match.group(2) if match else text


def region_of(arn: str | None) -> str | None:
    """The region in a table's ARN, or None if it has none."""
    match = _ARN.search(arn or "")
    return match.group(1) if match and match.group(1) and "$" not in match.group(1) else None


def tables_in(value: Any) -> set[str]:
    """The names of all tables whose ARNs are in a value."""
    if isinstance(value, dict):
        return set().union(*(tables_in(child) for child in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(tables_in(child) for child in value)) if value else set()
    if not isinstance(value, str):
        return set()
    return {child.group(2) for pattern in (_MARK, _ARN) for child in pattern.finditer(value)}


def own(value: Any, table: str) -> Any:
    """The value with the ARNs of `table` and of its stream as a spec writes them."""
    if isinstance(value, dict):
        return {own(name, table): own(child, table) for name, child in value.items()}
    if isinstance(value, list):
        return [own(child, table) for child in value]
    if not isinstance(value, str) or isinstance(value, Open):
        return value
    marked = _MARK.sub(
        lambda child: f"${{{child.group(1)}_arn}}" if child.group(2) == table else child.group(), value
    )
    return _ARN.sub(lambda child: _written(child, table), marked)


def missing(value: Any) -> set[str]:
    """The names within ``${...}`` placeholders of the conversion that are still without a value."""
    if isinstance(value, dict):
        return set().union(*(missing(name) for name in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(missing(name) for name in value)) if value else set()
    names = set(_PLACEHOLDER.findall(value)) if isinstance(value, str) else set()
    return {name for name in names if name.startswith(_OURS)}


def _written(match: re.Match[str], table: str) -> str:
    if match.group(2) != table:
        return match.group()
    stream = match.group(3)
    if stream and not stream.endswith("*"):
        return "${stream_arn}"
    return "${table_arn}" + (stream or "")
