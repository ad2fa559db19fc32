"""Names and ARNs of tables within the source's strings, whether they are known in full yet or not.

An ARN that the source only refers to (``GetAtt``, ``aws_dynamodb_table.orders.arn``) is written
``${table_arn:NAME}`` or ``${stream_arn:NAME}`` until it is known which table's spec it goes into.
"""

from __future__ import annotations

import re
from typing import Any

from dynaops.convert.part import Open

# Each pattern stops where the next match could begin: text without an end must not be searched once for each start.
_MARK = re.compile(r"\$\{(table|stream)_arn:([^${}]+)\}")
_ARN = re.compile(
    r"arn:(?:aws[a-z-]*|\$\{[^${}]*\}):dynamodb:([a-z0-9-]*|\$\{[^${}]*\}):(?:\d*|\$\{[^${}]*\}):table/([A-Za-z0-9_.-]+)"
    r"(/stream/(?:[^/\"*]+|\*))?"
)
_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_OURS = ("AWS::", "table_arn:", "stream_arn:", "id:")


def table_arn(name: str) -> str:
    """How the ARN of a table is written that the source refers to."""
    return f"${{table_arn:{name}}}"


def stream_arn(name: str) -> str:
    """How the ARN of its stream is written."""
    return f"${{stream_arn:{name}}}"


def table_of(text: str) -> str:
    """The table that a name, an ARN or a reference is of."""
    found = _MARK.search(text) or _ARN.search(text)
    return found.group(2) if found else text


def region_of(arn: str | None) -> str | None:
    """The region of a table's ARN, where it says one."""
    found = _ARN.search(arn or "")
    return found.group(1) if found and found.group(1) and "$" not in found.group(1) else None


def tables_in(value: Any) -> set[str]:
    """All tables whose ARNs stand in a value."""
    if isinstance(value, dict):
        return set().union(*(tables_in(one) for one in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(tables_in(one) for one in value)) if value else set()
    if not isinstance(value, str):
        return set()
    return {one.group(2) for pattern in (_MARK, _ARN) for one in pattern.finditer(value)}


def own(value: Any, table: str) -> Any:
    """The value with the ARNs of `table` and of its stream as a spec writes them."""
    if isinstance(value, dict):
        return {own(name, table): own(one, table) for name, one in value.items()}
    if isinstance(value, list):
        return [own(one, table) for one in value]
    if not isinstance(value, str) or isinstance(value, Open):
        return value
    marked = _MARK.sub(
        lambda one: f"${{{one.group(1)}_arn}}" if one.group(2) == table else one.group(), value
    )
    return _ARN.sub(lambda one: _written(one, table), marked)


def missing(value: Any) -> set[str]:
    """What is still not known in a value: the names within ``${...}``, of those that converting has put there."""
    if isinstance(value, dict):
        return set().union(*(missing(one) for one in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(missing(one) for one in value)) if value else set()
    found = set(_PLACEHOLDER.findall(value)) if isinstance(value, str) else set()
    return {one for one in found if one.startswith(_OURS)}


def _written(found: re.Match[str], table: str) -> str:
    if found.group(2) != table:
        return found.group()
    stream = found.group(3)
    if stream and not stream.endswith("*"):
        return "${stream_arn}"
    return "${table_arn}" + (stream or "")
