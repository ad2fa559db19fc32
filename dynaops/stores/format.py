"""The file format of a state: encode and decode it, with all checks.

A state file may have been edited by hand, truncated, merged with conflict markers, or belong to another tool. Reading
any content gives a State or raises StateUnreadable, which says what is wrong, where, and what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from pydantic import ValidationError

from dynaops.model.json_text import JsonFault, parse
from dynaops.model.state import FORMAT_VERSION, Record, RecordFault, State
from dynaops.stores.base import StateElsewhere, StateError, StateUnreadable

MAX_BYTES = 64 * 1024 * 1024
"""The largest size of a state; a larger file is not a state."""

RESTORE_HINT = (
    "`dynaops state history` lists the kept earlier states, `dynaops state restore SERIAL` brings one back. "
    "The file was left as it is."
)
_CHOOSE_HINT = "Name a state of dynaops with --state, or a new file. This one was left as it is."
_FOREIGN = {
    "terraform_version": "a Terraform or OpenTofu state",
    "deployment": "a Pulumi state",
    "AWSTemplateFormatVersion": "a CloudFormation template",
    "dynaops_version": "a saved dynaops plan",
    "table_name": "a dynaops spec",
    "Table": "the output of describe-table",
}
_UPGRADE_HINT = "Upgrade dynaops (`pip install --upgrade dynaops`). The file was left as it is."
_MOVED_TO = "moved_to"
_SHOWN_FAULTS = 3
_LONGEST = 300
"""The most characters of one fault that are shown."""
_RESOURCES = "resources"
_LATER = ("run", "account", "partition", "world")
"""Members that older versions do not know: they are left out if they are None."""
_MAX_SERIAL = 10**15
"""The highest valid serial; file names contain it."""
_SERIAL = re.compile(rb'"serial"\s*:\s*(\d{1,16})\b')
_GAP = 100_000
"""The step to a serial above all lost saves, if the last serial is not known (a run saves twice an operation)."""
_WHERE = re.compile(r"Invalid JSON: (.*) at line (\d+) column (\d+)")
"""Pydantic's message for a text that is not JSON."""
Check = Callable[[State], Iterable[RecordFault]]
"""Finds faults in a state's records that the data model does not find."""
_NONE, _SOME = b'\n  "resources": {},\n', b'\n  "resources": {\n%s\n  },\n'
"""The two spaces of indentation identify the state's own member; a member of that name deeper has more."""


class Encoder:
    """Encodes states, and each unchanged record only once, since a run saves the whole state twice an operation."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[Record, bytes]] = {}

    def dumps(self, state: State) -> bytes:
        """`state` as sorted and indented JSON with a line end at the end, good for diffs.

        The result is decoded once, so that a value that the next run could not read is found now. Raises StateError
        for a value that JSON or the data model does not allow.
        """
        if state.serial > _MAX_SERIAL:
            raise _unsayable(f"serial would be above {_MAX_SERIAL}")
        try:
            unset = {name for name in _LATER if getattr(state, name) is None}
            left_out = {"resources", *unset}
            without_records = _encode(
                {**state.model_dump(mode="json", warnings=False, exclude=left_out), _RESOURCES: {}}
            )
            State.model_validate_json(without_records, strict=True)
            self._written = {
                address: self._once(address, record) for address, record in state.resources.items()
            }
        except ValidationError as error:
            raise _unsayable(_faults(error)) from error
        except (TypeError, ValueError) as error:
            raise _unsayable(str(error)) from error
        if not self._written:
            return without_records
        lines = [
            b"    %s: %s" % (orjson.dumps(address), raw)
            for address, (_, raw) in sorted(self._written.items())
        ]
        return without_records.replace(_NONE, _SOME % b",\n".join(lines), 1)

    def _once(self, address: str, record: Record) -> tuple[Record, bytes]:
        known = self._written.get(address)
        if known is not None and known[0] is record:  # records never change
            return known
        unset = set() if record.ignores else {"ignores"}  # older versions do not know it
        raw = _encode(record.model_dump(mode="json", warnings=False, exclude=unset)).rstrip(b"\n")
        try:
            Record.model_validate_json(raw, strict=True)
        except ValidationError as error:
            raise _unsayable(_faults(error, _RESOURCES, address)) from error
        return record, raw.replace(b"\n", b"\n    ")  # a line end within a string is escaped in JSON


def dumps(state: State) -> bytes:
    """One state as bytes; see Encoder.dumps."""
    return Encoder().dumps(state)


def _encode(data: dict[str, Any]) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(data, option=options)
    except TypeError:
        # orjson has no integers above 64 bits, which DynamoDB has; the standard library does.
        text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()


def _unsayable(why: str) -> StateError:
    return StateError(
        f"The state cannot be written: {why}.", "Correct the value in the spec; nothing was saved."
    )


def moved_note(target: str) -> bytes:
    """The content that replaces a state that was moved to `target`."""
    return _encode({_MOVED_TO: target})


def serial_beyond(raw: bytes | None) -> int:
    """A serial at or above that of the last save: `raw` is a damaged state, None a missing one.

    A serial in a damaged text is used. Without one, the result is higher than a run could reach.
    """
    serials = [int(serial) for serial in _SERIAL.findall(raw or b"")]
    return max((serial for serial in serials if serial <= _MAX_SERIAL // 1000), default=_GAP)


def unchecked(state: State) -> Iterable[RecordFault]:  # noqa: ARG001 (a Check)
    """A Check that finds no faults."""
    return ()


def loads(raw: bytes, location: str, check: Check = unchecked) -> State:
    """Decode a state and check its records with `check`; `location` names it in messages.

    Raises StateElsewhere if the state was moved, StateUnreadable for any other content that is not a state.
    """
    if len(raw) > MAX_BYTES:
        raise StateUnreadable(
            f"{location} is too large for a state: it has more than {MAX_BYTES // 1024**2} MiB.", _CHOOSE_HINT
        )
    data = _parse(raw, location)
    if isinstance(data.get(_MOVED_TO), str):
        raise StateElsewhere(location, data[_MOVED_TO])
    _check_version(data, location)
    try:
        state = State.model_validate_json(raw, strict=True)
    except ValidationError as error:
        syntax = _WHERE.match(error.errors(include_url=False)[0]["msg"])
        if syntax:
            raise _not_json(location, JsonFault(syntax[1], int(syntax[2]), int(syntax[3]))) from error
        raise StateUnreadable(f"The state {location} is damaged: {_faults(error)}.", RESTORE_HINT) from error
    if not state.lineage:
        raise StateUnreadable(f"The state {location} is damaged: lineage is empty.", RESTORE_HINT)
    if not 0 <= state.serial <= _MAX_SERIAL:
        how = "is negative" if state.serial < 0 else f"is above {_MAX_SERIAL}"
        raise StateUnreadable(f"The state {location} is damaged: serial {how}.", RESTORE_HINT)
    require_sound(state, location, check)
    return state


def require_sound(state: State, location: str, check: Check) -> None:
    """Raise StateUnreadable with the first faults that `check` finds."""
    faults = list(check(state))
    if not faults:
        return
    listed = _listed([_fault(fault.path, "", fault.message) for fault in faults])
    if any(fault.newer for fault in faults):
        raise StateUnreadable(
            f"The state {location} has resources of kinds that this dynaops does not know: {listed}.",
            f"A newer dynaops has written it, as a rule. {_UPGRADE_HINT}",
        )
    raise StateUnreadable(f"The state {location} is damaged: {listed}.", RESTORE_HINT)


def _not_json(location: str, fault: JsonFault) -> StateUnreadable:
    hint = f"{fault.hint} {RESTORE_HINT}" if fault.hint else RESTORE_HINT
    return StateUnreadable(
        f"The state {location}:{fault.line}:{fault.column} is not valid JSON: {fault.message}.", hint
    )


def _parse(raw: bytes, location: str) -> dict[str, Any]:
    if not raw.strip():
        raise StateUnreadable(f"The state {location} is empty.", RESTORE_HINT)
    try:
        data = parse(raw)
    except JsonFault as fault:
        raise _not_json(location, fault) from fault
    if not isinstance(data, dict):
        raise StateUnreadable(f"{location} is not a state of dynaops: it holds no JSON object.", _CHOOSE_HINT)
    return data


def _check_version(data: dict[str, Any], location: str) -> None:
    for member, description in _FOREIGN.items():
        if member in data:
            raise StateUnreadable(f"{location} is not a state of dynaops but {description}.", _CHOOSE_HINT)
    if "lineage" not in data or "format_version" not in data:
        missing = "lineage" if "lineage" not in data else "format_version"
        raise StateUnreadable(f"{location} is not a state of dynaops: it has no {missing}.", _CHOOSE_HINT)
    version = data["format_version"]
    if type(version) is not int or version < 1:
        raise StateUnreadable(
            f"The state {location} is damaged: format_version {version!r} never existed.", RESTORE_HINT
        )
    if version > FORMAT_VERSION:
        raise StateUnreadable(
            f"The state {location} was written by a newer dynaops: its format is {version}, this one "
            f"knows up to {FORMAT_VERSION}.",
            _UPGRADE_HINT,
        )


def _faults(error: ValidationError, *around: str) -> str:
    """The first faults with their path in the file, which begins with `around`, and the number of the others."""
    faults = [
        _fault((*around, *part["loc"]), part["type"], part["msg"]) for part in error.errors(include_url=False)
    ]
    return _listed(faults)


def _listed(faults: list[str]) -> str:
    shown = "; ".join(faults[:_SHOWN_FAULTS])
    more = len(faults) - _SHOWN_FAULTS
    return f"{shown} (and {more} more)" if more > 0 else shown


def _fault(location: tuple[int | str, ...], kind: str, message: str) -> str:
    path = _printable(" > ".join(str(part) for part in location)) or "the whole"
    if kind == "extra_forbidden":
        return f"{path} is unknown"
    if kind == "missing":
        return f"{path} is missing"
    text = _printable(message)
    return f"{path} {text}" if text.startswith("is ") else f"{path}: {text[:1].lower()}{text[1:]}"


def _printable(text: str) -> str:
    """A text of the file in printable characters on one line, shortened if it is long."""
    line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[:_LONGEST])
    return f"{line}..." if len(text) > _LONGEST else line
