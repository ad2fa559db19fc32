"""The type of the defaults that the tools whose sources are converted document."""

from __future__ import annotations

from typing import Any, NamedTuple


class DocumentedDefault(NamedTuple):
    """The value of an absent property or argument, and the documentation that says so."""

    value: Any
    source: str
