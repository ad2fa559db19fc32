"""A source and a parser as small as can be: flat JSON objects of strings and numbers, one a line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from dynaops.data.rows import InputBlock, Parsed, Position, Reject, WriteRow
from dynaops.model.errors import DynaopsError


@dataclass(frozen=True)
class FlatPlan:
    """The key's attributes."""

    keys: tuple[str, ...] = ("id",)


def flat_parser(plan: FlatPlan) -> Callable[[InputBlock], Parsed]:
    """Makes rows of lines; a line that is no JSON object, or lacks a key, is rejected."""

    def parse(block: InputBlock) -> Parsed:
        rows, rejects = [], []
        lines = block.data.splitlines()
        for at, line in enumerate(lines, block.first_line):
            try:
                found: dict[str, Any] = orjson.loads(line)
                key = "\0".join(str(found[name]) for name in plan.keys).encode()
            except (ValueError, KeyError) as error:
                rejects.append(Reject(block.source, at, f"no row: {error}", line.decode()))
                continue
            item = {n: {"S": v} if isinstance(v, str) else {"N": str(v)} for n, v in found.items()}
            rows.append(WriteRow(orjson.dumps(item), key, len(line), at))
        return Parsed(rows, rejects, len(lines))

    return parse


class FlatSource:
    """A JSONL file in blocks of about `size` bytes."""

    def __init__(self, path: Path, size: int = 262_144) -> None:
        self._path = path
        self._size = size

    def blocks(self, start: Position | None = None) -> Iterator[InputBlock]:
        """The blocks from `start` on."""
        offset, line, number = (start.offset, start.line, 0) if start else (0, 1, 0)
        with self._path.open("rb") as file:
            file.seek(offset)
            while data := file.read(self._size):
                data += file.readline()
                offset += len(data)
                end = line + data.count(b"\n")
                yield InputBlock(number, self._path.name, line, data, Position(0, offset, end))
                line, number = end, number + 1


def faulty_parser(plan: str) -> Callable[[InputBlock], Parsed]:
    """A parser that fails in the way that `plan` says."""

    def parse(block: InputBlock) -> Parsed:
        if plan == "told":
            raise DynaopsError("The input is encrypted", "Decrypt it.")
        if plan == "raises":
            raise ZeroDivisionError("by nought")
        if plan == "dies":
            os._exit(3)
        return None  # type: ignore[return-value]

    return parse
