"""Each sentence of the security model names the tests that hold it, and those exist."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "security-model.md"
_TEST_ID = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows(text: str) -> list[str]:
    """The rows of the page's tables of sentences: those below a heading ``| sentence | tests |``."""
    found: list[str] = []
    inside = False
    for line in text.split("\n"):
        if line == "| sentence | tests |":
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("| ---"):
            found.append(line)
    return found


@lru_cache
def names_of_tests(file: Path) -> frozenset[str]:
    """The names of the test functions in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", rows(PAGE.read_text(encoding="utf-8")))
def test_each_sentence_names_tests_that_exist(row: str) -> None:
    named = _TEST_ID.findall(row)
    assert named, "no test is named"
    missing = [f"{file}::{name}" for file, name in named if name not in names_of_tests(ROOT / file)]
    assert not missing
    assert row.count("::") == len(named), "a test id that is not written as `tests/FILE.py::NAME`"


def test_the_page_has_sentences() -> None:
    assert len(rows(PAGE.read_text(encoding="utf-8"))) > 40


def test_a_row_with_a_test_that_is_gone_is_noticed() -> None:
    page = "| sentence | tests |\n| --- | --- |\n| It holds. | `tests/docs/test_security_model.py::test_gone` |\n"
    ((file, name),) = _TEST_ID.findall(rows(page)[0])
    assert name not in names_of_tests(ROOT / file)
