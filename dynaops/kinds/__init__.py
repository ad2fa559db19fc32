"""THE CATALOGUE, offline part: every kind's part of a spec and its checks. Their handlers are listed in `handlers`.

Adding a kind is its file, its line in `TableSpec`, its checks below, and its handler's line there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from dynaops.kinds import (
    alarm,
    autoscaling,
    backup_plan,
    iam,
    insights,
    items,
    kinesis,
    log_group,
    pipes,
    recovery,
    replica,
    resource_policy,
    trigger,
    ttl,
)
from dynaops.kinds.alarm import Alarms
from dynaops.kinds.autoscaling import Autoscaling
from dynaops.kinds.backup_plan import Backup
from dynaops.kinds.iam import Iam
from dynaops.kinds.insights import ContributorInsights
from dynaops.kinds.items import FileItem, Item
from dynaops.kinds.kinesis import Kinesis
from dynaops.kinds.log_group import LogGroup
from dynaops.kinds.pipes import Pipe
from dynaops.kinds.recovery import Recovery
from dynaops.kinds.replica import GlobalTable, Replica
from dynaops.kinds.suppression import Suppression
from dynaops.kinds.table import rules as table_rules
from dynaops.kinds.table.spec import (
    AttributeType,
    BillingMode,
    Encryption,
    GlobalSecondaryIndex,
    Lifecycle,
    LocalSecondaryIndex,
    OnDemandThroughput,
    Stream,
    TableClass,
    VectorIndex,
    WarmThroughput,
)
from dynaops.kinds.trigger import Trigger
from dynaops.kinds.ttl import Ttl
from dynaops.model.finding import Finding
from dynaops.model.spec import Fragment


class TableSpec(Fragment):
    """One table and everything around it (version 1 of the format)."""

    table_name: str
    """The table's name: 3 to 255 of a-z, A-Z, 0-9, _, . and -. A table's name cannot change."""
    external: bool = False
    """The table is others': it is read, and never changed, created or deleted. Then only the name is required;
    region, hash_key, range_key and attributes are checks, and alarms and iam are ours around it."""
    region: str | None = None
    """The table's home region. Default: --region, then the AWS configuration."""
    hash_key: str
    """The partition key's attribute. Fixed at creation: changing it replaces the table."""
    range_key: str | None = None
    """The sort key's attribute, if there is one. Fixed at creation."""
    attributes: dict[str, AttributeType]
    """Name to type (S, N or B): exactly the key attributes of the table and its indexes."""
    billing_mode: BillingMode = "PAY_PER_REQUEST"
    """Pay for requests, or for provisioned capacity."""
    read_capacity: int | None = Field(None, ge=1)
    """Read capacity units; PROVISIONED only. Autoscaling's minimum where autoscaling is on."""
    write_capacity: int | None = Field(None, ge=1)
    """Write capacity units; PROVISIONED only. Autoscaling's minimum where autoscaling is on."""
    on_demand_throughput: OnDemandThroughput | None = None
    """Maxima of an on-demand table."""
    warm_throughput: WarmThroughput | None = None
    """What the table must serve at once. It can only be raised."""
    table_class: TableClass = "STANDARD"
    """STANDARD_INFREQUENT_ACCESS costs less for storage and more for reads and writes. Two changes in 30 days."""
    deletion_protection: bool = False
    """AWS refuses to delete the table while this is on."""
    encryption: Encryption = Encryption()
    """Encryption at rest."""
    point_in_time_recovery: Recovery = Recovery()
    """Continuous backups, from which any second of the period can be restored."""
    ttl: Ttl | None = None
    """Rows that expire by themselves."""
    stream: Stream | None = None
    """DynamoDB Streams. On by itself where triggers or replicas need it."""
    global_secondary_indexes: list[GlobalSecondaryIndex] | None = None
    """Up to 20; one is built or deleted at a time."""
    vector_indexes: list[VectorIndex] | None = None
    """Indexes for similarity search."""
    local_secondary_indexes: list[LocalSecondaryIndex] | None = None
    """Up to 5; made with the table, and fixed."""
    autoscaling: Autoscaling | None = None
    """Provisioned capacity that follows use."""
    iam: Iam | None = None
    """Least-privilege IAM policies for the table's users."""
    lambda_triggers: list[Trigger] | None = None
    """Lambda functions that the stream invokes."""
    pipes: list[Pipe] | None = None
    """EventBridge pipes that send the stream's records to targets."""
    log_group: LogGroup | None = None
    """The CloudWatch log group of the stream's processing."""
    kinesis: Kinesis | None = None
    """Changes sent to a Kinesis data stream."""
    backup: Backup | None = None
    """Scheduled backups by AWS Backup."""
    replicas: list[Replica] | None = None
    """The other regions of a global table."""
    global_table: GlobalTable | None = None
    """Settings of the global table as a whole."""
    multi_region_consistency: Literal["EVENTUAL", "STRONG"] = "EVENTUAL"
    """STRONG needs an empty table, and two replicas or one with a witness."""
    witness_region: str | None = None
    """The region that keeps a witness instead of a replica; STRONG only."""
    contributor_insights: ContributorInsights | None = None
    """CloudWatch Contributor Insights: which keys are used, or throttled, most."""
    resource_policy: dict[str, Any] | None = None
    """An IAM policy document on the table itself; ${table_arn} is filled in."""
    alarms: Alarms | None = None
    """CloudWatch alarms on the table, its indexes, its replicas and its triggers."""
    items: list[Item] | None = None
    """Rows that are part of the spec: plain values or DynamoDB JSON."""
    items_file: str | None = None
    """The same from a JSON, JSON lines or YAML file beside the spec."""
    tags: dict[str, str] | None = None
    """Up to 50. Tags that others set are left alone."""
    lifecycle: Lifecycle | None = None
    """What dynaops may do to the table."""
    suppress: list[Suppression] | None = None
    """Findings that are accepted for this table, each with a reason."""
    _file_items: tuple[FileItem, ...] = PrivateAttr(())

    @property
    def file_items(self) -> tuple[FileItem, ...]:
        """What stands in `items_file`."""
        return self._file_items

    def with_file_items(self, result: tuple[FileItem, ...]) -> TableSpec:
        """The spec with what was read from its `items_file`."""
        copy = self.model_copy()
        copy._file_items = result
        return copy

    def suppressed(self, code: str) -> str | None:
        """The reason why findings of this id are accepted; None where they are not."""
        return next(
            (suppression.reason for suppression in self.suppress or () if suppression.finding == code), None
        )

    def wanted_stream(self) -> dict[str, str] | None:
        """The stream that is asked for, or that triggers and replicas need; None where nobody wants one."""
        if self.stream is not None:
            return {"view_type": self.stream.view_type}
        if self.lambda_triggers or self.replicas:
            return {"view_type": "NEW_AND_OLD_IMAGES"}
        return None


Rule = Callable[[TableSpec], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    *table_rules.RULES,
    recovery.rules,
    ttl.rules,
    insights.rules,
    resource_policy.rules,
    autoscaling.rules,
    trigger.rules,
    pipes.rules,
    iam.rules,
    log_group.rules,
    kinesis.rules,
    backup_plan.rules,
    replica.rules,
    items.rules,
    alarm.rules,
)
"""The offline checks of a spec, kind by kind."""
