"""Digests of specs and live resources, which show whether either has changed since a plan was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from dynaops.specs.load import Document

IDENTITY = "(identity)"
"""The key, beside the properties, for the identity of a resource, which changes if it is deleted and created again."""


def digest(value: Any) -> str:
    """A short digest of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def fingerprint(identity: Any, compared: Mapping[str, Any]) -> dict[str, str]:
    """The digests of a live resource, one for each compared path, which a saved plan keeps."""
    return {name: digest(value) for name, value in {IDENTITY: identity, **compared}.items()}


def spec_digests(documents: Iterable[Document]) -> dict[str, dict[str, str]]:
    """The digests of all documents of a plan, by table and then by key of the spec."""
    return {document.spec.table_name: document.digests for document in documents}


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of the parts whose digests differ."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
