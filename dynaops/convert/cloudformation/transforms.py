"""Parts of a template that only CloudFormation can expand: macros, includes, nested stacks and modules."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.convert.notes import SourcePlace
from dynaops.specs.yaml_tree import YamlNode

_UNDERSTOOD = (
    "AWS::LanguageExtensions",
    "AWS::Serverless-2016-10-31",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::ServiceCatalog",
)
"""Transforms that do not change DynamoDB resources, or that are evaluated here."""
_NESTED = "a stack of its own: convert its template too"
_NOT_OPENED = {
    "AWS::CloudFormation::Stack": _NESTED,
    "AWS::Serverless::Application": "an application of its own: convert its template too",
    "AWS::CloudFormation::Macro": "what a macro does to the template is not known here",
    "AWS::CloudFormation::StackSet": _NESTED,
    "AWS::CloudFormation::CustomResource": "what a custom resource makes is not known here",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct": "a product of its own: convert its template too",
}


def untransformed(template: YamlNode) -> Iterator[tuple[SourcePlace, str]]:
    """The transforms of the whole template that are not evaluated here, each with a reason for the notes."""
    node = template.value.get("Transform") if isinstance(template.value, dict) else None
    if node is None:
        return
    for entry in node.value if isinstance(node.value, list) else [node]:
        name = entry.value
        if isinstance(name, dict):
            name = name["Name"].value if "Name" in name else None
        if name not in _UNDERSTOOD:
            title = f"Transform {name}" if isinstance(name, str) else "Transform"
            yield (
                SourcePlace(title, entry.spot),
                "a macro may change every resource: what is converted is the template as it is written",
            )


def not_opened(kind: str) -> str | None:
    """The reason why the resources that a resource of this type creates are not known here; None for other types."""
    if kind.startswith("Custom::"):
        return _NOT_OPENED["AWS::CloudFormation::CustomResource"]
    if kind.endswith("::MODULE"):
        return "a module's resources are known to the CloudFormation registry: convert the processed template"
    return _NOT_OPENED.get(kind)
