"""The least-privilege policies: exact table, index and stream ARNs, and only actions that they can be used with.

Which action goes with which resource is from AWS's Service Authorization Reference for DynamoDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynaops.kinds.policy_document import canonical, filled

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

Document = dict[str, Any]

_READ = ("BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "PartiQLSelect", "Query", "Scan")
_READ_INDEX = ("PartiQLSelect", "Query", "Scan")
_WRITE = (
    *("BatchWriteItem", "DeleteItem", "DescribeTable"),
    *("PartiQLDelete", "PartiQLInsert", "PartiQLUpdate", "PutItem", "UpdateItem"),
)
_STREAM = ("DescribeStream", "GetRecords", "GetShardIterator")
LOGS = "WriteLogs"
"""The statement that names the log group."""
_ARN, _STREAM_ARN = "${table_arn}", "${stream_arn}"


def read_only(spec: TableSpec) -> Document:
    """Reading the table and its indexes."""
    return _document(spec, [_allow("ReadTable", _READ, [_ARN]), *_indexes(spec)])


def write_only(spec: TableSpec) -> Document:
    """Writing items, without reading any."""
    return _document(spec, [_allow("WriteTable", _WRITE, [_ARN])])


def lambda_access(spec: TableSpec) -> Document:
    """What a function needs: the table's items, its stream, its log group, and where its failures go."""
    statements = [_allow("UseTable", tuple(sorted({*_READ, *_WRITE})), [_ARN]), *_indexes(spec)]
    if spec.wanted_stream() is not None:
        statements.append(_allow("ReadStream", _STREAM, [_STREAM_ARN]))
        # AWS has no finer resource for ListStreams.
        statements.append(_allow("ListStreams", ("ListStreams",), ["*"]))
    return _document(spec, [*statements, *_logs(spec), *_failures(spec)])


def custom(statements: list[dict[str, Any]], index_names: list[str]) -> Document:
    """The statements as given; ``${index_arns}`` becomes the ARN of every index."""
    arns = [f"{_ARN}/index/{name}" for name in index_names]
    return canonical(
        {"Statement": [{"Effect": "Allow", **_expanded(statement, arns)} for statement in statements]}
    )


def with_arns(document: Document, values: dict[str, str], account: str | None, region: str) -> Document:
    """The document with its ARNs filled in, in normal form."""
    if account is not None:
        values = {**values, "account": account, "region": region}
    return canonical(filled(document, values))


def _document(spec: TableSpec, statements: list[Document]) -> Document:
    return canonical({"Statement": [*statements, *_key(spec)]})


def _allow(sid: str, actions: tuple[str, ...], resources: list[str], service: str = "dynamodb") -> Document:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": [f"{service}:{action}" for action in actions],
        "Resource": resources,
    }


def _indexes(spec: TableSpec) -> list[Document]:
    if not spec.global_secondary_indexes and not spec.local_secondary_indexes:
        return []
    return [_allow("ReadIndexes", _READ_INDEX, [f"{_ARN}/index/*"])]


def _key(spec: TableSpec) -> list[Document]:
    """Who uses a table under a customer managed key needs that key too, through DynamoDB alone."""
    key = spec.encryption.kms_key_arn
    if not key or ":key/" not in key:
        return []
    statement = _allow("UseKey", ("Decrypt", "DescribeKey"), [key], "kms")
    via = f"dynamodb.{key.split(':')[3]}.amazonaws.com"
    return [{**statement, "Condition": {"StringEquals": {"kms:ViaService": [via]}}}]


def _logs(spec: TableSpec) -> list[Document]:
    if spec.log_group is None:
        return []
    arn = f"arn:${{partition}}:logs:${{region}}:${{account}}:log-group:{spec.log_group.name}"
    return [_allow(LOGS, ("CreateLogStream", "PutLogEvents"), [f"{arn}:*"], "logs")]


def _failures(spec: TableSpec) -> list[Document]:
    result = []
    targets = {trigger.on_failure_arn for trigger in spec.lambda_triggers or ()}
    for service, action, sid in (
        ("sqs", "SendMessage", "FailuresToQueue"),
        ("sns", "Publish", "FailuresToTopic"),
    ):
        arns = sorted(arn for arn in targets if arn and f":{service}:" in arn)
        if arns:
            result.append(_allow(sid, (action,), arns, service))
    buckets = sorted(arn for arn in targets if arn and ":s3:::" in arn)
    if buckets:
        result.append(_allow("FailuresToBucket", ("ListBucket",), buckets, "s3"))
        result.append(_allow("FailuresAsObjects", ("PutObject",), [f"{arn}/*" for arn in buckets], "s3"))
    return result


def _expanded(value: Any, arns: list[str]) -> Any:
    """A list (or single) ``${index_arns}`` becomes all of them."""
    if isinstance(value, dict):
        return {key: _expanded(element, arns) for key, element in value.items()}
    if isinstance(value, list):
        flat: list[Any] = []
        for element in value:
            flat.extend(arns if element == "${index_arns}" else [_expanded(element, arns)])
        return flat
    return arns if value == "${index_arns}" else value
