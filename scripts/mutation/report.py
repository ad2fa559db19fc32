"""The results as a table by package with a list of the survivors, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath

from scripts.mutation.verdicts import KILLED, SURVIVED, TIMED_OUT, Verdict


def as_text(verdicts: Sequence[Verdict]) -> str:
    """The table, and each survivor with file, line and change."""
    rows: list[tuple[str, ...]] = [("package", "mutants", "killed", "timed out", "survived", "noticed")]
    packages = sorted({package_of(verdict) for verdict in verdicts})
    for package in packages:
        rows.append(_row(package, [verdict for verdict in verdicts if package_of(verdict) == package]))
    if len(packages) > 1:
        rows.append(_row("all", verdicts))
    lines = [f"{row[0]:<12}" + "".join(f"{cell:>11}" for cell in row[1:]) for row in rows]
    for verdict in verdicts:
        if verdict.outcome == SURVIVED:
            lines += ["", *_survivor(verdict)]
    return "\n".join(lines)


def as_json(verdicts: Sequence[Verdict], seed: int) -> str:
    """All verdicts, for programs."""
    return json.dumps({"seed": seed, "mutants": [asdict(verdict) for verdict in verdicts]}, indent=2)


def package_of(verdict: Verdict) -> str:
    """The package of a mutant, such as ``engine``."""
    return PurePath(verdict.mutant.path).parts[1]


def _row(name: str, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    counts = [
        sum(verdict.outcome == outcome for verdict in verdicts) for outcome in (KILLED, TIMED_OUT, SURVIVED)
    ]
    noticed = 100 * (counts[0] + counts[1]) / len(verdicts)
    return (name, str(len(verdicts)), *map(str, counts), f"{noticed:.0f} %")


def _survivor(verdict: Verdict) -> list[str]:
    mutant = verdict.mutant
    part = "" if verdict.run == verdict.covering else f" of {verdict.covering}"
    return [
        f"{mutant.path}:{mutant.line}: {mutant.kind} survived {verdict.run}{part} test files",
        *(f"  - {line}" for line in mutant.before.splitlines()),
        *(f"  + {line}" for line in mutant.after.splitlines()),
    ]
