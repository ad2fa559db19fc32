"""The handler of managed items: rows put, put back and deleted by key; all other rows are neither touched nor read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from dynaops.kinds.billing import NOT_BILLED
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.items.marshal import Typed, digest, readable, size, typed
from dynaops.kinds.items.rows import examined, key_of
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.steps import step
from dynaops.kinds.table.mapping import attribute_names
from dynaops.model.change import Action, Change, Difference
from dynaops.model.errors import DynaopsError
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN481
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Danger
from dynaops.model.recorded import ABSENT, Recorded
from dynaops.model.resource import Observed, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "items"
_READ_AT_ONCE = 100
"""Keys of a BatchGetItem (AWS API reference)."""
_WRITE_AT_ONCE = 25
"""Puts and deletes of a BatchWriteItem (AWS API reference)."""
_BYTES_AT_ONCE = 4 * 1024 * 1024
"""Item bytes of a BatchWriteItem: well below AWS's 16 MiB, so that little is sent again."""
_VAIN_READS = 12
"""Reads in a row that AWS may answer with nothing at all, before giving in."""


def _is_key(text: str) -> str:
    """`text`, which must be how `key_text` writes a key."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) not in (1, 2)
        or not all(isinstance(value, str) for value in values)
    ):
        raise ValueError("this is not the key of an item")
    return text


class RecordedItems(Recorded):
    """The managed items as the state records them: key to digest."""

    rows: dict[Annotated[str, AfterValidator(_is_key)], str] = ABSENT


class ItemsHandler(BaseHandler):
    """One resource a table; its property `rows` maps a row's key to the digest of its item.

    The state so holds digests, never what is in the items.
    """

    billing = NOT_BILLED  # writing them is a matter of the table's requests
    permissions = Permissions(
        reads=calls("dynamodb", "BatchGetItem"),
        writes=calls("dynamodb", "BatchWriteItem"),
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="managed items",
            spec_key=KIND,
            keyed=frozenset({"rows"}),
            recorded=RecordedItems,
            address=KIND,
        )
    }

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        if not (spec.items or spec.file_items):
            return
        rows = examined(spec).rows
        yield Resource(
            address=scope.below(KIND),
            kind=KIND,
            region=scope.region,
            properties={"rows": {key: digest(item) for key, item in rows.items()}},
            owner=scope.address,
            depends_on=(scope.address,),
            options={"rows": rows},
        )

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        """None: what the items say is not looked at."""
        return ()

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterable[Observed]:
        """Only the rows that spec or state name, by their keys: never a scan."""
        for address, (desired, record) in known.of_kinds(KIND).items():
            named = {
                key: None
                for side in (desired, record)
                for key in (side.properties.get("rows") or {} if side else ())
            }
            items = _read(read, scope, list(named), _key_types(table)) if table else {}
            if items or (desired and record):  # rows that are all gone are told one by one
                rows = {key: digest(item) for key, item in items.items()}
                yield Observed(
                    address, KIND, scope.region, {"rows": rows}, owner=scope.address, raw={"rows": items}
                )

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """Items are data: an imported spec has none."""
        return {}

    def refine(self, work: TableChanges) -> Mapping[str, AddressDiff]:
        """Changes that show items instead of digests, with a reason that counts them."""
        return {
            entry.address: replace(entry, change=_shown(work, entry, entry.change))
            for entry in work.of_kind(KIND)
            if entry.change is not None
        }

    def findings(self, work: TableChanges) -> Iterable[Finding]:
        """Rows that were there before dynaops came, and are not as the spec says."""
        for entry in work.of_kind(KIND):
            if entry.action not in (Action.ADOPT, Action.UPDATE):
                continue
            ours = (entry.record.properties.get("rows") or {}) if entry.record else {}
            keys = [
                _key(difference) for difference in entry.differences("rows") if difference.before is not None
            ]
            foreign = [key for key in keys if key not in ours]
            if foreign:
                yield make_finding(
                    PLAN481,
                    f"{len(foreign)} rows of {work.scope.table_name} that dynaops did not write are replaced "
                    f"by the spec's: {_some(foreign)}",
                    address=entry.address,
                )

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        rows = entry.live.properties.get("rows") or {} if entry.live else {}
        return tuple(_item(scope, key) for key in sorted(rows))

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(KIND):
            if entry.action is not Action.NO_OP:
                steps.extend(_puts(work.scope, entry))
                steps.extend(_deletes(work, entry))
        return steps


def _key_types(table: Observed) -> dict[str, str]:
    """The live table's key attributes in order, and their types."""
    return {name: table.properties["attributes"][name] for name in attribute_names(table.properties)}


def _read(read: AwsReader, scope: Scope, texts: list[str], types: dict[str, str]) -> dict[str, Typed]:
    """The items that are live of those that the key texts name; a text that fits no key of the table is left out."""
    keys = {text: key for text in texts if (key := key_of(text, types)) is not None}
    names = {digest(key): text for text, key in keys.items()}
    result: dict[str, Typed] = {}
    waiting = list(keys.values())
    for start in range(0, len(waiting), _READ_AT_ONCE):
        for answered in _batch(read, scope, waiting[start : start + _READ_AT_ONCE]):
            item = typed(answered)
            result[names[digest({name: item[name] for name in types})]] = item
    return result


def _batch(read: AwsReader, scope: Scope, keys: list[Typed]) -> Iterator[dict[str, Any]]:
    """The items of up to 100 keys; what AWS leaves is asked for again. Raises DynaopsError."""
    vain = 0
    request: dict[str, Any] = {scope.table_name: {"Keys": keys, "ConsistentRead": True}}
    while request:
        answer = read.read("dynamodb", "BatchGetItem", scope.region, {"RequestItems": request})
        if answer is None:
            return  # the table is being made, or deleted
        items = answer["Responses"].get(scope.table_name, [])
        yield from items
        request = answer.get("UnprocessedKeys") or {}
        vain = 0 if items else vain + 1
        if request and vain >= _VAIN_READS:
            raise DynaopsError(
                f"AWS does not answer which managed items {scope.table_name} has: its read capacity is used up",
                "Try again when the table is less busy, or give it more read capacity.",
            )
        if request and not items:
            time.sleep(min(0.05 * 2**vain, 2))


def _shown(work: TableChanges, entry: AddressDiff, change: Change) -> Change:
    """The change with items for digests."""
    live = entry.live.raw.get("rows", {}) if entry.live else {}
    wanted = entry.desired.options["rows"] if entry.desired else {}
    differences = tuple(_with_items(difference, live, wanted) for difference in change.differences)
    update: dict[str, Any] = {"differences": differences}
    if differences:
        update["reason"] = _counted(differences)
    elif change.action is Action.CREATE and entry.record is None and work.table.action is not Action.CREATE:
        update["reason"] = f"the spec has {_rows(wanted)}, and the table has none of them"
    if change.after is not None:
        update["after"] = {"rows": {key: readable(item) for key, item in wanted.items()}}
    if change.before is not None and live:
        update["before"] = {"rows": {key: readable(item) for key, item in live.items()}}
    return change.model_copy(update=update)


def _with_items(difference: Difference, live: Mapping[str, Typed], wanted: Mapping[str, Typed]) -> Difference:
    key = _key(difference)
    before = live.get(key) if difference.before is not None else None
    after = wanted.get(key) if difference.after is not None else None
    if before is None and after is None:
        return difference  # planned without a look at AWS
    sides = [readable(element) if element is not None else None for element in (before, after)]
    if sides[0] == sides[1]:
        sides = [before, after]  # they differ in their types only
    return difference.model_copy(update={"before": sides[0], "after": sides[1]})


def _counted(differences: Sequence[Difference]) -> str:
    gone = sum(difference.after is None for difference in differences)
    new = sum(difference.before is None for difference in differences)
    counts = {
        "not there": new,
        "not as the spec says": len(differences) - gone - new,
        "no longer in the spec": gone,
    }
    parts = [
        f"{count} {'row is' if count == 1 else 'rows are'} {what}" for what, count in counts.items() if count
    ]
    return ", ".join(parts)


def _puts(scope: Scope, entry: AddressDiff) -> Iterator[Step]:
    """All rows where there is no table yet or a new one, else those that differ."""
    if entry.desired is None or entry.action is Action.DELETE:
        return
    wanted: Mapping[str, Typed] = entry.desired.options["rows"]
    if entry.action in (Action.CREATE, Action.REPLACE):
        keys = list(wanted)
    else:
        keys = [_key(difference) for difference in entry.differences("rows") if difference.after is not None]
    rows = [(key, wanted[key]) for key in keys]
    for batch in _batches(rows):
        requests = [{"PutRequest": {"Item": item}} for _, item in batch]
        set_ = {f"rows.{key}": digest(item) for key, item in batch}
        yield _step(scope, entry, f"put {_rows(batch)} into {scope.table_name}", requests, {"set": set_})


def _deletes(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    """The rows that the spec no longer names: they are data, so that needs consent."""
    table = work.table.live
    if entry.live is None or table is None or work.table.action in (Action.DELETE, Action.REPLACE):
        return  # they go with the table
    types = _key_types(table)
    if entry.action is Action.DELETE:
        keys = list(entry.live.properties["rows"])
    else:
        keys = [_key(difference) for difference in entry.differences("rows") if difference.after is None]
    rows = [(text, key) for text in keys if (key := key_of(text, types)) is not None]
    batches = list(_batches(rows))
    for number, batch in enumerate(batches, 1):
        requests = [{"DeleteRequest": {"Key": key}} for _, key in batch]
        gone = tuple(f"rows.{key}" for key, _ in batch)
        last = entry.action is Action.DELETE and number == len(batches)
        effect: dict[str, Any] = {"forget": True} if last else {"unset": gone}
        title = f"delete {_rows(batch)} from {work.scope.table_name}"
        removes = ", ".join(_item(work.scope, key) for key, _ in batch)
        yield _step(work.scope, entry, title, requests, effect, Danger.DESTROY, removes)


def _batches(rows: Sequence[tuple[str, Typed]]) -> Iterator[list[tuple[str, Typed]]]:
    batch: list[tuple[str, Typed]] = []
    bytes_ = 0
    for key, item in rows:
        more = size(item)
        if batch and (len(batch) == _WRITE_AT_ONCE or bytes_ + more > _BYTES_AT_ONCE):
            yield batch
            batch, bytes_ = [], 0
        batch.append((key, item))
        bytes_ += more
    if batch:
        yield batch


def _step(
    scope: Scope,
    entry: AddressDiff,
    title: str,
    requests: list[dict[str, Any]],
    effect: dict[str, Any],
    danger: Danger | None = None,
    removes: str | None = None,
) -> Step:
    if not effect.get("forget"):
        effect["depends_on"] = (scope.address,)
    return step(
        entry,
        Rank.ITEMS,
        "BatchWriteItem",
        title,
        {"RequestItems": {scope.table_name: requests}},
        again={"RequestItems": "UnprocessedItems"},
        danger=danger,
        removes=removes,
        **effect,
    )


def _item(scope: Scope, key: str) -> str:
    return f"item {key} of table {scope.table_name}"


def _key(difference: Difference) -> str:
    return difference.path.partition(".")[2]


def _rows(batch: Sized) -> str:
    return "1 row" if len(batch) == 1 else f"{len(batch)} rows"


def _some(keys: Sequence[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")


HANDLER = ItemsHandler()
