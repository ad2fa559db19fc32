"""S3's conditional requests, owner checks and TLS policies, where moto's S3 accepts more than AWS does.

S3 does not use moto's `call_action`, so its two entry points are wrapped here. Writes of one object are serialised, as
in S3: of several with the same condition, one succeeds and the others get 412. A conditional write that an
object's deletion precedes gets 409 ConditionalRequestConflict (S3 User Guide, "How to prevent object overwrites").
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.faults import Dropped
from dynaops.sandbox.foreign import Foreign
from dynaops.sandbox.responses import Answer, as_aws, error_of

if TYPE_CHECKING:
    from dynaops.sandbox.moto_patch import Installed

_OPERATIONS = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
_WRITES = ("PUT", "POST", "DELETE")
_PRECONDITION = "At least one of the pre-conditions you specified did not hold"
_CONFLICT = "The conditional request cannot succeed due to a conflicting operation against this resource."
_MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
_SECURE = {"Bool": {"aws:SecureTransport": "false"}}


class ObjectLocks:
    """A lock for each object, which serialises its writes, and the number of its deletions."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._deletions: Counter[str] = Counter()

    @contextmanager
    def taken(self, name: str, conditional: bool) -> Iterator[None]:
        """Hold the lock of object `name`. Raises ApiError if a deletion preceded a conditional write."""
        with self._guard:
            lock, seen = self._locks[name], self._deletions[name]
        with lock:
            if conditional and self._deletions[name] != seen:
                raise ApiError("ConditionalRequestConflict", _CONFLICT, 409)
            yield

    def deleted(self, name: str) -> None:
        """Count a deletion of object `name`."""
        with self._guard:
            self._deletions[name] += 1


TURNS = ObjectLocks()


def extend(installed: Callable[[], Installed | None]) -> None:
    """Apply these rules to moto's S3 while `installed` returns a sandbox."""
    from moto.s3.models import FakeBucket
    from moto.s3.responses import S3Response

    response: Any = S3Response
    response._key_response = _with_rules(response._key_response, installed, _object_call)
    response._bucket_response = _with_rules(response._bucket_response, installed, lambda _: "")
    bucket: Any = FakeBucket
    bucket.get_permission = _as_over_tls(bucket.get_permission)


def _with_rules(
    original: Callable[..., Answer],
    installed: Callable[[], Installed | None],
    operation_of: Callable[[Any], str],
) -> Callable[..., Answer]:
    def response(self: Any, request: Any, full_url: str) -> Answer:
        sandbox = installed()
        if sandbox is None:
            return original(self, request, full_url)
        try:
            return _answer_with_rules(
                self, request, operation_of(self), sandbox, lambda: original(self, request, full_url)
            )
        except ApiError as error:
            status, headers, body = error_of("rest-xml", error)
            return as_aws("rest-xml", (status, headers, "" if request.method == "HEAD" else body))
        except Foreign as error:
            return error.answer

    return response


def _answer_with_rules(
    handler: Any, request: Any, operation: str, sandbox: Installed, moto: Callable[[], Answer]
) -> Answer:
    _check_owner(handler)
    if not operation:
        return as_aws("rest-xml", _completed(moto(), request.method))
    name = f"{handler.bucket_name}/{handler.parse_key_name()}"
    body = {"Bucket": handler.bucket_name, "Key": handler.parse_key_name(), **_conditions(handler)}
    entry = sandbox.recorder.begin("s3", operation, handler.region, body, sandbox.world.now())
    try:
        after = sandbox.faults.before("s3", operation, handler.region, handler.current_account, body)
        if request.method in _WRITES:
            with TURNS.taken(name, bool(_conditions(handler))):
                answer = _write_object(handler, request, name, moto)
        else:
            answer = moto()
        answer = as_aws("rest-xml", _completed(answer, request.method))
        if after is not None:
            answer = after(answer)
    except Foreign as error:
        sandbox.recorder.end(entry, error.answer[0])
        raise
    except ApiError as error:
        sandbox.recorder.end(entry, error.status)
        raise
    except Dropped:
        if handler.is_werkzeug_request:
            raise
        from botocore.exceptions import ConnectionClosedError

        raise ConnectionClosedError(endpoint_url=handler.uri) from None
    sandbox.recorder.end(entry, int(answer[0]))
    return answer


def _completed(answer: Any, method: str) -> Answer:
    """moto's response with status and headers, and with AWS's XML element where moto's differs."""
    status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
    if status == 403 and not body:
        raise ApiError("AccessDenied", "Access Denied", 403)
    if status >= 400 and not body and method in ("PUT", "POST"):
        raise ApiError("MalformedXML", _MALFORMED, 400)
    if isinstance(body, str):
        body = body.replace("GetBucketVersioningResponse", "VersioningConfiguration")
    if method == "PUT" and not str(body).lstrip().startswith("<"):
        body = ""  # moto returns the policy
    return status, headers, body


def _write_object(handler: Any, request: Any, name: str, moto: Callable[[], Answer]) -> Answer:
    source, wanted = (request.headers.get(f"x-amz-copy-source{rest}") for rest in ("", "-if-match"))
    if source and wanted:
        _check_source(handler, source, wanted)
    answer = moto()
    if request.method == "DELETE" and answer[0] < 300:
        TURNS.deleted(name)
    return answer


def _check_source(handler: Any, source: str, wanted: str) -> None:
    """``x-amz-copy-source-if-match``, which moto does not know."""
    from urllib.parse import unquote

    bucket, _, key = unquote(source.partition("?")[0]).lstrip("/").partition("/")
    source_object = handler.backend.get_object(bucket, key)
    if source_object is not None and source_object.etag.strip('"') != wanted.strip('"'):
        raise ApiError("PreconditionFailed", _PRECONDITION, 412)


def _object_call(handler: Any) -> str:
    """S3's operation name for a request on an object (requests on its tags and parts have the object's name)."""
    if handler.request.method == "PUT" and "x-amz-copy-source" in handler.request.headers:
        return "CopyObject"
    return _OPERATIONS.get(handler.request.method, "PostObject")


def _conditions(handler: Any) -> dict[str, str]:
    headers = {
        "IfMatch": handler.headers.get("If-Match"),
        "IfNoneMatch": handler.headers.get("If-None-Match"),
    }
    return {name: value for name, value in headers.items() if value}


def _check_owner(handler: Any) -> None:
    """Raise ApiError if the expected bucket owner is another account."""
    from moto.s3.models import s3_backends

    expected = handler.headers.get("x-amz-expected-bucket-owner")
    owner = s3_backends.bucket_accounts.get(handler.bucket_name)
    if expected and owner is not None and owner[1] != expected:
        raise ApiError("AccessDenied", "Access Denied", 403)


def _as_over_tls(original: Callable[..., Any]) -> Callable[..., Any]:
    """Treat calls as made over TLS, as on AWS: a bucket policy that denies calls without TLS denies nothing here."""

    from moto.iam.access_control import IAMPolicy, PermissionResult

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return original(self, action, resource)
        policy = json.loads(self.policy)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        remaining = [statement for statement in statements if statement.get("Condition") != _SECURE]
        if not remaining:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps({**policy, "Statement": remaining})).is_action_permitted(action, resource)

    return get_permission
