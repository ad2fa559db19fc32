"""``python -m scripts.mutation``: choose mutants, run the tests on them, and print what became of them."""

from __future__ import annotations

import argparse
import queue
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from scripts.mutation.changes import Mutant, mutants_of
from scripts.mutation.coverage import CoverageCache, FileCoverage, gather, measure
from scripts.mutation.report import as_json, as_text
from scripts.mutation.scratch import ScratchCopy
from scripts.mutation.verdicts import SURVIVED, Verdict, judge

Item = TypeVar("Item")
Result = TypeVar("Result")


def main(arguments: Sequence[str], root: Path) -> int:
    """Run the tool on the working tree `root`; 1 where a mutant survived."""
    options = _parser().parse_args(arguments)
    target = root / "dynaops" / (options.package or "")
    sources = sorted(target.rglob("*.py")) if target.is_dir() else [target] if target.is_file() else []
    if not sources:
        print(f"error: there are no Python files in {target}", file=sys.stderr)
        return 2
    tests = [str(path.relative_to(root)) for path in _test_files(root, options.tests)]
    with tempfile.TemporaryDirectory(prefix="dynaops-mutants-") as folder:
        crew = _Crew([ScratchCopy(root, Path(folder) / str(number)) for number in range(options.jobs)])
        coverage = gather(tests, CoverageCache(root), lambda missing: crew.each(measure, missing, "measured"))
        for unusable in (found.test for found in coverage if not found.passes):
            print(f"not used, since it fails on unchanged code: {unusable}", file=sys.stderr)
        usable = [found for found in coverage if found.passes]
        paths = [str(path.relative_to(root)) for path in sources]
        chosen = sample(candidates(root, paths, usable), options.sample, options.seed)
        verdicts = list(
            crew.each(
                lambda scratch, mutant: judge(scratch, mutant, _covering(mutant, usable), options.budget),
                chosen,
                "tested",
            )
        )
    verdicts.sort(key=lambda verdict: (verdict.mutant.path, verdict.mutant.start))
    print(as_json(verdicts, options.seed) if options.json else as_text(verdicts))
    return int(any(verdict.outcome == SURVIVED for verdict in verdicts))


def candidates(root: Path, paths: Sequence[str], coverage: Sequence[FileCoverage]) -> list[Mutant]:
    """The mutants of executed lines."""
    found = [mutant for path in paths for mutant in mutants_of(path, (root / path).read_bytes())]
    return [mutant for mutant in found if _covering(mutant, coverage)]


def sample(mutants: Sequence[Mutant], count: int | None, seed: int) -> list[Mutant]:
    """A random choice of lines, and a mutant of each; all mutants where `count` is None."""
    if count is None:
        return list(mutants)
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for mutant in mutants:
        by_line.setdefault((mutant.path, mutant.line), []).append(mutant)
    random_choice = random.Random(seed)  # noqa: S311 (no secret)
    lines = random_choice.sample(sorted(by_line), min(count, len(by_line)))
    return [random_choice.choice(by_line[line]) for line in lines]


def _covering(mutant: Mutant, coverage: Sequence[FileCoverage]) -> list[FileCoverage]:
    return [found for found in coverage if found.covers(mutant.path, mutant.line, mutant.last_line)]


def _test_files(root: Path, chosen: Sequence[str]) -> list[Path]:
    found: set[Path] = set()
    for path in (root / name for name in chosen or ["tests"]):
        found.update(path.rglob("test_*.py") if path.is_dir() else [path])
    return sorted(found)


class _Crew:
    """Scratch copies that work side by side."""

    def __init__(self, copies: Sequence[ScratchCopy]) -> None:
        self._size = len(copies)
        self._free: queue.Queue[ScratchCopy] = queue.Queue()
        for scratch in copies:
            self._free.put(scratch)

    def each(
        self, job: Callable[[ScratchCopy, Item], Result], items: Sequence[Item], done: str
    ) -> Iterator[Result]:
        """The results of `job` for all items, as they come; progress goes to standard error."""

        def work(item: Item) -> Result:
            with self._copy() as scratch:
                return job(scratch, item)

        with ThreadPoolExecutor(self._size) as pool:
            for number, future in enumerate(as_completed([pool.submit(work, item) for item in items]), 1):
                result = future.result()
                print(f"{done} {number} of {len(items)}: {_short(result)}", file=sys.stderr, flush=True)
                yield result

    @contextmanager
    def _copy(self) -> Iterator[ScratchCopy]:
        scratch = self._free.get()
        try:
            yield scratch
        finally:
            self._free.put(scratch)


def _short(result: object) -> str:
    if isinstance(result, Verdict):
        return f"{result.mutant.path}:{result.mutant.line} {result.outcome} {result.by}"
    return result.test if isinstance(result, FileCoverage) else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/mutants",
        description="Change the code in small ways, one at a time, and show which changes no test notices.",
    )
    parser.add_argument(
        "package",
        nargs="?",
        help="a package of dynaops, or a file of one, such as engine or data/writer.py (default: all)",
    )
    parser.add_argument(
        "--sample", type=int, metavar="N", help="test N random executed lines (default: all mutants)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the random choice (default: 1)")
    parser.add_argument(
        "--tests", action="append", default=[], metavar="PATH", help="only tests of this file or folder"
    )
    parser.add_argument(
        "--budget",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="of tests for each mutant (default: 120)",
    )
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="scratch copies at work at once (default: 2)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent.parent.parent))
