"""What a spec says of a table and its indexes (docs/spec.md, version 1)."""

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
    """Read request units a second at the most."""
    max_write_request_units: int | None = None
    """Write request units a second at the most."""


class WarmThroughput(Fragment):
    """Units a second that the table or index serves at once. AWS can only raise them."""

    read_units_per_second: int | None = Field(None, ge=1)
    """Read units a second."""
    write_units_per_second: int | None = Field(None, ge=1)
    """Write units a second."""


class Encryption(Fragment):
    """Encryption at rest: on without a key is the AWS managed key, off is the AWS owned key."""

    toggle: ClassVar[bool] = True
    enabled: bool = True
    """With an AWS KMS key; off: with a key that AWS owns and does not charge for."""
    kms_key_arn: str | None = None
    """A key of your own. Four changes a day."""


class Stream(Fragment):
    """DynamoDB Streams, and what each record holds."""

    view_type: ViewType
    """What of a changed row a record holds. Another type needs a new stream."""


class Projection(Fragment):
    """Which attributes an index holds beside its keys."""

    type: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "ALL"
    """All attributes, the keys alone, or the keys and those named."""
    non_key_attributes: list[str] | None = None
    """The attributes that INCLUDE adds, up to 20."""


class GlobalSecondaryIndex(Fragment):
    """A global secondary index. `replaces` names an index that goes only when this one is ACTIVE."""

    name: str
    """The index's name: 3 to 255 characters."""
    hash_key: str | list[str]
    """Its partition key; a list of up to 4 attributes for a multi-attribute key."""
    range_key: str | list[str] | None = None
    """Its sort key; a list of up to 4 attributes for a multi-attribute key."""
    projection: Projection = Projection()
    """What it holds. Changing it rebuilds the index."""
    read_capacity: int | None = Field(None, ge=1)
    """Read capacity units; PROVISIONED only. Default: the table's."""
    write_capacity: int | None = Field(None, ge=1)
    """Write capacity units; PROVISIONED only. Default: the table's."""
    on_demand_throughput: OnDemandThroughput | None = None
    """Maxima of an on-demand index."""
    warm_throughput: WarmThroughput | None = None
    """What the index must serve at once."""
    replaces: str | None = None
    """The index that goes when this one is ACTIVE: a rebuild with no gap."""


class LocalSecondaryIndex(Fragment):
    """A local secondary index: made with the table, and never changed."""

    name: str
    """The index's name: 3 to 255 characters."""
    range_key: str
    """Its sort key; the partition key is the table's."""
    projection: Projection = Projection()
    """What it holds."""


class VectorIndex(Fragment):
    """A vector index. `search_schema` maps attributes to HASH or INLINE_FILTER."""

    name: str
    """The index's name: 3 to 255 characters."""
    attribute: str
    """The attribute with the vector."""
    dimensions: int = Field(ge=1)
    """Numbers in a vector."""
    distance: Literal["COSINE", "DOT_PRODUCT", "EUCLIDEAN"]
    """How alike two vectors are, is measured by this."""
    projection: Projection = Projection()
    """What it holds."""
    search_schema: dict[str, Literal["HASH", "INLINE_FILTER"]] | None = None
    """Attribute to HASH or INLINE_FILTER."""


class Lifecycle(Fragment):
    """What dynaops may do to the table, and how. The state remembers the first two, also when the spec is gone."""

    prevent_destroy: bool = False
    """Refuse any plan that deletes or replaces the table or a replica. Given up by an apply of its own."""
    on_destroy: Literal["delete", "retain", "backup"] = "delete"
    """Delete the table; keep it and what is around it in AWS and forget it; or make a last backup before deleting."""
    ignore_changes: list[str] = []
    """Dotted paths whose differences are left alone."""
    on_replace: Literal["discard", "backup"] | None = None
    """Before the table is replaced, do nothing, or make a backup. Default: backup where on_destroy is not delete."""

    def promises(self) -> dict[str, bool | str]:
        """What the state remembers: how the table is kept from being lost, where that is not the default."""
        kept: dict[str, bool | str] = {"prevent_destroy": True} if self.prevent_destroy else {}
        return kept if self.on_destroy == "delete" else {**kept, "on_destroy": self.on_destroy}

    def backs_up_replaced(self) -> bool:
        """Whether the rows of a table that must be replaced are backed up first."""
        return self.on_replace == "backup" or (self.on_replace is None and self.on_destroy != "delete")
