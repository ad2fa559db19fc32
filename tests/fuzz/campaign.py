"""Good files, damaged at random, to every reader: each ends in a result or in words, never in a crash or a hang."""

from __future__ import annotations

import random
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dynaops.model.errors import DynaopsError
from tests.fuzz.json_damage import json_damaged
from tests.fuzz.targets import Target, targets

_TOKENS = (
    *(b"{", b"}", b"[", b"]", b'"', b"'", b":", b",", b"\n", b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf"),
    *(b"null", b"true", b"-1", b"1e999", b"9" * 400, b"NaN", b"Infinity", b"\\u0000", b"\\ud800"),
    *(b"&a ", b"*a", b"!!python/object:os.system ", b"<<: ", b"? ", b"- ", b"${", b"${x}", b"..%2f", b"../"),
    *(
        b"\x1b[31m",
        b"__proto__",
        b"${file:/etc/passwd}",
        b"[" * 300,
        b"{" * 300,
        b"2026-02-30",
        b"0x",
        b"0o8",
    ),
)
HANG = 60.0
"""Processor seconds after which one input counts as a hang, in the long form alone."""
MAX_INPUT = 64 * 1024
"""Bytes of an input."""


@dataclass
class Counts:
    """Executions and bytes by target, how many inputs were taken all the same, and what crashed or hung."""

    tried: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What was counted, a line for each target and one for all."""
        for name, count in self.tried.items():
            size = self.read[name] / 1_000_000
            yield f"{name:<18}{count:>9} executions, {size:>7.1f} MB, {self.taken.get(name, 0)} of them taken as good"
        size = sum(self.read.values()) / 1_000_000
        yield f"{'in all':<18}{sum(self.tried.values()):>9} executions, {size:>7.1f} MB, {len(self.crashes)} crashes"
        yield from self.crashes


@dataclass(frozen=True)
class Bounds:
    """How much is tried. `first`: the number of the first input, by which any can be made again.

    `only`: the names of the targets, all where there are none. `seconds`: wall-clock time after which no more is
    begun. `hang`: processor seconds after which an input counts as a hang. Without the last two, the same inputs are
    tried wherever it runs.
    """

    executions: int
    """For each target."""
    first: int = 0
    only: tuple[str, ...] = ()
    seconds: float | None = None
    hang: float | None = None


def run(counts: Counts, bounds: Bounds) -> None:
    """Hand damaged and made-up inputs to the targets, one for each in turn."""
    ends = None if bounds.seconds is None else time.monotonic() + bounds.seconds
    with targets() as known, tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")  # Python's warnings are no words for users
        chosen = [target for target in known if not bounds.only or target.name in bounds.only]
        for number in range(bounds.first, bounds.first + bounds.executions):
            for target in chosen:
                if ends is not None and time.monotonic() > ends:
                    return
                _try(target, number, Path(folder), counts, bounds.hang)


def _try(target: Target, number: int, folder: Path, counts: Counts, hang: float | None) -> None:
    name, data = input_of(target, number)
    path = folder / name
    path.write_bytes(data)
    counts.tried[target.name] = counts.tried.get(target.name, 0) + 1
    counts.read[target.name] = counts.read.get(target.name, 0) + len(data)
    started = time.process_time()
    try:
        target.reader(path)
        counts.taken[target.name] = counts.taken.get(target.name, 0) + 1
    except DynaopsError:
        pass
    except Exception as error:
        counts.crashes.append(f"CRASH {target.name} {number} ({name}): {type(error).__name__}: {error}"[:400])
    if hang is not None and time.process_time() - started > hang:
        counts.crashes.append(f"HANG {target.name} {number} ({name})")
    path.unlink()


def input_of(target: Target, number: int) -> tuple[str, bytes]:
    """The file of that number: its name and content, the same on every machine."""
    pick = random.Random(f"{target.name} {number}")
    if target.makers and pick.random() < 0.5:
        name, raw = pick.choice(target.makers)(pick)
        return name, (damaged(raw, pick) if pick.random() < 0.2 else raw)[:MAX_INPUT]
    name, raw = pick.choice(target.seeds)
    if target.holds_json and raw[:1] in (b"{", b"[") and pick.random() < 0.6:
        return name, json_damaged(raw, pick)[:MAX_INPUT]
    return name, damaged(raw, pick)[:MAX_INPUT]


def damaged(raw: bytes, pick: random.Random) -> bytes:
    """`raw` with one to six things wrong: bytes turned, cut out, doubled, moved, or tokens put in."""
    data = bytearray(raw)
    for _ in range(pick.randint(1, 6)):
        start = pick.randrange(len(data) + 1)
        end = min(len(data), start + pick.choice((1, 2, 8, 64)))
        kind = pick.randrange(5)
        if kind == 0:
            data[start:end] = pick.randbytes(end - start)
        elif kind == 1:
            del data[start:end]
        elif kind == 2:
            data[start:start] = data[start:end] * pick.choice((1, 2, 50))
        elif kind == 3:
            data[start:start] = pick.choice(_TOKENS)
        else:
            piece = data[start:end]
            del data[start:end]
            place = pick.randrange(len(data) + 1)
            data[place:place] = piece
    return bytes(data)
