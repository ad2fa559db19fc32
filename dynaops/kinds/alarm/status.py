"""The states of a table's alarms, as CloudWatch evaluates them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.kinds.alarm import mapping
from dynaops.kinds.alarm.handler import HANDLER, named
from dynaops.kinds.alarm.mapping import KIND, place_of
from dynaops.kinds.kind import AwsReader
from dynaops.model.resource import Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


@dataclass(frozen=True)
class AlarmState:
    """An alarm of a table, named by its address below the table's. `value` is None where there is no such alarm.

    `value` is one of OK, ALARM and INSUFFICIENT_DATA, `since` in UTC; `silent`: its actions are disabled.
    """

    name: str
    value: str | None
    reason: str = ""
    since: str = ""
    silent: bool = False


def alarm_states(
    read: AwsReader, scope: Scope, spec: TableSpec | None, recorded: Iterable[str]
) -> tuple[AlarmState, ...]:
    """The alarms that the spec asks for, or without a spec those of the addresses that are `recorded`, in their order.

    Raises AwsFailure kinds.
    """
    declared = HANDLER.declare(scope, spec) if spec is not None else ()
    addresses = [element.address for element in declared] if spec is not None else _alarms(scope, recorded)
    regions: dict[str, dict[str, str]] = {}
    for address in addresses:
        alarm_location = place_of(scope, address)
        name = mapping.alarm_name(scope.table_name, alarm_location.rest)
        regions.setdefault(alarm_location.region, {})[name] = address
    result: dict[str, AlarmState] = {}
    for region, names in regions.items():
        for alarm in named(read, region, sorted(names)):
            address = names[alarm["AlarmName"]]
            result[address] = AlarmState(
                _short(scope, address),
                alarm["StateValue"],
                alarm.get("StateReason") or "",
                f"{alarm['StateUpdatedTimestamp']:%Y-%m-%d %H:%M} UTC"
                if "StateUpdatedTimestamp" in alarm
                else "",
                not alarm.get("ActionsEnabled", True),
            )
    return tuple(result.get(element, AlarmState(_short(scope, element), None)) for element in addresses)


def _alarms(scope: Scope, addresses: Iterable[str]) -> list[str]:
    return [
        address for address in addresses if address.startswith(f"{scope.address}/") and f"/{KIND}/" in address
    ]


def _short(scope: Scope, address: str) -> str:
    return address.removeprefix(f"{scope.address}/").replace(f"{KIND}/", "")
