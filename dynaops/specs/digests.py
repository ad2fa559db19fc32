"""Digests that tell whether the world has moved since a plan was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from dynaops.specs.load import Document

IDENTITY = "(identity)"
"""Beside the properties: which resource it is, of those that were ever made by its name. No property is named so."""


def digest(value: Any) -> str:
    """A short digest of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def fingerprint(identity: Any, compared: Mapping[str, Any]) -> dict[str, str]:
    """The digests of a live resource, one a path that was compared: what a saved plan was made on."""
    return {name: digest(value) for name, value in {IDENTITY: identity, **compared}.items()}


def spec_digests(documents: Iterable[Document]) -> dict[str, dict[str, str]]:
    """The digests of all documents a plan was made from: table -> key -> digest of what the spec says there."""
    return {document.spec.table_name: document.digests for document in documents}


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The parts whose digests differ, by name."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
