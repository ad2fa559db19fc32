"""Links between a resource and what it has to do with besides other resources; and values put into nested maps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from dynaops.model.resource import Properties


class Link(NamedTuple):
    """Something that a resource has to do with and that is no resource of its own: a function, a role, a stream.

    `kind` and `name` identify it; where a resource of that kind has that name (`PropertyRules.shared`), the resource is
    meant. `label` is the verb between the two ("invokes"). `inward`: what flows comes from it. `part`: it belongs to
    the resource.
    """

    kind: str
    name: str
    label: str
    title: str
    """What its kind is called ("Lambda function")."""
    inward: bool = False
    part: bool = False


def key_link(arn: object) -> Iterable[Link]:
    """The link to a KMS key, where one is named."""
    if isinstance(arn, str) and arn:
        yield Link("kms_key", arn.rpartition(":")[2], "encrypted with", "KMS key")


def nest(into: Properties, path: str, value: Any) -> None:
    """Put `value` into nested maps, at a path of names with slashes between them."""
    *heads, last = path.split("/")
    for head in heads:
        into = into.setdefault(head, {})
    into[last] = value
