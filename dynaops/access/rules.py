"""The form of what is known of one AWS service's calls: their IAM actions and resources, and dependent actions.

Actions, resource types and condition keys are from AWS's Service Authorization Reference; dependent actions are from
the services' own guides (Developer Guide of DynamoDB: global tables, encryption, Kinesis; AWS Backup: access control).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dynaops.model.arns import arn, iam_arn

Body = Mapping[str, Any]
"""The parameters of a call."""


class Need(NamedTuple):
    """An action on a resource; `context` holds the condition keys of the request."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


class CallLocation(NamedTuple):
    """The region and account of a call."""

    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return arn(service, self.region, self.account, resource)

    def table(self, name: str) -> str:
        """The ARN of the table with this name; an ARN is returned unchanged."""
        return name if name.startswith("arn:") else self.arn("dynamodb", f"table/{name}")

    def key(self, name: str) -> str:
        """The key's ARN. A policy cannot name an alias as resource: for an alias any key of the region is meant."""
        if "alias/" in name:
            return self.arn("kms", "key/*")
        return name if name.startswith("arn:") else self.arn("kms", f"key/{name}")


def any_resource(_api: str, _location: CallLocation, _body: Body) -> Iterable[str]:
    """The resource of calls without resource-level permissions."""
    return ("*",)


def no_dependent_needs(_api: str, _location: CallLocation, _body: Body) -> Iterable[Need]:
    """For services whose calls need only their own action."""
    return ()


class TagsAtCreation(NamedTuple):
    """What a call that creates a resource with tags needs: `action`, where its `member` holds tags.

    `resource` is the ARN's last part for that action, where the call's own action is on another resource.
    """

    member: str
    action: str
    resource: str = ""


@dataclass(frozen=True)
class ServiceRules:
    """What is known of a service's calls, by their names in the API.

    `resources`: the ARNs of what a call reads or changes, as exact as the Service Authorization Reference allows (ids
    that AWS generates are not known before the call: ``*``). `dependent_needs`: what it needs besides its own action.
    `actions`: the calls whose IAM action has another name. `free`: calls that need no permission. `prefix`: the prefix
    of the service's actions, where it is not the service's name. `linked_roles`: the calls with which AWS creates the
    service-linked role of a service, if it does not exist yet. `tagged`: the calls that create a resource with tags.
    `context`: the condition keys of a request.
    """

    resources: Callable[[str, CallLocation, Body], Iterable[str]] = any_resource
    dependent_needs: Callable[[str, CallLocation, Body], Iterable[Need]] = no_dependent_needs
    actions: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    prefix: str = ""
    linked_roles: Mapping[str, str] = field(default_factory=dict)
    tagged: Mapping[str, TagsAtCreation] = field(default_factory=dict)
    context: Mapping[str, Callable[[Body], tuple[tuple[str, str], ...]]] = field(default_factory=dict)


def service_linked_role(location: CallLocation, service: str) -> Need:
    """The permission to have AWS create the service-linked role of `service`."""
    role = iam_arn(location.region, location.account, f"role/aws-service-role/{service}/*")
    return Need("iam:CreateServiceLinkedRole", role, (("iam:AWSServiceName", service),))
