"""Good files, damaged at random, to every reader: each ends in a result or in words, never in a crash or a hang."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dynaops.model.errors import DynaopsError
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
HANG = 10.0
"""Seconds after which one input counts as a hang."""


@dataclass
class Counts:
    """Executions by target, how many inputs were taken all the same, and what crashed or hung."""

    tried: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        for name, count in self.tried.items():
            yield f"{name:<14}{count:>9} executions, {self.taken.get(name, 0)} of them taken as good"
        yield f"{'in all':<14}{sum(self.tried.values()):>9} executions, {len(self.crashes)} crashes"
        yield from self.crashes


def run(counts: Counts, executions: int, first: int = 0, hang: float | None = None) -> None:
    """So many inputs for each target; `first` is the number of the first, by which any can be made again.

    `hang`: seconds after which one counts as a hang; None on a machine whose speed tells nothing.
    """
    with targets() as chosen, tempfile.TemporaryDirectory() as folder:
        for target in chosen:
            for number in range(first, first + executions):
                _try(target, number, Path(folder), counts, hang)


def _try(target: Target, number: int, folder: Path, counts: Counts, hang: float | None) -> None:
    pick = random.Random(f"{target.name} {number}")
    name, raw = pick.choice(target.seeds)
    path = folder / name
    path.write_bytes(damaged(raw, pick))
    counts.tried[target.name] = counts.tried.get(target.name, 0) + 1
    started = time.monotonic()
    try:
        target.reader(path)
        counts.taken[target.name] = counts.taken.get(target.name, 0) + 1
    except DynaopsError:
        pass
    except Exception as error:
        counts.crashes.append(f"CRASH {target.name} {number} ({name}): {type(error).__name__}: {error}"[:400])
    if hang is not None and time.monotonic() - started > hang:
        counts.crashes.append(f"HANG {target.name} {number} ({name})")


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
