"""Check the records of a state file: the address, identity and properties that each kind requires."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError

from dynaops.engine.state_effects import patched
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.arns import partition_of, region_of
from dynaops.model.state import Intent, Record, RecordFault, State

_REGION = re.compile(r"[a-z]{2,4}(-[a-z0-9]+)+-\d{1,2}")
_ROOT = re.compile(r"[^/\x00-\x1f\x7f]{1,255}")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]+")
_LATEST = 253_402_300_799.0
"""The end of the year 9999 in epoch seconds: the latest valid time."""
_HOME_ELSEWHERE = ("backup_role",)
"""Kinds of a global service, whose region differs from the table's."""


def faults_of(state: State) -> Iterator[RecordFault]:
    """All errors in a state's records and interrupted operations, with their path in the file."""
    for address, record in state.resources.items():
        path = ("resources", address)
        if record.kind not in PROPERTY_RULES:
            yield _unknown(path, record.kind)
            continue
        yield from _misplaced(path, address, record.kind, record.region)
        yield from _homeless(path, address, record, state)
        yield from _identity(path, record, PROPERTY_RULES[record.kind])
        yield from _properties(path, record.kind, record.properties)
        yield from _rest(path, record, PROPERTY_RULES[record.kind])
    for key, intent in state.in_flight.items():
        yield from _interrupted(("in_flight", key), intent)


def is_whole(record: Record) -> bool:
    """Whether a record has all properties that its kind requires, in valid form."""
    return not any(_properties((), record.kind, record.properties))


def _unknown(path: tuple[str, ...], kind: str) -> RecordFault:
    return RecordFault(
        (*path, "kind"), f"{kind!r} is no kind of resource that this dynaops knows", newer=True
    )


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    below = PROPERTY_RULES[kind].address
    return re.compile(rf"{_ROOT.pattern}/{below}" if below else _ROOT.pattern)


def _misplaced(path: tuple[str, ...], address: str, kind: str, region: str) -> Iterator[RecordFault]:
    if not _PRINTABLE.fullmatch(address) or not _pattern(kind).fullmatch(address):
        yield RecordFault(path, f"this is not the address of a {PROPERTY_RULES[kind].title}")
    elif not _REGION.fullmatch(region):
        yield RecordFault((*path, "region"), f"{region!r} is not the name of a region")
    elif "/replica/" in address and address.split("/")[2] != region:
        yield RecordFault((*path, "region"), f"it is {region}, and the address says {address.split('/')[2]}")


def _homeless(path: tuple[str, ...], address: str, record: Record, state: State) -> Iterator[RecordFault]:
    """A fault if a resource is not in its table's region, unless its address names another region."""
    table = state.resources.get(address.partition("/")[0])
    if table is None or not _REGION.fullmatch(table.region):
        return
    if record.region == table.region or "/replica/" in address or table.kind != "table":
        return
    if record.kind not in _HOME_ELSEWHERE or partition_of(record.region) != partition_of(table.region):
        yield RecordFault((*path, "region"), f"it is {record.region}, and its table is in {table.region}")


def _identity(path: tuple[str, ...], record: Record, rules: PropertyRules) -> Iterator[RecordFault]:
    if record.id is not None and not re.fullmatch(rules.identity or _PRINTABLE.pattern, record.id):
        yield RecordFault((*path, "id"), f"{record.id!r} is not the id of a {rules.title}")
    if record.arn is None:
        return
    if not re.fullmatch(rf"arn:aws[a-z-]*:{rules.arn or '.+'}", record.arn) or not _PRINTABLE.fullmatch(
        record.arn
    ):
        yield RecordFault((*path, "arn"), f"{record.arn!r} is not the ARN of a {rules.title}")
    elif region_of(record.arn, record.region) != record.region:
        yield RecordFault((*path, "arn"), f"{record.arn!r} is not in {record.region}")


def _properties(
    at: tuple[str, ...], kind: str, properties: dict[str, Any], partly: bool = False
) -> Iterator[RecordFault]:
    """The faults in recorded properties. `partly`: some may be missing or be references to later values."""
    try:
        PROPERTY_RULES[kind].recorded.model_validate(properties)
    except ValidationError as error:
        for part in error.errors(include_url=False, include_context=False):
            lacking = part["type"] == "missing" and len(part["loc"]) == 1
            later = isinstance(part["input"], str) and part["input"].startswith("${ref:")
            if not (partly and (lacking or later)):
                path = (*at, "properties", *map(str, part["loc"]))
                yield RecordFault(path, _words(part["type"], part["msg"]))


def _words(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is unknown"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")


def _rest(path: tuple[str, ...], record: Record, rules: PropertyRules) -> Iterator[RecordFault]:
    """The faults in outputs (strings of one line) and stamps (epoch seconds)."""
    for name in sorted(rules.minted - set(record.outputs)):
        yield RecordFault((*path, "outputs", name), "is missing")
    for name, value in record.outputs.items():
        if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
            yield RecordFault((*path, "outputs", name), "this is not a text of one line")
    for name, times in record.stamps.items():
        if not all(0 <= time <= _LATEST for time in times):
            yield RecordFault((*path, "stamps", name), "this is not a time, in epoch seconds")


def _interrupted(path: tuple[str, ...], intent: Intent) -> Iterator[RecordFault]:
    if not 0 <= intent.at <= _LATEST:
        yield RecordFault((*path, "at"), "this is not a time, in epoch seconds")
    for number, effect in enumerate(intent.effects):
        effect_path = (*path, "effects", str(number))
        if effect.kind not in PROPERTY_RULES:
            yield _unknown(effect_path, effect.kind)
            continue
        yield from _misplaced(effect_path, effect.address, effect.kind, effect.region)
        try:
            yield from _properties(effect_path, effect.kind, patched({}, effect.set, ()), partly=True)
        except TypeError:
            yield RecordFault((*effect_path, "set"), "a member is set of something that has none")
