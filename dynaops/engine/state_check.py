"""Whether a state's records are ones that this version can plan from: each kind's address, identity and properties."""

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
"""The end of the year 9999 in epoch seconds: what is beyond is no time."""
_HOME_ELSEWHERE = ("backup_role",)
"""Kinds of a service that has one region for all."""


def faults_of(state: State) -> Iterator[RecordFault]:
    """All that is wrong with a state's records and interrupted operations, by its place in the file."""
    for address, record in state.resources.items():
        at = ("resources", address)
        if record.kind not in PROPERTY_RULES:
            yield _unknown(at, record.kind)
            continue
        yield from _misplaced(at, address, record.kind, record.region)
        yield from _homeless(at, address, record, state)
        yield from _identity(at, record, PROPERTY_RULES[record.kind])
        yield from _properties(at, record.kind, record.properties)
        yield from _rest(at, record, PROPERTY_RULES[record.kind])
    for key, intent in state.in_flight.items():
        yield from _interrupted(("in_flight", key), intent)


def is_whole(record: Record) -> bool:
    """Whether a record says what its kind must say of its properties."""
    return not any(_properties((), record.kind, record.properties))


def _unknown(at: tuple[str, ...], kind: str) -> RecordFault:
    return RecordFault((*at, "kind"), f"{kind!r} is no kind of resource that this dynaops knows", newer=True)


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    below = PROPERTY_RULES[kind].address
    return re.compile(rf"{_ROOT.pattern}/{below}" if below else _ROOT.pattern)


def _misplaced(at: tuple[str, ...], address: str, kind: str, region: str) -> Iterator[RecordFault]:
    if not _PRINTABLE.fullmatch(address) or not _pattern(kind).fullmatch(address):
        yield RecordFault(at, f"this is not the address of a {PROPERTY_RULES[kind].title}")
    elif not _REGION.fullmatch(region):
        yield RecordFault((*at, "region"), f"{region!r} is not the name of a region")
    elif "/replica/" in address and address.split("/")[2] != region:
        yield RecordFault((*at, "region"), f"it is {region}, and the address says {address.split('/')[2]}")


def _homeless(at: tuple[str, ...], address: str, record: Record, state: State) -> Iterator[RecordFault]:
    """What is around a table is in the table's region, unless its address says another one."""
    table = state.resources.get(address.partition("/")[0])
    if table is None or not _REGION.fullmatch(table.region):
        return
    if record.region == table.region or "/replica/" in address or table.kind != "table":
        return
    if record.kind not in _HOME_ELSEWHERE or partition_of(record.region) != partition_of(table.region):
        yield RecordFault((*at, "region"), f"it is {record.region}, and its table is in {table.region}")


def _identity(at: tuple[str, ...], record: Record, policy: PropertyRules) -> Iterator[RecordFault]:
    if record.id is not None and not re.fullmatch(policy.identity or _PRINTABLE.pattern, record.id):
        yield RecordFault((*at, "id"), f"{record.id!r} is not the id of a {policy.title}")
    if record.arn is None:
        return
    if not re.fullmatch(rf"arn:aws[a-z-]*:{policy.arn or '.+'}", record.arn) or not _PRINTABLE.fullmatch(
        record.arn
    ):
        yield RecordFault((*at, "arn"), f"{record.arn!r} is not the ARN of a {policy.title}")
    elif region_of(record.arn, record.region) != record.region:
        yield RecordFault((*at, "arn"), f"{record.arn!r} is not in {record.region}")


def _properties(
    at: tuple[str, ...], kind: str, properties: dict[str, Any], partly: bool = False
) -> Iterator[RecordFault]:
    """What is wrong with recorded properties; `partly`: some may be missing, or references to what is not made yet."""
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


def _rest(at: tuple[str, ...], record: Record, policy: PropertyRules) -> Iterator[RecordFault]:
    """Outputs are texts; times are times."""
    for name in sorted(policy.minted - set(record.outputs)):
        yield RecordFault((*at, "outputs", name), "is missing")
    for name, value in record.outputs.items():
        if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
            yield RecordFault((*at, "outputs", name), "this is not a text of one line")
    for name, times in record.stamps.items():
        if not all(0 <= time <= _LATEST for time in times):
            yield RecordFault((*at, "stamps", name), "this is not a time, in epoch seconds")


def _interrupted(at: tuple[str, ...], intent: Intent) -> Iterator[RecordFault]:
    if not 0 <= intent.at <= _LATEST:
        yield RecordFault((*at, "at"), "this is not a time, in epoch seconds")
    for number, effect in enumerate(intent.effects):
        place = (*at, "effects", str(number))
        if effect.kind not in PROPERTY_RULES:
            yield _unknown(place, effect.kind)
            continue
        yield from _misplaced(place, effect.address, effect.kind, effect.region)
        try:
            yield from _properties(place, effect.kind, patched({}, effect.set, ()), partly=True)
        except TypeError:
            yield RecordFault((*place, "set"), "a member is set of something that has none")
