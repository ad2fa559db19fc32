"""Event source mappings of DynamoDB streams: at most one for a stream and a function; changes take time."""

from __future__ import annotations

import uuid
from typing import Any

from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.lambdas import functions, permissions, settings, streams
from dynaops.sandbox.lambdas.functions import parameter
from dynaops.sandbox.lambdas.mapping_tags import checked as checked_tags
from dynaops.sandbox.lambdas.model import Mapping, Mappings
from dynaops.sandbox.world import World, action

CHANGE_SECONDS = 5.0
"""Seconds for which a mapping is Creating, Updating and so on: seconds to a minute on AWS."""
MOST = 100
"""Mappings a page (service model, ListEventSourceMappings)."""
_GONE = "The resource you requested does not exist."


@operation("lambda", "CreateEventSourceMapping")
def create(call: ApiCall) -> dict[str, Any]:
    body = call.body
    source = body.get("EventSourceArn")
    if not streams.is_ours(source):
        return PASS
    _check_position(body)
    changes = settings.checked(body)
    tags = checked_tags(body.get("Tags") or {})
    function = functions.arn_of(call, body["FunctionName"])
    _check_stream_and_function(call, body["EventSourceArn"], function)
    mapping = Mapping(
        uuid=str(uuid.uuid4()),
        account=call.account,
        region=call.region,
        source=body["EventSourceArn"],
        function=function,
        position=body["StartingPosition"],
        settings=settings.merged(settings.DEFAULTS, changes),
        enabled=body.get("Enabled", True),
        state="Creating",
        modified=call.now,
        tags=tags,
    )
    call.here.holding(Mappings).by_uuid[mapping.uuid] = mapping
    _schedule_end_of_change(call, mapping)
    return mapping_description(call, mapping)


@operation("lambda", "GetEventSourceMapping")
def get(call: ApiCall) -> dict[str, Any]:
    mapping = _requested_mapping(call)
    return PASS if mapping is None else mapping_description(call, mapping)


@operation("lambda", "ListEventSourceMappings")
def list_mappings(call: ApiCall) -> dict[str, Any]:
    """ListEventSourceMappings: those of DynamoDB streams, then moto's; mappings of deleted functions are included."""
    body = call.body
    source, name = body.get("EventSourceArn"), body.get("FunctionName")
    function = functions.arn_of(call, name) if name else None
    descriptions = [
        mapping_description(call, description)
        for description in call.here.holding(Mappings).by_uuid.values()
        if source in (None, description.source) and function in (None, description.function)
    ]
    descriptions += [
        description
        for description in (
            event_source_mapping.get_configuration()
            for event_source_mapping in _moto(call)._event_source_mappings.values()
        )
        if source in (None, description["EventSourceArn"]) and function in (None, description["FunctionArn"])
    ]
    size = min(body.get("MaxItems", MOST), MOST)
    start = _start(body.get("Marker"))
    answer: dict[str, Any] = {"EventSourceMappings": descriptions[start : start + size]}
    if start + size < len(descriptions):
        answer["NextMarker"] = str(start + size)
    return answer


@operation("lambda", "UpdateEventSourceMapping")
def update(call: ApiCall) -> dict[str, Any]:
    mapping = _requested_mapping(call)
    if mapping is None:
        return PASS
    body = call.body
    changes = settings.checked(body)
    _require_settled(mapping, "update")
    function = mapping.function
    if "FunctionName" in body:
        function = functions.arn_of(call, body["FunctionName"])
    if function != mapping.function:
        _check_stream_and_function(call, mapping.source, function)
    mapping.function = function
    mapping.settings = settings.merged(mapping.settings, changes)
    wanted = body.get("Enabled", mapping.enabled)
    if wanted == mapping.enabled:
        mapping.state = "Updating"
    else:
        mapping.enabled, mapping.state = wanted, "Enabling" if wanted else "Disabling"
    mapping.modified = call.now
    _schedule_end_of_change(call, mapping)
    return mapping_description(call, mapping)


@operation("lambda", "DeleteEventSourceMapping")
def delete(call: ApiCall) -> dict[str, Any]:
    mapping = _requested_mapping(call)
    if mapping is None:
        return PASS
    _require_settled(mapping, "delete")
    mapping.state, mapping.modified = "Deleting", call.now
    _schedule_end_of_change(call, mapping)
    return mapping_description(call, mapping)


@action("lambda.mapping")
def _end_change(world: World, data: dict[str, Any]) -> None:
    held = world.region(data["account"], data["region"]).holding(Mappings).by_uuid
    mapping = held[data["mapping"]]
    if mapping.state == "Deleting":
        del held[mapping.uuid]
        return
    mapping.state, mapping.modified = "Enabled" if mapping.enabled else "Disabled", world.now()


def mapping_description(call: ApiCall, mapping: Mapping) -> dict[str, Any]:
    """The mapping as EventSourceMappingConfiguration. A deleted stream is shown as a problem; the mapping stays."""
    reading = streams.is_on(call.world, mapping.source)
    return {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "EventSourceArn": mapping.source,
        "FunctionArn": mapping.function,
        "StartingPosition": mapping.position,
        "State": mapping.state,
        "StateTransitionReason": "User action",
        "LastModified": mapping.modified,
        "LastProcessingResult": "No records processed" if reading else "PROBLEM: Stream not found",
        **mapping.settings,
    }


def _schedule_end_of_change(call: ApiCall, mapping: Mapping) -> None:
    call.world.schedule(
        CHANGE_SECONDS, "lambda.mapping", account=call.account, region=call.region, mapping=mapping.uuid
    )


def _requested_mapping(call: ApiCall) -> Mapping | None:
    """The mapping that a call names; None if moto has it. Raises ResourceNotFoundException."""
    name = call.body["UUID"]
    mapping = call.here.holding(Mappings).by_uuid.get(name)
    if mapping is None and name not in _moto(call)._event_source_mappings:
        raise ApiError("ResourceNotFoundException", _GONE, 404, Type="User")
    return mapping


def _require_settled(mapping: Mapping, change: str) -> None:
    if not mapping.settled:
        raise ApiError(
            "ResourceInUseException",
            f"Cannot {change} the event source mapping because it is in use.",
            Type="User",
        )


def _check_position(body: dict[str, Any]) -> None:
    position = body.get("StartingPosition")
    if position is None:
        raise parameter(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position not in ("TRIM_HORIZON", "LATEST"):
        raise parameter(f"Unsupported starting position for arn type: {body['EventSourceArn']}")


def _check_stream_and_function(call: ApiCall, source: str, function: str) -> None:
    """Refuse a stream or function that does not exist, is already mapped, or that the role has no permission for."""
    function_object = functions.lookup(call, function)
    streams.check(call, source)
    for each in call.here.holding(Mappings).by_uuid.values():
        if (each.source, each.function) == (source, function):
            raise ApiError(
                "ResourceConflictException",
                f'The event source arn (" {source} ") and function (" {functions.name_of(function)} ") provided '
                f"mapping already exists. Please update or delete the existing mapping with UUID {each.uuid}",
                409,
                Type="User",
            )
    permissions.check(call, function_object.role, source)


def _start(marker: str | None) -> int:
    if marker is None:
        return 0
    if not marker.isdigit():
        raise parameter("Invalid Marker")
    return int(marker)


def _moto(call: ApiCall) -> Any:
    from moto.awslambda.models import lambda_backends

    return lambda_backends[call.account][call.region]
