"""How AWS keeps the tags of a kind: with which call a resource is made with tags, and how they are added and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynaops.kinds.kind import AwsReader

MOST_TAGS = 50
"""Tags that a resource may have beside AWS's own (quotas of all the services below)."""


@dataclass(frozen=True)
class TagCalls:
    """The calls for a kind's tags, by AWS's names.

    `target` is the member that names the resource, `member` that with the tags (of `add`, and of the answer of `read`),
    `keys_member` that with the keys of the tags which `remove` takes away.
    `create` makes the resource and takes its tags in `create_member`; empty: new resources are tagged afterwards.
    `as_map`: tags are a map, not a list of Key and Value. `rank` is where a call stands among those of the table
    (a `Rank`). `settles`: what was added shows some seconds later (DDB-TABLE-464).
    """

    service: str
    rank: int
    target: str = "ResourceArn"
    create: str = ""
    create_member: str = "Tags"
    add: str = "TagResource"
    remove: str = "UntagResource"
    read: str = "ListTagsForResource"
    member: str = "Tags"
    keys_member: str = "TagKeys"
    as_map: bool = False
    settles: bool = False

    def written(self, tags: Mapping[str, str]) -> Any:
        """Tags as the calls take them."""
        if self.as_map:
            return dict(tags)
        return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]

    def merged(self, written: Any, tags: Mapping[str, str]) -> Any:
        """`written` (as a call takes tags; None: none) with `tags` besides."""
        if self.as_map:
            return {**(written or {}), **tags}
        return [*(written or ()), *self.written(tags)]


def live_tags(read: AwsReader, calls: TagCalls, target: str, region: str) -> dict[str, str]:
    """The tags of a live resource, but for those that AWS itself puts (``aws:``)."""
    result: dict[str, str] = {}
    following: dict[str, Any] = {}
    while True:
        answer = read.read(calls.service, calls.read, region, {calls.target: target, **following}) or {}
        result |= tags_of(answer.get(calls.member))
        if not answer.get("NextToken"):
            return result
        following = {"NextToken": answer["NextToken"]}


def tags_of(answer: Any) -> dict[str, str]:
    """Tags as AWS tells them (a list or a map) by key, without its own."""
    pairs = (
        answer
        if isinstance(answer, Mapping)
        else {element["Key"]: element["Value"] for element in answer or ()}
    )
    return {key: value for key, value in pairs.items() if not key.startswith("aws:")}
