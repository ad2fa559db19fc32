"""Offline checks of a table: AWS's static rules, each by a stable id, and what people regret later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynaops.kinds.table.shape import names
from dynaops.model.finding import Finding, Severity

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_TAG = re.compile(r"[\w\s+\-=._:/@]*")
_PRODUCTION = re.compile(r"(^|[-_.])(prod|production|prd|live)($|[-_.])", re.IGNORECASE)
MAX_GLOBAL, MAX_LOCAL, MAX_PROJECTED, MAX_INCLUDED, MAX_KEYS, MAX_TAGS = 20, 5, 100, 20, 4, 50
WARM_MINIMUM = {"read_units_per_second": 12_000, "write_units_per_second": 4_000}
_UNITS = {"read_units_per_second": "read_capacity", "write_units_per_second": "write_capacity"}


def _error(code: str, message: str, path: str, hint: str | None = None) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, path=path, hint=hint)


def _warning(code: str, message: str, path: str, hint: str | None = None) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, path=path, hint=hint)


def _indexes(spec: TableSpec) -> Iterator[tuple[str, Any]]:
    """All secondary and vector indexes with their paths."""
    for key in ("global_secondary_indexes", "local_secondary_indexes", "vector_indexes"):
        for number, index in enumerate(getattr(spec, key) or ()):
            yield f"{key}.{number}", index


def check_names(spec: TableSpec) -> Iterator[Finding]:
    """Table and index names: 3 to 255 of ``a-zA-Z0-9_.-``, index names unique in the table (CreateTable)."""
    if not _NAME.fullmatch(spec.table_name):
        yield _error(
            "DDB101",
            f"{spec.table_name!r} is no table name: 3 to 255 letters, digits, and _ . -",
            "table_name",
        )
    seen: dict[str, str] = {}
    for path, index in _indexes(spec):
        if not _NAME.fullmatch(index.name):
            yield _error(
                "DDB101",
                f"{index.name!r} is no index name: 3 to 255 letters, digits, and _ . -",
                f"{path}.name",
            )
        if index.name in seen:
            yield _error(
                "DDB102",
                f"two indexes are called {index.name}",
                f"{path}.name",
                f"The other: {seen[index.name]}.",
            )
        seen[index.name] = path


def check_attributes(spec: TableSpec) -> Iterator[Finding]:
    """`attributes` are exactly the key attributes of table and indexes (CreateTable, AttributeDefinitions)."""
    used: set[str] = set()
    for path, name in _key_attributes(spec):
        used.add(name)
        if name not in spec.attributes:
            yield _error(
                "DDB103",
                f"the key attribute {name} has no type",
                path,
                f"Add it to attributes, for example `{name}: S`.",
            )
    for name in spec.attributes:
        if name not in used:
            yield _error(
                "DDB104",
                f"the attribute {name} is no key of the table or of an index",
                f"attributes.{name}",
                "Remove it: DynamoDB only declares key attributes, all others need no declaration.",
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
        yield _error("DDB105", "hash_key and range_key are the same attribute", "range_key")
    for number, index in enumerate(spec.global_secondary_indexes or ()):
        path = f"global_secondary_indexes.{number}"
        keys = names(index.hash_key) + names(index.range_key)
        if not names(index.hash_key):
            yield _error("DDB106", "hash_key is empty", f"{path}.hash_key")
        if len(set(keys)) != len(keys):
            yield _error("DDB105", f"index {index.name} names a key attribute twice", path)
        for part in ("hash_key", "range_key"):
            if len(names(getattr(index, part))) > MAX_KEYS:
                yield _error(
                    "DDB106", f"{part} of {index.name} has more than {MAX_KEYS} attributes", f"{path}.{part}"
                )
    for number, local in enumerate(spec.local_secondary_indexes or ()):
        path = f"local_secondary_indexes.{number}"
        if not spec.range_key:
            yield _error(
                "DDB107",
                f"local index {local.name} needs a table with a range key",
                path,
                "Use a global secondary index instead, or give the table a range key.",
            )
        if local.range_key == spec.hash_key:
            yield _error("DDB105", f"range_key of {local.name} is the table's hash key", f"{path}.range_key")


def check_counts(spec: TableSpec) -> Iterator[Finding]:
    """At most 20 GSI, 5 LSI (Service quotas), and 100 projected attributes in all (CreateTable)."""
    count = len(spec.global_secondary_indexes or ())
    if count > MAX_GLOBAL:
        yield _error(
            "DDB111", f"{count} global secondary indexes; AWS allows {MAX_GLOBAL}", "global_secondary_indexes"
        )
    count = len(spec.local_secondary_indexes or ())
    if count > MAX_LOCAL:
        yield _error(
            "DDB112", f"{count} local secondary indexes; AWS allows {MAX_LOCAL}", "local_secondary_indexes"
        )
    projected = sum(len(index.projection.non_key_attributes or ()) for _, index in _indexes(spec))
    if projected > MAX_PROJECTED:
        yield _error(
            "DDB113",
            f"{projected} projected attributes over all indexes; AWS allows {MAX_PROJECTED}",
            "global_secondary_indexes" if spec.global_secondary_indexes else "local_secondary_indexes",
            "Project ALL, or fewer attributes.",
        )


def check_projections(spec: TableSpec) -> Iterator[Finding]:
    """INCLUDE names 1 to 20 attributes that are no keys; ALL and KEYS_ONLY none (Projection, API reference)."""
    for path, index in _indexes(spec):
        named = index.projection.non_key_attributes or []
        where = f"{path}.projection"
        if index.projection.type == "INCLUDE" and not named:
            yield _error(
                "DDB114", f"index {index.name} includes no attributes", where, "Add non_key_attributes."
            )
        if index.projection.type != "INCLUDE" and named:
            yield _error(
                "DDB115",
                f"index {index.name} projects {index.projection.type}, which takes no non_key_attributes",
                f"{where}.non_key_attributes",
                "Remove them, or set type: INCLUDE.",
            )
        if len(named) > MAX_INCLUDED:
            yield _error(
                "DDB116", f"index {index.name} includes {len(named)} attributes; AWS allows 20", where
            )
        if len(set(named)) != len(named):
            yield _error("DDB117", f"index {index.name} includes an attribute twice", where)


def check_capacity(spec: TableSpec) -> Iterator[Finding]:
    """Capacity goes with PROVISIONED, on-demand maxima with PAY_PER_REQUEST (CreateTable)."""
    sources: list[tuple[str, Any, str]] = [("", spec, "the table")]
    for number, index in enumerate(spec.global_secondary_indexes or ()):
        sources.append((f"global_secondary_indexes.{number}.", index, f"index {index.name}"))
    for prefix, source, title in sources:
        for side in ("read_capacity", "write_capacity"):
            if spec.billing_mode != "PROVISIONED" and getattr(source, side) is not None:
                yield _error(
                    "DDB121",
                    f"{side} of {title} needs billing_mode: PROVISIONED",
                    f"{prefix}{side}",
                    "Remove it, or set billing_mode: PROVISIONED.",
                )
        if spec.billing_mode == "PROVISIONED" and source.on_demand_throughput is not None:
            yield _error(
                "DDB122",
                f"on_demand_throughput of {title} needs billing_mode: PAY_PER_REQUEST",
                f"{prefix}on_demand_throughput",
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
            yield _error(
                "DDB123",
                f"billing_mode: PROVISIONED needs {side}_capacity",
                "billing_mode",
                f"Add {side}_capacity, or autoscaling.{side} with a min.",
            )


def _maxima(prefix: str, source: Any, title: str) -> Iterator[Finding]:
    block = source.on_demand_throughput
    for member, value in (block.model_dump(exclude_none=True) if block else {}).items():
        if value != -1 and value < 1:
            yield _error(
                "DDB124",
                f"{member} of {title} is {value}: at least 1, or -1 for no maximum",
                f"{prefix}on_demand_throughput.{member}",
            )


def _warm(spec: TableSpec, prefix: str, source: Any, title: str) -> Iterator[Finding]:
    block = source.warm_throughput
    for member, value in (block.model_dump(exclude_none=True) if block else {}).items():
        least = WARM_MINIMUM[member]
        if spec.billing_mode == "PROVISIONED":
            least = getattr(source, _UNITS[member]) or getattr(spec, _UNITS[member]) or 1
        if value < least:
            yield _error(
                "DDB125",
                f"{member} of {title} is {value}; AWS starts at {least}",
                f"{prefix}warm_throughput.{member}",
            )


def check_replacements(spec: TableSpec) -> Iterator[Finding]:
    """`replaces` names an index that the spec has dropped; the two stand side by side for a while."""
    named = {index.name for index in spec.global_secondary_indexes or ()}
    for number, index in enumerate(spec.global_secondary_indexes or ()):
        if index.replaces and index.replaces in named:
            yield _error(
                "DDB131",
                f"index {index.name} replaces {index.replaces}, which the spec still has",
                f"global_secondary_indexes.{number}.replaces",
                f"Remove {index.replaces} from the list: it goes when {index.name} is ACTIVE.",
            )


def check_vectors(spec: TableSpec) -> Iterator[Finding]:
    """Vector indexes on one attribute have the same dimensions; one HASH at the most (VectorIndex)."""
    dimensions: dict[str, int] = {}
    for number, index in enumerate(spec.vector_indexes or ()):
        path = f"vector_indexes.{number}"
        if dimensions.setdefault(index.attribute, index.dimensions) != index.dimensions:
            yield _error(
                "DDB141",
                f"vector indexes on {index.attribute} must have the same dimensions",
                f"{path}.dimensions",
            )


def check_tags(spec: TableSpec) -> Iterator[Finding]:
    """At most 50 tags; key 1-128, value 0-256 characters, none beginning with ``aws:`` (Tagging, developer guide)."""
    tags = spec.tags or {}
    if len(tags) > MAX_TAGS:
        yield _error("DDB151", f"{len(tags)} tags; AWS allows {MAX_TAGS}", "tags")
    for key, value in tags.items():
        path = f"tags.{key}"
        if key.lower().startswith("aws:"):
            yield _error("DDB152", f"tag {key!r}: the prefix aws: is AWS's own", path)
        if not 1 <= len(key) <= 128 or len(value) > 256:
            yield _error("DDB153", f"tag {key!r}: a key has 1 to 128 characters, a value at most 256", path)
        if not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
            yield _error(
                "DDB154", f"tag {key!r}: only letters, digits, spaces and + - = . _ : / @ are allowed", path
            )


def check_encryption(spec: TableSpec) -> Iterator[Finding]:
    """A KMS key goes with encryption that is on (SSESpecification)."""
    block = spec.encryption
    if block.kms_key_arn and not block.enabled:
        yield _error(
            "DDB161",
            "encryption.enabled: false means the AWS owned key, which takes no kms_key_arn",
            "encryption.kms_key_arn",
        )


def is_production(name: str, tags: Mapping[str, str]) -> bool:
    """Whether a table's name or tags say that it serves production."""
    return any(_PRODUCTION.search(text) for text in (name, *tags.values()))


def advise(spec: TableSpec) -> Iterator[Finding]:
    """What works, and is regretted later."""
    if is_production(spec.table_name, spec.tags or {}) and not spec.deletion_protection:
        yield _warning(
            "DDB201",
            f"{spec.table_name} looks like production, and is not protected from deletion",
            "deletion_protection" if "deletion_protection" in spec.model_fields_set else "table_name",
            "Set deletion_protection: true.",
        )
    wide = [index for index in spec.global_secondary_indexes or () if index.projection.type == "ALL"]
    if len(wide) > 5:
        yield _warning(
            "DDB202",
            f"{len(wide)} indexes project ALL attributes: every write is paid {len(wide)} times over",
            "global_secondary_indexes",
            "Project KEYS_ONLY, or INCLUDE what is queried.",
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
