"""The spec of a restored table: that of the table it comes from, under its new name. Only reads AWS."""

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
"""What a restore carries (live finding DDB-TABLE-215)."""
SpecReader = Callable[[Path], list[Document]]
"""Reads the documents of a spec file. Raises DynaopsError."""
_DATA = ("items", "items_file")
"""Rows come from the backup, not from the spec."""


class Derived(NamedTuple):
    """A spec for the new table, as plain data, and `origin`: where its settings come from, in words."""

    spec: dict[str, Any]
    origin: str

    @property
    def put_back(self) -> list[str]:
        """The keys whose settings a restore does not carry."""
        kept = [name for name in self.spec if name not in _STRUCTURE]
        return kept if "point_in_time_recovery" in kept else ["point_in_time_recovery", *kept]


def of_file(path: Path) -> list[Document]:
    """The documents of a spec file, with nothing that the project says beside. Raises SpecError."""
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
    """The spec of `table` for `target`: from its spec file, else as it is live, else as the state has it; else None.

    `without` are keys to leave out, `documents` reads a spec file. Raises DynaopsError for a key that is not in it.
    """
    found = (
        _from_file(table, region, state, aws, documents)
        or _from_live(table, region, aws)
        or _from_state(table, region, state, aws)
    )
    if found is None:
        return None
    spec = renamed(found.spec, table, target, region)
    for key in without:
        if key not in spec:
            raise DynaopsError(
                f"--without {key}: the settings of {table} have no such key",
                f"They are: {', '.join(found._replace(spec=spec).put_back)}.",
            )
        del spec[key]
    wrong = errors(check([document_of(spec)]))
    if wrong:
        raise SpecError(wrong)
    return Derived(spec, found.origin)


def spec_file(table: str, target: str, state: State) -> Path:
    """Where the new table's spec is: beside that of the table it comes from, else in ``specs``.

    A table that takes its own place again has its own.
    """
    record = state.resources.get(table)
    if record and record.source and target == table and Path(record.source).is_file():
        return Path(record.source)
    folder = Path(record.source).parent if record and record.source else Path("specs")
    return folder / f"{target}.yaml"


def renamed(spec: dict[str, Any], table: str, target: str, region: str) -> dict[str, Any]:
    """A table's spec for another one: no rows, no history, and no name that only one table can use."""
    found: dict[str, Any] = {name: value for name, value in spec.items() if name not in _DATA}
    found = {
        "table_name": target,
        "region": region,
        **{k: v for k, v in found.items() if k not in ("table_name", "region")},
    }
    found = _with_arns(found, re.compile(rf"(:dynamodb:[\w-]*:\d*:table/){re.escape(table)}(?=$|/)"), target)
    if isinstance(found.get("global_table"), dict):
        kept = {name: value for name, value in found["global_table"].items() if name != "source_arn"}
        found["global_table"] = kept
    for index in found.get("global_secondary_indexes") or ():
        index.pop("replaces", None)
    for holder in _named(found):
        holder["name"] = _other_name(str(holder["name"]), table, target)
    return found


def _named(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks whose names are unique in an account."""
    iam = spec.get("iam") or {}
    blocks = [spec.get("log_group"), *(iam.get("custom") or ()), *iam.values()]
    return [block for block in blocks if isinstance(block, dict) and block.get("name")]


def _other_name(name: str, table: str, target: str) -> str:
    return name.replace(table, target) if table in name else f"{name}-{target}"


def _with_arns(value: Any, pattern: re.Pattern[str], target: str) -> Any:
    """A copy of `value` in which ARNs of the table are those of the new one."""
    if isinstance(value, dict):
        return {name: _with_arns(one, pattern, target) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_arns(one, pattern, target) for one in value]
    return pattern.sub(rf"\g<1>{target}", value) if isinstance(value, str) else value


def _written_out(spec: dict[str, Any], state: State) -> dict[str, Any]:
    """The spec with the values of other tables as the state has them. Raises DynaopsError for one that it has not."""

    def known(table: str, attribute: str) -> str | None:
        record = state.resources.get(table)
        if record is None:
            return None
        found = {**record.outputs, "arn": record.arn, "region": record.region}.get(attribute)
        return None if found is None else str(found)

    filled: dict[str, Any] = with_known(spec, known)
    for table, attribute in references_in(filled):
        raise DynaopsError(
            f"The spec refers to {attribute} of {table}, which the state does not know",
            "Give the new table a spec of its own with --spec, which has the value written out.",
        )
    return filled


def _from_file(table: str, region: str, state: State, aws: Aws, documents: SpecReader) -> Derived | None:
    """The spec that the table was applied from, where it can still be read as it is."""
    record = state.resources.get(table)
    if record is None or not record.source or record.region != region or state.origin != aws.origin:
        return None
    try:
        found = documents(Path(record.source))
    except DynaopsError:
        return None  # it has moved, or needs variables that are not known here
    for document in found:
        if document.spec.table_name == table:
            return Derived(_written_out(document.node.plain(), state), record.source)
    return None


def _from_live(table: str, region: str, aws: Aws) -> Derived | None:
    scope = Scope(table, table, region)
    live = list(observe(aws, [scope], HANDLERS, {table: Known(discover=True)})[table].values())
    there = any(one.kind == "table" and not one.being_deleted for one in live)
    return Derived(exported(scope, live, aws), f"{table} as it is now") if there else None


def _from_state(table: str, region: str, state: State, aws: Aws) -> Derived | None:
    record = state.resources.get(table)
    if record is None or record.kind != "table" or record.region != region or state.origin != aws.origin:
        return None
    scope = Scope(table, table, region)
    return Derived(exported(scope, list(as_recorded(scope, state).values()), aws), "the state")
