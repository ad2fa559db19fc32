"""Answers that are not AWS's count as none: writes are sent again, and a Scan never ends by one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from dynaops.aws.errors import AwsFailure
from dynaops.aws.response_check import is_of_aws
from dynaops.aws.route import Credentials, Route, _frozen
from dynaops.aws.session import Aws
from dynaops.data.exporting.export import export
from dynaops.data.exporting.options import ExportOptions, RowForm
from dynaops.data.http.client import DynamoDBClient
from dynaops.data.http.http_connection import HttpResponse
from dynaops.data.load import load
from dynaops.data.options import LoadOptions, Mode
from dynaops.data.reading.decompress import Packing
from dynaops.data.rows import Keys
from dynaops.data.table_info import TableInfo
from dynaops.model.errors import DynaopsError
from tests.data.flat import FlatPlan, FlatSource, flat_parser
from tests.data.scripted import WRITTEN, Request, answer, refused, scripted

HTML = b"<!DOCTYPE html><html><head><title>Log in</title></head></html>"
PAGE = b'{"Items":[],"Count":0,"ScannedCount":0}'


def _bare(status: int, body: bytes, *lines: str) -> bytes:
    head = "".join(f"\r\n{line}" for line in (f"content-length: {len(body)}", *lines))
    return f"HTTP/1.1 {status} X{head}\r\n\r\n".encode() + body


FOREIGN: dict[str, bytes] = {
    "HTML, 200": _bare(200, HTML, "content-type: text/html"),
    "HTML with a request id": _bare(200, HTML, "content-type: text/html", "x-amzn-requestid: A"),
    "empty, 200": _bare(200, b""),
    "empty with a request id": answer(200, b""),
    "an empty object without a request id": _bare(200, b"{}", "content-type: application/json"),
    "null": answer(200, b"null"),
    "a list": answer(200, b"[]"),
    "204": _bare(204, b""),
    "302": _bare(302, b"", "location: https://portal.example/login"),
    "307 with HTML": _bare(307, HTML, "location: https://portal.example/", "content-type: text/html"),
    "403, HTML": _bare(403, HTML, "content-type: text/html"),
    "404, JSON of another": _bare(404, b'{"message":"no route"}', "content-type: application/json"),
    "407": _bare(407, b""),
    "502, text": _bare(502, b"Bad Gateway", "content-type: text/plain"),
    "garbled": answer(200, b"\xff\xfe\x00{"),
    "cut short": answer(200, WRITTEN[:-4]),
    "another checksum": answer(200, WRITTEN, x_amz_crc32=str(zlib.crc32(b"other"))),
    "the member within a text": answer(200, b'{"message":"no \\"UnprocessedItems\\" here"}'),
    "the member deeper": answer(200, b'{"a":{"UnprocessedItems":{}}}'),
    "the member without content": answer(200, b'{"UnprocessedItems":null}'),
    "the member in no JSON": answer(200, b'{"UnprocessedItems":{},}'),
    "without length": b"HTTP/1.1 200 OK\r\n\r\n",
    "another length": b"HTTP/1.1 200 OK\r\ncontent-length: x9\r\n\r\n",
    "chunks that are none": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "more than any answer": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{",
}


class _Table:
    """A table behind something that spoils every other answer, after the effect."""

    def __init__(self, spoiled: list[bytes]) -> None:
        self.rows: dict[str, Any] = {}
        self.spoiled = list(spoiled)

    def __call__(self, request: Request) -> bytes | None:
        given = self._answer(request)
        return self.spoiled.pop() if self.spoiled and request.number % 2 == 0 else given

    def _answer(self, request: Request) -> bytes:
        operation, body = request.headers["x-amz-target"].rpartition(".")[2], orjson.loads(request.body)
        if operation == "BatchWriteItem":
            for one in body["RequestItems"]["t"]:
                item = one["PutRequest"]["Item"]
                self.rows[item["id"]["S"]] = item
            return answer()
        if operation == "Scan":
            return self._page(body)
        item = body["Item"]
        there = self.rows.setdefault(item["id"]["S"], item)
        if there is not item:
            more = {"Item": there} if "ReturnValuesOnConditionCheckFailure" in body else {}
            members = {"__type": "x#ConditionalCheckFailedException", **more}
            return answer(400, orjson.dumps(members))
        return answer(200, b'{"ConsumedCapacity":{"CapacityUnits":1}}')

    def _page(self, body: Any) -> bytes:
        names = sorted(self.rows)
        start = names.index(body["ExclusiveStartKey"]["id"]["S"]) + 1 if "ExclusiveStartKey" in body else 0
        items = [self.rows[name] for name in names[start : start + 2]]
        page: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if start + 2 < len(names):
            page["LastEvaluatedKey"] = {"id": items[-1]["id"]}
        return answer(200, orjson.dumps(page))


def _with(table: Callable[[Request], bytes | None], work: Callable[[Aws], Any]) -> Any:
    async def run() -> Any:
        async with scripted(table) as server:
            return await asyncio.to_thread(work, Aws("eu-west-1", endpoint_url=server.url))

    return asyncio.run(run())


def _load(folder: Path, table: _Table, mode: Mode, count: int) -> Any:
    path = folder / "rows.jsonl"
    path.write_bytes(b"".join(orjson.dumps({"id": f"k{n:03}", "n": n}) + b"\n" for n in range(count)))
    options = LoadOptions(
        Keys("id", None), FlatPlan(), flat_parser, mode=mode, workers=1, checkpoint=folder / mode, in_flight=4
    )
    return _with(table, lambda aws: load(aws, "t", "eu-west-1", FlatSource(path), options))


def test_rows_whose_answers_were_not_awss_are_sent_again(tmp_path: Path) -> None:
    table = _Table(list(FOREIGN.values()))
    counts = _load(tmp_path, table, Mode.PUT, 1_000).counts
    assert table.rows.keys() == {f"k{n:03}" for n in range(1_000)} and not table.spoiled
    assert (counts.read, counts.written, counts.rejected) == (1_000, 1_000, 0)


def test_new_rows_whose_answers_were_not_awss_are_unsure(tmp_path: Path) -> None:
    table = _Table(list(FOREIGN.values()))
    counts = _load(tmp_path, table, Mode.IF_NOT_EXISTS, 60).counts
    assert len(table.rows) == 60 and not table.spoiled
    assert counts.skipped == 0 < counts.unsure <= len(FOREIGN)
    assert counts.written + counts.unsure == 60


def test_an_export_ends_by_no_answer_that_is_not_awss(tmp_path: Path) -> None:
    """The page of an empty table is AWS's if it has a request id; without one, of nobody."""
    table = _Table(
        [
            *FOREIGN.values(),
            answer(200, b"{}"),
            answer(200, b'{"Items":[]}'),
            answer(200, b'{"Count":0,"ScannedCount":0}'),
        ]
    )
    table.spoiled.append(answer(200, b'{"Items":[{"id":{"S":"k"}}],"Count":2,"ScannedCount":2}'))
    table.spoiled.append(answer(200, b'{"Items":["k"],"Count":1,"ScannedCount":1}'))
    table.spoiled.append(answer(200, b'{"Items":[],"Count":0,"ScannedCount":0,"LastEvaluatedKey":[]}'))
    table.rows = {f"k{n:03}": {"id": {"S": f"k{n:03}"}} for n in range(95)}
    target = TableInfo("t", "eu-west-1", Keys("id", None, {"id": "S"}), 0, None, None, 95, 900, "i", "arn")
    options = ExportOptions(
        out=tmp_path / "t.jsonl",
        form=RowForm.DYNAMODB,
        packing=Packing.NONE,
        segments=1,
        checkpoint=tmp_path / "export",
    )
    exported = _with(table, lambda aws: export(aws, target, options))
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert [one["Item"]["id"]["S"] for one in lines] == sorted(table.rows) and not table.spoiled
    assert exported.items == 95


def test_a_load_that_meets_nothing_but_a_page_names_who_answered(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id":"a"}\n')
    options = LoadOptions(
        Keys("id", None), FlatPlan(), flat_parser, workers=1, checkpoint=tmp_path / "c", patience=0.5
    )
    with pytest.raises(DynaopsError, match=r"127\.0\.0\.1:\d+ is not AWS's but an HTML page titled 'Log in'"):
        _with(
            lambda _: FOREIGN["HTML, 200"], lambda aws: load(aws, "t", "eu-west-1", FlatSource(path), options)
        )


@pytest.mark.parametrize("strict", [True, False])
def test_a_strict_endpoint_is_not_believed_without_a_request_id(strict: bool) -> None:
    async def run() -> HttpResponse:
        bare = _bare(200, WRITTEN, "content-type: application/x-amz-json-1.0")
        async with scripted(lambda _: bare) as server:
            route = Route(server.url, "eu-west-1", "", "test", strict=strict)
            wire = DynamoDBClient(route, Credentials("a", "s"), lambda _: None)
            coming: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
            wire.send("DynamoDB_20120810.BatchWriteItem", b"{}", coming.set_result)
            try:
                return await asyncio.wait_for(coming, 30)
            finally:
                wire.close()

    assert asyncio.run(run()).status == (0 if strict else 200)


def test_a_refusal_of_aws_stays_one() -> None:
    assert b"x-amzn-requestid" in refused("AccessDeniedException")


@pytest.mark.parametrize(
    ("url", "aws"),
    [
        ("https://dynamodb.eu-west-1.amazonaws.com", True),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn/", True),
        ("https://dynamodb.eu-west-1.api.aws", True),
        ("https://amazonaws.com.example", False),
        ("https://notamazonaws.com", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_which_endpoints_are_awss_own(url: str, aws: bool) -> None:
    from botocore.session import Session

    assert is_of_aws(url, Session()) is aws


def test_the_proxy_is_named_without_its_password() -> None:
    route = Route("https://dynamodb.example", "r", "", "t", {"https": "http://me:secret@proxy.example:3128"})
    assert route.answering == "dynamodb.example (through the proxy proxy.example:3128)"


def _export_to_stdout(folder: Path, form: RowForm = RowForm.DYNAMODB) -> None:
    table = _Table([])
    table.rows = {f"k{n}": {"id": {"S": f"k{n}"}} for n in range(9)}
    target = TableInfo("t", "eu-west-1", Keys("id", None, {"id": "S"}), 0, None, None, 9, 90, "i", "arn")
    options = ExportOptions(
        out=None, form=form, packing=Packing.NONE, segments=1, checkpoint=folder / "export"
    )
    _with(table, lambda aws: export(aws, target, options))


@pytest.mark.parametrize("form", [RowForm.DYNAMODB, RowForm.CSV])
def test_a_full_disk_behind_stdout_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: RowForm
) -> None:
    """CSV, which is written when all is read, is kept to be gone on with."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(DynaopsError, match="to stdout: No space left on device"):
            _export_to_stdout(tmp_path, form)
        monkeypatch.undo()
        with suppress(OSError):
            full.close()
    kept = [one.read_bytes().count(b"\n") for one in (tmp_path / "export").glob("*.part")]
    assert kept == ([9] if form is RowForm.CSV else [])


def test_a_reader_of_stdout_that_has_gone_is_no_failure_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        with pytest.raises(BrokenPipeError):
            _export_to_stdout(tmp_path)
        monkeypatch.undo()
        with suppress(OSError):
            gone.close()


def test_a_closed_stdout_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(DynaopsError, match="stdout is closed"):
        _export_to_stdout(tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
        FileNotFoundError(2, "No such file or directory", "tool"),
        json.JSONDecodeError("Expecting value", "x", 0),
        KeyError("AccessKeyId"),
    ],
)
def test_credentials_that_cannot_be_had_are_told_in_words(error: Exception) -> None:
    """botocore's own errors of a credential process are of many classes, and not only its own."""

    class Failing:
        def get_credentials(self) -> Any:
            raise error

    with pytest.raises(AwsFailure, match="Cannot get credentials"):
        _frozen(Failing())  # type: ignore[arg-type]
