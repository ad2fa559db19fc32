"""A source of blocks from a list of inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import orjson

from dynaops.data.parsing.dialect import QuoteStyle
from dynaops.data.parsing.parse_options import Container
from dynaops.data.reading import tabular
from dynaops.data.reading.chunking import (
    BLOCK_BYTES,
    AfterLine,
    AfterRecord,
    Chunk,
    FindCut,
    Opening,
    pieces,
)
from dynaops.data.reading.coverage import Coverage
from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.decompress import InputStream
from dynaops.data.reading.detect import Detected
from dynaops.data.reading.exports import check_expected
from dynaops.data.reading.json_documents import Inside, JsonDocuments
from dynaops.data.rows import InputBlock, InputFault, Position, RowCount

_COUNTING = {
    Container.LINES: RowCount.LINES,
    Container.REJECTS: RowCount.LINES,
    Container.CSV: RowCount.RECORDS,
    Container.STREAM: RowCount.ELEMENTS,
}


class FileSource:
    """Inputs one after the other. It can be read from any position it gave out, unless it is stdin."""

    def __init__(
        self, inputs: Sequence[Detected], block: int = BLOCK_BYTES, faults: Sequence[InputFault] = ()
    ) -> None:
        self.inputs = tuple(inputs)
        self.faults = tuple(faults)
        """What is known to be missing before anything is read; told behind the last input."""
        self._block = block
        self._read = 0
        self._stored = 0
        self._done = 0

    @property
    def size(self) -> int | None:
        """About how many bytes all blocks will have, as far as it shows by now; None where that cannot be told."""
        total = 0
        for input in self.inputs:
            if input.source.size is None:
                return None
            total += input.source.size
        return round(total * self._read / self._stored) if self._stored else total

    def digest(self) -> str:
        """What changes when an input does."""
        inputs = [
            (input.source.identity, input.packing, input.layout, input.opening, input.part, input.encoding)
            for input in self.inputs
        ]
        return hashlib.sha256(repr((inputs, self._block)).encode()).hexdigest()

    def blocks(self, start: Position | None = None) -> Iterator[InputBlock]:
        """The blocks from `start` on; their numbers count from 0. Raises DynaopsError kinds.

        An input that cannot be read to its end because of its content ends with a block that has a `fault`.
        """
        first = start or Position(0, 0, 0)
        self._done = sum(detected.source.size or 0 for detected in self.inputs[: first.source])
        number = 0
        for at in range(first.source, len(self.inputs)):
            detected = self.inputs[at]
            begin = first if at == first.source and start else None
            try:
                for piece in self._pieces(detected, begin):
                    self._read += len(piece.data)
                    yield _block(number, detected, piece, at)
                    number += 1
            except DamagedInput as error:
                end = Position(at + 1, 0, 1)
                yield InputBlock(
                    number, detected.source.name, 0, b"", end, fault=InputFault(error.message, error.hint)
                )
                number += 1
            self._done += detected.source.size or 0
        for at in range(max(first.source, len(self.inputs)), len(self.inputs) + len(self.faults)):
            fault = self.faults[at - len(self.inputs)]
            yield InputBlock(number, "", 0, b"", Position(at + 1, 0, 1), fault=fault)
            number += 1

    def _pieces(self, detected: Detected, begin: Position | None) -> Iterator[Chunk]:
        if detected.part is not None:
            yield from tabular.pieces(
                detected.source, detected.packing, detected.part, begin.offset if begin else 0
            )
            return
        opening = detected.opening
        if begin and begin.offset > opening.offset:
            opening = Opening(begin.offset, begin.line)
        stream = InputStream(detected.source, detected.packing, opening.offset, detected.encoding)
        coverage = Coverage(detected.source.name, opening.offset)
        line = opening.line
        before = stream.taken
        try:
            for piece in self._cut_up(detected, stream, opening, begin, coverage.between):
                self._stored += stream.taken - before
                before = stream.taken
                coverage.piece(piece)
                line = piece.next_line + (not piece.data.endswith(b"\n"))
                yield piece
            coverage.end(detected.source, stream)
            if detected.source.expected is not None:
                check_expected(detected.source, detected.source.expected, stream.md5, line - 1)
        finally:
            stream.close()

    def _cut_up(
        self,
        detected: Detected,
        stream: InputStream,
        opening: Opening,
        begin: Position | None,
        between: Callable[[int], None],
    ) -> Iterator[Chunk]:
        """The pieces of a text from `opening` on, which is `begin` where reading goes on."""
        name = detected.source.name
        if detected.layout.container is not Container.STREAM:
            return pieces(stream, opening, name, _cut(detected), self._block, between)
        inside = Inside.of(begin.context) if begin else detected.inside
        return JsonDocuments(stream, name, self._block, between).pieces(opening, inside)


def _block(number: int, detected: Detected, piece: Chunk, at: int) -> InputBlock:
    """A piece of the input number `at` as a block."""
    layout = detected.layout
    counting = _COUNTING.get(layout.container, RowCount.UNKNOWN)
    dialect = layout.dialect
    if layout.container is Container.CSV and (dialect.style is not QuoteStyle.QUOTED or dialect.spaced):
        counting = RowCount.UNKNOWN  # other ways to escape than the standard's
    data = detected.opening.header + piece.data if detected.opening.header else piece.document or piece.data
    return InputBlock(
        number,
        detected.source.name,
        piece.line,
        data,
        Position(at, piece.end, piece.next_line, piece.context),
        rows=piece.rows,
        counting=counting,
        delimiter=dialect.delimiter,
        table=piece.table,
    )


def _cut(detected: Detected) -> FindCut:
    if detected.layout.container in (Container.LINES, Container.REJECTS):
        return AfterLine()
    return AfterRecord(detected.layout.dialect, len(orjson.loads(detected.opening.header)))
