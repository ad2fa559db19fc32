"""Which AWS calls a kind makes in its whole life: its handler's answer.

What a call needs of IAM is known by AWS service, not by kind: `dynaops.access.services`, which the sandbox uses too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Permissions:
    """The calls of a handler's kinds as ``service:Api``, by botocore's names.

    Calls for tags are not among them where the kind's `PropertyRules.tags` name them. `changes`: IAM actions which a
    change takes besides those of creating and deleting, by the action on whose resources they are.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def calls(service: str, *apis: str) -> frozenset[str]:
    """Calls of one service."""
    return frozenset(f"{service}:{api}" for api in apis)
