"""A wrong value at any place of an input is a note or an error in words, and never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.convert.converted import INPUTS, converted


def mangled(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in children:
            found += mangled(child, (*path, key))
    return found


WRONG: list[Any] = [None, 7, "text", [], {}, [[1]], True]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "file", ["terraform/terraform.tfstate", "terraform/plan.json", "cloudformation/cdk.template.json"]
)
def test_a_wrong_value_anywhere_is_never_a_traceback(tmp_path: Path, file: str, wrong: Any) -> None:
    """Each place gets several of the wrong values, but not all: there are thousands of pairs."""
    text = (INPUTS / file).read_text()
    for path in mangled(json.loads(text))[WRONG.index(wrong) % 3 :: 3]:
        document = json.loads(text)
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = wrong
        try:
            converted(json.dumps(document), tmp_path, Path(file).name)
        except Exception as error:
            assert type(error).__name__ in ("DynaopsError", "SpecError"), (path, wrong)
