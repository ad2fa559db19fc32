"""The example specs, through their life."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynaops.specs.load import load
from tests.companions.bench import Bench

SPECS = Path(__file__).parents[2] / "specs"


def life(bench: Bench, name: str, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Apply the example `name`, apply it again with an edit, and destroy it; each leaves nothing to do."""
    (document,) = load([SPECS / name])
    data = document.node.plain()
    bench.apply(data)
    edit(data)
    data["deletion_protection"] = False
    assert bench.apply(data).operations
    bench.destroy()
