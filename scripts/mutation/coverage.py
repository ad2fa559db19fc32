"""Which test file executes which lines, measured once and kept in the user's cache folder.

What is kept of a test file holds until it, or a source file that it executes, is changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.mutation.scratch import ScratchCopy

_LONGEST = 1200.0
"""Seconds that a test file may take while its lines are recorded."""


@dataclass(frozen=True)
class FileCoverage:
    """What a test file executes. `lines` by source file; `digests` of the test file and of these source files.

    `seconds`: how long it took. `passes`: whether it does so unchanged; else it cannot tell mutants.
    """

    test: str
    seconds: float
    passes: bool
    lines: dict[str, list[int]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str, first: int, last: int) -> bool:
        """Whether a line from `first` to `last` of a source file is executed."""
        return any(first <= line <= last for line in self.lines.get(path, ()))


class CoverageCache:
    """The kept measurements of the working tree `root`."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
        self._root = root
        self._folder = folder or base / "dynaops-mutants" / name

    def get(self, test: str) -> FileCoverage | None:
        """What is kept of a test file, if it still holds."""
        try:
            kept = FileCoverage(**json.loads(self._file(test).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return (
            kept if all(digest_of(self._root / path) == told for path, told in kept.digests.items()) else None
        )

    def put(self, coverage: FileCoverage) -> None:
        """Keep a measurement."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file(coverage.test).write_text(json.dumps(asdict(coverage)))

    def _file(self, test: str) -> Path:
        return self._folder / f"{test.replace('/', '--')}.json"


def measure(scratch: ScratchCopy, test: str) -> FileCoverage:
    """Run a test file and record what it executes."""
    output = scratch.root / ".mutants-trace"
    output.unlink(missing_ok=True)
    trace = {"MUTANTS_TRACE": str(output), "MUTANTS_ROOT": str(scratch.root / "dynaops")}
    run = scratch.pytest([test], [], _LONGEST, **trace)
    if run.code != 0:  # recording is slow, and some tests count modules or time: without it they may pass
        run = scratch.pytest([test], [], _LONGEST)
    lines: dict[str, set[int]] = {}
    for record in output.read_text().splitlines() if output.exists() else []:
        path, _, line = record.partition("\t")
        lines.setdefault(f"dynaops/{path}", set()).add(int(line))
    return FileCoverage(
        test,
        round(run.seconds, 2),
        run.code == 0,
        {path: sorted(found) for path, found in sorted(lines.items())},
        {path: digest_of(scratch.root / path) for path in sorted([test, *lines])},
    )


def gather(
    tests: Iterable[str], cache: CoverageCache, run: Callable[[list[str]], Iterable[FileCoverage]]
) -> list[FileCoverage]:
    """The coverage of test files: from the cache, and where it has none, measured by `run`."""
    kept = {test: cache.get(test) for test in tests}
    for coverage in run([test for test, known in kept.items() if known is None]):
        cache.put(coverage)
        kept[coverage.test] = coverage
    return [coverage for coverage in kept.values() if coverage is not None]


def digest_of(path: Path) -> str:
    """SHA-256 of a file; empty where it is gone."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
