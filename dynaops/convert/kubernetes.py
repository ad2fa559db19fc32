"""Converts Kubernetes manifests of tables: those of ACK and Crossplane, in files of several documents.

Each table is rewritten with CloudFormation's property names (values keep their positions), and read as such.
Sources: aws-controllers-k8s/dynamodb-controller (dynamodb.services.k8s.aws/v1alpha1, Table), upbound/provider-aws
(dynamodb.aws.upbound.io, Table), crossplane-contrib/provider-aws (dynamodb.aws.crossplane.io, Table). What they leave
out has CreateTable's default in all three: billing PROVISIONED, everything else off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dynaops.convert.cloudformation import tables
from dynaops.convert.cloudformation.identities import Identities
from dynaops.convert.cloudformation.stack import Stack
from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, Unknown, flag_of
from dynaops.convert.pieces import PieceKind, Pieces
from dynaops.convert.texts import SourceText
from dynaops.specs.yaml_tree import MAX_NODES, YamlNode, nodes

ACK = ("dynamodb.services.k8s.aws/",)
CROSSPLANE = ("dynamodb.aws.upbound.io/", "dynamodb.aws.m.upbound.io/")
COMMUNITY = ("dynamodb.aws.crossplane.io/",)
_NAMES = {
    "sseSpecification": "SSESpecification",
    "sseType": "SSEType",
    "kmsMasterKeyID": "KMSMasterKeyId",
    "kmsKeyArn": "KMSMasterKeyId",
    "timeToLive": "TimeToLiveSpecification",
    "ttl": "TimeToLiveSpecification",
    "continuousBackups": "PointInTimeRecoverySpecification",
    "tableReplicas": "Replicas",
    "replica": "Replicas",
    "attribute": "AttributeDefinitions",
    "globalSecondaryIndex": "GlobalSecondaryIndexes",
    "localSecondaryIndex": "LocalSecondaryIndexes",
    "serverSideEncryption": "SSESpecification",
}
"""Names that differ from CloudFormation's by more than the case of the first letter."""
_EXTERNAL = "crossplane.io/external-name"
_REGION = "services.k8s.aws/region"
_DELETION = "services.k8s.aws/deletion-policy"
_OTHER = "it is not a table of DynamoDB"


def read(texts: Sequence[SourceText], pieces: Pieces, region: str | None) -> None:
    """Read the tables of all documents of all files into `pieces`. Raises Unreadable."""
    for text in texts:
        for document in nodes(text.written_by_hand(), text.path, MAX_NODES, legacy=True):
            _document(document, pieces, region)


def _document(document: YamlNode, pieces: Pieces, region: str | None) -> None:
    if not isinstance(document.value, dict):
        where = SourcePlace("document", document.spot)
        pieces.ledger.found(where)
        pieces.notes.lost(where, "it is no manifest")
        return
    whole = SourceMap(_known(document), SourcePlace("", document.spot), pieces.notes)
    group, kind = whole.text("apiVersion") or "", whole.text("kind") or "manifest"
    if kind == "List" and "items" in document.value and isinstance(document.value["items"].value, list):
        for item in document.value["items"].value:
            _document(item, pieces, region)
        return
    metadata = whole.part("metadata")
    name = (metadata.text("name") if metadata else None) or "without a name"
    where = SourcePlace(f"{kind}/{name}", document.spot)
    ours = group.startswith((*ACK, *CROSSPLANE, *COMMUNITY))
    if not ours:
        pieces.ledger.outside(where)
        pieces.notes.lost(where, _OTHER)
        return
    pieces.ledger.found(where)
    if kind != "Table":
        pieces.notes.lost(where, f"{group} {kind}: only Table is converted")
        return
    annotations = {}
    if metadata is not None and "annotations" in metadata:
        entries = metadata.value("annotations")
        annotations = entries if isinstance(entries, dict) else {}
    _table(_known(document), where, group, (name, annotations), pieces, region)


def _table(
    document: YamlNode,
    where: SourcePlace,
    group: str,
    metadata: tuple[str, dict[str, object]],
    pieces: Pieces,
    region: str | None,
) -> None:
    name, annotations = metadata
    body = document.value.get("spec")
    crossplane = not group.startswith(ACK)
    beside: dict[str, YamlNode] = body.value if body is not None and isinstance(body.value, dict) else {}
    settings = beside.get("forProvider") if crossplane else body
    if settings is None or not isinstance(settings.value, dict):
        pieces.notes.lost(where, "it has no " + ("spec.forProvider" if crossplane else "spec"))
        return
    properties = _renamed(settings).value
    region_node = properties.pop("Region", None)
    if crossplane:
        external = annotations.get(_EXTERNAL, name)
        properties.setdefault("TableName", YamlNode(external, document.spot))
    if group.startswith(CROSSPLANE):
        properties = _as_cloudformation(properties)
    _settle(properties)
    own = annotations.get(_REGION) or (region_node.value if region_node is not None else None) or region
    stack = Stack(pieces, Identities({}, {}, None), {}, own if isinstance(own, str) else None)
    stack.identities.name_property = lambda logical, name: _plain(properties.get("TableName"))  # noqa: ARG005
    policy = beside.get("deletionPolicy")
    if annotations.get(_DELETION) == "retain" or (policy and policy.value == "Orphan"):
        stack.lifecycle = {"on_destroy": "retain"}
    part = SourceMap(YamlNode(properties, settings.spot), where, pieces.notes)
    name_node = properties.get("TableName")
    if name_node is None or not isinstance(name_node.value, str):
        unknown = name_node is not None and isinstance(name_node.value, Unknown)
        why = name_node.value.why if name_node is not None and unknown else "it does not say tableName"
        pieces.notes.lost(where, why)
        return
    for replica in part.parts("Replicas"):
        _replica(name_node.value, replica, pieces)
    tables.table(stack, "", part)
    part.close()
    for key in set(beside) - {"forProvider", "deletionPolicy", "providerConfigRef"} if crossplane else ():
        pieces.notes.lost(where.below(f"spec.{key}", beside[key].spot), "a spec has no such setting")


def _replica(table: str, part: SourceMap, pieces: Pieces) -> None:
    region = part.text("RegionName")
    data = {
        "region": region,
        "kms_key_arn": part.open_text("KMSMasterKeyId"),
        "point_in_time_recovery": part.open_flag("PointInTimeRecovery"),
        "propagate_tags": part.flag("PropagateTags") or False,
    }
    if region is None:
        pieces.notes.lost(part.where, "it does not say its region")
        return
    settings = {name: value for name, value in data.items() if value is not None}
    pieces.add(PieceKind.REPLICA, table, settings, part)


def _plain(node: YamlNode | None) -> object:
    return None if node is None else node.value


def _known(node: YamlNode) -> YamlNode:
    """The tree with template expressions (Helm's ``{{ }}``) as Unknown values."""
    if isinstance(node.value, dict):
        return YamlNode({name: _known(child) for name, child in node.value.items()}, node.spot, node.key)
    if isinstance(node.value, list):
        return YamlNode([_known(child) for child in node.value], node.spot, node.key)
    if isinstance(node.value, str) and "{{" in node.value:
        return YamlNode(Unknown("it is filled in by a template ({{ }})"), node.spot, node.key)
    return node


def _renamed(node: YamlNode) -> YamlNode:
    """The tree with CloudFormation's property names. The keys of a map of tags are not property names."""
    if isinstance(node.value, dict):
        renamed = {}
        for name, child in node.value.items():
            free = name == "tags" and isinstance(child.value, dict)
            renamed[_NAMES.get(name, name[:1].upper() + name[1:])] = child if free else _renamed(child)
        return YamlNode(renamed, node.spot, node.key)
    if isinstance(node.value, list):
        return YamlNode([_renamed(child) for child in node.value], node.spot, node.key)
    return node


def _settle(properties: dict[str, YamlNode]) -> None:
    """Rewrite the properties that ACK and Crossplane name differently; remove a stream that is not enabled."""
    recovery = properties.pop("PointInTimeRecoveryEnabled", None)
    if recovery is not None:
        block = YamlNode({"PointInTimeRecoveryEnabled": recovery}, recovery.spot)
        properties.setdefault("PointInTimeRecoverySpecification", block)
    _rename_in(properties, "SSESpecification", {"Enabled": "SSEEnabled"})
    stream = properties.get("StreamSpecification")
    if stream is not None and isinstance(stream.value, dict):
        on = stream.value.get("StreamEnabled")
        enabled = on is None or flag_of(on.value)
        if enabled:
            stream.value.pop("StreamEnabled", None)
        elif enabled is False:
            properties.pop("StreamSpecification")


def _rename_in(properties: dict[str, YamlNode], block: str, names: dict[str, str]) -> None:
    node = properties.get(block)
    if node is None:
        return
    if isinstance(node.value, list) and len(node.value) == 1:
        node = properties[block] = node.value[0]
    if isinstance(node.value, dict):
        node.value = {names.get(name, name): child for name, child in node.value.items()}


def _as_cloudformation(properties: dict[str, YamlNode]) -> dict[str, YamlNode]:
    """Upbound's properties, which are those of Terraform, as CloudFormation's."""
    renamed = dict(properties)
    _rename_in(renamed, "SSESpecification", {"Enabled": "SSEEnabled"})
    _rename_in(renamed, "TimeToLiveSpecification", {})
    ttl = renamed.get("TimeToLiveSpecification")
    if ttl is not None and isinstance(
        ttl.value, dict
    ):  # off by default (Terraform's aws_dynamodb_table, ttl)
        ttl.value.setdefault("Enabled", YamlNode(False, ttl.spot))
    if "PointInTimeRecovery" in renamed:
        renamed["PointInTimeRecoverySpecification"] = renamed.pop("PointInTimeRecovery")
        _rename_in(renamed, "PointInTimeRecoverySpecification", {"Enabled": "PointInTimeRecoveryEnabled"})
    _each(
        renamed,
        "AttributeDefinitions",
        lambda member: _renames(member, {"Name": "AttributeName", "Type": "AttributeType"}),
    )
    hash_key = renamed.get("HashKey")
    _keys(renamed)
    _capacity(renamed)
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        _each(renamed, name, lambda member: _index(member, hash_key))
    on, view = renamed.pop("StreamEnabled", None), renamed.pop("StreamViewType", None)
    enabled = None if on is None else flag_of(on.value)
    if on is not None and enabled is not False:
        fields = {} if view is None else {"StreamViewType": view}
        if not enabled:
            fields["StreamEnabled"] = on
        renamed["StreamSpecification"] = YamlNode(fields, on.spot)
    return renamed


def _each(properties: dict[str, YamlNode], name: str, change: Callable[[dict[str, YamlNode]], None]) -> None:
    node = properties.get(name)
    for member in node.value if node is not None and isinstance(node.value, list) else ():
        if isinstance(member.value, dict):
            change(member.value)


def _renames(entry: dict[str, YamlNode], names: dict[str, str]) -> None:
    for old, new in names.items():
        if old in entry:
            entry[new] = entry.pop(old)


def _keys(entry: dict[str, YamlNode], hash_key: YamlNode | None = None) -> None:
    listed = []
    for name, kind in (("HashKey", "HASH"), ("RangeKey", "RANGE")):
        node = entry.pop(name, hash_key if kind == "HASH" else None)
        if node is not None:
            fields = {"AttributeName": node, "KeyType": YamlNode(kind, node.spot)}
            listed.append(YamlNode(fields, node.spot))
    if listed:
        entry["KeySchema"] = YamlNode(listed, listed[0].spot)


def _capacity(entry: dict[str, YamlNode]) -> None:
    units = {f"{side}Units": entry.pop(side) for side in ("ReadCapacity", "WriteCapacity") if side in entry}
    if units:
        entry["ProvisionedThroughput"] = YamlNode(units, next(iter(units.values())).spot)


def _index(entry: dict[str, YamlNode], hash_key: YamlNode | None) -> None:
    _renames(entry, {"Name": "IndexName"})
    _keys(entry, hash_key)
    _capacity(entry)
    shape = {name: entry.pop(name) for name in ("ProjectionType", "NonKeyAttributes") if name in entry}
    if shape:
        entry["Projection"] = YamlNode(shape, next(iter(shape.values())).spot)
