"""Values of ``${var.NAME}`` in specs, from ``--var`` and ``--var-file``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dynaops.model.errors import DynaopsError


def read(files: Sequence[str], pairs: Sequence[str]) -> dict[str, Any]:
    """The variables; later files win over earlier ones, pairs over files. Raises DynaopsError."""
    found: dict[str, Any] = {}
    for file in files:
        found.update(_from_file(file))
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise DynaopsError(f"--var {pair}: a value is missing", "Write --var NAME=VALUE.")
        found[name] = value
    return found


def _from_file(file: str) -> dict[str, Any]:
    from dynaops.engine.yaml_tree import Unreadable, nodes
    from dynaops.model.errors import SpecError

    try:
        trees = nodes(Path(file).read_text(encoding="utf-8"), file)
    except OSError as error:
        raise DynaopsError(f"Cannot read the variables in {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DynaopsError(f"{file} is not UTF-8 text") from error
    except Unreadable as error:
        raise SpecError([error.finding]) from error
    values = trees[0].plain() if trees else {}
    if not isinstance(values, dict):
        raise DynaopsError(f"{file} is no map of variables", "Write one `NAME: VALUE` a line.")
    return values
