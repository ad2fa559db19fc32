"""The state as bytes: written in one way, and read with suspicion.

A state may have been edited by hand, cut off, merged with conflict markers, or belong to another tool.
Whatever it is, reading it gives a State or a StateUnreadable that says what is wrong, where, and what to do.
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
"""No real state comes near this; what does is some other file."""

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
"""Characters of one fault that are shown."""
_RESOURCES = "resources"
_LATER = ("run", "account", "partition", "world")
"""Members that older versions do not know: they are left out where they say nothing."""
_MAX_SERIAL = 10**15
"""No state was ever saved so often: a larger one is a slip, and file names hold it."""
_SERIAL = re.compile(rb'"serial"\s*:\s*(\d{1,16})\b')
_GAP = 100_000
"""Saves: a run makes two for an operation."""
_WHERE = re.compile(r"Invalid JSON: (.*) at line (\d+) column (\d+)")
"""How pydantic says that a text is no JSON."""
Check = Callable[[State], Iterable[RecordFault]]
"""Says what is wrong with a state's records, beyond their form."""
_NONE, _SOME = b'\n  "resources": {},\n', b'\n  "resources": {\n%s\n  },\n'
"""Two spaces: this is the state's own member, whatever else goes by that name deeper inside."""


class Encoder:
    """Writes one state after another, and each record of them once: a run saves the whole state twice an operation."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[Record, bytes]] = {}

    def dumps(self, state: State) -> bytes:
        """`state` as JSON for people and for diffs: sorted, indented, one line end at the end.

        What is written is read back first: nothing else would show a value that only the next run stumbles over.
        Raises StateError for what JSON, or a state, cannot say.
        """
        if state.serial > _MAX_SERIAL:
            raise _unsayable(f"serial would be above {_MAX_SERIAL}")
        try:
            unset = {name for name in _LATER if getattr(state, name) is None}
            left_out = {"resources", *unset}
            shell = _encode(
                {**state.model_dump(mode="json", warnings=False, exclude=left_out), _RESOURCES: {}}
            )
            State.model_validate_json(shell, strict=True)
            self._written = {address: self._once(address, one) for address, one in state.resources.items()}
        except ValidationError as error:
            raise _unsayable(_faults(error)) from error
        except (TypeError, ValueError) as error:
            raise _unsayable(str(error)) from error
        if not self._written:
            return shell
        lines = [
            b"    %s: %s" % (orjson.dumps(address), raw)
            for address, (_, raw) in sorted(self._written.items())
        ]
        return shell.replace(_NONE, _SOME % b",\n".join(lines), 1)

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
        # Integers beyond 64 bits, which DynamoDB has, are known to the standard library only.
        text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()


def _unsayable(why: str) -> StateError:
    return StateError(
        f"The state cannot be written: {why}.", "Correct the value in the spec; nothing was saved."
    )


def moved_note(target: str) -> bytes:
    """What is left in the place of a state that lives at `target` now."""
    return _encode({_MOVED_TO: target})


def serial_beyond(raw: bytes | None) -> int:
    """A serial that no lost save had: `raw` is a damaged state, None one that is gone.

    What a damaged text says is believed. Where it says nothing, more serials are left out than a run uses.
    """
    found = [int(one) for one in _SERIAL.findall(raw or b"")]
    return max((one for one in found if one <= _MAX_SERIAL // 1000), default=_GAP)


def unchecked(state: State) -> Iterable[RecordFault]:  # noqa: ARG001 (a Check)
    """Nothing is wrong with any record: for those who cannot tell."""
    return ()


def loads(raw: bytes, place: str, check: Check = unchecked) -> State:
    """The state that `raw` holds, of records that pass `check`; `place` names its origin in messages.

    Raises StateElsewhere where it says that the state was moved, StateUnreadable for all else that is no state.
    """
    if len(raw) > MAX_BYTES:
        raise StateUnreadable(
            f"{place} is too large for a state: it has more than {MAX_BYTES // 1024**2} MiB.", _CHOOSE_HINT
        )
    data = _parse(raw, place)
    if isinstance(data.get(_MOVED_TO), str):
        raise StateElsewhere(place, data[_MOVED_TO])
    _check_version(data, place)
    try:
        state = State.model_validate_json(raw, strict=True)
    except ValidationError as error:
        syntax = _WHERE.match(error.errors(include_url=False)[0]["msg"])
        if syntax:
            raise _not_json(place, JsonFault(syntax[1], int(syntax[2]), int(syntax[3]))) from error
        raise StateUnreadable(f"The state {place} is damaged: {_faults(error)}.", RESTORE_HINT) from error
    if not state.lineage:
        raise StateUnreadable(f"The state {place} is damaged: lineage is empty.", RESTORE_HINT)
    if not 0 <= state.serial <= _MAX_SERIAL:
        how = "is negative" if state.serial < 0 else f"is above {_MAX_SERIAL}"
        raise StateUnreadable(f"The state {place} is damaged: serial {how}.", RESTORE_HINT)
    require_sound(state, place, check)
    return state


def require_sound(state: State, place: str, check: Check) -> None:
    """Raise StateUnreadable, naming the first records that do not pass `check` and what is wrong with them."""
    faults = list(check(state))
    if not faults:
        return
    told = _listed([_fault(fault.path, "", fault.message) for fault in faults])
    if any(fault.newer for fault in faults):
        raise StateUnreadable(
            f"The state {place} has resources of kinds that this dynaops does not know: {told}.",
            f"A newer dynaops has written it, as a rule. {_UPGRADE_HINT}",
        )
    raise StateUnreadable(f"The state {place} is damaged: {told}.", RESTORE_HINT)


def _not_json(place: str, fault: JsonFault) -> StateUnreadable:
    hint = f"{fault.hint} {RESTORE_HINT}" if fault.hint else RESTORE_HINT
    return StateUnreadable(
        f"The state {place}:{fault.line}:{fault.column} is not valid JSON: {fault.message}.", hint
    )


def _parse(raw: bytes, place: str) -> dict[str, Any]:
    if not raw.strip():
        raise StateUnreadable(f"The state {place} is empty.", RESTORE_HINT)
    try:
        data = parse(raw)
    except JsonFault as fault:
        raise _not_json(place, fault) from fault
    if not isinstance(data, dict):
        raise StateUnreadable(f"{place} is not a state of dynaops: it holds no JSON object.", _CHOOSE_HINT)
    return data


def _check_version(data: dict[str, Any], place: str) -> None:
    for member, what in _FOREIGN.items():
        if member in data:
            raise StateUnreadable(f"{place} is not a state of dynaops but {what}.", _CHOOSE_HINT)
    if "lineage" not in data or "format_version" not in data:
        missing = "lineage" if "lineage" not in data else "format_version"
        raise StateUnreadable(f"{place} is not a state of dynaops: it has no {missing}.", _CHOOSE_HINT)
    version = data["format_version"]
    if type(version) is not int or version < 1:
        raise StateUnreadable(
            f"The state {place} is damaged: format_version {version!r} never existed.", RESTORE_HINT
        )
    if version > FORMAT_VERSION:
        raise StateUnreadable(
            f"The state {place} was written by a newer dynaops: its format is {version}, this one "
            f"knows up to {FORMAT_VERSION}.",
            _UPGRADE_HINT,
        )


def _faults(error: ValidationError, *around: str) -> str:
    """The first faults by their place in the file (what was read is `around`), and how many more there are."""
    faults = [
        _fault((*around, *part["loc"]), part["type"], part["msg"]) for part in error.errors(include_url=False)
    ]
    return _listed(faults)


def _listed(faults: list[str]) -> str:
    shown = "; ".join(faults[:_SHOWN_FAULTS])
    more = len(faults) - _SHOWN_FAULTS
    return f"{shown} (and {more} more)" if more > 0 else shown


def _fault(place: tuple[int | str, ...], kind: str, message: str) -> str:
    path = _printable(" > ".join(str(part) for part in place)) or "the whole"
    if kind == "extra_forbidden":
        return f"{path} is unknown"
    if kind == "missing":
        return f"{path} is missing"
    told = _printable(message)
    return f"{path} {told}" if told.startswith("is ") else f"{path}: {told[:1].lower()}{told[1:]}"


def _printable(text: str) -> str:
    """A text of the file on one line, and not endless, whatever is in it."""
    line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[:_LONGEST])
    return f"{line}..." if len(text) > _LONGEST else line
