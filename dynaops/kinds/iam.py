"""IAM policies for users of the table: parsed and checked now, applied by a later version."""

from __future__ import annotations

from typing import Any, ClassVar

from dynaops.model.spec import Fragment


class Access(Fragment):
    """A least-privilege policy, and the roles it is attached to."""

    toggle: ClassVar[bool] = True
    enabled: bool = True
    name: str | None = None
    path: str | None = None
    attach_to_roles: list[str] | None = None


class CustomPolicy(Fragment):
    """A policy of one's own; ``${table_arn}``, ``${stream_arn}``, ``${index_arns}`` are filled in."""

    name: str
    statements: list[dict[str, Any]]
    attach_to_roles: list[str] | None = None


class Iam(Fragment):
    """The policies made for the table."""

    lambda_access: Access | None = None
    read_only: Access | None = None
    write_only: Access | None = None
    custom: list[CustomPolicy] | None = None
