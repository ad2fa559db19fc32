"""docs/architecture.md and docs/glossary.md: every file that they name exists, and has the names given beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _named(page: str) -> list[tuple[str, str]]:
    """Pairs of a file and a name in it ("" for the file alone), in the order of the page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"`(dynaops/[\w/]+(?:\.py|/))`(?: `(\w+)`)?", text)


def _defined(path: Path) -> set[str]:
    """The names that a module defines at its top level."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names


def test_what_the_pages_name_exists() -> None:
    pairs = [*_named("architecture.md"), *_named("glossary.md")]
    assert len(pairs) > 35
    missing = [
        (file, name)
        for file, name in pairs
        if not (ROOT / file).exists() or (name and name not in _defined(ROOT / file))
    ]
    assert not missing
