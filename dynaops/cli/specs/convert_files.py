"""The convert command: read the source, report what cannot be converted, and write new spec files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.files import write_new

if TYPE_CHECKING:
    from dynaops.convert.run import Conversion

STDOUT = "-"
_NO_FILE_NAME = re.compile(r"^\.+|[^A-Za-z0-9_.-]")
"""Characters that are replaced in file names, since an invalid table name may contain any text."""
_LONGEST_STEM = 200


@dataclass(frozen=True)
class ConvertRequest:
    """The command line. Fields are as its options."""

    files: tuple[str, ...]
    format: str | None
    out: str
    parameters: tuple[str, ...]
    strict: bool
    static: bool = False


def run(request: ConvertRequest, settings: GlobalSettings) -> int:
    """Convert. Returns the exit code."""
    from dynaops.convert.formats import Options
    from dynaops.convert.ledger import ConversionOutcome
    from dynaops.convert.run import convert

    options = Options(_parameters(request.parameters), settings.region, request.static)
    made = convert(request.files, request.format, options)
    written = _write(made, request.out)
    screen = Screen(settings)
    _tell(made, written, request, screen)
    if (
        any(spec.findings for spec in made.specs)
        or not made.specs
        or made.resources.get(ConversionOutcome.LOST)
    ):
        return Exit.FAILED
    return Exit.WARNINGS if request.strict and made.lost else Exit.OK


def files_for(tables: Sequence[str], folder: str) -> dict[str, Path]:
    """The spec file of each table in `folder`. Raises DynaopsError if one exists, since files are never overwritten."""
    files: dict[str, Path] = {}
    for name in tables:
        stem = _NO_FILE_NAME.sub("_", name)[:_LONGEST_STEM]
        duplicates = sum(path.stem.casefold() == stem.casefold() for path in files.values())
        files[name] = Path(folder) / (f"{stem}-{duplicates + 1}.yaml" if duplicates else f"{stem}.yaml")
    existing = [path.as_posix() for path in files.values() if path.exists()]
    if existing:
        some = ", ".join(existing[:3]) + (f" and {len(existing) - 3} more" if len(existing) > 3 else "")
        raise DynaopsError(
            f"{some} exist{'s' if len(existing) == 1 else ''} already",
            "Choose another folder, or move them away; nothing was written.",
        )
    return files


def _parameters(given: Sequence[str]) -> dict[str, str]:
    parameters = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise DynaopsError(f"--parameter {pair}: it is written NAME=VALUE", None, Exit.USAGE)
        parameters[name] = value
    return parameters


def _write(made: Conversion, out: str) -> dict[str, str]:
    """Write the specs into the folder, invalid ones with their errors as comments. Returns the file of each table."""
    if out == STDOUT:
        return {}
    paths = files_for([spec.table for spec in made.specs], out)
    Path(out).mkdir(parents=True, exist_ok=True)
    for spec in made.specs:
        write_new(paths[spec.table], spec.yaml)
    return {name: path.as_posix() for name, path in paths.items()}


def _tell(made: Conversion, written: dict[str, str], request: ConvertRequest, screen: Screen) -> None:
    from dynaops.views.convert_report import ConvertReport, converted_page

    if screen.json:
        screen.document(_document(made, written))
    elif request.out == STDOUT:
        screen.data("---\n".join(spec.yaml for spec in made.specs))
    report = ConvertReport(
        specs=[(spec.table, spec.source, written.get(spec.table), spec.findings) for spec in made.specs],
        lost=[(note.where.place, note.where.what, note.why) for note in made.notes if note.lost],
        remarks=[(note.where.place, note.where.what, note.why) for note in made.notes if not note.lost],
    )
    beside = screen.json or request.out == STDOUT
    screen.show(converted_page(report), beside=beside)


def _document(made: Conversion, written: dict[str, str]) -> dict[str, Any]:
    return {
        "specs": [
            {
                "table": spec.table,
                "source": spec.source,
                "file": written.get(spec.table),
                "valid": not spec.findings,
                "errors": [finding.model_dump(mode="json", exclude_none=True) for finding in spec.findings],
                "spec": spec.spec,
            }
            for spec in made.specs
        ],
        "not_carried_over": [
            {"place": note.where.place, "what": note.where.what, "why": note.why} for note in made.lost
        ],
        "resources": {outcome.value: count for outcome, count in sorted(made.resources.items())},
        "remarks": [
            {"place": note.where.place, "what": note.where.what, "why": note.why}
            for note in made.notes
            if not note.lost
        ],
    }
