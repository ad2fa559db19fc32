"""Notes are counted by kind and attribute, keep the first places, and survive a load that is resumed."""

from __future__ import annotations

from pathlib import Path

from dynaops.cli.transfer.read_request import documents, sentence_of
from dynaops.data.checkpoint import Checkpoint, Confirmed
from dynaops.data.notes import MOST_NOTES, LoadNote, LoadNotes
from dynaops.data.options import Counts
from dynaops.data.rows import Position


def test_notes_of_rows_are_counted() -> None:
    notes = LoadNotes()
    for line in range(2, 7):
        notes.row("odd-cell", "zip", "A cell of 'zip' is kept as written", "a.csv", line)
    notes.row("odd-cell", "age", "A cell of 'age' is kept as written", "a.csv", 9)
    first, second = notes.all()
    assert (first.rows, first.places) == (5, ("a.csv:2", "a.csv:3", "a.csv:4"))
    assert sentence_of(first) == "A cell of 'zip' is kept as written: 5 rows (a.csv:2, a.csv:3, a.csv:4, ..)."
    assert sentence_of(second) == "A cell of 'age' is kept as written: 1 row (a.csv:9)."
    assert sentence_of(LoadNote("guess", "", "The file is read as Windows-1252")) == (
        "The file is read as Windows-1252."
    )
    assert documents([second])[0]["places"] == ["a.csv:9"]


def test_notes_are_summed_and_bounded() -> None:
    one, other = LoadNotes(), LoadNotes()
    one.row("k", "a", "text", "f", 1)
    for line in range(5):
        other.row("k", "a", "text", "g", line)
    one.add(other.all())
    assert one.all() == (LoadNote("k", "a", "text", 6, ("f:1", "g:0", "g:1")),)
    many = LoadNotes()
    for at in range(MOST_NOTES + 10):
        many.row("k", f"a{at}", "text", "f", at)
    assert len(many.all()) == MOST_NOTES + 1 and many.all()[-1].rows == 10


def test_notes_survive_a_resume(tmp_path: Path) -> None:
    def checkpoint(resume: bool) -> Checkpoint:
        return Checkpoint(tmp_path / "t.json", {"table": "t"}, "f", None, resume)

    def confirmed(number: int) -> Confirmed:
        note = LoadNote("k", "a", "text", 1, (f"f:{number}",))
        return Confirmed(Position(0, number, number), Counts(read=1, written=1), notes=(note,))

    first = checkpoint(resume=False)
    first.confirm(0, confirmed(0))
    first.confirm(2, confirmed(2))
    first.close()
    again = checkpoint(resume=True)
    kept = again.confirmed_before(2, Position(0, 2, 2))
    assert again.notes.all() == confirmed(0).notes and kept == confirmed(2)
    again.confirm(1, confirmed(1))
    again.confirm(2, kept)
    assert again.notes.all() == (LoadNote("k", "a", "text", 3, ("f:0", "f:1", "f:2")),)
