"""Attributes in the names of folders, as Hive, Spark, Athena and DuckDB write them: ``dt=2026-01-01/region=eu/``.

Names and values are URL-encoded; ``__HIVE_DEFAULT_PARTITION__`` stands for an absent value (Hive, Dynamic Partitions).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from dynaops.data.notes import LoadNote
from dynaops.data.reading.inputs import Input

_ABSENT = "__HIVE_DEFAULT_PARTITION__"


def partitions_of(name: str) -> tuple[tuple[str, str], ...]:
    """Names and values of the partition folders that a file is in; the inner folder of a name that is there twice."""
    partitions: dict[str, str] = {}
    for folder in name.split("/")[:-1]:
        attribute, equals, value = folder.partition("=")
        if equals and attribute:
            partitions[unquote(attribute)] = unquote(value)
    return tuple((attribute, value) for attribute, value in partitions.items() if value != _ABSENT)


def with_partitions(inputs: Iterable[Input], wanted: bool) -> list[LoadNote]:
    """Give inputs the attributes of their folders, if `wanted`; else answers a note that there are such folders."""
    folders: dict[str, None] = {}
    for source in inputs:
        partitions = partitions_of(source.name)
        if wanted:
            source.partitions = partitions
        elif partitions:
            attribute, value = partitions[-1]
            folders.setdefault(attribute, None)
            example = f"{attribute}={value}"
    if not folders:
        return []
    names = ", ".join(folders)
    text = f"Folders' names such as {example}/ are not attributes of the rows ({names}); --partitions makes them so"
    return [LoadNote("partition-folders", "", text)]
