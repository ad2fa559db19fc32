"""IAM policies for users of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from dynaops.model.finding import Finding
from dynaops.model.findings.companions import (
    DDB411,
    DDB412,
    DDB413,
    DDB414,
    DDB415,
    DDB416,
    DDB417,
    DDB418,
    DDB419,
)
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KNOWN = ("table_arn", "stream_arn", "index_arns")
"""What ``${...}`` in a custom policy may name."""
_PLACEHOLDER = re.compile(r"\$\{([a-z_]+)\}")
_NAME = re.compile(r"[\w+=,.@-]{1,128}")


class Access(Fragment):
    """A least-privilege policy, and the roles it is attached to."""

    toggle: ClassVar[bool] = True
    enabled: bool = True
    """Whether the policy is there."""
    name: str | None = None
    """The policy's name. Default: TABLE-REGION-KIND."""
    path: str | None = None
    """The policy's path in IAM."""
    attach_to_roles: list[str] | None = None
    """Roles that get the policy. What others attached is left alone."""


class CustomPolicy(Fragment):
    """A policy of one's own; ``${table_arn}``, ``${stream_arn}``, ``${index_arns}`` are filled in."""

    name: str
    """The policy's name."""
    statements: list[dict[str, Any]]
    """IAM statements; ${table_arn}, ${stream_arn} and ${index_arns} are filled in."""
    path: str | None = None
    """The policy's path in IAM."""
    attach_to_roles: list[str] | None = None
    """Roles that get the policy. What others attached is left alone."""


class Iam(Fragment):
    """The policies made for the table."""

    lambda_access: Access | None = None
    """Rows, indexes and the stream, as functions need."""
    read_only: Access | None = None
    """Reading rows and indexes."""
    write_only: Access | None = None
    """Writing rows, reading none."""
    custom: list[CustomPolicy] | None = None
    """Policies of your own."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Names and paths as IAM takes them, statements that are whole, placeholders that mean something."""
    if spec.iam is None:
        return
    seen: set[str] = set()
    for part in ("lambda_access", "read_only", "write_only"):
        access: Access | None = getattr(spec.iam, part)
        if access is not None:
            yield from _named(access, f"iam.{part}", seen)
    for number, custom in enumerate(spec.iam.custom or ()):
        path = f"iam.custom.{number}"
        yield from _named(custom, path, seen)
        if not custom.statements:
            yield make_finding(DDB413, f"policy {custom.name} has no statements", path=f"{path}.statements")
        for position, statement in enumerate(custom.statements):
            yield from _statement(spec, custom.name, statement, f"{path}.statements.{position}")


def _named(policy: Access | CustomPolicy, path: str, seen: set[str]) -> Iterator[Finding]:
    if policy.name is not None:
        if not _NAME.fullmatch(policy.name):
            yield make_finding(DDB411, f"{policy.name!r} is not the name of a policy", path=f"{path}.name")
        if policy.name.lower() in seen:
            yield make_finding(
                DDB412, f"two policies are named {policy.name} (case does not count)", path=f"{path}.name"
            )
        seen.add(policy.name.lower())
    if policy.path is not None and not re.fullmatch(r"/|/[\x21-\x7e]{1,510}/", policy.path):
        yield make_finding(DDB414, f"{policy.path!r} is not a path", path=f"{path}.path")


def _statement(spec: TableSpec, policy: str, statement: dict[str, Any], path: str) -> Iterator[Finding]:
    actions, resources = (
        {"Action", "NotAction"} & set(statement),
        {"Resource", "NotResource"} & set(statement),
    )
    if not actions or not resources:
        yield make_finding(
            DDB415,
            f"a statement of policy {policy} lacks {'an Action' if not actions else 'a Resource'}",
            path=path,
        )
    if statement.get("Effect", "Allow") not in ("Allow", "Deny"):
        yield make_finding(DDB416, f"Effect: {statement['Effect']!r} is neither Allow nor Deny", path=path)
    for name in _placeholders(statement):
        if name not in KNOWN:
            known = ", ".join(f"${{{element}}}" for element in KNOWN)
            yield make_finding(
                DDB417, f"${{{name}}} means nothing in a policy", f"There are {known}.", path=path
            )
    if "stream_arn" in _placeholders(statement) and spec.wanted_stream() is None:
        yield make_finding(DDB418, "${stream_arn} is used, but the table has no stream", path=path)
    indexes = spec.global_secondary_indexes or spec.local_secondary_indexes
    if "index_arns" in _placeholders(statement) and not indexes:
        yield make_finding(DDB419, "${index_arns} is used, but the table has no indexes", path=path)


def _placeholders(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_placeholders(element) for element in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_placeholders(element) for element in value)) if value else set()
    return set(_PLACEHOLDER.findall(value)) if isinstance(value, str) else set()
