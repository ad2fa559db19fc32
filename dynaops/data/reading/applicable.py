"""Refuses options for one kind of input if none of the inputs is of that kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dynaops.data.parsing.parse_options import Container
from dynaops.data.reading.detect import Detected
from dynaops.model.errors import DynaopsError

_Applies = Callable[[Detected], bool]
_JSON = (Container.LINES, Container.STREAM)


def _is_csv(detected: Detected) -> bool:
    return detected.layout.container is Container.CSV


def _is_csv_or_rejects(detected: Detected) -> bool:
    return _is_csv(detected) or detected.layout.container is Container.REJECTS


def _is_text(detected: Detected) -> bool:
    return _is_csv(detected) or detected.layout.container in _JSON


def _is_no_csv(detected: Detected) -> bool:
    return not _is_csv(detected)


def _is_sqlite(detected: Detected) -> bool:
    return detected.part is not None and detected.part.kind == "sqlite"


def _is_workbook(detected: Detected) -> bool:
    return detected.part is not None and detected.part.kind == "xlsx"


_NULLS_OF_CSV = "Empty cells of CSV are left out; --null TEXT names others that are."
_OPTIONS: Mapping[str, tuple[_Applies, str, str]] = {
    "--delimiter": (_is_csv, "CSV", ""),
    "--columns": (
        _is_csv,
        "CSV without a header",
        "Rename attributes before the load, for instance with jq.",
    ),
    "--encoding": (_is_text, "text (CSV, JSON)", "Other formats say how their texts are encoded."),
    "--null": (_is_csv_or_rejects, "CSV", "--nulls drop leaves out the nulls of other formats."),
    "--strict-types": (
        _is_csv_or_rejects,
        "CSV",
        "Values of other formats have types; --types changes them.",
    ),
    "--keep-empty": (
        _is_csv_or_rejects,
        "CSV",
        "Other formats tell an empty string from one that is not there.",
    ),
    "--nulls": (_is_no_csv, "JSON, Parquet and the like, not to CSV", _NULLS_OF_CSV),
    "--sql-table": (_is_sqlite, "SQLite databases", ""),
    "--sheet": (_is_workbook, "Excel workbooks", ""),
}
"""For each option: a test for the inputs that it applies to, these inputs in words, and a hint for others."""
_NAMES = {
    Container.LINES: "JSON",
    Container.STREAM: "JSON",
    Container.CSV: "CSV",
    Container.REJECTS: "a rejects file",
}


def check_applicable(given: Sequence[str], inputs: Sequence[Detected]) -> None:
    """Raises DynaopsError if one of the options `given` applies to none of the inputs."""
    for option in given:
        applies, formats, hint = _OPTIONS[option]
        if inputs and not any(applies(detected) for detected in inputs):
            first = inputs[0]
            kind = first.part.kind if first.part else _NAMES[first.layout.container]
            others = "" if len(inputs) == 1 else f", as are {len(inputs) - 1} more" if _alike(inputs) else ""
            raise DynaopsError(
                f"{option} applies to {formats}; {first.source.name} is read as {kind}{others}",
                hint or f"Leave out {option}.",
            )


def _alike(inputs: Sequence[Detected]) -> bool:
    first = inputs[0]
    return all(
        detected.layout.container is first.layout.container and detected.part == first.part
        for detected in inputs
    )
