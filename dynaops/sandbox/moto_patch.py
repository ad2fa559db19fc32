"""Replaces moto's dispatch of requests, so that the sandbox handles each request first.

Every request that moto takes, in-process and over HTTP, goes through `call_action`. This method is replaced: the
request is recorded, faults are applied, due events run, our handler answers if there is one, and otherwise moto
answers. A request that moto does not support gets a clear error in the caller's protocol instead of a crash.
S3 requests do not go through it: `dynaops.sandbox.s3` wraps S3's two entry points.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dynaops.model.arns import global_region, partition_of
from dynaops.sandbox import permissions
from dynaops.sandbox.dispatch import PASS, ApiCall, Touched, handler_for
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.faults import Dropped, Faults
from dynaops.sandbox.foreign import Foreign
from dynaops.sandbox.recorder import Recorder
from dynaops.sandbox.responses import Answer, as_aws, error_of, not_implemented
from dynaops.sandbox.world import World

if TYPE_CHECKING:
    from dynaops.sandbox.protocols import Front

_CATCH_ALL = "{0}/(?P<rest_of_path>.+)$"
"""A route for paths that moto does not route; the operation is found from botocore's model."""
_GLOBAL = frozenset({"iam"})
"""Services that are global in a partition; their calls are recorded under the partition's global region."""


class Installed:
    """The sandbox that handles moto's requests in this process (moto's backends also exist once in a process)."""

    current: Installed | None = None

    def __init__(self, world: World, faults: Faults, recorder: Recorder) -> None:
        self.world = world
        self.faults = faults
        self.recorder = recorder


def install(world: World, faults: Faults, recorder: Recorder) -> None:
    """Let `world` handle moto's requests from now on, in this process."""
    _patch_once()
    Installed.current = Installed(world, faults, recorder)


def uninstall() -> None:
    """Let moto answer all requests itself again."""
    Installed.current = None


def _patch_once() -> None:
    import moto.awslambda.urls
    import moto.backup.urls
    from moto.core.responses import BaseResponse

    import dynaops.sandbox.services  # noqa: F401 (registers the handlers)
    from dynaops.sandbox import s3

    if getattr(BaseResponse.call_action, "of_sandbox", False):
        return
    handler: Any = BaseResponse
    handler.call_action = _sandbox_first(_crashes_as_errors(handler.call_action))
    _ignore_parse_errors(handler)
    s3.extend(lambda: Installed.current)
    for urls in (moto.awslambda.urls, moto.backup.urls):
        urls.url_paths[_CATCH_ALL] = next(iter(urls.url_paths.values()))


def _ignore_parse_errors(handler: Any) -> None:
    """Ignore moto's errors in parsing a body: the sandbox refuses malformed bodies itself, later.

    moto's parsing is slow, so bodies for DynamoDB are parsed only if moto answers.
    """
    original = handler.parse_parameters

    def parse_now(self: Any, request: Any) -> None:
        try:
            original(self, request)
        except Exception:  # moto's parsers raise many kinds of errors
            self.params = {}

    def parse_parameters(self: Any, request: Any) -> None:
        self.parse_for_moto = None
        if Installed.current is None or self.service_name != "dynamodb":
            parse_now(self, request)
        else:
            self.params = {}
            self.parse_for_moto = lambda: parse_now(self, request)

    handler.parse_parameters = parse_parameters


def _parse_for_moto(handler: Any) -> None:
    """Let moto parse the body, if it has not yet done so."""
    if getattr(handler, "parse_for_moto", None) is not None:
        handler.parse_for_moto()
        handler.parse_for_moto = None
        handler.body = handler.params  # moto's DynamoDB handlers read the parsed body from here


def _crashes_as_errors(original: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """Turns moto's crashes and unknown operations into errors with status 400, which clients do not retry."""
    from dynaops.sandbox.protocols import protocol_of

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
        return error_of(protocol_of(self), not_implemented(message))

    return call_action


def _sandbox_first(original: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    from dynaops.sandbox.protocols import front_of, protocol_of

    def call_action(self: Any) -> Answer:
        installed = Installed.current
        if installed is None:
            _parse_for_moto(self)
            return original(self)
        front = front_of(self)
        if front is None:
            _parse_for_moto(self)
            return as_aws(protocol_of(self), original(self))
        return _Request(self, front, installed).answer(lambda: original(self))

    call_action.of_sandbox = True  # type: ignore[attr-defined]
    return call_action


class _Request:
    """One request to a service."""

    def __init__(self, handler: Any, front: Front, installed: Installed) -> None:
        self._handler = handler
        self._front = front
        self._to = installed

    def answer(self, moto: Callable[[], Answer]) -> Answer:
        """The response. A dropped connection raises the exception that the caller's transport expects."""
        try:
            return self._answer(moto)
        except Dropped:
            if self._handler.is_werkzeug_request:
                raise
            from botocore.exceptions import ConnectionClosedError

            raise ConnectionClosedError(endpoint_url=self._handler.uri) from None

    def _answer(self, moto: Callable[[], Answer]) -> Answer:
        try:
            request = self._front.request()
        except ApiError as error:
            return self._front.refusal(error)
        service, operation, body = self._front.service, request.operation, request.body
        region = self._handler.region
        if service in _GLOBAL:
            region = global_region(partition_of(region))
        account = self._handler.current_account
        entry = self._to.recorder.begin(service, operation, region, body, self._to.world.now(), request.size)
        after = None
        try:
            permissions.check(service, operation, region, account, _access_key(self._handler), body)
            after = self._to.faults.before(service, operation, region, account, body)
            leaves_out = self._to.faults.leaves_out(service, operation, region, body)
            call = ApiCall(self._to.world, account, region, operation, body, str(uuid.uuid4()), leaves_out)
            answer = self._call_handler(call, moto)
        except ApiError as error:
            answer = self._front.refusal(error)
        except Foreign as error:
            self._to.recorder.end(entry, error.answer[0])
            return error.answer
        answer = as_aws(self._front.protocol, answer)
        self._to.recorder.end(entry, int(answer[0]))
        return after(answer) if after is not None else answer

    def _call_handler(self, call: ApiCall, moto: Callable[[], Answer]) -> Answer:
        with call.world.lock:
            call.world.settle()
            handler = handler_for(self._front.service, call.operation)
            if handler is not None:
                result = handler(call)
                if isinstance(result, Touched):
                    return self._call_moto_with_changes(result, moto)
                if result is not PASS:
                    return self._front.answer(result)
            elif not self._front.knows(call.operation):
                raise ApiError("UnknownOperationException", "")
            _parse_for_moto(self._handler)
            return moto()

    def _call_moto_with_changes(self, touch: Touched, moto: Callable[[], Answer]) -> Answer:
        _parse_for_moto(self._handler)
        if touch.request is not None:
            touch.request(self._handler.params)
        status, headers, text = moto()
        if status != 200 or touch.answer is None:
            return status, headers, text
        body = json.loads(text)
        touch.answer(body)
        return self._front.answer(body)


def _access_key(handler: Any) -> str:
    """The access key that a request was signed with."""
    header = str(handler.headers.get("Authorization") or "")
    return header.partition("Credential=")[2].partition("/")[0]
