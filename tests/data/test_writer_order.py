"""Rows of one key never overtake one another, whatever AWS answers and when; time is virtual."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from zlib import crc32

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dynaops.data.key_order import KeyOrder, OrderGrant, hashes_of
from dynaops.data.options import Counts, Mode
from dynaops.data.rate import AdaptiveConcurrency
from dynaops.data.requests import RequestOutcome, write_request_for
from dynaops.data.rows import DeletedRow, InputBlock, Keys, Parsed, Position, WriteRow
from dynaops.data.writer import BlockWrite, Writer, WriterEvents
from tests.data.simulated_table import INVALID, Item, SimulatedTable, VirtualLoop, one_after_another

KEYS = Keys("id", None)
HOUR = 3600.0


class Loading:
    """Loads blocks of items with one writer, as a worker does, and ends when all blocks are finished."""

    def __init__(
        self, table: SimulatedTable, mode: Mode, blocks: Sequence[Sequence[Item]], in_flight: int
    ) -> None:
        self.counts = Counts()
        self._blocks = [[_row(item, line) for line, item in enumerate(block)] for block in blocks]
        self._order = KeyOrder()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = len(blocks)
        window = AdaptiveConcurrency(in_flight)
        events = WriterEvents(self._finished, self._stopped)
        self._writer = Writer(table, write_request_for(mode, "t", KEYS), mode, window, None, HOUR, events)

    async def run(self) -> None:
        for number, rows in enumerate(self._blocks):
            self._grant(self._order.announce(number, hashes_of(row.key for row in rows)))
        if self._left:
            await asyncio.wait_for(self._ended, 100 * HOUR)

    def _grant(self, grants: Sequence[OrderGrant]) -> None:
        for grant in grants:
            if grant.first:
                rows = list(self._blocks[grant.number])
                block = InputBlock(grant.number, "file", 1, b"x" * len(rows), Position(0, 0, 0))
                self._writer.add(block, Parsed(rows, [], len(rows)), grant.keys)
            else:
                self._writer.release(grant.number, grant.keys)

    def _finished(self, job: BlockWrite) -> None:
        self.counts.add(job.counts)
        self._left -= 1
        self._grant(self._order.confirm(job.number))
        if not self._left:
            self._ended.set_result(None)

    def _stopped(self, outcome: RequestOutcome) -> None:
        self._ended.set_exception(AssertionError(f"the load stopped: {outcome}"))


def _row(item: Item, line: int) -> WriteRow:
    kind = DeletedRow if set(item) == {"id"} else WriteRow
    return kind(orjson.dumps(item), item["id"]["S"].encode(), 100, line)


def _item(number: int, key: str, content: str) -> Item:
    """The item of row `number`: a delete, one that AWS refuses, or one that tells which row it is of."""
    item: Item = {"id": {"S": key}}
    if content == "delete":
        return item
    return {**item, "n": {"N": str(number)}, **({INVALID: {"BOOL": True}} if content == INVALID else {})}


def load_items(
    mode: Mode, blocks: Sequence[Sequence[Item]], seed: int, trouble: float, in_flight: int = 8
) -> tuple[SimulatedTable, Counts]:
    """The table after a load of these blocks, and what was counted."""
    pick = random.Random(seed)
    random.seed(seed)  # of the waits between attempts
    table = SimulatedTable(pick, trouble)

    async def run() -> Counts:
        loading = Loading(table, mode, blocks, in_flight)
        await loading.run()
        return loading.counts

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return table, runner.run(run())


CONTENTS = st.sampled_from(["value"] * 6 + ["delete", INVALID])
ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), CONTENTS), max_size=40)


@pytest.mark.parametrize("mode", [Mode.PUT, Mode.IF_NOT_EXISTS, Mode.UPDATE])
@given(
    blocks=st.lists(ROWS, max_size=4),
    seed=st.integers(0, 1_000_000),
    trouble=st.sampled_from([0.0, 0.3, 0.8]),
)
@settings(max_examples=60, deadline=None)
def test_a_table_holds_what_rows_one_after_another_leave(
    mode: Mode, blocks: list[list[tuple[str, str]]], seed: int, trouble: float
) -> None:
    numbers = iter(range(1_000))
    items = [
        [
            _item(next(numbers), key, "value" if content == "delete" and mode is not Mode.PUT else content)
            for key, content in block
        ]
        for block in blocks
    ]
    table, counts = load_items(mode, items, seed, trouble)
    everything = [item for block in items for item in block]
    assert table.items == one_after_another(everything, mode)
    assert not table.under_way
    assert counts.read == len(everything)
    invalid = sum(INVALID in item for item in everything)
    # One that a later row of the block replaces is not even sent.
    assert counts.rejected <= invalid if mode is Mode.PUT else counts.rejected == invalid
    done = counts.written + counts.deleted + counts.skipped + counts.unsure + counts.rejected
    assert done == counts.read


@given(
    keys=st.lists(st.sampled_from("aAbBcC"), min_size=2, max_size=20),
    seed=st.integers(0, 1_000_000),
    trouble=st.sampled_from([0.0, 0.5]),
)
@example(keys=["a", "b", "A"], seed=1, trouble=0.0)
@settings(max_examples=150, deadline=None)
def test_keys_that_aws_alone_calls_equal_keep_their_order(keys: list[str], seed: int, trouble: float) -> None:
    """As with two ways of writing a number: one request has both, AWS refuses it, and they are sent in turn."""
    keys = list(dict.fromkeys(keys))
    items = [_item(number, key, "value") for number, key in enumerate(keys)]
    table, _ = load_items(Mode.PUT, [items], seed, trouble, in_flight=4)
    assert table.items == one_after_another(items, "put")


def test_rows_of_different_keys_are_under_way_together() -> None:
    """Order is kept by letting rows of one key wait, and no others."""
    items = [_item(number, f"key-{number}", "value") for number in range(500)]
    table, counts = load_items(Mode.PUT, [items[:250], items[250:]], seed=1, trouble=0.0)
    assert (len(table.items), counts.written, table.requests) == (500, 500, 20)
    assert len({crc32(item["id"]["S"].encode()) for item in items}) == 500
