"""Results of ``Ref`` and ``Fn::GetAtt`` for resources of the template: names, and ARNs with these names.

CloudFormation generates a name that the template leaves out; the user gives it with ``--parameter LOGICAL_ID=NAME``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dynaops.convert.arns import missing, stream_arn, table_arn
from dynaops.convert.part import Unknown
from dynaops.model.arns import dns_suffix_of, partition_of

TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable")
FUNCTIONS = ("AWS::Lambda::Function", "AWS::Serverless::Function")
NAME_OF = {
    **dict.fromkeys(TABLES, "TableName"),
    **dict.fromkeys(FUNCTIONS, "FunctionName"),
    "AWS::Kinesis::Stream": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
_BASE = "arn:${AWS::Partition}:"
_HERE = "${AWS::Region}:${AWS::AccountId}:"
_ARN_OF: dict[str, str] = {
    **dict.fromkeys(FUNCTIONS, f"{_BASE}lambda:{_HERE}function:"),
    "AWS::Kinesis::Stream": f"{_BASE}kinesis:{_HERE}stream/",
    "AWS::IAM::Role": f"{_BASE}iam::${{AWS::AccountId}}:role/",
    "AWS::Backup::BackupVault": f"{_BASE}backup:{_HERE}backup-vault:",
    "AWS::SQS::Queue": f"{_BASE}sqs:{_HERE}",
    "AWS::SNS::Topic": f"{_BASE}sns:{_HERE}",
    "AWS::Logs::LogGroup": f"{_BASE}logs:{_HERE}log-group:",
}


class Identities:
    """The resources' types, and a function that returns the name that the template gives a resource."""

    def __init__(self, types: Mapping[str, str], given: Mapping[str, str], region: str | None) -> None:
        self._types = types
        self._given = given
        self._region = region
        self.name_property: Callable[[str, str], Any] = lambda logical, name: None  # noqa: ARG005

    def pseudo(self, name: str) -> str:
        """The value of a pseudo parameter, or a placeholder such as ``${AWS::AccountId}`` if it was not given."""
        known = {"AWS::Region": self._region}
        if self._region:
            known["AWS::Partition"] = partition_of(self._region)
            known["AWS::URLSuffix"] = dns_suffix_of(self._region)
        return self._given.get(name) or known.get(name) or f"${{{name}}}"

    def name(self, logical: str) -> str | Unknown:
        """The name of a resource, or Unknown with the reason."""
        if logical in self._given:
            return self._given[logical]
        declared = self.name_property(logical, NAME_OF.get(self._types.get(logical, ""), ""))
        if isinstance(declared, int) and not isinstance(declared, bool):
            declared = str(declared)
        missing_names = missing(declared)
        if missing_names:
            first = sorted(missing_names)[0]
            return Unknown(
                f"its name holds {first}, which is not known: give it with --parameter {first}=VALUE"
            )
        if isinstance(declared, str | Unknown):
            return declared
        if declared is not None:
            return Unknown(f"the name of {logical} is no text")
        return Unknown(
            f"CloudFormation gives {logical} its name when it is deployed: give it with --parameter {logical}=NAME"
        )

    def ref(self, logical: str) -> Any:
        kind = self._types.get(logical)
        if kind is None:
            return Unknown(f"there is no {logical} in the template: give it with --parameter {logical}=VALUE")
        if kind == "AWS::SNS::Topic":
            return self.attribute(logical, "Arn")
        return self.name(logical) if kind in NAME_OF else f"${{id:{logical}}}"

    def attribute(self, logical: str, attribute: str) -> Any:
        kind = self._types.get(logical, "")
        why = Unknown(
            f"{logical}.{attribute} is known when it is deployed: give it with --parameter {logical}.{attribute}=VALUE"
        )
        if kind not in NAME_OF:
            ids = ("Id", "BackupPlanId", "PolicyArn", "ManagedPolicyArn", "ScalableTargetId")
            return f"${{id:{logical}}}" if attribute in ids else why
        name = self.name(logical)
        if isinstance(name, Unknown):
            return name
        if kind in TABLES:
            made = {"Arn": table_arn, "StreamArn": stream_arn}.get(attribute)
            return made(name) if made else why
        if attribute in ("Arn", "TopicArn", "BackupVaultArn"):
            return self._with_pseudo(_ARN_OF[kind]) + name
        return name if attribute == NAME_OF[kind] else why

    def _with_pseudo(self, text: str) -> str:
        for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId"):
            text = text.replace(f"${{{name}}}", self.pseudo(name))
        return text
