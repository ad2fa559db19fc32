"""What a source's own tool does where the source says nothing."""

from __future__ import annotations

from typing import Any, NamedTuple


class DocumentedDefault(NamedTuple):
    """What a property or an argument is where it is absent, and the documentation of that."""

    value: Any
    source: str
