"""The checkpoint of a load: a file that records which input is written, and survives a kill at any time.

Confirmed are all blocks up to a position, and single blocks after it that were finished earlier than a block before
them. Counters and the rejects file follow the position: rejects are appended in the order of the input when the
position passes their block, and a resumed load first truncates the file to the length in the checkpoint. So no reject
is lost or written twice. A block after the position is recorded only if it had no rejects; a block with rejects is
written again on resume, which has the same result.

If writing twice differs from writing once (the mode if-not-exists), the file also records that a block is about to be
sent (`begin`). If a later run finds an item of such a block in the table, this load may have written it.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from dynaops.data.notes import LoadNote, LoadNotes
from dynaops.data.options import Counts
from dynaops.data.rejects import RejectsFile
from dynaops.data.rows import InputFault, Position, Reject
from dynaops.model.errors import DynaopsError
from dynaops.stores.files import failure, make_directory, replace

FORMAT = 1
_SAVE_SECONDS = 0.5
_SAMPLES = 5
_BEGIN_AT_ONCE = 64
"""The number of blocks that are announced together, so that the file is not written for each block."""


def checkpoint_path(folder: Path, table: str, load: dict[str, Any]) -> Path:
    """The path of a load's checkpoint. `load` is what distinguishes it from other loads into that table."""
    digest = hashlib.sha256(orjson.dumps(load, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    return folder / f"{table}-{digest}.json"


@dataclass
class Confirmed:
    """A finished block: where it ends, and the counts of its rows."""

    end: Position
    counts: Counts
    rejects: list[Reject] = field(default_factory=list)
    notes: tuple[LoadNote, ...] = ()
    fault: InputFault | None = None


class Checkpoint:
    """Records confirmed blocks in memory and, at most twice a second, in the checkpoint file.

    `load` distinguishes this load from others; the file contains it for people, and its digest is in the file's name.
    `fingerprint` changes when the input changes. With `resume` the load continues from the file's content, and rejects
    are appended to the rejects file that it names. Without it the load is new, and `path` must not be the file of
    another load (see `set_aside`). Raises DynaopsError if a file cannot be used, or if the input has changed.
    """

    def __init__(
        self,
        path: Path,
        load: dict[str, Any],
        fingerprint: str,
        rejects: Path | None,
        resume: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._load = load
        self._fingerprint = fingerprint
        self._clock = clock
        self._saved_at = clock()
        self._changed = False
        self.number = 0
        """The number of the first block that is not confirmed."""
        self.position: Position | None = None
        """The position where that block begins; None for the beginning of the input."""
        self.counts = Counts()
        self.notes = LoadNotes()
        self.faults: list[InputFault] = []
        """The faults of inputs that could not be read to their ends."""
        self.complete = False
        self.samples: list[Reject] = []
        self.resumed = False
        self._begun_before = 0
        self._begun = 0
        self._announced = 0
        self._beyond: dict[int, Confirmed] = {}
        self._before: dict[int, Confirmed] = {}
        self.rejects = rejects
        """The path of this load's rejects file; the file exists only if there are rejects."""
        rejects_length = self._read() if resume else None
        self._rejects = (
            RejectsFile(self.rejects, rejects_length, str(load.get("mode", "put"))) if self.rejects else None
        )
        self._save()

    def confirmed_before(self, number: int, end: Position) -> Confirmed | None:
        """The record of a block that an earlier run confirmed after the position; None if there is none."""
        confirmed = self._before.pop(number, None)
        return confirmed if confirmed is not None and confirmed.end == end else None

    def begun_before(self, number: int) -> bool:
        """Whether an earlier run may have sent rows of the block."""
        return number < self._begun_before

    def begin(self, number: int) -> None:
        """Record that a block is about to be sent."""
        self._begun = max(self._begun, number + 1)
        if number >= self._announced:
            self._announced = number + _BEGIN_AT_ONCE
            self._save()

    def confirm(self, number: int, confirmed: Confirmed) -> None:
        """Record that all rows of a block are finished."""
        self._beyond[number] = confirmed
        while (next_confirmed := self._beyond.pop(self.number, None)) is not None:
            self._advance(next_confirmed)
        self._changed = True
        if self._clock() - self._saved_at >= _SAVE_SECONDS:
            self._save()

    def totals(self) -> Counts:
        """The counts of the rows of all confirmed blocks."""
        total = Counts()
        for counts in (self.counts, *(confirmed.counts for confirmed in self._beyond.values())):
            total.add(counts)
        return total

    @property
    def beyond(self) -> int:
        """The number of confirmed blocks after the first block that is not confirmed."""
        return len(self._beyond)

    def finish(self) -> None:
        """Record that all of the input is confirmed."""
        self.complete = True
        self._save()

    def forget(self) -> None:
        """Delete the file, because the load has ended and cannot be resumed."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Save the last changes and close the rejects file."""
        if self._announced > self._begun:
            self._announced = self._begun
            self._changed = True
        if self._changed:
            self._save()
        if self._rejects:
            self._rejects.close()

    def _advance(self, confirmed: Confirmed) -> None:
        self.number += 1
        self.position = confirmed.end
        self.counts.add(confirmed.counts)
        self.notes.add(confirmed.notes)
        if confirmed.fault is not None:
            self.faults.append(confirmed.fault)
        self.samples.extend(confirmed.rejects[: _SAMPLES - len(self.samples)])
        if self._rejects:
            self._rejects.append(confirmed.rejects)

    def _save(self) -> None:
        self._saved_at = self._clock()
        self._changed = False
        data = {
            "format_version": FORMAT,
            "load": self._load,
            "fingerprint": self._fingerprint,
            "complete": self.complete,
            "block": self.number,
            "begun": self._announced,
            "position": self.position._asdict() if self.position else None,
            "counts": asdict(self.counts),
            "notes": [list(note) for note in self.notes.all()],
            "faults": [list(fault) for fault in self.faults],
            "rejects": str(self.rejects) if self.rejects else None,
            "rejects_bytes": self._rejects.flush() if self._rejects else 0,
            "beyond": [
                {
                    "block": number,
                    "end": confirmed.end._asdict(),
                    "counts": asdict(confirmed.counts),
                    "notes": [list(note) for note in confirmed.notes],
                }
                for number, confirmed in sorted((self._before | self._beyond).items())
                if not confirmed.rejects and confirmed.fault is None
            ],
        }
        try:
            make_directory(self._path.parent)
            replace(self._path, orjson.dumps(data, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise failure("save the checkpoint", self._path, error) from error

    def _read(self) -> int | None:
        """Read the file; returns the length of the rejects file that it records, None without a checkpoint file."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failure("read the checkpoint", self._path, error) from error
        try:
            return self._restore(orjson.loads(raw))
        except (ValueError, TypeError, KeyError) as error:
            raise DynaopsError(
                f"The checkpoint {self._path} is damaged ({type(error).__name__}: {error})",
                "Load again without --resume: from the beginning.",
            ) from error

    def _restore(self, data: dict[str, Any]) -> int:
        if data["format_version"] != FORMAT:
            raise DynaopsError(
                f"The checkpoint {self._path} was written by another version of dynaops",
                "Go on with that version, or load again without --resume.",
            )
        if data["fingerprint"] != self._fingerprint:
            raise DynaopsError(
                "The input has changed since the load that is to be resumed",
                "Restore it, or load again without --resume: from the beginning.",
            )
        self.number = int(data["block"])
        self.position = Position(**data["position"]) if data["position"] else None
        self.counts = Counts(**data["counts"])
        self.notes.add(_notes(data.get("notes", ())))
        self.faults = [InputFault(*fault) for fault in data.get("faults", ())]
        self.complete = bool(data["complete"])
        for entry in data["beyond"]:
            self._before[int(entry["block"])] = Confirmed(
                Position(**entry["end"]), Counts(**entry["counts"]), notes=_notes(entry.get("notes", ()))
            )
        self._begun_before = self._begun = self._announced = int(data.get("begun", sys.maxsize))
        self.resumed = self.number > 0 or bool(self._before) or self.complete
        if self.rejects is not None and data.get("rejects"):
            self.rejects = Path(data["rejects"])
        return int(data["rejects_bytes"])


def _notes(saved: Iterable[Any]) -> tuple[LoadNote, ...]:
    """The notes of a checkpoint, which saves each as a list of its fields."""
    return tuple(
        LoadNote(kind, attribute, text, rows, tuple(places)) for kind, attribute, text, rows, places in saved
    )
