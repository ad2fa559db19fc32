"""The context that the readers of Terraform's resources share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dynaops.convert.part import SourceMap
from dynaops.convert.pieces import Pieces

_INDEX = re.compile(r"\[[^\]]*(?:\]|$)")
"""An index; without a closing bracket it extends to the end of the text, so that each character is read once."""


def bare(address: str) -> str:
    """An address without its indexes."""
    return _INDEX.sub("", address)


@dataclass
class ReadContext:
    """The context in which resources are read. `observed`: values are those that AWS returned (of a state)."""

    pieces: Pieces
    observed: bool
    region: str | None = None

    def identity(self, part: SourceMap, address: str) -> str:
        """The text by which other resources refer to this one: its id if it is known."""
        identity = part.text("id") if self.observed else None
        part.skip("id", "arn")
        return identity or f"${{id:{address}}}"
