"""Offline checks of a table: AWS's static rules, each by a stable id, and what people regret later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynaops.kinds.table.mapping import names
from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.table import (
    DDB101,
    DDB102,
    DDB103,
    DDB104,
    DDB105,
    DDB106,
    DDB107,
    DDB111,
    DDB112,
    DDB113,
    DDB114,
    DDB115,
    DDB116,
    DDB117,
    DDB121,
    DDB122,
    DDB123,
    DDB124,
    DDB125,
    DDB131,
    DDB141,
    DDB151,
    DDB152,
    DDB153,
    DDB154,
    DDB161,
    DDB201,
    DDB202,
)

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_TAG = re.compile(r"[\w\s+\-=._:/@]*")
_PRODUCTION = re.compile(r"(^|[-_.])(prod|production|prd|live)($|[-_.])", re.IGNORECASE)
MAX_GLOBAL, MAX_LOCAL, MAX_PROJECTED, MAX_INCLUDED, MAX_KEYS, MAX_TAGS = 20, 5, 100, 20, 4, 50
WARM_MINIMUM = {"read_units_per_second": 12_000, "write_units_per_second": 4_000}
_UNITS = {"read_units_per_second": "read_capacity", "write_units_per_second": "write_capacity"}


def _indexes(spec: TableSpec) -> Iterator[tuple[str, Any]]:
    """All secondary and vector indexes with their paths."""
    for key in ("global_secondary_indexes", "local_secondary_indexes", "vector_indexes"):
        for number, index in enumerate(getattr(spec, key) or ()):
            yield f"{key}.{number}", index


def check_names(spec: TableSpec) -> Iterator[Finding]:
    """Table and index names: 3 to 255 of ``a-zA-Z0-9_.-``, index names unique in the table (CreateTable)."""
    if not _NAME.fullmatch(spec.table_name):
        yield make_finding(
            DDB101,
            f"{spec.table_name!r} is no table name: 3 to 255 letters, digits, and _ . -",
            path="table_name",
        )
    seen: dict[str, str] = {}
    for path, index in _indexes(spec):
        if not _NAME.fullmatch(index.name):
            yield make_finding(
                DDB101,
                f"{index.name!r} is no index name: 3 to 255 letters, digits, and _ . -",
                path=f"{path}.name",
            )
        if index.name in seen:
            yield make_finding(
                DDB102,
                f"two indexes are called {index.name}",
                f"The other: {seen[index.name]}.",
                path=f"{path}.name",
            )
        seen[index.name] = path


def check_attributes(spec: TableSpec) -> Iterator[Finding]:
    """`attributes` are exactly the key attributes of table and indexes (CreateTable, AttributeDefinitions)."""
    used: set[str] = set()
    for path, name in _key_attributes(spec):
        used.add(name)
        if name not in spec.attributes:
            yield make_finding(
                DDB103,
                f"the key attribute {name} has no type",
                f"Add it to attributes, for example `{name}: S`.",
                path=path,
            )
    for name in spec.attributes:
        if name not in used:
            yield make_finding(
                DDB104,
                f"the attribute {name} is no key of the table or of an index",
                path=f"attributes.{name}",
            )


def _key_attributes(spec: TableSpec) -> Iterator[tuple[str, str]]:
    yield "hash_key", spec.hash_key
    if spec.range_key:
        yield "range_key", spec.range_key
    for path, index in _indexes(spec):
        for part in ("hash_key", "range_key"):
            for name in names(getattr(index, part, None)):
                yield f"{path}.{part}", name


def check_keys(spec: TableSpec) -> Iterator[Finding]:
    """Key shapes: distinct attributes, up to 4 each in a GSI; an LSI needs a table with a range key."""
    if spec.range_key == spec.hash_key:
        yield make_finding(DDB105, "hash_key and range_key are the same attribute", path="range_key")
    for number, index in enumerate(spec.global_secondary_indexes or ()):
        path = f"global_secondary_indexes.{number}"
        keys = names(index.hash_key) + names(index.range_key)
        if not names(index.hash_key):
            yield make_finding(DDB106, "hash_key is empty", path=f"{path}.hash_key")
        if len(set(keys)) != len(keys):
            yield make_finding(DDB105, f"index {index.name} names a key attribute twice", path=path)
        for part in ("hash_key", "range_key"):
            if len(names(getattr(index, part))) > MAX_KEYS:
                yield make_finding(
                    DDB106,
                    f"{part} of {index.name} has more than {MAX_KEYS} attributes",
                    path=f"{path}.{part}",
                )
    for number, local in enumerate(spec.local_secondary_indexes or ()):
        path = f"local_secondary_indexes.{number}"
        if not spec.range_key:
            yield make_finding(DDB107, f"local index {local.name} needs a table with a range key", path=path)
        if local.range_key == spec.hash_key:
            yield make_finding(
                DDB105, f"range_key of {local.name} is the table's hash key", path=f"{path}.range_key"
            )


def check_counts(spec: TableSpec) -> Iterator[Finding]:
    """At most 20 GSI, 5 LSI (Service quotas), and 100 projected attributes in all (CreateTable)."""
    count = len(spec.global_secondary_indexes or ())
    if count > MAX_GLOBAL:
        yield make_finding(
            DDB111,
            f"{count} global secondary indexes; AWS allows {MAX_GLOBAL}",
            path="global_secondary_indexes",
        )
    count = len(spec.local_secondary_indexes or ())
    if count > MAX_LOCAL:
        yield make_finding(
            DDB112, f"{count} local secondary indexes; AWS allows {MAX_LOCAL}", path="local_secondary_indexes"
        )
    projected = sum(len(index.projection.non_key_attributes or ()) for _, index in _indexes(spec))
    if projected > MAX_PROJECTED:
        yield make_finding(
            DDB113,
            f"{projected} projected attributes over all indexes; AWS allows {MAX_PROJECTED}",
            path="global_secondary_indexes" if spec.global_secondary_indexes else "local_secondary_indexes",
        )


def check_projections(spec: TableSpec) -> Iterator[Finding]:
    """INCLUDE names 1 to 20 attributes that are no keys; ALL and KEYS_ONLY none (Projection, API reference)."""
    for path, index in _indexes(spec):
        named = index.projection.non_key_attributes or []
        where = f"{path}.projection"
        if index.projection.type == "INCLUDE" and not named:
            yield make_finding(DDB114, f"index {index.name} includes no attributes", path=where)
        if index.projection.type != "INCLUDE" and named:
            yield make_finding(
                DDB115,
                f"index {index.name} projects {index.projection.type}, which takes no non_key_attributes",
                path=f"{where}.non_key_attributes",
            )
        if len(named) > MAX_INCLUDED:
            yield make_finding(
                DDB116, f"index {index.name} includes {len(named)} attributes; AWS allows 20", path=where
            )
        if len(set(named)) != len(named):
            yield make_finding(DDB117, f"index {index.name} includes an attribute twice", path=where)


def check_capacity(spec: TableSpec) -> Iterator[Finding]:
    """Capacity goes with PROVISIONED, on-demand maxima with PAY_PER_REQUEST (CreateTable)."""
    sources: list[tuple[str, Any, str]] = [("", spec, "the table")]
    for number, index in enumerate(spec.global_secondary_indexes or ()):
        sources.append((f"global_secondary_indexes.{number}.", index, f"index {index.name}"))
    for prefix, source, title in sources:
        for side in ("read_capacity", "write_capacity"):
            if spec.billing_mode != "PROVISIONED" and getattr(source, side) is not None:
                yield make_finding(
                    DDB121, f"{side} of {title} needs billing_mode: PROVISIONED", path=f"{prefix}{side}"
                )
        if spec.billing_mode == "PROVISIONED" and source.on_demand_throughput is not None:
            yield make_finding(
                DDB122,
                f"on_demand_throughput of {title} needs billing_mode: PAY_PER_REQUEST",
                path=f"{prefix}on_demand_throughput",
            )
        yield from _maxima(prefix, source, title)
        yield from _warm(spec, prefix, source, title)
    yield from _missing_capacity(spec)


def _missing_capacity(spec: TableSpec) -> Iterator[Finding]:
    if spec.billing_mode != "PROVISIONED":
        return
    for side in ("read", "write"):
        scaled = spec.autoscaling is not None and getattr(spec.autoscaling, side) is not None
        if getattr(spec, f"{side}_capacity") is None and not scaled:
            yield make_finding(
                DDB123,
                f"billing_mode: PROVISIONED needs {side}_capacity",
                f"Add {side}_capacity, or autoscaling.{side} with a min.",
                path="billing_mode",
            )


def _maxima(prefix: str, source: Any, title: str) -> Iterator[Finding]:
    block = source.on_demand_throughput
    for member, value in (block.model_dump(exclude_none=True) if block else {}).items():
        if value != -1 and value < 1:
            yield make_finding(
                DDB124,
                f"{member} of {title} is {value}: at least 1, or -1 for no maximum",
                path=f"{prefix}on_demand_throughput.{member}",
            )


def _warm(spec: TableSpec, prefix: str, source: Any, title: str) -> Iterator[Finding]:
    block = source.warm_throughput
    for member, value in (block.model_dump(exclude_none=True) if block else {}).items():
        least = WARM_MINIMUM[member]
        if spec.billing_mode == "PROVISIONED":
            least = getattr(source, _UNITS[member]) or getattr(spec, _UNITS[member]) or 1
        if value < least:
            yield make_finding(
                DDB125,
                f"{member} of {title} is {value}; AWS starts at {least}",
                path=f"{prefix}warm_throughput.{member}",
            )


def check_replacements(spec: TableSpec) -> Iterator[Finding]:
    """`replaces` names an index that the spec has dropped; the two stand side by side for a while."""
    named = {index.name for index in spec.global_secondary_indexes or ()}
    for number, index in enumerate(spec.global_secondary_indexes or ()):
        if index.replaces and index.replaces in named:
            yield make_finding(
                DDB131,
                f"index {index.name} replaces {index.replaces}, which the spec still has",
                f"Remove {index.replaces} from the list: it goes when {index.name} is ACTIVE.",
                path=f"global_secondary_indexes.{number}.replaces",
            )


def check_vectors(spec: TableSpec) -> Iterator[Finding]:
    """Vector indexes on one attribute have the same dimensions; one HASH at the most (VectorIndex)."""
    dimensions: dict[str, int] = {}
    for number, index in enumerate(spec.vector_indexes or ()):
        path = f"vector_indexes.{number}"
        if dimensions.setdefault(index.attribute, index.dimensions) != index.dimensions:
            yield make_finding(
                DDB141,
                f"vector indexes on {index.attribute} must have the same dimensions",
                path=f"{path}.dimensions",
            )


def check_tags(spec: TableSpec) -> Iterator[Finding]:
    """At most 50 tags; key 1-128, value 0-256 characters, none beginning with ``aws:`` (Tagging, developer guide)."""
    tags = spec.tags or {}
    if len(tags) > MAX_TAGS:
        yield make_finding(DDB151, f"{len(tags)} tags; AWS allows {MAX_TAGS}", path="tags")
    for key, value in tags.items():
        path = f"tags.{key}"
        if key.lower().startswith("aws:"):
            yield make_finding(DDB152, f"tag {key!r}: the prefix aws: is AWS's own", path=path)
        if not 1 <= len(key) <= 128 or len(value) > 256:
            yield make_finding(
                DDB153, f"tag {key!r}: a key has 1 to 128 characters, a value at most 256", path=path
            )
        if not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
            yield make_finding(
                DDB154,
                f"tag {key!r}: only letters, digits, spaces and + - = . _ : / @ are allowed",
                path=path,
            )


def check_encryption(spec: TableSpec) -> Iterator[Finding]:
    """A KMS key goes with encryption that is on (SSESpecification)."""
    block = spec.encryption
    if block.kms_key_arn and not block.enabled:
        yield make_finding(
            DDB161,
            "encryption.enabled: false means the AWS owned key, which takes no kms_key_arn",
            path="encryption.kms_key_arn",
        )


def is_production(name: str, tags: Mapping[str, str]) -> bool:
    """Whether a table's name or tags say that it serves production."""
    return any(_PRODUCTION.search(text) for text in (name, *tags.values()))


def advise(spec: TableSpec) -> Iterator[Finding]:
    """What works, and is regretted later."""
    if is_production(spec.table_name, spec.tags or {}) and not spec.deletion_protection:
        yield make_finding(
            DDB201,
            f"{spec.table_name} looks like production, and is not protected from deletion",
            path="deletion_protection" if "deletion_protection" in spec.model_fields_set else "table_name",
        )
    wide = [index for index in spec.global_secondary_indexes or () if index.projection.type == "ALL"]
    if len(wide) > 5:
        yield make_finding(
            DDB202,
            f"{len(wide)} indexes project ALL attributes: every write is paid {len(wide)} times over",
            path="global_secondary_indexes",
        )


RULES = (
    check_names,
    check_attributes,
    check_keys,
    check_counts,
    check_projections,
    check_capacity,
    check_replacements,
    check_vectors,
    check_tags,
    check_encryption,
    advise,
)
