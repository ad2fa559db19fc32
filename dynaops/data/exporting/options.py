"""What an export is asked to do, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from dynaops.data.reading.decompress import Packing


class RowForm(StrEnum):
    """How rows are written."""

    AUTO = "auto"
    """As plain JSON, unless that would lose what type a value is of: then as DynamoDB JSON."""
    DYNAMODB = "dynamodb"
    """A line ``{"Item": {...}}`` for each row, as AWS's own exports have it."""
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"


class S3Target(NamedTuple):
    """An object to be made."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """Its S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class ExportFilter:
    """Which rows and attributes: expressions as Scan takes them, with names, and values in DynamoDB JSON."""

    filter: str | None = None
    projection: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    """The attributes that a projection leaves, each named once."""

    def members(self) -> dict[str, Any]:
        """The members of a Scan request."""
        members = {
            "FilterExpression": self.filter,
            "ProjectionExpression": self.projection,
            "ExpressionAttributeNames": dict(self.names),
            "ExpressionAttributeValues": dict(self.values),
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True)
class ExportOptions:
    """How to export. `out` is the file, `upload` the object in S3; neither: stdout.

    `rate` is in read capacity units a second. `page_items` bounds the items of a page. `checkpoint` is the folder for
    what must survive a kill. `patience` is how long, in seconds, AWS may answer nothing.
    """

    out: Path | None
    upload: S3Target | None = None
    form: RowForm = RowForm.AUTO
    packing: Packing = Packing.NONE
    segments: int = 8
    consistent: bool = False
    rate: float | None = None
    narrowing: ExportFilter = ExportFilter()
    checkpoint: Path = Path(".dynaops/export")
    resume: bool = False
    timeout: float = 30.0
    patience: float = 300.0
    page_items: int | None = None

    @property
    def name(self) -> str:
        """Where it goes, for people."""
        return self.upload.url if self.upload else str(self.out or "stdout")


@dataclass
class Exported:
    """How an export stands or ended. `scanned` counts rows before the filter, `bytes` those written before packing."""

    items: int = 0
    scanned: int = 0
    bytes: int = 0
    consumed: float = 0.0
    requests: int = 0
    throttles: int = 0
    seconds: float = 0.0
    resumed: bool = False
    form: RowForm = RowForm.DYNAMODB
    lost: str | None = None
    """The first value whose type plain JSON or CSV cannot tell: ``'tags' holds a set (SS)``."""
    types: dict[str, str] = field(default_factory=dict)
    """Of CSV's columns, as load-data's --types takes them."""
    mixed: list[str] = field(default_factory=list)
    """Columns of CSV that hold values of several types."""
    chosen: bool = False
    """To stdout: the form was chosen by the first page."""
    typed_lines: int = 0
    """To stdout, in plain JSON: lines of DynamoDB JSON among the others, as plain JSON would have lost a type."""
    waited: float = 0.0
    """Seconds for which the reader of stdout took nothing."""
