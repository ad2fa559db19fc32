"""Access to the trees of python-hcl2's grammar."""

from __future__ import annotations

from typing import Any

_QUIET = ("new_line_or_comment",)


def trees(tree: Any) -> list[Any]:
    """The children that are trees, without punctuation."""
    return [child for child in tree.children if hasattr(child, "data") and child.data not in _QUIET]


def tokens(tree: Any) -> list[str]:
    """The types of the tokens among the children."""
    return [child.type for child in tree.children if not hasattr(child, "data")]
