"""Values of ``${var.NAME}`` in specs, from ``--var`` and ``--var-file``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dynaops.model.errors import DynaopsError


def read(files: Sequence[str], pairs: Sequence[str]) -> dict[str, Any]:
    """Read the variables; later files win over earlier ones, pairs over files. Raises DynaopsError."""
    values: dict[str, Any] = {}
    for file in files:
        values.update(_from_file(file))
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise DynaopsError(f"--var {pair}: a value is missing", "Write --var NAME=VALUE.")
        values[name] = value
    return values


def _from_file(file: str) -> dict[str, Any]:
    from dynaops.model.errors import SpecError
    from dynaops.model.files import FileRefused, read_text
    from dynaops.model.project import leads_outside
    from dynaops.specs.yaml_tree import MAX_BYTES, UnreadableSpec, nodes

    if leads_outside(Path(file)):
        message = f"Cannot read the variables in {file}: it leads out of the project by a link"
        raise DynaopsError(message, "Name the file that the link leads to, if that is what you mean.")
    try:
        trees = nodes(read_text(file, MAX_BYTES), file)
    except FileRefused as error:
        raise DynaopsError(f"Cannot read the variables in {file}: it {error.reason}") from error
    except UnreadableSpec as error:
        raise SpecError([error.finding]) from error
    values = trees[0].plain() if trees else {}
    if not isinstance(values, dict):
        raise DynaopsError(f"{file} is no map of variables", "Write one `NAME: VALUE` a line.")
    return values
