"""Digests that tell whether the world has moved since a plan was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from dynaops.engine.load import Document
    from dynaops.model.resource import Observed


def digest(value: Any) -> str:
    """A short digest of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def fingerprint(live: Observed) -> str:
    """The digest of a live resource: what a saved plan was made on."""
    identity = live.outputs.get("id")
    return digest({"id": identity, "properties": live.properties})


def spec_digest(documents: Iterable[Document]) -> str:
    """The digest of all documents a plan was made from."""
    return digest(sorted(document.digest for document in documents))
