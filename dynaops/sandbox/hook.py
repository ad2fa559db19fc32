"""Where moto is made to ask us first.

moto's DynamoDB handlers dispatch through `call_action`, in-process and over HTTP alike. That one method is
replaced: the world is settled, faults are applied, our handler answers if there is one, and only what nobody claims
goes on to moto. What moto cannot do becomes a clear error in the caller's protocol instead of a crash.
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from dynaops.sandbox.dispatch import PASS, Call, handler_for
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.faults import Dropped, Faults
from dynaops.sandbox.recorder import Recorder
from dynaops.sandbox.world import World

JSON = "application/x-amz-json-1.0"
_SHAPES = "com.amazonaws.dynamodb.v20120810#"
_CORAL = "com.amazon.coral.validate#"
_TARGETS = ("DynamoDB_20120810", "DynamoDBStreams_20120810")

Answer = tuple[int, dict[str, Any], Any]


class Installed:
    """The one sandbox that moto asks in this process (moto's backends are one a process, too)."""

    current: Installed | None = None

    def __init__(self, world: World, faults: Faults, recorder: Recorder) -> None:
        self.world = world
        self.faults = faults
        self.recorder = recorder


def install(world: World, faults: Faults, recorder: Recorder) -> None:
    """Let moto ask `world` from now on, in this process."""
    _patch_once()
    Installed.current = Installed(world, faults, recorder)


def uninstall() -> None:
    """Let moto answer by itself again."""
    Installed.current = None


def _patch_once() -> None:
    from moto.core.responses import BaseResponse
    from moto.dynamodb.responses import DynamoHandler
    from moto.dynamodbstreams.responses import DynamoDBStreamsHandler

    import dynaops.sandbox.dynamodb  # noqa: F401 (registers the handlers)

    if getattr(BaseResponse.call_action, "of_sandbox", False):
        return
    _replace(BaseResponse, _without_crashes)
    _replace(DynamoHandler, lambda original: _asking_us(original, "dynamodb"))
    _replace(DynamoDBStreamsHandler, lambda original: _asking_us(original, "dynamodbstreams"))

    for handler in (DynamoHandler, DynamoDBStreamsHandler):
        _forgive_parsing(handler)


def _forgive_parsing(handler: Any) -> None:
    """moto parses a body before we are asked, and stumbles over malformed ones: those are ours to refuse."""
    original = handler.parse_parameters

    def parse_parameters(self: Any, request: Any) -> Any:
        try:
            return original(self, request)
        except Exception:  # whatever moto stumbles over
            self.params = {}
            return None

    handler.parse_parameters = parse_parameters


def _replace(handler: Any, wrapped: Callable[[Callable[[Any], Answer]], Callable[[Any], Answer]]) -> None:
    handler.call_action = wrapped(handler.call_action)


def _without_crashes(original: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """A call that moto does not know, or stumbles over, is refused in words; clients do not repeat a 400."""

    def call_action(self: Any) -> Answer:
        try:
            return original(self)
        except NotImplementedError:
            message = f"The sandbox does not implement {self.service_name}:{self._get_action()}"
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            message = (
                f"The sandbox cannot answer this call of {self.service_name}:{self._get_action()} "
                f"({type(error).__name__}: {error})"
            )
        return _refused(self, message)

    call_action.of_sandbox = True  # type: ignore[attr-defined]
    return call_action


def _refused(handler: Any, message: str) -> Answer:
    """A refusal in the protocol of the handler's service."""
    from moto.core.utils import get_service_model

    try:
        protocol = str(get_service_model(handler.boto3_service_name).metadata.get("protocol", "json"))
    except Exception:  # a service that botocore does not have: any form will do
        protocol = "json"
    if protocol in ("query", "ec2", "rest-xml"):
        body = f"<Error><Code>NotImplemented</Code><Message>{escape(message)}</Message></Error>"
        if protocol != "rest-xml":
            body = f"<ErrorResponse>{body}</ErrorResponse>"
        return 400, {"status": 400, "content-type": "text/xml"}, body
    body = json.dumps({"__type": "NotImplemented", "message": message})
    return (
        400,
        {"status": 400, "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": "NotImplemented"},
        body,
    )


def _asking_us(original: Callable[[Any], Answer], service: str) -> Callable[[Any], Answer]:
    def call_action(self: Any) -> Answer:
        installed = Installed.current
        if installed is None:
            return original(self)
        return _Request(self, service, installed).answer(lambda: original(self))

    return call_action


class _Request:
    """One request to a service that we extend."""

    def __init__(self, handler: Any, service: str, installed: Installed) -> None:
        self._handler = handler
        self._service = service
        self._to = installed
        self._operation = ""

    def answer(self, moto: Callable[[], Answer]) -> Answer:
        """The answer; a dropped connection is raised in the way that the caller's transport understands."""
        try:
            return self._answer(moto)
        except Dropped:
            if self._handler.is_werkzeug_request:
                raise
            from botocore.exceptions import ConnectionClosedError

            raise ConnectionClosedError(endpoint_url=self._handler.uri) from None

    def _answer(self, moto: Callable[[], Answer]) -> Answer:
        try:
            self._operation, body = self._parsed()
        except ApiError as error:
            return self._error(error)
        region, account = self._handler.region, self._handler.current_account
        entry = self._to.recorder.begin(self._service, self._operation, region, body, self._to.world.now())
        after = None
        try:
            after = self._to.faults.before(self._service, self._operation, region, account, body)
            found = self._called(account, region, body, moto)
        except ApiError as error:
            found = self._error(error)
        self._to.recorder.end(entry, int(found[0]))
        if after is not None:
            after()
        return found

    def _parsed(self) -> tuple[str, dict[str, Any]]:
        target = str(self._handler.headers.get("X-Amz-Target") or "")
        version, _, operation = target.partition(".")
        if version not in _TARGETS or not operation:
            raise ApiError("UnknownOperationException", "")
        raw = self._handler.raw_body or "{}"
        try:
            body = json.loads(raw)
        except ValueError:
            raise ApiError("SerializationException", "") from None
        if not isinstance(body, dict):
            raise ApiError("SerializationException", "Start of structure or map found where not expected")
        return operation, body

    def _called(self, account: str, region: str, body: dict[str, Any], moto: Callable[[], Answer]) -> Answer:
        world = self._to.world
        with world.lock:
            world.settle()
            handler = handler_for(self._service, self._operation)
            if handler is not None:
                call = Call(world, account, region, self._operation, body, str(uuid.uuid4()))
                found = handler(call)
                if found is not PASS:
                    return self._json(200, found)
            elif not self._known():
                raise ApiError("UnknownOperationException", "")
            return moto()

    def _known(self) -> bool:
        from moto.core.utils import get_service_model

        return self._operation in get_service_model(self._service).operation_names

    def _error(self, error: ApiError) -> Answer:
        namespace = _CORAL if error.code == "ValidationException" else _SHAPES
        body = {"__type": f"{namespace}{error.code}", "message": error.message, **error.fields}
        if error.code == "SerializationException" and not error.message:
            del body["message"]
        return self._json(error.status, body)

    def _json(self, status: int, body: dict[str, Any]) -> Answer:
        text = json.dumps(body)
        headers: dict[str, Any] = {
            "content-type": JSON,
            "status": status,
            "x-amzn-RequestId": str(uuid.uuid4()).replace("-", "").upper(),
            "x-amz-crc32": str(zlib.crc32(text.encode())),
        }
        return status, headers, text
