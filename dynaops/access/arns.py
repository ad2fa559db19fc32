"""The resource ARNs of a call, from its parameters: as exact as AWS's Service Authorization Reference allows.

Ids that AWS generates are not known before the call: they are ``*``, as are calls without resource-level permissions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dynaops.model.arns import arn, iam_arn

Body = Mapping[str, Any]


class CallLocation(NamedTuple):
    """The region and account of a call."""

    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return arn(service, self.region, self.account, resource)

    def table(self, name: str) -> str:
        """The ARN of the table with this name; an ARN is returned unchanged."""
        return name if name.startswith("arn:") else self.arn("dynamodb", f"table/{name}")

    def key(self, name: str) -> str:
        """The key's ARN. A policy cannot name an alias as resource: for an alias any key of the region is meant."""
        if "alias/" in name:
            return self.arn("kms", "key/*")
        return name if name.startswith("arn:") else self.arn("kms", f"key/{name}")


def resources(service: str, api: str, location: CallLocation, body: Body) -> Iterable[str]:
    """The ARNs of the resources that a call reads or changes."""
    finder = _FINDERS.get(service)
    return finder(api, location, body) if finder else ("*",)


def _dynamodb(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if api in (
        "ListTables",
        "DescribeLimits",
        "ListBackups",
        "ListImports",
        "ListExports",
        "ListGlobalTables",
    ):
        return ("*",)
    if isinstance(body.get("RequestItems"), Mapping):
        return tuple(location.table(name) for name in body["RequestItems"])
    for member in ("TableName", "SourceTableName", "TableArn", "ResourceArn", "BackupArn", "ExportArn"):
        if body.get(member):
            name = str(body[member])
            table = name if "Arn" in member else location.table(name)
            if api.endswith("ContributorInsights") and body.get("IndexName"):
                return (f"{table}/index/{body['IndexName']}",)
            return (table,)
    return ("*",)


def _streams(_api: str, _where: CallLocation, body: Body) -> Iterable[str]:
    arn = str(body.get("StreamArn", "*"))
    return (f"{arn.rpartition('/stream/')[0]}/stream/*" if "/stream/" in arn else "*",)


def _autoscaling(api: str, location: CallLocation, _body: Body) -> Iterable[str]:
    reads = api.startswith("Describe")
    return ("*",) if reads else (location.arn("application-autoscaling", "scalable-target/*"),)


def _cloudwatch(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("ResourceARN"):
        return (str(body["ResourceARN"]),)
    names = body.get("AlarmNames") or ([body["AlarmName"]] if body.get("AlarmName") else [])
    if names and api != "DescribeAlarms":
        return tuple(location.arn("cloudwatch", f"alarm:{name}") for name in names)
    return ("*",)


def _logs(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if api == "DescribeLogGroups":
        return (location.arn("logs", "log-group:*"),)
    if body.get("resourceArn"):
        return (str(body["resourceArn"]),)
    name = body.get("logGroupName")
    return (location.arn("logs", f"log-group:{name}"),) if name else ("*",)


def _lambda(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if api in ("CreateEventSourceMapping", "ListEventSourceMappings", "ListFunctions"):
        return ("*",)
    if api in ("GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"):
        return (location.arn("lambda", "event-source-mapping:*"),)
    if body.get("Resource"):
        arn = str(body["Resource"])
        return (arn.rpartition(":")[0] + ":*" if ":event-source-mapping:" in arn else arn,)
    name = str(body.get("FunctionName", "*"))
    return (name if name.startswith("arn:") else location.arn("lambda", f"function:{name}"),)


def _iam(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    def own(kind: str, name: object) -> str:
        return iam_arn(location.region, location.account, f"{kind}{body.get('Path') or '/'}{name}")

    if body.get("RoleName"):
        known = body.get("Path") is not None or api == "CreateRole"
        return (
            own("role", body["RoleName"])
            if known
            else iam_arn(location.region, location.account, f"role/*{body['RoleName']}"),
        )
    if body.get("PolicyArn"):
        return (str(body["PolicyArn"]),)
    return (own("policy", body["PolicyName"]) if body.get("PolicyName") else "*",)


def _backup(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("BackupVaultName"):
        return (location.arn("backup", f"backup-vault:{body['BackupVaultName']}"),)
    if body.get("BackupPlanId") or body.get("BackupPlan"):
        return (location.arn("backup", "backup-plan:*"),)
    arn = str(body.get("ResourceArn", "*"))
    return (arn.partition(":backup-plan:")[0] + ":backup-plan:*" if ":backup-plan:" in arn else arn,)


def _kms(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    return (location.key(str(body["KeyId"])) if body.get("KeyId") else "*",)


def _kinesis(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("StreamARN"):
        return (str(body["StreamARN"]),)
    return (location.arn("kinesis", f"stream/{body['StreamName']}") if body.get("StreamName") else "*",)


_FINDERS: dict[str, Callable[[str, CallLocation, Body], Iterable[str]]] = {
    "dynamodb": _dynamodb,
    "dynamodbstreams": _streams,
    "application-autoscaling": _autoscaling,
    "cloudwatch": _cloudwatch,
    "logs": _logs,
    "lambda": _lambda,
    "iam": _iam,
    "backup": _backup,
    "kms": _kms,
    "kinesis": _kinesis,
}
