"""The options and the result of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from dynaops.data.reading.decompress import Packing


class RowForm(StrEnum):
    """The format of the exported items."""

    AUTO = "auto"
    """Plain JSON; DynamoDB JSON if plain JSON would lose the type of a value."""
    DYNAMODB = "dynamodb"
    """A line ``{"Item": {...}}`` for each item, as in AWS's own exports."""
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"


class S3Target(NamedTuple):
    """The S3 object to create."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """Its S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class ExportFilter:
    """The items and attributes to export: expressions of a Scan with their names, and values in DynamoDB JSON."""

    filter: str | None = None
    projection: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    """The top-level attributes of the projection, without duplicates."""

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
    """The options of an export. `out` is the file, `upload` the S3 object; stdout if both are None.

    `rate` is in read capacity units a second. `page_items` is the highest number of items in a page. `checkpoint` is
    the folder of the checkpoint file. If AWS returns no page for `patience` seconds, the export ends.
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
        """The name of the destination in messages."""
        return self.upload.url if self.upload else str(self.out or "stdout")


@dataclass
class Exported:
    """The progress or result of an export.

    `scanned` counts items before the filter, `bytes` those before compression.
    """

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
    """The first value whose type is lost in plain JSON or CSV: ``'tags' holds a set (SS)``."""
    types: dict[str, str] = field(default_factory=dict)
    """The types of the CSV columns, for load-data's --types."""
    mixed: list[str] = field(default_factory=list)
    """CSV columns with values of several types."""
    chosen: bool = False
    """For stdout: whether the format was chosen by the first page."""
    typed_lines: int = 0
    """For stdout in plain JSON: the number of lines in DynamoDB JSON, because plain JSON would have lost a type."""
    waited: float = 0.0
    """Seconds that writing to stdout took."""
