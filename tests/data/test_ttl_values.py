"""Values of the TTL attribute by which items never expire are noted, wherever in the row the attribute stands."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.rows import Keys
from tests.data.reading import ID, nowhere, parsed

NOW = int(time.time())
YEAR = 365 * 86_400
EXPECTED: list[tuple[Any, str | None]] = [
    (NOW, None),
    (NOW + 4 * YEAR, None),
    (NOW - 4 * YEAR, None),
    (str(NOW), "ttl-type"),
    ("2030-01-01T00:00:00Z", "ttl-type"),
    (True, "ttl-type"),
    (None, "ttl-type"),
    ([NOW], "ttl-type"),
    ({"expires": NOW}, "ttl-type"),
    (NOW * 1000, "ttl-milliseconds"),
    (NOW * 1_000_000, "ttl-milliseconds"),
    (1e15, "ttl-milliseconds"),
    (NOW + 6 * YEAR, "ttl-far"),
    (NOW - 6 * YEAR, "ttl-past"),
    (0, "ttl-past"),
    (-5, "ttl-past"),
]
_ROWS = st.tuples(
    st.sampled_from([*EXPECTED, (..., None)]),
    st.sampled_from([..., {"expires": "x"}, 'a"expires":{"S":"', {"expires": {"N": "1"}}]),
    st.booleans(),
)


@given(rows=st.lists(_ROWS, min_size=1, max_size=12))
def test_noted_as_expected(tmp_path_factory: Any, rows: list[Any]) -> None:
    lines, expected = [], Counter[str]()
    for at, ((value, kind), other, first) in enumerate(rows):
        members = {"expires": value, "other": other} if first else {"other": other, "expires": value}
        row = {"id": str(at), **{name: one for name, one in members.items() if one is not ...}}
        lines.append(json.dumps(row))
        expected.update([kind] if kind else [])
    path: Path = tmp_path_factory.mktemp("ttl") / "rows.jsonl"
    path.write_text("\n".join(lines))
    prepared = prepare([str(path)], ID, nowhere, ReadOptions())
    found = parsed(replace(prepared, plan=replace(prepared.plan, ttl="expires")))
    assert {note.kind: note.rows for note in found.notes} == expected
    assert len(found.rows) == len(rows) and all(note.attribute == "expires" for note in found.notes)


def test_typed_rows_and_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id":{"S":"a"},"x y":{"S":"soon"}}\n{"id":{"S":"b"},"x y":{"N":"1e12"}}\n')
    prepared = prepare([str(path)], Keys("id", None, {"id": "S"}), nowhere, ReadOptions())
    found = parsed(replace(prepared, plan=replace(prepared.plan, ttl="x y")))
    assert [(note.kind, note.places) for note in found.notes] == [
        ("ttl-type", (f"{path}:1",)),
        ("ttl-milliseconds", (f"{path}:2",)),
    ]
    assert found.notes[0].text.startswith("The TTL attribute 'x y' is not a number (N), so these items never")
    assert not parsed(prepared).notes
