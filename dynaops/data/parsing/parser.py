"""The parser of a worker process: blocks in, rows and rejects out."""

from __future__ import annotations

from collections.abc import Callable

from dynaops.data.parsing.elements import elements
from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.lines import JsonRows
from dynaops.data.parsing.partitioned import PartitionedRows, Reader
from dynaops.data.parsing.plan import Container, ParsePlan
from dynaops.data.parsing.records import CsvRows
from dynaops.data.parsing.rejected import RejectedRows, with_reading
from dynaops.data.parsing.stream import read_stream
from dynaops.data.parsing.table_choice import NO_KEYS, TableChoice
from dynaops.data.parsing.tables import TableRows, unpacked
from dynaops.data.parsing.ttl import TtlCheck
from dynaops.data.rows import Block, Parsed


def make_parser(plan: ParsePlan) -> Callable[[Block], Parsed]:
    """A parser for blocks, to be made in the process that uses it. It never raises for what is in a row."""
    ttl = TtlCheck(plan.ttl) if plan.ttl else None
    read = _any_reader(plan)
    rejected = RejectedRows(plan, _any_reader)

    def parse(block: Block) -> Parsed:
        harvest = Harvest(block.source)
        if plan.layouts[block.source].container is Container.REJECTS:
            rejected.read(block.data, block.first_line, harvest)
        else:
            read(block, harvest)
        if plan.named_only and not plan.unnamed:
            harvest.leave_unnamed()
        if ttl is not None:
            ttl.check(harvest)
        if harvest.rejects and plan.layouts[block.source].container is not Container.REJECTS:
            harvest.rejects = with_reading(harvest.rejects, block, plan)
        return harvest.parsed(plan.shard)

    return parse


def _any_reader(plan: ParsePlan) -> Reader:
    """What makes rows of blocks, also of files in partition folders."""
    rules = KeyRules(plan.keys)
    read, partitioned = _reader(plan, rules), PartitionedRows(plan, rules, _reader)

    def read_any(block: Block, harvest: Harvest) -> None:
        if folders := plan.partitions.get(block.source):
            partitioned.read(block, harvest, folders)
        else:
            read(block, harvest)

    return read_any


def _reader(plan: ParsePlan, rules: KeyRules) -> Reader:
    """What makes rows of blocks, by the layout of the block's source."""
    json, csv, tables = JsonRows(plan, rules), CsvRows(plan, rules), TableRows(plan, rules)

    choice = TableChoice(plan)
    outer = JsonRows(plan, KeyRules(NO_KEYS), json) if plan.named_only else json

    def read(block: Block, harvest: Harvest) -> None:
        layout = plan.layouts[block.source]
        if block.table and plan.table and block.table != plan.table:
            count = sum(1 for _ in elements(block.data))
            choice.is_other(block.table, harvest, count, block.first_line)
            return
        rows = json if block.table or block.source in plan.whole else outer
        if layout.container is Container.LINES:
            rows.lines(block.data, block.first_line, harvest)
        elif layout.container is Container.STREAM:
            read_stream(rows, block.data, block.first_line, harvest)
        elif layout.container is Container.CSV:
            csv.read(block.data, layout.dialect, block.first_line, harvest)
        elif layout.container is Container.TABLE:
            names, cells = unpacked(block.data)
            tables.read(names, cells, harvest, block.source)
        else:
            from dynaops.data.parsing.arrow import ArrowRows

            ArrowRows(plan, rules).read(block.data, block.first_line, harvest, block.source)

    return read
