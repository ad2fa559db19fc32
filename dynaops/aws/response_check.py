"""Puts the rules of `dynaops.aws.response_rules` between botocore and the network: only AWS's answers pass.

botocore takes an HTML page or an empty body for an empty success, a proxy's 404 for "not found", and stumbles over
damaged bodies with exceptions of its own. Here each answer is judged before botocore parses it. Clients that botocore
makes for itself (credential providers) do not pass here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, HTTPClientError

from dynaops.aws.response_rules import Form, Gate, Judgement, Reply, always_of

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel, ServiceModel, Shape
    from botocore.session import Session


class ForeignPage(BotoCoreError):
    """An answer that is not AWS's and will not be at the next request: a page, a redirect. Not sent again."""

    fmt = "the answer of {host} is not AWS's but {looks}"


class DamagedAnswer(HTTPClientError):
    """An answer that is not AWS's and may be at the next request; botocore sends it again, as after a broken line."""

    fmt = "the answer of {host} is not AWS's but {looks}"


def guard(client: BaseClient, service: str, gate: Gate) -> None:
    """Let `client` take only answers that `gate` takes for AWS's."""
    endpoint: Any = client._endpoint  # type: ignore[attr-defined]
    session = _JudgedSession(endpoint.http_session, service, client.meta.service_model, gate)
    endpoint.http_session = session
    endpoint._response_parser_factory = _GuardedParsers(endpoint._response_parser_factory, endpoint.host)
    client.meta.events.register("before-send", session.note_operation)


def is_of_aws(url: str, session: Session) -> bool:
    """Whether a URL's host is in one of AWS's own domains."""
    host = urlsplit(url).hostname or ""
    return any(host.endswith(f".{domain}") for domain in _domains(session))


def form_of(model: OperationModel, service: str) -> Form:
    """What AWS's answers to an operation look like, by botocore's model and our table."""
    output = model.output_shape
    members = output.members if output is not None else {}
    inside = [name for name, shape in members.items() if not _is_outside(shape)]
    payload = members.get(output.serialization.get("payload", "")) if output is not None else None
    always, headers, root = always_of(service, model.name)
    protocol = str(model.service_model.resolved_protocol)
    return Form(
        api=model.name,
        protocol=protocol,
        method=str(model.http.get("method", "POST")),
        outputs=bool(inside),
        raw=payload is not None and payload.type_name in ("blob", "string"),
        always=always,
        headers=headers,
        root=f"{model.name}Response" if protocol == "query" else root,
        wrapper=str(output.serialization.get("resultWrapper", "")) if output is not None else "",
    )


class _JudgedSession:
    """botocore's HTTP session, with each answer judged before it is given back."""

    def __init__(self, session: Any, service: str, model: ServiceModel, gate: Gate) -> None:
        self._session = session
        self._service = service
        self._model = model
        self._gate = gate
        self._current = threading.local()
        self._form = lru_cache(maxsize=None)(self._form_of)

    def note_operation(self, event_name: str, **_: Any) -> None:
        """Remember which operation this thread is about to send (botocore tells it to handlers only)."""
        self._current.operation = event_name.rpartition(".")[2]

    def send(self, request: Any) -> Any:
        """The answer. Raises ForeignPage or DamagedAnswer where it is not AWS's, besides the session's own errors."""
        answer = self._session.send(request)
        judgement = self._gate.judge(self._form(self._current.operation), self._reply(request, answer))
        if judgement.fault is not None:
            raise _failure(judgement, request.url)
        return answer

    def close(self) -> None:
        self._session.close()

    def _form_of(self, operation: str) -> Form:
        return form_of(self._model.operation_model(operation), self._service)

    def _reply(self, request: Any, answer: Any) -> Reply:
        headers = {name.lower(): str(value) for name, value in answer.headers.items()}
        if request.stream_output and answer.status_code < 300:
            return Reply(answer.status_code, headers, None)
        try:
            return Reply(answer.status_code, headers, answer.content)
        except Exception as error:  # of a stream, urllib3's errors come as they are
            raise DamagedAnswer(
                host=_host(request.url), looks=f"cut short ({type(error).__name__})"
            ) from error


class _GuardedParsers:
    """botocore's parsers, whose failures are told as an answer that is not AWS's."""

    def __init__(self, factory: Any, url: str) -> None:
        self._factory = factory
        self._host = _host(url)

    def create_parser(self, protocol: str) -> Any:
        return _GuardedParser(self._factory.create_parser(protocol).parse, self._host)


class _GuardedParser:
    def __init__(self, parse: Callable[..., Any], host: str) -> None:
        self._parse = parse
        self._host = host

    def parse(self, response: Any, shape: Any) -> Any:
        try:
            return self._parse(response, shape)
        except Exception as error:  # parsers raise whatever a wrong type leads to
            looks = f"of another form ({type(error).__name__})"
            raise ForeignPage(host=self._host, looks=looks) from error


def _is_outside(shape: Shape) -> bool:
    """Whether a member is sent elsewhere than in the body."""
    return shape.serialization.get("location") in ("header", "headers", "statusCode")


def _failure(judgement: Judgement, url: str) -> BotoCoreError:
    kind = DamagedAnswer if judgement.transient else ForeignPage
    return kind(host=_host(url), looks=judgement.fault)


def _host(url: str) -> str:
    """Host and port, without a name and a password that the URL may have."""
    return urlsplit(url).netloc.rpartition("@")[2] or url


@lru_cache(maxsize=4)
def _domains(session: Session) -> frozenset[str]:
    partitions: Any = session.get_component("data_loader").load_data("partitions")
    return frozenset(
        entry["outputs"][name]
        for entry in partitions["partitions"]
        for name in ("dnsSuffix", "dualStackDnsSuffix")
    )
