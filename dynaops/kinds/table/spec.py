"""What a spec says of a table and its indexes (SPEC-FORMAT, version 1)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from dynaops.model.spec import Fragment

AttributeType = Literal["S", "N", "B"]
BillingMode = Literal["PAY_PER_REQUEST", "PROVISIONED"]
TableClass = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
ViewType = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


class OnDemandThroughput(Fragment):
    """Maximum request units a second of an on-demand table or index; -1 is no maximum."""

    max_read_request_units: int | None = None
    max_write_request_units: int | None = None


class WarmThroughput(Fragment):
    """Units a second that the table or index serves at once. AWS can only raise them."""

    read_units_per_second: int | None = Field(None, ge=1)
    write_units_per_second: int | None = Field(None, ge=1)


class Encryption(Fragment):
    """Encryption at rest: on without a key is the AWS managed key, off is the AWS owned key."""

    toggle: ClassVar[bool] = True
    enabled: bool = True
    kms_key_arn: str | None = None


class Stream(Fragment):
    """DynamoDB Streams, and what each record holds."""

    view_type: ViewType


class Projection(Fragment):
    """Which attributes an index holds beside its keys."""

    type: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "ALL"
    non_key_attributes: list[str] | None = None


class GlobalSecondaryIndex(Fragment):
    """A global secondary index. `replaces` names an index that goes only when this one is ACTIVE."""

    name: str
    hash_key: str | list[str]
    range_key: str | list[str] | None = None
    projection: Projection = Projection()
    read_capacity: int | None = Field(None, ge=1)
    write_capacity: int | None = Field(None, ge=1)
    on_demand_throughput: OnDemandThroughput | None = None
    warm_throughput: WarmThroughput | None = None
    replaces: str | None = None


class LocalSecondaryIndex(Fragment):
    """A local secondary index: made with the table, and never changed."""

    name: str
    range_key: str
    projection: Projection = Projection()


class VectorIndex(Fragment):
    """A vector index. `search_schema` maps attributes to HASH or INLINE_FILTER."""

    name: str
    attribute: str
    dimensions: int = Field(ge=1)
    distance: Literal["COSINE", "DOT_PRODUCT", "EUCLIDEAN"]
    projection: Projection = Projection()
    search_schema: dict[str, Literal["HASH", "INLINE_FILTER"]] | None = None


class Lifecycle(Fragment):
    """How changes are carried out. `on_replace`: what becomes of the rows of a table that must be replaced."""

    prevent_destroy: bool = False
    ignore_changes: list[str] = []
    on_replace: Literal["discard", "backup"] = "discard"
