"""What a hostile input is, and the words that answer most of them."""

from __future__ import annotations

from collections.abc import Callable

Input = tuple[str, str | Callable[[], str], str]
"""A file's name, its text, and words that stand in a note or in the error."""
LARGE = "too large to work out"
UNKNOWN = "cannot be worked out here"
ITSELF = "it depends on itself"
