"""The records of runs beside a state, one file for each run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import ValidationError

from dynaops.model.json_text import JsonFault, parse
from dynaops.model.run_record import FORMAT_VERSION, RUN_ID, RunRecord
from dynaops.stores.base import Generation, StateError
from dynaops.stores.side_files import Folder, UnreadableFile

KIND = "runs"
KEPT_LOCALLY = 200
_SUFFIX = ".json"
_MOST_LOOKED_AT = 200
"""The most records that are read to find the runs that wrote the kept generations."""


class UnreadableRun(NamedTuple):
    """A record that cannot be read."""

    id: str
    reason: str


class RunLog:
    """The records of the runs of one state. Methods raise DynaopsError if the folder cannot be read."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def write(self, record: RunRecord) -> None:
        """Write a run's record, which replaces the one that was written at its start."""
        self._folder.write(record.id + _SUFFIX, record.model_dump_json(indent=1).encode())

    def forget_oldest(self) -> None:
        """Delete all records but the newest ones, in a local folder only."""
        if not self._folder.shared:
            for run_id in self.ids()[KEPT_LOCALLY:]:
                self._folder.delete(run_id + _SUFFIX)

    def ids(self) -> list[str]:
        """The ids of all runs, newest first."""
        names = (name.removesuffix(_SUFFIX) for name in self._folder.names() if name.endswith(_SUFFIX))
        return sorted((name for name in names if RUN_ID.fullmatch(name)), reverse=True)

    def newest(self, limit: int) -> tuple[list[RunRecord], list[UnreadableRun]]:
        """(the newest `limit` records, newest first; those among them that cannot be read)."""
        records, unreadable = [], []
        for run_id in self.ids()[:limit]:
            try:
                record = self._read(run_id)
            except UnreadableFile as error:
                unreadable.append(UnreadableRun(run_id, error.message))
                continue
            if record is None:
                unreadable.append(UnreadableRun(run_id, "it has gone since the records were listed"))
            else:
                records.append(record)
        return records, unreadable

    def find(self, reference: str) -> RunRecord:
        """The run whose id is `reference`, or starts or ends with it. Raises StateError, UnreadableFile."""
        ids = self.ids()
        matching = [
            run_id
            for run_id in ids
            if run_id == reference
            or (reference and (run_id.startswith(reference) or run_id.endswith(reference)))
        ]
        if len(matching) > 1:
            raise StateError(
                f"{len(matching)} runs are called {reference}.",
                f"Write more of the id, such as {matching[0]}.",
            )
        record = self._read(matching[0]) if matching else None
        if record is None:
            raise StateError(
                f"There is no run {reference} in {self._folder.describe()}.",
                "`dynaops state log` lists the runs.",
            )
        return record

    def of_generations(self, generations: Iterable[Generation]) -> dict[int, RunRecord]:
        """The run that wrote each generation, by serial; without generations whose run is not known.

        Records that cannot be read are skipped here; `newest` reports them.
        """
        wanted = {generation.serial: generation.lineage for generation in generations}
        runs: dict[int, RunRecord] = {}
        for run_id in self.ids()[:_MOST_LOOKED_AT]:
            began_with = serial_of(run_id)
            if not any(serial > began_with for serial in wanted if serial not in runs):
                continue
            try:
                record = self._read(run_id)
            except UnreadableFile:
                continue
            if record is None:
                continue
            for serial, lineage in wanted.items():
                if serial not in runs and _wrote(record, serial, lineage):
                    runs[serial] = record
        return runs

    def _read(self, run_id: str) -> RunRecord | None:
        """A record; None if it does not exist any more. Raises UnreadableFile if this version cannot read it."""
        raw = self._folder.read(run_id + _SUFFIX)
        if raw is None:
            return None
        try:
            data = parse(raw)
            version = data.get("format_version") if isinstance(data, dict) else None
            if type(version) is int and version > FORMAT_VERSION:
                raise UnreadableFile(
                    f"it has format {version}, of a newer dynaops; this one understands {FORMAT_VERSION}"
                )
            record = RunRecord.model_validate_json(raw)
        except JsonFault as fault:
            raise UnreadableFile(f"{fault.line}:{fault.column}: {fault.message}") from fault
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            path = " > ".join(str(part) for part in first["loc"])
            raise UnreadableFile(f"{path or 'the whole'}: {first['msg']}") from error
        if record.id != run_id:
            raise UnreadableFile(f"it is the record of another run, {record.id}")
        return record


def serial_of(run_id: str) -> int:
    """The serial of the state at the start of a run, from the run's id."""
    return int(run_id.split("-")[1])


def _wrote(record: RunRecord, serial: int, lineage: str | None) -> bool:
    """Whether a run saved the state of `serial`, or perhaps did before it was killed."""
    if lineage and record.lineage and lineage != record.lineage:
        return False
    if record.serial_before is None or (record.ended_at is not None and record.serial_after is None):
        return serial == record.serial_after
    return record.serial_before < serial and (record.serial_after is None or serial <= record.serial_after)
