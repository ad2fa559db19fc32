"""The registry of source formats. A format has its module (or package) and its line here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dynaops.convert.notes import SourcePlace
from dynaops.convert.pieces import Pieces
from dynaops.convert.texts import SourceText
from dynaops.model.errors import DynaopsError

_SERVICE = re.compile(r"^service\s*:", re.MULTILINE)
_PROVIDER = re.compile(r"^provider\s*:", re.MULTILINE)
_API_VERSION = re.compile(r"^[\s{\"-]*apiVersion\"?\s*:\s*[\"']?([\w.]+)/", re.MULTILINE)


@dataclass(frozen=True)
class Options:
    """Values that the source does not contain: those of its parameters and generated names, and the region."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    static: bool = False
    """Whether Terraform's files are read even if there is a state."""


@dataclass(frozen=True)
class SourceFormat:
    """A source format: a function that recognises its files, and one that reads all of them into pieces."""

    name: str
    title: str
    recognises: Callable[[SourceText], bool]
    read: Callable[[Sequence[SourceText], Pieces, Options], None]


def _is_hcl(text: SourceText) -> bool:
    return text.path.endswith((".tf", ".tfvars", ".tfvars.json", ".hcl"))


def _is_state(text: SourceText) -> bool:
    return {"version", "resources"} <= text.keys and bool(
        {"terraform_version", "lineage", "serial"} & text.keys
    )


def _is_plan(text: SourceText) -> bool:
    return "format_version" in text.keys and bool({"planned_values", "values"} & text.keys)


def _is_assembly(text: SourceText) -> bool:
    return text.context is not None


def _is_serverless(text: SourceText) -> bool:
    return bool(_SERVICE.search(text.text) and _PROVIDER.search(text.text)) and not text.looks_like_json


def _is_ack(text: SourceText) -> bool:
    return _has_group(text, "dynamodb.services.k8s.aws")


def _is_crossplane(text: SourceText) -> bool:
    return any(
        _has_group(text, f"dynamodb.aws.{provider}.io") for provider in ("upbound", "m.upbound", "crossplane")
    )


def _has_group(text: SourceText, group: str) -> bool:
    return any(match.group(1) == group for match in _API_VERSION.finditer(text.text))


def _is_template(text: SourceText) -> bool:
    if text.documents is not None:
        return "Resources" in text.keys
    if text.looks_like_json:
        return False
    return text.text.startswith("Resources:") or "\nResources:" in text.text


def _is_description(text: SourceText) -> bool:
    from dynaops.convert.answers import is_description

    return is_description(text.documents or [])


def _read_hcl(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:
    from dynaops.convert.terraform.files import read

    read(texts, pieces, options.parameters, options.region)


def _read_state(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:
    from dynaops.convert.terraform.state import read_state

    for text in texts:
        read_state(text, pieces, options.region)


def _read_plan(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:
    from dynaops.convert.terraform.state import read_plan

    for text in texts:
        read_plan(text, pieces, options.region)


def _read_template(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:
    from dynaops.convert.cloudformation import reader, template

    for text in texts:
        first, *more = template.documents(text.written_by_hand(), text.path)
        for document in more:
            pieces.notes.lost(
                SourcePlace("document", document.spot), "a template is the first document of its file"
            )
        environment = text.context or {}
        given = {**environment, **options.parameters}
        reader.read(first, pieces, given, options.region or environment.get("AWS::Region"))


def _read_serverless(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:
    from dynaops.convert.serverless import read

    for text in texts:
        read(text, pieces, options.parameters, options.region)


def _read_manifests(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:
    from dynaops.convert.kubernetes import read

    read(texts, pieces, options.region)


def _read_description(texts: Sequence[SourceText], pieces: Pieces, options: Options) -> None:  # noqa: ARG001
    from dynaops.convert.describe import read

    read(texts, pieces)


FORMATS: tuple[SourceFormat, ...] = (
    SourceFormat("tfvars", "Terraform files (.tfvars, .tf)", _is_hcl, _read_hcl),
    SourceFormat("terraform-state", "a Terraform state", _is_state, _read_state),
    SourceFormat("terraform-plan", "`terraform show -json`", _is_plan, _read_plan),
    SourceFormat("cdk", "a folder of `cdk synth` (cdk.out)", _is_assembly, _read_template),
    SourceFormat("serverless", "a serverless.yml", _is_serverless, _read_serverless),
    SourceFormat("ack", "manifests of ACK's tables", _is_ack, _read_manifests),
    SourceFormat("crossplane", "manifests of Crossplane's tables", _is_crossplane, _read_manifests),
    SourceFormat("cloudformation", "a CloudFormation, CDK or SAM template", _is_template, _read_template),
    SourceFormat(
        "describe-table", "answers of `aws dynamodb describe-table`", _is_description, _read_description
    ),
)
NAMES = tuple(element.name for element in FORMATS)


def format_of(text: SourceText, name: str | None) -> SourceFormat:
    """The format with that name, or else the format of the file. Raises DynaopsError or Unreadable if there is none."""
    for format_ in FORMATS:
        if format_.name == name or (name is None and format_.recognises(text)):
            return format_
    if text.looks_like_json:
        text.json()  # raises Unreadable with the place if it is not JSON
    known = "; ".join(format_.title for format_ in FORMATS)
    raise DynaopsError(
        f"{text.path}: what is this? It is none of: {known}",
        f"Say it with --from ({', '.join(NAMES)}), if it is one of them.",
    )
