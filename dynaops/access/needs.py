"""The IAM permissions that one AWS call needs: its own action and its dependent actions."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.access.rules import Body, CallLocation, Need, ServiceRules, service_linked_role
from dynaops.access.services import SERVICES

_UNKNOWN_SERVICE = ServiceRules()


def needs(service: str, api: str, region: str, account: str, body: Body) -> Iterator[Need]:
    """All permissions that the call needs, its own action first."""
    rules = SERVICES.get(service, _UNKNOWN_SERVICE)
    if api in rules.free:
        return
    location = CallLocation(region, account)
    resources = tuple(rules.resources(api, location, body))
    context = rules.context[api](body) if api in rules.context else ()
    for resource in resources:
        yield Need(action_of(service, api), resource, context)
    if api in rules.linked_roles:
        yield service_linked_role(location, rules.linked_roles[api])
    yield from rules.dependent_needs(api, location, body)
    tags = rules.tagged.get(api)
    if tags and body.get(tags.member):
        for resource in (location.arn(service, tags.resource),) if tags.resource else resources:
            yield Need(tags.action, resource)


def action_of(service: str, api: str) -> str:
    """The IAM action of a call."""
    rules = SERVICES.get(service, _UNKNOWN_SERVICE)
    return rules.actions.get(api) or f"{rules.prefix or service}:{api}"
