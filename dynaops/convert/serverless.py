"""Converts serverless.yml: the template in its ``resources``, and the stream events of its functions.

Source: Serverless Framework, "AWS - Resources" and "AWS - DynamoDB / Kinesis Streams". A stream event becomes an event
source mapping with the framework's defaults: batches of 10, from TRIM_HORIZON, enabled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from dynaops.convert.budget import TooLarge
from dynaops.convert.cloudformation import reader
from dynaops.convert.cloudformation.template import read as read_template
from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, Unknown, unknowns
from dynaops.convert.pieces import Pieces
from dynaops.convert.serverless_variables import Variables
from dynaops.convert.texts import SourceText
from dynaops.specs.yaml_tree import YamlNode

_MAPPED = {
    "arn": "EventSourceArn",
    "batchSize": "BatchSize",
    "startingPosition": "StartingPosition",
    "enabled": "Enabled",
    "batchWindow": "MaximumBatchingWindowInSeconds",
    "maximumRetryAttempts": "MaximumRetryAttempts",
    "maximumRecordAgeInSeconds": "MaximumRecordAgeInSeconds",
    "bisectBatchOnFunctionError": "BisectBatchOnFunctionError",
    "parallelizationFactor": "ParallelizationFactor",
    "tumblingWindowInSeconds": "TumblingWindowInSeconds",
    "functionResponseType": "FunctionResponseTypes",
}
_DEFAULTS = {"BatchSize": 10, "StartingPosition": "TRIM_HORIZON", "Enabled": True}
"""The framework's defaults (lib/plugins/aws/package/compile/events/stream.js)."""
_SCALING_PLUGIN = "dynamodb-auto"


def read(text: SourceText, pieces: Pieces, given: Mapping[str, str], region: str | None) -> None:
    """Read the tables of one serverless.yml into `pieces`. Raises Unreadable."""
    root = read_template(text.written_by_hand(), text.path, legacy=False)
    sections: dict[str, YamlNode] = root.value if isinstance(root.value, dict) else {}
    variables = Variables(root, given, pieces.budget)
    template: dict[str, dict[str, YamlNode]] = {"Resources": {}}
    _merge(_filled(variables, sections.get("resources")), template, pieces)
    _plugins(_filled(variables, sections.get("plugins")), pieces)
    _functions(_filled(variables, sections.get("functions")), variables, template["Resources"], pieces)
    whole = YamlNode({name: YamlNode(entries, root.spot) for name, entries in template.items()}, root.spot)
    stack_region = region or _text(variables, "${aws:region}")
    reader.read(whole, pieces, given, stack_region)


def _filled(variables: Variables, node: YamlNode | None) -> YamlNode | None:
    if node is None:
        return None
    try:
        return variables.filled(node)
    except TooLarge as error:
        return YamlNode(Unknown(str(error)), node.spot)


def _text(variables: Variables, text: str) -> str | None:
    filled = _filled(variables, YamlNode(text, ("", 0, 0)))
    return filled.value if filled is not None and isinstance(filled.value, str) else None


def _merge(node: YamlNode | None, template: dict[str, dict[str, YamlNode]], pieces: Pieces) -> None:
    """Add the sections of ``resources``, which is a map or a list of maps, to `template`."""
    if node is None or node.value is None:
        return
    for number, sections in enumerate(node.value if isinstance(node.value, list) else [node]):
        where = SourcePlace(
            f"resources[{number}]" if isinstance(node.value, list) else "resources", sections.spot
        )
        if not isinstance(sections.value, dict):
            pieces.ledger.found(where)
            why = (
                sections.value.why
                if isinstance(sections.value, Unknown)
                else "it should be a map with Resources"
            )
            pieces.notes.lost(where, why)
            continue
        for name, section in sections.value.items():
            if name == "extensions":
                pieces.notes.lost(
                    where.below(name, section.spot), "what extends the framework's own resources"
                )
            elif isinstance(section.value, dict):
                template.setdefault(name, {}).update(section.value)
            elif name == "Resources" and section.value is not None:
                why = section.value.why if isinstance(section.value, Unknown) else "it should be a map"
                pieces.notes.lost(where.below(name, section.spot), why)


def _plugins(node: YamlNode | None, pieces: Pieces) -> None:
    for plugin in node.value if node is not None and isinstance(node.value, list) else ():
        if isinstance(plugin.value, str) and _SCALING_PLUGIN in plugin.value:
            pieces.notes.lost(
                SourcePlace(f"plugin {plugin.value}", plugin.spot),
                "the scaling that it adds is in the deployed stack alone",
            )


def _functions(
    node: YamlNode | None, variables: Variables, resources: dict[str, YamlNode], pieces: Pieces
) -> None:
    """Add the event source mappings of the functions' stream events; the functions themselves are not converted."""
    listed: list[YamlNode] = [] if node is None else (node.value if isinstance(node.value, list) else [node])
    for group in listed:
        if not isinstance(group.value, dict):
            where = SourcePlace("functions", group.spot)
            why = group.value.why if isinstance(group.value, Unknown) else "it should be a map of functions"
            pieces.notes.lost(where, why)
            continue
        for name, function in group.value.items():
            where = SourcePlace(f"functions.{name}", function.key or function.spot)
            pieces.ledger.outside(where)
            if isinstance(function.value, dict):
                _streams(name, function, variables, resources, pieces)
    names = sorted(name for group in listed if isinstance(group.value, dict) for name in group.value)
    if names and node is not None:
        where = SourcePlace(f"functions ({', '.join(names)})", node.spot)
        pieces.notes.lost(where, "functions are no part of a spec: they stay with their stack")


def _streams(
    name: str, function: YamlNode, variables: Variables, resources: dict[str, YamlNode], pieces: Pieces
) -> None:
    events = function.value.get("events")
    for number, event in enumerate(
        events.value if events is not None and isinstance(events.value, list) else ()
    ):
        stream = event.value.get("stream") if isinstance(event.value, dict) else None
        if stream is None:
            continue
        logical = f"functions.{name}.events[{number}]"
        fields = stream if isinstance(stream.value, dict) and "arn" in stream.value else None
        settings = SourceMap(
            fields or YamlNode({"arn": stream}, stream.spot), SourcePlace(logical, stream.spot), pieces.notes
        )
        if settings.text("type") == "kinesis":
            continue
        properties = _mapping(settings, stream)
        own = function.value.get("name")
        called = own or YamlNode(
            _text(variables, f"${{self:service}}-${{sls:stage}}-{name}")
            or Unknown("the function's name depends on the stage"),
            stream.spot,
        )
        properties["FunctionName"] = called
        settings.close()
        resources[logical] = YamlNode(
            {
                "Type": YamlNode("AWS::Lambda::EventSourceMapping", stream.spot),
                "Properties": YamlNode(properties, stream.spot),
            },
            stream.spot,
        )


def _mapping(settings: SourceMap, stream: YamlNode) -> dict[str, YamlNode]:
    properties = {name: YamlNode(value, stream.spot) for name, value in _DEFAULTS.items()}
    for name, property_ in _MAPPED.items():
        node = settings.node(name)
        if node is not None:
            properties[property_] = node
    patterns = settings.node("filterPatterns")
    if patterns is not None and isinstance(patterns.value, list):
        properties["FilterCriteria"] = YamlNode(
            {"Filters": YamlNode([_pattern(pattern) for pattern in patterns.value], patterns.spot)},
            patterns.spot,
        )
    destinations = settings.part("destinations")
    failure = destinations.node("onFailure") if destinations is not None else None
    if failure is not None:
        on_failure = failure.value.get("arn", failure) if isinstance(failure.value, dict) else failure
        fields = YamlNode({"Destination": on_failure}, failure.spot)
        properties["DestinationConfig"] = YamlNode({"OnFailure": fields}, failure.spot)
    return properties


def _pattern(node: YamlNode) -> YamlNode:
    unknown = next(unknowns(node), None)
    text = unknown or json.dumps(node.plain(), separators=(",", ":"), default=str)
    return YamlNode({"Pattern": YamlNode(text, node.spot)}, node.spot)
