"""The calls of DynamoDB and DynamoDB Streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dynaops.access.rules import Body, CallLocation, Need, ServiceRules, TagsAtCreation, service_linked_role

_OF_NO_TABLE = (
    "ListTables",
    "DescribeLimits",
    "ListBackups",
    "ListImports",
    "ListExports",
    "ListGlobalTables",
)
_NAMING_MEMBERS = ("TableName", "SourceTableName", "TableArn", "ResourceArn", "BackupArn", "ExportArn")
_REPLICA_DATA = ("Query", "Scan", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
_KEY = ("DescribeKey", "CreateGrant", "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey")
_REPLICATION = "replication.dynamodb.amazonaws.com"


def _resources(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if api in _OF_NO_TABLE:
        return ("*",)
    if isinstance(body.get("RequestItems"), Mapping):
        return tuple(location.table(name) for name in body["RequestItems"])
    for member in _NAMING_MEMBERS:
        if body.get(member):
            name = str(body[member])
            table = name if "Arn" in member else location.table(name)
            if api.endswith("ContributorInsights") and body.get("IndexName"):
                return (f"{table}/index/{body['IndexName']}",)
            return (table,)
    return ("*",)


def _dependent_needs(api: str, location: CallLocation, body: Body) -> Iterator[Need]:
    if api == "CreateTable" and body.get("ResourcePolicy"):
        yield Need("dynamodb:PutResourcePolicy", location.table(str(body["TableName"])))
    if api in ("CreateTable", "UpdateTable"):
        yield from _encryption(location, body)
        yield from _replicas(location, body)
    if api == "EnableKinesisStreamingDestination":
        for action in ("DescribeStream", "PutRecord", "PutRecords"):
            yield Need(f"kinesis:{action}", str(body["StreamArn"]))


def _encryption(location: CallLocation, body: Body) -> Iterator[Need]:
    key = (body.get("SSESpecification") or {}).get("KMSMasterKeyId")
    if key:
        yield from _key_use(location, str(key))


def _key_use(location: CallLocation, key: str) -> Iterator[Need]:
    via = (("kms:ViaService", f"dynamodb.{location.region}.amazonaws.com"),)
    for action in _KEY:
        yield Need(f"kms:{action}", location.key(key), via)


def _replicas(location: CallLocation, body: Body) -> Iterator[Need]:
    """The actions on the replica's table in its region, which the caller must be allowed to create, fill and delete."""
    for update in body.get("ReplicaUpdates") or ():
        for verb, given in update.items():
            replica_location = CallLocation(str(given["RegionName"]), location.account)
            table = replica_location.table(str(body["TableName"]))
            own = f"{verb}TableReplica"
            actions: tuple[str, ...]
            if verb == "Create":
                actions = ("CreateTable", own, "DescribeTable", "UpdateTable", *_REPLICA_DATA)
                yield service_linked_role(location, _REPLICATION)
            else:
                actions = ("DeleteTable", own) if verb == "Delete" else ("UpdateTable",)
            for action in actions:
                yield Need(f"dynamodb:{action}", table)
            if verb == "Create":
                yield Need(f"dynamodb:{own}", location.table(str(body["TableName"])))
            if given.get("KMSMasterKeyId"):
                yield from _key_use(replica_location, str(given["KMSMasterKeyId"]))


def _stream_resources(_api: str, _location: CallLocation, body: Body) -> Iterable[str]:
    stream = str(body.get("StreamArn", "*"))
    return (f"{stream.rpartition('/stream/')[0]}/stream/*" if "/stream/" in stream else "*",)


RULES = ServiceRules(
    resources=_resources,
    dependent_needs=_dependent_needs,
    linked_roles={
        "EnableKinesisStreamingDestination": "kinesisreplication.dynamodb.amazonaws.com",
        "UpdateContributorInsights": "contributorinsights.dynamodb.amazonaws.com",
    },
    tagged={"CreateTable": TagsAtCreation("Tags", "dynamodb:TagResource")},
)
STREAMS = ServiceRules(resources=_stream_resources, prefix="dynamodb")
