"""Checks of capacity (provisioned, on-demand maximum, warm throughput) of tables and indexes.

Messages and limits as observed on AWS (DDB-TABLE-038, 039, 059, 128, 131, 154, 171, 184).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import registry
from dynaops.sandbox.dynamodb.model import Index, SandboxTable, Throughput, Warm
from dynaops.sandbox.errors import ApiError, invalid, over_limit, validation

PER_TABLE_MAXIMUM = 40_000
PER_ACCOUNT_MAXIMUM = 80_000
ON_DEMAND_WARM = (12_000, 4_000)
"""Read and write units per second that an on-demand table or index starts with."""

_OUT_OF_BOUNDS = 1_000_000_000_000
_DAY = 86_400
_FREE_CUTS = 4
_CUT_INTERVAL = 3600
_READ_WRITE = ("Read", "Write")
_SEE = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)
_GUIDE = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


def units(given: dict[str, int]) -> tuple[int, int]:
    """Read and write units of a ProvisionedThroughput member."""
    return int(given["ReadCapacityUnits"]), int(given["WriteCapacityUnits"])


def check_bounds(given: dict[str, int]) -> None:
    """Refuse capacities outside the range that AWS accepts for any account."""
    for side, value in zip(_READ_WRITE, units(given), strict=True):
        if value > _OUT_OF_BOUNDS:
            raise validation(f"Given value {value} for {side}CapacityUnits is out of bounds")


def check_maximum(call: ApiCall, given: dict[str, int], index: str | None = None) -> None:
    """Refuse more provisioned capacity than one table or index may have (DDB-TABLE-131, 171)."""
    of, kind = ("", "table") if index is None else (f" for index {index}", "index")
    for side, value in zip(_READ_WRITE, units(given), strict=True):
        if value > PER_TABLE_MAXIMUM:
            raise ApiError(
                "LimitExceededException",
                f"The requested {side}CapacityUnits{of}, {value}, is above the per {kind} maximum for the "
                f"account in {call.region}. Per {kind} maximum: {PER_TABLE_MAXIMUM}. {_GUIDE}",
            )


def check_account(call: ApiCall, more: tuple[int, int], instead_of: tuple[int, int] = (0, 0)) -> None:
    """Refuse capacity that exceeds the account's quota in the region (DDB-TABLE-131, 171)."""
    reserved = _reserved(call)
    for number, side in enumerate(_READ_WRITE):
        added = more[number] - instead_of[number]
        if added > 0 and reserved[number] + added > PER_ACCOUNT_MAXIMUM:
            raise ApiError(
                "LimitExceededException",
                f"This request would have caused the {side}CapacityUnits limit to be exceeded for the "
                f"account in {call.region}. Current {side}CapacityUnits reserved by the account: "
                f"{reserved[number]}. Limit: {PER_ACCOUNT_MAXIMUM}. Requested: {more[number]}. {_GUIDE}",
            )


def _reserved(call: ApiCall) -> tuple[int, int]:
    read = write = 0
    for table in registry.tables_in(call.world, call.account, call.region).values():
        for held in (table.throughput, *(index.throughput for index in table.global_indexes.values())):
            read += held.read
            write += held.write
    return read, write


def check_on_demand(
    call: ApiCall, given: dict[str, int], index: str | None = None, clearable: bool = False
) -> None:
    """Refuse on-demand maxima out of range; -1 (no maximum) is for updates only (DDB-TABLE-039, 051)."""
    of = "table" if index is None else f"index : {index}"
    for side in _READ_WRITE:
        value = given.get(f"Max{side}RequestUnits")
        if value is None or (clearable and value == -1):
            continue
        message = f"Requested Max{side}RequestUnits for OnDemandThroughput for {of}"
        if value < 1:
            raise invalid(f"{message} is outside of valid range")
        if value > PER_TABLE_MAXIMUM:
            raise over_limit(
                f"{message} exceeds TableMax{side}CapacityUnits of the account in region {call.region}"
            )


def refuse_on_demand(given: dict[str, int], index: str | None = None, creating: bool = False) -> None:
    """Refuse on-demand maxima on a PROVISIONED table (DDB-TABLE-038, 059)."""
    side = next((side for side in _READ_WRITE if given.get(f"Max{side}RequestUnits") is not None), None)
    if side is None:
        return
    of = "" if index is None else f" for index: {index}"
    when = (
        "when table BillingMode is PROVISIONED." if creating else "when the table BillingMode is PROVISIONED"
    )
    raise invalid(f"Max{side}RequestUnits for OnDemandThroughput{of} cannot be specified {when}")


def merge_on_demand(held: dict[str, int] | None, given: dict[str, int]) -> dict[str, int]:
    """On-demand maxima after an update: members merge, -1 stays until `settled_on_demand` (DDB-TABLE-178, 182)."""
    return {**(held or {}), **{name: int(value) for name, value in given.items() if value is not None}}


def settled_on_demand(held: dict[str, int] | None) -> dict[str, int] | None:
    """On-demand maxima without the cleared members; None if none is left."""
    return {name: value for name, value in (held or {}).items() if value != -1} or None


def check_initial_warm(
    call: ApiCall, given: dict[str, int], provisioned: dict[str, int] | None, index: str | None = None
) -> None:
    """Refuse warm throughput below the initial value of the new table or index (DDB-TABLE-039)."""
    of = "table" if index is None else f"index {index}"
    for number, side in enumerate(_READ_WRITE):
        value = given.get(f"{side}UnitsPerSecond")
        if value is None:
            continue
        message = f"Requested {side}UnitsPerSecond for WarmThroughput for {of}"
        if provisioned is None and value < ON_DEMAND_WARM[number]:
            raise invalid(f"{message} is lower than initial throughput for OnDemand. See: {_SEE}")
        if provisioned is not None and value < provisioned[f"{side}CapacityUnits"]:
            raise invalid(f"{message} is lower than {side}CapacityUnits of ProvisionedThroughput")
    check_warm_maximum(call, given, index)


def check_warm_maximum(call: ApiCall, given: dict[str, int], index: str | None = None) -> None:
    """Refuse warm throughput above the account's quota (DDB-TABLE-154)."""
    of = "table" if index is None else f"index {index}"
    for side in _READ_WRITE:
        if (given.get(f"{side}UnitsPerSecond") or 0) > PER_TABLE_MAXIMUM:
            raise over_limit(
                f"Requested {side}UnitsPerSecond for WarmThroughput for {of} exceeds "
                f"TableMax{side}CapacityUnits of the account in region {call.region}"
            )


def initial_warm(given: dict[str, int] | None, provisioned: tuple[int, int] | None) -> Warm:
    """Warm throughput of a new table or index: the requested value, or the one that follows from its capacity."""
    read, write = provisioned or ON_DEMAND_WARM
    requested = given or {}
    return Warm(
        int(requested.get("ReadUnitsPerSecond") or read), int(requested.get("WriteUnitsPerSecond") or write)
    )


def lift_warm(held: SandboxTable | Index, read: int, write: int) -> None:
    """Raise warm throughput to the capacity; it never decreases (DDB-TABLE-061, 134)."""
    if held.warm is not None:
        held.warm.read = max(held.warm.read, read)
        held.warm.write = max(held.warm.write, write)


def cuts_today(held: Throughput, now: float) -> int:
    """Times of capacity decreases in the current UTC day."""
    return sum(1 for moment in held.decreases if moment // _DAY == now // _DAY)


def check_cut(held: Throughput, now: float) -> None:
    """Refuse the fifth decrease of a UTC day within an hour of the last one (DDB-TABLE-184)."""
    today = cuts_today(held, now)
    if today < _FREE_CUTS or now - held.decreases[-1] >= _CUT_INTERVAL:
        return
    last = datetime.fromtimestamp(held.decreases[-1], UTC).strftime("%A, %B %-d, %Y at %-I:%M:%S %p UTC")
    raise over_limit(
        "Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, "
        "each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. "
        f"Number of decreases today: {today}. Last decrease at {last}"
    )


def check_change(held: Throughput, given: dict[str, int], now: float, index: str | None = None) -> None:
    """Refuse an unchanged capacity, and too many decreases (DDB-TABLE-057, 164, 184)."""
    read, write = units(given)
    if (read, write) == (held.read, held.write):
        of = "the table" if index is None else f"the index {index}"
        short = "the table" if index is None else f"index {index}"
        raise validation(
            f"The provisioned throughput for {of} will not change. The requested value equals the current "
            f"value. Current ReadCapacityUnits provisioned for {short}: {held.read}. Requested "
            f"ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for {short}: {held.write}. "
            f"Requested WriteCapacityUnits: {write}. {_GUIDE}"
        )
    if is_cut(held, read, write):
        check_cut(held, now)


def is_cut(held: Throughput, read: int, write: int) -> bool:
    """Whether the new capacity lowers either dimension."""
    return read < held.read or write < held.write


def note_change(held: Throughput, read: int, write: int, now: float) -> None:
    """Record the time of an increase or decrease; the new values are set at the end of the change."""
    if read > held.read or write > held.write:
        held.last_increase = now
    if is_cut(held, read, write):
        held.last_decrease = now
        held.decreases.append(now)


def described(held: Throughput, now: float) -> dict[str, Any]:
    """ProvisionedThroughputDescription: zeros if on demand, dates only after a change (DDB-TABLE-028)."""
    shown: dict[str, Any] = {}
    if held.last_increase is not None:
        shown["LastIncreaseDateTime"] = held.last_increase
    if held.last_decrease is not None:
        shown["LastDecreaseDateTime"] = held.last_decrease
    return {
        **shown,
        "NumberOfDecreasesToday": cuts_today(held, now),
        "ReadCapacityUnits": held.read,
        "WriteCapacityUnits": held.write,
    }
