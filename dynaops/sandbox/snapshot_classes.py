"""The classes that a sandbox's snapshot may name: exactly these, each by its module and its name.

Neither a function nor anything else that can be called to run code is among them, and no nested class: a dotted name
could reach through a listed class or module to something else. `tests/sandbox/test_snapshot.py` holds the list to what
moto and the sandbox keep. A service whose content names any other class is not saved.
"""

from __future__ import annotations

_PLAIN = {
    "builtins": "dict list set int str float bool",
    "collections": "OrderedDict defaultdict deque Counter",
    "datetime": "datetime date time timedelta timezone",
    "decimal": "Decimal",
    "uuid": "UUID",
}

_SANDBOX = {
    "dynaops.sandbox.autoscaling.model": "Activity ScalableTarget ScalingRegistry ScheduledAction TrackingPolicy",
    "dynaops.sandbox.backup.backup_jobs": "BackupJob BackupJobs",
    "dynaops.sandbox.backup.copy_jobs": "CopyJob CopyJobs",
    "dynaops.sandbox.backup.model": "Estate PlanVersion RecoveryPoint Selection StoredPlan StoredVault VaultLock",
    "dynaops.sandbox.backup.restore_jobs": "RestoreJob RestoreJobs",
    "dynaops.sandbox.backup.settings": "RegionSettings",
    "dynaops.sandbox.dynamodb.backups": "StoredBackup StoredBackups",
    "dynaops.sandbox.dynamodb.bulk": "Bulk Bulks",
    "dynaops.sandbox.dynamodb.bulk_records": "BulkOutcome",
    "dynaops.sandbox.dynamodb.data": "DataTable ReplicatingShard",
    "dynaops.sandbox.dynamodb.export": "ExportJob ExportJobs",
    "dynaops.sandbox.dynamodb.global_tables": "GlobalTable GlobalTableMember GlobalTables",
    "dynaops.sandbox.dynamodb.history": "ItemChange ItemHistory",
    "dynaops.sandbox.dynamodb.imports": "ImportJob ImportJobs",
    "dynaops.sandbox.dynamodb.insights": "IndexInsights InsightsState",
    "dynaops.sandbox.dynamodb.kinesis": "KinesisDestination KinesisState",
    "dynaops.sandbox.dynamodb.model": "Index SandboxTable SandboxTables Throughput Warm",
    "dynaops.sandbox.dynamodb.moto_bridge": "_Aside",
    "dynaops.sandbox.dynamodb.policy": "ResourcePolicyState",
    "dynaops.sandbox.dynamodb.recovery": "RecoveryState",
    "dynaops.sandbox.dynamodb.statistics": "Measure MeasuredSizes",
    "dynaops.sandbox.dynamodb.stream_store": "Ended TableStream",
    "dynaops.sandbox.dynamodb.tags": "TagState",
    "dynaops.sandbox.dynamodb.transfer": "InputObjects",
    "dynaops.sandbox.dynamodb.ttl": "TtlState",
    "dynaops.sandbox.lambdas.model": "Mapping Mappings",
    "dynaops.sandbox.pipes.model": "SandboxPipe SandboxPipes",
    "dynaops.sandbox.world": "Region ScheduledEvent",
}

_MOTO = {
    "moto.applicationautoscaling.models": (
        "ApplicationAutoscalingBackend FakeApplicationAutoscalingPolicy FakeScalableTarget FakeScheduledAction"
    ),
    "moto.awslambda.models": (
        "EventInvokeConfig EventSourceMapping FunctionUrlConfig ImageConfig LambdaAlias LambdaBackend LambdaFunction "
        "LambdaStorage LambdaVersion Layer LayerStorage LayerVersion Permission"
    ),
    "moto.awslambda.policy": "Policy",
    "moto.backup.models": "BackupBackend Plan ReportPlan Vault",
    "moto.cloudwatch.models": (
        "Alarm CloudWatchBackend Dashboard Dimension InsightRule Metric MetricAggregatedDatum MetricDataQuery "
        "MetricDatum MetricDatumBase MetricStat Statistics"
    ),
    "moto.dynamodb.models": "DynamoDBBackend",
    "moto.dynamodb.models.dynamo_type": "DynamoType Item LimitedSizeDict",
    "moto.dynamodb.models.table": (
        "Backup GlobalSecondaryIndex LocalSecondaryIndex ResourcePolicy RestoredPITTable RestoredTable StreamRecord "
        "StreamShard Table"
    ),
    "moto.dynamodb.models.table_export": "TableExport",
    "moto.dynamodb.models.table_import": "TableImport",
    "moto.dynamodbstreams.models": "DynamoDBStreamsBackend ShardIterator",
    "moto.ecs.models": "EC2ContainerServiceBackend",
    "moto.iam.models": (
        "AWSManagedPolicy AccessKey AccessKeyLastUsed AccountPasswordPolicy AccountSummary Certificate Group "
        "IAMBackend InlinePolicy InstanceProfile MFADevice ManagedPolicy OpenIDConnectProvider Policy PolicyVersion "
        "Role SAMLProvider SigningCertificate SshPublicKey User VirtualMfaDevice"
    ),
    "moto.kinesis.models": "Consumer KinesisBackend Record Shard Stream",
    "moto.kms.models": "Alias Grant Key KmsBackend",
    "moto.kms.utils": "ECDSAPrivateKey RSAPrivateKey",
    "moto.logs.metric_filters": "MetricFilters",
    "moto.logs.models": (
        "Delivery DeliveryDestination DeliverySource Destination ExportTask LogEvent LogGroup LogQuery "
        "LogResourcePolicy LogStream LogsBackend SubscriptionFilter"
    ),
    "moto.resourcegroupstaggingapi.models": "ResourceGroupsTaggingAPIBackend",
    "moto.s3.models": (
        "CorsRule FakeAcl FakeBucket FakeBucketInventoryConfiguration FakeDeleteMarker FakeGrant FakeGrantee FakeKey "
        "FakeMultipart FakeTableStorageBucket LifeCycleNoncurrentVersionTransition LifecycleAndFilter "
        "LifecycleFilter LifecycleRule LifecycleTransition MultipartDict Notification NotificationConfiguration "
        "PublicAccessBlock S3Backend"
    ),
    "moto.s3.utils": "_VersionedKeyStore",
    "moto.sns.models": "PlatformApplication PlatformEndpoint SMS SNSBackend Subscription Topic",
    "moto.sqs.models": "Message Queue SQSBackend",
    "moto.sts.models": "AssumedRole STSBackend Token",
    "moto.utilities.tagging_service": "TaggingService",
    "moto.utilities.utils": "LowercaseDict",
    "requests.structures": "CaseInsensitiveDict",
}

CLASSES = frozenset(
    (module, name)
    for modules in (_PLAIN, _SANDBOX, _MOTO)
    for module, names in modules.items()
    for name in names.split()
)
"""Pairs of module and class name."""

FORMER_NAMES = {
    ("dynaops.sandbox.autoscaling.model", "Policy"): ("dynaops.sandbox.autoscaling.model", "TrackingPolicy"),
    ("dynaops.sandbox.autoscaling.model", "Scaling"): (
        "dynaops.sandbox.autoscaling.model",
        "ScalingRegistry",
    ),
    ("dynaops.sandbox.autoscaling.model", "Schedule"): (
        "dynaops.sandbox.autoscaling.model",
        "ScheduledAction",
    ),
    ("dynaops.sandbox.autoscaling.model", "Target"): ("dynaops.sandbox.autoscaling.model", "ScalableTarget"),
    ("dynaops.sandbox.backup.model", "Lock"): ("dynaops.sandbox.backup.model", "VaultLock"),
    ("dynaops.sandbox.backup.model", "Plan"): ("dynaops.sandbox.backup.model", "StoredPlan"),
    ("dynaops.sandbox.backup.model", "Vault"): ("dynaops.sandbox.backup.model", "StoredVault"),
    ("dynaops.sandbox.backup.model", "Version"): ("dynaops.sandbox.backup.model", "PlanVersion"),
    ("dynaops.sandbox.backup.settings", "Settings"): ("dynaops.sandbox.backup.settings", "RegionSettings"),
    ("dynaops.sandbox.dynamodb.backups", "Backup"): ("dynaops.sandbox.dynamodb.backups", "StoredBackup"),
    ("dynaops.sandbox.dynamodb.backups", "Backups"): ("dynaops.sandbox.dynamodb.backups", "StoredBackups"),
    ("dynaops.sandbox.dynamodb.bulk_records", "Outcome"): (
        "dynaops.sandbox.dynamodb.bulk_records",
        "BulkOutcome",
    ),
    ("dynaops.sandbox.dynamodb.export", "Export"): ("dynaops.sandbox.dynamodb.export", "ExportJob"),
    ("dynaops.sandbox.dynamodb.export", "Exports"): ("dynaops.sandbox.dynamodb.export", "ExportJobs"),
    ("dynaops.sandbox.dynamodb.groups", "Group"): ("dynaops.sandbox.dynamodb.global_tables", "GlobalTable"),
    ("dynaops.sandbox.dynamodb.groups", "Groups"): ("dynaops.sandbox.dynamodb.global_tables", "GlobalTables"),
    ("dynaops.sandbox.dynamodb.groups", "Member"): (
        "dynaops.sandbox.dynamodb.global_tables",
        "GlobalTableMember",
    ),
    ("dynaops.sandbox.dynamodb.history", "Change"): ("dynaops.sandbox.dynamodb.history", "ItemChange"),
    ("dynaops.sandbox.dynamodb.history", "History"): ("dynaops.sandbox.dynamodb.history", "ItemHistory"),
    ("dynaops.sandbox.dynamodb.imports", "Import"): ("dynaops.sandbox.dynamodb.imports", "ImportJob"),
    ("dynaops.sandbox.dynamodb.imports", "Imports"): ("dynaops.sandbox.dynamodb.imports", "ImportJobs"),
    ("dynaops.sandbox.dynamodb.insights", "One"): ("dynaops.sandbox.dynamodb.insights", "IndexInsights"),
    ("dynaops.sandbox.dynamodb.insights", "State"): ("dynaops.sandbox.dynamodb.insights", "InsightsState"),
    ("dynaops.sandbox.dynamodb.kinesis", "Destination"): (
        "dynaops.sandbox.dynamodb.kinesis",
        "KinesisDestination",
    ),
    ("dynaops.sandbox.dynamodb.kinesis", "State"): ("dynaops.sandbox.dynamodb.kinesis", "KinesisState"),
    ("dynaops.sandbox.dynamodb.model", "Table"): ("dynaops.sandbox.dynamodb.model", "SandboxTable"),
    ("dynaops.sandbox.dynamodb.model", "Tables"): ("dynaops.sandbox.dynamodb.model", "SandboxTables"),
    ("dynaops.sandbox.dynamodb.policy", "State"): ("dynaops.sandbox.dynamodb.policy", "ResourcePolicyState"),
    ("dynaops.sandbox.dynamodb.recovery", "State"): ("dynaops.sandbox.dynamodb.recovery", "RecoveryState"),
    ("dynaops.sandbox.dynamodb.statistics", "Sizes"): (
        "dynaops.sandbox.dynamodb.statistics",
        "MeasuredSizes",
    ),
    ("dynaops.sandbox.dynamodb.stream_store", "Stream"): (
        "dynaops.sandbox.dynamodb.stream_store",
        "TableStream",
    ),
    ("dynaops.sandbox.dynamodb.tags", "State"): ("dynaops.sandbox.dynamodb.tags", "TagState"),
    ("dynaops.sandbox.dynamodb.transfer", "Source"): ("dynaops.sandbox.dynamodb.transfer", "InputObjects"),
    ("dynaops.sandbox.dynamodb.ttl", "State"): ("dynaops.sandbox.dynamodb.ttl", "TtlState"),
    ("dynaops.sandbox.world", "Event"): ("dynaops.sandbox.world", "ScheduledEvent"),
}
"""Names of classes in snapshots of earlier versions, and what the classes are called now."""
