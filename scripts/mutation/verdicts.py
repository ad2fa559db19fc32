"""Whether the tests notice a mutant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from scripts.mutation.changes import Mutant
from scripts.mutation.coverage import FileCoverage
from scripts.mutation.scratch import ScratchCopy

KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
_NO_TESTS = 5
"""Pytest's exit code where it found no tests."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant. `by`: the test that failed. `run`, `covering`: how many test files ran, of how many."""

    mutant: Mutant
    outcome: str
    by: str
    run: int
    covering: int
    seconds: float


def judge(scratch: ScratchCopy, mutant: Mutant, covering: Sequence[FileCoverage], budget: float) -> Verdict:
    """Run the tests that execute the changed lines, the nearest and quickest first, until one fails.

    `budget`: seconds that the chosen tests take on unchanged code; what is beyond it is not run. A run that takes
    more than three times as long is ended: a wait that never ends is noticed, too.
    """
    chosen = choose(mutant, covering, budget)
    usual = sum(coverage.seconds for coverage in chosen)
    original = (scratch.root / mutant.path).read_bytes()
    scratch.write(mutant.path, mutant.apply(original))
    try:
        longest = max(coverage.seconds for coverage in chosen)
        options = ["-x", "-o", f"timeout={int(30 + 3 * longest)}"]
        run = scratch.pytest([coverage.test for coverage in chosen], options, 60 + 3 * usual)
    finally:
        scratch.write(mutant.path, original)
    if run.code == _NO_TESTS:
        raise RuntimeError(f"no tests were found in {', '.join(coverage.test for coverage in chosen)}")
    outcome = TIMED_OUT if run.code is None else KILLED if run.code else SURVIVED
    by = (run.failed or ["the run itself"])[0] if outcome == KILLED else ""
    return Verdict(mutant, outcome, by, len(chosen), len(covering), round(run.seconds, 1))


def choose(mutant: Mutant, covering: Sequence[FileCoverage], budget: float) -> list[FileCoverage]:
    """The test files to run within the budget; one at least."""
    package = PurePath(mutant.path).parts[1]
    in_order = sorted(covering, key=lambda coverage: (f"/{package}/" not in coverage.test, coverage.seconds))
    chosen: list[FileCoverage] = []
    for coverage in in_order:
        if not chosen or sum(other.seconds for other in chosen) + coverage.seconds <= budget:
            chosen.append(coverage)
    return chosen
