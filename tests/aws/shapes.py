"""Requests and answers of AWS's operations, made from botocore's models; the bodies by moto's writers, not botocore."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

from botocore.model import OperationModel
from botocore.session import Session
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

_DEPTH = 4
_S3_NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_S3_BODIES = {
    "CompleteMultipartUpload": "<CompleteMultipartUploadResult{}><Location>https://bucket.example/key</Location>"
    '<Bucket>bucket</Bucket><Key>key</Key><ETag>"9b2c-1"</ETag></CompleteMultipartUploadResult>',
    "CreateMultipartUpload": "<InitiateMultipartUploadResult{}><Bucket>bucket</Bucket><Key>key</Key>"
    "<UploadId>VXBsb2Fk</UploadId></InitiateMultipartUploadResult>",
    "CopyObject": '<CopyObjectResult{}><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"9b2c"</ETag>'
    "</CopyObjectResult>",
    "GetBucketEncryption": "<ServerSideEncryptionConfiguration{}><Rule><ApplyServerSideEncryptionByDefault>"
    "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
    "</ServerSideEncryptionConfiguration>",
    "GetBucketLifecycleConfiguration": "<LifecycleConfiguration{}><Rule><ID>a</ID><Status>Enabled</Status></Rule>"
    "</LifecycleConfiguration>",
    "GetBucketLocation": "<LocationConstraint{}>eu-west-1</LocationConstraint>",
    "GetBucketOwnershipControls": "<OwnershipControls{}><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"
    "</Rule></OwnershipControls>",
    "GetBucketVersioning": "<VersioningConfiguration{}/>",
    "GetPublicAccessBlock": "<PublicAccessBlockConfiguration{}><BlockPublicAcls>true</BlockPublicAcls>"
    "</PublicAccessBlockConfiguration>",
    "ListObjectsV2": "<ListBucketResult{}><Name>bucket</Name><Prefix/><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys>"
    "<IsTruncated>false</IsTruncated></ListBucketResult>",
}
"""S3's bodies as its API reference shows them ("Response syntax"); all its other answers here have none in XML."""
_S3_OBJECT = {"etag": '"9b2c"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"}


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(model: OperationModel) -> dict[str, Any]:
    """The smallest parameters that botocore takes."""
    if model.input_shape is None:
        return {}
    return dict(_value(model.input_shape, full=False, always=(), depth=0))


def documented(session: Session, service: str, api: str, always: tuple[str, ...], full: bool) -> Answer:
    """AWS's success: with the members that are always there, or (`full`) with all that there are."""
    model = session.get_service_model(service).operation_model(api)
    if service == "s3":
        return _of_s3(api, int(model.http.get("responseCode", 200)))
    protocol = str(model.service_model.resolved_protocol)
    result = _value(model.output_shape, full, always, 0) if model.output_shape is not None else {}
    writer = get_serializer_class(service, protocol)
    written = writer(operation_model=get_service_model(service).operation_model(api)).serialize(result)
    headers = {name.lower(): str(value) for name, value in written["headers"].items()}
    body = written["body"].encode() if isinstance(written["body"], str) else bytes(written["body"])
    if model.output_shape is None and protocol in ("json", "rest-json"):
        body = b""
    headers |= {"x-amzn-requestid": "0f5c4a3e-5a8e-4b1e-9d57-2f6f0a1b2c3d", "content-type": _media(model)}
    return Answer(int(written["status_code"]), headers, body)


def _media(model: OperationModel) -> str:
    service = model.service_model
    if service.resolved_protocol == "json":
        return f"application/x-amz-json-{service.metadata['jsonVersion']}"
    return "application/json" if service.resolved_protocol == "rest-json" else "text/xml"


def _of_s3(api: str, status: int) -> Answer:
    headers = {"x-amz-request-id": "4442587FB7D0A2F9", "x-amz-id-2": "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQ="}
    if api in _S3_BODIES:
        body = '<?xml version="1.0" encoding="UTF-8"?>\n' + _S3_BODIES[api].format(_S3_NAMESPACE)
        return Answer(status, headers | {"content-type": "application/xml"}, body.encode())
    if api == "GetBucketPolicy":
        return Answer(status, headers | {"content-type": "application/json"}, b'{"Version": "2012-10-17"}')
    if api == "GetObject":
        return Answer(status, headers | _S3_OBJECT | {"content-type": "text/html"}, b"<html>an object</html>")
    return Answer(status, headers | (_S3_OBJECT if api == "PutObject" else {}), b"")


def _value(shape: Any, full: bool, always: tuple[str, ...], depth: int) -> Any:
    """A value of `shape`; of structures the required members, those on paths of `always`, or all."""
    match shape.type_name:
        case "structure":
            wanted = {path.partition(".")[0] for path in always}
            required = {*wanted, *shape.required_members}
            if getattr(shape, "is_tagged_union", False):
                required, full = {next(iter(shape.members))}, False
            return {
                name: _value(member, full, _below(always, name), depth + 1)
                for name, member in shape.members.items()
                if name in required or (full and depth < _DEPTH)
            }
        case "list":
            item = shape.member
            few = (full and depth < _DEPTH) or shape.metadata.get("min")
            return [_value(item, full, (), depth + 1)] if few else []
        case "map":
            key, item = shape.key, shape.value
            few = full and depth < _DEPTH
            return {_value(key, full, (), depth): _value(item, full, (), depth + 1)} if few else {}
        case "timestamp":
            return datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        case "boolean":
            return True
        case "blob":
            return b"abc"
        case "integer" | "long":
            return max(1, int(shape.metadata.get("min", 1)))
        case "float" | "double":
            return 1.5
    enum = shape.metadata.get("enum")
    return enum[0] if enum else "abc".ljust(int(shape.metadata.get("min", 3)), "x")


def _below(always: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(rest for path in always for head, _, rest in [path.partition(".")] if head == name and rest)
