"""JSON texts to rows: by a fast road where it leads there, value by value where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from dynaops.data.parsing import exact_json
from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.items import ItemReader, names_are_single
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.plan import ParsePlan
from dynaops.data.parsing.roads import STUMBLES, SUMMED, UNCOUNTED, PlainRoad, Road, TypedRoad
from dynaops.data.parsing.table_choice import NAMES_NO_TABLE, NO_KEY, TableChoice
from dynaops.data.rows import Row
from dynaops.values.malformed import Malformed

if TYPE_CHECKING:
    from dynaops.data.parsing.documents import Part

_BOM = b"\xef\xbb\xbf"


class JsonRows:
    """Makes rows of JSON texts. It remembers the shapes of rows from block to block."""

    def __init__(self, plan: ParsePlan, rules: KeyRules, inner: JsonRows | None = None) -> None:
        self._inner = inner or self
        """Reads what documents hold: another one where `rules` are met by no item, so that each has to be in one."""
        self._one = ItemReader(plan, rules)
        self._plain, self._typed = PlainRoad(plan, rules), TypedRoad(plan, rules)
        self._keys_only = plan.keys_only or plan.drop_nulls
        """Whether not all of a text is in its row, so that quotes do not tell of names that are there twice."""
        self._delete_all = plan.keys_only
        self._deletes = plan.deletes
        self._tables = TableChoice(plan)
        self._names = rules.names
        self._road: Road = self._typed if plan.typed else self._plain

    def lines(self, data: bytes, first_line: int, harvest: Harvest) -> None:
        """The rows of lines; empty lines are none."""
        # Of most blocks it can be said at once what else had to be asked of each line.
        plain, safe = b"\\" not in data, exact_json.is_safe(data) or None
        self.texts(enumerate(data.split(b"\n"), first_line), harvest, plain, safe)

    def texts(
        self,
        texts: Iterable[tuple[int, bytes]],
        harvest: Harvest,
        plain: bool = False,
        safe: bool | None = None,
    ) -> None:
        """The rows of JSON texts with the lines where they begin.

        `plain`: none has a backslash; `safe`: doubles are exact in all (None: that is to be found out).
        """
        loads, add, road = orjson.loads, harvest.rows.append, self._road
        remaining = iter(texts)
        blank = True
        while blank:
            blank = False
            for line, text in remaining:
                try:
                    add(
                        road.row(loads(text), line, not plain and b"\\" in text, safe, text, text.count(b'"'))
                    )
                except STUMBLES:
                    if not text or text.isspace():
                        blank = True
                        break
                    self._slowly(line, text, harvest)
                    road = self._road
            if blank:  # there may be millions of them: do not try to read each
                remaining = (pair for pair in remaining if pair[1] and not pair[1].isspace())

    def all_or_none(self, items: Sequence[Any], line: int, text: bytes) -> list[Row] | None:
        """The rows of items that `text` says, all of one line; None where one of them has to be looked at."""
        road, escaped, safe = self._road, b"\\" in text, exact_json.is_safe(text)
        try:
            if escaped or self._keys_only:
                if not names_are_single(items, text, text.count(b'"')):
                    return None
                return [road.row(item, line, escaped, safe, text, UNCOUNTED) for item in items]
            road.quotes = 0
            rows = [road.row(item, line, escaped, safe, text, SUMMED) for item in items]
            return rows if road.quotes == text.count(b'"') else None
        except STUMBLES:
            return None

    def _slowly(self, line: int, text: bytes, harvest: Harvest) -> None:
        text = text.removeprefix(_BOM)  # between files that were put together
        try:
            harvest.rows.append(self._one.of_text(text, line))
        except Malformed as error:
            if not self.document(line, text, harvest):
                self.reject(line, str(error), text, harvest)
            return
        try:
            item = orjson.loads(text)
            self._road = self._typed if self._one.is_typed(item) else self._plain
            self._road.learn(item)
        except STUMBLES:
            return

    def reject(self, line: int, reason: str, text: bytes, harvest: Harvest) -> None:
        """Reject a text that is no row, and is in no document that names a table."""
        if self._inner is self:
            harvest.reject(line, reason, text)
        else:
            harvest.reject_unnamed(line, NAMES_NO_TABLE if NO_KEY in reason else reason, text)

    def document(self, line: int, text: bytes, harvest: Harvest) -> bool:
        """Read what is no row as something around rows; False where it is nothing that is known."""
        from dynaops.data.parsing.documents import Action, parts_of  # few files need it: see `parser`

        parts = parts_of(text, self._names, len(text) - len(text.lstrip()))
        if parts is None or not _is_all(text, parts):
            return False
        found = harvest.apart()
        puts: list[tuple[int, bytes]] = []
        before = 0
        for part in parts:
            line += text.count(b"\n", before, part.start)
            before = max(before, part.start)
            piece = text[part.start : part.end]
            if part.action is Action.NOTE:
                found.note(part.table, "", part.reason, line)
            elif self._tables.is_other(part.table, found, 1, line):
                continue
            elif self._inner is not self and not part.table:
                found.reject_unnamed(line, part.reason or NAMES_NO_TABLE, piece)
            elif part.action is Action.PUT and len(piece) < len(text):
                puts.append((line, piece))
            else:
                self._inner.texts(puts, found)
                puts = []
                self._inner._other(part, line, piece, found)
        self._inner.texts(puts, found)
        if not (found.rows or found.rejects or found.not_loaded or found.without_rows):
            found.without_rows += 1
        harvest.take(found)
        return True

    def _other(self, part: Part, line: int, text: bytes, harvest: Harvest) -> None:
        """A part of a document that is no put."""
        from dynaops.data.parsing.documents import Action

        try:
            if part.action is not Action.DELETE:
                raise Malformed(part.reason or "an item within an item")
            if self._delete_all:
                harvest.rows.append(self._one.of_text(text, line))
            elif self._deletes:
                harvest.rows.append(self._one.deleted(text, line))
            else:
                raise Malformed(
                    "is a delete, which --if-not-exists, --update and AWS's engines do not carry out"
                )
        except Malformed as error:
            harvest.reject(line, str(error), text, {"delete": True} if part.action is Action.DELETE else None)


def _is_all(text: bytes, parts: Sequence[Part]) -> bool:
    """Whether what is around the parts of a document is whole JSON, so that nothing in it was overlooked."""
    from dynaops.data.parsing.documents import Action

    if any(part.action is Action.FAULT for part in parts):
        return True
    kept, at = [], 0
    for part in parts:
        if part.action is not Action.NOTE:
            kept += [text[at : part.start], b"0"]
            at = part.end
    try:
        orjson.loads(b"".join((*kept, text[at:])))
    except ValueError:
        return False
    return True
