"""Reads rejects files of earlier loads as inputs."""

from __future__ import annotations

import orjson

from dynaops.data.parsing.parse_options import Container, InputLayout
from dynaops.data.reading.chunking import Opening
from dynaops.data.reading.decompress import packing_of, unpacked
from dynaops.data.reading.detect import Detected
from dynaops.data.reading.inputs import Input
from dynaops.model.errors import DynaopsError


def rejected_rows(source: Input, mode: str) -> Detected:
    """A rejects file. Raises DynaopsError where it is none, or of a load that did something else with its rows."""
    head = source.head()
    packing = packing_of(head)
    sample = unpacked(head, packing, source.name)
    first = next((line for line in sample.split(b"\n") if line.strip()), b"")
    try:
        entry = orjson.loads(first) if first else {}
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or (entry and not {"source", "line", "reason", "text"} <= entry.keys()):
        raise DynaopsError(
            f"{source.name} is no rejects file: its first line is not a rejected row",
            "Load other files without --from-rejects.",
        )
    rejected_mode = entry.get("mode", mode)
    if rejected_mode != mode:
        wanted = f"add --{rejected_mode}" if mode == "put" else f"say --{rejected_mode} instead of --{mode}"
        raise DynaopsError(
            f"The rows in {source.name} were rejected by a load with --{rejected_mode}",
            f"To load them so again, {wanted}.",
        )
    return Detected(source, packing, InputLayout(Container.REJECTS), Opening(0, 1), sample)
