"""A snapshot is read only if this user's sandbox has signed it, and then only through the exact list of classes."""

from __future__ import annotations

import functools
import importlib
import inspect
import io
import os
import pickle
import pickletools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer, persist, state_folder
from dynaops.sandbox.persist import dumped, loaded, sealed, unsealed
from dynaops.sandbox.snapshot_classes import CLASSES
from tests.sandbox.companions.functions import make_function


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


class Ran(Exception):
    """Code of a snapshot was run."""


def ran(*_: Any) -> None:
    raise Ran


class Calls:
    """Pickled as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def named(module: str, name: str, argument: str = "true") -> bytes:
    """A pickle of protocol 4 that calls what it names: `name` may have dots."""
    return (
        b"\x80\x04"
        + _text(module)
        + _text(name)
        + pickle.STACK_GLOBAL
        + _text(argument)
        + pickle.TUPLE1
        + pickle.REDUCE
        + b"."
    )


def old_named(module: str, name: str) -> bytes:
    """The same in protocol 0."""
    return f"c{module}\n{name}\n(S'true'\ntR.".encode()


def _text(value: str) -> bytes:
    return pickle.SHORT_BINUNICODE + bytes([len(value)]) + value.encode()


REFUSED = [
    ("os", "system"),
    ("posix", "system"),
    ("subprocess", "Popen"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "getattr"),
    ("builtins", "type"),
    ("builtins", "object"),
    ("builtins", "__import__"),
    ("builtins", "open"),
    ("functools", "partial"),
    ("operator", "attrgetter"),
    ("copyreg", "_reconstructor"),
    ("importlib", "import_module"),
    ("tempfile", "SpooledTemporaryFile"),
    ("zoneinfo", "ZoneInfo._unpickle"),
    ("dynaops.sandbox.daemon", "os.system"),
    ("dynaops.sandbox.persist", "pickle.loads"),
    ("dynaops.sandbox.persist", "loaded"),
    ("dynaops.sandbox.persist", "Persistence"),
    ("dynaops.sandbox.persist", "_private_key.__globals__"),
    ("dynaops.sandbox.world", "Event.__init__"),
    ("dynaops.sandbox.world", "Region.holding"),
    ("dynaops.sandbox.running", "os.system"),
    ("moto.s3.models", "os.system"),
    ("moto.iam.models", "User.__class__"),
    ("moto.awslambda.models", "_DockerDataVolumeContext"),
    ("moto.core.utils", "gzip_decompress"),
    ("cryptography.hazmat.primitives.serialization", "load_pem_private_key"),
    ("builtins", "dict.fromkeys"),
    ("collections", "OrderedDict.__class__"),
]


@pytest.mark.parametrize(("module", "name"), REFUSED, ids=[f"{module}:{name}" for module, name in REFUSED])
def test_what_could_run_code_is_refused_even_when_signed(module: str, name: str) -> None:
    for data in (named(module, name), old_named(module, name)):
        with pytest.raises(pickle.UnpicklingError, match="is not allowed in a snapshot"):
            loaded(unsealed(sealed(data)))


def test_a_class_is_not_reached_through_a_listed_one() -> None:
    for function in (functools.partial(ran), getattr, type, eval, os.system, Ran):
        data = pickle.dumps(Calls(function, "true"), protocol=4)
        with pytest.raises(pickle.UnpicklingError, match="not allowed"):
            loaded(data)


def test_the_list_names_data_classes_only() -> None:
    for module, name in CLASSES:
        assert "." not in name
        kind = getattr(importlib.import_module(module), name)
        assert inspect.isclass(kind) and not issubclass(kind, (BaseException, type)), (module, name)
        assert (kind.__module__, kind.__qualname__) == (module, name), "listed where it is defined"


def _listing(folder: Path) -> Path:
    return folder / "snapshot.pickle"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        pickle.dumps(Calls(ran)),
        pickle.dumps(Calls(os.system, "true"), protocol=0),
        named("dynaops.sandbox.daemon", "os.system"),
        persist._MAGIC,
        persist._MAGIC + bytes(32) + pickle.dumps(Calls(ran)),
        persist._MAGIC + bytes(32),
    ],
    ids=["empty", "nonsense", "call", "system", "dotted", "head", "unsigned", "short"],
)
def test_an_unsigned_snapshot_is_put_aside_and_not_loaded(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "sandbox"
    state_folder.make(folder)
    state_folder.write_private(_listing(folder), content)
    with pytest.raises(DynaopsError, match="was not written by a sandbox of yours") as refused:
        SandboxServer(data_dir=folder)
    assert "put aside" in (refused.value.hint or "")
    assert (folder / "snapshot.unusable").read_bytes() == content
    with SandboxServer(data_dir=folder) as server:
        assert server.client("s3").list_buckets()["Buckets"] == []


def test_a_signed_snapshot_that_names_more_is_put_aside(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    state_folder.make(folder)
    evil = pickle.dumps(
        {"format": 1, "world": None, "moto": {"s3": {"1": {"aws": pickle.dumps(Calls(ran))}}}}
    )
    state_folder.write_private(_listing(folder), sealed(evil))
    with pytest.raises(DynaopsError, match="is not allowed in a snapshot"):
        SandboxServer(data_dir=folder)
    assert (folder / "snapshot.unusable").exists()


def test_any_changed_byte_is_noticed() -> None:
    content = sealed(dumped({"a": [1, 2, 3]}))
    assert loaded(unsealed(content)) == {"a": [1, 2, 3]}
    for index in range(len(content)):
        damaged = bytearray(content)
        damaged[index] ^= 1
        with pytest.raises(pickle.UnpicklingError):
            unsealed(bytes(damaged))
    for end in range(len(content)):
        with pytest.raises(pickle.UnpicklingError):
            unsealed(content[:end])


def test_another_users_signature_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = sealed(dumped([1]))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    with pytest.raises(pickle.UnpicklingError):
        unsealed(content)


def _use_all(server: SandboxServer) -> None:
    """Something in every service that dynaops uses, of as many classes as there are."""
    from tests.sandbox.companions.test_persistence import fill_lambda, fill_scaling, fill_streams

    fill_lambda(server)
    fill_scaling(server)
    fill_streams(server)
    fill_identities(server)
    fill_objects(server)
    fill_tables(server)
    fill_rest(server)


def fill_identities(server: SandboxServer) -> None:
    iam, sts = server.client("iam"), server.client("sts")
    iam.create_user(UserName="deployer")
    iam.create_group(GroupName="deployers")
    iam.add_user_to_group(GroupName="deployers", UserName="deployer")
    iam.create_access_key(UserName="deployer")
    iam.create_login_profile(UserName="deployer", Password="Secret-1234")
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.create_open_id_connect_provider(
        Url="https://example.com", ThumbprintList=["a" * 40], ClientIDList=["c"]
    )
    iam.update_account_password_policy(MinimumPasswordLength=12)
    sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/worker-role", RoleSessionName="session")


def fill_objects(server: SandboxServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="state")
    s3.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket="state",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_public_access_block(Bucket="state", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_lifecycle_configuration(
        Bucket="state",
        LifecycleConfiguration={
            "Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}]
        },
    )
    s3.put_bucket_cors(
        Bucket="state",
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    )
    s3.put_object(Bucket="state", Key="key", Body=b"one", Tagging="a=b")
    s3.put_object(Bucket="state", Key="key", Body=b"two")
    s3.delete_object(Bucket="state", Key="key")
    s3.create_multipart_upload(Bucket="state", Key="large")


def fill_tables(server: SandboxServer) -> None:
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(
        TableName="users",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "mail")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-mail",
                "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    server.advance(3600)
    dynamodb.put_item(TableName="users", Item={"id": {"S": "1"}, "mail": {"S": "m"}, "n": {"N": "1"}})
    dynamodb.update_time_to_live(
        TableName="users", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    dynamodb.update_continuous_backups(
        TableName="users", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.create_backup(TableName="users", BackupName="backup")
    arn = dynamodb.describe_table(TableName="users")["Table"]["TableArn"]
    dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="state")
    dynamodb.update_contributor_insights(TableName="users", ContributorInsightsAction="ENABLE")
    stream = server.client("kinesis").describe_stream(StreamName="changes")["StreamDescription"]["StreamARN"]
    dynamodb.enable_kinesis_streaming_destination(TableName="users", StreamArn=stream)
    dynamodb.update_table(TableName="users", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    server.advance(3600)


def fill_rest(server: SandboxServer) -> None:
    kms = server.client("kms")
    for spec in ("SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256"):
        usage = "ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT" else "SIGN_VERIFY"
        key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/key", TargetKeyId=key)
    logs = server.client("logs")
    logs.create_log_stream(logGroupName="group", logStreamName="s")
    logs.put_log_events(logGroupName="group", logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])
    topic = server.client("sns").create_topic(Name="alarms")["TopicArn"]
    queue = server.client("sqs").create_queue(QueueName="failures")["QueueUrl"]
    server.client("sqs").send_message(QueueUrl=queue, MessageBody="m")
    server.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/DynamoDB",
        MetricName="SystemErrors",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Sum",
        Dimensions=[{"Name": "TableName", "Value": "users"}],
    )
    cloudwatch.put_metric_data(Namespace="ours", MetricData=[{"MetricName": "m", "Value": 1.0}])
    backup = server.client("backup")
    backup.create_backup_vault(BackupVaultName="vault")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 * * ? *)"}
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "plan", "Rules": [rule]})


def test_a_world_in_which_every_service_was_used_is_saved_and_loaded_whole(tmp_path: Path) -> None:
    with SandboxServer(speed=0, data_dir=tmp_path / "sandbox") as server:
        _use_all(server)
        assert server._persistence is not None
        server._persistence.save()
        assert server._persistence.not_saved == {}
    with SandboxServer(speed=0, data_dir=tmp_path / "sandbox") as server:
        assert server.client("dynamodb").scan(TableName="users")["Count"] == 1
        assert server.client("iam").list_users()["Users"][0]["UserName"] == "deployer"
        assert len(server.client("kms").list_keys()["Keys"]) >= 3
        assert len(server.client("s3").list_object_versions(Bucket="state")["Versions"]) >= 2
        assert server.client("sqs").list_queues()["QueueUrls"]
        assert server.client("sns").list_topics()["Topics"]
        assert server.client("backup").list_backup_plans()["BackupPlansList"]
        assert server._persistence is not None
        server._persistence.save()
    names = set(_globals(unsealed((tmp_path / "sandbox/snapshot.pickle").read_bytes())))
    allowed = CLASSES | {(persist.__name__, name) for name in persist._REBUILDERS}
    assert names <= allowed, "no snapshot names anything else"


def _globals(data: bytes) -> Iterator[tuple[str, str]]:
    """What a pickle, and every pickle in it, names."""

    class Names(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            found.append((module, name))
            return persist._SnapshotReader(io.BytesIO()).find_class(module, name)

    found: list[tuple[str, str]] = []
    content = Names(io.BytesIO(data)).load()
    for accounts in content["moto"].values():
        for regions in accounts.values():
            for backend in regions.values():
                pickletools.optimize(backend)  # it is a well-formed pickle
                Names(io.BytesIO(backend)).load()
    yield from found


def test_all_data_classes_of_the_sandbox_are_listed() -> None:
    """Those that no snapshot holds are named here, so that a new one is thought of."""
    import dataclasses
    import sys

    import dynaops.sandbox.services  # noqa: F401 (loads them all)

    never_kept = {
        "backup.jobs.BackupServiceJob",
        "backup.jobs.Jobs",
        "dynamodb.capacity.Consumed",
        "dynamodb.data._Tap",
        "dynamodb.items.Given",
        "dynamodb.keys.Rules",
        "dynamodb.shapes._Constraints",
        "dynamodb.shapes._Types",
        "dynamodb.transfer.InputRecord",
        "dynamodb.transfer.TransferJob",
        "dynamodb.values.Layer",
        "dynamodb.values.ValueReader",
    }
    packages = tuple(f"dynaops.sandbox.{name}." for name in ("autoscaling", "backup", "dynamodb", "lambdas"))
    found = {
        (kind.__module__, kind.__qualname__)
        for name, module in list(sys.modules.items())
        if name.startswith(packages)
        for kind in vars(module).values()
        if inspect.isclass(kind) and kind.__module__ == name and dataclasses.is_dataclass(kind)
    }
    unlisted = {f"{module}.{name}".removeprefix("dynaops.sandbox.") for module, name in found - CLASSES}
    assert unlisted <= never_kept


def test_a_service_that_is_not_listed_is_left_out_and_told(tmp_path: Path) -> None:
    with SandboxServer(speed=0, data_dir=tmp_path / "sandbox") as server:
        make_function(server.client, "worker")
        server.client("ssm").put_parameter(Name="p", Value="v", Type="String")
        assert server._persistence is not None
        server._persistence.save()
        assert list(server._persistence.not_saved) == ["ssm"]
    with SandboxServer(speed=0, data_dir=tmp_path / "sandbox") as server:
        assert server.client("lambda").get_function(FunctionName="worker")
        assert server.client("ssm").describe_parameters()["Parameters"] == []
