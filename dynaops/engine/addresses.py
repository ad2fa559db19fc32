"""Addresses: match patterns (``--target 'shop-*'``), and compare with addresses above and below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from dynaops.model.errors import DynaopsError


def table_of(address: str) -> str:
    """The address of the table that an address belongs to: its first segment."""
    return address.partition("/")[0]


def is_below(address: str, root: str) -> bool:
    """Whether `address` is `root` or lies below it."""
    return address == root or address.startswith(f"{root}/")


def matches(address: str, pattern: str) -> bool:
    """Whether `pattern` matches `address` or an address above it.

    ``*``, ``?`` and ``[abc]`` stand for characters of one segment: ``shop-*``, ``*/gsi/*``.
    """
    if is_below(address, pattern):  # a name may hold brackets itself
        return True
    names, patterns = address.split("/"), pattern.strip("/").split("/")
    return len(names) >= len(patterns) and all(map(fnmatchcase, names, patterns))


def selected(address: str, patterns: Sequence[str]) -> bool:
    """Whether any of `patterns` matches `address` or an address above it; without patterns, all are selected."""
    return not patterns or any(matches(address, pattern) for pattern in patterns)


def check_patterns(patterns: Iterable[str], addresses: Iterable[str]) -> None:
    """Raise DynaopsError for a pattern that matches none of `addresses`."""
    known = sorted(set(addresses))
    for pattern in patterns:
        if not any(matches(address, pattern) for address in known):
            similar = get_close_matches(pattern, known, 1)
            hint = f"Did you mean {similar[0]}?" if similar else _examples(known)
            raise DynaopsError(f"--target {pattern} fits no address of this plan", hint)


def _examples(known: Sequence[str]) -> str:
    tables = [address for address in known if "/" not in address]
    if not tables:
        return "There is no table to plan."
    shown = ", ".join(tables[:5]) + (", ..." if len(tables) > 5 else "")
    return f"Tables there are: {shown}. An address such as users/gsi/by-email names a part of one."
