"""serverless.yml and manifests: variables of themselves, values that grow, and files that are not theirs."""

from __future__ import annotations

from tests.convert.hostile.inputs import LARGE, Input

_HEAD = "service: s\nprovider: { name: aws, region: eu-west-1 }\n"
_TABLE = (
    "resources:\n  Resources:\n    T:\n      Type: AWS::DynamoDB::Table\n      Properties:\n"
    "        BillingMode: PAY_PER_REQUEST\n        TableName: %s\n"
    "        AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]\n"
    "        KeySchema: [{ AttributeName: id, KeyType: HASH }]\n"
)
_DOUBLES = "custom:\n  a0: abcdefgh\n" + "".join(
    f"  a{i}: ${{self:custom.a{i - 1}}}${{self:custom.a{i - 1}}}\n" for i in range(1, 31)
)
_MAPS = "custom:\n  a0: { x: 1 }\n" + "".join(
    f"  a{i}: {{ l: '${{self:custom.a{i - 1}}}', r: '${{self:custom.a{i - 1}}}' }}\n" for i in range(1, 31)
)
_ACK = "apiVersion: dynamodb.services.k8s.aws/v1alpha1\nkind: Table\nmetadata: { name: t }\n"


def _named(name: str, custom: str = "") -> str:
    return _HEAD + custom + _TABLE % name


SOURCES: dict[str, Input] = {
    "a serverless variable that doubles": ("s.yml", _named("${self:custom.a30}", _DOUBLES), LARGE),
    "a serverless map that doubles": ("s.yml", _named("${self:custom.a30}", _MAPS), LARGE),
    "a serverless variable of itself": (
        "s.yml",
        _named("${self:custom.a}", "custom: { a: '${self:custom.a}' }\n"),
        "depends on itself",
    ),
    "a serverless variable of everything": ("s.yml", _named('"${self:}"'), "is no text"),
    "a serverless file of elsewhere": ("s.yml", _named("${file(/etc/passwd)}"), "is not read"),
    "a serverless file of above": ("s.yml", _named("${file(../../../etc/hosts.yml)}"), "is not read"),
    "a serverless file that is itself": ("s.yml", _named("${file(s.yml)}"), "s.yml"),
    "serverless brackets": ("s.yml", _named('"' + "${self:" * 5000 + '"'), "is no table name"),
    "an ACK table of nothing": ("t.yaml", _ACK, "it has no spec"),
    "an ACK table named by a map": ("t.yaml", _ACK + "spec: { tableName: { a: b } }\n", "tableName"),
    "ten thousand manifests": (
        "t.yaml",
        "---\n".join(["apiVersion: v1\nkind: Pod\n"] * 2_000) + "---\n" + _ACK + "spec: { tableName: 3 }\n",
        "it is not a table of DynamoDB",
    ),
    "manifests within lists": (
        "t.yaml",
        "apiVersion: dynamodb.services.k8s.aws/v1alpha1\nkind: List\nitems: "
        + "[{apiVersion: dynamodb.services.k8s.aws/v1alpha1, kind: List, items: " * 15
        + "[]"
        + "}]" * 15,
        "there is no DynamoDB table",
    ),
}
