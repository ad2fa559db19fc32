"""The one reader of files that somebody names: regular files, and no more of them than a bound."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dynaops.model.files import FileRefused, Refusal, read_bytes, read_start, read_text
from tests.unusual_files import KINDS, make_unusual, no_hang

MIB = 1024 * 1024


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    make_unusual(path, kind)
    with no_hang(), pytest.raises(FileRefused) as caught:
        read_text(path, MIB)
    assert KINDS[kind] in caught.value.reason


def test_what_replaced_the_file_after_it_was_looked_at_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The type that counts is that of what was opened."""
    path, pipe = tmp_path / "file", tmp_path / "pipe"
    path.write_text("a")
    os.mkfifo(pipe)
    opened = os.open

    def swapped(name: str | Path, flags: int) -> int:
        return opened(pipe if Path(name) == path else name, flags)

    monkeypatch.setattr(os, "open", swapped)
    with no_hang(), pytest.raises(FileRefused, match="a named pipe"):
        read_bytes(path, MIB)


@pytest.mark.parametrize(("size", "fits"), [(0, True), (MIB, True), (MIB + 1, False)])
def test_the_bound_is_exact(tmp_path: Path, size: int, fits: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    if fits:
        assert len(read_bytes(path, MIB)) == size
        return
    with pytest.raises(FileRefused, match="is larger than 1 MiB") as caught:
        read_bytes(path, MIB)
    assert caught.value.why is Refusal.TOO_LARGE


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_size_that_the_system_tells_is_not_believed() -> None:
    """Files below /proc have the size 0 and a content."""
    with pytest.raises(FileRefused, match="is larger than 10 bytes"):
        read_bytes("/proc/self/status", 10)


def test_a_name_that_cannot_be(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(FileRefused):
            read_bytes(tmp_path / name, MIB)


def test_the_start_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert (read_start(path, 4), read_start(path, 99)) == (b"0123", b"0123456789")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_text(path, MIB) == "a: 1"
