"""Check that an HTTP response is from AWS: by request id, content type, and a body in the operation's protocol.

A proxy, a captive portal or a wrong endpoint sends other responses, which must count neither as a success nor as a
refusal: the result of the request is then unknown. This module does not import botocore, so that worker processes can
use it; `dynaops.aws.response_check` applies it between botocore and AWS.

Sources: "Common errors" and "Programming with DynamoDB" (x-amzn-RequestId, x-amz-crc32), the Smithy specifications of
the AWS JSON 1.0/1.1, REST-JSON, REST-XML and query protocols, and S3's "Error responses".
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from dynaops.aws.response_members import ALWAYS_SENT, MARK, S3_HEADERS, S3_ROOTS

if TYPE_CHECKING:
    from xml.etree import ElementTree

_ID_HEADERS = ("x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id")
_JSON_TYPES = ("application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1")
_XML_TYPES = ("text/xml", "application/xml")
_CHARSETS = ("", "utf-8", "utf8", "us-ascii")
_XML = ("query", "ec2", "rest-xml")
_JSON = ("json", "rest-json")
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)
_TRANSIENT = (408, 429)


class Reply(NamedTuple):
    """An HTTP response. Names of `headers` are in lower case; `body` is None if it was not read (a stream)."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Form:
    """The form of the responses of one operation.

    `protocol` is botocore's name of the protocol. `outputs`: a success has members in its body. `raw`: the body is the
    content itself (an S3 object, a policy's text). `always` are paths of members, and `headers` are headers, that each
    success has. `root` and `wrapper` are the XML elements around a success ("" if any is allowed).
    """

    api: str
    protocol: str = "json"
    method: str = "POST"
    outputs: bool = True
    raw: bool = False
    always: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    root: str = ""
    wrapper: str = ""


class Judgement(NamedTuple):
    """The result of a check. `fault` describes a response that is not from AWS (None: it has AWS's form).

    `identified`: it has an AWS request id. `substantial`: it has content that only a response of the operation has (an
    empty body or ``{}`` is not enough). `transient`: a retry may help.
    """

    fault: str | None
    identified: bool
    substantial: bool
    transient: bool = False


class _NotAws(Exception):
    """The response is not from AWS; the text describes it."""

    def __init__(self, looks: str, transient: bool = False) -> None:
        super().__init__(looks)
        self.transient = transient


class Gate:
    """Checks the responses of one service at one endpoint.

    `strict`: the endpoint belongs to AWS, so each response must have a request id and the right content type. The same
    holds for a sandbox, after its first response that identifies it. Responses of any other endpoint are accepted
    without them if the content is that of the operation; `on_anonymous` is then called once. Thread-safe.
    """

    def __init__(self, strict: bool, on_anonymous: Callable[[], None] = lambda: None) -> None:
        self._strict = strict
        self._on_anonymous = on_anonymous
        self._anonymous = False
        self._lock = threading.Lock()

    def judge(self, form: Form, reply: Reply) -> Judgement:
        """Check `reply` with what is known of the endpoint."""
        if MARK in reply.headers:
            self._strict = True
        judgement = judge(form, reply, self._strict)
        if judgement.fault is not None or judgement.identified:
            return judgement
        if not self._strict and self._believed(judgement.substantial):
            return judgement
        return judgement._replace(fault=_with_status("an answer without AWS's request id", reply.status))

    def _believed(self, substantial: bool) -> bool:
        with self._lock:
            first = substantial and not self._anonymous
            self._anonymous = self._anonymous or substantial
            believed = self._anonymous
        if first:
            self._on_anonymous()
        return believed


def dynamodb_form(api: str) -> Form:
    """The form of DynamoDB's responses to `api`, for requests that are sent without botocore."""
    return Form(api, always=ALWAYS_SENT.get(f"dynamodb:{api}", ()))


def always_of(service: str, api: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """(members, headers (S3), XML root (S3)) of each successful response of an operation."""
    name = f"{service}:{api}"
    if service != "s3":
        return ALWAYS_SENT.get(name, ()), (), ""
    return ALWAYS_SENT.get(name, ()), S3_HEADERS.get(api, ()), S3_ROOTS.get(api, "")


def judge(form: Form, reply: Reply, strict: bool = True) -> Judgement:
    """Check `reply`; a request id is noted but not required. `strict`: the content type must be right."""
    identified = any(reply.headers.get(name, "").strip() for name in _ID_HEADERS)
    try:
        substantial = _Check(form, reply, strict).content()
    except _NotAws as error:
        transient = error.transient or reply.status >= 500 or reply.status in _TRANSIENT
        return Judgement(_with_status(str(error), reply.status), identified, False, transient)
    return Judgement(None, identified, substantial)


def _with_status(looks: str, status: int) -> str:
    return f"{looks} (status {status})"


class _Check:
    """Checks the content of one response."""

    def __init__(self, form: Form, reply: Reply, strict: bool) -> None:
        self._form = form
        self._reply = reply
        self._strict = strict

    def content(self) -> bool:
        """Whether the content is substantial (see Judgement). Raises _NotAws if it does not have AWS's form."""
        status, headers, body = self._reply
        if not 200 <= status < 600:
            raise _NotAws("an answer of no known kind")
        if body is not None and self._form.method != "HEAD":
            _check_length(headers, body)
            _check_crc(headers, body)
        if status >= 300:
            return self._error(body or b"")
        missing = [name for name in self._form.headers if name not in headers]
        if missing:
            raise _NotAws(f"{self._looks(body or b'')} without the header {missing[0]}")
        if body is None or self._form.method == "HEAD":
            return bool(self._form.headers)
        return self._success(body)

    def _success(self, body: bytes) -> bool:
        form = self._form
        if not body:
            if form.outputs or form.protocol in ("query", "ec2"):
                raise _NotAws("an empty body")
            return bool(form.headers)
        if form.raw:
            return self._raw(body)
        if not form.outputs and not self._strict and not _MARKUP.match(body):
            return False
        if form.protocol in _XML:
            return self._xml_success(body)
        if form.protocol in _JSON:
            return self._json_success(body)
        if _MARKUP.match(body):  # a protocol that this module does not read
            raise _NotAws(self._looks(body))
        return True

    def _raw(self, body: bytes) -> bool:
        if _media_type(self._reply.headers)[0] == "text/html" or _MARKUP.match(body):
            raise _NotAws(self._looks(body))
        return True

    def _json_success(self, body: bytes) -> bool:
        document = self._json(body)
        for path in self._form.always:
            if _at(document, path) is None:
                raise _NotAws(f"JSON without {path}, which {self._form.api} always answers with")
        substantial = bool(self._form.always) or any(value is not None for value in document.values())
        self._check_type(_JSON_TYPES, body, substantial)
        return substantial

    def _xml_success(self, body: bytes) -> bool:
        root = self._xml(body)
        name = _local(root)
        if self._form.protocol == "rest-xml" and name == "Error" and _code_of(root):
            return True  # S3 says 200 before it knows how a long copy ends; botocore makes an error of it
        known = (self._form.root,) if self._strict else (self._form.root, f"{self._form.api}Response")
        if self._form.root and name not in known:
            raise _NotAws(f"XML <{_printable(name)}> instead of <{self._form.root}>")
        for path in self._form.always:
            full = f"{self._form.wrapper}.{path}" if self._form.wrapper else path
            if not _has(root, full.split(".")):
                raise _NotAws(f"XML without {path}, which {self._form.api} always answers with")
        self._check_type(_XML_TYPES, body, substantial=True)
        return True

    def _error(self, body: bytes) -> bool:
        """Whether an error response is substantial. Raises _NotAws if it does not have AWS's form."""
        status, headers, _ = self._reply
        if not body and (self._form.method == "HEAD" or status == 304):
            return False
        has_error_type = bool(headers.get("x-amzn-errortype"))
        if self._form.protocol in _XML:
            root = self._xml(body)
            if _local(root) not in ("Error", "ErrorResponse", "Response") or not _code_of(root):
                raise _NotAws(self._looks(body))
            self._check_type(_XML_TYPES, body, substantial=True)
        elif self._form.protocol in _JSON:
            document = self._json(body) if body or not has_error_type else {}
            if not has_error_type and not any(
                _is_code(document.get(name)) for name in ("__type", "code", "Code")
            ):
                raise _NotAws(self._looks(body))
            self._check_type(_JSON_TYPES, body, substantial=True)
        elif not body or _MARKUP.match(body):
            raise _NotAws(self._looks(body))
        return True

    def _json(self, body: bytes) -> dict[str, Any]:
        try:
            document = orjson.loads(body)
        except ValueError:
            raise _NotAws(self._looks(body), self._is_type(_JSON_TYPES)) from None
        if not isinstance(document, dict):
            raise _NotAws(f"JSON that is no object but {_kind(document)}")
        return document

    def _xml(self, body: bytes) -> ElementTree.Element:
        if not body or b"<!DOCTYPE" in body[:1000].upper() or b"<!ENTITY" in body:
            raise _NotAws(self._looks(body))
        from xml.etree import ElementTree  # DynamoDB's answers are JSON: workers do not need it

        try:
            return ElementTree.fromstring(body)  # noqa: S314 (no document type, so no entities to expand)
        except (ElementTree.ParseError, ValueError, LookupError):
            raise _NotAws(self._looks(body), self._is_type(_XML_TYPES)) from None

    def _check_type(self, expected: tuple[str, ...], body: bytes, substantial: bool) -> None:
        """Raise _NotAws for a wrong content type, which does not come from AWS's own endpoints."""
        media, charset = _media_type(self._reply.headers)
        if substantial and not self._strict:
            return
        if media and media not in expected and body:
            raise _NotAws(f"an answer of the content type {_printable(media)}")
        if charset not in _CHARSETS:
            raise _NotAws(f"an answer in the charset {_printable(charset)}")

    def _is_type(self, expected: tuple[str, ...]) -> bool:
        return _media_type(self._reply.headers)[0] in expected

    def _looks(self, body: bytes) -> str:
        """A phrase for messages that describes a response that is not from AWS."""
        status, headers, _ = self._reply
        if 300 <= status < 400:
            target = _target(headers.get("location", ""))
            return f"a redirect to {_printable(target)}" if target else "a redirect"
        media = _media_type(headers)[0]
        if media == "text/html" or _MARKUP.match(body):
            title = _TITLE.search(body[:20_000])
            titled = f" titled {_printable(title[1].decode(errors='replace'))!r}" if title else ""
            return f"an HTML page{titled}"
        if not body:
            return "an empty body"
        if self._form.protocol in _XML:
            return "text that is no XML of AWS"
        return "text that is no JSON of AWS"


def _check_length(headers: Mapping[str, str], body: bytes) -> None:
    stated = _number(headers.get("content-length", ""))
    if stated is not None and stated > len(body) and body:
        raise _NotAws(f"a body cut short after {len(body)} of {stated} bytes", transient=True)


def _check_crc(headers: Mapping[str, str], body: bytes) -> None:
    """Raise _NotAws for a body with a wrong checksum, which DynamoDB sends with each response."""
    stated = _number(headers.get("x-amz-crc32", ""))
    if stated is not None and stated != zlib.crc32(body):
        raise _NotAws("a damaged body, by its checksum", transient=True)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _target(location: str) -> str:
    """The host of a redirect; "" if there is none."""
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def _media_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """(media type, charset) of a Content-Type header, in lower case; "" if missing."""
    media, *parameters = headers.get("content-type", "").lower().split(";")
    charset = next(
        (parameter.partition("=")[2] for parameter in parameters if parameter.strip().startswith("charset=")),
        "",
    )
    return media.strip(), charset.strip().strip('"')


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _has(element: ElementTree.Element, path: list[str]) -> bool:
    if not path:
        return True
    return any(_local(child) == path[0] and _has(child, path[1:]) for child in element)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _code_of(root: ElementTree.Element) -> str:
    return next(((element.text or "").strip() for element in root.iter() if _local(element) == "Code"), "")


def _is_code(value: Any) -> bool:
    """Whether a value may be an error code of AWS, which is a word; gateways send numbers."""
    return isinstance(value, str) and not value.isdigit() and value != ""


def _kind(document: Any) -> str:
    if document is None or isinstance(document, bool):
        return {None: "null", True: "true", False: "false"}[document]
    return "a list" if isinstance(document, list) else "a string" if isinstance(document, str) else "a number"


def _printable(text: str) -> str:
    """A short text of a foreign response, safe to print."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:80]
