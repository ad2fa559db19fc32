"""Converting the inputs of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynaops.convert.formats import Options
from dynaops.convert.run import Conversion, convert

INPUTS = Path(__file__).parent / "inputs"
REGION = "eu-west-1"


def conversion(*files: str, region: str | None = REGION, **parameters: str) -> Conversion:
    """The conversion of files of the inputs."""
    return convert([str(INPUTS / one) for one in files], None, Options(parameters, region))


def converted(
    text: str, folder: Path, name: str, region: str | None = REGION, **parameters: str
) -> Conversion:
    """The conversion of a text, as a file of that name."""
    (folder / name).write_text(text, encoding="utf-8")
    return convert([str(folder / name)], None, Options(parameters, region))


def spec_of(made: Conversion) -> dict[str, Any]:
    """The only spec, which is valid."""
    (one,) = made.specs
    assert not one.findings, one.findings
    return one.spec


def lost(made: Conversion) -> dict[str, str]:
    """What was not carried over, and why."""
    return {note.where.what: note.why for note in made.lost}
