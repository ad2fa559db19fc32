"""What counts as an answer of AWS's, by the pure rules."""

from __future__ import annotations

import json
import zlib

import pytest

from dynaops.aws.response_rules import Form, Gate, Reply, dynamodb_form, judge

ID = {"x-amzn-requestid": "A1B2C3D4", "content-type": "application/x-amz-json-1.0"}
HTML = b"<!DOCTYPE html><html><head><title>Log in\x07 here</title></head></html>"
TABLE = json.dumps({"Table": {"TableName": "users", "TableStatus": "ACTIVE"}}).encode()
QUERY = Form(
    "CreateRole", "query", always=("Role.Arn",), root="CreateRoleResponse", wrapper="CreateRoleResult"
)
ROLE = (
    b'<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateRoleResult><Role><Arn>a</Arn>'
    b"</Role></CreateRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></CreateRoleResponse>"
)
DESCRIBE = dynamodb_form("DescribeTable")
BATCH = dynamodb_form("BatchWriteItem")


def _fault(form: Form, status: int, body: bytes, **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Gate(strict=True).judge(form, Reply(status, ID | named, body)).fault


@pytest.mark.parametrize(
    ("status", "body", "headers", "fault"),
    [
        (200, TABLE, {}, None),
        (200, TABLE, {"x_amz_crc32": str(zlib.crc32(TABLE))}, None),
        (200, TABLE, {"x_amz_crc32": "1"}, "a damaged body, by its checksum (status 200)"),
        (200, TABLE, {"content_type": "text/html"}, "an answer of the content type text/html (status 200)"),
        (
            200,
            TABLE,
            {"content_type": "application/x-amz-json-1.0; charset=utf-16"},
            "an answer in the charset utf-16 (status 200)",
        ),
        (200, HTML, {}, "an HTML page titled 'Log in  here' (status 200)"),
        (200, b"", {}, "an empty body (status 200)"),
        (200, TABLE[:-3], {}, "text that is no JSON of AWS (status 200)"),
        (200, b"\xff\xfe\x00", {}, "text that is no JSON of AWS (status 200)"),
        (200, b"[" * 100_000, {}, "text that is no JSON of AWS (status 200)"),
        (200, b"[]", {}, "JSON that is no object but a list (status 200)"),
        (200, b"null", {}, "JSON that is no object but null (status 200)"),
        (
            200,
            b'{"Table": null}',
            {},
            "JSON without Table.TableName, which DescribeTable always answers with (status 200)",
        ),
        (
            302,
            b"",
            {"location": "https://portal.example/login?a=b"},
            "a redirect to portal.example (status 302)",
        ),
        (302, b"", {}, "a redirect (status 302)"),
        (403, HTML, {"content_type": "text/html"}, "an HTML page titled 'Log in  here' (status 403)"),
        (404, b'{"message": "no route"}', {}, "text that is no JSON of AWS (status 404)"),
        (403, b'{"code": 403, "message": "no"}', {}, "text that is no JSON of AWS (status 403)"),
        (302, b"", {"location": "http://["}, "a redirect (status 302)"),
        (502, b"Bad Gateway", {"content_type": "text/plain"}, "text that is no JSON of AWS (status 502)"),
        (400, b'{"__type": "x#ResourceNotFoundException"}', {}, None),
        (400, b"", {"x_amzn_errortype": "ThrottlingException"}, None),
        (204, b"", {}, "an empty body (status 204)"),
        (101, b"", {}, "an answer of no known kind (status 101)"),
    ],
)
def test_json(status: int, body: bytes, headers: dict[str, str], fault: str | None) -> None:
    assert _fault(DESCRIBE, status, body, **headers) == fault


def test_an_answer_to_a_batch_says_what_was_left() -> None:
    assert _fault(BATCH, 200, b'{"UnprocessedItems": {}}') is None
    assert "UnprocessedItems" in str(_fault(BATCH, 200, b"{}"))


def test_xml() -> None:
    xml = {"content_type": "text/xml"}
    assert _fault(QUERY, 200, ROLE, **xml) is None
    assert _fault(QUERY, 200, ROLE.replace(b"Role>", b"Rule>"), **xml)
    assert _fault(QUERY, 200, ROLE.replace(b"CreateRoleResponse", b"a"), **xml)
    assert _fault(QUERY, 200, ROLE[:-5], **xml)
    assert _fault(QUERY, 200, b"", **xml)
    assert _fault(QUERY, 200, b'<!DOCTYPE a [<!ENTITY b "c">]>' + ROLE, **xml)
    refusal = b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"
    assert _fault(QUERY, 404, refusal, **xml) is None
    assert _fault(QUERY, 404, refusal.replace(b"Code>", b"No>"), **xml)
    assert _fault(QUERY, 404, b"<html><Code>1</Code></html>", **xml)


def test_nothing_is_an_answer_where_aws_says_nothing() -> None:
    form = Form("TagResource", outputs=False)
    assert _fault(form, 200, b"") is None
    assert _fault(form, 200, b"{}") is None
    assert _fault(form, 200, HTML)
    assert judge(form, Reply(200, {}, b"")).identified is False
    assert Gate(strict=True).judge(form, Reply(200, {}, b"")).fault is not None


@pytest.mark.parametrize("status", [301, 304, 404])
def test_a_head_request_is_answered_without_a_body(status: int) -> None:
    form = Form("HeadBucket", "rest-xml", method="HEAD", outputs=False)
    assert Gate(strict=True).judge(form, Reply(status, {"x-amz-request-id": "A"}, b"")).fault is None
    assert Gate(strict=True).judge(form, Reply(status, {}, b"")).fault


def test_an_endpoint_without_ids_is_told_once_and_believed_by_its_answers() -> None:
    told: list[str] = []
    gate = Gate(strict=False, on_anonymous=lambda: told.append("told"))
    assert gate.judge(dynamodb_form("GetItem"), Reply(200, {}, b"{}")).fault, "anything may answer that"
    assert not told
    for _ in range(3):
        assert gate.judge(DESCRIBE, Reply(200, {"content-type": "text/html"}, TABLE)).fault is None
        assert gate.judge(dynamodb_form("GetItem"), Reply(200, {}, b"{}")).fault is None
    assert told == ["told"]
    assert gate.judge(DESCRIBE, Reply(200, {}, HTML)).fault
    assert gate.judge(DESCRIBE, Reply(404, {"content-type": "text/html"}, HTML)).fault


def test_what_may_pass_is_told_from_what_will_not() -> None:
    def transient(status: int, body: bytes, media: str) -> bool:
        return judge(DESCRIBE, Reply(status, ID | {"content-type": media}, body)).transient

    assert transient(502, HTML, "text/html")
    assert transient(429, HTML, "text/html")
    assert transient(200, TABLE[:9], ID["content-type"])
    assert not transient(200, HTML, "text/html")
    assert not transient(407, HTML, "text/html")
    assert not transient(302, b"", "text/html")
