"""Derives the spec of a restored table from the source table's spec, under the new name. Only reads AWS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops.engine.exported import exported
from dynaops.engine.observe import observe
from dynaops.engine.table_inputs import as_recorded
from dynaops.kinds.kind import Known
from dynaops.kinds.registry import HANDLERS
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.late_values import references_in, with_known
from dynaops.model.resource import Scope
from dynaops.model.state import State
from dynaops.specs.check import check, errors
from dynaops.specs.load import Document, document_of, load

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_STRUCTURE = {
    *("table_name", "region", "hash_key", "range_key", "attributes", "billing_mode"),
    *("read_capacity", "write_capacity", "on_demand_throughput", "encryption"),
    *("global_secondary_indexes", "local_secondary_indexes"),
}
"""The spec keys that a restore applies itself (live finding DDB-TABLE-215)."""
SpecReader = Callable[[Path], list[Document]]
"""Reads the documents of a spec file. Raises DynaopsError."""
_DATA = ("items", "items_file")
"""The spec keys with items, which come from the backup instead."""


class Derived(NamedTuple):
    """The new table's spec as plain data, and `origin`: where its settings come from, for messages."""

    spec: dict[str, Any]
    origin: str

    @property
    def put_back(self) -> list[str]:
        """The spec keys that a restore does not apply."""
        keys = [name for name in self.spec if name not in _STRUCTURE]
        return keys if "point_in_time_recovery" in keys else ["point_in_time_recovery", *keys]


def of_file(path: Path) -> list[Document]:
    """The documents of a spec file, without the project's settings. Raises SpecError."""
    return load([path])


def derived(
    table: str,
    target: str,
    region: str,
    state: State,
    aws: Aws,
    without: Iterable[str] = (),
    documents: SpecReader = of_file,
) -> Derived | None:
    """The spec of `table` for `target`: from its spec file, else from AWS, else from the state; None if none has it.

    `without` are keys to leave out, `documents` reads a spec file. Raises DynaopsError for a key that the spec lacks.
    """
    origin_spec = (
        _from_file(table, region, state, aws, documents)
        or _from_live(table, region, aws)
        or _from_state(table, region, state, aws)
    )
    if origin_spec is None:
        return None
    spec = renamed(origin_spec.spec, table, target, region)
    for key in without:
        if key not in spec:
            raise DynaopsError(
                f"--without {key}: the settings of {table} have no such key",
                f"They are: {', '.join(origin_spec._replace(spec=spec).put_back)}.",
            )
        del spec[key]
    findings = errors(check([document_of(spec)]))
    if findings:
        raise SpecError(findings)
    return Derived(spec, origin_spec.origin)


def spec_file(table: str, target: str, state: State) -> Path:
    """The path of the new table's spec: in the folder of the source table's spec, else in ``specs``.

    A table that is restored under its own name keeps its spec file.
    """
    record = state.resources.get(table)
    if record and record.source and target == table and Path(record.source).is_file():
        return Path(record.source)
    folder = Path(record.source).parent if record and record.source else Path("specs")
    return folder / f"{target}.yaml"


def renamed(spec: dict[str, Any], table: str, target: str, region: str) -> dict[str, Any]:
    """A table's spec for another table: without items and history, and with new names where a name must be unique."""
    new_spec: dict[str, Any] = {name: value for name, value in spec.items() if name not in _DATA}
    new_spec = {
        "table_name": target,
        "region": region,
        **{k: v for k, v in new_spec.items() if k not in ("table_name", "region")},
    }
    new_spec = _with_arns(
        new_spec, re.compile(rf"(:dynamodb:[\w-]*:\d*:table/){re.escape(table)}(?=$|/)"), target
    )
    if isinstance(new_spec.get("global_table"), dict):
        global_table = {
            name: value for name, value in new_spec["global_table"].items() if name != "source_arn"
        }
        new_spec["global_table"] = global_table
    for index in new_spec.get("global_secondary_indexes") or ():
        index.pop("replaces", None)
    for block in _named(new_spec):
        block["name"] = _other_name(str(block["name"]), table, target)
    return new_spec


def _named(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a spec whose names must be unique in an account."""
    iam = spec.get("iam") or {}
    blocks = [spec.get("log_group"), *(iam.get("custom") or ()), *iam.values()]
    return [block for block in blocks if isinstance(block, dict) and block.get("name")]


def _other_name(name: str, table: str, target: str) -> str:
    return name.replace(table, target) if table in name else f"{name}-{target}"


def _with_arns(value: Any, pattern: re.Pattern[str], target: str) -> Any:
    """A copy of `value` in which the table's ARNs are replaced by those of the new table."""
    if isinstance(value, dict):
        return {name: _with_arns(member, pattern, target) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_arns(member, pattern, target) for member in value]
    return pattern.sub(rf"\g<1>{target}", value) if isinstance(value, str) else value


def _written_out(spec: dict[str, Any], state: State) -> dict[str, Any]:
    """The spec with references to other tables replaced by the state's values.

    Raises DynaopsError for a missing one.
    """

    def known(table: str, attribute: str) -> str | None:
        record = state.resources.get(table)
        if record is None:
            return None
        known_value = {**record.outputs, "arn": record.arn, "region": record.region}.get(attribute)
        return None if known_value is None else str(known_value)

    filled: dict[str, Any] = with_known(spec, known)
    for table, attribute in references_in(filled):
        raise DynaopsError(
            f"The spec refers to {attribute} of {table}, which the state does not know",
            "Give the new table a spec of its own with --spec, which has the value written out.",
        )
    return filled


def _from_file(table: str, region: str, state: State, aws: Aws, documents: SpecReader) -> Derived | None:
    """The spec that the table was applied from; None if it cannot be read any more."""
    record = state.resources.get(table)
    if record is None or not record.source or record.region != region or state.origin != aws.origin:
        return None
    try:
        read = documents(Path(record.source))
    except DynaopsError:
        return None  # the file was moved, or needs variables that are not known here
    for document in read:
        if document.spec.table_name == table:
            return Derived(_written_out(document.node.plain(), state), record.source)
    return None


def _from_live(table: str, region: str, aws: Aws) -> Derived | None:
    scope = Scope(table, table, region)
    live = list(observe(aws, [scope], HANDLERS, {table: Known(discover=True)})[table].values())
    exists = any(resource.kind == "table" and not resource.being_deleted for resource in live)
    return Derived(exported(scope, live, aws), f"{table} as it is now") if exists else None


def _from_state(table: str, region: str, state: State, aws: Aws) -> Derived | None:
    record = state.resources.get(table)
    if record is None or record.kind != "table" or record.region != region or state.origin != aws.origin:
        return None
    scope = Scope(table, table, region)
    return Derived(exported(scope, list(as_recorded(scope, state).values()), aws), "the state")
