"""ARNs that handlers need of the table: known where it is live, else a reference that apply fills in.

The ARN of a table survives its re-creation (live finding DDB-TABLE-009); that of its stream does not, and changes
whenever the stream is turned on again (DDB-TABLE-367).
"""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.aws.errors import AccountUnknown
from dynaops.kinds.kind import AddressDiff, AwsReader
from dynaops.model.arns import arn
from dynaops.model.late_values import reference
from dynaops.model.resource import Properties, Scope

_BORN_WITH = ("hash_key", "range_key", "attributes", "local_secondary_indexes")


def late(scope: Scope, entries: Mapping[str, AddressDiff], read: AwsReader | None = None) -> dict[str, str]:
    """``table_arn`` and ``stream_arn`` of the scope's table. `read`: to know the account before the table is there."""
    table = entries.get(scope.address)
    live = table.live if table else None
    known = (live.outputs.get("arn") if live else None) or (
        table.record.arn if table and table.record else None
    )
    if known is None:
        known = _arn_to_be(scope, read)
    stream = live.outputs.get("stream_arn") if live and table and keeps_stream(table) else None
    return {"table_arn": str(known), "stream_arn": stream or reference(scope.address, "stream_arn")}


def _arn_to_be(scope: Scope, read: AwsReader | None) -> str:
    """The ARN that the table will have; a reference where the account is not known."""
    try:
        return table_arn(scope, read.account) if read else reference(scope.address, "arn")
    except AccountUnknown:
        return reference(scope.address, "arn")


def keeps_stream(table: AddressDiff) -> bool:
    """Whether the live stream of `table` is still the one when all is applied: no replacement, no other view type."""
    if table.live is None or table.desired is None:
        return table.live is not None
    wanted, live = table.desired.properties, table.live.properties
    return wanted.get("stream") == live.get("stream") and not any(
        _differs(wanted, live, member) for member in _BORN_WITH
    )


def _differs(wanted: Properties, live: Properties, member: str) -> bool:
    return bool((wanted.get(member) or None) != (live.get(member) or None))


def table_arn(scope: Scope, account: str) -> str:
    """The ARN of the scope's table in `account`, also before it exists."""
    return arn("dynamodb", scope.region, account, f"table/{scope.table_name}")
