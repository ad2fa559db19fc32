"""S3 in the sandbox: conditional requests under contention, whose bucket it is, and policies that want TLS."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import S3Backend

from dynaops.sandbox import Sandbox
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.s3 import ObjectLocks


@pytest.fixture
def s3(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client and a bucket in which a write takes its time, as in S3."""
    client = sandbox.client("s3")
    client.create_bucket(Bucket="things")
    original = S3Backend.put_object

    def slowly(*args: Any, **more: Any) -> Any:
        time.sleep(0.02)
        return original(*args, **more)

    monkeypatch.setattr(S3Backend, "put_object", slowly)
    return client


def refused(call: Any, **asked: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(Bucket="things", **asked)
    answer: Any = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_conditions_are_refused_as_s3_does(s3: Any) -> None:
    etag = s3.put_object(Bucket="things", Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    failed = ("PreconditionFailed", 412)
    assert refused(s3.put_object, Key="k", Body=b"2", IfNoneMatch="*") == failed
    assert refused(s3.put_object, Key="k", Body=b"2", IfMatch='"other"') == failed
    assert refused(s3.put_object, Key="none", Body=b"2", IfMatch=etag) == ("NoSuchKey", 404)
    assert refused(s3.delete_object, Key="k", IfMatch='"other"') == failed
    source = {"Bucket": "things", "Key": "k"}
    assert refused(s3.copy_object, Key="copy", CopySource=source, CopySourceIfMatch='"other"') == failed
    s3.copy_object(Bucket="things", Key="copy", CopySource=source, CopySourceIfMatch=etag)
    s3.put_object(Bucket="things", Key="k", Body=b"2", IfMatch=etag)
    s3.delete_object(Bucket="things", Key="k", IfMatch=s3.head_object(Bucket="things", Key="k")["ETag"])
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="things")["Contents"]] == ["copy"]


@pytest.mark.parametrize("condition", ["IfNoneMatch", "IfMatch"])
def test_of_writers_that_expect_the_same_one_succeeds(s3: Any, condition: str) -> None:
    expected = "*" if condition == "IfNoneMatch" else s3.put_object(Bucket="things", Key="k")["ETag"]
    gate = threading.Barrier(6)

    def write(number: int) -> int:
        gate.wait()
        try:
            s3.put_object(Bucket="things", Key="k", Body=str(number).encode(), **{condition: expected})
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return 200

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(write, range(6))) == [200, *[412] * 5]


def test_a_conditional_write_that_a_deletion_overtook_conflicts() -> None:
    turns, waiting = ObjectLocks(), threading.Event()

    def write() -> str:
        waiting.set()
        try:
            with turns.taken("things/k", conditional=True):
                return "written"
        except ApiError as error:
            return f"{error.code} {error.status}"

    with ThreadPoolExecutor(1) as pool:
        with turns.taken("things/k", conditional=False):
            late = pool.submit(write)
            waiting.wait()
            time.sleep(0.05)
            turns.deleted("things/k")
        assert late.result() == "ConditionalRequestConflict 409"
    assert write() == "written"


def test_a_bucket_of_another_account_is_denied_to_who_does_not_expect_it(s3: Any) -> None:
    s3.put_object(Bucket="things", Key="k", ExpectedBucketOwner="123456789012")
    for call, more in (
        (s3.put_object, {"Key": "k"}),
        (s3.get_object, {"Key": "k"}),
        (s3.list_objects_v2, {}),
        (s3.get_bucket_versioning, {}),
    ):
        assert refused(call, ExpectedBucketOwner="999999999999", **more) == ("AccessDenied", 403)


def test_a_policy_that_wants_tls_denies_nothing_as_all_calls_of_aws_have_it(s3: Any) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::things/*"}
    tls = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket="things", Policy=json.dumps({"Version": "2012-10-17", "Statement": [tls]}))
    s3.put_object(Bucket="things", Key="k")
    assert json.loads(s3.get_bucket_policy(Bucket="things")["Policy"])["Statement"] == [tls]
    s3.put_bucket_policy(
        Bucket="things", Policy=json.dumps({"Version": "2012-10-17", "Statement": [tls, deny]})
    )
    assert refused(s3.put_object, Key="k")[1] == 403
