"""Types of plain YAML scalars by the core schema of YAML 1.2 (10.3.2): anything else is a string.

The parser's own rules accept more numbers, such as 2024_01, which would be changed silently.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

_TYPES = tuple(
    (Tag(suffix=f"tag:yaml.org,2002:{kind}"), re.compile(pattern).fullmatch)
    for kind, pattern in (
        ("null", r"null|Null|NULL|~|"),
        ("bool", r"true|True|TRUE|false|False|FALSE"),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
        (
            "float",
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        ),
    )
)
_OLD = (1, 1)


class CoreResolver(VersionedResolver):
    """Resolves by the core schema, except in documents that start with ``%YAML 1.1``."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node without an explicit tag; `implicit[0]`: it is a plain scalar."""
        if kind is not ScalarNode or not implicit[0] or self.processing_version == _OLD:
            return super().resolve(kind, value, implicit)
        return next((tag for tag, matches in _TYPES if matches(value)), self.DEFAULT_SCALAR_TAG)


class CarefulResolver(CoreResolver):
    """The resolver for writing: quotes a string that the core schema or older rules would read as another type."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of CoreResolver, or that of the parser's own rules."""
        tag = super().resolve(kind, value, implicit)
        return (
            VersionedResolver.resolve(self, kind, value, implicit) if tag == self.DEFAULT_SCALAR_TAG else tag
        )
