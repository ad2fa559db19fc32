"""The rows that benchmarks load: the same each time, of about 400 bytes, as JSONL and CSV."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "kelp",
    "larch",
    "mossy",
    "north",
    "ocean",
    "pearl",
]


def rows(count: int, seed: int = 4) -> Iterator[dict[str, Any]]:
    """Rows such as a shop's events are: strings, whole numbers, decimals, a flag; keys are unique."""
    pick = random.Random(seed)
    for at in range(count):
        yield {
            "id": f"order-{at:09d}",
            "customer": f"customer-{pick.randrange(10**6):06d}",
            "placed_at": 1_700_000_000 + at,
            "total": round(pick.random() * 1000, 2),
            "items": pick.randrange(1, 20),
            "paid": pick.random() < 0.9,
            "city": pick.choice(("Zürich", "Lisboa", "Oslo", "Kraków", "Leeds")),
            "note": " ".join(pick.choices(_WORDS, k=34)),
        }


def write(folder: Path, count: int) -> tuple[Path, Path]:
    """The JSONL and the CSV file of `count` rows, made where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, table = folder / f"rows-{count}.jsonl", folder / f"rows-{count}.csv"
    if not (lines.exists() and table.exists()):
        with lines.open("w") as first, table.open("w", newline="") as second:
            writer = csv.writer(second)
            for at, row in enumerate(rows(count)):
                if not at:
                    writer.writerow(row)
                first.write(json.dumps(row, ensure_ascii=False) + "\n")
                writer.writerow(
                    "true" if value is True else "false" if value is False else value
                    for value in row.values()
                )
    return lines, table
