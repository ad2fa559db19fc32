"""Check that a record may move to another address. An address belongs to dynaops, a name to AWS.

The address of a table is its name, and a part of a table is addressed by its name within the table, so these addresses
can only be corrected. A resource with a name of its own in AWS (an IAM policy, a log group, a vault) may have any
address of its kind.
"""

from __future__ import annotations

from dynaops.engine.addresses import is_below, table_of
from dynaops.engine.duplicate_tables import name_in_aws
from dynaops.engine.shared_resources import identity_of
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.errors import DynaopsError
from dynaops.model.state import Record, State


def check_move(state: State, source: str, target: str) -> None:
    """Raise DynaopsError if the record at `source` cannot have the address `target`."""
    record = state.resources.get(source)
    if record is not None and record.kind == "table":
        _check_table(source, record, target)
        return
    for address, below in state.resources.items():
        if is_below(address, source) and below.kind in PROPERTY_RULES:
            _check_part(address, below, target + address.removeprefix(source))


def _check_table(source: str, record: Record, target: str) -> None:
    name = name_in_aws(source, record)
    if target == name:
        return
    hint = f"Its items get into a table {target} by a restore or a load: docs/refactoring.md."
    if source != name:
        hint = f"Its address is its name: `dynaops state mv {source} {name}`."
    raise DynaopsError(f"{source} is the table {name} in AWS, which cannot rename a table", hint)


def _check_part(address: str, record: Record, target: str) -> None:
    policy = PROPERTY_RULES[record.kind]
    if identity_of(record.kind, record.region, record.properties, policy) is not None:
        return
    name = target.rpartition("/")[2]
    if table_of(address) == table_of(target) and record.arn and record.arn.endswith(f"/{name}"):
        return
    hint = "Only what has a name of its own (an IAM policy, a log group, a vault) can have another address."
    if record.kind == "gsi":
        hint = "`replaces: OLD` on an index of the new name builds that one before the old one goes."
    raise DynaopsError(
        f"{address} is part of its table in AWS, which cannot rename or move the {policy.title}", hint
    )
