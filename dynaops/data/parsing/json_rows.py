"""Converts JSON texts to rows: by a fast path if possible, else by the slow path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from dynaops.data.parsing import exact_json
from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.fast_path import (
    FALLBACK_ERRORS,
    SUMMED,
    UNCOUNTED,
    FastPath,
    PlainFastPath,
    TypedFastPath,
)
from dynaops.data.parsing.items import ItemReader, names_are_single
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.parsing.table_choice import NAMES_NO_TABLE, NO_KEY, TableChoice
from dynaops.data.rows import WriteRow
from dynaops.values.malformed import MalformedRow

if TYPE_CHECKING:
    from dynaops.data.parsing.document_parts import DocumentPart

_BOM = b"\xef\xbb\xbf"


class JsonRows:
    """Converts JSON texts to rows. The shapes of rows are kept from block to block."""

    def __init__(self, plan: ParseOptions, rules: KeyRules, inner: JsonRows | None = None) -> None:
        self._inner = inner or self
        """Reads the items in documents.

        It is another reader if no item matches `rules`, so that each must be in a document.
        """
        self._item_reader = ItemReader(plan, rules)
        self._plain, self._typed = PlainFastPath(plan, rules), TypedFastPath(plan, rules)
        self._keys_only = plan.keys_only or plan.drop_nulls
        """Whether a row does not have all attributes of its text, so that quotes do not show duplicate names."""
        self._delete_all = plan.keys_only
        self._deletes = plan.deletes
        self._tables = TableChoice(plan)
        self._names = rules.names
        self._fast_path: FastPath = self._typed if plan.typed else self._plain

    def lines(self, data: bytes, first_line: int, result: BlockResult) -> None:
        """Read the rows of lines; empty lines are skipped."""
        # Checked once for the block, because most blocks have no backslash and only safe numbers.
        plain, safe = b"\\" not in data, exact_json.is_safe(data) or None
        self.texts(enumerate(data.split(b"\n"), first_line), result, plain, safe)

    def texts(
        self,
        texts: Iterable[tuple[int, bytes]],
        result: BlockResult,
        plain: bool = False,
        safe: bool | None = None,
    ) -> None:
        """Read the rows of JSON texts, given with their line numbers.

        `plain`: no text has a backslash; `safe`: doubles are exact in all texts (None: not known).
        """
        loads, add, fast_path = orjson.loads, result.rows.append, self._fast_path
        remaining = iter(texts)
        blank = True
        while blank:
            blank = False
            for line, text in remaining:
                try:
                    add(
                        fast_path.row(
                            loads(text), line, not plain and b"\\" in text, safe, text, text.count(b'"')
                        )
                    )
                except FALLBACK_ERRORS:
                    if not text or text.isspace():
                        blank = True
                        break
                    self._read_slowly(line, text, result)
                    fast_path = self._fast_path
            if blank:  # there may be millions of blank lines: skip them without parsing
                remaining = (pair for pair in remaining if pair[1] and not pair[1].isspace())

    def all_or_none(self, items: Sequence[Any], line: int, text: bytes) -> list[WriteRow] | None:
        """The rows of the items in `text`, which is one line; None if one of them needs the slow path."""
        fast_path, escaped, safe = self._fast_path, b"\\" in text, exact_json.is_safe(text)
        try:
            if escaped or self._keys_only:
                if not names_are_single(items, text, text.count(b'"')):
                    return None
                return [fast_path.row(item, line, escaped, safe, text, UNCOUNTED) for item in items]
            fast_path.quotes = 0
            rows = [fast_path.row(item, line, escaped, safe, text, SUMMED) for item in items]
            return rows if fast_path.quotes == text.count(b'"') else None
        except FALLBACK_ERRORS:
            return None

    def _read_slowly(self, line: int, text: bytes, result: BlockResult) -> None:
        text = text.removeprefix(_BOM)  # between files that were put together
        try:
            result.rows.append(self._item_reader.of_text(text, line))
        except MalformedRow as error:
            if not self.document(line, text, result):
                self.reject(line, str(error), text, result)
            return
        try:
            item = orjson.loads(text)
            self._fast_path = self._typed if self._item_reader.is_typed(item) else self._plain
            self._fast_path.learn(item)
        except FALLBACK_ERRORS:
            return

    def reject(self, line: int, reason: str, text: bytes, result: BlockResult) -> None:
        """Reject a text that is neither a row nor a document."""
        if self._inner is self:
            result.reject(line, reason, text)
        else:
            result.reject_unnamed(line, NAMES_NO_TABLE if NO_KEY in reason else reason, text)

    def document(self, line: int, text: bytes, result: BlockResult) -> bool:
        """Read a text as a document that contains rows; returns False if it is not a known document."""
        from dynaops.data.parsing.document_parts import PartAction  # few files need these two: see `parser`
        from dynaops.data.parsing.documents import parts_of

        parts = parts_of(text, self._names, len(text) - len(text.lstrip()))
        if parts is None or not _is_all(text, parts):
            return False
        document_result = result.separate()
        puts: list[tuple[int, bytes]] = []
        before = 0
        for part in parts:
            line += text.count(b"\n", before, part.start)
            before = max(before, part.start)
            piece = text[part.start : part.end]
            if part.action is PartAction.NOTE:
                document_result.note(part.table, "", part.reason, line)
            elif self._tables.is_other(part.table, document_result, 1, line):
                continue
            elif self._inner is not self and not part.table:
                document_result.reject_unnamed(line, part.reason or NAMES_NO_TABLE, piece)
            elif part.action is PartAction.PUT and len(piece) < len(text):
                puts.append((line, piece))
            else:
                self._inner.texts(puts, document_result)
                puts = []
                self._inner._other(part, line, piece, document_result)
        self._inner.texts(puts, document_result)
        if not (
            document_result.rows
            or document_result.rejects
            or document_result.not_loaded
            or document_result.without_rows
        ):
            document_result.without_rows += 1
        result.take(document_result)
        return True

    def _other(self, part: DocumentPart, line: int, text: bytes, result: BlockResult) -> None:
        """Read a part of a document that is not a put."""
        from dynaops.data.parsing.document_parts import PartAction

        try:
            if part.action is not PartAction.DELETE:
                raise MalformedRow(part.reason or "an item within an item")
            if self._delete_all:
                result.rows.append(self._item_reader.of_text(text, line))
            elif self._deletes:
                result.rows.append(self._item_reader.deleted(text, line))
            else:
                raise MalformedRow(
                    "is a delete, which --if-not-exists, --update and AWS's engines do not carry out"
                )
        except MalformedRow as error:
            result.reject(
                line, str(error), text, {"delete": True} if part.action is PartAction.DELETE else None
            )


def _is_all(text: bytes, parts: Sequence[DocumentPart]) -> bool:
    """Whether the text around the parts of a document is valid JSON, so that no part was missed."""
    from dynaops.data.parsing.document_parts import PartAction

    if any(part.action is PartAction.FAULT for part in parts):
        return True
    kept, at = [], 0
    for part in parts:
        if part.action is not PartAction.NOTE:
            kept += [text[at : part.start], b"0"]
            at = part.end
    try:
        orjson.loads(b"".join((*kept, text[at:])))
    except ValueError:
        return False
    return True
