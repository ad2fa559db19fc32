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
    "dynaops.sandbox.autoscaling.model": "Activity Policy Scaling Schedule Target",
    "dynaops.sandbox.backup.backup_jobs": "BackupJob BackupJobs",
    "dynaops.sandbox.backup.copy_jobs": "CopyJob CopyJobs",
    "dynaops.sandbox.backup.model": "Estate Lock Plan RecoveryPoint Selection Vault Version",
    "dynaops.sandbox.backup.restore_jobs": "RestoreJob RestoreJobs",
    "dynaops.sandbox.backup.settings": "Settings",
    "dynaops.sandbox.dynamodb.backups": "Backup Backups",
    "dynaops.sandbox.dynamodb.bulk": "Bulk Bulks",
    "dynaops.sandbox.dynamodb.bulk_records": "Outcome",
    "dynaops.sandbox.dynamodb.data": "DataTable ReplicatingShard",
    "dynaops.sandbox.dynamodb.export": "Export Exports",
    "dynaops.sandbox.dynamodb.global_tables": "Group Groups Member",
    "dynaops.sandbox.dynamodb.history": "Change History",
    "dynaops.sandbox.dynamodb.imports": "Import Imports",
    "dynaops.sandbox.dynamodb.insights": "One State",
    "dynaops.sandbox.dynamodb.kinesis": "Destination State",
    "dynaops.sandbox.dynamodb.model": "Index Table Tables Throughput Warm",
    "dynaops.sandbox.dynamodb.moto_bridge": "_Aside",
    "dynaops.sandbox.dynamodb.policy": "State",
    "dynaops.sandbox.dynamodb.recovery": "State",
    "dynaops.sandbox.dynamodb.statistics": "Measure Sizes",
    "dynaops.sandbox.dynamodb.stream_store": "Ended Stream",
    "dynaops.sandbox.dynamodb.tags": "State",
    "dynaops.sandbox.dynamodb.transfer": "Source",
    "dynaops.sandbox.dynamodb.ttl": "State",
    "dynaops.sandbox.lambdas.model": "Mapping Mappings",
    "dynaops.sandbox.world": "Event Region",
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
