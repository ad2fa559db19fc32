"""Apply the rules of `dynaops.aws.response_rules` between botocore and the network: only responses of AWS pass.

botocore takes an HTML page or an empty body for an empty success and a proxy's 404 for "not found", and raises its own
exceptions for damaged bodies. Here each response is checked before botocore parses it. Clients that botocore makes
itself (for credential providers) are not checked.
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
    """The response is not from AWS, and a retry would not help (a web page, a redirect). Not retried."""

    fmt = "the answer of {host} is not AWS's but {looks}"


class DamagedAnswer(HTTPClientError):
    """The response is damaged, and a retry may help: botocore retries as after a lost connection."""

    fmt = "the answer of {host} is not AWS's but {looks}"


def guard(client: BaseClient, service: str, gate: Gate) -> None:
    """Make `client` accept only responses that `gate` accepts."""
    endpoint: Any = client._endpoint  # type: ignore[attr-defined]
    session = _JudgedSession(endpoint.http_session, service, client.meta.service_model, gate)
    endpoint.http_session = session
    endpoint._response_parser_factory = _GuardedParsers(endpoint._response_parser_factory, endpoint.host)
    client.meta.events.register("before-send", session.note_operation)


def is_of_aws(url: str, session: Session) -> bool:
    """Whether a URL's host is in one of AWS's domains."""
    host = urlsplit(url).hostname or ""
    return any(host.endswith(f".{domain}") for domain in _domains(session))


def form_of(model: OperationModel, service: str) -> Form:
    """The form of the responses of an operation, from botocore's model and our table of members."""
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
    """botocore's HTTP session, with a check of each response before it is returned."""

    def __init__(self, session: Any, service: str, model: ServiceModel, gate: Gate) -> None:
        self._session = session
        self._service = service
        self._model = model
        self._gate = gate
        self._current = threading.local()
        self._form = lru_cache(maxsize=None)(self._form_of)

    def note_operation(self, event_name: str, **_: Any) -> None:
        """Note which operation this thread is about to send (botocore gives it to event handlers only)."""
        self._current.operation = event_name.rpartition(".")[2]

    def send(self, request: Any) -> Any:
        """The response. Raises ForeignPage or DamagedAnswer if it is not from AWS, and the session's own errors."""
        response = self._session.send(request)
        judgement = self._gate.judge(self._form(self._current.operation), self._reply(request, response))
        if judgement.fault is not None:
            raise _failure(judgement, request.url)
        return response

    def close(self) -> None:
        self._session.close()

    def _form_of(self, operation: str) -> Form:
        return form_of(self._model.operation_model(operation), self._service)

    def _reply(self, request: Any, response: Any) -> Reply:
        headers = {name.lower(): str(value) for name, value in response.headers.items()}
        if request.stream_output and response.status_code < 300:
            return Reply(response.status_code, headers, None)
        try:
            return Reply(response.status_code, headers, response.content)
        except Exception as error:  # for a stream, errors of urllib3 are not translated by botocore
            raise DamagedAnswer(
                host=_host(request.url), looks=f"cut short ({type(error).__name__})"
            ) from error


class _GuardedParsers:
    """botocore's factory of parsers, whose failures are raised as ForeignPage."""

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
        except Exception as error:  # parsers raise any exception for a value of a wrong type
            looks = f"of another form ({type(error).__name__})"
            raise ForeignPage(host=self._host, looks=looks) from error


def _is_outside(shape: Shape) -> bool:
    """Whether a member is not in the body but in a header or the status."""
    return shape.serialization.get("location") in ("header", "headers", "statusCode")


def _failure(judgement: Judgement, url: str) -> BotoCoreError:
    kind = DamagedAnswer if judgement.transient else ForeignPage
    return kind(host=_host(url), looks=judgement.fault)


def _host(url: str) -> str:
    """Host and port, without the user name and password of the URL."""
    return urlsplit(url).netloc.rpartition("@")[2] or url


@lru_cache(maxsize=4)
def _domains(session: Session) -> frozenset[str]:
    partitions: Any = session.get_component("data_loader").load_data("partitions")
    return frozenset(
        entry["outputs"][name]
        for entry in partitions["partitions"]
        for name in ("dnsSuffix", "dualStackDnsSuffix")
    )
