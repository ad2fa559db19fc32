"""What the readers of Terraform's resources share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dynaops.convert.part import SourceMap
from dynaops.convert.pieces import Pieces

_INDEX = re.compile(r"\[[^\]]*(?:\]|$)")
"""An index; one without an end goes to the end, so that each character is looked at once."""


def bare(address: str) -> str:
    """An address without its indexes."""
    return _INDEX.sub("", address)


@dataclass
class ReadContext:
    """Resources being read. `observed`: their values are what AWS has (a state), and not what was asked for."""

    pieces: Pieces
    observed: bool
    region: str | None = None

    def identity(self, part: SourceMap, address: str) -> str:
        """By what others refer to the resource: its id where there is one yet."""
        found = part.text("id") if self.observed else None
        part.skip("id", "arn")
        return found or f"${{id:{address}}}"
