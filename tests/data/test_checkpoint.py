"""What the checkpoint's file knows at any moment is enough to go on, and no reject is told twice."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from dynaops.data.checkpoint import Checkpoint, Confirmed, checkpoint_path
from dynaops.data.options import Counts
from dynaops.data.rows import Position, Reject
from dynaops.data.unfinished import clean, set_aside, unfinished
from dynaops.model.errors import DynaopsError

ABOUT = {"table": "t"}


def _end(number: int) -> Position:
    return Position(0, 100 * (number + 1), number + 2)


def _confirmed(number: int, rejects: int = 0) -> Confirmed:
    told = [Reject("f", number * 10 + at, "bad", "text") for at in range(rejects)]
    return Confirmed(_end(number), Counts(read=10, written=10 - rejects, rejected=rejects, bytes=100), told)


def _open(folder: Path, resume: bool = True, fingerprint: str = "f", rejects: bool = True) -> Checkpoint:
    """A checkpoint that saves whenever something is confirmed."""
    time = iter(range(0, 1_000_000, 10))
    return Checkpoint(
        folder / "c.json",
        dict(ABOUT),
        fingerprint,
        folder / "rejects.jsonl" if rejects else None,
        resume,
        lambda: float(next(time)),
    )


def _lines(folder: Path) -> list[int]:
    return [json.loads(line)["line"] for line in (folder / "rejects.jsonl").read_text().splitlines()]


def test_it_goes_on_behind_what_is_confirmed_without_a_gap(tmp_path: Path) -> None:
    kept = _open(tmp_path)
    assert (kept.number, kept.position, kept.resumed) == (0, None, False)
    for number in (1, 0, 4, 3):
        kept.confirm(number, _confirmed(number))
    again = _open(tmp_path)
    assert (again.number, again.position, again.resumed) == (2, _end(1), True)
    assert again.counts == Counts(read=20, written=20, bytes=200)
    assert again.confirmed_before(2, _end(2)) is None
    assert again.confirmed_before(3, _end(3)) == Confirmed(_end(3), Counts(read=10, written=10, bytes=100))
    assert again.confirmed_before(4, _end(5)) is None  # another block by that number


def test_blocks_beyond_the_position_are_not_forgotten_by_a_second_kill(tmp_path: Path) -> None:
    kept = _open(tmp_path)
    kept.confirm(2, _confirmed(2))
    again = _open(tmp_path)
    again.confirm(0, _confirmed(0))
    third = _open(tmp_path)
    assert third.number == 1
    assert third.confirmed_before(2, _end(2)) is not None


def test_rejects_are_in_the_files_order_and_told_once(tmp_path: Path) -> None:
    kept = _open(tmp_path)
    kept.confirm(1, _confirmed(1, rejects=2))
    assert not (tmp_path / "rejects.jsonl").exists()
    kept.confirm(0, _confirmed(0, rejects=1))
    assert _lines(tmp_path) == [0, 10, 11]
    with (tmp_path / "rejects.jsonl").open("ab") as file:  # written, but the kill came before the checkpoint
        file.write(b'{"line": 20}\n{"li')
    again = _open(tmp_path)
    assert _lines(tmp_path) == [0, 10, 11]
    again.confirm(2, _confirmed(2, rejects=1))
    again.close()
    assert _lines(tmp_path) == [0, 10, 11, 20]


def test_a_block_with_rejects_beyond_the_position_is_done_again(tmp_path: Path) -> None:
    kept = _open(tmp_path)
    kept.confirm(1, _confirmed(1, rejects=2))
    assert kept.totals().rejected == 2
    assert _open(tmp_path).confirmed_before(1, _end(1)) is None


def test_without_resume_it_begins_anew(tmp_path: Path) -> None:
    kept = _open(tmp_path)
    kept.confirm(0, _confirmed(0, rejects=1))
    with pytest.raises(DynaopsError, match="with the rejects of another load"):
        _open(tmp_path, resume=False)
    anew = _open(tmp_path, resume=False, rejects=False)
    assert (anew.number, anew.counts) == (0, Counts())
    assert _lines(tmp_path) == [0]
    assert _open(tmp_path, rejects=False).number == 0


def test_a_resumed_load_goes_on_with_its_own_rejects(tmp_path: Path) -> None:
    _open(tmp_path).confirm(0, _confirmed(0, rejects=1))
    other = tmp_path / "other.jsonl"
    other.write_text("another load's\n")
    again = Checkpoint(tmp_path / "c.json", dict(ABOUT), "f", other, True)
    again.confirm(1, _confirmed(1, rejects=1))
    again.close()
    assert again.rejects == tmp_path / "rejects.jsonl" and _lines(tmp_path) == [0, 10]
    assert other.read_text() == "another load's\n"


def test_unfinished_loads_are_found_put_aside_and_cleaned_up(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    assert unfinished(path) is None and set_aside(path) is None
    kept = _open(tmp_path, rejects=False)
    assert set_aside(path) is None and not path.exists(), "nothing of it was sent"
    kept.confirm(0, _confirmed(0))
    kept.confirm(2, _confirmed(2))
    found = unfinished(path)
    assert found is not None and (found.rows, found.fingerprint, found.complete) == (20, "f", False)
    aside = set_aside(path)
    assert aside is not None and aside.exists() and not path.exists()
    kept.finish()
    (tmp_path / "old.lock").touch()
    day = 86_400
    assert clean(tmp_path, keep=path, now=time.time() + 31 * day) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["c.json"]
    assert clean(tmp_path) == 0 and not path.exists(), "it has ended"


def test_it_is_private_and_saved_now_and_then_only(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "deep" / "c.json"
    kept = Checkpoint(path, dict(ABOUT), "", None, True, lambda: now[0])
    assert path.stat().st_mode & 0o777 == 0o600
    kept.confirm(0, _confirmed(0))
    assert json.loads(path.read_text())["block"] == 0
    now[0] = 0.6
    kept.confirm(1, _confirmed(1))
    assert json.loads(path.read_text())["block"] == 2
    kept.confirm(2, _confirmed(2))
    kept.close()
    assert json.loads(path.read_text())["block"] == 3


def test_a_changed_input_is_refused(tmp_path: Path) -> None:
    _open(tmp_path).confirm(0, _confirmed(0))
    with pytest.raises(DynaopsError, match="The input has changed"):
        _open(tmp_path, fingerprint="other")
    assert _open(tmp_path, fingerprint="other", resume=False).number == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 1}', '{"format_version": 99}', "null"])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(DynaopsError, match=r"c\.json (is damaged|was written by another version)"):
        _open(tmp_path)


def test_rejects_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "rejects.jsonl").mkdir()
    with pytest.raises(DynaopsError, match="Cannot write the rejects to"):
        _open(tmp_path)


def test_each_load_has_a_file_of_its_own(tmp_path: Path) -> None:
    one = checkpoint_path(tmp_path, "users", {"inputs": ["a"], "mode": "put"})
    assert one == checkpoint_path(tmp_path, "users", {"mode": "put", "inputs": ["a"]})
    assert one != checkpoint_path(tmp_path, "users", {"inputs": ["b"], "mode": "put"})
    assert one.name.startswith("users-")
