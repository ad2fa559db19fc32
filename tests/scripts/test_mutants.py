"""scripts/mutants on a small project: what tests notice is killed, what they do not is told with its change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.mutation.__main__ import main, sample
from scripts.mutation.changes import mutants_of
from scripts.mutation.coverage import CoverageCache, FileCoverage, digest_of
from scripts.mutation.scratch import ScratchCopy

SOURCE = '''"""Text."""
from __future__ import annotations

NAME: str | None = "users"


def grade(points: int, most: int = 10) -> str:
    """Never changed: this, and f-strings."""
    if points >= most and not points % 2:
        raise ValueError(f"too many: {points + 1}")
    return "a good one" if points > 5 else "bad"
'''
ADULT = "def is_adult(age: int) -> bool:\n    return age >= 18\n"
TEST = """from dynaops.engine.ages import is_adult


def test_it():
    assert is_adult({age})
    assert not is_adult(3)
"""


def changes(source: str) -> list[tuple[int, str, str]]:
    return sorted((found.line, found.kind, found.after) for found in mutants_of("x.py", source.encode()))


def test_each_kind_of_change() -> None:
    assert changes(SOURCE) == sorted(
        [
            (4, "constant", "'users_'"),
            (7, "constant", "11"),
            (9, "boolean", "(points >= most or not points % 2)"),
            (9, "comparison", "(points > most)"),
            (9, "boolean", "(points % 2)"),
            (9, "arithmetic", "(points // 2)"),
            (9, "constant", "3"),
            (10, "removed statement", "pass"),
            (11, "return value", "return None"),
            (11, "boolean", "('a good one' if not points > 5 else 'bad')"),
            (11, "comparison", "(points >= 5)"),
            (11, "constant", "6"),
            (11, "constant", "'bad_'"),
        ]
    )


def test_every_change_can_be_compiled_and_changes_its_place_alone() -> None:
    for path in (Path(__file__).parent.parent.parent / "scripts" / "mutation").glob("*.py"):
        source = path.read_bytes()
        found = mutants_of(path.name, source)
        assert found or not source.count(b"\n\n")
        for mutant in found:
            changed = mutant.apply(source)
            compile(changed, path.name, "exec")
            assert changed.startswith(source[: mutant.start]) and changed.endswith(source[mutant.end :])
            assert changed != source


def test_a_sample_is_of_lines_and_the_same_for_the_same_seed() -> None:
    found = mutants_of("x.py", SOURCE.encode())
    chosen = sample(found, 3, seed=4)
    assert chosen == sample(found, 3, seed=4)
    assert len({mutant.line for mutant in chosen}) == 3
    assert sample(found, None, seed=1) == found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one function; its cache is apart."""
    root = tmp_path / "project"
    (root / "dynaops" / "engine").mkdir(parents=True)
    (root / "tests").mkdir()
    for package in ("dynaops", "dynaops/engine"):
        (root / package / "__init__.py").touch()
    (root / "dynaops" / "engine" / "ages.py").write_text(ADULT)
    (root / "dynaops" / "engine" / "never_run.py").write_text("def never() -> int:\n    return 1\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


def test_survivors_are_told_and_the_tree_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "tests" / "test_ages.py").write_text(TEST.format(age=19))
    assert main(["engine", "--jobs", "1"], project) == 1
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    assert ["engine", "3", "1", "0", "2", "33", "%"] in rows
    assert "dynaops/engine/ages.py:2: comparison survived 1 test files\n  - age >= 18\n  + (age > 18)" in out
    assert "dynaops/engine/ages.py:2: constant survived 1 test files\n  - 18\n  + 19" in out
    assert (project / "dynaops" / "engine" / "ages.py").read_text() == ADULT
    assert not list(project.rglob("*.pyc"))


def test_sharper_tests_kill_them(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tests" / "test_ages.py").write_text(TEST.format(age=18))
    assert main(["engine/ages.py", "--sample", "9", "--seed", "3", "--jobs", "1", "--json"], project) == 0
    found = json.loads(capsys.readouterr().out)
    (mutant,) = found["mutants"]
    assert (found["seed"], mutant["outcome"], mutant["by"]) == (3, "killed", "tests/test_ages.py::test_it")
    assert main(["nowhere"], project) == 2


def test_a_run_that_does_not_end_is_killed(project: Path, tmp_path: Path) -> None:
    (project / "tests" / "test_ages.py").write_text("import time\n\n\ndef test_it():\n    time.sleep(600)\n")
    run = ScratchCopy(project, tmp_path / "scratch").pytest(["tests/test_ages.py"], [], limit=1)
    assert run.code is None


def test_what_is_kept_of_a_test_file_holds_until_a_file_of_it_changes(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("1\n")
    cache = CoverageCache(tmp_path, tmp_path / "cache")
    kept = FileCoverage("tests/test_a.py", 1.0, True, {"a.py": [1]}, {"a.py": digest_of(source)})
    cache.put(kept)
    assert cache.get("tests/test_a.py") == kept
    source.write_text("2\n")
    assert cache.get("tests/test_a.py") is None
