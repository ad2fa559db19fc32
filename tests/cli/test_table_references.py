"""References between the tables of a run (`${ref:TABLE/ATTRIBUTE}`), from validate to destroy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, Result

TABLE = "table_name: {}\nhash_key: id\nattributes: {{id: S}}\npoint_in_time_recovery: false\n"
STREAM = "stream: {view_type: NEW_IMAGE}\n"
ORDERS = TABLE.format("orders") + STREAM
READER = """iam:
  custom:
    - name: reader
      statements:
        - Effect: Allow
          Action: dynamodb:GetRecords
          Resource: ["${ref:orders/stream_arn}", "${ref:orders/arn}/index/*"]
"""
AUDIT = TABLE.format("audit") + READER
POLICY = "audit/iam/custom/reader"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"


class Desk:
    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.folder, self.server = cli, folder, server
        (folder / "specs").mkdir()

    def write(self, *documents: str) -> None:
        (self.folder / "specs" / "spec.yaml").write_text("---\n".join(documents))

    def __call__(self, *words: str) -> Result:
        return self.cli(*words, "--endpoint-url", self.server.url, "--region", "eu-west-1")

    def applied(self, *words: str) -> None:
        result = self("apply", "--yes", *words)
        assert result.code == 0, result.out + result.err
        assert (
            self("plan", "--exit-code", *[word for word in words if not word.startswith("--allow")]).code == 0
        )
        assert self("drift").code == 0

    def stream(self) -> str:
        table = self.server.client("dynamodb", "eu-west-1").describe_table(TableName="orders")["Table"]
        return str(table["LatestStreamArn"])

    def policy(self) -> list[str]:
        """The resources of the policy as they are in AWS."""
        client = self.server.client("iam", "eu-west-1")
        arn = "arn:aws:iam::123456789012:policy/reader"
        version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        resources: list[str] = document["Statement"][0]["Resource"]
        return resources

    def operations(self, *words: str) -> dict[str, dict[str, Any]]:
        result = self(*words, "--json")
        assert result.code == 0, result.out + result.err
        return {one["id"]: one for one in result.json["operations"]}


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return Desk(cli, here, server)


def test_a_life(desk: Desk) -> None:
    tags = 'tags: {source: "x-${ref:orders/name}", home: "${ref:orders/region}", of: "${ref:orders/arn}"}\n'
    desk.write(AUDIT + tags, ORDERS)
    assert desk("validate").code == 0
    first = desk.operations("plan")
    assert first[f"{POLICY}:CreatePolicy"]["needs"] == ["audit:CreateTable", "orders:CreateTable"]
    document = json.loads(first[f"{POLICY}:CreatePolicy"]["parameters"]["PolicyDocument"])
    assert document["Statement"][0]["Resource"] == ["${ref:orders/stream_arn}", f"{ARN}/index/*"]
    assert "(known after apply)" in desk("plan").out
    desk.applied()
    assert sorted(desk.policy()) == sorted([desk.stream(), f"{ARN}/index/*"])
    table = desk.server.client("dynamodb", "eu-west-1")
    live = {
        one["Key"]: one["Value"]
        for one in table.list_tags_of_resource(ResourceArn=ARN.replace("orders", "audit"))["Tags"]
    }
    assert {name: live[name] for name in ("source", "home", "of")} == {
        "source": "x-orders",
        "home": "eu-west-1",
        "of": ARN,
    }

    # A stream of another view is another stream: what names it goes after, and names the new one.
    before = desk.stream()
    desk.write(AUDIT + tags, ORDERS.replace("NEW_IMAGE", "KEYS_ONLY"))
    changed = desk.operations("plan")
    version = next(one for name, one in changed.items() if name.startswith(f"{POLICY}:CreatePolicyVersion"))
    assert any(name.startswith("orders:UpdateTable") for name in version["needs"])
    desk.applied()
    assert desk.stream() != before
    assert desk.stream() in desk.policy()

    # And so is that of a table that is replaced.
    before = desk.stream()
    desk.write(AUDIT + tags, ORDERS.replace("id", "pk"))
    desk.applied("--allow-replace", "--allow-destroy")
    assert desk.stream() != before
    assert desk.stream() in desk.policy()

    result = desk("destroy", "--yes", "--allow-destroy")
    assert result.code == 0
    text = result.out + result.err
    assert text.index("delete IAM policy reader: done") < text.index("delete table orders: sent")
    assert desk.server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == []


def test_drift_of_what_holds_a_reference_is_seen_and_mended(desk: Desk) -> None:
    desk.write(AUDIT, ORDERS)
    desk.applied()
    client = desk.server.client("dynamodb", "eu-west-1")
    client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    client.update_table(
        TableName="orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    )
    assert desk.stream() not in desk.policy()
    assert list(desk.operations("plan")) == [f"{POLICY}:CreatePolicyVersion"]
    desk.applied()
    assert desk.stream() in desk.policy()


def test_a_saved_plan_is_applied_as_it_was_made(desk: Desk) -> None:
    desk.write(AUDIT, ORDERS)
    assert desk("plan", "--out", "p.plan").code == 0
    assert desk("apply", "p.plan", "--yes").code == 0
    assert desk("plan", "--exit-code").code == 0
    desk.write(AUDIT.replace("GetRecords", "DescribeStream"), ORDERS)
    assert desk("plan", "--out", "p.plan").code == 0
    client = desk.server.client("dynamodb", "eu-west-1")
    client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    client.update_table(
        TableName="orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    )
    assert desk("apply", "p.plan", "--yes").code == 5


def test_plain_text_that_looks_like_a_reference_stays_text(desk: Desk) -> None:
    row = 'items: [{id: "1", text: "$${ref:orders/arn} and ${ref:orders/arn} and $$${ref:x}"}]\n'
    desk.write(TABLE.format("audit") + row, ORDERS)
    desk.applied()
    (item,) = desk.server.client("dynamodb", "eu-west-1").scan(TableName="audit")["Items"]
    assert item["text"] == {"S": f"${{ref:orders/arn}} and {ARN} and $${{ref:x}}"}


def test_a_target_needs_the_table_that_it_refers_to(desk: Desk) -> None:
    desk.write(AUDIT, ORDERS)
    refused = desk("plan", "--target", "audit")
    assert refused.code == 1
    said = " ".join((refused.out + refused.err).split())
    assert "${ref:orders/stream_arn}: orders is not there yet, and not in this plan" in said
    assert "--target orders" in said
    assert desk("plan", "--target", "audit", "--target", "orders").code == 0
    desk.applied("--target", "orders")
    desk.applied("--target", "audit")
    desk.write(AUDIT.replace("GetRecords", "DescribeStream"), ORDERS.replace("NEW_IMAGE", "KEYS_ONLY"))
    refused = desk("plan", "--target", "audit")
    assert refused.code == 1
    assert "gets its stream_arn by a change that is not in this plan" in " ".join(
        refused.err.split() + refused.out.split()
    )


def test_a_table_that_is_referred_to_is_not_deleted_alone(desk: Desk) -> None:
    specs = desk.folder / "specs"
    (specs / "a.yaml").write_text(AUDIT)
    (specs / "b.yaml").write_text(ORDERS)
    desk.applied()
    for words in (("destroy", "specs/b.yaml"), ("destroy", "--target", "orders")):
        refused = desk(*words, "--yes", "--allow-destroy")
        assert refused.code == 1
        assert f"orders is deleted, and {POLICY} refers to it" in " ".join(
            (refused.out + refused.err).split()
        )
    (specs / "b.yaml").unlink()
    refused = desk("plan")
    assert refused.code == 1
    assert "no document of this run declares the table orders" in " ".join(
        (refused.out + refused.err).split()
    )
    (specs / "a.yaml").write_text(TABLE.format("audit"))
    desk.applied("--allow-destroy")
    assert desk("state", "list").out.split() == ["audit"]


def test_a_reference_to_a_table_of_others(desk: Desk) -> None:
    desk.write(AUDIT, "table_name: orders\nexternal: true\n")
    client = desk.server.client("dynamodb", "eu-west-1")
    table: dict[str, Any] = {
        "TableName": "orders",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    client.create_table(**table)
    refused = desk("plan")
    assert refused.code == 1
    assert "orders has no stream" in " ".join((refused.out + refused.err).split())
    client.update_table(
        TableName="orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )
    desk.applied()
    assert desk.stream() in desk.policy()
    assert desk("plan", "--no-refresh").code == 1
    assert desk("destroy", "--yes", "--allow-destroy").code == 0
    assert client.list_tables()["TableNames"] == ["orders"]


def test_references_come_from_overlays_and_defaults(desk: Desk) -> None:
    (desk.folder / "specs" / "audit").mkdir()
    (desk.folder / "specs" / "audit" / "defaults.yaml").write_text(
        'defaults: {tags: {of: "${ref:orders/arn}"}}\n'
    )
    (desk.folder / "specs" / "audit" / "a.yaml").write_text(TABLE.format("audit"))
    (desk.folder / "specs" / "o.yaml").write_text(ORDERS.replace("orders", "orders-${var.stage}"))
    (desk.folder / "over.yaml").write_text(
        'table_name: audit\ntags: {of: "${ref:orders-${var.stage}/stream_arn}"}\n'
    )
    words = ("specs", "specs/audit", "--var", "stage=dev")
    unknown = desk("validate", *words)
    assert unknown.code == 1
    assert "Did you mean orders-dev?" in " ".join((unknown.out + unknown.err).split())
    planned = desk("plan", *words, "-f", "over.yaml", "--json").json
    (table,) = [one for one in planned["changes"] if one["address"] == "audit"]
    assert table["after"]["tags"]["of"] == "${ref:orders-dev/stream_arn}"
    rendered = desk.cli("render", *words, "-f", "over.yaml")
    assert "${ref:orders-dev/stream_arn}" in rendered.out


def test_a_restored_table_has_the_values_written_out(desk: Desk) -> None:
    desk.write(AUDIT.replace("point_in_time_recovery: false\n", ""), ORDERS)
    desk.applied()
    restored = desk("backup", "restore", "audit", "audit-2", "--latest", "--yes")
    assert restored.code == 0, restored.err
    text = (desk.folder / "specs" / "audit-2.yaml").read_text()
    assert desk.stream() in text
    assert "ref:" not in text
    assert desk("plan", "--exit-code").code == 0
