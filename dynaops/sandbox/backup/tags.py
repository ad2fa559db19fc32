"""Tags of vaults, plans and recovery points."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.backup.model import Estate, RecoveryPoint, StoredPlan, StoredVault
from dynaops.sandbox.backup.pages import by_name, page
from dynaops.sandbox.backup.refusals import invalid_parameter, not_found
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.errors import ApiError

MOST = 50


def checked(tags: dict[str, str]) -> dict[str, str]:
    """The tags, checked with AWS's rules. Raises InvalidParameterValueException."""
    if len(tags) > MOST:
        raise invalid_parameter(f"A resource has at most {MOST} tags")
    for name, value in tags.items():
        if not 1 <= len(name) <= 128 or len(value) > 256:
            raise invalid_parameter(f"The tag {name!r} is too long or empty")
        if name.lower().startswith("aws:"):
            raise invalid_parameter(f"Tag keys cannot begin with aws: {name}")
    return dict(tags)


@operation("backup", "TagResource")
def tag(call: ApiCall) -> dict[str, Any]:
    held = _tags(call)
    merged = {**held, **checked(call.body["Tags"])}
    if len(merged) > MOST:
        raise ApiError("LimitExceededException", f"A resource has at most {MOST} tags")
    held.update(merged)
    return {}


@operation("backup", "UntagResource")
def untag(call: ApiCall) -> dict[str, Any]:
    held = _tags(call)
    for name in call.body["TagKeyList"]:
        held.pop(name, None)
    return {}


@operation("backup", "ListTags")
def list_tags(call: ApiCall) -> dict[str, Any]:
    rows = ((by_name(name), {name: value}) for name, value in _tags(call).items())
    answer = page(call, "Tags", rows)
    answer["Tags"] = {name: value for tag in answer["Tags"] for name, value in tag.items()}
    return answer


def _tags(call: ApiCall) -> dict[str, str]:
    """The tags of the resource with an ARN; the caller may change the returned dictionary."""
    arn = call.body["ResourceArn"]
    if not arn.startswith("arn:"):
        raise invalid_parameter(f"Invalid ARN: {arn}")
    estate = call.here.holding(Estate)
    plans = [plan for plan in estate.plans.values() if plan.deleted is None]
    tagged: list[StoredVault | StoredPlan | RecoveryPoint] = [
        *estate.vaults.values(),
        *plans,
        *estate.points.values(),
    ]
    for held in tagged:
        if held.arn == arn:
            return held.tags
    raise not_found(f"Resource not found: {arn}")
