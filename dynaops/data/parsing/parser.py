"""The parser of a worker process: converts blocks to rows and rejects.

A worker imports this module at its start. Modules that only some loads need (the readers of formats, of partition
folders and of rejects files, the check of TTL values) are imported when the first block needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from dynaops.data.parsing.block_result import BlockResult, Reader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import Container, ParseOptions
from dynaops.data.rows import InputBlock, Parsed

if TYPE_CHECKING:
    from dynaops.data.parsing.csv_rows import CsvRows
    from dynaops.data.parsing.json_rows import JsonRows
    from dynaops.data.parsing.partitioned import PartitionedRows
    from dynaops.data.parsing.rejected import RejectedRows
    from dynaops.data.parsing.tables import TableRows
    from dynaops.data.parsing.ttl import TtlCheck


def make_parser(plan: ParseOptions) -> Callable[[InputBlock], Parsed]:
    """A parser for blocks, which must be created in the process that uses it. Invalid rows never raise an error."""
    return _Parser(plan).parse


class _Parser:
    """Parses the blocks of all sources of a load."""

    def __init__(self, plan: ParseOptions) -> None:
        self._plan = plan
        self._read = _any_reader(plan)

    def parse(self, block: InputBlock) -> Parsed:
        """The rows and rejects of a block."""
        plan, result = self._plan, BlockResult(block.source, self._plan.shard)
        is_rejects_file = plan.layouts[block.source].container is Container.REJECTS
        if is_rejects_file:
            self._rejected.read(block.data, block.first_line, result)
        else:
            self._read(block, result)
        if plan.named_only and not plan.unnamed:
            result.leave_unnamed()
        if self._ttl is not None:
            self._ttl.check(result)
        if result.rejects and not is_rejects_file:
            from dynaops.data.parsing.rejected import with_reading

            result.rejects = with_reading(result.rejects, block, plan)
        return result.parsed()

    @cached_property
    def _ttl(self) -> TtlCheck | None:
        if not self._plan.ttl:
            return None
        from dynaops.data.parsing.ttl import TtlCheck

        return TtlCheck(self._plan.ttl)

    @cached_property
    def _rejected(self) -> RejectedRows:
        from dynaops.data.parsing.rejected import RejectedRows

        return RejectedRows(self._plan, _any_reader)


def _any_reader(plan: ParseOptions) -> Reader:
    """A reader for blocks, including those of files in partition folders."""
    return _Readers(plan, KeyRules(plan.keys)).read_any


def _reader(plan: ParseOptions, rules: KeyRules) -> Reader:
    """A reader for blocks by the layout of the block's source."""
    return _Readers(plan, rules).read


class _Readers:
    """The readers of all formats, each created for the first block of its format."""

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self._plan = plan
        self._rules = rules

    def read_any(self, block: InputBlock, result: BlockResult) -> None:
        """Read a block's rows, with the attributes from its file's partition folders."""
        if folders := self._plan.partitions.get(block.source):
            self._partitioned.read(block, result, folders)
        else:
            self.read(block, result)

    def read(self, block: InputBlock, result: BlockResult) -> None:
        """Read a block's rows."""
        if block.table and self._plan.table and block.table != self._plan.table:
            self._count_other_table(block, result)
            return
        layout = self._plan.layouts[block.source]
        if layout.container is Container.LINES:
            self._json_of(block).lines(block.data, block.first_line, result)
        elif layout.container is Container.STREAM:
            from dynaops.data.parsing.stream import read_stream

            read_stream(self._json_of(block), block.data, block.first_line, result)
        elif layout.container is Container.CSV:
            self._csv.read(block.data, layout.dialect, block.first_line, result)
        elif layout.container is Container.TABLE:
            from dynaops.data.parsing.tables import unpacked

            names, cells = unpacked(block.data)
            self._tables.read(names, cells, result, block.source)
        else:
            from dynaops.data.parsing.arrow import ArrowRows

            rows = ArrowRows(self._plan, self._rules)
            rows.read(block.data, block.first_line, result, block.source)

    def _count_other_table(self, block: InputBlock, result: BlockResult) -> None:
        """Count the rows of a block that belongs to another table, as its file says."""
        from dynaops.data.parsing.json_elements import elements
        from dynaops.data.parsing.table_choice import TableChoice

        rows = sum(1 for _ in elements(block.data))
        TableChoice(self._plan).is_other(block.table, result, rows, block.first_line)

    def _json_of(self, block: InputBlock) -> JsonRows:
        """The JSON reader of a block; with `named_only` the one that reads only rows in documents that name a table."""
        is_named = not self._plan.named_only or block.table or block.source in self._plan.whole
        return self._json if is_named else self._named_json

    @cached_property
    def _named_json(self) -> JsonRows:
        from dynaops.data.parsing.json_rows import JsonRows
        from dynaops.data.parsing.table_choice import NO_KEYS

        return JsonRows(self._plan, KeyRules(NO_KEYS), self._json)

    @cached_property
    def _json(self) -> JsonRows:
        from dynaops.data.parsing.json_rows import JsonRows

        return JsonRows(self._plan, self._rules)

    @cached_property
    def _csv(self) -> CsvRows:
        from dynaops.data.parsing.csv_rows import CsvRows

        return CsvRows(self._plan, self._rules)

    @cached_property
    def _tables(self) -> TableRows:
        from dynaops.data.parsing.tables import TableRows

        return TableRows(self._plan, self._rules)

    @cached_property
    def _partitioned(self) -> PartitionedRows:
        from dynaops.data.parsing.partitioned import PartitionedRows

        return PartitionedRows(self._plan, self._rules, _reader)
