"""Warn about a plan that seems to apply the specs of one environment (dev) to the state of another (prod)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dynaops.model.change import Action, Change
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN141
from dynaops.model.findings.rule import make_finding

_STAGES = frozenset(
    {
        *(
            "ci",
            "demo",
            "dev",
            "devel",
            "develop",
            "development",
            "e2e",
            "int",
            "integration",
            "live",
            "local",
        ),
        *("perf", "performance", "playground", "pre", "preprod", "preproduction", "preview", "prd", "prod"),
        *("production", "qa", "sandbox", "sbx", "stage", "staging", "stg", "test", "testing", "tst", "uat"),
    }
)
"""Words that name environments."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VERSION = re.compile(r"v?\d+")
_LEAST, _SHARE = 3, 0.8
"""How many tables, and which share of both sides, must match if no known word for an environment differs."""


class _Swap(NamedTuple):
    """A word in deleted names and the word at its place in created names; empty for no word."""

    before: str
    after: str


def other_environment(changes: Iterable[Change]) -> Finding | None:
    """A warning if most tables are deleted and created again under names that differ in the same word.

    A known word for an environment (dev, prod) on one side, and such a word or no word on the other, is enough for a
    single pair. Any other word must be swapped in most of at least three tables. A version number does not count.
    """
    deleted, created = [], []
    for change in changes:
        if change.kind == "table" and change.action in (Action.DELETE, Action.FORGET):
            deleted.append(change.address)
        elif change.kind == "table" and change.action in (Action.CREATE, Action.ADOPT):
            created.append(change.address)
    if not deleted or not created:
        return None
    pairs = _pairs(deleted, created)
    for swap, _ in Counter(pair[0] for pair in pairs).most_common():
        alike = {(old, new) for pair_swap, old, new in pairs if pair_swap == swap}
        number = min(len({old for old, _ in alike}), len({new for _, new in alike}))
        if _is_telling(swap, number, min(len(deleted), len(created)), max(len(deleted), len(created))):
            return _finding(swap, sorted(alike), len(created), len(deleted))
    return None


def _is_telling(swap: _Swap, number: int, fewer: int, more: int) -> bool:
    if all(word in _STAGES or not word for word in swap):
        return 2 * number >= fewer
    if any(_VERSION.fullmatch(word) for word in swap) or not all(swap):
        return False
    return number >= _LEAST and number >= _SHARE * more


def _pairs(deleted: Sequence[str], created: Sequence[str]) -> list[tuple[_Swap, str, str]]:
    """(swap, deleted name, created name) of all pairs that differ in one word."""
    by_rest: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for name in created:
        for rest, word in _without_each(name):
            by_rest.setdefault(rest, []).append((word, name))
    return [
        (_Swap(word, other), old, new)
        for old in deleted
        for rest, word in _without_each(old)
        for other, new in by_rest.get(rest, ())
        if word != other
    ]


def _without_each(name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(words with one word replaced by a gap, that word) for each word of a name.

    The gap is an empty string, so that words are compared at the same position. All words with an additional gap at
    each position are yielded too, with an empty word, so that ``orders`` and ``orders-dev`` differ in one word.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    for position, word in enumerate(words):
        yield (*words[:position], "", *words[position + 1 :]), word
    for position in range(len(words) + 1):
        yield (*words[:position], "", *words[position:]), ""


def _finding(swap: _Swap, alike: Sequence[tuple[str, str]], created: int, deleted: int) -> Finding:
    old, new = alike[0]
    words = " and ".join(f"`{word}`" if word else "nothing" for word in swap)
    tables = f"{created} {'table' if created == 1 else 'tables'}"
    return make_finding(
        PLAN141,
        "this looks like the specs of one environment on the state of another: "
        f"{tables} would come and {deleted} would go, whose names differ in {words}, such as {old} and {new}",
    )
